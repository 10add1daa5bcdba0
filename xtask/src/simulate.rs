//! `cargo xtask simulate`: more seeds of the simulation than the tests run, or one of them with its trace.
//!
//! **Comes in:** arguments of the simulation's own program. **Goes out:** its output, and whether all contracts held.
//! **Never here:** what a seed does.

use std::process::ExitCode;

use anyhow::Result;

use crate::shell;

/// Builds and runs it, in the tests' profile: seeds mean the same there.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let mut program = shell::cargo();
    program.args(["run", "--quiet", "--package", "hongyan-simulation", "--"]);
    program.args(arguments);
    let status = shell::status(&mut program)?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
