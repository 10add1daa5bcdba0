//! The socket of a session: the server's end of a WebSocket (RFC 6455).
//!
//! **Comes in:** bytes of a connection, and messages to write. **Goes out:** the client's messages, one at a time; bytes.
//! **Never here:** what a message means.
//!
//! Most sockets are idle, so one keeps no buffer of its own: what arrives is read into a buffer of the thread and kept
//! only as long as a message is incomplete, and what is written is put together in another one and kept only as far as
//! the system does not take it. All that waits for a socket goes into one system call.

use std::cell::RefCell;
use std::io::{self, Cursor};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use hongyan_protocol::limits;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use crate::gateway::Stream;

/// What is read at once.
const READ_BYTES: usize = 16 * 1024;
/// A buffer for writing that grew beyond this is given up.
const WRITE_BYTES_KEPT: usize = 256 * 1024;
/// A frame's head without a mask.
const HEAD_BYTES_MAX: usize = 10;
/// A frame that is not data.
const CONTROL_BYTES_MAX: u64 = 125;

thread_local! {
    static READING: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
    static WRITING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// A whole message.
    Binary(Bytes),
    /// The same as text, which is not taken.
    Text,
    /// No message: a ping, a pong, or a part of something larger.
    Sign,
    /// It closes.
    Close,
}

/// Why no more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Error {
    /// The message is larger than may be.
    TooLarge,
    /// What was sent is not WebSocket.
    Malformed,
    /// The connection ended or broke.
    Gone,
}

/// See the head of the file.
pub(crate) struct Socket {
    stream: Stream,
    decoder: Decoder,
    /// What the system did not take yet, from the frame under way on.
    unwritten: Bytes,
    /// The newest ping that is not answered yet; older ones need no answer.
    pong: Option<Bytes>,
    is_closing: bool,
}

impl Socket {
    /// Takes a connection over whose handshake is done, with what was read behind it.
    pub(crate) fn new(stream: Stream, read: &[u8]) -> Self {
        let mut decoder = Decoder::default();
        decoder.unread.extend_from_slice(read);
        Self {
            stream,
            decoder,
            unwritten: Bytes::new(),
            pong: None,
            is_closing: false,
        }
    }

