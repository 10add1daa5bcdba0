//!

mod command;
mod facts;
