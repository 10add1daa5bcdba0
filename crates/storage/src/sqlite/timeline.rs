//! Timelines: messages at their end, what befalls them, and reading them.
//!
//! A timeline ends where its last message is: sequence and version are read from there and, for changes that are no
//! appends, from the timeline's row. The writer remembers both.
//!
//! The newest messages of a timeline may be *ahead* of the database, in the tail of the journal ([`super::tail`]). Reading
//! takes them from there; whoever changes a timeline begins with [`current_head`], which *settles* it: they are then in
//! the database. So no SQL but this file's reads the table `message` for what may be new, and the newest row of a timeline is
//! never deleted ([`super::expiry`] deletes the oldest).

use std::collections::HashMap;

use bytes::Bytes;
use hongyan_protocol::body::Body;
use hongyan_protocol::id::{AccountId, GroupId, SYSTEM, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{
    ChangeKind, Message, MessageFlags, MessageKey, Priority, Target, TimelineChange,
};
#[cfg(feature = "sabotage")]
use hongyan_protocol::sabotage::{self, Sabotage};
use hongyan_protocol::wire;
use hongyan_protocol::{limits, linked};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, params};

use super::journal::Row;
use super::tail::Kept;
use super::view::View;
use super::writer::Writing;
use super::{account, conversation, extension, file, group, hidden, in_place, owner_of, place, places};
use crate::model::{
    Addressed, Appended, Changes, GroupNumber, Modified, Readable, Reader, Revoked, TimelineId,
};
use crate::store::{Result, StoreError};

const NO_UNREAD: u32 = 1;
const NO_LAST_MESSAGE: u32 = 2;
const NEED_READ_RECEIPT: u32 = 4;
const BY_SYSTEM: u32 = 8;
pub(super) const ENTERED: u32 = 16;

const TARGETED: u8 = 1;
const SUPPORT_EXTENSION: u8 = 2;

/// To be completed by where messages come from, as `m`.
const SELECT: &str = "SELECT m.place, m.account, m.client_time_s, m.random, m.time_ms, m.version, m.flags,
        m.priority, m.revoker, m.body, m.cloud_custom_data, s.user_id, s.nick, s.avatar, g.name_card,
        m.edits, m.options
    FROM ";

/// With the names of today; `?1` is the group's number, or 0.
const JOIN_NAMES: &str = "
    m LEFT JOIN account s ON s.id = m.account
        LEFT JOIN member g ON g.account = m.account AND g.group_number = ?1
    ";

/// A message of the tail, as if it was a row of the table. What only a change can make of a row is not there.
const MESSAGE_AHEAD: &str =
    "(SELECT ?2 AS place, ?3 AS account, ?4 AS client_time_s, ?5 AS random, ?6 AS time_ms,
        ?7 AS version, ?8 AS flags, ?9 AS priority, NULL AS revoker, ?10 AS body, ?11 AS cloud_custom_data,
        0 AS edits, 0 AS options)";

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

impl Head {
    /// After one more message.
    pub(super) const fn next(self) -> Self {
        Self {
            number: self.number,
            sequence: self.sequence.next(),
            version: self.version.next(),
        }
    }
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
    let last = last_kept(view, number)?;
    let mut last = last.unwrap_or_default();
    if let Some(ahead) = view.last_ahead(number, last.0) {
        last = (Sequence(in_place(ahead.place)), Version(ahead.version));
    }
    let (sequence, version) = last;
    Ok(Head {
        number,
        sequence,
        version: version.max(changed),
    })
}

