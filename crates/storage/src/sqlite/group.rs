//! Groups, their members, and wishes to join.

use hongyan_protocol::group::{Group, GroupMember, GroupType, JoinOption, Role, SelfInfo};
use hongyan_protocol::id::{Account, AccountId, GroupId, SdkAppId, Sequence, Timestamp, UserId};
use hongyan_protocol::linked;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::event::enter;
use super::file::{self, Holder};
use super::view::View;
use super::writer::Writing;
use super::{conversation, settings, timeline};
use crate::model::{
    Application, Consequences, Created, Dismissed, GroupNumber, GroupRecord, Handled, Joined, Left,
    MemberRecord, NewGroup, TimelineId, Written,
};
use crate::store::{Result, StoreError};

const SELECT: &str =
    "SELECT g.number, g.app, g.id, g.kind, g.name, g.avatar, g.introduction, g.notification, o.user_id,
        g.created_ms, g.join_option, g.member_count, g.member_count_max, g.info_sequence, g.last_info_ms,
        g.mute_all, g.dismissed
    FROM chat_group g LEFT JOIN account o ON o.id = g.owner
    WHERE ";

const SELECT_MEMBER: &str =
    "SELECT m.account, a.app, a.user_id, m.role, m.joined_ms, m.name_card, m.mute_until_ms,
        a.nick, a.avatar
    FROM member m JOIN account a ON a.id = m.account
    WHERE m.group_number = ?1";

/// A group's number.
pub(super) fn number(connection: &Connection, app: SdkAppId, id: &GroupId) -> Result<Option<GroupNumber>> {
    Ok(connection
        .prepare_cached("SELECT number FROM chat_group WHERE app = ?1 AND id = ?2")?
        .query_row(params![app.0, id.as_str()], |row| Ok(GroupNumber(row.get(0)?)))
        .optional()?)
}

/// A group's public ID; one that is not there has none.
pub(super) fn id(connection: &Connection, number: GroupNumber) -> Result<GroupId> {
    let id: Option<String> = connection
        .prepare_cached("SELECT id FROM chat_group WHERE number = ?1")?
        .query_row([number.0], |row| row.get(0))
        .optional()?;
    Ok(GroupId::trusted(id.unwrap_or_default()))
}

pub(super) fn find_group(view: &View<'_>, app: SdkAppId, id: &GroupId) -> Result<Option<GroupRecord>> {
    match number(view, app, id)? {
        Some(number) => record(view, number),
        None => Ok(None),
    }
}

/// A group that is there, with its `self_info` for an account that is a member.
pub(super) fn as_seen_by(view: &View<'_>, number: GroupNumber, account: AccountId) -> Result<Group> {
    let record = existing(view, number)?;
    let self_info = find_member(view, number, account)?.map(|it| SelfInfo {
        role: it.role,
        joined: it.joined,
        name_card: it.name_card,
    });
    Ok(Group {
        self_info,
        ..record.group
    })
}

pub(super) fn find_member(
    connection: &Connection,
    group: GroupNumber,
    account: AccountId,
) -> Result<Option<MemberRecord>> {
    Ok(connection
        .prepare_cached(&format!("{SELECT_MEMBER} AND m.account = ?2"))?
        .query_row([group.0, account.0], read_member)
        .optional()?)
}

pub(super) fn list_members(connection: &Connection, group: GroupNumber) -> Result<Vec<MemberRecord>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT_MEMBER} ORDER BY m.place"))?;
    let members = statement
        .query_map([group.0], read_member)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(members)
}

