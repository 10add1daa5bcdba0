//! Event logs, and what is entered beside an operation.

use hongyan_protocol::change::{AccountChange, AccountEvent};
use hongyan_protocol::id::{AccountId, Pts};
use hongyan_protocol::limits;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::timeline;
use super::writer::Writing;
use super::{in_place, place, places};
use crate::model::{Entered, Entry};
use crate::store::{Result, StoreError};

/// A log is cut to its length once in so many events, so that most appends delete nothing.
const CUT_EVERY: u64 = 64;

/// Enters what follows from an operation, in its transaction.
pub(super) fn enter(writing: &mut Writing, entries: Vec<Entry>) -> Result<Vec<Entered>> {
    entries
        .into_iter()
        .map(|entry| match entry {
            Entry::Message(timeline, message) => Ok(Entered::Message(
                timeline,
                timeline::enter_message(writing, timeline, message)?,
            )),
            Entry::Event(account, change) => Ok(Entered::Event(account, append(writing, account, change)?)),
        })
        .collect()
}

/// The number of the newest event; 0 when there is none yet.
pub(super) fn newest(connection: &Connection, account: AccountId) -> Result<Pts> {
    last(connection, account, "DESC")
}

/// Events after a number; `None` when the log does not reach back so far, or is not there yet.
pub(super) fn list_after(
    connection: &Connection,
    account: AccountId,
    pts: Pts,
) -> Result<Option<(Pts, Vec<AccountEvent>)>> {
    let newest = newest(connection, account)?;
    let oldest = last(connection, account, "ASC")?;
    if pts > newest || pts.next() < oldest {
        return Ok(None);
    }
    let events = connection
        .prepare_cached(
            "SELECT place, entry FROM account_event WHERE place > ?1 AND place < ?2 ORDER BY place",
        )?
        .query_map([place(account.0, pts.0), places(account.0).end], |row| {
            Ok((Pts(in_place(row.get(0)?)), row.get::<_, Vec<u8>>(1)?))
        })?
        .map(|kept| {
            let (pts, entry) = kept?;
            AccountEvent::decode(pts, &entry).map_err(|error| StoreError::Unreadable(error.to_string()))
        })
        .collect::<Result<_>>()?;
    Ok(Some((newest, events)))
}

fn append(writing: &Writing, account: AccountId, change: AccountChange) -> Result<AccountEvent> {
    let connection = &writing.connection;
    let pts = newest(connection, account)?.next();
    connection
        .prepare_cached("INSERT INTO account_event (place, entry) VALUES (?1, ?2)")?
        .execute(params![place(account.0, pts.0), change.encode()])?;
    if pts.0.is_multiple_of(CUT_EVERY) && pts.0 > limits::EVENTS_KEPT_MAX {
        connection
            .prepare_cached("DELETE FROM account_event WHERE place >= ?1 AND place <= ?2")?
            .execute([
                places(account.0).start,
                place(account.0, pts.0 - limits::EVENTS_KEPT_MAX),
            ])?;
    }
    Ok(AccountEvent {
        pts,
        change: Some(change),
    })
}

fn last(connection: &Connection, account: AccountId, order: &str) -> Result<Pts> {
    let range = places(account.0);
    let found: Option<i64> = connection
        .prepare_cached(&format!(
            "SELECT place FROM account_event WHERE place >= ?1 AND place < ?2 ORDER BY place {order} LIMIT 1"
        ))?
        .query_row([range.start, range.end], |row| row.get(0))
        .optional()?;
    Ok(Pts(found.map_or(0, in_place)))
}
