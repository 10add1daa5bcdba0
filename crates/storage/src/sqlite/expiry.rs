//! Messages that have expired: found, read by those who have not read them, hidden, removed.
//!
//! A timeline's `first_kept` hides what is before it, for everybody. Marks move before that, and each account hears of its
//! own, so that a count that an instance keeps and one that is read anew fall together (contract C5). The newest message
//! is hidden with the others and never removed: it says where the timeline ends.

use hongyan_protocol::id::{AccountId, ConversationId, SdkAppId, Sequence, Version};
use rusqlite::{OptionalExtension as _, params};

use super::event::enter;
use super::view::View;
use super::writer::Writing;
use super::{account as accounts, conversation, group, in_place, place, places, timeline};
use crate::model::{Consequences, Expired, KeptSince, MarksMoved, TimelineId, Written};
use crate::store::Result;

pub(super) fn list(
    view: &View<'_>,
    since: &[KeptSince],
    after: u64,
    limit: usize,
) -> Result<(Vec<Expired>, Option<u64>)> {
    let looked: Vec<(u64, TimelineId, u64)> = view
        .prepare_cached("SELECT id, kind, a, b, first_kept FROM timeline WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![after, limit], |row| {
            let timeline = timeline::from_columns(row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, timeline, row.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let next = looked.last().filter(|_| looked.len() == limit).map(|it| it.0);
    let mut found = Vec::new();
    for (number, timeline, first_kept) in looked {
        let app = app_of(view, timeline)?;
        let Some(since) = since.iter().find(|it| Some(it.app) == app) else {
            continue;
        };
        let Some(oldest) = oldest(view, number)? else {
            continue;
        };
        let last = timeline::head_of(view, number, Version(0))?.sequence;
        let first_at =
            |time| timeline::first_at(oldest, last, time, |it| timeline::time_at(view, number, it));
        let shown_from = first_at(since.shown)?.max(Sequence(first_kept));
        let stored_from = first_at(since.stored)?.min(shown_from).min(last);
        if shown_from.0 > first_kept || stored_from > oldest {
            found.push(Expired {
                timeline,
                shown_from,
                stored_from,
            });
        }
    }
    Ok((found, next))
}

pub(super) fn hide(
    writing: &mut Writing,
    expired: Expired,
    after: u64,
    limit: usize,
    consequences: Consequences<MarksMoved>,
) -> Result<Written<MarksMoved>> {
    let mut done = MarksMoved {
        moved: Vec::new(),
        next: None,
    };
    let Some(head) = timeline::current_head(writing, expired.timeline)? else {
        return Ok(Written {
            done,
            entered: Vec::new(),
        });
    };
    let (accounts, next) = readers(writing, expired.timeline, after, limit)?;
    done.next = next;
    for account in accounts {
        if has_unread(writing, head.number, account, expired.shown_from)? {
            conversation::put_read(writing, account, head.number, Sequence(expired.shown_from.0 - 1))?;
            let named = named(writing, expired.timeline, account)?;
            done.moved.push((account, named));
        }
    }
    if next.is_none() {
        writing
            .connection
            .prepare_cached("UPDATE timeline SET first_kept = max(first_kept, ?2) WHERE id = ?1")?
            .execute([head.number, expired.shown_from.0])?;
    }
    let entered = match done.moved.is_empty() {
        true => Vec::new(),
        false => enter(writing, consequences(&done))?,
    };
    Ok(Written { done, entered })
}

pub(super) fn remove(writing: &mut Writing, expired: Expired, limit: usize) -> Result<bool> {
    let Some(head) = timeline::current_head(writing, expired.timeline)? else {
        return Ok(false);
    };
    let connection = &writing.connection;
    let begin = places(head.number).start;
    let first_kept: u64 = connection
        .prepare_cached("SELECT first_kept FROM timeline WHERE id = ?1")?
        .query_row([head.number], |row| row.get(0))?;
    // Never the newest, and nothing that is shown.
    let end = expired.stored_from.0.min(head.sequence.0).min(first_kept);
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT max(place) FROM (SELECT place FROM message WHERE place > ?1 AND place < ?2
                 ORDER BY place LIMIT ?3)",
        )?
        .query_row(params![begin, place(head.number, end), limit], |row| row.get(0))?;
    let Some(last) = last else {
        return Ok(false);
    };
    for sql in [
        "DELETE FROM message WHERE place > ?1 AND place <= ?2",
        "DELETE FROM receipt WHERE place > ?1 AND place <= ?2",
        "DELETE FROM deleted_message WHERE place > ?1 AND place <= ?2",
        "DELETE FROM message_receiver WHERE place > ?1 AND place <= ?2",
        "DELETE FROM message_extension WHERE place > ?1 AND place <= ?2",
    ] {
        connection.prepare_cached(sql)?.execute([begin, last])?;
    }
    let is_more = in_place(last) + 1 < end;
    if !is_more {
        connection
            .prepare_cached("DELETE FROM timeline_change WHERE timeline = ?1 AND sequence < ?2")?
            .execute([head.number, end])?;
        connection
            .prepare_cached("DELETE FROM mention WHERE timeline = ?1 AND sequence < ?2")?
            .execute([head.number, end])?;
    }
    Ok(is_more)
}

/// The oldest message that is stored.
fn oldest(view: &View<'_>, number: u64) -> Result<Option<Sequence>> {
    let range = places(number);
    let kept = view
        .prepare_cached("SELECT place FROM message WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT 1")?
        .query_row([range.start, range.end], |row| {
            Ok(Sequence(in_place(row.get(0)?)))
        })
        .optional()?;
    match kept {
        Some(sequence) => Ok(Some(sequence)),
        None => Ok(view.ahead(number)?.map(|ahead| Sequence(*ahead.start()))),
    }
}

fn app_of(view: &View<'_>, timeline: TimelineId) -> Result<Option<SdkAppId>> {
    let group = match timeline {
        TimelineId::C2c(account, _) | TimelineId::System(account) => return accounts::app(view, account),
        TimelineId::Group(group) => group,
    };
    Ok(view
        .prepare_cached("SELECT app FROM chat_group WHERE number = ?1")?
        .query_row([group.0], |row| Ok(SdkAppId(row.get(0)?)))
        .optional()?)
}

/// Accounts that share a timeline, from a place in its group on; and where the next batch begins.
fn readers(
    writing: &Writing,
    timeline: TimelineId,
    after: u64,
    limit: usize,
) -> Result<(Vec<AccountId>, Option<u64>)> {
    let number = match timeline {
        TimelineId::C2c(one, other) if one == other => return Ok((vec![one], None)),
        TimelineId::C2c(one, other) => return Ok((vec![one, other], None)),
        TimelineId::System(account) => return Ok((vec![account], None)),
        TimelineId::Group(number) => number,
    };
    let members: Vec<(u64, AccountId)> = writing
        .connection
        .prepare_cached(
            "SELECT place, account FROM member WHERE group_number = ?1 AND place > ?2 ORDER BY place LIMIT ?3",
        )?
        .query_map(params![number.0, after, limit], |row| {
            Ok((row.get(0)?, AccountId(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let next = members.last().filter(|_| members.len() == limit).map(|it| it.0);
    Ok((members.into_iter().map(|it| it.1).collect(), next))
}

/// Whether somebody has not read a counted message of others before one. Who has nothing unread keeps the mark.
fn has_unread(writing: &Writing, number: u64, account: AccountId, before: Sequence) -> Result<bool> {
    Ok(writing
        .connection
        .prepare_cached(
            "SELECT 1 FROM conversation c, message m
             WHERE c.account = ?1 AND c.timeline = ?2 AND m.place > max(?3 + c.read_sequence, ?3 + c.first_sequence - 1)
                 AND m.place < ?4 AND m.account <> ?1 AND m.flags & 1 = 0 AND m.revoker IS NULL
             LIMIT 1",
        )?
        .query_row(
            params![account.0, number, places(number).start, place(number, before.0)],
            |_| Ok(()),
        )
        .optional()?
        .is_some())
}

/// The conversation behind a timeline, as an account names it.
fn named(writing: &Writing, timeline: TimelineId, account: AccountId) -> Result<ConversationId> {
    let connection = &writing.connection;
    Ok(match timeline {
        TimelineId::C2c(one, other) => {
            let peer = if one == account { other } else { one };
            ConversationId::C2c(accounts::user_id(connection, peer)?)
        }
        TimelineId::Group(number) => ConversationId::Group(group::id(connection, number)?),
        TimelineId::System(_) => ConversationId::System,
    })
}
