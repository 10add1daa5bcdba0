//! The connection: when a socket is opened, kept alive, given up and opened again.
//!
//! **Comes in:** that a connection is wanted, what befell the socket, the time. **Goes out:** `Open`, `Close`, pings, and the
//! state for the app. **Never here:** what travels over it besides pings.
//!
//! ```text
//!            start                 opened            up (logged in)
//!   Idle ───────────▶ Opening ───────────▶ Greeting ────────────────▶ Up
//!                     ▲      │ closed, late    │ closed, late          │ closed, silent
//!                     │      ▼                 ▼                       ▼
//!                     └──── Waiting (0 … min(30 s, 0.5 s · 2ⁿ), n attempts failed since Up and synced)
//! ```
//!
//! What the app is shown: `connecting` from the start, and when an open connection is cut (jitter; the first retry
//! follows within half a second); `connected` at Up; `disconnected` when [`FAILURES_SHOWN`] attempts in a row have failed or the
//! environment says that there is no network. It stays `disconnected`, however many retries there are, until Up, or until the
//! environment says that the network is back, which also starts an attempt at once.

use hongyan_protocol::id::Timestamp;

use super::frames;
use super::io::{Event, Level, NetState, Outbox, Output};
use super::random::Random;

/// An attempt, from `Open` to the socket and from the socket to the login's answer, each.
const ATTEMPT_MS: u64 = 10_000;
/// The longest wait after the first failure; it doubles with each further one.
const BACKOFF_FIRST_MS: u64 = 500;
/// The longest wait of all.
const BACKOFF_MAX_MS: u64 = 30_000;
/// A ping is answered within this time, or the connection counts as cut.
const PONG_MS: u64 = 10_000;
/// So many failed attempts in a row are shown as `disconnected`.
pub(crate) const FAILURES_SHOWN: u32 = 2;

#[derive(Debug)]
pub(crate) struct Connection {
    socket: Socket,
    /// Attempts that failed since the last time it was up and synced, or since the network came back.
    failures: u32,
    /// Whether the present connection has proved its worth: its sync came through.
    is_settled: bool,
    shown: Option<NetState>,
    heartbeat_ms: u64,
    last_sent: Timestamp,
    pong_until: Option<Timestamp>,
    pings: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Socket {
    Idle,
    Waiting(Timestamp),
    Opening(Timestamp),
    Greeting(Timestamp),
    Up,
}

/// What the time has brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Nothing,
    /// The connection was given up; a retry is planned.
    Cut,
}

impl Connection {
    pub(crate) const fn new() -> Self {
        Self {
            socket: Socket::Idle,
            failures: 0,
            is_settled: false,
            shown: None,
            heartbeat_ms: 30_000,
            last_sent: Timestamp(0),
            pong_until: None,
            pings: 0,
        }
    }

    /// Whether requests may be sent.
    pub(crate) fn is_up(&self) -> bool {
        self.socket == Socket::Up
    }

    /// Whether the login is under way on an open socket.
    pub(crate) fn is_greeting(&self) -> bool {
        matches!(self.socket, Socket::Greeting(_))
    }

    pub(crate) const fn failures(&self) -> u32 {
        self.failures
    }

    /// A connection is wanted from now on.
    pub(crate) fn start(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.socket == Socket::Idle {
            self.failures = 0;
            self.open(now, out);
            self.show(NetState::Connecting, out);
        }
    }

    /// No connection is wanted any more. Nothing is shown: the app knows that it logged out or was kicked.
    pub(crate) fn stop(&mut self, reason: &'static str, out: &mut Outbox) {
        self.close(reason, out);
        self.socket = Socket::Idle;
        self.failures = 0;
        self.shown = None;
    }

    /// Whether this is news: a socket was being opened.
    pub(crate) fn opened(&mut self, now: Timestamp) -> bool {
        let news = matches!(self.socket, Socket::Opening(_));
        if news {
            self.socket = Socket::Greeting(now.plus_ms(ATTEMPT_MS));
        }
        news
    }

    /// The server answered the login.
    pub(crate) fn up(&mut self, now: Timestamp, heartbeat_ms: u64, out: &mut Outbox) {
        self.socket = Socket::Up;
        self.is_settled = false;
        // A server that asks for nonsense is not followed into a flood or into silence.
        self.heartbeat_ms = heartbeat_ms.clamp(1_000, 600_000);
        self.last_sent = now;
        self.pong_until = None;
        self.show(NetState::Connected, out);
    }

