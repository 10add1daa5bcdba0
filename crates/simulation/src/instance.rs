//! One client: a core, its driver's memory, and what its app heard.
//!
//! **Comes in:** what the core puts out. **Goes out:** what its app knows, for the workload and the auditor. **Never here:**
//! the network.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::Platform;
use hongyan_sdk::core::{Answer, Call, CallId, Config, Core, Event, Failure, Message, State};

use crate::APP;
use crate::broken::{Broken, Contract};
use crate::objects::Objects;

/// Messages that an app remembers, to do something about them.
const REMEMBERED_MAX: usize = 30;

/// A message as `MESSAGE_RECEIVED` told it.
pub(crate) struct Told {
    pub(crate) sequence: Sequence,
    pub(crate) key: MessageKey,
    pub(crate) time: Timestamp,
}

pub(crate) struct Instance {
    pub(crate) core: Core,
    pub(crate) user: UserId,
    /// How far the device's clock is ahead, in milliseconds.
    pub(crate) skew_ms: i64,
    /// The connection that its driver holds.
    pub(crate) link: Option<usize>,
    /// When the core wants to be woken, by the world's clock.
    pub(crate) wake: Option<Timestamp>,
    /// It cannot reach the server until then.
    pub(crate) unreachable_until: Timestamp,
    calls: CallId,
    /// When it was ready, by the world's clock: what came before is history.
    pub(crate) since: Option<Timestamp>,
    /// What `MESSAGE_RECEIVED` told, by conversation.
    pub(crate) told: BTreeMap<ConversationId, Vec<Told>>,
    /// What it sent itself.
    pub(crate) sent: BTreeSet<MessageKey>,
    /// It was away for too long, so that it was not told of everything.
    pub(crate) was_reloaded: bool,
    /// Answers that somebody waits for.
    pub(crate) wanted: BTreeMap<CallId, Option<Result<Answer, Failure>>>,
    /// Messages that could not be sent.
    pub(crate) failed: Vec<Arc<Message>>,
    /// Own messages that could be taken back.
    pub(crate) own: VecDeque<Arc<Message>>,
    pub(crate) conversations: Vec<ConversationId>,
    /// Messages that its app shows.
    pub(crate) objects: Objects,
}

impl Instance {
    pub(crate) fn new(user: UserId, seed: [u8; 32], skew_ms: i64) -> Self {
        let config = Config {
            sdk_app_id: APP,
            platform: Platform::Web,
            sdk_version: String::from("simulation"),
        };
        let mut core = Core::new(config, seed);
        core.set_log_level(4);
        Self {
            core,
            user,
            skew_ms,
            link: None,
            wake: None,
            unreachable_until: Timestamp(0),
            calls: 0,
            since: None,
            told: BTreeMap::new(),
            sent: BTreeSet::new(),
            was_reloaded: false,
            wanted: BTreeMap::new(),
            failed: Vec::new(),
            own: VecDeque::new(),
            conversations: Vec::new(),
            objects: Objects::default(),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.core.state() == State::Ready
    }

    pub(crate) fn user_is_out(&self) -> bool {
        self.core.state() == State::LoggedOut
    }

    pub(crate) fn next_call(&mut self, call: &Call) -> CallId {
        self.calls += 1;
        if let Call::SendMessage { message, .. } = call {
            self.sent.insert(message.key());
        }
        self.calls
    }

    /// This device's clock.
    pub(crate) fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add_signed(self.skew_ms))
    }

    /// The world's clock, when this device's shows something.
    pub(crate) fn world_time(&self, at: Timestamp) -> Timestamp {
        Timestamp(at.0.saturating_add_signed(-self.skew_ms))
    }

    pub(crate) fn answered(&mut self, call: CallId, answer: Result<Answer, Failure>) {
        if let Ok(answer) = &answer {
            self.objects.answered(answer);
        }
        match &answer {
            Ok(Answer::Message(message)) if message.is_own => {
                if self.own.len() == REMEMBERED_MAX {
                    self.own.pop_front();
                }
                self.own.push_back(message.clone());
            }
            // One that lost to another change was sent long ago.
            Err(failure) if failure.code != Code::MODIFY_CONFLICT => {
                self.failed.extend(failure.message.clone());
            }
            Ok(_) | Err(_) => {}
        }
        if let Some(wanted) = self.wanted.get_mut(&call) {
            *wanted = Some(answer);
        }
    }

    /// Takes note of what the app was told. How many messages that were.
    pub(crate) fn heard(&mut self, now: Timestamp, event: &Event) -> Result<u64, Broken> {
        self.objects.heard(event);
        match event {
            Event::MessageReceived(messages) => {
                for message in messages {
                    self.received(message)?;
                }
                return Ok(messages.len() as u64);
            }
            Event::ConversationListUpdated(list) => {
                self.conversations = list.iter().map(|it| it.id.clone()).collect();
            }
            Event::Ready => self.since = Some(now),
            Event::Reloaded => self.was_reloaded = true,
            Event::NotReady => {
                self.since = None;
                self.was_reloaded = false;
                self.told.clear();
                self.sent.clear();
                self.failed.clear();
                self.own.clear();
                self.conversations.clear();
            }
            _ => {}
        }
        Ok(0)
    }

    /// Contracts C2 and C3: each once, and in order.
    fn received(&mut self, message: &Message) -> Result<(), Broken> {
        let (sequence, key) = (message.data.sequence, message.key());
        let told = self.told.entry(message.conversation.clone()).or_default();
        if let Some(before) = told.iter().find(|it| it.key == key) {
            let contract = match before.sequence == sequence {
                true => Contract::C3,
                // It is in its timeline twice.
                false => Contract::C2,
            };
            let what = format!(
                "{} is told of {key} twice, at {} and {sequence}",
                self.user, before.sequence
            );
            return Err(Broken::new(contract, what));
        }
        if let Some(last) = told.last().filter(|it| it.sequence >= sequence) {
            let what = format!(
                "{} is told of {} of {} after {}",
                self.user, sequence, message.conversation, last.sequence
            );
            return Err(Broken::new(Contract::C3, what));
        }
        told.push(Told {
            sequence,
            key,
            time: message.data.time,
        });
        Ok(())
    }
}
