//! What strangers and members try that is not theirs. `docs/security.md` names each of these tests beside its threat.

use std::time::Duration;

use hongyan_protocol::id::SdkAppId;
use hongyan_protocol::wire::{self, Close, Platform, push, request::Command, response::Result as Done};
use hongyan_protocol::{frame, usersig};
use hongyan_server::{App, clock, manage};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, sent, text_of, text_to, user_conversation};

const FORBIDDEN: i32 = 10007;
const GONE: i32 = 10010;
const PATIENCE: Duration = Duration::from_secs(20);

fn group_conversation(id: &str) -> Option<wire::Conversation> {
    let kind = Some(wire::conversation::Kind::GroupId(id.to_owned()));
    Some(wire::Conversation { kind })
}

fn system() -> Option<wire::Conversation> {
    let kind = Some(wire::conversation::Kind::System(true));
    Some(wire::Conversation { kind })
}

fn text_to_group(id: &str, random: u32) -> Command {
    let Command::SendMessage(message) = text_to("nobody", random, "to all") else {
        unreachable!();
    };
    Command::SendMessage(wire::SendMessage {
        conversation: group_conversation(id),
        ..message
    })
}

fn history(conversation: Option<wire::Conversation>) -> Command {
    Command::ListMessages(wire::ListMessages {
        conversation,
        before: 0,
        count: 20,
        hop: None,
    })
}

fn changes(conversation: Option<wire::Conversation>) -> Command {
    Command::ListChanges(wire::ListChanges {
        conversation,
        version: 0,
        sequence: 0,
    })
}

fn create(id: &str, kind: wire::GroupType, members: &[&str]) -> Command {
    Command::CreateGroup(wire::CreateGroup {
        r#type: kind.into(),
        name: id.to_owned(),
        group_id: id.to_owned(),
        member_ids: members.iter().map(|it| (*it).to_owned()).collect(),
        join_option: wire::JoinOption::NeedPermission.into(),
        ..wire::CreateGroup::default()
    })
}

async fn carried_out(client: &mut Client, command: Command) -> Done {
    let response = client.ask(command).await;
    assert_eq!(response.code, 0, "{}", response.text);
    response.result.unwrap()
}

async fn messages(client: &mut Client, conversation: Option<wire::Conversation>) -> Vec<wire::Message> {
    match carried_out(client, history(conversation)).await {
        Done::ListMessages(page) => page.messages,
        other => panic!("no page: {other:?}"),
    }
}

/// Somebody of an app.
async fn client_of(server: &TestServer, app: &App, user: &str) -> Client {
    let mut client = server.connect().await;
    let login = wire::Login {
        sdk_app_id: app.id.0,
        user_sig: usersig::issue(app.id, user, &app.key.0, clock::now(), 60),
        ..server.ticket(user, 1, Platform::Web)
    };
    assert_eq!(client.ask(Command::Login(login)).await.code, 0);
    client
}

