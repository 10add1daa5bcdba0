//! The sans-io core: all that the client knows and decides.
//!
//! **Comes in:** [`Input`]s with the time, and a seed. **Goes out:** [`Output`]s, to be read until there is none after each
//! input. **Never here:** sockets, timers, the clock, chance of its own. The core calls nobody.
//!
//! | room | what it decides |
//! | --- | --- |
//! | `connection` | when a socket is opened, kept alive, given up |
//! | `login` | who is logged in, and which calls are let through |
//! | `request` | which answers are waited for, and what is asked again |
//! | `sync` | event log, timelines, gaps |
//! | `conversation`, `held` | what is held: counts, messages, the list |
//! | `message`, `change`, `merger`, `hop`, `receipt`, `file`, `settings`, `group`, `profile` | the calls of the app, one room each |
//!
//! An input is handled in three steps: it changes what is held and leaves requests and answers; what changed is told to
//! the app, once and in order; the next wake-up is announced.

mod change;
mod connection;
mod conversation;
mod file;
mod frames;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod group;
mod held;
mod hop;
mod io;
mod login;
mod merger;
mod message;
mod profile;
mod random;
mod receipt;
mod request;
mod settings;
mod sync;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use bytes::Bytes;
use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::id::{ConversationId, SdkAppId, Sequence, Timestamp, Version};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::{KickReason, Platform};
use hongyan_protocol::profile::Profile;
use hongyan_protocol::wire::{self, request::Command, response};

use connection::{Connection, Woken};
use held::{Changes, Held, ListWanted};
use io::Outbox;
use login::Login;
use random::Random;
use request::{Requests, Then};

pub use file::{LocalFile, Part, bare_link, whole_link};
pub use hop::{HopFrom, HopNext};
pub use io::{
    Answer, Call, CallId, ConversationFilter, Event, ExtensionOutcome, Failure, GroupView, Input, Joined,
    Level, NetState, NewGroup, Output, ProfileFields, SendOptions, UserSig,
};
pub use merger::{check as check_passed_on, merge};
pub use message::{Draft, Message, PAGE, Status, for_show};
pub use receipt::{MessageRef, ReadReceipt};

/// What a core is made for.
#[derive(Debug, Clone)]
pub struct Config {
    /// The app.
    pub sdk_app_id: SdkAppId,
    /// What this instance runs on.
    pub platform: Platform,
    /// Told to the server, for the console.
    pub sdk_version: String,
}

/// How far the login is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody is logged in.
    LoggedOut,
    /// A login is under way.
    LoggingIn,
    /// Logged in; the first sync is under way.
    Syncing,
    /// All calls work.
    Ready,
}

/// What a call needs to be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: login.
    Open,
    /// A login, or one under way.
    Logout,
    /// As for logout; also afterwards.
    Destroy,
    /// A login; the first sync may still run. For what is answered from memory.
    LoggedIn,
    /// `SDK_READY`; before any login, joining a group has its own code.
    Join,
    /// `SDK_READY`; before any login, leaving a group has its own code.
    Quit,
    /// `SDK_READY`.
    Ready,
}

impl Call {
    /// What it needs to be let through.
    pub const fn gate(&self) -> Gate {
        match self {
            Self::Login { .. } => Gate::Open,
            Self::Logout => Gate::Logout,
            Self::Destroy => Gate::Destroy,
            Self::JoinGroup { .. } => Gate::Join,
            Self::QuitGroup { .. } => Gate::Quit,
            _ => Gate::Ready,
        }
    }
}

/// The client. One per SDK object; see the module for how it is driven.
pub struct Core {
    config: Config,
    random: Random,
    out: Outbox,
    connection: Connection,
    requests: Requests,
    login: Login,
    held: Option<Held>,
    /// Where the server is reached over HTTP.
    server: String,
    /// Where it says that links to files begin; empty: there.
    files_url: String,
    changes: Changes,
    /// The wake-up that the driver knows of.
    announced: Option<Timestamp>,
}

