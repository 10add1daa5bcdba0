//! A message in its timeline, and the changes that can befall it.
//!
//! **Comes in:** what a sender made, what the store kept, or the wire's form. **Goes out:** the same in the other forms.
//! **Never here:** who may send, and who hears of it.

use std::fmt;

use crate::Malformed;
use crate::body::Body;
use crate::code::Code;
use crate::id::{AccountId, ConversationId, GroupId, Sequence, Timestamp, UserId, Version};
use crate::wire;

/// What makes a message the same message when it is sent again (contract C2), and gives it its public ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// The sender's number.
    pub account: AccountId,
    /// The sender's clock, in seconds, when it made the message.
    pub client_time_s: u32,
    /// Drawn by the sender.
    pub random: u32,
}

impl MessageKey {
    /// Reads a public message ID back.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let key = Self {
            account: AccountId(parts.next()?.parse().ok()?),
            client_time_s: parts.next()?.parse().ok()?,
            random: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(key)
    }
}

/// The public message ID: `<account>-<client time>-<random>` (objects.json, `Message.ID`).
impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.account, self.client_time_s, self.random)
    }
}

/// How urgent a message is for its sender; the public values are `TYPES.MSG_PRIORITY_*`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Priority {
    High,
    #[default]
    Normal,
    Low,
    Lowest,
}

impl Priority {
    /// The public value.
    pub const fn public(self) -> &'static str {
        match self {
            Self::High => "High",
            Self::Normal => "Normal",
            Self::Low => "Low",
            Self::Lowest => "Lowest",
        }
    }

    /// Reads the public value; anything else is the default.
    pub fn from_public(text: &str) -> Self {
        match text {
            "High" => Self::High,
            "Low" => Self::Low,
            "Lowest" => Self::Lowest,
            _ => Self::Normal,
        }
    }

    /// The wire's number, which is also the store's.
    pub const fn to_wire(self) -> wire::Priority {
        match self {
            Self::High => wire::Priority::High,
            Self::Normal => wire::Priority::Normal,
            Self::Low => wire::Priority::Low,
            Self::Lowest => wire::Priority::Lowest,
        }
    }

    /// Takes the wire's number; unknown ones are the default.
    pub fn from_wire(number: i32) -> Self {
        match wire::Priority::try_from(number) {
            Ok(wire::Priority::High) => Self::High,
            Ok(wire::Priority::Low) => Self::Low,
            Ok(wire::Priority::Lowest) => Self::Lowest,
            _ => Self::Normal,
        }
    }
}

/// Whom a message is for. With its sender it tells each reader the conversation that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// One user.
    User(UserId),
    /// A group's members.
    Group(GroupId),
    /// A notice for one account alone.
    System(UserId),
}

/// What the sender wants of a message beyond its body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageFlags {
    /// Does not count as unread. Tips and notices carry it.
    pub no_unread: bool,
    /// Does not become a conversation's last message.
    pub no_last_message: bool,
    /// The sender wants a receipt.
    pub need_read_receipt: bool,
    /// Members may attach key/value pairs.
    pub support_extension: bool,
    /// Only its sender and those in `receivers` see it.
    pub is_targeted: bool,
}

/// One message of a timeline, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its identity.
    pub key: MessageKey,
    /// The sender's userID; `@TIM#SYSTEM` for notices.
    pub from: UserId,
    /// Whom it is for.
    pub to: Target,
    /// Its place; 0 for one that is not kept (on-line only).
    pub sequence: Sequence,
    /// When it was committed.
    pub time: Timestamp,
    /// What it says.
    pub body: Body,
    /// How urgent.
    pub priority: Priority,
    /// Wishes of the sender.
    pub flags: MessageFlags,
    /// Text of the app, carried along.
    pub cloud_custom_data: String,
    /// The sender's nick when it was read.
    pub nick: String,
    /// The sender's picture link when it was read.
    pub avatar: String,
    /// The sender's name in the group; groups only.
    pub name_card: String,
    /// Who took it back, when it was revoked.
    pub revoker: Option<UserId>,
    /// The timeline's version at this message's last change; 0 when it is not kept.
    pub version: Version,
    /// How often it was modified. Who modifies it names this, so that nobody's change is lost.
    pub edits: u32,
    /// Who alone sees it beside its sender, when it is targeted.
    pub receivers: Vec<UserId>,
}

