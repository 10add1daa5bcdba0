//! A bounded queue between those who ask and the threads that hold a connection.
//!
//! **Comes in:** work with its lane, from any thread, without waiting. **Goes out:** the same, one of each lane in turn,
//! and in order within a lane. When there is no room, the one who asks hears so at once; when the queue is closed, what
//! waits is still taken. **Never here:** what the work is.
//!
//! A lane is whoever the work is done for, an account most of the time. Two rules keep one from taking what belongs to
//! all: lanes take turns, so that whoever waits with little is served after one round, however much the others have
//! put in; and no lane may hold more than what is still free, so that there is always room for those who come with
//! little. (With *n* lanes that take all they can get, each holds a share of 1/(*n* + 1), and as much stays free.)

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::store::{Result, StoreError};

/// Emptied lanes whose memory is kept for the next ones.
const SPARE_MAX: usize = 256;

/// For whom work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Lane(u64);

impl Lane {
    /// The server's own work, which may take all the room there is.
    pub(super) const SERVER: Self = Self(0);

    /// The lane of whoever this names: an account, a group. Two that meet in one lane share it, and no more.
    pub(super) fn of(name: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self(hasher.finish().max(1))
    }
}

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    waiting_max: usize,
}

struct State<T> {
    /// Those that hold something.
    lanes: HashMap<Lane, VecDeque<T>>,
    /// The same, in the order in which they are served.
    turns: VecDeque<Lane>,
    waiting: usize,
    spare: Vec<VecDeque<T>>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(waiting_max: usize) -> Self {
        Self {
            state: Mutex::new(State {
                lanes: HashMap::new(),
                turns: VecDeque::new(),
                waiting: 0,
                spare: Vec::new(),
                closed: false,
            }),
            filled: Condvar::new(),
            waiting_max,
        }
    }

    /// Adds at the end of a lane.
    pub(super) fn push(&self, lane: Lane, work: T) -> Result<()> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(StoreError::Closed);
        }
        let free = self.waiting_max.saturating_sub(state.waiting);
        let held = state.lanes.get(&lane).map_or(0, VecDeque::len);
        if free == 0 || (held >= free && lane != Lane::SERVER) {
            return Err(StoreError::Overloaded);
        }
        state.push(lane, work);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes the next, waiting for one; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = self.state.lock();
        loop {
            if let Some(work) = state.pop() {
                return Some(work);
            }
            if state.closed {
                return None;
            }
            self.filled.wait(&mut state);
        }
    }

    /// Waits for something to take, or for the end, or so long; whether time was over first.
    pub(super) fn is_idle_for(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        if state.waiting > 0 || state.closed {
            return false;
        }
        self.filled.wait_for(&mut state, time);
        state.waiting == 0 && !state.closed
    }

    /// Takes up to so many of those that wait now.
    pub(super) fn take(&self, into: &mut Vec<T>, count_max: usize) {
        let mut state = self.state.lock();
        into.extend(std::iter::from_fn(|| state.pop()).take(count_max));
    }

    /// Drops what waits.
    pub(super) fn clear(&self) {
        let mut state = self.state.lock();
        let lost = std::mem::take(&mut state.lanes);
        state.turns.clear();
        state.waiting = 0;
        drop(state);
        // Dropped unlocked: what it holds may tell others.
        drop(lost);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Takes no more in.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.filled.notify_all();
    }
}

impl<T> State<T> {
    fn push(&mut self, lane: Lane, work: T) {
        let Self {
            lanes, turns, spare, ..
        } = self;
        let waiting = lanes.entry(lane).or_insert_with(|| {
            turns.push_back(lane);
            spare.pop().unwrap_or_default()
        });
        waiting.push_back(work);
        self.waiting += 1;
    }

    /// The first of the lane whose turn it is; the lane goes to the end of the turns.
    fn pop(&mut self) -> Option<T> {
        let lane = self.turns.pop_front()?;
        // Invariant: a lane that has a turn holds something.
        let waiting = self.lanes.get_mut(&lane)?;
        let work = waiting.pop_front()?;
        self.waiting -= 1;
        if !waiting.is_empty() {
            self.turns.push_back(lane);
        } else if let Some(empty) = self.lanes.remove(&lane)
            && self.spare.len() < SPARE_MAX
            // A burst leaves no memory behind.
            && empty.capacity() <= 64
        {
            self.spare.push(empty);
        }
        Some(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_so_and_a_closed_one_gives_out_what_waits() {
        let queue = Queue::new(2);
        queue.push(Lane::SERVER, 1).unwrap();
        queue.push(Lane::SERVER, 2).unwrap();
        assert!(matches!(queue.push(Lane::SERVER, 3), Err(StoreError::Overloaded)));
        assert!(matches!(
            queue.push(Lane::of("a"), 3),
            Err(StoreError::Overloaded)
        ));
        queue.close();
        assert!(matches!(queue.push(Lane::SERVER, 3), Err(StoreError::Closed)));
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(1), Some(2), None));
    }

    #[test]
    fn a_queue_is_idle_as_long_as_it_is_empty_and_open() {
        let queue = Queue::new(2);
        assert!(queue.is_idle_for(Duration::ZERO));
        queue.push(Lane::SERVER, 1).unwrap();
        // Answered at once.
        assert!(!queue.is_idle_for(Duration::MAX));
        queue.pop();
        queue.close();
        assert!(!queue.is_idle_for(Duration::MAX));
    }

    #[test]
    fn lanes_take_turns_and_each_keeps_its_order() {
        let queue = Queue::new(100);
        for work in ["a1", "a2", "a3", "b1", "c1", "b2"] {
            queue.push(Lane::of(&work[..1]), work).unwrap();
        }
        let mut taken = Vec::new();
        queue.take(&mut taken, 4);
        assert_eq!(taken, ["a1", "b1", "c1", "a2"]);
        // Who comes now is served after one round.
        queue.push(Lane::of("d"), "d1").unwrap();
        queue.take(&mut taken, 100);
        assert_eq!(taken[4..], ["b2", "a3", "d1"]);
        queue.push(Lane::of("a"), "a4").unwrap();
        assert_eq!(queue.pop(), Some("a4"));
    }

    #[test]
    fn however_many_take_all_they_can_get_there_is_room_for_who_comes_with_little() {
        let queue = Queue::new(1000);
        for greedy in 0..9 {
            while queue.push(Lane::of(greedy), greedy).is_ok() {}
        }
        // The first ones hold what was given when there was more; as it drains, all come to the same share.
        for _ in 0..2000 {
            let done = queue.pop().unwrap();
            let _ = queue.push(Lane::of(done), done);
            for greedy in 0..9 {
                let _ = queue.push(Lane::of(greedy), greedy);
            }
        }
        for modest in 100..140 {
            queue.push(Lane::of(modest), modest).unwrap();
        }
        let mut taken = Vec::new();
        queue.take(&mut taken, 60);
        assert_eq!(
            taken.iter().filter(|it| **it >= 100).count(),
            40,
            "within one round"
        );
    }
}