/// Without what it holds: requests carry UserSigs and message texts.
impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Core")
    }
}

impl Core {
    /// A core that is logged out. `seed`: 32 bytes that nobody else has.
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        Self {
            config,
            random: Random::new(seed),
            out: Outbox {
                queue: Default::default(),
                log_level: Level::Release as u8,
            },
            connection: Connection::new(),
            requests: Requests::default(),
            login: Login::new(),
            held: None,
            server: String::new(),
            files_url: String::new(),
            changes: Changes::default(),
            announced: None,
        }
    }

    /// Takes note of what happened. What follows from it waits in [`Core::next_output`].
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        match input {
            Input::Call { id, call } => self.call(now, id, call),
            Input::SocketOpened => {
                if self.connection.opened(now) {
                    self.greet(now);
                }
            }
            Input::SocketClosed { code, .. } => self.socket_closed(now, code),
            Input::SocketMessage(bytes) => self.socket_message(now, bytes),
            Input::Wake => self.wake(now),
            Input::Network { online } => {
                let (random, out) = (&mut self.random, &mut self.out);
                if self.connection.network(now, online, random, out) {
                    self.requests_cut();
                }
            }
        }
        self.tell();
        self.announce_wake(now);
    }

    /// The next thing to do; `None` when all is done until the next input.
    pub fn next_output(&mut self) -> Option<Output> {
        self.out.queue.pop_front()
    }

    /// Log lines below this level are dropped from now on; the numbers are those of `setLogLevel`, 4 drops all.
    pub fn set_log_level(&mut self, level: u8) {
        self.out.log_level = level;
    }

    /// How far the login is.
    pub fn state(&self) -> State {
        self.login.state()
    }

    /// Who is logged in; empty when nobody is.
    pub fn user_id(&self) -> &str {
        self.login.user_id()
    }

    /// Why a call behind this gate would be refused now; `None`: it would not.
    pub fn refusal(&self, gate: Gate) -> Option<Failure> {
        self.login.refusal(gate).map(Failure::of)
    }

    /// Unread messages in all conversations but the account's notices and those that are muted.
    pub fn total_unread_count(&self) -> u64 {
        self.held.as_ref().map_or(0, Held::total_unread)
    }

    /// A message that is held, by its public ID.
    pub fn find_message(&self, key: MessageKey) -> Option<Arc<Message>> {
        self.held.as_ref()?.find_message(key).cloned()
    }

    fn call(&mut self, now: Timestamp, id: CallId, call: Call) {
        if let Some(refusal) = self.refusal(call.gate()) {
            return self.refuse(id, call, refusal);
        }
        let may_always = matches!(call.gate(), Gate::Open | Gate::Logout | Gate::Destroy);
        if self.requests.is_full() && !may_always {
            return self.refuse(id, call, Failure::of(Code::TOO_OFTEN));
        }
        match call {
            Call::Login { user_id, user_sig } => self.login(now, id, user_id, user_sig.0),
            Call::Logout => self.logout(now, id, false),
            Call::Destroy => self.logout(now, id, true),
            Call::SendMessage { message, options } => self.send_message(now, id, message, options),
            Call::RevokeMessage {
                conversation,
                key,
                sequence,
            } => self.revoke_message(now, id, conversation, key, sequence),
            Call::ModifyMessage { message } => self.modify_message(now, id, message),
            Call::DeleteMessages { messages } => self.delete_messages(now, id, messages),
            Call::ClearHistory { conversation } => self.clear_history(now, id, conversation),
            Call::SetMessageExtensions { message, extensions } => {
                self.set_extensions(now, id, &message, extensions);
            }
            Call::GetMessageExtensions { message, keys } => self.get_extensions(now, id, &message, keys),
            Call::DeleteMessageExtensions { message, keys } => {
                self.delete_extensions(now, id, &message, keys);
            }
            Call::DownloadMerger { message } => self.download_merger(now, id, message),
            Call::GetMessageList { conversation, before } => self.message_list(now, id, conversation, before),
            Call::SetMessageRead { conversation } => self.mark_read(now, id, conversation),
            Call::GetMessageListHopping {
                conversation,
                from,
                newer,
                count,
            } => self.hop(now, id, conversation, from, newer, count),
            Call::SendMessageReadReceipt { messages } => self.send_receipts(now, id, &messages),
            Call::GetMessageReadReceiptList { messages } => self.receipt_list(now, id, &messages),
            Call::GetGroupMessageReadMemberList {
                message,
                unread,
                cursor,
                count,
            } => self.readers(now, id, &message, unread, cursor, count),
            Call::SetAllMessageRead { scope } => self.mark_all_read(now, id, scope),
            Call::GetConversationList => self.conversation_list(now, id, None),
            Call::FilterConversationList(filter) => self.conversation_list(now, id, Some(filter)),
            Call::ChangeSetting { conversation, change } => {
                self.change_settings(now, id, vec![conversation], change, true);
            }
            Call::ChangeSettings {
                conversations,
                change,
            } => {
                self.change_settings(now, id, conversations, change, false);
            }
            Call::SetConversationDraft { conversation, text } => self.set_draft(id, conversation, text),
            Call::GetConversations { ids } => self.conversations(now, id, ids),
            Call::GetConversationProfile { conversation } => self.conversation_profile(now, id, conversation),
            Call::GetGroupProfile { group } => self.find_group(now, id, &group),
            Call::CreateGroup(group) => self.create_group(now, id, group),
            Call::JoinGroup { group, apply_message } => self.join_group(now, id, group, apply_message),
            Call::QuitGroup { group } => self.leave_group(now, id, group, wire::LeaveReason::Quit),
            Call::DismissGroup { group } => self.leave_group(now, id, group, wire::LeaveReason::Dismissed),
            Call::GetGroupMemberList { group, offset, count } => {
                self.group_members(now, id, &group, offset, count);
            }
            Call::HandleGroupApplication {
                group,
                application,
                agree,
                text,
            } => self.handle_application(now, id, &group, application, agree, text),
            Call::GetUserProfile { users } => self.user_profiles(now, id, users),
            Call::UpdateMyProfile(fields) => self.update_profile(now, id, fields),
            Call::AddToBlacklist { users } => self.add_to_blacklist(now, id, &users),
            Call::RemoveFromBlacklist { users } => self.remove_from_blacklist(now, id, users),
            Call::TranslateText {
                texts,
                source,
                target,
            } => {
                let command = Command::TranslateText(wire::TranslateText {
                    texts,
                    source,
                    target,
                });
                self.request(now, command, Then::Translated { call: id });
            }
            Call::BeginUpload { kind, size, name } => self.begin_upload(now, id, kind, size, name),
            Call::FinishUpload { path, message, part } => self.finish_upload(now, id, path, message, part),
            Call::FailUpload { message, text } => self.fail_upload(id, message, text),
            Call::GetGroupList | Call::GetMyProfile | Call::GetBlacklist | Call::GetConversationGroupList => {
                // Behind the gate of readiness everything of the account is held.
                let Some(held) = &self.held else { return };
                let answer = match call {
                    Call::GetGroupList => Answer::Groups(held.group_views()),
                    Call::GetMyProfile => Answer::Profile(held.profile.clone()),
                    Call::GetConversationGroupList => {
                        Answer::ConversationGroups(held.conversation_groups.clone())
                    }
                    _ => Answer::Users(held.blacklist.clone()),
                };
                self.out.answer(id, answer);
            }
        }
    }

    fn refuse(&mut self, id: CallId, call: Call, failure: Failure) {
        match call {
            Call::SendMessage { message, .. }
            | Call::FinishUpload { message, .. }
            | Call::FailUpload { message, .. } => self.send_failed(id, message, failure),
            _ => self.out.fail(id, failure),
        }
    }

    fn mark_read(&mut self, now: Timestamp, call: CallId, conversation: ConversationId) {
        let entry = self.held.as_ref().and_then(|it| it.find(&conversation));
        let sequence = match entry.filter(|it| !it.is_unknown()) {
            Some(entry) if entry.state.last_sequence <= entry.state.read => {
                return self.out.answer(call, Answer::Done);
            }
            Some(entry) => entry.state.last_sequence,
            // Older than the pages of the list that came: the server knows how far it goes.
            None => Sequence(u64::MAX),
        };
        let command = Command::MarkRead(wire::MarkRead {
            conversation: Some(conversation.to_wire()),
            sequence: sequence.0,
        });
        self.request(now, command, Then::MarkedRead { call, conversation });
    }

    fn mark_all_read(&mut self, now: Timestamp, call: CallId, scope: ReadScope) {
        let command = Command::MarkAllRead(wire::MarkAllRead { scope: scope.into() });
        self.request(now, command, Then::AllRead { call });
    }

    fn conversation_list(&mut self, now: Timestamp, call: CallId, filter: Option<ConversationFilter>) {
        let Some(held) = &mut self.held else { return };
        let answer = Answer::Conversations {
            conversations: match filter {
                Some(filter) => held.filtered(&filter),
                None => held.list(),
            },
            complete: !held.has_more,
        };
        self.out.answer(call, answer);
        if held.has_more && !held.is_paging {
            self.ask_page(now);
        }
    }

    /// Asks for the next page of the list.
    fn ask_page(&mut self, now: Timestamp) {
        let Some(held) = &mut self.held else { return };
        held.is_paging = true;
        held.is_page_stale = false;
        let command = Command::ListConversations(wire::ListConversations {
            before_ms: held.page_end.0,
            count: hongyan_protocol::limits::CONVERSATIONS_PAGE_MAX as u32,
        });
        self.request(now, command, Then::MoreConversations);
    }

    fn conversations(&mut self, now: Timestamp, call: CallId, mut ids: Vec<ConversationId>) {
        let Some(held) = &mut self.held else { return };
        ids.truncate(hongyan_protocol::limits::CONVERSATIONS_PAGE_MAX);
        let missing = ids
            .iter()
            .filter(|id| held.find(id).is_none_or(conversation::Entry::is_unknown));
        let missing: Vec<_> = missing.cloned().collect();
        held.lists.push(ListWanted {
            call,
            ids,
            missing: missing.len(),
        });
        for conversation in missing {
            let command = Command::FindConversation(wire::FindConversation {
                conversation: Some(conversation.to_wire()),
            });
            self.request(now, command, Then::Listed { call, conversation });
        }
        self.answer_lists();
    }

    /// One of a call's conversations has come, or will not.
    fn listed(&mut self, call: CallId) {
        let lists = self.held.iter_mut().flat_map(|it| &mut it.lists);
        for list in lists.filter(|it| it.call == call) {
            list.missing = list.missing.saturating_sub(1);
        }
        self.answer_lists();
    }

    fn answer_lists(&mut self) {
        let Some(held) = &mut self.held else { return };
        while let Some(at) = held.lists.iter().position(|it| it.missing == 0) {
            let list = held.lists.swap_remove(at);
            let found = list.ids.iter().filter_map(|id| held.find(id));
            let found = found.filter(|it| !it.is_unknown());
            let answer = Answer::Conversations {
                conversations: found.map(|it| it.state.clone()).collect(),
                complete: !held.has_more,
            };
            self.out.answer(list.call, answer);
        }
    }

    fn conversation_profile(&mut self, now: Timestamp, call: CallId, conversation: ConversationId) {
        let entry = self.held.as_ref().and_then(|it| it.find(&conversation));
        match entry {
            Some(entry) if !entry.is_unknown() => {
                let state = entry.state.clone();
                self.out.answer(call, Answer::Conversation(state));
            }
            _ => {
                let command = Command::FindConversation(wire::FindConversation {
                    conversation: Some(conversation.to_wire()),
                });
                self.request(now, command, Then::Profiled { call, conversation });
            }
        }
    }

    #[cfg(test)]
    fn last_request(&self) -> u32 {
        self.requests.last_id()
    }

    fn socket_closed(&mut self, now: Timestamp, code: u16) {
        match wire::Close::try_from(i32::from(code)) {
            // Its push must have been lost on the way.
            Ok(wire::Close::Kicked) => self.kicked(KickReason::MultipleAccount),
            Ok(wire::Close::LoggedOut) => self.logged_out_by_server(),
            _ => {
                let (random, out) = (&mut self.random, &mut self.out);
                if self.connection.cut(now, random, out) {
                    self.out
                        .log_code(Level::Warning, "the connection was cut", i32::from(code));
                    self.requests_cut();
                }
            }
        }
    }

    /// Gives the connection up by the core's own decision; the next one resumes and syncs.
    fn cut(&mut self, now: Timestamp, why: &'static str) {
        self.out.log(Level::Warning, why);
        let (random, out) = (&mut self.random, &mut self.out);
        if self.connection.give_up(now, why, random, out) {
            self.requests_cut();
        }
    }

    /// What the end of a connection means for all that was asked on it.
    fn requests_cut(&mut self) {
        for then in self.requests.cut() {
            self.fail(then, Failure::of(Code::NETWORK_ERROR));
        }
        if let Some(held) = &mut self.held {
            // The sync of the next connection brings all that was being asked for.
            held.syncing = None;
            held.is_paging = false;
            held.conversations.retain(|it| !it.is_unknown());
            for entry in &mut held.conversations {
                entry.healing = None;
            }
        }
        if self.login_is_leaving() {
            return self.logged_out();
        }
        self.login_cut();
    }

    fn socket_message(&mut self, now: Timestamp, bytes: Bytes) {
        if !self.connection.is_up() && !self.connection.is_greeting() {
            return;
        }
        self.connection.heard();
        let Some(frames) = frames::read(bytes) else {
            return self.malformed(now);
        };
        for frame in frames {
            match frame {
                frames::Kind::Response(response) => self.response(now, response),
                frames::Kind::Push(push) => self.push(now, push),
                frames::Kind::Ping(ping) => {
                    self.connection.sent(now);
                    self.out.send(frames::pong(ping.token));
                }
            }
            // A kick or a logout may have ended all of it.
            if !self.connection.is_up() && !self.connection.is_greeting() {
                return;
            }
        }
    }

    fn push(&mut self, now: Timestamp, push: wire::Push) {
        match push.kind {
            Some(wire::push::Kind::TimelineChange(change)) => {
                match hongyan_protocol::message::TimelineChange::from_wire(change) {
                    Ok(change) => self.timeline_change(now, change, false),
                    Err(_) => self.malformed(now),
                }
            }
            Some(wire::push::Kind::AccountEvent(event)) => {
                match hongyan_protocol::change::AccountEvent::from_wire(event) {
                    Ok(event) => self.account_event(now, event),
                    Err(_) => self.malformed(now),
                }
            }
            Some(wire::push::Kind::Kicked(kicked)) => self.kicked(KickReason::from_wire(kicked.reason)),
            // Of a newer server.
            None => {}
        }
    }

    fn response(&mut self, now: Timestamp, response: wire::Response) {
        use response::Result as R;
        let Some(then) = self.requests.take(response.id) else {
            self.out.log(Level::Verbose, "an answer came too late");
            // Its change is pushed to everybody else: here only a sync tells of it.
            if response.result.is_some_and(|it| changes_something(&it)) {
                self.sync_again(now);
            }
            return;
        };
        if response.code != 0 {
            let failure = Failure {
                code: Code(response.code),
                text: response.text.into(),
                message: None,
            };
            return self.refused(now, then, failure);
        }
        match (then, response.result) {
            (Then::Login, Some(R::Login(it))) => self.logged_in(now, it),
            (Then::Logout, _) => self.logged_out(),
            (Then::Sync { pts }, Some(R::Sync(it))) => self.synced(now, pts, it),
            (Then::Changes(id), Some(R::ListChanges(it))) => self.changes_came(now, &id, it),
            (Then::State(_), Some(R::FindConversation(it))) => {
                self.state_came(now, it.state.unwrap_or_default());
            }
            (Then::MoreConversations, Some(R::ListConversations(it))) => self.more_came(now, it),
            (Then::Sent { call, message }, Some(R::SendMessage(it))) => {
                self.message_sent(now, call, *message, it);
            }
            (
                Then::Revoked {
                    call,
                    conversation,
                    key,
                    sequence,
                },
                Some(R::RevokeMessage(it)),
            ) => self.message_revoked(now, call, &conversation, key, sequence, Version(it.version)),
            (Then::Modified { call, message }, Some(R::ModifyMessage(it))) => {
                self.message_modified(now, call, &message, it);
            }
            (
                Then::Deleted {
                    call,
                    conversation,
                    messages,
                },
                Some(R::DeleteMessages(it)),
            ) => self.messages_deleted(now, call, conversation, messages, &it),
            (Then::Cleared { call, conversation }, Some(R::ClearHistory(it))) => {
                let change = AccountChange::HistoryCleared {
                    conversation,
                    first: Sequence(it.first_sequence),
                    view_version: it.view_version,
                };
                self.own_event(now, it.pts, change);
                self.out.answer(call, Answer::Done);
            }
            (Then::Extended { call }, Some(R::ChangeExtensions(it))) => self.extended(now, call, it),
            (Then::Extensions { call, key, keys }, Some(R::ListExtensions(it))) => {
                self.extensions_came(call, key, &keys, it);
            }
            (Then::MergedPut { call, sending }, Some(R::PutMerged(it))) => {
                self.merged_put(now, call, sending, it);
            }
            (Then::Merged { call, message }, Some(R::GetMerged(it))) => {
                self.merged_came(call, *message, &it);
            }
            (
                Then::Page {
                    call,
                    conversation,
                    asked_before,
                    before,
                },
                Some(R::ListMessages(it)),
            ) => self.page_came(call, &conversation, asked_before, before, it),
            (Then::MarkedRead { call, conversation }, Some(R::MarkRead(it))) => {
                let mark = ReadMark {
                    conversation,
                    sequence: Sequence(it.sequence),
                    time: now,
                };
                self.own_event(now, it.pts, AccountChange::Read(mark));
                self.out.answer(call, Answer::Done);
            }
            (
                Then::Hopped {
                    call,
                    conversation,
                    newer,
                },
                Some(R::ListMessages(it)),
            ) => self.hopped(call, &conversation, newer, it),
            (Then::ReceiptsSent { call }, Some(R::SendReceipts(_))) => self.out.answer(call, Answer::Done),
            (
                Then::Receipts {
                    call,
                    conversation,
                    asked,
                },
                Some(R::ListReceipts(it)),
            ) => self.receipts_came(call, conversation, asked, it),
            (Then::Readers { call, key, unread }, Some(R::ListReaders(it))) => {
                self.readers_came(call, key, unread, it);
            }
            (Then::AllRead { call }, Some(R::MarkAllRead(_))) => self.out.answer(call, Answer::Done),
            (Then::Listed { call, .. }, Some(R::FindConversation(it))) => {
                self.wanted_state_came(now, it);
                self.listed(call);
            }
            (Then::Profiled { call, conversation }, Some(R::FindConversation(it))) => {
                self.wanted_state_came(now, it);
                let entry = self.held.as_ref().and_then(|it| it.find(&conversation));
                match entry.map(|it| it.state.clone()) {
                    Some(state) => self.out.answer(call, Answer::Conversation(state)),
                    None => self.out.fail(call, Failure::of(Code::CONVERSATION_NOT_FOUND)),
                }
            }
            (Then::Created { call }, Some(R::CreateGroup(it))) => self.group_created(now, call, it),
            (Then::Joined { call, .. }, Some(R::JoinGroup(it))) => self.joined(now, call, it),
            (Then::Left { call, group, reason }, Some(R::QuitGroup(it))) => {
                self.left(now, call, group, reason, it.pts);
            }
            (Then::Left { call, group, reason }, Some(R::DismissGroup(it))) => {
                self.left(now, call, group, reason, it.pts);
            }
            (Then::Group { call }, Some(R::FindGroup(it))) => self.group_came(call, it.group),
            (Then::Group { call }, Some(R::HandleGroupApplication(it))) => self.group_came(call, it.group),
            (Then::Members { call, offset }, Some(R::ListGroupMembers(it))) => {
                self.members_came(call, offset, it);
            }
            (Then::Profiles { call }, Some(R::FindProfiles(it))) => {
                let profiles = it.profiles.into_iter().map(Profile::from_wire).collect();
                self.out.answer(call, Answer::Profiles(profiles));
            }
            (Then::ProfileUpdated { call }, Some(R::UpdateProfile(it))) => {
                self.profile_updated(now, call, it);
            }
            (Then::BlacklistAdded { call }, Some(R::AddToBlacklist(it))) => {
                let users = profile::users(it.user_ids);
                self.own_event(now, it.pts, AccountChange::BlacklistAdded(users.clone()));
                self.out.answer(call, Answer::Users(users));
            }
            (Then::BlacklistRemoved { call, users }, Some(R::RemoveFromBlacklist(it))) => {
                let removed = profile::users(it.user_ids);
                self.own_event(now, it.pts, AccountChange::BlacklistRemoved(removed));
                self.out.answer(call, Answer::Users(users));
            }
            (
                Then::Settings {
                    call,
                    conversations,
                    change,
                    is_one,
                },
                Some(R::ChangeSettings(it)),
            ) => self.settings_answered(now, call, conversations, change, is_one, it),
            (Then::Translated { call }, Some(R::TranslateText(it))) => {
                self.out.answer(call, Answer::Translated(it.texts));
            }
            (Then::UploadBegun { call }, Some(R::BeginUpload(it))) => self.upload_begun(call, it),
            (Then::Uploaded { call, message, part }, Some(R::FinishUpload(it))) => {
                self.uploaded(call, *message, part, it);
            }
            (then, _) => {
                self.fail(then, Failure::of(Code::UNCAUGHT));
                self.malformed(now);
            }
        }
    }

    /// A state that the app asked for. What is held goes before an answer that was overtaken.
    fn wanted_state_came(&mut self, now: Timestamp, result: wire::FindConversationResult) {
        let state = result.state.unwrap_or_default();
        let id = ConversationId::from_wire(state.conversation.clone()).ok();
        let is_known = |id| self.held.as_ref()?.find(&id).map(|it| !it.is_unknown());
        if id.and_then(is_known) != Some(true) {
            self.state_came(now, state);
        }
    }

    /// The server refused a request.
    fn refused(&mut self, now: Timestamp, then: Then, failure: Failure) {
        match then {
            Then::Login => self.login_refused(now, failure),
            Then::Logout => self.logged_out(),
            Then::Sync { .. } => {
                self.out.event(Event::Error(sync::sync_failed(failure.code)));
                self.cut(now, "a sync was refused");
            }
            Then::Changes(id) | Then::State(id) => self.heal_refused(now, &id, failure.code),
            Then::Joined { call, group } => self.join_refused(call, &group, failure),
            then => self.fail(then, failure),
        }
    }

    /// A request brought nothing and never will. What the core asked for itself is healed elsewhere.
    fn fail(&mut self, then: Then, failure: Failure) {
        match then {
            Then::Sent { call, message } | Then::Uploaded { call, message, .. } => {
                self.send_failed(call, *message, failure);
            }
            Then::MergedPut { call, sending } => self.merged_refused(call, *sending, failure),
            Then::Listed { call, .. } => self.listed(call),
            Then::MoreConversations => {
                if let Some(held) = &mut self.held {
                    held.is_paging = false;
                }
            }
            then => {
                if let Some(call) = then.call() {
                    self.out.fail(call, failure);
                }
            }
        }
    }

    fn wake(&mut self, now: Timestamp) {
        self.announced = None;
        for then in self.requests.late(now) {
            match then {
                // The connection watches over its login itself, and the logout over its answer.
                Then::Login | Then::Logout => {}
                Then::Sync { .. } | Then::Changes(_) | Then::State(_) => {
                    self.cut(now, "a sync takes too long");
                }
                then => self.fail(then, Failure::of(Code::TIMED_OUT)),
            }
        }
        self.login_wake(now);
        let (random, out) = (&mut self.random, &mut self.out);
        if self.connection.wake(now, random, out) == Woken::Cut {
            self.requests_cut();
        }
    }

    /// Sends a request now, or as soon as there is a connection.
    fn request(&mut self, now: Timestamp, command: Command, then: Then) {
        let may_send = self.connection.is_up() || matches!(then, Then::Login);
        if let Some(frame) = self.requests.add(now, command, then, may_send) {
            self.connection.sent(now);
            self.out.send(frame);
        }
    }

    /// The server said something that is not the protocol.
    fn malformed(&mut self, now: Timestamp) {
        let failure = Failure::new(Code::UNCAUGHT, "the server sent something that cannot be read");
        self.out.event(Event::Error(failure));
        self.cut(now, "the server sent something that cannot be read");
    }

    fn tell(&mut self) {
        if let Some(held) = &mut self.held {
            held.tell(std::mem::take(&mut self.changes), &mut self.out);
        }
    }

    fn announce_wake(&mut self, now: Timestamp) {
        let due = [self.connection.due(), self.requests.due(), self.login.due()];
        match (due.into_iter().flatten().min(), self.announced) {
            (None, None) => {}
            (None, Some(_)) => {
                self.announced = None;
                self.out.queue.push_back(Output::Sleep);
            }
            // Waking a little early is cheaper than setting a timer for every frame.
            (Some(due), Some(announced)) if now < announced && announced <= due => {}
            (Some(due), _) => {
                self.announced = Some(due);
                self.out.queue.push_back(Output::WakeAt(due));
            }
        }
    }
}

/// Whether an answer tells of a change that its session is told of in no other way.
const fn changes_something(result: &response::Result) -> bool {
    use response::Result as R;
    matches!(
        result,
        R::SendMessage(_)
            | R::RevokeMessage(_)
            | R::ModifyMessage(_)
            | R::DeleteMessages(_)
            | R::ClearHistory(_)
            | R::ChangeExtensions(_)
            | R::MarkRead(_)
            | R::CreateGroup(_)
            | R::JoinGroup(_)
            | R::QuitGroup(_)
            | R::DismissGroup(_)
            | R::UpdateProfile(_)
            | R::AddToBlacklist(_)
            | R::RemoveFromBlacklist(_)
            | R::ChangeSettings(_)
    )
}

/// Whether a conversation's last message is an own one that the peer has read (`lastMessage.isPeerRead`).
pub fn is_read_by_peer(state: &hongyan_protocol::conversation::ConversationState) -> bool {
    state.last_message.as_ref().is_some_and(|it| {
        it.sequence > Sequence(0)
            && it.sequence <= state.peer_read
            && matches!(&state.id, ConversationId::C2c(peer) if it.from != *peer)
    })
}
