//! Coming up to date: the whole picture, or what was missed (contract C4).

use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, Pts, Timestamp};
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

/// What came after `pts` and after the versions that the instance holds, and the conversations active at `listed` or
/// later that it does not hold. Who was not synced before (`again`) and holds nothing, or is further behind than the log reaches,
/// gets everything anew.
pub async fn sync(
    store: &dyn Store,
    account: &Account,
    pts: Pts,
    held: Vec<Held>,
    listed: Timestamp,
    again: bool,
) -> Result<Synced, SyncError> {
    if held.len() > limits::HELD_MAX {
        return Err(SyncError::TooManyHeld);
    }
    if pts == Pts(0) && held.is_empty() && !again {
        return snapshot(store, account).await;
    }
    match store.catch_up(account, pts, held, listed).await? {
        CatchUp::Missed { pts, events, updates } => Ok(Synced::Missed { pts, events, updates }),
        CatchUp::Reload => snapshot(store, account).await,
    }
}

/// Everything anew.
pub async fn snapshot(store: &dyn Store, account: &Account) -> Result<Synced, SyncError> {
    let snapshot = store.snapshot(account, limits::CONVERSATIONS_PAGE_MAX).await?;
    Ok(Synced::Snapshot(Box::new(snapshot)))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::id::{Sequence, Version};

    use super::*;
    use crate::conversation::read::mark_read;
    use crate::testing::{NOW, World, c2c};

    /// Contract C4.
    #[tokio::test]
    async fn who_was_away_gets_what_was_missed_and_who_is_new_gets_everything() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let first = world.say(&alice, &bob, 1).await.unwrap().answer;
        let peer = Some(alice.id);
        let read = mark_read(&world.store, &bob, c2c(&alice), peer, first.sequence, NOW)
            .await
            .unwrap();
        let held = vec![Held {
            conversation: c2c(&alice),
            version: first.version,
            sequence: first.sequence,
        }];
        let second = world.say(&alice, &bob, 2).await.unwrap().answer;

        let Synced::Missed { pts, events, updates } =
            sync(&world.store, &bob, read.answer.pts, held, Timestamp(0), true)
                .await
                .unwrap()
        else {
            panic!("what was missed is within reach");
        };
        assert_eq!((pts, events.len(), updates.len()), (read.answer.pts, 0, 1));
        assert_eq!(updates[0].changes.version, second.version);
        assert_eq!(updates[0].state.unread_count, 1);

        let Synced::Snapshot(whole) = sync(&world.store, &bob, Pts(0), Vec::new(), Timestamp(0), false)
            .await
            .unwrap()
        else {
            panic!("who holds nothing gets everything");
        };
        assert_eq!((whole.pts, whole.conversations.len()), (pts, 1));
        let again = sync(&world.store, &bob, Pts(0), Vec::new(), Timestamp(0), true)
            .await
            .unwrap();
        assert!(
            matches!(again, Synced::Missed { events, .. } if events.len() == 1),
            "who has seen nothing happen yet misses all that did"
        );
        let beyond = sync(&world.store, &bob, Pts(999), Vec::new(), Timestamp(0), false)
            .await
            .unwrap();
        assert!(
            matches!(beyond, Synced::Snapshot(_)),
            "a cursor from nowhere begins anew"
        );
    }

    #[tokio::test]
    async fn no_more_conversations_are_named_than_may_be() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let one = Held {
            conversation: c2c(&alice),
            version: Version(0),
            sequence: Sequence(0),
        };
        let held = vec![one; limits::HELD_MAX + 1];
        let error = sync(&world.store, &alice, Pts(1), held, Timestamp(0), true)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::CONVERSATION_PARAMETER);
    }
}
