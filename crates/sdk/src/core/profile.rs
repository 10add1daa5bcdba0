//! Profiles and the blacklist: the own one is held, others are asked for.
//!
//! **Comes in:** calls, answers, events of the account's log. **Goes out:** requests, and what is held of both. **Never here:**
//! limits of fields; the server knows them.

use std::sync::Arc;

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Timestamp, UserId};
use hongyan_protocol::limits;
use hongyan_protocol::profile::Profile;
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::io::{Answer, CallId, Failure, ProfileFields};
use super::request::Then;

impl Core {
    pub(super) fn user_profiles(&mut self, now: Timestamp, call: CallId, mut users: Vec<UserId>) {
        users.truncate(limits::PROFILES_MAX);
        let command = Command::FindProfiles(wire::FindProfiles {
            user_ids: texts(&users),
        });
        self.request(now, command, Then::Profiles { call });
    }

    pub(super) fn update_profile(&mut self, now: Timestamp, call: CallId, fields: ProfileFields) {
        if fields == ProfileFields::default() {
            return self.out.fail(call, Failure::of(Code::PROFILE_NOTHING));
        }
        self.request(now, Command::UpdateProfile(fields), Then::ProfileUpdated { call });
    }

    pub(super) fn profile_updated(
        &mut self,
        now: Timestamp,
        call: CallId,
        result: wire::UpdateProfileResult,
    ) {
        let profile = Profile::from_wire(result.profile.unwrap_or_default());
        self.own_event(now, result.pts, AccountChange::Profile(profile.clone()));
        self.out.answer(call, Answer::Profile(profile));
    }

    pub(super) fn profile_changed(&mut self, profile: Profile) {
        let Some(held) = &mut self.held else { return };
        if profile.user_id == held.me {
            held.profile = profile.clone();
        }
        if let Some(entry) = held.find_mut(&ConversationId::C2c(profile.user_id.clone())) {
            Arc::make_mut(&mut entry.state).peer = Some(profile.clone());
            self.changes.conversations = true;
        }
        self.changes.profiles.push(profile);
    }

    pub(super) fn add_to_blacklist(&mut self, now: Timestamp, call: CallId, users: &[UserId]) {
        let command = Command::AddToBlacklist(wire::AddToBlacklist {
            user_ids: texts(users),
        });
        self.request(now, command, Then::BlacklistAdded { call });
    }

    pub(super) fn remove_from_blacklist(&mut self, now: Timestamp, call: CallId, users: Vec<UserId>) {
        let command = Command::RemoveFromBlacklist(wire::RemoveFromBlacklist {
            user_ids: texts(&users),
        });
        self.request(now, command, Then::BlacklistRemoved { call, users });
    }

    pub(super) fn blacklist_added(&mut self, users: Vec<UserId>) {
        let Some(held) = &mut self.held else { return };
        for user in users {
            if !held.blacklist.contains(&user) {
                held.blacklist.push(user);
            }
        }
        self.changes.blacklist = true;
    }

    pub(super) fn blacklist_removed(&mut self, users: &[UserId]) {
        let Some(held) = &mut self.held else { return };
        held.blacklist.retain(|it| !users.contains(it));
        self.changes.blacklist = true;
    }
}

/// Users as the wire names them.
pub(super) fn texts(users: &[UserId]) -> Vec<String> {
    users.iter().map(|it| it.as_str().to_owned()).collect()
}

/// Users whom a server named.
pub(super) fn users(texts: Vec<String>) -> Vec<UserId> {
    texts.into_iter().map(UserId::trusted).collect()
}
