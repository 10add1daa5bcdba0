//! What an account's event log holds: every change outside timelines that its instances must learn of.
//!
//! **Comes in:** a change, or an entry that was kept or sent. **Goes out:** the other form. The entry on disk and the
//! entry on the wire are the same protobuf. **Never here:** numbers are given by the store, not here.

use prost::Message as _;

use crate::Malformed;
use crate::code::Code;
use crate::group::{Group, LeaveReason};
use crate::id::{AccountId, ConversationId, GroupId, Pts, Sequence, Timestamp, UserId};
use crate::message::MessageKey;
use crate::profile::Profile;
use crate::receipt::Receipts;
use crate::settings::SettingsChanged;
use crate::wire::{self, account_event::Kind};

/// A change that concerns one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// The own profile changed, or that of somebody with whom there is a C2C conversation.
    Profile(Profile),
    /// These users were put on the blacklist.
    BlacklistAdded(Vec<UserId>),
    /// These users were taken from it.
    BlacklistRemoved(Vec<UserId>),
    /// The account is in this group now.
    GroupJoined(Group),
    /// The account is no longer in this group.
    GroupLeft {
        /// Which.
        group: GroupId,
        /// Why.
        reason: LeaveReason,
    },
    /// An instance of the account read a conversation.
    Read(ReadMark),
    /// The peer of a C2C conversation read it.
    PeerRead(ReadMark),
    /// An instance of the account read many conversations at once.
    AllRead(Vec<ReadMark>),
    /// What the account set for its conversations.
    Settings(SettingsChanged),
    /// Messages of the account were read, of which it wants to know.
    Receipts(Receipts),
    /// An instance of the account hid messages from the account.
    MessagesDeleted {
        /// Of which conversation.
        conversation: ConversationId,
        /// Which.
        messages: Vec<DeletedMessage>,
        /// The conversation's `view_version` after it.
        view_version: u64,
    },
    /// An instance of the account hid all that was in a conversation.
    HistoryCleared {
        /// Which.
        conversation: ConversationId,
        /// The oldest message that may be seen now.
        first: Sequence,
        /// The conversation's `view_version` after it.
        view_version: u64,
    },
}

/// A message that its account does not see any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedMessage {
    /// Its place.
    pub sequence: Sequence,
    /// Its identity. `None` in entries of before keys were noted.
    pub key: Option<MessageKey>,
}

/// All of a conversation up to a sequence is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMark {
    /// Which conversation, as the account that hears of it names it.
    pub conversation: ConversationId,
    /// Up to and with this message.
    pub sequence: Sequence,
    /// When it was reported.
    pub time: Timestamp,
}

/// An entry of the log: a change with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEvent {
    /// Its number.
    pub pts: Pts,
    /// The change; `None` when a newer server sent a kind that is not known here. The number counts all the same.
    pub change: Option<AccountChange>,
}

impl AccountChange {
    /// The form on disk: an `AccountEvent` without its number.
    pub fn encode(&self) -> Vec<u8> {
        self.to_wire(Pts(0)).encode_to_vec()
    }

    /// The wire's form under a number.
    pub fn to_wire(&self, pts: Pts) -> wire::AccountEvent {
        let kind = match self {
            Self::Profile(profile) => Kind::ProfileChanged(profile.to_wire()),
            Self::BlacklistAdded(users) => Kind::BlacklistAdded(user_ids(users)),
            Self::BlacklistRemoved(users) => Kind::BlacklistRemoved(user_ids(users)),
            Self::GroupJoined(group) => Kind::GroupJoined(group.to_wire()),
            Self::GroupLeft { group, reason } => Kind::GroupLeft(wire::GroupLeft {
                group_id: group.as_str().to_owned(),
                reason: *reason as i32,
            }),
            Self::Read(mark) => Kind::Read(mark.to_wire()),
            Self::PeerRead(mark) => Kind::PeerRead(mark.to_wire()),
            Self::Receipts(receipts) => Kind::Receipts(receipts.to_wire()),
            Self::AllRead(marks) => Kind::AllRead(wire::ReadMarks {
                marks: marks.iter().map(ReadMark::to_wire).collect(),
            }),
            Self::Settings(it) => Kind::SettingsChanged(it.to_wire()),
            Self::MessagesDeleted {
                conversation,
                messages,
                view_version,
            } => Kind::MessagesDeleted(wire::MessagesDeleted {
                conversation: Some(conversation.to_wire()),
                sequences: Vec::new(),
                view_version: *view_version,
                messages: messages.iter().map(|it| it.to_wire()).collect(),
            }),
            Self::HistoryCleared {
                conversation,
                first,
                view_version,
            } => Kind::HistoryCleared(wire::HistoryCleared {
                conversation: Some(conversation.to_wire()),
                first_sequence: first.0,
                view_version: *view_version,
            }),
        };
        wire::AccountEvent {
            pts: pts.0,
            kind: Some(kind),
        }
    }
}

