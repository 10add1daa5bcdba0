//! A server for one account, in memory: what the protocol says, in the fewest lines.
//!
//! **Comes in:** requests of the core, and what other users do. **Goes out:** answers and pushes. **Never here:** sockets; the
//! harness decides which of them arrive.

use std::collections::{BTreeMap, VecDeque};

use hongyan_protocol::body::Body;
use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::group::{Group, LeaveReason};
use hongyan_protocol::id::{AccountId, ConversationId, GroupId, Pts, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{
    ChangeKind, Message, MessageFlags, MessageKey, Priority, Target, TimelineChange,
};
use hongyan_protocol::profile::Profile;
use hongyan_protocol::settings::{Deleted, Settings, SettingsChange, SettingsChanged, SettingsRevision};
use hongyan_protocol::wire::{self, element::Kind, request::Command, response::Result as R};

pub(crate) const ME: &str = "alice";
pub(crate) const MY_NUMBER: u64 = 1;

#[derive(Default)]
pub(crate) struct Timeline {
    pub(crate) messages: Vec<Message>,
    pub(crate) version: u64,
    pub(crate) read: u64,
    pub(crate) peer_read: u64,
    pub(crate) settings: Settings,
    /// The oldest message that may be seen; 0: all.
    pub(crate) first: u64,
    pub(crate) view_version: u64,
}

pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) timelines: BTreeMap<ConversationId, Timeline>,
    pub(crate) log: Vec<AccountChange>,
    pub(crate) blacklist: Vec<UserId>,
    pub(crate) conversation_groups: Vec<String>,
    /// Those that the account is in.
    pub(crate) groups: Vec<Group>,
    pub(crate) profile: Profile,
    /// What all others are called.
    pub(crate) peer_nick: String,
    /// Frames for the instance, in order.
    pub(crate) pushes: VecDeque<wire::Push>,
    /// Changes answered at once by ListChanges and Sync; small, so that tests page.
    pub(crate) changes_page: usize,
    /// Conversations in a snapshot.
    pub(crate) list_page: usize,
    /// Events that a cursor may be behind.
    pub(crate) events_kept: usize,
    /// Changes of a timeline that are replayed.
    pub(crate) changes_replayed: u64,
    /// What the next login is answered with, if not success.
    pub(crate) refuse_login: Option<i32>,
    pub(crate) logins: Vec<wire::Login>,
    pub(crate) sends: usize,
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::trusted(name)
}

