//! Coming up to date and staying so: the event log, the timelines, and the gaps in both (contract C4).
//!
//! **Comes in:** pushes, answers that carry a number like pushes, snapshots and catch-ups. **Goes out:** what is held, in the
//! state that the server's numbers say, and requests for what is missing. **Never here:** counting (`conversation.rs`).
//!
//! One rule for both kinds of numbers: the next one is taken, an older one was seen already, a later one waits while
//! what is between is asked for. Version 0 is outside the order: told, and not kept.

use hongyan_protocol::change::{AccountChange, AccountEvent, ReadMark};
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::group::{Group, LeaveReason};
use hongyan_protocol::id::{ConversationId, GroupId, Pts, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{ChangeKind, TimelineChange};
use hongyan_protocol::profile::Profile;
#[cfg(feature = "sabotage")]
use hongyan_protocol::sabotage::{self, Sabotage};
use hongyan_protocol::settings::RemindType;
use hongyan_protocol::wire::{self, request::Command};
use std::sync::Arc;

use super::Core;
use super::conversation::{Entry, Healing, Judge, tell_new};
use super::held::{Changes, Held, Waiting};
use super::io::{Failure, Level};
use super::message::Message;
use super::request::Then;

/// Pushes that wait while a sync is under way.
const WAITING_MAX: usize = 1000;

impl Core {
    /// Asks for all that came after what is held, or for everything.
    pub(super) fn begin_sync(&mut self, now: Timestamp) {
        let Some(held) = &mut self.held else { return };
        if held.syncing.is_some() {
            return;
        }
        held.syncing = Some(Waiting::default());
        let pts = if held.is_synced { held.pts } else { Pts(0) };
        // Also when no event has come yet: then the first ones may be among what was missed.
        let (named, listed) = match held.is_synced {
            false => (Vec::new(), Timestamp(0)),
            true => named(held),
        };
        let command = Command::Sync(wire::Sync {
            pts: pts.0,
            held: named,
            listed_ms: listed.0,
            again: held.is_synced,
        });
        self.request(now, command, Then::Sync { pts });
    }

    /// Syncs, also when a sync is under way that may have been read before what is to be learned.
    pub(super) fn sync_again(&mut self, now: Timestamp) {
        match self.held.as_mut().and_then(|it| it.syncing.as_mut()) {
            Some(waiting) => waiting.overflown = true,
            None => self.begin_sync(now),
        }
    }

    pub(super) fn synced(&mut self, now: Timestamp, pts: Pts, result: wire::SyncResult) {
        let Some(held) = &mut self.held else { return };
        let Some(waiting) = held.syncing.take() else {
            return;
        };
        let wanted = held.conversations.iter().filter(|it| it.is_state_wanted);
        let wanted: Vec<_> = wanted.map(|it| it.state.id.clone()).collect();
        let to = Pts(result.pts);
        match result.snapshot {
            // Nothing of the event log had come yet and nothing was held, or the log reaches no more to its beginning, so
            // that the catch-up is a snapshot; what came in timelines meanwhile is news.
            Some(snapshot) if held.is_synced && pts == Pts(0) => {
                held.pts = to;
                self.catch_up(now, snapshot);
            }
            Some(snapshot) => {
                if held.is_synced {
                    self.out
                        .log(Level::Release, "away for too long, everything is read anew");
                    self.changes.reloaded = true;
                }
                held.since = Timestamp(now.0.saturating_add_signed(self.login.clock_ahead_ms));
                take_snapshot(held, snapshot, &mut self.changes);
                held.pts = to;
                held.is_synced = true;
            }
            None => {
                held.is_synced = true;
                for event in result.events {
                    match AccountEvent::from_wire(event) {
                        Ok(event) => self.take_event(now, event),
                        Err(_) => self.out.log(Level::Warning, "an event cannot be read"),
                    }
                }
                if let Some(held) = &mut self.held {
                    held.pts = held.pts.max(to);
                }
                for update in result.updates {
                    self.take_update(now, update);
                }
            }
        }
        for event in waiting.events {
            self.account_event(now, event);
        }
        for (change, is_own_doing) in waiting.changes {
            self.timeline_change(now, change, is_own_doing);
        }
        if waiting.overflown {
            self.begin_sync(now);
        }
        for id in wanted {
            self.ask_state_again(now, &id);
        }
        self.login_synced();
    }

    /// Takes a snapshot as what was missed: timelines go on where they are.
    fn catch_up(&mut self, now: Timestamp, snapshot: wire::Snapshot) {
        let Some(held) = &mut self.held else { return };
        if let Some(profile) = snapshot.profile.map(Profile::from_wire)
            && held.profile != profile
        {
            held.profile = profile.clone();
            self.changes.profiles.push(profile);
        }
        let groups: Vec<_> = snapshot
            .groups
            .into_iter()
            .map(|it| Arc::new(Group::from_wire(it)))
            .collect();
        self.changes.groups |= held.groups != groups;
        held.groups = groups;
        let blacklist = super::profile::users(snapshot.blacklist);
        self.changes.blacklist |= held.blacklist != blacklist;
        held.blacklist = blacklist;
        self.changes.conversation_groups |= held.conversation_groups != snapshot.conversation_groups;
        held.conversation_groups = snapshot.conversation_groups;
        held.take_reminds(snapshot.reminds);
        // What moved up from beyond the page is found by paging anew.
        held.has_more = snapshot.has_more_conversations;
        held.page_end = Timestamp(snapshot.conversations.last().map_or(0, |it| it.active_ms));
        let mut older: Vec<_> = held.conversations.iter().map(|it| it.state.id.clone()).collect();
        for state in snapshot.conversations.into_iter().chain(snapshot.pinned) {
            let Ok(id) = ConversationId::from_wire(state.conversation.clone()) else {
                continue;
            };
            older.retain(|it| *it != id);
            let entry = self.held.as_mut().and_then(|it| it.find_mut(&id));
            let version = entry.map_or(0, |entry| {
                entry.peer_read(Sequence(state.peer_read_sequence), &mut self.changes);
                entry.version.0
            });
            let update = wire::ConversationUpdate {
                version,
                complete: version == state.version,
                reload: false,
                changes: Vec::new(),
                state: Some(state),
            };
            self.take_update(now, update);
        }
        // Beyond the snapshot's page.
        for id in older {
            self.ask_state(now, &id);
        }
    }

    /// A change of a timeline: pushed, or made by this instance and answered.
    pub(super) fn timeline_change(&mut self, now: Timestamp, change: TimelineChange, is_own_doing: bool) {
        let Some(held) = &mut self.held else { return };
        let version = change.message.version;
        if version == Version(0) {
            let id = change.message.conversation_for(&held.me);
            let message = Arc::new(Message::of(change.message, &held.me, Sequence(0)));
            if held.remind(&id) == RemindType::Discard && !message.is_own {
                return;
            }
            let (judge, _) = judge(held, is_own_doing, Timestamp(0));
            return tell_new(message, &judge, &mut self.changes);
        }
        if let Some(waiting) = &mut held.syncing {
            if waiting.changes.len() < WAITING_MAX {
                waiting.changes.push((change, is_own_doing));
            } else {
                waiting.overflown = true;
            }
            return;
        }
        let id = change.message.conversation_for(&held.me);
        let is_begun = held.find(&id).is_none() && version == Version(1);
        if held.find(&id).is_none() {
            // The answer to a resend, out of a group that was left meanwhile: its conversation is gone and stays so.
            if is_own_doing && held.is_of_strangers(&id) {
                return;
            }
            if is_begun {
                self.begin_conversation(now, &id, &change);
            } else {
                // It exists, and is older than the pages of the list that came.
                self.find_conversation(now, &id);
            }
        }
        let Some(held) = &mut self.held else { return };
        let (judge, conversations) = judge(held, is_own_doing, Timestamp(0));
        let Some(entry) = conversations.iter_mut().find(|it| it.state.id == id) else {
            return;
        };
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::NoGapCheck) && entry.healing.is_none() && version > entry.version {
            return entry.take(vec![change], version, &judge, &mut self.changes);
        }
        if entry.healing.is_some() {
            entry.wait(change, is_own_doing);
        } else if version == entry.version.next() {
            let members = entry.members_after(std::slice::from_ref(&change));
            let was_looked_at = entry.was_looked_at();
            entry.take(vec![change], version, &judge, &mut self.changes);
            self.members_changed(&id, members);
            if was_looked_at && !is_begun {
                self.ask_state(now, &id);
            }
        } else if version > entry.version {
            entry.wait(change, is_own_doing);
            self.ask_changes(now, &id);
        }
    }

    /// Asks what a timeline holds beyond what was taken.
    pub(super) fn heal(&mut self, now: Timestamp, id: &ConversationId) {
        let entry = self.held.as_mut().and_then(|it| it.find_mut(id));
        if let Some(entry) = entry
            && entry.healing.is_none()
        {
            entry.healing = Some(Healing::default());
            self.ask_changes(now, id);
        }
    }

    pub(super) fn changes_came(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        result: wire::ListChangesResult,
    ) {
        let Some(held) = &mut self.held else { return };
        let (mut judge, conversations) = judge(held, false, Timestamp(0));
        let Some(entry) = conversations.iter_mut().find(|it| it.state.id == *id) else {
            return;
        };
        let Some(healing) = &mut entry.healing else { return };
        let found = healing.found.len() + result.changes.len();
        if result.reload || found as u64 > 2 * limits::CHANGES_REPLAYED_MAX {
            healing.is_finding = true;
            healing.is_reload = true;
            healing.found.clear();
            entry.drop_messages();
            return self.ask_state(now, id);
        }
        healing.found.extend(read_changes(result.changes));
        if !result.complete {
            return self.ask_changes_after(now, id, Version(result.version));
        }
        let healing = std::mem::take(healing);
        entry.healing = None;
        judge.news_after = healing.news_after;
        let was_looked_at = entry.was_looked_at() && healing.news_after == Timestamp(0);
        let members = entry.members_after(&healing.found);
        // A tip that this account deleted, cleared away with all else, or that has expired, says no more how many there are.
        let is_hidden = |it: &TimelineChange| it.kind == ChangeKind::Hidden;
        let is_cleared = entry.last_taken.next() < entry.state.first_sequence;
        let is_expired = entry.lacks_some(&healing.found);
        let is_count_unknown =
            entry.members().is_some() && (is_cleared || is_expired || healing.found.iter().any(is_hidden));
        entry.take(healing.found, Version(result.version), &judge, &mut self.changes);
        self.members_changed(id, members);
        if is_count_unknown || was_looked_at {
            self.ask_state(now, id);
        }
        self.go_on(now, id, healing.waiting, healing.overflown);
    }

    /// The server told where a conversation stands, for whatever reason it was asked.
    pub(super) fn state_came(&mut self, now: Timestamp, state: wire::ConversationState) {
        let Some(held) = &mut self.held else { return };
        let Ok(mut state) = ConversationState::from_wire(state) else {
            return self.out.log(Level::Warning, "a conversation cannot be read");
        };
        held.without_retired(&mut state);
        let id = state.id.clone();
        let news_after = news_after(held, &state);
        self.changes.conversations = true;
        if held.find(&id).is_none() {
            held.conversations.push(Entry::finding(id.clone()));
        }
        let Some(entry) = held.find_mut(&id) else { return };
        // Its event is still to come, and is then nothing new.
        entry.peer_read(state.peer_read, &mut self.changes);
        let grouped = entry.state.settings.groups.clone();
        if !entry.take_state(state) {
            return self.ask_state(now, &id);
        }
        self.changes.regroup(&grouped, &entry.state.settings.groups);
        let members = entry.members();
        self.members_changed(&id, members);
        let Some(entry) = self.held.as_mut().and_then(|it| it.find_mut(&id)) else {
            return;
        };
        let Some(healing) = entry.healing.as_mut().filter(|it| it.is_finding) else {
            // It tells of changes that were not taken: lost, or on their way.
            if entry.state.version > entry.version {
                self.heal(now, &id);
            }
            return;
        };
        healing.is_finding = false;
        let last = entry.state.last_message.as_ref();
        if !healing.is_reload && last.is_some_and(|it| it.time > news_after) {
            // Something was said of which the app has not heard, or not yet: the newest changes tell.
            healing.news_after = news_after;
            let version = entry.state.version.0;
            entry.version = Version(version.saturating_sub(limits::CHANGES_PAGE_MAX as u64));
            return self.ask_changes(now, &id);
        }
        let healing = std::mem::take(healing);
        entry.healing = None;
        self.changes.reloaded |= healing.is_reload;
        entry.version = entry.state.version;
        entry.last_taken = entry.state.last_sequence;
        entry.drop_messages();
        self.go_on(now, &id, healing.waiting, healing.overflown);
    }

    /// The core's own question about a conversation was refused.
    pub(super) fn heal_refused(&mut self, now: Timestamp, id: &ConversationId, code: Code) {
        let lost = [
            Code::CONVERSATION_NOT_FOUND,
            Code::USER_OR_GROUP_NOT_FOUND,
            Code::GROUP_FORBIDDEN,
            Code::GROUP_GONE,
            Code::RECEIVER_UNKNOWN,
        ];
        if !lost.contains(&code) {
            // Without the answer the gap would stay; a new connection syncs.
            return self.cut(now, "a sync was refused");
        }
        let Some(held) = &mut self.held else { return };
        // What was said in a group before it was left may come late, and begin a conversation that is none any more.
        let is_left = code == Code::GROUP_FORBIDDEN && held.is_of_strangers(id);
        if let Some(entry) = held.find_mut(id) {
            if entry.is_unknown() || is_left {
                held.remove(id);
                self.changes.conversations |= is_left;
            } else {
                entry.healing = None;
                entry.is_state_wanted = false;
            }
        }
    }

    /// A page of older conversations for the list.
    pub(super) fn more_came(&mut self, now: Timestamp, result: wire::ListConversationsResult) {
        let Some(held) = &mut self.held else { return };
        held.is_paging = false;
        if std::mem::take(&mut held.is_page_stale) {
            return self.ask_page(now);
        }
        let Some(held) = &mut self.held else { return };
        held.has_more = !result.complete && !result.conversations.is_empty();
        if let Some(last) = result.conversations.last() {
            held.page_end = Timestamp(last.active_ms);
        }
        self.changes.conversations = true;
        for state in result.conversations {
            let known = ConversationId::from_wire(state.conversation.clone())
                .ok()
                .and_then(|id| self.held.as_ref()?.find(&id));
            if known.is_none_or(Entry::is_unknown) {
                self.state_came(now, state);
            }
        }
    }

    /// An event of the account's log: pushed, or caused by this instance and answered.
    pub(super) fn account_event(&mut self, now: Timestamp, event: AccountEvent) {
        let Some(held) = &mut self.held else { return };
        if event.pts <= held.pts {
            return;
        }
        if held.syncing.is_none() {
            #[cfg(feature = "sabotage")]
            if sabotage::is(Sabotage::NoGapCheck) {
                return self.take_event(now, event);
            }
            if event.pts == held.pts.next() {
                return self.take_event(now, event);
            }
            self.begin_sync(now);
        }
        if let Some(waiting) = self.held.as_mut().and_then(|it| it.syncing.as_mut()) {
            if waiting.events.len() < WAITING_MAX {
                waiting.events.push(event);
            } else {
                waiting.overflown = true;
            }
        }
    }

    /// Something that this instance did has a place in the event log; 0: nothing moved.
    pub(super) fn own_event(&mut self, now: Timestamp, pts: u64, change: AccountChange) {
        if pts > 0 {
            let change = Some(change);
            self.account_event(
                now,
                AccountEvent {
                    pts: Pts(pts),
                    change,
                },
            );
        }
    }

    /// Begins to look for a conversation; what comes of it meanwhile waits.
    pub(super) fn find_conversation(&mut self, now: Timestamp, id: &ConversationId) {
        if let Some(held) = &mut self.held {
            held.conversations.push(Entry::finding(id.clone()));
            self.ask_state(now, id);
        }
    }

    pub(super) fn ask_state(&mut self, now: Timestamp, id: &ConversationId) {
        if let Some(entry) = self.held.as_mut().and_then(|it| it.find_mut(id)) {
            entry.is_state_wanted = true;
        }
        let command = Command::FindConversation(wire::FindConversation {
            conversation: Some(id.to_wire()),
        });
        self.request(now, command, Then::State(id.clone()));
    }

    /// Asks what was asked before a cut, unless the sync brought it.
    fn ask_state_again(&mut self, now: Timestamp, id: &ConversationId) {
        let entry = self.held.as_ref().and_then(|it| it.find(id));
        if entry.is_some_and(|it| it.is_state_wanted) {
            self.ask_state(now, id);
        }
    }

    fn take_event(&mut self, now: Timestamp, event: AccountEvent) {
        let Some(held) = &mut self.held else { return };
        if event.pts <= held.pts {
            return;
        }
        held.pts = event.pts;
        match event.change {
            Some(AccountChange::Profile(profile)) => self.profile_changed(profile),
            Some(AccountChange::BlacklistAdded(users)) => self.blacklist_added(users),
            Some(AccountChange::BlacklistRemoved(users)) => self.blacklist_removed(&users),
            Some(AccountChange::GroupJoined(group)) => self.group_joined(now, group),
            Some(AccountChange::GroupLeft { group, reason }) => self.group_left(&group, reason),
            Some(AccountChange::Read(mark)) => self.read(now, &mark),
            Some(AccountChange::PeerRead(mark)) => self.peer_read(now, &mark),
            Some(AccountChange::Receipts(receipts)) => self.receipts_given(receipts),
            Some(AccountChange::AllRead(marks)) => self.all_read(now, &marks),
            Some(AccountChange::Settings(changed)) => self.settings_changed(now, changed),
            Some(AccountChange::MessagesDeleted {
                conversation,
                messages,
                view_version,
            }) => self.take_deleted(now, &conversation, &messages, view_version),
            Some(AccountChange::HistoryCleared {
                conversation,
                first,
                view_version,
            }) => self.take_cleared(now, &conversation, first, view_version),
            // Of a newer server; its number counts all the same.
            None => {}
        }
    }

    fn read(&mut self, now: Timestamp, mark: &ReadMark) {
        let Some(held) = &mut self.held else { return };
        let Some(entry) = held
            .conversations
            .iter_mut()
            .find(|it| it.state.id == mark.conversation)
        else {
            return self.find_conversation(now, &mark.conversation);
        };
        self.changes.conversations = true;
        if matches!(&mark.conversation, ConversationId::C2c(user) if *user == held.me) {
            // Who talks to himself is the peer too, and has one mark.
            entry.peer_read(mark.sequence, &mut self.changes);
        }
        if !entry.read(mark.sequence, &held.me) && !entry.is_unknown() {
            self.ask_state(now, &mark.conversation);
        }
    }

    /// Many conversations were read at once. Those that are not held are not asked for: they may be thousands, and their
    /// state comes with the page that shows them.
    fn all_read(&mut self, now: Timestamp, marks: &[ReadMark]) {
        for mark in marks {
            let Some(held) = &mut self.held else { return };
            if held.find(&mark.conversation).is_none() && !self.requests.is_finding(&mark.conversation) {
                held.is_page_stale |= held.is_paging;
                continue;
            }
            self.read(now, mark);
        }
    }

    fn peer_read(&mut self, now: Timestamp, mark: &ReadMark) {
        let Some(held) = &mut self.held else { return };
        match held.find_mut(&mark.conversation) {
            Some(entry) => entry.peer_read(mark.sequence, &mut self.changes),
            None => self.find_conversation(now, &mark.conversation),
        }
    }

    fn group_joined(&mut self, now: Timestamp, group: Group) {
        let Some(held) = &mut self.held else { return };
        self.changes.groups = true;
        let id = ConversationId::Group(group.id.clone());
        let joined = group.self_info.as_ref().map(|it| it.joined);
        let mut group = Arc::new(group);
        match held.groups.iter_mut().find(|it| it.id == group.id) {
            Some(known) => *known = group,
            None => {
                // One that was left before has another history, unless a message was quicker than the log.
                let is_another = |it: &Entry| {
                    let own = it.state.group.as_ref().and_then(|it| it.self_info.as_ref());
                    own.map(|it| it.joined) != joined
                };
                if held.find(&id).is_some_and(|it| {
                    it.healing.is_none() && it.is_listed() && it.version > Version(1) && is_another(it)
                }) {
                    held.remove(&id);
                }
                // The log tells how many there were then; the timeline may have told of others since.
                if let Some(now) = held.find(&id).and_then(|it| it.state.group.as_ref())
                    && now.member_count != group.member_count
                {
                    Arc::make_mut(&mut group).member_count = now.member_count;
                }
                held.groups.push(group);
            }
        }
        if held.find(&id).is_none() {
            self.find_conversation(now, &id);
        }
    }

    /// A dissolved group's conversation stays in the list until the next login, as in the original.
    fn group_left(&mut self, group: &GroupId, reason: LeaveReason) {
        let Some(held) = &mut self.held else { return };
        held.groups.retain(|it| it.id != *group);
        self.changes.groups = true;
        if reason != LeaveReason::Dismissed {
            held.remove(&ConversationId::Group(group.clone()));
            self.changes.conversations = true;
        }
    }

    /// A group's tip says how many members it has now.
    fn members_changed(&mut self, id: &ConversationId, members: Option<u32>) {
        let (Some(held), Some(members), ConversationId::Group(group)) = (&mut self.held, members, id) else {
            return;
        };
        if let Some(group) = held.groups.iter_mut().find(|it| it.id == *group)
            && group.member_count != members
        {
            Arc::make_mut(group).member_count = members;
            self.changes.groups = true;
        }
        if let Some(entry) = held.find_mut(id)
            && let Some(group) = &mut Arc::make_mut(&mut entry.state).group
        {
            group.member_count = members;
        }
    }

    /// The first change of a conversation: it begins here and now.
    fn begin_conversation(&mut self, now: Timestamp, id: &ConversationId, change: &TimelineChange) {
        let Some(held) = &mut self.held else { return };
        let (mut peer, mut group) = (None, None);
        match id {
            ConversationId::C2c(user) => {
                let mut profile = Profile::empty(user.clone());
                if change.message.from == *user {
                    profile.nick.clone_from(&change.message.nick);
                    profile.avatar.clone_from(&change.message.avatar);
                }
                peer = Some(profile);
            }
            ConversationId::Group(id) => group = held.find_group(id).map(|it| Group::clone(it)),
            ConversationId::System => {}
        }
        let mut entry = Entry::empty(id.clone(), peer, group);
        let state = Arc::make_mut(&mut entry.state);
        // The first message is told, or not, before the state comes.
        state.settings.remind = held.remind(id);
        state.first_sequence = Sequence(1);
        // Also when the message is not shown as the last one, as notices are not: it is as old as its conversation.
        state.active = change.message.time;
        held.conversations.push(entry);
        if *id != ConversationId::System {
            // The rest of the peer's profile, or the group.
            self.ask_state(now, id);
        }
    }

    fn ask_changes(&mut self, now: Timestamp, id: &ConversationId) {
        let version = self.held.as_ref().and_then(|it| it.find(id)).map(|it| it.version);
        if let Some(version) = version {
            self.ask_changes_after(now, id, version);
        }
    }

    fn ask_changes_after(&mut self, now: Timestamp, id: &ConversationId, version: Version) {
        let Some(entry) = self.held.as_ref().and_then(|it| it.find(id)) else {
            return;
        };
        let found = entry.healing.iter().flat_map(|it| &it.found);
        let found = found.map(|it| it.message.sequence).max().unwrap_or_default();
        let command = Command::ListChanges(wire::ListChanges {
            conversation: Some(id.to_wire()),
            version: version.0,
            sequence: entry.last_taken.max(found).0,
        });
        self.request(now, command, Then::Changes(id.clone()));
    }

    fn take_update(&mut self, now: Timestamp, update: wire::ConversationUpdate) {
        let Some(held) = &mut self.held else { return };
        let state = update.state.map(ConversationState::from_wire);
        let Some(Ok(state)) = state else {
            return self.out.log(Level::Warning, "a conversation cannot be read");
        };
        let id = state.id.clone();
        let mut after = news_after(held, &state);
        let (mut judge, conversations) = judge(held, false, Timestamp(0));
        let at = conversations.iter().position(|it| it.state.id == id);
        let at = at.unwrap_or_else(|| {
            conversations.push(Entry::empty(id.clone(), None, None));
            conversations.len() - 1
        });
        let entry = &mut conversations[at];
        // A sync goes further than any gap that was being healed before it.
        let healing = entry.healing.take().unwrap_or_default();
        entry.take_state(state);
        let members = entry.members();
        let was_held = entry.version > Version(0);
        if was_held {
            // The timeline goes on where it was held; all of it is news.
            after = Timestamp(0);
        }
        self.changes.conversations = true;
        if update.reload {
            self.changes.reloaded |= was_held;
            entry.drop_messages();
            entry.version = entry.state.version;
            entry.last_taken = entry.state.last_sequence;
        } else {
            let found: Vec<_> = read_changes(update.changes).collect();
            if !update.complete {
                entry.healing = Some(Healing {
                    found,
                    waiting: healing.waiting,
                    overflown: healing.overflown,
                    news_after: after,
                    ..Healing::default()
                });
                self.members_changed(&id, members);
                return self.ask_changes_after(now, &id, Version(update.version));
            }
            judge.news_after = after;
            entry.take(found, Version(update.version), &judge, &mut self.changes);
        }
        self.members_changed(&id, members);
        self.go_on(now, &id, healing.waiting, healing.overflown);
    }

    /// What waited for a gap to heal is taken now; it may show the next gap.
    fn go_on(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        waiting: Vec<(TimelineChange, bool)>,
        overflown: bool,
    ) {
        for (change, is_own_doing) in waiting {
            self.timeline_change(now, change, is_own_doing);
        }
        if overflown {
            self.heal(now, id);
        }
    }
}

