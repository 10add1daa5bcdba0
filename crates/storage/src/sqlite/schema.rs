//! Opening the database: what a connection is set to, and the format that it finds.
//!
//! **Comes in:** a folder, or nothing for a store in memory. **Goes out:** connections to a database of today's format.
//! **Never here:** rows.
//!
//! The format is the sum of the files under `migrations/`, applied in order, each once. `user_version` counts them.

use std::cell::Cell;
use std::fs::File;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::SqliteOptions;
use crate::store::{Result, StoreError};

/// The database's file in its folder.
pub(super) const FILE: &str = "hongyan.db";
/// Held by the process that uses the folder.
const LOCK_FILE: &str = "hongyan.lock";
/// As many pages of the write-ahead log are worth carrying over.
pub(super) const LOG_PAGES_WORTH: usize = 8192;
/// Statements that a connection keeps prepared.
const STATEMENTS_MAX: usize = 256;

/// In the order of application. A file that was released is never changed.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_conversation_settings.sql"),
    include_str!("migrations/0003_files.sql"),
    include_str!("migrations/0004_receipts.sql"),
    include_str!("migrations/0005_history.sql"),
    include_str!("migrations/0006_messages.sql"),
    include_str!("migrations/0007_links.sql"),
];

/// Makes the folder this process's own, until the file is dropped. Two processes on one folder would each believe
/// that they know where the timelines end.
pub(super) fn lock(folder: &Path) -> Result<File> {
    make_private(folder).map_err(|error| unwritable(folder, &error))?;
    let path = folder.join(LOCK_FILE);
    let file = open_private(&path).map_err(|error| unwritable(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Unwritable(format!(
            "{} is in use by another process",
            folder.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(unwritable(&path, &error)),
    }
}

/// The connection that writes, on a database of today's format.
pub(super) fn open_writer(folder: &Path, options: &SqliteOptions) -> Result<Connection> {
    let path = folder.join(FILE);
    // SQLite gives its other files the permissions of this one.
    open_private(&path).map_err(|error| unwritable(&path, &error))?;
    let mut connection = Connection::open(path)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Unwritable(
            "the folder's file system cannot hold a WAL".to_owned(),
        ));
    }
    // FULL: a commit is on disk when it is answered (contract C1). NORMAL would sync at checkpoints only.
    // On a Mac a sync reaches the disk itself only when it is asked to.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    // Longer than the default: more of the small random writes fall together before they go to the database itself.
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_WORTH)?;
    set_up(&connection, options.writer_cache_bytes)?;
    migrate(&mut connection)?;
    Ok(connection)
}

thread_local! {
    static LOG_PAGES: Cell<usize> = const { Cell::new(0) };
}

/// Leaves it to others to carry the write-ahead log over to the database, which takes its time, and tells them by
/// [`log_pages`] when it is time.
pub(super) fn leave_log(connection: &Connection) {
    connection.wal_hook(Some(|_, pages| {
        LOG_PAGES.set(usize::try_from(pages).unwrap_or_default());
        Ok(())
    }));
}

/// How many pages the log had after this thread's last commit.
pub(super) fn log_pages() -> usize {
    LOG_PAGES.get()
}

/// A connection that carries the log over while others write. To be opened after [`open_writer`].
pub(super) fn open_carrier(folder: &Path) -> Result<Connection> {
    let connection = Connection::open(folder.join(FILE))?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA checkpoint_fullfsync = ON;")?;
    Ok(connection)
}

/// Carries the log over as far as it may be; whether that is all of it.
pub(super) fn carry_log(connection: &Connection) -> Result<bool> {
    let (is_busy, pages, carried): (bool, i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    Ok(!is_busy && pages == carried)
}

/// A connection that reads. To be opened after [`open_writer`].
pub(super) fn open_reader(folder: &Path, options: &SqliteOptions) -> Result<Connection> {
    // Not read-only for SQLite: a reader of a WAL writes to its index.
    let connection = Connection::open_with_flags(
        folder.join(FILE),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    set_up(&connection, options.reader_cache_bytes)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The one connection of a store in memory.
pub(super) fn open_memory(options: &SqliteOptions) -> Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    set_up(&connection, options.writer_cache_bytes)?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn set_up(connection: &Connection, cache_bytes: u64) -> Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Plans do not depend on parameters: without this, SQLite prepares a page of messages anew for each place in a timeline.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(&format!(
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456;
         PRAGMA cache_size = -{};",
        cache_bytes / 1024
    ))?;
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let applied: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if applied > MIGRATIONS.len() {
        return Err(StoreError::Unreadable(format!(
            "the data is of format {applied}, newer than this program, which knows formats up to {}",
            MIGRATIONS.len()
        )));
    }
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(applied) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number + 1)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Makes a folder that only its owner looks into: apps' keys and all messages are in it. One that is there stays as it
/// is; somebody chose its permissions.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for writing; makes it when it is not there, for its owner alone.
pub(super) fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unwritable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_not_prepared_again_for_other_parameters() {
        let connection = open_memory(&SqliteOptions::default()).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT place FROM message WHERE place >= ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3",
            )
            .unwrap();
        for end in 1..10 {
            let pages = statement
                .query_map([0, end, 20], |row| row.get::<_, u64>(0))
                .unwrap();
            assert_eq!(pages.count(), 0);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
