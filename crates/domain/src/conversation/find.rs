//! One conversation, also one that has not begun.

use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::id::{Account, ConversationId, Sequence, Timestamp, Version};
use hongyan_protocol::profile::Profile;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Whom a conversation is with.
#[derive(Debug, Clone)]
pub enum Other {
    /// A user; `None` when there is none.
    User(Option<Box<Profile>>),
    /// A group.
    Group {
        /// There is one, and it was not dissolved.
        exists: bool,
    },
    /// The account's own notices.
    System,
}

/// Why it is not shown.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum FindError {
    #[error("the user or group does not exist")]
    Unknown,
    #[error("only members have a conversation with the group")]
    NotAMember,
    #[error("the conversation could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for FindError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown => Code::USER_OR_GROUP_NOT_FOUND,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

/// A conversation as it stands; for a user that was not talked to yet an empty one, of which nothing is kept.
pub async fn find(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    other: Other,
) -> Result<ConversationState, FindError> {
    if let Some(state) = store.find_conversation(account, conversation).await? {
        return Ok(state);
    }
    let peer = match other {
        Other::User(None) | Other::Group { exists: false } => return Err(FindError::Unknown),
        Other::Group { exists: true } => return Err(FindError::NotAMember),
        Other::User(Some(profile)) => Some(*profile),
        Other::System => None,
    };
    Ok(ConversationState {
        id: conversation.clone(),
        version: Version(0),
        last_sequence: Sequence(0),
        last_message: None,
        unread_count: 0,
        read: Sequence(0),
        peer_read: Sequence(0),
        peer,
        group: None,
        active: Timestamp(0),
        first_sequence: Sequence(1),
    })
}
