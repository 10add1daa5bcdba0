//! The audit: what was answered and what was told, held against what a fresh login reads.
//!
//! **Comes in:** notes of the lanes, what instances were told, and a server. **Goes out:** every difference, in words.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::ops::Range;

use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::id::{AccountId, ConversationId, Sequence};
use hongyan_protocol::limits;
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::wire::{self, Platform};
use tokio::time::{Instant, sleep};

use crate::load::{Instance, Notes, Revoked, Sent, Told};
use crate::serving::{PATIENCE, Site};
use crate::wire::{Wire, text_of};

/// An account as a fresh login sees it.
pub(crate) struct View {
    user: String,
    states: HashMap<ConversationId, ConversationState>,
    histories: HashMap<ConversationId, Vec<wire::Message>>,
}

/// Reads all that an account has, as an instance that was never there before.
pub(crate) async fn view(site: &Site, user: &str, trouble: &mut Vec<String>) -> View {
    let mut wire = Wire::log_in(site, user, 99, Platform::Server).await.unwrap();
    let result = wire.sync(wire::Sync::default()).await.unwrap();
    let snapshot = result.snapshot.expect("a first sync is a snapshot");
    let mut view = View {
        user: user.to_owned(),
        states: HashMap::new(),
        histories: HashMap::new(),
    };
    let mut held = Vec::new();
    for state in snapshot.conversations {
        let conversation = state.conversation.clone().expect("a conversation has a name");
        let history = wire.history(&conversation).await.unwrap();
        held.push(wire::Held {
            conversation: Some(conversation),
            version: state.version,
            sequence: state.last_sequence,
        });
        let state = ConversationState::from_wire(state).unwrap();
        view.histories.insert(state.id.clone(), history);
        view.states.insert(state.id.clone(), state);
    }
    // The log from as far back as it is kept for sure; the first number is known, since 0 would ask for a snapshot.
    let from = result.pts.saturating_sub(900).max(1);
    if result.pts > from {
        let missed = wire
            .sync(wire::Sync {
                pts: from,
                held,
                listed_ms: 0,
                again: true,
            })
            .await
            .unwrap();
        let pts: Vec<_> = missed.events.iter().map(|it| it.pts).collect();
        if pts != (from + 1..=result.pts).collect::<Vec<_>>() {
            trouble.push(format!(
                "{user}'s log from {from} to {} has a gap: {pts:?}",
                result.pts
            ));
        }
        if let Some(update) = missed.updates.first() {
            trouble.push(format!("{user} holds everything and is told of more: {update:?}"));
        }
    }
    view
}

/// Holds all that was noted against what is there.
pub(crate) fn compare(views: &[View], notes: &[Notes], trouble: &mut Vec<String>) {
    let sent: Vec<&Sent> = notes.iter().flat_map(|it| &it.sent).collect();
    let revoked: HashMap<MessageKey, Revoked> = notes
        .iter()
        .flat_map(|it| &it.revoked)
        .map(|it| (it.key, *it))
        .collect();
    trouble.extend(notes.iter().flat_map(|it| it.trouble.iter().cloned()));
    for view in views {
        view.check(&sent, &revoked, trouble);
    }
    for (place, view) in views.iter().enumerate() {
        for other in &views[place + 1..] {
            view.check_against(other, trouble);
        }
    }
}

/// Waits until an instance stands where a fresh login stands and was told of all that it missed, and says where it does not
/// and was not (contracts C3, C4 and C5). Where a conversation stands comes before the last page of what was missed in it.
pub(crate) async fn settle(instance: &Instance, view: &View, trouble: &mut Vec<String>) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut differences = differences(instance, view).await;
        differences.extend(told_amiss(instance, view));
        if differences.is_empty() {
            return;
        }
        if Instant::now() > deadline {
            trouble.extend(differences);
            return;
        }
        sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Where an instance was not told each message once and in order, or was not told of one (contracts C3 and C4).
fn told_amiss(instance: &Instance, view: &View) -> Vec<String> {
    let mut trouble = Vec::new();
    let who = format!(
        "{}'s {} instance",
        instance.user,
        if instance.talks { "first" } else { "second" }
    );
    let Told {
        messages,
        reloads,
        kicked,
    } = instance.told();
    if kicked {
        trouble.push(format!("{who} was kicked"));
    }
    for (conversation, history) in &view.histories {
        let told = messages.get(conversation).map_or(&[][..], Vec::as_slice);
        for pair in told.windows(2) {
            if pair[1].0 <= pair[0].0 {
                trouble.push(format!(
                    "{who} was told of {} after {} in {conversation}",
                    pair[1].0, pair[0].0
                ));
            }
        }
        let reloaded = reloaded(told, history);
        let told: HashMap<Sequence, MessageKey> = told.iter().copied().collect();
        for message in history.iter().filter(|it| text_of(it).is_some() && !it.revoked) {
            let is_echo = instance.talks && message.from == view.user;
            match told.get(&Sequence(message.sequence)) {
                Some(_) if is_echo => trouble.push(format!(
                    "{who} was told of its own message {} in {conversation}",
                    message.sequence
                )),
                Some(told) if *told != key(message) => trouble.push(format!(
                    "{who} was told another message {} in {conversation}",
                    message.sequence
                )),
                Some(_) => {}
                None if is_echo || reloads > 0 => {}
                None if reloaded.iter().any(|it| it.contains(&message.sequence)) => {}
                None => trouble.push(format!(
                    "{who} was not told of {} in {conversation}",
                    message.sequence
                )),
            }
        }
    }
    trouble
}

