//! Reading history from any place on: `getMessageListHopping`.
//!
//! **Comes in:** where to begin, and which way. **Goes out:** a page, and what names the next one. **Never here:** what is
//! held; such a page has no place among the newest messages.
//!
//! In a C2C the public API names a place by a time in seconds, which many messages may share. So the time that names the
//! next page has a fraction, which says which message is meant: the lowest bits of its sequence. A time from elsewhere
//! has none.

use std::sync::Arc;

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::io::{Answer, CallId, Failure};
use super::message::{Message, PAGE};
use super::request::Then;

/// The bits of a sequence in a fraction; with a time in seconds they fit into a number of JavaScript exactly.
const BITS: u32 = 20;
const STEP: u64 = 1 << BITS;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HopFrom {
    /// At the end that the direction comes from.
    End,
    /// At this message.
    Sequence(Sequence),
    /// At this time, in seconds; with a fraction only when [`HopNext`] gave it.
    Time(f64),
}

/// What names the next page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HopNext {
    /// In a group: the message with which it begins.
    Sequence(Sequence),
    /// In a C2C: to be given back as it is.
    Time(f64),
}

impl Core {
    pub(super) fn hop(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversation: ConversationId,
        from: HopFrom,
        newer: bool,
        count: u32,
    ) {
        if conversation == ConversationId::System {
            return self.out.fail(call, Failure::of(Code::CONVERSATION_TYPE_INVALID));
        }
        let command = Command::ListMessages(wire::ListMessages {
            conversation: Some(conversation.to_wire()),
            before: 0,
            count: count.clamp(1, PAGE as u32),
            hop: Some(place(from, newer)),
        });
        let then = Then::Hopped {
            call,
            conversation,
            newer,
        };
        self.request(now, command, then);
    }

    pub(super) fn hopped(
        &mut self,
        call: CallId,
        conversation: &ConversationId,
        newer: bool,
        result: wire::ListMessagesResult,
    ) {
        let complete = result.complete;
        let messages = self.read_page(conversation, result);
        let end = if newer { messages.last() } else { messages.first() };
        let next = end.filter(|_| !complete).map(|it| next(it, newer));
        self.out.answer(call, Answer::Hopped { messages, next });
    }
}

fn place(from: HopFrom, newer: bool) -> wire::Hop {
    let mut hop = wire::Hop {
        newer,
        ..wire::Hop::default()
    };
    match from {
        HopFrom::End => {}
        HopFrom::Sequence(sequence) => hop.sequence = sequence.0,
        HopFrom::Time(time) => {
            // Beyond the largest time, below the smallest and no number at all are cut by the conversion.
            let whole = time.floor();
            let fraction = ((time - whole) * STEP as f64) as u32;
            // Never 0, which means that no time is said.
            hop.time_ms = (whole as u64).saturating_mul(1000).max(1);
            if time != whole {
                hop.near = fraction.saturating_add(1);
            } else if !newer {
                // All of that second is still meant.
                hop.time_ms = hop.time_ms.saturating_add(999);
            }
        }
    }
    hop
}

fn next(end: &Arc<Message>, newer: bool) -> HopNext {
    let sequence = match newer {
        true => end.data.sequence.next(),
        false => Sequence(end.data.sequence.0.saturating_sub(1)),
    };
    match end.conversation {
        ConversationId::Group(_) => HopNext::Sequence(sequence),
        ConversationId::C2c(_) | ConversationId::System => {
            // Half a step more, so that it is never whole.
            let fraction = ((sequence.0 % STEP) as f64 + 0.5) / STEP as f64;
            HopNext::Time(end.data.time.seconds() as f64 + fraction)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_a_fraction_names_one_message_and_a_whole_one_a_second() {
        for bits in [0, 1, 77, STEP - 1] {
            let time = 1_700_000_000.0 + (bits as f64 + 0.5) / STEP as f64;
            let hop = place(HopFrom::Time(time), false);
            assert_eq!((hop.time_ms, hop.near), (1_700_000_000_000, bits as u32 + 1));
        }
        let hop = place(HopFrom::Time(1_700_000_000.0), false);
        assert_eq!((hop.time_ms, hop.near), (1_700_000_000_999, 0));
        let hop = place(HopFrom::Time(1_700_000_000.0), true);
        assert_eq!((hop.time_ms, hop.near), (1_700_000_000_000, 0));
        for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.5, f64::MAX, 0.0] {
            assert!(place(HopFrom::Time(strange), false).time_ms > 0);
        }
    }
}
