//! A session: the server's side of one connection.
//!
//! **Comes in:** a socket's messages, and frames that others put into its outbox. **Goes out:** requests to commands,
//! answers and pushes to the socket. **Never here:** rules. A session knows frames and its account.
//!
//! One task does all of it, in one hand-written future: an idle session keeps little more than its socket. The loop
//! never waits for one thing alone, because turns wait for its commands, and everybody waits for turns.
//!
//! Invariant: a command that was begun is finished, also when its client is gone; others must hear of what it committed.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, Sink as _, SinkExt as _, Stream as _, StreamExt as _};
use hongyan_domain::Event;
use hongyan_protocol::code::Code;
use hongyan_protocol::frame;
use hongyan_protocol::id::{AccountId, Timestamp};
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::wire::{self, Close, Frame, frame::Kind, request::Command};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use self::frames::{Ended, hear, refusal};
use self::outbox::{End, Outbox, Pushed};
use self::rate::{Admission, Rate};
use crate::clock;
use crate::command::{self, Answered, Caller};
use crate::gateway::Stream;
use crate::hub::{Publication, SessionId};
use crate::metrics::command_name;
use crate::shared::{Permit, Shared};

/// For the simulation; see its head.
pub mod engine;
pub(crate) mod frames;
mod login;
pub(crate) mod outbox;
mod rate;

/// The socket of a session.
pub(crate) type WebSocket = WebSocketStream<Stream>;

/// What a command does once its facts are there.
type Work = BoxFuture<'static, Result<Answered, command::Refused>>;

/// The longest sleep of a session, so that a corrected clock is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

const SILENT: End = End::new(Close::Silent, "nothing was heard within the heartbeat time");
const LOGGED_OUT: End = End::new(Close::LoggedOut, "logged out");
const ABUSE: End = End::new(Close::TooMany, "requests go on after many were refused");

/// Lives as long as the socket.
pub(crate) async fn run(shared: Arc<Shared>, mut socket: WebSocket, address: IpAddr, permit: Permit) {
    let _connected = Connected::new(&shared);
    let session = shared.hub.next_session();
    let limits = &shared.config.limits;
    let outbox = Arc::new(Outbox::new(limits.queue_frames_max, limits.queue_bytes_max));
    let mut seat = SeatGuard {
        shared: shared.clone(),
        session,
        account: None,
    };
    // A login and a farewell take more memory than what is between them; it is theirs for as long as they run.
    let entered = Box::pin(login::log_in(&shared, &mut socket, &outbox, session, address)).await;
    let ended = match entered {
        Ok(entered) => {
            seat.account = Some(entered.caller.account.id);
            let mut running = Session::new(shared.clone(), socket, outbox.clone(), session, entered);
            let ended = std::future::poll_fn(|context| running.poll(context)).await;
            socket = running.leave(permit);
            ended
        }
        Err(ended) => ended,
    };
    drop(seat);
    tracing::debug!(session.id = session.0, ?ended, "a session ended");
    Box::pin(close(socket, &outbox, ended, shared.config.close_grace)).await;
}

/// Writes what waits in the outbox.
async fn write_all(socket: &mut WebSocket, outbox: &Outbox) -> Result<(), Error> {
    while let Some(message) = outbox.take() {
        socket.send(Message::Binary(message)).await?;
    }
    Ok(())
}

/// Counts the open sockets.
struct Connected(Arc<Shared>);

impl Connected {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.metrics.connected();
        Self(shared.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.metrics.disconnected();
    }
}

/// Takes the session out of the hub, however it ends.
struct SeatGuard {
    shared: Arc<Shared>,
    session: SessionId,
    account: Option<AccountId>,
}

impl Drop for SeatGuard {
    fn drop(&mut self) {
        self.shared.hub.leave(self.session, self.account);
    }
}

