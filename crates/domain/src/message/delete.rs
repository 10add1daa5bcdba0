//! Deleting messages: for one account, on all its instances; others keep them.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, ConversationId, Pts, Sequence};
use hongyan_protocol::limits;
use hongyan_storage::model::{Deleted, Entry};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Outcome, pts_of};

/// Where the account stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// The event of its log; 0 when nothing changed.
    pub pts: Pts,
    /// The conversation's `view_version`.
    pub view_version: u64,
}

/// Why nothing was deleted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum DeleteError {
    #[error("1 to 30 messages are deleted at once")]
    TooMany,
    #[error("the messages to delete do not exist")]
    Missing,
    #[error("only members delete in a group")]
    NotAMember,
    #[error("the deletion could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for DeleteError {
    fn code(&self) -> Code {
        match self {
            Self::TooMany => Code::REQUEST_MALFORMED,
            Self::Missing => Code::GROUP_NOTHING_TO_DELETE,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Hides messages of a conversation from the account. What is hidden already stays so and is no error.
pub async fn delete(
    store: &dyn Store,
    account: &Account,
    conversation: ConversationId,
    sequences: Vec<Sequence>,
) -> Result<Outcome<Hidden>, DeleteError> {
    if sequences.is_empty() || sequences.len() > limits::DELETED_MAX {
        return Err(DeleteError::TooMany);
    }
    let (whose, named) = (account.id, conversation.clone());
    let tell = Box::new(move |deleted: &Deleted| {
        let change = AccountChange::MessagesDeleted {
            conversation: named,
            messages: deleted.messages.clone(),
            view_version: deleted.view_version,
        };
        vec![Entry::Event(whose, change)]
    });
    let committed = store
        .delete_messages(account, &conversation, sequences, tell)
        .await?;
    let Some(committed) = committed else {
        return Err(match conversation {
            ConversationId::Group(_) => DeleteError::NotAMember,
            ConversationId::C2c(_) | ConversationId::System => DeleteError::Missing,
        });
    };
    if committed.value.done.found == 0 {
        return Err(DeleteError::Missing);
    }
    let answer = Hidden {
        pts: pts_of(account.id, &committed.value.entered),
        view_version: committed.value.done.view_version,
    };
    Ok(Outcome::of(answer, committed.value.entered, committed.turn))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::change::DeletedMessage;
    use hongyan_storage::model::TimelineId;

    use super::*;
    use crate::testing::{World, c2c, changes};

    /// Contract C5.
    #[tokio::test]
    async fn what_is_deleted_is_gone_for_its_account_alone_and_counts_no_more() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for random in 1..=3 {
            world.say(&alice, &bob, random).await.unwrap();
        }
        let of_bob = || c2c(&alice);
        let deleted = delete(&world.store, &bob, of_bob(), vec![Sequence(2), Sequence(9)])
            .await
            .unwrap();
        assert_ne!(deleted.answer.pts, Pts(0));
        let timeline = TimelineId::c2c(alice.id, bob.id);
        let second = world.store.find_message(timeline, Sequence(2)).await.unwrap();
        let change = AccountChange::MessagesDeleted {
            conversation: of_bob(),
            messages: vec![DeletedMessage {
                sequence: Sequence(2),
                key: second.map(|it| it.key),
            }],
            view_version: 1,
        };
        assert_eq!(changes(&deleted.events), [(bob.id, change)]);
        assert_eq!(world.unread(&bob, &of_bob()).await, 2);
        let repeated = delete(&world.store, &bob, of_bob(), vec![Sequence(2)])
            .await
            .unwrap();
        assert_eq!(
            repeated.answer,
            Hidden {
                pts: Pts(0),
                view_version: 1
            }
        );
        assert!(repeated.events.is_empty());
    }

    #[tokio::test]
    async fn each_reason_has_its_code() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let code = async |sequences: Vec<Sequence>| {
            let deleted = delete(&world.store, &alice, c2c(&bob), sequences).await;
            deleted.map(|_| ()).map_err(|it| it.code())
        };
        let missing = Err(Code::GROUP_NOTHING_TO_DELETE);
        assert_eq!(code(vec![Sequence(1)]).await, missing);
        world.say(&alice, &bob, 1).await.unwrap();
        assert_eq!(code(vec![Sequence(2)]).await, missing);
        assert_eq!(code(Vec::new()).await, Err(Code::REQUEST_MALFORMED));
        assert_eq!(code(vec![Sequence(1); 31]).await, Err(Code::REQUEST_MALFORMED));
        assert_eq!(code(vec![Sequence(1); 30]).await, Ok(()));
    }
}
