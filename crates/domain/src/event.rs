//! What follows from a service's work: for the caller its answer, for others events.

use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::id::{Account, AccountId, InstanceId, Pts};
use hongyan_protocol::message::{ChangeKind, Message, TimelineChange};
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::profile::Profile;
use hongyan_storage::model::{Entered, GroupNumber, GroupRecord, MemberRecord, Seen, TimelineId};
use hongyan_storage::turn::Turn;

/// What a service did: the answer for its caller, and what others should hear of, in the order of commits.
#[derive(Debug)]
pub struct Outcome<A> {
    /// For the caller.
    pub answer: A,
    /// For others; empty when nothing changed.
    pub events: Vec<Event>,
    /// When they may be handed out. A service's write is its last step, so that nobody waits for its turn.
    pub turn: Turn,
}

impl<A> Outcome<A> {
    /// An answer that nobody else needs to hear of.
    pub const fn quiet(answer: A) -> Self {
        Self {
            answer,
            events: Vec::new(),
            turn: Turn::none(),
        }
    }

    /// The answer to an operation that entered this; all of it is told to those that it concerns.
    pub fn of(answer: A, entered: Vec<Entered>, turn: Turn) -> Self {
        Self {
            answer,
            events: entered.into_iter().map(Event::from).collect(),
            turn,
        }
    }

    /// The same, when something else has to be heard first.
    pub fn led_by(mut self, first: impl IntoIterator<Item = Event>) -> Self {
        self.events.splice(..0, first);
        self
    }
}

/// Something that happened and was committed. Fan-out hands it to the sessions that it concerns; cached facts are
/// corrected by it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A timeline changed (or an on-line-only message passes by, with version 0).
    TimelineChanged {
        /// Which.
        timeline: TimelineId,
        /// Whom it concerns.
        audience: Audience,
        /// What happened.
        change: TimelineChange,
        /// Who of them sees the message; the others are told its numbers alone.
        seen: Seen,
    },
    /// An account's log grew.
    AccountChanged {
        /// Whose.
        account: AccountId,
        /// By what.
        event: AccountEvent,
    },
    /// Instances have to go. Nothing reaches them after this (contract C6).
    InstancesKicked {
        /// Whose.
        account: AccountId,
        /// Which, and why.
        instances: Vec<(InstanceId, KickReason)>,
    },
    /// An account's profile is now this. Corrects facts; the instances hear by [`Event::AccountChanged`].
    ProfileChanged {
        /// Whose.
        account: Account,
        /// All of it.
        profile: Profile,
    },
    /// `by` blocked (or unblocked) `others`. Corrects facts.
    BlacklistChanged {
        /// Whose list.
        by: AccountId,
        /// Whom.
        others: Vec<AccountId>,
        /// They are on it now.
        blocked: bool,
    },
    /// Accounts came into a group. Corrects facts; comes before the tip about it.
    MembersAdded {
        /// The group as it is now.
        group: GroupRecord,
        /// Who came.
        members: Vec<MemberRecord>,
    },
    /// An account left a group. Corrects facts; comes before the tip about it.
    MemberRemoved {
        /// The group as it is now.
        group: GroupRecord,
        /// Who left.
        account: AccountId,
    },
    /// A group was dissolved. Corrects facts; comes after what its members should hear.
    GroupDismissed {
        /// Which.
        group: GroupNumber,
    },
}

/// Whom a timeline's change concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// These accounts.
    Accounts(Vec<AccountId>),
    /// All who are in the group now.
    Group(GroupNumber),
}

impl Event {
    /// What befell a message of a timeline, for all who share that.
    pub fn timeline(timeline: TimelineId, kind: ChangeKind, message: Message) -> Self {
        let audience = match timeline {
            TimelineId::C2c(one, other) if one == other => Audience::Accounts(vec![one]),
            TimelineId::C2c(one, other) => Audience::Accounts(vec![one, other]),
            TimelineId::Group(group) => Audience::Group(group),
            TimelineId::System(account) => Audience::Accounts(vec![account]),
        };
        Self::TimelineChanged {
            timeline,
            audience,
            change: TimelineChange::of(kind, message),
            seen: Seen::All,
        }
    }

    /// The same for a message that not everybody sees, or that brings key/value pairs.
    pub fn of_change(timeline: TimelineId, change: TimelineChange, seen: Seen) -> Self {
        match Self::timeline(timeline, change.kind, change.message.clone()) {
            Self::TimelineChanged {
                timeline, audience, ..
            } => Self::TimelineChanged {
                timeline,
                audience,
                change,
                seen,
            },
            event => event,
        }
    }
}

/// What was entered beside an operation is told to those that it concerns.
impl From<Entered> for Event {
    fn from(entered: Entered) -> Self {
        match entered {
            Entered::Message(timeline, message) => Self::timeline(timeline, ChangeKind::Appended, message),
            Entered::Event(account, event) => Self::AccountChanged { account, event },
        }
    }
}

/// The number of the newest entry that an operation made in an account's log; 0 when it made none.
pub fn pts_of(account: AccountId, entered: &[Entered]) -> Pts {
    let numbers = entered.iter().filter_map(|it| match it {
        Entered::Event(whose, event) if *whose == account => Some(event.pts),
        Entered::Event(..) | Entered::Message(..) => None,
    });
    numbers.max().unwrap_or_default()
}
