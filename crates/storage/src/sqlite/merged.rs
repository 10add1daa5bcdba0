//! Merged messages that are kept apart from the messages around them, for as long as something refers to them.

use hongyan_protocol::id::{AccountId, SdkAppId, Timestamp};
use hongyan_protocol::linked;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::account as accounts;
use super::file::{self, Holder};
use super::writer::Writing;
use crate::model::{MergedPart, MergedSweep};
use crate::store::Result;

/// Keeps a part; one that is there stays as it is. `false`: the key is somebody else's, or says another number of parts.
pub(super) fn put_merged(
    writing: &Writing,
    account: AccountId,
    part: &MergedPart,
    now: Timestamp,
) -> Result<bool> {
    let known: Option<(u64, u32)> = writing
        .connection
        .prepare_cached("SELECT account, parts FROM merged WHERE key = ?1 LIMIT 1")?
        .query_row([&part.key[..]], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if known.is_some_and(|it| it != (account.0, part.parts)) {
        return Ok(false);
    }
    let is_new = writing
        .connection
        .prepare_cached(
            "INSERT INTO merged (key, part, parts, account, content, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            &part.key[..],
            part.part,
            part.parts,
            account.0,
            part.content.as_ref(),
            now.0
        ])?
        == 1;
    let linked = linked::of_part(&part.content);
    if is_new
        && !linked.is_empty()
        && let Some(app) = accounts::app(&writing.connection, account)?
    {
        file::hold_more(writing, app, Holder::Merged(part.key), &linked)?;
    }
    Ok(true)
}

/// Looks at the next `limit` parts, and removes those that were kept before a moment and to which nothing refers.
pub(super) fn sweep(
    writing: &Writing,
    before: Timestamp,
    from: MergedSweep,
    limit: usize,
) -> Result<MergedSweep> {
    let connection = &writing.connection;
    let looked: Vec<(u64, i64, [u8; 16], bool)> = connection
        .prepare_cached(
            "SELECT created_ms, rowid, key,
                 EXISTS (SELECT 1 FROM file_reference r WHERE r.file = key)
                     OR EXISTS (SELECT 1 FROM file_link l WHERE l.file = key)
             FROM merged
             WHERE created_ms IS NOT NULL AND (created_ms, rowid) > (?1, ?2) AND created_ms < ?3
             ORDER BY created_ms, rowid LIMIT ?4",
        )?
        .query_map(params![from.created.0, from.row, before.0, limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (_, row, key, _) in looked.iter().filter(|it| !it.3) {
        connection
            .prepare_cached("DELETE FROM merged WHERE rowid = ?1")?
            .execute([row])?;
        // Without one of its parts it is nothing.
        file::release(writing, Holder::Merged(*key))?;
    }
    // From the beginning again when the end was reached.
    Ok(match looked.last() {
        Some((created, row, ..)) if looked.len() == limit => MergedSweep {
            created: Timestamp(*created),
            row: *row,
        },
        _ => MergedSweep::default(),
    })
}

/// All parts laid end to end, by accounts of which app; `None` while one is missing.
pub(super) fn find_merged(connection: &Connection, app: SdkAppId, key: [u8; 16]) -> Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached(
        "SELECT m.part, m.parts, m.content FROM merged m JOIN account a ON a.id = m.account
         WHERE m.key = ?1 AND a.app = ?2 ORDER BY m.part",
    )?;
    let mut rows = statement.query(params![&key[..], app.0])?;
    let (mut all, mut count, mut parts) = (Vec::new(), 0_u32, 0_u32);
    while let Some(row) = rows.next()? {
        count += 1;
        parts = row.get(1)?;
        all.extend(row.get::<_, Vec<u8>>(2)?);
    }
    Ok((count > 0 && count == parts).then_some(all))
}