    /// The next message. A ping is answered, and a farewell too, with what is written next.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        loop {
            match self.decoder.next()? {
                Some(Frame::Message(message)) => return Poll::Ready(Ok(message)),
                Some(Frame::Ping(payload)) => {
                    self.pong = Some(payload);
                    return Poll::Ready(Ok(Message::Sign));
                }
                Some(Frame::Close(code)) => {
                    if !self.is_closing {
                        self.queue_close(code, "");
                    }
                    return Poll::Ready(Ok(Message::Close));
                }
                None => {}
            }
            let (stream, unread) = (&mut self.stream, &mut self.decoder.unread);
            let read = READING.with_borrow_mut(|buffer| {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
                unread.extend_from_slice(buffer.filled());
                Poll::Ready(io::Result::Ok(buffer.filled().len()))
            });
            match ready!(read) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Poll::Ready(Err(Error::Gone)),
            }
        }
    }

    /// See [`Socket::poll_next`].
    pub(crate) async fn next(&mut self) -> Result<Message, Error> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// Writes messages until there is none or the system takes no more. `next` puts the next one behind what is in the
    /// buffer, and says whether there was one; it is to wake when there is one later.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        mut next: impl FnMut(&mut Vec<u8>) -> bool,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_flush(context))?;
            let written = WRITING.with_borrow_mut(|buffer| {
                buffer.clear();
                // Room for the head, whose size is known last.
                buffer.resize(HEAD_BYTES_MAX, 0);
                if !next(buffer) {
                    return Ok(false);
                }
                let frame = with_head(buffer, OpCode::Data(Data::Binary));
                let taken = match Pin::new(&mut self.stream).poll_write(context, frame) {
                    Poll::Ready(Ok(0)) => Err(io::ErrorKind::WriteZero.into()),
                    Poll::Ready(taken) => taken,
                    Poll::Pending => Ok(0),
                };
                self.unwritten = Bytes::copy_from_slice(&frame[taken?..]);
                if buffer.capacity() > WRITE_BYTES_KEPT {
                    *buffer = Vec::new();
                }
                io::Result::Ok(true)
            });
            if !written? {
                return self.poll_flush(context);
            }
        }
    }

    /// Writes what was begun, and what answers the client's WebSocket.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.unwritten.is_empty() {
                match ready!(Pin::new(&mut self.stream).poll_write(context, &self.unwritten))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    taken => self.unwritten.advance(taken),
                }
            }
            match self.pong.take() {
                Some(payload) => self.unwritten = control(Control::Pong, &payload),
                None => break,
            }
        }
        // An empty one may still share the memory that it was cut from.
        self.unwritten = Bytes::new();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Says that the server closes; the client is to answer with the same.
    pub(crate) async fn close(&mut self, code: u16, reason: &str) -> io::Result<()> {
        self.flush().await?;
        self.queue_close(Some(code), reason);
        self.flush().await
    }

    /// Waits until what is queued has been taken.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        std::future::poll_fn(|context| self.poll_flush(context)).await
    }

    /// Ends the connection of a client whose bytes cannot be read as WebSocket any more. Closed with bytes unread, it
    /// would be reset, and the close code lost on its way.
    pub(crate) async fn pass_over_the_rest(&mut self) {
        let _ = self.stream.shutdown().await;
        let mut scrap = vec![0; READ_BYTES];
        while self.stream.read(&mut scrap).await.is_ok_and(|it| it > 0) {}
    }

    fn queue_close(&mut self, code: Option<u16>, reason: &str) {
        self.is_closing = true;
        self.pong = None;
        let mut payload = Vec::with_capacity(2 + reason.len());
        if let Some(code) = code {
            payload.extend_from_slice(&code.to_be_bytes());
            payload.extend_from_slice(reason.as_bytes());
        }
        let close = control(Control::Close, &payload);
        self.unwritten = match self.unwritten.is_empty() {
            true => close,
            false => [&self.unwritten[..], &close].concat().into(),
        };
    }
}

/// A frame whose payload begins at [`HEAD_BYTES_MAX`], with its head right before that.
fn with_head(buffer: &mut [u8], opcode: OpCode) -> &[u8] {
    let length = (buffer.len() - HEAD_BYTES_MAX) as u64;
    let header = FrameHeader {
        is_final: true,
        opcode,
        ..FrameHeader::default()
    };
    let begin = HEAD_BYTES_MAX - header.len(length);
    let mut head = &mut buffer[begin..HEAD_BYTES_MAX];
    // Cannot fail: the room is as long as the head.
    let _ = header.format(length, &mut head);
    &buffer[begin..]
}

fn control(kind: Control, payload: &[u8]) -> Bytes {
    let mut buffer = vec![0; HEAD_BYTES_MAX];
    buffer.extend_from_slice(payload);
    Bytes::copy_from_slice(with_head(&mut buffer, OpCode::Control(kind)))
}

/// Bytes of a client, taken apart.
#[derive(Debug, Default)]
struct Decoder {
    /// What is no whole frame yet; without memory when there is nothing.
    unread: BytesMut,
    /// The message whose parts are arriving.
    parts: Option<Box<Parts>>,
}

#[derive(Debug)]
struct Parts {
    is_text: bool,
    bytes: BytesMut,
}

#[derive(Debug, PartialEq, Eq)]
enum Frame {
    Message(Message),
    Ping(Bytes),
    /// With the code to answer with.
    Close(Option<u16>),
}

