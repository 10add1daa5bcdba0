//! Whom an account blocked.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{AccountId, UserId};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Why they are not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The store failed.
    #[error("the blacklist could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for ListError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => store_code(error, Code::RELATION_INTERNAL),
        }
    }
}

/// In the order of blocking.
pub async fn list(store: &dyn Store, account: AccountId) -> Result<Vec<UserId>, ListError> {
    Ok(store.list_blacklist(account).await?)
}
