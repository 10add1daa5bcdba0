//! What the app sets for its conversations: pins, remind types, marks, custom data, groups, drafts; and deleting them.
//!
//! **Comes in:** calls, answers, events of the account's log. **Goes out:** requests, and what is held with its settings.
//! **Never here:** how many there may be; the server knows.
//!
//! A change is taken when its revision is the next one of a conversation; an older one was seen already; for a later one
//! the conversation is asked for. So a state that was read before an event and comes after it does no harm.

use std::sync::Arc;

use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::id::{ConversationId, Timestamp};
use hongyan_protocol::limits;
use hongyan_protocol::settings::{RemindType, SettingsChange, SettingsChanged, SettingsRevision};
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::conversation::Entry;
use super::held::{Changes, Held, remember};
use super::io::{Answer, CallId, ConversationFilter, Failure};
use super::request::Then;

/// Conversation groups that were renamed or removed, and are remembered for states that were read before.
const RETIRED_MAX: usize = 64;

impl Core {
    /// Changes something of one conversation, or of several, or of a conversation group.
    pub(super) fn change_settings(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversations: Vec<ConversationId>,
        change: SettingsChange,
        is_one: bool,
    ) {
        let Some(held) = &self.held else { return };
        // The limit of the app's call; that of a request is larger.
        if matches!(change, SettingsChange::Remind(_)) && conversations.len() > limits::REMIND_USERS_MAX {
            let failure = Failure::new(Code::CONVERSATION_PARAMETER, "at most 30 users are named at once");
            return self.out.fail(call, failure);
        }
        let known = |id: &ConversationId| held.find(id).map_or(0, |it| it.state.last_sequence.0);
        let sequences = match change {
            SettingsChange::Deleted { .. } => conversations.iter().map(known).collect(),
            _ => Vec::new(),
        };
        let command = Command::ChangeSettings(wire::ChangeSettings {
            conversations: conversations.iter().map(ConversationId::to_wire).collect(),
            change: Some(change.to_wire()),
            sequences,
        });
        let then = Then::Settings {
            call,
            conversations,
            change,
            is_one,
        };
        self.request(now, command, then);
    }

    pub(super) fn settings_answered(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversations: Vec<ConversationId>,
        change: SettingsChange,
        is_one: bool,
        result: wire::ChangeSettingsResult,
    ) {
        match result.event.map(AccountEvent::from_wire) {
            Some(Ok(event)) => self.account_event(now, event),
            Some(Err(_)) => return self.malformed(now),
            None => {}
        }
        let mut refused = Vec::new();
        for it in result.refused {
            let Ok(id) = ConversationId::from_wire(it.conversation) else {
                continue;
            };
            // A group that is no more has no conversation at the server; the app still has it in its list.
            if matches!(change, SettingsChange::Deleted { .. }) && self.forget_gone(&id) {
                continue;
            }
            let failure = Failure {
                code: Code(it.code),
                text: it.text.into(),
                message: None,
            };
            refused.push((id, failure));
        }
        let is_refused = |id: &ConversationId| refused.iter().any(|it| it.0 == *id);
        let done: Vec<_> = conversations.into_iter().filter(|it| !is_refused(it)).collect();
        let must_succeed = is_one || matches!(change, SettingsChange::Deleted { .. });
        if must_succeed
            && done.is_empty()
            && let Some((_, failure)) = refused.pop()
        {
            return self.out.fail(call, failure);
        }
        let answer = match done.first() {
            Some(conversation) if is_one => Answer::SettingChanged {
                group: self.group_of(conversation),
                conversation: conversation.clone(),
                change,
            },
            _ if change.is_of_group() => Answer::Done,
            _ => Answer::SettingsChanged {
                done,
                refused,
                change,
            },
        };
        self.out.answer(call, answer);
    }

