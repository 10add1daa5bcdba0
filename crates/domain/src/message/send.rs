//! Sending a message: who may, where it lands, who hears of it.
//!
//! **Comes in:** a message whose sender is known, and the facts about whom it is for. **Goes out:** its place, and the
//! event that others should hear of. **Never here:** sockets, frames, SQL, the clock.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{Account, Sequence, Timestamp, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{
    ChangeKind, Message, MessageFlags, MessageKey, Priority, Target, TimelineChange,
};
use hongyan_storage::model::{Addressed, Appended, BlockedSender, Seen, TimelineId};
use hongyan_storage::{Store, StoreError, Turn};

use crate::account::Person;
use crate::error::{Refusal, store_code};
use crate::event::{Audience, Event, Outcome};
use crate::group::Standing;

/// How far a sender's clock may be ahead of ours: a day, so that a wrong time zone is no obstacle. A clock that is
/// behind does no harm: the time only names the message, and its place is the server's to give.
const AHEAD_S_MAX: u64 = 86_400;

/// What a sender made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The sender's clock, in seconds.
    pub client_time_s: u32,
    /// Drawn by the sender.
    pub random: u32,
    /// What it says.
    pub body: Body,
    /// How urgent.
    pub priority: Priority,
    /// Wishes.
    pub flags: MessageFlags,
    /// Text of the app.
    pub cloud_custom_data: String,
    /// Only for who is there now.
    pub online_only: bool,
    /// Whom it singles out: those of the named that are members of its group.
    pub addressed: Addressed,
    /// How many receivers were named, also such as are no members; 0: it is for all.
    pub receivers_named: usize,
}

/// Whom it is for, and what is known about that.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// A user.
    User {
        /// The account; `None` when there is none.
        account: Option<Account>,
        /// It blocked the sender.
        blocks_sender: bool,
    },
    /// A group; `None` when there is none.
    Group(Option<Standing>),
}

/// Where a message landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its place; 0 when it is not kept.
    pub sequence: Sequence,
    /// When.
    pub time: Timestamp,
    /// The timeline's version; 0 when it is not kept.
    pub version: Version,
}

