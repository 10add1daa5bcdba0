//! The contracts, looked at from outside when all has healed.
//!
//! **Comes in:** the world as it was left: the store, the promises, every instance. **Goes out:** the first contract that does
//! not hold. **Never here:** shortcuts: counts are recounted, and states compared with those of an instance that logs in
//! now.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::id::{AccountId, ConversationId, Pts, Sequence, Timestamp, UserId};
use hongyan_protocol::message::{Message, MessageKey};
use hongyan_protocol::settings::Settings;
use hongyan_sdk::core::{Answer, Call};
use hongyan_storage::Store as _;
use hongyan_storage::model::{AccountRecord, CatchUp, Readable, TimelineId};

use crate::broken::{Broken, Contract};
use crate::ledger::{Done, Logged};
use crate::machine::ready;
use crate::world::{World, app};

/// How long a call of the auditor may take on the good network.
const CALL_MS: u64 = 2_000;
/// More pages than any conversation has.
const PAGES_MAX: usize = 500;

type Checked = Result<(), Broken>;

/// Contract C1: what was acknowledged is in the store.
pub(crate) fn promises(world: &World) -> Checked {
    let mut logs: BTreeMap<UserId, Vec<(Pts, AccountChange)>> = BTreeMap::new();
    for promise in &world.promises {
        let lost = |what: String| Err(Broken::new(Contract::C1, format!("{}: {what}", promise.user)));
        match &promise.done {
            Done::Sent {
                conversation,
                client_time_s,
                random,
                body,
                sequence,
            } => {
                let kept = find_message(world, &promise.user, conversation, *sequence);
                let is_it = kept.is_some_and(|it| {
                    it.key.client_time_s == *client_time_s
                        && it.key.random == *random
                        && it.body.bytes() == body
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
                if kept.is_none_or(|it| it.revoker.is_none()) {
                    return lost(format!("{sequence} of {conversation} is not revoked"));
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
                if !logs.contains_key(&promise.user) {
                    logs.insert(promise.user.clone(), log(world, &promise.user));
                }
                let kept = logs[&promise.user].iter().find(|it| it.0 == *pts);
                if !kept.is_some_and(|it| says(&it.1, what)) {
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
            for (sequence, key) in told {
                let kept = find_message(world, &instance.user, conversation, *sequence);
                if kept.is_none_or(|it| it.key != *key) {
                    let what = format!(
                        "instance {number} of {} was told of {sequence} of {conversation}, which is not kept",
                        instance.user
                    );
                    return Err(Broken::new(Contract::C1, what));
                }
            }
        }
    }
    Ok(())
}

/// Contract C2: no message twice, each key and each text once; and sequences without gaps. How many there are.
pub(crate) fn timelines(world: &World) -> Result<u64, Broken> {
    let mut keys = BTreeSet::new();
    let mut count = 0;
    for timeline in all_timelines(world) {
        let messages = read(world, timeline);
        for (place, message) in messages.iter().enumerate() {
            if message.sequence.0 != place as u64 + 1 {
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
    Ok(count)
}

/// Contracts C3, C4 and C5, for each instance that is logged in: those from `fresh` on have just come.
pub(crate) fn instances(world: &mut World, fresh: usize) -> Checked {
    let mut expected = BTreeMap::new();
    for instance in fresh..world.instances.len() {
        let user = world.instances[instance].user.clone();
        if !world.instances[instance].is_ready() {
            let state = world.instances[instance].core.state();
            return Err(broken_state(&user, format!("a fresh instance is {state:?}")));
        }
        let picture = picture(world, instance)?;
        recount(world, &user, &picture)?;
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
        let seen = picture(world, instance)?;
        seen.compare(&expected[&user])
            .map_err(|what| broken_state(&user, format!("instance {instance}: {what}")))?;
        recount(world, &user, &seen)?;
        told(world, instance, &expected[&user])?;
    }
    Ok(())
}

fn broken_state(user: &UserId, what: impl std::fmt::Display) -> Broken {
    Broken::new(Contract::C4, format!("{user}: {what}"))
}

/// A message as an app sees it: place, key, who took it back, whether the peer read it.
type Line = (Sequence, MessageKey, Option<UserId>, bool);

/// All that an app sees.
#[derive(Debug)]
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
    last: Option<(Sequence, MessageKey, Option<UserId>)>,
    peer: String,
    messages: Vec<Line>,
    settings: Settings,
}

impl Picture {
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
fn picture(world: &mut World, instance: usize) -> Result<Picture, Broken> {
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
            last: state
                .last_message
                .as_ref()
                .map(|it| (it.sequence, it.key, it.revoker.clone())),
            peer: format!("{:?}", state.peer),
            messages: messages(world, instance, &state.id)?,
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
fn messages(world: &mut World, instance: usize, conversation: &ConversationId) -> Result<Vec<Line>, Broken> {
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
        let page = messages.iter().map(|it| {
            (
                it.data.sequence,
                it.key(),
                it.data.revoker.clone(),
                it.is_peer_read,
            )
        });
        all.splice(0..0, page);
        before = next;
        if before.is_none() {
            break;
        }
    }
    for pair in all.windows(2) {
        if pair[1].0 != pair[0].0.next() {
            let what = format!(
                "{user}, instance {instance}, shows {} of {conversation} behind {}",
                pair[1].0, pair[0].0
            );
            return Err(Broken::new(Contract::C3, what));
        }
    }
    Ok(all)
}

/// Contract C5: what an app shows as unread is what one counts in the timeline.
fn recount(world: &World, user: &UserId, picture: &Picture) -> Checked {
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
fn told(world: &World, instance: usize, expected: &Picture) -> Checked {
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
        let heard: BTreeSet<MessageKey> = it.told.get(id).into_iter().flatten().map(|it| it.1).collect();
        for message in read(world, readable.timeline) {
            let is_due = message.time > since
                && message.sequence >= shown.first
                && message.revoker.is_none()
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
    let own = world.machine().account(user)?.account.id;
    let store = &world.machine().store;
    let timeline = match conversation {
        ConversationId::C2c(peer) => TimelineId::c2c(own, world.machine().account(peer)?.account.id),
        ConversationId::Group(group) => {
            TimelineId::Group(ready(store.find_group(app(), group)).ok()??.number)
        }
        ConversationId::System => TimelineId::System(own),
    };
    ready(store.find_message(timeline, sequence)).ok()?
}

fn log(world: &World, user: &UserId) -> Vec<(Pts, AccountChange)> {
    let Some(account) = world.machine().account(user) else {
        return Vec::new();
    };
    let caught_up = world
        .machine()
        .store
        .catch_up(&account.account, Pts(0), Vec::new(), Timestamp(0));
    match ready(caught_up) {
        Ok(CatchUp::Missed { events, .. }) => events
            .into_iter()
            .filter_map(|it| Some((it.pts, it.change?)))
            .collect(),
        _ => Vec::new(),
    }
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
