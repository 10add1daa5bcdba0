//! Reading a timeline again: pages of its messages, and what changed after a version.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, ConversationId, Sequence, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::Message;
use hongyan_protocol::receipt::Receipt;
use hongyan_storage::model::Changes;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// A page of history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Ascending.
    pub messages: Vec<Message>,
    /// There is nothing older that the account may see.
    pub complete: bool,
    /// Of own messages among them that want receipts.
    pub receipts: Vec<Receipt>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum HistoryError {
    #[error("only members read a group's messages")]
    NotAMember,
    #[error("the messages could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for HistoryError {
    fn code(&self) -> Code {
        match self {
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// The newest messages before a sequence (0: the newest of all). A larger page than allowed is cut. Receipts are told
/// where there are some (see [`crate::receipt::check`]).
pub async fn list_messages(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    before: Sequence,
    count: usize,
    has_receipts: bool,
) -> Result<Page, HistoryError> {
    let Some(readable) = store.find_readable(account, conversation).await? else {
        return nothing_yet(conversation).map(|()| Page {
            complete: true,
            ..Page::default()
        });
    };
    let count = count.clamp(1, limits::MESSAGES_PAGE_MAX);
    let messages = store.list_messages(readable, before, count).await?;
    let first = readable.first.max(Sequence(1));
    let complete = messages.len() < count || messages.first().is_none_or(|it| it.sequence <= first);
    let wanting = messages
        .iter()
        .filter(|it| it.flags.need_read_receipt && it.key.account == account.id && has_receipts);
    let wanting: Vec<Sequence> = wanting.map(|it| it.sequence).collect();
    let receipts = match wanting.is_empty() {
        true => Vec::new(),
        false => store
            .list_receipts(account, conversation, &wanting)
            .await?
            .unwrap_or_default(),
    };
    Ok(Page {
        messages,
        complete,
        receipts,
    })
}

/// What changed after a version, for a reader whose newest message is `sequence` (contract C4).
pub async fn list_changes(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    version: Version,
    sequence: Sequence,
) -> Result<Changes, HistoryError> {
    let Some(readable) = store.find_readable(account, conversation).await? else {
        return nothing_yet(conversation).map(|()| Changes {
            changes: Vec::new(),
            version: Version(0),
            complete: true,
            too_far: false,
        });
    };
    Ok(store
        .list_changes(readable, version, sequence, limits::CHANGES_PAGE_MAX)
        .await?)
}

/// With a user there may be messages tomorrow, so there are none today; a group that one is not in is closed.
const fn nothing_yet(conversation: &ConversationId) -> Result<(), HistoryError> {
    match conversation {
        ConversationId::C2c(_) | ConversationId::System => Ok(()),
        ConversationId::Group(_) => Err(HistoryError::NotAMember),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};

    use super::*;
    use crate::testing::{World, c2c};

    /// Contract C3.
    #[tokio::test]
    async fn pages_go_back_in_one_order_until_nothing_older_is_there() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for random in 1..=5 {
            world.say(&alice, &bob, random).await.unwrap();
        }
        let page = async |before, count| {
            let page = list_messages(&world.store, &bob, &c2c(&alice), Sequence(before), count, true)
                .await
                .unwrap();
            let sequences: Vec<u64> = page.messages.iter().map(|it| it.sequence.0).collect();
            (sequences, page.complete)
        };
        assert_eq!(page(0, 2).await, (vec![4, 5], false));
        assert_eq!(page(4, 2).await, (vec![2, 3], false));
        assert_eq!(page(2, 2).await, (vec![1], true));
        assert_eq!(page(0, 5).await, (vec![1, 2, 3, 4, 5], true));
        assert_eq!(
            page(0, 0).await,
            (vec![5], false),
            "a page of nothing is one of one"
        );
        assert_eq!(page(0, 1000).await.0.len(), 5);
    }

    #[tokio::test]
    async fn with_a_stranger_there_is_no_history_and_a_foreign_group_shows_none() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let page = list_messages(&world.store, &alice, &c2c(&bob), Sequence(0), 10, true)
            .await
            .unwrap();
        assert!(page.messages.is_empty() && page.complete);
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[])
            .await;
        let group = ConversationId::Group(id);
        let error = list_messages(&world.store, &bob, &group, Sequence(0), 10, true)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::GROUP_FORBIDDEN);
        let error = list_changes(&world.store, &bob, &group, Version(0), Sequence(0))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::GROUP_FORBIDDEN);
    }

    /// Contract C4.
    #[tokio::test]
    async fn what_changed_after_a_version_brings_a_reader_up_to_date() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let first = world.say(&alice, &bob, 1).await.unwrap().answer;
        let second = world.say(&alice, &bob, 2).await.unwrap().answer;
        let changes = list_changes(&world.store, &bob, &c2c(&alice), first.version, first.sequence).await;
        let changes = changes.unwrap();
        assert_eq!(changes.version, second.version);
        assert!(changes.complete && !changes.too_far);
        let sequences: Vec<Sequence> = changes.changes.iter().map(|it| it.message.sequence).collect();
        assert_eq!(sequences, [second.sequence]);
    }
}
