//! The server without its sockets: for the simulation, which owns the network, the time and chance.
//!
//! **Comes in:** a store, binary messages of clients, the time. **Goes out:** what would be written to the sockets. **Never
//! here:** what is not also done behind a socket: logins, commands, turns, hub and outboxes are those of the server. Only
//! what has to do with the clock is left out: rates, heartbeats, the end of a UserSig.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use hongyan_protocol::code::Code;
use hongyan_protocol::frame;
use hongyan_protocol::id::{AccountId, InstanceId, Timestamp};
use hongyan_protocol::wire::{self, Close, Frame, frame::Kind, request::Command};
use hongyan_storage::Store;
use hongyan_storage::model::App;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::frames::{Ended, hear, refusal};
use super::outbox::Outbox;
use super::{Answering, SeatGuard, Work, login};
use crate::command::{self, Caller, Ids, LoginRefused};
use crate::config::Config;
use crate::console::Console;
use crate::facts::Facts;
use crate::hub::{self, Hub};
use crate::limiter::Limiter;
use crate::metrics::{Metrics, command_name};
use crate::shared::Shared;
use crate::uploads::Uploads;

/// Where everybody comes from.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server that runs when it is told to.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

/// One connection's side in the server. Dropped with its work unfinished, it is as if the server had crashed.
pub struct Session {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    /// `None` when it has left.
    seat: Option<SeatGuard>,
    phase: Phase,
    gone: bool,
    waiting: VecDeque<Frame>,
    preparing: Option<BoxFuture<'static, (Answering, Work)>>,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

enum Phase {
    Stranger,
    LoggingIn(u32, BoxFuture<'static, Result<(Caller, Timestamp), LoginRefused>>),
    In(Arc<Caller>),
}

impl Engine {
    /// A server that has just started. `draw` gives fresh ids.
    pub fn new(
        config: Config,
        store: Arc<dyn Store>,
        now: Timestamp,
        draw: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let facts = Arc::new(Facts::new(store.clone()));
        let metrics = Arc::new(Metrics::default());
        let limits = &config.limits;
        let hub = Hub::new(facts.clone(), metrics.clone(), limits.account_connections_max);
        let (_, stopping) = watch::channel(false);
        Self(Arc::new(Shared {
            hub: Arc::new(hub),
            metrics,
            console: Console::new(now),
            account_failures: Limiter::new(limits.login_failures_max),
            address_failures: Limiter::new(u32::MAX),
            sockets: Arc::new(Semaphore::new(0)),
            context: command::Context {
                uploads: Arc::new(Uploads::off(store.clone())),
                store,
                facts,
                ids: Arc::new(Drawn(draw)),
            },
            stopping,
            config,
        }))
    }

    /// Takes note of an app's new settings, which hold from now on.
    pub fn app_changed(&self, app: App) {
        self.0.context.facts.app_changed(app);
    }

    /// A connection was accepted.
    pub fn connect(&self) -> Session {
        let limits = &self.0.config.limits;
        Session {
            outbox: Arc::new(Outbox::new(limits.queue_frames_max, limits.queue_bytes_max)),
            seat: Some(SeatGuard {
                shared: self.0.clone(),
                session: self.0.hub.next_session(),
                account: None,
            }),
            shared: self.0.clone(),
            phase: Phase::Stranger,
            gone: false,
            waiting: VecDeque::new(),
            preparing: None,
            running: FuturesUnordered::new(),
        }
    }

    /// The instances of an account that have a seat in the hub.
    pub fn seated(&self, account: AccountId) -> Vec<InstanceId> {
        self.0.hub.seats(account).iter().map(|it| it.instance).collect()
    }
}

impl Session {
    /// Whether the next message would be read from the socket now.
    pub fn may_read(&self) -> bool {
        !self.gone
            && self.waiting.is_empty()
            && self.preparing.is_none()
            && !matches!(self.phase, Phase::LoggingIn(..))
            && self.running.len() < self.shared.config.limits.session_running_max
    }

    /// A binary message was read; to be asked of [`Session::may_read`] first.
    pub fn receive(&mut self, message: Bytes) {
        match hear(Some(Ok(Message::Binary(message)))) {
            Ok(frames) => self.waiting = frames,
            Err(Ended::By(end) | Ended::Broken(end)) => self.outbox.end(None, end),
            Err(Ended::Gone) => {}
        }
    }

    /// Goes on with all that was begun, as far as it goes without waiting.
    pub fn work(&mut self, now: Timestamp) {
        let context = &mut Context::from_waker(Waker::noop());
        while self.step(now, context) {}
        if self.outbox.ended().is_some() {
            self.leave();
        }
        // A login is finished, so that others hear whom it kicked.
        if self.gone && !matches!(self.phase, Phase::LoggingIn(..)) {
            self.seat = None;
        }
    }

