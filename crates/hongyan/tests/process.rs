//! The binary as its owner runs it: its lines, its signals, its commands, and what is left when it is killed.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::wire::{self, frame::Kind, request, response};
use hongyan_protocol::{frame, usersig};
use hongyan_server::{clock, manage};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hongyan");

/// A running server; killed when the test forgets it.
struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .args([
                "serve",
                "--dev",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "warn",
                "--data",
            ])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = out.lines().take(5).map(Result::unwrap).collect();
        Self { child, lines }
    }

    fn address(&self) -> &str {
        self.lines[0].strip_prefix("listening on http://").unwrap()
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Its exit code; `None` when a signal ended it.
    fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hongyan(arguments: &[&str], data: &Path) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn it_says_where_it_is_stops_when_asked_and_finds_its_state_again() {
    let data = tempfile::tempdir().unwrap();
    let first = Serving::start(data.path());
    let address = first.address().to_owned();
    assert_eq!(first.lines[1], format!("demo chat  http://{address}/"));
    assert_eq!(first.lines[2], format!("console    http://{address}/console/"));
    assert_eq!(first.lines[3], "SDKAppID   1400000001");
    let password = first.lines[4].strip_prefix("console password  ").unwrap();
    assert_eq!(password.len(), 23);
    first.signal(rustix::process::Signal::INT);
    assert_eq!(first.wait(), Some(0));

    let second = Serving::start(data.path());
    assert_eq!(
        second.lines[4],
        "console password  set at the first start; hongyan admin reset-password makes a new one"
    );
    second.signal(rustix::process::Signal::TERM);
    assert_eq!(second.wait(), Some(0));
}

#[test]
fn a_folder_that_a_server_works_on_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let serving = Serving::start(data.path());
    let second = hongyan(&["serve", "--listen", "127.0.0.1:0"], data.path());
    assert!(!second.status.success());
    let admin = hongyan(&["admin", "reset-password"], data.path());
    assert!(!admin.status.success());
    for output in [second, admin] {
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("is in use by another process"), "{error}");
        assert!(!error.contains("backtrace"), "{error}");
    }
    drop(serving);
}

#[test]
fn apps_accounts_and_the_password_are_managed_from_the_shell() {
    let data = tempfile::tempdir().unwrap();
    drop(Serving::start(data.path()));
    let created = out(&hongyan(&["admin", "app", "create", "shop"], data.path()));
    assert!(created.contains("1400000002"), "{created}");
    let key = created
        .lines()
        .find_map(|it| it.strip_prefix("secret key  "))
        .unwrap();
    let user_sig = out(&hongyan(
        &["usersig", "--sdkappid", "1400000002", "--user", "alice"],
        data.path(),
    ));
    let app = hongyan_protocol::id::SdkAppId(1_400_000_002);
    usersig::verify(user_sig.trim(), app, "alice", key, clock::now()).unwrap();

    let set = ["admin", "app", "set", "1400000002", "--web-instances", "3"];
    assert!(out(&hongyan(&set, data.path())).contains("web instances 3"));
    assert!(out(&hongyan(&["admin", "app", "list"], data.path())).contains("web instances 3"));
    let bad = ["admin", "app", "set", "1400000002", "--web-instances", "11"];
    assert!(!hongyan(&bad, data.path()).status.success());
    let rotated = out(&hongyan(
        &["admin", "app", "rotate-key", "1400000002"],
        data.path(),
    ));
    assert!(!rotated.contains(key));
    assert_eq!(out(&hongyan(&["admin", "account", "list"], data.path())), "");
    let reset = out(&hongyan(&["admin", "reset-password"], data.path()));
    assert!(reset.starts_with("console password  "), "{reset}");
}

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_kill_9_in_the_middle_of_the_work() {
    let data = tempfile::tempdir().unwrap();
    let mut answered: Vec<u64> = Vec::new();
    let mut random = 0;
    for round in 0..3_u64 {
        let serving = Serving::start(data.path());
        let mut bob = Client::log_in(serving.address(), "bob").await;
        let kept = bob.sequences("alice").await;
        for sequence in &answered {
            assert!(kept.contains(sequence), "{sequence} was answered and is lost");
        }
        assert_eq!(
            kept,
            (1..=kept.len() as u64).collect::<Vec<_>>(),
            "a timeline has no gaps"
        );

        let mut alice = Client::log_in(serving.address(), "alice").await;
        for _ in 0..200 {
            random += 1;
            alice.send(random, "bob").await;
        }
        // Killed while answers still come in.
        for _ in 0..=20 * round + 10 {
            answered.push(alice.sequence().await);
        }
        serving.signal(rustix::process::Signal::KILL);
        assert_eq!(serving.wait(), None, "it did not end by itself");
        while let Some(sequence) = alice.sequence_or_end().await {
            answered.push(sequence);
        }
    }
    let serving = Serving::start(data.path());
    let mut bob = Client::log_in(serving.address(), "bob").await;
    let kept = bob.sequences("alice").await;
    for sequence in &answered {
        assert!(kept.contains(sequence), "{sequence} was answered and is lost");
    }
}

