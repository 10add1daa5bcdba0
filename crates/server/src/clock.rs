//! The clock: the one place of the server that reads the time of day.
//!
//! **Goes out:** Unix time. How long something takes or may take is the runtime's clock and needs no time of day.

use std::time::SystemTime;

use hongyan_protocol::id::Timestamp;

/// Now, by the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place; everything else takes the time as an argument"
)]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp(since.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)))
}
