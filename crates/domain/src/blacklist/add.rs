//! Blocking users.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{BlacklistChanged, Entry};
use hongyan_storage::{Store, StoreError};

use super::{Changed, outcome};
use crate::error::{Refusal, store_code};
use crate::event::Outcome;

/// Why nobody was blocked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum AddError {
    #[error("1 to 1000 users are blocked at once")]
    Count,
    #[error("one cannot block oneself")]
    Oneself,
    #[error("a user does not exist")]
    Unknown,
    #[error("the blacklist is full")]
    Full,
    #[error("the blacklist could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for AddError {
    fn code(&self) -> Code {
        match self {
            Self::Count => Code::RELATION_PARAMETER,
            Self::Oneself => Code::BLACKLIST_SELF,
            Self::Unknown => Code::RELATION_ACCOUNT_UNKNOWN,
            Self::Full => Code::BLACKLIST_FULL,
            Self::Store(error) => store_code(error, Code::RELATION_INTERNAL),
        }
    }
}

/// Blocks users, all or none; `None` among them is somebody who does not exist. Those that are blocked already are
/// passed over.
pub async fn add(
    store: &dyn Store,
    by: &Account,
    others: Vec<Option<Account>>,
    now: Timestamp,
) -> Result<Outcome<Changed>, AddError> {
    if others.is_empty() || others.len() > limits::BLACKLIST_MAX {
        return Err(AddError::Count);
    }
    if others.iter().flatten().any(|it| it.id == by.id) {
        return Err(AddError::Oneself);
    }
    let Some(mut others) = others.into_iter().collect::<Option<Vec<Account>>>() else {
        return Err(AddError::Unknown);
    };
    let mut named = std::collections::HashSet::new();
    others.retain(|it| named.insert(it.id));
    let own = by.id;
    let tell = Box::new(move |changed: &BlacklistChanged| {
        if changed.changed.is_empty() {
            return Vec::new();
        }
        let added = AccountChange::BlacklistAdded(changed.changed.clone());
        vec![Entry::Event(own, added)]
    });
    let committed = store.add_to_blacklist(own, others.clone(), now, tell).await?;
    if committed.value.done.full {
        return Err(AddError::Full);
    }
    Ok(outcome(own, &others, true, committed))
}
