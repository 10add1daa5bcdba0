//! Faults, made on purpose: the simulation must find each of them, or it finds nothing.
//!
//! **Comes in:** the fault that the tests of the running thread want. **Goes out:** whether one is wanted, asked at the one
//! line that each breaks. **Never here:** anything of a program that is used; only the simulation's tests are built with this.

use std::cell::Cell;

/// A fault, and the contract that it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// A message that is sent again is a new one (C2).
    NoDedup,
    /// Writes are answered before their commit (C1).
    AnswerBeforeCommit,
    /// The core takes what comes, whatever its number (C4).
    NoGapCheck,
    /// What was missed begins one message too late (C4).
    CursorOffByOne,
    /// A kicked session keeps its seat (C6).
    PushToKicked,
    /// A message is modified whatever its writer knew of it (C1: somebody else's change is lost).
    ModifyUnchecked,
    /// A message that was modified keeps the version of its timeline (C4).
    ModifyUnversioned,
    /// Other instances of an account do not hear of what it deleted (C4).
    DeletionUnheard,
}

thread_local! {
    static WANTED: Cell<Option<Sabotage>> = const { Cell::new(None) };
}

/// What is broken from now on, in this thread alone.
pub fn set(wanted: Option<Sabotage>) {
    WANTED.set(wanted);
}

/// Whether this is to be broken.
pub fn is(fault: Sabotage) -> bool {
    WANTED.get() == Some(fault)
}
