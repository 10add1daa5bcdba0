//! Developer commands, so that the README's two commands do all the set-up: `cargo xtask run`, `cargo xtask test`.
//!
//! Each command is a module of its own. This file only names them.

mod generate;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Hongyan")]
enum Command {
    /// Makes the Rust of crates/protocol/proto (checked in; `tidy` notices when it is stale).
    Generate,
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Generate => generate::run(),
    }
}
