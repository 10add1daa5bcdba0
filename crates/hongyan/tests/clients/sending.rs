//! Messages of every plain kind, their way and their states, and the list of conversations, between clients.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Sequence, UserId};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::wire::{self, element::Kind};
use hongyan_sdk::core::{Draft, Event, Message, SendOptions, Status};

use crate::support::{World, c2c, received, texts};

/// Proves `createTextMessage`, `createCustomMessage`, `createFaceMessage`, `createLocationMessage` and `sendMessage`.
#[tokio::test]
async fn a_message_of_every_plain_kind_comes_as_it_was_made() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut other = world.client_on("alice", Platform::Ios).await;
    let mut bob = world.client("bob").await;
    let kinds = [
        Kind::Text(wire::Text {
            text: "hello 鸿雁".to_owned(),
            at_user_ids: Vec::new(),
        }),
        Kind::Custom(wire::Custom {
            data: "order".to_owned(),
            description: "an order".to_owned(),
            extension: "{\"id\":7}".to_owned(),
        }),
        Kind::Face(wire::Face {
            index: 3,
            data: "tt03".to_owned(),
        }),
        Kind::Location(wire::Location {
            description: "the lake".to_owned(),
            longitude: 120.1487,
            latitude: 30.2423,
        }),
    ];
    for kind in kinds {
        let mut draft = Draft::of(c2c("bob"), kind.clone());
        draft.cloud_custom_data = "along".to_owned();
        let made = alice.tim.create_message(draft).await.unwrap();
        assert_eq!((made.status, made.data.sequence), (Status::Unsent, Sequence(0)));
        let sent = alice
            .tim
            .send_message(made.clone(), SendOptions::default())
            .await
            .unwrap();
        assert_eq!(
            (sent.key(), sent.status, sent.is_own),
            (made.key(), Status::Success, true)
        );
        for (client, is_own) in [(&mut bob, false), (&mut other, true)] {
            let heard = received(client).await;
            assert_eq!((heard.key(), heard.is_own), (sent.key(), is_own));
            assert_eq!(heard.data.body.first(), Some(kind.clone()));
            assert_eq!(heard.data.cloud_custom_data, "along");
        }
    }
    let too_long = Draft::text(c2c("bob"), "x".repeat(12 * 1024 + 1));
    let failure = alice.tim.send(too_long).await.unwrap_err();
    assert_eq!(failure.code, Code::MESSAGE_TOO_LONG);
}

/// Contract C2. Proves `resendMessage` and `findMessage`: a failed message is the same one when it is sent again.
#[tokio::test]
async fn a_message_that_failed_is_found_and_sent_again_and_is_there_once() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let failure = alice
        .tim
        .send(Draft::text(c2c("bob"), "early"))
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::RECEIVER_UNKNOWN);
    let failed = failure.message.expect("a failure carries its message");
    assert_eq!(failed.status, Status::Fail);
    // What is not in its timeline is the caller's alone.
    assert!(alice.tim.find_message(failed.key()).await.unwrap().is_none());

    let mut bob = world.client("bob").await;
    for _ in 0..2 {
        let again = Message::clone(&failed);
        let sent = alice
            .tim
            .send_message(again, SendOptions::default())
            .await
            .unwrap();
        assert_eq!(
            (sent.key(), sent.status, sent.data.sequence),
            (failed.key(), Status::Success, Sequence(1))
        );
    }
    assert_eq!(bob.hears_text("early").await.key(), failed.key());
    let (page, next) = bob.tim.get_message_list(c2c("alice"), None).await.unwrap();
    assert_eq!((page.len(), next), (1, None));
    let found = bob.tim.find_message(failed.key()).await.unwrap();
    assert_eq!(found.and_then(|it| it.text()).as_deref(), Some("early"));
}

