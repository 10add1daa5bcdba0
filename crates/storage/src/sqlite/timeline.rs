//! Timelines: messages at their end, what befalls them, and reading them.
//!
//! A timeline ends where its last message is: sequence and version are read from there and, for changes that are no
//! appends, from the timeline's row. The writer remembers both.

use std::collections::HashMap;

use bytes::Bytes;
use hongyan_protocol::body::Body;
use hongyan_protocol::id::{AccountId, GroupId, SYSTEM, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{
    ChangeKind, Message, MessageFlags, MessageKey, Priority, Target, TimelineChange,
};
#[cfg(feature = "sabotage")]
use hongyan_protocol::sabotage::{self, Sabotage};
use hongyan_protocol::wire;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::view::View;
use super::writer::Writing;
use super::{account, conversation, group, in_place, place, places};
use crate::model::{Appended, Changes, GroupNumber, Readable, Revoked, TimelineId};
use crate::store::{Result, StoreError};

const NO_UNREAD: u8 = 1;
const NO_LAST_MESSAGE: u8 = 2;
const NEED_READ_RECEIPT: u8 = 4;
const BY_SYSTEM: u8 = 8;
const ENTERED: u8 = 16;

/// To be completed by a condition; `?1` is the group's number, or 0.
const SELECT_MESSAGE: &str =
    "SELECT m.place, m.account, m.client_time_s, m.random, m.time_ms, m.version, m.flags,
        m.priority, m.revoker, m.body, m.cloud_custom_data, s.user_id, s.nick, s.avatar, g.name_card
    FROM message m LEFT JOIN account s ON s.id = m.account
        LEFT JOIN member g ON g.account = m.account AND g.group_number = ?1
    WHERE ";

/// Where a timeline ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The timeline's number in the database.
    pub(super) number: u64,
    /// The newest message.
    pub(super) sequence: Sequence,
    /// The newest change.
    pub(super) version: Version,
}

/// Where a timeline ends; `None` when it is not there yet.
pub(super) fn head(view: &View<'_>, timeline: TimelineId) -> Result<Option<Head>> {
    let (kind, a, b) = columns(timeline);
    view.prepare_cached("SELECT id, changed_version FROM timeline WHERE kind = ?1 AND a = ?2 AND b = ?3")?
        .query_row(params![kind, a, b], |row| Ok((row.get(0)?, Version(row.get(1)?))))
        .optional()?
        .map(|(number, changed)| head_of(view, number, changed))
        .transpose()
}

/// Where a timeline ends whose row was read.
pub(super) fn head_of(view: &View<'_>, number: u64, changed: Version) -> Result<Head> {
    let range = places(number);
    let last = view
        .prepare_cached(
            "SELECT place, version FROM message WHERE place > ?1 AND place < ?2 ORDER BY place DESC LIMIT 1",
        )?
        .query_row([range.start, range.end], |row| {
            Ok((Sequence(in_place(row.get(0)?)), Version(row.get(1)?)))
        })
        .optional()?;
    let (sequence, version) = last.unwrap_or_default();
    Ok(Head {
        number,
        sequence,
        version: version.max(changed),
    })
}

/// Makes a timeline that is not there.
pub(super) fn add(writing: &mut Writing, timeline: TimelineId) -> Result<Head> {
    let (kind, a, b) = columns(timeline);
    writing
        .connection
        .prepare_cached("INSERT INTO timeline (kind, a, b, changed_version) VALUES (?1, ?2, ?3, 0)")?
        .execute(params![kind, a, b])?;
    let number = writing.connection.last_insert_rowid().cast_unsigned();
    let head = Head {
        number,
        sequence: Sequence(0),
        version: Version(0),
    };
    writing.remember_head(timeline, head);
    Ok(head)
}

pub(super) fn append_message(
    writing: &mut Writing,
    timeline: TimelineId,
    message: Message,
) -> Result<Appended> {
    let key = message.key;
    let head = head_or_new(writing, timeline, message.time)?;
    match insert(writing, timeline, head, message, 0)? {
        Some(message) => Ok(Appended::New(message)),
        None => find_by_key(&writing.view(), key)?
            .map(Appended::Repeat)
            .ok_or_else(|| {
                StoreError::Unreadable("a message's key is there and the message is not".to_owned())
            }),
    }
}