impl Message {
    /// What somebody learns of it who does not see it: that its place is taken.
    pub fn hollow(&self) -> Self {
        let is_shared_by_two = !matches!(self.to, Target::Group(_));
        Self {
            key: MessageKey {
                account: AccountId(0),
                client_time_s: 0,
                random: 0,
            },
            // Names the conversation.
            from: match is_shared_by_two {
                true => self.from.clone(),
                false => UserId::trusted(""),
            },
            to: self.to.clone(),
            sequence: self.sequence,
            time: Timestamp(0),
            body: Body::trusted(Default::default()),
            priority: Priority::Normal,
            flags: MessageFlags {
                no_unread: true,
                no_last_message: true,
                ..MessageFlags::default()
            },
            cloud_custom_data: String::new(),
            nick: String::new(),
            avatar: String::new(),
            name_card: String::new(),
            revoker: None,
            version: self.version,
            edits: 0,
            receivers: Vec::new(),
        }
    }

    /// Whether it counts as unread for a reader who is not its sender and has not read it (contract C5).
    pub fn counts_as_unread(&self) -> bool {
        !self.flags.no_unread && self.revoker.is_none()
    }

    /// The conversation it belongs to, for a reader.
    pub fn conversation_for(&self, reader: &UserId) -> ConversationId {
        match &self.to {
            Target::User(to) if &self.from == reader => ConversationId::C2c(to.clone()),
            Target::User(_) => ConversationId::C2c(self.from.clone()),
            Target::Group(group) => ConversationId::Group(group.clone()),
            Target::System(_) => ConversationId::System,
        }
    }

    /// The wire's form.
    pub fn to_wire(&self) -> wire::Message {
        use wire::message::To;
        wire::Message {
            from: self.from.as_str().to_owned(),
            account: self.key.account.0,
            to: Some(match &self.to {
                Target::User(user) => To::ToUser(user.as_str().to_owned()),
                Target::Group(group) => To::ToGroup(group.as_str().to_owned()),
                Target::System(user) => To::ToSystem(user.as_str().to_owned()),
            }),
            sequence: self.sequence.0,
            client_time_s: self.key.client_time_s,
            random: self.key.random,
            time_ms: self.time.0,
            body: self.body.bytes().clone(),
            priority: self.priority.to_wire() as i32,
            cloud_custom_data: self.cloud_custom_data.clone(),
            nick: self.nick.clone(),
            avatar: self.avatar.clone(),
            name_card: self.name_card.clone(),
            revoked: self.revoker.is_some(),
            revoker: self
                .revoker
                .as_ref()
                .map(|it| it.as_str().to_owned())
                .unwrap_or_default(),
            no_unread: self.flags.no_unread,
            no_last_message: self.flags.no_last_message,
            need_read_receipt: self.flags.need_read_receipt,
            version: self.version.0,
            edits: self.edits,
            receivers: self.receivers.iter().map(|it| it.as_str().to_owned()).collect(),
            support_extension: self.flags.support_extension,
        }
    }

