//! The contracts, looked at from outside when all has healed.
//!
//! **Comes in:** the world as it was left: the store, the promises, every instance. **Goes out:** the first contract that does
//! not hold. **Never here:** shortcuts: counts are recounted, and states compared with those of an instance that logs in
//! now.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use hongyan_protocol::change::AccountChange;
use hongyan_protocol::id::{AccountId, ConversationId, Sequence, Timestamp, UserId};
use hongyan_protocol::message::{Message, MessageKey};
use hongyan_protocol::settings::Settings;
use hongyan_sdk::core::{Answer, Call};
use hongyan_storage::Store as _;
use hongyan_storage::model::{AccountRecord, Readable, TimelineId};

use crate::broken::{Broken, Contract};
use crate::ledger::{Done, Logged};
use crate::logs::Logs;
use crate::machine::ready;
use crate::world::{World, app};

/// How long a call of the auditor may take on the good network.
const CALL_MS: u64 = 2_000;
/// More pages than any conversation has.
const PAGES_MAX: usize = 500;

type Checked = Result<(), Broken>;

/// Contract C1: what was acknowledged is in the store.
pub(crate) fn promises(world: &World, logs: &Logs) -> Checked {
    let mut modified: BTreeMap<(MessageKey, u32), &Bytes> = BTreeMap::new();
    let mut sent = BTreeMap::new();
    for promise in &world.promises {
        let lost = |what: String| Err(Broken::new(Contract::C1, format!("{}: {what}", promise.user)));
        match &promise.done {
            Done::Sent {
                conversation,
                client_time_s,
                random,
                body,
                sequence,
                time,
            } => {
                let again = sent.insert((&promise.user, *client_time_s, *random), *sequence);
                if again.is_some_and(|it| it != *sequence) {
                    let what = format!(
                        "{}: one message was sent as {again:?} and {sequence}",
                        promise.user
                    );
                    return Err(Broken::new(Contract::C2, what));
                }
                if world.machine().may_be_removed(*time) {
                    continue;
                }
                let kept = find_message(world, &promise.user, conversation, *sequence);
                let is_it = kept.is_some_and(|it| {
                    it.key.client_time_s == *client_time_s
                        && it.key.random == *random
                        && match it.edits {
                            0 => it.body.bytes() == body,
                            _ => world.is_wished(it.key, it.body.bytes()),
                        }
                });
                if !is_it {
                    return lost(format!("a message of {conversation}, {sequence}, is not kept"));
                }
            }
            Done::Revoked {
                conversation,
                sequence,
            } => {
                let kept = find_message(world, &promise.user, conversation, *sequence);
                if is_removed(world, &promise.user, conversation, *sequence) {
                    continue;
                }
                if kept.is_none_or(|it| it.revoker.is_none()) {
                    return lost(format!("{sequence} of {conversation} is not revoked"));
                }
            }
            Done::Modified {
                conversation,
                sequence,
                edits,
                body,
            } => {
                if is_removed(world, &promise.user, conversation, *sequence) {
                    continue;
                }
                let kept = find_message(world, &promise.user, conversation, *sequence);
                let Some(kept) = kept else {
                    return lost(format!(
                        "{sequence} of {conversation}, which was modified, is not kept"
                    ));
                };
                if kept.edits < *edits || (kept.edits == *edits && kept.body.bytes() != body) {
                    return lost(format!(
                        "{sequence} of {conversation} does not say what it was modified to: {} edits, not {edits}",
                        kept.edits
                    ));
                }
                let same = modified.insert((kept.key, *edits), body);
                if same.is_some_and(|it| it != body) {
                    return lost(format!(
                        "two changes of {sequence} of {conversation} were taken as one"
                    ));
                }
            }
            Done::Outdone {
                conversation,
                sequence,
                known,
                edits,
            } => {
                if is_removed(world, &promise.user, conversation, *sequence) {
                    continue;
                }
                let kept = find_message(world, &promise.user, conversation, *sequence);
                if edits == known || kept.is_none_or(|it| it.edits < *edits) {
                    return lost(format!(
                        "nobody modified {sequence} of {conversation} before, to {edits}"
                    ));
                }
            }
            Done::Deleted {
                conversation,
                sequences,
            } => {
                // In a group that was left nothing is seen at all.
                let first = first_seen(world, &promise.user, conversation);
                let is_seen = |it: &&Sequence| {
                    first.is_some_and(|first| **it >= first)
                        && !logs.is_deleted(&promise.user, conversation, **it)
                };
                if let Some(sequence) = sequences.iter().find(is_seen) {
                    return lost(format!("{sequence} of {conversation} is not deleted"));
                }
            }
            Done::Receipted {
                conversation,
                sequences,
            } => {
                let first = first_seen(world, &promise.user, conversation);
                let seen = sequences
                    .iter()
                    .filter(|it| first.is_some_and(|first| **it >= first));
                for sequence in seen {
                    if !has_receipt(world, &promise.user, conversation, *sequence) {
                        return lost(format!("{sequence} of {conversation} has no receipt"));
                    }
                }
            }
            Done::Cleared { conversation, first } => {
                let seen = first_seen(world, &promise.user, conversation);
                if seen.is_some_and(|it| it < *first) {
                    return lost(format!("{conversation} is not cleared before {first}"));
                }
            }
            Done::Read {
                conversation,
                sequence,
            } => {
                let Some(account) = world.machine().account(&promise.user) else {
                    return lost("the account is gone".to_owned());
                };
                let state = ready(
                    world
                        .machine()
                        .store
                        .find_conversation(&account.account, conversation),
                );
                // Who left a group has no mark in it any more.
                if let Ok(Some(state)) = state
                    && state.read < *sequence
                    && !matches!(conversation, ConversationId::Group(_))
                {
                    return lost(format!(
                        "{conversation} is read up to {}, not {sequence}",
                        state.read
                    ));
                }
            }
            Done::Logged { pts, what } => {
                let kept = logs.entry(&promise.user, *pts);
                if !kept.is_some_and(|it| says(it, what)) {
                    return lost(format!("{what:?} is not in the log at {pts}: {kept:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Contract C1, for those who were told: nobody hears of what is not kept.
pub(crate) fn news(world: &World) -> Checked {
    for (number, instance) in world.instances.iter().enumerate() {
        for (conversation, told) in &instance.told {
            for told in told.iter().filter(|it| !world.machine().may_be_removed(it.time)) {
                let kept = find_message(world, &instance.user, conversation, told.sequence);
                if kept.is_none_or(|it| it.key != told.key) {
                    let what = format!(
                        "instance {number} of {} was told of {} of {conversation}, which is not kept",
                        instance.user, told.sequence
                    );
                    return Err(Broken::new(Contract::C1, what));
                }
            }
        }
    }
    Ok(())
}

/// Contract C2: no message twice, each key and each text once; and sequences without gaps. How many there are, and how
/// many were removed.
pub(crate) fn timelines(world: &World) -> Result<(u64, u64), Broken> {
    let mut keys = BTreeSet::new();
    let (mut count, mut removed) = (0, 0);
    for timeline in all_timelines(world) {
        let messages = read(world, timeline);
        // Only from the beginning, and what is old.
        let gone = messages.first().map_or(0, |it| it.sequence.0 - 1);
        removed += gone;
        for (place, message) in messages.iter().enumerate() {
            if message.sequence.0 != gone + place as u64 + 1 {
                let what = format!("{timeline:?} has {} at place {}", message.sequence, place + 1);
                return Err(Broken::new(Contract::C3, what));
            }
            // What the server entered is nobody's request.
            if message.key.account != AccountId(0) && !keys.insert(message.key) {
                let what = format!("{} is kept twice, again at {}", message.key, message.sequence);
                return Err(Broken::new(Contract::C2, what));
            }
        }
        count += messages.len() as u64;
    }
    Ok((count, removed))
}

/// Contracts C3, C4 and C5, for each instance that is logged in: those from `fresh` on have just come.
pub(crate) fn instances(world: &mut World, logs: &Logs, fresh: usize) -> Checked {
    let mut expected = BTreeMap::new();
    for instance in fresh..world.instances.len() {
        let user = world.instances[instance].user.clone();
        if !world.instances[instance].is_ready() {
            let state = world.instances[instance].core.state();
            return Err(broken_state(&user, format!("a fresh instance is {state:?}")));
        }
        let picture = picture(world, logs, instance)?;
        recount(world, logs, &user, &picture)?;
        expected.insert(user, picture);
    }
    for instance in 0..fresh {
        let it = &world.instances[instance];
        if it.user_is_out() {
            continue;
        }
        let user = it.user.clone();
        if !it.is_ready() {
            let state = it.core.state();
            return Err(broken_state(
                &user,
                format!("instance {instance} is still {state:?}"),
            ));
        }
        let mut seen = picture(world, logs, instance)?;
        let mut should = expected[&user].clone();
        if let Some(since) = world.shown_since() {
            seen.forget_expired(&should);
            seen.forget_before(since);
            should.forget_before(since);
        }
        seen.compare(&should)
            .map_err(|what| broken_state(&user, format!("instance {instance}: {what}")))?;
        recount(world, logs, &user, &seen)?;
        told(world, logs, instance, &expected[&user])?;
        objects(world, logs, instance, &expected[&user])?;
    }
    Ok(())
}

fn broken_state(user: &UserId, what: impl std::fmt::Display) -> Broken {
    Broken::new(Contract::C4, format!("{user}: {what}"))
}

/// A message as an app sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    sequence: Sequence,
    key: MessageKey,
    time: Timestamp,
    revoker: Option<UserId>,
    edits: u32,
    body: Bytes,
    is_peer_read: bool,
    /// How many read it, of an own one that wants receipts.
    read_count: u64,
}

impl Line {
    fn of(message: &Message) -> Self {
        Self {
            sequence: message.sequence,
            key: message.key,
            time: message.time,
            revoker: message.revoker.clone(),
            edits: message.edits,
            body: message.body.bytes().clone(),
            is_peer_read: false,
            read_count: 0,
        }
    }
}

/// How many read a message; nobody asks that of one that was taken back.
fn read_count(message: &hongyan_sdk::core::Message) -> u64 {
    let receipt = message.receipt.filter(|_| !message.is_revoked());
    receipt.map_or(0, |it| it.read_count)
}

/// All that an app sees.
#[derive(Debug, Clone)]
struct Picture {
    conversations: BTreeMap<ConversationId, Shown>,
    groups: BTreeMap<String, String>,
    blacklist: Vec<UserId>,
    profile: String,
    conversation_groups: Vec<String>,
    /// Without the groups that are no more.
    order: Vec<ConversationId>,
}

/// A conversation as an app sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    unread: u64,
    read: Sequence,
    peer_read: Sequence,
    first: Sequence,
    active: Timestamp,
    last: Option<Line>,
    peer: String,
    messages: Vec<Line>,
    settings: Settings,
}

impl Picture {
    /// Leaves out of histories what was said before.
    fn forget_before(&mut self, time: Timestamp) {
        for shown in self.conversations.values_mut() {
            shown.messages.retain(|it| it.time >= time);
        }
    }

    /// Leaves out what has expired: an instance may show that for as long as it is logged in, with all that follows from it.
    fn forget_expired(&mut self, expected: &Self) {
        let mut moved = false;
        for (id, shown) in &mut self.conversations {
            let Some(should) = expected.conversations.get(id) else {
                continue;
            };
            shown.first = shown.first.max(should.first);
            let is_expired = |it: &Line| it.sequence < shown.first;
            shown.messages.retain(|it| !is_expired(it));
            if shown.last.as_ref().is_some_and(is_expired) {
                shown.last = None;
            }
            if shown.last.is_none() {
                moved |= shown.active != should.active;
                shown.active = should.active;
            }
            // Marks move with what has expired, and peers do not hear of it.
            if should.peer_read < shown.first {
                shown.peer_read = should.peer_read;
            }
        }
        if moved {
            self.order.clone_from(&expected.order);
        }
    }

    /// What differs from what it should be.
    fn compare(&self, expected: &Self) -> Result<(), String> {
        let names = |it: &Self| it.conversations.keys().cloned().collect::<BTreeSet<_>>();
        let (here, there) = (names(self), names(expected));
        if here != there {
            return Err(format!("conversations are {here:?}, should be {there:?}"));
        }
        for (id, shown) in &self.conversations {
            let should = &expected.conversations[id];
            shown.compare(should).map_err(|what| format!("{id}: {what}"))?;
        }
        if self.groups != expected.groups {
            return Err(format!(
                "groups are {:?}\n  should be {:?}",
                self.groups, expected.groups
            ));
        }
        if self.blacklist != expected.blacklist {
            return Err(format!(
                "blacklist is {:?}, should be {:?}",
                self.blacklist, expected.blacklist
            ));
        }
        if self.conversation_groups != expected.conversation_groups {
            return Err(format!(
                "conversation groups are {:?}, should be {:?}",
                self.conversation_groups, expected.conversation_groups
            ));
        }
        if self.order != expected.order {
            return Err(format!(
                "the list is {:?}, should be {:?}",
                self.order, expected.order
            ));
        }
        if self.profile != expected.profile {
            return Err(format!(
                "profile is {}, should be {}",
                self.profile, expected.profile
            ));
        }
        Ok(())
    }
}

impl Shown {
    fn compare(&self, should: &Self) -> Result<(), String> {
        let texts = |it: &Self| {
            [
                ("unread", it.unread.to_string()),
                ("read", it.read.to_string()),
                ("peer_read", it.peer_read.to_string()),
                ("first", it.first.to_string()),
                ("active", it.active.to_string()),
                ("last", format!("{:?}", it.last)),
                ("peer", it.peer.clone()),
                ("messages", format!("{:?}", it.messages)),
                ("settings", format!("{:?}", it.settings)),
            ]
        };
        for ((name, is), (_, should)) in texts(self).into_iter().zip(texts(should)) {
            if is != should {
                return Err(format!("{name} is {is}\n  should be {should}"));
            }
        }
        Ok(())
    }
}

/// Reads all that an instance shows, by its own calls.
fn picture(world: &mut World, logs: &Logs, instance: usize) -> Result<Picture, Broken> {
    let user = world.instances[instance].user.clone();
    // While there are more, each call fetches the next page.
    let listed = loop {
        let Answer::Conversations {
            conversations,
            complete,
        } = ask(world, instance, Call::GetConversationList)?
        else {
            return Err(broken_state(&user, "the list is no list"));
        };
        if complete {
            break conversations;
        }
        world.run_until(world.now().plus_ms(CALL_MS))?;
    };
    let left = dissolved(world);
    let (mut conversations, mut order) = (BTreeMap::new(), Vec::new());
    for state in listed {
        // A dissolved group's conversation stays until the next login.
        if left.contains(&state.id) {
            continue;
        }
        let shown = Shown {
            unread: state.unread_count,
            read: state.read,
            peer_read: state.peer_read,
            first: state.first_sequence,
            active: state.active,
            last: state.last_message.as_ref().map(Line::of),
            peer: format!("{:?}", state.peer),
            messages: messages(world, logs, instance, &state.id)?,
            settings: state.settings.clone(),
        };
        order.push(state.id.clone());
        conversations.insert(state.id.clone(), shown);
    }
    let Answer::Groups(views) = ask(world, instance, Call::GetGroupList)? else {
        return Err(broken_state(&user, "the groups are no groups"));
    };
    let groups = views.into_iter().map(|view| {
        let group = &view.group;
        let own = group.self_info.as_ref().map(|it| (it.role, it.joined));
        let shown = format!(
            "{} {:?} {} {:?}",
            group.name, group.owner, group.member_count, own
        );
        (group.id.as_str().to_owned(), shown)
    });
    let groups = groups.collect();
    let Answer::Users(blacklist) = ask(world, instance, Call::GetBlacklist)? else {
        return Err(broken_state(&user, "the blacklist is none"));
    };
    let Answer::ConversationGroups(conversation_groups) =
        ask(world, instance, Call::GetConversationGroupList)?
    else {
        return Err(broken_state(&user, "the conversation groups are none"));
    };
    let Answer::Profile(profile) = ask(world, instance, Call::GetMyProfile)? else {
        return Err(broken_state(&user, "the profile is none"));
    };
    Ok(Picture {
        conversations,
        groups,
        blacklist,
        profile: format!("{profile:?}"),
        conversation_groups,
        order,
    })
}

/// All messages of a conversation, page by page; contract C3: in order, without repetition and without holes.
fn messages(
    world: &mut World,
    logs: &Logs,
    instance: usize,
    conversation: &ConversationId,
) -> Result<Vec<Line>, Broken> {
    let user = world.instances[instance].user.clone();
    let (mut all, mut before) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let call = Call::GetMessageList {
            conversation: conversation.clone(),
            before,
        };
        let Answer::Messages { messages, next } = ask(world, instance, call)? else {
            return Err(broken_state(&user, "a page is no page"));
        };
        let page = messages.iter().map(|it| Line {
            is_peer_read: it.is_peer_read,
            read_count: read_count(it),
            ..Line::of(&it.data)
        });
        all.splice(0..0, page);
        before = next;
        if before.is_none() {
            break;
        }
    }
    let is_deleted = |it: u64| logs.is_deleted(&user, conversation, Sequence(it));
    if let Some(it) = all.iter().find(|it| is_deleted(it.sequence.0)) {
        let what = format!(
            "instance {instance} shows {} of {conversation}, which is deleted",
            it.sequence
        );
        return Err(broken_state(&user, what));
    }
    let first = first_seen(world, &user, conversation).unwrap_or_default();
    let is_unseen = |it: u64| is_deleted(it) || it < first.0;
    for pair in all.windows(2) {
        let (one, other) = (pair[0].sequence, pair[1].sequence);
        // Between two there is nothing but what the account does not see any more.
        if other <= one || !(one.0 + 1..other.0).all(is_unseen) {
            let what = format!("{user}, instance {instance}, shows {other} of {conversation} behind {one}");
            return Err(Broken::new(Contract::C3, what));
        }
    }
    Ok(all)
}

/// Contract C5: what an app shows as unread is what one counts in the timeline.
fn recount(world: &World, logs: &Logs, user: &UserId, picture: &Picture) -> Checked {
    let Some(account) = world.machine().account(user) else {
        return Ok(());
    };
    for (id, shown) in &picture.conversations {
        let readable = ready(world.machine().store.find_readable(&account.account, id));
        let Ok(Some(readable)) = readable else {
            return Err(broken_state(user, format!("{id} is shown and cannot be read")));
        };
        let messages = read(world, readable.timeline);
        let counted = messages.iter().filter(|it| {
            it.sequence >= readable.first
                && it.sequence > shown.read
                && it.sequence >= shown.settings.deleted_before
                && it.from != *user
                && it.counts_as_unread()
                && !logs.is_deleted(user, id, it.sequence)
        });
        let counted = counted.count() as u64;
        if counted != shown.unread {
            let what = format!(
                "{user} shows {} unread in {id}, there are {counted}",
                shown.unread
            );
            return Err(Broken::new(Contract::C5, what));
        }
    }
    Ok(())
}

/// Contract C4: of what came while an instance was logged in, it was told, each once.
fn told(world: &World, logs: &Logs, instance: usize, expected: &Picture) -> Checked {
    let it = &world.instances[instance];
    let (Some(since), false) = (it.since, it.was_reloaded) else {
        return Ok(());
    };
    let Some(account) = world.machine().account(&it.user) else {
        return Ok(());
    };
    for (id, shown) in &expected.conversations {
        let since = match joined(world, &account, id) {
            Some(joined) => since.max(joined),
            None => since,
        };
        let readable = ready(world.machine().store.find_readable(&account.account, id));
        let Ok(Some(readable)) = readable else { continue };
        let heard: BTreeSet<MessageKey> = it.told.get(id).into_iter().flatten().map(|it| it.key).collect();
        for message in read(world, readable.timeline) {
            let is_due = message.time > since
                && message.sequence >= shown.first
                && message.revoker.is_none()
                && !logs.is_deleted(&it.user, id, message.sequence)
                && !it.sent.contains(&message.key);
            if is_due && !heard.contains(&message.key) && message.key.account != AccountId(0) {
                let what = format!(
                    "instance {instance} was not told of {} of {id}, which came at {}",
                    message.sequence, message.time
                );
                return Err(broken_state(&it.user, what));
            }
        }
    }
    Ok(())
}

/// Contract C4: what an app holds on to says the same as what it would be shown now.
fn objects(world: &World, logs: &Logs, instance: usize, expected: &Picture) -> Checked {
    let it = &world.instances[instance];
    if it.was_reloaded {
        return Ok(());
    }
    for object in it.objects.iter() {
        let (id, sequence) = (&object.conversation, object.data.sequence);
        let Some(shown) = expected.conversations.get(id).filter(|it| sequence >= it.first) else {
            continue;
        };
        let is_deleted = logs.is_deleted(&it.user, id, sequence);
        let says = |line: &Line| Line {
            is_peer_read: false,
            ..line.clone()
        };
        let object_says = Line {
            read_count: read_count(object),
            ..Line::of(&object.data)
        };
        let should = shown.messages.iter().find(|line| line.sequence == sequence);
        let is_true = match should {
            Some(should) => !object.is_deleted && says(should) == object_says,
            None => object.is_deleted == is_deleted,
        };
        if !is_true {
            let what = format!(
                "instance {instance} holds on to {object_says:?} of {id}, deleted: {}\n  should be {should:?}, deleted: {is_deleted}",
                object.is_deleted
            );
            return Err(broken_state(&it.user, what));
        }
    }
    Ok(())
}

/// Calls, and waits for the answer.
fn ask(world: &mut World, instance: usize, call: Call) -> Result<Answer, Broken> {
    let user = world.instances[instance].user.clone();
    let named = format!("{call:?}");
    // Known before the call, so that an answer at once is kept too.
    let id = world.call_wanted(instance, call)?;
    for _ in 0..CALL_MS / 20 {
        if let Some(Some(answer)) = world.instances[instance].wanted.get(&id) {
            let answer = answer.clone();
            world.instances[instance].wanted.remove(&id);
            return answer.map_err(|it| broken_state(&user, format!("{named} fails with {it}")));
        }
        world.run_until(world.now().plus_ms(20))?;
    }
    Err(broken_state(&user, format!("{named} is not answered")))
}

fn find_message(
    world: &World,
    user: &UserId,
    conversation: &ConversationId,
    sequence: Sequence,
) -> Option<Message> {
    let timeline = timeline_of(world, user, conversation)?;
    ready(world.machine().store.find_message(timeline, sequence)).ok()?
}

fn timeline_of(world: &World, user: &UserId, conversation: &ConversationId) -> Option<TimelineId> {
    let own = world.machine().account(user)?.account.id;
    let store = &world.machine().store;
    Some(match conversation {
        ConversationId::C2c(peer) => TimelineId::c2c(own, world.machine().account(peer)?.account.id),
        ConversationId::Group(group) => {
            TimelineId::Group(ready(store.find_group(app(), group)).ok()??.number)
        }
        ConversationId::System => TimelineId::System(own),
    })
}

/// Whether a message has gone because it expired. That none went too soon is seen by those whose time is known.
fn is_removed(world: &World, user: &UserId, conversation: &ConversationId, sequence: Sequence) -> bool {
    let oldest =
        timeline_of(world, user, conversation).and_then(|it| read(world, it).first().map(|it| it.sequence));
    oldest.is_some_and(|it| sequence < it)
}

/// Whether the sender of a message, if he wants it, is told that the account read it.
fn has_receipt(world: &World, user: &UserId, conversation: &ConversationId, sequence: Sequence) -> bool {
    let Some(message) = find_message(world, user, conversation, sequence) else {
        return true;
    };
    let Some(sender) = world.machine().account(&message.from) else {
        return true;
    };
    let seen_by_sender = match conversation {
        ConversationId::C2c(_) => ConversationId::C2c(user.clone()),
        other => other.clone(),
    };
    let readers =
        world
            .machine()
            .store
            .list_readers(&sender.account, &seen_by_sender, sequence, false, 0, 100);
    // There are none of a message that was taken back, or that its sender does not see any more.
    match ready(readers) {
        Ok(Some(page)) => page.users.contains(user),
        _ => true,
    }
}

/// The oldest message of a conversation that an account may see; `None`: it has no such conversation.
fn first_seen(world: &World, user: &UserId, conversation: &ConversationId) -> Option<Sequence> {
    let account = world.machine().account(user)?.account;
    let readable = ready(world.machine().store.find_readable(&account, conversation));
    readable.ok()?.map(|it| it.first)
}

fn says(kept: &AccountChange, promised: &Logged) -> bool {
    match (kept, promised) {
        (AccountChange::GroupJoined(group), Logged::Joined(id)) => group.id == *id,
        (AccountChange::GroupLeft { group, .. }, Logged::Left(id)) => group == id,
        (AccountChange::Profile(profile), Logged::Profile(nick)) => profile.nick == *nick,
        (AccountChange::BlacklistAdded(users), Logged::Blocked(promised)) => users == promised,
        (AccountChange::BlacklistRemoved(users), Logged::Unblocked(promised)) => users == promised,
        _ => false,
    }
}

fn all_timelines(world: &World) -> Vec<TimelineId> {
    let accounts: Vec<AccountId> = world
        .users()
        .iter()
        .filter_map(|it| world.machine().account(it))
        .map(|it| it.account.id)
        .collect();
    let mut all = Vec::new();
    for (place, one) in accounts.iter().enumerate() {
        all.push(TimelineId::System(*one));
        all.extend(
            accounts[place..]
                .iter()
                .map(|other| TimelineId::c2c(*one, *other)),
        );
    }
    for group in world.groups() {
        if let Ok(Some(group)) = ready(world.machine().store.find_group(app(), group)) {
            all.push(TimelineId::Group(group.number));
        }
    }
    all
}

fn read(world: &World, timeline: TimelineId) -> Vec<Message> {
    let readable = Readable {
        timeline,
        first: Sequence(1),
        reader: None,
    };
    ready(
        world
            .machine()
            .store
            .list_messages(readable, Sequence(0), 1_000_000),
    )
    .unwrap_or_default()
}

/// Conversations of groups that are no more.
fn dissolved(world: &World) -> BTreeSet<ConversationId> {
    let groups = world.groups().iter().filter(|it| {
        let found = ready(world.machine().store.find_group(app(), it));
        matches!(found, Ok(Some(group)) if group.dismissed)
    });
    groups.cloned().map(ConversationId::Group).collect()
}

/// When the account came into a conversation's group.
fn joined(world: &World, account: &AccountRecord, id: &ConversationId) -> Option<Timestamp> {
    let ConversationId::Group(group) = id else {
        return None;
    };
    let store = &world.machine().store;
    let group = ready(store.find_group(app(), group)).ok()??;
    let member = ready(store.find_member(group.number, account.account.id)).ok()??;
    Some(member.joined)
}
