//! What was asked, and what was acknowledged: an answer that reached its client.
//!
//! **Comes in:** requests and the answers to them, as they pass the wire. **Goes out:** a list of promises that the store
//! must keep. **Never here:** the store.

use bytes::Bytes;
use hongyan_protocol::id::{ConversationId, GroupId, Pts, Sequence, Timestamp, UserId};
use hongyan_protocol::wire::{self, request::Command, response};

/// Something that a client was told is done.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    /// To whom.
    pub(crate) user: UserId,
    pub(crate) done: Done,
}

#[derive(Debug, Clone)]
pub(crate) enum Done {
    Sent {
        conversation: ConversationId,
        client_time_s: u32,
        random: u32,
        body: Bytes,
        sequence: Sequence,
        time: Timestamp,
    },
    Revoked {
        conversation: ConversationId,
        sequence: Sequence,
    },
    /// A message says something else.
    Modified {
        conversation: ConversationId,
        sequence: Sequence,
        /// How often it was modified then.
        edits: u32,
        body: Bytes,
    },
    /// A message does not say what was wished, for somebody else was quicker.
    Outdone {
        conversation: ConversationId,
        sequence: Sequence,
        /// How often it was modified, as far as the loser knew.
        known: u32,
        /// And as he is told.
        edits: u32,
    },
    /// Messages are not seen by the account any more.
    Deleted {
        conversation: ConversationId,
        sequences: Vec<Sequence>,
    },
    /// What is before this is not seen by the account any more.
    Cleared {
        conversation: ConversationId,
        first: Sequence,
    },
    Read {
        conversation: ConversationId,
        sequence: Sequence,
    },
    /// The senders of those of them who want it know that the account read them.
    Receipted {
        conversation: ConversationId,
        sequences: Vec<Sequence>,
    },
    /// Something is in the account's log.
    Logged { pts: Pts, what: Logged },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Logged {
    Joined(GroupId),
    Left(GroupId),
    Profile(String),
    Blocked(Vec<UserId>),
    Unblocked(Vec<UserId>),
}

/// What the answer to a command promises.
pub(crate) fn promise(user: &UserId, asked: Command, answer: response::Result) -> Option<Promise> {
    use response::Result as R;
    let logged = |pts: u64, what| (pts > 0).then_some(Done::Logged { pts: Pts(pts), what });
    let users = |texts: Vec<String>| texts.into_iter().map(UserId::trusted).collect();
    let named = |it: Option<wire::Conversation>| ConversationId::from_wire(it).ok();
    let done = match (asked, answer) {
        (Command::SendMessage(it), R::SendMessage(sent)) => (sent.sequence > 0).then_some(Done::Sent {
            conversation: named(it.conversation)?,
            client_time_s: it.client_time_s,
            random: it.random,
            body: it.body,
            sequence: Sequence(sent.sequence),
            time: Timestamp(sent.time_ms),
        }),
        (Command::RevokeMessage(it), R::RevokeMessage(_)) => Some(Done::Revoked {
            conversation: named(it.conversation)?,
            sequence: Sequence(it.sequence),
        }),
        (Command::ModifyMessage(it), R::ModifyMessage(result)) => {
            let (conversation, sequence) = (named(it.conversation)?, Sequence(it.sequence));
            Some(match result.conflict {
                true => Done::Outdone {
                    conversation,
                    sequence,
                    known: it.edits,
                    edits: result.message?.edits,
                },
                false => Done::Modified {
                    conversation,
                    sequence,
                    edits: it.edits + 1,
                    body: it.body,
                },
            })
        }
        (Command::DeleteMessages(it), R::DeleteMessages(_)) => Some(Done::Deleted {
            conversation: named(it.conversation)?,
            sequences: it.sequences.into_iter().map(Sequence).collect(),
        }),
        (Command::ClearHistory(it), R::ClearHistory(result)) => Some(Done::Cleared {
            conversation: named(it.conversation)?,
            first: Sequence(result.first_sequence),
        }),
        (Command::SendReceipts(it), R::SendReceipts(_)) => Some(Done::Receipted {
            conversation: named(it.conversation)?,
            sequences: it.sequences.into_iter().map(Sequence).collect(),
        }),
        (Command::MarkRead(it), R::MarkRead(_)) => Some(Done::Read {
            conversation: named(it.conversation)?,
            sequence: Sequence(it.sequence),
        }),
        (Command::CreateGroup(_), R::CreateGroup(it)) => {
            let group = GroupId::trusted(it.group?.group_id);
            logged(it.pts, Logged::Joined(group))
        }
        (Command::JoinGroup(asked), R::JoinGroup(it)) => {
            logged(it.pts, Logged::Joined(GroupId::trusted(asked.group_id)))
        }
        (Command::QuitGroup(asked), R::QuitGroup(it)) => {
            logged(it.pts, Logged::Left(GroupId::trusted(asked.group_id)))
        }
        (Command::DismissGroup(asked), R::DismissGroup(it)) => {
            logged(it.pts, Logged::Left(GroupId::trusted(asked.group_id)))
        }
        (Command::UpdateProfile(asked), R::UpdateProfile(it)) => {
            logged(it.pts, Logged::Profile(asked.nick.unwrap_or_default()))
        }
        (Command::AddToBlacklist(_), R::AddToBlacklist(it)) => {
            logged(it.pts, Logged::Blocked(users(it.user_ids)))
        }
        (Command::RemoveFromBlacklist(_), R::RemoveFromBlacklist(it)) => {
            logged(it.pts, Logged::Unblocked(users(it.user_ids)))
        }
        _ => None,
    };
    done.map(|done| Promise {
        user: user.clone(),
        done,
    })
}
