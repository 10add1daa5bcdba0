//! Receipts: telling senders that their messages were read one by one, and hearing of it.
//!
//! **Comes in:** messages that the app hands back, answers, and the log's events. **Goes out:** requests, and what changed on
//! held messages. **Never here:** unread counts; receipts do not touch them.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp, UserId};
use hongyan_protocol::limits;
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::receipt::{Receipt, Receipts};
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::io::{Answer, CallId, Failure};
use super::message::Message;
use super::request::Then;

/// A message as the app hands it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRef {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// Its identity.
    pub key: MessageKey,
    /// Its place; 0 for one that is not kept.
    pub sequence: Sequence,
    /// Whether this account sent it.
    pub is_own: bool,
    /// Whether its sender wants a receipt.
    pub wants_receipt: bool,
}

impl From<&Message> for MessageRef {
    fn from(message: &Message) -> Self {
        Self {
            conversation: message.conversation.clone(),
            key: message.key(),
            sequence: message.data.sequence,
            is_own: message.is_own,
            wants_receipt: message.data.flags.need_read_receipt,
        }
    }
}

/// How far a message was read, of one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReceipt {
    /// The message's conversation.
    pub conversation: ConversationId,
    /// How far.
    pub receipt: Receipt,
}

impl Core {
    pub(super) fn send_receipts(&mut self, now: Timestamp, call: CallId, messages: &[MessageRef]) {
        match targets(messages, false) {
            Ok((conversation, sequences)) => {
                let command = Command::SendReceipts(wire::SendReceipts {
                    conversation: Some(conversation.to_wire()),
                    sequences,
                });
                self.request(now, command, Then::ReceiptsSent { call });
            }
            Err(failure) => self.out.fail(call, failure),
        }
    }

    pub(super) fn receipt_list(&mut self, now: Timestamp, call: CallId, messages: &[MessageRef]) {
        match targets(messages, true) {
            Ok((conversation, sequences)) => {
                let command = Command::ListReceipts(wire::ListReceipts {
                    conversation: Some(conversation.to_wire()),
                    sequences,
                });
                let asked = messages.iter().map(|it| it.key).collect();
                let then = Then::Receipts {
                    call,
                    conversation,
                    asked,
                };
                self.request(now, command, then);
            }
            Err(failure) => self.out.fail(call, failure),
        }
    }

    pub(super) fn receipts_came(
        &mut self,
        call: CallId,
        conversation: ConversationId,
        asked: Vec<MessageKey>,
        result: wire::ListReceiptsResult,
    ) {
        let receipts: Vec<_> = result.receipts.into_iter().map(Receipt::from_wire).collect();
        self.note_receipts(&conversation, &receipts);
        let answer = Answer::Receipts {
            conversation,
            asked,
            receipts,
        };
        self.out.answer(call, answer);
    }

    pub(super) fn readers(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: &MessageRef,
        unread: bool,
        cursor: String,
        count: u32,
    ) {
        if !message.wants_receipt || !matches!(message.conversation, ConversationId::Group(_)) {
            return self.out.fail(call, Failure::of(Code::RECEIPT_MISSING));
        }
        if message.sequence == Sequence(0) {
            return self.out.fail(call, Failure::of(Code::RECEIPT_ONLINE_ONLY));
        }
        let command = Command::ListReaders(wire::ListReaders {
            conversation: Some(message.conversation.to_wire()),
            sequence: message.sequence.0,
            unread,
            cursor,
            count,
        });
        let key = message.key;
        self.request(now, command, Then::Readers { call, key, unread });
    }

    pub(super) fn readers_came(
        &mut self,
        call: CallId,
        key: MessageKey,
        unread: bool,
        result: wire::ListReadersResult,
    ) {
        let answer = Answer::Readers {
            key,
            unread,
            users: result.user_ids.into_iter().map(UserId::trusted).collect(),
            cursor: (!result.complete).then_some(result.cursor),
        };
        self.out.answer(call, answer);
    }

    /// Own messages were read.
    pub(super) fn receipts_given(&mut self, given: Receipts) {
        self.note_receipts(&given.conversation, &given.receipts);
        let told = given.receipts.into_iter().map(|receipt| ReadReceipt {
            conversation: given.conversation.clone(),
            receipt,
        });
        self.changes.receipts.extend(told);
    }

    fn note_receipts(&mut self, conversation: &ConversationId, receipts: &[Receipt]) {
        let Some(held) = &mut self.held else { return };
        for receipt in receipts {
            // The message may come later, with the rest of a sync.
            held.remember_receipt(receipt);
        }
        if let Some(entry) = held.find_mut(conversation) {
            for receipt in receipts {
                entry.note_receipt(receipt);
            }
        }
    }
}

/// Those of the messages that can have receipts: others' that want one, or own ones.
fn targets(messages: &[MessageRef], own: bool) -> Result<(ConversationId, Vec<u64>), Failure> {
    let wanting = messages.iter().filter(|it| it.wants_receipt && it.is_own == own);
    let wanting: Vec<_> = wanting.collect();
    let Some(first) = wanting.first() else {
        return Err(Failure::of(match own {
            true => Code::RECEIPT_MISSING,
            false => Code::NO_RECEIPT_WANTED,
        }));
    };
    if messages.iter().any(|it| it.conversation != first.conversation) {
        let text = "the messages are not all of one conversation";
        return Err(Failure::new(Code::REQUEST_MALFORMED, text));
    }
    if wanting.len() > limits::RECEIPTS_MAX {
        let text = "there are more than 30 messages";
        return Err(Failure::new(Code::REQUEST_MALFORMED, text));
    }
    let kept = wanting.iter().map(|it| it.sequence.0).filter(|it| *it > 0);
    let kept: Vec<_> = kept.collect();
    if kept.is_empty() {
        return Err(Failure::of(Code::RECEIPT_ONLINE_ONLY));
    }
    Ok((first.conversation.clone(), kept))
}
