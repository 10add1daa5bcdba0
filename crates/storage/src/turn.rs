//! The order of commits, kept beyond the store.
//!
//! Requests run side by side, but what follows from their commits must reach the sessions in the order of those
//! commits: a timeline's versions and a log's pts leave one apart (contract C4). So each commit takes the next number
//! of a [`Turnstile`], and what follows from it runs when all earlier ones have run or were given up.
//!
//! **Never here:** what follows. It must be quick and must not wait.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

/// What a writing operation did, and its turn.
#[derive(Debug)]
#[must_use = "the turn must be taken, or what follows from later commits comes late"]
pub struct Committed<T> {
    /// What it did.
    pub value: T,
    /// Where it stands in the order of commits.
    pub turn: Turn,
}

impl<T> Committed<T> {
    /// The same turn for another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Committed<U> {
        Committed {
            value: f(self.value),
            turn: self.turn,
        }
    }
}

type Follow = Box<dyn FnOnce() + Send>;

/// Gives out turns in the order of commits.
#[derive(Default, Clone)]
pub struct Turnstile(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The number that the next commit gets.
    next: u64,
    /// The number whose turn it is.
    current: u64,
    /// Those that came before their turn; `None` was given up.
    early: BTreeMap<u64, Option<Follow>>,
}

/// A place in the order of commits. Dropped without [`Turn::run`], it lets the later ones pass.
#[must_use = "a turn is run or given up"]
pub struct Turn {
    number: u64,
    /// `None` when it was used, or when the operation changed nothing that others must hear of in order.
    turnstile: Option<Turnstile>,
}

impl Turnstile {
    /// The next turn. To be called in the order of commits, by the one who commits.
    pub fn next(&self) -> Turn {
        let mut state = self.0.lock();
        let number = state.next;
        state.next += 1;
        Turn {
            number,
            turnstile: Some(self.clone()),
        }
    }

    fn arrive(&self, number: u64, follow: Option<impl FnOnce() + Send + 'static>) {
        let mut state = self.0.lock();
        if number != state.current {
            let follow = follow.map(|it| -> Follow { Box::new(it) });
            state.early.insert(number, follow);
            return;
        }
        // Run under the lock: nobody may overtake. `Turn::run` documents what that asks of the caller. A turn is over
        // before what follows runs, so that one that panics does not hold up the others.
        state.current += 1;
        if let Some(follow) = follow {
            follow();
        }
        while let Some(follow) = {
            let current = state.current;
            state.early.remove(&current)
        } {
            state.current += 1;
            if let Some(follow) = follow {
                follow();
            }
        }
    }
}

impl Turn {
    /// The turn of something that changed nothing: what follows runs at once.
    pub const fn none() -> Self {
        Self {
            number: 0,
            turnstile: None,
        }
    }

    /// Runs what follows from the commit, now or as soon as all earlier turns are over. It runs inside the turnstile:
    /// it must not wait, and must not commit.
    pub fn run(mut self, follow: impl FnOnce() + Send + 'static) {
        match self.turnstile.take() {
            Some(turnstile) => turnstile.arrive(self.number, Some(follow)),
            None => follow(),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turnstile) = self.turnstile.take() {
            turnstile.arrive(self.number, None::<Follow>);
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Turn").field(&self.number).finish()
    }
}

impl fmt::Debug for Turnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turnstile").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contract C4.
    #[test]
    fn what_follows_runs_in_the_order_of_commits_whoever_comes_first() {
        let turnstile = Turnstile::default();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = |name: &'static str| {
            let seen = seen.clone();
            move || seen.lock().push(name)
        };
        let (first, second, third, fourth) = (
            turnstile.next(),
            turnstile.next(),
            turnstile.next(),
            turnstile.next(),
        );
        third.run(note("third"));
        second.run(note("second"));
        assert!(seen.lock().is_empty());
        Turn::none().run(note("unordered"));
        drop(first);
        fourth.run(note("fourth"));
        assert_eq!(*seen.lock(), ["unordered", "second", "third", "fourth"]);
    }
}
