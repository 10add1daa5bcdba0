//! The tail: messages that are in the journal, and in the database perhaps not yet.
//!
//! **Comes in:** frames that were synced; word of what is in the database. **Goes out:** the messages, to whoever reads
//! at a moment that has them, and in the order of the journal to the one who moves them. **Never here:** files, SQL.
//!
//! A reader takes a [`Moment`] first and a snapshot of the database after it. What is in the database leaves the tail, but
//! not before those who took their moment earlier are gone: so each message is in one of the two, or in both, and then
//! the database is right. In the database a timeline has its messages up to one of them, without gaps.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::id::AccountId;
use hongyan_protocol::message::MessageKey;
use parking_lot::{Condvar, Mutex};

use super::in_place;
use super::journal::{Frame, Row};
use super::owner_of;
use crate::store::{Result, StoreError};

pub(super) struct Tail {
    state: Mutex<State>,
    /// There is more or less of it.
    changed: Condvar,
    messages_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    /// Ascending, by the timeline's number.
    timelines: HashMap<u64, VecDeque<Kept>>,
    /// Where messages are that may be sent again.
    keys: HashMap<MessageKey, i64>,
    /// Those that are not all in the database.
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
    /// The position of the next message.
    end: u64,
    /// All before it is in the database.
    applied: u64,
    /// How many times something left for the database.
    epoch: u64,
    /// What left, and waits for the readers of earlier epochs.
    leaving: VecDeque<(u64, Vec<i64>)>,
    /// Readers by their epoch.
    reading: BTreeMap<u64, usize>,
    /// Why nothing moves to the database; `None` when it does.
    trouble: Option<StoreError>,
    is_closing: bool,
}

/// A message of the tail.
#[derive(Clone)]
pub(super) struct Kept {
    frame: Arc<Frame>,
    index: usize,
}

impl Kept {
    fn position(&self) -> u64 {
        self.frame.first + self.index as u64
    }
}

impl Deref for Kept {
    type Target = Row;

    fn deref(&self) -> &Row {
        &self.frame.rows[self.index]
    }
}

/// What a reader sees of the tail.
pub(super) struct Moment<'a> {
    tail: &'a Tail,
    epoch: u64,
    /// Messages from here on came later.
    position: u64,
}

/// What there is to move.
pub(super) enum ToApply {
    Frames(Vec<Arc<Frame>>),
    /// Nothing any more.
    Closed,
}

impl Tail {
    /// One that begins with what the journal holds.
    pub(super) fn new(
        frames: Vec<Frame>,
        next: u64,
        applied: u64,
        messages_max: usize,
        bytes_max: usize,
    ) -> Self {
        let tail = Self {
            state: Mutex::new(State {
                end: next,
                applied,
                ..State::default()
            }),
            changed: Condvar::new(),
            messages_max,
            bytes_max,
        };
        for frame in frames {
            tail.push(&Arc::new(frame));
        }
        tail.state.lock().end = next;
        tail
    }

    /// Takes in what was synced.
    pub(super) fn push(&self, frame: &Arc<Frame>) {
        let mut state = self.state.lock();
        for (index, row) in frame.rows.iter().enumerate() {
            if frame.first + (index as u64) < state.applied {
                continue;
            }
            if let Some(key) = key_of(row) {
                state.keys.insert(key, row.place);
            }
            let kept = Kept {
                frame: frame.clone(),
                index,
            };
            state
                .timelines
                .entry(owner_of(row.place))
                .or_default()
                .push_back(kept);
        }
        state.bytes += frame.bytes;
        state.end = frame.end();
        state.frames.push_back(frame.clone());
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn moment(&self) -> Moment<'_> {
        let mut state = self.state.lock();
        let epoch = state.epoch;
        *state.reading.entry(epoch).or_default() += 1;
        Moment {
            tail: self,
            epoch,
            position: state.end,
        }
    }

    /// Waits until there is room; an error is that there is none and will be none soon.
    pub(super) fn wait_for_room(&self) -> Result<()> {
        let mut state = self.state.lock();
        while state.bytes > self.bytes_max || state.end - state.applied > self.messages_max as u64 {
            if let Some(trouble) = &state.trouble {
                return Err(trouble.clone());
            }
            self.changed.wait(&mut state);
        }
        Ok(())
    }

    /// Waits for as many messages as are worth moving, or for some to be as old as `linger`.
    pub(super) fn wait_for_work(&self, worth: usize, linger: Duration, count_max: usize) -> ToApply {
        let mut state = self.state.lock();
        while state.frames.is_empty() && !state.is_closing {
            self.changed.wait(&mut state);
        }
        let mut waited = false;
        while !waited
            && !state.is_closing
            && state.end - state.applied < worth as u64
            && state.bytes < self.bytes_max / 2
        {
            // Woken by each frame: what counts is that nothing came for a while, or enough.
            waited = self.changed.wait_for(&mut state, linger).timed_out();
        }
        state.to_apply(count_max)
    }