    fn group_of(&self, conversation: &ConversationId) -> Option<super::GroupView> {
        let held = self.held.as_ref()?;
        match conversation {
            ConversationId::Group(group) => held.find_group(group).map(|it| held.view(it.clone())),
            ConversationId::C2c(_) | ConversationId::System => None,
        }
    }

    /// Drops the conversation of a group that the account is not in any more; whether it was held.
    fn forget_gone(&mut self, id: &ConversationId) -> bool {
        let (Some(held), ConversationId::Group(group)) = (&mut self.held, id) else {
            return false;
        };
        let is_gone = held.find_group(group).is_none() && held.remove(id).is_some();
        self.changes.conversations |= is_gone;
        is_gone
    }

    /// An event of the account's log.
    pub(super) fn settings_changed(&mut self, now: Timestamp, changed: SettingsChanged) {
        let Some(held) = &mut self.held else { return };
        self.changes.conversations = true;
        held.change_groups(&changed.change, &mut self.changes);
        if changed.change.is_of_group() {
            // A state that was read after this event knows it.
            let before = |it: &&mut Entry| it.state.pts < held.pts;
            for entry in held.conversations.iter_mut().filter(before) {
                let state = Arc::make_mut(&mut entry.state);
                if state.settings.apply(&changed.change) {
                    state.settings.revision += 1;
                }
            }
            return;
        }
        // A server names no more.
        let revisions = changed.conversations.into_iter();
        for revision in revisions.take(limits::SETTINGS_CONVERSATIONS_MAX) {
            self.setting_changed(now, &revision, &changed.change);
        }
    }

    fn setting_changed(&mut self, now: Timestamp, revision: &SettingsRevision, change: &SettingsChange) {
        let Some(held) = &mut self.held else { return };
        let id = &revision.conversation;
        let me = held.me.clone();
        let Some(entry) = held.find_mut(id) else {
            held.note_remind(id, change);
            self.find_conversation(now, id);
            return self.expect_revision(id, revision.revision);
        };
        let known = entry.state.settings.revision;
        if revision.revision <= known {
            return;
        }
        if entry.is_unknown() {
            // Its state is on its way, and may be from before.
            return self.expect_revision(id, revision.revision);
        }
        if revision.revision != known + 1 {
            return self.ask_state(now, id);
        }
        let before = entry.state.settings.groups.clone();
        let state = Arc::make_mut(&mut entry.state);
        state.settings.apply(change);
        state.settings.revision = revision.revision;
        let mut is_counted = true;
        if let Some(deleted) = revision.deleted {
            is_counted = entry.delete(deleted, &me);
        }
        self.changes.regroup(&before, &entry.state.settings.groups);
        if !is_counted {
            self.ask_state(now, id);
        }
    }

    /// States of a conversation that is being found are refused when they were read before this revision.
    fn expect_revision(&mut self, id: &ConversationId, revision: u64) {
        let entry = self.held.as_mut().and_then(|it| it.find_mut(id));
        if let Some(entry) = entry {
            Arc::make_mut(&mut entry.state).settings.revision = revision;
        }
    }

    /// A draft is this instance's own and nobody else's.
    pub(super) fn set_draft(&mut self, call: CallId, conversation: ConversationId, text: String) {
        let entry = self.held.as_mut().and_then(|it| it.find_mut(&conversation));
        let failure = match entry {
            _ if text.len() > limits::MESSAGE_BYTES_MAX => Failure::new(
                Code::CONVERSATION_PARAMETER,
                "the draft is longer than a message may be",
            ),
            Some(entry) if !entry.is_unknown() => {
                if entry.state.draft != text {
                    Arc::make_mut(&mut entry.state).draft = text;
                    self.changes.conversations = true;
                }
                return self.out.answer(call, Answer::Drafted(conversation));
            }
            _ => Failure::of(Code::CONVERSATION_NOT_FOUND),
        };
        self.out.fail(call, failure);
    }
}

