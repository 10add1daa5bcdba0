//! What an account sets for its conversations, and how one change of it works out.
//!
//! **Comes in:** settings and a change, from either side of the wire. **Goes out:** the settings after it; the store and
//! the client use the same lines, so that both end with the same. **Never here:** how many of them there may be.

use crate::Malformed;
use crate::code::Code;
use crate::group::GroupType;
use crate::id::{ConversationId, Sequence, Timestamp};
use crate::limits;
use crate::wire::{self, settings_change::Change};

pub use wire::RemindType;

/// The public value of a remind type, `TYPES.MSG_REMIND_*`.
pub const fn remind_public(remind: RemindType) -> &'static str {
    match remind {
        RemindType::AcceptAndNotify | RemindType::Unspecified => "AcceptAndNotify",
        RemindType::AcceptNotNotify => "AcceptNotNotify",
        RemindType::Discard => "Discard",
    }
}

/// Reads a public remind type.
pub fn remind_from_public(text: &str) -> Option<RemindType> {
    match text {
        "AcceptAndNotify" => Some(RemindType::AcceptAndNotify),
        "AcceptNotNotify" => Some(RemindType::AcceptNotNotify),
        "Discard" => Some(RemindType::Discard),
        _ => None,
    }
}

/// The remind type of a group's conversation for which none was set (service.md 4.2).
pub const fn remind_default(kind: GroupType) -> RemindType {
    match kind {
        GroupType::Meeting | GroupType::AvChatRoom => RemindType::AcceptNotNotify,
        GroupType::Work | GroupType::Public | GroupType::Community | GroupType::Unspecified => {
            RemindType::AcceptAndNotify
        }
    }
}

/// Whether this is one mark: star, unread, fold or hide, or one of the 32 that are free.
pub const fn is_mark(mark: u64) -> bool {
    mark.is_power_of_two() && (mark <= 8 || mark >= 1 << 32)
}

/// What an account set for one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Grows by one with each change; 0: nothing was ever set.
    pub revision: u64,
    /// Before all others in the list.
    pub is_pinned: bool,
    /// `Unspecified`: the default of the conversation's kind.
    pub remind: RemindType,
    /// A set of bits; each is a mark.
    pub marks: u64,
    /// Empty: none.
    pub custom_data: String,
    /// The conversation groups that it is in, sorted by name.
    pub groups: Vec<String>,
    /// Messages before this one were there when the account deleted the conversation; 0: it never did.
    pub deleted_before: Sequence,
}

/// One change of the settings of some conversations, or of the conversation groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsChange {
    /// They are pinned, or not any more.
    Pinned(bool),
    /// They are told to the app in this way.
    Remind(RemindType),
    /// They have this mark.
    MarkSet(u64),
    /// They do not have this mark.
    MarkCleared(u64),
    /// Their custom data is this.
    CustomData(String),
    /// They are in this conversation group.
    GroupEntered(String),
    /// They are not in this conversation group.
    GroupLeft(String),
    /// There is this conversation group, and they are in it.
    GroupCreated(String),
    /// A conversation group has another name.
    GroupRenamed {
        /// Its name until now.
        from: String,
        /// Its name from now on.
        to: String,
    },
    /// There is no such conversation group any more.
    GroupRemoved(String),
    /// They are not in the list until something new is said.
    Deleted {
        /// What was said before cannot be read any more.
        clear_history: bool,
    },
}

/// A conversation whose settings changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsRevision {
    /// Which.
    pub conversation: ConversationId,
    /// Of its settings, after the change.
    pub revision: u64,
    /// Where its list entry and its history begin now, when it was deleted.
    pub deleted: Option<Deleted>,
}

/// What is left of a conversation that was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// Messages before this one were there when it was deleted.
    pub before: Sequence,
    /// The oldest message that may be seen.
    pub first: Sequence,
    /// Orders the list.
    pub active: Timestamp,
}

/// An event of the account's log: what changed, and for which conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsChanged {
    /// Those that changed; when a group was renamed or removed, all that are in it.
    pub conversations: Vec<SettingsRevision>,
    /// How.
    pub change: SettingsChange,
}

impl Settings {
    /// Works a change out, but for the numbers: revision, and where a deleted conversation begins. Whether it changed
    /// anything.
    pub fn apply(&mut self, change: &SettingsChange) -> bool {
        match change {
            SettingsChange::Pinned(pinned) => replace(&mut self.is_pinned, pinned),
            SettingsChange::Remind(remind) => replace(&mut self.remind, remind),
            SettingsChange::MarkSet(mark) => {
                let marks = self.marks | mark;
                replace(&mut self.marks, &marks)
            }
            SettingsChange::MarkCleared(mark) => {
                let marks = self.marks & !mark;
                replace(&mut self.marks, &marks)
            }
            SettingsChange::CustomData(data) => replace(&mut self.custom_data, data),
            SettingsChange::GroupEntered(name) | SettingsChange::GroupCreated(name) => self.enter(name),
            SettingsChange::GroupLeft(name) | SettingsChange::GroupRemoved(name) => self.leave(name),
            SettingsChange::GroupRenamed { from, to } => self.leave(from) && self.enter(to),
            SettingsChange::Deleted { .. } => {
                *self = Self {
                    revision: self.revision,
                    remind: self.remind,
                    deleted_before: self.deleted_before,
                    ..Self::default()
                };
                true
            }
        }
    }