/// A session that is logged in.
struct Session {
    shared: Arc<Shared>,
    socket: WebSocket,
    outbox: Arc<Outbox>,
    id: SessionId,
    caller: Arc<Caller>,
    /// `None` from the moment on at which it is acted on.
    sig_expires: Option<Timestamp>,
    rate: Rate,
    /// Frames that were read and not begun with: the rest of one message.
    waiting: VecDeque<Frame>,
    /// The request whose facts are being loaded: one at a time, so that requests are begun in the order sent.
    preparing: Option<BoxFuture<'static, (Answering, Work)>>,
    /// What was begun. It runs side by side, so that many messages share a sync.
    running: FuturesUnordered<BoxFuture<'static, ()>>,
    /// The socket did not take all of the last message yet.
    unflushed: bool,
    heard: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Session {
    fn new(
        shared: Arc<Shared>,
        socket: WebSocket,
        outbox: Arc<Outbox>,
        id: SessionId,
        entered: login::Entered,
    ) -> Self {
        let now = Instant::now();
        let limits = &shared.config.limits;
        let mut session = Self {
            rate: Rate::new(limits.requests_per_s, limits.request_burst, now),
            shared,
            socket,
            outbox,
            id,
            caller: Arc::new(entered.caller),
            sig_expires: Some(entered.sig_expires),
            waiting: entered.waiting,
            preparing: None,
            running: FuturesUnordered::new(),
            unflushed: false,
            heard: now,
            alarm: Box::pin(sleep_until(now)),
        };
        session.set_alarm();
        session
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Ended> {
        loop {
            self.work(context);
            if let Poll::Ready(end) = self.outbox.poll_ended(context) {
                return Poll::Ready(Ended::By(end));
            }
            if let Poll::Ready(Err(_)) = self.poll_write(context) {
                return Poll::Ready(Ended::Gone);
            }
            if self.may_read()
                && let Poll::Ready(message) = Pin::new(&mut self.socket).poll_next(context)
            {
                match hear(message) {
                    Ok(frames) => {
                        self.heard = Instant::now();
                        if frames.is_empty() {
                            self.count_nothing();
                        }
                        self.waiting = frames;
                        continue;
                    }
                    Err(ended) => return Poll::Ready(ended),
                }
            }
            ready!(self.alarm.as_mut().poll(context));
            if self.heard.elapsed() >= self.shared.config.silence_max() {
                return Poll::Ready(Ended::By(SILENT));
            }
            self.act_on_expiry();
            self.set_alarm();
        }
    }

    /// What was read is begun with before more is read: a client that asks faster than it is answered waits.
    fn may_read(&self) -> bool {
        self.waiting.is_empty()
            && self.preparing.is_none()
            && self.running.len() < self.shared.config.limits.session_running_max
    }

    /// Goes on with all that was begun, and begins what waits, as far as it goes without waiting.
    fn work(&mut self, context: &mut Context<'_>) {
        loop {
            if let Some(preparing) = &mut self.preparing
                && let Poll::Ready((answering, work)) = preparing.poll_unpin(context)
            {
                self.preparing = None;
                self.running.push(answering.finish(work).boxed());
            }
            // Also polls what was just prepared: its write is submitted before the next request is looked at.
            while let Poll::Ready(Some(())) = self.running.poll_next_unpin(context) {}
            let full = self.running.len() >= self.shared.config.limits.session_running_max;
            if self.preparing.is_some() || full {
                return;
            }
            let Some(frame) = self.waiting.pop_front() else {
                // Frames are large in memory; an idle session keeps no room for them.
                self.waiting = VecDeque::new();
                return;
            };
            self.begin(frame);
        }
    }

    fn begin(&mut self, frame: Frame) {
        match frame.kind {
            Some(Kind::Ping(ping)) => match self.rate.admit(Instant::now()) {
                Admission::Taken => self.push(frame::pong(ping.token)),
                Admission::Refused => {}
                Admission::Abuse => self.outbox.end(None, ABUSE),
            },
            Some(Kind::Request(request)) => match self.rate.admit(Instant::now()) {
                Admission::Taken => self.begin_request(request),
                Admission::Refused => self.refuse(&request, Code::TOO_MANY_REQUESTS),
                Admission::Abuse => self.outbox.end(None, ABUSE),
            },
            // What only a server sends, and kinds of frames that are not known yet.
            Some(Kind::Response(_) | Kind::Push(_) | Kind::Pong(_)) | None => self.count_nothing(),
        }
    }

    /// What asks for nothing counts all the same: reading it costs no less.
    fn count_nothing(&mut self) {
        if self.rate.admit(Instant::now()) == Admission::Abuse {
            self.outbox.end(None, ABUSE);
        }
    }

    fn begin_request(&mut self, request: wire::Request) {
        let begun = Instant::now();
        match request.command {
            None => self.refuse(&request, Code::COMMAND_UNKNOWN),
            Some(Command::Login(_)) => self.refuse(&request, Code::LOGIN_RUNNING),
            Some(command) => {
                let answering = Answering {
                    shared: self.shared.clone(),
                    outbox: self.outbox.clone(),
                    session: self.id,
                    caller: self.caller.clone(),
                    request: request.id,
                    command: command_name(&command),
                    logout: matches!(command, Command::Logout(_)),
                    begun,
                };
                self.preparing = Some(
                    async move {
                        let work = command::prepare(
                            &answering.shared.context,
                            &answering.caller,
                            clock::now(),
                            command,
                        );
                        let work = work.await;
                        (answering, work)
                    }
                    .boxed(),
                );
            }
        }
    }

    fn refuse(&self, request: &wire::Request, code: Code) {
        let command = request.command.as_ref().map_or("unknown", command_name);
        self.shared.metrics.answered(command, Some(code), Duration::ZERO);
        self.push(refusal(request.id, code, code.text()));
    }

    fn push(&self, frame: bytes::Bytes) {
        put(&self.shared, &self.outbox, frame);
    }

    /// Ready when the socket failed; pending while it has nothing to do or cannot take more.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            if self.unflushed {
                ready!(Pin::new(&mut self.socket).poll_flush(context))?;
                self.unflushed = false;
            }
            let message = ready!(self.outbox.poll_take(context));
            ready!(Pin::new(&mut self.socket).poll_ready(context))?;
            Pin::new(&mut self.socket).start_send(Message::Binary(message))?;
            self.unflushed = true;
        }
    }

    /// A session does not outlive its UserSig (contract C7).
    fn act_on_expiry(&mut self) {
        if self.sig_expires.is_none_or(|at| clock::now() <= at) {
            return;
        }
        self.sig_expires = None;
        let (shared, account, instance) = (self.shared.clone(), self.caller.account.id, self.caller.instance);
        tracing::info!(
            account.id = account.0,
            session.id = self.id.0,
            "a UserSig expired; its session is kicked"
        );
        self.running.push(
            async move {
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
            }
            .boxed(),
        );
    }

    fn set_alarm(&mut self) {
        let now = Instant::now();
        let silent = self.heard + self.shared.config.silence_max();
        let expiry = self.sig_expires.map_or(SLEEP_MAX, |at| {
            Duration::from_millis(at.ms_since(clock::now()).saturating_add(1))
        });
        self.alarm.as_mut().reset(silent.min(now + expiry.min(SLEEP_MAX)));
    }

    /// Gives the socket back. What was begun goes on by itself, under the socket's permit.
    fn leave(mut self, permit: Permit) -> WebSocket {
        // A request whose facts are loading has done nothing yet.
        if !self.running.is_empty() {
            tokio::spawn(async move {
                let _permit = permit;
                while self.running.next().await.is_some() {}
            });
        }
        self.socket
    }
}