impl Held {
    /// Lets the list of conversation groups follow a change.
    fn change_groups(&mut self, change: &SettingsChange, changes: &mut Changes) {
        match change {
            SettingsChange::GroupCreated(name) | SettingsChange::GroupEntered(name) => {
                if !self.conversation_groups.contains(name) {
                    self.conversation_groups.push(name.clone());
                }
            }
            SettingsChange::GroupRenamed { from, to } => {
                let named = self.conversation_groups.iter_mut().filter(|it| *it == from);
                named.for_each(|it| it.clone_from(to));
            }
            SettingsChange::GroupRemoved(name) => self.conversation_groups.retain(|it| it != name),
            SettingsChange::GroupLeft(_) => {}
            _ => return,
        }
        changes.conversation_groups = true;
        if change.is_of_group() {
            remember(&mut self.retired_groups, RETIRED_MAX, (self.pts, change.clone()));
        }
    }

    /// A remind type that was set elsewhere, of a conversation that is not held.
    fn note_remind(&mut self, id: &ConversationId, change: &SettingsChange) {
        if let SettingsChange::Remind(remind) = change
            && (self.reminds.len() < limits::REMIND_TYPES_MAX || self.reminds.contains_key(id))
        {
            self.reminds.insert(id.clone(), *remind);
        }
    }

    /// How messages of a conversation are told, held or not.
    pub(crate) fn remind(&self, id: &ConversationId) -> RemindType {
        match self.find(id).filter(|it| !it.is_unknown()) {
            Some(entry) => entry.state.remind(),
            None => self.reminds.get(id).copied().unwrap_or_default(),
        }
    }

    /// The remind types of what a snapshot does not hold.
    pub(crate) fn take_reminds(&mut self, reminds: Vec<wire::Remind>) {
        let reminds = reminds.into_iter().take(limits::REMIND_TYPES_MAX);
        let named = reminds.filter_map(|it| {
            let remind = it.remind_type();
            Some((ConversationId::from_wire(it.conversation).ok()?, remind))
        });
        self.reminds = named.collect();
    }

    /// A state that was read before groups were renamed or removed, as it would be now.
    pub(crate) fn without_retired(&self, state: &mut ConversationState) {
        let later = self.retired_groups.iter().filter(|it| it.0 > state.pts);
        for (_, change) in later {
            if state.settings.apply(change) {
                state.settings.revision += 1;
            }
        }
    }

    /// Those of the list that a filter lets through.
    pub(crate) fn filtered(&self, filter: &ConversationFilter) -> Vec<Arc<ConversationState>> {
        let mut list = self.list();
        list.retain(|it| filter.lets_through(it));
        list
    }
}

impl ConversationFilter {
    fn lets_through(&self, state: &ConversationState) -> bool {
        let settings = &state.settings;
        let is_kind = |kind| match state.id {
            ConversationId::C2c(_) => kind == "C2C",
            ConversationId::Group(_) => kind == "GROUP",
            ConversationId::System => kind == hongyan_protocol::id::SYSTEM,
        };
        self.kind.as_deref().is_none_or(is_kind)
            && self.group.as_ref().is_none_or(|name| match name.as_str() {
                "" => settings.groups.is_empty(),
                _ => settings.groups.contains(name),
            })
            && self.mark.is_none_or(|mark| match mark {
                0 => settings.marks == 0,
                mark => settings.marks & mark == mark,
            })
            && (!self.has_unread || state.shown_unread() > 0)
            && (!self.has_group_at || !state.mentions.is_empty())
    }
}

impl Changes {
    /// A conversation was in these groups and is in those.
    pub(crate) fn regroup(&mut self, before: &[String], now: &[String]) {
        let moved = |from: &[String], to: &[String]| -> Vec<String> {
            from.iter().filter(|it| !to.contains(it)).cloned().collect()
        };
        for name in moved(before, now).into_iter().chain(moved(now, before)) {
            if !self.in_groups.contains(&name) {
                self.in_groups.push(name);
            }
        }
    }
}
