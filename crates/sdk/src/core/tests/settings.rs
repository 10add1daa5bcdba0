//! What is set for conversations, as the client shows it.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::ConversationId;
use hongyan_protocol::settings::{RemindType, SettingsChange};

use super::model::{c2c, user};
use super::*;
use crate::core::ConversationFilter;

/// Three conversations, each with a message that is not read; the last one is the newest.
fn client() -> Client {
    let mut model = Model::new();
    for name in ["a", "b", "c"] {
        model.say(&c2c(name), name, "hi");
    }
    model.pushes.clear();
    Client::ready_with(model)
}

impl Client {
    fn set(&mut self, conversations: &[ConversationId], change: SettingsChange) -> Result<Answer, Failure> {
        let conversations = conversations.to_vec();
        let answer = self.call(Call::ChangeSettings {
            conversations,
            change,
        });
        answer.expect("it is answered at once")
    }

    /// By another instance of the account.
    fn set_elsewhere(&mut self, conversations: &[ConversationId], change: SettingsChange) {
        let pts = self.model.set(conversations, &[], change);
        self.model.push_event(pts);
        self.receive();
    }

    fn names(&mut self) -> Vec<String> {
        self.listed().into_iter().map(|it| it.0).collect()
    }

    fn filtered(&mut self, filter: ConversationFilter) -> Vec<String> {
        let Some(Ok(Answer::Conversations { conversations, .. })) =
            self.call(Call::FilterConversationList(filter))
        else {
            panic!("the list is answered at once");
        };
        conversations.iter().map(|it| it.id.to_string()).collect()
    }
}

fn group(name: &str) -> String {
    name.to_owned()
}

#[test]
fn a_pinned_conversation_comes_first_here_and_elsewhere() {
    let mut client = client();
    assert_eq!(client.names(), ["C2Cc", "C2Cb", "C2Ca"]);
    let change = SettingsChange::Pinned(true);
    let answer = client.call(Call::ChangeSetting {
        conversation: c2c("a"),
        change: change.clone(),
    });
    assert!(matches!(answer, Some(Ok(Answer::SettingChanged { .. }))));
    assert_eq!(client.names(), ["C2Ca", "C2Cc", "C2Cb"]);
    client.set_elsewhere(&[c2c("b")], change);
    assert_eq!(client.names(), ["C2Cb", "C2Ca", "C2Cc"]);
    assert!(matches!(
        client.events.last(),
        Some(Event::ConversationListUpdated(_))
    ));
    client.set_elsewhere(&[c2c("b")], SettingsChange::Pinned(false));
    client.cut();
    client.pass_ms(1000);
    assert_eq!(client.names(), ["C2Ca", "C2Cc", "C2Cb"]);
}

#[test]
fn what_is_refused_for_one_fails_and_of_several_is_told() {
    let mut client = client();
    let change = SettingsChange::MarkSet(1);
    let conversation = c2c("nobody");
    let answer = client.call(Call::ChangeSetting {
        conversation: conversation.clone(),
        change: change.clone(),
    });
    assert_eq!(answer.unwrap().unwrap_err().code, Code::CONVERSATION_NOT_FOUND);
    let Ok(Answer::SettingsChanged { done, refused, .. }) = client.set(&[conversation, c2c("a")], change)
    else {
        panic!("answered");
    };
    assert_eq!(
        (done, refused[0].1.code),
        (vec![c2c("a")], Code::CONVERSATION_NOT_FOUND)
    );
    let many = vec![c2c("a"); 31];
    let remind = client.set(&many, SettingsChange::Remind(RemindType::Discard));
    assert_eq!(remind.unwrap_err().code, Code::CONVERSATION_PARAMETER);
    let gone = client.set(&[c2c("nobody")], SettingsChange::Deleted { clear_history: true });
    assert_eq!(gone.unwrap_err().code, Code::CONVERSATION_NOT_FOUND);
}

