//! A client that speaks frames and keeps no state: what it hears is what the server said.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::frame;
use hongyan_protocol::wire::{self, Platform, frame::Kind, push, request::Command, response};
use hongyan_server::{clock, manage};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::serving::{PATIENCE, Site};

/// The end of a socket: the close code, 1006 when there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended(pub(crate) u16);

const BROKEN: Ended = Ended(1006);

pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    next: u32,
    heard: VecDeque<Kind>,
}

impl Wire {
    /// Connects and logs in, while the server is there and lets it.
    pub(crate) async fn log_in(
        site: &Site,
        user: &str,
        instance: u8,
        platform: Platform,
    ) -> Result<Self, Ended> {
        let mut wire = Self::connect(site).await?;
        let answer = wire.ask(login(site, user, instance, platform)).await?;
        match answer.code {
            0 => Ok(wire),
            code => Err(Ended(u16::try_from(code % 60_000).unwrap_or(1))),
        }
    }

    pub(crate) async fn connect(site: &Site) -> Result<Self, Ended> {
        let stream = TcpStream::connect(site.address()).await.map_err(|_| BROKEN)?;
        Self::over(site, stream).await
    }

    pub(crate) async fn over(site: &Site, stream: TcpStream) -> Result<Self, Ended> {
        stream.set_nodelay(true).map_err(|_| BROKEN)?;
        let url = format!("ws://{}/v1/ws", site.address());
        let (socket, _) = timeout(PATIENCE, client_async(url, stream))
            .await
            .expect("a handshake or the end")
            .map_err(|_| BROKEN)?;
        Ok(Self {
            socket,
            next: 1,
            heard: VecDeque::new(),
        })
    }

    /// Sends a request, and gives its id.
    pub(crate) async fn request(&mut self, command: Command) -> Result<u32, Ended> {
        let id = self.next;
        self.next += 1;
        let bytes = frame::request(wire::Request {
            id,
            command: Some(command),
        });
        self.socket
            .send(Message::Binary(bytes))
            .await
            .map_err(|_| BROKEN)?;
        Ok(id)
    }

    /// Sends a request and waits for its answer. What is pushed before it is kept for [`Wire::push`].
    pub(crate) async fn ask(&mut self, command: Command) -> Result<wire::Response, Ended> {
        let id = self.request(command).await?;
        loop {
            let place = self
                .heard
                .iter()
                .position(|it| matches!(it, Kind::Response(response) if response.id == id));
            if let Some(Kind::Response(response)) = place.and_then(|it| self.heard.remove(it)) {
                return Ok(response);
            }
            self.hear().await?;
        }
    }

    /// Its two halves, for who writes without waiting for what it reads.
    pub(crate) fn split(self) -> (Writing, Reading) {
        let (sink, stream) = self.socket.split();
        (Writing(sink), Reading(stream))
    }

    /// The next push.
    pub(crate) async fn push(&mut self) -> Result<push::Kind, Ended> {
        loop {
            match self.heard.pop_front() {
                Some(Kind::Push(push)) => return Ok(push.kind.expect("a push that says something")),
                Some(_) => {}
                None => self.hear().await?,
            }
        }
    }

    /// Sends a text and gives the answer: its sequence, or the code of the refusal.
    pub(crate) async fn say(&mut self, user: &str, text: &str) -> Result<Result<u64, i32>, Ended> {
        let answer = self.ask(text_to(user, text)).await?;
        Ok(match answer.result {
            Some(response::Result::SendMessage(sent)) if answer.code == 0 => Ok(sent.sequence),
            _ => Err(answer.code),
        })
    }

    /// A whole conversation, ascending, read in pages from its newest.
    pub(crate) async fn history(
        &mut self,
        conversation: &wire::Conversation,
    ) -> Result<Vec<wire::Message>, Ended> {
        let mut pages: Vec<Vec<wire::Message>> = Vec::new();
        loop {
            let oldest = pages.last().and_then(|it| it.first());
            let list = Command::ListMessages(wire::ListMessages {
                conversation: Some(conversation.clone()),
                before: oldest.map_or(0, |it| it.sequence),
                count: 100,
                hop: None,
            });
            let answer = self.ask(list).await?;
            let Some(response::Result::ListMessages(page)) = answer.result else {
                panic!("no history: {} {}", answer.code, answer.text);
            };
            let complete = page.complete || page.messages.is_empty();
            pages.push(page.messages);
            if complete {
                return Ok(pages.into_iter().rev().flatten().collect());
            }
        }
    }

