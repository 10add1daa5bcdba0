//! The one writer: what has gathered becomes one transaction, and one sync.
//!
//! **Comes in:** operations, of each lane in the order in which they were submitted. **Goes out:** to each waiter what its operation
//! did, with its turn, after the commit is on disk (contract C1), or why nothing was kept. **Never here:** what an
//! operation does; SQL beyond that of transactions.
//!
//! Each operation runs in a savepoint, so that one that fails leaves the others alone. When the transaction itself
//! fails, all of it is undone and every waiter hears so; the next transaction is a new attempt, so that the store goes
//! on as soon as the disk has room again.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::queue::{Lane, Queue};
use super::timeline::Head;
use super::view::View;
use crate::model::TimelineId;
use crate::store::{Result, StoreError};
use crate::turn::{Committed, Turnstile};

/// Timelines whose ends are remembered; beyond that the memory starts anew.
const HEADS_MAX: usize = 100_000;

/// What a writing operation works on.
pub(super) struct Writing {
    /// Inside a transaction and a savepoint.
    pub(super) connection: Connection,
    /// Where timelines end. Invariant: equal to what the connection would read, also after a failure.
    heads: HashMap<TimelineId, Head>,
    /// Those that the running operation put into `heads`.
    touched: Vec<TimelineId>,
    /// Messages that this transaction took in.
    appended: u64,
    /// An operation of this transaction found that the disk takes nothing.
    unwritable: bool,
}

/// The queue before the writer's thread, and the thread.
pub(super) struct Writer {
    queue: Arc<Queue<Box<dyn Operation>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Whether the last transaction could not be written.
    failing: Arc<AtomicBool>,
    /// Becomes true when the thread has closed its connection.
    closed: watch::Receiver<bool>,
    /// Without a thread: where reads are answered on the spot.
    manual: Option<Arc<Mutex<Writing>>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        waiting_max: usize,
        batch_max: usize,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::new(waiting_max));
        let (ended, closed) = watch::channel(false);
        let failing = Arc::new(AtomicBool::new(false));
        let thread = {
            let (queue, failing) = (queue.clone(), failing.clone());
            std::thread::Builder::new()
                .name("store-writer".into())
                .spawn(move || {
                    run(Writing::new(connection), &queue, batch_max, &failing);
                    ended.send_replace(true);
                })?
        };
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
            failing,
            closed,
            manual: None,
        })
    }

    /// One without a thread: somebody else takes what gathers in the queue.
    pub(super) fn manual(queue: Arc<Queue<Box<dyn Operation>>>, writing: Arc<Mutex<Writing>>) -> Self {
        let (_, closed) = watch::channel(true);
        Self {
            queue,
            thread: Mutex::new(None),
            failing: Arc::default(),
            closed,
            manual: Some(writing),
        }
    }

    /// Asks the writer's own connection: in its line, or on the spot when there is no thread.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        question: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.manual {
            Some(_) if self.queue.is_closed() => Err(StoreError::Closed),
            Some(writing) => question(&writing.lock().view()),
            None => self.write_unordered(lane, move |it| question(&it.view())).await,
        }
    }

    /// Submits an operation at the first poll, and waits for its commit. Its turn stands in the order of commits.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        operation: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
    ) -> Result<Committed<T>> {
        self.submit(lane, operation, |value, turnstile| Committed {
            value,
            turn: turnstile.next(),
        })
        .await
    }

    /// Like [`Writer::write`], for what nobody must hear of in order.
    pub(super) async fn write_unordered<T: Send + 'static>(
        &self,
        lane: Lane,
        operation: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(lane, operation, |value, _| value).await
    }

    /// Whether the last transaction could not be written; the next one may be.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Takes no more in, writes what waits, and closes the connection.
    pub(super) async fn close(&self) {
        self.queue.close();
        // An error is that the thread is gone without a word: then too it is closed.
        let _ = self.closed.clone().wait_for(|closed| *closed).await;
    }

    async fn submit<T: Send + 'static, A: Send + 'static>(
        &self,
        lane: Lane,
        operation: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
        finish: fn(T, &Turnstile) -> A,
    ) -> Result<A> {
        let (waiter, answer) = oneshot::channel();
        // Nothing is awaited before this: callers rely on the order in which they submit.
        let pending = Pending {
            operation: Some(operation),
            outcome: None,
            finish,
            waiter,
        };
        self.queue.push(lane, Box::new(pending))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// Writes what waits, and waits for it: a store that is dropped leaves no thread behind.
impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.lock().take() {
            join(thread);
        }
    }
}