/// A request on its way to its answer.
struct Answering {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    session: SessionId,
    caller: Arc<Caller>,
    request: u32,
    command: &'static str,
    logout: bool,
    begun: Instant,
}

impl Answering {
    async fn finish(self, work: Work) {
        match work.await {
            Ok(Answered { result, events, turn }) => {
                let answer = frame::response(wire::Response {
                    id: self.request,
                    code: 0,
                    text: String::new(),
                    result: Some(result),
                });
                let publication = Publication::new(events, |event| {
                    command::is_told_by_the_answer(&self.caller, event).then_some(self.session)
                });
                // The answer too takes its turn: what a session hears is in the order of commits (contract C4).
                turn.run(move || {
                    self.shared.hub.publish(publication);
                    put(&self.shared, &self.outbox, answer);
                    if self.logout {
                        self.outbox.end(None, LOGGED_OUT);
                    }
                    self.shared
                        .metrics
                        .answered(self.command, None, self.begun.elapsed());
                });
            }
            Err(refused) => {
                put(
                    &self.shared,
                    &self.outbox,
                    refusal(self.request, refused.code, &refused.text),
                );
                self.shared
                    .metrics
                    .answered(self.command, Some(refused.code), self.begun.elapsed());
            }
        }
    }
}

fn put(shared: &Shared, outbox: &Outbox, frame: bytes::Bytes) {
    if outbox.push(frame) == Pushed::Overflowed {
        shared.metrics.queue_full();
    }
}

/// Sends what is left and the close code, and waits until the client has seen it; a while, not for ever.
async fn close(mut socket: WebSocket, outbox: &Outbox, ended: Ended, grace: Duration) {
    let farewell = async {
        let (end, readable) = match ended {
            Ended::Gone => {
                // The library answers the client's own close while it is read on.
                while let Some(Ok(_)) = socket.next().await {}
                return;
            }
            Ended::By(end) => (end, true),
            Ended::Broken(end) => (end, false),
        };
        // No one has a seat any more to put something in.
        if write_all(&mut socket, outbox).await.is_err() {
            return;
        }
        let frame = CloseFrame {
            code: (end.code as u16).into(),
            reason: end.reason.into(),
        };
        if socket.close(Some(frame)).await.is_err() {
            return;
        }
        if readable {
            while let Some(Ok(_)) = socket.next().await {}
        } else {
            // Closed with bytes unread, the connection would be reset and the close code lost on its way.
            let stream = socket.get_mut();
            let _ = stream.shutdown().await;
            let mut scrap = vec![0; 16 * 1024];
            while stream.read(&mut scrap).await.is_ok_and(|it| it > 0) {}
        }
    };
    let _ = timeout(grace, pin!(farewell)).await;
}