    /// Takes the wire's form, from a server.
    pub fn from_wire(wire: wire::Message) -> Result<Self, Malformed> {
        use wire::message::To;
        let to = match wire.to {
            Some(To::ToUser(user)) => Target::User(UserId::trusted(user)),
            Some(To::ToGroup(group)) => Target::Group(GroupId::trusted(group)),
            Some(To::ToSystem(user)) => Target::System(UserId::trusted(user)),
            None => return Err(Malformed::new(Code::REQUEST_MALFORMED, "a message is for nobody")),
        };
        Ok(Self {
            key: MessageKey {
                account: AccountId(wire.account),
                client_time_s: wire.client_time_s,
                random: wire.random,
            },
            from: UserId::trusted(wire.from),
            to,
            sequence: Sequence(wire.sequence),
            time: Timestamp(wire.time_ms),
            body: Body::trusted(wire.body),
            priority: Priority::from_wire(wire.priority),
            flags: MessageFlags {
                no_unread: wire.no_unread,
                no_last_message: wire.no_last_message,
                need_read_receipt: wire.need_read_receipt,
                support_extension: wire.support_extension,
                is_targeted: !wire.receivers.is_empty(),
            },
            cloud_custom_data: wire.cloud_custom_data,
            nick: wire.nick,
            avatar: wire.avatar,
            name_card: wire.name_card,
            revoker: wire.revoked.then(|| UserId::trusted(wire.revoker)),
            version: Version(wire.version),
            edits: wire.edits,
            receivers: wire.receivers.into_iter().map(UserId::trusted).collect(),
        })
    }
}

/// A key/value pair that members attached to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its name, unique in the message.
    pub key: String,
    /// `None` when it was removed.
    pub value: Option<String>,
    /// The timeline's version at its last change.
    pub version: Version,
}

impl Extension {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::Extension {
        wire::Extension {
            key: self.key.clone(),
            value: self.value.clone().unwrap_or_default(),
            removed: self.value.is_none(),
            version: self.version.0,
        }
    }

    /// Takes the wire's form, from a server.
    pub fn from_wire(wire: wire::Extension) -> Self {
        Self {
            key: wire.key,
            value: (!wire.removed).then_some(wire.value),
            version: Version(wire.version),
        }
    }
}

/// What befell a message of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is new.
    Appended,
    /// It was taken back.
    Revoked,
    /// Its body was changed.
    Modified,
    /// Key/value pairs of it were set or removed.
    Extended,
    /// Something that this reader does not see: only its numbers count.
    Hidden,
}

/// A change of a timeline: what befell which message, and how that is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineChange {
    /// What befell it. A change that is read later names the last one.
    pub kind: ChangeKind,
    /// The message after the change; its version is the change's.
    pub message: Message,
    /// The key/value pairs that changed.
    pub extensions: Vec<Extension>,
}

impl TimelineChange {
    /// A change that touches no key/value pairs.
    pub const fn of(kind: ChangeKind, message: Message) -> Self {
        Self {
            kind,
            message,
            extensions: Vec::new(),
        }
    }

    /// What somebody is told of it who does not see the message.
    pub fn hollow(&self) -> Self {
        Self::of(ChangeKind::Hidden, self.message.hollow())
    }

    /// The wire's form.
    pub fn to_wire(&self) -> wire::TimelineChange {
        let kind = match self.kind {
            ChangeKind::Appended => wire::ChangeKind::Appended,
            ChangeKind::Revoked => wire::ChangeKind::Revoked,
            ChangeKind::Modified => wire::ChangeKind::Modified,
            ChangeKind::Extended => wire::ChangeKind::Extended,
            ChangeKind::Hidden => wire::ChangeKind::Hidden,
        };
        wire::TimelineChange {
            kind: kind as i32,
            message: Some(self.message.to_wire()),
            extensions: self.extensions.iter().map(Extension::to_wire).collect(),
        }
    }

    /// Takes the wire's form, from a server. A kind that is not known is taken as a modification.
    pub fn from_wire(wire: wire::TimelineChange) -> Result<Self, Malformed> {
        let kind = match wire::ChangeKind::try_from(wire.kind) {
            Ok(wire::ChangeKind::Appended) => ChangeKind::Appended,
            Ok(wire::ChangeKind::Revoked) => ChangeKind::Revoked,
            Ok(wire::ChangeKind::Extended) => ChangeKind::Extended,
            Ok(wire::ChangeKind::Hidden) => ChangeKind::Hidden,
            _ => ChangeKind::Modified,
        };
        let message = wire.message.ok_or(Malformed::new(
            Code::REQUEST_MALFORMED,
            "a change is of no message",
        ))?;
        Ok(Self {
            kind,
            message: Message::from_wire(message)?,
            extensions: wire.extensions.into_iter().map(Extension::from_wire).collect(),
        })
    }
}
