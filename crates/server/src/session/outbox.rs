//! The outbox: what waits to be written to one socket.
//!
//! **Comes in:** encoded frames, in the order in which they must arrive, from whoever publishes; and the end. **Goes
//! out:** frames joined into WebSocket messages, then the end. **Never here:** what a frame means.
//!
//! Invariant: it is bounded. A client that does not read loses its socket, not the server its memory; it comes back and
//! syncs.
//!
//! Invariant: nothing follows the end (contract C6). What was put in before it is still sent.

use std::collections::VecDeque;
use std::task::{Context, Waker};

use bytes::Bytes;
use hongyan_protocol::wire::Close;
use parking_lot::Mutex;

/// Waiting frames are joined up to this size; a larger frame travels alone.
const JOINED_BYTES_MAX: usize = 64 * 1024;

/// Why a socket is closed, for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// The close code.
    pub(crate) code: Close,
    /// In words, for people.
    pub(crate) reason: &'static str,
}

impl End {
    pub(crate) const fn new(code: Close, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits.
    Taken,
    /// There was no room. Everything that waited is dropped, and the socket is about to be closed.
    Overflowed,
    /// The end was there before it.
    Ended,
}

/// What there is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Nothing,
    /// A single frame.
    One,
    /// Several, which came together already.
    Several,
    /// The end has come. What waits before it is still to be sent.
    End(End),
}

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Outbox {
    frames_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    end: Option<End>,
    /// Who writes to the socket, when it waits for something to write.
    writer: Option<Waker>,
}

impl Outbox {
    pub(crate) fn new(frames_max: usize, bytes_max: usize) -> Self {
        Self {
            frames_max,
            bytes_max,
            state: Mutex::default(),
        }
    }

    /// Puts a frame behind the others.
    pub(crate) fn push(&self, frame: Bytes) -> Pushed {
        let mut state = self.state.lock();
        if state.end.is_some() {
            return Pushed::Ended;
        }
        let bytes = state.bytes + frame.len();
        // A single frame may be larger than the bound: an answer to a sync has its own limit.
        let full = state.frames.len() >= self.frames_max || (bytes > self.bytes_max && state.bytes > 0);
        // Who writes is awake already when something waits.
        let is_first = state.frames.is_empty();
        if full {
            state.frames = VecDeque::new();
            state.bytes = 0;
            state.end = Some(End::new(
                Close::TooSlow,
                "too much waits to be read; reconnect and sync",
            ));
        } else {
            state.frames.push_back(frame);
            state.bytes = bytes;
        }
        if is_first || full {
            wake(state);
        }
        if full { Pushed::Overflowed } else { Pushed::Taken }
    }

    /// Ends it behind one last frame. The first end counts.
    pub(crate) fn end(&self, last: Option<Bytes>, end: End) {
        let mut state = self.state.lock();
        if state.end.is_none() {
            state.frames.extend(last);
            state.end = Some(end);
            wake(state);
        }
    }

    /// The end, when it has come.
    pub(crate) fn ended(&self) -> Option<End> {
        self.state.lock().end
    }

    /// What the session that writes has to do now. It is woken when there is something after there was nothing, and when
    /// the end comes.
    pub(crate) fn waiting(&self, context: &Context<'_>) -> Waiting {
        let mut state = self.state.lock();
        if let Some(end) = state.end {
            return Waiting::End(end);
        }
        state.wake_by(context);
        match state.frames.len() {
            0 => Waiting::Nothing,
            1 => Waiting::One,
            _ => Waiting::Several,
        }
    }

    /// Puts the next message to write, joined from what waits, behind what is in the buffer; `false` when nothing waits.
    pub(crate) fn take_into(&self, buffer: &mut Vec<u8>) -> bool {
        self.state.lock().take_into(buffer)
    }

    /// The next message to write.
    pub(crate) fn take(&self) -> Option<Bytes> {
        let mut message = Vec::new();
        self.take_into(&mut message).then(|| message.into())
    }
}

