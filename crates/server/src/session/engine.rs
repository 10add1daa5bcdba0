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
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hongyan_protocol::code::Code;
use hongyan_protocol::frame;
use hongyan_protocol::id::{AccountId, InstanceId, Timestamp};
use hongyan_protocol::wire::{Close, request::Command};
use hongyan_storage::model::App;
use hongyan_storage::{Store, StoreError};
use tokio::sync::{Semaphore, watch};

use super::frames::{Ended, Heard, hear, refusal};
use super::outbox::Outbox;
use super::rate::Admission;
use super::requests::Requests;
use super::socket::Message;
use super::{SeatGuard, login};
use crate::command::{self, Caller, LoginRefused};
use crate::config::Config;
use crate::console::Console;
use crate::expiry;
use crate::facts::Facts;
use crate::hub::{self, Hub};
use crate::ids::Ids;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::shared::Shared;
use crate::translate::Translator;
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
}

enum Phase {
    /// With the frames that it sent.
    Stranger(VecDeque<Heard>),
    LoggingIn(
        u32,
        VecDeque<Heard>,
        BoxFuture<'static, Result<(Caller, Timestamp), LoginRefused>>,
    ),
    In(Requests),
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
                translator: Arc::new(Translator::new(store.clone())),
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

    /// Lets what has expired go, as the hour does it.
    pub fn expire(&self, now: Timestamp) -> BoxFuture<'static, Result<(), StoreError>> {
        let shared = self.0.clone();
        async move { expiry::expire_all(&shared, now, || std::future::ready(())).await }.boxed()
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
            phase: Phase::Stranger(VecDeque::new()),
            gone: false,
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
            && match &self.phase {
                Phase::Stranger(waiting) => waiting.is_empty(),
                Phase::LoggingIn(..) => false,
                Phase::In(requests) => requests.may_take(),
            }
    }

    /// A binary message was read; to be asked of [`Session::may_read`] first.
    pub fn receive(&mut self, message: Bytes) {
        match hear(Ok(Message::Binary(message))) {
            Ok(frames) => match &mut self.phase {
                Phase::Stranger(waiting) | Phase::LoggingIn(_, waiting, _) => *waiting = frames,
                Phase::In(requests) => requests.take(frames),
            },
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
        match &mut self.phase {
            Phase::Stranger(waiting) | Phase::LoggingIn(_, waiting, _) => waiting.clear(),
            Phase::In(requests) => requests.give_up(),
        }
    }

    /// Whether nothing runs any more.
    pub fn is_idle(&self) -> bool {
        match &self.phase {
            Phase::Stranger(_) => true,
            Phase::LoggingIn(..) => false,
            Phase::In(requests) => requests.is_idle(),
        }
    }

    /// Who is logged in on it.
    pub fn instance(&self) -> Option<(AccountId, InstanceId)> {
        match &self.phase {
            Phase::In(requests) => {
                let caller = requests.caller();
                Some((caller.account.id, caller.instance))
            }
            Phase::Stranger(_) | Phase::LoggingIn(..) => None,
        }
    }

    /// Whether there may be more to do without waiting.
    fn step(&mut self, now: Timestamp, context: &mut Context<'_>) -> bool {
        match &mut self.phase {
            Phase::Stranger(waiting) => match waiting.pop_front() {
                Some(frame) => {
                    self.hear_stranger(now, frame);
                    true
                }
                None => false,
            },
            Phase::LoggingIn(id, waiting, future) => match future.poll_unpin(context) {
                Poll::Ready(done) => {
                    let (id, waiting) = (*id, std::mem::take(waiting));
                    self.logged_in(id, waiting, done);
                    true
                }
                Poll::Pending => false,
            },
            Phase::In(requests) => {
                requests.poll_running(context);
                requests.begin(context, || now, || Admission::Taken);
                false
            }
        }
    }

    fn hear_stranger(&mut self, now: Timestamp, frame: Heard) {
        let request = match frame {
            Heard::Ping(token) => {
                self.outbox.push(frame::pong(token));
                return;
            }
            Heard::Request(request) => request,
            Heard::Nothing => return,
        };
        let (Some(seat), Phase::Stranger(waiting)) = (&self.seat, &mut self.phase) else {
            return;
        };
        let id = request.id;
        let Some(Command::Login(login)) = request.command else {
            self.outbox
                .push(refusal(id, Code::NOT_LOGGED_IN, Code::NOT_LOGGED_IN.text()));
            return;
        };
        let (shared, outbox, session) = (self.shared.clone(), self.outbox.clone(), seat.session);
        let attempt = async move { login::attempt(&shared, &outbox, session, ADDRESS, now, id, login).await };
        self.phase = Phase::LoggingIn(id, std::mem::take(waiting), attempt.boxed());
    }

    fn logged_in(
        &mut self,
        id: u32,
        waiting: VecDeque<Heard>,
        done: Result<(Caller, Timestamp), LoginRefused>,
    ) {
        self.phase = match (done, &mut self.seat) {
            (Ok((caller, _)), Some(seat)) => {
                seat.account = Some(caller.account.id);
                let (shared, outbox) = (self.shared.clone(), self.outbox.clone());
                Phase::In(Requests::new(shared, outbox, seat.session, caller, waiting))
            }
            (Ok(_), None) => Phase::Stranger(waiting),
            (Err(LoginRefused::Refused(refused)), _) => {
                self.outbox.push(refusal(id, refused.code, &refused.text));
                Phase::Stranger(waiting)
            }
            (Err(LoginRefused::Kicked(reason)), _) => {
                hub::kick(&self.outbox, reason);
                Phase::Stranger(waiting)
            }
        };
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
