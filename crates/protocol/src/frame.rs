//! Frames as bytes: what a socket carries.
//!
//! **Comes in:** bytes of a WebSocket message, or one frame. **Goes out:** frames, or bytes that can be laid end to end
//! with others. **Never here:** what a frame means.

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::message;

use crate::Malformed;
use crate::code::Code;
use crate::wire::{Frame, Packet, Ping, Pong, Push, Request, Response, frame};

/// Reads the frames of one WebSocket message. Its size was checked where it was received.
pub fn decode(bytes: Bytes) -> Result<Vec<Frame>, Malformed> {
    let packet = Packet::decode(bytes)
        .map_err(|_| Malformed::new(Code::REQUEST_MALFORMED, "the message is not a packet"))?;
    Ok(packet.frames)
}

/// A Packet of one frame. Several of these laid end to end are a Packet of all their frames.
pub fn encode(kind: frame::Kind) -> Bytes {
    const FRAMES: u32 = 1;
    let frame = Frame { kind: Some(kind) };
    let mut bytes = Vec::with_capacity(message::encoded_len(FRAMES, &frame));
    message::encode(FRAMES, &frame, &mut bytes);
    bytes.into()
}

/// See [`encode`].
pub fn request(request: Request) -> Bytes {
    encode(frame::Kind::Request(request))
}

/// See [`encode`].
pub fn response(response: Response) -> Bytes {
    encode(frame::Kind::Response(response))
}

/// See [`encode`].
pub fn push(push: Push) -> Bytes {
    encode(frame::Kind::Push(push))
}

/// See [`encode`].
pub fn ping(token: u32) -> Bytes {
    encode(frame::Kind::Ping(Ping { token }))
}

/// See [`encode`].
pub fn pong(token: u32) -> Bytes {
    encode(frame::Kind::Pong(Pong { token }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_laid_end_to_end_are_a_packet() {
        let mut joined = ping(1).to_vec();
        joined.extend_from_slice(&pong(2));
        joined.extend_from_slice(&ping(3));
        let kinds: Vec<_> = decode(joined.into())
            .unwrap()
            .into_iter()
            .map(|it| it.kind.unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                frame::Kind::Ping(Ping { token: 1 }),
                frame::Kind::Pong(Pong { token: 2 }),
                frame::Kind::Ping(Ping { token: 3 })
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_frames_or_malformed_and_never_a_panic(bytes: Vec<u8>) {
            let _ = decode(bytes.into());
        }
    }
}
