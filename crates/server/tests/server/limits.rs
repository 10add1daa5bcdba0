//! What keeps one client from taking what belongs to all.

use std::time::Duration;

use hongyan_protocol::wire::{self, Close, Platform, request::Command, response};
use tokio::net::TcpSocket;

use crate::support::{Client, TestServer, sent, text_to, user_conversation};

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_and_comes_back_to_all_it_missed() {
    const COUNT: u32 = 1500;
    let server = TestServer::start_with(|it| {
        it.limits.queue_frames_max = 64;
        it.limits.requests_per_s = 1_000_000;
        it.close_grace = Duration::from_secs(20);
    })
    .await;
    // A small window, so that little is under way when it stops reading.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.address).await.unwrap();
    let mut slow = Client::over(stream, server.address).await;
    let login = server.ticket("slow", 1, Platform::Web);
    assert_eq!(slow.ask(Command::Login(login)).await.code, 0);

    let mut alice = server.client("alice").await;
    let text = "x".repeat(11 * 1024);
    for random in 1..=COUNT {
        sent(alice.ask(text_to("slow", random, &text)).await);
    }
    let (code, heard) = slow.closed().await;
    assert_eq!(code, Close::TooSlow as u16);
    assert!(heard.len() < COUNT as usize);
    let metrics = server.http("GET", "/metrics", &[], "").await.body;
    assert!(metrics.contains("hongyan_queue_full_total 1"), "{metrics}");

    let mut back = server.connect().await;
    let login = wire::Login {
        resume: true,
        ..server.ticket("slow", 1, Platform::Web)
    };
    assert_eq!(back.ask(Command::Login(login)).await.code, 0);
    let newest = Command::ListMessages(wire::ListMessages {
        conversation: Some(user_conversation("alice")),
        before: 0,
        count: 1,
        hop: None,
    });
    let Some(response::Result::ListMessages(page)) = back.ask(newest).await.result else {
        panic!("no page");
    };
    assert_eq!(page.messages[0].sequence, u64::from(COUNT));
}

#[tokio::test]
async fn too_many_requests_are_refused_and_going_on_is_closed() {
    let server = TestServer::start_with(|it| {
        it.limits.requests_per_s = 1;
        it.limits.request_burst = 5;
    })
    .await;
    let mut client = server.client("alice").await;
    for _ in 0..5 {
        assert_eq!(client.ask_for(None).await.code, 60009);
    }
    assert_eq!(client.ask_for(None).await.code, 60018);
    for _ in 0..10 {
        client.request(None).await;
    }
    assert_eq!(client.closed().await.0, Close::TooMany as u16);
    server.is_alive().await;
}

#[tokio::test]
async fn an_account_has_as_many_connections_as_it_may() {
    let server = TestServer::start_with(|it| it.limits.account_connections_max = 2).await;
    let mut one = server.client_on("alice", 1, Platform::Web).await;
    let mut two = server.client_on("alice", 2, Platform::Ios).await;
    let mut three = server.connect().await;
    three
        .request(Some(Command::Login(server.ticket("alice", 3, Platform::Linux))))
        .await;
    assert_eq!(three.closed().await.0, Close::TooMany as u16);
    one.ping().await;
    two.ping().await;
}

/// Contract C7.
#[tokio::test]
async fn who_fails_too_often_has_to_wait_and_others_do_not() {
    let server = TestServer::start_with(|it| it.limits.login_failures_max = 3).await;
    let bad = wire::Login {
        user_sig: "guess".to_owned(),
        ..server.ticket("alice", 1, Platform::Web)
    };
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.ask(Command::Login(bad.clone())).await.code, 70003);
    }
    let good = server.ticket("alice", 1, Platform::Web);
    for login in [bad, good] {
        let mut client = server.connect().await;
        assert_eq!(client.ask(Command::Login(login)).await.code, 70050);
    }
    server.client("bob").await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_as_they_come() {
    let server = TestServer::start_with(|it| it.limits.connections_max = 1).await;
    let mut first = server.client("alice").await;
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let second = tokio_tungstenite::client_async(format!("ws://{}/v1/ws", server.address), stream);
    assert!(second.await.is_err());
    first.ping().await;
}
