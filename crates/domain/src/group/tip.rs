//! What a group's members see of comings and goings (service.md 5.1). Tips do not count as unread.

use hongyan_protocol::body::Body;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{SYSTEM, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{Message, MessageFlags, Priority, Target};
use hongyan_protocol::wire::{GroupTip, TipMember, element::Kind};
use hongyan_storage::model::{Entry, GroupRecord, TimelineId};

use crate::chance::Chance;

const MEMBER_JOINED: u32 = 1;
const MEMBER_QUIT: u32 = 2;

/// Whether a kind of group tells its members who comes and goes (service.md 4.2).
const fn tells(kind: GroupType) -> bool {
    match kind {
        GroupType::Work | GroupType::Public | GroupType::Community => true,
        GroupType::Meeting | GroupType::AvChatRoom | GroupType::Unspecified => false,
    }
}

/// Somebody came in by request; `operator` let them in.
pub(super) fn joined(
    record: &GroupRecord,
    operator: &UserId,
    who: TipMember,
    chance: &mut Chance,
    now: Timestamp,
) -> Option<Entry> {
    const BY_REQUEST: u32 = 1;
    tip(record, MEMBER_JOINED, operator, who, BY_REQUEST, chance, now)
}

/// Somebody left.
pub(super) fn quit(
    record: &GroupRecord,
    who: TipMember,
    chance: &mut Chance,
    now: Timestamp,
) -> Option<Entry> {
    let operator = UserId::trusted(who.user_id.as_str());
    tip(record, MEMBER_QUIT, &operator, who, 0, chance, now)
}

fn tip(
    record: &GroupRecord,
    operation: u32,
    operator: &UserId,
    who: TipMember,
    join_type: u32,
    chance: &mut Chance,
    now: Timestamp,
) -> Option<Entry> {
    if !tells(record.group.kind) {
        return None;
    }
    let tip = GroupTip {
        operation,
        operator_id: operator.as_str().to_owned(),
        user_ids: vec![who.user_id.clone()],
        join_type,
        member_count: record.group.member_count,
        members: vec![who],
    };
    let message = Message {
        key: chance.server_key(now),
        from: UserId::trusted(SYSTEM),
        to: Target::Group(record.group.id.clone()),
        sequence: Sequence(0),
        time: now,
        body: Body::of(Kind::GroupTip(tip)),
        priority: Priority::Normal,
        flags: MessageFlags {
            no_unread: true,
            ..MessageFlags::default()
        },
        cloud_custom_data: String::new(),
        nick: String::new(),
        avatar: String::new(),
        name_card: String::new(),
        revoker: None,
        version: Version(0),
        edits: 0,
        receivers: Vec::new(),
    };
    Some(Entry::Message(TimelineId::Group(record.number), message))
}