    pub(crate) async fn sync(&mut self, sync: wire::Sync) -> Result<wire::SyncResult, Ended> {
        let answer = self.ask(Command::Sync(sync)).await?;
        match answer.result {
            Some(response::Result::Sync(result)) => Ok(result),
            _ => panic!("no sync: {} {}", answer.code, answer.text),
        }
    }

    async fn hear(&mut self) -> Result<(), Ended> {
        let message = timeout(PATIENCE, self.socket.next()).await;
        match message.expect("something is heard within a minute") {
            Some(Ok(Message::Binary(bytes))) => {
                let frames = frame::decode(bytes).expect("the server sends packets");
                self.heard.extend(frames.into_iter().filter_map(|it| it.kind));
                Ok(())
            }
            Some(Ok(Message::Close(Some(close)))) => Err(Ended(close.code.into())),
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(BROKEN),
        }
    }
}

pub(crate) struct Writing(SplitSink<WebSocketStream<TcpStream>, Message>);

impl Writing {
    /// Waits until the socket took it, and for nothing else.
    pub(crate) async fn send(&mut self, command: Command) -> Result<(), Ended> {
        let bytes = frame::request(wire::Request {
            id: 1,
            command: Some(command),
        });
        self.0.send(Message::Binary(bytes)).await.map_err(|_| BROKEN)
    }
}

pub(crate) struct Reading(SplitStream<WebSocketStream<TcpStream>>);

impl Reading {
    /// The answers of the next message, if it holds any.
    pub(crate) async fn responses(&mut self) -> Result<Vec<wire::Response>, Ended> {
        match self.0.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                let frames = frame::decode(bytes).expect("the server sends packets");
                let responses = frames.into_iter().filter_map(|it| match it.kind {
                    Some(Kind::Response(response)) => Some(response),
                    _ => None,
                });
                Ok(responses.collect())
            }
            Some(Ok(Message::Close(Some(close)))) => Err(Ended(close.code.into())),
            Some(Ok(_)) => Ok(Vec::new()),
            Some(Err(_)) | None => Err(BROKEN),
        }
    }
}

pub(crate) fn login(site: &Site, user: &str, instance: u8, platform: Platform) -> Command {
    Command::Login(wire::Login {
        sdk_app_id: manage::DEFAULT_APP.0,
        user_id: user.to_owned(),
        user_sig: site.sign(user),
        platform: platform.into(),
        instance: vec![instance; 16].into(),
        resume: false,
        sdk_version: "test".to_owned(),
    })
}

pub(crate) fn with(user: &str) -> wire::Conversation {
    wire::Conversation {
        kind: Some(wire::conversation::Kind::UserId(user.to_owned())),
    }
}

/// A message of its own: no two have the same key.
pub(crate) fn text_to(user: &str, text: &str) -> Command {
    static RANDOM: AtomicU32 = AtomicU32::new(1);
    let body = wire::Body {
        elements: vec![wire::Element {
            kind: Some(wire::element::Kind::Text(wire::Text {
                text: text.to_owned(),
                at_user_ids: Vec::new(),
            })),
        }],
    };
    Command::SendMessage(wire::SendMessage {
        conversation: Some(with(user)),
        client_time_s: clock::now().seconds() as u32,
        random: RANDOM.fetch_add(1, Ordering::Relaxed),
        body: body.encode_to_vec().into(),
        ..wire::SendMessage::default()
    })
}

/// What a text message says.
pub(crate) fn text_of(message: &wire::Message) -> Option<String> {
    let body = wire::Body::decode(message.body.clone()).ok()?;
    match body.elements.into_iter().next()?.kind? {
        wire::element::Kind::Text(text) => Some(text.text),
        _ => None,
    }
}
