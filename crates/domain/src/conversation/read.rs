//! Reporting messages as read: for the account's other instances, and for the peer.

use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, ConversationId, Pts, Sequence, Timestamp};
use hongyan_storage::model::{Entry, MarkedRead};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome, pts_of};

/// Where the reader stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The event of its log; 0 when nothing moved.
    pub pts: Pts,
    /// Unread messages after the mark (contract C5).
    pub unread_count: u64,
}

/// Why nothing was marked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ReadError {
    #[error("the conversation does not exist")]
    NoConversation,
    #[error("the mark could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for ReadError {
    fn code(&self) -> Code {
        match self {
            Self::NoConversation => Code::CONVERSATION_NOT_FOUND,
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

/// Moves the account's mark forward. The peer of a C2C learns how far its messages were read; in a group nobody does.
pub async fn mark_read(
    store: &dyn Store,
    account: &Account,
    conversation: ConversationId,
    peer: Option<AccountId>,
    sequence: Sequence,
    now: Timestamp,
) -> Result<Outcome<Marked>, ReadError> {
    let reader = account.clone();
    let named = conversation.clone();
    let tell = Box::new(move |marked: &MarkedRead| {
        if !marked.moved {
            return Vec::new();
        }
        let mark = |conversation| ReadMark {
            conversation,
            sequence: marked.read,
            time: now,
        };
        let mut entries = vec![Entry::Event(reader.id, AccountChange::Read(mark(named)))];
        if let Some(peer) = peer.filter(|it| *it != reader.id) {
            let seen_by_peer = ConversationId::C2c(reader.user_id);
            entries.push(Entry::Event(peer, AccountChange::PeerRead(mark(seen_by_peer))));
        }
        entries
    });
    let committed = store
        .mark_read(account, &conversation, sequence, now, tell)
        .await?
        .ok_or(ReadError::NoConversation)?;
    let answer = Marked {
        pts: pts_of(account.id, &committed.value.entered),
        unread_count: committed.value.done.unread_count,
    };
    Ok(Outcome {
        answer,
        events: committed.value.entered.into_iter().map(Event::from).collect(),
        turn: committed.turn,
    })
}
