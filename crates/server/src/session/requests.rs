//! What a session was asked: from a frame to the answer in its outbox.
//!
//! **Comes in:** a client's frames, the time, and whether there is a place for one more. **Goes out:** requests to
//! commands, answers to the outbox, and what others hear to the hub. **Never here:** sockets, clocks.
//!
//! Requests are begun in the order sent, one after the other; what was begun runs side by side, so that many messages
//! share a sync. All of it belongs to the session's one task: whoever answers wakes the session, which then looks at all
//! that runs. A session has few of them, and their answers come together.
//!
//! Invariant: a command that was begun is finished, also when its client is gone; others must hear of what it committed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hongyan_domain::Event;
use hongyan_protocol::code::Code;
use hongyan_protocol::frame;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::wire::{self, Close, request::Command};
use tokio::time::Instant;

use super::frames::{Heard, refusal};
use super::outbox::{End, Outbox, Pushed};
use super::rate::Admission;
use crate::command::{self, Answered, AtOnce, Caller, Work};
use crate::hub::{Publication, SessionId};
use crate::metrics::command_name;
use crate::refused::Refused;
use crate::shared::Shared;

const LOGGED_OUT: End = End::new(Close::LoggedOut, "logged out");
const ABUSE: End = End::new(Close::TooMany, "requests go on after many were refused");

/// See the head of the file.
pub(super) struct Requests {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    session: SessionId,
    caller: Arc<Caller>,
    /// Frames that were read and not begun with: the rest of one message.
    waiting: VecDeque<Heard>,
    /// The request whose facts are being loaded: one at a time, so that requests are begun in the order sent.
    preparing: Option<BoxFuture<'static, (Asked, Work)>>,
    running: Vec<Running>,
}

/// A request on its way to its answer.
#[derive(Clone, Copy)]
struct Asked {
    request: u32,
    command: &'static str,
    is_logout: bool,
    begun: Instant,
}

