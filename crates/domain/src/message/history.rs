//! Reading a timeline again: pages of its messages, and what changed after a version.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, ConversationId, Sequence, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::Message;
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

/// The newest messages before a sequence (0: the newest of all). A larger page than allowed is cut.
pub async fn list_messages(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    before: Sequence,
    count: usize,
) -> Result<Page, HistoryError> {
    let Some(readable) = store.find_readable(account, conversation).await? else {
        return nothing_yet(conversation).map(|()| Page {
            messages: Vec::new(),
            complete: true,
        });
    };
    let count = count.clamp(1, limits::MESSAGES_PAGE_MAX);
    let messages = store.list_messages(readable, before, count).await?;
    let first = readable.first.max(Sequence(1));
    let complete = messages.len() < count || messages.first().is_none_or(|it| it.sequence <= first);
    Ok(Page { messages, complete })
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
