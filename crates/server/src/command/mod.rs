//! Commands: the wire turned into the domain's words and back, one file each.
//!
//! **Comes in:** a command of a caller who is logged in (or a login), and the time. **Goes out:** its answer for the
//! wire, and the events that others should hear of, with their turn. **Never here:** sockets, SQL, and rules, which are
//! the services'.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use hongyan_domain::error::store_code;
use hongyan_domain::{Event, Outcome, Refusal};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, InstanceId, Timestamp};
use hongyan_protocol::message::ChangeKind;
use hongyan_protocol::platform::{KickReason, Platform};
use hongyan_protocol::wire;
use hongyan_storage::{Store, StoreError, Turn};

use crate::facts::Facts;

mod login;

pub(crate) use login::login;

/// What every command may use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) ids: Arc<dyn Ids>,
}

/// Where fresh ids come from; tests give fixed ones.
pub(crate) trait Ids: Send + Sync {
    /// A random number.
    fn random_u64(&self) -> u64;
}

/// Who calls: fixed at login.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: Account,
    pub(crate) instance: InstanceId,
    pub(crate) platform: Platform,
}

/// A command that was carried out.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) result: wire::response::Result,
    /// What others should hear of; none when it only read.
    pub(crate) events: Vec<Event>,
    /// When they may.
    pub(crate) turn: Turn,
}

/// A command that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: Code,
    /// For people.
    pub(crate) text: String,
}

/// A login that succeeded.
#[derive(Debug)]
pub(crate) struct LoggedIn {
    pub(crate) caller: Caller,
    pub(crate) result: wire::LoginResult,
    /// Others of the account that have to go.
    pub(crate) events: Vec<Event>,
    pub(crate) turn: Turn,
    /// The last moment at which the UserSig is good.
    pub(crate) sig_expires: Timestamp,
}

/// A login that did not.
#[derive(Debug)]
pub(crate) enum LoginRefused {
    /// Answered with a code.
    Refused(Refused),
    /// It wanted to resume, and was kicked while it was away.
    Kicked(KickReason),
}

/// Says which instances of an account have a live socket right now.
pub(crate) type Connected = Box<dyn FnOnce(AccountId) -> HashSet<InstanceId> + Send>;

/// A command whose facts are loaded.
type Prepared = Result<BoxFuture<'static, Result<Answered, Refused>>, Refused>;

/// Takes a command as far as its order matters: checks it and loads its facts. The future that is returned does the
/// work; it submits its write to the store when it is first polled, so that the messages of a session are committed in
/// the order in which their futures are first polled.
pub(crate) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    command: wire::request::Command,
) -> BoxFuture<'static, Result<Answered, Refused>> {
    let prepared = dispatch(context, caller, now, command).await;
    prepared.unwrap_or_else(|refused| ready(Err(refused)).boxed())
}

/// Whether the answer tells the caller's own session all that the event says, so that it needs no push of it: a message
/// of its own, what it revoked, and the entry in its account's log whose `pts` the answer carries.
pub(crate) fn is_told_by_the_answer(caller: &Caller, event: &Event) -> bool {
    match event {
        Event::TimelineChanged { change, .. } => match change.kind {
            ChangeKind::Appended => change.message.key.account == caller.account.id,
            ChangeKind::Revoked => true,
            ChangeKind::Modified => false,
        },
        Event::AccountChanged { account, .. } => *account == caller.account.id,
        Event::InstancesKicked { .. }
        | Event::ProfileChanged { .. }
        | Event::BlacklistChanged { .. }
        | Event::MembersAdded { .. }
        | Event::MemberRemoved { .. }
        | Event::GroupDismissed { .. } => false,
    }
}

async fn dispatch(
    _context: &Context,
    _caller: &Caller,
    _now: Timestamp,
    command: wire::request::Command,
) -> Prepared {
    use wire::request::Command;
    match command {
        Command::Login(_) => Err(Refused::new(
            Code::LOGIN_RUNNING,
            "this socket is logged in already",
        )),
        _ => Err(Refused::new(Code::COMMAND_UNKNOWN, Code::COMMAND_UNKNOWN.text())),
    }
}

impl Answered {
    /// The answer of a command that only read.
    fn read(result: wire::response::Result) -> Self {
        Self {
            result,
            events: Vec::new(),
            turn: Turn::none(),
        }
    }

    /// The answer of a service, for the wire.
    fn of<A>(outcome: Outcome<A>, result: impl FnOnce(A) -> wire::response::Result) -> Self {
        Self {
            result: result(outcome.answer),
            events: outcome.events,
            turn: outcome.turn,
        }
    }
}

impl Refused {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// A failure of the store is logged here, once, and its details stay here.
impl<E: Refusal> From<E> for Refused {
    fn from(error: E) -> Self {
        let code = error.code();
        match error.source() {
            None => Self::new(code, error.to_string()),
            Some(source) => failed(source, code),
        }
    }
}

/// The answer when facts could not be loaded, with the internal code of the command's area.
fn store_failed(error: &StoreError, internal: Code) -> Refused {
    failed(error, store_code(error, internal))
}

fn failed(error: &dyn Error, code: Code) -> Refused {
    if code == Code::OVERLOADED {
        tracing::warn!(%error, "the store has more to do than it may take on");
    } else {
        tracing::error!(%error, "the store failed");
    }
    Refused::new(code, code.text())
}

impl<E: Refusal> From<E> for LoginRefused {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