    fn enter(&mut self, name: &str) -> bool {
        let at = self.groups.partition_point(|it| it.as_str() < name);
        let is_new = self.groups.get(at).is_none_or(|it| it != name);
        if is_new {
            self.groups.insert(at, name.to_owned());
        }
        is_new
    }

    fn leave(&mut self, name: &str) -> bool {
        let at = self.groups.iter().position(|it| it == name);
        at.map(|at| self.groups.remove(at)).is_some()
    }

    /// The wire's form.
    pub fn to_wire(&self) -> wire::ConversationSettings {
        wire::ConversationSettings {
            revision: self.revision,
            is_pinned: self.is_pinned,
            remind_type: self.remind as i32,
            marks: self.marks,
            custom_data: self.custom_data.clone(),
            groups: self.groups.clone(),
            deleted_before: self.deleted_before.0,
        }
    }

    /// Takes the wire's form, from a server.
    pub fn from_wire(wire: wire::ConversationSettings) -> Self {
        Self {
            revision: wire.revision,
            is_pinned: wire.is_pinned,
            remind: wire.remind_type(),
            marks: wire.marks,
            custom_data: wire.custom_data,
            groups: wire.groups,
            deleted_before: Sequence(wire.deleted_before),
        }
    }
}

fn replace<T: Clone + PartialEq>(place: &mut T, value: &T) -> bool {
    let is_new = *place != *value;
    place.clone_from(value);
    is_new
}

impl SettingsChange {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::SettingsChange {
        let change = match self.clone() {
            Self::Pinned(pinned) => Change::Pinned(pinned),
            Self::Remind(remind) => Change::RemindType(remind as i32),
            Self::MarkSet(mark) => Change::MarkSet(mark),
            Self::MarkCleared(mark) => Change::MarkCleared(mark),
            Self::CustomData(data) => Change::CustomData(data),
            Self::GroupEntered(name) => Change::GroupEntered(name),
            Self::GroupLeft(name) => Change::GroupLeft(name),
            Self::GroupCreated(name) => Change::GroupCreated(name),
            Self::GroupRenamed { from, to } => Change::GroupRenamed(wire::GroupRenamed { from, to }),
            Self::GroupRemoved(name) => Change::GroupRemoved(name),
            Self::Deleted { clear_history } => Change::Deleted(clear_history),
        };
        wire::SettingsChange { change: Some(change) }
    }

    /// Takes the wire's form, from either side; what it names is checked.
    pub fn from_wire(wire: Option<wire::SettingsChange>) -> Result<Self, Malformed> {
        Ok(match wire.and_then(|it| it.change) {
            None => return Err(bad("the change is missing")),
            Some(Change::Pinned(pinned)) => Self::Pinned(pinned),
            Some(Change::RemindType(remind)) => match RemindType::try_from(remind) {
                Ok(RemindType::Unspecified) | Err(_) => return Err(bad("there is no such remind type")),
                Ok(remind) => Self::Remind(remind),
            },
            Some(Change::MarkSet(mark)) => Self::MarkSet(one_mark(mark)?),
            Some(Change::MarkCleared(mark)) => Self::MarkCleared(one_mark(mark)?),
            Some(Change::CustomData(data)) => {
                if data.len() > limits::CONVERSATION_CUSTOM_DATA_BYTES_MAX {
                    return Err(bad("the custom data is above 256 bytes"));
                }
                Self::CustomData(data)
            }
            Some(Change::GroupEntered(name)) => Self::GroupEntered(group_name(name)?),
            Some(Change::GroupLeft(name)) => Self::GroupLeft(group_name(name)?),
            Some(Change::GroupCreated(name)) => Self::GroupCreated(group_name(name)?),
            Some(Change::GroupRenamed(it)) => Self::GroupRenamed {
                from: group_name(it.from)?,
                to: group_name(it.to)?,
            },
            Some(Change::GroupRemoved(name)) => Self::GroupRemoved(group_name(name)?),
            Some(Change::Deleted(clear_history)) => Self::Deleted { clear_history },
        })
    }

    /// Whether it is about a conversation group as a whole, and names no conversations.
    pub const fn is_of_group(&self) -> bool {
        matches!(self, Self::GroupRenamed { .. } | Self::GroupRemoved(_))
    }
}

fn one_mark(mark: u64) -> Result<u64, Malformed> {
    match is_mark(mark) {
        true => Ok(mark),
        false => Err(bad("there is no such mark")),
    }
}

