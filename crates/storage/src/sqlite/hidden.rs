//! What an account does not see of a timeline: messages for others alone, and those that it deleted.
//!
//! Invariant: every function that reads messages for somebody reads them through this, so that history, changes, counts
//! and last messages agree. What is older than an account's first message is cut off by ranges, not here.

use hongyan_protocol::change::DeletedMessage;
use hongyan_protocol::conversation::{MENTIONS_MAX, Mention};
use hongyan_protocol::id::{Account, AccountId, ConversationId, Sequence, UserId};
use hongyan_protocol::message::Message;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::event::enter;
use super::timeline::{self, Head};
use super::writer::Writing;
use super::{conversation, place, places};
use crate::model::{Cleared, Consequences, Deleted, Reader, Seen, Written};
use crate::store::Result;

/// The condition that a reader sees the message `m`. The parameter of number `n` is the reader's account, 0 for one that
/// sees all; the next one says whether it deleted anything.
pub(super) fn visible(n: usize) -> String {
    let has_deleted = n + 1;
    format!(
        "(?{n} = 0 OR (
            (m.options & 1 = 0 OR m.account = ?{n}
                OR EXISTS (SELECT 1 FROM message_receiver r WHERE r.place = m.place AND r.account = ?{n}))
            AND (?{has_deleted} = 0
                OR NOT EXISTS (SELECT 1 FROM deleted_message d WHERE d.account = ?{n} AND d.place = m.place))))"
    )
}

/// The parameters of [`visible`].
pub(super) fn parameters(reader: Option<Reader>) -> (u64, bool) {
    reader.map_or((0, false), |it| (it.account.0, it.has_deleted))
}

/// The same as [`visible`], of a message that was read.
pub(super) fn sees(
    connection: &Connection,
    reader: Option<Reader>,
    number: u64,
    message: &Message,
) -> Result<bool> {
    let Some(reader) = reader else { return Ok(true) };
    let at = [place(number, message.sequence.0), reader.account.0.cast_signed()];
    if message.flags.is_targeted && message.key.account != reader.account {
        let is_receiver = connection
            .prepare_cached("SELECT 1 FROM message_receiver WHERE place = ?1 AND account = ?2")?
            .exists(at)?;
        if !is_receiver {
            return Ok(false);
        }
    }
    if !reader.has_deleted {
        return Ok(true);
    }
    let is_deleted = connection
        .prepare_cached("SELECT 1 FROM deleted_message WHERE place = ?1 AND account = ?2")?
        .exists(at)?;
    Ok(!is_deleted)
}

/// Who of all readers of its timeline sees a message.
pub(super) fn seen(connection: &Connection, number: u64, message: &Message) -> Result<Seen> {
    let at = place(number, message.sequence.0);
    let accounts = |sql: &str| -> Result<Vec<AccountId>> {
        Ok(connection
            .prepare_cached(sql)?
            .query_map([at], |row| Ok(AccountId(row.get(0)?)))?
            .collect::<rusqlite::Result<_>>()?)
    };
    let deleters = accounts("SELECT account FROM deleted_message WHERE place = ?1")?;
    if message.flags.is_targeted {
        let mut only = accounts("SELECT account FROM message_receiver WHERE place = ?1")?;
        only.push(message.key.account);
        only.retain(|it| !deleters.contains(it));
        return Ok(Seen::Only(only));
    }
    Ok(match deleters.is_empty() {
        true => Seen::All,
        false => Seen::AllBut(deleters),
    })
}

