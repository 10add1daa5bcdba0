//! The rules: account, conversation, message, group, relation, profile.
//!
//! **Comes in:** facts, the store, the time and fresh ids as arguments. **Goes out:** an [`Outcome`]: the answer, and
//! the events that follow from it in the order of commits. **Never here:** sockets, frames, SQL, the clock. Services do
//! not call one another.

pub mod account;
pub mod blacklist;
pub mod chance;
pub mod conversation;
pub mod error;
pub mod event;
pub mod file;
pub mod group;
pub mod message;
pub mod profile;
pub mod receipt;
pub mod sync;

#[cfg(test)]
mod testing;

pub use chance::Chance;
pub use error::Refusal;
pub use event::{Audience, Event, Outcome};
