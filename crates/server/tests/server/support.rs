//! A server for a test, and a client that speaks frames.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire::{self, Platform, frame::Kind, push, request::Command, response};
use hongyan_protocol::{frame, usersig};
use hongyan_server::config::{Config, FilesAt};
use hongyan_server::{Server, Store, clock, data, manage};
use prost::Message as _;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Longer than anything here takes, shorter than anybody waits for a test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    pub(crate) password: String,
    pub(crate) store: Arc<dyn Store>,
    server: Server,
    folder: TempDir,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), change).await
    }

    pub(crate) async fn start_in(folder: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            dev: true,
            files: Some(FilesAt::Folder(folder.path().join("files"))),
            ..Config::default()
        };
        change(&mut config);
        let store = data::open(folder.path()).await.unwrap();
        let started = manage::prepare(&*store, true, clock::now()).await.unwrap();
        let app = manage::find_app(&*store, manage::DEFAULT_APP).await.unwrap();
        let server = Server::start(config, store.clone()).await.unwrap();
        Self {
            address: server.address(),
            key: app.key.0,
            password: started.first_password.unwrap_or_default(),
            store,
            server,
            folder,
        }
    }

    /// Stops it, and gives its folder to the next one.
    pub(crate) async fn stop(self) -> TempDir {
        timeout(PATIENCE, self.server.stop()).await.unwrap().unwrap();
        self.folder
    }

    /// What SIGHUP does.
    pub(crate) fn reload_tls(&self) -> anyhow::Result<()> {
        self.server.reload_tls()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn sign(&self, user: &str) -> String {
        self.sign_at(user, clock::now(), 3600)
    }

    pub(crate) fn sign_at(&self, user: &str, now: Timestamp, expire_s: u64) -> String {
        usersig::issue(manage::DEFAULT_APP, user, &self.key, now, expire_s)
    }

    pub(crate) fn ticket(&self, user: &str, instance: u8, platform: Platform) -> wire::Login {
        wire::Login {
            sdk_app_id: manage::DEFAULT_APP.0,
            user_id: user.to_owned(),
            user_sig: self.sign(user),
            platform: platform.into(),
            instance: Bytes::from(vec![instance; 16]).to_vec().into(),
            resume: false,
            sdk_version: "test".to_owned(),
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A client on the Web that is logged in.
    pub(crate) async fn client(&self, user: &str) -> Client {
        self.client_on(user, 1, Platform::Web).await
    }

    pub(crate) async fn client_on(&self, user: &str, instance: u8, platform: Platform) -> Client {
        let mut client = self.connect().await;
        let response = client
            .ask(Command::Login(self.ticket(user, instance, platform)))
            .await;
        assert_eq!(response.code, 0, "{}", response.text);
        client
    }

    /// Sends one HTTP request and reads the whole answer.
    pub(crate) async fn http(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// It still takes people in and answers them.
    pub(crate) async fn is_alive(&self) {
        let mut client = self.client_on("still-alive", 200, Platform::Server).await;
        client.ping().await;
        assert_eq!(self.http("GET", "/healthz", &[], "").await.status, 200);
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found == name).then_some(value)
        })
    }
}

pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    next: u32,
    heard: VecDeque<Kind>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream, address).await
    }

    pub(crate) async fn over(stream: TcpStream, address: SocketAddr) -> Self {
        let (socket, _) = client_async(format!("ws://{address}/v1/ws"), stream)
            .await
            .unwrap();
        Self::on(socket)
    }

    pub(crate) fn on(socket: WebSocketStream<TcpStream>) -> Self {
        Self {
            socket,
            next: 1,
            heard: VecDeque::new(),
        }
    }

    /// Sends, and does not mind when the server has closed meanwhile.
    pub(crate) async fn try_send(&mut self, message: Message) {
        let _ = timeout(PATIENCE, self.socket.send(message)).await.unwrap();
    }

    /// Nothing was pushed up to now: a pong comes behind all that was committed before.
    pub(crate) async fn hears_nothing(&mut self) {
        self.ping().await;
        assert_eq!(self.heard, []);
    }

    /// Forgets what was pushed up to now.
    pub(crate) async fn hears_nothing_more(&mut self) {
        self.ping().await;
        self.heard.clear();
    }

    pub(crate) async fn send(&mut self, message: Message) {
        timeout(PATIENCE, self.socket.send(message))
            .await
            .unwrap()
            .unwrap();
    }

    /// Sends a request and gives its id.
    pub(crate) async fn request(&mut self, command: Option<Command>) -> u32 {
        let id = self.next;
        self.next += 1;
        let bytes = frame::request(wire::Request { id, command });
        self.send(Message::Binary(bytes)).await;
        id
    }

    /// Sends a request and waits for its answer; pushes that come before it are kept.
    pub(crate) async fn ask(&mut self, command: Command) -> wire::Response {
        self.ask_for(Some(command)).await
    }

    pub(crate) async fn ask_for(&mut self, command: Option<Command>) -> wire::Response {
        let id = self.request(command).await;
        self.answer(id).await
    }

    pub(crate) async fn answer(&mut self, id: u32) -> wire::Response {
        let kind = self
            .take(|it| matches!(it, Kind::Response(response) if response.id == id))
            .await;
        match kind {
            Kind::Response(response) => response,
            _ => unreachable!(),
        }
    }

    pub(crate) async fn push(&mut self) -> push::Kind {
        match self.take(|it| matches!(it, Kind::Push(_))).await {
            Kind::Push(push) => push.kind.unwrap(),
            _ => unreachable!(),
        }
    }

    pub(crate) async fn ping(&mut self) {
        self.send(Message::Binary(frame::ping(77))).await;
        self.take(|it| matches!(it, Kind::Pong(pong) if pong.token == 77))
            .await;
    }

    /// The text of the next message that is pushed, with its sequence.
    pub(crate) async fn message(&mut self) -> (u64, String) {
        match self.push().await {
            push::Kind::TimelineChange(change) => {
                let message = change.message.unwrap();
                (message.sequence, text_of(&message.body))
            }
            other => panic!("no message: {other:?}"),
        }
    }

    /// What is heard until the server closes, and its close code.
    pub(crate) async fn closed(&mut self) -> (u16, Vec<Kind>) {
        let mut heard: Vec<_> = self.heard.drain(..).collect();
        loop {
            match timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Binary(bytes))) => heard.extend(kinds(bytes)),
                Some(Ok(Message::Close(Some(close)))) => {
                    assert!(!close.reason.is_empty(), "a close says why");
                    // The server is answered, as browsers do.
                    while let Some(Ok(_)) = timeout(PATIENCE, self.socket.next()).await.unwrap() {}
                    return (close.code.into(), heard);
                }
                Some(Ok(_)) => {}
                other => panic!("the socket ended without a close code: {other:?}"),
            }
        }
    }

    async fn take(&mut self, wanted: impl Fn(&Kind) -> bool) -> Kind {
        if let Some(place) = self.heard.iter().position(&wanted) {
            return self.heard.remove(place).unwrap();
        }
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.unwrap();
            match message {
                Some(Ok(Message::Binary(bytes))) => self.heard.extend(kinds(bytes)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("the socket ended: {other:?}"),
            }
            if let Some(place) = self.heard.iter().position(&wanted) {
                return self.heard.remove(place).unwrap();
            }
        }
    }
}

fn kinds(bytes: Bytes) -> impl Iterator<Item = Kind> {
    frame::decode(bytes).unwrap().into_iter().filter_map(|it| it.kind)
}

/// A text message to a user; `random` makes it one of its own.
pub(crate) fn text_to(user: &str, random: u32, text: &str) -> Command {
    let body = wire::Body {
        elements: vec![wire::Element {
            kind: Some(wire::element::Kind::Text(wire::Text {
                text: text.to_owned(),
                at_user_ids: Vec::new(),
            })),
        }],
    };
    Command::SendMessage(wire::SendMessage {
        conversation: Some(user_conversation(user)),
        client_time_s: clock::now().seconds() as u32,
        random,
        body: body.encode_to_vec().into(),
        ..wire::SendMessage::default()
    })
}

pub(crate) fn user_conversation(user: &str) -> wire::Conversation {
    wire::Conversation {
        kind: Some(wire::conversation::Kind::UserId(user.to_owned())),
    }
}

pub(crate) fn sent(response: wire::Response) -> wire::SendMessageResult {
    match response.result {
        Some(response::Result::SendMessage(result)) => result,
        other => panic!("not sent: {} {} {other:?}", response.code, response.text),
    }
}

pub(crate) fn text_of(body: &[u8]) -> String {
    let body = wire::Body::decode(body).unwrap();
    match body.elements.into_iter().next().and_then(|it| it.kind) {
        Some(wire::element::Kind::Text(text)) => text.text,
        other => panic!("no text: {other:?}"),
    }
}
