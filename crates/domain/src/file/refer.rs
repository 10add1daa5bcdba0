//! Referring to files: a message that links to some keeps them.
//!
//! Whatever enters a message, or changes its body, comes here first.
//!
//! Invariant: a reference is there before its message, so that a file never goes while a message shows it.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::file::links;
use hongyan_protocol::id::{SdkAppId, Timestamp};
use hongyan_protocol::message::MessageKey;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// More do not fit into a message.
const LINKS_MAX: usize = 256;

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

/// Whether there is something to note about a message with this body.
pub fn links_to_files(body: &[u8]) -> bool {
    !links(body, 1).is_empty()
}

/// Notes the files to which a message links that is about to be sent. Most link to none.
pub async fn refer(
    store: &dyn Store,
    app: SdkAppId,
    key: MessageKey,
    body: &Body,
    now: Timestamp,
) -> Result<(), ReferError> {
    let files = links(body.bytes(), LINKS_MAX);
    if files.is_empty() {
        return Ok(());
    }
    Ok(store.put_file_references(app, key, files, now).await?)
}
