//! The server as a client meets it: real sockets on loopback, the real store, in one process with the test.

mod bad_input;
mod console;
mod files;
mod http;
mod limits;
mod login;
mod messages;
mod native;
#[cfg(feature = "s3")]
mod s3;
mod security;
mod support;
mod tls;
mod translate;
