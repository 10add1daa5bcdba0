//! The one writer: what has gathered goes to the journal or becomes one transaction, with one sync each.
//!
//! **Comes in:** operations, of each lane in the order in which they were submitted. **Goes out:** to each waiter what its operation
//! did, with its turn, after it is on disk (contract C1), or why nothing was kept. **Never here:** what an
//! operation does; SQL beyond that of transactions.
//!
//! Messages for timelines that are there take the short way ([`super::append`]), and all else the long one, behind them:
//! a transaction. A message behind something else in its lane goes with it. Of a transaction, each operation runs in a
//! savepoint, so that one that fails leaves the others alone. When the transaction itself fails, all of it is undone and
//! every waiter hears so; the next transaction is a new attempt, so that the store goes on as soon as the disk has room
//! again.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hongyan_protocol::message::{Message, MessageKey};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _};
use tokio::sync::{oneshot, watch};

use super::append::{Append, Appender, Way};
use super::counted::Counts;
use super::ends::Ends;
use super::journal::Row;
use super::queue::{Lane, Queue};
use super::schema;
use super::tail::Tail;
use super::timeline::{self, Head};
use super::view::View;
use super::{in_place, owner_of};
use crate::figures::Meter;
use crate::model::{Appended, TimelineId};
use crate::store::{Result, StoreError};
use crate::turn::{Committed, Turnstile};

/// How long to wait with nothing to do before a journal in doubt is tried again.
const DOUBT_PAUSE: Duration = Duration::from_secs(1);
/// Rows of an applier's transaction between two looks at who waits.
const ROWS_BETWEEN: usize = 256;

/// What a writing operation works on.
pub(super) struct Writing {
    /// Inside a transaction and a savepoint.
    pub(super) connection: Connection,
    ends: Arc<Mutex<Ends>>,
    /// `None`: all messages are in the database.
    tail: Option<Arc<Tail>>,
    /// Timelines whose ends the running operation remembered.
    touched: Vec<TimelineId>,
    /// Messages that this transaction took in, and those that it settled.
    appended: u64,
    settled: u64,
    /// The last places of the timelines that it settled.
    settled_places: Vec<i64>,
    /// An operation of this transaction found that the disk takes nothing.
    unwritable: bool,
    /// Of the next commit, as the connection is set.
    durability: Durability,
    /// Of the transactions that waiters wait for.
    meter: Arc<Meter>,
}

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// A crash of the machine.
    Synced,
    /// A crash of the process; of the machine, together with all commits before it.
    Ordered,
}

/// What waits for the writer.
pub(super) enum Work {
    Append(Box<Append>),
    Other(Lane, Box<dyn Operation>),
    /// Tries to write to the journal.
    Probe(oneshot::Sender<Result<()>>),
}

/// The queue before the writer's thread, and the thread.
pub(super) struct Writer {
    queue: Arc<Queue<Work>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    trouble: Arc<Trouble>,
    /// Becomes true when the thread has closed its connection.
    closed: watch::Receiver<bool>,
    /// Without a thread: where reads are answered on the spot.
    manual: Option<Manually>,
}

/// See [`Writer::manual`].
struct Manually {
    writing: Arc<Mutex<Writing>>,
    counts: Option<Counts>,
}

/// Whether the last write failed; the next one may not.
#[derive(Debug, Default)]
struct Trouble {
    database: AtomicBool,
    journal: AtomicBool,
}

