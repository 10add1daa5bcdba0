//! What a request gets that is not carried out: a public code, and a line for people.
//!
//! **Comes in:** what a service, the store or a part of the server refuses. **Goes out:** [`Refused`]. **Never here:** why,
//! but for the store's failures: they are logged here, and their details go no further.

use std::error::Error;

use hongyan_domain::Refusal;
use hongyan_domain::error::store_code;
use hongyan_protocol::code::Code;
use hongyan_storage::StoreError;

/// A command that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: Code,
    /// For people.
    pub(crate) text: String,
}

impl Refused {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// A failure of the store is logged here, once, and its details stay here.
impl<E: Refusal> From<E> for Refused {
    fn from(error: E) -> Self {
        let code = error.code();
        match error.source() {
            None => Self::new(code, error.to_string()),
            Some(source) => failed(source, code),
        }
    }
}

/// The answer when facts could not be loaded, with the internal code of the command's area.
pub(crate) fn store_failed(error: &StoreError, internal: Code) -> Refused {
    failed(error, store_code(error, internal))
}

fn failed(error: &dyn Error, code: Code) -> Refused {
    if code == Code::OVERLOADED {
        tracing::warn!(%error, "the store has more to do than it may take on");
    } else {
        tracing::error!(%error, "the store failed");
    }
    Refused::new(code, code.text())
}
