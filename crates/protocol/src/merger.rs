//! Merged messages: several messages shown as one, perhaps with others of their kind inside.
//!
//! **Comes in:** what a client merged. **Goes out:** the same, when it is what clients may make. **Never here:** where those
//! that are too large for a message are kept.
//!
//! Invariant: nothing here recurses. How deep a body is nested is the sender's to say, and a reader's stack is not.

use prost::Message as _;

use crate::Malformed;
use crate::code::Code;
use crate::limits;
use crate::wire::{self, element::Kind};

/// The bytes of a key under which merged messages are kept apart.
pub const KEY_BYTES: usize = 16;

/// Checks a merger that stands in a message: its messages are in it, or its key says where they are.
pub fn check(merger: &wire::Merger) -> Result<(), Malformed> {
    match (merger.messages.is_empty(), merger.download_key.len()) {
        (false, 0) => {}
        (true, KEY_BYTES) => {
            return match merger.depth {
                1..=limits::MERGER_DEPTH_MAX => Ok(()),
                _ => Err(too_deep()),
            };
        }
        _ => return Err(invalid("a merger has messages, or the key to them")),
    }
    match depth_of(&merger.messages)? == merger.depth {
        true => Ok(()),
        false => Err(invalid("a merger says that it is as deep as it is")),
    }
}

/// Checks a part that is to be kept apart.
pub fn check_part(bytes: &[u8]) -> Result<(), Malformed> {
    let part =
        wire::MergedMessages::decode(bytes).map_err(|_| invalid("a part of a merger cannot be read"))?;
    depth_of(&part.messages).map(drop)
}

/// How deep a merger of these messages is: 1, or one more than the deepest one inside. Refuses what clients may not
/// make, and what is too deep.
pub fn depth_of(messages: &[wire::MergedMessage]) -> Result<u32, Malformed> {
    let mut deepest = 1;
    let mut waiting: Vec<(u32, wire::Body)> = Vec::new();
    for message in messages {
        waiting.push((1, decode(message)?));
    }
    while let Some((level, body)) = waiting.pop() {
        if level > limits::MERGER_DEPTH_MAX {
            return Err(too_deep());
        }
        deepest = deepest.max(level);
        for element in body.elements {
            match element.kind {
                Some(Kind::Merger(inner)) if inner.messages.is_empty() => {
                    // Kept apart; it was checked when it was sent.
                    deepest = deepest.max(level.saturating_add(inner.depth.max(1)));
                }
                Some(Kind::Merger(inner)) => {
                    for message in &inner.messages {
                        waiting.push((level + 1, decode(message)?));
                    }
                }
                Some(Kind::GroupTip(_) | Kind::GroupNotice(_)) => {
                    return Err(invalid("tips and notices are not merged"));
                }
                Some(_) => {}
                None => return Err(invalid("a merged message is of no known kind")),
            }
        }
    }
    match deepest <= limits::MERGER_DEPTH_MAX {
        true => Ok(deepest),
        false => Err(too_deep()),
    }
}

fn decode(message: &wire::MergedMessage) -> Result<wire::Body, Malformed> {
    wire::Body::decode(message.body.clone()).map_err(|_| invalid("a merged message cannot be read"))
}

const fn too_deep() -> Malformed {
    Malformed::new(
        Code::MERGER_TOO_DEEP,
        "merged messages are nested above 100 levels",
    )
}

const fn invalid(what: &'static str) -> Malformed {
    Malformed::new(Code::MESSAGE_BODY_INVALID, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;

    fn merged(kind: Kind) -> wire::MergedMessage {
        wire::MergedMessage {
            body: Body::of(kind).bytes().clone(),
            ..wire::MergedMessage::default()
        }
    }

    fn nested(levels: u32) -> wire::Merger {
        let mut merger = wire::Merger {
            depth: 1,
            messages: vec![merged(Kind::Face(wire::Face::default()))],
            ..wire::Merger::default()
        };
        for depth in 2..=levels {
            merger = wire::Merger {
                depth,
                messages: vec![merged(Kind::Merger(merger))],
                ..wire::Merger::default()
            };
        }
        merger
    }

    #[test]
    fn mergers_are_nested_up_to_100_levels_and_say_how_deep_they_are() {
        for levels in [1, 2, 100] {
            assert_eq!(check(&nested(levels)), Ok(()), "{levels}");
        }
        assert_eq!(check(&nested(101)).unwrap_err().code, Code::MERGER_TOO_DEEP);
        assert_eq!(check(&nested(2000)).unwrap_err().code, Code::MERGER_TOO_DEEP);
        let apart = |depth, bytes| wire::Merger {
            depth,
            download_key: vec![7; bytes].into(),
            ..wire::Merger::default()
        };
        assert_eq!(check(&apart(100, 16)), Ok(()));
        assert_eq!(check(&apart(101, 16)).unwrap_err().code, Code::MERGER_TOO_DEEP);
        let lied = wire::Merger {
            depth: 1,
            ..nested(3)
        };
        let tip = wire::Merger {
            depth: 1,
            messages: vec![merged(Kind::GroupTip(wire::GroupTip::default()))],
            ..wire::Merger::default()
        };
        for bad in [lied, tip, apart(1, 15), wire::Merger::default()] {
            assert_eq!(check(&bad).unwrap_err().code, Code::MESSAGE_BODY_INVALID);
        }
        let around = wire::Merger {
            messages: vec![merged(Kind::Merger(apart(99, 16)))],
            depth: 100,
            ..wire::Merger::default()
        };
        assert_eq!(check(&around), Ok(()));
    }
}