/// The last message of a timeline in the database, and its version.
pub(super) fn last_kept(connection: &Connection, number: u64) -> Result<Option<(Sequence, Version)>> {
    let range = places(number);
    Ok(connection
        .prepare_cached(
            "SELECT place, version FROM message WHERE place > ?1 AND place < ?2 ORDER BY place DESC LIMIT 1",
        )?
        .query_row([range.start, range.end], |row| {
            Ok((Sequence(in_place(row.get(0)?)), Version(row.get(1)?)))
        })
        .optional()?)
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
    // Whatever is in the table is found when the row comes in. But what is sent again makes no timeline.
    let is_first = current_head(writing, timeline)?.is_none();
    if (is_first || writing.view().find_key_ahead(key).is_some())
        && is_resend_looked_for()
        && let Some(before) = find_by_key(&writing.view(), key)?
    {
        return Ok(Appended::Repeat(before));
    }
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

/// Appends a message that singles somebody out.
pub(super) fn append_addressed(
    writing: &mut Writing,
    timeline: TimelineId,
    message: Message,
    addressed: &Addressed,
) -> Result<Appended> {
    let mut appended = append_message(writing, timeline, message)?;
    if let Appended::New(message) = &mut appended
        && let Some(head) = current_head(writing, timeline)?
    {
        let at = place(head.number, message.sequence.0);
        if message.flags.is_targeted {
            hidden::put_receivers(&writing.connection, at, &addressed.receivers)?;
            message.receivers = hidden::receivers(&writing.connection, at)?;
        }
        let mut mentioned = addressed.mentioned.clone();
        if addressed.mentions_all {
            mentioned.push(AccountId(0));
        }
        hidden::put_mentions(&writing.connection, head.number, message.sequence, &mentioned)?;
    }
    Ok(appended)
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
    let version = note_change(writing, timeline, head, sequence, ChangeKind::Revoked)?;
    writing
        .connection
        .prepare_cached("UPDATE message SET revoker = ?2, version = ?3 WHERE place = ?1")?
        .execute(params![place(head.number, sequence.0), by.as_str(), version.0])?;
    let seen = hidden::seen(&writing.connection, head.number, &message)?;
    let message = Message {
        revoker: Some(by.clone()),
        version,
        ..message
    };
    Ok(Revoked::Done(message, seen))
}

pub(super) fn modify_message(
    writing: &mut Writing,
    timeline: TimelineId,
    sequence: Sequence,
    edits: u32,
    body: Body,
    cloud_custom_data: String,
) -> Result<Modified> {
    let Some(head) = current_head(writing, timeline)? else {
        return Ok(Modified::Missing);
    };
    let message = message_at(&writing.view(), timeline, head.number, sequence)?;
    let Some(message) = message.filter(|it| it.revoker.is_none()) else {
        return Ok(Modified::Missing);
    };
    let is_known = message.edits == edits;
    #[cfg(feature = "sabotage")]
    let is_known = is_known || sabotage::is(Sabotage::ModifyUnchecked);
    if !is_known {
        let is_resend = message.edits == edits.wrapping_add(1)
            && message.body == body
            && message.cloud_custom_data == cloud_custom_data;
        return Ok(match is_resend {
            true => Modified::Already(message),
            false => Modified::Conflict(message),
        });
    }
    let before = linked::of_message(message.body.bytes(), &message.cloud_custom_data);
    let after = linked::of_message(body.bytes(), &cloud_custom_data);
    file::refer_anew(writing, message.key, &before, &after, message.time)?;
    let version = note_change(writing, timeline, head, sequence, ChangeKind::Modified)?;
    #[cfg(feature = "sabotage")]
    let version = match sabotage::is(Sabotage::ModifyUnversioned) {
        true => head.version,
        false => version,
    };
    let message = Message {
        body,
        cloud_custom_data,
        edits: edits.saturating_add(1),
        version,
        ..message
    };
    writing
        .connection
        .prepare_cached(
            "UPDATE message SET body = ?2, cloud_custom_data = ?3, edits = ?4, version = ?5 WHERE place = ?1",
        )?
        .execute(params![
            place(head.number, sequence.0),
            message.body.bytes().as_ref(),
            message.cloud_custom_data,
            message.edits,
            version.0
        ])?;
    let seen = hidden::seen(&writing.connection, head.number, &message)?;
    Ok(Modified::Done(message, seen))
}

/// Gives a change that is no append its version.
pub(super) fn note_change(
    writing: &mut Writing,
    timeline: TimelineId,
    head: Head,
    sequence: Sequence,
    kind: ChangeKind,
) -> Result<Version> {
    let version = head.version.next();
    let kind = match kind {
        ChangeKind::Appended => wire::ChangeKind::Appended,
        ChangeKind::Revoked => wire::ChangeKind::Revoked,
        ChangeKind::Modified => wire::ChangeKind::Modified,
        ChangeKind::Extended => wire::ChangeKind::Extended,
        ChangeKind::Hidden => wire::ChangeKind::Hidden,
    };
    writing
        .connection
        .prepare_cached(
            "INSERT INTO timeline_change (timeline, version, sequence, kind) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![head.number, version.0, sequence.0, kind as i32])?;
    writing
        .connection
        .prepare_cached("UPDATE timeline SET changed_version = ?2 WHERE id = ?1")?
        .execute([head.number, version.0])?;
    writing.remember_head(timeline, Head { version, ..head });
    Ok(version)
}

/// A message as a reader sees it.
pub(super) fn find_visible(
    view: &View<'_>,
    readable: Readable,
    sequence: Sequence,
) -> Result<Option<Message>> {
    let Some(head) = head(view, readable.timeline)? else {
        return Ok(None);
    };
    if sequence < readable.first.max(Sequence(1)) {
        return Ok(None);
    }
    let Some(message) = message_at(view, readable.timeline, head.number, sequence)? else {
        return Ok(None);
    };
    Ok(hidden::sees(view, readable.reader, head.number, &message)?.then_some(message))
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
    if let Some(ahead) = view.ahead(number)?
        && ahead.contains(&sequence.0)
    {
        let kept = view.list_ahead(number, sequence.0, sequence.0);
        return read_ahead(view, &names, timeline, &kept).map(|found| found.into_iter().next());
    }
    let found = query(
        view,
        &names,
        "WHERE m.place = ?2",
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
    let (reader, has_deleted) = hidden::parameters(readable.reader);
    let visible = hidden::visible(5);
    let names = Names::read(view, readable.timeline)?;
    let first = readable.first.0.max(1);
    let ahead = match view.ahead(head.number)? {
        Some(ahead) => {
            let last = match before {
                Sequence(0) => *ahead.end(),
                before => (before.0 - 1).min(*ahead.end()),
            };
            let oldest = (last + 1).saturating_sub(limit as u64);
            view.list_ahead(head.number, oldest.max(first).max(*ahead.start()), last)
        }
        None => Vec::new(),
    };
    let mut messages = query(
        view,
        &names,
        &format!("WHERE m.place >= ?2 AND m.place < ?3 AND {visible} ORDER BY m.place DESC LIMIT ?4"),
        params![
            group_number(readable.timeline),
            place(head.number, first),
            end,
            limit - ahead.len(),
            reader,
            has_deleted
        ],
    )?;
    messages.reverse();
    messages.append(&mut read_ahead(view, &names, readable.timeline, &ahead)?);
    Ok(messages)
}

pub(super) fn list_messages_from(
    view: &View<'_>,
    readable: Readable,
    from: Sequence,
    limit: usize,
) -> Result<Vec<Message>> {
    let Some(head) = head(view, readable.timeline)? else {
        return Ok(Vec::new());
    };
    let names = Names::read(view, readable.timeline)?;
    let first = from.0.max(readable.first.0).max(1);
    let (reader, has_deleted) = hidden::parameters(readable.reader);
    let visible = hidden::visible(5);
    let mut messages = query(
        view,
        &names,
        &format!("WHERE m.place >= ?2 AND m.place < ?3 AND {visible} ORDER BY m.place LIMIT ?4"),
        params![
            group_number(readable.timeline),
            place(head.number, first),
            places(head.number).end,
            limit,
            reader,
            has_deleted
        ],
    )?;
    if let Some(ahead) = view.ahead(head.number)? {
        let first = first.max(*ahead.start());
        let room = (limit - messages.len()) as u64;
        let last = first.saturating_add(room).saturating_sub(1).min(*ahead.end());
        if room > 0 {
            let ahead = view.list_ahead(head.number, first, last);
            messages.append(&mut read_ahead(view, &names, readable.timeline, &ahead)?);
        }
    }
    Ok(messages)
}

pub(super) fn find_sequence_at(view: &View<'_>, readable: Readable, time: Timestamp) -> Result<Sequence> {
    let Some(head) = head(view, readable.timeline)? else {
        return Ok(Sequence(1));
    };
    let first = readable.first.max(Sequence(1));
    first_at(first, head.sequence, time, |it| time_at(view, head.number, it))
}

/// When a message was committed.
pub(super) fn time_at(view: &View<'_>, number: u64, sequence: Sequence) -> Result<Option<Timestamp>> {
    if let Some(ahead) = view.ahead(number)?
        && ahead.contains(&sequence.0)
    {
        let kept = view.list_ahead(number, sequence.0, sequence.0);
        return Ok(kept.first().map(|it| Timestamp(it.time_ms)));
    }
    Ok(view
        .prepare_cached("SELECT time_ms FROM message WHERE place = ?1")?
        .query_row([place(number, sequence.0)], |row| Ok(Timestamp(row.get(0)?)))
        .optional()?)
}

/// The first of a row of messages that was committed at a moment or later, found by halving: times ascend, but for a few
/// messages that were committed side by side. A message that is not there counts as earlier.
pub(super) fn first_at(
    first: Sequence,
    last: Sequence,
    time: Timestamp,
    mut time_of: impl FnMut(Sequence) -> Result<Option<Timestamp>>,
) -> Result<Sequence> {
    let (mut low, mut high) = (first.0, last.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match time_of(Sequence(middle))?.is_some_and(|it| it >= time) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Ok(Sequence(low))
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
        // What it says is told before what is attached to it.
        if kind != wire::ChangeKind::Extended as i32 || !kinds.contains_key(&sequence) {
            kinds.insert(sequence, kind);
        }
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
    let ahead = match view.ahead(head.number)? {
        Some(ahead) => view.list_ahead(head.number, (known + 1).max(*ahead.start()), *ahead.end()),
        None => Vec::new(),
    };
    let ahead = ahead
        .iter()
        .map(|it| (Sequence(in_place(it.place)), Version(it.version)));
    let mut touched: Vec<(Version, Sequence)> = last
        .into_iter()
        .chain(appended)
        .chain(ahead)
        .map(|(sequence, version)| (version, sequence))
        .collect();
    touched.sort_unstable();
    let complete = touched.len() <= limit;
    touched.truncate(limit);
    let reached = match complete {
        true => head.version,
        false => touched.last().map_or(version, |(version, _)| *version),
    };
    let mut changes = Vec::with_capacity(touched.len());
    for (_, sequence) in touched {
        if let Some(message) = message_at(view, readable.timeline, head.number, sequence)? {
            let kind = kinds
                .get(&sequence)
                .map_or(ChangeKind::Appended, |kind| kind_of(*kind));
            let kind = match message.revoker {
                Some(_) => ChangeKind::Revoked,
                None => kind,
            };
            let mut change = TimelineChange::of(kind, message);
            if !hidden::sees(view, readable.reader, head.number, &change.message)? {
                change = change.hollow();
            } else if change.message.flags.support_extension {
                let at = place(head.number, sequence.0);
                change.extensions = extension::changed_after(view, at, version)?;
            }
            changes.push(change);
        }
    }
    Ok(Changes {
        changes,
        version: reached,
        complete,
        too_far: false,
    })
}

/// Messages after `after` that count as unread for an account (contract C5). All of it is in one range of rows.
pub(super) fn count_unread(view: &View<'_>, number: u64, reader: Reader, after: Sequence) -> Result<u64> {
    let after = after.0;
    let kept: u64 = view
        .prepare_cached(
            // Those that are for others alone never count, so that they need not be looked for.
            "SELECT count(*) FROM message m WHERE place > ?1 AND place < ?2 AND account <> ?3
                 AND flags & 1 = 0 AND revoker IS NULL
                 AND (?4 = 0 OR NOT EXISTS (
                     SELECT 1 FROM deleted_message d WHERE d.account = ?3 AND d.place = m.place))",
        )?
        .query_row(
            params![
                place(number, after),
                places(number).end,
                reader.account.0,
                reader.has_deleted
            ],
            |row| row.get(0),
        )?;
    let ahead = match view.ahead(number)? {
        Some(ahead) => view.list_ahead(number, (after + 1).max(*ahead.start()), *ahead.end()),
        None => Vec::new(),
    };
    let ahead = ahead
        .iter()
        .filter(|it| it.account != reader.account.0 && it.flags & NO_UNREAD == 0)
        .count();
    Ok(kept + ahead as u64)
}

/// Finds the newest message that may be shown as last: prepared once, for as many conversations as an account has.
pub(super) struct LastShown<'a> {
    view: &'a View<'a>,
    kept: CachedStatement<'a>,
}

impl<'a> LastShown<'a> {
    pub(super) fn of(view: &'a View<'a>) -> Result<Self> {
        let kept = view.prepare_cached(&format!(
            "SELECT place, time_ms FROM message m WHERE place >= ?1 AND place < ?2 AND flags & 2 = 0 AND {}
             ORDER BY place DESC LIMIT 1",
            hidden::visible(3)
        ))?;
        Ok(Self { view, kept })
    }

    /// Its place and time; none is older than `first`.
    pub(super) fn find(
        &mut self,
        number: u64,
        first: Sequence,
        reader: Reader,
    ) -> Result<Option<(Sequence, Timestamp)>> {
        if let Some(ahead) = self.view.ahead(number)? {
            let oldest = first.0.max(*ahead.start());
            let mut end = ahead.end() + 1;
            // Most of the time it is the last one.
            while end > oldest {
                let begin = end.saturating_sub(8).max(oldest);
                let some = self.view.list_ahead(number, begin, end - 1);
                let shown = some.iter().rev().find(|it| it.flags & NO_LAST_MESSAGE == 0);
                if let Some(shown) = shown {
                    return Ok(Some((Sequence(in_place(shown.place)), Timestamp(shown.time_ms))));
                }
                end = begin;
            }
        }
        let (account, has_deleted) = hidden::parameters(Some(reader));
        let range = place(number, first.0.max(1))..places(number).end;
        Ok(self
            .kept
            .query_row(params![range.start, range.end, account, has_deleted], |row| {
                Ok((Sequence(in_place(row.get(0)?)), Timestamp(row.get(1)?)))
            })
            .optional()?)
    }
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

/// The writer's [`head`], remembered. The timeline is settled: all its messages are in the database, so that the operation
/// may change them.
pub(super) fn current_head(writing: &mut Writing, timeline: TimelineId) -> Result<Option<Head>> {
    let head = match writing.remembered_head(timeline) {
        Some(head) => head,
        None => {
            let Some(head) = head(&writing.view(), timeline)? else {
                return Ok(None);
            };
            writing.remember_head(timeline, head);
            head
        }
    };
    writing.settle(head.number)?;
    Ok(Some(head))
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
    flags: u32,
) -> Result<Option<Message>> {
    let head = head.next();
    message.sequence = head.sequence;
    message.version = head.version;
    let row = row_of(head, &message, flags);
    if insert_row(
        &writing.connection,
        &row,
        "(account, client_time_s, random) WHERE flags < 16",
    )? == 0
    {
        return Ok(None);
    }
    let options = options_of(&message);
    if options != 0 {
        writing
            .connection
            .prepare_cached("UPDATE message SET options = ?2 WHERE place = ?1")?
            .execute(params![row.place, options])?;
    }
    writing.remember_head(timeline, head);
    writing.note_key(message.key);
    writing.count_message();
    Ok(Some(message))
}

/// Enters a message of the tail; `false` when it is there.
pub(super) fn enter_row(connection: &Connection, row: &Row) -> Result<bool> {
    Ok(insert_row(connection, row, "(place)")? > 0)
}

/// A message as it is kept, at the end of its timeline.
pub(super) fn row_of(head: Head, message: &Message, flags: u32) -> Row {
    let flags = match is_resend_looked_for() {
        true => flags,
        false => flags | ENTERED,
    };
    Row {
        place: place(head.number, head.sequence.0),
        account: message.key.account.0,
        client_time_s: message.key.client_time_s,
        random: message.key.random,
        time_ms: message.time.0,
        version: head.version.0,
        flags: flags | flags_of(message),
        priority: message.priority.to_wire() as i32,
        cloud_custom_data: Bytes::copy_from_slice(message.cloud_custom_data.as_bytes()),
        body: message.body.bytes().clone(),
    }
}

/// Contract C2; `false` only when it is to be broken.
pub(super) fn is_resend_looked_for() -> bool {
    #[cfg(feature = "sabotage")]
    return !sabotage::is(Sabotage::NoDedup);
    #[cfg(not(feature = "sabotage"))]
    true
}

/// How many rows came in.
fn insert_row(connection: &Connection, row: &Row, unless: &str) -> Result<usize> {
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO message (place, account, client_time_s, random, time_ms, version, flags, priority,
             body, cloud_custom_data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT {unless} DO NOTHING"
    ))?;
    bind(&mut statement, row, 1)?;
    Ok(statement.raw_execute()?)
}

/// Binds a row's columns, from a number on: all but its revoker, whom it has none of.
fn bind(statement: &mut CachedStatement<'_>, row: &Row, first: usize) -> Result<()> {
    let custom = std::str::from_utf8(&row.cloud_custom_data)
        .map_err(|_| StoreError::Unreadable("a message's custom data is no text".to_owned()))?;
    statement.raw_bind_parameter(first, row.place)?;
    statement.raw_bind_parameter(first + 1, row.account)?;
    statement.raw_bind_parameter(first + 2, row.client_time_s)?;
    statement.raw_bind_parameter(first + 3, row.random)?;
    statement.raw_bind_parameter(first + 4, row.time_ms)?;
    statement.raw_bind_parameter(first + 5, row.version)?;
    statement.raw_bind_parameter(first + 6, row.flags)?;
    statement.raw_bind_parameter(first + 7, row.priority)?;
    statement.raw_bind_parameter(first + 8, row.body.as_ref())?;
    statement.raw_bind_parameter(first + 9, custom)?;
    Ok(())
}

/// The newest key of an account in the table; `None` when there is none.
pub(super) fn newest_second(connection: &Connection, account: AccountId) -> Result<Option<u32>> {
    Ok(connection
        .prepare_cached("SELECT max(client_time_s) FROM message WHERE account = ?1 AND flags < 16")?
        .query_row([account.0], |row| row.get(0))?)
}

/// The message that was taken in under a key.
pub(super) fn find_by_key(view: &View<'_>, key: MessageKey) -> Result<Option<Message>> {
    let found = match view.find_key_ahead(key) {
        Some(found) => Some(found),
        None => view
            .prepare_cached(
                "SELECT place FROM message
                 WHERE account = ?1 AND client_time_s = ?2 AND random = ?3 AND flags < 16",
            )?
            .query_row(params![key.account.0, key.client_time_s, key.random], |row| {
                row.get::<_, i64>(0)
            })
            .optional()?,
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let number = owner_of(found);
    let timeline = view
        .prepare_cached("SELECT kind, a, b FROM timeline WHERE id = ?1")?
        .query_row([number], |row| {
            Ok(from_columns(row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    message_at(view, timeline, number, Sequence(in_place(found)))
}

/// Messages of the table.
fn query(view: &View<'_>, names: &Names, condition: &str, parameters: impl Params) -> Result<Vec<Message>> {
    let mut statement = view.prepare_cached(&format!("{SELECT}message{JOIN_NAMES}{condition}"))?;
    let mut messages = Vec::new();
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        let mut message = read(row, names)?;
        if message.flags.is_targeted {
            message.receivers = hidden::receivers(view, row.get(0)?)?;
        }
        messages.push(message);
    }
    Ok(messages)
}

/// Messages of the tail.
fn read_ahead(view: &View<'_>, names: &Names, timeline: TimelineId, ahead: &[Kept]) -> Result<Vec<Message>> {
    let mut messages = Vec::with_capacity(ahead.len());
    for kept in ahead {
        let mut statement = view.prepare_cached(&format!("{SELECT}{MESSAGE_AHEAD}{JOIN_NAMES}"))?;
        statement.raw_bind_parameter(1, group_number(timeline))?;
        bind(&mut statement, kept, 2)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            messages.push(read(row, names)?);
        }
    }
    Ok(messages)
}

fn read(row: &rusqlite::Row<'_>, names: &Names) -> rusqlite::Result<Message> {
    let key = MessageKey {
        account: AccountId(row.get(1)?),
        client_time_s: row.get(2)?,
        random: row.get(3)?,
    };
    let flags: u32 = row.get(6)?;
    let options: u8 = row.get(16)?;
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
            support_extension: options & SUPPORT_EXTENSION != 0,
            is_targeted: options & TARGETED != 0,
        },
        priority: Priority::from_wire(row.get(7)?),
        revoker: row.get::<_, Option<String>>(8)?.map(UserId::trusted),
        body: Body::trusted(Bytes::from(row.get::<_, Vec<u8>>(9)?)),
        cloud_custom_data: row.get(10)?,
        edits: row.get(15)?,
        receivers: Vec::new(),
        nick,
        avatar,
        name_card,
    })
}

fn flags_of(message: &Message) -> u32 {
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

/// What only the table has room for: a message with any of it takes the long way, past the journal.
fn options_of(message: &Message) -> u8 {
    let mut options = 0;
    if message.flags.is_targeted {
        options |= TARGETED;
    }
    if message.flags.support_extension {
        options |= SUPPORT_EXTENSION;
    }
    options
}

fn kind_of(kept: i32) -> ChangeKind {
    match wire::ChangeKind::try_from(kept) {
        Ok(wire::ChangeKind::Revoked) => ChangeKind::Revoked,
        Ok(wire::ChangeKind::Extended) => ChangeKind::Extended,
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

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn a_moment_is_found_in_a_timeline_of_a_million_messages_by_twenty_looks() {
        let mut looks = 0;
        let found = first_at(Sequence(1), Sequence(1_000_000), Timestamp(777_777), |it| {
            looks += 1;
            Ok(Some(Timestamp(it.0)))
        });
        assert_eq!(found.unwrap(), Sequence(777_777));
        assert!(looks <= 20, "{looks}");
    }

    /// Counted in SQLite's own steps, not by time.
    #[test]
    fn a_page_takes_as_many_steps_in_a_long_timeline_as_in_a_short_one() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(include_str!("migrations/0001_initial.sql"))
            .unwrap();
        connection
            .execute_batch(include_str!("migrations/0006_messages.sql"))
            .unwrap();
        for (timeline, count) in [(1_u64, 40_u64), (2, 200_000), (3, 40)] {
            connection
                .execute(
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                     INSERT INTO message SELECT (?1 << 32) + i, 1, i, ?1, i, i, 16, 2, NULL, x'00', '', 0, 0 FROM n",
                    [timeline, count],
                )
                .unwrap();
        }
        let steps = |condition: &str, timeline: u64, from: u64| {
            let mut statement = connection
                .prepare(&format!("{SELECT}message{JOIN_NAMES}{condition}"))
                .unwrap();
            let rows = statement
                .query_map(
                    params![0, place(timeline, from), places(timeline).end, 15],
                    |_| Ok(()),
                )
                .unwrap()
                .count();
            assert_eq!(rows, 15);
            statement.get_status(StatementStatus::VmStep)
        };
        for condition in [
            "WHERE m.place >= ?2 AND m.place < ?3 ORDER BY m.place LIMIT ?4",
            "WHERE m.place >= ?2 AND m.place < ?3 ORDER BY m.place DESC LIMIT ?4",
        ] {
            let short = steps(condition, 1, 5);
            for from in [1, 77_777, 180_000] {
                assert_eq!(steps(condition, 2, from), short, "{condition} from {from}");
            }
        }
    }
}
