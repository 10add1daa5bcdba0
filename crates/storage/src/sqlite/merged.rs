//! Merged messages that are kept apart from the message around them.

use hongyan_protocol::id::{AccountId, SdkAppId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::writer::Writing;
use crate::model::MergedPart;
use crate::store::Result;

/// Keeps a part; one that is there stays as it is. `false`: the key is somebody else's, or says another number of parts.
pub(super) fn put_merged(writing: &Writing, account: AccountId, part: &MergedPart) -> Result<bool> {
    let known: Option<(u64, u32)> = writing
        .connection
        .prepare_cached("SELECT account, parts FROM merged WHERE key = ?1 LIMIT 1")?
        .query_row([&part.key[..]], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if known.is_some_and(|it| it != (account.0, part.parts)) {
        return Ok(false);
    }
    writing
        .connection
        .prepare_cached(
            "INSERT INTO merged (key, part, parts, account, content) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            &part.key[..],
            part.part,
            part.parts,
            account.0,
            part.content.as_ref()
        ])?;
    Ok(true)
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
