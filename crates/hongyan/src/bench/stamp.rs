//! Texts that say which message they are and when it was sent.
//!
//! **Comes in:** a count and a moment; later the bytes that a socket brought. **Goes out:** the text; what it said. Stamps
//! are read where they stand, without taking the message apart: the load generator shares its processors with the
//! server that it measures.

use std::time::Instant;

/// What a stamp begins with, and nothing else in what a benchmark sends has.
const MARK: &[u8] = b"@@";

/// A text that says which message it is and when it was sent, in microseconds of the measurement.
pub(super) fn stamped(count: u32, epoch: Instant, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes.max(32));
    text.push_str("@@");
    text.push_str(&count.to_string());
    text.push(':');
    text.push_str(&epoch.elapsed().as_micros().to_string());
    text.push(':');
    text.extend(std::iter::repeat_n('x', bytes.saturating_sub(text.len())));
    text
}

/// Numbers and times of the messages that were pushed together, or relayed as they were sent.
pub(super) fn stamps(bytes: &[u8]) -> impl Iterator<Item = (u32, u64)> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let begin = rest.iter().position(|it| *it == MARK[0])?;
            rest = &rest[begin..];
            let stamp = rest.strip_prefix(MARK);
            rest = &rest[1..];
            let Some(stamp) = stamp else {
                continue;
            };
            let Some((count, after)) = number(stamp) else {
                continue;
            };
            let Some((sent_us, after)) = number(after) else {
                continue;
            };
            rest = after;
            return Some((u32::try_from(count).ok()?, sent_us));
        }
    })
}

/// The number before the next colon, and what comes after that.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(21).position(|it| *it == b':')?;
    let digits = std::str::from_utf8(&bytes[..end]).ok()?;
    Some((digits.parse().ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::super::{instant, wire};
    use super::*;

    #[test]
    fn stamps_are_found_in_what_was_joined_and_nothing_else_is_taken_for_one() {
        let epoch = instant();
        let message = |count| {
            wire::encode(
                count,
                wire::text(wire::user("b@@ob"), 7, stamped(count, epoch, 100)),
            )
        };
        let joined = [message(1), message(22), message(333)].concat();
        let counts: Vec<u32> = stamps(&joined).map(|it| it.0).collect();
        assert_eq!(counts, [1, 22, 333]);
        assert_eq!(stamped(5, epoch, 100).len(), 100);
        assert_eq!(stamps(b"@@@12:34:@@x@").collect::<Vec<_>>(), [(12, 34)]);
    }
}