#[tokio::test]
async fn two_apps_with_the_same_names_share_nothing() {
    let server = TestServer::start().await;
    let one = manage::find_app(&*server.store, manage::DEFAULT_APP)
        .await
        .unwrap();
    let two = manage::create_app(&*server.store, None, "two", clock::now())
        .await
        .unwrap();
    let mut alice = client_of(&server, &one, "alice").await;
    let mut bob = client_of(&server, &one, "bob").await;
    let mut other_alice = client_of(&server, &two, "alice").await;
    let mut other_bob = client_of(&server, &two, "bob").await;

    // In the first app there is a talk, a group, a profile, a blacklist.
    sent(alice.ask(text_to("bob", 1, "of the first app")).await);
    carried_out(&mut alice, create("team", wire::GroupType::Public, &["bob"])).await;
    sent(alice.ask(text_to_group("team", 2)).await);
    let nick = Command::UpdateProfile(wire::UpdateProfile {
        nick: Some("of the first app".to_owned()),
        ..wire::UpdateProfile::default()
    });
    carried_out(&mut alice, nick).await;
    let block = || {
        Command::AddToBlacklist(wire::AddToBlacklist {
            user_ids: vec!["alice".to_owned()],
        })
    };
    carried_out(&mut bob, block()).await;
    assert_eq!(alice.ask(text_to("bob", 3, "blocked")).await.code, 20007);

    // In the second there is none of it.
    other_bob.hears_nothing().await;
    assert_eq!(
        messages(&mut other_bob, Some(user_conversation("alice"))).await,
        []
    );
    let team = || "team".to_owned();
    for (command, code) in [
        (history(group_conversation("team")), FORBIDDEN),
        (changes(group_conversation("team")), FORBIDDEN),
        (text_to_group("team", 4), GONE),
        (Command::FindGroup(wire::FindGroup { group_id: team() }), GONE),
        (
            Command::JoinGroup(wire::JoinGroup {
                group_id: team(),
                ..wire::JoinGroup::default()
            }),
            GONE,
        ),
        (
            Command::ListGroupMembers(wire::ListGroupMembers {
                group_id: team(),
                ..wire::ListGroupMembers::default()
            }),
            GONE,
        ),
        (Command::QuitGroup(wire::QuitGroup { group_id: team() }), GONE),
        (
            Command::DismissGroup(wire::DismissGroup { group_id: team() }),
            GONE,
        ),
    ] {
        assert_eq!(other_alice.ask(command.clone()).await.code, code, "{command:?}");
    }
    let whom = Command::FindProfiles(wire::FindProfiles {
        user_ids: vec!["alice".to_owned()],
    });
    let Done::FindProfiles(found) = carried_out(&mut other_bob, whom).await else {
        panic!("no profiles");
    };
    assert_eq!(found.profiles[0].nick, "");
    let Done::ListBlacklist(list) =
        carried_out(&mut other_bob, Command::ListBlacklist(wire::ListBlacklist {})).await
    else {
        panic!("no blacklist");
    };
    assert!(list.user_ids.is_empty());
    let Done::Sync(synced) = carried_out(&mut other_bob, Command::Sync(wire::Sync::default())).await else {
        panic!("no snapshot");
    };
    let snapshot = synced.snapshot.unwrap();
    assert!(snapshot.conversations.is_empty() && snapshot.groups.is_empty());

    // What happens there is not heard here, though all names are the same.
    alice.hears_nothing_more().await;
    bob.hears_nothing_more().await;
    sent(other_alice.ask(text_to("bob", 5, "of the second app")).await);
    carried_out(
        &mut other_alice,
        create("team", wire::GroupType::Public, &["bob"]),
    )
    .await;
    sent(other_alice.ask(text_to_group("team", 6)).await);
    bob.hears_nothing().await;
    alice.hears_nothing().await;
    assert_eq!(
        messages(&mut bob, Some(user_conversation("alice"))).await.len(),
        1
    );

    // And a ticket opens the app that it is for.
    let ticket = |app: &App| usersig::issue(app.id, "alice", &app.key.0, clock::now(), 60);
    let swapped = usersig::issue(two.id, "alice", &one.key.0, clock::now(), 60);
    for (app, user_sig, code) in [(two.id, ticket(&one), 70014), (two.id, swapped, 70009)] {
        let mut stranger = server.connect().await;
        let login = wire::Login {
            sdk_app_id: app.0,
            user_sig,
            ..server.ticket("alice", 1, Platform::Web)
        };
        assert_eq!(stranger.ask(Command::Login(login)).await.code, code);
    }
}

#[tokio::test]
async fn who_is_not_in_a_conversation_reads_and_changes_nothing_of_it() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let mut bob = server.client("bob").await;
    let mut carol = server.client("carol").await;
    sent(alice.ask(text_to("bob", 1, "between us")).await);
    bob.message().await;

    // There is no name under which a third one could ask for it.
    for with in ["alice", "bob"] {
        let with = || Some(user_conversation(with));
        assert_eq!(messages(&mut carol, with()).await, []);
        let Done::ListChanges(answer) = carried_out(&mut carol, changes(with())).await else {
            panic!("no changes");
        };
        assert!(answer.changes.is_empty());
        for command in [
            Command::RevokeMessage(wire::RevokeMessage {
                conversation: with(),
                sequence: 1,
            }),
            Command::MarkRead(wire::MarkRead {
                conversation: with(),
                sequence: 1,
            }),
        ] {
            assert_ne!(carol.ask(command).await.code, 0);
        }
    }
    // The receiver does not take back what the sender said.
    let revoke = Command::RevokeMessage(wire::RevokeMessage {
        conversation: Some(user_conversation("alice")),
        sequence: 1,
    });
    assert_ne!(bob.ask(revoke).await.code, 0);
    carol.hears_nothing().await;
    assert_eq!(
        messages(&mut bob, Some(user_conversation("alice"))).await.len(),
        1
    );
}

