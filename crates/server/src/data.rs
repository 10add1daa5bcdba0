//! The data folder: everything that a server keeps. It belongs to one process at a time; the store sees to that.
//!
//! **Comes in:** a path. **Goes out:** the opened store. **Never here:** what is in it.

use std::path::Path;
use std::sync::Arc;

use hongyan_storage::{SqliteOptions, SqliteStore, Store, StoreError};

/// Opens a folder; makes it when it is not there. Fails when another process works on it.
pub async fn open(folder: &Path) -> Result<Arc<dyn Store>, StoreError> {
    open_with(folder, true).await
}

/// The same, with or without a journal beside the database. What a journal holds is carried over when it is left out.
pub async fn open_with(folder: &Path, journal: bool) -> Result<Arc<dyn Store>, StoreError> {
    let folder = folder.to_owned();
    let options = SqliteOptions {
        journal,
        ..SqliteOptions::default()
    };
    // Migrations may take their time.
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&folder, options));
    match opened.await {
        Ok(store) => Ok(Arc::new(store?)),
        Err(_) => Err(StoreError::Closed),
    }
}
