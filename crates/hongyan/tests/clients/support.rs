//! A server in this process, and clients of it.
//!
//! **Comes in:** names. **Goes out:** clients that are ready, each an instance of its own. **Never here:** what they do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::id::{ConversationId, UserId};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::usersig;
use hongyan_sdk::core::{Event, Message};
use hongyan_sdk::native::Events;
use hongyan_sdk::{Options, Tim};
use hongyan_server::config::Config;
use hongyan_server::{Server, Store, clock, data, manage};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::relay::Relay;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    server: Server,
    pub(crate) store: Arc<dyn Store>,
    key: String,
    _folder: TempDir,
}

/// A client and what it heard since it was made.
pub(crate) struct Client {
    pub(crate) tim: Tim,
    events: Events,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::after(async |_| {}).await
    }

    /// With something in the store before the server starts on it.
    pub(crate) async fn after(prepare: impl AsyncFnOnce(&dyn Store)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Config::default()
        };
        let store = data::open(folder.path()).await.unwrap();
        manage::prepare(&*store, true, clock::now()).await.unwrap();
        let app = manage::find_app(&*store, manage::DEFAULT_APP).await.unwrap();
        prepare(&*store).await;
        Self {
            server: Server::start(config, store.clone()).await.unwrap(),
            store,
            key: app.key.0,
            _folder: folder,
        }
    }

    pub(crate) async fn client(&self, user: &str) -> Client {
        self.client_on(user, Platform::Linux).await
    }

    /// One instance of each platform may be there.
    pub(crate) async fn client_on(&self, user: &str, platform: Platform) -> Client {
        self.client_at(user, platform, self.server.address()).await
    }

    /// One that reaches the server through a relay.
    pub(crate) async fn client_behind(&self, user: &str, platform: Platform, relay: &Relay) -> Client {
        self.client_at(user, platform, relay.address).await
    }

    pub(crate) async fn relay(&self) -> Relay {
        Relay::to(self.server.address()).await
    }

    async fn client_at(&self, user: &str, platform: Platform, address: SocketAddr) -> Client {
        let options = Options {
            platform,
            ..Options::new(manage::DEFAULT_APP, format!("ws://{address}"))
        };
        let tim = Tim::new(options).unwrap();
        let events = tim.subscribe();
        let ticket = usersig::issue(manage::DEFAULT_APP, user, &self.key, clock::now(), 86_400);
        timeout(PATIENCE, tim.login_until_ready(user, ticket))
            .await
            .unwrap()
            .unwrap();
        Client { tim, events }
    }
}

impl Client {
    /// Waits for the first event that `find` makes something of.
    pub(crate) async fn hears<T>(&mut self, mut find: impl FnMut(Event) -> Option<T>) -> T {
        let look = async {
            loop {
                let event = self.events.next().await.expect("the client goes on");
                if let Some(found) = find(event) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, look).await.expect("the event comes")
    }

    /// Waits until a message says this.
    pub(crate) async fn hears_text(&mut self, text: &str) -> Arc<Message> {
        self.hears(|event| match event {
            Event::MessageReceived(list) => list.into_iter().find(|it| it.text().as_deref() == Some(text)),
            _ => None,
        })
        .await
    }

    /// Waits until the total of unread messages is this.
    pub(crate) async fn counts(&mut self, total: u64) {
        if self.tim.get_total_unread_message_count().await.unwrap() == total {
            return;
        }
        self.hears(|event| (event == Event::TotalUnreadCountUpdated(total)).then_some(()))
            .await;
    }
}

pub(crate) fn c2c(user: &str) -> ConversationId {
    ConversationId::C2c(UserId::trusted(user))
}

/// Waits for a message, whatever it says.
pub(crate) async fn received(client: &mut Client) -> Arc<Message> {
    client
        .hears(|event| match event {
            Event::MessageReceived(list) => list.into_iter().next(),
            _ => None,
        })
        .await
}

pub(crate) fn texts(messages: &[Arc<Message>]) -> Vec<String> {
    messages.iter().filter_map(|it| it.text()).collect()
}
