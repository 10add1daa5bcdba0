//! Messages from session to session.

use std::collections::HashSet;

use hongyan_protocol::wire::{self, Platform, frame::Kind, push, request::Command, response};

use crate::support::{TestServer, sent, text_of, text_to, user_conversation};

#[tokio::test]
async fn a_message_reaches_the_other_user_and_the_senders_other_instances() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let mut alice_phone = server.client_on("alice", 2, Platform::Ios).await;
    let mut bob = server.client("bob").await;
    let answer = sent(alice.ask(text_to("bob", 1, "hello")).await);
    assert_eq!((answer.sequence, answer.version), (1, 1));
    assert_eq!(bob.message().await, (1, "hello".to_owned()));
    assert_eq!(alice_phone.message().await, (1, "hello".to_owned()));
    // The sender has its answer and no push.
    alice.request(Some(Command::Logout(wire::Logout {}))).await;
    let (_, heard) = alice.closed().await;
    assert!(heard.iter().all(|it| !matches!(it, Kind::Push(_))), "{heard:?}");
}

#[tokio::test]
async fn a_message_to_oneself_is_heard_once_by_each_other_instance() {
    let server = TestServer::start().await;
    let mut web = server.client("alice").await;
    let mut phone = server.client_on("alice", 2, Platform::Ios).await;
    sent(web.ask(text_to("alice", 1, "note")).await);
    sent(web.ask(text_to("alice", 2, "another")).await);
    assert_eq!(phone.message().await, (1, "note".to_owned()));
    assert_eq!(phone.message().await, (2, "another".to_owned()));
}

/// Contract C4.
#[tokio::test]
async fn messages_sent_without_waiting_keep_their_order_and_leave_no_gap() {
    const COUNT: u32 = 300;
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let mut bob = server.client("bob").await;
    let mut ids = Vec::new();
    for random in 1..=COUNT {
        ids.push(
            alice
                .request(Some(text_to("bob", random, &random.to_string())))
                .await,
        );
    }
    for (place, id) in ids.into_iter().enumerate() {
        assert_eq!(sent(alice.answer(id).await).sequence, place as u64 + 1);
    }
    for random in 1..=COUNT {
        assert_eq!(bob.message().await, (u64::from(random), random.to_string()));
    }
}

/// Contract C4.
#[tokio::test]
async fn all_who_listen_hear_many_senders_in_one_order() {
    const EACH: u32 = 40;
    let server = TestServer::start().await;
    let mut listeners = vec![
        server.client_on("bob", 1, Platform::Web).await,
        server.client_on("bob", 2, Platform::Ios).await,
        server.client_on("bob", 3, Platform::Linux).await,
    ];
    let senders: Vec<_> = ["alice", "carol", "dave"]
        .into_iter()
        .map(|user| {
            let connecting = server.client(user);
            async move {
                let mut client = connecting.await;
                for random in 1..=EACH {
                    client.request(Some(text_to("bob", random, user))).await;
                }
                client.ask(text_to("bob", 0, user)).await;
            }
        })
        .collect();
    futures_util::future::join_all(senders).await;
    let mut orders = HashSet::new();
    for listener in &mut listeners {
        let mut order = Vec::new();
        for _ in 0..3 * (EACH + 1) {
            let push::Kind::TimelineChange(change) = listener.push().await else {
                panic!("only messages were sent");
            };
            let message = change.message.unwrap();
            order.push((message.from, message.version));
        }
        for user in ["alice", "carol", "dave"] {
            let versions: Vec<_> = order.iter().filter(|it| it.0 == user).map(|it| it.1).collect();
            assert_eq!(versions, (1..=u64::from(EACH) + 1).collect::<Vec<_>>());
        }
        orders.insert(order);
    }
    assert_eq!(orders.len(), 1, "one order for all");
}

/// Contract C1.
#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    server.client("bob").await;
    sent(alice.ask(text_to("bob", 1, "kept")).await);
    drop(alice);
    let (key, folder) = (server.key.clone(), server.stop().await);

    let server = TestServer::start_in(folder, |_| {}).await;
    assert_eq!(server.key, key);
    assert!(server.password.is_empty(), "the first password is told once");
    let mut bob = server.client("bob").await;
    let response = bob
        .ask(Command::ListMessages(wire::ListMessages {
            conversation: Some(user_conversation("alice")),
            before: 0,
            count: 20,
            hop: None,
        }))
        .await;
    let Some(response::Result::ListMessages(page)) = response.result else {
        panic!("{response:?}");
    };
    let texts: Vec<_> = page.messages.iter().map(|it| text_of(&it.body)).collect();
    assert_eq!(texts, ["kept"]);
}

/// A command goes on when its client is gone: others hear of what was committed.
#[tokio::test]
async fn a_message_whose_sender_is_gone_is_heard_all_the_same() {
    let server = TestServer::start().await;
    let mut bob = server.client("bob").await;
    for round in 1..=20 {
        let mut alice = server.client("alice").await;
        // Made once: a resend carries the time of its first making, or it would be another message.
        let message = text_to("bob", round, "last words");
        alice.request(Some(message.clone())).await;
        drop(alice);
        // Either it was never read, or it is heard; what is committed is not kept secret.
        let mut again = server.client("alice").await;
        let answer = sent(again.ask(message).await);
        assert_eq!(bob.message().await.0, answer.sequence);
    }
}