/// The conversations that a sync names, those of the newest first, and since when these are all that the core knows of.
fn named(held: &Held) -> (Vec<wire::Held>, Timestamp) {
    // Also a group's of which the log has not told yet; the server passes over those that are no more.
    let known = held.conversations.iter().filter(|it| !it.is_unknown());
    let mut entries: Vec<&Entry> = Vec::with_capacity(held.conversations.len());
    for it in known {
        let at = entries.partition_point(|other| other.state.active > it.state.active);
        entries.insert(at, it);
    }
    let mut listed = held.listed();
    if entries.len() > limits::HELD_MAX {
        entries.truncate(limits::HELD_MAX);
        listed = entries.last().map_or(listed, |it| listed.max(it.state.active));
    }
    let named = entries
        .iter()
        .map(|it| wire::Held {
            conversation: Some(it.state.id.to_wire()),
            version: it.version.0,
            sequence: it.last_taken.0,
        })
        .collect();
    (named, listed)
}

fn take_snapshot(held: &mut Held, snapshot: wire::Snapshot, changes: &mut Changes) {
    let reload = held.is_synced;
    if let Some(profile) = snapshot.profile {
        held.profile = Profile::from_wire(profile);
    }
    let states = snapshot.conversations.into_iter();
    let mut states: Vec<_> = states
        .filter_map(|it| ConversationState::from_wire(it).ok())
        .collect();
    held.page_end = states.last().map_or(Timestamp(0), |it| it.active);
    // Less recent than the page: its end stays where it is.
    let pinned = snapshot.pinned.into_iter();
    states.extend(pinned.filter_map(|it| ConversationState::from_wire(it).ok()));
    for state in &mut states {
        if let Some(known) = held.find(&state.id) {
            state.draft.clone_from(&known.state.draft);
        }
    }
    held.has_more = snapshot.has_more_conversations;
    held.is_paging = false;
    held.conversations = states.into_iter().map(Entry::of).collect();
    held.groups = snapshot
        .groups
        .into_iter()
        .map(|it| Arc::new(Group::from_wire(it)))
        .collect();
    held.blacklist = snapshot.blacklist.into_iter().map(UserId::trusted).collect();
    held.conversation_groups = snapshot.conversation_groups;
    held.take_reminds(snapshot.reminds);
    changes.conversation_groups = reload || !held.conversation_groups.is_empty();
    changes.conversations = true;
    changes.groups = reload || !held.groups.is_empty();
    changes.blacklist = reload;
}

/// What changes are judged by, and the entries, which the judge does not borrow.
fn judge(held: &mut Held, is_own_doing: bool, news_after: Timestamp) -> (Judge<'_>, &mut Vec<Entry>) {
    let judge = Judge {
        me: &held.me,
        sent: &held.sent_keys,
        deleted: &held.deleted,
        receipts: &held.receipts,
        news_after,
        is_own_doing,
    };
    (judge, &mut held.conversations)
}

/// In a conversation of which nothing was taken yet, what is older than this is history: it was there at the login, or
/// when the account came into the group.
fn news_after(held: &Held, state: &ConversationState) -> Timestamp {
    let member = state.group.as_ref().and_then(|it| it.self_info.as_ref());
    let joined = member.map_or(Timestamp(0), |it| Timestamp(it.joined.0.saturating_sub(1)));
    held.since.max(joined)
}

fn read_changes(changes: Vec<wire::TimelineChange>) -> impl Iterator<Item = TimelineChange> {
    changes
        .into_iter()
        .filter_map(|it| TimelineChange::from_wire(it).ok())
}

/// For the app: a request of the core's own failed for good.
pub(super) fn sync_failed(code: Code) -> Failure {
    Failure::new(code, "the account could not be synced")
}
