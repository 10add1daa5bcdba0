//! What bad input gets: a public code or a close code with a reason, and a server that goes on.

use bytes::Bytes;
use hongyan_protocol::frame;
use hongyan_protocol::wire::{self, Close, Platform, request::Command};
use hongyan_server::clock;
use prost::Message as _;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{TestServer, text_to, user_conversation};

#[tokio::test]
async fn garbage_text_and_half_frames_are_closed_before_and_after_login() {
    let server = TestServer::start().await;
    let whole = frame::request(wire::Request {
        id: 1,
        command: Some(text_to("bob", 1, "hello")),
    });
    for bad in [
        Message::text("{\"hello\":1}"),
        Message::binary(vec![0xff; 100]),
        Message::Binary(whole.slice(..whole.len() / 2)),
        Message::Binary(Bytes::from([0x0a, 0].repeat(5000))),
    ] {
        let mut stranger = server.connect().await;
        stranger.send(bad.clone()).await;
        assert_eq!(stranger.closed().await.0, Close::Malformed as u16);
        let mut client = server.client("alice").await;
        client.send(bad).await;
        assert_eq!(client.closed().await.0, Close::Malformed as u16);
    }
    server.is_alive().await;
}

#[tokio::test]
async fn an_oversize_message_is_closed_before_and_after_login() {
    let server = TestServer::start().await;
    for size in [64 * 1024 + 1, 8 * 1024 * 1024] {
        let mut stranger = server.connect().await;
        stranger.send(Message::binary(vec![0; size])).await;
        assert_eq!(stranger.closed().await.0, Close::FrameTooLarge as u16);
        let mut client = server.client("alice").await;
        client.send(Message::binary(vec![0; size])).await;
        assert_eq!(client.closed().await.0, Close::FrameTooLarge as u16);
    }
    server.is_alive().await;
}

#[tokio::test]
async fn what_is_no_websocket_is_closed_with_a_code() {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpStream;
    let server = TestServer::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut raw = stream.into_std().unwrap();
    let stream = TcpStream::from_std(raw.try_clone().unwrap()).unwrap();
    let mut client = crate::support::Client::over(stream, server.address).await;
    // Reserved bits, an unknown opcode.
    std::io::Write::write_all(&mut raw, &[0xff, 0x80, 1, 2, 3, 4]).unwrap();
    assert_eq!(client.closed().await.0, Close::Malformed as u16);

    // And a request that never ends.
    let mut endless = TcpStream::connect(server.address).await.unwrap();
    endless.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let _ = endless.write_all(&vec![b'x'; 1 << 20]).await;
    server.is_alive().await;
}

#[tokio::test]
async fn an_unknown_command_is_answered_and_ends_nothing() {
    let server = TestServer::start().await;
    let mut client = server.client("alice").await;
    assert_eq!(client.ask_for(None).await.code, 60009);
    // A frame of a kind that is not known yet, and one that only a server sends.
    client.send(Message::binary(vec![0x0a, 3, 0xfa, 0x01, 0])).await;
    client.send(Message::Binary(frame::pong(1))).await;
    client.ping().await;
}

/// Contract C7.
#[tokio::test]
async fn a_usersig_that_is_not_good_gets_its_public_code() {
    let server = TestServer::start_with(|it| it.limits.login_failures_max = 1000).await;
    let now = clock::now();
    let other_key = hongyan_protocol::usersig::issue(
        hongyan_server::manage::DEFAULT_APP,
        "alice",
        "another key",
        now,
        60,
    );
    let other_app = hongyan_protocol::usersig::issue(
        hongyan_protocol::id::SdkAppId(1_400_000_002),
        "alice",
        &server.key,
        now,
        60,
    );
    let expired = server.sign_at("alice", hongyan_protocol::id::Timestamp(now.0 - 100_000), 60);
    for (ticket, code) in [
        (String::new(), 70002),
        ("x".repeat(2049), 70003),
        ("!not base64!".to_owned(), 70003),
        ("bm90IHpsaWI_".to_owned(), 70003),
        (zlib(b"not json"), 70003),
        (zlib(br#"{"TLS.ver":"2.0","TLS.identifier":"alice"}"#), 70003),
        (zlib(&vec![b' '; 1 << 20]), 70003),
        (other_key, 70009),
        (other_app, 70014),
        (server.sign("bob"), 70013),
        (expired, 70001),
    ] {
        let mut client = server.connect().await;
        let login = wire::Login {
            user_sig: ticket.clone(),
            ..server.ticket("alice", 1, Platform::Web)
        };
        let response = client.ask(Command::Login(login)).await;
        assert_eq!((response.code, response.result), (code, None), "{ticket:.30}");
    }
    let mut client = server.connect().await;
    let login = wire::Login {
        sdk_app_id: 1_400_000_099,
        ..server.ticket("alice", 1, Platform::Web)
    };
    assert_eq!(client.ask(Command::Login(login)).await.code, 70020);
    server.is_alive().await;
}

/// Contract C7.
#[tokio::test]
async fn a_login_with_a_forbidden_name_platform_or_instance_is_refused() {
    let server = TestServer::start_with(|it| it.limits.login_failures_max = 1000).await;
    let mut client = server.connect().await;
    for user in ["", "用户", "tab\t", "nul\0", &"x".repeat(33)] {
        let response = client
            .ask(Command::Login(server.ticket(user, 1, Platform::Web)))
            .await;
        assert_eq!(response.code, 70402, "{user:?}");
    }
    let login = wire::Login {
        instance: vec![1; 15].into(),
        ..server.ticket("alice", 1, Platform::Web)
    };
    assert_eq!(client.ask(Command::Login(login)).await.code, 70402);
    let login = wire::Login {
        platform: 99,
        ..server.ticket("alice", 1, Platform::Web)
    };
    assert_eq!(client.ask(Command::Login(login)).await.code, 70402);
}

#[tokio::test]
async fn a_message_that_is_too_long_from_the_future_or_no_body_gets_its_code() {
    let server = TestServer::start().await;
    server.client("bob").await;
    let mut client = server.client("alice").await;
    let too_long = text_to("bob", 1, &"x".repeat(12 * 1024 + 1));
    assert_eq!(client.ask(too_long).await.code, 80002);

    let Command::SendMessage(mut future) = text_to("bob", 2, "hello") else {
        unreachable!();
    };
    future.client_time_s = u32::MAX;
    assert_eq!(client.ask(Command::SendMessage(future.clone())).await.code, 90006);

    let no_body = wire::SendMessage {
        client_time_s: clock::now().seconds() as u32,
        body: vec![0xff; 20].into(),
        ..future.clone()
    };
    assert_eq!(client.ask(Command::SendMessage(no_body)).await.code, 90001);
    let empty = wire::SendMessage {
        client_time_s: clock::now().seconds() as u32,
        body: wire::Body::default().encode_to_vec().into(),
        ..future.clone()
    };
    let code = client.ask(Command::SendMessage(empty)).await.code;
    assert!([90001, 90002].contains(&code), "{code}");
    let nobody = wire::SendMessage {
        conversation: Some(user_conversation("nobody")),
        client_time_s: clock::now().seconds() as u32,
        ..future
    };
    assert_eq!(client.ask(Command::SendMessage(nobody)).await.code, 20003);
    client.ping().await;
}

/// Text as a UserSig packs it.
fn zlib(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use std::io::Write as _;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    base64::engine::general_purpose::STANDARD
        .encode(packer.finish().unwrap())
        .replace('+', "*")
        .replace('/', "-")
        .replace('=', "_")
}
