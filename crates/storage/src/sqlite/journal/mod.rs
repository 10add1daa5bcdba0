//! The journal: where messages are on disk first, one write and one sync for all that have gathered.
//!
//! **Comes in:** gathered messages. **Goes out:** that they are on disk, and at a start those that are there. **Never
//! here:** what a message is; the database, to which they go later ([`super::apply`]).
//!
//! A segment is a file of a fixed size, zeros at first, so that a sync has the bytes to write and nothing about the file.
//! Frames go into it one behind the other, and each is synced before the next is written: so at most the last one can be
//! torn, and a sound one behind one that is not means damage, which is no start but an error. A start begins a new segment.
//!
//! When writing or syncing fails, the segment is given up where it was last known to be good, and the next frame begins a new
//! one. What failed may be on disk all the same, and its waiters are told that it is not. So before that a frame of no
//! messages is written to a new segment and synced: what stands in an older segment from its position on does not count.
//! When even that fails, the journal is *in doubt*, and tries again until it succeeds.
//!
//! A segment is deleted when all its messages are in the database to stay.

mod disk;
mod frame;
mod simulated;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

pub(crate) use disk::{Disk, Folder, Segment};
use frame::BLOCK_BYTES;
pub(crate) use frame::{FRAME_BYTES_MAX, Frame, Gathered, Row};
pub use simulated::{SimulatedDisk, Trouble};

use crate::store::{Result, StoreError};

/// The least that a segment may have: its head, and a frame as long as they come.
const SEGMENT_BYTES_MIN: usize = 2 * FRAME_BYTES_MAX;

/// The writing end.
pub(super) struct Journal {
    segments: Arc<Segments>,
    open: Option<Open>,
    /// The position of the next message.
    next: u64,
    /// Something may be on disk that was written and not synced.
    in_doubt: bool,
}

/// The segment that is written now.
struct Open {
    segment: Ready,
    /// Where the next frame goes.
    at: usize,
    salt: u32,
    /// Its head is written.
    is_begun: bool,
}

/// A segment of zeros.
struct Ready {
    number: u64,
    bytes: usize,
    file: Box<dyn Segment>,
}

/// All segments: one is made ahead, and old ones wait for their end.
pub(super) struct Segments {
    disk: Arc<dyn Disk>,
    bytes: usize,
    state: Mutex<State>,
}

struct State {
    /// How many there are.
    files: usize,
    /// The next number of a file.
    number: u64,
    /// The next place among the segments.
    order: u64,
    ready: Option<Ready>,
    /// Those that are written no more, with the position behind their last message; oldest first.
    sealed: VecDeque<(u64, u64)>,
}

/// What a start finds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What is not in the database yet, or may not be.
    pub(super) frames: Vec<Frame>,
    /// The position of the next message.
    pub(super) next: u64,
}

impl Journal {
    /// Opens what is there. All before `applied` is in the database.
    pub(super) fn open(disk: Arc<dyn Disk>, segment_bytes: usize, applied: u64) -> Result<(Self, Found)> {
        let mut numbers = disk.list().map_err(unreadable)?;
        numbers.sort_unstable();
        let mut used = Vec::new();
        let mut unused = Vec::new();
        for number in &numbers {
            let bytes = Bytes::from(disk.read(*number).map_err(unreadable)?);
            match frame::read_segment(&bytes) {
                Ok(Some(contents)) => used.push((*number, contents)),
                // Made ahead, or not even begun when the machine stopped.
                Ok(None) => unused.push(*number),
                Err(format) => {
                    return Err(StoreError::Unreadable(format!(
                        "the journal's file {number} is of format {format}, newer than this program"
                    )));
                }
            }
        }
        used.sort_by_key(|(_, contents)| contents.order);
        let mut state = State {
            files: numbers.len(),
            number: numbers.last().map_or(1, |it| it + 1),
            order: used.last().map_or(1, |(_, it)| it.order + 1),
            ready: None,
            sealed: unused.into_iter().map(|number| (number, 0)).collect(),
        };
        let mut found = Found {
            frames: Vec::new(),
            next: applied,
        };
        for (number, contents) in used {
            if let Some(first) = contents.frames.first().map(|it| it.first) {
                // What a segment says from here on was never acknowledged: it was written anew, to this one.
                while found.frames.last().is_some_and(|it| it.first >= first) {
                    found.frames.pop();
                }
                found.next = found.frames.last().map_or(applied, Frame::end);
            }
            for frame in contents.frames {
                if frame.rows.is_empty() || frame.end() <= applied {
                    continue;
                }
                if frame.first > found.next {
                    return Err(StoreError::Unreadable(format!(
                        "the journal is damaged: {} acknowledged messages cannot be read that were before those in its \
                         file {number}",
                        frame.first - found.next
                    )));
                }
                found.next = frame.end();
                found.frames.push(frame);
            }
            state.sealed.push_back((number, found.next));
        }
        let segments = Arc::new(Segments {
            disk,
            bytes: segment_bytes.max(SEGMENT_BYTES_MIN),
            state: Mutex::new(state),
        });
        let journal = Self {
            segments,
            open: None,
            next: found.next,
            in_doubt: false,
        };
        Ok((journal, found))
    }

    pub(super) fn segments(&self) -> Arc<Segments> {
        self.segments.clone()
    }

    /// Writes a frame; it is on disk after [`Journal::sync`].
    pub(super) fn write(&mut self, gathered: &mut Gathered) -> Result<()> {
        let written = self.try_to_write(gathered);
        if let Err(error) = &written {
            tracing::error!(%error, "the journal cannot be written");
            self.give_up();
        }
        written
    }