/// Contract C5.
#[test]
fn the_total_leaves_muted_conversations_out_and_the_discarded_are_silent() {
    let mut client = client();
    assert_eq!(client.core.total_unread_count(), 3);
    client.set_elsewhere(&[c2c("a")], SettingsChange::Remind(RemindType::AcceptNotNotify));
    assert_eq!(client.core.total_unread_count(), 2);
    assert!(client.events.contains(&Event::TotalUnreadCountUpdated(2)));
    client
        .set(&[c2c("b")], SettingsChange::Remind(RemindType::Discard))
        .unwrap();
    assert_eq!(client.core.total_unread_count(), 1);
    for name in ["a", "b"] {
        client.model.say(&c2c(name), name, name);
        client.receive();
    }
    assert_eq!(client.received(), ["a"]);
    let state = client.call(Call::GetConversationProfile {
        conversation: c2c("b"),
    });
    assert!(
        matches!(state, Some(Ok(Answer::Conversation(it))) if it.shown_unread() == 0 && it.unread_count == 2)
    );
    client.set_elsewhere(&[c2c("b")], SettingsChange::Remind(RemindType::AcceptAndNotify));
    assert_eq!(client.core.total_unread_count(), 3);
}

#[test]
fn groups_of_conversations_are_told_by_name_and_by_who_is_in_them() {
    let mut client = client();
    client
        .set(&[c2c("a"), c2c("b")], SettingsChange::GroupCreated(group("work")))
        .unwrap();
    let told = |client: &Client| -> Vec<String> {
        let last = client.events.iter().rev().find_map(|it| match it {
            Event::ConversationGroupListUpdated(names) => Some(names.clone()),
            _ => None,
        });
        last.unwrap_or_default()
    };
    let members = |client: &Client| -> Vec<String> {
        let last = client.events.iter().rev().find_map(|it| match it {
            Event::ConversationInGroupUpdated { conversations, .. } => Some(conversations),
            _ => None,
        });
        last.into_iter().flatten().map(|it| it.id.to_string()).collect()
    };
    assert_eq!(
        (told(&client), members(&client)),
        (vec![group("work")], vec![group("C2Cb"), group("C2Ca")])
    );
    client.set_elsewhere(&[c2c("c")], SettingsChange::GroupEntered(group("work")));
    client.set_elsewhere(&[c2c("a")], SettingsChange::GroupLeft(group("work")));
    assert_eq!(members(&client), ["C2Cc", "C2Cb"]);
    let renamed = SettingsChange::GroupRenamed {
        from: group("work"),
        to: group("job"),
    };
    assert_eq!(client.set(&[], renamed), Ok(Answer::Done));
    assert_eq!(told(&client), ["job"]);
    let of = |name: &str| ConversationFilter {
        group: Some(group(name)),
        ..ConversationFilter::default()
    };
    assert_eq!(client.filtered(of("job")), ["C2Cc", "C2Cb"]);
    assert_eq!(client.filtered(of("")), ["C2Ca"]);
    client.set_elsewhere(&[], SettingsChange::GroupRemoved(group("job")));
    assert_eq!(told(&client), [""; 0]);
    assert_eq!(client.filtered(of("")).len(), 3);
    let groups = client.call(Call::GetConversationGroupList);
    assert_eq!(groups, Some(Ok(Answer::ConversationGroups(Vec::new()))));
}

/// Contract C4.
#[test]
fn a_state_that_was_read_before_a_group_was_renamed_shows_the_new_name() {
    let mut client = client();
    client
        .set(&[c2c("a")], SettingsChange::GroupCreated(group("work")))
        .unwrap();
    let mut old = client.model.state(&c2c("a"));
    let renamed = SettingsChange::GroupRenamed {
        from: group("work"),
        to: group("job"),
    };
    client.set_elsewhere(&[], renamed);
    let held = client.core.held.as_ref().unwrap();
    held.without_retired(&mut old);
    assert_eq!(old.settings, client.model.state(&c2c("a")).settings);
}

