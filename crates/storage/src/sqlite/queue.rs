//! A bounded queue between those who ask and the threads that hold a connection.
//!
//! **Comes in:** work, from any thread, without waiting. **Goes out:** the same in order. When it is full, the one who
//! asks hears so at once; when it is closed, what waits is still taken. **Never here:** what the work is.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

use crate::store::{Result, StoreError};

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    waiting_max: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(waiting_max: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                closed: false,
            }),
            filled: Condvar::new(),
            waiting_max,
        }
    }

    /// Adds at the end.
    pub(super) fn push(&self, work: T) -> Result<()> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(StoreError::Closed);
        }
        if state.waiting.len() >= self.waiting_max {
            return Err(StoreError::Overloaded);
        }
        state.waiting.push_back(work);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes the first, waiting for one; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = self.state.lock();
        loop {
            if let Some(work) = state.waiting.pop_front() {
                return Some(work);
            }
            if state.closed {
                return None;
            }
            self.filled.wait(&mut state);
        }
    }

    /// Takes up to so many of those that wait now.
    pub(super) fn take(&self, into: &mut Vec<T>, count_max: usize) {
        let mut state = self.state.lock();
        let count = state.waiting.len().min(count_max);
        into.extend(state.waiting.drain(..count));
    }

    /// Takes no more in.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_so_and_a_closed_one_gives_out_what_waits() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.push(2).unwrap();
        assert!(matches!(queue.push(3), Err(StoreError::Overloaded)));
        queue.close();
        assert!(matches!(queue.push(3), Err(StoreError::Closed)));
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(1), Some(2), None));
    }
}
