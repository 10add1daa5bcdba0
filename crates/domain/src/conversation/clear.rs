//! Clearing a conversation's history: for one account, on all its instances. The conversation stays.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, ConversationId, Pts, Sequence};
use hongyan_storage::model::{Cleared, Entry};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Outcome, pts_of};

/// Where the account stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emptied {
    /// The event of its log; 0 when there was nothing.
    pub pts: Pts,
    /// The oldest message that it may see.
    pub first: Sequence,
    /// The conversation's `view_version`.
    pub view_version: u64,
}

/// Why nothing was cleared.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ClearError {
    #[error("the conversation does not exist")]
    NoConversation,
    #[error("the change could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for ClearError {
    fn code(&self) -> Code {
        match self {
            Self::NoConversation => Code::CONVERSATION_NOT_FOUND,
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

/// Hides all that is in a conversation up to now from the account.
pub async fn clear(
    store: &dyn Store,
    account: &Account,
    conversation: ConversationId,
) -> Result<Outcome<Emptied>, ClearError> {
    let (whose, named) = (account.id, conversation.clone());
    let tell = Box::new(move |cleared: &Cleared| {
        let change = AccountChange::HistoryCleared {
            conversation: named,
            first: cleared.first,
            view_version: cleared.view_version,
        };
        vec![Entry::Event(whose, change)]
    });
    let committed = store
        .clear_history(account, &conversation, tell)
        .await?
        .ok_or(ClearError::NoConversation)?;
    let done = &committed.value.done;
    let answer = Emptied {
        pts: pts_of(account.id, &committed.value.entered),
        first: done.first,
        view_version: done.view_version,
    };
    Ok(Outcome::of(answer, committed.value.entered, committed.turn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, c2c};

    /// Contract C5.
    #[tokio::test]
    async fn a_cleared_conversation_stays_empty_until_the_next_message() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let nowhere = clear(&world.store, &bob, c2c(&alice)).await.unwrap_err();
        assert_eq!(nowhere.code(), Code::CONVERSATION_NOT_FOUND);
        for random in 1..=2 {
            world.say(&alice, &bob, random).await.unwrap();
        }
        let state = async || {
            let state = world.store.find_conversation(&bob, &c2c(&alice)).await;
            state.unwrap().unwrap()
        };
        let before = state().await;
        let cleared = clear(&world.store, &bob, c2c(&alice)).await.unwrap();
        assert_eq!((cleared.answer.first, cleared.events.len()), (Sequence(3), 1));
        let after = state().await;
        assert_eq!((after.unread_count, after.last_message), (0, None));
        assert_eq!(after.active, before.active, "it keeps its place in the list");
        let again = clear(&world.store, &bob, c2c(&alice)).await.unwrap();
        assert_eq!((again.answer.pts, again.events.len()), (Pts(0), 0));
        world.say(&alice, &bob, 3).await.unwrap();
        assert_eq!(state().await.unread_count, 1);
        assert_eq!(world.unread(&alice, &c2c(&bob)).await, 0, "the peer keeps his");
    }
}
