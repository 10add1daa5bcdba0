//! A conversation as one account sees it.

use crate::Malformed;
use crate::group::Group;
use crate::id::{ConversationId, Sequence, Timestamp, Version};
use crate::message::Message;
use crate::profile::Profile;
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
}

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
        })
    }
}
