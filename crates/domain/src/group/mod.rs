//! Groups: made, joined, left, dissolved.

pub mod apply;
pub mod create;
pub mod dismiss;
pub mod find;
pub mod join;
pub mod list;
pub mod members;
pub mod quit;

mod notice;
mod tip;

use std::sync::Arc;

use hongyan_protocol::group::{Group, GroupType, Role, SelfInfo};
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire::TipMember;
use hongyan_storage::model::{GroupRecord, MemberRecord};

use crate::account::Person;

/// Somebody who comes or goes, as the tip about it shows him.
fn tip_member(person: &Person) -> TipMember {
    TipMember {
        user_id: person.account.user_id.as_str().to_owned(),
        nick: person.nick.to_string(),
        avatar: person.avatar.to_string(),
    }
}

/// A group, and how one account stands in it: the facts of every operation on a group.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The group.
    pub group: Arc<GroupRecord>,
    /// `None` for who is not a member.
    pub member: Option<MemberRecord>,
}

impl Standing {
    /// The group's kind.
    pub fn kind(&self) -> GroupType {
        self.group.group.kind
    }

    /// What the account may do in the group.
    pub fn role(&self) -> Option<Role> {
        self.member.as_ref().map(|it| it.role)
    }

    /// Whether the account may decide for the group.
    pub fn manages(&self) -> bool {
        self.role().is_some_and(manages)
    }

    /// Whether the account may not speak now. Whoever manages the group always may.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        let muted = self.member.as_ref().is_some_and(|it| it.mute_until > now);
        !self.manages() && (muted || self.group.group.mute_all_members)
    }
}

/// Whether a role may decide for the group.
pub const fn manages(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Admin)
}

/// The group as one of its members sees it.
fn seen_by(record: &GroupRecord, role: Role, joined: Timestamp, name_card: &str) -> Group {
    Group {
        self_info: Some(SelfInfo {
            role,
            joined,
            name_card: name_card.to_owned(),
        }),
        ..record.group.clone()
    }
}
