//! Reading: marks, and what follows from them on every instance.

use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::id::ConversationId;

use super::model::c2c;
use super::*;

fn three_conversations() -> Model {
    let mut model = Model::new();
    for name in ["bob", "carol", "dave"] {
        model.say(&c2c(name), name, "1");
        model.say(&c2c(name), name, "2");
    }
    model.pushes.clear();
    model
}

fn unread(client: &mut Client) -> Vec<u64> {
    client.listed().iter().map(|it| it.1).collect()
}

/// Contract C5.
#[test]
fn set_all_message_read_clears_every_count_by_the_event_that_all_instances_get() {
    let mut client = Client::ready_with(three_conversations());
    assert_eq!(unread(&mut client), [2, 2, 2]);
    let scope = ReadScope::Unspecified;
    assert_eq!(
        client.call(Call::SetAllMessageRead { scope }),
        Some(Ok(Answer::Done))
    );
    client.receive();
    assert_eq!(unread(&mut client), [0, 0, 0]);
    assert_eq!(client.core.total_unread_count(), 0);
    assert!(client.events.contains(&Event::TotalUnreadCountUpdated(0)));
}

/// Contract C4.
#[test]
fn what_another_instance_read_at_once_is_caught_up_with_after_a_cut() {
    let mut client = Client::ready_with(three_conversations());
    let pts = client.model.read(&c2c("bob"), 1);
    client.model.push_event(pts);
    client.receive();
    client.network = false;
    client.cut();
    client.model.read_all();
    client.model.pushes.clear();
    client.network = true;
    client.pass_ms(60_000);
    assert_eq!(client.core.state(), State::Ready);
    assert_eq!(unread(&mut client), [0, 0, 0]);
}

/// Contract C5: what is not held is not asked for one by one, and comes as it is when it is listed.
#[test]
fn conversations_that_are_not_held_are_read_too_and_a_page_that_was_overtaken_is_asked_for_again() {
    let mut model = three_conversations();
    model.list_page = 1;
    let mut client = Client::ready_with(model);
    client.swallow_answers = true;
    assert_eq!(unread(&mut client), [2], "the next page is under way");
    client.swallow_answers = false;
    // It was read by the server before this, and comes after it.
    let page = client.model.answer(wire::Request {
        id: client.core.last_request(),
        command: Some(wire::request::Command::ListConversations(
            wire::ListConversations {
                before_ms: 0,
                count: 100,
            },
        )),
    });
    client.model.read_all();
    client.receive();
    client.model.list_page = 4;
    client.input(Input::SocketMessage(frame::response(page)));
    assert_eq!(unread(&mut client), [0, 0, 0]);
}

#[test]
fn a_conversation_beyond_the_list_that_came_is_read_as_well() {
    let mut model = three_conversations();
    model.list_page = 1;
    let mut client = Client::ready_with(model);
    let oldest = c2c("bob");
    let read = Call::SetMessageRead {
        conversation: oldest.clone(),
    };
    assert_eq!(client.call(read), Some(Ok(Answer::Done)));
    assert_eq!(client.model.timelines[&oldest].read, 2);
    let nobody = ConversationId::C2c(super::model::user("nobody"));
    let read = Call::SetMessageRead { conversation: nobody };
    let refused = client.call(read).unwrap().unwrap_err();
    assert_eq!(refused.code, hongyan_protocol::code::Code::CONVERSATION_NOT_FOUND);
}
