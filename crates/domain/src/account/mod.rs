//! Accounts: who is let in, and who has to go for it.

use std::sync::Arc;

use hongyan_protocol::id::Account;
use hongyan_protocol::profile::Profile;

pub mod login;

/// An account and how it is shown to others: what nearly every operation needs of who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// The nick of its profile.
    pub nick: Arc<str>,
    /// The picture link of its profile.
    pub avatar: Arc<str>,
}

/// Most accounts have no nick and no picture, and share the empty text.
fn shared(text: &str) -> Arc<str> {
    match text {
        "" => Arc::default(),
        text => text.into(),
    }
}

impl Person {
    /// The part of a profile that others are shown beside what somebody does.
    pub fn of(account: Account, profile: &Profile) -> Self {
        Self {
            account,
            nick: shared(&profile.nick),
            avatar: shared(&profile.avatar),
        }
    }
}
