//! The binary: `serve`, `usersig`, `admin`, `bench`.
//!
//! **Comes in:** arguments and environment variables. **Goes out:** a running server, or one answer on standard output.
//! Logs go to standard error. **Never here:** what a server does; that is the library's.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod admin;
mod bench;
mod serve;
mod usersig;

/// A self-hosted instant-messaging server.
#[derive(Debug, Parser)]
#[command(name = "hongyan", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Sign a UserSig.
    Usersig(usersig::Usersig),
    /// Manage a data folder while no server runs on it.
    Admin(admin::Admin),
    /// Measure a server over real sockets.
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(serve) => serve::run(serve).await,
        Command::Usersig(usersig) => usersig::run(usersig).await,
        Command::Admin(admin) => admin::run(admin).await,
        Command::Bench(bench) => bench.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // For the person at the shell: what went wrong and why, without a stack trace.
            eprintln!("hongyan: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
