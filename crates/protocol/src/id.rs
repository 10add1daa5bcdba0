//! Ids, numbers and times: one family, unchanged from socket to SQL.
//!
//! **Comes in:** text and integers from outside. **Goes out:** values that keep their rule. **Never here:** where
//! they are stored, or how a message that holds them looks.

use std::fmt;
use std::sync::Arc;

use crate::Malformed;
use crate::code::Code;
use crate::limits;
use crate::wire;

/// The name of a timeline of notices, as a userID and as a conversationID of the public API.
pub const SYSTEM: &str = "@TIM#SYSTEM";

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// An app (a tenant). Never 0.
    SdkAppId(u32)
}
number! {
    /// An account's number, unique in the whole store; the first part of a message ID.
    AccountId(u64)
}
number! {
    /// A message's place in its timeline: 1, 2, 3 … without gaps; 0: none.
    Sequence(u64)
}
number! {
    /// How many changes a timeline has seen; 0: none.
    Version(u64)
}
number! {
    /// The number of an event in an account's log: 1, 2, 3 … without gaps; 0: none.
    Pts(u64)
}
number! {
    /// Unix time in milliseconds.
    Timestamp(u64)
}

impl Sequence {
    /// The place after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Version {
    /// The version after one more change.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Pts {
    /// The number of the next event.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Timestamp {
    /// Whole seconds, as the public API counts.
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// This time and so many milliseconds.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since an earlier time; 0 when that is later.
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A value that was checked when it was first taken in, such as one read from the store.
            pub fn trusted(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// A userID: 1 to 32 bytes of printable ASCII, 0x20 to 0x7e (service.md 4.1, the wider of two readings).
    UserId
}
text! {
    /// A groupID: 1 to 48 bytes of printable ASCII. Ids that the server makes begin with `@TGS#`.
    GroupId
}

impl UserId {
    /// Takes a userID from outside; `code` is what the operation answers when it is none.
    pub fn parse(text: &str, code: Code) -> Result<Self, Malformed> {
        if text.is_empty() {
            return Err(Malformed::new(code, "the userID is empty"));
        }
        if text.len() > limits::USER_ID_BYTES_MAX {
            return Err(Malformed::new(code, "the userID is longer than 32 bytes"));
        }
        if !is_printable(text) {
            return Err(Malformed::new(
                code,
                "the userID holds a character outside printable ASCII",
            ));
        }
        Ok(Self(text.into()))
    }
}

impl GroupId {
    /// Takes a groupID from outside, to name a group that should exist.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() || text.len() > limits::GROUP_ID_BYTES_MAX || !is_printable(text) {
            return Err(Malformed::new(
                Code::GROUP_ID_INVALID,
                "the groupID is not 1 to 48 bytes of printable ASCII",
            ));
        }
        Ok(Self(text.into()))
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// An account with its name: what sessions and services pass around. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The app that it belongs to; nothing crosses from one app to another.
    pub app: SdkAppId,
    /// Its number.
    pub id: AccountId,
    /// Its name within the app.
    pub user_id: UserId,
}

/// How one account names a conversation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConversationId {
    /// With one other user (or oneself).
    C2c(UserId),
    /// A group's.
    Group(GroupId),
    /// The account's own notices.
    System,
}

impl ConversationId {
    /// Takes the public form: `C2C<userID>`, `GROUP<groupID>` or `@TIM#SYSTEM`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text == SYSTEM {
            return Ok(Self::System);
        }
        if let Some(user) = text.strip_prefix("C2C") {
            return Ok(Self::C2c(UserId::parse(user, Code::CONVERSATION_ID_INVALID)?));
        }
        if let Some(group) = text.strip_prefix("GROUP") {
            return Ok(Self::Group(
                GroupId::parse(group).map_err(|it| Malformed::new(Code::CONVERSATION_ID_INVALID, it.what))?,
            ));
        }
        Err(Malformed::new(
            Code::CONVERSATION_ID_INVALID,
            "the conversationID begins with neither C2C nor GROUP",
        ))
    }

    /// Takes the wire's form.
    pub fn from_wire(wire: Option<wire::Conversation>) -> Result<Self, Malformed> {
        use wire::conversation::Kind;
        match wire.and_then(|it| it.kind) {
            Some(Kind::UserId(user)) => Ok(Self::C2c(UserId::parse(&user, Code::CONVERSATION_ID_INVALID)?)),
            Some(Kind::GroupId(group)) => Ok(Self::Group(GroupId::parse(&group)?)),
            Some(Kind::System(_)) => Ok(Self::System),
            None => Err(Malformed::new(
                Code::CONVERSATION_ID_INVALID,
                "the conversation is missing",
            )),
        }
    }

    /// The wire's form.
    pub fn to_wire(&self) -> wire::Conversation {
        use wire::conversation::Kind;
        let kind = match self {
            Self::C2c(user) => Kind::UserId(user.as_str().to_owned()),
            Self::Group(group) => Kind::GroupId(group.as_str().to_owned()),
            Self::System => Kind::System(true),
        };
        wire::Conversation { kind: Some(kind) }
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::C2c(user) => write!(f, "C2C{user}"),
            Self::Group(group) => write!(f, "GROUP{group}"),
            Self::System => f.write_str(SYSTEM),
        }
    }
}

/// One SDK object's login, made by the client and kept until its logout: a reconnect is known by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub [u8; 16]);

impl InstanceId {
    /// Takes the 16 bytes of a Login.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| Malformed::new(Code::ACCOUNT_PARAMETER, "the instance is not 16 bytes"))
    }
}

/// The first eight hexadecimal digits: enough for logs and for the console.
impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_1_to_32_bytes_of_printable_ascii() {
        for good in ["a", "user_01-b", "a b~!", &"x".repeat(32)] {
            assert_eq!(
                UserId::parse(good, Code::ACCOUNT_PARAMETER).unwrap().as_str(),
                good
            );
        }
        for bad in ["", "tab\t", "nul\0", "用户", "del\x7f", &"x".repeat(33)] {
            assert_eq!(
                UserId::parse(bad, Code::ACCOUNT_PARAMETER).unwrap_err().code,
                Code::ACCOUNT_PARAMETER
            );
        }
    }

    #[test]
    fn a_conversation_id_reads_back_as_it_is_shown() {
        for text in ["C2Calice", "C2CC2C", "GROUP@TGS#1", "GROUPGROUP", "@TIM#SYSTEM"] {
            let id = ConversationId::parse(text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(ConversationId::from_wire(Some(id.to_wire())).unwrap(), id);
        }
        for text in ["", "alice", "C2C", "GROUP", "TOPIC1", "c2calice"] {
            assert_eq!(
                ConversationId::parse(text).unwrap_err().code,
                Code::CONVERSATION_ID_INVALID
            );
        }
    }
}
