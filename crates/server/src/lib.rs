//! The server behind the binary: gateway, sessions, commands, fan-out, console.
//!
//! **Comes in:** connections. **Goes out:** answers and pushes. **Never here:** rules (the domain's), SQL (the store's),
//! arguments and signals (the binary's).
//!
//! A request goes down one line, and what follows from it comes out at its end:
//! `gateway` → `session` → `command` → service → store → `hub` → sessions → sockets.

pub mod clock;
pub mod config;
pub mod data;
pub mod manage;

mod command;
mod console;
mod expiry;
mod facts;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gateway;
mod http;
mod hub;
mod ids;
mod limiter;
mod metrics;
mod password;
mod refused;
mod server;
mod session;
mod shared;
mod tls;
pub mod translate;
mod uploads;

pub use hongyan_storage::model::{AccountRecord, App, TimelineId};
pub use hongyan_storage::{Store, StoreError};
pub use server::Server;
/// For the simulation and tests alone: the server without its sockets.
#[doc(hidden)]
pub use session::engine;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
