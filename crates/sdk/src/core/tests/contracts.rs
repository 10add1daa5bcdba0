//! The contracts that the client keeps together with a server.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::message::MessageKey;
use std::sync::Arc;

use super::model::{c2c, user};
use super::*;
use crate::core::{Draft, ProfileFields, SendOptions, Status};

impl Client {
    fn create(&mut self, id: &ConversationId, text: &str) -> Message {
        let draft = Draft::text(id.clone(), text);
        self.core.create_message(self.now, draft).unwrap()
    }

    fn send(&mut self, message: Message) -> Option<Result<Answer, Failure>> {
        let options = SendOptions::default();
        self.call(Call::SendMessage { message, options })
    }

    fn page(
        &mut self,
        id: &ConversationId,
        before: Option<MessageKey>,
    ) -> (Vec<Arc<Message>>, Option<MessageKey>) {
        let conversation = id.clone();
        match self.call(Call::GetMessageList { conversation, before }) {
            Some(Ok(Answer::Messages { messages, next })) => (messages, next),
            other => panic!("{other:?}"),
        }
    }

    /// All of a conversation, page by page, old to new.
    fn history(&mut self, id: &ConversationId) -> Vec<Arc<Message>> {
        let (mut all, mut next) = self.page(id, None);
        while next.is_some() {
            let (mut page, further) = self.page(id, next);
            page.append(&mut all);
            (all, next) = (page, further);
        }
        all
    }
}

fn sequences(messages: &[Arc<Message>]) -> Vec<u64> {
    messages.iter().map(|it| it.data.sequence.0).collect()
}

/// Contract C2.
#[test]
fn a_message_whose_answer_was_lost_is_sent_again_under_its_key_and_is_there_once() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    let message = client.create(&bob, "hi");
    client.swallow_answers = true;
    assert_eq!(client.send(message.clone()), None);
    client.swallow_answers = false;
    client.cut();
    client.pass_ms(500);
    let Some(Ok(Answer::Message(sent))) = client.answer_of(client.calls) else {
        panic!("sent after the reconnect");
    };
    assert_eq!((sent.key(), sent.status), (message.key(), Status::Success));
    assert_eq!(client.model.sends, 2);
    assert_eq!(client.model.timelines[&bob].messages.len(), 1);
    assert!(client.received().is_empty(), "own messages are no news");
    assert_eq!(sequences(&client.history(&bob)), [1]);
}

/// Contract C2.
#[test]
fn a_failed_message_is_the_same_message_when_it_is_sent_again() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    let message = client.create(&bob, "hi");
    client.swallow_answers = true;
    assert_eq!(client.send(message), None);
    client.network = false;
    client.swallow_answers = false;
    client.cut();
    client.pass_ms(60_000);
    let failed = client
        .answer_of(client.calls)
        .unwrap()
        .unwrap_err()
        .message
        .unwrap();
    client.network = true;
    client.pass_ms(30_000);
    let Some(Ok(Answer::Message(sent))) = client.send(Message::clone(&failed)) else {
        panic!("sent again");
    };
    assert_eq!((sent.key(), sent.data.sequence), (failed.key(), Sequence(1)));
    assert!(client.received().is_empty());
}

