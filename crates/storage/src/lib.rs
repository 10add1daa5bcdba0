//! Where everything is kept: the [`Store`] in the domain's words, and its SQLite implementation.
//!
//! **Comes in:** facts that a service decided on. **Goes out:** what is kept, and the order in which it was committed.
//! **Never here:** rules (who may do what), sockets, the clock: times are arguments. A stopwatch for [`figures`] is all.
//!
//! Every writing operation is one atomic, durable step: its future is ready after the transaction was synced to disk
//! (contract C1), and many of them share one sync. It answers [`Committed`], whose [`Turn`] puts what follows into the
//! order of commits (contracts C3, C4). Absence is `None`; a repeated request is an outcome, not an error; an error
//! is that the store itself failed.

pub mod figures;
pub mod model;
pub mod turn;

mod sqlite;
mod store;
#[cfg(test)]
mod suite;

pub use sqlite::{Manual, SimulatedDisk, SqliteOptions, SqliteStore, Trouble};
pub use store::{Store, StoreError};
pub use turn::{Committed, Turn, Turnstile};
