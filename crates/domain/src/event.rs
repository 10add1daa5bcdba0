//! What follows from a service's work: for the caller its answer, for others events.

use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::id::{Account, AccountId, InstanceId};
use hongyan_protocol::message::TimelineChange;
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::profile::Profile;
use hongyan_storage::model::{GroupNumber, GroupRecord, MemberRecord, TimelineId};
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
