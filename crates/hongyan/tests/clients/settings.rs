//! What one sets for conversations, between clients.

use hongyan_protocol::code::Code;
use hongyan_protocol::platform::Platform;
use hongyan_protocol::settings::RemindType;
use hongyan_sdk::core::{ConversationFilter, Draft, Event, SendOptions};

use crate::support::{Client, World, c2c};

/// The names of the list, and what it is waited for.
async fn listed(client: &mut Client, wanted: &[&str]) {
    let names = |list: &[std::sync::Arc<hongyan_protocol::conversation::ConversationState>]| -> Vec<String> {
        list.iter().map(|it| it.id.to_string()).collect()
    };
    let now = client.tim.get_conversation_list().await.unwrap().0;
    if names(&now) == wanted {
        return;
    }
    client
        .hears(|event| match event {
            Event::ConversationListUpdated(list) if names(&list) == wanted => Some(()),
            _ => None,
        })
        .await;
}

async fn people() -> (World, Client, Client, Client) {
    let world = World::new().await;
    let bob = world.client("bob").await;
    let carol = world.client("carol").await;
    let mut one = world.client("alice").await;
    let mut other = world.client_on("alice", Platform::Ios).await;
    for (client, text) in [(&bob, "from bob"), (&carol, "from carol")] {
        client.tim.send(Draft::text(c2c("alice"), text)).await.unwrap();
    }
    for client in [&mut one, &mut other] {
        listed(client, &["C2Ccarol", "C2Cbob"]).await;
    }
    (world, one, other, bob)
}

/// Contract C4. Proves `pinConversation`, `markConversation`, `setConversationCustomData`.
#[tokio::test]
async fn pins_marks_and_custom_data_are_the_same_on_every_instance_and_for_one_that_logs_in() {
    let (world, one, mut other, _bob) = people().await;
    one.tim.pin_conversation(c2c("bob"), true).await.unwrap();
    listed(&mut other, &["C2Cbob", "C2Ccarol"]).await;
    let (done, refused) = other
        .tim
        .mark_conversation(vec![c2c("bob"), c2c("nobody")], 1 << 63, true)
        .await
        .unwrap();
    assert_eq!(done, [c2c("bob")]);
    assert_eq!(refused[0].1.code, Code::USER_OR_GROUP_NOT_FOUND);
    let data = one
        .tim
        .set_conversation_custom_data(vec![c2c("bob")], "x".repeat(256));
    assert_eq!(data.await.unwrap().0, [c2c("bob")]);
    let too_long = one
        .tim
        .set_conversation_custom_data(vec![c2c("bob")], "x".repeat(257));
    assert_eq!(too_long.await.unwrap_err().code, Code::CONVERSATION_PARAMETER);
    let expected = one.tim.get_conversation_profile(c2c("bob")).await.unwrap();
    assert_eq!(
        (expected.settings.revision, expected.settings.marks),
        (3, 1 << 63)
    );
    let mut third = world.client_on("alice", Platform::Android).await;
    listed(&mut third, &["C2Cbob", "C2Ccarol"]).await;
    let seen = third.tim.get_conversation_profile(c2c("bob")).await.unwrap();
    assert_eq!(seen.settings, expected.settings);
    let unpinned = one.tim.pin_conversation(c2c("nobody"), true).await;
    assert_eq!(unpinned.unwrap_err().code, Code::USER_OR_GROUP_NOT_FOUND);
}

/// Contract C5. Proves `setMessageRemindType`, `TOTAL_UNREAD_MESSAGE_COUNT_UPDATED`.
#[tokio::test]
async fn what_is_muted_is_not_in_the_total_and_what_is_discarded_is_not_told() {
    let (_world, mut one, mut other, bob) = people().await;
    let set = one
        .tim
        .set_message_remind_type(vec![c2c("carol")], RemindType::AcceptNotNotify);
    set.await.unwrap();
    for client in [&mut one, &mut other] {
        client.counts(1).await;
    }
    let discard = other
        .tim
        .set_message_remind_type(vec![c2c("bob")], RemindType::Discard);
    discard.await.unwrap();
    for client in [&mut one, &mut other] {
        client.counts(0).await;
    }
    bob.tim.send(Draft::text(c2c("alice"), "unheard")).await.unwrap();
    let is_there = |event| match event {
        Event::MessageReceived(list) => {
            let is_told = list.iter().any(|it| it.text().is_some_and(|it| it == "unheard"));
            assert!(!is_told, "a discarded message is told");
            None
        }
        Event::ConversationListUpdated(list) => {
            let last = list.iter().find(|it| it.id == c2c("bob"))?;
            (last.last_sequence.0 == 2).then(|| last.shown_unread())
        }
        _ => None,
    };
    assert_eq!(one.hears(is_there).await, 0);
    let (messages, _) = one.tim.get_message_list(c2c("bob"), None).await.unwrap();
    assert_eq!(messages.len(), 2);
}

