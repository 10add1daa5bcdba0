//! Files: what was uploaded, and what refers to it: messages, profiles, groups, merged messages. Their bytes are kept
//! elsewhere.

use bytes::Bytes;
use hongyan_protocol::file::FileId;
use hongyan_protocol::id::{AccountId, SdkAppId, Timestamp};
use hongyan_protocol::linked::Linked;
use hongyan_protocol::message::MessageKey;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::account as accounts;
use super::writer::Writing;
use crate::model::{FileRecord, GroupNumber, Sweep, Swept};
use crate::store::Result;

const COLUMNS: &str = "id, app, account, size, created_ms, stored";

pub(super) fn put(writing: &Writing, file: &FileRecord) -> Result<()> {
    // Once more is the same: an id is drawn for one file alone.
    writing
        .connection
        .prepare_cached(&format!(
            "INSERT INTO file ({COLUMNS}, collected) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT DO NOTHING"
        ))?
        .execute(params![
            file.id.0,
            file.app.0,
            file.account.0,
            file.size,
            file.created.0,
            &file.stored[..]
        ])?;
    Ok(())
}

pub(super) fn find(connection: &Connection, id: FileId) -> Result<Option<FileRecord>> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM file WHERE id = ?1 AND collected = 0"
        ))?
        .query_row([id.0], read)
        .optional()?)
}

pub(super) fn count_bytes(connection: &Connection, account: AccountId, since: Timestamp) -> Result<u64> {
    Ok(connection
        .prepare_cached("SELECT coalesce(sum(size), 0) FROM file WHERE account = ?1 AND created_ms >= ?2")?
        .query_row([account.0, since.0], |row| row.get(0))?)
}

/// Who links to files beside messages, and keeps them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder {
    Profile(AccountId),
    Group(GroupNumber),
    Merged([u8; 16]),
}

impl Holder {
    fn columns(self) -> (u8, Value) {
        let number = |it: u64| Value::Integer(it.cast_signed());
        match self {
            Self::Profile(account) => (1, number(account.0)),
            Self::Group(group) => (2, number(group.0)),
            Self::Merged(key) => (3, Value::Blob(key.to_vec())),
        }
    }
}

/// From now on a holder links to these and to nothing else. Those of another app are none of its own.
pub(super) fn hold(writing: &Writing, app: SdkAppId, holder: Holder, linked: &[Linked]) -> Result<()> {
    release(writing, holder)?;
    hold_more(writing, app, holder, linked)
}

/// A holder links to these too.
pub(super) fn hold_more(writing: &Writing, app: SdkAppId, holder: Holder, linked: &[Linked]) -> Result<()> {
    let (kind, number) = holder.columns();
    for it in linked {
        let sql = match it {
            Linked::File(_) => {
                "INSERT INTO file_link (kind, holder, file)
                     SELECT ?1, ?2, id FROM file WHERE id = ?3 AND app = ?4 AND collected = 0
                 ON CONFLICT DO NOTHING"
            }
            // Merged messages hold what was there before them. So none hold each other in a ring, which would never go.
            Linked::Merged(_) => {
                "INSERT INTO file_link (kind, holder, file)
                     SELECT ?1, ?2, m.key FROM merged m JOIN account a ON a.id = m.account
                     WHERE m.key = ?3 AND a.app = ?4
                         AND m.rowid < (SELECT min(rowid) FROM merged WHERE key = ?2) LIMIT 1
                 ON CONFLICT DO NOTHING"
            }
        };
        writing
            .connection
            .prepare_cached(sql)?
            .execute(params![kind, number, it.name(), app.0])?;
    }
    Ok(())
}

/// A holder links to nothing any more.
pub(super) fn release(writing: &Writing, holder: Holder) -> Result<()> {
    let (kind, number) = holder.columns();
    writing
        .connection
        .prepare_cached("DELETE FROM file_link WHERE kind = ?1 AND holder = ?2")?
        .execute(params![kind, number])?;
    Ok(())
}

/// A message refers to these; those that are not there, or of another app, are passed over.
pub(super) fn refer(
    writing: &Writing,
    app: SdkAppId,
    key: MessageKey,
    linked: &[Linked],
    now: Timestamp,
) -> Result<()> {
    for it in linked {
        let sql = match it {
            Linked::File(_) => {
                "INSERT INTO file_reference (file, account, client_time_s, random, created_ms)
                     SELECT id, ?3, ?4, ?5, ?6 FROM file WHERE id = ?1 AND app = ?2 AND collected = 0
                 ON CONFLICT DO NOTHING"
            }
            Linked::Merged(_) => {
                "INSERT INTO file_reference (file, account, client_time_s, random, created_ms)
                     SELECT m.key, ?3, ?4, ?5, ?6 FROM merged m JOIN account a ON a.id = m.account
                     WHERE m.key = ?1 AND a.app = ?2 LIMIT 1
                 ON CONFLICT DO NOTHING"
            }
        };
        writing.connection.prepare_cached(sql)?.execute(params![
            it.name(),
            app.0,
            key.account.0,
            key.client_time_s,
            key.random,
            now.0
        ])?;
    }
    Ok(())
}