async fn differences(instance: &Instance, view: &View) -> Vec<String> {
    let Ok((conversations, _)) = instance.tim.get_conversation_list().await else {
        return vec![format!("{} shows no conversations", instance.user)];
    };
    let shown: HashMap<_, _> = conversations.iter().map(|it| (it.id.clone(), it)).collect();
    let mut found = Vec::new();
    let mut total = 0;
    for (id, state) in &view.states {
        if *id != ConversationId::System {
            total += state.unread_count;
        }
        let stands = |it: &ConversationState| (it.last_sequence, it.read, it.unread_count);
        match shown.get(id) {
            Some(shown) if stands(shown) == stands(state) => {}
            Some(shown) => found.push(format!(
                "{} shows (last, read, unread) {:?} of {id}, and it is {:?}",
                instance.user,
                stands(shown),
                stands(state)
            )),
            None => found.push(format!("{} does not show {id}", instance.user)),
        }
    }
    match instance.tim.get_total_unread_message_count().await {
        Ok(shown) if shown == total => {}
        shown => found.push(format!(
            "{} shows {shown:?} unread messages, and there are {total}",
            instance.user
        )),
    }
    found
}

impl View {
    fn check(&self, sent: &[&Sent], revoked: &HashMap<MessageKey, Revoked>, trouble: &mut Vec<String>) {
        for (conversation, history) in &self.histories {
            let state = &self.states[conversation];
            let name = format!("{conversation} of {}", self.user);
            check_numbers(&name, state, history, trouble);
            self.check_unread(&name, state, history, trouble);
            let mut keys = HashSet::new();
            let mut texts = HashSet::new();
            for message in history {
                if !keys.insert(key(message)) {
                    trouble.push(format!("{name}: {:?} is there twice", key(message)));
                }
                let text = text_of(message);
                if text.is_some_and(|it| !texts.insert(it)) {
                    trouble.push(format!("{name}: the text of {} is there twice", message.sequence));
                }
                match (revoked.get(&key(message)), message.revoked) {
                    (Some(Revoked { answered: true, .. }), false) => {
                        trouble.push(format!("{name}: the revoking of {} is lost", message.sequence));
                    }
                    (None, true) => {
                        trouble.push(format!("{name}: nobody revoked {}", message.sequence));
                    }
                    _ => {}
                }
            }
        }
        self.check_sent(sent, trouble);
    }

    /// Everything that this account was answered is there, at its place, and in the order of each lane.
    fn check_sent(&self, sent: &[&Sent], trouble: &mut Vec<String>) {
        let places: HashMap<(&ConversationId, MessageKey), &wire::Message> = self
            .histories
            .iter()
            .flat_map(|(id, history)| history.iter().map(move |it| ((id, key(it)), it)))
            .collect();
        let mut before: HashMap<(usize, &ConversationId), u64> = HashMap::new();
        for sent in sent.iter().filter(|it| it.user == self.user) {
            let found = places.get(&(&sent.conversation, sent.key));
            match (found, sent.sequence) {
                (Some(found), Some(sequence)) if found.sequence != sequence.0 => trouble.push(format!(
                    "\"{}\" was answered with {sequence} and is at {}",
                    sent.text, found.sequence
                )),
                (None, Some(sequence)) => trouble.push(format!(
                    "\"{}\" was answered with {sequence} and is lost",
                    sent.text
                )),
                _ => {}
            }
            let Some(found) = found else { continue };
            if !found.revoked && text_of(found).as_ref() != Some(&sent.text) {
                trouble.push(format!("\"{}\" is there with another text", sent.text));
            }
            let before = before.entry((sent.lane, &sent.conversation)).or_default();
            if found.sequence <= *before {
                trouble.push(format!(
                    "\"{}\" is at {} and was sent after {before}",
                    sent.text, found.sequence
                ));
            }
            *before = found.sequence;
        }
    }

