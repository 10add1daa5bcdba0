//! Apps, the server's own settings, and numbers for the console.

use hongyan_protocol::id::{SdkAppId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::view::View;
use super::writer::{self, Writing};
use crate::model::{App, AppKey, AppSettings, BlockedSender, PlatformPolicy, ReceiptGroups, Totals};
use crate::store::{Result, StoreError};

const COLUMNS: &str =
    "id, name, key, created_ms, web_instances, platform_policy, revoke_limit_s, blocked_sender, upload_mb,
        upload_day_mb, receipt_groups, receipt_members_max, history_days";

pub(super) fn put_app(writing: &Writing, app: &App) -> Result<()> {
    let settings = &app.settings;
    writing
        .connection
        .prepare_cached(&format!(
            "INSERT INTO app ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        ))?
        .execute(params![
            app.id.0,
            app.name,
            app.key.0,
            app.created.0,
            settings.web_instances,
            settings.platform_policy.name(),
            settings.revoke_limit_s,
            settings.blocked_sender.name(),
            settings.upload_mb,
            settings.upload_day_mb,
            settings.receipt_groups.names().join(","),
            settings.receipt_members_max,
            settings.history_days,
        ])?;
    Ok(())
}

pub(super) fn update_app(writing: &Writing, app: &App) -> Result<()> {
    let settings = &app.settings;
    let changed = writing
        .connection
        .prepare_cached(
            "UPDATE app SET name = ?2, key = ?3, web_instances = ?4, platform_policy = ?5, revoke_limit_s = ?6,
                 blocked_sender = ?7, upload_mb = ?8, upload_day_mb = ?9, receipt_groups = ?10,
                 receipt_members_max = ?11, history_days = ?12 WHERE id = ?1",
        )?
        .execute(params![
            app.id.0,
            app.name,
            app.key.0,
            settings.web_instances,
            settings.platform_policy.name(),
            settings.revoke_limit_s,
            settings.blocked_sender.name(),
            settings.upload_mb,
            settings.upload_day_mb,
            settings.receipt_groups.names().join(","),
            settings.receipt_members_max,
            settings.history_days,
        ])?;
    match changed {
        0 => Err(StoreError::Unwritable(format!("there is no app {}", app.id))),
        _ => Ok(()),
    }
}

pub(super) fn find_app(connection: &Connection, app: SdkAppId) -> Result<Option<App>> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM app WHERE id = ?1"))?
        .query_row([app.0], read_app)
        .optional()?)
}

pub(super) fn list_apps(connection: &Connection) -> Result<Vec<App>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM app ORDER BY created_ms, id"))?;
    let apps = statement
        .query_map([], read_app)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(apps)
}

fn read_app(row: &Row<'_>) -> rusqlite::Result<App> {
    Ok(App {
        id: SdkAppId(row.get(0)?),
        name: row.get(1)?,
        key: AppKey(row.get(2)?),
        created: Timestamp(row.get(3)?),
        settings: AppSettings {
            web_instances: row.get(4)?,
            // A word of a newer program falls back to the default rather than locking the owner out.
            platform_policy: PlatformPolicy::from_name(&row.get::<_, String>(5)?)
                .unwrap_or(AppSettings::default().platform_policy),
            revoke_limit_s: row.get(6)?,
            blocked_sender: BlockedSender::from_name(&row.get::<_, String>(7)?)
                .unwrap_or(AppSettings::default().blocked_sender),
            upload_mb: row.get(8)?,
            upload_day_mb: row.get(9)?,
            receipt_groups: receipt_groups(&row.get::<_, String>(10)?),
            receipt_members_max: row.get(11)?,
            history_days: row.get(12)?,
        },
    })
}

fn receipt_groups(kept: &str) -> ReceiptGroups {
    let names = kept.split(',').filter(|it| !it.is_empty());
    ReceiptGroups::from_names(names).unwrap_or(AppSettings::default().receipt_groups)
}

pub(super) fn find_setting(connection: &Connection, name: &str) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(super) fn put_setting(writing: &Writing, name: &str, value: &str) -> Result<()> {
    writing
        .connection
        .prepare_cached(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([name, value])?;
    Ok(())
}

/// Reads a little.
pub(super) fn check(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached("SELECT value FROM counter WHERE name = 'messages'")?
        .query_row([], |_| Ok(()))?;
    Ok(())
}

/// Writes a little, and changes nothing in the end. One statement that changes nothing would not be written at all.
pub(super) fn try_to_write(writing: &mut Writing) -> Result<()> {
    for sql in [
        "UPDATE counter SET value = value + 1 WHERE name = 'messages'",
        "UPDATE counter SET value = value - 1 WHERE name = 'messages'",
    ] {
        writing.connection.prepare_cached(sql)?.execute([])?;
    }
    Ok(())
}

/// All but what the WAL and the journal hold beside the database.
pub(super) fn totals(view: &View<'_>) -> Result<Totals> {
    let number =
        |sql: &str| -> Result<u64> { Ok(view.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    let (_, journaled) = writer::applied(view)?;
    Ok(Totals {
        apps: number("SELECT count(*) FROM app")?,
        accounts: number("SELECT count(*) FROM account")?,
        messages: number("SELECT value FROM counter WHERE name = 'messages'")?
            + view.journaled().saturating_sub(journaled),
        data_bytes: number("PRAGMA page_count")? * number("PRAGMA page_size")?,
    })
}
