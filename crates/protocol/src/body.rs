//! What a message says: checked once where it comes in, then carried as it is.
//!
//! **Comes in:** the encoded body of a client's message, or elements that the server makes. **Goes out:** bytes that
//! are a body, for the disk and for the wire. **Never here:** who says it to whom.

use bytes::Bytes;
use prost::Message as _;

use crate::Malformed;
use crate::code::Code;
use crate::file;
use crate::limits;
use crate::merger;
use crate::wire::{self, element::Kind};

/// What stands in a text's mentioned users for all of its group (`TYPES.MSG_AT_ALL`).
pub const MENTION_ALL: &str = "__kImSDK_MesssageAtALL__";

/// An encoded, valid body. Nobody between the sender's command and the receivers' SDKs decodes it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// Takes a client's body: exactly one element, of a kind that clients may make. Nothing that was not understood is
    /// carried along, so that no newer reader finds in it what a client may not say.
    pub fn parse(bytes: Bytes) -> Result<Self, Malformed> {
        if bytes.len() > limits::MESSAGE_BYTES_MAX {
            return Err(Malformed::new(
                Code::MESSAGE_TOO_LONG,
                "the message is above 12 KB",
            ));
        }
        let body = wire::Body::decode(bytes.clone())
            .map_err(|_| Malformed::new(Code::MESSAGE_JSON, "the message's body cannot be read"))?;
        let [element] = body.elements.as_slice() else {
            return Err(Malformed::new(
                Code::MESSAGE_BODY_INVALID,
                "a message has one element",
            ));
        };
        match &element.kind {
            Some(Kind::Merger(merger)) => {
                merger::check(merger)?;
                Ok(Self(body.encode_to_vec().into()))
            }
            Some(Kind::Text(text)) if text.at_user_ids.len() > limits::AT_USERS_MAX => Err(Malformed::new(
                Code::GROUP_TOO_MANY_AT,
                "more than 30 users are mentioned",
            )),
            Some(it) if !file::has_good_links(it) => Err(Malformed::new(
                Code::MESSAGE_BODY_INVALID,
                "a file's link is no path of this service and no http address",
            )),
            Some(
                Kind::Text(_)
                | Kind::Custom(_)
                | Kind::Face(_)
                | Kind::Location(_)
                | Kind::Image(_)
                | Kind::Audio(_)
                | Kind::Video(_)
                | Kind::File(_),
            ) => {
                // Whatever decoding passes over only ever makes it longer than its plain form.
                if body.encoded_len() == bytes.len() {
                    Ok(Self(bytes))
                } else {
                    Ok(Self(body.encode_to_vec().into()))
                }
            }
            Some(Kind::GroupTip(_) | Kind::GroupNotice(_)) => Err(Malformed::new(
                Code::MESSAGE_BODY_INVALID,
                "only the server makes tips and notices",
            )),
            None => Err(Malformed::new(
                Code::MESSAGE_BODY_INVALID,
                "the message's element is of no known kind",
            )),
        }
    }

    /// A body of one element that the server or the SDK makes itself.
    pub fn of(kind: Kind) -> Self {
        Self::of_all([kind])
    }

    /// The same of several elements, as server-side senders make them.
    pub fn of_all(kinds: impl IntoIterator<Item = Kind>) -> Self {
        let elements = kinds.into_iter().map(|it| wire::Element { kind: Some(it) });
        let body = wire::Body {
            elements: elements.collect(),
        };
        Self(body.encode_to_vec().into())
    }

    /// Bytes that were a body when they were kept or sent.
    pub const fn trusted(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The encoded form.
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The users that a text mentions; the constant of @all among them.
    pub fn mentioned(&self) -> Vec<String> {
        match self.first() {
            Some(Kind::Text(text)) => text.at_user_ids,
            _ => Vec::new(),
        }
    }

    /// Whether a message that says this may be modified to say that: both of the same kind, one of those that the
    /// public API lets an app change.
    pub fn may_become(&self, other: &Self) -> bool {
        matches!(
            (self.first(), other.first()),
            (Some(Kind::Text(_)), Some(Kind::Text(_)))
                | (Some(Kind::Custom(_)), Some(Kind::Custom(_)))
                | (Some(Kind::Face(_)), Some(Kind::Face(_)))
                | (Some(Kind::Location(_)), Some(Kind::Location(_)))
        )
    }

    /// The first element, to be shown; `None` when a newer sender made a kind that is not known here.
    pub fn first(&self) -> Option<Kind> {
        let body = wire::Body::decode(self.0.clone()).ok()?;
        body.elements.into_iter().next()?.kind
    }

    /// All elements of a kind that is known here.
    pub fn all(&self) -> Vec<Kind> {
        let body = wire::Body::decode(self.0.clone()).unwrap_or_default();
        body.elements.into_iter().filter_map(|it| it.kind).collect()
    }
}

