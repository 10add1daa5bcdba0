//! Reading: marks, and what follows from them on every instance.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::receipt::{Receipt, Receipts};

use super::model::c2c;
use super::*;
use crate::core::{Draft, MessageRef, ReadReceipt, SendOptions};

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
    assert_eq!(refused.code, Code::CONVERSATION_NOT_FOUND);
}

fn own_message(client: &mut Client, wants_receipt: bool) -> std::sync::Arc<Message> {
    let draft = Draft {
        need_read_receipt: wants_receipt,
        ..Draft::text(c2c("bob"), "read me")
    };
    let message = client.core.create_message(client.now, draft).unwrap();
    let options = SendOptions::default();
    match client.call(Call::SendMessage { message, options }) {
        Some(Ok(Answer::Message(message))) => message,
        other => panic!("{other:?}"),
    }
}

/// Contract C4.
#[test]
fn receipts_are_told_at_once_and_after_a_cut_and_never_go_back() {
    let mut client = Client::ready();
    let message = own_message(&mut client, true);
    let receipt = |read_count| Receipt {
        key: message.key(),
        sequence: message.data.sequence,
        read_count,
        unread_count: 3 - read_count,
        time: Timestamp(5000),
    };
    let given = |read_count| {
        AccountChange::Receipts(Receipts {
            conversation: c2c("bob"),
            receipts: vec![receipt(read_count)],
        })
    };
    let told = |read_count| {
        Event::MessageReadReceiptReceived(vec![ReadReceipt {
            conversation: c2c("bob"),
            receipt: receipt(read_count),
        }])
    };
    let held = |client: &Client| client.core.find_message(message.key()).unwrap().receipt;
    assert_eq!(held(&client), None);
    let pts = client.model.log(given(1));
    client.model.push_event(pts);
    client.receive();
    assert_eq!(held(&client), Some(receipt(1)));
    client.network = false;
    client.cut();
    client.model.log(given(2));
    client.network = true;
    client.pass_ms(60_000);
    assert_eq!(held(&client), Some(receipt(2)));
    let pts = client.model.log(given(1));
    client.model.push_event(pts);
    client.receive();
    assert_eq!(held(&client), Some(receipt(2)));
    let heard = client.events.iter();
    let heard = heard.filter(|it| matches!(it, Event::MessageReadReceiptReceived(_)));
    assert_eq!(heard.collect::<Vec<_>>(), [&told(1), &told(2), &told(1)]);
}

/// Contract C4.
#[test]
fn a_receipt_that_comes_before_its_message_in_a_sync_is_kept_for_it() {
    for holds_something in [true, false] {
        let mut client = Client::ready();
        if holds_something {
            client.model.say(&c2c("eve"), "eve", "hi");
            client.receive();
        }
        client.cut();
        client
            .model
            .say(&c2c("bob"), super::model::ME, "from another instance");
        let message = client.model.timelines[&c2c("bob")].messages[0].clone();
        client.model.log(AccountChange::Receipts(Receipts {
            conversation: c2c("bob"),
            receipts: vec![Receipt {
                key: message.key,
                sequence: message.sequence,
                read_count: 1,
                unread_count: 0,
                time: Timestamp(5000),
            }],
        }));
        client.pass_ms(500);
        let held = client.core.find_message(message.key).unwrap();
        assert_eq!(held.receipt.map(|it| it.read_count), Some(1));
    }
}

/// Contract C4: the log of an account begins with what was missed.
#[test]
fn the_first_event_of_all_is_heard_though_it_came_during_a_cut() {
    let mut client = Client::ready();
    let message = own_message(&mut client, true);
    client.network = false;
    client.cut();
    client.model.log(AccountChange::Receipts(Receipts {
        conversation: c2c("bob"),
        receipts: vec![Receipt {
            key: message.key(),
            sequence: message.data.sequence,
            read_count: 1,
            unread_count: 0,
            time: Timestamp(5000),
        }],
    }));
    client.network = true;
    client.pass_ms(60_000);
    let heard = client.events.iter();
    assert_eq!(
        heard
            .filter(|it| matches!(it, Event::MessageReadReceiptReceived(_)))
            .count(),
        1
    );
    assert!(!client.events.contains(&Event::Reloaded));
}

#[test]
fn what_wants_no_receipt_is_refused_before_the_server_is_asked() {
    let mut client = Client::ready();
    let own = MessageRef::from(&*own_message(&mut client, true));
    let others = MessageRef {
        is_own: false,
        ..own.clone()
    };
    let plain = MessageRef {
        wants_receipt: false,
        ..others.clone()
    };
    let online_only = MessageRef {
        sequence: Sequence(0),
        ..others.clone()
    };
    let elsewhere = MessageRef {
        conversation: c2c("carol"),
        ..others
    };
    let mut send = |messages: Vec<MessageRef>| {
        let answer = client.call(Call::SendMessageReadReceipt { messages });
        answer.unwrap().unwrap_err().code
    };
    assert_eq!(send(Vec::new()), Code::NO_RECEIPT_WANTED);
    assert_eq!(send(vec![own, plain]), Code::NO_RECEIPT_WANTED);
    assert_eq!(send(vec![online_only]), Code::RECEIPT_ONLINE_ONLY);
    assert_eq!(send(vec![others.clone(), elsewhere]), Code::REQUEST_MALFORMED);
    assert_eq!(send(vec![others.clone(); 31]), Code::REQUEST_MALFORMED);
    let answer = client.call(Call::GetMessageReadReceiptList {
        messages: vec![others],
    });
    assert_eq!(answer.unwrap().unwrap_err().code, Code::RECEIPT_MISSING);
}