fn group_name(name: String) -> Result<String, Malformed> {
    match name.len() {
        0 => Err(bad("the conversation group has no name")),
        1..=limits::CONVERSATION_GROUP_NAME_BYTES_MAX => Ok(name),
        _ => Err(Malformed::new(
            Code::CONVERSATION_GROUP_NAME_TOO_LONG,
            Code::CONVERSATION_GROUP_NAME_TOO_LONG.text(),
        )),
    }
}

const fn bad(what: &'static str) -> Malformed {
    Malformed::new(Code::CONVERSATION_PARAMETER, what)
}

impl SettingsChanged {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::SettingsChanged {
        let conversations = self.conversations.iter().map(|it| {
            let mut out = wire::SettingsRevision {
                conversation: Some(it.conversation.to_wire()),
                revision: it.revision,
                ..wire::SettingsRevision::default()
            };
            if let Some(deleted) = it.deleted {
                out.deleted_before = deleted.before.0;
                out.first_sequence = deleted.first.0;
                out.active_ms = deleted.active.0;
            }
            out
        });
        wire::SettingsChanged {
            conversations: conversations.collect(),
            change: Some(self.change.to_wire()),
        }
    }

    /// Takes the wire's form, from a server or from the store.
    pub fn from_wire(wire: wire::SettingsChanged) -> Result<Self, Malformed> {
        let conversations = wire.conversations.into_iter().map(|it| {
            Ok(SettingsRevision {
                conversation: ConversationId::from_wire(it.conversation)?,
                revision: it.revision,
                deleted: (it.deleted_before > 0).then_some(Deleted {
                    before: Sequence(it.deleted_before),
                    first: Sequence(it.first_sequence),
                    active: Timestamp(it.active_ms),
                }),
            })
        });
        Ok(Self {
            conversations: conversations.collect::<Result<_, Malformed>>()?,
            change: SettingsChange::from_wire(wire.change)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn a_change_that_changes_nothing_says_so() {
        let mut settings = Settings::default();
        for change in [
            SettingsChange::Pinned(true),
            SettingsChange::Remind(RemindType::Discard),
            SettingsChange::MarkSet(1 << 63),
            SettingsChange::CustomData(named("x")),
            SettingsChange::GroupCreated(named("b")),
            SettingsChange::GroupEntered(named("a")),
        ] {
            assert!(settings.apply(&change), "{change:?}");
            assert!(!settings.apply(&change), "{change:?}, again");
            let wire = SettingsChange::from_wire(Some(change.to_wire()));
            assert_eq!(wire, Ok(change));
        }
        assert_eq!(settings.groups, ["a", "b"]);
        let renamed = SettingsChange::GroupRenamed {
            from: named("a"),
            to: named("z"),
        };
        assert!(settings.apply(&renamed) && !settings.apply(&renamed));
        assert_eq!(settings.groups, ["b", "z"]);
        assert!(settings.apply(&SettingsChange::MarkCleared(1 << 63)));
        assert_eq!(Settings::from_wire(settings.to_wire()), settings);
    }

    #[test]
    fn a_deleted_conversation_keeps_its_remind_type_alone() {
        let mut settings = Settings {
            revision: 7,
            is_pinned: true,
            remind: RemindType::Discard,
            marks: 3,
            custom_data: named("x"),
            groups: vec![named("a")],
            deleted_before: Sequence(5),
        };
        settings.apply(&SettingsChange::Deleted { clear_history: false });
        let left = Settings {
            revision: 7,
            remind: RemindType::Discard,
            deleted_before: Sequence(5),
            ..Settings::default()
        };
        assert_eq!(settings, left);
    }

    #[test]
    fn the_marks_are_four_and_the_upper_32_bits() {
        for bit in 0..64 {
            assert_eq!(is_mark(1 << bit), !(4..32).contains(&bit), "2^{bit}");
        }
        assert!(!is_mark(0) && !is_mark(3) && !is_mark(u64::MAX));
    }

    #[test]
    fn names_and_data_are_within_their_bytes() {
        let code = |change: Change| {
            let change = wire::SettingsChange { change: Some(change) };
            SettingsChange::from_wire(Some(change)).err().map(|it| it.code)
        };
        let parameter = Some(Code::CONVERSATION_PARAMETER);
        assert_eq!(code(Change::GroupCreated("群".repeat(10) + "ab")), None);
        let long = Some(Code::CONVERSATION_GROUP_NAME_TOO_LONG);
        assert_eq!(code(Change::GroupCreated("群".repeat(11))), long);
        assert_eq!(code(Change::GroupCreated(String::new())), parameter);
        assert_eq!(code(Change::CustomData("x".repeat(256))), None);
        assert_eq!(code(Change::CustomData("x".repeat(257))), parameter);
        assert_eq!(code(Change::RemindType(9)), parameter);
        assert_eq!(code(Change::RemindType(0)), parameter);
        assert_eq!(code(Change::MarkSet(16)), parameter);
    }
}
