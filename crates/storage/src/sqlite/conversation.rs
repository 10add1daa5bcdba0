//! Conversations: an account's view of a timeline. Recency, last message and unread count are read from the timeline,
//! never kept beside it, so they cannot differ from it (contract C5).

use std::cmp::Reverse;

use hongyan_protocol::conversation::{ConversationState, ReadScope};
use hongyan_protocol::id::{Account, AccountId, ConversationId, Pts, Sequence, Timestamp, Version};
use hongyan_protocol::settings::Settings;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::event::{self, enter};
use super::timeline::{self, Head, LastShown};
use super::view::View;
use super::writer::Writing;
use super::{account as accounts, counted, group, hidden, settings};
use crate::model::{Consequences, MarkedOne, MarkedRead, Readable, Reader, TimelineId, Written};
use crate::store::Result;

const SELECT: &str = "SELECT c.timeline, t.kind, t.a, t.b, t.changed_version, c.read_sequence,
        max(c.first_sequence, t.first_kept), c.created_ms, c.deleted_before,
        c.view_version, c.account
    FROM conversation c JOIN timeline t ON t.id = c.timeline
    WHERE c.account = ?1";

/// An account's row of a conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) timeline: TimelineId,
    pub(super) number: u64,
    pub(super) changed: Version,
    pub(super) read: Sequence,
    pub(super) first: Sequence,
    created: Timestamp,
    pub(super) deleted_before: Sequence,
    pub(super) account: AccountId,
    pub(super) view_version: u64,
}

/// A conversation with what orders it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recent {
    pub(super) own: Own,
    /// The newest message that may be shown.
    shown: Option<Sequence>,
    pub(super) active: Timestamp,
}

impl Own {
    pub(super) const fn readable(&self) -> Readable {
        Readable {
            timeline: self.timeline,
            first: self.first,
            reader: Some(self.reader()),
        }
    }

    pub(super) const fn reader(&self) -> Reader {
        Reader {
            account: self.account,
            has_deleted: self.view_version > 0,
        }
    }

    pub(super) fn head(&self, view: &View<'_>) -> Result<Head> {
        timeline::head_of(view, self.number, self.changed)
    }

    /// The account deleted it, and nothing was said since.
    pub(super) fn is_deleted(&self, view: &View<'_>) -> Result<bool> {
        Ok(self.deleted_before > Sequence(0) && self.head(view)?.sequence < self.deleted_before)
    }

    /// Messages after this may be unread, with such a read mark.
    pub(super) fn unread_after(&self, read: Sequence) -> Sequence {
        let first = self.first.max(self.deleted_before);
        read.max(Sequence(first.0.saturating_sub(1)))
    }
}

