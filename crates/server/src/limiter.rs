//! Who fails too often has to wait: for logins of accounts and of the console.
//!
//! **Comes in:** a failure, its time, and whose it was. **Goes out:** whether that one has to wait. **Never here:** the
//! clock, and what a failure is.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};

use hongyan_protocol::id::Timestamp;
use parking_lot::Mutex;

/// Failures are forgotten after this.
const WINDOW_MS: u64 = 60_000;
/// Names that are remembered; when there are more, those whose window is over are forgotten, and then all.
const NAMES_MAX: usize = 50_000;

/// Counts failures within a minute by a name.
#[derive(Debug)]
pub(crate) struct Limiter {
    failures_max: u32,
    hasher: RandomState,
    /// By the hash of the name: what a stranger names is not kept.
    failures: Mutex<HashMap<u64, Failures>>,
}

#[derive(Debug)]
struct Failures {
    since: Timestamp,
    count: u32,
}

impl Limiter {
    /// Lets so many failures pass.
    pub(crate) fn new(failures_max: u32) -> Self {
        Self {
            failures_max,
            hasher: RandomState::new(),
            failures: Mutex::default(),
        }
    }

    /// Whether it has to wait.
    pub(crate) fn is_blocked(&self, name: impl Hash, now: Timestamp) -> bool {
        let failures = self.failures.lock();
        failures
            .get(&self.hasher.hash_one(name))
            .is_some_and(|it| it.is_current(now) && it.count >= self.failures_max)
    }

    /// Takes note of a failure.
    pub(crate) fn failed(&self, name: impl Hash, now: Timestamp) {
        let mut failures = self.failures.lock();
        if failures.len() >= NAMES_MAX {
            failures.retain(|_, it| it.is_current(now));
            if failures.len() >= NAMES_MAX {
                failures.clear();
            }
        }
        let entry = failures
            .entry(self.hasher.hash_one(name))
            .or_insert(Failures { since: now, count: 0 });
        if !entry.is_current(now) {
            *entry = Failures { since: now, count: 0 };
        }
        entry.count = entry.count.saturating_add(1);
    }

    /// What was taken for a failure until it was known was none.
    pub(crate) fn succeeded(&self, name: impl Hash) {
        if let Some(entry) = self.failures.lock().get_mut(&self.hasher.hash_one(name)) {
            entry.count = entry.count.saturating_sub(1);
        }
    }
}

impl Failures {
    fn is_current(&self, now: Timestamp) -> bool {
        now.ms_since(self.since) < WINDOW_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_failed_too_often_waits_for_the_rest_of_the_minute_and_nobody_else_does() {
        let limiter = Limiter::new(2);
        let now = Timestamp(1_000_000);
        limiter.failed("mallory", now);
        assert!(!limiter.is_blocked("mallory", now));
        limiter.failed("mallory", now);
        assert!(limiter.is_blocked("mallory", now));
        assert!(!limiter.is_blocked("alice", now));
        assert!(limiter.is_blocked("mallory", now.plus_ms(59_999)));
        assert!(!limiter.is_blocked("mallory", now.plus_ms(60_000)));
        limiter.failed("mallory", now.plus_ms(60_000));
        assert!(!limiter.is_blocked("mallory", now.plus_ms(60_000)));
    }

    #[test]
    fn any_number_of_names_takes_no_more_than_its_room() {
        let limiter = Limiter::new(2);
        for number in 0..3 * NAMES_MAX as u64 {
            limiter.failed(number, Timestamp(number));
            assert!(limiter.failures.lock().len() <= NAMES_MAX);
        }
    }
}
