//! Other programs: starting them, and saying what is going on.
//!
//! **Never here:** what to start, and when.

use std::ffi::OsStr;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A progress line, to the error stream, so that standard output stays with what was asked for.
pub(crate) fn step(text: &str) {
    eprintln!("▸ {text}");
}

/// Something that the developer should know but that stops nothing.
pub(crate) fn warn(text: &str) {
    eprintln!("▸ warning: {text}");
}

/// The cargo that runs xtask, from the root.
///
/// What `cargo run` told *xtask* about its package is taken away: build scripts that watch those variables would
/// otherwise run, and everything above them be built, again with every change between cargo and xtask.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace::root());
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a program with its output shown; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} failed ({status})", described(command));
    }
    Ok(())
}

/// Runs a program with its output shown.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("starting {}", described(command)))
}

/// What a program writes to standard output; `None` when it is missing or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program, run silently, succeeds within `limit`; it is ended when it takes longer.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = silent.spawn() else {
        return false;
    };
    for _ in 0..limit.as_millis() / LOOK_EVERY.as_millis() {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(LOOK_EVERY),
            Err(_) => break,
        }
    }
    // It may have ended just now; then there is nothing to end.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// A command as one would type it, for messages.
pub(crate) fn described(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
