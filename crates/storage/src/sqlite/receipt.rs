//! Receipts: who read which message one by one.
//!
//! Only those who read have a row. Who has not follows from the group's members: those whose first visible message is not
//! after this one. So nothing is written when a message is sent, and counts and lists cannot differ.

use std::collections::HashSet;

use hongyan_protocol::id::{Account, AccountId, ConversationId, Sequence, Timestamp, UserId};
use hongyan_protocol::message::{Message, MessageKey};
use hongyan_protocol::receipt::Receipt;
use rusqlite::{Connection, params};

use super::conversation::{Own, find_own};
use super::event::enter;
use super::view::View;
use super::writer::Writing;
use super::{place, timeline};
use crate::model::{Consequences, ReadersPage, ReceiptsPut, TimelineId, Written};
use crate::store::Result;

pub(super) fn put(
    writing: &mut Writing,
    account: &Account,
    conversation: &ConversationId,
    sequences: &[Sequence],
    now: Timestamp,
    consequences: Consequences<ReceiptsPut>,
) -> Result<Option<Written<ReceiptsPut>>> {
    let Some(own) = find_own(&writing.view(), account, conversation)? else {
        return Ok(None);
    };
    let mut wanted = HashSet::new();
    let mut given = Vec::new();
    for sequence in sequences {
        let Some(message) = wanting(&writing.view(), &own, *sequence)? else {
            continue;
        };
        if message.key.account == account.id || !wanted.insert(*sequence) {
            continue;
        }
        let inserted = writing
            .connection
            .prepare_cached("INSERT OR IGNORE INTO receipt (place, account, time_ms) VALUES (?1, ?2, ?3)")?
            .execute(params![place(own.number, sequence.0), account.id.0, now.0])?;
        if inserted > 0 {
            given.push((*sequence, message.key));
        }
    }
    let others = Others::read(&writing.connection, &own)?;
    let given = given.into_iter().map(|(sequence, key)| {
        let receipt = others.receipt(&writing.connection, &own, sequence, key)?;
        Ok((key.account, receipt))
    });
    let done = ReceiptsPut {
        wanted: wanted.len(),
        given: given.collect::<Result<_>>()?,
    };
    let entered = match done.given.is_empty() {
        true => Vec::new(),
        false => enter(writing, consequences(&done))?,
    };
    Ok(Some(Written { done, entered }))
}

pub(super) fn list(
    view: &View<'_>,
    account: &Account,
    conversation: &ConversationId,
    sequences: &[Sequence],
) -> Result<Option<Vec<Receipt>>> {
    let Some(own) = find_own(view, account, conversation)? else {
        return Ok(None);
    };
    let others = Others::read(view, &own)?;
    let mut receipts = Vec::new();
    for sequence in sequences {
        if let Some(message) = wanting(view, &own, *sequence)?
            && message.key.account == account.id
        {
            receipts.push(others.receipt(view, &own, *sequence, message.key)?);
        }
    }
    Ok(Some(receipts))
}

pub(super) fn list_readers(
    view: &View<'_>,
    account: &Account,
    conversation: &ConversationId,
    sequence: Sequence,
    unread: bool,
    after: u64,
    limit: usize,
) -> Result<Option<ReadersPage>> {
    let Some(own) = find_own(view, account, conversation)? else {
        return Ok(None);
    };
    let Some(message) = wanting(view, &own, sequence)?.filter(|it| it.key.account == account.id) else {
        return Ok(None);
    };
    let others = Others::read(view, &own)?;
    let readers = readers(view, &own, sequence)?;
    let mut found: Vec<AccountId> = match unread {
        true => others.unread(sequence, message.key.account, &readers).collect(),
        false => readers.keys().copied().collect(),
    };
    found.retain(|it| it.0 > after);
    found.sort_unstable();
    let is_more = found.len() > limit;
    found.truncate(limit);
    let users = found.iter().map(|it| super::account::user_id(view, *it));
    Ok(Some(ReadersPage {
        users: users.collect::<Result<Vec<UserId>>>()?,
        next: found.last().filter(|_| is_more).map(|it| it.0),
    }))
}

/// A message that the account may see and whose sender wants a receipt.
fn wanting(view: &View<'_>, own: &Own, sequence: Sequence) -> Result<Option<Message>> {
    if sequence < own.first {
        return Ok(None);
    }
    let message = timeline::message_at(view, own.timeline, own.number, sequence)?;
    Ok(message.filter(|it| it.flags.need_read_receipt && it.revoker.is_none()))
}

/// Who read a message, and when.
fn readers(
    connection: &Connection,
    own: &Own,
    sequence: Sequence,
) -> Result<std::collections::HashMap<AccountId, Timestamp>> {
    Ok(connection
        .prepare_cached("SELECT account, time_ms FROM receipt WHERE place = ?1")?
        .query_map([place(own.number, sequence.0)], |row| {
            Ok((AccountId(row.get(0)?), Timestamp(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Those who share a timeline, each with the first message that it may see; read once for all messages of a question.
struct Others(Vec<(AccountId, Sequence)>);

impl Others {
    fn read(connection: &Connection, own: &Own) -> Result<Self> {
        Ok(Self(match own.timeline {
            TimelineId::C2c(one, other) => vec![(one, Sequence(1)), (other, Sequence(1))],
            TimelineId::System(_) => Vec::new(),
            TimelineId::Group(number) => connection
                .prepare_cached(
                    "SELECT m.account, c.first_sequence
                     FROM member m CROSS JOIN conversation c ON c.account = m.account AND c.timeline = ?2
                     WHERE m.group_number = ?1",
                )?
                .query_map([number.0, own.number], |row| {
                    Ok((AccountId(row.get(0)?), Sequence(row.get(1)?)))
                })?
                .collect::<rusqlite::Result<_>>()?,
        }))
    }

    fn unread<'a>(
        &'a self,
        sequence: Sequence,
        sender: AccountId,
        readers: &'a std::collections::HashMap<AccountId, Timestamp>,
    ) -> impl Iterator<Item = AccountId> + 'a {
        self.0
            .iter()
            .filter(move |(account, first)| {
                *account != sender && *first <= sequence && !readers.contains_key(account)
            })
            .map(|(account, _)| *account)
    }

    fn receipt(
        &self,
        connection: &Connection,
        own: &Own,
        sequence: Sequence,
        key: MessageKey,
    ) -> Result<Receipt> {
        let readers = readers(connection, own, sequence)?;
        Ok(Receipt {
            key,
            sequence,
            read_count: readers.len() as u64,
            unread_count: self.unread(sequence, key.account, &readers).count() as u64,
            time: readers.values().copied().max().unwrap_or_default(),
        })
    }
}
