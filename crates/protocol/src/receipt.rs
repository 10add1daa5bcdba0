//! Receipts: who has read a message whose sender wants to know it, one by one.

use crate::Malformed;
use crate::id::{AccountId, ConversationId, Sequence, Timestamp};
use crate::message::MessageKey;
use crate::wire;

/// How far one message was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The message.
    pub key: MessageKey,
    /// Its place.
    pub sequence: Sequence,
    /// Others who have read it; in a C2C 0 or 1.
    pub read_count: u64,
    /// Others who may see it and have not read it.
    pub unread_count: u64,
    /// When the newest receipt came; 0: there is none.
    pub time: Timestamp,
}

/// Receipts that came for messages of one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    /// As the messages' sender names it.
    pub conversation: ConversationId,
    /// Each as it stands now.
    pub receipts: Vec<Receipt>,
}

impl Receipt {
    /// The wire's form.
    pub const fn to_wire(&self) -> wire::MessageReceipt {
        wire::MessageReceipt {
            sequence: self.sequence.0,
            account: self.key.account.0,
            client_time_s: self.key.client_time_s,
            random: self.key.random,
            read_count: self.read_count,
            unread_count: self.unread_count,
            time_ms: self.time.0,
        }
    }

    /// Takes the wire's form, from a server.
    pub const fn from_wire(wire: wire::MessageReceipt) -> Self {
        Self {
            key: MessageKey {
                account: AccountId(wire.account),
                client_time_s: wire.client_time_s,
                random: wire.random,
            },
            sequence: Sequence(wire.sequence),
            read_count: wire.read_count,
            unread_count: wire.unread_count,
            time: Timestamp(wire.time_ms),
        }
    }
}

impl Receipts {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::Receipts {
        wire::Receipts {
            conversation: Some(self.conversation.to_wire()),
            receipts: self.receipts.iter().map(Receipt::to_wire).collect(),
        }
    }

    /// Takes the wire's form, from a server or from the store.
    pub fn from_wire(wire: wire::Receipts) -> Result<Self, Malformed> {
        Ok(Self {
            conversation: ConversationId::from_wire(wire.conversation)?,
            receipts: wire.receipts.into_iter().map(Receipt::from_wire).collect(),
        })
    }
}
