//! The load: people who talk through the SDK as an app does, and note what they were answered and what they were told.
//!
//! **Comes in:** where the server is, and chance. **Goes out:** notes, to be held against what is on disk. **Never here:**
//! a reaction to the server's crashes: that is the SDK's business.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{ConversationId, GroupId, Sequence, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::Platform;
use hongyan_sdk::core::{Draft, Event, Message, NewGroup, SendOptions};
use hongyan_sdk::native::Events;
use hongyan_sdk::{Options, Tim};
use hongyan_server::manage;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::random::Random;
use crate::serving::{PATIENCE, Site};

/// The group that all are in.
pub(crate) const GROUP: &str = "everybody";
/// Conversations that a user has at the same time; within one it waits for the answer before it goes on.
const LANES: usize = 3;
/// Between two steps of a lane, so that a test's size does not depend on the machine's speed alone.
const PAUSE: Duration = Duration::from_millis(4);

/// An instance with what it was told.
pub(crate) struct Instance {
    pub(crate) user: String,
    pub(crate) tim: Tim,
    /// Whether the user's lanes talk through this one.
    pub(crate) talks: bool,
    told: Arc<Mutex<Told>>,
    _listening: JoinHandle<()>,
}

/// What an instance was told, by conversation, in the order of the events.
#[derive(Debug, Default, Clone)]
pub(crate) struct Told {
    pub(crate) messages: HashMap<ConversationId, Vec<(Sequence, MessageKey)>>,
    /// Was away for so long that it read everything anew: then it was not told of each message.
    pub(crate) reloads: u64,
    pub(crate) kicked: bool,
}

/// One message and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) user: String,
    pub(crate) lane: usize,
    pub(crate) conversation: ConversationId,
    pub(crate) key: MessageKey,
    pub(crate) text: String,
    /// Its place, when the server answered.
    pub(crate) sequence: Option<Sequence>,
}

/// An own message that was taken back, or may have been.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revoked {
    pub(crate) key: MessageKey,
    pub(crate) answered: bool,
}

/// What a lane did.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) sent: Vec<Sent>,
    pub(crate) revoked: Vec<Revoked>,
    pub(crate) trouble: Vec<String>,
}

/// Answered messages so far, by user.
pub(crate) type Progress = Arc<Vec<AtomicU64>>;

impl Instance {
    /// Logs an instance in.
    pub(crate) async fn start(
        site: &Site,
        user: &str,
        platform: Platform,
        talks: bool,
        random: &mut Random,
    ) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&random.next().to_le_bytes());
        let mut options = Options::new(manage::DEFAULT_APP, format!("ws://{}", site.address()));
        options.platform = platform;
        options.seed = Some(seed);
        options.events_waiting_max = 16 * 1024;
        let tim = Tim::new(options).unwrap();
        let told = Arc::new(Mutex::new(Told::default()));
        let listening = tokio::spawn(listen(tim.subscribe(), told.clone()));
        timeout(PATIENCE, tim.login_until_ready(user, site.sign(user)))
            .await
            .expect("a login ends")
            .unwrap();
        Self {
            user: user.to_owned(),
            tim,
            talks,
            told,
            _listening: listening,
        }
    }

    pub(crate) fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }
}

async fn listen(mut events: Events, told: Arc<Mutex<Told>>) {
    while let Some(event) = events.next().await {
        let mut told = told.lock().unwrap();
        match event {
            Event::MessageReceived(messages) => {
                for message in messages {
                    told.messages
                        .entry(message.conversation.clone())
                        .or_default()
                        .push((message.data.sequence, message.key()));
                }
            }
            Event::Reloaded => told.reloads += 1,
            Event::KickedOut(_) => told.kicked = true,
            _ => {}
        }
    }
}

/// Makes the group with everybody in it.
pub(crate) async fn make_group(owner: &Tim, users: &[String]) {
    let group = NewGroup {
        id: Some(GroupId::parse(GROUP).unwrap()),
        members: users.iter().skip(1).map(|it| user_id(it)).collect(),
        ..NewGroup::named(GroupType::Public, "everybody")
    };
    owner.create_group(group).await.unwrap();
}

