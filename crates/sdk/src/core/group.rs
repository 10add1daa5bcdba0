//! Groups: made, joined, left, and their members.
//!
//! **Comes in:** calls and answers. **Goes out:** requests; what the answers changed goes the way of the event log. **Never
//! here:** who may do what; the server knows.

use std::sync::Arc;

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{Group, GroupMember, LeaveReason};
use hongyan_protocol::id::{GroupId, Timestamp};
use hongyan_protocol::limits;
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::io::{Answer, CallId, Failure, GroupView, Joined, NewGroup};
use super::profile::texts;
use super::request::Then;

impl Core {
    pub(super) fn create_group(&mut self, now: Timestamp, call: CallId, group: NewGroup) {
        let command = Command::CreateGroup(wire::CreateGroup {
            r#type: group.kind as i32,
            name: group.name,
            group_id: group.id.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            introduction: group.introduction,
            notification: group.notification,
            avatar: group.avatar,
            member_count_max: group.member_count_max,
            join_option: group.join_option.unwrap_or(wire::JoinOption::Unspecified) as i32,
            member_ids: texts(&group.members),
        });
        self.request(now, command, Then::Created { call });
    }

    pub(super) fn group_created(&mut self, now: Timestamp, call: CallId, result: wire::CreateGroupResult) {
        let group = Group::from_wire(result.group.unwrap_or_default());
        self.own_event(now, result.pts, AccountChange::GroupJoined(group.clone()));
        let view = self.view(group);
        self.out.answer(call, Answer::GroupCreated(view));
    }

    pub(super) fn join_group(&mut self, now: Timestamp, call: CallId, group: GroupId, apply_message: String) {
        let command = Command::JoinGroup(wire::JoinGroup {
            group_id: group.as_str().to_owned(),
            apply_message,
        });
        self.request(now, command, Then::Joined { call, group });
    }

    pub(super) fn joined(&mut self, now: Timestamp, call: CallId, result: wire::JoinGroupResult) {
        let joined = match result.group {
            Some(group) if !result.waits_for_approval => {
                let group = Group::from_wire(group);
                self.own_event(now, result.pts, AccountChange::GroupJoined(group.clone()));
                Joined::Success(self.view(group))
            }
            _ => Joined::WaitsForApproval,
        };
        self.out.answer(call, Answer::Joined(joined));
    }

    /// Joining a group that one is in is no failure for the app.
    pub(super) fn join_refused(&mut self, call: CallId, group: &GroupId, failure: Failure) {
        let known = self.held.as_ref().and_then(|it| it.find_group(group)).cloned();
        match (failure.code, known) {
            (Code::GROUP_ALREADY_IN, Some(group)) => {
                let view = self.view(Group::clone(&group));
                self.out.answer(call, Answer::Joined(Joined::Already(view)));
            }
            _ => self.out.fail(call, failure),
        }
    }

    pub(super) fn leave_group(&mut self, now: Timestamp, call: CallId, group: GroupId, reason: LeaveReason) {
        let group_id = group.as_str().to_owned();
        let command = match reason {
            LeaveReason::Dismissed => Command::DismissGroup(wire::DismissGroup { group_id }),
            _ => {
                if self
                    .held
                    .as_ref()
                    .is_none_or(|it| it.find_group(&group).is_none())
                {
                    return self.out.fail(call, Failure::of(Code::NOT_A_MEMBER));
                }
                Command::QuitGroup(wire::QuitGroup { group_id })
            }
        };
        self.request(now, command, Then::Left { call, group, reason });
    }

    pub(super) fn left(
        &mut self,
        now: Timestamp,
        call: CallId,
        group: GroupId,
        reason: LeaveReason,
        pts: u64,
    ) {
        let change = AccountChange::GroupLeft {
            group: group.clone(),
            reason,
        };
        self.own_event(now, pts, change);
        self.out.answer(call, Answer::GroupLeft(group));
    }

    pub(super) fn find_group(&mut self, now: Timestamp, call: CallId, group: &GroupId) {
        let command = Command::FindGroup(wire::FindGroup {
            group_id: group.as_str().to_owned(),
        });
        self.request(now, command, Then::Group { call });
    }

    /// A group as it is now; the held one follows.
    pub(super) fn group_came(&mut self, call: CallId, group: Option<wire::Group>) {
        let group = Group::from_wire(group.unwrap_or_default());
        if let Some(held) = &mut self.held
            && let Some(known) = held.groups.iter_mut().find(|it| it.id == group.id)
            && group.self_info.is_some()
            && **known != group
        {
            *known = Arc::new(group.clone());
            self.changes.groups = true;
        }
        let view = self.view(group);
        self.out.answer(call, Answer::Group(view));
    }

    pub(super) fn group_members(
        &mut self,
        now: Timestamp,
        call: CallId,
        group: &GroupId,
        offset: u32,
        count: u32,
    ) {
        let command = Command::ListGroupMembers(wire::ListGroupMembers {
            group_id: group.as_str().to_owned(),
            offset,
            count: count.clamp(1, limits::MEMBERS_PAGE_MAX as u32),
        });
        self.request(now, command, Then::Members { call, offset });
    }

    pub(super) fn members_came(&mut self, call: CallId, offset: u32, result: wire::ListGroupMembersResult) {
        let end = offset + result.members.len() as u32;
        let is_last = result.members.is_empty() || end >= result.total;
        let members = result.members.into_iter().map(GroupMember::from_wire);
        let answer = Answer::Members {
            members: members.collect(),
            next_offset: if is_last { 0 } else { end },
        };
        self.out.answer(call, answer);
    }

    pub(super) fn handle_application(
        &mut self,
        now: Timestamp,
        call: CallId,
        group: &GroupId,
        application: u64,
        agree: bool,
        text: String,
    ) {
        let command = Command::HandleGroupApplication(wire::HandleGroupApplication {
            group_id: group.as_str().to_owned(),
            application,
            agree,
            text,
        });
        self.request(now, command, Then::Group { call });
    }

    fn view(&self, group: Group) -> GroupView {
        let group = Arc::new(group);
        match &self.held {
            Some(held) => held.view(group),
            None => GroupView {
                group,
                conversation: None,
            },
        }
    }
}
