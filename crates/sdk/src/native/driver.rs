//! The task that owns the core: it brings the core what happens, and does what the core says.
//!
//! **Comes in:** calls, the socket's news, the time. **Goes out:** answers, events, bytes for the socket, log lines. **Never
//! here:** decisions.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use hongyan_protocol::id::Timestamp;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::socket::{News, Socket};
use crate::core::{Answer, Call, CallId, Core, Event, Failure, Input, Level, Output};

/// News of sockets that wait to be heard; a socket beyond that is read no further for a while.
const NEWS_WAITING_MAX: usize = 64;

/// What a handle wants of the task.
pub(super) enum Command {
    Call {
        call: Box<Call>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    Ask(Question),
}

/// A question that the core answers from memory.
pub(super) type Question = Box<dyn FnOnce(&mut Core, Timestamp) + Send>;

pub(super) struct Driver {
    core: Core,
    url: String,
    clock: Clock,
    commands: mpsc::Receiver<Command>,
    events: broadcast::Sender<Event>,
    replies: HashMap<CallId, oneshot::Sender<Result<Answer, Failure>>>,
    last_call: CallId,
    /// The present socket; news of earlier ones are not heard.
    socket: Option<Socket>,
    sockets: u64,
    tell: mpsc::Sender<(u64, News)>,
    news: mpsc::Receiver<(u64, News)>,
    wake_at: Option<Timestamp>,
}

impl Driver {
    pub(super) fn new(
        core: Core,
        url: String,
        commands: mpsc::Receiver<Command>,
        events: broadcast::Sender<Event>,
    ) -> Self {
        let (tell, news) = mpsc::channel(NEWS_WAITING_MAX);
        Self {
            core,
            url,
            clock: Clock::new(),
            commands,
            events,
            replies: HashMap::new(),
            last_call: 0,
            socket: None,
            sockets: 0,
            tell,
            news,
            wake_at: None,
        }
    }

    /// Runs until the last handle is gone; the socket is closed with it.
    pub(super) async fn run(mut self) {
        loop {
            let wake = self.wake_at.map(|at| self.clock.instant(at));
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Call { call, reply }) => self.call(*call, reply),
                    Some(Command::Ask(question)) => question(&mut self.core, self.clock.now()),
                    None => return,
                },
                Some((socket, news)) = self.news.recv() => self.heard(socket, news),
                () = until(wake) => {
                    self.wake_at = None;
                    self.core.handle(self.clock.now(), Input::Wake);
                }
            }
            self.obey();
        }
    }

    fn call(&mut self, call: Call, reply: oneshot::Sender<Result<Answer, Failure>>) {
        self.last_call = self.last_call.wrapping_add(1);
        let id = self.last_call;
        self.replies.insert(id, reply);
        self.core.handle(self.clock.now(), Input::Call { id, call });
    }

    fn heard(&mut self, socket: u64, news: News) {
        if self.socket.as_ref().is_none_or(|it| it.id != socket) {
            return;
        }
        let input = match news {
            News::Opened => Input::SocketOpened,
            News::Message(bytes) => Input::SocketMessage(bytes),
            News::Closed { code, reason } => {
                self.socket = None;
                Input::SocketClosed { code, reason }
            }
        };
        self.core.handle(self.clock.now(), input);
    }

    /// Does what the core says.
    fn obey(&mut self) {
        while let Some(output) = self.core.next_output() {
            match output {
                Output::Open => {
                    self.sockets += 1;
                    let tell = self.tell.clone();
                    self.socket = Some(Socket::open(self.sockets, self.url.clone(), tell));
                }
                // Dropping it closes it, after what was sent has left.
                Output::Close { .. } => self.socket = None,
                Output::Send(bytes) => {
                    let sent = self.socket.as_ref().is_some_and(|it| it.send(bytes));
                    if !sent && self.socket.take().is_some() {
                        // The network takes less than we give: as good as cut.
                        let reason = String::from("too slow");
                        let closed = Input::SocketClosed { code: 1006, reason };
                        self.core.handle(self.clock.now(), closed);
                    }
                }
                Output::WakeAt(at) => self.wake_at = Some(at),
                Output::Sleep => self.wake_at = None,
                Output::Answer { call, answer } => self.reply(call, Ok(answer)),
                Output::Failure { call, failure } => self.reply(call, Err(failure)),
                // Nobody may be listening.
                Output::Event(event) => drop(self.events.send(event)),
                Output::Log { level, text } => match level {
                    Level::Verbose => tracing::debug!("{text}"),
                    Level::Release => tracing::info!("{text}"),
                    Level::Warning => tracing::warn!("{text}"),
                    Level::Error => tracing::error!("{text}"),
                },
            }
        }
    }

    fn reply(&mut self, call: CallId, result: Result<Answer, Failure>) {
        if let Some(reply) = self.replies.remove(&call) {
            // Whoever asked may have gone.
            let _ = reply.send(result);
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Unix time that never jumps: the system's clock at the start, and the steady one since.
struct Clock {
    start: Instant,
    start_time: Timestamp,
}

impl Clock {
    fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the native client's time comes in"
        )]
        let now = SystemTime::now();
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            start: Instant::now(),
            start_time: Timestamp(since.as_millis() as u64),
        }
    }

    fn now(&self) -> Timestamp {
        self.start_time.plus_ms(self.start.elapsed().as_millis() as u64)
    }

    fn instant(&self, at: Timestamp) -> Instant {
        // Rounded up, so that the core's time has come when it is woken.
        self.start + Duration::from_millis(at.ms_since(self.start_time) + 1)
    }
}
