//! Login, logout, and being kicked: who the core is, and whether calls are let through.
//!
//! **Comes in:** calls to log in and out, the server's answers, kicks. **Goes out:** the phase, refusals, and the events
//! around it. **Never here:** when a socket is opened again (`connection.rs`), and what a sync brings (`sync.rs`).
//!
//! ```text
//!   Out ──login──▶ LoggingIn ──answer──▶ Syncing ──snapshot──▶ Ready
//!    ▲                 │ refused             │                   │
//!    └─────────────────┴─── logout, kick, a resume that is refused ──┘
//! ```
//!
//! A connection that is cut does not change the phase: the core resumes, with the same instance id, and syncs.

use bytes::Bytes;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{AccountId, Timestamp, UserId};
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::wire::{self, request::Command};

use super::connection::FAILURES_SHOWN;
use super::held::{Changes, Held};
use super::io::{Answer, CallId, Event, Failure, Level};
use super::request::Then;
use super::{Core, Gate, State};

/// A login is tried for this long.
const LOGIN_MS: u64 = 15_000;
/// The server's answer to a logout is waited for this long; the instance is signed out in any case.
const LOGOUT_MS: u64 = 3_000;

#[derive(Debug)]
pub(super) struct Login {
    phase: Phase,
    credentials: Option<Credentials>,
    /// The call that waits, and until when.
    call: Option<(CallId, Timestamp)>,
    leaving: Option<Leaving>,
    /// How far the server's clock is ahead of this device's, in milliseconds.
    pub(super) clock_ahead_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Out(Why),
    LoggingIn,
    Syncing,
    Ready,
}

/// Why nobody is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Never,
    LoggedOut,
    Failed,
    Kicked(KickReason),
}

/// What a login request says. Without `Debug`: the UserSig must not be printed.
struct Credentials {
    user_id: String,
    user_sig: String,
    instance: [u8; 16],
    /// Whether the server has accepted this instance: a new connection resumes it.
    is_accepted: bool,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

#[derive(Debug)]
struct Leaving {
    call: CallId,
    destroy: bool,
    until: Timestamp,
}

impl Login {
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::Out(Why::Never),
            credentials: None,
            call: None,
            leaving: None,
            clock_ahead_ms: 0,
        }
    }

    pub(super) const fn state(&self) -> State {
        match self.phase {
            Phase::Out(_) => State::LoggedOut,
            Phase::LoggingIn => State::LoggingIn,
            Phase::Syncing => State::Syncing,
            Phase::Ready => State::Ready,
        }
    }

    pub(super) fn user_id(&self) -> &str {
        match (&self.phase, &self.credentials) {
            (Phase::Syncing | Phase::Ready, Some(it)) => &it.user_id,
            _ => "",
        }
    }

    /// When something will be due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let call = self.call.map(|it| it.1);
        let leaving = self.leaving.as_ref().map(|it| it.until);
        call.into_iter().chain(leaving).min()
    }

    /// Why a call behind this gate is refused now.
    pub(super) fn refusal(&self, gate: Gate) -> Option<Code> {
        if self.leaving.is_some() && gate != Gate::Open {
            return Some(Code::NOT_READY_LOGGED_OUT);
        }
        match (self.phase, gate) {
            (_, Gate::Open) | (Phase::Ready, _) => None,
            (Phase::Syncing | Phase::LoggingIn, Gate::Logout | Gate::Destroy) => None,
            (Phase::Syncing, Gate::LoggedIn) => None,
            (Phase::Syncing, _) => Some(Code::NOT_READY),
            (Phase::LoggingIn, _) => Some(Code::NOT_READY_LOGGING_IN),
            (Phase::Out(Why::Never), Gate::Join) => Some(Code::JOIN_NEEDS_LOGIN),
            (Phase::Out(Why::Never), Gate::Quit) => Some(Code::NOT_A_MEMBER),
            (Phase::Out(Why::Never), _) => Some(Code::NOT_LOGGED_IN),
            (Phase::Out(_), Gate::Destroy) => None,
            (Phase::Out(Why::LoggedOut | Why::Failed), Gate::Logout) => Some(Code::NOT_LOGGED_IN),
            (Phase::Out(Why::LoggedOut), _) => Some(Code::NOT_READY_LOGGED_OUT),
            (Phase::Out(Why::Failed), _) => Some(Code::NOT_READY_LOGIN_FAILED),
            (Phase::Out(Why::Kicked(reason)), _) => Some(kicked_code(reason)),
        }
    }
}

