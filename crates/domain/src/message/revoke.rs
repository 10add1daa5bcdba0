//! Taking a message back: by whom, and for how long.

use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{Account, AccountId, ConversationId, Sequence, Timestamp, Version};
use hongyan_protocol::message::{ChangeKind, Message, TimelineChange};
use hongyan_storage::model::{Revoked, TimelineId};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome};
use crate::group::Standing;
use crate::message::find;

/// Where the message stands.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a C2C with this account; `None` when there is none.
    C2c(Option<Account>),
    /// In a group; `None` when there is none.
    Group(Option<Standing>),
}

impl Place {
    /// The conversation that it is, for who looks at it; `None` when there is none.
    pub(super) fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::C2c(peer) => peer.as_ref().map(|it| ConversationId::C2c(it.user_id.clone())),
            Self::Group(standing) => standing
                .as_ref()
                .map(|it| ConversationId::Group(it.group.group.id.clone())),
        }
    }
}

/// Why it stays.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum RevokeError {
    #[error("the message to revoke does not exist")]
    Missing,
    #[error("only its sender revokes a message")]
    NotTheSender,
    #[error("the message was already revoked")]
    Repeated,
    #[error("the time to revoke has passed")]
    TooLate,
    #[error("the group does not exist or was dissolved")]
    GroupGone,
    #[error("only members revoke in a group")]
    NotAMember,
    #[error("the message to revoke does not exist")]
    GroupMissing,
    #[error("this message cannot be revoked, or not by this account")]
    GroupForbidden,
    #[error("the time to revoke has passed")]
    GroupTooLate,
    #[error("this group type knows no revoking")]
    GroupUnsupported,
    #[error("the change could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for RevokeError {
    fn code(&self) -> Code {
        match self {
            // The public list has no code for somebody else's message in a C2C; for the caller there is none of its own.
            Self::Missing | Self::NotTheSender => Code::REVOKE_MISSING,
            Self::Repeated => Code::REVOKE_REPEATED,
            Self::TooLate => Code::REVOKE_TOO_LATE,
            Self::GroupGone => Code::GROUP_GONE,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::GroupMissing => Code::GROUP_MESSAGE_MISSING,
            Self::GroupForbidden => Code::GROUP_REVOKE_FORBIDDEN,
            Self::GroupTooLate => Code::GROUP_REVOKE_TOO_LATE,
            Self::GroupUnsupported => Code::GROUP_REVOKE_UNSUPPORTED,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Takes a message back within `limit_s` of its commit (0: never). In a group its owner and admins may take back
/// others' messages, within the same time.
pub async fn revoke(
    store: &dyn Store,
    caller: &Account,
    place: Place,
    sequence: Sequence,
    limit_s: u32,
    now: Timestamp,
) -> Result<Outcome<Version>, RevokeError> {
    let (conversation, timeline, manages, words) = match place {
        Place::C2c(None) => return Err(RevokeError::Missing),
        Place::C2c(Some(peer)) => {
            let timeline = TimelineId::c2c(caller.id, peer.id);
            (ConversationId::C2c(peer.user_id), timeline, false, Words::c2c())
        }
        Place::Group(standing) => {
            let standing = standing
                .filter(|it| !it.group.dismissed)
                .ok_or(RevokeError::GroupGone)?;
            if standing.member.is_none() {
                return Err(RevokeError::NotAMember);
            }
            if standing.kind() == GroupType::AvChatRoom {
                return Err(RevokeError::GroupUnsupported);
            }
            let timeline = TimelineId::Group(standing.group.number);
            let conversation = ConversationId::Group(standing.group.group.id.clone());
            (conversation, timeline, standing.manages(), Words::group())
        }
    };
    let Some(message) = find(store, caller, &conversation, sequence).await? else {
        return Err(words.missing);
    };
    let is_tip = message.key.account == AccountId(0);
    if is_tip || (message.key.account != caller.id && !manages) {
        return Err(words.forbidden);
    }
    if message.revoker.is_some() {
        return Err(words.repeated);
    }
    if limit_s == 0 || is_older(&message, limit_s, now) {
        return Err(words.too_late);
    }
    let committed = store.revoke_message(timeline, sequence, caller).await?;
    match committed.value {
        Revoked::Done(message, seen) => Ok(Outcome {
            answer: message.version,
            events: vec![Event::of_change(
                timeline,
                TimelineChange::of(ChangeKind::Revoked, message),
                seen,
            )],
            turn: committed.turn,
        }),
        Revoked::Already => Err(words.repeated),
        Revoked::Missing => Err(words.missing),
    }
}

/// The same reasons have different codes in C2C and groups.
struct Words {
    missing: RevokeError,
    forbidden: RevokeError,
    repeated: RevokeError,
    too_late: RevokeError,
}

impl Words {
    const fn c2c() -> Self {
        Self {
            missing: RevokeError::Missing,
            forbidden: RevokeError::NotTheSender,
            repeated: RevokeError::Repeated,
            too_late: RevokeError::TooLate,
        }
    }

    const fn group() -> Self {
        Self {
            missing: RevokeError::GroupMissing,
            forbidden: RevokeError::GroupForbidden,
            repeated: RevokeError::GroupForbidden,
            too_late: RevokeError::GroupTooLate,
        }
    }
}

const fn is_older(message: &Message, limit_s: u32, now: Timestamp) -> bool {
    now.ms_since(message.time) > limit_s as u64 * 1000
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::JoinOption;

    use super::*;
    use crate::chance::Chance;
    use crate::event::Audience;
    use crate::group::join::join;
    use crate::message::send::Recipient;
    use crate::testing::{NOW, World, draft, person};

    const LIMIT_S: u32 = 120;

    fn late() -> Timestamp {
        NOW.plus_ms(u64::from(LIMIT_S) * 1000)
    }

    /// Contracts C4 and C5.
    #[tokio::test]
    async fn a_sender_takes_a_message_back_and_both_sides_hear_of_it() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let sent = world.say(&alice, &bob, 1).await.unwrap().answer;
        let place = Place::C2c(Some(bob.clone()));
        let revoked = revoke(&world.store, &alice, place, sent.sequence, LIMIT_S, late())
            .await
            .unwrap();
        assert_eq!(revoked.answer, sent.version.next());
        let Event::TimelineChanged { audience, change, .. } = &revoked.events[0] else {
            panic!("a revoke is a change of its timeline");
        };
        assert_eq!(*audience, Audience::Accounts(vec![alice.id, bob.id]));
        assert_eq!(change.kind, ChangeKind::Revoked);
        assert_eq!(change.message.revoker, Some(alice.user_id.clone()));
        assert_eq!(world.unread(&bob, &crate::testing::c2c(&alice)).await, 0);
    }

    #[tokio::test]
    async fn in_a_c2c_each_reason_has_its_code() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let sent = world.say(&alice, &bob, 1).await.unwrap().answer.sequence;
        let code = async |by: &Account, peer: Option<&Account>, sequence, limit_s, now| {
            let place = Place::C2c(peer.cloned());
            let revoked = revoke(&world.store, by, place, sequence, limit_s, now).await;
            revoked.map(|_| ()).map_err(|it| it.code())
        };
        let missing = Err(Code::REVOKE_MISSING);
        assert_eq!(code(&alice, Some(&bob), Sequence(9), LIMIT_S, NOW).await, missing);
        assert_eq!(code(&alice, None, sent, LIMIT_S, NOW).await, missing);
        assert_eq!(code(&bob, Some(&alice), sent, LIMIT_S, NOW).await, missing);
        let too_late = Err(Code::REVOKE_TOO_LATE);
        assert_eq!(code(&alice, Some(&bob), sent, 0, NOW).await, too_late);
        assert_eq!(
            code(&alice, Some(&bob), sent, LIMIT_S, late().plus_ms(1)).await,
            too_late
        );
        assert_eq!(code(&alice, Some(&bob), sent, LIMIT_S, NOW).await, Ok(()));
        let repeated = Err(Code::REVOKE_REPEATED);
        assert_eq!(code(&alice, Some(&bob), sent, LIMIT_S, NOW).await, repeated);
    }

    #[tokio::test]
    async fn in_a_group_its_owner_takes_back_others_messages_but_no_tips() {
        let world = World::new().await;
        let (alice, bob, carol) = (
            world.account("alice").await,
            world.account("bob").await,
            world.account("carol").await,
        );
        let id = world
            .group(GroupType::Public, JoinOption::FreeAccess, &alice, &[&bob])
            .await;
        let joining = world.standing(&id, &carol).await;
        let joined = join(
            &world.store,
            person(&carol),
            joining,
            Vec::new(),
            String::new(),
            Chance::new(2),
            NOW,
        );
        joined.await.unwrap();
        let tip = Sequence(1);
        let as_bob = world.standing(&id, &bob).await;
        let sent = world
            .send(&bob, Recipient::Group(as_bob), draft(1))
            .await
            .unwrap();
        let sent = sent.answer.sequence;
        let code = async |by: &Account, sequence, now| {
            let place = Place::Group(world.standing(&id, by).await);
            let revoked = revoke(&world.store, by, place, sequence, LIMIT_S, now).await;
            revoked.map(|_| ()).map_err(|it| it.code())
        };
        assert_eq!(code(&carol, sent, NOW).await, Err(Code::GROUP_REVOKE_FORBIDDEN));
        assert_eq!(code(&alice, tip, NOW).await, Err(Code::GROUP_REVOKE_FORBIDDEN));
        assert_eq!(
            code(&alice, Sequence(9), NOW).await,
            Err(Code::GROUP_MESSAGE_MISSING)
        );
        let too_late = late().plus_ms(1);
        assert_eq!(code(&bob, sent, too_late).await, Err(Code::GROUP_REVOKE_TOO_LATE));
        assert_eq!(code(&alice, sent, NOW).await, Ok(()));
        assert_eq!(code(&bob, sent, NOW).await, Err(Code::GROUP_REVOKE_FORBIDDEN));
        let stranger = world.account("dave").await;
        assert_eq!(code(&stranger, sent, NOW).await, Err(Code::GROUP_FORBIDDEN));
    }
}
