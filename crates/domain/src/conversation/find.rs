//! One conversation, also one that has not begun.

use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::id::{Account, ConversationId, Pts, Sequence, Timestamp, Version};
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
    let settings = store.find_settings(account, conversation).await?;
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
        settings,
        pts: Pts(0),
        draft: String::new(),
        view_version: 0,
        mentions: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};

    use super::*;
    use crate::testing::{World, c2c};

    #[tokio::test]
    async fn with_a_user_one_never_talked_to_there_is_an_empty_conversation_that_is_not_kept() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let profile = Box::new(Profile::empty(bob.user_id.clone()));
        let other = Other::User(Some(profile.clone()));
        let state = find(&world.store, &alice, &c2c(&bob), other).await.unwrap();
        assert_eq!(state.peer, Some(*profile));
        assert_eq!((state.unread_count, state.last_message), (0, None));
        let kept = world
            .store
            .list_conversations(&alice, Timestamp(0), 10)
            .await
            .unwrap();
        assert!(kept.is_empty());
    }

    #[tokio::test]
    async fn whom_nobody_knows_is_answered_with_2501_and_a_foreign_group_with_10007() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[])
            .await;
        let group = ConversationId::Group(id);
        let code = async |conversation: &ConversationId, other| {
            find(&world.store, &bob, conversation, other)
                .await
                .unwrap_err()
                .code()
        };
        let unknown = Code::USER_OR_GROUP_NOT_FOUND;
        assert_eq!(code(&c2c(&alice), Other::User(None)).await, unknown);
        assert_eq!(code(&group, Other::Group { exists: false }).await, unknown);
        assert_eq!(
            code(&group, Other::Group { exists: true }).await,
            Code::GROUP_FORBIDDEN
        );
    }
}