/// Why it was not sent.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum SendError {
    #[error("the receiver does not exist")]
    ReceiverUnknown,
    #[error("the receiver blocked the sender")]
    Blocked,
    #[error("the group does not exist or was dissolved")]
    GroupGone,
    #[error("only members send to a group")]
    NotAMember,
    #[error("the sender is muted in the group")]
    Muted,
    #[error("a message is targeted at no more than 50 members")]
    TooManyReceivers,
    #[error("this group type knows no targeted messages")]
    NotTargeted,
    #[error("an on-line-only message has no receipt")]
    ReceiptOfOnline,
    #[error("the message is above 12 KB")]
    TooLong,
    #[error("the message's time is missing, more than a day ahead, or older than what is kept")]
    TimeInvalid,
    #[error("the message could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for SendError {
    fn code(&self) -> Code {
        match self {
            Self::ReceiverUnknown => Code::RECEIVER_UNKNOWN,
            Self::Blocked => Code::BLOCKED_BY_RECEIVER,
            Self::GroupGone => Code::GROUP_GONE,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Muted => Code::GROUP_MUTED,
            Self::TooManyReceivers => Code::GROUP_PARAMETER,
            Self::NotTargeted => Code::GROUP_FORBIDDEN,
            Self::ReceiptOfOnline => Code::RECEIPT_ONLINE_ONLY,
            Self::TooLong => Code::MESSAGE_TOO_LONG,
            Self::TimeInvalid => Code::MESSAGE_TIME_INVALID,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Takes one message into its timeline, or past it when it is only for who is there now.
///
/// A resend gets the first answer again and is heard by no one (contract C2).
pub async fn send(
    store: &dyn Store,
    sender: &Person,
    recipient: Recipient,
    mut draft: Draft,
    blocked_sender: BlockedSender,
    now: Timestamp,
) -> Result<Outcome<Sent>, SendError> {
    check(&draft, now)?;
    let online_only = draft.online_only;
    let key = draft.key(&sender.account);
    let place = match place(&sender.account, recipient, now).and_then(|it| check_target(&draft, it)) {
        Ok(place) => place,
        // What was taken in stays sent, whatever happened before its sender asked again (contract C2).
        Err(refusal) => {
            return match (store.find_sent(key).await?, refusal, blocked_sender) {
                (Some(message), ..) => Ok(Outcome::quiet(Sent::of(&message))),
                (None, SendError::Blocked, BlockedSender::Pretend) => Ok(Outcome::quiet(Sent::nowhere(now))),
                (None, refusal, _) => Err(refusal),
            };
        }
    };
    let timeline = place.timeline;
    let addressed = std::mem::take(&mut draft.addressed);
    let message = message(sender, draft, place, now);
    let seen = match message.flags.is_targeted {
        true => {
            let sender = std::iter::once(sender.account.id);
            Seen::Only(addressed.receivers.iter().copied().chain(sender).collect())
        }
        false => Seen::All,
    };
    if online_only {
        return Ok(pass_by(timeline, message, sender, seen));
    }
    let is_special = message.flags.is_targeted || message.flags.support_extension;
    let committed = match is_special || addressed != Addressed::default() {
        true => store.append_addressed(timeline, message, addressed).await?,
        false => store.append_message(timeline, message).await?,
    };
    let (answer, events) = match committed.value {
        Appended::New(message) => (
            Sent::of(&message),
            vec![Event::of_change(
                timeline,
                TimelineChange::of(ChangeKind::Appended, message),
                seen,
            )],
        ),
        Appended::Repeat(message) => (Sent::of(&message), Vec::new()),
    };
    Ok(Outcome {
        answer,
        events,
        turn: committed.turn,
    })
}

/// Answers a message that is older than what is kept: as the first time when it is there, and else not at all. It may
/// have been there and be forgotten, and would then be there twice (contract C2).
pub async fn send_again(
    store: &dyn Store,
    sender: &Account,
    draft: &Draft,
) -> Result<Outcome<Sent>, SendError> {
    match store.find_sent(draft.key(sender)).await? {
        Some(message) => Ok(Outcome::quiet(Sent::of(&message))),
        None => Err(SendError::TimeInvalid),
    }
}

impl Sent {
    fn of(message: &Message) -> Self {
        Self {
            sequence: message.sequence,
            time: message.time,
            version: message.version,
        }
    }

    const fn nowhere(now: Timestamp) -> Self {
        Self {
            sequence: Sequence(0),
            time: now,
            version: Version(0),
        }
    }
}

fn check(draft: &Draft, now: Timestamp) -> Result<(), SendError> {
    if draft.body.bytes().len() + draft.cloud_custom_data.len() > limits::MESSAGE_BYTES_MAX {
        return Err(SendError::TooLong);
    }
    let time_s = u64::from(draft.client_time_s);
    if time_s == 0 || time_s > now.seconds() + AHEAD_S_MAX {
        return Err(SendError::TimeInvalid);
    }
    Ok(())
}

/// Whether what the sender wants fits the group that it is for.
fn check_target(draft: &Draft, place: Place) -> Result<Place, SendError> {
    let Some(kind) = place.group else {
        return Ok(place);
    };
    if draft.online_only && draft.flags.need_read_receipt {
        return Err(SendError::ReceiptOfOnline);
    }
    if draft.receivers_named > limits::RECEIVERS_MAX {
        return Err(SendError::TooManyReceivers);
    }
    if draft.receivers_named > 0 && matches!(kind, GroupType::Community | GroupType::AvChatRoom) {
        return Err(SendError::NotTargeted);
    }
    Ok(place)
}

/// Where a message goes.
struct Place {
    timeline: TimelineId,
    to: Target,
    /// The sender's, in a group.
    name_card: String,
    /// Its messages never count as unread.
    uncounted: bool,
    /// The group's kind, in a group.
    group: Option<GroupType>,
}

/// Where a sender's message to a recipient goes, if it may.
fn place(sender: &Account, recipient: Recipient, now: Timestamp) -> Result<Place, SendError> {
    match recipient {
        Recipient::User { account: None, .. } => Err(SendError::ReceiverUnknown),
        Recipient::User {
            account: Some(receiver),
            blocks_sender,
        } => {
            if blocks_sender && receiver.id != sender.id {
                return Err(SendError::Blocked);
            }
            Ok(Place {
                timeline: TimelineId::c2c(sender.id, receiver.id),
                to: Target::User(receiver.user_id),
                name_card: String::new(),
                uncounted: false,
                group: None,
            })
        }
        Recipient::Group(standing) => {
            let standing = standing
                .filter(|it| !it.group.dismissed)
                .ok_or(SendError::GroupGone)?;
            let Some(member) = &standing.member else {
                return Err(SendError::NotAMember);
            };
            if standing.is_muted(now) {
                return Err(SendError::Muted);
            }
            Ok(Place {
                timeline: TimelineId::Group(standing.group.number),
                to: Target::Group(standing.group.group.id.clone()),
                name_card: member.name_card.clone(),
                // A Meeting has no unread count (service.md 4.2).
                uncounted: standing.kind() == GroupType::Meeting,
                group: Some(standing.kind()),
            })
        }
    }
}

impl Draft {
    fn key(&self, sender: &Account) -> MessageKey {
        MessageKey {
            account: sender.id,
            client_time_s: self.client_time_s,
            random: self.random,
        }
    }
}

fn message(sender: &Person, draft: Draft, place: Place, now: Timestamp) -> Message {
    // Between two there is nobody else to hide it from.
    let is_targeted = draft.receivers_named > 0 && place.group.is_some();
    Message {
        key: draft.key(&sender.account),
        from: sender.account.user_id.clone(),
        to: place.to,
        sequence: Sequence(0),
        time: now,
        body: draft.body,
        priority: draft.priority,
        flags: MessageFlags {
            // What is for some members alone counts for none (service.md 4.3).
            no_unread: draft.flags.no_unread || place.uncounted || is_targeted,
            is_targeted,
            ..draft.flags
        },
        cloud_custom_data: draft.cloud_custom_data,
        nick: sender.nick.to_string(),
        avatar: sender.avatar.to_string(),
        name_card: place.name_card,
        revoker: None,
        version: Version(0),
        edits: 0,
        receivers: Vec::new(),
    }
}

/// Hands a message to who is there now. The sender's other devices do not hear of it in a C2C (service.md 4.3).
fn pass_by(timeline: TimelineId, message: Message, sender: &Person, seen: Seen) -> Outcome<Sent> {
    let answer = Sent::of(&message);
    let change = TimelineChange::of(ChangeKind::Appended, message);
    let mut event = Event::of_change(timeline, change, seen);
    if let Event::TimelineChanged {
        audience: Audience::Accounts(accounts),
        ..
    } = &mut event
        && accounts.len() > 1
    {
        accounts.retain(|it| *it != sender.account.id);
    }
    Outcome {
        answer,
        events: vec![event],
        turn: Turn::none(),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{JoinOption, Role};
    use hongyan_protocol::id::ConversationId;
    use std::sync::Arc;

    use super::*;
    use crate::testing::{NOW, World, c2c, draft, person, user};

    /// Contract C2.
    #[tokio::test]
    async fn a_resend_gets_the_first_answer_and_is_heard_by_no_one() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let first = world.say(&alice, &bob, 7).await.unwrap();
        assert_eq!(first.events.len(), 1);
        let again = world.say(&alice, &bob, 7).await.unwrap();
        assert_eq!(again.answer, first.answer);
        assert!(again.events.is_empty());
        assert_eq!(world.count(TimelineId::c2c(alice.id, bob.id)).await, 1);
        let other = world.say(&alice, &bob, 8).await.unwrap();
        assert_eq!(other.answer.sequence, first.answer.sequence.next());
    }

    /// Contract C2.
    #[tokio::test]
    async fn a_resend_of_what_was_taken_in_is_answered_also_when_its_sender_may_not_send_any_more() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let first = world.say(&alice, &bob, 7).await.unwrap();
        let to_bob = || Recipient::User {
            account: Some(bob.clone()),
            blocks_sender: true,
        };
        let again = world.send(&alice, to_bob(), draft(7)).await.unwrap();
        assert_eq!(again.answer, first.answer);
        assert!(again.events.is_empty());
        let error = world.send(&alice, to_bob(), draft(8)).await.unwrap_err();
        assert_eq!(error.code(), Code::BLOCKED_BY_RECEIVER);
    }

    /// Contract C3.
    #[tokio::test]
    async fn both_sides_share_one_order_and_each_hears_of_the_others_messages() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let one = world.say(&alice, &bob, 1).await.unwrap();
        let two = world.say(&bob, &alice, 1).await.unwrap();
        assert_eq!(
            (one.answer.sequence, two.answer.sequence),
            (Sequence(1), Sequence(2))
        );
        let Event::TimelineChanged { audience, change, .. } = &two.events[0] else {
            panic!("a message is a change of its timeline");
        };
        assert_eq!(*audience, Audience::Accounts(vec![alice.id, bob.id]));
        assert_eq!(change.message.version, two.answer.version);
    }

    #[tokio::test]
    async fn a_receiver_that_does_not_exist_is_answered_with_20003() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let nobody = Recipient::User {
            account: None,
            blocks_sender: false,
        };
        let error = world.send(&alice, nobody, draft(1)).await.unwrap_err();
        assert_eq!(error.code(), Code::RECEIVER_UNKNOWN);
    }

    #[tokio::test]
    async fn one_may_write_to_oneself_even_with_oneself_in_the_facts_as_blocked() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let me = Recipient::User {
            account: Some(alice.clone()),
            blocks_sender: true,
        };
        let sent = world.send(&alice, me, draft(1)).await.unwrap();
        assert_eq!(sent.answer.sequence, Sequence(1));
        assert_eq!(world.unread(&alice, &c2c(&alice)).await, 0);
    }

    #[tokio::test]
    async fn who_is_blocked_is_refused_or_believes_to_have_sent_as_the_app_wishes() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let to_bob = || Recipient::User {
            account: Some(bob.clone()),
            blocks_sender: true,
        };
        let error = world.send(&alice, to_bob(), draft(1)).await.unwrap_err();
        assert_eq!(error.code(), Code::BLOCKED_BY_RECEIVER);

        let from = person(&alice);
        let pretended = send(
            &world.store,
            &from,
            to_bob(),
            draft(1),
            BlockedSender::Pretend,
            NOW,
        )
        .await;
        let pretended = pretended.unwrap();
        assert_eq!(pretended.answer, Sent::nowhere(NOW));
        assert!(pretended.events.is_empty());
        assert_eq!(world.count(TimelineId::c2c(alice.id, bob.id)).await, 0);

        // The blocker's own messages to the one blocked pass.
        assert!(world.say(&bob, &alice, 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_and_its_custom_data_together_are_at_most_12_kb() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let body_bytes = draft(1).body.bytes().len();
        let with = |bytes: usize| Draft {
            cloud_custom_data: "x".repeat(bytes),
            ..draft(1)
        };
        let most = limits::MESSAGE_BYTES_MAX - body_bytes;
        assert!(world.send(&alice, user(&bob), with(most)).await.is_ok());
        let error = world.send(&alice, user(&bob), with(most + 1)).await.unwrap_err();
        assert_eq!(error.code(), Code::MESSAGE_TOO_LONG);
    }

    #[tokio::test]
    async fn a_time_is_missing_or_more_than_a_day_ahead_or_good() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let now_s = NOW.seconds() as u32;
        for (client_time_s, good) in [
            (0, false),
            (1, true),
            (now_s, true),
            (now_s + 86_400, true),
            (now_s + 86_401, false),
            (u32::MAX, false),
        ] {
            let draft = Draft {
                client_time_s,
                ..draft(client_time_s)
            };
            let sent = world.send(&alice, user(&bob), draft).await;
            let code = sent.map(|_| ()).map_err(|it| it.code());
            let expected = if good {
                Ok(())
            } else {
                Err(Code::MESSAGE_TIME_INVALID)
            };
            assert_eq!(code, expected, "{client_time_s}");
        }
    }

    #[tokio::test]
    async fn an_on_line_only_message_passes_by_the_others_and_leaves_nothing() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let passing = Draft {
            online_only: true,
            ..draft(1)
        };
        let sent = world.send(&alice, user(&bob), passing).await.unwrap();
        assert_eq!(sent.answer, Sent::nowhere(NOW));
        let Event::TimelineChanged { audience, change, .. } = &sent.events[0] else {
            panic!("it is heard");
        };
        assert_eq!(*audience, Audience::Accounts(vec![bob.id]));
        assert_eq!(
            (change.message.sequence, change.message.version),
            (Sequence(0), Version(0))
        );
        assert_eq!(world.count(TimelineId::c2c(alice.id, bob.id)).await, 0);
    }

    #[tokio::test]
    async fn only_members_of_a_group_that_is_there_send_to_it() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[])
            .await;
        let as_alice = world.standing(&id, &alice).await.unwrap();
        let as_bob = world.standing(&id, &bob).await.unwrap();
        let mut random = 0;
        let mut code = async |standing: Option<Standing>, by: &Account| {
            random += 1;
            let sent = world.send(by, Recipient::Group(standing), draft(random)).await;
            sent.map(|_| ()).map_err(|it| it.code())
        };
        assert_eq!(code(Some(as_alice.clone()), &alice).await, Ok(()));
        assert_eq!(code(Some(as_bob), &bob).await, Err(Code::GROUP_FORBIDDEN));
        assert_eq!(code(None, &alice).await, Err(Code::GROUP_GONE));
        let mut dissolved = as_alice;
        Arc::make_mut(&mut dissolved.group).dismissed = true;
        assert_eq!(code(Some(dissolved), &alice).await, Err(Code::GROUP_GONE));
    }

    #[tokio::test]
    async fn who_is_muted_does_not_send_but_owner_and_admins_always_do() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        let plain = world.standing(&id, &bob).await.unwrap();
        let mut random = 0;
        let mut check = async |role: Role, muted_all: bool, mute_until: Timestamp, good: bool| {
            random += 1;
            let mut standing = plain.clone();
            Arc::make_mut(&mut standing.group).group.mute_all_members = muted_all;
            let member = standing.member.as_mut().unwrap();
            (member.role, member.mute_until) = (role, mute_until);
            let sent = world
                .send(&bob, Recipient::Group(Some(standing)), draft(random))
                .await;
            let expected = if good { Ok(()) } else { Err(Code::GROUP_MUTED) };
            assert_eq!(
                sent.map(|_| ()).map_err(|it| it.code()),
                expected,
                "{role:?} {muted_all}"
            );
        };
        check(Role::Member, false, Timestamp(0), true).await;
        check(Role::Member, true, Timestamp(0), false).await;
        check(Role::Member, false, NOW.plus_ms(1), false).await;
        check(Role::Member, false, NOW, true).await;
        check(Role::Admin, true, NOW.plus_ms(1), true).await;
        check(Role::Owner, true, Timestamp(0), true).await;
    }

    /// Contract C5.
    #[tokio::test]
    async fn group_messages_count_for_the_others_but_in_a_meeting_nothing_does() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for (kind, unread) in [(GroupType::Work, 1), (GroupType::Meeting, 0)] {
            let id = world.group(kind, JoinOption::Unspecified, &alice, &[&bob]).await;
            let standing = world.standing(&id, &alice).await;
            world
                .send(&alice, Recipient::Group(standing), draft(1))
                .await
                .unwrap();
            let conversation = ConversationId::Group(id);
            assert_eq!(world.unread(&bob, &conversation).await, unread, "{kind:?}");
            assert_eq!(world.unread(&alice, &conversation).await, 0);
        }
    }
}