/// Whether a body may mention somebody or hold other messages, so that there is more to do than to take it: looked at
/// without decoding it, since most do neither. What is not understood may.
pub fn singles_out(body: &[u8]) -> bool {
    const TEXT: u8 = 0x0a;
    const WORDS: u8 = 0x0a;
    const MERGER: u8 = 0x4a;
    let Some((0x0a, mut element, [])) = field(body) else {
        return true;
    };
    while !element.is_empty() {
        match field(element) {
            Some((TEXT, mut text, rest)) => {
                element = rest;
                while !text.is_empty() {
                    match field(text) {
                        Some((WORDS, _, rest)) => text = rest,
                        _ => return true,
                    }
                }
            }
            Some((MERGER, ..)) | None => return true,
            Some((_, _, rest)) => element = rest,
        }
    }
    false
}

/// A field with a length: its tag, its content, and what comes behind it.
fn field(mut bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    if tag & 7 != 2 || *tag > 0x7f {
        return None;
    }
    bytes = rest;
    let length = usize::try_from(prost::encoding::decode_varint(&mut bytes).ok()?).ok()?;
    let (content, rest) = bytes.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(kinds: Vec<Option<Kind>>) -> Bytes {
        let elements = kinds.into_iter().map(|kind| wire::Element { kind }).collect();
        wire::Body { elements }.encode_to_vec().into()
    }

    fn text(text: &str, at: usize) -> Option<Kind> {
        let at_user_ids = (0..at).map(|it| it.to_string()).collect();
        Some(Kind::Text(wire::Text {
            text: text.to_owned(),
            at_user_ids,
        }))
    }

    #[test]
    fn a_clients_body_has_one_element_that_clients_may_make() {
        assert!(Body::parse(encoded(vec![text("hi", 30)])).is_ok());
        for (bytes, code) in [
            (Bytes::from_static(b"\xff\xff"), Code::MESSAGE_JSON),
            (encoded(vec![]), Code::MESSAGE_BODY_INVALID),
            (encoded(vec![None]), Code::MESSAGE_BODY_INVALID),
            (
                encoded(vec![text("a", 0), text("b", 0)]),
                Code::MESSAGE_BODY_INVALID,
            ),
            (
                encoded(vec![Some(Kind::GroupTip(wire::GroupTip::default()))]),
                Code::MESSAGE_BODY_INVALID,
            ),
            (encoded(vec![text("hi", 31)]), Code::GROUP_TOO_MANY_AT),
            (
                encoded(vec![text(&"x".repeat(12 * 1024), 0)]),
                Code::MESSAGE_TOO_LONG,
            ),
        ] {
            assert_eq!(Body::parse(bytes).unwrap_err().code, code);
        }
    }

    #[test]
    fn what_mentions_nobody_and_holds_nothing_is_known_without_decoding() {
        let custom = Some(Kind::Custom(wire::Custom {
            data: "x".repeat(300),
            ..wire::Custom::default()
        }));
        for plain in [text("hi", 0), text(&"x".repeat(3000), 0), text("", 0), custom] {
            assert!(!singles_out(&encoded(vec![plain])));
        }
        let merger = Some(Kind::Merger(wire::Merger::default()));
        for bytes in [
            encoded(vec![text("hi", 1)]),
            encoded(vec![merger]),
            encoded(vec![text("a", 0), text("b", 0)]),
            Bytes::from_static(b"\xff\xff"),
            Bytes::from_static(b"\x0a\x05\x0a"),
            Bytes::new(),
        ] {
            assert!(singles_out(&bytes));
        }
    }

    #[test]
    fn what_is_not_understood_is_not_carried_along() {
        let plain = encoded(vec![text("hi", 0)]);
        assert_eq!(Body::parse(plain.clone()).unwrap().bytes(), &plain);
        let tip = encoded(vec![Some(Kind::GroupTip(wire::GroupTip::default()))]);
        // A later element of the body under a number that is not known yet, and a kind beside the known one.
        let mut later = plain.to_vec();
        later.extend_from_slice(&[0x7a, 2, b'h', b'i']);
        let mut beside = plain.to_vec();
        beside.extend_from_slice(&[0xfa, 0x07, 2, b'h', b'i']);
        beside[1] += 5;
        for hidden in [later, beside] {
            let taken = Body::parse(hidden.into()).unwrap();
            assert_eq!(taken.bytes(), &plain);
        }
        // Of two known kinds the last one counts, for us and for every reader.
        let mut forged = plain.to_vec();
        forged.extend_from_slice(&tip[2..]);
        forged[1] += u8::try_from(tip.len()).unwrap() - 2;
        assert_eq!(
            Body::parse(forged.into()).unwrap_err().code,
            Code::MESSAGE_BODY_INVALID
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_body_or_malformed_and_never_a_panic(bytes: Vec<u8>) {
            singles_out(&bytes);
            let _ = Body::parse(bytes.into());
        }
    }
}
