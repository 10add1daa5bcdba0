//! What a client's WebSocket message is to a session.
//!
//! **Comes in:** what the socket gave. **Goes out:** frames, or how the session ends. **Never here:** what a frame means.

use std::collections::VecDeque;

use super::outbox::End;
use super::socket::{Error, Message};
use bytes::{Buf as _, Bytes};
use hongyan_protocol::code::Code;
use hongyan_protocol::frame;
use hongyan_protocol::wire::{Close, Frame, Request, Response, frame::Kind};
use prost::encoding::{DecodeContext, WireType, check_wire_type, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Message as _};

/// Frames in one message. An empty frame takes two bytes on the wire and far more in memory.
const FRAMES_MAX: usize = 1024;

/// A client's frame, as far as a session acts on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// With its token.
    Ping(u32),
    Request(Request),
    /// What only a server sends, and kinds of frames that are not known yet.
    Nothing,
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client closed, or its connection broke.
    Gone,
    /// The server closes.
    By(End),
    /// The server closes, and what the client still sends cannot be read as WebSocket any more.
    Broken(End),
}

/// Reads the frames of a message.
pub(crate) fn hear(message: Result<Message, Error>) -> Result<VecDeque<Heard>, Ended> {
    match message {
        Ok(Message::Binary(bytes)) => decode(bytes).map_err(Ended::By),
        Ok(Message::Text) => Err(Ended::By(TEXT)),
        // The WebSocket's own pings are answered by the socket. They are a sign of life like any other.
        Ok(Message::Sign) => Ok(VecDeque::new()),
        Ok(Message::Close) | Err(Error::Gone) => Err(Ended::Gone),
        Err(Error::TooLarge) => Err(Ended::Broken(TOO_LARGE)),
        Err(Error::Malformed) => Err(Ended::Broken(NOT_WEBSOCKET)),
    }
}

/// The answer to a request that is not carried out.
pub(crate) fn refusal(id: u32, code: Code, text: &str) -> Bytes {
    frame::response(Response {
        id,
        code: code.0,
        text: text.to_owned(),
        result: None,
    })
}

const TEXT: End = End::new(Close::Malformed, "text messages are not part of the protocol");
const NOT_WEBSOCKET: End = End::new(Close::Malformed, "this is not WebSocket");
const NOT_A_PACKET: End = End::new(Close::Malformed, "the message is not a Packet");
const TOO_MANY_FRAMES: End = End::new(Close::Malformed, "more than 1024 frames in one message");
const TOO_LARGE: End = End::new(Close::FrameTooLarge, "the message is larger than 64 KB");

fn decode(bytes: Bytes) -> Result<VecDeque<Heard>, End> {
    let mut rest = &bytes[..];
    let mut frames = 0;
    while !rest.is_empty() {
        let skipped = decode_key(&mut rest)
            .and_then(|(tag, wire_type)| skip_field(wire_type, tag, &mut rest, DecodeContext::default()));
        skipped.map_err(|_| NOT_A_PACKET)?;
        frames += 1;
        if frames > FRAMES_MAX {
            return Err(TOO_MANY_FRAMES);
        }
    }
    // Room for as many as there are.
    let mut heard = VecDeque::with_capacity(frames);
    let mut rest = bytes;
    while rest.has_remaining() {
        heard.extend(next(&mut rest).map_err(|_| NOT_A_PACKET)?);
    }
    Ok(heard)
}

/// The next frame of a Packet; `None` when it is a field that is not known.
fn next(rest: &mut Bytes) -> Result<Option<Heard>, DecodeError> {
    const FRAMES: u32 = 1;
    const REQUEST: u32 = 1;
    let (tag, wire_type) = decode_key(rest)?;
    if tag != FRAMES {
        skip_field(wire_type, tag, rest, DecodeContext::default())?;
        return Ok(None);
    }
    check_wire_type(WireType::LengthDelimited, wire_type)?;
    // The length was looked at before.
    let length = decode_varint(rest)? as usize;
    let frame = rest.split_to(length.min(rest.len()));
    // Nearly all are a request and nothing else. A frame has room for whatever one may be, and is large.
    let mut inner = &frame[..];
    if let Ok((REQUEST, WireType::LengthDelimited)) = decode_key(&mut inner)
        && decode_varint(&mut inner).is_ok_and(|it| it == inner.len() as u64)
    {
        let request = frame.slice(frame.len() - inner.len()..);
        return Request::decode(request).map(|it| Some(Heard::Request(it)));
    }
    Ok(Some(match Frame::decode(frame)?.kind {
        Some(Kind::Request(request)) => Heard::Request(request),
        Some(Kind::Ping(ping)) => Heard::Ping(ping.token),
        Some(Kind::Response(_) | Kind::Push(_) | Kind::Pong(_)) | None => Heard::Nothing,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8]) -> Result<usize, Ended> {
        hear(Ok(Message::Binary(Bytes::copy_from_slice(bytes)))).map(|it| it.len())
    }

    #[test]
    fn garbage_half_frames_and_text_end_the_session_with_their_code() {
        let ping = frame::ping(7);
        assert_eq!(heard(&ping), Ok(1));
        assert_eq!(heard(&[]), Ok(0));
        assert_eq!(heard(&[0xff; 10]), Err(Ended::By(NOT_A_PACKET)));
        assert_eq!(heard(&ping[..ping.len() - 1]), Err(Ended::By(NOT_A_PACKET)));
        assert_eq!(heard(&[0x0a, 0].repeat(1024)), Ok(1024));
        assert_eq!(heard(&[0x0a, 0].repeat(1025)), Err(Ended::By(TOO_MANY_FRAMES)));
        assert_eq!(hear(Ok(Message::Text)), Err(Ended::By(TEXT)));
        assert_eq!(hear(Err(Error::Gone)), Err(Ended::Gone));
    }

    #[test]
    fn frames_are_what_their_packet_says_they_are() {
        let request = |id| Request { id, command: None };
        let joined = [
            frame::request(request(1)),
            frame::ping(2),
            frame::pong(3),
            frame::request(request(4)),
            // A frame of two kinds is the last of them.
            Bytes::from_static(&[0x0a, 8, 0x0a, 2, 0x08, 5, 0x22, 2, 0x08, 6]),
            Bytes::from_static(&[0x0a, 8, 0x22, 2, 0x08, 7, 0x0a, 2, 0x08, 8]),
            Bytes::from_static(&[0x0a, 0]),
        ]
        .concat();
        assert_eq!(
            decode(joined.into()).unwrap(),
            [
                Heard::Request(request(1)),
                Heard::Ping(2),
                Heard::Nothing,
                Heard::Request(request(4)),
                Heard::Ping(6),
                Heard::Request(request(8)),
                Heard::Nothing,
            ]
        );
        assert_eq!(decode(Bytes::from_static(&[0x08, 1])), Err(NOT_A_PACKET));
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        let mut bytes = vec![0x7a, 3, 1, 2, 3]; // field 15, three bytes
        bytes.extend_from_slice(&frame::ping(7));
        assert_eq!(heard(&bytes), Ok(1));
    }
}