    /// The sync came through: the next cut is retried at once again. A server that lets one log in and then
    /// fails is not asked ever faster.
    pub(crate) fn settled(&mut self) {
        self.is_settled = true;
        self.failures = 0;
    }

    /// The socket is gone without our doing. Whether there was one.
    pub(crate) fn cut(&mut self, now: Timestamp, random: &mut Random, out: &mut Outbox) -> bool {
        match self.socket {
            Socket::Idle | Socket::Waiting(_) => return false,
            Socket::Up => {
                self.failures += u32::from(!self.is_settled);
                self.show(NetState::Connecting, out);
            }
            Socket::Opening(_) | Socket::Greeting(_) => {
                self.failures += 1;
                if self.failures >= FAILURES_SHOWN {
                    self.show(NetState::Disconnected, out);
                }
            }
        }
        self.wait(now, random);
        true
    }

    /// Gives the socket up by our own decision and retries. Whether there was one.
    pub(crate) fn give_up(
        &mut self,
        now: Timestamp,
        reason: &'static str,
        random: &mut Random,
        out: &mut Outbox,
    ) -> bool {
        self.close(reason, out);
        self.cut(now, random, out)
    }

    /// The environment's hint. Whether a socket was given up for it.
    pub(crate) fn network(
        &mut self,
        now: Timestamp,
        online: bool,
        random: &mut Random,
        out: &mut Outbox,
    ) -> bool {
        match (self.socket, online) {
            (Socket::Idle, _) => false,
            (Socket::Waiting(_), false) => {
                self.show(NetState::Disconnected, out);
                false
            }
            (Socket::Opening(_) | Socket::Greeting(_) | Socket::Up, false) => {
                self.close("no network", out);
                self.wait(now, random);
                self.show(NetState::Disconnected, out);
                true
            }
            // The old socket may be dead without having said so; asking shows it soon.
            (Socket::Up, true) => {
                self.ping(now, out);
                false
            }
            (Socket::Waiting(_), true) => {
                self.failures = 0;
                self.open(now, out);
                self.show(NetState::Connecting, out);
                false
            }
            (Socket::Opening(_) | Socket::Greeting(_), true) => false,
        }
    }

    /// Something was sent: no ping is needed for a while.
    pub(crate) fn sent(&mut self, now: Timestamp) {
        self.last_sent = now;
    }

    /// Something came: the connection lives.
    pub(crate) fn heard(&mut self) {
        self.pong_until = None;
    }

    /// Does what is due.
    pub(crate) fn wake(&mut self, now: Timestamp, random: &mut Random, out: &mut Outbox) -> Woken {
        match self.socket {
            Socket::Waiting(until) if until <= now => self.open(now, out),
            Socket::Opening(until) | Socket::Greeting(until) if until <= now => {
                out.log(Level::Warning, "connecting takes too long, trying again");
                self.give_up(now, "no answer", random, out);
                return Woken::Cut;
            }
            Socket::Up if self.pong_until.is_some_and(|until| until <= now) => {
                out.log(Level::Warning, "the server is silent, connecting again");
                self.give_up(now, "silent", random, out);
                return Woken::Cut;
            }
            Socket::Up if self.last_sent.plus_ms(self.heartbeat_ms) <= now => self.ping(now, out),
            _ => {}
        }
        Woken::Nothing
    }

