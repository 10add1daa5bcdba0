//! A session: the server's side of one connection.
//!
//! **Comes in:** a socket's messages, and frames that others put into its outbox. **Goes out:** requests to commands,
//! answers and pushes to the socket. **Never here:** rules. A session knows frames and its account.
//!
//! One task does all of it, in one hand-written future: an idle session keeps little more than its socket. The loop
//! never waits for one thing alone, because turns wait for its commands, and everybody waits for turns.

use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::{future, io};

use hongyan_protocol::id::{AccountId, Timestamp};
use hongyan_protocol::wire::Close;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use self::frames::{Ended, hear};
use self::outbox::{End, Outbox, Waiting};
use self::rate::{Admission, Rate};
use self::requests::Requests;
use self::socket::{Message, Socket};
use crate::clock;
use crate::hub::SessionId;
use crate::shared::{Permit, Shared};

/// For the simulation; see its head.
pub mod engine;
pub(crate) mod frames;
mod login;
pub(crate) mod outbox;
mod rate;
mod requests;
pub(crate) mod socket;

/// The longest sleep of a session, so that a corrected clock is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

const SILENT: End = End::new(Close::Silent, "nothing was heard within the heartbeat time");

/// Lives as long as the socket.
pub(crate) async fn run(shared: Arc<Shared>, mut socket: Socket, address: IpAddr, permit: Permit) {
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
            let ended = future::poll_fn(|context| running.poll(context)).await;
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
async fn write_all(socket: &mut Socket, outbox: &Outbox) -> io::Result<()> {
    future::poll_fn(|context| socket.poll_write(context, |buffer| outbox.take_into(buffer))).await
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
    socket: Socket,
    outbox: Arc<Outbox>,
    requests: Requests,
    /// `None` from the moment on at which it is acted on.
    sig_expires: Option<Timestamp>,
    rate: Rate,
    /// What waits is written when the session is polled next.
    is_gathering: bool,
    heard: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Session {
    fn new(
        shared: Arc<Shared>,
        socket: Socket,
        outbox: Arc<Outbox>,
        session: SessionId,
        entered: login::Entered,
    ) -> Self {
        let now = Instant::now();
        let limits = &shared.config.limits;
        let mut session = Self {
            rate: Rate::new(limits.requests_per_s, limits.request_burst, now),
            requests: Requests::new(
                shared.clone(),
                outbox.clone(),
                session,
                entered.caller,
                entered.waiting,
            ),
            shared,
            socket,
            outbox,
            sig_expires: Some(entered.sig_expires),
            is_gathering: false,
            heard: now,
            alarm: Box::pin(sleep_until(now)),
        };
        session.set_alarm();
        session
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Ended> {
        self.requests.poll_running(context);
        loop {
            let rate = &mut self.rate;
            self.requests
                .begin(context, clock::now, || rate.admit(Instant::now()));
            if let Poll::Ready(ended) = self.poll_write(context) {
                return Poll::Ready(ended);
            }
            if self.requests.may_take()
                && let Poll::Ready(message) = self.socket.poll_next(context)
            {
                match hear(message) {
                    Ok(frames) => {
                        self.heard = Instant::now();
                        // What asks for nothing counts all the same: reading it costs no less.
                        if frames.is_empty() && self.rate.admit(self.heard) == Admission::Abuse {
                            self.requests.abuse();
                        }
                        self.requests.take(frames);
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
            self.requests.poll_running(context);
            self.set_alarm();
        }
    }

    /// Ready when the session is to end. A commit answers many requests, and one after the other is heard of: so what
    /// waits is written after all those who are about to run have run, and what they put in goes into the same system
    /// call. Where several frames wait already, the session has waited for its turn as long as that, and loses no time.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Ended> {
        match self.outbox.waiting(context) {
            Waiting::End(end) => return Poll::Ready(Ended::By(end)),
            Waiting::Nothing => self.is_gathering = false,
            Waiting::One if !self.is_gathering => {
                self.is_gathering = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Waiting::One | Waiting::Several => {}
        }
        let outbox = &self.outbox;
        let written = self.socket.poll_write(context, |buffer| outbox.take_into(buffer));
        match written {
            Poll::Ready(Ok(())) => {
                self.is_gathering = false;
                Poll::Pending
            }
            Poll::Ready(Err(_)) => Poll::Ready(Ended::Gone),
            Poll::Pending => Poll::Pending,
        }
    }

    /// A session does not outlive its UserSig (contract C7).
    fn act_on_expiry(&mut self) {
        if self.sig_expires.is_some_and(|at| clock::now() > at) {
            self.sig_expires = None;
            self.requests.kick();
        }
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
    fn leave(self, permit: Permit) -> Socket {
        let mut requests = self.requests;
        requests.give_up();
        if !requests.is_idle() {
            tokio::spawn(async move {
                let _permit = permit;
                future::poll_fn(|context| requests.poll_finished(context)).await;
            });
        }
        self.socket
    }
}

/// Sends what is left and the close code, and waits until the client has seen it; a while, not for ever.
async fn close(mut socket: Socket, outbox: &Outbox, ended: Ended, grace: Duration) {
    let farewell = async {
        let (end, readable) = match ended {
            Ended::Gone => {
                // The client's own farewell is answered.
                let _ = socket.flush().await;
                return;
            }
            Ended::By(end) => (end, true),
            Ended::Broken(end) => (end, false),
        };
        // No one has a seat any more to put something in.
        if write_all(&mut socket, outbox).await.is_err()
            || socket.close(end.code as u16, end.reason).await.is_err()
        {
            return;
        }
        if readable {
            while socket.next().await.is_ok_and(|it| it != Message::Close) {}
        } else {
            socket.pass_over_the_rest().await;
        }
    };
    let _ = timeout(grace, pin!(farewell)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand idle sessions are ten thousand of these.
    #[test]
    fn a_session_is_small() {
        assert!(
            size_of::<Session>() <= SESSION_BYTES_MAX,
            "{}",
            size_of::<Session>()
        );
        let task = |shared, socket, permit| run(shared, socket, IpAddr::from([127, 0, 0, 1]), permit);
        assert!(
            size_of_returned(task) <= TASK_BYTES_MAX,
            "{}",
            size_of_returned(task)
        );
    }

    const SESSION_BYTES_MAX: usize = 512;
    const TASK_BYTES_MAX: usize = 1024;

    fn size_of_returned<F>(_: impl Fn(Arc<Shared>, Socket, Permit) -> F) -> usize {
        size_of::<F>()
    }
}
