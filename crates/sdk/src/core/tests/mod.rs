//! The core, fed by hand: no sockets, no clock. Contracts C2 to C6 as far as the client keeps them.

mod contracts;
mod deleting;
mod groups;
mod life;
pub(crate) mod model;
mod random_orders;
mod reading;
mod settings;

use std::collections::VecDeque;

use bytes::Bytes;
use hongyan_protocol::frame;
use hongyan_protocol::id::{SdkAppId, Timestamp};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::settings::Settings;
use hongyan_protocol::wire;

use super::{Answer, Call, CallId, Config, Core, Event, Failure, Input, Message, Output, State, UserSig};
use model::{ME, Model};

/// A core, its driver, and the wire to the model server.
struct Client {
    core: Core,
    now: Timestamp,
    model: Model,
    /// Whether the server can be reached.
    network: bool,
    is_open: bool,
    wake_at: Option<Timestamp>,
    /// Requests that have arrived are answered at once, unless told otherwise.
    swallow_requests: bool,
    swallow_answers: bool,
    events: Vec<Event>,
    answers: Vec<(CallId, Result<Answer, Failure>)>,
    opened: usize,
    calls: CallId,
}

impl Client {
    fn new() -> Self {
        Self::with(Model::new(), 7)
    }

    fn with(model: Model, seed: u8) -> Self {
        let config = Config {
            sdk_app_id: SdkAppId(1_400_000_001),
            platform: Platform::Web,
            sdk_version: String::from("test"),
        };
        Self {
            core: Core::new(config, [seed; 32]),
            now: Timestamp(model.now),
            model,
            network: true,
            is_open: false,
            wake_at: None,
            swallow_requests: false,
            swallow_answers: false,
            events: Vec::new(),
            answers: Vec::new(),
            opened: 0,
            calls: 0,
        }
    }

    /// Logged in and synced.
    fn ready() -> Self {
        Self::ready_with(Model::new())
    }

    fn ready_with(model: Model) -> Self {
        let mut client = Self::with(model, 7);
        client.login();
        assert_eq!(client.core.state(), State::Ready);
        client.events.clear();
        client
    }

    fn login(&mut self) -> Option<Result<Answer, Failure>> {
        let (user_id, user_sig) = (ME.to_owned(), UserSig("sig".to_owned()));
        self.call(Call::Login { user_id, user_sig })
    }

    fn reloads(&self) -> usize {
        let events = self.events.iter();
        events.filter(|it| **it == Event::Reloaded).count()
    }

    /// Calls, and returns the answer if it has come.
    fn call(&mut self, call: Call) -> Option<Result<Answer, Failure>> {
        self.calls += 1;
        let id = self.calls;
        self.input(Input::Call { id, call });
        self.answer_of(id)
    }

    fn answer_of(&self, call: CallId) -> Option<Result<Answer, Failure>> {
        let answer = self.answers.iter().find(|it| it.0 == call);
        answer.map(|it| it.1.clone())
    }

    fn input(&mut self, input: Input) {
        self.core.handle(self.now, input);
        self.drive();
    }

    /// Does what the core says until it has nothing more to say.
    fn drive(&mut self) {
        let mut inputs = VecDeque::new();
        loop {
            while let Some(output) = self.core.next_output() {
                match output {
                    Output::Open => {
                        assert!(!self.is_open, "one socket at a time");
                        self.opened += 1;
                        self.is_open = self.network;
                        inputs.push_back(match self.network {
                            true => Input::SocketOpened,
                            false => closed(1006),
                        });
                    }
                    Output::Close { .. } => {
                        self.is_open = false;
                        inputs.clear();
                    }
                    Output::Send(bytes) => {
                        assert!(self.is_open, "nothing is sent without a socket");
                        self.take(bytes, &mut inputs);
                    }
                    Output::WakeAt(at) => self.wake_at = Some(at),
                    Output::Sleep => self.wake_at = None,
                    Output::Answer { call, answer } => self.answers.push((call, Ok(answer))),
                    Output::Failure { call, failure } => self.answers.push((call, Err(failure))),
                    Output::Event(event) => self.events.push(event),
                    Output::Log { .. } => {}
                }
            }
            match inputs.pop_front() {
                Some(input) => self.core.handle(self.now, input),
                None => return,
            }
        }
    }

    fn take(&mut self, bytes: Bytes, inputs: &mut VecDeque<Input>) {
        for frame in frame::decode(bytes).unwrap() {
            let answer = match frame.kind.unwrap() {
                _ if self.swallow_requests => continue,
                wire::frame::Kind::Request(request) => frame::response(self.model.answer(request)),
                wire::frame::Kind::Ping(ping) => frame::pong(ping.token),
                _ => continue,
            };
            if !self.swallow_answers {
                inputs.push_back(Input::SocketMessage(answer));
            }
        }
    }

    /// Hands over what the server has pushed, in order.
    fn receive(&mut self) {
        while let Some(push) = self.model.pushes.pop_front() {
            self.push(push);
        }
    }

    fn push(&mut self, push: wire::Push) {
        if self.is_open {
            self.input(Input::SocketMessage(frame::push(push)));
        }
    }

    /// The connection breaks; what was on its way is lost.
    fn cut(&mut self) {
        if self.is_open {
            self.is_open = false;
            self.model.pushes.clear();
            self.input(closed(1006));
        }
    }

    /// Time passes, with all wake-ups in it.
    fn pass_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while let Some(at) = self.wake_at.filter(|it| *it <= end) {
            self.now = at.max(self.now);
            self.wake_at = None;
            self.input(Input::Wake);
        }
        self.now = end;
    }

    /// The texts of `MESSAGE_RECEIVED`, in order.
    fn received(&self) -> Vec<String> {
        let received = self.events.iter().filter_map(|it| match it {
            Event::MessageReceived(list) => Some(list),
            _ => None,
        });
        received
            .flatten()
            .map(|it| it.text().unwrap_or_default())
            .collect()
    }

    /// What is listed, in a form to compare.
    fn listed(&mut self) -> Vec<super::tests::Shown> {
        let Some(Ok(Answer::Conversations { conversations, .. })) = self.call(Call::GetConversationList)
        else {
            panic!("the list is answered at once");
        };
        conversations.iter().map(|it| shown(it)).collect()
    }
}

/// What an app sees of a conversation.
type Shown = (String, u64, u64, u64, u64, Option<(u64, bool)>, Settings);

fn shown(it: &hongyan_protocol::conversation::ConversationState) -> Shown {
    (
        it.id.to_string(),
        it.unread_count,
        it.last_sequence.0,
        it.read.0,
        it.peer_read.0,
        it.last_message
            .as_ref()
            .map(|it| (it.sequence.0, it.revoker.is_some())),
        it.settings.clone(),
    )
}

fn closed(code: u16) -> Input {
    Input::SocketClosed {
        code,
        reason: String::new(),
    }
}

fn text_of(message: &Message) -> String {
    message.text().unwrap_or_default()
}