/// A message that was sent by this account refers to other things than before.
pub(super) fn refer_anew(
    writing: &Writing,
    key: MessageKey,
    before: &[Linked],
    after: &[Linked],
    time: Timestamp,
) -> Result<()> {
    for it in before.iter().filter(|it| !after.contains(it)) {
        writing
            .connection
            .prepare_cached(
                "DELETE FROM file_reference
                 WHERE file = ?1 AND account = ?2 AND client_time_s = ?3 AND random = ?4",
            )?
            .execute(params![it.name(), key.account.0, key.client_time_s, key.random])?;
    }
    if !after.is_empty()
        && let Some(app) = accounts::app(&writing.connection, key.account)?
    {
        refer(writing, app, key, after, time)?;
    }
    Ok(())
}

/// Looks at the next `limit` references, and then at the next `limit` files.
pub(super) fn sweep(writing: &Writing, before: Timestamp, from: Sweep, limit: usize) -> Result<Swept> {
    let connection = &writing.connection;
    let (last, seen): (Option<u64>, usize) = connection
        .prepare_cached(
            "SELECT max(number), count(*) FROM
                 (SELECT number FROM file_reference WHERE number > ?1 ORDER BY number LIMIT ?2)",
        )?
        .query_row(params![from.reference, limit], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if let Some(last) = last {
        let without: Vec<(u64, MessageKey)> = connection
            .prepare_cached(
                "SELECT number, account, client_time_s, random FROM file_reference r
                 WHERE number > ?1 AND number <= ?2 AND created_ms < ?3
                     AND NOT EXISTS (SELECT 1 FROM message m WHERE m.account = r.account
                         AND m.client_time_s = r.client_time_s AND m.random = r.random AND m.flags < 16)",
            )?
            .query_map([from.reference, last, before.0], |row| {
                let key = MessageKey {
                    account: AccountId(row.get(1)?),
                    client_time_s: row.get(2)?,
                    random: row.get(3)?,
                };
                Ok((row.get(0)?, key))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let view = writing.view();
        for (number, key) in without {
            // The message may be on its way into the table.
            if view.find_key_ahead(key).is_none() {
                connection
                    .prepare_cached("DELETE FROM file_reference WHERE number = ?1")?
                    .execute([number])?;
            }
        }
    }
    // From the beginning again when the end was reached.
    let reference = if seen < limit { 0 } else { last.unwrap_or(0) };
    let (newest, seen): (Option<u64>, usize) = connection
        .prepare_cached(
            "SELECT max(created_ms), count(*) FROM (SELECT created_ms FROM file
                 WHERE created_ms >= ?1 AND created_ms < ?2 ORDER BY created_ms LIMIT ?3)",
        )?
        .query_row(params![from.created.0, before.0, limit], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let newest = newest.unwrap_or(from.created.0);
    let mut statement = connection.prepare_cached(&format!(
        "UPDATE file SET collected = 1 WHERE id IN
             (SELECT id FROM file WHERE created_ms >= ?1 AND created_ms <= ?2 AND created_ms < ?3
                 AND NOT EXISTS (SELECT 1 FROM file_reference r WHERE r.file = file.id)
                 AND NOT EXISTS (SELECT 1 FROM file_link l WHERE l.file = file.id)
              ORDER BY created_ms LIMIT ?4)
         RETURNING {COLUMNS}"
    ))?;
    let files = statement
        .query_map(params![from.created.0, newest, before.0, limit], read)?
        .collect::<rusqlite::Result<_>>()?;
    let created = match seen < limit {
        true => 0,
        // Never twice the same step, also when all of them are of one millisecond.
        false => newest.max(from.created.0 + 1),
    };
    Ok(Swept {
        files,
        next: Sweep {
            reference,
            created: Timestamp(created),
        },
    })
}

pub(super) fn remove(writing: &Writing, id: FileId) -> Result<()> {
    writing
        .connection
        .prepare_cached("DELETE FROM file WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<FileRecord> {
    Ok(FileRecord {
        id: FileId(row.get(0)?),
        app: SdkAppId(row.get(1)?),
        account: AccountId(row.get(2)?),
        size: row.get(3)?,
        created: Timestamp(row.get(4)?),
        stored: Bytes::from(row.get::<_, Vec<u8>>(5)?),
    })
}
