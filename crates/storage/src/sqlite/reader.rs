//! The readers: a few threads, each with a connection of its own.
//!
//! **Comes in:** a question. **Goes out:** its answer, all of it read at one moment: each question is one read
//! transaction. **Never here:** what is asked; writing, which these connections refuse.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::counted::Counts;
use super::queue::{Lane, Queue};
use super::tail::Tail;
use super::view::View;
use super::writer::join;
use crate::store::{Result, StoreError};

type Question = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    queue: Arc<Queue<Question>>,
    /// `None`: there is no journal.
    tail: Option<Arc<Tail>>,
    counts: Arc<Counts>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    pub(super) fn start(
        connections: Vec<Connection>,
        tail: Option<Arc<Tail>>,
        waiting_max: usize,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::<Question>::new(waiting_max));
        let threads = connections
            .into_iter()
            .map(|connection| {
                let queue = queue.clone();
                std::thread::Builder::new()
                    .name("store-reader".into())
                    .spawn(move || {
                        while let Some(question) = queue.pop() {
                            // One that panics drops its waiter, which hears of it; the thread goes on.
                            let _ = catch_unwind(AssertUnwindSafe(|| question(&connection)));
                        }
                    })
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self {
            queue,
            tail,
            counts: Arc::default(),
            threads: Mutex::new(threads),
        })
    }

    /// Asks at the first poll, and waits for the answer.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        question: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (waiter, answer) = oneshot::channel();
        let (tail, counts) = (self.tail.clone(), self.counts.clone());
        let question: Question = Box::new(move |connection| {
            // Who does not wait any more does not need the answer.
            if !waiter.is_closed() {
                let _ = waiter.send(at_one_moment(connection, tail.as_deref(), &counts, question));
            }
        });
        self.queue.push(lane, question)?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unreadable("the question broke off".to_owned())))
    }

    /// Takes no more questions; those that wait are still answered.
    pub(super) fn close(&self) {
        self.queue.close();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.lock().drain(..) {
            join(thread);
        }
    }
}

fn at_one_moment<T>(
    connection: &Connection,
    tail: Option<&Tail>,
    counts: &Counts,
    question: impl FnOnce(&View<'_>) -> Result<T>,
) -> Result<T> {
    // Before the transaction, which begins with its first read: what leaves the tail after this is in the database for it.
    let view = View::new(connection, tail).with_counts(Some(counts));
    // Rolled back when dropped: nothing was written.
    let _moment = connection.unchecked_transaction()?;
    question(&view)
}