/// Appends a message that is nobody's request: it is never sent again, so it is not looked for by its key.
pub(super) fn enter_message(
    writing: &mut Writing,
    timeline: TimelineId,
    message: Message,
) -> Result<Message> {
    let head = head_or_new(writing, timeline, message.time)?;
    insert(writing, timeline, head, message, ENTERED)?
        .ok_or_else(|| StoreError::Unwritable("an entered message has a place already".to_owned()))
}

pub(super) fn revoke_message(
    writing: &mut Writing,
    timeline: TimelineId,
    sequence: Sequence,
    by: &UserId,
) -> Result<Revoked> {
    let Some(head) = current_head(writing, timeline)? else {
        return Ok(Revoked::Missing);
    };
    let Some(message) = message_at(&writing.view(), timeline, head.number, sequence)? else {
        return Ok(Revoked::Missing);
    };
    if message.revoker.is_some() {
        return Ok(Revoked::Already);
    }
    let version = head.version.next();
    writing
        .connection
        .prepare_cached("UPDATE message SET revoker = ?2, version = ?3 WHERE place = ?1")?
        .execute(params![place(head.number, sequence.0), by.as_str(), version.0])?;
    writing
        .connection
        .prepare_cached(
            "INSERT INTO timeline_change (timeline, version, sequence, kind) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            head.number,
            version.0,
            sequence.0,
            wire::ChangeKind::Revoked as i32
        ])?;
    writing
        .connection
        .prepare_cached("UPDATE timeline SET changed_version = ?2 WHERE id = ?1")?
        .execute([head.number, version.0])?;
    writing.remember_head(timeline, Head { version, ..head });
    Ok(Revoked::Done(Message {
        revoker: Some(by.clone()),
        version,
        ..message
    }))
}

pub(super) fn find_message(
    view: &View<'_>,
    timeline: TimelineId,
    sequence: Sequence,
) -> Result<Option<Message>> {
    match head(view, timeline)? {
        Some(head) => message_at(view, timeline, head.number, sequence),
        None => Ok(None),
    }
}