    /// Contract C5: a recount.
    fn check_unread(
        &self,
        name: &str,
        state: &ConversationState,
        history: &[wire::Message],
        trouble: &mut Vec<String>,
    ) {
        let counts = |it: &&wire::Message| {
            it.sequence > state.read.0 && it.from != self.user && !it.no_unread && !it.revoked
        };
        let recount = history.iter().filter(counts).count() as u64;
        if recount != state.unread_count {
            trouble.push(format!(
                "{name}: {} are unread, and a recount says {recount}",
                state.unread_count
            ));
        }
    }

    /// Two who share a timeline read the same (contract C3).
    fn check_against(&self, other: &Self, trouble: &mut Vec<String>) {
        for (conversation, history) in &self.histories {
            let theirs = match conversation {
                ConversationId::C2c(peer) if peer.as_str() == other.user => {
                    ConversationId::parse(&format!("C2C{}", self.user)).unwrap()
                }
                ConversationId::Group(_) => conversation.clone(),
                ConversationId::C2c(_) | ConversationId::System => continue,
            };
            let Some(theirs) = other.histories.get(&theirs) else {
                trouble.push(format!("{} has no {theirs}", other.user));
                continue;
            };
            let seen = |it: &wire::Message| (it.sequence, key(it), it.body.clone(), it.revoked, it.version);
            if !history.iter().map(seen).eq(theirs.iter().map(seen)) {
                trouble.push(format!(
                    "{} and {} read {conversation} differently",
                    self.user, other.user
                ));
            }
        }
    }
}

/// Sequences and versions have no gaps.
fn check_numbers(
    name: &str,
    state: &ConversationState,
    history: &[wire::Message],
    trouble: &mut Vec<String>,
) {
    let sequences = history.iter().map(|it| it.sequence);
    if !sequences.eq(state.first_sequence.0.max(1)..=state.last_sequence.0) {
        trouble.push(format!(
            "{name} does not go from {} to {} without a gap",
            state.first_sequence, state.last_sequence
        ));
    }
    // Each message was one change, and each revoking another; all of them are seen by whoever sees the first message.
    if state.first_sequence.0 <= 1 {
        let changes = history.len() + history.iter().filter(|it| it.revoked).count();
        if changes as u64 != state.version.0 {
            trouble.push(format!(
                "{name} is at version {} after {changes} changes",
                state.version
            ));
        }
    }
}

fn key(message: &wire::Message) -> MessageKey {
    MessageKey {
        account: AccountId(message.account),
        client_time_s: message.client_time_s,
        random: message.random,
    }
}

/// Messages of a conversation that an instance need not have been told of: between the ones that it was told of before and
/// after there are more changes than are replayed, appended messages and others, so that it took the conversation anew.
fn reloaded(told: &[(Sequence, MessageKey)], history: &[wire::Message]) -> Vec<Range<u64>> {
    let end = history.last().map_or(1, |it| it.sequence + 1);
    let newest = history.iter().map(|it| it.version).max().unwrap_or(0);
    // One that was revoked has the version of that, and no more that of its append.
    let appends = || history.iter().filter(|it| !it.revoked);
    let ends = told.iter().map(|it| it.0.0).chain([end]);
    let begins = iter::once(1).chain(told.iter().map(|it| it.0.0 + 1));
    begins
        .zip(ends)
        .map(|(begin, end)| begin..end)
        .filter(|gap| !gap.is_empty())
        .filter(|gap| {
            let before = appends()
                .filter(|it| it.sequence < gap.start)
                .map(|it| it.version);
            let after = appends().filter(|it| it.sequence >= gap.end).map(|it| it.version);
            let known = before.max().unwrap_or(0);
            let next = after.min().unwrap_or(newest + 1);
            next.saturating_sub(known + 1) > limits::CHANGES_REPLAYED_MAX
        })
        .collect()
}

#[test]
fn only_a_gap_of_more_changes_than_are_replayed_is_one_that_nobody_is_told_of() {
    let max = limits::CHANGES_REPLAYED_MAX;
    let message = |sequence, version| wire::Message {
        sequence,
        version,
        ..wire::Message::default()
    };
    let told = |sequence| (Sequence(sequence), key(&message(sequence, 0)));
    let gap = |changes: u64| {
        // 1, then what was missed, then 10; what are no messages of it are revokes of older ones.
        let history = [message(1, 1), message(5, 6), message(10, changes + 2)];
        reloaded(&[told(1), told(10)], &history)
    };
    assert!(gap(max).is_empty());
    assert_eq!(gap(max + 1), iter::once(2..10).collect::<Vec<_>>());
    // To the end, where the newest version is one of a revoke.
    let revoked = wire::Message {
        revoked: true,
        ..message(1, max + 3)
    };
    let to_the_end = reloaded(&[told(1), told(2)], &[revoked, message(2, 2), message(3, 3)]);
    assert_eq!(to_the_end, iter::once(3..4).collect::<Vec<_>>());
    let all_told = [told(1), told(2), told(3)];
    assert!(reloaded(&all_told, &[message(1, 1), message(2, 2), message(3, 3)]).is_empty());
}
