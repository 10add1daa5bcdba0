//! What accounts set for their conversations: pins, remind types, marks, custom data, groups, and deleting them.

use hongyan_protocol::id::{Account, AccountId, ConversationId, GroupId, Sequence, UserId};
use hongyan_protocol::limits;
use hongyan_protocol::settings::{Deleted, RemindType, Settings, SettingsChange, SettingsRevision};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::conversation::{self, Own};
use super::event::enter;
use super::writer::Writing;
use super::{group, timeline};
use crate::model::{Consequences, SettingsRefusal, SettingsWritten, TimelineId, Written};
use crate::store::Result;

/// Whom a conversation is with: the columns `kind` and `other`.
type With = (u8, u64);

/// A conversation group of an account.
struct Group {
    slot: u32,
    name: String,
}

/// What was set; `deleted_before` is the conversation's own column.
pub(super) fn find(
    connection: &Connection,
    account: AccountId,
    timeline: TimelineId,
    deleted_before: Sequence,
) -> Result<Settings> {
    let kept = read(connection, account, with(account, timeline))?;
    let Some((mut settings, slots)) = kept else {
        return Ok(Settings {
            deleted_before,
            ..Settings::default()
        });
    };
    if slots != 0 {
        settings.groups = names(&groups(connection, account)?, slots);
    }
    settings.deleted_before = deleted_before;
    Ok(settings)
}

/// The names of the account's conversation groups, in the order of making.
pub(super) fn list_groups(connection: &Connection, account: AccountId) -> Result<Vec<String>> {
    Ok(groups(connection, account)?
        .into_iter()
        .map(|it| it.name)
        .collect())
}

