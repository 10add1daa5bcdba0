//! Rust clients of a real server: what a call of one does, and what others see of it.

mod messages;
mod reading;
mod reconnecting;
mod relay;
mod sending;
mod settings;
mod support;
