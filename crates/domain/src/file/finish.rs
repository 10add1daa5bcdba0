//! Finishing an upload: the file is noted, and counts from now on.

use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileKind;
use hongyan_storage::model::FileRecord;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Why it was not.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// The store failed.
    #[error("the file could not be noted")]
    Store(FileKind, #[source] StoreError),
}

impl Refusal for FinishError {
    fn code(&self) -> Code {
        match self {
            Self::Store(kind, error) => store_code(error, kind.upload_failed()),
        }
    }
}

/// Notes a file whose bytes are kept.
pub async fn finish(store: &dyn Store, kind: FileKind, file: FileRecord) -> Result<(), FinishError> {
    store
        .put_file(file)
        .await
        .map_err(|error| FinishError::Store(kind, error))
}