/// The timelines of the conversations that an account pinned.
pub(super) fn list_pinned(connection: &Connection, account: AccountId) -> Result<Vec<TimelineId>> {
    let pinned = connection
        .prepare_cached("SELECT kind, other FROM conversation_setting WHERE account = ?1 AND pinned = 1")?
        .query_map([account.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .map(|it| it.map(|it| timeline_with(account, it)))
        .collect::<rusqlite::Result<_>>()?;
    Ok(pinned)
}

/// The remind types that an account set, also for users with whom it never talked.
pub(super) fn list_reminds(
    connection: &Connection,
    account: AccountId,
) -> Result<Vec<(ConversationId, RemindType)>> {
    let mut statement = connection.prepare_cached(
        "SELECT s.remind, a.user_id, g.id FROM conversation_setting s
         LEFT JOIN account a ON s.kind = 1 AND a.id = s.other
         LEFT JOIN chat_group g ON s.kind = 2 AND g.number = s.other
         WHERE s.account = ?1 AND s.remind <> 0",
    )?;
    let rows = statement.query_map([account.0], |row| {
        let remind = RemindType::try_from(row.get::<_, i32>(0)?).unwrap_or_default();
        let user = row.get::<_, Option<String>>(1)?.map(UserId::trusted);
        let group = row.get::<_, Option<String>>(2)?.map(GroupId::trusted);
        let with = user.map(ConversationId::C2c);
        let with = with.or_else(|| group.map(ConversationId::Group));
        Ok(with.map(|it| (it, remind)))
    })?;
    Ok(rows
        .filter_map(rusqlite::Result::transpose)
        .collect::<rusqlite::Result<_>>()?)
}

/// An account is not in a group any more: what it set for its conversation is gone.
pub(super) fn forget(writing: &Writing, account: AccountId, timeline: TimelineId) -> Result<()> {
    let (kind, other) = with(account, timeline);
    writing
        .connection
        .prepare_cached(
            "UPDATE conversation_setting SET revision = revision + 1, pinned = 0, remind = 0, marks = 0, groups = 0,
                 custom_data = '' WHERE account = ?1 AND kind = ?2 AND other = ?3",
        )?
        .execute(params![account.0, kind, other])?;
    Ok(())
}

pub(super) fn change(
    writing: &mut Writing,
    account: &Account,
    conversations: &[(ConversationId, Sequence)],
    change: &SettingsChange,
    consequences: Consequences<SettingsWritten>,
) -> Result<Written<SettingsWritten>> {
    let mut done = SettingsWritten::default();
    let slot = match slot_for(&writing.connection, account.id, change)? {
        Ok(slot) => slot,
        Err(refused) => {
            done.refused_whole = Some(refused);
            return Ok(Written {
                done,
                entered: Vec::new(),
            });
        }
    };
    match (change, slot) {
        (SettingsChange::GroupRenamed { to, .. }, Some(slot)) => {
            rename(writing, account.id, slot, to)?;
            done.is_group_changed = true;
        }
        (SettingsChange::GroupRemoved(_), Some(slot)) => {
            remove(writing, account.id, slot)?;
            done.is_group_changed = true;
        }
        (SettingsChange::GroupCreated(name), Some(slot)) => {
            done.is_group_changed = make(writing, account.id, slot, name)?;
        }
        _ => {}
    }
    let mut room = Room::new(change);
    for (conversation, up_to) in conversations {
        if done.changed.iter().any(|it| it.conversation == *conversation) {
            continue;
        }
        match change_one(writing, account, conversation, *up_to, change, slot, &mut room)? {
            Ok(Some(changed)) => done.changed.push(changed),
            Ok(None) => {}
            Err(refused) => done.refused.push((conversation.clone(), refused)),
        }
    }
    let entered = match done.is_group_changed || !done.changed.is_empty() {
        true => enter(writing, consequences(&done))?,
        false => Vec::new(),
    };
    Ok(Written { done, entered })
}

/// How many of a kind there may still be; counted when the first is to be added.
struct Room {
    /// A condition that rows meet which count; `None`: there is no limit.
    limit: Option<(&'static str, usize, SettingsRefusal)>,
    left: Option<usize>,
}

impl Room {
    const fn new(change: &SettingsChange) -> Self {
        let limit = match change {
            SettingsChange::Pinned(true) => {
                Some(("pinned = 1", limits::PINNED_MAX, SettingsRefusal::TooManyPinned))
            }
            SettingsChange::Remind(_) => Some((
                "remind <> 0",
                limits::REMIND_TYPES_MAX,
                SettingsRefusal::TooManyReminds,
            )),
            SettingsChange::MarkSet(_)
            | SettingsChange::GroupEntered(_)
            | SettingsChange::GroupCreated(_) => Some((
                "(marks <> 0 OR groups <> 0)",
                limits::LABELLED_CONVERSATIONS_MAX,
                SettingsRefusal::TooManyLabelled,
            )),
            _ => None,
        };
        Self { limit, left: None }
    }

    /// Whether a row counts that has these settings.
    fn counts(change: &SettingsChange, settings: &Settings, slots: u32) -> bool {
        match change {
            SettingsChange::Pinned(_) => settings.is_pinned,
            SettingsChange::Remind(_) => settings.remind != RemindType::Unspecified,
            _ => settings.marks != 0 || slots != 0,
        }
    }

    fn take(&mut self, connection: &Connection, account: AccountId) -> Result<Option<SettingsRefusal>> {
        let Some((condition, max, refusal)) = self.limit else {
            return Ok(None);
        };
        let left = match self.left {
            Some(left) => left,
            None => {
                let sql =
                    format!("SELECT count(*) FROM conversation_setting WHERE account = ?1 AND {condition}");
                let count: usize = connection
                    .prepare_cached(&sql)?
                    .query_row([account.0], |row| row.get(0))?;
                max.saturating_sub(count)
            }
        };
        self.left = Some(left.saturating_sub(1));
        Ok((left == 0).then_some(refusal))
    }
}

/// The change of one conversation; `None`: it was so already.
fn change_one(
    writing: &Writing,
    account: &Account,
    conversation: &ConversationId,
    up_to: Sequence,
    change: &SettingsChange,
    slot: Option<u32>,
    room: &mut Room,
) -> Result<std::result::Result<Option<SettingsRevision>, SettingsRefusal>> {
    let connection = &writing.connection;
    let Some(timeline) = conversation::timeline_of(connection, account, conversation)? else {
        return Ok(Err(SettingsRefusal::Unknown));
    };
    let own = conversation::find_own(connection, account, conversation)?;
    let is_there = match own {
        Some(own) => !own.is_deleted(&writing.view())?,
        None => false,
    };
    let is_possible = match (change, timeline) {
        (SettingsChange::Remind(_), TimelineId::C2c(..)) => true,
        (SettingsChange::Remind(_), TimelineId::Group(number)) => {
            group::find_member(connection, number, account.id)?.is_some()
        }
        _ => is_there,
    };
    if !is_possible {
        return Ok(Err(match timeline {
            TimelineId::Group(_) => SettingsRefusal::NotAMember,
            TimelineId::C2c(..) | TimelineId::System(_) => SettingsRefusal::NoConversation,
        }));
    }
    let with = with(account.id, timeline);
    let (mut settings, mut slots) = read(connection, account.id, with)?.unwrap_or_default();
    let counted = Room::counts(change, &settings, slots);
    let before = slots;
    let mut is_new = settings.apply(change);
    match (change, slot) {
        (SettingsChange::GroupEntered(_) | SettingsChange::GroupCreated(_), Some(slot)) => slots |= 1 << slot,
        (SettingsChange::GroupLeft(_), Some(slot)) => slots &= !(1 << slot),
        (SettingsChange::Deleted { .. }, _) => slots = 0,
        _ => {}
    }
    if slot.is_some() {
        is_new = slots != before;
    }
    if !is_new {
        return Ok(Ok(None));
    }
    if !counted
        && Room::counts(change, &settings, slots)
        && let Some(refused) = room.take(connection, account.id)?
    {
        return Ok(Err(refused));
    }
    settings.revision += 1;
    put(connection, account.id, with, &settings, slots)?;
    let deleted = match (change, own) {
        (SettingsChange::Deleted { clear_history }, Some(own)) => {
            Some(delete(writing, account.id, own, up_to, *clear_history)?)
        }
        _ => None,
    };
    Ok(Ok(Some(SettingsRevision {
        conversation: conversation.clone(),
        revision: settings.revision,
        deleted,
    })))
}

/// Takes a conversation out of the list, up to a message (0: the newest) and with it.
fn delete(
    writing: &Writing,
    account: AccountId,
    mut own: Own,
    up_to: Sequence,
    clear_history: bool,
) -> Result<Deleted> {
    let newest = own.head(&writing.view())?.sequence;
    let up_to = match up_to {
        Sequence(0) => newest,
        up_to => up_to.min(newest),
    };
    let before = up_to.next().max(own.deleted_before);
    let first = match clear_history {
        true => before.max(own.first),
        false => own.first,
    };
    conversation::put_deleted(writing, account, &own, before, first)?;
    own.first = first;
    let left = conversation::recent(&writing.view(), own)?;
    Ok(Deleted {
        before,
        first,
        active: left.active,
    })
}

/// The slot of the group that a change is about; `None` when it is about none.
fn slot_for(
    connection: &Connection,
    account: AccountId,
    change: &SettingsChange,
) -> Result<std::result::Result<Option<u32>, SettingsRefusal>> {
    let (name, new_name) = match change {
        SettingsChange::GroupEntered(name)
        | SettingsChange::GroupLeft(name)
        | SettingsChange::GroupCreated(name)
        | SettingsChange::GroupRemoved(name) => (name, None),
        SettingsChange::GroupRenamed { from, to } => (from, Some(to)),
        _ => return Ok(Ok(None)),
    };
    let groups = groups(connection, account)?;
    let of = |name: &String| groups.iter().find(|it| it.name == *name).map(|it| it.slot);
    if new_name.is_some_and(|it| of(it).is_some()) {
        return Ok(Err(SettingsRefusal::GroupNameTaken));
    }
    Ok(match (of(name), change) {
        (Some(slot), _) => Ok(Some(slot)),
        (None, SettingsChange::GroupCreated(_)) => {
            let is_free = |slot: &u32| groups.iter().all(|it| it.slot != *slot);
            let free = (0..limits::CONVERSATION_GROUPS_MAX as u32).find(is_free);
            free.map(Some).ok_or(SettingsRefusal::TooManyGroups)
        }
        (None, _) => Err(SettingsRefusal::NoGroup),
    })
}

/// Makes a group when it is not there; whether it was not.
fn make(writing: &Writing, account: AccountId, slot: u32, name: &str) -> Result<bool> {
    let made = writing
        .connection
        .prepare_cached(
            "INSERT INTO conversation_group (account, slot, place, name)
             VALUES (?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM conversation_group WHERE account = ?1), ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![account.0, slot, name])?;
    Ok(made > 0)
}

fn rename(writing: &Writing, account: AccountId, slot: u32, name: &str) -> Result<()> {
    writing
        .connection
        .prepare_cached("UPDATE conversation_group SET name = ?3 WHERE account = ?1 AND slot = ?2")?
        .execute(params![account.0, slot, name])?;
    writing
        .connection
        .prepare_cached(
            "UPDATE conversation_setting SET revision = revision + 1 WHERE account = ?1 AND groups & ?2 <> 0",
        )?
        .execute(params![account.0, 1_u32 << slot])?;
    Ok(())
}

fn remove(writing: &Writing, account: AccountId, slot: u32) -> Result<()> {
    writing
        .connection
        .prepare_cached("DELETE FROM conversation_group WHERE account = ?1 AND slot = ?2")?
        .execute(params![account.0, slot])?;
    writing
        .connection
        .prepare_cached(
            "UPDATE conversation_setting SET revision = revision + 1, groups = groups & ~?2
             WHERE account = ?1 AND groups & ?2 <> 0",
        )?
        .execute(params![account.0, 1_u32 << slot])?;
    Ok(())
}

fn read(connection: &Connection, account: AccountId, with: With) -> Result<Option<(Settings, u32)>> {
    Ok(connection
        .prepare_cached(
            "SELECT revision, pinned, remind, marks, groups, custom_data FROM conversation_setting
             WHERE account = ?1 AND kind = ?2 AND other = ?3",
        )?
        .query_row(params![account.0, with.0, with.1], |row| {
            let settings = Settings {
                revision: row.get(0)?,
                is_pinned: row.get(1)?,
                remind: RemindType::try_from(row.get::<_, i32>(2)?).unwrap_or_default(),
                marks: row.get::<_, i64>(3)?.cast_unsigned(),
                custom_data: row.get(5)?,
                ..Settings::default()
            };
            Ok((settings, row.get(4)?))
        })
        .optional()?)
}

fn put(
    connection: &Connection,
    account: AccountId,
    with: With,
    settings: &Settings,
    slots: u32,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO conversation_setting
                 (account, kind, other, revision, pinned, remind, marks, groups, custom_data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            account.0,
            with.0,
            with.1,
            settings.revision,
            settings.is_pinned,
            settings.remind as i32,
            settings.marks.cast_signed(),
            slots,
            settings.custom_data,
        ])?;
    Ok(())
}

fn groups(connection: &Connection, account: AccountId) -> Result<Vec<Group>> {
    let groups = connection
        .prepare_cached("SELECT slot, name FROM conversation_group WHERE account = ?1 ORDER BY place")?
        .query_map([account.0], |row| {
            Ok(Group {
                slot: row.get(0)?,
                name: row.get(1)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(groups)
}

/// The names of some groups, sorted.
fn names(groups: &[Group], slots: u32) -> Vec<String> {
    let mut names: Vec<String> = groups
        .iter()
        .filter(|it| slots & (1 << it.slot) != 0)
        .map(|it| it.name.clone())
        .collect();
    names.sort_unstable();
    names
}

const fn with(account: AccountId, timeline: TimelineId) -> With {
    let (kind, a, b) = timeline::columns(timeline);
    match timeline {
        TimelineId::C2c(one, _) if one.0 == account.0 => (kind, b),
        TimelineId::C2c(..) | TimelineId::Group(_) | TimelineId::System(_) => (kind, a),
    }
}

fn timeline_with(account: AccountId, with: With) -> TimelineId {
    match with {
        (1, peer) => TimelineId::c2c(account, AccountId(peer)),
        (kind, other) => timeline::from_columns(kind, other, 0),
    }
}
