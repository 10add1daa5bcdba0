//! Modifying a message: who may, what may change, and that nobody's change is lost.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, Sequence, Timestamp};
use hongyan_protocol::limits;
use hongyan_protocol::message::{ChangeKind, Message, TimelineChange};
use hongyan_storage::model::{Modified, TimelineId};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome};
use crate::message::find;
use crate::message::revoke::Place;

/// What a message should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its place.
    pub sequence: Sequence,
    /// How often it was modified, as far as the caller knows.
    pub edits: u32,
    /// Its new body.
    pub body: Body,
    /// Its new text of the app.
    pub cloud_custom_data: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// As it is now.
    pub message: Message,
    /// Somebody else modified it before, and nothing was changed.
    pub conflict: bool,
}

/// Why it stays.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ModifyError {
    #[error("the message to modify does not exist")]
    Missing,
    #[error("the group does not exist or was dissolved")]
    GroupGone,
    #[error("only members modify in a group")]
    NotAMember,
    #[error("the account is muted in the group")]
    Muted,
    #[error("of this message only the custom data may be modified, or the body is of another kind")]
    BodyInvalid,
    #[error("the message is above 12 KB")]
    TooLong,
    #[error("the change could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for ModifyError {
    fn code(&self) -> Code {
        match self {
            Self::Missing => Code::MODIFY_MISSING,
            Self::GroupGone => Code::GROUP_GONE,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Muted => Code::GROUP_MUTED,
            Self::BodyInvalid => Code::MESSAGE_BODY_INVALID,
            Self::TooLong => Code::MESSAGE_TOO_LONG,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Lets a message say something else. Any member of its conversation may. A resend gets the first answer.
pub async fn modify(
    store: &dyn Store,
    caller: &Account,
    place: Place,
    edit: Edit,
    now: Timestamp,
) -> Result<Outcome<Edited>, ModifyError> {
    if edit.body.bytes().len() + edit.cloud_custom_data.len() > limits::MESSAGE_BYTES_MAX {
        return Err(ModifyError::TooLong);
    }
    let timeline = match &place {
        Place::C2c(None) => return Err(ModifyError::Missing),
        Place::C2c(Some(peer)) => TimelineId::c2c(caller.id, peer.id),
        Place::Group(standing) => {
            let standing = standing.as_ref().filter(|it| !it.group.dismissed);
            let standing = standing.ok_or(ModifyError::GroupGone)?;
            if standing.member.is_none() {
                return Err(ModifyError::NotAMember);
            }
            if standing.is_muted(now) {
                return Err(ModifyError::Muted);
            }
            TimelineId::Group(standing.group.number)
        }
    };
    let Some(conversation) = place.conversation() else {
        return Err(ModifyError::Missing);
    };
    let message = find(store, caller, &conversation, edit.sequence).await?;
    // Tips are the server's own.
    let message = message.filter(|it| it.key.account != AccountId(0));
    let message = message.ok_or(ModifyError::Missing)?;
    if message.body != edit.body && !message.body.may_become(&edit.body) {
        return Err(ModifyError::BodyInvalid);
    }
    let committed = store
        .modify_message(
            timeline,
            edit.sequence,
            caller.id,
            edit.edits,
            edit.body,
            edit.cloud_custom_data,
        )
        .await?;
    let answer = |message, conflict| Edited { message, conflict };
    match committed.value {
        Modified::Done(message, seen) => {
            let change = TimelineChange::of(ChangeKind::Modified, message.clone());
            Ok(Outcome {
                answer: answer(message, false),
                events: vec![Event::of_change(timeline, change, seen)],
                turn: committed.turn,
            })
        }
        Modified::Already(message) => Ok(Outcome::quiet(answer(message, false))),
        Modified::Conflict(message) => Ok(Outcome::quiet(answer(message, true))),
        Modified::Missing => Err(ModifyError::Missing),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};
    use hongyan_protocol::wire::{Custom, Text, element::Kind};

    use super::*;
    use crate::message::send::Recipient;
    use crate::testing::{NOW, World, draft};

    fn text(text: &str) -> Body {
        Body::of(Kind::Text(Text {
            text: text.to_owned(),
            at_user_ids: Vec::new(),
        }))
    }

    fn edit(sequence: Sequence, edits: u32, body: Body) -> Edit {
        Edit {
            sequence,
            edits,
            body,
            cloud_custom_data: String::new(),
        }
    }

    /// Contract C4.
    #[tokio::test]
    async fn of_two_who_modify_at_once_the_second_gets_what_the_first_wrote() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let sent = world.say(&alice, &bob, 1).await.unwrap().answer;
        let modify = async |by: &Account, peer: &Account, edit| {
            modify(&world.store, by, Place::C2c(Some(peer.clone())), edit, NOW)
                .await
                .unwrap()
        };
        let first = modify(&bob, &alice, edit(sent.sequence, 0, text("bob's"))).await;
        assert!(!first.answer.conflict);
        assert_eq!((first.answer.message.edits, first.events.len()), (1, 1));
        let second = modify(&alice, &bob, edit(sent.sequence, 0, text("alice's"))).await;
        assert!(second.answer.conflict && second.events.is_empty());
        assert_eq!(second.answer.message, first.answer.message);
        let resent = modify(&bob, &alice, edit(sent.sequence, 0, text("bob's"))).await;
        assert!(!resent.answer.conflict && resent.events.is_empty());
        let again = modify(&alice, &bob, edit(sent.sequence, 1, text("alice's"))).await;
        assert_eq!(again.answer.message.edits, 2);
    }

    #[tokio::test]
    async fn each_reason_has_its_code() {
        let world = World::new().await;
        let (alice, bob, eve) = (
            world.account("alice").await,
            world.account("bob").await,
            world.account("eve").await,
        );
        let sent = world.say(&alice, &bob, 1).await.unwrap().answer.sequence;
        let to_bob = || Place::C2c(Some(bob.clone()));
        let code = async |by: &Account, place, edit| {
            let modified = modify(&world.store, by, place, edit, NOW).await;
            modified.map(|_| ()).map_err(|it| it.code())
        };
        let custom = Body::of(Kind::Custom(Custom::default()));
        for (place, edit, expected) in [
            (to_bob(), edit(Sequence(9), 0, text("x")), Code::MODIFY_MISSING),
            (Place::C2c(None), edit(sent, 0, text("x")), Code::MODIFY_MISSING),
            (to_bob(), edit(sent, 0, custom), Code::MESSAGE_BODY_INVALID),
            (
                to_bob(),
                edit(sent, 0, text(&"x".repeat(limits::MESSAGE_BYTES_MAX))),
                Code::MESSAGE_TOO_LONG,
            ),
            (Place::Group(None), edit(sent, 0, text("x")), Code::GROUP_GONE),
        ] {
            assert_eq!(code(&alice, place, edit).await, Err(expected));
        }
        let missing = Err(Code::MODIFY_MISSING);
        assert_eq!(code(&eve, to_bob(), edit(sent, 0, text("x"))).await, missing);

        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        let standing = world.standing(&id, &alice).await;
        let sent = world
            .send(&alice, Recipient::Group(standing), draft(2))
            .await
            .unwrap();
        let sent = sent.answer.sequence;
        let as_eve = Place::Group(world.standing(&id, &eve).await);
        let forbidden = Err(Code::GROUP_FORBIDDEN);
        assert_eq!(code(&eve, as_eve, edit(sent, 0, text("x"))).await, forbidden);
        let as_bob = Place::Group(world.standing(&id, &bob).await);
        assert_eq!(code(&bob, as_bob, edit(sent, 0, text("x"))).await, Ok(()));
    }
}
