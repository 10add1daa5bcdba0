//! What the commands' tests and fuzzing share: an app in a store in memory, callers, and events that correct the facts at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hongyan_domain::Event;
#[cfg(test)]
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{InstanceId, SdkAppId, Timestamp};
use hongyan_protocol::wire::request::Command;
use hongyan_protocol::wire::{self, conversation, element};
use hongyan_protocol::{body::Body, usersig};
use hongyan_storage::model::{App, AppKey, AppSettings};
use hongyan_storage::{SqliteStore, Store as _};

use super::{Caller, Context, LoggedIn, LoginRefused, login, prepare};
use crate::facts::Facts;
use crate::ids::Ids;
use crate::refused::Refused;
use crate::translate::Translator;
use crate::uploads::Uploads;

pub(crate) const APP: SdkAppId = SdkAppId(1_400_000_001);
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const KEY: &str = "the key of the test";

/// Counts, so that every run draws the same.
struct Counting(AtomicU64);

impl Ids for Counting {
    fn random_u64(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

pub(crate) struct World {
    pub(crate) context: Context,
}

impl World {
    pub(crate) async fn new() -> Self {
        let store: Arc<SqliteStore> = Arc::new(SqliteStore::in_memory());
        store.put_app(app(AppSettings::default())).await.unwrap();
        let context = Context {
            facts: Arc::new(Facts::new(store.clone())),
            uploads: Arc::new(Uploads::off(store.clone())),
            translator: Arc::new(Translator::new(store.clone())),
            store,
            ids: Arc::new(Counting(AtomicU64::new(1))),
        };
        Self { context }
    }

    /// Logs in from an instance of that number, on the web.
    pub(crate) async fn login(&self, name: &str, instance: u8) -> LoggedIn {
        self.try_login(request(name, instance)).await.unwrap()
    }

    /// Nobody has a socket.
    pub(crate) async fn try_login(&self, request: wire::Login) -> Result<LoggedIn, LoginRefused> {
        login(&self.context, NOW, Box::new(|_| HashSet::new()), request).await
    }

    pub(crate) async fn caller(&self, name: &str) -> Caller {
        self.login(name, 1).await.caller
    }

    /// Carries a command out; what follows corrects the facts, as fan-out would do.
    pub(crate) async fn run(
        &self,
        caller: &Caller,
        command: Command,
    ) -> Result<(wire::response::Result, Vec<Event>), Refused> {
        let answered = prepare(&self.context, caller, NOW, command).await.await?;
        let (facts, events) = (self.context.facts.clone(), answered.events.clone());
        answered
            .turn
            .run(move || events.iter().for_each(|it| facts.apply(it)));
        Ok((answered.result, answered.events))
    }

    /// The code of a command that is refused; 0 when it is not.
    #[cfg(test)]
    pub(crate) async fn code(&self, caller: &Caller, command: Command) -> Code {
        match self.run(caller, command).await {
            Ok(_) => Code(0),
            Err(refused) => {
                assert!(!refused.text.is_empty(), "every refusal has words for people");
                refused.code
            }
        }
    }
}

pub(crate) fn app(settings: AppSettings) -> App {
    App {
        id: APP,
        name: "test".to_owned(),
        key: AppKey(KEY.to_owned()),
        created: NOW,
        settings,
    }
}

/// A login with a good UserSig.
pub(crate) fn request(name: &str, instance: u8) -> wire::Login {
    wire::Login {
        sdk_app_id: APP.0,
        user_id: name.to_owned(),
        user_sig: usersig::issue(APP, name, KEY, NOW, 3600),
        platform: wire::Platform::Web as i32,
        instance: InstanceId([instance; 16]).0.to_vec().into(),
        resume: false,
        sdk_version: String::new(),
    }
}

pub(crate) fn to_user(name: &str) -> Option<wire::Conversation> {
    let kind = Some(conversation::Kind::UserId(name.to_owned()));
    Some(wire::Conversation { kind })
}

pub(crate) fn to_group(id: &str) -> Option<wire::Conversation> {
    let kind = Some(conversation::Kind::GroupId(id.to_owned()));
    Some(wire::Conversation { kind })
}

#[cfg(test)]
pub(crate) fn to_system() -> Option<wire::Conversation> {
    let kind = Some(conversation::Kind::System(true));
    Some(wire::Conversation { kind })
}

pub(crate) fn text(text: &str) -> bytes::Bytes {
    let text = wire::Text {
        text: text.to_owned(),
        at_user_ids: Vec::new(),
    };
    Body::of(element::Kind::Text(text)).bytes().clone()
}

/// A text message.
pub(crate) fn message(to: Option<wire::Conversation>, random: u32) -> wire::SendMessage {
    wire::SendMessage {
        conversation: to,
        client_time_s: NOW.seconds() as u32,
        random,
        body: text("hello"),
        ..wire::SendMessage::default()
    }
}
