//! Groups, tips and notices, as the client shows them.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::LeaveReason;
use hongyan_protocol::id::{AccountId, ConversationId, GroupId};
use hongyan_protocol::message::{MessageFlags, MessageKey};
use hongyan_protocol::wire::element::Kind;

use super::model::c2c;
use super::*;
use crate::core::{Joined, NewGroup};

fn group(name: &str) -> ConversationId {
    ConversationId::Group(GroupId::trusted(name))
}

impl Client {
    /// The server tells of something in a timeline.
    fn told(&mut self, id: &ConversationId, kind: Kind) {
        let key = MessageKey {
            account: AccountId(0),
            client_time_s: 1,
            random: self.model.timelines.get(id).map_or(0, |it| it.version as u32),
        };
        let flags = MessageFlags {
            no_unread: true,
            ..MessageFlags::default()
        };
        let from = match id {
            ConversationId::System => hongyan_protocol::id::SYSTEM,
            _ => "bob",
        };
        let change = self.model.append(id, key, from, Body::of(kind), flags);
        self.model.push_change(&change);
        self.receive();
    }

    /// The ids and the member counts of the last `GROUP_LIST_UPDATED`.
    fn groups(&self) -> Vec<(String, u32)> {
        let lists = self.events.iter().rev().find_map(|it| match it {
            Event::GroupListUpdated(list) => Some(list),
            _ => None,
        });
        let list = lists.expect("GROUP_LIST_UPDATED came");
        list.iter()
            .map(|it| (it.group.id.to_string(), it.group.member_count))
            .collect()
    }

    fn has(&mut self, id: &ConversationId) -> bool {
        let id = id.to_string();
        self.listed().iter().any(|it| it.0 == id)
    }
}

fn tip(operation: u32, member_count: u32) -> Kind {
    Kind::GroupTip(wire::GroupTip {
        operation,
        member_count,
        ..wire::GroupTip::default()
    })
}

#[test]
fn a_group_that_one_made_or_was_taken_into_is_listed() {
    let mut client = Client::ready();
    let mut made = NewGroup::named(wire::GroupType::Work, "made");
    made.id = Some(GroupId::trusted("made"));
    let answer = client.call(Call::CreateGroup(made));
    assert!(matches!(answer, Some(Ok(Answer::GroupCreated(it))) if it.group.name == "made"));
    let pts = client.model.join("taken");
    client.model.push_event(pts);
    client.receive();
    assert_eq!(client.groups(), [("made".to_owned(), 1), ("taken".to_owned(), 1)]);
    client.model.say(&group("taken"), "bob", "welcome");
    client.receive();
    assert_eq!(client.received(), ["welcome"]);
    assert!(client.has(&group("taken")));
}

#[test]
fn a_tip_is_told_counts_members_and_counts_not_as_unread() {
    let mut client = Client::ready();
    let pts = client.model.join("team");
    client.model.push_event(pts);
    client.receive();
    client.told(&group("team"), tip(1, 2));
    assert_eq!(client.groups(), [("team".to_owned(), 2)]);
    assert_eq!(client.received().len(), 1);
    assert_eq!(client.core.total_unread_count(), 0);
    client.told(&group("team"), tip(2, 1));
    assert_eq!(client.groups(), [("team".to_owned(), 1)]);
}

/// Somebody joins the team, whose tip says that there are two now.
fn join_unheard(client: &mut Client, random: u32) {
    let key = MessageKey {
        account: AccountId(0),
        client_time_s: 1,
        random,
    };
    let body = Body::of(tip(1, 2));
    let model = &mut client.model;
    model.append(&group("team"), key, "bob", body, MessageFlags::default());
    model.groups[0].member_count = 2;
}

/// Contract C4.
#[test]
fn how_many_a_group_has_is_known_though_the_tip_that_said_so_was_cleared_away_elsewhere() {
    for loses_a_push_only in [false, true] {
        let mut client = Client::ready();
        let pts = client.model.join("team");
        client.model.push_event(pts);
        client.receive();
        if !loses_a_push_only {
            client.cut();
        }
        join_unheard(&mut client, 0);
        let pts = client.model.clear(&group("team"));
        client.model.push_event(pts);
        client.model.say(&group("team"), "bob", "hi");
        client.receive();
        client.pass_ms(500);
        assert_eq!(client.groups(), [("team".to_owned(), 2)]);
    }
}

