//! Instances: who is logged in on what, and who was kicked and has not heard of it.

use hongyan_protocol::id::{Account, AccountId, InstanceId, Timestamp};
use hongyan_protocol::platform::{KickReason, Platform};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::writer::Writing;
use super::{account, event};
use crate::model::{ChooseKicked, Instance, NewInstance, Registered};
use crate::store::Result;

/// How long a kicked instance is remembered: one that comes back later than this logs in anew.
const KICKED_KEPT_MS: u64 = 7 * 24 * 3600 * 1000;

/// Invariant: what `choose` says is in the same transaction as the new row, and there is one writer; so no two logins
/// see the same free place (contract C6).
pub(super) fn register(writing: &Writing, new: &NewInstance, choose: ChooseKicked) -> Result<Registered> {
    let connection = &writing.connection;
    let now = new.instance.since;
    let id = new.instance.id;
    let (number, created) = match account::door(connection, new.app, &new.user_id)? {
        Some((_, sigs_after)) if new.sig_issued < sigs_after => return Ok(Registered::Withdrawn),
        Some((number, _)) => (number, false),
        None => (account::add(writing, new.app, &new.user_id, now)?, true),
    };
    let before = find(connection, number, id)?;
    let resumed = match before {
        Some(Known::Kicked(reason)) if new.resume => return Ok(Registered::WasKicked(reason)),
        Some(Known::LoggedIn) => new.resume,
        Some(Known::Kicked(_)) | None => false,
    };
    let others: Vec<Instance> = list(connection, number)?
        .into_iter()
        .filter(|other| other.id != id)
        .collect();
    let kicked = choose(number, &others);
    kick(writing, number, &kicked, Some(now))?;
    if !resumed {
        connection
            .prepare_cached(
                "INSERT INTO instance (account, id, platform, since_ms, place)
                 VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(place), 0) + 1 FROM instance WHERE account = ?1))
                 ON CONFLICT (account, id) DO UPDATE SET platform = excluded.platform,
                     since_ms = excluded.since_ms, place = excluded.place, kicked = NULL, kicked_ms = NULL",
            )?
            .execute(params![number.0, id.0, new.instance.platform.name(), now.0])?;
        connection
            .prepare_cached("UPDATE account SET last_login_ms = ?2 WHERE id = ?1")?
            .execute([number.0, now.0])?;
    }
    Ok(Registered::In {
        account: Account {
            app: new.app,
            id: number,
            user_id: new.user_id.clone(),
        },
        profile: account::profile(connection, number)?,
        created,
        pts: event::newest(connection, number)?,
        kicked,
    })
}

pub(super) fn remove(writing: &Writing, account: AccountId, instance: InstanceId) -> Result<()> {
    writing
        .connection
        .prepare_cached("DELETE FROM instance WHERE account = ?1 AND id = ?2")?
        .execute(params![account.0, instance.0])?;
    Ok(())
}

/// `now` only says how long it is remembered; without it that begins with the next [`prune`].
pub(super) fn kick(
    writing: &Writing,
    account: AccountId,
    instances: &[(InstanceId, KickReason)],
    now: Option<Timestamp>,
) -> Result<()> {
    let mut statement = writing.connection.prepare_cached(
        "UPDATE instance SET kicked = ?3, kicked_ms = ?4 WHERE account = ?1 AND id = ?2 AND kicked IS NULL",
    )?;
    for (instance, reason) in instances {
        statement.execute(params![
            account.0,
            instance.0,
            reason.public(),
            now.map(|it| it.0)
        ])?;
    }
    Ok(())
}

pub(super) fn list(connection: &Connection, account: AccountId) -> Result<Vec<Instance>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, platform, since_ms FROM instance WHERE account = ?1 AND kicked IS NULL
         ORDER BY since_ms, place",
    )?;
    let instances = statement
        .query_map([account.0], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(instances)
}

pub(super) fn prune(writing: &Writing, now: Timestamp) -> Result<()> {
    writing
        .connection
        .prepare_cached("UPDATE instance SET kicked_ms = ?1 WHERE kicked IS NOT NULL AND kicked_ms IS NULL")?
        .execute([now.0])?;
    writing
        .connection
        .prepare_cached("DELETE FROM instance WHERE kicked IS NOT NULL AND kicked_ms < ?1")?
        .execute([now.0.saturating_sub(KICKED_KEPT_MS)])?;
    Ok(())
}

enum Known {
    LoggedIn,
    Kicked(KickReason),
}

fn find(connection: &Connection, account: AccountId, instance: InstanceId) -> Result<Option<Known>> {
    Ok(connection
        .prepare_cached("SELECT kicked FROM instance WHERE account = ?1 AND id = ?2")?
        .query_row(params![account.0, instance.0], |row| {
            Ok(match row.get::<_, Option<String>>(0)? {
                None => Known::LoggedIn,
                Some(text) => Known::Kicked(KickReason::from_public(&text).unwrap_or(KickReason::RestApi)),
            })
        })
        .optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Instance> {
    Ok(Instance {
        id: InstanceId(row.get(0)?),
        // A platform of a newer program counts as a server's: it stands in nobody's way.
        platform: Platform::from_name(&row.get::<_, String>(1)?).unwrap_or(Platform::Server),
        since: Timestamp(row.get(2)?),
    })
}
