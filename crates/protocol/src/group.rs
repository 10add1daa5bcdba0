//! Groups: their kinds, what each kind allows, and how they look from outside (service.md 4.2).

use crate::id::{GroupId, Sequence, Timestamp, UserId};
use crate::wire;

pub use wire::{GroupType, JoinOption, LeaveReason, Role};

/// The public value of a group type, `TYPES.GRP_*`.
pub const fn type_public(kind: GroupType) -> &'static str {
    match kind {
        GroupType::Work | GroupType::Unspecified => "Private",
        GroupType::Public => "Public",
        GroupType::Meeting => "ChatRoom",
        GroupType::AvChatRoom => "AVChatRoom",
        GroupType::Community => "Community",
    }
}

/// Reads a public group type; both of its spellings are known (service.md 2.3).
pub fn type_from_public(text: &str) -> Option<GroupType> {
    match text {
        "Private" | "Work" => Some(GroupType::Work),
        "Public" => Some(GroupType::Public),
        "ChatRoom" | "Meeting" => Some(GroupType::Meeting),
        "AVChatRoom" => Some(GroupType::AvChatRoom),
        "Community" => Some(GroupType::Community),
        _ => None,
    }
}

/// The public value of a join option, `TYPES.JOIN_OPTIONS_*`.
pub const fn join_option_public(option: JoinOption) -> &'static str {
    match option {
        JoinOption::FreeAccess => "FreeAccess",
        JoinOption::NeedPermission => "NeedPermission",
        JoinOption::DisableApply | JoinOption::Unspecified => "DisableApply",
    }
}

/// Reads a public join option.
pub fn join_option_from_public(text: &str) -> Option<JoinOption> {
    match text {
        "FreeAccess" => Some(JoinOption::FreeAccess),
        "NeedPermission" => Some(JoinOption::NeedPermission),
        "DisableApply" => Some(JoinOption::DisableApply),
        _ => None,
    }
}

/// The public value of a role, `TYPES.GRP_MBR_ROLE_*`.
pub const fn role_public(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Member | Role::Unspecified => "Member",
    }
}

/// A group as one account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are those of the public object, documented in group.proto"
)]
pub struct Group {
    pub id: GroupId,
    pub kind: GroupType,
    pub name: String,
    pub avatar: String,
    pub introduction: String,
    pub notification: String,
    /// `None` when a Work group lost its owner.
    pub owner: Option<UserId>,
    pub created: Timestamp,
    pub join_option: JoinOption,
    pub member_count: u32,
    pub member_count_max: u32,
    pub info_sequence: u64,
    pub last_info: Timestamp,
    pub last_sequence: Sequence,
    pub mute_all_members: bool,
    /// How the account that sees it stands in it; `None` for who is not a member.
    pub self_info: Option<SelfInfo>,
}

/// How an account stands in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SelfInfo {
    pub role: Role,
    pub joined: Timestamp,
    pub name_card: String,
}

impl Group {
    /// The wire's form, which is also that of the event log.
    pub fn to_wire(&self) -> wire::Group {
        wire::Group {
            group_id: self.id.as_str().to_owned(),
            r#type: self.kind as i32,
            name: self.name.clone(),
            avatar: self.avatar.clone(),
            introduction: self.introduction.clone(),
            notification: self.notification.clone(),
            owner_id: self
                .owner
                .as_ref()
                .map(|it| it.as_str().to_owned())
                .unwrap_or_default(),
            create_time_s: self.created.seconds(),
            join_option: self.join_option as i32,
            member_count: self.member_count,
            member_count_max: self.member_count_max,
            info_sequence: self.info_sequence,
            last_info_time_s: self.last_info.seconds(),
            next_message_sequence: self.last_sequence.next().0,
            self_info: self.self_info.as_ref().map(|it| wire::SelfInfo {
                role: it.role as i32,
                join_time_s: it.joined.seconds(),
                name_card: it.name_card.clone(),
            }),
            mute_all_members: self.mute_all_members,
        }
    }

    /// Takes the wire's form, from a server or from the store.
    pub fn from_wire(wire: wire::Group) -> Self {
        Self {
            kind: wire.r#type(),
            join_option: wire.join_option(),
            id: GroupId::trusted(wire.group_id),
            name: wire.name,
            avatar: wire.avatar,
            introduction: wire.introduction,
            notification: wire.notification,
            owner: (!wire.owner_id.is_empty()).then(|| UserId::trusted(wire.owner_id)),
            created: Timestamp(wire.create_time_s * 1000),
            member_count: wire.member_count,
            member_count_max: wire.member_count_max,
            info_sequence: wire.info_sequence,
            last_info: Timestamp(wire.last_info_time_s * 1000),
            last_sequence: Sequence(wire.next_message_sequence.saturating_sub(1)),
            mute_all_members: wire.mute_all_members,
            self_info: wire.self_info.map(|it| SelfInfo {
                role: it.role(),
                joined: Timestamp(it.join_time_s * 1000),
                name_card: it.name_card,
            }),
        }
    }
}

/// A member, as other members see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are those of the public object, documented in group.proto"
)]
pub struct GroupMember {
    pub user_id: UserId,
    pub nick: String,
    pub avatar: String,
    pub role: Role,
    pub joined: Timestamp,
    pub name_card: String,
    pub mute_until: Timestamp,
}

impl GroupMember {
    /// The wire's form.
    pub fn to_wire(&self) -> wire::GroupMember {
        wire::GroupMember {
            user_id: self.user_id.as_str().to_owned(),
            nick: self.nick.clone(),
            avatar: self.avatar.clone(),
            role: self.role as i32,
            join_time_s: self.joined.seconds(),
            name_card: self.name_card.clone(),
            mute_until_s: self.mute_until.seconds(),
        }
    }

    /// Takes the wire's form, from a server.
    pub fn from_wire(wire: wire::GroupMember) -> Self {
        Self {
            role: wire.role(),
            user_id: UserId::trusted(wire.user_id),
            nick: wire.nick,
            avatar: wire.avatar,
            joined: Timestamp(wire.join_time_s * 1000),
            name_card: wire.name_card,
            mute_until: Timestamp(wire.mute_until_s * 1000),
        }
    }
}