impl Decoder {
    /// The next frame, when all of it is there. Invariant: it keeps no more than a message and what is read at once.
    fn next(&mut self) -> Result<Option<Frame>, Error> {
        let mut head = Cursor::new(&self.unread[..]);
        let Some((header, length)) = FrameHeader::parse(&mut head).map_err(|_| Error::Malformed)? else {
            return Ok(None);
        };
        let head = head.position() as usize;
        let parts = self.parts.as_ref().map_or(0, |it| it.bytes.len());
        let is_control = matches!(header.opcode, OpCode::Control(_));
        if !is_control && length > (limits::FRAME_BYTES_MAX - parts) as u64 {
            return Err(Error::TooLarge);
        }
        let Some(mask) = header
            .mask
            .filter(|_| !header.rsv1 && !header.rsv2 && !header.rsv3)
        else {
            return Err(Error::Malformed);
        };
        if is_control && (!header.is_final || length > CONTROL_BYTES_MAX) {
            return Err(Error::Malformed);
        }
        let length = length as usize;
        if self.unread.len() < head + length {
            return Ok(None);
        }
        self.unread.advance(head);
        let mut payload = self.unread.split_to(length);
        if self.unread.is_empty() {
            // It would keep the memory that it shares with the payload.
            self.unread = BytesMut::new();
        }
        unmask(&mut payload, mask);
        let is_text = match header.opcode {
            OpCode::Control(Control::Ping) => return Ok(Some(Frame::Ping(Bytes::copy_from_slice(&payload)))),
            OpCode::Control(Control::Close) => return close_code(&payload).map(|it| Some(Frame::Close(it))),
            OpCode::Control(_) => return Ok(Some(Frame::Message(Message::Sign))),
            OpCode::Data(data) => match (data, &mut self.parts) {
                (Data::Binary | Data::Text, None) => data == Data::Text,
                (Data::Continue, Some(parts)) => {
                    parts.bytes.extend_from_slice(&payload);
                    if !header.is_final {
                        return Ok(Some(Frame::Message(Message::Sign)));
                    }
                    let is_text = parts.is_text;
                    payload = std::mem::take(&mut parts.bytes);
                    self.parts = None;
                    is_text
                }
                _ => return Err(Error::Malformed),
            },
        };
        if !header.is_final {
            // A copy, so that parts are joined in memory of their own.
            let bytes = BytesMut::from(&payload[..]);
            self.parts = Some(Box::new(Parts { is_text, bytes }));
            return Ok(Some(Frame::Message(Message::Sign)));
        }
        Ok(Some(Frame::Message(match is_text {
            true => Message::Text,
            false => Message::Binary(payload.freeze()),
        })))
    }
}

