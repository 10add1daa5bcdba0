//! A store in memory whose commits are made by hand: for simulations, which decide when a sync ends and what a crash
//! takes with it.
//!
//! **Comes in:** the moments at which a transaction begins, is on disk, or is lost. **Goes out:** the same as from the
//! writer's thread: answers and turns, in the order of commits. **Never here:** threads. Reads are answered on the spot,
//! and see what was committed.

use std::sync::Arc;

use parking_lot::Mutex;

use super::queue::Queue;
use super::writer::{Operation, Writer, Writing, answer};
use super::{SqliteOptions, SqliteStore, schema};
use crate::store::Result;
use crate::turn::Turnstile;

/// The hand that commits. Outlives the stores of a simulated machine: each crash gives the next one.
pub struct Manual {
    writing: Arc<Mutex<Writing>>,
    queue: Arc<Queue<Box<dyn Operation>>>,
    turnstile: Turnstile,
    options: SqliteOptions,
    /// The transaction under way.
    begun: Vec<Box<dyn Operation>>,
}

impl SqliteStore {
    /// A store in memory, and the hand that commits what is written to it.
    pub fn manual(options: SqliteOptions) -> Result<(Self, Manual)> {
        let writing = Arc::new(Mutex::new(Writing::new(schema::open_memory(&options)?)));
        let queue = Arc::new(Queue::new(options.writes_waiting_max));
        let mut manual = Manual {
            writing,
            queue,
            turnstile: Turnstile::default(),
            options,
            begun: Vec::new(),
        };
        let store = manual.open();
        Ok((store, manual))
    }
}

impl Manual {
    /// What has gathered becomes a transaction, unless one is under way; how many operations it has.
    pub fn begin(&mut self) -> usize {
        if self.begun.is_empty() {
            self.queue.take(&mut self.begun, self.options.batch_max);
        }
        let count = self.begun.len();
        #[cfg(feature = "sabotage")]
        if hongyan_protocol::sabotage::is(hongyan_protocol::sabotage::Sabotage::AnswerBeforeCommit) {
            self.answer_early();
        }
        count
    }

    /// The transaction is on disk: its waiters are answered.
    pub fn commit(&mut self) {
        let mut batch = std::mem::take(&mut self.begun);
        #[cfg(feature = "sabotage")]
        if self.writing.lock().commit_early_answered() {
            return;
        }
        if batch.is_empty() {
            return;
        }
        let done = self.writing.lock().transaction(&mut batch);
        // Unlocked: what follows may read.
        answer(batch, &done, &self.turnstile);
    }

    /// The machine is lost, and comes back with what was committed. Who waits hears that the store is closed.
    pub fn crash(&mut self) -> SqliteStore {
        self.writing.lock().lose(&mut self.begun);
        self.begun.clear();
        self.queue.close();
        self.queue.clear();
        self.open()
    }

    fn open(&mut self) -> SqliteStore {
        self.queue = Arc::new(Queue::new(self.options.writes_waiting_max));
        self.turnstile = Turnstile::default();
        SqliteStore {
            readers: None,
            writer: Writer::manual(self.queue.clone(), self.writing.clone()),
            folder: None,
        }
    }

    /// Runs the transaction, leaves it open, and answers all the same.
    #[cfg(feature = "sabotage")]
    fn answer_early(&mut self) {
        let mut batch = std::mem::take(&mut self.begun);
        let done = self.writing.lock().run_without_commit(&mut batch);
        answer(batch, &done, &self.turnstile);
    }
}

impl std::fmt::Debug for Manual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manual").finish_non_exhaustive()
    }
}