/// Proves `revokeMessage`.
#[tokio::test]
async fn a_revoked_message_is_revoked_on_every_instance_of_both_sides() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut other = world.client_on("alice", Platform::Ios).await;
    let mut bob = world.client("bob").await;
    let sent = alice.tim.send(Draft::text(c2c("bob"), "oops")).await.unwrap();
    bob.counts(1).await;
    alice.tim.revoke_message(&sent).await.unwrap();
    for client in [&mut other, &mut bob] {
        let revoked = client
            .hears(|event| match event {
                Event::MessageRevoked(list) => list.into_iter().next(),
                _ => None,
            })
            .await;
        assert_eq!((revoked.key(), revoked.is_revoked()), (sent.key(), true));
    }
    bob.counts(0).await;
    let own = alice.tim.find_message(sent.key()).await.unwrap().unwrap();
    assert!(own.is_revoked());
    let failure = alice.tim.revoke_message(&sent).await.unwrap_err();
    assert_eq!(failure.code, Code::REVOKE_REPEATED);
    let heard = bob.tim.find_message(sent.key()).await.unwrap().unwrap();
    let failure = bob.tim.revoke_message(&heard).await.unwrap_err();
    assert_eq!(failure.code, Code::REVOKE_MISSING);
}

/// Contract C3. Proves `getMessageList`.
#[tokio::test]
async fn a_history_is_read_backwards_page_by_page_without_holes() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let bob = world.client("bob").await;
    for number in 1..=40 {
        let draft = Draft::text(c2c("bob"), number.to_string());
        alice.tim.send(draft).await.unwrap();
    }
    // One that knows nothing yet, and one that heard them all.
    let fresh = world.client_on("bob", Platform::Android).await;
    for client in [&fresh, &bob] {
        let mut before = None;
        let mut pages = Vec::new();
        loop {
            let (page, next) = client.tim.get_message_list(c2c("alice"), before).await.unwrap();
            pages.push(page.iter().map(|it| it.data.sequence.0).collect::<Vec<_>>());
            before = next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [15, 15, 10]);
        let all: Vec<u64> = pages.into_iter().rev().flatten().collect();
        assert_eq!(all, (1..=40).collect::<Vec<_>>());
    }
    let (nothing, next) = bob.tim.get_message_list(c2c("carol"), None).await.unwrap();
    assert!(nothing.is_empty() && next.is_none());
}

/// Contract C5. Proves `getConversationList`, `getConversationProfile`, `setMessageRead` and `getTotalUnreadMessageCount`.
#[tokio::test]
async fn conversations_counts_and_marks_are_the_same_on_every_instance() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let carol = world.client("carol").await;
    let mut one = world.client("bob").await;
    let mut other = world.client_on("bob", Platform::Ios).await;
    for text in ["a", "b"] {
        alice.tim.send(Draft::text(c2c("bob"), text)).await.unwrap();
    }
    carol.tim.send(Draft::text(c2c("bob"), "c")).await.unwrap();
    for client in [&mut one, &mut other] {
        client.counts(3).await;
        let (list, is_whole) = client.tim.get_conversation_list().await.unwrap();
        let seen: Vec<_> = list.iter().map(|it| (it.id.clone(), it.unread_count)).collect();
        assert_eq!(
            (seen, is_whole),
            (vec![(c2c("carol"), 1), (c2c("alice"), 2)], true)
        );
    }
    one.tim.set_message_read(c2c("alice")).await.unwrap();
    let read = alice
        .hears(|event| match event {
            Event::MessageReadByPeer(list) => Some(list),
            _ => None,
        })
        .await;
    assert_eq!(texts(&read), ["a", "b"]);
    assert!(read.iter().all(|it| it.is_peer_read));
    let mut fresh = world.client_on("bob", Platform::Android).await;
    for client in [&mut one, &mut other, &mut fresh] {
        client.counts(1).await;
        let state = client.tim.get_conversation_profile(c2c("alice")).await.unwrap();
        assert_eq!((state.unread_count, state.read), (0, Sequence(2)));
        assert_eq!(
            state.peer.as_ref().map(|it| &it.user_id),
            Some(&UserId::trusted("alice"))
        );
    }
    let failure = one.tim.set_message_read(c2c("nobody")).await.unwrap_err();
    assert_eq!(failure.code, Code::CONVERSATION_NOT_FOUND);
    let failure = one.tim.get_conversation_profile(c2c("nobody")).await.unwrap_err();
    assert_eq!(failure.code, Code::USER_OR_GROUP_NOT_FOUND);
}
