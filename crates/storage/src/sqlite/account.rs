//! Accounts and their profiles.

use hongyan_protocol::id::{Account, AccountId, SdkAppId, Timestamp, UserId};
use hongyan_protocol::linked;
use hongyan_protocol::profile::{Profile, ProfileChange};
use hongyan_protocol::wire;
use prost::Message as _;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::event::enter;
use super::file::{self, Holder};
use super::timeline;
use super::writer::Writing;
use crate::model::{AccountRecord, Consequences, Written};
use crate::store::{Result, StoreError};

const COLUMNS: &str = "id, app, user_id, profile, created_ms, last_login_ms, sigs_after_ms";

/// An account's number.
pub(super) fn number(connection: &Connection, app: SdkAppId, user_id: &UserId) -> Result<Option<AccountId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM account WHERE app = ?1 AND user_id = ?2")?
        .query_row(params![app.0, user_id.as_str()], |row| Ok(AccountId(row.get(0)?)))
        .optional()?)
}

/// An account's number, and since when UserSigs open it.
pub(super) fn door(
    connection: &Connection,
    app: SdkAppId,
    user_id: &UserId,
) -> Result<Option<(AccountId, Timestamp)>> {
    Ok(connection
        .prepare_cached("SELECT id, sigs_after_ms FROM account WHERE app = ?1 AND user_id = ?2")?
        .query_row(params![app.0, user_id.as_str()], |row| {
            Ok((AccountId(row.get(0)?), Timestamp(row.get(1)?)))
        })
        .optional()?)
}

/// An account's name; one that is not there has none.
pub(super) fn user_id(connection: &Connection, account: AccountId) -> Result<UserId> {
    let name: Option<String> = connection
        .prepare_cached("SELECT user_id FROM account WHERE id = ?1")?
        .query_row([account.0], |row| row.get(0))
        .optional()?;
    Ok(UserId::trusted(name.unwrap_or_default()))
}

/// The app of an account; `None` when there is none.
pub(super) fn app(connection: &Connection, account: AccountId) -> Result<Option<SdkAppId>> {
    Ok(connection
        .prepare_cached("SELECT app FROM account WHERE id = ?1")?
        .query_row([account.0], |row| Ok(SdkAppId(row.get(0)?)))
        .optional()?)
}

/// The profile of an account that is there.
pub(super) fn profile(connection: &Connection, account: AccountId) -> Result<Profile> {
    let kept: Vec<u8> = connection
        .prepare_cached("SELECT profile FROM account WHERE id = ?1")?
        .query_row([account.0], |row| row.get(0))?;
    decode(&kept)
}

/// Makes an account.
pub(super) fn add(writing: &Writing, app: SdkAppId, user_id: &UserId, now: Timestamp) -> Result<AccountId> {
    let profile = Profile::empty(user_id.clone()).to_wire().encode_to_vec();
    writing
        .connection
        .prepare_cached(
            "INSERT INTO account
                 (app, user_id, nick, avatar, profile, created_ms, last_login_ms, sigs_after_ms)
             VALUES (?1, ?2, '', '', ?3, ?4, 0, 0)",
        )?
        .execute(params![app.0, user_id.as_str(), profile, now.0])?;
    Ok(AccountId(writing.connection.last_insert_rowid().cast_unsigned()))
}

pub(super) fn put_account(
    writing: &Writing,
    app: SdkAppId,
    user_id: &UserId,
    now: Timestamp,
) -> Result<bool> {
    if number(&writing.connection, app, user_id)?.is_some() {
        return Ok(false);
    }
    add(writing, app, user_id, now)?;
    Ok(true)
}

pub(super) fn put_sigs_after(writing: &Writing, account: AccountId, after: Timestamp) -> Result<()> {
    writing
        .connection
        .prepare_cached("UPDATE account SET sigs_after_ms = ?2 WHERE id = ?1")?
        .execute([account.0, after.0])?;
    Ok(())
}

pub(super) fn find_account(
    connection: &Connection,
    app: SdkAppId,
    user_id: &UserId,
) -> Result<Option<AccountRecord>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM account WHERE app = ?1 AND user_id = ?2"
        ))?
        .query_row(params![app.0, user_id.as_str()], |row| Ok(record(row)))
        .optional()?
        .transpose()
}

pub(super) fn list_accounts(
    connection: &Connection,
    app: SdkAppId,
    query: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<AccountRecord>> {
    if query.contains('\0') {
        return Ok(Vec::new()); // SQLite's patterns end there, and would match everything.
    }
    let escaped = query
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM account
             WHERE app = ?1 AND user_id > ?2
                 AND (user_id LIKE '%' || ?3 || '%' ESCAPE '\\' OR nick LIKE '%' || ?3 || '%' ESCAPE '\\')
             ORDER BY user_id LIMIT ?4"
        ))?
        .query_map(params![app.0, after, escaped, limit], |row| Ok(record(row)))?
        .map(|it| it?)
        .collect()
}

pub(super) fn count_accounts(connection: &Connection, app: SdkAppId) -> Result<u64> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM account WHERE app = ?1")?
        .query_row([app.0], |row| row.get(0))?)
}

pub(super) fn list_profiles(
    connection: &Connection,
    app: SdkAppId,
    user_ids: &[UserId],
) -> Result<Vec<Profile>> {
    let mut statement =
        connection.prepare_cached("SELECT profile FROM account WHERE app = ?1 AND user_id = ?2")?;
    let mut profiles = Vec::with_capacity(user_ids.len());
    for user_id in user_ids {
        let kept: Option<Vec<u8>> = statement
            .query_row(params![app.0, user_id.as_str()], |row| row.get(0))
            .optional()?;
        profiles.extend(kept.as_deref().map(decode).transpose()?);
    }
    Ok(profiles)
}

pub(super) fn put_profile(
    writing: &mut Writing,
    account: &Account,
    change: ProfileChange,
    now: Timestamp,
    consequences: Consequences<(Profile, Vec<AccountId>)>,
) -> Result<Written<Profile>> {
    let mut new = profile(&writing.connection, account.id)?;
    change.apply(&mut new, now);
    let encoded = new.to_wire().encode_to_vec();
    let linked = linked::of_texts([&encoded]);
    file::hold(writing, account.app, Holder::Profile(account.id), &linked)?;
    writing
        .connection
        .prepare_cached("UPDATE account SET profile = ?2, nick = ?3, avatar = ?4 WHERE id = ?1")?
        .execute(params![account.id.0, encoded, new.nick, new.avatar])?;
    let told = (new, timeline::list_peers(&writing.connection, account.id)?);
    let entered = enter(writing, consequences(&told))?;
    Ok(Written {
        done: told.0,
        entered,
    })
}

fn record(row: &Row<'_>) -> Result<AccountRecord> {
    Ok(AccountRecord {
        account: Account {
            id: AccountId(row.get(0)?),
            app: SdkAppId(row.get(1)?),
            user_id: UserId::trusted(row.get::<_, String>(2)?),
        },
        profile: decode(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?,
        created: Timestamp(row.get(4)?),
        last_login: Timestamp(row.get(5)?),
        sigs_after: Timestamp(row.get(6)?),
    })
}

fn decode(kept: &[u8]) -> Result<Profile> {
    wire::Profile::decode(kept)
        .map(Profile::from_wire)
        .map_err(|_| StoreError::Unreadable("a kept profile cannot be read".to_owned()))
}
