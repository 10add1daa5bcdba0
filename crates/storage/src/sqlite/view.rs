//! What a reader sees: one moment of the database.
//!
//! **Comes in:** a connection inside a transaction. **Goes out:** the same, to the functions that read timelines.
//! **Never here:** what is asked.
//!
//! It stands for a `&Connection` wherever one is asked for. What reads messages takes a `&View` instead, and reads them
//! by the functions of [`super::timeline`]: the newest messages need not be in the table `message` yet. Operations that
//! change messages get the timeline's end from `timeline::current_head`, before which they are.

use std::ops::Deref;

use rusqlite::Connection;

/// One moment.
pub(super) struct View<'a> {
    connection: &'a Connection,
}

impl<'a> View<'a> {
    pub(super) const fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }
}

impl Deref for View<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