    /// What there is to move now.
    pub(super) fn to_apply(&self, count_max: usize) -> ToApply {
        self.state.lock().to_apply(count_max)
    }

    /// These are in the database, committed.
    pub(super) fn leave(&self, places: Vec<i64>) {
        if places.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        state.epoch += 1;
        let epoch = state.epoch;
        state.leaving.push_back((epoch, places));
        state.let_go();
    }

    /// All before a position is in the database, committed, and said to [`Tail::leave`].
    pub(super) fn applied(&self, position: u64) {
        let mut state = self.state.lock();
        state.applied = position;
        while let Some(frame) = state.frames.front()
            && frame.end() <= position
        {
            let bytes = frame.bytes;
            state.bytes -= bytes;
            state.frames.pop_front();
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Whether moving works.
    pub(super) fn set_trouble(&self, trouble: Option<StoreError>) {
        self.state.lock().trouble = trouble;
        self.changed.notify_all();
    }

    pub(super) fn has_trouble(&self) -> bool {
        self.state.lock().trouble.is_some()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.state.lock().is_closing
    }

    #[cfg(test)]
    pub(super) fn wait_for_close(&self) {
        let mut state = self.state.lock();
        while !state.is_closing {
            self.changed.wait(&mut state);
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.state.lock().is_closing = true;
        self.changed.notify_all();
    }

    /// The position of the next message, and that before which all are in the database.
    pub(super) fn reach(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.end, state.applied)
    }

    /// About what it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.state.lock().bytes
    }

    /// The newest of the seconds in the keys.
    pub(super) fn newest_second(&self) -> u32 {
        let state = self.state.lock();
        state
            .keys
            .keys()
            .map(|it| it.client_time_s)
            .max()
            .unwrap_or_default()
    }
}

impl State {
    fn to_apply(&self, count_max: usize) -> ToApply {
        let mut count = 0;
        let frames: Vec<_> = self
            .frames
            .iter()
            .take_while(|it| {
                let is_first = count == 0;
                count += it.rows.len();
                is_first || count <= count_max
            })
            .cloned()
            .collect();
        match frames.is_empty() {
            true => ToApply::Closed,
            false => ToApply::Frames(frames),
        }
    }

    /// Forgets what left and what no reader needs any more.
    fn let_go(&mut self) {
        let oldest = self.reading.keys().next().copied().unwrap_or(self.epoch);
        while let Some((epoch, _)) = self.leaving.front()
            && *epoch <= oldest
        {
            let (_, places) = self.leaving.pop_front().unwrap_or_default();
            for place in places {
                self.forget(place);
            }
        }
    }

    fn forget(&mut self, place: i64) {
        let number = owner_of(place);
        let Some(timeline) = self.timelines.get_mut(&number) else {
            return;
        };
        while let Some(kept) = timeline.front()
            && kept.place <= place
        {
            if let Some(key) = key_of(kept) {
                self.keys.remove(&key);
            }
            timeline.pop_front();
        }
        if timeline.is_empty() {
            self.timelines.remove(&number);
        }
    }
}

impl Moment<'_> {
    /// The newest message of a timeline.
    pub(super) fn last(&self, number: u64) -> Option<Kept> {
        let state = self.tail.state.lock();
        let timeline = state.timelines.get(&number)?;
        let count = timeline.partition_point(|it| it.position() < self.position);
        timeline.get(count.checked_sub(1)?).cloned()
    }

    /// Messages of a timeline from one sequence to another, ascending.
    pub(super) fn list(&self, number: u64, first: u64, last: u64) -> Vec<Kept> {
        let state = self.tail.state.lock();
        let Some(timeline) = state.timelines.get(&number) else {
            return Vec::new();
        };
        let begin = timeline.partition_point(|it| in_place(it.place) < first);
        let end = timeline.partition_point(|it| in_place(it.place) <= last && it.position() < self.position);
        timeline.range(begin..end.max(begin)).cloned().collect()
    }

    /// The place of a message that may be sent again.
    pub(super) fn find_key(&self, key: MessageKey) -> Option<i64> {
        let state = self.tail.state.lock();
        let place = *state.keys.get(&key)?;
        let timeline = state.timelines.get(&owner_of(place))?;
        let index = timeline.binary_search_by_key(&place, |it| it.place).ok()?;
        (timeline[index].position() < self.position).then_some(place)
    }

    /// How many messages the journal ever took.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        let mut state = self.tail.state.lock();
        if let Some(count) = state.reading.get_mut(&self.epoch) {
            *count -= 1;
            if *count == 0 {
                state.reading.remove(&self.epoch);
                state.let_go();
            }
        }
    }
}

/// `None`: it is never sent again.
fn key_of(row: &Row) -> Option<MessageKey> {
    (row.flags & super::timeline::ENTERED == 0).then_some(MessageKey {
        account: AccountId(row.account),
        client_time_s: row.client_time_s,
        random: row.random,
    })
}
