//! Files: who may upload how much. Their bytes and their links are the server's.

pub mod begin;
pub mod finish;
pub mod refer;
