//! The blacklist: whom an account does not want to hear from.

pub mod add;
pub mod list;
pub mod remove;

use hongyan_protocol::id::{Account, AccountId, Pts, UserId};
use hongyan_storage::model::{BlacklistChanged, Written};
use hongyan_storage::turn::Committed;

use crate::event::{Event, Outcome, pts_of};

/// What became of a blacklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Those that are new on it, or gone from it.
    pub users: Vec<UserId>,
    /// The event of the own log; 0 when nothing changed.
    pub pts: Pts,
}

fn outcome(
    by: AccountId,
    others: &[Account],
    blocked: bool,
    committed: Committed<Written<BlacklistChanged>>,
) -> Outcome<Changed> {
    let users = committed.value.done.changed;
    let is_changed = |it: &&Account| users.contains(&it.user_id);
    let changed: Vec<AccountId> = others.iter().filter(is_changed).map(|it| it.id).collect();
    let pts = pts_of(by, &committed.value.entered);
    let event = (!changed.is_empty()).then_some(Event::BlacklistChanged {
        by,
        others: changed,
        blocked,
    });
    let answer = Changed { users, pts };
    Outcome::of(answer, committed.value.entered, committed.turn).led_by(event)
}
