//! Conversations, as one account sees them.

pub mod clear;
pub mod find;
pub mod list;
pub mod read;
pub mod read_all;
pub mod settings;
