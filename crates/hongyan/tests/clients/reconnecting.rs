//! An instance that is cut off, while another one of its account tidies up.

use std::sync::Arc;

use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::Platform;
use hongyan_protocol::settings::RemindType;
use hongyan_sdk::core::{Draft, Event, NetState};

use crate::relay::Relay;
use crate::support::{Client, World, c2c, texts};

/// A conversation as an app shows it.
type Shown = (String, u64, Option<u64>, bool, u64, RemindType);

fn shown(list: &[Arc<ConversationState>]) -> Vec<Shown> {
    let one = |it: &Arc<ConversationState>| {
        (
            it.id.to_string(),
            it.unread_count,
            it.last_message.as_ref().map(|it| it.sequence.0),
            it.settings.is_pinned,
            it.settings.marks,
            it.remind(),
        )
    };
    list.iter().map(one).collect()
}

/// The list, and the histories of two conversations.
async fn picture(client: &Client) -> (Vec<Shown>, Vec<String>, Vec<String>, u64) {
    let (list, _) = client.tim.get_conversation_list().await.unwrap();
    let (bobs, _) = client.tim.get_message_list(c2c("bob"), None).await.unwrap();
    let (carols, _) = client.tim.get_message_list(c2c("carol"), None).await.unwrap();
    let total = client.tim.get_total_unread_message_count().await.unwrap();
    (shown(&list), texts(&bobs), texts(&carols), total)
}

/// Alice behind a relay, with messages that nobody has read.
async fn people() -> (World, Relay, Client, Client) {
    let world = World::new().await;
    let relay = world.relay().await;
    let one = world.client("alice").await;
    let mut away = world.client_behind("alice", Platform::Ios, &relay).await;
    for (name, count) in [("bob", 3), ("carol", 2), ("dave", 1)] {
        let sender = world.client(name).await;
        for number in 1..=count {
            let text = format!("{name} {number}");
            sender.tim.send(Draft::text(c2c("alice"), text)).await.unwrap();
        }
    }
    away.counts(6).await;
    (world, relay, one, away)
}

/// Contract C4.
#[tokio::test]
async fn who_was_cut_off_while_another_instance_tidied_up_ends_in_its_state_and_hears_of_it() {
    let (world, relay, one, mut away) = people().await;
    let (page, _) = away.tim.get_message_list(c2c("bob"), None).await.unwrap();
    let deleted: MessageKey = page[2].key();

    relay.cut();
    away.hears(|it| matches!(it, Event::NetStateChanged(it) if it != NetState::Connected).then_some(()))
        .await;
    let (page, _) = one.tim.get_message_list(c2c("bob"), None).await.unwrap();
    one.tim.delete_messages(&page[2..]).await.unwrap();
    one.tim.clear_history_message(c2c("carol")).await.unwrap();
    one.tim
        .delete_conversations(vec![c2c("dave")], true)
        .await
        .unwrap();
    one.tim.pin_conversation(c2c("carol"), true).await.unwrap();
    one.tim
        .mark_conversation(vec![c2c("bob")], 1, true)
        .await
        .unwrap();
    one.tim
        .set_message_remind_type(vec![c2c("bob")], RemindType::AcceptNotNotify)
        .await
        .unwrap();
    relay.mend();

    let should = picture(&one).await;
    assert_eq!(should.0.len(), 2);
    assert_eq!((should.1.len(), should.2.len(), should.3), (2, 0, 0));
    let mut hears_deletion = false;
    away.hears(|event| {
        match event {
            Event::MessageDeleted(keys) => hears_deletion |= keys == [deleted],
            Event::Reloaded => panic!("what was missed is within reach"),
            Event::ConversationListUpdated(list) if shown(&list) == should.0 => return Some(()),
            _ => {}
        }
        None
    })
    .await;
    away.counts(0).await;
    assert!(hears_deletion, "the app's message says that it is deleted");
    assert_eq!(picture(&away).await, should);
    let fresh = world.client_on("alice", Platform::Android).await;
    assert_eq!(picture(&fresh).await, should);
}
