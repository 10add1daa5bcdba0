//! `cargo xtask run`: from a fresh clone to a running server; `cargo xtask build` stops before it runs.
//!
//! **Comes in:** arguments for `hongyan serve`. **Goes out:** the server in place of this program, so that Ctrl-C
//! reaches it directly.

use std::process::Command;

use anyhow::Result;

use crate::{machine, shell, web, workspace};

/// Builds everything and starts the server; state lives in the folder `data` unless the arguments name another.
pub(crate) fn run(extra: &[String]) -> Result<()> {
    build()?;
    let mut server = Command::new(workspace::program("release", "hongyan"));
    server.current_dir(workspace::root()).args(["serve", "--dev"]);
    if !extra
        .iter()
        .any(|word| word == "--data" || word.starts_with("--data="))
    {
        server.args(["--data", "data"]);
    }
    server.args(extra);
    shell::step(&format!("starting {}", shell::described(&server)));
    become_program(server)
}

/// Builds everything: `target/release/hongyan` holds the web apps too.
pub(crate) fn build() -> Result<()> {
    machine::need_node()?;
    web::run()?;
    shell::step("building the server");
    shell::run(shell::cargo().args(["build", "--release", "--package", "hongyan"]))
}

#[cfg(unix)]
fn become_program(mut program: Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    // Comes back only when the program could not be started.
    Err(program.exec().into())
}

#[cfg(not(unix))]
fn become_program(mut program: Command) -> Result<()> {
    // The console hands Ctrl-C to both; the server ends, then so do we.
    shell::run(&mut program)
}