/// Gives an account its row.
pub(super) fn add(
    writing: &Writing,
    account: AccountId,
    timeline: u64,
    read: Sequence,
    first: Sequence,
    now: Timestamp,
) -> Result<()> {
    writing
        .connection
        .prepare_cached(
            "INSERT INTO conversation (account, timeline, read_sequence, first_sequence, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute([account.0, timeline, read.0, first.0, now.0])?;
    Ok(())
}

/// Notes where a conversation was deleted, and where its history begins now.
pub(super) fn put_deleted(
    writing: &Writing,
    account: AccountId,
    own: &Own,
    before: Sequence,
    first: Sequence,
) -> Result<()> {
    writing
        .connection
        .prepare_cached(
            "UPDATE conversation SET deleted_before = ?3, first_sequence = ?4 WHERE account = ?1 AND timeline = ?2",
        )?
        .execute([account.0, own.number, before.0, first.0])?;
    Ok(())
}

/// The timeline behind a conversation's name, whether it is there or not; `None` when the user or group is unknown.
pub(super) fn timeline_of(
    connection: &Connection,
    account: &Account,
    conversation: &ConversationId,
) -> Result<Option<TimelineId>> {
    Ok(match conversation {
        ConversationId::C2c(peer) => {
            accounts::number(connection, account.app, peer)?.map(|peer| TimelineId::c2c(account.id, peer))
        }
        ConversationId::Group(id) => group::number(connection, account.app, id)?.map(TimelineId::Group),
        ConversationId::System => Some(TimelineId::System(account.id)),
    })
}

/// An account's row of a conversation; `None` when it has none.
pub(super) fn find_own(
    connection: &Connection,
    account: &Account,
    conversation: &ConversationId,
) -> Result<Option<Own>> {
    let Some(timeline) = timeline_of(connection, account, conversation)? else {
        return Ok(None);
    };
    let (kind, a, b) = timeline::columns(timeline);
    Ok(connection
        .prepare_cached(&format!("{SELECT} AND t.kind = ?2 AND t.a = ?3 AND t.b = ?4"))?
        .query_row(params![account.id.0, kind, a, b], read_own)
        .optional()?)
}

pub(super) fn find_conversation(
    view: &View<'_>,
    account: &Account,
    conversation: &ConversationId,
) -> Result<Option<ConversationState>> {
    find_own(view, account, conversation)?
        .map(|own| state(view, account, &recent(view, own)?))
        .transpose()
}

/// What an account set for a conversation, also for one that has not begun.
pub(super) fn find_settings(
    view: &View<'_>,
    account: &Account,
    conversation: &ConversationId,
) -> Result<Settings> {
    let Some(timeline) = timeline_of(view, account, conversation)? else {
        return Ok(Settings::default());
    };
    let own = find_own(view, account, conversation)?;
    let deleted_before = own.map_or(Sequence(0), |it| it.deleted_before);
    settings::find(view, account.id, timeline, deleted_before)
}

/// All of an account, newest first.
pub(super) fn list_recent(view: &View<'_>, account: AccountId) -> Result<Vec<Recent>> {
    let own: Vec<Own> = view
        .prepare_cached(SELECT)?
        .query_map([account.0], read_own)?
        .collect::<rusqlite::Result<_>>()?;
    let mut last_shown = LastShown::of(view)?;
    let mut all: Vec<Recent> = own
        .into_iter()
        .map(|own| Recent::of(own, &mut last_shown))
        .collect::<Result<_>>()?;
    all.sort_by_key(|it| Reverse((it.active, it.own.number)));
    Ok(all)
}

/// Those that are in the account's list, newest first.
pub(super) fn list_shown(view: &View<'_>, account: AccountId) -> Result<Vec<Recent>> {
    let mut shown = Vec::new();
    for it in list_recent(view, account)? {
        if !it.own.is_deleted(view)? {
            shown.push(it);
        }
    }
    Ok(shown)
}

/// The first `limit` of a list, and those that were active in the same millisecond as the last of them: the next page
/// begins with less recent ones, and would miss them.
pub(super) fn page(recent: &[Recent], limit: usize) -> &[Recent] {
    let Some(last) = limit.checked_sub(1).and_then(|last| recent.get(last)) else {
        return &recent[..limit.min(recent.len())];
    };
    let ties = recent[limit..]
        .iter()
        .take_while(|it| it.active == last.active)
        .count();
    &recent[..limit + ties]
}

pub(super) fn list_conversations(
    view: &View<'_>,
    account: &Account,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<ConversationState>> {
    let mut all = list_shown(view, account.id)?;
    if before > Timestamp(0) {
        all.retain(|it| it.active < before);
    }
    page(&all, limit)
        .iter()
        .map(|it| state(view, account, it))
        .collect()
}

/// Where a conversation stands.
pub(super) fn state(view: &View<'_>, account: &Account, recent: &Recent) -> Result<ConversationState> {
    let own = &recent.own;
    let head = own.head(view)?;
    let last_message = match recent.shown {
        Some(shown) => timeline::message_at(view, own.timeline, own.number, shown)?,
        None => None,
    };
    let mut state = ConversationState {
        id: ConversationId::System,
        version: head.version,
        last_sequence: head.sequence,
        last_message,
        unread_count: counted::unread(view, own, head.sequence)?,
        read: own.read,
        peer_read: Sequence(0),
        peer: None,
        group: None,
        active: recent.active,
        first_sequence: own.first,
        settings: settings::find(view, account.id, own.timeline, own.deleted_before)?,
        pts: Pts(0),
        draft: String::new(),
        view_version: own.view_version,
        mentions: Vec::new(),
    };
    if !state.settings.groups.is_empty() {
        state.pts = event::newest(view, account.id)?;
    }
    match own.timeline {
        TimelineId::C2c(one, other) => {
            let peer = if one == account.id { other } else { one };
            let profile = accounts::profile(view, peer)?;
            state.id = ConversationId::C2c(profile.user_id.clone());
            state.peer = Some(profile);
            state.peer_read = read_mark(view, peer, own.number)?;
        }
        TimelineId::Group(number) => {
            let group = group::as_seen_by(view, number, account.id)?;
            state.id = ConversationId::Group(group.id.clone());
            state.group = Some(group);
            let after = own.unread_after(own.read);
            state.mentions = hidden::mentions(view, own.reader(), own.number, after)?;
        }
        TimelineId::System(_) => {}
    }
    Ok(state)
}

pub(super) fn mark_read(
    writing: &mut Writing,
    account: &Account,
    conversation: &ConversationId,
    sequence: Sequence,
    consequences: Consequences<MarkedRead>,
) -> Result<Option<Written<MarkedRead>>> {
    let Some(own) = find_own(&writing.connection, account, conversation)? else {
        return Ok(None);
    };
    let read = sequence.min(own.head(&writing.view())?.sequence).max(own.read);
    let moved = read > own.read;
    if moved {
        put_read(writing, account.id, own.number, read)?;
    }
    let after = own.unread_after(read);
    let unread_count = timeline::count_unread(&writing.view(), own.number, own.reader(), after)?;
    let done = MarkedRead {
        moved,
        read,
        unread_count,
    };
    let entered = match moved {
        true => enter(writing, consequences(&done))?,
        false => Vec::new(),
    };
    Ok(Some(Written { done, entered }))
}

pub(super) fn mark_all_read(
    writing: &mut Writing,
    account: AccountId,
    scope: ReadScope,
    consequences: Consequences<Vec<MarkedOne>>,
) -> Result<Written<Vec<MarkedOne>>> {
    let own: Vec<Own> = writing
        .connection
        .prepare_cached(SELECT)?
        .query_map([account.0], read_own)?
        .collect::<rusqlite::Result<_>>()?;
    let mut done = Vec::new();
    for own in own {
        let is_meant = match (scope, own.timeline) {
            (ReadScope::Unspecified, _) => true,
            (ReadScope::C2c, it) => matches!(it, TimelineId::C2c(..)),
            (ReadScope::Groups, it) => matches!(it, TimelineId::Group(_)),
        };
        if !is_meant || own.is_deleted(&writing.view())? {
            continue;
        }
        let read = own.head(&writing.view())?.sequence;
        if read <= own.read {
            continue;
        }
        put_read(writing, account, own.number, read)?;
        let connection = &writing.connection;
        let (conversation, peer) = match own.timeline {
            TimelineId::C2c(one, other) => {
                let peer = if one == account { other } else { one };
                let name = accounts::user_id(connection, peer)?;
                (ConversationId::C2c(name), Some(peer))
            }
            TimelineId::Group(number) => (ConversationId::Group(group::id(connection, number)?), None),
            TimelineId::System(_) => (ConversationId::System, None),
        };
        done.push(MarkedOne {
            conversation,
            peer,
            read,
        });
    }
    let entered = match done.is_empty() {
        true => Vec::new(),
        false => enter(writing, consequences(&done))?,
    };
    Ok(Written { done, entered })
}

pub(super) fn put_read(writing: &Writing, account: AccountId, timeline: u64, read: Sequence) -> Result<()> {
    writing
        .connection
        .prepare_cached("UPDATE conversation SET read_sequence = ?3 WHERE account = ?1 AND timeline = ?2")?
        .execute([account.0, timeline, read.0])?;
    Ok(())
}

/// The conversation with what orders it.
pub(super) fn recent(view: &View<'_>, own: Own) -> Result<Recent> {
    Recent::of(own, &mut LastShown::of(view)?)
}

impl Recent {
    fn of(own: Own, last_shown: &mut LastShown<'_>) -> Result<Self> {
        let shown = last_shown.find(own.number, own.first, own.reader())?;
        Ok(Self {
            own,
            shown: shown.map(|(sequence, _)| sequence),
            active: shown.map_or(own.created, |(_, time)| time),
        })
    }
}

fn read_mark(connection: &Connection, account: AccountId, timeline: u64) -> Result<Sequence> {
    let read = connection
        .prepare_cached("SELECT read_sequence FROM conversation WHERE account = ?1 AND timeline = ?2")?
        .query_row([account.0, timeline], |row| Ok(Sequence(row.get(0)?)))
        .optional()?;
    Ok(read.unwrap_or_default())
}

fn read_own(row: &Row<'_>) -> rusqlite::Result<Own> {
    Ok(Own {
        number: row.get(0)?,
        timeline: timeline::from_columns(row.get(1)?, row.get(2)?, row.get(3)?),
        changed: Version(row.get(4)?),
        read: Sequence(row.get(5)?),
        first: Sequence(row.get(6)?),
        created: Timestamp(row.get(7)?),
        deleted_before: Sequence(row.get(8)?),
        view_version: row.get(9)?,
        account: AccountId(row.get(10)?),
    })
}
