//! A store in memory whose commits are made by hand: for simulations, which decide when a sync ends and what a crash
//! takes with it.
//!
//! **Comes in:** the moments at which a batch is written, is on disk, or is lost, and at which messages move from the
//! journal into the database. **Goes out:** the same as from the writer's thread: answers and turns, in the order of
//! commits. **Never here:** threads. Reads are answered on the spot, and see what was committed.
//!
//! The journal is on a [`SimulatedDisk`]. The database is in memory: of it, a crash takes what was not committed.

use std::sync::Arc;

use parking_lot::Mutex;

use super::append::Appender;
use super::apply::{last_of_each, sorted};
use super::counted::Counts;
use super::journal::{SimulatedDisk, Trouble};
use super::queue::Queue;
use super::tail::{Tail, ToApply};
use super::writer::{Durability, Operation, Sorting, Work, Writer, Writing, answer};
use super::{SqliteOptions, SqliteStore, Watched, open_journal, schema};
use crate::store::Result;
use crate::turn::Turnstile;

/// The hand that commits. Outlives the stores of a simulated machine: each crash gives the next one.
pub struct Manual {
    writing: Arc<Mutex<Writing>>,
    queue: Arc<Queue<Work>>,
    turnstile: Turnstile,
    options: SqliteOptions,
    disk: SimulatedDisk,
    /// `None` without a journal.
    appender: Option<Appender>,
    /// The transaction under way.
    begun: Vec<Box<dyn Operation>>,
    /// What became of writing the frame under way.
    written: Result<()>,
}

impl SqliteStore {
    /// A store in memory, and the hand that commits what is written to it.
    pub fn manual(options: SqliteOptions) -> Result<(Self, Manual)> {
        let connection = schema::open_memory(&options)?;
        let mut manual = Manual {
            writing: Arc::new(Mutex::new(Writing::new(connection, None, Arc::default()))),
            queue: Arc::new(Queue::new(options.writes_waiting_max)),
            turnstile: Turnstile::default(),
            options,
            disk: SimulatedDisk::default(),
            appender: None,
            begun: Vec::new(),
            written: Ok(()),
        };
        let store = manual.open()?;
        Ok((store, manual))
    }
}

impl Manual {
    /// What has gathered is written to the journal or becomes a transaction, unless some is under way; how many
    /// operations that is.
    pub fn begin(&mut self) -> usize {
        let is_under_way = !self.begun.is_empty() || self.appender.as_ref().is_some_and(|it| !it.is_empty());
        if !is_under_way {
            self.gather();
        }
        let count = self.begun.len() + self.appender.as_ref().map_or(0, Appender::taken);
        #[cfg(feature = "sabotage")]
        if hongyan_protocol::sabotage::is(hongyan_protocol::sabotage::Sabotage::AnswerBeforeCommit) {
            self.answer_early();
        }
        count
    }

    fn gather(&mut self) {
        let mut batch = Vec::new();
        self.queue.take(&mut batch, self.options.batch_max);
        let Some(appender) = &mut self.appender else {
            self.begun
                .extend(batch.into_iter().filter_map(Work::into_operation));
            return;
        };
        let mut sorting = Sorting::new(batch);
        sorting.gather(appender, &self.writing.lock().connection);
        self.written = appender.write();
        for waiter in sorting.probes {
            let _ = waiter.send(self.written.clone());
        }
        self.begun = sorting.others;
    }

    /// What was written is on disk: its waiters are answered.
    pub fn commit(&mut self) {
        if let Some(appender) = &mut self.appender {
            let written = std::mem::replace(&mut self.written, Ok(()));
            let done = written.and_then(|()| appender.sync());
            appender.answer(&done, &self.turnstile);
        }
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

    /// Moves up to so many messages from the journal into the database; how many. With `reach` the database also learns
    /// that it has them, which a crash may come before.
    pub fn apply(&mut self, count_max: usize, reach: bool) -> Result<usize> {
        let Some(tail) = self.appender.as_ref().map(|it| it.tail().clone()) else {
            return Ok(0);
        };
        let ToApply::Frames(frames) = tail.to_apply(count_max) else {
            return Ok(0);
        };
        let rows = sorted(&frames);
        let reached = frames.last().filter(|_| reach).map(|it| it.end());
        let mut writing = self.writing.lock();
        if !writing.connection.is_autocommit() {
            return Ok(0); // Somebody works on it.
        }
        // Cut off anywhere in the sorted batch, as the writer does when it waits.
        let rows = match reached {
            Some(_) => &rows[..],
            None => &rows[..rows.len().min(count_max)],
        };
        writing.apply(rows, reached, Durability::Ordered, || false)?;
        drop(writing);
        tail.leave(last_of_each(rows));
        if let Some(reached) = reached {
            tail.applied(reached);
            if let Some(appender) = &self.appender {
                appender.drop_applied(reached);
            }
        }
        Ok(rows.len())
    }

    /// The machine is lost, and comes back with what was committed. Who waits hears that the store is closed. The seed says
    /// what the disk has of that which was written and not synced.
    pub fn crash(&mut self, seed: u64) -> Result<SqliteStore> {
        self.writing.lock().lose(&mut self.begun);
        self.begun.clear();
        if let Some(appender) = &mut self.appender {
            appender.abandon();
        }
        self.disk.lose_power(seed);
        self.queue.close();
        self.queue.clear();
        self.open()
    }

    /// Begins or ends trouble of the journal's disk.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.disk.trouble(trouble);
    }

    /// Ends the doubt about messages that were refused, as the writer's thread does when it is idle; whether it could.
    pub fn end_doubt(&mut self) -> bool {
        self.appender
            .as_mut()
            .is_none_or(|it| !it.is_in_doubt() || it.probe().is_ok())
    }

    /// The journal's disk.
    pub fn disk(&self) -> &SimulatedDisk {
        &self.disk
    }

    fn open(&mut self) -> Result<SqliteStore> {
        self.queue = Arc::new(Queue::new(self.options.writes_waiting_max));
        self.turnstile = Turnstile::default();
        self.written = Ok(());
        let mut tail: Option<Arc<Tail>> = None;
        let ends = Arc::default();
        let mut writing = self.writing.lock();
        if self.options.journal {
            let disk = Arc::new(self.disk.clone());
            let (journal, found) = open_journal(disk, &self.options, &writing.connection)?;
            self.appender = Some(Appender::new(journal, found.clone(), Arc::clone(&ends)));
            tail = Some(found);
        }
        writing.restart(tail, ends);
        let watched = Watched::of(&writing, self.appender.as_ref());
        drop(writing);
        Ok(SqliteStore {
            readers: None,
            // One without a journal counts anew each time: there is something to compare with.
            writer: Writer::manual(
                self.queue.clone(),
                self.writing.clone(),
                self.options.journal.then(Counts::default),
            ),
            folder: None,
            watched,
        })
    }

    /// Runs the transaction, leaves it open, and answers all the same.
    #[cfg(feature = "sabotage")]
    fn answer_early(&mut self) {
        if let Some(appender) = &mut self.appender {
            appender.answer_early(&self.turnstile);
        }
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
