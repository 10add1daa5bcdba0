//! The whole system on a simulated clock, network and disk: the server without its sockets and several SDK cores.
//!
//! **Comes in:** a seed. **Goes out:** that all contracts held in its run, or which did not, with a trace. **Never here:**
//! threads, the real clock, sockets: a seed is a run, on every machine and every time.
//!
//! | room | what it holds |
//! | --- | --- |
//! | `world` | time, and what happens in it |
//! | `machine` | the server: commits, crashes, sessions |
//! | `link` | one connection: delays, cuts, slow readers |
//! | `instance` | one client: a core and its driver |
//! | `objects` | the messages that its app shows |
//! | `workload` | what people do |
//! | `ledger` | what was asked, and what was acknowledged |
//! | `logs` | what the accounts' event logs say |
//! | `audit` | the contracts, looked at from outside |

mod audit;
mod broken;
mod instance;
mod ledger;
mod link;
mod logs;
mod machine;
mod objects;
mod random;
#[cfg(test)]
mod tests;
mod workload;
mod world;

use hongyan_protocol::id::{SdkAppId, Timestamp};

pub use broken::{Broken, Contract};

/// The app of all runs.
const APP: SdkAppId = SdkAppId(1_400_000_001);
/// When every run begins.
const START: Timestamp = Timestamp(1_700_000_000_000);

/// What a run did, to see that it did something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Calls of apps.
    pub calls: u64,
    /// Messages in the store at the end.
    pub messages: u64,
    /// Messages that expired and were removed.
    pub removed: u64,
    /// Crashes of the server.
    pub crashes: u64,
    /// Connections that were cut.
    pub cuts: u64,
    /// Instances that were kicked.
    pub kicks: u64,
    /// Outboxes that overflowed.
    pub overflows: u64,
    /// Messages of which instances were told.
    pub told: u64,
}

/// Runs a seed.
pub fn run(seed: u64) -> Result<Report, Broken> {
    world::World::new(seed, 0).run().0
}

/// Runs a seed, and keeps the last lines of what happened, also when all holds.
pub fn run_traced(seed: u64, lines_max: usize) -> (Result<Report, Broken>, Vec<String>) {
    world::World::new(seed, lines_max).run()
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.messages += other.messages;
        self.removed += other.removed;
        self.crashes += other.crashes;
        self.cuts += other.cuts;
        self.kicks += other.kicks;
        self.overflows += other.overflows;
        self.told += other.told;
    }
}