    /// What is written next to the socket.
    pub fn take(&mut self) -> Option<Bytes> {
        self.outbox.take()
    }

    /// With which code the socket is closed behind what is left in the outbox.
    pub fn ended(&self) -> Option<Close> {
        self.outbox.ended().map(|it| it.code)
    }

    /// The socket is gone. What was begun goes on; see [`Session::work`].
    pub fn leave(&mut self) {
        self.gone = true;
        self.preparing = None;
        self.waiting.clear();
    }

    /// Whether nothing runs any more.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.preparing.is_none() && !matches!(self.phase, Phase::LoggingIn(..))
    }

    /// Who is logged in on it.
    pub fn instance(&self) -> Option<(AccountId, InstanceId)> {
        match &self.phase {
            Phase::In(caller) => Some((caller.account.id, caller.instance)),
            Phase::Stranger | Phase::LoggingIn(..) => None,
        }
    }

    /// Whether there may be more to do without waiting.
    fn step(&mut self, now: Timestamp, context: &mut Context<'_>) -> bool {
        if let Phase::LoggingIn(id, future) = &mut self.phase {
            let Poll::Ready(done) = future.poll_unpin(context) else {
                return false;
            };
            let id = *id;
            self.logged_in(id, done);
            return true;
        }
        if let Some(preparing) = &mut self.preparing
            && let Poll::Ready((answering, work)) = preparing.poll_unpin(context)
        {
            self.preparing = None;
            self.running.push(answering.finish(work).boxed());
        }
        while let Poll::Ready(Some(())) = self.running.poll_next_unpin(context) {}
        let full = self.running.len() >= self.shared.config.limits.session_running_max;
        if self.preparing.is_some() || full {
            return false;
        }
        match self.waiting.pop_front() {
            Some(frame) => {
                self.begin(now, frame);
                true
            }
            None => false,
        }
    }

    fn begin(&mut self, now: Timestamp, frame: Frame) {
        match frame.kind {
            Some(Kind::Ping(ping)) => {
                self.outbox.push(frame::pong(ping.token));
            }
            Some(Kind::Request(request)) => self.begin_request(now, request),
            Some(Kind::Response(_) | Kind::Push(_) | Kind::Pong(_)) | None => {}
        }
    }

    fn begin_request(&mut self, now: Timestamp, request: wire::Request) {
        let Some(session) = self.seat.as_ref().map(|it| it.session) else {
            return;
        };
        let refuse = |code: Code| {
            self.outbox.push(refusal(request.id, code, code.text()));
        };
        match (&self.phase, request.command) {
            (Phase::Stranger, Some(Command::Login(login))) => {
                let (shared, outbox, id) = (self.shared.clone(), self.outbox.clone(), request.id);
                let attempt =
                    async move { login::attempt(&shared, &outbox, session, ADDRESS, now, id, login).await };
                self.phase = Phase::LoggingIn(request.id, attempt.boxed());
            }
            (Phase::Stranger | Phase::LoggingIn(..), _) => refuse(Code::NOT_LOGGED_IN),
            (Phase::In(_), None) => refuse(Code::COMMAND_UNKNOWN),
            (Phase::In(_), Some(Command::Login(_))) => refuse(Code::LOGIN_RUNNING),
            (Phase::In(caller), Some(command)) => {
                let answering = Answering {
                    shared: self.shared.clone(),
                    outbox: self.outbox.clone(),
                    session,
                    caller: caller.clone(),
                    request: request.id,
                    command: command_name(&command),
                    logout: matches!(command, Command::Logout(_)),
                    begun: Instant::now(),
                };
                let prepared = async move {
                    let context = &answering.shared.context;
                    let work = command::prepare(context, &answering.caller, now, command).await;
                    (answering, work)
                };
                self.preparing = Some(prepared.boxed());
            }
        }
    }

    fn logged_in(&mut self, id: u32, done: Result<(Caller, Timestamp), LoginRefused>) {
        self.phase = Phase::Stranger;
        match done {
            Ok((caller, _)) => {
                if let Some(seat) = &mut self.seat {
                    seat.account = Some(caller.account.id);
                }
                self.phase = Phase::In(Arc::new(caller));
            }
            Err(LoginRefused::Refused(refused)) => {
                self.outbox.push(refusal(id, refused.code, &refused.text));
            }
            Err(LoginRefused::Kicked(reason)) => hub::kick(&self.outbox, reason),
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

struct Drawn<F>(F);

impl<F: Fn() -> u64 + Send + Sync> Ids for Drawn<F> {
    fn random_u64(&self) -> u64 {
        self.0()
    }
}