impl Writing {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            heads: HashMap::new(),
            touched: Vec::new(),
            appended: 0,
            unwritable: false,
        }
    }

    /// What the running operation sees: what was committed, and what it did itself.
    pub(super) fn view(&self) -> View<'_> {
        View::new(&self.connection)
    }

    /// Where a timeline ends, when that is remembered.
    pub(super) fn remembered_head(&self, timeline: TimelineId) -> Option<Head> {
        self.heads.get(&timeline).copied()
    }

    /// Remembers where a timeline ends now, until the operation or the transaction fails.
    pub(super) fn remember_head(&mut self, timeline: TimelineId, head: Head) {
        self.heads.insert(timeline, head);
        self.touched.push(timeline);
    }

    /// Notes that a message was taken in.
    pub(super) fn count_message(&mut self) {
        self.appended += 1;
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Runs a batch in one transaction; an error is that nothing of it was kept.
    pub(super) fn transaction(&mut self, batch: &mut [Box<dyn Operation>]) -> Result<()> {
        if self.heads.len() > HEADS_MAX {
            self.heads.clear();
        }
        self.appended = 0;
        self.unwritable = false;
        let done = self.run_all(batch).and_then(|()| self.execute("COMMIT"));
        if let Err(error) = &done {
            tracing::error!(%error, operations = batch.len(), "a transaction failed and was undone");
            self.undo();
        }
        done
    }

    /// Runs a batch, and loses it before its commit.
    pub(super) fn lose(&mut self, batch: &mut [Box<dyn Operation>]) {
        if !batch.is_empty() {
            let _ = self.run_all(batch);
        }
        self.undo();
    }

    fn undo(&mut self) {
        // Fails when SQLite has rolled back by itself.
        let _ = self.execute("ROLLBACK");
        self.heads.clear();
    }

    #[cfg(feature = "sabotage")]
    pub(super) fn run_without_commit(&mut self, batch: &mut [Box<dyn Operation>]) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.appended = 0;
        self.run_all(batch)
    }

    /// Commits what [`Writing::run_without_commit`] left open; whether there was something.
    #[cfg(feature = "sabotage")]
    pub(super) fn commit_early_answered(&self) -> bool {
        !self.connection.is_autocommit() && self.execute("COMMIT").is_ok()
    }

    /// Runs a batch in a transaction that stays open.
    fn run_all(&mut self, batch: &mut [Box<dyn Operation>]) -> Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        for operation in batch {
            self.savepoint(operation.as_mut())?;
        }
        if self.appended > 0 {
            self.connection
                .prepare_cached("UPDATE counter SET value = value + ?1 WHERE name = 'messages'")?
                .execute([self.appended])?;
        }
        Ok(())
    }

    /// Runs one operation; an error is that the transaction cannot go on.
    fn savepoint(&mut self, operation: &mut dyn Operation) -> Result<()> {
        self.touched.clear();
        let appended = self.appended;
        self.execute("SAVEPOINT operation")?;
        // A consequence that panics must not take the writer with it: it fails like any other operation.
        let kept = catch_unwind(AssertUnwindSafe(|| operation.run(self))).unwrap_or(false);
        if self.connection.is_autocommit() {
            // SQLite gave the whole transaction up, as it may when the disk is full.
            return Err(StoreError::Unwritable("the transaction was given up".to_owned()));
        }
        if !kept {
            self.execute("ROLLBACK TO operation")?;
            self.appended = appended;
            for timeline in self.touched.drain(..) {
                self.heads.remove(&timeline);
            }
        }
        self.execute("RELEASE operation")
    }
}

fn run(mut writing: Writing, queue: &Queue<Box<dyn Operation>>, batch_max: usize, failing: &AtomicBool) {
    let turnstile = Turnstile::default();
    let mut batch = Vec::new();
    while let Some(first) = queue.pop() {
        batch.push(first);
        queue.take(&mut batch, batch_max - 1);
        let changes = writing.connection.total_changes();
        let done = writing.transaction(&mut batch);
        if done.is_err() || writing.unwritable {
            failing.store(true, Ordering::Relaxed);
        } else if writing.connection.total_changes() > changes {
            failing.store(false, Ordering::Relaxed);
        }
        answer(batch.drain(..), &done, &turnstile);
    }
    let checkpoint = writing
        .connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = checkpoint {
        tracing::warn!(%error, "the store was closed without a checkpoint; the next start makes up for it");
    }
}

/// Tells the waiters of a transaction what became of it.
pub(super) fn answer(
    batch: impl IntoIterator<Item = Box<dyn Operation>>,
    done: &Result<()>,
    turnstile: &Turnstile,
) {
    for operation in batch {
        let done = match done {
            Ok(()) => Ok(turnstile),
            Err(error) => Err(error),
        };
        // A turn that is given up here lets later ones run here; one that panics must not take the writer with it.
        let _ = catch_unwind(AssertUnwindSafe(|| operation.answer(done)));
    }
}

/// Waits for a thread to end, unless it is this one: what a thread runs may hold the last handle of the store.
pub(super) fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != std::thread::current().id() {
        let _ = thread.join();
    }
}

/// A submitted operation, whatever its types.
pub(super) trait Operation: Send {
    /// Runs it; `false`: it failed, and is to be undone.
    fn run(&mut self, writing: &mut Writing) -> bool;
    /// Tells its waiter, once the transaction was committed or undone.
    fn answer(self: Box<Self>, done: std::result::Result<&Turnstile, &StoreError>);
}

struct Pending<F, T, A> {
    operation: Option<F>,
    /// `None` when it did not run to its end.
    outcome: Option<Result<T>>,
    finish: fn(T, &Turnstile) -> A,
    waiter: oneshot::Sender<Result<A>>,
}

impl<F, T, A> Operation for Pending<F, T, A>
where
    F: FnOnce(&mut Writing) -> Result<T> + Send,
    T: Send,
    A: Send,
{
    fn run(&mut self, writing: &mut Writing) -> bool {
        self.outcome = self.operation.take().map(|operation| operation(writing));
        writing.unwritable |= matches!(self.outcome, Some(Err(StoreError::Unwritable(_))));
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, done: std::result::Result<&Turnstile, &StoreError>) {
        let answer = match (self.outcome, done) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.clone()),
            (Some(Ok(value)), Ok(turnstile)) => Ok((self.finish)(value, turnstile)),
            (None, Ok(_)) => Err(StoreError::Unwritable("the operation broke off".to_owned())),
        };
        // Who does not wait any more drops its turn by this, and the later ones pass.
        let _ = self.waiter.send(answer);
    }
}