pub(super) fn list_group_members(
    connection: &Connection,
    group: GroupNumber,
    offset: usize,
    limit: usize,
) -> Result<Vec<GroupMember>> {
    let mut statement =
        connection.prepare_cached(&format!("{SELECT_MEMBER} ORDER BY m.place LIMIT ?2 OFFSET ?3"))?;
    let members = statement
        .query_map(params![group.0, limit, offset], |row| {
            let member = read_member(row)?;
            Ok(GroupMember {
                user_id: member.account.user_id,
                nick: row.get(7)?,
                avatar: row.get(8)?,
                role: member.role,
                joined: member.joined,
                name_card: member.name_card,
                mute_until: member.mute_until,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(members)
}

pub(super) fn list_groups(view: &View<'_>, account: AccountId) -> Result<Vec<Group>> {
    let numbers: Vec<u64> = view
        .prepare_cached("SELECT group_number FROM member WHERE account = ?1 ORDER BY group_number")?
        .query_map([account.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    numbers
        .into_iter()
        .map(|number| as_seen_by(view, GroupNumber(number), account))
        .collect()
}

pub(super) fn count_groups(connection: &Connection, account: AccountId) -> Result<u64> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM member WHERE account = ?1")?
        .query_row([account.0], |row| row.get(0))?)
}

pub(super) fn create_group(
    writing: &mut Writing,
    new: &NewGroup,
    consequences: Consequences<GroupRecord>,
) -> Result<Written<Created>> {
    if let Some(taken) = find_group(&writing.view(), new.app, &new.id)? {
        let by_same_owner = !taken.dismissed && taken.group.owner.as_ref() == Some(&new.owner.user_id);
        return Ok(Written {
            done: Created::Taken { by_same_owner },
            entered: Vec::new(),
        });
    }
    writing
        .connection
        .prepare_cached(
            "INSERT INTO chat_group (app, id, kind, name, avatar, introduction, notification, owner, created_ms,
                 join_option, member_count, member_count_max, info_sequence, last_info_ms, mute_all, dismissed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, 1, ?9, 0, 0)",
        )?
        .execute(params![
            new.app.0,
            new.id.as_str(),
            new.kind as i32,
            new.name,
            new.avatar,
            new.introduction,
            new.notification,
            new.owner.id.0,
            new.now.0,
            new.join_option as i32,
            new.member_count_max,
        ])?;
    let number = GroupNumber(writing.connection.last_insert_rowid().cast_unsigned());
    let linked = linked::of_texts([&new.avatar, &new.introduction, &new.notification]);
    file::hold(writing, new.app, Holder::Group(number), &linked)?;
    timeline::add(writing, TimelineId::Group(number))?;
    let group = existing(&writing.view(), number)?;
    take_in(writing, &group, new.owner.id, Role::Owner, new.now)?;
    for member in &new.members {
        take_in(writing, &group, member.id, Role::Member, new.now)?;
    }
    let group = existing(&writing.view(), number)?;
    let entered = enter(writing, consequences(&group))?;
    Ok(Written {
        done: Created::Done(group),
        entered,
    })
}

pub(super) fn add_members(
    writing: &mut Writing,
    group: GroupNumber,
    accounts: Vec<Account>,
    now: Timestamp,
    consequences: Consequences<Joined>,
) -> Result<Option<Written<Joined>>> {
    let Some(joined) = join(writing, group, accounts, now)? else {
        return Ok(None);
    };
    let entered = match joined.added.is_empty() {
        true => Vec::new(),
        false => enter(writing, consequences(&joined))?,
    };
    Ok(Some(Written {
        done: joined,
        entered,
    }))
}

pub(super) fn remove_member(
    writing: &mut Writing,
    group: GroupNumber,
    account: AccountId,
    consequences: Consequences<Left>,
) -> Result<Option<Written<Left>>> {
    let Some(before) = alive(&writing.view(), group)? else {
        return Ok(None);
    };
    let Some(member) = find_member(&writing.connection, group, account)? else {
        return Ok(Some(Written {
            done: Left {
                group: before,
                member: None,
            },
            entered: Vec::new(),
        }));
    };
    let connection = &writing.connection;
    connection
        .prepare_cached("DELETE FROM member WHERE group_number = ?1 AND account = ?2")?
        .execute([group.0, account.0])?;
    connection
        .prepare_cached(
            "UPDATE chat_group SET member_count = member_count - 1,
                 owner = CASE owner WHEN ?2 THEN NULL ELSE owner END WHERE number = ?1",
        )?
        .execute([group.0, account.0])?;
    remove_conversation(writing, group, account)?;
    let left = Left {
        group: existing(&writing.view(), group)?,
        member: Some(member),
    };
    let entered = enter(writing, consequences(&left))?;
    Ok(Some(Written { done: left, entered }))
}

pub(super) fn dismiss_group(
    writing: &mut Writing,
    group: GroupNumber,
    consequences: Consequences<Dismissed>,
) -> Result<Written<Dismissed>> {
    let before = existing(&writing.view(), group)?;
    if before.dismissed {
        return Ok(Written {
            done: Dismissed {
                group: before,
                members: Vec::new(),
            },
            entered: Vec::new(),
        });
    }
    let members = list_members(&writing.connection, group)?
        .into_iter()
        .map(|it| it.account)
        .collect();
    for sql in [
        "UPDATE chat_group SET dismissed = 1, member_count = 0 WHERE number = ?1",
        "DELETE FROM member WHERE group_number = ?1",
        "DELETE FROM application WHERE group_number = ?1",
    ] {
        writing.connection.prepare_cached(sql)?.execute([group.0])?;
    }
    let dismissed = Dismissed {
        group: before,
        members,
    };
    for member in &dismissed.members {
        remove_conversation(writing, group, member.id)?;
    }
    let entered = enter(writing, consequences(&dismissed))?;
    Ok(Written {
        done: dismissed,
        entered,
    })
}

pub(super) fn put_application(
    writing: &mut Writing,
    group: GroupNumber,
    applicant: &Account,
    text: String,
    now: Timestamp,
    consequences: Consequences<Application>,
) -> Result<Written<Application>> {
    remove_application(writing, group, applicant.id)?;
    writing
        .connection
        .prepare_cached(
            "INSERT INTO application (group_number, applicant, text, time_ms) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![group.0, applicant.id.0, text, now.0])?;
    let application = Application {
        number: writing.connection.last_insert_rowid().cast_unsigned(),
        group,
        applicant: applicant.clone(),
        text,
        time: now,
    };
    let entered = enter(writing, consequences(&application))?;
    Ok(Written {
        done: application,
        entered,
    })
}

pub(super) fn handle_application(
    writing: &mut Writing,
    group: GroupNumber,
    number: u64,
    agree: bool,
    now: Timestamp,
    consequences: Consequences<Handled>,
) -> Result<Written<Handled>> {
    let before = Written {
        done: Handled::Before,
        entered: Vec::new(),
    };
    let Some(application) = find_application(&writing.connection, group, number)? else {
        return Ok(before);
    };
    remove_application(writing, group, application.applicant.id)?;
    let wanted = match agree {
        true => vec![application.applicant.clone()],
        false => Vec::new(),
    };
    let Some(joined) = join(writing, group, wanted, now)? else {
        return Ok(before);
    };
    let handled = Handled::Done { application, joined };
    let entered = enter(writing, consequences(&handled))?;
    Ok(Written {
        done: handled,
        entered,
    })
}

/// Takes accounts in, up to the limit; `None` when the group is gone.
fn join(
    writing: &mut Writing,
    number: GroupNumber,
    accounts: Vec<Account>,
    now: Timestamp,
) -> Result<Option<Joined>> {
    let Some(before) = alive(&writing.view(), number)? else {
        return Ok(None);
    };
    let mut room = before
        .group
        .member_count_max
        .saturating_sub(before.group.member_count);
    let (mut added, mut refused) = (Vec::new(), Vec::new());
    for account in accounts {
        if find_member(&writing.connection, number, account.id)?.is_some() {
            continue;
        }
        if room == 0 {
            refused.push(account);
            continue;
        }
        room -= 1;
        take_in(writing, &before, account.id, Role::Member, now)?;
        remove_application(writing, number, account.id)?;
        added.push(account);
    }
    Ok(Some(Joined {
        group: existing(&writing.view(), number)?,
        added,
        refused,
    }))
}

/// Makes an account a member, with its conversation: what is there already is read; what it may see begins with the
/// next message, in a community with the first.
fn take_in(
    writing: &Writing,
    group: &GroupRecord,
    account: AccountId,
    role: Role,
    now: Timestamp,
) -> Result<()> {
    let connection = &writing.connection;
    connection
        .prepare_cached(
            "INSERT INTO member (group_number, place, account, role, joined_ms, name_card, mute_until_ms)
             VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM member WHERE group_number = ?1), ?2, ?3, ?4, '', 0)",
        )?
        .execute(params![group.number.0, account.0, role as i32, now.0])?;
    connection
        .prepare_cached("UPDATE chat_group SET member_count = member_count + 1 WHERE number = ?1")?
        .execute([group.number.0])?;
    let head = timeline::head(&writing.view(), TimelineId::Group(group.number))?
        .ok_or_else(|| StoreError::Unreadable("a group has no timeline".to_owned()))?;
    let first = match group.group.kind {
        GroupType::Community => Sequence(1),
        GroupType::Unspecified
        | GroupType::Work
        | GroupType::Public
        | GroupType::Meeting
        | GroupType::AvChatRoom => head.sequence.next(),
    };
    conversation::add(writing, account, head.number, head.sequence, first, now)
}

fn remove_conversation(writing: &Writing, group: GroupNumber, account: AccountId) -> Result<()> {
    let head = timeline::head(&writing.view(), TimelineId::Group(group))?;
    if let Some(head) = head {
        writing
            .connection
            .prepare_cached("DELETE FROM conversation WHERE account = ?1 AND timeline = ?2")?
            .execute([account.0, head.number])?;
    }
    settings::forget(writing, account, TimelineId::Group(group))?;
    Ok(())
}

fn remove_application(writing: &Writing, group: GroupNumber, applicant: AccountId) -> Result<()> {
    writing
        .connection
        .prepare_cached("DELETE FROM application WHERE group_number = ?1 AND applicant = ?2")?
        .execute([group.0, applicant.0])?;
    Ok(())
}

fn find_application(connection: &Connection, group: GroupNumber, number: u64) -> Result<Option<Application>> {
    let Ok(number) = i64::try_from(number) else {
        return Ok(None); // A client may name any number; SQLite has no row of this one.
    };
    Ok(connection
        .prepare_cached(
            "SELECT p.number, a.id, a.app, a.user_id, p.text, p.time_ms
             FROM application p JOIN account a ON a.id = p.applicant
             WHERE p.group_number = ?1 AND p.number = ?2",
        )?
        .query_row(params![group.0, number], |row| {
            Ok(Application {
                number: row.get(0)?,
                group,
                applicant: Account {
                    id: AccountId(row.get(1)?),
                    app: SdkAppId(row.get(2)?),
                    user_id: UserId::trusted(row.get::<_, String>(3)?),
                },
                text: row.get(4)?,
                time: Timestamp(row.get(5)?),
            })
        })
        .optional()?)
}

fn record(view: &View<'_>, number: GroupNumber) -> Result<Option<GroupRecord>> {
    let found = view
        .prepare_cached(&format!("{SELECT}g.number = ?1"))?
        .query_row([number.0], read_record)
        .optional()?;
    let Some(mut record) = found else {
        return Ok(None);
    };
    if let Some(head) = timeline::head(view, TimelineId::Group(number))? {
        record.group.last_sequence = head.sequence;
    }
    Ok(Some(record))
}

/// A group that must be there, dissolved or not.
fn existing(view: &View<'_>, number: GroupNumber) -> Result<GroupRecord> {
    record(view, number)?.ok_or_else(|| StoreError::Unreadable("there is no such group".to_owned()))
}

/// A group that is there and was not dissolved.
fn alive(view: &View<'_>, number: GroupNumber) -> Result<Option<GroupRecord>> {
    Ok(record(view, number)?.filter(|it| !it.dismissed))
}

fn read_record(row: &Row<'_>) -> rusqlite::Result<GroupRecord> {
    Ok(GroupRecord {
        number: GroupNumber(row.get(0)?),
        app: SdkAppId(row.get(1)?),
        group: Group {
            id: GroupId::trusted(row.get::<_, String>(2)?),
            kind: GroupType::try_from(row.get::<_, i32>(3)?).unwrap_or_default(),
            name: row.get(4)?,
            avatar: row.get(5)?,
            introduction: row.get(6)?,
            notification: row.get(7)?,
            owner: row.get::<_, Option<String>>(8)?.map(UserId::trusted),
            created: Timestamp(row.get(9)?),
            join_option: JoinOption::try_from(row.get::<_, i32>(10)?).unwrap_or_default(),
            member_count: row.get(11)?,
            member_count_max: row.get(12)?,
            info_sequence: row.get(13)?,
            last_info: Timestamp(row.get(14)?),
            last_sequence: Sequence(0),
            mute_all_members: row.get(15)?,
            self_info: None,
        },
        dismissed: row.get(16)?,
    })
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<MemberRecord> {
    Ok(MemberRecord {
        account: Account {
            id: AccountId(row.get(0)?),
            app: SdkAppId(row.get(1)?),
            user_id: UserId::trusted(row.get::<_, String>(2)?),
        },
        role: Role::try_from(row.get::<_, i32>(3)?).unwrap_or_default(),
        joined: Timestamp(row.get(4)?),
        name_card: row.get(5)?,
        mute_until: Timestamp(row.get(6)?),
    })
}
