//! `hongyan bench`: programs that measure the server over real sockets and print what they saw.
//!
//! **Comes in:** what to measure, and how much of it. **Goes out:** a table, or with `--json` one JSON object whose
//! names stay stable. **Never here:** an assertion about speed; a claim is a ratio to something measured in the same
//! run. Lost, repeated and misordered messages are counted too, and are errors.
//!
//! Each program starts a server process of its own on 127.0.0.1 with a temporary data folder, and ends it.

mod client;
mod connections;
mod floor;
mod history;
mod pairs;
mod process;
mod recover;
mod report;
mod room;
mod sender;
mod stamp;
mod wire;

use std::time::Instant;

use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Durable 1:1 messages between pairs of users, at several windows of unanswered messages.
    Pairs(pairs::Options),
    /// Idle logged-in connections: the server's resident memory for each, and logins per second.
    Connections(connections::Options),
    /// One sender and many members on line: deliveries per second.
    Room(room::Options),
    /// Pages from a short and from a long timeline, and a login with many conversations.
    History(history::Options),
    /// From start to first login, on a store whose server was killed.
    Recover(recover::Options),
    /// The relays that `--floor` compares with; started by it.
    #[command(hide = true)]
    FloorServer(floor::Options),
}

impl Bench {
    /// Runs the program and prints its report.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Pairs(options) => pairs::run(options).await,
            Self::Connections(options) => connections::run(options).await,
            Self::Room(options) => room::run(options).await,
            Self::History(options) => history::run(options).await,
            Self::Recover(options) => recover::run(options).await,
            Self::FloorServer(options) => floor::serve(options).await,
        }
    }
}

/// The monotonic clock: a benchmark is about time.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn instant() -> Instant {
    Instant::now()
}
