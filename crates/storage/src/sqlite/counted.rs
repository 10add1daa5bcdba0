//! Unread counts that were counted before, so that a long row of unread messages is gone through once.
//!
//! **Comes in:** a conversation as a reader sees it. **Goes out:** its unread count (contract C5). **Never here:** which
//! messages count; SQL.
//!
//! Messages stay as they are, but for what changes the timeline's version or the account's view of it, and come at the
//! end alone. So a count from the same mark under the same two versions holds, and what came since is added to it. Only
//! what was committed is remembered: the writer, whose operations may be undone, has none of this.

use std::collections::HashMap;

use hongyan_protocol::id::{AccountId, Sequence, Version};
use parking_lot::Mutex;

use super::conversation::Own;
use super::timeline;
use super::view::View;
use crate::store::Result;

/// Fewer messages are counted as quickly as they are looked up. In tests all are remembered, to see that it is right.
const WORTH: u64 = if cfg!(test) { 1 } else { 256 };
/// Conversations whose count is remembered; beyond that the memory starts anew.
const COUNTS_MAX: usize = 50_000;

/// What readers of a store remember together.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<HashMap<(AccountId, u64), Counted>>);

#[derive(Debug, Clone, Copy)]
struct Counted {
    basis: Basis,
    /// The newest message that was looked at.
    up_to: Sequence,
    count: u64,
}

/// What a count depends on, beside what comes at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Basis {
    after: Sequence,
    changed: Version,
    view_version: u64,
}

impl Counts {
    fn find(&self, own: &Own, basis: Basis, last: Sequence) -> Option<Counted> {
        let counts = self.0.lock();
        let counted = counts.get(&(own.account, own.number)).copied()?;
        // A reader whose moment is older than the count has fewer messages.
        (counted.basis == basis && counted.up_to <= last).then_some(counted)
    }

    fn put(&self, own: &Own, counted: Counted) {
        let mut counts = self.0.lock();
        if counts.len() >= COUNTS_MAX {
            counts.clear();
        }
        counts.insert((own.account, own.number), counted);
    }
}

/// Unread messages of a conversation whose newest message is `last`.
pub(super) fn unread(view: &View<'_>, own: &Own, last: Sequence) -> Result<u64> {
    let after = own.unread_after(own.read);
    let Some(counts) = view.counts() else {
        return timeline::count_unread(view, own.number, own.reader(), after);
    };
    let basis = Basis {
        after,
        changed: own.changed,
        view_version: own.view_version,
    };
    let (up_to, before) = match counts.find(own, basis, last) {
        Some(counted) => (counted.up_to, counted.count),
        None => (after, 0),
    };
    let count = before + timeline::count_unread(view, own.number, own.reader(), up_to)?;
    if last.0 >= up_to.0 + WORTH {
        let up_to = last;
        counts.put(own, Counted { basis, up_to, count });
    }
    Ok(count)
}