#[tokio::test]
async fn who_is_not_in_a_group_or_no_more_reads_and_changes_nothing_of_it() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let mut bob = server.client("bob").await;
    let mut carol = server.client("carol").await;
    carried_out(&mut alice, create("team", wire::GroupType::Public, &["bob"])).await;
    carried_out(&mut carol, create("mine", wire::GroupType::Public, &[])).await;
    let first = sent(alice.ask(text_to_group("team", 1)).await);
    let team = || "team".to_owned();
    let all = move || {
        let conversation = || group_conversation("team");
        vec![
            history(conversation()),
            changes(conversation()),
            text_to_group("team", 99),
            Command::FindConversation(wire::FindConversation {
                conversation: conversation(),
            }),
            Command::ListGroupMembers(wire::ListGroupMembers {
                group_id: team(),
                ..wire::ListGroupMembers::default()
            }),
            Command::RevokeMessage(wire::RevokeMessage {
                conversation: conversation(),
                sequence: first.sequence,
            }),
            Command::HandleGroupApplication(wire::HandleGroupApplication {
                group_id: team(),
                application: 1,
                agree: true,
                ..wire::HandleGroupApplication::default()
            }),
            Command::DismissGroup(wire::DismissGroup { group_id: team() }),
            Command::QuitGroup(wire::QuitGroup { group_id: team() }),
            Command::MarkRead(wire::MarkRead {
                conversation: conversation(),
                sequence: first.sequence,
            }),
        ]
    };
    for command in all() {
        let response = carol.ask(command.clone()).await;
        assert!(
            [FORBIDDEN, 2500, 2623].contains(&response.code) && response.result.is_none(),
            "{command:?} {response:?}"
        );
    }
    let held = Command::Sync(wire::Sync {
        pts: 1,
        held: vec![wire::Held {
            conversation: group_conversation("team"),
            version: 0,
            sequence: 0,
        }],
        listed_ms: 0,
        again: true,
    });
    let Done::Sync(synced) = carried_out(&mut carol, held).await else {
        panic!("not synced");
    };
    let about_team = |update: &wire::ConversationUpdate| {
        update.state.as_ref().unwrap().conversation == group_conversation("team")
    };
    assert!(!synced.updates.iter().any(about_team));

    // An application is handled in its own group: not by whoever owns another one and knows its number.
    let join = Command::JoinGroup(wire::JoinGroup {
        group_id: "team".to_owned(),
        apply_message: "please".to_owned(),
    });
    carried_out(&mut carol, join).await;
    for application in 1..=3 {
        let through_mine = Command::HandleGroupApplication(wire::HandleGroupApplication {
            group_id: "mine".to_owned(),
            application,
            agree: true,
            ..wire::HandleGroupApplication::default()
        });
        assert_eq!(carol.ask(through_mine).await.code, 10024);
    }
    // Notices are for those whom they name.
    for (client, name) in [(&mut alice, "alice"), (&mut bob, "bob"), (&mut carol, "carol")] {
        for message in messages(client, system()).await {
            assert_eq!(message.to, Some(wire::message::To::ToSystem(name.to_owned())));
        }
    }

    // Who left is a stranger again, and so is everybody when it is dissolved.
    let quit = Command::QuitGroup(wire::QuitGroup {
        group_id: "team".to_owned(),
    });
    carried_out(&mut bob, quit).await;
    bob.hears_nothing_more().await;
    sent(alice.ask(text_to_group("team", 2)).await);
    bob.hears_nothing().await;
    for command in all() {
        let response = bob.ask(command.clone()).await;
        assert!(
            [FORBIDDEN, 2500, 2623].contains(&response.code) && response.result.is_none(),
            "{command:?} {response:?}"
        );
    }
    let dismiss = Command::DismissGroup(wire::DismissGroup {
        group_id: "team".to_owned(),
    });
    carried_out(&mut alice, dismiss).await;
    for command in all() {
        let response = alice.ask(command.clone()).await;
        assert!(
            response.code != 0 && response.result.is_none(),
            "{command:?} {response:?}"
        );
    }
}

