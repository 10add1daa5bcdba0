//! Referring to files and to merged messages that are kept apart: a message that links to some keeps them.
//!
//! Whatever sends a message comes here first; what changes one keeps its references in the store, in the same step.
//!
//! Invariant: a reference is there before its message, so that a file never goes while a message shows it.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{SdkAppId, Timestamp};
use hongyan_protocol::linked;
use hongyan_protocol::message::MessageKey;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Why it could not be noted.
#[derive(Debug, thiserror::Error)]
pub enum ReferError {
    /// The store failed.
    #[error("the message's files could not be noted")]
    Store(#[from] StoreError),
}

impl Refusal for ReferError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Notes to what a message links that is about to be sent. Most link to nothing.
pub async fn refer(
    store: &dyn Store,
    app: SdkAppId,
    key: MessageKey,
    body: &Body,
    cloud_custom_data: &str,
    now: Timestamp,
) -> Result<(), ReferError> {
    let linked = linked::of_message(body.bytes(), cloud_custom_data);
    if linked.is_empty() {
        return Ok(());
    }
    Ok(store.put_references(app, key, linked, now).await?)
}
