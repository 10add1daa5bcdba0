//! Numbers about a store at work: how much shares a sync, what a sync takes, how far the database is behind its journal.
//!
//! **Comes in:** what the writer did. **Goes out:** sums since the store was opened, and where it stands. **Never here:**
//! names for whoever reads them; those are the server's.

use parking_lot::Mutex;

/// Where a store stands, and what it did since it was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// What went into the journal; all zero without one.
    pub journal: Groups,
    /// What went into the database by its own transactions. What moves there from the journal is not counted again.
    pub database: Groups,
    /// Messages of the tail: how many the database is behind the journal.
    pub tail_messages: u64,
    /// What they take in memory, about.
    pub tail_bytes: u64,
    /// Files of the journal, the one made ahead among them.
    pub journal_files: u64,
}

/// What was written with one sync each.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// How many messages or operations shared a sync.
    pub sizes: Distribution,
    /// What a sync took: of a frame, or of a transaction's commit.
    pub sync_seconds: Distribution,
}

/// How values are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Of all values.
    pub sum: f64,
    /// How many there were.
    pub count: u64,
    /// Each bucket's largest value, and how many fell into it and into none before. The last one takes all: its bound
    /// is `f64::MAX`.
    pub buckets: Vec<(f64, u64)>,
}

impl Distribution {
    /// Buckets up to `first`, twice as much, and so on; so many.
    fn doubling(first: f64, buckets: i32) -> Self {
        let bounds = (0..buckets).map(|it| first * 2_f64.powi(it));
        Self {
            sum: 0.0,
            count: 0,
            buckets: bounds.chain([f64::MAX]).map(|it| (it, 0)).collect(),
        }
    }

    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        if let Some((_, count)) = self.buckets.iter_mut().find(|(bound, _)| value <= *bound) {
            *count += 1;
        }
    }
}

/// Counts groups while the store works.
#[derive(Debug)]
pub(crate) struct Meter(Mutex<Groups>);

impl Default for Meter {
    fn default() -> Self {
        Self(Mutex::new(Groups {
            sizes: Distribution::doubling(1.0, 10),
            sync_seconds: Distribution::doubling(0.000_062_5, 16),
        }))
    }
}

impl Meter {
    /// Syncs so many; counts them when they are.
    pub(crate) fn sync<E>(&self, size: usize, sync: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a stopwatch: nothing that the store does depends on it"
        )]
        let began = std::time::Instant::now();
        sync()?;
        let took = began.elapsed();
        let mut groups = self.0.lock();
        groups.sizes.add(size as f64);
        groups.sync_seconds.add(took.as_secs_f64());
        Ok(())
    }

    pub(crate) fn groups(&self) -> Groups {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_in_the_first_bucket_that_holds_it() {
        let mut sizes = Distribution::doubling(1.0, 3);
        for size in [1.0, 2.0, 3.0, 4.0, 400.0] {
            sizes.add(size);
        }
        assert_eq!((sizes.sum, sizes.count), (410.0, 5));
        assert_eq!(sizes.buckets, [(1.0, 1), (2.0, 1), (4.0, 2), (f64::MAX, 1)]);
    }

    #[test]
    fn what_was_not_synced_is_not_counted() {
        let meter = Meter::default();
        meter.sync(3, || Err(())).unwrap_err();
        assert_eq!(meter.groups().sizes.count, 0);
        meter.sync(3, || Ok::<_, ()>(())).unwrap();
        let groups = meter.groups();
        assert_eq!(
            (groups.sizes.sum, groups.sizes.count, groups.sync_seconds.count),
            (3.0, 1, 1)
        );
    }
}
