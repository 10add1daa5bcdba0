//! Messages: sent, taken back, read again.

pub mod expire;
pub mod history;
pub mod revoke;
pub mod send;
