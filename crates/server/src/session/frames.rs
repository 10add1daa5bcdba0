//! What a client's WebSocket message is to a session.
//!
//! **Comes in:** what the socket gave. **Goes out:** frames, or how the session ends. **Never here:** what a frame means.

use std::collections::VecDeque;

use super::outbox::End;
use super::socket::{Error, Message};
use bytes::Bytes;
use hongyan_protocol::code::Code;
use hongyan_protocol::frame;
use hongyan_protocol::wire::{Close, Frame, Packet, Response};
use prost::Message as _;
use prost::encoding::{DecodeContext, decode_key, skip_field};

/// Frames in one message. An empty frame takes two bytes on the wire and far more in memory.
const FRAMES_MAX: usize = 1024;

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
pub(crate) fn hear(message: Result<Message, Error>) -> Result<VecDeque<Frame>, Ended> {
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

fn decode(bytes: Bytes) -> Result<VecDeque<Frame>, End> {
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
    // Frames are large in memory: room for as many as there are.
    let mut packet = Packet {
        frames: Vec::with_capacity(frames),
    };
    packet.merge(bytes).map_err(|_| NOT_A_PACKET)?;
    Ok(packet.frames.into())
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
    fn unknown_fields_are_passed_over() {
        let mut bytes = vec![0x7a, 3, 1, 2, 3]; // field 15, three bytes
        bytes.extend_from_slice(&frame::ping(7));
        assert_eq!(heard(&bytes), Ok(1));
    }
}
