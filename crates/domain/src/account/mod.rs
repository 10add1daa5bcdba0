//! Accounts: who is let in, and who has to go for it.

pub mod login;
