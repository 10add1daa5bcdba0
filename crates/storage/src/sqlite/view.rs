//! What a reader sees: one moment of the database, and of the tail before it.
//!
//! **Comes in:** a connection inside a transaction, and the tail. **Goes out:** the same, to the functions that read
//! timelines. **Never here:** what is asked.
//!
//! It stands for a `&Connection` wherever one is asked for. What reads messages takes a `&View` instead, and reads them
//! by the functions of [`super::timeline`]: the newest messages need not be in the table `message` yet. Operations that
//! change messages get the timeline's end from `timeline::current_head`, after which they are.

use std::ops::{Deref, RangeInclusive};

use hongyan_protocol::id::Sequence;
use hongyan_protocol::message::MessageKey;
use rusqlite::Connection;

use super::counted::Counts;
use super::tail::{Kept, Moment, Tail};
use super::{in_place, timeline};
use crate::store::Result;

/// One moment.
pub(super) struct View<'a> {
    connection: &'a Connection,
    /// `None`: all messages are in the database.
    tail: Option<Moment<'a>>,
    /// `None`: what it sees may be undone.
    counts: Option<&'a Counts>,
}

impl<'a> View<'a> {
    /// To be made before the connection's transaction reads anything.
    pub(super) fn new(connection: &'a Connection, tail: Option<&'a Tail>) -> Self {
        Self {
            connection,
            tail: tail.map(Tail::moment),
            counts: None,
        }
    }

    /// With what is remembered of unread counts. For what was committed.
    pub(super) fn with_counts(self, counts: Option<&'a Counts>) -> Self {
        Self { counts, ..self }
    }

    /// What is remembered of unread counts.
    pub(super) fn counts(&self) -> Option<&Counts> {
        self.counts
    }

    /// The messages of a timeline that are behind those in the database; there are no others behind those.
    pub(super) fn ahead(&self, number: u64) -> Result<Option<RangeInclusive<u64>>> {
        let Some(last) = self.tail.as_ref().and_then(|it| it.last(number)) else {
            return Ok(None);
        };
        let kept = timeline::last_kept(self, number)?.map_or(0, |(sequence, _)| sequence.0);
        let last = in_place(last.place);
        Ok((kept < last).then_some(kept + 1..=last))
    }

    /// The last of them, when it is behind the last one in the database.
    pub(super) fn last_ahead(&self, number: u64, kept: Sequence) -> Option<Kept> {
        let last = self.tail.as_ref()?.last(number)?;
        (in_place(last.place) > kept.0).then_some(last)
    }

    /// Messages of the tail, ascending. To be asked for what [`View::ahead`] named.
    pub(super) fn list_ahead(&self, number: u64, first: u64, last: u64) -> Vec<Kept> {
        match &self.tail {
            Some(tail) if first <= last => tail.list(number, first, last),
            _ => Vec::new(),
        }
    }

    /// The place of a message in the tail that may be sent again.
    pub(super) fn find_key_ahead(&self, key: MessageKey) -> Option<i64> {
        self.tail.as_ref()?.find_key(key)
    }

    /// How many messages the journal ever took.
    pub(super) fn journaled(&self) -> u64 {
        self.tail.as_ref().map_or(0, Moment::position)
    }
}

impl Deref for View<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