/// Starts the lanes of a user.
pub(crate) fn talk(
    instance: &Instance,
    place: usize,
    users: &[String],
    random: &mut Random,
    progress: &Progress,
    stop: &watch::Receiver<bool>,
) -> Vec<JoinHandle<Notes>> {
    let peers = users.iter().filter(|it| **it != instance.user);
    let places: Vec<_> = peers
        .map(|it| ConversationId::C2c(user_id(it)))
        .chain([group()])
        .collect();
    (0..LANES)
        .map(|lane| {
            let lane = Lane {
                user: instance.user.clone(),
                place,
                lane,
                tim: instance.tim.clone(),
                places: places.clone(),
                random: random.split(),
                progress: progress.clone(),
                notes: Notes::default(),
                recent: Vec::new(),
            };
            tokio::spawn(lane.run(stop.clone()))
        })
        .collect()
}

pub(crate) fn group() -> ConversationId {
    ConversationId::parse(&format!("GROUP{GROUP}")).unwrap()
}

pub(crate) fn user_id(user: &str) -> UserId {
    UserId::parse(user, Code::REQUEST_MALFORMED).unwrap()
}

/// One conversation after the other, each step after the answer to the one before.
struct Lane {
    user: String,
    place: usize,
    lane: usize,
    tim: Tim,
    places: Vec<ConversationId>,
    random: Random,
    progress: Progress,
    notes: Notes,
    /// Own messages that may be taken back.
    recent: Vec<Arc<Message>>,
}

impl Lane {
    async fn run(mut self, stop: watch::Receiver<bool>) -> Notes {
        while !*stop.borrow() {
            match self.random.below(100) {
                0..80 => self.send().await,
                80..90 => self.revoke().await,
                _ => self.read().await,
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.notes
    }

    async fn send(&mut self) {
        let conversation = self.random.pick(&self.places).clone();
        let text = format!("{} {} {}", self.user, self.lane, self.notes.sent.len());
        let draft = Draft::text(conversation.clone(), text.clone());
        let message = match self.tim.create_message(draft).await {
            Ok(message) => message,
            Err(failure) => return self.notes.trouble.push(format!("{text}: not made: {failure}")),
        };
        let mut sent = Sent {
            user: self.user.clone(),
            lane: self.lane,
            conversation,
            key: message.key(),
            text,
            sequence: None,
        };
        // An app's user presses "send again"; it is the same message then (contract C2).
        for _ in 0..3 {
            match self
                .tim
                .send_message(message.clone(), SendOptions::default())
                .await
            {
                Ok(message) => {
                    sent.sequence = Some(message.data.sequence);
                    self.progress[self.place].fetch_add(1, Ordering::Relaxed);
                    self.recent.push(message);
                    if self.recent.len() > 8 {
                        self.recent.remove(0);
                    }
                    break;
                }
                Err(failure) if is_the_networks(failure.code) => {}
                Err(failure) => {
                    self.notes
                        .trouble
                        .push(format!("{}: refused: {failure}", sent.text));
                    break;
                }
            }
        }
        self.notes.sent.push(sent);
    }

    async fn revoke(&mut self) {
        if self.recent.is_empty() {
            return;
        }
        let chosen = self.random.below(self.recent.len() as u64) as usize;
        let message = self.recent.remove(chosen);
        let done = self.tim.revoke_message(&message).await;
        // Whoever gets no answer does not know whether it was done.
        self.notes.revoked.push(Revoked {
            key: message.key(),
            answered: done.is_ok(),
        });
        if let Err(failure) = done
            && !is_the_networks(failure.code)
            && failure.code != Code::REVOKE_TOO_LATE
            && failure.code != Code::GROUP_REVOKE_TOO_LATE
        {
            self.notes.trouble.push(format!("not revoked: {failure}"));
        }
    }

    async fn read(&mut self) {
        let conversation = self.random.pick(&self.places).clone();
        if let Err(failure) = self.tim.set_message_read(conversation).await
            && !is_the_networks(failure.code)
            // Nobody said anything there yet.
            && failure.code != Code::CONVERSATION_NOT_FOUND
        {
            self.notes.trouble.push(format!("not read: {failure}"));
        }
    }
}

fn is_the_networks(code: Code) -> bool {
    [Code::NETWORK_ERROR, Code::TIMED_OUT, Code::NO_NETWORK].contains(&code)
}