impl Core {
    pub(super) fn login(&mut self, now: Timestamp, call: CallId, user_id: String, user_sig: String) {
        if self.login.leaving.is_some() {
            let failure = Failure::new(Code::LOGIN_RUNNING, "the logout is not finished, wait for it");
            return self.out.fail(call, failure);
        }
        match self.login.phase {
            Phase::Out(_) => {}
            Phase::LoggingIn => return self.out.fail(call, Failure::of(Code::LOGIN_RUNNING)),
            Phase::Syncing | Phase::Ready if self.login.user_id() == user_id => {
                return self.out.answer(call, Answer::LoggedIn { repeat: true });
            }
            Phase::Syncing | Phase::Ready => {
                let failure = Failure::new(Code::LOGIN_RUNNING, "another user is logged in, log out first");
                return self.out.fail(call, failure);
            }
        }
        self.login.phase = Phase::LoggingIn;
        self.login.call = Some((call, now.plus_ms(LOGIN_MS)));
        self.login.credentials = Some(Credentials {
            user_id,
            user_sig,
            instance: self.random.bytes_16(),
            is_accepted: false,
        });
        self.out.log(Level::Release, "logging in");
        self.connection.start(now, &mut self.out);
    }

    /// The socket is open: the login is the first request on it.
    pub(super) fn greet(&mut self, now: Timestamp) {
        let Some(credentials) = &self.login.credentials else {
            return;
        };
        let command = Command::Login(wire::Login {
            sdk_app_id: self.config.sdk_app_id.0,
            user_id: credentials.user_id.clone(),
            user_sig: credentials.user_sig.clone(),
            platform: self.config.platform.to_wire() as i32,
            instance: Bytes::copy_from_slice(&credentials.instance),
            resume: credentials.is_accepted,
            sdk_version: self.config.sdk_version.clone(),
        });
        self.request(now, command, Then::Login);
    }

    pub(super) fn logged_in(&mut self, now: Timestamp, result: wire::LoginResult) {
        let Some(credentials) = &mut self.login.credentials else {
            return;
        };
        credentials.is_accepted = true;
        self.login.clock_ahead_ms = (result.server_time_ms as i64).saturating_sub(now.0 as i64);
        self.files_url = result.files_url;
        self.connection
            .up(now, u64::from(result.heartbeat_ms), &mut self.out);
        if self.held.is_none() {
            let me = UserId::trusted(credentials.user_id.as_str());
            let since = Timestamp(result.server_time_ms);
            self.held = Some(Held::new(me, AccountId(result.account), since));
        }
        if self.login.phase == Phase::LoggingIn {
            self.login.phase = Phase::Syncing;
            self.out.log(Level::Release, "logged in");
        }
        if let Some((call, _)) = self.login.call.take() {
            self.out.answer(call, Answer::LoggedIn { repeat: false });
        }
        self.begin_sync(now);
        for frame in self.requests.resend() {
            self.out.send(frame);
        }
    }

    pub(super) fn login_refused(&mut self, now: Timestamp, failure: Failure) {
        let is_resume = self.login.credentials.as_ref().is_some_and(|it| it.is_accepted);
        self.out
            .log_code(Level::Warning, "the login was refused", failure.code.0);
        if !is_resume {
            return self.login_failed(failure);
        }
        match failure.code {
            Code::USERSIG_EXPIRED => self.kicked(KickReason::UserSigExpired),
            // The server's trouble, not the login's.
            Code::TOO_MANY_REQUESTS
            | Code::OVERLOADED
            | Code::TOO_MANY_LOGIN_FAILURES
            | Code::ACCOUNT_INTERNAL => self.cut(now, "the login was refused for now"),
            _ => {
                self.drop_all("the login was lost", Why::Failed, Code::NOT_READY_LOGIN_FAILED);
                self.out.event(Event::NotReady);
                self.out.event(Event::Error(failure));
            }
        }
    }

    /// A sync has ended; after a login's first one, the app may go on.
    pub(super) fn login_synced(&mut self) {
        self.connection.settled();
        if self.login.phase == Phase::Syncing {
            self.login.phase = Phase::Ready;
            self.tell();
            self.out.log(Level::Release, "ready");
            self.out.event(Event::Ready);
        }
    }

