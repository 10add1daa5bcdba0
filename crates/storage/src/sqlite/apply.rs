//! The applier: moves messages from the tail into the database, behind the writer's back.
//!
//! **Comes in:** the tail. **Goes out:** the same messages as rows, in large sorted batches, and the position up to which
//! that is done, in the same transactions; files of the journal that are not needed any more are deleted. **Never here:**
//! answers to anybody.
//!
//! A batch is sorted by place, so that rows of a timeline come in together, and divided into transactions that are short:
//! the writer waits for one at most when it needs the database. They are not synced one by one; what a crash of the
//! machine takes of them, the journal still has. Applying twice does nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;

use super::journal::{Frame, Row, Segments};
use super::owner_of;
use super::schema;
use super::tail::{Tail, ToApply};
use super::writer::{Durability, Writing};
use crate::store::{Result, StoreError};

/// As many are worth a batch; fewer wait for more.
const WORTH: usize = 16 * 1024;
/// How long they wait when nothing comes.
const LINGER: Duration = Duration::from_millis(500);
/// The most of a batch.
const BATCH_MAX: usize = 64 * 1024;
/// Rows of a transaction.
const ROWS_MAX: usize = 2048;
/// Files that wait to be deleted: each time takes a sync of the database.
const FILES_WAITING: usize = 8;
/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_millis(100);

/// When messages go from the tail into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applying {
    /// In large batches, later.
    Later,
    /// As soon as they are there, in small batches.
    #[cfg(test)]
    AtOnce,
    /// Not at all, unless an operation needs them there.
    #[cfg(test)]
    Never,
}

pub(super) struct Applier {
    pub(super) writing: Arc<Mutex<Writing>>,
    pub(super) tail: Arc<Tail>,
    pub(super) segments: Arc<Segments>,
    /// The writer waits for the database.
    pub(super) is_wanted: Arc<AtomicBool>,
    /// Carries SQLite's log over while the writer goes on.
    pub(super) carrier: Connection,
}

impl Applier {
    pub(super) fn start(self, applying: Applying) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new()
            .name("store-applier".into())
            .spawn(move || self.run(applying))
    }

    fn run(&self, applying: Applying) {
        // Also when this panics: who waits for room would wait for ever.
        let _ended = Ended(&self.tail);
        loop {
            self.segments.prepare();
            let to_apply = match applying {
                Applying::Later => self.tail.wait_for_work(WORTH, LINGER, BATCH_MAX),
                #[cfg(test)]
                Applying::AtOnce => self.tail.wait_for_work(1, LINGER, 8),
                #[cfg(test)]
                Applying::Never => {
                    self.tail.wait_for_close();
                    return;
                }
            };
            let ToApply::Frames(frames) = to_apply else {
                return;
            };
            let done = self.apply(&frames);
            match done {
                Ok(()) => self.tail.set_trouble(None),
                Err(error) => {
                    tracing::error!(%error, "messages stay in the journal: the database does not take them");
                    self.tail.set_trouble(Some(error));
                    if self.tail.is_closing() {
                        return; // The next start has them.
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    fn apply(&self, frames: &[Arc<Frame>]) -> Result<()> {
        let rows = sorted(frames);
        let reached = frames.last().map_or(0, |it| it.end());
        let applied = self.tail.reach().1;
        let durability = match self.segments.count_applied(applied) >= FILES_WAITING {
            true => Durability::Synced,
            false => Durability::Ordered,
        };
        let mut done = 0;
        loop {
            let chunk = &rows[done..rows.len().min(done + ROWS_MAX)];
            let is_last = done + chunk.len() == rows.len();
            let mut writing = self.writing.lock();
            let count = match is_last {
                true => writing.apply(chunk, Some(reached), durability, || false)?,
                false => writing.apply(chunk, None, Durability::Ordered, || {
                    self.is_wanted.load(Ordering::Relaxed)
                })?,
            };
            // The writer's turn, when it waits.
            MutexGuard::unlock_fair(writing);
            self.tail.leave(last_of_each(&chunk[..count]));
            done += count;
            if is_last {
                break;
            }
        }
        self.tail.applied(reached);
        self.carry_log()?;
        if durability == Durability::Synced {
            self.segments.drop_applied(reached);
        }
        Ok(())
    }
}

impl Applier {
    /// When the log has become long. The writer goes on meanwhile; only what it adds is carried over while it waits.
    fn carry_log(&self) -> Result<()> {
        if schema::log_pages() >= schema::LOG_PAGES_WORTH && !schema::carry_log(&self.carrier)? {
            schema::carry_log(&self.writing.lock().connection)?;
        }
        Ok(())
    }
}

struct Ended<'a>(&'a Tail);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let trouble = StoreError::Unwritable("nothing moves into the database any more".to_owned());
        self.0.set_trouble(Some(trouble));
    }
}

/// What the frames hold, by place.
pub(super) fn sorted(frames: &[Arc<Frame>]) -> Vec<&Row> {
    let mut rows: Vec<&Row> = frames.iter().flat_map(|it| &it.rows).collect();
    rows.sort_unstable_by_key(|it| it.place);
    rows
}

/// The last place of each timeline, of sorted rows.
pub(super) fn last_of_each(rows: &[&Row]) -> Vec<i64> {
    rows.chunk_by(|one, other| owner_of(one.place) == owner_of(other.place))
        .filter_map(|it| it.last().map(|row| row.place))
        .collect()
}