/// The message at a place of a timeline whose number is known.
pub(super) fn message_at(
    view: &View<'_>,
    timeline: TimelineId,
    number: u64,
    sequence: Sequence,
) -> Result<Option<Message>> {
    let names = Names::read(view, timeline)?;
    let found = query(
        view,
        &names,
        "m.place = ?2",
        [group_number(timeline), place(number, sequence.0)],
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn list_messages(
    view: &View<'_>,
    readable: Readable,
    before: Sequence,
    limit: usize,
) -> Result<Vec<Message>> {
    let Some(head) = head(view, readable.timeline)? else {
        return Ok(Vec::new());
    };
    let end = match before {
        Sequence(0) => places(head.number).end,
        before => place(head.number, before.0),
    };
    let mut messages = query(
        view,
        &Names::read(view, readable.timeline)?,
        "m.place >= ?2 AND m.place < ?3 ORDER BY m.place DESC LIMIT ?4",
        params![
            group_number(readable.timeline),
            place(head.number, readable.first.0.max(1)),
            end,
            limit
        ],
    )?;
    messages.reverse();
    Ok(messages)
}

pub(super) fn list_changes(
    view: &View<'_>,
    readable: Readable,
    version: Version,
    sequence: Sequence,
    limit: usize,
) -> Result<Changes> {
    match head(view, readable.timeline)? {
        Some(head) => changes_after(view, readable, head, version, sequence, limit),
        None => Ok(Changes {
            changes: Vec::new(),
            version: Version(0),
            complete: true,
            too_far: version > Version(0),
        }),
    }
}

/// See [`list_changes`].
pub(super) fn changes_after(
    view: &View<'_>,
    readable: Readable,
    head: Head,
    version: Version,
    sequence: Sequence,
    limit: usize,
) -> Result<Changes> {
    let too_far = Changes {
        changes: Vec::new(),
        version: head.version,
        complete: true,
        too_far: true,
    };
    if version > head.version || sequence > head.sequence {
        return Ok(too_far);
    }
    // What the reader knows or may not see.
    let known = sequence.0.max(readable.first.0.saturating_sub(1));
    #[cfg(feature = "sabotage")]
    let known = known + u64::from(sabotage::is(Sabotage::CursorOffByOne));
    let appended_count = head.sequence.0.saturating_sub(known);
    let changed: Vec<(Version, Sequence, i32)> = view
        .prepare_cached(
            "SELECT version, sequence, kind FROM timeline_change WHERE timeline = ?1 AND version > ?2
             ORDER BY version LIMIT ?3",
        )?
        .query_map(
            [head.number, version.0, limits::CHANGES_REPLAYED_MAX + 1],
            |row| Ok((Version(row.get(0)?), Sequence(row.get(1)?), row.get(2)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    if appended_count + changed.len() as u64 > limits::CHANGES_REPLAYED_MAX {
        return Ok(too_far);
    }
    // Each message once, under its last change.
    let mut kinds = HashMap::new();
    let mut last: HashMap<Sequence, Version> = HashMap::new();
    for (version, sequence, kind) in changed {
        kinds.insert(sequence, kind);
        if sequence >= readable.first && sequence.0 <= known {
            last.insert(sequence, version);
        }
    }
    let appended: Vec<(Sequence, Version)> = view
        .prepare_cached("SELECT place, version FROM message WHERE place > ?1 AND place < ?2")?
        .query_map([place(head.number, known), places(head.number).end], |row| {
            Ok((Sequence(in_place(row.get(0)?)), Version(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut touched: Vec<(Version, Sequence)> = last
        .into_iter()
        .chain(appended)
        .map(|(sequence, version)| (version, sequence))
        .collect();
    touched.sort_unstable();
    let complete = touched.len() <= limit;
    touched.truncate(limit);
    let reached = match complete {
        true => head.version,
        false => touched.last().map_or(version, |(version, _)| *version),
    };
    let names = Names::read(view, readable.timeline)?;
    let mut changes = Vec::with_capacity(touched.len());
    for (_, sequence) in touched {
        let parameters = [group_number(readable.timeline), place(head.number, sequence.0)];
        for message in query(view, &names, "m.place = ?2", parameters)? {
            let kind = kinds
                .get(&sequence)
                .map_or(ChangeKind::Appended, |kind| kind_of(*kind));
            let kind = match message.revoker {
                Some(_) => ChangeKind::Revoked,
                None => kind,
            };
            changes.push(TimelineChange { kind, message });
        }
    }
    Ok(Changes {
        changes,
        version: reached,
        complete,
        too_far: false,
    })
}

/// Messages after `read` that count as unread for an account (contract C5). All of it is in one range of rows.
pub(super) fn count_unread(
    view: &View<'_>,
    number: u64,
    account: AccountId,
    read: Sequence,
    first: Sequence,
) -> Result<u64> {
    let after = read.0.max(first.0.saturating_sub(1));
    Ok(view
        .prepare_cached(
            "SELECT count(*) FROM message WHERE place > ?1 AND place < ?2 AND account <> ?3
                 AND flags & 1 = 0 AND revoker IS NULL",
        )?
        .query_row(
            params![place(number, after), places(number).end, account.0],
            |row| row.get(0),
        )?)
}

/// Place and time of the newest message that may be shown as last, from `first` on.
pub(super) fn last_shown(
    view: &View<'_>,
    number: u64,
    first: Sequence,
) -> Result<Option<(Sequence, Timestamp)>> {
    Ok(view
        .prepare_cached(
            "SELECT place, time_ms FROM message WHERE place >= ?1 AND place < ?2 AND flags & 2 = 0
             ORDER BY place DESC LIMIT 1",
        )?
        .query_row([place(number, first.0.max(1)), places(number).end], |row| {
            Ok((Sequence(in_place(row.get(0)?)), Timestamp(row.get(1)?)))
        })
        .optional()?)
}

/// The others with whom an account has a C2C conversation.
pub(super) fn list_peers(connection: &Connection, account: AccountId) -> Result<Vec<AccountId>> {
    // CROSS: in this order, and not from all C2C timelines that there are.
    let mut statement = connection.prepare_cached(
        "SELECT CASE t.a WHEN ?1 THEN t.b ELSE t.a END
         FROM conversation c CROSS JOIN timeline t ON t.id = c.timeline
         WHERE c.account = ?1 AND t.kind = 1 AND t.a <> t.b",
    )?;
    let peers = statement
        .query_map([account.0], |row| Ok(AccountId(row.get(0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(peers)
}

/// A timeline's name in the columns `kind`, `a` and `b`.
pub(super) const fn columns(timeline: TimelineId) -> (u8, u64, u64) {
    match timeline {
        TimelineId::C2c(a, b) => (1, a.0, b.0),
        TimelineId::Group(group) => (2, group.0, 0),
        TimelineId::System(account) => (3, account.0, 0),
    }
}

/// Reads [`columns`] back.
pub(super) const fn from_columns(kind: u8, a: u64, b: u64) -> TimelineId {
    match kind {
        1 => TimelineId::C2c(AccountId(a), AccountId(b)),
        2 => TimelineId::Group(GroupNumber(a)),
        _ => TimelineId::System(AccountId(a)),
    }
}

/// The writer's [`head`], remembered.
pub(super) fn current_head(writing: &mut Writing, timeline: TimelineId) -> Result<Option<Head>> {
    if let Some(head) = writing.remembered_head(timeline) {
        return Ok(Some(head));
    }
    let found = head(&writing.view(), timeline)?;
    if let Some(head) = found {
        writing.remember_head(timeline, head);
    }
    Ok(found)
}

/// The end of a timeline that comes about with its first message, and the conversations with it. A group's are made
/// when it is made.
fn head_or_new(writing: &mut Writing, timeline: TimelineId, now: Timestamp) -> Result<Head> {
    if let Some(head) = current_head(writing, timeline)? {
        return Ok(head);
    }
    let head = add(writing, timeline)?;
    let accounts = match timeline {
        TimelineId::C2c(one, other) if one == other => vec![one],
        TimelineId::C2c(one, other) => vec![one, other],
        TimelineId::System(account) => vec![account],
        TimelineId::Group(_) => Vec::new(),
    };
    for account in accounts {
        conversation::add(writing, account, head.number, Sequence(0), Sequence(1), now)?;
    }
    Ok(head)
}

/// Puts a message at the end; `None` when its key is taken.
fn insert(
    writing: &mut Writing,
    timeline: TimelineId,
    head: Head,
    mut message: Message,
    flags: u8,
) -> Result<Option<Message>> {
    let head = Head {
        sequence: head.sequence.next(),
        version: head.version.next(),
        ..head
    };
    message.sequence = head.sequence;
    message.version = head.version;
    #[cfg(feature = "sabotage")]
    let flags = match sabotage::is(Sabotage::NoDedup) {
        true => flags | ENTERED,
        false => flags,
    };
    let inserted = writing
        .connection
        .prepare_cached(
            "INSERT INTO message (place, account, client_time_s, random, time_ms, version, flags, priority,
                 revoker, body, cloud_custom_data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (account, client_time_s, random) WHERE flags < 16 DO NOTHING",
        )?
        .execute(params![
            place(head.number, head.sequence.0),
            message.key.account.0,
            message.key.client_time_s,
            message.key.random,
            message.time.0,
            message.version.0,
            flags | flags_of(&message),
            message.priority.to_wire() as i32,
            message.revoker.as_ref().map(UserId::as_str),
            message.body.bytes().as_ref(),
            message.cloud_custom_data,
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    writing.remember_head(timeline, head);
    writing.count_message();
    Ok(Some(message))
}

/// The message that was taken in under a key.
pub(super) fn find_by_key(view: &View<'_>, key: MessageKey) -> Result<Option<Message>> {
    let found: Option<i64> = view
        .prepare_cached(
            "SELECT place FROM message
             WHERE account = ?1 AND client_time_s = ?2 AND random = ?3 AND flags < 16",
        )?
        .query_row(params![key.account.0, key.client_time_s, key.random], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(found) = found else {
        return Ok(None);
    };
    let number = found.cast_unsigned() >> 32;
    let timeline = view
        .prepare_cached("SELECT kind, a, b FROM timeline WHERE id = ?1")?
        .query_row([number], |row| {
            Ok(from_columns(row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    message_at(view, timeline, number, Sequence(in_place(found)))
}

/// Runs a query that begins with [`SELECT_MESSAGE`].
fn query(view: &View<'_>, names: &Names, condition: &str, parameters: impl Params) -> Result<Vec<Message>> {
    let mut statement = view.prepare_cached(&format!("{SELECT_MESSAGE}{condition}"))?;
    let messages = statement
        .query_map(parameters, |row| read(row, names))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(messages)
}

fn read(row: &Row<'_>, names: &Names) -> rusqlite::Result<Message> {
    let key = MessageKey {
        account: AccountId(row.get(1)?),
        client_time_s: row.get(2)?,
        random: row.get(3)?,
    };
    let flags: u8 = row.get(6)?;
    let text = |column: usize| -> rusqlite::Result<String> {
        Ok(row.get::<_, Option<String>>(column)?.unwrap_or_default())
    };
    let by_system = flags & BY_SYSTEM != 0;
    let (from, nick, avatar, name_card) = match row.get::<_, Option<String>>(11)? {
        Some(user_id) if !by_system => (UserId::trusted(user_id), text(12)?, text(13)?, text(14)?),
        _ => (
            UserId::trusted(SYSTEM),
            String::new(),
            String::new(),
            String::new(),
        ),
    };
    Ok(Message {
        key,
        from,
        to: names.target(key.account),
        sequence: Sequence(in_place(row.get(0)?)),
        time: Timestamp(row.get(4)?),
        version: Version(row.get(5)?),
        flags: MessageFlags {
            no_unread: flags & NO_UNREAD != 0,
            no_last_message: flags & NO_LAST_MESSAGE != 0,
            need_read_receipt: flags & NEED_READ_RECEIPT != 0,
        },
        priority: Priority::from_wire(row.get(7)?),
        revoker: row.get::<_, Option<String>>(8)?.map(UserId::trusted),
        body: Body::trusted(Bytes::from(row.get::<_, Vec<u8>>(9)?)),
        cloud_custom_data: row.get(10)?,
        nick,
        avatar,
        name_card,
    })
}

fn flags_of(message: &Message) -> u8 {
    let mut flags = 0;
    for (set, flag) in [
        (message.flags.no_unread, NO_UNREAD),
        (message.flags.no_last_message, NO_LAST_MESSAGE),
        (message.flags.need_read_receipt, NEED_READ_RECEIPT),
        (message.from.as_str() == SYSTEM, BY_SYSTEM),
    ] {
        if set {
            flags |= flag;
        }
    }
    flags
}

fn kind_of(kept: i32) -> ChangeKind {
    match wire::ChangeKind::try_from(kept) {
        Ok(wire::ChangeKind::Revoked) => ChangeKind::Revoked,
        _ => ChangeKind::Modified,
    }
}

const fn group_number(timeline: TimelineId) -> i64 {
    match timeline {
        TimelineId::Group(group) => group.0.cast_signed(),
        TimelineId::C2c(..) | TimelineId::System(_) => 0,
    }
}

/// Whom a timeline's messages are for; read once for all of them.
enum Names {
    C2c([(AccountId, UserId); 2]),
    Group(GroupId),
    System(UserId),
}

impl Names {
    fn read(connection: &Connection, timeline: TimelineId) -> Result<Self> {
        Ok(match timeline {
            TimelineId::C2c(one, other) => Self::C2c([
                (one, account::user_id(connection, one)?),
                (other, account::user_id(connection, other)?),
            ]),
            TimelineId::Group(number) => Self::Group(group::id(connection, number)?),
            TimelineId::System(account) => Self::System(account::user_id(connection, account)?),
        })
    }

    fn target(&self, sender: AccountId) -> Target {
        match self {
            Self::C2c([(one, _), (_, other_id)]) if *one == sender => Target::User(other_id.clone()),
            Self::C2c([(_, one_id), _]) => Target::User(one_id.clone()),
            Self::Group(group) => Target::Group(group.clone()),
            Self::System(user) => Target::System(user.clone()),
        }
    }
}
