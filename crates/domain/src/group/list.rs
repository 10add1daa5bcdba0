//! The groups of an account.

use hongyan_protocol::code::Code;
use hongyan_protocol::group::Group;
use hongyan_protocol::id::AccountId;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Why they are not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The store failed.
    #[error("the groups could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for ListError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// All groups that an account is in.
pub async fn list(store: &dyn Store, account: AccountId) -> Result<Vec<Group>, ListError> {
    Ok(store.list_groups(account).await?)
}
