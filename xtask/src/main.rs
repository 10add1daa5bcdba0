//! Developer commands, so that the README's two commands do all the set-up: `cargo xtask run`, `cargo xtask test`.
//!
//! Each command is a module of its own. This file only names them.

mod ci;
mod compare;
mod crash;
mod fresh;
mod fuzz;
mod generate;
mod machine;
mod npm;
mod run;
mod shell;
mod simulate;
mod test;
mod tidy;
mod wasm;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::test::tally::{Suite, report};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Hongyan")]
enum Command {
    /// Builds everything and starts the server; what follows `--` goes to `hongyan serve`.
    Run {
        #[arg(last = true)]
        serve: Vec<String>,
    },
    /// Builds everything into target/release/hongyan.
    Build,
    /// Installs what the tests need, builds what they test, and runs them.
    Test {
        /// Just one part.
        #[arg(long)]
        only: Option<test::Part>,
    },
    /// Kills a server under load again and again, and checks that nothing that it answered is lost.
    Crash(crash::Crash),
    /// Runs the whole system on a simulated clock, network and disk: `--seeds N [--from M]`, or `--seed S`.
    #[command(disable_help_flag = true)]
    Simulate {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Checks the rules of structure: crate edges, file heads, tests for contracts, sizes, links …
    Tidy,
    /// Checks format and lints, then runs every test.
    Ci,
    /// Builds the wasm module, the npm packages and the web apps, as far as they are not up to date.
    Web,
    /// Builds the client core for JavaScript into packages/tim-js-sdk/wasm.
    Wasm {
        /// Who compiles; without this, the first that the machine offers.
        #[arg(long)]
        compiler: Option<wasm::Compiler>,
    },
    /// Looks for inputs that break what takes outside input, led by coverage; the tests run a short part of it.
    Fuzz {
        /// For all targets together.
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        /// Just one; see xtask/src/fuzz.rs for their names.
        #[arg(long)]
        target: Option<String>,
    },
    /// Does the same work with our server and with ejabberd from Debian, and shows both.
    Compare(compare::Compare),
    /// Makes what is checked in but not written by hand: the Rust of crates/protocol/proto, the constants and
    /// declarations of the npm package, docs/api-coverage.md. `tidy` and the tests notice when one is stale.
    Generate,
}

fn main() -> ExitCode {
    match perform(Command::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Words for the developer who called; where in xtask it arose would only hide them.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run { serve } => run::run(&serve)?,
        Command::Build => run::build()?,
        Command::Test { only } => return Ok(told(&test::run(only))),
        Command::Crash(crash) => crash::run(&crash)?,
        Command::Simulate { arguments } => return simulate::run(&arguments),
        Command::Tidy => return Ok(told(&[tidy::run(tidy::WebSdk::MayBeMissing)])),
        Command::Ci => return Ok(told(&ci::run())),
        Command::Web => web::run()?,
        Command::Wasm { compiler } => wasm::run(compiler)?,
        Command::Fuzz { minutes, target } => fuzz::run(minutes, target.as_deref())?,
        Command::Compare(compare) => compare::run(&compare)?,
        Command::Generate => generate::run()?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the summary and makes it the exit code.
fn told(suites: &[Suite]) -> ExitCode {
    if report(suites) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
