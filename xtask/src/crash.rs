//! `cargo xtask crash`: the crash test, as often as one likes. The test itself is `crates/hongyan/tests/unbreakable`.

use anyhow::Result;

use crate::shell;

/// How it is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Crash {
    /// How often the server is killed.
    #[arg(long, default_value_t = 100)]
    rounds: u64,
    /// Repeats the choices of an earlier run; without it, each run makes its own and says its seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Kill the optimised server, which does more between two moments.
    #[arg(long)]
    release: bool,
}

/// Runs it with its output shown.
pub(crate) fn run(crash: &Crash) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["test", "--package", "hongyan", "--test", "unbreakable"]);
    if crash.release {
        cargo.arg("--release");
    }
    cargo.args(["--", "crash::", "--nocapture"]);
    cargo.env("HONGYAN_CRASH_ROUNDS", crash.rounds.to_string());
    if let Some(seed) = crash.seed {
        cargo.env("HONGYAN_CRASH_SEED", seed.to_string());
    }
    shell::run(&mut cargo)
}