#[tokio::test]
async fn nobody_speaks_in_anothers_name_or_in_the_servers() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let mut bob = server.client("bob").await;
    server.client("carol").await;

    // A request says nothing of its sender; whatever is written into fields that a message has elsewhere is passed over.
    let Command::SendMessage(message) = text_to("bob", 1, "hello") else {
        unreachable!();
    };
    let mut body = message.encode_to_vec();
    let said = wire::Message {
        from: "carol".to_owned(),
        nick: "Carol".to_owned(),
        ..wire::Message::default()
    };
    for tag in 20..40_u32 {
        prost::encoding::message::encode(tag, &said, &mut body);
        prost::encoding::string::encode(tag + 20, &"carol".to_owned(), &mut body);
    }
    let mut request = wire::Request {
        id: 77,
        command: None,
    }
    .encode_to_vec();
    let sample = wire::Request {
        id: 0,
        command: Some(Command::SendMessage(wire::SendMessage::default())),
    };
    let tag = sample.encode_to_vec();
    // The key of the command's field, as the wire has it.
    request.extend_from_slice(&tag[..tag.len() - 1]);
    prost::encoding::encode_varint(body.len() as u64, &mut request);
    request.extend_from_slice(&body);
    let mut whole = Vec::new();
    let mut frame_bytes = vec![frame::request(wire::Request::default())[2]];
    prost::encoding::encode_varint(request.len() as u64, &mut frame_bytes);
    frame_bytes.extend_from_slice(&request);
    whole.push(frame::request(wire::Request::default())[0]);
    prost::encoding::encode_varint(frame_bytes.len() as u64, &mut whole);
    whole.extend_from_slice(&frame_bytes);
    alice.send(Message::binary(whole)).await;
    sent(alice.answer(77).await);
    let push::Kind::TimelineChange(change) = bob.push().await else {
        panic!("no message");
    };
    let message = change.message.unwrap();
    assert_eq!((message.from.as_str(), message.nick.as_str()), ("alice", ""));
    assert_eq!(text_of(&message.body), "hello");

    // Tips and notices are the server's to make, and its conversation is nobody's to write to.
    for kind in [
        wire::element::Kind::GroupTip(wire::GroupTip::default()),
        wire::element::Kind::GroupNotice(wire::GroupNotice::default()),
    ] {
        let body = wire::Body {
            elements: vec![wire::Element { kind: Some(kind) }],
        };
        let Command::SendMessage(message) = text_to("bob", 2, "") else {
            unreachable!();
        };
        let forged = wire::SendMessage {
            body: body.encode_to_vec().into(),
            ..message
        };
        assert_eq!(alice.ask(Command::SendMessage(forged)).await.code, 90002);
    }
    let Command::SendMessage(message) = text_to("bob", 3, "notice") else {
        unreachable!();
    };
    for conversation in [system(), Some(user_conversation("@TIM#SYSTEM"))] {
        let to_system = wire::SendMessage {
            conversation,
            ..message.clone()
        };
        assert_ne!(alice.ask(Command::SendMessage(to_system)).await.code, 0);
    }
    bob.hears_nothing().await;

    // Whose name would be taken for the server's is nobody's.
    let mut stranger = server.connect().await;
    let login = server.ticket("@TIM#SYSTEM", 1, Platform::Web);
    assert_eq!(stranger.ask(Command::Login(login)).await.code, 70402);
}

#[tokio::test]
async fn any_page_may_open_a_socket_and_no_cookie_lets_it_in() {
    let server = TestServer::start().await;
    let body = serde_json::json!({ "password": server.password }).to_string();
    let json = ("content-type", "application/json");
    let signed_in = server.http("POST", "/console/api/login", &[json], &body).await;
    let cookie = signed_in
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();

    let request = tokio_tungstenite::tungstenite::http::Request::builder()
        .uri(format!("ws://{}/v1/ws", server.address))
        .header("host", server.address.to_string())
        .header("origin", "https://evil.example")
        .header("cookie", cookie)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
        .header(
            "sec-websocket-extensions",
            "permessage-deflate; client_max_window_bits",
        )
        .body(())
        .unwrap();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (socket, response) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
    assert!(
        response.headers().get("sec-websocket-extensions").is_none(),
        "nothing is inflated, so nothing grows"
    );
    let mut client = Client::on(socket);
    let groups = Command::ListGroups(wire::ListGroups {});
    assert_eq!(client.ask(groups).await.code, 2024);
}