/// Contract C4.
#[test]
fn how_many_a_group_has_is_known_though_the_tip_that_said_so_was_lost_and_has_expired() {
    let mut client = Client::ready();
    let pts = client.model.join("team");
    client.model.push_event(pts);
    client.told(&group("team"), tip(1, 1));
    join_unheard(&mut client, 1);
    client.model.pushes.clear();
    client.model.timelines.get_mut(&group("team")).unwrap().first = 3;
    client.model.say(&group("team"), "bob", "hi");
    client.receive();
    assert_eq!(client.groups(), [("team".to_owned(), 2)]);
}

#[test]
fn a_group_that_was_left_is_gone_and_a_dissolved_ones_conversation_stays() {
    let mut client = Client::ready();
    for name in ["left", "removed", "dissolved"] {
        let pts = client.model.join(name);
        client.model.push_event(pts);
        client.model.say(&group(name), "bob", "hi");
        client.receive();
    }
    let answer = client.call(Call::QuitGroup {
        group: GroupId::trusted("left"),
    });
    assert_eq!(answer, Some(Ok(Answer::GroupLeft(GroupId::trusted("left")))));
    for (name, reason) in [
        ("removed", LeaveReason::Removed),
        ("dissolved", LeaveReason::Dismissed),
    ] {
        let pts = client.model.leave(name, reason);
        client.model.push_event(pts);
        client.receive();
    }
    assert_eq!(client.groups(), []);
    assert!(!client.has(&group("left")) && !client.has(&group("removed")));
    assert!(client.has(&group("dissolved")));
    // What was said in it before, and comes late, does not bring it back.
    let pts = client.model.join("late");
    client.model.push_event(pts);
    client.receive();
    let pts = client.model.leave("late", LeaveReason::Removed);
    client.model.push_event(pts);
    client.model.say(&group("late"), "bob", "hi");
    client.receive();
    assert!(!client.has(&group("late")));
    // A sync does not ask for what one is not in any more.
    client.cut();
    client.pass_ms(500);
    assert_eq!(client.core.state(), State::Ready);
}

#[test]
fn leaving_and_joining_know_what_the_account_is_in() {
    let mut client = Client::ready();
    let team = GroupId::trusted("team");
    let quit = client.call(Call::QuitGroup { group: team.clone() });
    assert_eq!(quit.unwrap().unwrap_err().code, Code::NOT_A_MEMBER);
    let join = |group| Call::JoinGroup {
        group,
        apply_message: String::new(),
    };
    assert_eq!(
        client.call(join(team.clone())),
        Some(Ok(Answer::Joined(Joined::WaitsForApproval)))
    );
    let pts = client.model.join("team");
    client.model.push_event(pts);
    client.receive();
    assert!(matches!(
        client.call(join(team)),
        Some(Ok(Answer::Joined(Joined::Already(_))))
    ));
}

#[test]
fn a_notice_is_told_twice_over_as_apps_of_either_age_expect() {
    let mut client = Client::ready();
    client.told(
        &ConversationId::System,
        Kind::GroupNotice(wire::GroupNotice {
            operation: 1,
            group_id: String::from("team"),
            application: 7,
            ..wire::GroupNotice::default()
        }),
    );
    assert!(
        matches!(&client.events[0], Event::MessageReceived(list) if list[0].conversation == ConversationId::System)
    );
    assert!(matches!(
        &client.events[1],
        Event::GroupNoticeReceived { operation: 1, .. }
    ));
    assert!(client.has(&ConversationId::System));
    client.model.say(&c2c("bob"), "bob", "hi");
    client.receive();
    assert_eq!(client.core.total_unread_count(), 1, "notices are not counted");
}

#[test]
fn members_are_paged_and_the_last_page_says_so() {
    let mut client = Client::ready();
    let mut offsets = Vec::new();
    let mut offset = 0;
    loop {
        let call = Call::GetGroupMemberList {
            group: GroupId::trusted("team"),
            offset,
            count: 15,
        };
        let Some(Ok(Answer::Members { members, next_offset })) = client.call(call) else {
            panic!("answered");
        };
        assert_eq!(members[0].user_id.as_str(), offset.to_string());
        offsets.push(next_offset);
        offset = next_offset;
        if offset == 0 {
            break;
        }
    }
    assert_eq!(offsets, [15, 30, 0]);
}