enum Running {
    Request(Asked, Work),
    /// The end of the UserSig.
    Kick(BoxFuture<'static, ()>),
}

impl Requests {
    pub(super) fn new(
        shared: Arc<Shared>,
        outbox: Arc<Outbox>,
        session: SessionId,
        caller: Caller,
        waiting: VecDeque<Heard>,
    ) -> Self {
        Self {
            shared,
            outbox,
            session,
            caller: Arc::new(caller),
            waiting,
            preparing: None,
            running: Vec::new(),
        }
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What was read is begun with before more is read: a client that asks faster than it is answered waits.
    pub(super) fn may_take(&self) -> bool {
        self.waiting.is_empty() && self.preparing.is_none() && !self.is_full()
    }

    /// The frames of a message; to be asked of [`Requests::may_take`] first.
    pub(super) fn take(&mut self, frames: VecDeque<Heard>) {
        self.waiting = frames;
    }

    /// Whether nothing runs.
    pub(super) fn is_idle(&self) -> bool {
        self.preparing.is_none() && self.running.is_empty()
    }

    /// Goes on with what runs.
    pub(super) fn poll_running(&mut self, context: &mut Context<'_>) {
        // The first of a batch of answers wakes the session, and most of the others are there by then.
        let mut place = 0;
        while let Some(running) = self.running.get_mut(place) {
            match running.poll(context) {
                Poll::Pending => place += 1,
                Poll::Ready(done) => {
                    // In their order, as far as turns do not say otherwise.
                    let running = self.running.remove(place);
                    if let (Running::Request(asked, _), Some(done)) = (running, done) {
                        self.finish(asked, done);
                    }
                }
            }
        }
        if self.running.is_empty() && self.running.capacity() > 0 {
            // An idle session keeps no room for requests.
            self.running = Vec::new();
        }
    }

    /// Begins with what waits, as far as it goes without waiting for facts.
    pub(super) fn begin(
        &mut self,
        context: &mut Context<'_>,
        now: impl Fn() -> Timestamp,
        mut admit: impl FnMut() -> Admission,
    ) {
        loop {
            if let Some(preparing) = &mut self.preparing {
                let Poll::Ready((asked, work)) = preparing.poll_unpin(context) else {
                    return;
                };
                self.preparing = None;
                self.run(context, asked, work);
            }
            if self.is_full() {
                return;
            }
            let Some(frame) = self.waiting.pop_front() else {
                // Frames are large in memory; an idle session keeps no room for them.
                self.waiting = VecDeque::new();
                return;
            };
            match (frame, admit()) {
                (Heard::Ping(token), Admission::Taken) => self.push(frame::pong(token)),
                (Heard::Request(request), Admission::Taken) => self.ask(context, &now, request),
                (Heard::Request(request), Admission::Refused) => {
                    self.refuse(&request, Code::TOO_MANY_REQUESTS);
                }
                (_, Admission::Abuse) => self.abuse(),
                // What asks for nothing counts all the same.
                (Heard::Ping(_) | Heard::Nothing, Admission::Taken | Admission::Refused) => {}
            }
        }
    }

    /// The client does not listen to refusals.
    pub(super) fn abuse(&self) {
        self.outbox.end(None, ABUSE);
    }

    /// The UserSig ran out: the instance is kicked (contract C7).
    pub(super) fn kick(&mut self) {
        let (shared, account, instance) = (self.shared.clone(), self.caller.account.id, self.caller.instance);
        tracing::info!(
            account.id = account.0,
            session.id = self.session.0,
            "a UserSig expired; its session is kicked"
        );
        let kick = async move {
            let instances = vec![(instance, KickReason::UserSigExpired)];
            let kept = shared.context.store.kick_instances(account, instances.clone());
            if let Err(error) = kept.await {
                tracing::error!(account.id = account.0, %error, "a kick was not kept");
            }
            shared
                .hub
                .publish(Publication::to_all(vec![Event::InstancesKicked {
                    account,
                    instances,
                }]));
        };
        self.running.push(Running::Kick(kick.boxed()));
    }

    /// Gives up what was not begun. A request whose facts are loading has done nothing yet.
    pub(super) fn give_up(&mut self) {
        self.preparing = None;
        self.waiting = VecDeque::new();
    }

    /// Ready when nothing runs any more.
    pub(super) fn poll_finished(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.poll_running(context);
        match self.running.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn is_full(&self) -> bool {
        self.running.len() >= self.shared.config.limits.session_running_max
    }

    fn ask(&mut self, context: &mut Context<'_>, now: impl Fn() -> Timestamp, request: wire::Request) {
        match request.command {
            None => self.refuse(&request, Code::COMMAND_UNKNOWN),
            Some(Command::Login(_)) => self.refuse(&request, Code::LOGIN_RUNNING),
            Some(command) => {
                let asked = Asked {
                    request: request.id,
                    command: command_name(&command),
                    is_logout: matches!(command, Command::Logout(_)),
                    begun: Instant::now(),
                };
                let (now, command_context) = (now(), &self.shared.context);
                match command::prepare_at_once(command_context, &self.caller, now, command) {
                    AtOnce::Prepared(work) => self.run(context, asked, work),
                    AtOnce::Not(command) => {
                        let (shared, caller) = (self.shared.clone(), self.caller.clone());
                        let prepare = async move {
                            let work = command::prepare(&shared.context, &caller, now, command).await;
                            (asked, work)
                        };
                        self.preparing = Some(prepare.boxed());
                    }
                }
            }
        }
    }

    /// Polls it once: its write is submitted before the next request is looked at.
    fn run(&mut self, context: &mut Context<'_>, asked: Asked, mut work: Work) {
        match work.poll_unpin(context) {
            Poll::Ready(done) => self.finish(asked, done),
            Poll::Pending => self.running.push(Running::Request(asked, work)),
        }
    }

    fn finish(&self, asked: Asked, done: Result<Answered, Refused>) {
        let shared = self.shared.clone();
        let Asked {
            request,
            command,
            is_logout,
            begun,
        } = asked;
        match done {
            Ok(Answered { result, events, turn }) => {
                let answer = frame::response(wire::Response {
                    id: request,
                    code: 0,
                    text: String::new(),
                    result: Some(result),
                });
                let publication = Publication::new(events, |event| {
                    command::is_told_by_the_answer(&self.caller, event).then_some(self.session)
                });
                let outbox = self.outbox.clone();
                // The answer too takes its turn: what a session hears is in the order of commits (contract C4).
                turn.run(move || {
                    shared.hub.publish(publication);
                    put(&shared, &outbox, answer);
                    if is_logout {
                        outbox.end(None, LOGGED_OUT);
                    }
                    shared.metrics.answered(command, None, begun.elapsed());
                });
            }
            Err(refused) => {
                self.push(refusal(request, refused.code, &refused.text));
                shared
                    .metrics
                    .answered(command, Some(refused.code), begun.elapsed());
            }
        }
    }

    fn refuse(&self, request: &wire::Request, code: Code) {
        let command = request.command.as_ref().map_or("unknown", command_name);
        self.shared.metrics.answered(command, Some(code), Duration::ZERO);
        self.push(refusal(request.id, code, code.text()));
    }

    fn push(&self, frame: Bytes) {
        put(&self.shared, &self.outbox, frame);
    }
}

impl Running {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Answered, Refused>>> {
        match self {
            Self::Request(_, work) => work.poll_unpin(context).map(Some),
            Self::Kick(kick) => kick.poll_unpin(context).map(|()| None),
        }
    }
}

fn put(shared: &Shared, outbox: &Outbox, frame: Bytes) {
    if outbox.push(frame) == Pushed::Overflowed {
        shared.metrics.queue_full();
    }
}
