//! Profiles: how users are shown.

pub mod find;
pub mod update;