    /// When something will be due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self.socket {
            Socket::Idle => None,
            Socket::Waiting(until) | Socket::Opening(until) | Socket::Greeting(until) => Some(until),
            Socket::Up => {
                let beat = self.last_sent.plus_ms(self.heartbeat_ms);
                Some(self.pong_until.map_or(beat, |until| until.min(beat)))
            }
        }
    }

    fn open(&mut self, now: Timestamp, out: &mut Outbox) {
        self.socket = Socket::Opening(now.plus_ms(ATTEMPT_MS));
        out.queue.push_back(Output::Open);
    }

    fn close(&mut self, reason: &'static str, out: &mut Outbox) {
        if matches!(self.socket, Socket::Opening(_) | Socket::Greeting(_) | Socket::Up) {
            out.queue.push_back(Output::Close { code: 1000, reason });
        }
    }

    fn wait(&mut self, now: Timestamp, random: &mut Random) {
        // Full jitter: thousands of clients of a server that went down come back spread out.
        let longest = (BACKOFF_FIRST_MS << self.failures.min(16)).min(BACKOFF_MAX_MS);
        self.socket = Socket::Waiting(now.plus_ms(random.up_to(longest)));
        self.pong_until = None;
    }

    fn ping(&mut self, now: Timestamp, out: &mut Outbox) {
        self.pings = self.pings.wrapping_add(1);
        out.send(frames::ping(self.pings));
        self.last_sent = now;
        self.pong_until.get_or_insert(now.plus_ms(PONG_MS));
    }

    fn show(&mut self, state: NetState, out: &mut Outbox) {
        if self.shown != Some(state) {
            self.shown = Some(state);
            out.event(Event::NetStateChanged(state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox() -> Outbox {
        Outbox {
            queue: Default::default(),
            log_level: 4,
        }
    }

    fn waits(connection: &Connection, now: Timestamp) -> u64 {
        connection.due().unwrap().ms_since(now)
    }

    #[test]
    fn waits_grow_from_half_a_second_to_half_a_minute_and_are_never_longer() {
        let now = Timestamp(1_000_000);
        let mut longest = [0; 12];
        for seed in 0..200 {
            let (mut random, mut out) = (Random::new([seed as u8; 32]), outbox());
            let mut connection = Connection::new();
            connection.start(now, &mut out);
            connection.opened(now);
            connection.up(now, 30_000, &mut out);
            connection.settled();
            for (attempt, longest) in longest.iter_mut().enumerate() {
                connection.cut(now, &mut random, &mut out);
                let wait = waits(&connection, now);
                assert!(wait <= (500 << attempt).min(30_000), "attempt {attempt}: {wait}");
                *longest = wait.max(*longest);
                connection.wake(now.plus_ms(wait), &mut random, &mut out);
            }
        }
        assert!(
            longest[0] > 250 && longest[11] > 15_000,
            "the jitter is full: {longest:?}"
        );
    }

    #[test]
    fn the_app_is_shown_connecting_then_disconnected_and_no_flicker_until_it_is_up() {
        let (now, mut random, mut out) = (Timestamp(1), Random::new([3; 32]), outbox());
        let mut connection = Connection::new();
        connection.start(now, &mut out);
        connection.opened(now);
        connection.up(now, 30_000, &mut out);
        connection.settled();
        for _ in 0..6 {
            connection.cut(now, &mut random, &mut out);
            connection.wake(now.plus_ms(60_000), &mut random, &mut out);
        }
        connection.opened(now);
        connection.up(now, 30_000, &mut out);
        connection.settled();
        let shown: Vec<_> = out
            .queue
            .iter()
            .filter_map(|it| match it {
                Output::Event(Event::NetStateChanged(state)) => Some(state.public()),
                _ => None,
            })
            .collect();
        assert_eq!(
            shown,
            [
                "connecting",
                "connected",
                "connecting",
                "disconnected",
                "connected"
            ]
        );
    }

    #[test]
    fn a_lost_network_is_shown_at_once_and_its_return_is_used_at_once() {
        let (now, mut random, mut out) = (Timestamp(1), Random::new([3; 32]), outbox());
        let mut connection = Connection::new();
        connection.start(now, &mut out);
        connection.opened(now);
        connection.up(now, 30_000, &mut out);
        connection.settled();
        out.queue.clear();
        assert!(connection.network(now, false, &mut random, &mut out));
        assert!(matches!(
            out.queue.make_contiguous(),
            [
                Output::Close { .. },
                Output::Event(Event::NetStateChanged(NetState::Disconnected))
            ]
        ));
        out.queue.clear();
        connection.network(now, true, &mut random, &mut out);
        assert!(matches!(
            out.queue.make_contiguous(),
            [
                Output::Open,
                Output::Event(Event::NetStateChanged(NetState::Connecting))
            ]
        ));
    }

    #[test]
    fn a_silent_server_is_asked_after_the_heartbeat_and_given_up_when_it_does_not_answer() {
        let (now, mut random, mut out) = (Timestamp(1), Random::new([3; 32]), outbox());
        let mut connection = Connection::new();
        connection.start(now, &mut out);
        connection.opened(now);
        connection.up(now, 30_000, &mut out);
        connection.settled();
        let beat = now.plus_ms(30_000);
        assert_eq!(connection.due(), Some(beat));
        assert_eq!(connection.wake(beat, &mut random, &mut out), Woken::Nothing);
        assert!(matches!(out.queue.back(), Some(Output::Send(_))));
        let late = beat.plus_ms(PONG_MS);
        assert_eq!(connection.due(), Some(late));
        assert_eq!(connection.wake(late, &mut random, &mut out), Woken::Cut);
        assert!(!connection.is_up());
    }
}
