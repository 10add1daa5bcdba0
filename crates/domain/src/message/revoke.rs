//! Taking a message back: by whom, and for how long.

use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{Account, AccountId, Sequence, Timestamp, Version};
use hongyan_protocol::message::{ChangeKind, Message};
use hongyan_storage::model::{Revoked, TimelineId};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome};
use crate::group::Standing;

/// Where the message stands.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a C2C with this account; `None` when there is none.
    C2c(Option<AccountId>),
    /// In a group; `None` when there is none.
    Group(Option<Standing>),
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
    let (timeline, manages, words) = match place {
        Place::C2c(None) => return Err(RevokeError::Missing),
        Place::C2c(Some(peer)) => (TimelineId::c2c(caller.id, peer), false, Words::c2c()),
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
            (timeline, standing.manages(), Words::group())
        }
    };
    let Some(message) = store.find_message(timeline, sequence).await? else {
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
    let committed = store.revoke_message(timeline, sequence, &caller.user_id).await?;
    match committed.value {
        Revoked::Done(message) => Ok(Outcome {
            answer: message.version,
            events: vec![Event::timeline(timeline, ChangeKind::Revoked, message)],
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
