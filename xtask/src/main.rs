//! Developer commands, so that the README's two commands do all the set-up: `cargo xtask run`, `cargo xtask test`.
//!
//! Each command is a module of its own. This file only names them.

mod fresh;
mod generate;
mod machine;
mod npm;
mod run;
mod shell;
mod wasm;
mod web;
mod workspace;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Hongyan")]
enum Command {
    /// Builds everything and starts the server; what follows `--` goes to `hongyan serve`.
    Run {
        #[arg(last = true)]
        serve: Vec<String>,
    },
    /// Builds the client core for JavaScript into packages/tim-js-sdk/wasm.
    Wasm {
        /// Who compiles; without this, the first that the machine offers.
        #[arg(long)]
        compiler: Option<wasm::Compiler>,
    },
    /// Builds the wasm module, the npm packages and the web apps, as far as they are not up to date.
    Web,
    /// Makes the Rust of crates/protocol/proto (checked in; `tidy` notices when it is stale).
    Generate,
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Run { serve } => run::run(&serve),
        Command::Wasm { compiler } => wasm::run(compiler),
        Command::Web => web::run(),
        Command::Generate => generate::run(),
    }
}
