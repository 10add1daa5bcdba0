//! Logging in, being kicked, being silent, stopping.

use std::time::Duration;

use hongyan_protocol::platform::KickReason;
use hongyan_protocol::wire::{self, Close, Platform, frame::Kind, push, request::Command, response};
use hongyan_server::clock;
use hongyan_server::manage::{self, AppChange, SettingsChange};

use crate::support::{TestServer, text_to};

#[tokio::test]
async fn a_login_is_answered_with_what_a_client_needs() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let response = client
        .ask(Command::Login(server.ticket("alice", 1, Platform::Web)))
        .await;
    let Some(response::Result::Login(result)) = response.result else {
        panic!("{response:?}");
    };
    assert!(result.account > 0);
    assert_eq!(result.heartbeat_ms, 30_000);
    assert_eq!(result.frame_bytes_max, 64 * 1024);
    assert!(clock::now().0.abs_diff(result.server_time_ms) < 60_000);
    let again = client
        .ask(Command::Login(server.ticket("alice", 1, Platform::Web)))
        .await;
    assert_eq!(again.code, 2025);
}

/// Contract C7.
#[tokio::test]
async fn nothing_but_login_is_answered_before_login() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for command in [
        Some(text_to("bob", 1, "hello")),
        Some(Command::ListGroups(wire::ListGroups::default())),
        None,
    ] {
        let response = client.ask_for(command).await;
        assert_eq!((response.code, response.result), (2024, None));
    }
    let response = client
        .ask(Command::Login(server.ticket("alice", 1, Platform::Web)))
        .await;
    assert_eq!(response.code, 0, "it may still log in");
}

/// Contract C7.
#[tokio::test]
async fn who_does_not_log_in_is_closed() {
    let server = TestServer::start_with(|it| it.login_timeout = Duration::from_millis(200)).await;
    let (code, _) = server.connect().await.closed().await;
    assert_eq!(code, Close::LoginTimeout as u16);

    let mut client = server.connect().await;
    client.ping().await;
    for _ in 0..20 {
        client.request(None).await;
    }
    let (code, heard) = client.closed().await;
    assert_eq!(code, Close::TooMany as u16);
    assert!(heard.len() < 20);
}

/// Contract C6.
#[tokio::test]
async fn the_login_beyond_the_limit_kicks_the_oldest_which_hears_nothing_after_it() {
    let server = TestServer::start().await;
    manage::change_app(
        &*server.store,
        manage::DEFAULT_APP,
        AppChange {
            settings: SettingsChange {
                web_instances: Some(2),
                ..SettingsChange::default()
            },
            ..AppChange::default()
        },
    )
    .await
    .unwrap();
    let mut bob = server.client("bob").await;
    let mut first = server.client_on("alice", 1, Platform::Web).await;
    let mut second = server.client_on("alice", 2, Platform::Web).await;
    let mut desktop = server.client_on("alice", 3, Platform::Linux).await;
    bob.ask(text_to("alice", 1, "before")).await;
    let mut third = server.client_on("alice", 4, Platform::Web).await;
    bob.ask(text_to("alice", 2, "after")).await;

    let (code, heard) = first.closed().await;
    assert_eq!(code, Close::Kicked as u16);
    let [Kind::Push(before), Kind::Push(kicked)] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert!(matches!(before.kind, Some(push::Kind::TimelineChange(_))));
    assert_eq!(reason(kicked.kind.as_ref()), KickReason::MultipleAccount);
    assert_eq!(third.message().await.1, "after");
    for other in [&mut second, &mut desktop] {
        assert_eq!(other.message().await.1, "before");
        assert_eq!(other.message().await.1, "after");
    }

    // It learns of it again when it comes back without having seen it.
    let mut back = server.connect().await;
    back.request(Some(Command::Login(wire::Login {
        resume: true,
        ..server.ticket("alice", 1, Platform::Web)
    })))
    .await;
    let (code, heard) = back.closed().await;
    assert_eq!(code, Close::Kicked as u16);
    assert!(matches!(&heard[..], [Kind::Push(_)]));
}

#[tokio::test]
async fn an_instance_that_connects_again_takes_the_place_of_its_lost_socket() {
    let server = TestServer::start().await;
    let mut lost = server.client("alice").await;
    let mut back = server.connect().await;
    let login = wire::Login {
        resume: true,
        ..server.ticket("alice", 1, Platform::Web)
    };
    assert_eq!(back.ask(Command::Login(login)).await.code, 0);
    let (code, heard) = lost.closed().await;
    assert_eq!((code, heard), (Close::GoingAway as u16, Vec::new()));
    back.ping().await;
}

/// Contract C7.
#[tokio::test]
async fn a_session_ends_with_its_usersig() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let login = wire::Login {
        user_sig: server.sign_at("alice", clock::now(), 1),
        ..server.ticket("alice", 1, Platform::Web)
    };
    assert_eq!(client.ask(Command::Login(login.clone())).await.code, 0);
    let (code, heard) = client.closed().await;
    assert_eq!(code, Close::Kicked as u16);
    let [Kind::Push(kicked)] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(reason(kicked.kind.as_ref()), KickReason::UserSigExpired);

    let mut client = server.connect().await;
    assert_eq!(client.ask(Command::Login(login)).await.code, 70001);
}

#[tokio::test]
async fn a_silent_client_is_closed_and_one_that_pings_is_not() {
    let server = TestServer::start_with(|it| it.heartbeat = Duration::from_millis(200)).await;
    let mut silent = server.client("silent").await;
    let mut lively = server.client("lively").await;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        lively.ping().await;
    }
    let (code, _) = silent.closed().await;
    assert_eq!(code, Close::Silent as u16);
    lively.ping().await;
}

#[tokio::test]
async fn a_logout_is_answered_then_closed_and_disturbs_no_other_instance() {
    let server = TestServer::start().await;
    let mut web = server.client("alice").await;
    let mut phone = server.client_on("alice", 2, Platform::Ios).await;
    let id = web.request(Some(Command::Logout(wire::Logout {}))).await;
    let (code, heard) = web.closed().await;
    assert_eq!(code, Close::LoggedOut as u16);
    assert!(
        matches!(&heard[..], [Kind::Response(response)] if response.id == id && response.code == 0),
        "{heard:?}"
    );
    phone.ping().await;
    let mut back = server.client("alice").await;
    back.ping().await;
}

#[tokio::test]
async fn a_server_that_stops_tells_all_to_come_back() {
    let server = TestServer::start().await;
    let mut client = server.client("alice").await;
    let mut stranger = server.connect().await;
    stranger.ping().await;
    let (folder, (one, _), (other, _)) = tokio::join!(server.stop(), client.closed(), stranger.closed());
    assert_eq!((one, other), (Close::GoingAway as u16, Close::GoingAway as u16));
    let server = TestServer::start_in(folder, |_| {}).await;
    server.is_alive().await;
}

fn reason(push: Option<&push::Kind>) -> KickReason {
    match push {
        Some(push::Kind::Kicked(kicked)) => KickReason::from_wire(kicked.reason),
        other => panic!("not kicked: {other:?}"),
    }
}