impl AccountEvent {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::AccountEvent {
        match &self.change {
            Some(change) => change.to_wire(self.pts),
            None => wire::AccountEvent {
                pts: self.pts.0,
                kind: None,
            },
        }
    }

    /// Takes the wire's form, from a server.
    pub fn from_wire(wire: wire::AccountEvent) -> Result<Self, Malformed> {
        let users = |it: wire::UserIds| it.user_ids.into_iter().map(UserId::trusted).collect();
        let change = match wire.kind {
            None => None,
            Some(Kind::ProfileChanged(it)) => Some(AccountChange::Profile(Profile::from_wire(it))),
            Some(Kind::BlacklistAdded(it)) => Some(AccountChange::BlacklistAdded(users(it))),
            Some(Kind::BlacklistRemoved(it)) => Some(AccountChange::BlacklistRemoved(users(it))),
            Some(Kind::GroupJoined(it)) => Some(AccountChange::GroupJoined(Group::from_wire(it))),
            Some(Kind::GroupLeft(it)) => Some(AccountChange::GroupLeft {
                reason: it.reason(),
                group: GroupId::trusted(it.group_id),
            }),
            Some(Kind::Read(it)) => Some(AccountChange::Read(ReadMark::from_wire(it)?)),
            Some(Kind::PeerRead(it)) => Some(AccountChange::PeerRead(ReadMark::from_wire(it)?)),
            Some(Kind::Receipts(it)) => Some(AccountChange::Receipts(Receipts::from_wire(it)?)),
            Some(Kind::AllRead(it)) => {
                let marks = it.marks.into_iter().map(ReadMark::from_wire);
                Some(AccountChange::AllRead(marks.collect::<Result<_, _>>()?))
            }
            Some(Kind::SettingsChanged(it)) => Some(AccountChange::Settings(SettingsChanged::from_wire(it)?)),
            Some(Kind::MessagesDeleted(it)) => Some(AccountChange::MessagesDeleted {
                conversation: ConversationId::from_wire(it.conversation)?,
                messages: deleted(it.sequences, it.messages),
                view_version: it.view_version,
            }),
            Some(Kind::HistoryCleared(it)) => Some(AccountChange::HistoryCleared {
                conversation: ConversationId::from_wire(it.conversation)?,
                first: Sequence(it.first_sequence),
                view_version: it.view_version,
            }),
        };
        Ok(Self {
            pts: Pts(wire.pts),
            change,
        })
    }

    /// Reads an entry that was kept under a number.
    pub fn decode(pts: Pts, kept: &[u8]) -> Result<Self, Malformed> {
        let mut wire = wire::AccountEvent::decode(kept)
            .map_err(|_| Malformed::new(Code::ACCOUNT_INTERNAL, "a kept event cannot be read"))?;
        wire.pts = pts.0;
        Self::from_wire(wire)
    }
}

impl DeletedMessage {
    fn to_wire(self) -> wire::DeletedMessage {
        wire::DeletedMessage {
            sequence: self.sequence.0,
            account: self.key.map_or(0, |it| it.account.0),
            client_time_s: self.key.map_or(0, |it| it.client_time_s),
            random: self.key.map_or(0, |it| it.random),
        }
    }

    fn from_wire(wire: wire::DeletedMessage) -> Self {
        Self {
            sequence: Sequence(wire.sequence),
            key: Some(MessageKey {
                account: AccountId(wire.account),
                client_time_s: wire.client_time_s,
                random: wire.random,
            }),
        }
    }
}

/// What an entry names, of today's form and of the one before.
fn deleted(sequences: Vec<u64>, messages: Vec<wire::DeletedMessage>) -> Vec<DeletedMessage> {
    let bare = sequences.into_iter().map(|it| DeletedMessage {
        sequence: Sequence(it),
        key: None,
    });
    let named = messages.into_iter().map(DeletedMessage::from_wire);
    bare.chain(named).collect()
}

impl ReadMark {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::ReadMark {
        wire::ReadMark {
            conversation: Some(self.conversation.to_wire()),
            sequence: self.sequence.0,
            time_ms: self.time.0,
        }
    }

    /// Takes the wire's form, from a server or from the store.
    pub fn from_wire(wire: wire::ReadMark) -> Result<Self, Malformed> {
        Ok(Self {
            conversation: ConversationId::from_wire(wire.conversation)?,
            sequence: Sequence(wire.sequence),
            time: Timestamp(wire.time_ms),
        })
    }
}

fn user_ids(users: &[UserId]) -> wire::UserIds {
    wire::UserIds {
        user_ids: users.iter().map(|it| it.as_str().to_owned()).collect(),
    }
}
