//! The client's half of the frames: what it sends, and what it receives.
//!
//! **Comes in:** requests to encode, bytes to read. **Goes out:** the same bytes and structs as `protocol::frame` makes. **Never
//! here:** meaning.
//!
//! `wire::Packet` can be written and read by both sides. Here each direction knows its own kinds only, so that the code that
//! reads requests and writes answers stays out of the browser's module; it was a quarter of it.

use bytes::Bytes;
use hongyan_protocol::wire;
use prost::Message as _;

/// What a server sends.
#[derive(Clone, PartialEq, prost::Message)]
struct Received {
    #[prost(message, repeated, tag = "1")]
    frames: Vec<ReceivedFrame>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReceivedFrame {
    #[prost(oneof = "Kind", tags = "2, 3, 4")]
    kind: Option<Kind>,
}

/// A frame of the server; pongs need no reading, since any frame is a sign of life.
#[expect(
    clippy::large_enum_variant,
    reason = "frames are read one at a time and moved on at once"
)]
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    #[prost(message, tag = "2")]
    Response(wire::Response),
    #[prost(message, tag = "3")]
    Push(wire::Push),
    #[prost(message, tag = "4")]
    Ping(wire::Ping),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Sent {
    #[prost(message, required, tag = "1")]
    frame: SentFrame,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SentFrame {
    #[prost(message, optional, tag = "1")]
    request: Option<wire::Request>,
    #[prost(message, optional, tag = "4")]
    ping: Option<wire::Ping>,
    #[prost(message, optional, tag = "5")]
    pong: Option<wire::Pong>,
}

/// The frames of one WebSocket message; `None` when it is no packet.
pub(crate) fn read(bytes: Bytes) -> Option<Vec<Kind>> {
    let packet = Received::decode(bytes).ok()?;
    Some(packet.frames.into_iter().filter_map(|it| it.kind).collect())
}

pub(crate) fn request(request: wire::Request) -> Bytes {
    write(SentFrame {
        request: Some(request),
        ..SentFrame::default()
    })
}

pub(crate) fn ping(token: u32) -> Bytes {
    write(SentFrame {
        ping: Some(wire::Ping { token }),
        ..SentFrame::default()
    })
}

pub(crate) fn pong(token: u32) -> Bytes {
    write(SentFrame {
        pong: Some(wire::Pong { token }),
        ..SentFrame::default()
    })
}

fn write(frame: SentFrame) -> Bytes {
    Sent { frame }.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_protocol::frame;

    #[test]
    fn what_is_sent_is_what_the_protocol_writes() {
        assert_eq!(ping(7), frame::ping(7));
        assert_eq!(pong(0), frame::pong(0));
        let asked = wire::Request {
            id: 3,
            command: Some(wire::request::Command::Logout(wire::Logout {})),
        };
        assert_eq!(request(asked.clone()), frame::request(asked));
    }

    #[test]
    fn what_the_protocol_writes_is_read_and_kinds_of_the_other_side_are_passed_over() {
        let mut joined = frame::ping(1).to_vec();
        joined.extend_from_slice(&frame::pong(2));
        joined.extend_from_slice(&frame::request(wire::Request::default()));
        let response = wire::Response {
            id: 4,
            code: 2024,
            ..wire::Response::default()
        };
        joined.extend_from_slice(&frame::response(response.clone()));
        assert_eq!(
            read(joined.into()),
            Some(vec![
                Kind::Ping(wire::Ping { token: 1 }),
                Kind::Response(response)
            ])
        );
        assert_eq!(read(Bytes::from_static(b"\xff\xff")), None);
    }
}
