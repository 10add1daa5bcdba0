//! Load for an XMPP server: the work of `hongyan bench`, message for message, and the same report.
//!
//! **Comes in:** the address of a server on loopback and its process; accounts are registered in-band first. **Goes out:**
//! one JSON object with the names that `hongyan bench --json` has. **Never here:** starting and ending the server, and
//! what is compared with what; `cargo xtask compare` knows that.
//!
//! Each bench is its namesake in `crates/hongyan/src/bench`, with XMPP between the sockets.

mod client;
mod connections;
mod pairs;
mod process;
mod report;
mod room;
mod scan;
mod stanza;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;

use crate::process::Process;

/// The server that is measured.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Target {
    /// Where it listens for clients, without TLS.
    #[arg(long)]
    address: SocketAddr,
    /// Its process, whose memory and processor time are read.
    #[arg(long)]
    pid: u32,
}

/// What to measure.
#[derive(Debug, Parser)]
#[command(name = "xtask-xmpp", about = "Load for an XMPP server on loopback")]
enum Bench {
    /// One-to-one messages between pairs of users, at several windows of unanswered messages.
    Pairs(pairs::Options),
    /// Idle logged-in connections: the server's resident memory for each, and logins per second.
    Connections(connections::Options),
    /// One sender and many members of a room on line: deliveries per second.
    Room(room::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let bench = Bench::parse();
    let target = match &bench {
        Bench::Pairs(options) => options.target,
        Bench::Connections(options) => options.target,
        Bench::Room(options) => options.target,
    };
    ensure!(
        target.address.ip().is_loopback(),
        "only servers on loopback are put under load"
    );
    let process = Process::of(target.pid).context("the server's process")?;
    match bench {
        Bench::Pairs(options) => pairs::run(&options, process).await,
        Bench::Connections(options) => connections::run(&options, process).await,
        Bench::Room(options) => room::run(&options, process).await,
    }
}

/// The monotonic clock: a benchmark is about time.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn instant() -> Instant {
    Instant::now()
}

/// Waits until something holds, looking every few milliseconds; false when it does not within the limit.
async fn holds_within(limit: Duration, holds: impl Fn() -> bool) -> bool {
    let deadline = instant() + limit;
    while !holds() {
        if instant() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}