impl State {
    fn take_into(&mut self, buffer: &mut Vec<u8>) -> bool {
        let mut size = 0;
        while let Some(frame) = self.frames.front()
            && (size == 0 || size + frame.len() <= JOINED_BYTES_MAX)
        {
            size += frame.len();
            buffer.extend_from_slice(frame);
            self.frames.pop_front();
        }
        self.bytes = self.bytes.saturating_sub(size);
        if self.frames.is_empty() && self.frames.capacity() > 0 {
            // Most sessions are idle most of the time.
            self.frames = VecDeque::new();
        }
        size > 0
    }

    fn wake_by(&mut self, context: &Context<'_>) {
        match &mut self.writer {
            Some(writer) => writer.clone_from(context.waker()),
            None => self.writer = Some(context.waker().clone()),
        }
    }
}

/// Wakes outside the lock.
fn wake(mut state: parking_lot::MutexGuard<'_, State>) {
    let writer = state.writer.take();
    drop(state);
    if let Some(writer) = writer {
        writer.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KICKED: End = End::new(Close::Kicked, "kicked");

    fn frame(size: usize) -> Bytes {
        vec![0; size].into()
    }

    #[test]
    fn waiting_frames_are_joined_up_to_64_kb_in_their_order() {
        let outbox = Outbox::new(100, 1 << 20);
        for part in [&b"a"[..], b"b", b"c"] {
            assert_eq!(outbox.push(Bytes::copy_from_slice(part)), Pushed::Taken);
        }
        assert_eq!(outbox.take().unwrap(), &b"abc"[..]);
        assert_eq!(outbox.take(), None);
        for size in [40_000, 20_000, 20_000, 100_000, 1] {
            outbox.push(frame(size));
        }
        let sizes: Vec<_> = std::iter::from_fn(|| outbox.take()).map(|it| it.len()).collect();
        assert_eq!(sizes, [60_000, 20_000, 100_000, 1]);
    }

    #[test]
    fn a_single_frame_is_told_from_several_and_from_the_end() {
        let outbox = Outbox::new(100, 1000);
        let waiting = || outbox.waiting(&Context::from_waker(Waker::noop()));
        assert_eq!(waiting(), Waiting::Nothing);
        outbox.push(frame(1));
        assert_eq!(waiting(), Waiting::One);
        outbox.push(frame(1));
        assert_eq!(waiting(), Waiting::Several);
        outbox.take().unwrap();
        assert_eq!(waiting(), Waiting::Nothing);
        outbox.end(Some(frame(1)), KICKED);
        assert_eq!(waiting(), Waiting::End(KICKED));
    }

    #[test]
    fn a_full_outbox_drops_what_waits_and_ends() {
        let outbox = Outbox::new(2, 1000);
        assert_eq!(outbox.push(frame(5000)), Pushed::Taken, "one frame may be large");
        assert_eq!(outbox.push(frame(1)), Pushed::Overflowed);
        assert_eq!(outbox.ended().unwrap().code, Close::TooSlow);
        assert_eq!(outbox.take(), None);
        assert_eq!(outbox.push(frame(1)), Pushed::Ended);

        let outbox = Outbox::new(2, 1000);
        outbox.push(frame(1));
        outbox.push(frame(1));
        assert_eq!(outbox.push(frame(1)), Pushed::Overflowed);
    }

    /// Contract C6.
    #[test]
    fn nothing_follows_the_end_and_what_was_before_it_is_sent() {
        let outbox = Outbox::new(100, 1000);
        outbox.push(Bytes::from_static(b"before "));
        outbox.end(Some(Bytes::from_static(b"kicked")), KICKED);
        outbox.push(Bytes::from_static(b"after"));
        outbox.end(
            Some(Bytes::from_static(b"again")),
            End::new(Close::GoingAway, "later"),
        );
        assert_eq!(outbox.take().unwrap(), &b"before kicked"[..]);
        assert_eq!(outbox.take(), None);
        assert_eq!(outbox.ended(), Some(KICKED));
    }
}
