//! Key/value pairs that members attach to messages. Each change is a change of the timeline.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Sequence, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{ChangeKind, Extension, Message};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::timeline::{self, Head};
use super::view::View;
use super::writer::Writing;
use super::{hidden, place};
use crate::model::{Extended, ExtensionResult, ExtensionWish, Readable, TimelineId};
use crate::store::Result;

/// Removed pairs that are remembered beside the others; the oldest go first.
const REMOVED_MAX: usize = 300;

/// Carries wishes out, or removes all. A wish whose pair was changed by somebody else meanwhile is refused alone.
pub(super) fn change_extensions(
    writing: &mut Writing,
    timeline: TimelineId,
    sequence: Sequence,
    wishes: Vec<ExtensionWish>,
    remove_all: bool,
) -> Result<Extended> {
    let Some(head) = timeline::current_head(writing, timeline)? else {
        return Ok(Extended::Missing);
    };
    let message = timeline::message_at(&writing.view(), timeline, head.number, sequence)?;
    let Some(message) = message.filter(|it| it.revoker.is_none()) else {
        return Ok(Extended::Missing);
    };
    if !message.flags.support_extension {
        return Ok(Extended::Unsupported);
    }
    let at = place(head.number, sequence.0);
    let version = head.version.next();
    let mut live = list_at(&writing.connection, at)?.len();
    let wishes = match remove_all {
        false => wishes,
        true => list_at(&writing.connection, at)?
            .into_iter()
            .map(|it| ExtensionWish {
                key: it.key,
                value: None,
                version: None,
            })
            .collect(),
    };
    let mut results = Vec::with_capacity(wishes.len());
    let mut changed = Vec::new();
    for wish in wishes {
        let known = find(&writing.connection, at, &wish.key)?;
        let is_there = known.as_ref().is_some_and(|it| it.value.is_some());
        let now = known.unwrap_or(Extension {
            key: wish.key,
            value: None,
            version: Version(0),
        });
        // Also when this is a resend of what was done.
        if now.value == wish.value {
            results.push(ExtensionResult {
                code: Code(0),
                extension: now,
            });
            continue;
        }
        let is_conflict = is_there && wish.version.is_some_and(|it| it != now.version);
        if is_conflict {
            results.push(ExtensionResult {
                code: Code::EXTENSION_CONFLICT,
                extension: now,
            });
            continue;
        }
        if wish.value.is_some() && !is_there {
            if live == limits::EXTENSIONS_MAX {
                return Ok(Extended::Full);
            }
            live += 1;
        } else if wish.value.is_none() {
            live -= 1;
        }
        writing
            .connection
            .prepare_cached(
                "INSERT INTO message_extension (place, key, value, version) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (place, key) DO UPDATE SET value = ?3, version = ?4",
            )?
            .execute(params![at, now.key, wish.value, version.0])?;
        let extension = Extension {
            value: wish.value,
            version,
            ..now
        };
        changed.push(extension.clone());
        results.push(ExtensionResult {
            code: Code(0),
            extension,
        });
    }
    if changed.is_empty() {
        return Ok(Extended::Nothing { message, results });
    }
    forget_removed(&writing.connection, at)?;
    done(writing, timeline, head, message, changed, results)
}

fn done(
    writing: &mut Writing,
    timeline: TimelineId,
    head: Head,
    message: Message,
    changed: Vec<Extension>,
    results: Vec<ExtensionResult>,
) -> Result<Extended> {
    let sequence = message.sequence;
    let version = timeline::note_change(writing, timeline, head, sequence, ChangeKind::Extended)?;
    writing
        .connection
        .prepare_cached("UPDATE message SET version = ?2 WHERE place = ?1")?
        .execute(params![place(head.number, sequence.0), version.0])?;
    let seen = hidden::seen(&writing.connection, head.number, &message)?;
    Ok(Extended::Done {
        message: Message { version, ..message },
        changed,
        results,
        seen,
    })
}

/// The pairs of a message that a reader sees; `None` when it does not see the message.
pub(super) fn list_extensions(
    view: &View<'_>,
    readable: Readable,
    sequence: Sequence,
) -> Result<Option<Vec<Extension>>> {
    if timeline::find_visible(view, readable, sequence)?.is_none_or(|it| it.revoker.is_some()) {
        return Ok(None);
    }
    match timeline::head(view, readable.timeline)? {
        Some(head) => list_at(view, place(head.number, sequence.0)).map(Some),
        None => Ok(None),
    }
}

/// The pairs of a message that changed after a version, removed ones among them.
pub(super) fn changed_after(connection: &Connection, at: i64, version: Version) -> Result<Vec<Extension>> {
    Ok(connection
        .prepare_cached(
            "SELECT key, value, version FROM message_extension WHERE place = ?1 AND version > ?2 ORDER BY key",
        )?
        .query_map(params![at, version.0], read)?
        .collect::<rusqlite::Result<_>>()?)
}

fn list_at(connection: &Connection, at: i64) -> Result<Vec<Extension>> {
    Ok(connection
        .prepare_cached(
            "SELECT key, value, version FROM message_extension WHERE place = ?1 AND value IS NOT NULL ORDER BY key",
        )?
        .query_map([at], read)?
        .collect::<rusqlite::Result<_>>()?)
}

fn find(connection: &Connection, at: i64, key: &str) -> Result<Option<Extension>> {
    Ok(connection
        .prepare_cached("SELECT key, value, version FROM message_extension WHERE place = ?1 AND key = ?2")?
        .query_row(params![at, key], read)
        .optional()?)
}

fn forget_removed(connection: &Connection, at: i64) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM message_extension WHERE place = ?1 AND key IN (
                 SELECT key FROM message_extension WHERE place = ?1 AND value IS NULL
                 ORDER BY version DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![at, REMOVED_MAX])?;
    Ok(())
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Extension> {
    Ok(Extension {
        key: row.get(0)?,
        value: row.get(1)?,
        version: Version(row.get(2)?),
    })
}
