//! Blacklists.

use hongyan_protocol::id::{Account, AccountId, Timestamp, UserId};
use hongyan_protocol::limits;
use rusqlite::{Connection, params};

use super::event::enter;
use super::writer::Writing;
use crate::model::{BlacklistChanged, Consequences, Written};
use crate::store::Result;

pub(super) fn list(connection: &Connection, account: AccountId) -> Result<Vec<UserId>> {
    let mut statement = connection.prepare_cached(
        "SELECT o.user_id FROM blacklist b JOIN account o ON o.id = b.other WHERE b.account = ?1 ORDER BY b.id",
    )?;
    let users = statement
        .query_map([account.0], |row| Ok(UserId::trusted(row.get::<_, String>(0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(users)
}

pub(super) fn is_blocked(connection: &Connection, account: AccountId, other: AccountId) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM blacklist WHERE account = ?1 AND other = ?2")?
        .exists([account.0, other.0])?)
}

pub(super) fn add(
    writing: &mut Writing,
    account: AccountId,
    others: &[Account],
    now: Timestamp,
    consequences: Consequences<BlacklistChanged>,
) -> Result<Written<BlacklistChanged>> {
    let mut new: Vec<&Account> = Vec::new();
    for other in others {
        if !new.iter().any(|it| it.id == other.id) && !is_blocked(&writing.connection, account, other.id)? {
            new.push(other);
        }
    }
    let length: usize = writing
        .connection
        .prepare_cached("SELECT count(*) FROM blacklist WHERE account = ?1")?
        .query_row([account.0], |row| row.get(0))?;
    if length + new.len() > limits::BLACKLIST_MAX {
        return Ok(Written {
            done: BlacklistChanged {
                changed: Vec::new(),
                full: true,
            },
            entered: Vec::new(),
        });
    }
    for other in &new {
        writing
            .connection
            .prepare_cached("INSERT INTO blacklist (account, other, time_ms) VALUES (?1, ?2, ?3)")?
            .execute(params![account.0, other.id.0, now.0])?;
    }
    let changed = new.into_iter().map(|it| it.user_id.clone()).collect();
    finish(writing, changed, consequences)
}

pub(super) fn remove(
    writing: &mut Writing,
    account: AccountId,
    others: &[Account],
    consequences: Consequences<BlacklistChanged>,
) -> Result<Written<BlacklistChanged>> {
    let mut changed = Vec::new();
    for other in others {
        let removed = writing
            .connection
            .prepare_cached("DELETE FROM blacklist WHERE account = ?1 AND other = ?2")?
            .execute([account.0, other.id.0])?;
        if removed > 0 {
            changed.push(other.user_id.clone());
        }
    }
    finish(writing, changed, consequences)
}

fn finish(
    writing: &mut Writing,
    changed: Vec<UserId>,
    consequences: Consequences<BlacklistChanged>,
) -> Result<Written<BlacklistChanged>> {
    let done = BlacklistChanged { changed, full: false };
    let entered = match done.changed.is_empty() {
        true => Vec::new(),
        false => enter(writing, consequences(&done))?,
    };
    Ok(Written { done, entered })
}
