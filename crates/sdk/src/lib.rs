//! The client of Hongyan: a sans-io core, and beside it a driver on tokio.
//!
//! **Comes in:** calls of an app and what the network brings. **Goes out:** answers and events. **Never here:** JavaScript
//! (`crates/sdk-wasm`), and the server's rules. Without the feature `native` only [`core`] is built, also for wasm32.

pub mod core;
#[cfg(feature = "native")]
pub mod native;

pub use hongyan_protocol as protocol;
#[cfg(feature = "native")]
pub use native::{Events, FileSource, Options, Tim};