/// Hides messages from an account. `None`: it has no such conversation.
pub(super) fn delete_messages(
    writing: &mut Writing,
    account: &Account,
    conversation: &ConversationId,
    sequences: &[Sequence],
    consequences: Consequences<Deleted>,
) -> Result<Option<Written<Deleted>>> {
    let Some((own, head)) = own_and_head(writing, account, conversation)? else {
        return Ok(None);
    };
    let mut done = Deleted {
        messages: Vec::new(),
        found: 0,
        view_version: own.view_version,
    };
    for sequence in sequences {
        if *sequence < own.first.max(Sequence(1)) || *sequence > head.sequence {
            continue;
        }
        let message = timeline::message_at(&writing.view(), own.timeline, own.number, *sequence)?;
        let Some(message) = message else { continue };
        let others_alone = Reader {
            account: account.id,
            has_deleted: false,
        };
        if !sees(&writing.connection, Some(others_alone), own.number, &message)? {
            continue;
        }
        done.found += 1;
        let added = writing
            .connection
            .prepare_cached(
                "INSERT INTO deleted_message (account, place) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute(params![account.id.0, place(own.number, sequence.0)])?;
        if added > 0 {
            done.messages.push(DeletedMessage {
                sequence: *sequence,
                key: Some(message.key),
            });
        }
    }
    let entered = match done.messages.is_empty() {
        true => Vec::new(),
        false => {
            done.view_version += 1;
            writing
                .connection
                .prepare_cached(
                    "UPDATE conversation SET view_version = ?3 WHERE account = ?1 AND timeline = ?2",
                )?
                .execute([account.id.0, own.number, done.view_version])?;
            enter(writing, consequences(&done))?
        }
    };
    Ok(Some(Written { done, entered }))
}

/// Hides all that is in a conversation from an account. `None`: it has no such conversation.
pub(super) fn clear_history(
    writing: &mut Writing,
    account: &Account,
    conversation: &ConversationId,
    consequences: Consequences<Cleared>,
) -> Result<Option<Written<Cleared>>> {
    let Some((own, head)) = own_and_head(writing, account, conversation)? else {
        return Ok(None);
    };
    let mut done = Cleared {
        changed: own.first <= head.sequence,
        first: own.first.max(head.sequence.next()),
        view_version: own.view_version,
    };
    let mut entered = Vec::new();
    if done.changed {
        done.view_version += 1;
        // The conversation stays where it was in the list.
        let active = conversation::recent(&writing.view(), own)?.active;
        writing
            .connection
            .prepare_cached(
                "UPDATE conversation SET first_sequence = ?3, view_version = ?4, created_ms = ?5
                 WHERE account = ?1 AND timeline = ?2",
            )?
            .execute([
                account.id.0,
                own.number,
                done.first.0,
                done.view_version,
                active.0,
            ])?;
        let range = places(own.number);
        writing
            .connection
            .prepare_cached("DELETE FROM deleted_message WHERE account = ?1 AND place >= ?2 AND place < ?3")?
            .execute(params![account.id.0, range.start, range.end])?;
        entered = enter(writing, consequences(&done))?;
    }
    Ok(Some(Written { done, entered }))
}

fn own_and_head(
    writing: &mut Writing,
    account: &Account,
    conversation: &ConversationId,
) -> Result<Option<(conversation::Own, Head)>> {
    let Some(own) = conversation::find_own(&writing.connection, account, conversation)? else {
        return Ok(None);
    };
    let head = timeline::current_head(writing, own.timeline)?;
    Ok(head.map(|head| (own, head)))
}

/// The userIDs of those who see a targeted message beside its sender.
pub(super) fn receivers(connection: &Connection, at: i64) -> Result<Vec<UserId>> {
    Ok(connection
        .prepare_cached(
            "SELECT a.user_id FROM message_receiver r JOIN account a ON a.id = r.account WHERE r.place = ?1",
        )?
        .query_map([at], |row| Ok(UserId::trusted(row.get::<_, String>(0)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes who sees a targeted message.
pub(super) fn put_receivers(connection: &Connection, at: i64, receivers: &[AccountId]) -> Result<()> {
    for receiver in receivers {
        connection
            .prepare_cached(
                "INSERT INTO message_receiver (place, account) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute(params![at, receiver.0])?;
    }
    Ok(())
}

/// Notes who is mentioned by a message; 0 stands for all.
pub(super) fn put_mentions(
    connection: &Connection,
    number: u64,
    sequence: Sequence,
    mentioned: &[AccountId],
) -> Result<()> {
    for account in mentioned {
        connection
            .prepare_cached(
                "INSERT INTO mention (timeline, account, sequence) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute([number, account.0, sequence.0])?;
    }
    Ok(())
}

/// The newest messages by others after one that mention an account (or all), ascending, as far as it sees them.
pub(super) fn mentions(
    connection: &Connection,
    reader: Reader,
    number: u64,
    after: Sequence,
) -> Result<Vec<Mention>> {
    let mut found: Vec<(Sequence, bool)> = Vec::new();
    for account in [reader.account, AccountId(0)] {
        let newest = connection
            .prepare_cached(
                "SELECT sequence FROM mention WHERE timeline = ?1 AND account = ?2 AND sequence > ?3
                 ORDER BY sequence DESC LIMIT ?4",
            )?
            .query_map([number, account.0, after.0, 2 * MENTIONS_MAX as u64], |row| {
                Ok((Sequence(row.get(0)?), account == reader.account))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        found.extend(newest);
    }
    found.sort_unstable();
    let mut mentions: Vec<Mention> = Vec::new();
    for (sequence, me) in found {
        match mentions.last_mut().filter(|it| it.sequence == sequence) {
            Some(known) => {
                known.me |= me;
                known.all |= !me;
            }
            None => mentions.push(Mention {
                sequence,
                me,
                all: !me,
            }),
        }
    }
    let mut counted = Vec::new();
    for mention in mentions {
        let (reader_number, has_deleted) = parameters(Some(reader));
        let counts = connection
            .prepare_cached(&format!(
                "SELECT 1 FROM message m WHERE m.place = ?1 AND m.account <> ?2 AND m.revoker IS NULL AND {}",
                visible(2)
            ))?
            .query_row(
                params![place(number, mention.sequence.0), reader_number, has_deleted],
                |_| Ok(()),
            )
            .optional()?;
        if counts.is_some() {
            counted.push(mention);
        }
    }
    let beyond = counted.len().saturating_sub(MENTIONS_MAX);
    counted.drain(..beyond);
    Ok(counted)
}