    /// The connection failed while a login waits: a server that cannot be reached should not take 15 s to say so.
    pub(super) fn login_cut(&mut self) {
        if self.login.phase == Phase::LoggingIn && self.connection.failures() > FAILURES_SHOWN {
            self.login_failed(Failure::of(Code::NETWORK_ERROR));
        }
    }

    pub(super) fn logout(&mut self, now: Timestamp, call: CallId, destroy: bool) {
        self.login.leaving = Some(Leaving {
            call,
            destroy,
            until: now.plus_ms(LOGOUT_MS),
        });
        if self.connection.is_up() {
            let command = Command::Logout(wire::Logout {});
            self.request(now, command, Then::Logout);
        } else {
            self.logged_out();
        }
    }

    /// The server has signed the instance out, or cannot be asked.
    pub(super) fn logged_out(&mut self) {
        let Some(leaving) = self.login.leaving.take() else {
            return;
        };
        let was_in = !matches!(self.login.phase, Phase::Out(_));
        self.drop_all("logged out", Why::LoggedOut, Code::NOT_READY_LOGGED_OUT);
        self.out.answer(leaving.call, Answer::Done);
        if was_in {
            self.out.log(Level::Release, "logged out");
            self.out.event(Event::NotReady);
        }
        if leaving.destroy {
            self.login.phase = Phase::Out(Why::Never);
            self.out.event(Event::Destroyed);
        }
    }

    /// The service has signed this instance out. The logout comes first, then the event that says why.
    pub(super) fn kicked(&mut self, reason: KickReason) {
        if matches!(self.login.phase, Phase::Out(_)) {
            return;
        }
        if self.login.leaving.is_some() {
            return self.logged_out();
        }
        self.out
            .log_code(Level::Warning, "kicked out", kicked_code(reason).0);
        self.drop_all("kicked out", Why::Kicked(reason), kicked_code(reason));
        self.out.event(Event::NotReady);
        self.out.event(Event::KickedOut(reason));
    }

    /// The server closed with "logged out", which nobody here asked for.
    pub(super) fn logged_out_by_server(&mut self) {
        if self.login.leaving.is_some() {
            return self.logged_out();
        }
        self.drop_all("logged out", Why::LoggedOut, Code::NOT_READY_LOGGED_OUT);
        self.out.event(Event::NotReady);
    }

    /// Whether a logout waits for its answer.
    pub(super) fn login_is_leaving(&self) -> bool {
        self.login.leaving.is_some()
    }

    /// Does what is due.
    pub(super) fn login_wake(&mut self, now: Timestamp) {
        if self.login.call.is_some_and(|it| it.1 <= now) {
            self.login_failed(Failure::of(Code::TIMED_OUT));
        }
        if self.login.leaving.as_ref().is_some_and(|it| it.until <= now) {
            self.logged_out();
        }
    }

    fn login_failed(&mut self, failure: Failure) {
        let call = self.login.call.take();
        self.drop_all("the login failed", Why::Failed, Code::NOT_READY_LOGIN_FAILED);
        if let Some((call, _)) = call {
            self.out.fail(call, failure);
        }
    }

    /// Forgets everything of the account and ends the connection. Calls that wait fail with `code`.
    fn drop_all(&mut self, reason: &'static str, why: Why, code: Code) {
        self.connection.stop(reason, &mut self.out);
        self.login.phase = Phase::Out(why);
        self.login.credentials = None;
        let lists = self.held.take().map(|it| it.lists).unwrap_or_default();
        self.changes = Changes::default();
        if let Some((call, _)) = self.login.call.take() {
            self.out.fail(call, Failure::of(code));
        }
        for then in self.requests.clear() {
            if !matches!(then, Then::Listed { .. }) {
                self.fail(then, Failure::of(code));
            }
        }
        for list in lists {
            self.out.fail(list.call, Failure::of(code));
        }
    }
}

const fn kicked_code(reason: KickReason) -> Code {
    match reason {
        KickReason::MultipleDevice => Code::NOT_READY_KICKED_DEVICE,
        KickReason::MultipleAccount => Code::NOT_READY_KICKED_INSTANCE,
        KickReason::UserSigExpired => Code::NOT_READY_USERSIG_EXPIRED,
        KickReason::RestApi => Code::NOT_READY_KICKED_BY_SERVER,
    }
}
