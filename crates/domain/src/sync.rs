//! Coming up to date: the whole picture, or what was missed (contract C4).

use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, Pts};
use hongyan_protocol::limits;
use hongyan_storage::model::{CatchUp, ConversationUpdate, Held, Snapshot};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// What brings an instance up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// Everything anew.
    Snapshot(Box<Snapshot>),
    /// What came after what it holds.
    Missed {
        /// Where it is afterwards.
        pts: Pts,
        /// One apart.
        events: Vec<AccountEvent>,
        /// Conversations that changed.
        updates: Vec<ConversationUpdate>,
    },
}

/// Why it is not.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum SyncError {
    #[error("more conversations are named than may be")]
    TooManyHeld,
    #[error("what was missed could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for SyncError {
    fn code(&self) -> Code {
        match self {
            Self::TooManyHeld => Code::CONVERSATION_PARAMETER,
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

/// What came after `pts` and after the versions that the instance holds. Who holds nothing (`pts` 0), or is further
/// behind than the log reaches, gets everything anew.
pub async fn sync(
    store: &dyn Store,
    account: &Account,
    pts: Pts,
    held: Vec<Held>,
) -> Result<Synced, SyncError> {
    if held.len() > limits::HELD_MAX {
        return Err(SyncError::TooManyHeld);
    }
    if pts == Pts(0) {
        return snapshot(store, account).await;
    }
    match store.catch_up(account, pts, held).await? {
        CatchUp::Missed { pts, events, updates } => Ok(Synced::Missed { pts, events, updates }),
        CatchUp::Reload => snapshot(store, account).await,
    }
}

/// Everything anew.
pub async fn snapshot(store: &dyn Store, account: &Account) -> Result<Synced, SyncError> {
    let snapshot = store.snapshot(account, limits::CONVERSATIONS_PAGE_MAX).await?;
    Ok(Synced::Snapshot(Box::new(snapshot)))
}