#[test]
fn the_list_is_filtered_by_kind_mark_and_unread() {
    let mut client = client();
    let pts = client.model.join("team");
    client.model.push_event(pts);
    client.model.say(
        &ConversationId::Group(hongyan_protocol::id::GroupId::trusted("team")),
        "bob",
        "hi",
    );
    client.receive();
    client.set(&[c2c("a")], SettingsChange::MarkSet(1 << 63)).unwrap();
    client.call(Call::SetMessageRead {
        conversation: c2c("b"),
    });
    let any = ConversationFilter::default;
    let kind = ConversationFilter {
        kind: Some(group("GROUP")),
        ..any()
    };
    assert_eq!(client.filtered(kind), ["GROUPteam"]);
    let mark = |mark| ConversationFilter {
        mark: Some(mark),
        ..any()
    };
    assert_eq!(client.filtered(mark(1 << 63)), ["C2Ca"]);
    assert_eq!(client.filtered(mark(0)), ["GROUPteam", "C2Cc", "C2Cb"]);
    let has_unread = ConversationFilter {
        has_unread: true,
        ..any()
    };
    assert_eq!(client.filtered(has_unread), ["GROUPteam", "C2Cc", "C2Ca"]);
}

/// Contract C5.
#[test]
fn a_deleted_conversation_comes_back_with_what_is_new() {
    for clear_history in [false, true] {
        let mut client = client();
        client.model.say(&c2c("a"), "a", "old");
        client.receive();
        client.events.clear();
        let change = SettingsChange::Deleted { clear_history };
        let answer = client.set(&[c2c("a")], change);
        assert!(matches!(answer, Ok(Answer::SettingsChanged { done, .. }) if done == [c2c("a")]));
        assert_eq!(client.names(), ["C2Cc", "C2Cb"]);
        assert_eq!(client.core.total_unread_count(), 2);
        // What was said before is taken back, and counts nothing.
        let revoked = client.model.revoke(&c2c("a"), 1).unwrap();
        client.model.push_change(&revoked);
        client.receive();
        client.model.say(&c2c("a"), "a", "new");
        client.receive();
        assert_eq!(client.received(), ["new"]);
        assert_eq!(client.names(), ["C2Ca", "C2Cc", "C2Cb"]);
        assert_eq!(client.core.total_unread_count(), 3);
        let Some(Ok(Answer::Messages { messages, .. })) = client.call(Call::GetMessageList {
            conversation: c2c("a"),
            before: None,
        }) else {
            panic!("answered");
        };
        assert_eq!(messages.len(), if clear_history { 1 } else { 3 });
    }
}

#[test]
fn a_draft_stays_in_this_instance_until_it_is_emptied() {
    let mut client = client();
    let draft = |conversation, text: &str| Call::SetConversationDraft {
        conversation,
        text: text.to_owned(),
    };
    client.call(draft(c2c("a"), "dear a"));
    let shown = |client: &Client| match client.events.last() {
        Some(Event::ConversationListUpdated(list)) => list.iter().map(|it| it.draft.clone()).collect(),
        _ => Vec::new(),
    };
    assert_eq!(shown(&client), ["", "", "dear a"]);
    // What the server tells of the conversation leaves it alone.
    client.model.events_kept = 0;
    client
        .model
        .log(hongyan_protocol::change::AccountChange::BlacklistAdded(vec![
            user("x"),
        ]));
    client.cut();
    client.pass_ms(1000);
    assert_eq!(shown(&client), ["", "", "dear a"]);
    client.call(draft(c2c("a"), ""));
    assert_eq!(shown(&client), ["", "", ""]);
    let code = |answer: Option<Result<Answer, Failure>>| answer.unwrap().unwrap_err().code;
    assert_eq!(
        code(client.call(draft(c2c("nobody"), "x"))),
        Code::CONVERSATION_NOT_FOUND
    );
    let long = "x".repeat(12 * 1024 + 1);
    assert_eq!(
        code(client.call(draft(c2c("a"), &long))),
        Code::CONVERSATION_PARAMETER
    );
}