/// The code with which a client's farewell is answered.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Error> {
    match payload {
        [] => Ok(None),
        [high, low, reason @ ..] if std::str::from_utf8(reason).is_ok() => {
            let code = CloseCode::from(u16::from_be_bytes([*high, *low]));
            let answer = if code.is_allowed() {
                code
            } else {
                CloseCode::Protocol
            };
            Ok(Some(answer.into()))
        }
        _ => Err(Error::Malformed),
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    // Eight bytes at a time; a mask is four long.
    let mut wide = [0; 8];
    wide[..4].copy_from_slice(&mask);
    wide[4..].copy_from_slice(&mask);
    let wide = u64::from_ne_bytes(wide);
    let (whole, rest) = payload.as_chunks_mut::<8>();
    for chunk in whole {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// For fuzzing: bytes as they come from a connection, in pieces of this size.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn decoded(bytes: &[u8], piece: usize) -> Vec<Result<Message, Error>> {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        decoder.unread.extend_from_slice(piece);
        loop {
            match decoder.next() {
                Ok(Some(Frame::Message(message))) => messages.push(Ok(message)),
                Ok(Some(Frame::Ping(_))) => messages.push(Ok(Message::Sign)),
                Ok(Some(Frame::Close(_))) => messages.push(Ok(Message::Close)),
                Ok(None) => break,
                Err(error) => {
                    messages.push(Err(error));
                    return messages;
                }
            }
        }
        let held = decoder.unread.len() + decoder.parts.as_ref().map_or(0, |it| it.bytes.len());
        assert!(
            held <= limits::FRAME_BYTES_MAX + 14 + piece.len(),
            "what is kept is bounded"
        );
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame: its first byte, and its payload, masked.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | length as u8),
            length @ 126..65536 => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(mask);
        let masked = payload.iter().zip(mask.iter().cycle());
        bytes.extend(masked.map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn binary(payload: &[u8]) -> Result<Message, Error> {
        Ok(Message::Binary(Bytes::copy_from_slice(payload)))
    }

    #[test]
    fn messages_are_the_same_in_whatever_pieces_they_come() {
        let long: Vec<u8> = (0..60_000_u32).map(|it| it as u8).collect();
        let bytes = [
            frame(0x82, b"one"),
            frame(0x82, b""),
            frame(0x89, b"ping"),
            frame(0x02, b"tw"),
            frame(0x00, b""),
            frame(0x8a, b""),
            frame(0x80, b"o"),
            frame(0x82, &long),
            frame(0x81, b"text"),
            frame(0x88, &[0x03, 0xe8]),
        ]
        .concat();
        let sign = Ok(Message::Sign);
        let expected = [
            binary(b"one"),
            binary(b""),
            sign.clone(),
            sign.clone(),
            sign.clone(),
            sign,
            binary(b"two"),
            binary(&long),
            Ok(Message::Text),
            Ok(Message::Close),
        ];
        for piece in [1, 2, 7, 1000, 16 * 1024, usize::MAX] {
            assert_eq!(decoded(&bytes, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_websocket_of_a_client_is_malformed_and_what_is_too_large_says_so() {
        let unmasked = vec![0x82, 1, b'x'];
        let long = vec![0; limits::FRAME_BYTES_MAX];
        for bytes in [
            unmasked,
            frame(0xc2, b"a reserved bit"),
            frame(0x83, b"an unknown kind"),
            frame(0x8b, b"an unknown control"),
            frame(0x80, b"the end of nothing"),
            frame(0x09, b"half a ping"),
            frame(0x89, &[0; 126]),
            frame(0x88, &[3]),
            frame(0x88, &[3, 0xe8, 0xff]),
        ] {
            assert_eq!(decoded(&bytes, 5), [Err(Error::Malformed)], "{bytes:?}");
        }
        let begun_twice = [frame(0x02, b"a"), frame(0x82, b"b")].concat();
        assert_eq!(
            decoded(&begun_twice, 99),
            [Ok(Message::Sign), Err(Error::Malformed)]
        );

        assert_eq!(decoded(&frame(0x82, &long), 4096), [binary(&long)]);
        // Its head says it all.
        let too_long = frame(0x82, &[&long[..], &[0]].concat());
        assert_eq!(decoded(&too_long[..14], 14), [Err(Error::TooLarge)]);
        let in_parts = [frame(0x02, &long), frame(0x80, b"x")].concat();
        assert_eq!(
            decoded(&in_parts, 4096),
            [Ok(Message::Sign), Err(Error::TooLarge)]
        );
        let endless = [
            0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
        ];
        assert_eq!(decoded(&endless, 1), [Err(Error::TooLarge)]);
    }

    #[test]
    fn what_is_read_whole_leaves_no_memory_behind() {
        let mut decoder = Decoder::default();
        decoder
            .unread
            .extend_from_slice(&[frame(0x82, b"a"), frame(0x82, b"b")].concat());
        assert!(decoder.next().unwrap().is_some() && decoder.next().unwrap().is_some());
        assert_eq!((decoder.next(), decoder.unread.capacity()), (Ok(None), 0));
    }

    #[test]
    fn heads_are_as_long_as_they_have_to_be() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut buffer = vec![7; HEAD_BYTES_MAX + length];
            let frame = with_head(&mut buffer, OpCode::Data(Data::Binary));
            assert_eq!(frame.len(), head + length);
            let parsed = FrameHeader::parse(&mut Cursor::new(frame)).unwrap().unwrap();
            assert_eq!(
                (parsed.1, parsed.0.is_final, parsed.0.mask),
                (length as u64, true, None)
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_messages_or_an_error_and_never_a_panic(bytes: Vec<u8>, piece: u8) {
            let whole = decoded(&bytes, bytes.len());
            proptest::prop_assert_eq!(whole, decoded(&bytes, piece.into()));
        }
    }
}
