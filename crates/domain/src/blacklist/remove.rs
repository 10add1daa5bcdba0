//! Unblocking users.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::Account;
use hongyan_protocol::limits;
use hongyan_storage::model::{BlacklistChanged, Entry};
use hongyan_storage::{Store, StoreError};

use super::{Changed, outcome};
use crate::error::{Refusal, store_code};
use crate::event::Outcome;

/// Why nobody was unblocked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum RemoveError {
    #[error("1 to 1000 users are unblocked at once")]
    Count,
    #[error("the blacklist could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for RemoveError {
    fn code(&self) -> Code {
        match self {
            Self::Count => Code::RELATION_PARAMETER,
            Self::Store(error) => store_code(error, Code::RELATION_INTERNAL),
        }
    }
}

/// Unblocks users. Those that are not blocked, or do not exist (`None`), are passed over.
pub async fn remove(
    store: &dyn Store,
    by: &Account,
    others: Vec<Option<Account>>,
) -> Result<Outcome<Changed>, RemoveError> {
    if others.is_empty() || others.len() > limits::BLACKLIST_MAX {
        return Err(RemoveError::Count);
    }
    let mut named = std::collections::HashSet::new();
    let others: Vec<Account> = others
        .into_iter()
        .flatten()
        .filter(|it| named.insert(it.id))
        .collect();
    let own = by.id;
    let tell = Box::new(move |changed: &BlacklistChanged| {
        if changed.changed.is_empty() {
            return Vec::new();
        }
        let removed = AccountChange::BlacklistRemoved(changed.changed.clone());
        vec![Entry::Event(own, removed)]
    });
    let committed = store.remove_from_blacklist(own, others.clone(), tell).await?;
    Ok(outcome(own, &others, false, committed))
}