#[tokio::test]
async fn a_compressed_frame_is_no_frame() {
    let server = TestServer::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut raw = stream.into_std().unwrap();
    let stream = TcpStream::from_std(raw.try_clone().unwrap()).unwrap();
    let mut client = Client::over(stream, server.address).await;
    // Final, compressed (RSV1), binary, masked, of one byte.
    std::io::Write::write_all(&mut raw, &[0xc2, 0x81, 1, 2, 3, 4, 5]).unwrap();
    assert_eq!(client.closed().await.0, Close::Malformed as u16);
}

#[tokio::test]
async fn another_site_and_a_borrowed_name_are_not_signed_for_in_development() {
    let server = TestServer::start().await;
    let json = ("content-type", "application/json");
    let own = server.address.to_string();
    let own_origin = format!("http://{own}");
    let body = r#"{"userID":"alice"}"#;
    let ask = async |headers: &[(&str, &str)]| {
        let signed = server.http("POST", "/dev/usersig", headers, body).await;
        let info = server.http("GET", "/dev/info", headers, "").await;
        assert_eq!(signed.status, info.status, "{headers:?}");
        assert_eq!(signed.body.contains("userSig"), signed.status == 200);
        signed.status
    };
    assert_eq!(ask(&[json]).await, 200, "a program");
    let page = [
        json,
        ("origin", own_origin.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(ask(&page).await, 200, "the demo");
    for foreign in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(ask(&[json, foreign]).await, 403, "{foreign:?}");
    }
    // DNS rebinding: the browser takes this for one origin.
    let rebound = [
        json,
        ("host", "evil.example:8020"),
        ("origin", "http://evil.example:8020"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(ask(&rebound).await, 403);
}

#[tokio::test]
async fn signing_in_gives_a_fresh_cookie_that_scripts_and_other_sites_do_not_get() {
    let server = TestServer::start().await;
    let json = ("content-type", "application/json");
    let body = serde_json::json!({ "password": server.password }).to_string();
    // A cookie that somebody else put there is not the one that is signed in.
    let planted = ("cookie", "hongyan_console=planted; hongyan_console=planted2");
    let answer = server
        .http("POST", "/console/api/login", &[json, planted], &body)
        .await;
    let cookie = answer.header("set-cookie").unwrap();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
        assert!(cookie.split("; ").any(|it| it == flag), "{cookie}");
    }
    assert!(
        !cookie.contains("Domain") && !cookie.contains("planted"),
        "{cookie}"
    );
    let token = cookie.split(';').next().unwrap().split('=').nth(1).unwrap();
    assert_eq!(token.len(), 64, "256 bits");
    let session = server.http("GET", "/console/api/session", &[planted], "").await;
    assert_eq!(session.status, 401);
    let again = server.http("POST", "/console/api/login", &[json], &body).await;
    assert!(!again.header("set-cookie").unwrap().contains(token));
    // After the logout it opens nothing, also when somebody kept it.
    let own = ("cookie", cookie.split(';').next().unwrap());
    assert_eq!(
        server
            .http("GET", "/console/api/session", &[own], "")
            .await
            .status,
        200
    );
    let out = server
        .http("POST", "/console/api/logout", &[json, own], "{}")
        .await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(
        server
            .http("GET", "/console/api/session", &[own], "")
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_search_for_accounts_is_text_and_never_sql_or_a_pattern() {
    let server = TestServer::start().await;
    let other = manage::create_app(&*server.store, None, "other", clock::now())
        .await
        .unwrap();
    client_of(&server, &other, "a_of_the_other_app").await;
    for user in ["a_b", "a%b", "aXb", "a'b", "a\\b"] {
        server.client(user).await;
    }
    let json = ("content-type", "application/json");
    let body = serde_json::json!({ "password": server.password }).to_string();
    let answer = server.http("POST", "/console/api/login", &[json], &body).await;
    let cookie = answer
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let search = async |query: &str| {
        let path = format!("/console/api/apps/1400000001/accounts?{query}");
        let answer = server.http("GET", &path, &[("cookie", &cookie)], "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let accounts = answer.json()["accounts"].as_array().unwrap().clone();
        let names = accounts
            .iter()
            .map(|it| it["userID"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(search("query=a_b").await, ["a_b"]);
    assert_eq!(search("query=%25").await, ["a%b"]);
    assert_eq!(search("query=a%27b").await, ["a'b"]);
    assert_eq!(search("query=a%5Cb").await, ["a\\b"]);
    for nothing in [
        "query=%27%20OR%201%3D1%20--",
        "query=a%27)%3B%20DROP%20TABLE%20account%3B--",
        "query=%00",
        "after=%27%20OR%201%3D1%20--zzz&query=zzz",
        "query=__",
    ] {
        assert_eq!(search(nothing).await, [""; 0], "{nothing}");
    }
    assert_eq!(
        search("limit=18446744073709551615").await.len(),
        5,
        "and of its own app only"
    );
}

#[tokio::test]
async fn no_path_leads_out_of_the_web_apps() {
    let server = TestServer::start().await;
    for path in [
        "/../Cargo.toml",
        "/../../../../etc/passwd",
        "/..%2f..%2fCargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/console/../../Cargo.toml",
        "/console/..%2f..%2fpackage.json",
        "/console//etc/passwd",
        "//etc/passwd",
        "/assets/../../package.json",
        "/..\\..\\package.json",
        "/package.json",
        "/%00.html",
    ] {
        let answer = server.http("GET", path, &[], "").await;
        let is_page = answer.header("content-type") == Some("text/html; charset=utf-8");
        assert!(
            is_page || (400..500).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        for inside in ["[package]", "\"dependencies\"", "\"scripts\"", "root:"] {
            assert!(!answer.body.contains(inside), "{path}: {}", answer.body);
        }
    }
    assert_eq!(
        server
            .http("GET", "/console", &[("host", "evil.example")], "")
            .await
            .header("location"),
        Some("/console/"),
        "a redirect names no host"
    );
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/console/",
        "/console/api/session",
        "/dev/info",
        "/metrics",
        "/healthz",
        "/gone.js",
    ] {
        let answer = server.http("GET", path, &[], "").await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.contains("frame-ancestors 'none'") || path == "/",
            "{path}: {policy}"
        );
        assert!(!policy.contains("'unsafe-eval'"), "{path}: {policy}");
        let scripts = policy.split(';').find(|it| it.contains("script-src"));
        assert!(
            !scripts.is_some_and(|it| it.contains("unsafe-inline")),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        assert_eq!(answer.header("server"), None, "{path}");
    }
}

#[tokio::test]
async fn metrics_name_nobody_and_nothing_that_strangers_choose() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice-of-the-metrics").await;
    server.client("bob-of-the-metrics").await;
    sent(alice.ask(text_to("bob-of-the-metrics", 1, "a secret")).await);
    let mut stranger = server.connect().await;
    for number in 0..10 {
        let login = wire::Login {
            sdk_app_id: 1000 + number,
            platform: 1 + number as i32 % 3,
            user_sig: "guess".to_owned(),
            ..server.ticket("mallory", 1, Platform::Web)
        };
        stranger.ask(Command::Login(login)).await;
    }
    let metrics = server.http("GET", "/metrics", &[], "").await.body;
    for secret in [
        "of-the-metrics",
        "mallory",
        "a secret",
        &server.key,
        "127.0.0.1",
        "1000",
    ] {
        assert!(!metrics.contains(secret), "{secret} in\n{metrics}");
    }
    let labels = metrics
        .lines()
        .filter(|it| it.contains('{') && !it.contains("bucket"))
        .count();
    assert!(labels < 20, "{metrics}");
}

/// A slow loris: connections that hold their place and never get anywhere.
#[tokio::test]
async fn a_connection_that_gets_nowhere_is_given_up() {
    let server = TestServer::start_with(|it| {
        it.head_timeout = Duration::from_millis(300);
        it.login_timeout = Duration::from_millis(300);
        it.limits.connections_max = 8;
    })
    .await;
    let post = "POST /console/api/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let openings = [
        String::new(),
        "GET / HTT".to_owned(),
        "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
        // A body that does not come, and one that does not end.
        format!("{post}content-length: 1000\r\n\r\n{{"),
        format!("{post}transfer-encoding: chunked\r\n\r\n1\r\n{{\r\n"),
        // Answered, and then idle.
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
    ];
    let mut held = Vec::new();
    for opening in &openings {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(opening.as_bytes()).await.unwrap();
        held.push(stream);
    }
    for (mut stream, opening) in held.into_iter().zip(&openings) {
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "still open after {opening:?}");
    }
    // Drop by drop: a byte now and then does not count as getting somewhere.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let dripping = async {
        for byte in "GET / HTTP/1.1\r\nx: ".bytes().chain(std::iter::repeat(b'x')) {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(5), dripping)
        .await
        .expect("it was given up");
    server.is_alive().await;
}

#[tokio::test]
async fn half_a_frame_is_given_up_before_login_and_after_it() {
    let server = TestServer::start_with(|it| {
        it.heartbeat = Duration::from_millis(200);
        it.login_timeout = Duration::from_millis(500);
        it.close_grace = Duration::from_millis(200);
    })
    .await;
    for logs_in in [false, true] {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let mut raw = stream.into_std().unwrap();
        let stream = TcpStream::from_std(raw.try_clone().unwrap()).unwrap();
        let mut client = Client::over(stream, server.address).await;
        if logs_in {
            let login = server.ticket("slow", 1, Platform::Web);
            assert_eq!(client.ask(Command::Login(login)).await.code, 0);
        }
        // A frame of 60,000 bytes, of which some come.
        std::io::Write::write_all(&mut raw, &[0x82, 0xfe, 0xea, 0x60, 1, 2, 3, 4]).unwrap();
        let dripping = tokio::task::spawn_blocking(move || {
            for _ in 0..200 {
                if std::io::Write::write_all(&mut raw, &[7]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let (code, _) = timeout(Duration::from_secs(5), client.closed()).await.unwrap();
        let expected = if logs_in {
            Close::Silent
        } else {
            Close::LoginTimeout
        };
        assert_eq!(code, expected as u16);
        dripping.await.unwrap();
    }
    server.is_alive().await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = TestServer::start_with(|it| {
        it.stall_timeout = Duration::from_millis(300);
        it.limits.connections_max = 1;
    })
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut greedy = socket.connect(server.address).await.unwrap();
    // Asks and asks until the server, whose answers are not read, takes no more.
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    while let Ok(written) = timeout(Duration::from_millis(100), greedy.write_all(&request)).await {
        if written.is_err() {
            break;
        }
    }
    // It holds the only place; soon it does not.
    let freed = async {
        loop {
            let stream = TcpStream::connect(server.address).await.unwrap();
            let url = format!("ws://{}/v1/ws", server.address);
            if tokio_tungstenite::client_async(url, stream).await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, freed).await.expect("the place is free again");
    drop(greedy);
}

#[tokio::test]
async fn what_asks_for_nothing_counts_too() {
    let server = TestServer::start_with(|it| {
        it.limits.requests_per_s = 1;
        it.limits.request_burst = 5;
    })
    .await;
    for nothing in [
        Message::binary(Vec::new()),
        Message::Ping(Vec::new().into()),
        Message::Binary(frame::pong(1)),
        Message::binary(vec![0x0a, 0]),
    ] {
        let mut client = server.client("alice").await;
        let mut stranger = server.connect().await;
        for _ in 0..30 {
            client.try_send(nothing.clone()).await;
            stranger.try_send(nothing.clone()).await;
        }
        assert_eq!(client.closed().await.0, Close::TooMany as u16, "{nothing:?}");
        assert_eq!(stranger.closed().await.0, Close::TooMany as u16, "{nothing:?}");
    }
    server.is_alive().await;
}

/// Contract C7.
#[tokio::test]
async fn a_ticket_is_for_one_user_of_one_app_for_its_time() {
    let server = TestServer::start_with(|it| it.limits.login_failures_max = 1000).await;
    let now = clock::now();
    let good = server.sign("alice");
    let mut bits = good.clone().into_bytes();
    bits[20] ^= 1;
    let key = server.key.as_str();
    let issue = |app: u32, user: &str, key: &str| usersig::issue(SdkAppId(app), user, key, now, 60);
    for (user, user_sig) in [
        ("bob", good.clone()),
        ("Alice", good.clone()),
        ("alice ", good.clone()),
        ("alice", String::from_utf8_lossy(&bits).into_owned()),
        ("alice", issue(1_400_000_001, "alice", "")),
        ("alice", issue(1_400_000_002, "alice", key)),
        (
            "alice",
            issue(1_400_000_001, "alice\nTLS.sdkappid:1400000001", key),
        ),
    ] {
        let mut client = server.connect().await;
        let login = wire::Login {
            user_sig,
            ..server.ticket(user, 1, Platform::Web)
        };
        let response = client.ask(Command::Login(login)).await;
        assert!(
            (70001..=70016).contains(&response.code) && response.result.is_none(),
            "{user}: {response:?}"
        );
    }
    let mut client = server.connect().await;
    let login = wire::Login {
        user_sig: good,
        ..server.ticket("alice", 1, Platform::Web)
    };
    assert_eq!(client.ask(Command::Login(login)).await.code, 0);
}