/// Contract C4. Proves `setMessageRemindType`.
#[tokio::test]
async fn who_is_discarded_before_the_first_word_is_not_told_to_an_instance_that_logs_in_later() {
    let world = World::new().await;
    let bob = world.client("bob").await;
    let one = world.client("alice").await;
    let set = one
        .tim
        .set_message_remind_type(vec![c2c("bob")], RemindType::Discard);
    assert_eq!(set.await.unwrap().0, [c2c("bob")]);
    let mut later = world.client_on("alice", Platform::Ios).await;
    // What passes by and is not kept is not told either.
    let passing = bob.tim.create_message(Draft::text(c2c("alice"), "unheard"));
    let options = SendOptions {
        online_user_only: true,
        ..SendOptions::default()
    };
    bob.tim
        .send_message(passing.await.unwrap(), options)
        .await
        .unwrap();
    bob.tim
        .send(Draft::text(c2c("alice"), "unheard too"))
        .await
        .unwrap();
    let unread = later
        .hears(|event| match event {
            Event::MessageReceived(_) => panic!("a discarded message is told"),
            Event::TotalUnreadCountUpdated(_) => panic!("a discarded message is counted"),
            Event::ConversationListUpdated(list) => {
                let last = list.iter().find(|it| it.id == c2c("bob"))?;
                (last.settings.revision == 1).then(|| (last.remind(), last.shown_unread()))
            }
            _ => None,
        })
        .await;
    assert_eq!(unread, (RemindType::Discard, 0));
}

/// Contract C4. Proves `createConversationGroup`, `addConversationsToGroup`, `deleteConversationsFromGroup`,
/// `renameConversationGroup`, `deleteConversationGroup`, `getConversationGroupList`, `CONVERSATION_GROUP_LIST_UPDATED`,
/// `CONVERSATION_IN_GROUP_UPDATED`.
#[tokio::test]
async fn conversation_groups_are_the_same_on_every_instance() {
    let (_world, one, mut other, _bob) = people().await;
    let both = vec![c2c("bob"), c2c("carol")];
    let made = one.tim.create_conversation_group("work", vec![c2c("bob")]);
    made.await.unwrap();
    let added = one.tim.add_conversations_to_group("work", both.clone());
    assert_eq!(added.await.unwrap().0, both);
    other
        .hears(|event| match event {
            Event::ConversationInGroupUpdated { name, conversations } => {
                (name == "work" && conversations.len() == 2).then_some(())
            }
            _ => None,
        })
        .await;
    other.tim.rename_conversation_group("work", "job").await.unwrap();
    let removed = other.tim.delete_conversations_from_group("job", vec![c2c("bob")]);
    removed.await.unwrap();
    let filter = ConversationFilter {
        group: Some("job".to_owned()),
        ..ConversationFilter::default()
    };
    let (left, _) = other.tim.get_conversation_list_by_filter(filter).await.unwrap();
    assert!(left.len() == 1 && left[0].id == c2c("carol"));
    let gone = one.tim.delete_conversation_group("work").await;
    assert_eq!(gone.unwrap_err().code, Code::CONVERSATION_GROUP_MISSING);
    one.tim.delete_conversation_group("job").await.unwrap();
    other
        .hears(|event| match event {
            Event::ConversationGroupListUpdated(names) => names.is_empty().then_some(()),
            _ => None,
        })
        .await;
    assert_eq!(one.tim.get_conversation_group_list().await.unwrap(), [""; 0]);
}

/// Contracts C4 and C5. Proves `deleteConversation`, `setConversationDraft`.
#[tokio::test]
async fn a_deleted_conversation_is_gone_everywhere_and_comes_back_with_what_is_new() {
    let (world, mut one, mut other, bob) = people().await;
    one.tim.set_conversation_draft(c2c("bob"), "dear").await.unwrap();
    let drafted = one.tim.get_conversation_profile(c2c("bob")).await.unwrap();
    assert_eq!(drafted.draft, "dear");
    let deleted = one.tim.delete_conversations(vec![c2c("bob")], true).await;
    assert_eq!(deleted.unwrap(), [c2c("bob")]);
    for client in [&mut one, &mut other] {
        listed(client, &["C2Ccarol"]).await;
        client.counts(1).await;
    }
    let mut third = world.client_on("alice", Platform::Android).await;
    listed(&mut third, &["C2Ccarol"]).await;
    bob.tim.send(Draft::text(c2c("alice"), "new")).await.unwrap();
    for client in [&mut one, &mut other, &mut third] {
        listed(client, &["C2Cbob", "C2Ccarol"]).await;
        client.counts(2).await;
        let (messages, next) = client.tim.get_message_list(c2c("bob"), None).await.unwrap();
        assert_eq!((messages.len(), next), (1, None));
    }
    let again = one.tim.delete_conversations(vec![c2c("nobody")], false).await;
    assert_eq!(again.unwrap_err().code, Code::USER_OR_GROUP_NOT_FOUND);
}
