//! Requests that wait for their answers.
//!
//! **Comes in:** a command and what its answer is for. **Goes out:** the encoded request; later, what the answer that has come
//! is for, or what has waited too long. **Never here:** what an answer does.

use bytes::Bytes;
use hongyan_protocol::id::{ConversationId, GroupId, Pts, Sequence, Timestamp, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::settings::SettingsChange;
use hongyan_protocol::wire::{self, request::Command};

use super::file::Part;
use super::frames;
use super::io::CallId;
use super::merger::Sending;
use super::message::Message;

/// A request is answered within this time.
pub(crate) const ANSWER_MS: u64 = 15_000;
/// A message is tried for this long, over as many connections as it takes.
pub(crate) const SEND_MS: u64 = 60_000;
/// Requests that may wait at once; a call beyond is refused.
pub(crate) const PENDING_MAX: usize = 1000;

/// What an answer is for.
#[derive(Debug)]
pub(crate) enum Then {
    Login,
    Logout,
    Sync {
        pts: Pts,
    },
    /// Heals a gap of a timeline.
    Changes(ConversationId),
    /// Where a conversation stands; asked by the core itself.
    State(ConversationId),
    MoreConversations,
    Sent {
        call: CallId,
        message: Box<Message>,
    },
    Revoked {
        call: CallId,
        conversation: ConversationId,
        key: MessageKey,
        sequence: Sequence,
    },
    Modified {
        call: CallId,
        message: Box<Message>,
    },
    Deleted {
        call: CallId,
        conversation: ConversationId,
        messages: Vec<(MessageKey, Sequence)>,
    },
    Cleared {
        call: CallId,
        conversation: ConversationId,
    },
    Extended {
        call: CallId,
    },
    Extensions {
        call: CallId,
        key: MessageKey,
        /// Empty: all.
        keys: Vec<String>,
    },
    /// Parts of a merger go first; then the message itself.
    MergedPut {
        call: CallId,
        sending: Box<Sending>,
    },
    Merged {
        call: CallId,
        message: Box<Message>,
    },
    Page {
        call: CallId,
        conversation: ConversationId,
        /// The answer's messages are those before this one.
        asked_before: Sequence,
        /// The page's messages are those before this one.
        before: Sequence,
    },
    MarkedRead {
        call: CallId,
        conversation: ConversationId,
    },
    AllRead {
        call: CallId,
    },
    Hopped {
        call: CallId,
        conversation: ConversationId,
        newer: bool,
    },
    ReceiptsSent {
        call: CallId,
    },
    Receipts {
        call: CallId,
        conversation: ConversationId,
        /// All that the app named, also those that have none.
        asked: Vec<MessageKey>,
    },
    Readers {
        call: CallId,
        key: MessageKey,
        unread: bool,
    },
    /// One of several conversations that a call wants.
    Listed {
        call: CallId,
        conversation: ConversationId,
    },
    Profiled {
        call: CallId,
        conversation: ConversationId,
    },
    Created {
        call: CallId,
    },
    Joined {
        call: CallId,
        group: GroupId,
    },
    Left {
        call: CallId,
        group: GroupId,
        reason: wire::LeaveReason,
    },
    Group {
        call: CallId,
    },
    Members {
        call: CallId,
        offset: u32,
    },
    Profiles {
        call: CallId,
    },
    ProfileUpdated {
        call: CallId,
    },
    BlacklistAdded {
        call: CallId,
    },
    BlacklistRemoved {
        call: CallId,
        users: Vec<UserId>,
    },
    Settings {
        call: CallId,
        conversations: Vec<ConversationId>,
        change: SettingsChange,
        /// The app named one, and waits for that.
        is_one: bool,
    },
    Translated {
        call: CallId,
    },
    UploadBegun {
        call: CallId,
    },
    /// The message's file is put into it.
    Uploaded {
        call: CallId,
        message: Box<Message>,
        part: Part,
    },
}

impl Then {
    /// The call of the app that waits for it, if it is not the core itself.
    pub(crate) const fn call(&self) -> Option<CallId> {
        match self {
            Self::Login
            | Self::Logout
            | Self::Sync { .. }
            | Self::Changes(_)
            | Self::State(_)
            | Self::MoreConversations => None,
            Self::Sent { call, .. }
            | Self::Revoked { call, .. }
            | Self::Modified { call, .. }
            | Self::Deleted { call, .. }
            | Self::Cleared { call, .. }
            | Self::Extended { call }
            | Self::Extensions { call, .. }
            | Self::MergedPut { call, .. }
            | Self::Merged { call, .. }
            | Self::Page { call, .. }
            | Self::MarkedRead { call, .. }
            | Self::AllRead { call }
            | Self::Hopped { call, .. }
            | Self::ReceiptsSent { call }
            | Self::Receipts { call, .. }
            | Self::Readers { call, .. }
            | Self::Listed { call, .. }
            | Self::Profiled { call, .. }
            | Self::Created { call }
            | Self::Joined { call, .. }
            | Self::Left { call, .. }
            | Self::Group { call }
            | Self::Members { call, .. }
            | Self::Profiles { call }
            | Self::ProfileUpdated { call }
            | Self::BlacklistAdded { call }
            | Self::BlacklistRemoved { call, .. }
            | Self::Settings { call, .. }
            | Self::Translated { call }
            | Self::UploadBegun { call }
            | Self::Uploaded { call, .. } => Some(*call),
        }
    }

    /// What becomes of it when the connection is cut before the answer.
    const fn after_cut(&self) -> AfterCut {
        match self {
            // The next connection logs in and syncs, which brings what these were for.
            Self::Login
            | Self::Logout
            | Self::Sync { .. }
            | Self::Changes(_)
            | Self::State(_)
            | Self::MoreConversations => AfterCut::Forget,
            // Asking twice does no harm: reads, and commands that end in the same state or are known again. A message is known by
            // its key (contract C2).
            Self::Sent { .. }
            | Self::Modified { .. }
            | Self::Deleted { .. }
            | Self::Cleared { .. }
            | Self::Extended { .. }
            | Self::Extensions { .. }
            | Self::MergedPut { .. }
            | Self::Merged { .. }
            | Self::Page { .. }
            | Self::MarkedRead { .. }
            | Self::AllRead { .. }
            | Self::Hopped { .. }
            | Self::ReceiptsSent { .. }
            | Self::Receipts { .. }
            | Self::Readers { .. }
            | Self::Listed { .. }
            | Self::Profiled { .. }
            | Self::Group { .. }
            | Self::Members { .. }
            | Self::Profiles { .. }
            | Self::ProfileUpdated { .. }
            | Self::BlacklistAdded { .. }
            | Self::BlacklistRemoved { .. }
            | Self::Translated { .. }
            | Self::UploadBegun { .. }
            | Self::Uploaded { .. } => AfterCut::Repeat,
            Self::Settings { change, .. } if !change.is_of_group() => AfterCut::Repeat,
            Self::Settings { .. }
            | Self::Revoked { .. }
            | Self::Created { .. }
            | Self::Joined { .. }
            | Self::Left { .. } => AfterCut::Fail,
        }
    }
}

enum AfterCut {
    Forget,
    Repeat,
    Fail,
}

#[derive(Debug)]
struct Pending {
    id: u32,
    frame: Bytes,
    then: Then,
    /// Whether it left on the present connection.
    sent: bool,
    until: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    last_id: u32,
    pending: Vec<Pending>,
}

impl Requests {
    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= PENDING_MAX
    }

    /// Notes a request. Its bytes are returned when it is to be sent now; else it waits for [`Requests::resend`].
    pub(crate) fn add(&mut self, now: Timestamp, command: Command, then: Then, up: bool) -> Option<Bytes> {
        self.last_id = self.last_id.wrapping_add(1);
        let id = self.last_id;
        let frame = frames::request(wire::Request {
            id,
            command: Some(command),
        });
        let until = now.plus_ms(match then {
            Then::Sent { .. } | Then::Uploaded { .. } | Then::MergedPut { .. } => SEND_MS,
            _ => ANSWER_MS,
        });
        self.pending.push(Pending {
            id,
            frame: frame.clone(),
            then,
            sent: up,
            until,
        });
        up.then_some(frame)
    }

    /// What the answer of this number is for; `None` when nobody waits for it any more.
    pub(crate) fn take(&mut self, id: u32) -> Option<Then> {
        let at = self.pending.iter().position(|it| it.id == id)?;
        Some(self.pending.remove(at).then)
    }

    /// The connection is gone. Returns what fails with it; what may be asked again waits.
    pub(crate) fn cut(&mut self) -> Vec<Then> {
        let mut failed = Vec::new();
        for mut it in std::mem::take(&mut self.pending) {
            let was_sent = std::mem::take(&mut it.sent);
            match it.then.after_cut() {
                AfterCut::Forget => {}
                AfterCut::Fail if was_sent => failed.push(it.then),
                AfterCut::Fail | AfterCut::Repeat => self.pending.push(it),
            }
        }
        failed
    }

    /// The bytes of all that waited for a connection, in the order of asking.
    pub(crate) fn resend(&mut self) -> Vec<Bytes> {
        let waiting = self.pending.iter_mut().filter(|it| !it.sent);
        waiting
            .map(|it| {
                it.sent = true;
                it.frame.clone()
            })
            .collect()
    }

    /// Whether an app waits for where a conversation stands: an answer that may have been read a while ago.
    pub(crate) fn is_finding(&self, id: &ConversationId) -> bool {
        self.pending.iter().any(|it| match &it.then {
            Then::Listed { conversation, .. } | Then::Profiled { conversation, .. } => conversation == id,
            _ => false,
        })
    }

    /// Takes out what has waited too long.
    pub(crate) fn late(&mut self, now: Timestamp) -> Vec<Then> {
        let mut late = Vec::new();
        while let Some(at) = self.pending.iter().position(|it| it.until <= now) {
            late.push(self.pending.remove(at).then);
        }
        late
    }

    /// The number of the newest request.
    #[cfg(test)]
    pub(crate) const fn last_id(&self) -> u32 {
        self.last_id
    }

    /// Takes out everything.
    pub(crate) fn clear(&mut self) -> Vec<Then> {
        std::mem::take(&mut self.pending)
            .into_iter()
            .map(|it| it.then)
            .collect()
    }

    /// When the first will have waited too long.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.pending.iter().map(|it| it.until).min()
    }
}
