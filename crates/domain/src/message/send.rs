//! Sending a message: who may, where it lands, who hears of it.
//!
//! **Comes in:** a message whose sender is known, and the facts about whom it is for. **Goes out:** its place, and the
//! event that others should hear of. **Never here:** sockets, frames, SQL, the clock.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{Account, Sequence, Timestamp, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{ChangeKind, Message, MessageFlags, MessageKey, Priority, Target};
use hongyan_protocol::profile::Profile;
use hongyan_storage::model::{Appended, BlockedSender, TimelineId};
use hongyan_storage::{Store, StoreError, Turn};

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
}

/// Who sends.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The account.
    pub account: Account,
    /// How it is shown.
    pub profile: Profile,
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
    #[error("the message is above 12 KB")]
    TooLong,
    #[error("the message's time is missing or more than a day ahead")]
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
    sender: &Sender,
    recipient: Recipient,
    draft: Draft,
    blocked_sender: BlockedSender,
    now: Timestamp,
) -> Result<Outcome<Sent>, SendError> {
    check(&draft, now)?;
    let online_only = draft.online_only;
    let message = message(sender, draft, now);
    let (timeline, message) = match recipient {
        Recipient::User { account: None, .. } => return Err(SendError::ReceiverUnknown),
        Recipient::User {
            account: Some(receiver),
            blocks_sender,
        } => {
            if blocks_sender && receiver.id != sender.account.id {
                return match blocked_sender {
                    BlockedSender::Refuse => Err(SendError::Blocked),
                    BlockedSender::Pretend => Ok(Outcome::quiet(Sent::nowhere(now))),
                };
            }
            let timeline = TimelineId::c2c(sender.account.id, receiver.id);
            let to = Target::User(receiver.user_id);
            (timeline, message(to, String::new(), false))
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
            let to = Target::Group(standing.group.group.id.clone());
            // A Meeting has no unread count (service.md 4.2).
            let uncounted = standing.kind() == GroupType::Meeting;
            let timeline = TimelineId::Group(standing.group.number);
            (timeline, message(to, member.name_card.clone(), uncounted))
        }
    };
    if online_only {
        return Ok(pass_by(timeline, message, sender));
    }
    let committed = store.append_message(timeline, message).await?;
    let (message, events) = match committed.value {
        Appended::New(message) => {
            let event = Event::timeline(timeline, ChangeKind::Appended, message.clone());
            (message, vec![event])
        }
        Appended::Repeat(message) => (message, Vec::new()),
    };
    Ok(Outcome {
        answer: Sent::of(&message),
        events,
        turn: committed.turn,
    })
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

/// The message but for whom it is for.
fn message(
    sender: &Sender,
    draft: Draft,
    now: Timestamp,
) -> impl FnOnce(Target, String, bool) -> Message + use<> {
    let account = sender.account.clone();
    let (nick, avatar) = (sender.profile.nick.clone(), sender.profile.avatar.clone());
    move |to, name_card, uncounted| Message {
        key: MessageKey {
            account: account.id,
            client_time_s: draft.client_time_s,
            random: draft.random,
        },
        from: account.user_id,
        to,
        sequence: Sequence(0),
        time: now,
        body: draft.body,
        priority: draft.priority,
        flags: MessageFlags {
            no_unread: draft.flags.no_unread || uncounted,
            ..draft.flags
        },
        cloud_custom_data: draft.cloud_custom_data,
        nick,
        avatar,
        name_card,
        revoker: None,
        version: Version(0),
    }
}

/// Hands a message to who is there now. The sender's other devices do not hear of it in a C2C (service.md 4.3).
fn pass_by(timeline: TimelineId, message: Message, sender: &Sender) -> Outcome<Sent> {
    let answer = Sent::of(&message);
    let mut event = Event::timeline(timeline, ChangeKind::Appended, message);
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