    /// What was written is on disk; the position of its first message.
    pub(super) fn sync(&mut self, count: usize) -> Result<u64> {
        if let Err(error) = self.try_to_sync() {
            tracing::error!(%error, "the journal cannot be synced");
            // What a failed sync left is unknown, and a second one would not say.
            self.give_up();
            return Err(error);
        }
        let first = self.next;
        self.next += count as u64;
        Ok(first)
    }

    /// Counts what was written as synced, which it is not.
    #[cfg(feature = "sabotage")]
    pub(super) fn pretend(&mut self, count: usize) -> u64 {
        self.next += count as u64;
        self.next - count as u64
    }

    /// Writes a frame of no messages: to see whether that can be, and to have it behind what did not come to be.
    pub(super) fn probe(&mut self) -> Result<()> {
        let done = self
            .try_to_write(&mut Gathered::default())
            .and_then(|()| self.try_to_sync());
        if done.is_err() {
            self.seal();
        }
        done
    }

    /// Whether a message that was refused may be there after a crash.
    pub(super) const fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Writes no more to the open segment, and says on disk what of it counts.
    fn give_up(&mut self) {
        self.seal();
        if self.in_doubt
            && let Err(error) = self.probe()
        {
            tracing::error!(%error, "messages that were refused may be there after a crash, until the journal can be written");
        }
    }

    fn try_to_write(&mut self, gathered: &mut Gathered) -> Result<()> {
        // Its length does not depend on the salt.
        let length = gathered.sealed(0, self.next).len();
        if self
            .open
            .as_ref()
            .is_some_and(|it| it.at + length > it.segment.bytes)
        {
            self.seal();
        }
        if self.open.is_none() {
            let segment = self.segments.take().map_err(unwritable)?;
            self.open = Some(Open {
                segment,
                at: BLOCK_BYTES,
                salt: self.segments.disk.salt(),
                is_begun: false,
            });
        }
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if !open.is_begun {
            let head = frame::segment_head(open.salt, self.segments.next_order());
            open.segment.file.write(0, &head).map_err(unwritable)?;
            open.is_begun = true;
        }
        let bytes = gathered.sealed(open.salt, self.next);
        self.in_doubt = true;
        open.segment.file.write(open.at, bytes).map_err(unwritable)?;
        open.at += bytes.len();
        Ok(())
    }

    fn try_to_sync(&mut self) -> Result<()> {
        if let Some(open) = &mut self.open {
            open.segment.file.sync().map_err(unwritable)?;
        }
        self.in_doubt = false;
        Ok(())
    }

    /// Writes no more to the open segment.
    fn seal(&mut self) {
        if let Some(open) = self.open.take() {
            let mut state = self.segments.state.lock();
            state.sealed.push_back((open.segment.number, self.next));
        }
    }

    /// Deletes all of it: everything is in the database to stay.
    pub(super) fn clear(&mut self) {
        self.seal();
        let mut state = self.segments.state.lock();
        if let Some(ready) = state.ready.take() {
            state.sealed.push_back((ready.number, 0));
        }
        drop(state);
        self.segments.drop_applied(self.next);
    }
}

impl Segments {
    /// Makes one ahead, when there is none.
    pub(super) fn prepare(&self) {
        if self.state.lock().ready.is_some() {
            return;
        }
        match self.create() {
            Ok(ready) => self.state.lock().ready = Some(ready),
            Err(error) => tracing::warn!(%error, "no room for the journal's next file yet"),
        }
    }

    /// Deletes those whose messages are all in the database to stay, which is so before this position.
    pub(super) fn drop_applied(&self, position: u64) {
        let mut state = self.state.lock();
        while let Some((number, end)) = state.sealed.front().copied()
            && end <= position
        {
            // Oldest first and none passed over: a start must find no gap.
            if let Err(error) = self.disk.remove(number) {
                tracing::warn!(%error, number, "a file of the journal that is not needed any more stays");
                return;
            }
            state.sealed.pop_front();
            state.files -= 1;
        }
    }

    /// How many there are, the one made ahead among them.
    pub(super) fn files(&self) -> usize {
        self.state.lock().files
    }

    /// How many are written no more and have nothing that is not in the database.
    pub(super) fn count_applied(&self, position: u64) -> usize {
        let state = self.state.lock();
        state
            .sealed
            .iter()
            .take_while(|(_, end)| *end <= position)
            .count()
    }

    fn take(&self) -> std::io::Result<Ready> {
        let ready = self.state.lock().ready.take();
        match ready {
            Some(ready) => Ok(ready),
            None => self.create(),
        }
    }

    fn create(&self) -> std::io::Result<Ready> {
        let number = {
            let mut state = self.state.lock();
            state.number += 1;
            state.number - 1
        };
        let made = |bytes| {
            let file = self.disk.create(number, bytes)?;
            self.state.lock().files += 1;
            Ok(Ready { number, bytes, file })
        };
        // The last room of a disk is used too.
        made(self.bytes).or_else(|error: std::io::Error| match self.bytes > SEGMENT_BYTES_MIN {
            true => made(SEGMENT_BYTES_MIN),
            false => Err(error),
        })
    }

    fn next_order(&self) -> u64 {
        let mut state = self.state.lock();
        state.order += 1;
        state.order - 1
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn unwritable(error: std::io::Error) -> StoreError {
    StoreError::Unwritable(format!("the journal: {error}"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn unreadable(error: std::io::Error) -> StoreError {
    StoreError::Unreadable(format!("the journal: {error}"))
}