pub(crate) fn c2c(name: &str) -> ConversationId {
    ConversationId::C2c(user(name))
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            now: 1_700_000_000_000,
            timelines: BTreeMap::new(),
            log: Vec::new(),
            blacklist: Vec::new(),
            conversation_groups: Vec::new(),
            groups: Vec::new(),
            profile: Profile::empty(user(ME)),
            peer_nick: String::new(),
            pushes: VecDeque::new(),
            changes_page: 3,
            list_page: 4,
            events_kept: 1000,
            changes_replayed: 1000,
            refuse_login: None,
            logins: Vec::new(),
            sends: 0,
        }
    }

    /// Somebody says something in a conversation with the account; 0 is the account itself, elsewhere.
    pub(crate) fn say(&mut self, id: &ConversationId, from: &str, text: &str) {
        let number = if from == ME {
            MY_NUMBER
        } else {
            100 + from.len() as u64
        };
        let random = self.timelines.values().map(|it| it.version as u32).sum::<u32>() + 1;
        let key = MessageKey {
            account: AccountId(number),
            client_time_s: (self.now / 1000) as u32,
            random,
        };
        let kind = Kind::Text(wire::Text {
            text: text.to_owned(),
            at_user_ids: Vec::new(),
        });
        let change = self.append(id, key, from, Body::of(kind), MessageFlags::default());
        self.push_change(&change);
    }

    pub(crate) fn append(
        &mut self,
        id: &ConversationId,
        key: MessageKey,
        from: &str,
        body: Body,
        flags: MessageFlags,
    ) -> TimelineChange {
        self.now += 10;
        let to = match id {
            ConversationId::C2c(peer) if from == ME => Target::User(peer.clone()),
            ConversationId::C2c(_) => Target::User(user(ME)),
            ConversationId::Group(group) => Target::Group(group.clone()),
            ConversationId::System => Target::System(user(ME)),
        };
        let timeline = self.timelines.entry(id.clone()).or_default();
        timeline.version += 1;
        let message = Message {
            key,
            from: user(from),
            to,
            sequence: Sequence(timeline.messages.len() as u64 + 1),
            time: Timestamp(self.now),
            body,
            priority: Priority::Normal,
            flags,
            cloud_custom_data: String::new(),
            nick: String::new(),
            avatar: String::new(),
            name_card: String::new(),
            revoker: None,
            version: Version(timeline.version),
            edits: 0,
            receivers: Vec::new(),
        };
        timeline.messages.push(message.clone());
        TimelineChange::of(ChangeKind::Appended, message)
    }

    /// Whoever sent it takes a message back.
    pub(crate) fn revoke(&mut self, id: &ConversationId, sequence: u64) -> Option<TimelineChange> {
        let timeline = self.timelines.get_mut(id)?;
        let at = timeline
            .messages
            .get_mut(usize::try_from(sequence).ok()?.checked_sub(1)?)?;
        if at.revoker.is_some() {
            return None;
        }
        timeline.version += 1;
        at.version = Version(timeline.version);
        at.revoker = Some(at.from.clone());
        Some(TimelineChange::of(ChangeKind::Revoked, at.clone()))
    }

    /// The account reads, by another instance or by this one. The event's number; 0 when nothing moved.
    pub(crate) fn read(&mut self, id: &ConversationId, sequence: u64) -> u64 {
        let Some(timeline) = self.timelines.get_mut(id) else {
            return 0;
        };
        if sequence <= timeline.read || sequence > timeline.messages.len() as u64 {
            return 0;
        }
        timeline.read = sequence;
        self.log(AccountChange::Read(mark(id, sequence)))
    }

    /// The account reads everything, and is told so.
    pub(crate) fn read_all(&mut self) {
        let mut marks = Vec::new();
        for (id, timeline) in &mut self.timelines {
            let all = timeline.messages.len() as u64;
            if all > timeline.read {
                timeline.read = all;
                marks.push(mark(id, all));
            }
        }
        if !marks.is_empty() {
            let pts = self.log(AccountChange::AllRead(marks));
            self.push_event(pts);
        }
    }

    pub(crate) fn peer_read(&mut self, id: &ConversationId, sequence: u64) -> u64 {
        let Some(timeline) = self.timelines.get_mut(id) else {
            return 0;
        };
        if sequence <= timeline.peer_read || sequence > timeline.messages.len() as u64 {
            return 0;
        }
        timeline.peer_read = sequence;
        self.log(AccountChange::PeerRead(mark(id, sequence)))
    }

    /// The account sets something, by another instance or by this one. The event's number; 0 when nothing changed.
    pub(crate) fn set(&mut self, ids: &[ConversationId], sequences: &[u64], change: SettingsChange) -> u64 {
        let has = |it: &Self, name: &String| it.conversation_groups.contains(name);
        match &change {
            SettingsChange::GroupCreated(name) if !has(self, name) => {
                self.conversation_groups.push(name.clone());
            }
            SettingsChange::GroupEntered(name) | SettingsChange::GroupLeft(name) if !has(self, name) => {
                return 0;
            }
            SettingsChange::GroupRenamed { from, to } => {
                if !has(self, from) || has(self, to) {
                    return 0;
                }
                let named = self.conversation_groups.iter_mut().filter(|it| *it == from);
                named.for_each(|it| it.clone_from(to));
            }
            SettingsChange::GroupRemoved(name) => {
                if !has(self, name) {
                    return 0;
                }
                self.conversation_groups.retain(|it| it != name);
            }
            _ => {}
        }
        let mut conversations = Vec::new();
        for (id, timeline) in &mut self.timelines {
            let at = ids.iter().position(|it| it == id);
            if at.is_none() && !change.is_of_group() {
                continue;
            }
            let newest = timeline.messages.len() as u64;
            let is_deleted = newest < timeline.settings.deleted_before.0;
            if is_deleted || !timeline.settings.apply(&change) {
                continue;
            }
            timeline.settings.revision += 1;
            let mut deleted = None;
            if let SettingsChange::Deleted { clear_history } = change {
                let known = at.and_then(|at| sequences.get(at)).filter(|it| **it > 0);
                let before = known.map_or(newest, |it| newest.min(*it)) + 1;
                let before = before.max(timeline.settings.deleted_before.0);
                timeline.settings.deleted_before = Sequence(before);
                if clear_history {
                    timeline.first = timeline.first.max(before);
                }
                let kept = timeline
                    .messages
                    .iter()
                    .rfind(|it| it.sequence.0 >= timeline.first);
                let active = kept
                    .or(timeline.messages.first())
                    .map_or(Timestamp(0), |it| it.time);
                deleted = Some(Deleted {
                    before: Sequence(before),
                    first: Sequence(timeline.first.max(1)),
                    active,
                });
            }
            if at.is_some() {
                conversations.push(SettingsRevision {
                    conversation: id.clone(),
                    revision: timeline.settings.revision,
                    deleted,
                });
            }
        }
        let is_of_list = change.is_of_group() || matches!(change, SettingsChange::GroupCreated(_));
        if conversations.is_empty() && !is_of_list {
            return 0;
        }
        self.log(AccountChange::Settings(SettingsChanged {
            conversations,
            change,
        }))
    }

    /// The account clears the history, by another instance. The event's number.
    pub(crate) fn clear(&mut self, id: &ConversationId) -> u64 {
        let timeline = self.timelines.entry(id.clone()).or_default();
        timeline.first = timeline.messages.len() as u64 + 1;
        timeline.view_version += 1;
        let change = AccountChange::HistoryCleared {
            conversation: id.clone(),
            first: Sequence(timeline.first),
            view_version: timeline.view_version,
        };
        self.log(change)
    }

    pub(crate) fn log(&mut self, change: AccountChange) -> u64 {
        self.log.push(change);
        self.log.len() as u64
    }

    pub(crate) fn push_change(&mut self, change: &TimelineChange) {
        let kind = wire::push::Kind::TimelineChange(change.to_wire());
        self.pushes.push_back(wire::Push { kind: Some(kind) });
    }

    /// The account comes into a group. The event's number.
    pub(crate) fn join(&mut self, name: &str) -> u64 {
        let group = Group::from_wire(wire::Group {
            group_id: name.to_owned(),
            name: name.to_owned(),
            member_count: 1,
            self_info: Some(wire::SelfInfo::default()),
            ..wire::Group::default()
        });
        self.groups.push(group.clone());
        let id = ConversationId::Group(group.id.clone());
        self.timelines.entry(id).or_default();
        self.log(AccountChange::GroupJoined(group))
    }

    /// The account is in a group no longer. The event's number.
    pub(crate) fn leave(&mut self, name: &str, reason: LeaveReason) -> u64 {
        let group = GroupId::trusted(name);
        self.groups.retain(|it| it.id != group);
        self.timelines.remove(&ConversationId::Group(group.clone()));
        self.log(AccountChange::GroupLeft { group, reason })
    }

    /// Pushes the event of this number; none for 0.
    pub(crate) fn push_event(&mut self, pts: u64) {
        if pts > 0 {
            let event = self.log[pts as usize - 1].to_wire(Pts(pts));
            let kind = wire::push::Kind::AccountEvent(event);
            self.pushes.push_back(wire::Push { kind: Some(kind) });
        }
    }

    pub(crate) fn state(&self, id: &ConversationId) -> ConversationState {
        let empty = Timeline::default();
        let timeline = self.timelines.get(id).unwrap_or(&empty);
        let unread = timeline
            .messages
            .iter()
            .filter(|it| it.sequence.0 > timeline.read && it.from.as_str() != ME && it.counts_as_unread());
        let begins = timeline.first.max(timeline.settings.deleted_before.0);
        let unread = unread.filter(|it| it.sequence.0 >= begins);
        let last = timeline.messages.last();
        let begun = timeline.messages.first().map_or(Timestamp(0), |it| it.time);
        let last = last.filter(|it| it.sequence.0 >= timeline.first);
        ConversationState {
            id: id.clone(),
            version: Version(timeline.version),
            last_sequence: Sequence(timeline.messages.len() as u64),
            last_message: last.cloned(),
            unread_count: unread.count() as u64,
            read: Sequence(timeline.read),
            peer_read: Sequence(timeline.peer_read),
            peer: match id {
                ConversationId::C2c(peer) => Some(Profile {
                    nick: self.peer_nick.clone(),
                    ..Profile::empty(peer.clone())
                }),
                _ => None,
            },
            group: match id {
                ConversationId::Group(group) => self.groups.iter().find(|it| it.id == *group).cloned(),
                _ => None,
            },
            active: last.map_or(begun, |it| it.time),
            first_sequence: Sequence(timeline.first.max(1)),
            settings: timeline.settings.clone(),
            pts: Pts(self.log.len() as u64),
            draft: String::new(),
            view_version: timeline.view_version,
            mentions: Vec::new(),
        }
    }

    /// The list, newest first.
    pub(crate) fn list(&self) -> Vec<ConversationState> {
        let mut list: Vec<_> = self.timelines.keys().map(|id| self.state(id)).collect();
        list.retain(|it| !it.is_deleted());
        list.sort_by(|a, b| b.active.cmp(&a.active).then_with(|| a.id.cmp(&b.id)));
        list
    }

    pub(crate) fn answer(&mut self, request: wire::Request) -> wire::Response {
        let mut response = wire::Response {
            id: request.id,
            ..wire::Response::default()
        };
        match self.carry_out(request.command.unwrap()) {
            Ok(result) => response.result = Some(result),
            Err(code) => {
                response.code = code;
                response.text = String::from("refused");
            }
        }
        response
    }

    fn carry_out(&mut self, command: Command) -> Result<R, i32> {
        Ok(match command {
            Command::Login(login) => {
                self.logins.push(login);
                if let Some(code) = self.refuse_login.take() {
                    return Err(code);
                }
                R::Login(wire::LoginResult {
                    account: MY_NUMBER,
                    pts: self.log.len() as u64,
                    server_time_ms: self.now,
                    heartbeat_ms: 30_000,
                    frame_bytes_max: 65_536,
                    revoke_limit_s: 120,
                    files_url: String::new(),
                })
            }
            Command::Logout(_) => R::Logout(wire::LogoutResult {}),
            Command::Sync(sync) => R::Sync(self.sync(&sync)),
            Command::ListChanges(it) => {
                let id = ConversationId::from_wire(it.conversation).unwrap();
                let (changes, version, complete) = self.changes(&id, it.version);
                let reload = self.state(&id).version.0 - it.version > self.changes_replayed;
                R::ListChanges(wire::ListChangesResult {
                    changes: if reload { Vec::new() } else { changes },
                    version,
                    complete,
                    reload,
                })
            }
            Command::SendMessage(it) => {
                self.sends += 1;
                let id = ConversationId::from_wire(it.conversation).unwrap();
                let key = MessageKey {
                    account: AccountId(MY_NUMBER),
                    client_time_s: it.client_time_s,
                    random: it.random,
                };
                let known = self.timelines.get(&id);
                let known = known.and_then(|it| it.messages.iter().find(|it| it.key == key).cloned());
                let message = match known {
                    Some(message) => message,
                    None => {
                        self.append(&id, key, ME, Body::trusted(it.body), MessageFlags::default())
                            .message
                    }
                };
                R::SendMessage(wire::SendMessageResult {
                    sequence: message.sequence.0,
                    time_ms: message.time.0,
                    version: message.version.0,
                })
            }
            Command::RevokeMessage(it) => {
                let id = ConversationId::from_wire(it.conversation).unwrap();
                let change = self.revoke(&id, it.sequence).ok_or(20023)?;
                R::RevokeMessage(wire::RevokeMessageResult {
                    version: change.message.version.0,
                })
            }
            Command::ListMessages(it) => {
                let id = ConversationId::from_wire(it.conversation).unwrap();
                let empty = Timeline::default();
                let all = &self.timelines.get(&id).unwrap_or(&empty).messages;
                let end = match it.before {
                    0 => all.len(),
                    before => all.len().min(before as usize - 1),
                };
                let first = self.state(&id).first_sequence.0 as usize - 1;
                let begin = end.saturating_sub(it.count as usize).max(first).min(end);
                R::ListMessages(wire::ListMessagesResult {
                    messages: all[begin..end].iter().map(Message::to_wire).collect(),
                    complete: begin <= first,
                    receipts: Vec::new(),
                })
            }
            Command::ListConversations(it) => {
                let mut list = self.list();
                list.retain(|state| it.before_ms == 0 || state.active.0 <= it.before_ms);
                let complete = list.len() <= self.list_page;
                list.truncate(self.list_page);
                R::ListConversations(wire::ListConversationsResult {
                    conversations: list.iter().map(ConversationState::to_wire).collect(),
                    complete,
                })
            }
            Command::FindConversation(it) => {
                let id = ConversationId::from_wire(it.conversation).unwrap();
                let is_joined = |id: &GroupId| self.groups.iter().any(|it| it.id == *id);
                if matches!(&id, ConversationId::Group(it) if !is_joined(it)) {
                    return Err(10007);
                }
                R::FindConversation(wire::FindConversationResult {
                    state: Some(self.state(&id).to_wire()),
                })
            }
            Command::MarkRead(it) => {
                let id = ConversationId::from_wire(it.conversation).unwrap();
                if !self.timelines.contains_key(&id) {
                    return Err(2500);
                }
                R::MarkRead(wire::MarkReadResult {
                    pts: self.read(&id, it.sequence.min(self.state(&id).last_sequence.0)),
                    sequence: self.timelines.get(&id).map_or(0, |it| it.read),
                    unread_count: self.state(&id).unread_count,
                })
            }
            Command::MarkAllRead(_) => {
                self.read_all();
                R::MarkAllRead(wire::MarkAllReadResult {})
            }
            Command::UpdateProfile(it) => {
                self.profile.nick = it.nick.unwrap_or_default();
                let pts = self.log(AccountChange::Profile(self.profile.clone()));
                R::UpdateProfile(wire::UpdateProfileResult {
                    profile: Some(self.profile.to_wire()),
                    pts,
                })
            }
            Command::AddToBlacklist(it) => {
                let users: Vec<_> = it.user_ids.iter().map(|it| user(it)).collect();
                self.blacklist.extend(users.clone());
                R::AddToBlacklist(wire::AddToBlacklistResult {
                    pts: self.log(AccountChange::BlacklistAdded(users)),
                    user_ids: it.user_ids,
                })
            }
            Command::CreateGroup(it) => {
                let pts = self.join(&it.group_id);
                R::CreateGroup(wire::CreateGroupResult {
                    group: self.groups.last().map(Group::to_wire),
                    pts,
                })
            }
            Command::JoinGroup(it) => {
                match self.groups.iter().any(|known| known.id.as_str() == it.group_id) {
                    true => return Err(10013),
                    false => R::JoinGroup(wire::JoinGroupResult {
                        waits_for_approval: true,
                        ..wire::JoinGroupResult::default()
                    }),
                }
            }
            Command::QuitGroup(it) => R::QuitGroup(wire::QuitGroupResult {
                pts: self.leave(&it.group_id, LeaveReason::Quit),
            }),
            Command::DismissGroup(it) => R::DismissGroup(wire::DismissGroupResult {
                pts: self.leave(&it.group_id, LeaveReason::Dismissed),
            }),
            Command::ListGroupMembers(it) => R::ListGroupMembers(wire::ListGroupMembersResult {
                members: (it.offset..(it.offset + it.count).min(40))
                    .map(|at| wire::GroupMember {
                        user_id: at.to_string(),
                        ..wire::GroupMember::default()
                    })
                    .collect(),
                total: 40,
            }),
            Command::ChangeSettings(it) => {
                let ids = it.conversations.into_iter();
                let ids: Vec<_> = ids
                    .map(|it| ConversationId::from_wire(Some(it)).unwrap())
                    .collect();
                let missing = ids.iter().filter(|id| !self.timelines.contains_key(id));
                let refused = missing.map(|id| wire::SettingsRefusal {
                    conversation: Some(id.to_wire()),
                    code: 2500,
                    text: String::from("refused"),
                });
                let refused = refused.collect();
                let change = SettingsChange::from_wire(it.change).unwrap();
                let pts = self.set(&ids, &it.sequences, change);
                R::ChangeSettings(wire::ChangeSettingsResult {
                    event: (pts > 0).then(|| self.log[pts as usize - 1].to_wire(Pts(pts))),
                    refused,
                })
            }
            Command::FindProfiles(it) => R::FindProfiles(wire::FindProfilesResult {
                profiles: it
                    .user_ids
                    .iter()
                    .map(|it| Profile::empty(user(it)).to_wire())
                    .collect(),
            }),
            _ => return Err(60009),
        })
    }

    fn sync(&self, sync: &wire::Sync) -> wire::SyncResult {
        let behind = self.log.len() - sync.pts as usize;
        if (sync.pts == 0 && sync.held.is_empty() && !sync.again) || behind > self.events_kept {
            let list = self.list();
            return wire::SyncResult {
                pts: self.log.len() as u64,
                snapshot: Some(wire::Snapshot {
                    profile: Some(self.profile.to_wire()),
                    conversations: list
                        .iter()
                        .take(self.list_page)
                        .map(ConversationState::to_wire)
                        .collect(),
                    has_more_conversations: list.len() > self.list_page,
                    groups: self.groups.iter().map(Group::to_wire).collect(),
                    blacklist: self.blacklist.iter().map(|it| it.as_str().to_owned()).collect(),
                    pinned: list
                        .iter()
                        .skip(self.list_page)
                        .filter(|it| it.settings.is_pinned)
                        .map(ConversationState::to_wire)
                        .collect(),
                    conversation_groups: self.conversation_groups.clone(),
                    reminds: Vec::new(),
                }),
                ..wire::SyncResult::default()
            };
        }
        let events = self.log.iter().zip(1..).skip(sync.pts as usize);
        let updates = self.timelines.keys().filter_map(|id| {
            let held = sync
                .held
                .iter()
                .find(|it| it.conversation.as_ref() == Some(&id.to_wire()));
            let known = held.map_or(0, |it| it.version);
            let state = self.state(id);
            if (held.is_none() && state.is_deleted())
                || known == state.version.0
                || (held.is_none() && state.active.0 < sync.listed_ms)
            {
                return None;
            }
            let (changes, version, complete) = self.changes(id, known);
            let reload = state.version.0 - known > self.changes_replayed;
            Some(wire::ConversationUpdate {
                state: Some(state.to_wire()),
                changes: if reload { Vec::new() } else { changes },
                version,
                complete,
                reload,
            })
        });
        wire::SyncResult {
            pts: self.log.len() as u64,
            snapshot: None,
            events: events.map(|(it, pts)| it.to_wire(Pts(pts))).collect(),
            updates: updates.collect(),
        }
    }

    fn changes(&self, id: &ConversationId, after: u64) -> (Vec<wire::TimelineChange>, u64, bool) {
        let Some(timeline) = self.timelines.get(id) else {
            return (Vec::new(), after, true);
        };
        let mut touched: Vec<_> = timeline
            .messages
            .iter()
            .filter(|it| it.sequence.0 >= timeline.first)
            .filter(|it| it.version.0 > after)
            .collect();
        touched.sort_by_key(|it| it.version);
        let complete = touched.len() <= self.changes_page;
        touched.truncate(self.changes_page);
        let version = if complete {
            timeline.version
        } else {
            touched.last().unwrap().version.0
        };
        let changes = touched.into_iter().map(|it| {
            let kind = match it.revoker {
                Some(_) => ChangeKind::Revoked,
                None => ChangeKind::Appended,
            };
            TimelineChange::of(kind, it.clone()).to_wire()
        });
        (changes.collect(), version, complete)
    }
}

fn mark(id: &ConversationId, sequence: u64) -> ReadMark {
    ReadMark {
        conversation: id.clone(),
        sequence: Sequence(sequence),
        time: Timestamp(0),
    }
}
