//! What an operation answers when it refuses, seen from the app that asked.
//!
//! Each operation has its own enum, with the cases that a caller treats differently; here is what they share.

use hongyan_protocol::Malformed;
use hongyan_protocol::code::Code;
use hongyan_storage::StoreError;

/// An error that has a public code. Its `Display` is the text for people; its `source` is a failure of the store.
pub trait Refusal: std::error::Error {
    /// The number that apps compare.
    fn code(&self) -> Code;
}

impl Refusal for Malformed {
    fn code(&self) -> Code {
        self.code
    }
}

/// The code of a failed store, for an area of the API that has its own internal error.
pub const fn store_code(error: &StoreError, internal: Code) -> Code {
    match error {
        StoreError::Overloaded => Code::OVERLOADED,
        StoreError::Unwritable(_) | StoreError::Unreadable(_) | StoreError::Closed => internal,
    }
}