/// A UserSig from the development server.
async fn sign(address: &str, user: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let body = format!("{{\"userID\":\"{user}\"}}");
    let request = format!(
        "POST /dev/usersig HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, json) = answer.split_once("\r\n\r\n").unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    json["userSig"].as_str().unwrap().to_owned()
}

/// A client that speaks frames.
struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: std::collections::VecDeque<wire::Response>,
}

impl Client {
    async fn log_in(address: &str, user: &str) -> Self {
        let (socket, _) = connect_async(format!("ws://{address}/v1/ws")).await.unwrap();
        let mut client = Self {
            socket,
            heard: std::collections::VecDeque::new(),
        };
        let login = wire::Login {
            sdk_app_id: manage::DEFAULT_APP.0,
            user_id: user.to_owned(),
            user_sig: sign(address, user).await,
            platform: wire::Platform::Web.into(),
            instance: vec![1; 16].into(),
            resume: false,
            sdk_version: "test".to_owned(),
        };
        client.request(request::Command::Login(login)).await;
        assert_eq!(client.response().await.unwrap().code, 0);
        client
    }

    async fn request(&mut self, command: request::Command) {
        let bytes = frame::request(wire::Request {
            id: 1,
            command: Some(command),
        });
        self.socket.send(Message::Binary(bytes)).await.unwrap();
    }

    async fn response(&mut self) -> Option<wire::Response> {
        loop {
            if let Some(response) = self.heard.pop_front() {
                return Some(response);
            }
            let message = timeout(Duration::from_secs(20), self.socket.next()).await;
            let Some(Ok(Message::Binary(bytes))) = message.expect("an answer or the end") else {
                return None;
            };
            let frames = frame::decode(bytes).unwrap();
            self.heard
                .extend(frames.into_iter().filter_map(|it| match it.kind {
                    Some(Kind::Response(response)) => Some(response),
                    _ => None,
                }));
        }
    }

    async fn send(&mut self, random: u32, user: &str) {
        let text = wire::Text {
            text: "hello".to_owned(),
            at_user_ids: Vec::new(),
        };
        let body = wire::Body {
            elements: vec![wire::Element {
                kind: Some(wire::element::Kind::Text(text)),
            }],
        };
        self.request(request::Command::SendMessage(wire::SendMessage {
            conversation: Some(conversation(user)),
            client_time_s: clock::now().seconds() as u32,
            random,
            body: body.encode_to_vec().into(),
            ..wire::SendMessage::default()
        }))
        .await;
    }

    async fn sequence(&mut self) -> u64 {
        self.sequence_or_end().await.expect("an answer")
    }

    async fn sequence_or_end(&mut self) -> Option<u64> {
        match self.response().await?.result {
            Some(response::Result::SendMessage(sent)) => Some(sent.sequence),
            other => panic!("not sent: {other:?}"),
        }
    }

    /// All sequences of a conversation, ascending.
    async fn sequences(&mut self, user: &str) -> Vec<u64> {
        let mut sequences: Vec<u64> = Vec::new();
        loop {
            let before = sequences.first().copied().unwrap_or(0);
            self.request(request::Command::ListMessages(wire::ListMessages {
                conversation: Some(conversation(user)),
                before,
                count: 100,
                hop: None,
            }))
            .await;
            let Some(response::Result::ListMessages(page)) = self.response().await.unwrap().result else {
                return sequences; // Not talked yet.
            };
            let complete = page.complete;
            sequences.splice(0..0, page.messages.into_iter().map(|it| it.sequence));
            if complete {
                return sequences;
            }
        }
    }
}

fn conversation(user: &str) -> wire::Conversation {
    wire::Conversation {
        kind: Some(wire::conversation::Kind::UserId(user.to_owned())),
    }
}
