//! What the writer remembers, so that an append reads nothing: where timelines end, and each sender's newest keys.
//!
//! **Comes in:** what was written. **Goes out:** what is known of it; *not known* is always a right answer. **Never
//! here:** SQL; the tail.

use std::collections::HashMap;

use hongyan_protocol::id::AccountId;
use hongyan_protocol::message::MessageKey;

use super::timeline::Head;
use crate::model::TimelineId;

/// Timelines whose ends are remembered; beyond that the memory starts anew.
const HEADS_MAX: usize = 100_000;
/// Likewise senders.
const SENDERS_MAX: usize = 100_000;
/// Messages that a sender made within its newest second. Of more, each might be a resend.
const RANDOMS_MAX: usize = 1024;

#[derive(Default)]
pub(super) struct Ends {
    /// Invariant: equal to what the database and the tail would say, also after a failure.
    heads: HashMap<TimelineId, Head>,
    senders: HashMap<AccountId, Sender>,
    /// No sender that is not remembered has a newer message in the tail.
    second_floor: u32,
}

/// What is known of a sender's keys.
struct Sender {
    /// The newest second of its clock that is in use.
    second: u32,
    /// All that are in use of that second.
    randoms: Vec<u32>,
    /// There are more, or there may be.
    is_full: bool,
}

impl Ends {
    pub(super) fn head(&self, timeline: TimelineId) -> Option<Head> {
        self.heads.get(&timeline).copied()
    }

    pub(super) fn put_head(&mut self, timeline: TimelineId, head: Head) {
        self.heads.insert(timeline, head);
    }

    pub(super) fn forget_head(&mut self, timeline: TimelineId) {
        self.heads.remove(&timeline);
    }

    pub(super) fn forget_heads(&mut self) {
        self.heads.clear();
    }

    /// Whether the memory of senders is to start anew, with [`Ends::start_anew`].
    pub(super) fn is_full(&mut self) -> bool {
        if self.heads.len() > HEADS_MAX {
            self.heads.clear();
        }
        self.senders.len() > SENDERS_MAX
    }

    /// Forgets the senders. The newest second of the tail is what each of them may have used.
    pub(super) fn start_anew(&mut self, newest_second: u32) {
        self.senders.clear();
        self.second_floor = newest_second;
    }

    /// Whether a sender is remembered.
    pub(super) fn knows(&self, sender: AccountId) -> bool {
        self.senders.contains_key(&sender)
    }

    /// Remembers a sender, with its newest second in the database.
    pub(super) fn put_sender(&mut self, sender: AccountId, second: Option<u32>) {
        let sender_of = Sender {
            second: second.unwrap_or_default().max(self.second_floor),
            randoms: Vec::new(),
            is_full: true,
        };
        self.senders.insert(sender, sender_of);
    }

    /// Whether no message was ever kept under this key. `false` when it is not known.
    pub(super) fn is_new(&self, key: MessageKey) -> bool {
        self.senders.get(&key.account).is_some_and(|it| {
            key.client_time_s > it.second
                || (key.client_time_s == it.second && !it.is_full && !it.randoms.contains(&key.random))
        })
    }

    /// A message is kept under this key, or will be unless writing fails.
    pub(super) fn note_key(&mut self, key: MessageKey) {
        let Some(it) = self.senders.get_mut(&key.account) else {
            return;
        };
        if key.client_time_s > it.second {
            it.second = key.client_time_s;
            it.randoms.clear();
            it.is_full = false;
        }
        if key.client_time_s == it.second && !it.is_full {
            it.is_full = it.randoms.len() == RANDOMS_MAX;
            it.randoms.push(key.random);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(second: u32, random: u32) -> MessageKey {
        MessageKey {
            account: AccountId(1),
            client_time_s: second,
            random,
        }
    }

    /// Contract C2.
    #[test]
    fn a_key_is_called_new_only_when_it_cannot_have_been_used() {
        let mut ends = Ends::default();
        assert!(!ends.is_new(key(9, 1)), "nothing is known of its sender");
        ends.put_sender(AccountId(1), Some(5));
        assert!(!ends.is_new(key(5, 1)) && ends.is_new(key(6, 1)));
        ends.note_key(key(6, 1));
        assert!(!ends.is_new(key(6, 1)) && ends.is_new(key(6, 2)) && !ends.is_new(key(5, 2)));
        for random in 2..2000 {
            ends.note_key(key(6, random));
        }
        assert!(!ends.is_new(key(6, 5000)), "there are more than are remembered");
        assert!(ends.is_new(key(7, 1)));
        ends.start_anew(8);
        ends.put_sender(AccountId(1), Some(7));
        assert!(!ends.is_new(key(8, 1)) && ends.is_new(key(9, 1)));
    }
}
