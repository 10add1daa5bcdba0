//! Messages that an instance of the account deleted, as the others hear of it.

use hongyan_protocol::change::{AccountChange, DeletedMessage};
use hongyan_protocol::id::{ConversationId, Sequence, Version};
use hongyan_protocol::message::{ChangeKind, MessageKey, TimelineChange};

use super::model::c2c;
use super::*;

impl Client {
    /// Another instance deletes a message: its number in the log, and its key.
    fn deleted_elsewhere(&mut self, id: &ConversationId, sequence: u64) -> (u64, MessageKey) {
        let timeline = self.model.timelines.get_mut(id).unwrap();
        timeline.view_version += 1;
        let key = timeline.messages[sequence as usize - 1].key;
        let change = AccountChange::MessagesDeleted {
            conversation: id.clone(),
            messages: vec![DeletedMessage {
                sequence: Sequence(sequence),
                key: Some(key),
            }],
            view_version: timeline.view_version,
        };
        (self.model.log(change), key)
    }

    /// Somebody modifies a message; the push of it.
    fn modified(&mut self, id: &ConversationId, sequence: u64) -> wire::Push {
        let timeline = self.model.timelines.get_mut(id).unwrap();
        timeline.version += 1;
        let message = &mut timeline.messages[sequence as usize - 1];
        message.edits += 1;
        message.version = Version(timeline.version);
        let change = TimelineChange::of(ChangeKind::Modified, message.clone());
        wire::Push {
            kind: Some(wire::push::Kind::TimelineChange(change.to_wire())),
        }
    }

    fn has_event(&self, is_it: impl Fn(&Event) -> bool) -> Option<usize> {
        self.events.iter().position(is_it)
    }
}

/// Contract C4.
#[test]
fn a_message_that_is_not_held_is_told_to_be_deleted_by_its_key() {
    let mut model = Model::new();
    for text in ["one", "two"] {
        model.say(&c2c("bob"), "bob", text);
    }
    model.pushes.clear();
    // Nothing of the history is held, but the app may have jumped there.
    let mut client = Client::ready_with(model);
    let (pts, key) = client.deleted_elsewhere(&c2c("bob"), 1);
    client.model.push_event(pts);
    client.receive();
    let told = client.has_event(|it| matches!(it, Event::MessageDeleted(keys) if *keys == [key]));
    assert!(told.is_some());
}

/// Contract C4.
#[test]
fn what_came_before_a_deletion_and_is_learned_after_it_does_not_bring_the_message_back() {
    let mut client = Client::ready();
    for text in ["one", "two"] {
        client.model.say(&c2c("bob"), "bob", text);
    }
    client.receive();
    let modified = client.modified(&c2c("bob"), 1);
    let (pts, _) = client.deleted_elsewhere(&c2c("bob"), 1);
    client.model.push_event(pts);
    client.receive();
    client.push(modified);
    let told = client.has_event(|it| matches!(it, Event::MessageModified(_)));
    assert_eq!(told, None, "the account does not see it any more");
}

/// Contract C4.
#[test]
fn of_what_comes_at_once_a_deletion_is_told_last() {
    let mut client = Client::ready();
    client.model.say(&c2c("bob"), super::model::ME, "one");
    client.receive();
    client.cut();
    client.model.peer_read(&c2c("bob"), 1);
    client.deleted_elsewhere(&c2c("bob"), 1);
    client.pass_ms(500);
    let read = client.has_event(|it| matches!(it, Event::MessageReadByPeer(_)));
    let deleted = client.has_event(|it| matches!(it, Event::MessageDeleted(_)));
    assert!(read.is_some() && read < deleted, "{read:?} {deleted:?}");
}

/// Contract C4.
#[test]
fn a_message_that_another_instance_deleted_before_this_one_was_answered_is_deleted_in_the_answer() {
    let mut client = Client::ready();
    client.model.say(&c2c("eve"), "eve", "hi");
    client.receive();
    let draft = crate::core::Draft::text(c2c("bob"), "one");
    let message = client.core.create_message(client.now, draft).unwrap();
    client.swallow_answers = true;
    let options = crate::core::SendOptions::default();
    client.call(Call::SendMessage { message, options });
    let call = client.calls;
    client.swallow_answers = false;
    client.cut();
    client.deleted_elsewhere(&c2c("bob"), 1);
    client.pass_ms(500);
    let Some(Ok(Answer::Message(message))) = client.answer_of(call) else {
        panic!("the resend is answered");
    };
    assert!(message.is_deleted);
}
