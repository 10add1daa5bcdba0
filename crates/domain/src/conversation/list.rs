//! More of the conversation list than was sent at login.

use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::id::{Account, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub conversations: Vec<ConversationState>,
    /// There are no older ones.
    pub complete: bool,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The store failed.
    #[error("the conversations could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for ListError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

/// Conversations that were active before a moment (0: the newest), or in the same millisecond: those are sent again,
/// because a page may have ended among them; the client passes over what it holds. A larger page than allowed is cut.
pub async fn list(
    store: &dyn Store,
    account: &Account,
    before: Timestamp,
    count: usize,
) -> Result<Page, ListError> {
    let count = count.clamp(1, limits::CONVERSATIONS_PAGE_MAX);
    let (before, limit) = match before {
        Timestamp(0) => (before, count),
        // One more, for the one that the client certainly holds.
        before => (before.plus_ms(1), count + 1),
    };
    let conversations = store.list_conversations(account, before, limit).await?;
    Ok(Page {
        complete: conversations.len() < limit,
        conversations,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn paging_reaches_every_conversation_though_many_share_a_millisecond() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        for (random, name) in (1..).zip(["b", "c", "d", "e", "f"]) {
            let other = world.account(name).await;
            world.say(&alice, &other, random).await.unwrap();
        }
        let mut seen = BTreeSet::new();
        let mut before = Timestamp(0);
        for _ in 0..10 {
            let page = list(&world.store, &alice, before, 4).await.unwrap();
            before = page.conversations.last().map_or(before, |it| it.active);
            seen.extend(page.conversations.into_iter().map(|it| it.id));
            if page.complete {
                break;
            }
        }
        assert_eq!(seen.len(), 5);
    }
}
