//! What is in the logs of a server at its most talkative: nothing secret, and no line that somebody else wrote.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::wire::{self, frame::Kind, request};
use hongyan_protocol::{frame, usersig};
use hongyan_server::{clock, manage};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hongyan");

/// What must not be found.
const TEXT: &str = "what alice says to bob";
const GUESS: &str = "a guess at the password";
/// A line that a log reader, or a terminal, would take for the server's own.
const FORGED: &str =
    "x\r\n2030-01-01T00:00:00Z  INFO all is well\n{\"level\":\"FORGED\"}\n\u{1b}[31mred\u{7}";

struct Serving {
    child: Child,
    /// Takes what it logs as it comes; a full pipe would hold the server up.
    logged: Option<JoinHandle<Vec<u8>>>,
    address: String,
    password: String,
}

impl Serving {
    fn start(data: &std::path::Path, format: &str) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--log", "trace"])
            .args(["--log-format", format, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<String> = out.lines().take(5).map(Result::unwrap).collect();
        let mut stderr = child.stderr.take().unwrap();
        let logged = std::thread::spawn(move || {
            let mut logged = Vec::new();
            stderr.read_to_end(&mut logged).unwrap();
            logged
        });
        Self {
            child,
            logged: Some(logged),
            address: lines[0].strip_prefix("listening on http://").unwrap().to_owned(),
            password: lines[4].strip_prefix("console password  ").unwrap().to_owned(),
        }
    }

    async fn http(&self, method: &str, path: &str, body: &str) -> String {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nuser-agent: {{\"level\":\"FORGED\"}}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Ends it, and gives all that it logged.
    fn logged(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let logged = self.logged.take().unwrap().join().unwrap();
        String::from_utf8(logged).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does what puts words of others before a server: good logins and bad ones, messages, profiles, closes, passwords.
/// Gives the UserSigs that were used.
async fn be_seen(serving: &Serving) -> Vec<String> {
    let mut user_sigs = Vec::new();
    for user in ["alice", "bob"] {
        let answer = serving
            .http("POST", "/dev/usersig", &format!("{{\"userID\":\"{user}\"}}"))
            .await;
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        user_sigs.push(json["userSig"].as_str().unwrap().to_owned());
    }
    let app = manage::DEFAULT_APP;
    user_sigs.push(usersig::issue(app, "mallory", "another key", clock::now(), 60));

    let mut clients = Vec::new();
    for (user, user_sig) in ["alice", "bob", "mallory"].into_iter().zip(user_sigs.iter()) {
        clients.push(log_in(serving, user, user_sig).await);
    }
    // A userID, too, is a stranger's text until it is checked.
    log_in(serving, FORGED, &user_sigs[0]).await;
    let profile = wire::UpdateProfile {
        nick: Some(FORGED.to_owned()),
        self_signature: Some(TEXT.to_owned()),
        ..wire::UpdateProfile::default()
    };
    ask(&mut clients[0], request::Command::UpdateProfile(profile)).await;
    let text = wire::Text {
        text: TEXT.to_owned(),
        at_user_ids: Vec::new(),
    };
    let body = wire::Body {
        elements: vec![wire::Element {
            kind: Some(wire::element::Kind::Text(text)),
        }],
    };
    let message = wire::SendMessage {
        conversation: Some(wire::Conversation {
            kind: Some(wire::conversation::Kind::UserId("bob".to_owned())),
        }),
        client_time_s: clock::now().seconds() as u32,
        random: 1,
        body: body.encode_to_vec().into(),
        ..wire::SendMessage::default()
    };
    ask(&mut clients[0], request::Command::SendMessage(message)).await;
    let close = CloseFrame {
        code: 1000.into(),
        reason: FORGED.chars().take(60).collect::<String>().into(),
    };
    for mut client in clients {
        let _ = client.close(Some(close.clone())).await;
        while let Some(Ok(_)) = timeout(Duration::from_secs(10), client.next()).await.unwrap() {}
    }
    // Text, which is a fault, and has the text in it.
    let (mut client, _) = connect_async(format!("ws://{}/v1/ws", serving.address))
        .await
        .unwrap();
    client.send(Message::text(TEXT)).await.unwrap();
    while let Some(Ok(_)) = timeout(Duration::from_secs(10), client.next()).await.unwrap() {}

    for password in [GUESS, &serving.password] {
        let body = format!("{{\"password\":\"{password}\"}}");
        serving.http("POST", "/console/api/login", &body).await;
    }
    serving.http("GET", "/%0d%0aFORGED%1b[31m?q=%0aFORGED", "").await;
    user_sigs
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn log_in(serving: &Serving, user: &str, user_sig: &str) -> Socket {
    let (mut socket, _) = connect_async(format!("ws://{}/v1/ws", serving.address))
        .await
        .unwrap();
    let login = wire::Login {
        sdk_app_id: manage::DEFAULT_APP.0,
        user_id: user.to_owned(),
        user_sig: user_sig.to_owned(),
        platform: wire::Platform::Web.into(),
        instance: vec![1; 16].into(),
        resume: false,
        sdk_version: FORGED.to_owned(),
    };
    ask(&mut socket, request::Command::Login(login)).await;
    socket
}

async fn ask(socket: &mut Socket, command: request::Command) {
    let request = wire::Request {
        id: 1,
        command: Some(command),
    };
    socket
        .send(Message::Binary(frame::request(request)))
        .await
        .unwrap();
    loop {
        let message = timeout(Duration::from_secs(10), socket.next()).await.unwrap();
        let Some(Ok(Message::Binary(bytes))) = message else {
            panic!("the socket ended: {message:?}");
        };
        let frames = frame::decode(bytes).unwrap();
        if frames.iter().any(|it| matches!(it.kind, Some(Kind::Response(_)))) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_logged_at_any_level_and_nobody_writes_lines_of_their_own() {
    for format in ["text", "json"] {
        let data = tempfile::tempdir().unwrap();
        let serving = Serving::start(data.path(), format);
        let mut secrets = vec![TEXT.to_owned(), GUESS.to_owned(), serving.password.clone()];
        secrets.extend(be_seen(&serving).await);
        let logged = serving.logged();
        assert!(logged.contains("logged in"), "{logged}");
        assert!(logged.contains("a login was refused"), "{logged}");
        assert!(logged.contains("a wrong password for the console"), "{logged}");
        for secret in &secrets {
            assert!(!logged.contains(secret.as_str()), "{secret} in {logged}");
        }
        for line in logged.lines() {
            let control = line.chars().find(|it| it.is_control());
            assert_eq!(control, None, "{line:?}");
            if format == "json" {
                let line: serde_json::Value = serde_json::from_str(line).expect(line);
                assert_ne!(line["level"], "FORGED");
            } else {
                let level = line.split_whitespace().nth(1);
                let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];
                assert!(
                    level.is_some_and(|it| levels.contains(&it)) && !line.starts_with("2030"),
                    "{line:?}"
                );
            }
        }
    }
}