/// What the writer's thread works with.
pub(super) struct Hand {
    pub(super) writing: Arc<Mutex<Writing>>,
    /// The short way, with a connection to look things up; `None`: there is no journal.
    pub(super) short: Option<(Appender, Connection)>,
    pub(super) applier: Option<JoinHandle<()>>,
    /// Told to the applier.
    pub(super) is_wanted: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn start(hand: Hand, waiting_max: usize, batch_max: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::new(waiting_max));
        let (ended, closed) = watch::channel(false);
        let trouble = Arc::new(Trouble::default());
        let thread = {
            let (queue, trouble) = (queue.clone(), trouble.clone());
            std::thread::Builder::new()
                .name("store-writer".into())
                .spawn(move || {
                    run(hand, &queue, batch_max, &trouble);
                    ended.send_replace(true);
                })?
        };
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
            trouble,
            closed,
            manual: None,
        })
    }

    /// One without a thread: somebody else takes what gathers in the queue.
    /// Reads use `counts`.
    pub(super) fn manual(
        queue: Arc<Queue<Work>>,
        writing: Arc<Mutex<Writing>>,
        counts: Option<Counts>,
    ) -> Self {
        let (_, closed) = watch::channel(true);
        Self {
            queue,
            thread: Mutex::new(None),
            trouble: Arc::default(),
            closed,
            manual: Some(Manually { writing, counts }),
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
            Some(Manually { writing, counts }) => {
                question(&writing.lock().view().with_counts(counts.as_ref()))
            }
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

    /// Submits a message at the first poll, and waits until it is on disk.
    pub(super) async fn append(&self, timeline: TimelineId, message: Message) -> Result<Committed<Appended>> {
        let (waiter, answer) = oneshot::channel();
        let lane = Lane::of(message.key.account);
        let append = Box::new(Append::new(timeline, message, waiter));
        self.queue.push(lane, Work::Append(append))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// When the last write failed, tries again.
    pub(super) async fn check(&self, try_to_write: fn(&mut Writing) -> Result<()>) -> Result<()> {
        if self.trouble.journal.load(Ordering::Relaxed) {
            let (waiter, answer) = oneshot::channel();
            self.queue.push(Lane::SERVER, Work::Probe(waiter))?;
            answer.await.unwrap_or(Err(StoreError::Closed))?;
        }
        if self.trouble.database.load(Ordering::Relaxed) {
            self.write_unordered(Lane::SERVER, try_to_write).await?;
        }
        Ok(())
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
        self.queue.push(lane, Work::Other(lane, Box::new(pending)))?;
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
    pub(super) fn new(connection: Connection, tail: Option<Arc<Tail>>, ends: Arc<Mutex<Ends>>) -> Self {
        Self {
            connection,
            ends,
            tail,
            touched: Vec::new(),
            appended: 0,
            settled: 0,
            settled_places: Vec::new(),
            unwritable: false,
            durability: Durability::Synced,
            meter: Arc::default(),
        }
    }

    /// Begins anew on the same database, after a crash.
    pub(super) fn restart(&mut self, tail: Option<Arc<Tail>>, ends: Arc<Mutex<Ends>>) {
        self.tail = tail;
        self.ends = ends;
    }

    /// Of the transactions that were committed.
    pub(super) fn meter(&self) -> Arc<Meter> {
        self.meter.clone()
    }

    /// What the running operation sees: what was committed, and what it did itself.
    pub(super) fn view(&self) -> View<'_> {
        View::new(&self.connection, self.tail.as_deref())
    }

    /// Where a timeline ends, when that is remembered.
    pub(super) fn remembered_head(&self, timeline: TimelineId) -> Option<Head> {
        self.ends.lock().head(timeline)
    }

    /// Remembers where a timeline ends now, until the operation or the transaction fails.
    pub(super) fn remember_head(&mut self, timeline: TimelineId, head: Head) {
        self.ends.lock().put_head(timeline, head);
        self.touched.push(timeline);
    }

    /// Remembers a key that is in use. Should the operation fail, it is looked for in vain.
    pub(super) fn note_key(&self, key: MessageKey) {
        self.ends.lock().note_key(key);
    }

    /// Puts a timeline's messages of the tail into the database, within the running operation.
    pub(super) fn settle(&mut self, number: u64) -> Result<()> {
        let kept = {
            let view = self.view();
            match view.ahead(number)? {
                Some(ahead) => view.list_ahead(number, *ahead.start(), *ahead.end()),
                None => return Ok(()),
            }
        };
        for row in &kept {
            self.settled += u64::from(timeline::enter_row(&self.connection, row)?);
        }
        self.settled_places.extend(kept.last().map(|it| it.place));
        Ok(())
    }

    /// Notes what an operation came to.
    pub(super) fn note_outcome<T>(&mut self, outcome: Option<&Result<T>>) {
        self.unwritable |= matches!(outcome, Some(Err(StoreError::Unwritable(_))));
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
        self.begin();
        let done = self
            .set_durability(Durability::Synced)
            .and_then(|()| self.run_all(batch))
            .and_then(|()| self.meter.sync(batch.len(), || self.execute("COMMIT")));
        match &done {
            Ok(()) => self.let_settled_go(),
            Err(error) => {
                tracing::error!(%error, operations = batch.len(), "a transaction failed and was undone");
                self.undo();
            }
        }
        done
    }

    /// Runs a batch, and loses it before its commit.
    pub(super) fn lose(&mut self, batch: &mut [Box<dyn Operation>]) {
        self.begin();
        if !batch.is_empty() {
            let _ = self.run_all(batch);
        }
        self.undo();
    }

    /// Puts messages of the tail into the database, sorted, in a transaction of its own, until somebody waits for it; how
    /// many it did. All before `reached` is then there.
    pub(super) fn apply(
        &mut self,
        rows: &[&Row],
        reached: Option<u64>,
        durability: Durability,
        is_wanted: impl Fn() -> bool,
    ) -> Result<usize> {
        let done = self
            .set_durability(durability)
            .and_then(|()| self.apply_all(rows, reached, is_wanted))
            .and_then(|count| self.execute("COMMIT").map(|()| count));
        if done.is_err() {
            // Fails when SQLite has rolled back by itself.
            let _ = self.execute("ROLLBACK");
        }
        done
    }

    fn apply_all(
        &mut self,
        rows: &[&Row],
        reached: Option<u64>,
        is_wanted: impl Fn() -> bool,
    ) -> Result<usize> {
        self.execute("BEGIN IMMEDIATE")?;
        let (mut count, mut entered) = (0, 0);
        let mut end = None;
        for some in rows.chunks(ROWS_BETWEEN) {
            if count > 0 && is_wanted() {
                break;
            }
            for row in some {
                let (number, sequence) = (owner_of(row.place), in_place(row.place));
                let newest = match end {
                    Some((of, newest)) if of == number => newest,
                    _ => timeline::last_kept(&self.connection, number)?.map_or(0, |it| it.0.0),
                };
                end = Some((number, newest.max(sequence)));
                // What is up to the newest one was there. It may have expired and be removed by now.
                if sequence > newest {
                    entered += u64::from(timeline::enter_row(&self.connection, row)?);
                }
            }
            count += some.len();
        }
        self.count(entered, entered)?;
        if let Some(reached) = reached {
            put_counter(&self.connection, APPLIED, reached)?;
        }
        Ok(count)
    }

    fn begin(&mut self) {
        self.appended = 0;
        self.settled = 0;
        self.settled_places.clear();
        self.unwritable = false;
    }

    fn undo(&mut self) {
        // Fails when SQLite has rolled back by itself.
        let _ = self.execute("ROLLBACK");
        self.ends.lock().forget_heads();
    }

    /// What this transaction settled is in the database.
    fn let_settled_go(&mut self) {
        if let Some(tail) = &self.tail {
            tail.leave(std::mem::take(&mut self.settled_places));
        }
    }

    fn set_durability(&mut self, durability: Durability) -> Result<()> {
        if self.durability != durability {
            // Not prepared: it takes effect when it is read.
            self.connection.execute_batch(match durability {
                Durability::Synced => "PRAGMA synchronous = FULL",
                Durability::Ordered => "PRAGMA synchronous = NORMAL",
            })?;
            self.durability = durability;
        }
        Ok(())
    }

    /// Adds to the sums: messages in the database, and those of them that came from the journal.
    fn count(&self, messages: u64, journaled: u64) -> Result<()> {
        for (name, count) in [("messages", messages), (JOURNALED, journaled)] {
            if count > 0 {
                self.connection
                    .prepare_cached(
                        "INSERT INTO counter (name, value) VALUES (?1, ?2)
                         ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                    )?
                    .execute((name, count))?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "sabotage")]
    pub(super) fn run_without_commit(&mut self, batch: &mut [Box<dyn Operation>]) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.begin();
        self.run_all(batch)
    }

    /// Commits what [`Writing::run_without_commit`] left open; whether there was something.
    #[cfg(feature = "sabotage")]
    pub(super) fn commit_early_answered(&mut self) -> bool {
        let is_done = !self.connection.is_autocommit() && self.execute("COMMIT").is_ok();
        if is_done {
            self.let_settled_go();
        }
        is_done
    }

    /// Runs a batch in a transaction that stays open.
    fn run_all(&mut self, batch: &mut [Box<dyn Operation>]) -> Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        for operation in batch {
            self.savepoint(operation.as_mut())?;
        }
        self.count(self.appended + self.settled, self.settled)
    }

    /// Runs one operation; an error is that the transaction cannot go on.
    fn savepoint(&mut self, operation: &mut dyn Operation) -> Result<()> {
        self.touched.clear();
        let before = (self.appended, self.settled, self.settled_places.len());
        self.execute("SAVEPOINT operation")?;
        // A consequence that panics must not take the writer with it: it fails like any other operation.
        let kept = catch_unwind(AssertUnwindSafe(|| operation.run(self))).unwrap_or(false);
        if self.connection.is_autocommit() {
            // SQLite gave the whole transaction up, as it may when the disk is full.
            return Err(StoreError::Unwritable("the transaction was given up".to_owned()));
        }
        if !kept {
            self.execute("ROLLBACK TO operation")?;
            self.appended = before.0;
            self.settled = before.1;
            self.settled_places.truncate(before.2);
            let mut ends = self.ends.lock();
            for timeline in self.touched.drain(..) {
                ends.forget_head(timeline);
            }
        }
        self.execute("RELEASE operation")
    }
}

/// The position before which all messages of the journal are in the database.
const APPLIED: &str = "journal_applied";
/// How many rows of the database came from the journal.
pub(super) const JOURNALED: &str = "journaled";

/// The position before which all messages of the journal are in the database, and how many came from there.
pub(super) fn applied(connection: &Connection) -> Result<(u64, u64)> {
    let value = |name| -> Result<u64> {
        let value = connection
            .prepare_cached("SELECT value FROM counter WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(value.unwrap_or_default())
    };
    Ok((value(APPLIED)?, value(JOURNALED)?))
}

/// Sets what [`applied`] reads.
pub(super) fn put_applied(connection: &Connection, position: u64, journaled: u64) -> Result<()> {
    put_counter(connection, APPLIED, position)?;
    put_counter(connection, JOURNALED, journaled)
}

fn put_counter(connection: &Connection, name: &str, value: u64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO counter (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute((name, value))?;
    Ok(())
}

fn run(mut hand: Hand, queue: &Queue<Work>, batch_max: usize, trouble: &Trouble) {
    let turnstile = Turnstile::default();
    let mut batch = Vec::new();
    loop {
        while hand.is_in_doubt() && queue.is_idle_for(DOUBT_PAUSE) {
            hand.probe(trouble);
        }
        let Some(first) = queue.pop() else { break };
        batch.push(first);
        queue.take(&mut batch, batch_max - 1);
        hand.work(batch.drain(..), trouble, &turnstile);
    }
    hand.close();
}

impl Hand {
    pub(super) fn without_journal(writing: Writing) -> Self {
        Self {
            writing: Arc::new(Mutex::new(writing)),
            short: None,
            applier: None,
            is_wanted: Arc::default(),
        }
    }

    fn work(&mut self, batch: impl IntoIterator<Item = Work>, trouble: &Trouble, turnstile: &Turnstile) {
        let mut others = match &mut self.short {
            Some((appender, connection)) => {
                let mut sorting = Sorting::new(batch);
                while sorting.gather(appender, connection) {
                    let done = appender
                        .wait_for_room()
                        .and_then(|()| appender.write())
                        .and_then(|()| appender.sync());
                    trouble.journal.store(done.is_err(), Ordering::Relaxed);
                    appender.answer(&done, turnstile);
                }
                for waiter in sorting.probes {
                    let done = appender.probe();
                    trouble.journal.store(done.is_err(), Ordering::Relaxed);
                    let _ = waiter.send(done);
                }
                if appender.tail().has_trouble() {
                    trouble.database.store(true, Ordering::Relaxed);
                }
                sorting.others
            }
            None => batch.into_iter().filter_map(Work::into_operation).collect(),
        };
        if others.is_empty() {
            return;
        }
        self.is_wanted.store(true, Ordering::Relaxed);
        let mut writing = self.writing.lock();
        self.is_wanted.store(false, Ordering::Relaxed);
        let changes = writing.connection.total_changes();
        let done = writing.transaction(&mut others);
        if done.is_err() || writing.unwritable {
            trouble.database.store(true, Ordering::Relaxed);
        } else if writing.connection.total_changes() > changes {
            trouble.database.store(false, Ordering::Relaxed);
        }
        // The applier does it before this, unless there are no messages to move.
        if self.short.is_some()
            && schema::log_pages() > 2 * schema::LOG_PAGES_WORTH
            && let Err(error) = schema::carry_log(&writing.connection)
        {
            tracing::warn!(%error, "the database's log stays long");
        }
        // Unlocked: what follows may take its time.
        drop(writing);
        answer(others, &done, turnstile);
    }

    fn is_in_doubt(&self) -> bool {
        self.short.as_ref().is_some_and(|(it, _)| it.is_in_doubt())
    }

    fn probe(&mut self, trouble: &Trouble) {
        if let Some((appender, _)) = &mut self.short {
            trouble
                .journal
                .store(appender.probe().is_err(), Ordering::Relaxed);
        }
    }

    /// Puts everything into the database, and leaves nothing beside it.
    fn close(self) {
        let Self {
            writing,
            short,
            applier,
            ..
        } = self;
        let appender = short.map(|(appender, _)| appender);
        if let Some(appender) = &appender {
            appender.tail().close();
        }
        if let Some(applier) = applier {
            join(applier);
        }
        let mut writing = writing.lock();
        if let Some(mut appender) = appender {
            let (end, applied) = appender.tail().reach();
            if end == applied
                && writing
                    .apply(&[], Some(end), Durability::Synced, || false)
                    .is_ok()
            {
                appender.clear();
            }
        }
        let checkpoint = writing
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = checkpoint {
            tracing::warn!(%error, "the store was closed without a checkpoint; the next start makes up for it");
        }
    }
}

/// A batch that is divided into what takes the short way and what does not.
pub(super) struct Sorting {
    batch: VecDeque<Work>,
    /// In the order of submission.
    pub(super) others: Vec<Box<dyn Operation>>,
    /// Whose further messages go the long way too: the order of a lane is kept.
    lanes: HashSet<Lane>,
    pub(super) probes: Vec<oneshot::Sender<Result<()>>>,
}

impl Sorting {
    pub(super) fn new(batch: impl IntoIterator<Item = Work>) -> Self {
        Self {
            batch: batch.into_iter().collect(),
            others: Vec::new(),
            lanes: HashSet::new(),
            probes: Vec::new(),
        }
    }

    /// Fills a frame; `false` when nothing is left for one.
    pub(super) fn gather(&mut self, appender: &mut Appender, connection: &Connection) -> bool {
        while appender.has_room()
            && let Some(work) = self.batch.pop_front()
        {
            let append = match work {
                Work::Append(append) => append,
                Work::Other(lane, operation) => {
                    self.lanes.insert(lane);
                    self.others.push(operation);
                    continue;
                }
                Work::Probe(waiter) => {
                    self.probes.push(waiter);
                    continue;
                }
            };
            let is_behind = !self.lanes.is_empty() && self.lanes.contains(&append.lane());
            let way = match is_behind {
                true => Way::Long(append),
                false => appender.take(append, connection),
            };
            if let Way::Long(append) = way {
                self.lanes.insert(append.lane());
                self.others.push(append);
            }
        }
        !appender.is_empty()
    }
}

impl Work {
    /// For a store without a journal.
    pub(super) fn into_operation(self) -> Option<Box<dyn Operation>> {
        match self {
            Self::Append(append) => Some(append),
            Self::Other(_, operation) => Some(operation),
            Self::Probe(waiter) => {
                let _ = waiter.send(Ok(()));
                None
            }
        }
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
        writing.note_outcome(self.outcome.as_ref());
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
