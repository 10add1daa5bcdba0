//! The server as a client meets it: real sockets on loopback, the real store, in one process with the test.

mod bad_input;
mod console;
mod files;
mod http;
mod limits;
mod login;
mod messages;
mod native;
mod security;
mod support;
mod tls;
