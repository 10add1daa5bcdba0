//! The messages that an app holds on to: one object each, brought up to date by what the app hears.
//!
//! **Comes in:** events and answers. **Goes out:** the messages as the app shows them, for the workload and the auditor.
//! **Never here:** what the core holds; an object must be true although its message is not held there any more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hongyan_protocol::id::Sequence;
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::receipt::Receipt;
use hongyan_sdk::core::{Answer, Event, Message, MessageRef};

use crate::random::Random;

/// Messages that people do something about.
const LATELY_MAX: usize = 30;

#[derive(Debug, Default)]
pub(crate) struct Objects {
    messages: BTreeMap<MessageKey, Arc<Message>>,
    lately: VecDeque<MessageKey>,
}

impl Objects {
    pub(crate) fn heard(&mut self, event: &Event) {
        match event {
            Event::MessageReceived(messages)
            | Event::MessageModified(messages)
            | Event::MessageRevoked(messages)
            | Event::MessageReadByPeer(messages) => messages.iter().for_each(|it| self.keep(it)),
            Event::MessageReadReceiptReceived(receipts) => {
                receipts.iter().for_each(|it| self.note(&it.receipt));
            }
            Event::MessageDeleted(keys) => keys.iter().for_each(|it| self.delete(*it)),
            Event::NotReady => *self = Self::default(),
            _ => {}
        }
    }

    pub(crate) fn answered(&mut self, answer: &Answer) {
        match answer {
            Answer::Message(message)
            | Answer::Revoked {
                message: Some(message),
                ..
            } => self.keep(message),
            Answer::Messages { messages, .. } => messages.iter().for_each(|it| self.keep(it)),
            Answer::Receipts { receipts, .. } => receipts.iter().for_each(|it| self.note(it)),
            Answer::MessagesDeleted(messages) => {
                messages.iter().for_each(|it| self.delete(it.0));
            }
            _ => {}
        }
    }

    /// All of them, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.messages.values()
    }

    /// One of the newest; of the last few more often, so that several people do something about the same.
    pub(crate) fn pick(&self, random: &mut Random) -> Option<&Arc<Message>> {
        let of = match random.permille(600) {
            true => self.lately.len().min(3),
            false => self.lately.len(),
        };
        if of == 0 {
            return None;
        }
        let key = self.lately.get(self.lately.len() - 1 - random.below(of))?;
        self.messages.get(key)
    }

    /// Messages of one conversation whose senders want receipts: own ones, or those of others.
    pub(crate) fn pick_for_receipts(&self, random: &mut Random, own: bool) -> Option<Vec<MessageRef>> {
        let lately = self.lately.iter().filter_map(|it| self.messages.get(it));
        let wanting = lately.filter(|it| it.data.flags.need_read_receipt && it.is_own == own);
        let wanting: Vec<_> = wanting.map(|it| MessageRef::from(&**it)).collect();
        let conversation = random.pick(&wanting)?.conversation.clone();
        let of_it = wanting.into_iter().filter(|it| it.conversation == conversation);
        Some(of_it.take(3).collect())
    }

    fn note(&mut self, receipt: &Receipt) {
        if let Some(message) = self.messages.get_mut(&receipt.key) {
            Arc::make_mut(message).receipt = Some(*receipt);
        }
    }

    fn delete(&mut self, key: MessageKey) {
        if let Some(message) = self.messages.get_mut(&key) {
            Arc::make_mut(message).is_deleted = true;
        }
    }

    fn keep(&mut self, message: &Arc<Message>) {
        // What only passes by has no place in a timeline.
        if message.data.sequence == Sequence(0) {
            return;
        }
        if self.messages.insert(message.key(), message.clone()).is_none() {
            if self.lately.len() == LATELY_MAX {
                self.lately.pop_front();
            }
            self.lately.push_back(message.key());
        }
    }
}
