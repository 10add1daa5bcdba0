//! A conversation as one account sees it.

use crate::Malformed;
use crate::group::Group;
use crate::id::{ConversationId, Pts, Sequence, Timestamp, Version};
use crate::message::Message;
use crate::profile::Profile;
use crate::settings::{RemindType, Settings, remind_default};
use crate::wire;

pub use crate::wire::ReadScope;

/// Where a conversation stands. All of it follows from the timeline and the account's marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationState {
    /// Which.
    pub id: ConversationId,
    /// The timeline's version that this state reflects.
    pub version: Version,
    /// The newest message of the timeline.
    pub last_sequence: Sequence,
    /// The newest message that may be shown as last and that this account may see.
    pub last_message: Option<Message>,
    /// Counted messages by others after `read` (contract C5).
    pub unread_count: u64,
    /// The account read up to here.
    pub read: Sequence,
    /// The peer read up to here; C2C only.
    pub peer_read: Sequence,
    /// The peer; C2C only.
    pub peer: Option<Profile>,
    /// The group; groups only.
    pub group: Option<Group>,
    /// Orders the list, newest first.
    pub active: Timestamp,
    /// The oldest message that this account may see.
    pub first_sequence: Sequence,
    /// What the account set for it.
    pub settings: Settings,
    /// The newest event of the account's log when this was read; 0 for one that is in no conversation group.
    pub pts: Pts,
    /// What the app keeps to be sent later. Known to the instance alone: it is not on the wire.
    pub draft: String,
    /// How often this account hid messages from itself; grows with each change of what it sees that is none of the
    /// timeline.
    pub view_version: u64,
    /// Unread messages that mention this account or all, ascending; the newest [`MENTIONS_MAX`]. Groups only.
    pub mentions: Vec<Mention>,
}

/// A message that mentions somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    /// Which.
    pub sequence: Sequence,
    /// It mentions the account.
    pub me: bool,
    /// It mentions all.
    pub all: bool,
}

/// Mentions that a state tells of.
pub const MENTIONS_MAX: usize = 100;

impl ConversationState {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::ConversationState {
        wire::ConversationState {
            conversation: Some(self.id.to_wire()),
            version: self.version.0,
            last_sequence: self.last_sequence.0,
            last_message: self.last_message.as_ref().map(Message::to_wire),
            unread_count: self.unread_count,
            read_sequence: self.read.0,
            peer_read_sequence: self.peer_read.0,
            peer: self.peer.as_ref().map(Profile::to_wire),
            group: self.group.as_ref().map(Group::to_wire),
            active_ms: self.active.0,
            first_sequence: self.first_sequence.0,
            pts: self.pts.0,
            settings: (self.settings != Settings::default()).then(|| self.settings.to_wire()),
            view_version: self.view_version,
            mentions: self
                .mentions
                .iter()
                .map(|it| wire::Mention {
                    sequence: it.sequence.0,
                    me: it.me,
                    all: it.all,
                })
                .collect(),
        }
    }

    /// Takes the wire's form, from a server.
    pub fn from_wire(wire: wire::ConversationState) -> Result<Self, Malformed> {
        Ok(Self {
            id: ConversationId::from_wire(wire.conversation)?,
            version: Version(wire.version),
            last_sequence: Sequence(wire.last_sequence),
            last_message: wire.last_message.map(Message::from_wire).transpose()?,
            unread_count: wire.unread_count,
            read: Sequence(wire.read_sequence),
            peer_read: Sequence(wire.peer_read_sequence),
            peer: wire.peer.map(Profile::from_wire),
            group: wire.group.map(Group::from_wire),
            active: Timestamp(wire.active_ms),
            first_sequence: Sequence(wire.first_sequence),
            settings: wire.settings.map(Settings::from_wire).unwrap_or_default(),
            pts: Pts(wire.pts),
            draft: String::new(),
            view_version: wire.view_version,
            mentions: wire
                .mentions
                .into_iter()
                .map(|it| Mention {
                    sequence: Sequence(it.sequence),
                    me: it.me,
                    all: it.all,
                })
                .collect(),
        })
    }

    /// How its messages are told to the app: as it was set, or by the default of its kind.
    pub fn remind(&self) -> RemindType {
        match (self.settings.remind, &self.group) {
            (RemindType::Unspecified, Some(group)) => remind_default(group.kind),
            (RemindType::Unspecified, None) => RemindType::AcceptAndNotify,
            (remind, _) => remind,
        }
    }

    /// The account deleted it, and nothing was said since.
    pub fn is_deleted(&self) -> bool {
        self.last_sequence < self.settings.deleted_before
    }

    /// Whether a message may be unread: it is after the read mark, may be seen, and was not deleted with the
    /// conversation.
    pub fn may_be_unread(&self, sequence: Sequence) -> bool {
        sequence > self.read && sequence >= self.first_sequence && sequence >= self.settings.deleted_before
    }

    /// Unread messages as the app shows them: none of a conversation whose messages are not told to it.
    pub fn shown_unread(&self) -> u64 {
        match self.remind() {
            RemindType::Discard => 0,
            _ => self.unread_count,
        }
    }
}