/// Contract C3.
#[test]
fn messages_are_told_once_and_in_order_though_pushes_come_twice_and_out_of_order() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    for text in ["1", "2", "3", "4", "5", "6"] {
        client.model.say(&bob, "bob", text);
    }
    let pushes: Vec<_> = client.model.pushes.drain(..).collect();
    for at in [0, 0, 3, 5, 1, 2, 4, 3] {
        client.push(pushes[at].clone());
    }
    assert_eq!(client.received(), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(sequences(&client.history(&bob)), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_history_of_a_conversation_that_is_being_found_is_asked_for() {
    let mut model = Model::new();
    for name in ["a", "b", "c", "d", "e"] {
        model.say(&c2c(name), name, "old");
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    client.swallow_requests = true;
    client.model.say(&c2c("a"), "a", "new");
    client.receive();
    client.swallow_requests = false;
    let call = Call::GetMessageList {
        conversation: c2c("a"),
        before: None,
    };
    let Some(Ok(Answer::Messages { messages, next })) = client.call(call) else {
        panic!("answered");
    };
    assert_eq!((messages.len(), next), (2, None));
}

/// Contract C4.
#[test]
fn a_lost_push_is_noticed_by_the_next_and_asked_for() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    for text in ["1", "2", "3", "4", "5", "6", "7"] {
        client.model.say(&bob, "bob", text);
    }
    client.model.pushes.drain(1..6);
    client.receive();
    assert_eq!(client.received(), ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(client.core.total_unread_count(), 7);
}

/// Contract C4.
#[test]
fn a_user_whom_one_looked_at_is_shown_as_he_is_when_the_push_of_his_first_message_was_lost() {
    let mut client = Client::ready();
    client.call(Call::GetConversationProfile {
        conversation: c2c("bob"),
    });
    client.model.peer_nick = String::from("Bob");
    client.model.say(&c2c("bob"), "bob", "one");
    client.model.pushes.clear();
    client.model.say(&c2c("bob"), "bob", "two");
    client.receive();
    assert_eq!(client.received(), ["one", "two"]);
    let shown = client.events.iter().rev().find_map(|it| match it {
        Event::ConversationListUpdated(list) => list[0].peer.clone(),
        _ => None,
    });
    assert_eq!(shown.unwrap().nick, "Bob");
}

/// Contract C4.
#[test]
fn a_lost_event_is_noticed_by_the_next_and_asked_for() {
    let mut client = Client::ready();
    client.model.blacklist.push(user("bob"));
    client.model.log(AccountChange::BlacklistAdded(vec![user("bob")]));
    client.model.blacklist.push(user("carol"));
    let pts = client
        .model
        .log(AccountChange::BlacklistAdded(vec![user("carol")]));
    client.model.push_event(pts);
    client.receive();
    assert_eq!(
        client.call(Call::GetBlacklist),
        Some(Ok(Answer::Users(vec![user("bob"), user("carol")])))
    );
}

/// Contract C4.
#[test]
fn what_was_missed_while_away_is_told_once_and_in_order() {
    let (bob, carol) = (c2c("bob"), c2c("carol"));
    let mut client = Client::ready();
    client.model.say(&bob, "bob", "before");
    client.receive();
    client.cut();
    for text in ["1", "2", "3", "4", "5"] {
        client.model.say(&bob, "bob", text);
    }
    client.model.say(&carol, "carol", "new");
    client.model.revoke(&bob, 3);
    client.model.pushes.clear();
    client.pass_ms(500);
    let mut received = client.received();
    received.sort();
    assert_eq!(
        received,
        ["1", "3", "4", "5", "before", "new"],
        "2 was taken back meanwhile"
    );
    assert_eq!(client.core.total_unread_count(), 6);
    assert_eq!(sequences(&client.history(&bob)), [1, 2, 3, 4, 5, 6]);
}

/// Contract C4.
#[test]
fn who_was_away_for_too_long_reloads() {
    let mut client = Client::ready();
    client.model.say(&c2c("bob"), "bob", "1");
    let pts = client.model.read(&c2c("bob"), 1);
    client.model.push_event(pts);
    client.receive();
    client.model.events_kept = 2;
    client.cut();
    for name in ["x", "y", "z"] {
        client.model.blacklist.push(user(name));
        client.model.log(AccountChange::BlacklistAdded(vec![user(name)]));
    }
    client
        .model
        .log(AccountChange::BlacklistRemoved(vec![user("none")]));
    client.model.say(&c2c("bob"), "bob", "2");
    client.model.pushes.clear();
    client.events.clear();
    client.pass_ms(500);
    assert!(client.events.contains(&Event::Reloaded));
    assert_eq!(client.core.total_unread_count(), 1);
    assert_eq!(
        client.call(Call::GetBlacklist),
        Some(Ok(Answer::Users(vec![user("x"), user("y"), user("z")])))
    );
}

/// Contract C4.
#[test]
fn a_timeline_that_is_too_far_ahead_is_read_anew_and_the_app_hears_of_it() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    client.model.say(&bob, "bob", "1");
    client.receive();
    client.model.changes_replayed = 5;
    for text in 2..20 {
        client.model.say(&bob, "bob", &text.to_string());
    }
    client.model.pushes.drain(..17);
    client.receive();
    assert_eq!(client.reloads(), 1);
    assert_eq!(client.core.total_unread_count(), 19);
    assert_eq!(sequences(&client.history(&bob)), (1..20).collect::<Vec<_>>());
    client.model.say(&bob, "bob", "after");
    client.receive();
    assert_eq!(client.received().last().unwrap(), "after");
    // So it is after a cut; one that was not held before is no news of that kind.
    client.cut();
    for text in 20..30 {
        client.model.say(&bob, "bob", &text.to_string());
        client.model.say(&c2c("carol"), "carol", &text.to_string());
    }
    client.model.pushes.clear();
    client.pass_ms(500);
    assert_eq!(client.reloads(), 2);
    assert_eq!(client.core.total_unread_count(), 40);
}

/// Contract C5.
#[test]
fn unread_counts_follow_messages_revokes_and_reads_of_other_instances() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    for text in ["1", "2", "3"] {
        client.model.say(&bob, "bob", text);
    }
    client.model.say(&bob, ME, "mine, from elsewhere");
    client.receive();
    assert_eq!(client.core.total_unread_count(), 3);
    let change = client.model.revoke(&bob, 3).unwrap();
    client.model.push_change(&change);
    client.receive();
    assert_eq!(client.core.total_unread_count(), 2);
    let pts = client.model.read(&bob, 1);
    client.model.push_event(pts);
    client.receive();
    assert_eq!(client.core.total_unread_count(), 1);
    let change = client.model.revoke(&bob, 1).unwrap();
    client.model.push_change(&change);
    client.receive();
    assert_eq!(
        client.core.total_unread_count(),
        1,
        "it was read before it was taken back"
    );
    assert_eq!(
        client.call(Call::SetMessageRead { conversation: bob }),
        Some(Ok(Answer::Done))
    );
    assert_eq!(client.core.total_unread_count(), 0);
    assert!(client.events.contains(&Event::TotalUnreadCountUpdated(0)));
}

/// Contract C5.
#[test]
fn a_read_mark_within_what_is_not_held_is_counted_by_the_server() {
    let bob = c2c("bob");
    let mut model = Model::new();
    for text in ["1", "2", "3", "4"] {
        model.say(&bob, "bob", text);
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    let pts = client.model.read(&bob, 2);
    client.model.push_event(pts);
    client.receive();
    assert_eq!(client.core.total_unread_count(), 2);
}

/// Contract C4.
#[test]
fn a_state_that_knows_more_of_what_the_peer_read_than_the_log_told_says_so_of_messages() {
    let bob = c2c("bob");
    let mut model = Model::new();
    for text in ["1", "2", "3"] {
        model.say(&bob, "bob", text);
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    client.model.say(&bob, ME, "from my phone");
    client.receive();
    // What was read cannot be counted from what is held: the state is asked for, and knows the second event.
    let read = client.model.read(&bob, 2);
    let peer_read = client.model.peer_read(&bob, 4);
    for pts in [read, peer_read] {
        client.model.push_event(pts);
        client.receive();
    }
    let told = client.events.iter().filter_map(|it| match it {
        Event::MessageReadByPeer(list) => Some(list.len()),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [1]);
}

#[test]
fn an_own_message_of_another_instance_is_told_as_outgoing() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    client.model.say(&bob, ME, "from my phone");
    client.receive();
    let Some(Event::MessageReceived(list)) = client
        .events
        .iter()
        .find(|it| matches!(it, Event::MessageReceived(_)))
    else {
        panic!("told");
    };
    assert!(list[0].is_own && text_of(&list[0]) == "from my phone");
    assert_eq!(list[0].conversation, bob);
}

#[test]
fn history_before_the_login_is_no_news_even_in_a_conversation_beyond_the_first_page() {
    let mut model = Model::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        model.say(&c2c(name), name, "old");
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    client.model.say(&c2c("a"), "a", "pushed");
    client.receive();
    client.cut();
    client.model.say(&c2c("b"), "b", "missed");
    client.model.pushes.clear();
    client.pass_ms(500);
    assert_eq!(client.received(), ["pushed", "missed"]);
    let total: u64 = client.model.list().iter().map(|it| it.unread_count).sum();
    client.listed();
    assert_eq!(client.core.total_unread_count(), total);
}

/// Contract C4: a sync says how far the list is known; what is not held and within that comes with it.
#[test]
fn a_conversation_of_which_no_push_came_comes_with_the_next_sync_however_old_it_is() {
    let mut model = Model::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        model.say(&c2c(name), name, "old");
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    client.model.say(&c2c("new"), "new", "lost");
    client.model.pushes.clear();
    client.model.now += 3_600_000;
    client.model.say(&c2c("f"), "f", "pushed");
    client.receive();
    client.cut();
    client.pass_ms(500);
    assert_eq!(client.received(), ["pushed", "lost"]);
    let listed: Vec<_> = client.listed().into_iter().map(|it| it.0).collect();
    assert_eq!(
        listed,
        ["C2Cf", "C2Cnew", "C2Ce", "C2Cd", "C2Cc"],
        "those beyond the first page are still to be asked for"
    );
}

#[test]
fn more_of_the_list_comes_in_the_background_when_it_is_asked_for() {
    let mut model = Model::new();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        model.say(&c2c(name), name, "hi");
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    assert_eq!(client.listed().len(), 4);
    client.listed();
    client.listed();
    assert!(matches!(
        client.call(Call::GetConversationList),
        Some(Ok(Answer::Conversations { conversations, complete: true })) if conversations.len() == 7
    ));
}

#[test]
fn history_is_paged_backwards_by_fifteen_from_memory_and_from_the_server() {
    let bob = c2c("bob");
    let mut model = Model::new();
    for text in 1..=40 {
        model.say(&bob, "bob", &text.to_string());
    }
    model.pushes.clear();
    let mut client = Client::ready_with(model);
    client.model.say(&bob, "bob", "41");
    client.receive();
    let (page, next) = client.page(&bob, None);
    assert_eq!(sequences(&page), (27..=41).collect::<Vec<_>>());
    assert_eq!(next, Some(page[0].key()));
    assert_eq!(sequences(&client.history(&bob)), (1..=41).collect::<Vec<_>>());
    let (_, next) = client.page(&bob, None);
    let (_, next) = client.page(&bob, next);
    let (page, next) = client.page(&bob, next);
    assert_eq!((page.len(), next), (11, None));
}

#[test]
fn the_peers_reading_marks_the_own_messages_that_it_covers() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    for text in ["1", "2", "3"] {
        let message = client.create(&bob, text);
        client.send(message).unwrap().unwrap();
    }
    let pts = client.model.peer_read(&bob, 2);
    client.model.push_event(pts);
    client.receive();
    let Some(Event::MessageReadByPeer(read)) = client
        .events
        .iter()
        .find(|it| matches!(it, Event::MessageReadByPeer(_)))
    else {
        panic!("told");
    };
    assert_eq!(sequences(read), [1, 2]);
    let read: Vec<_> = client.history(&bob).iter().map(|it| it.is_peer_read).collect();
    assert_eq!(read, [true, true, false]);
}

#[test]
fn a_revoked_message_is_told_to_others_and_is_the_last_message_as_revoked() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    client.model.say(&bob, "bob", "oops");
    client.receive();
    let change = client.model.revoke(&bob, 1).unwrap();
    client.model.push_change(&change);
    client.receive();
    assert!(
        client
            .events
            .iter()
            .any(|it| matches!(it, Event::MessageRevoked(list) if list[0].is_revoked()))
    );
    assert_eq!(client.listed()[0].5, Some((1, true)));

    let mine = client.create(&bob, "mine");
    let Some(Ok(Answer::Message(mine))) = client.send(mine) else {
        panic!()
    };
    client.events.clear();
    let answer = client.call(Call::RevokeMessage {
        conversation: bob,
        key: mine.key(),
        sequence: mine.data.sequence,
    });
    assert!(matches!(answer, Some(Ok(Answer::Revoked { message: Some(it), .. })) if it.is_revoked()));
    assert!(
        !client
            .events
            .iter()
            .any(|it| matches!(it, Event::MessageRevoked(_))),
        "the app knows"
    );
}

#[test]
fn an_answer_with_a_number_goes_the_way_of_a_push() {
    let mut client = Client::ready();
    let fields = ProfileFields {
        nick: Some(String::from("Al")),
        ..ProfileFields::default()
    };
    assert!(client.call(Call::UpdateMyProfile(fields)).unwrap().is_ok());
    assert!(matches!(&client.events[0], Event::ProfileUpdated(list) if list[0].nick == "Al"));
    let users = vec![user("bob")];
    assert!(
        client
            .call(Call::AddToBlacklist { users: users.clone() })
            .unwrap()
            .is_ok()
    );
    assert!(client.events.contains(&Event::BlacklistUpdated(users)));
    let message = client.create(&c2c("bob"), "hi");
    assert_eq!(message.data.nick, "Al");
}

#[test]
fn a_message_that_is_on_line_only_is_told_and_not_kept() {
    let bob = c2c("bob");
    let mut client = Client::ready();
    client.model.say(&bob, "bob", "typing");
    let mut push = client.model.pushes.pop_front().unwrap();
    client.model.timelines.clear();
    if let Some(wire::push::Kind::TimelineChange(change)) = &mut push.kind {
        let message = change.message.as_mut().unwrap();
        (message.sequence, message.version) = (0, 0);
    }
    client.push(push);
    assert_eq!(client.received(), ["typing"]);
    assert_eq!(client.core.total_unread_count(), 0);
}
