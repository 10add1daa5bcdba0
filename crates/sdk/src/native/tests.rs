//! The driver against a model server behind a real socket on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::frame;
use hongyan_protocol::id::SdkAppId;
use hongyan_protocol::wire;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::{Options, Tim};
use crate::core::tests::model::{ME, Model, c2c};
use crate::core::{Draft, Event, NetState, State};

struct Server {
    address: String,
    model: Arc<Mutex<Model>>,
    /// Raised to cut all connections, or to hand over pushes.
    nudge: watch::Sender<Nudge>,
}

#[derive(Clone, Copy, PartialEq)]
enum Nudge {
    Nothing,
    Push,
    Cut,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}", listener.local_addr().unwrap());
        let model = Arc::new(Mutex::new(Model::new()));
        let (nudge, _) = watch::channel(Nudge::Nothing);
        let (shared, nudges) = (model.clone(), nudge.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone(), nudges.subscribe()));
            }
        });
        Self {
            address,
            model,
            nudge,
        }
    }

    fn options(&self, sdk_app_id: u32) -> Options {
        Options::new(SdkAppId(sdk_app_id), &*self.address)
    }

    async fn ready(&self, sdk_app_id: u32) -> Tim {
        let tim = Tim::new(self.options(sdk_app_id)).unwrap();
        tim.login_until_ready(ME, "sig").await.unwrap();
        tim
    }
}

async fn serve(stream: tokio::net::TcpStream, model: Arc<Mutex<Model>>, mut nudges: watch::Receiver<Nudge>) {
    let mut socket = accept_async(stream).await.unwrap();
    loop {
        let mut replies: Vec<Bytes> = Vec::new();
        tokio::select! {
            message = socket.next() => {
                let Some(Ok(Frame::Binary(bytes))) = message else { return };
                let mut model = model.lock().unwrap();
                for frame in frame::decode(bytes).unwrap() {
                    match frame.kind {
                        Some(wire::frame::Kind::Request(request)) => {
                            replies.push(frame::response(model.answer(request)));
                        }
                        Some(wire::frame::Kind::Ping(ping)) => replies.push(frame::pong(ping.token)),
                        _ => {}
                    }
                }
            }
            Ok(()) = nudges.changed() => {
                if *nudges.borrow_and_update() == Nudge::Cut {
                    return;
                }
                replies.extend(model.lock().unwrap().pushes.drain(..).map(frame::push));
            }
        }
        for bytes in replies {
            socket.send(Frame::Binary(bytes)).await.unwrap();
        }
    }
}

async fn next(events: &mut super::Events, wanted: impl Fn(&Event) -> bool) -> Event {
    let found = async {
        loop {
            let event = events.next().await.expect("the instance lives");
            if wanted(&event) {
                return event;
            }
        }
    };
    timeout(Duration::from_secs(10), found)
        .await
        .expect("the event comes")
}

#[tokio::test]
async fn a_program_logs_in_sends_reads_and_logs_out() {
    let server = Server::start().await;
    let tim = server.ready(1).await;
    let sent = tim.send(Draft::text(c2c("bob"), "hi")).await.unwrap();
    assert_eq!(sent.data.sequence.0, 1);
    let (messages, next) = tim.get_message_list(c2c("bob"), None).await.unwrap();
    assert_eq!((messages[0].text().as_deref(), next), (Some("hi"), None));
    assert_eq!(
        tim.find_message(sent.key()).await.unwrap().unwrap().key(),
        sent.key()
    );
    tim.logout().await.unwrap();
    assert_eq!(tim.state().await.unwrap(), State::LoggedOut);
}

#[tokio::test]
async fn pushes_come_as_events_to_subscribers_and_to_functions() {
    let server = Server::start().await;
    let tim = server.ready(2).await;
    let mut events = tim.subscribe();
    let _disturbing = tim.on(|_| panic!("a handler that fails"));
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let _listener = tim.on(move |event| drop(tell.send(event)));
    server.model.lock().unwrap().say(&c2c("bob"), "bob", "hello");
    server.nudge.send(Nudge::Push).unwrap();
    let is_message =
        |it: &Event| matches!(it, Event::MessageReceived(list) if list[0].text().as_deref() == Some("hello"));
    next(&mut events, is_message).await;
    let event = timeout(Duration::from_secs(10), told.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(is_message(&event));
}

/// Contract C4.
#[tokio::test]
async fn a_cut_connection_comes_back_by_itself_and_misses_nothing() {
    let server = Server::start().await;
    let tim = server.ready(3).await;
    let mut events = tim.subscribe();
    server.model.lock().unwrap().say(&c2c("bob"), "bob", "missed");
    server.model.lock().unwrap().pushes.clear();
    server.nudge.send(Nudge::Cut).unwrap();
    next(&mut events, |it| {
        *it == Event::NetStateChanged(NetState::Connecting)
    })
    .await;
    next(&mut events, |it| {
        *it == Event::NetStateChanged(NetState::Connected)
    })
    .await;
    next(&mut events, |it| matches!(it, Event::MessageReceived(_))).await;
}

#[tokio::test]
async fn the_same_app_is_the_same_instance_until_it_is_destroyed() {
    let server = Server::start().await;
    let first = Tim::create(server.options(4)).unwrap();
    let again = Tim::create(server.options(4)).unwrap();
    first.login_until_ready(ME, "sig").await.unwrap();
    assert_eq!(again.state().await.unwrap(), State::Ready);
    again.destroy().await.unwrap();
    let anew = Tim::create(server.options(4)).unwrap();
    assert!(!std::sync::Arc::ptr_eq(&anew.inner, &first.inner));
    assert!(Tim::create(server.options(0)).is_err());
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_the_login() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let tim = Tim::new(Options::new(SdkAppId(5), format!("ws://{gone}"))).unwrap();
    let failure = tim.login(ME, "sig").await.unwrap_err();
    assert_eq!(failure.code, hongyan_protocol::code::Code::NETWORK_ERROR);
}
