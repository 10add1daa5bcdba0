//! One conversation as it is held: its place in the list, its counts, its newest messages, its gaps.
//!
//! **Comes in:** changes of the timeline in any order, read marks, states that the server tells. **Goes out:** the state
//! that the app sees, and what there is to tell it. **Never here:** asking the server; `sync.rs` does.
//!
//! Two numbers say how far an entry is. `version`: the changes that were *taken*, each of which was told to the app once. And
//! `state.version`: the changes that the *counts* reflect. They differ for a while when the server tells where a conversation
//! stands (which reflects more than was taken): a change up to `state.version` is then told, and not counted twice (C5).

use std::collections::VecDeque;
use std::sync::Arc;

use hongyan_protocol::body::MENTION_ALL;
use hongyan_protocol::conversation::{ConversationState, MENTIONS_MAX, Mention};
use hongyan_protocol::group::Group;
use hongyan_protocol::id::{ConversationId, Pts, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{ChangeKind, Message as Data, MessageKey, Target, TimelineChange};
use hongyan_protocol::profile::Profile;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::{Deleted, RemindType, Settings};
use hongyan_protocol::wire::element::Kind;

use super::held::Changes;
use super::message::Message;

/// Messages held of one conversation; older ones are read from the server again.
const MESSAGES_MAX: usize = 500;
/// Changes that wait while a gap is healed; what does not fit is asked for.
const WAITING_MAX: usize = 200;

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) state: Arc<ConversationState>,
    /// Changes taken.
    pub(crate) version: Version,
    /// The newest message taken.
    pub(crate) last_taken: Sequence,
    /// Invariant: ascending, and without holes but where this account does not see what is there (C3); nothing that it sees
    /// is between the last one and `last_taken`.
    pub(crate) messages: VecDeque<Arc<Message>>,
    /// Whether nothing older than `messages` can be seen.
    is_complete: bool,
    /// Set while the server is being asked for what is missing.
    pub(crate) healing: Option<Healing>,
    /// The server was asked where the conversation stands, and that has not come. A sync does not bring it when the
    /// timeline did not change, so it is asked again after a cut.
    pub(crate) is_state_wanted: bool,
}

/// A gap being healed.
#[derive(Debug, Default)]
pub(crate) struct Healing {
    /// Whether all that is known is that the conversation exists: its state is being asked for.
    pub(crate) is_finding: bool,
    /// Whether the changes are too many to be told one by one.
    pub(crate) is_reload: bool,
    /// New messages up to this time are history.
    pub(crate) news_after: Timestamp,
    /// Pages of missed changes; taken together, so that messages are told in order.
    pub(crate) found: Vec<TimelineChange>,
    /// Changes that came meanwhile.
    pub(crate) waiting: Vec<(TimelineChange, bool)>,
    /// Some did not fit.
    pub(crate) overflown: bool,
}

/// What a change has to be judged by.
pub(crate) struct Judge<'a> {
    pub(crate) me: &'a UserId,
    /// Keys of messages that this instance sent: their coming back is no news.
    pub(crate) sent: &'a VecDeque<MessageKey>,
    /// What this account deleted: what is told of those late is passed over.
    pub(crate) deleted: &'a VecDeque<MessageKey>,
    /// How far own messages were read, of those that may not be held.
    pub(crate) receipts: &'a VecDeque<Receipt>,
    /// New messages up to this time are history.
    pub(crate) news_after: Timestamp,
    /// Whether the changes are this instance's own doing, of which the app knows.
    pub(crate) is_own_doing: bool,
}

impl Entry {
    /// A conversation as the server told it.
    pub(crate) fn of(state: ConversationState) -> Self {
        Self {
            version: state.version,
            last_taken: state.last_sequence,
            state: Arc::new(state),
            messages: VecDeque::new(),
            is_complete: false,
            healing: None,
            is_state_wanted: false,
        }
    }

    /// A conversation of which nothing was taken yet.
    pub(crate) fn empty(id: ConversationId, peer: Option<Profile>, group: Option<Group>) -> Self {
        Self::of(ConversationState {
            id,
            version: Version(0),
            last_sequence: Sequence(0),
            last_message: None,
            unread_count: 0,
            read: Sequence(0),
            peer_read: Sequence(0),
            peer,
            group,
            active: Timestamp(0),
            first_sequence: Sequence(0),
            settings: Settings::default(),
            pts: Pts(0),
            draft: String::new(),
            view_version: 0,
            mentions: Vec::new(),
        })
    }

    /// A conversation that is known to exist; its state is on its way.
    pub(crate) fn finding(id: ConversationId) -> Self {
        Self {
            healing: Some(Healing {
                is_finding: true,
                ..Healing::default()
            }),
            ..Self::empty(id, None, None)
        }
    }

    /// Whether there is no state yet.
    pub(crate) fn is_unknown(&self) -> bool {
        self.state.version == Version(0) && self.healing.as_ref().is_some_and(|it| it.is_finding)
    }

    /// Whether the app sees it in its list: not a user whom one only looked at.
    pub(crate) fn is_listed(&self) -> bool {
        let is_begun = self.state.version > Version(0) || self.state.active > Timestamp(0);
        !self.is_unknown() && is_begun && !self.state.is_deleted()
    }

    /// Whether it is of a user whom one looked at before the first message: nobody told of what became of that profile
    /// since.
    pub(crate) fn was_looked_at(&self) -> bool {
        self.version == Version(0) && matches!(self.state.id, ConversationId::C2c(_))
    }

    pub(crate) fn message(&self, sequence: Sequence) -> Option<&Arc<Message>> {
        self.messages.get(self.index(sequence)?)
    }

    /// At most so many of the held messages before one, ascending.
    pub(crate) fn before(&self, before: Sequence, count: usize) -> Vec<Arc<Message>> {
        let older = self
            .messages
            .iter()
            .rev()
            .skip_while(|it| it.data.sequence >= before);
        let mut page: Vec<_> = older.take(count).cloned().collect();
        page.reverse();
        page
    }

    /// Whether all that can be seen before a message is held.
    pub(crate) fn is_complete_before(&self, before: Sequence) -> bool {
        let first_visible = self.state.first_sequence.max(Sequence(1));
        match self.messages.front() {
            Some(first) => self.is_complete || first.data.sequence <= first_visible,
            None => self.last_taken < first_visible || before <= first_visible,
        }
    }

    /// Takes an older page, when it goes on where the held messages begin.
    pub(crate) fn prepend(&mut self, before: Sequence, page: &[Arc<Message>], complete: bool) {
        let begins = self
            .messages
            .front()
            .map_or(self.last_taken.next(), |it| it.data.sequence);
        if begins != before {
            return;
        }
        self.is_complete |= complete;
        for message in page.iter().rev() {
            if self.messages.len() == MESSAGES_MAX {
                self.is_complete = false;
                return;
            }
            self.messages.push_front(message.clone());
        }
    }

    /// Lets a change wait until the gap is healed.
    pub(crate) fn wait(&mut self, change: TimelineChange, is_own_doing: bool) {
        let healing = self.healing.get_or_insert_default();
        if healing.waiting.len() == WAITING_MAX {
            healing.overflown = true;
        } else {
            healing.waiting.push((change, is_own_doing));
        }
    }

    /// Forgets held messages; the server is asked when they are wanted.
    pub(crate) fn drop_messages(&mut self) {
        self.messages.clear();
        self.is_complete = false;
    }

    /// Takes where the conversation stands. Refused when more is known here already: the answer was overtaken.
    pub(crate) fn take_state(&mut self, state: ConversationState) -> bool {
        let known = &self.state;
        let overtaken = state.version < self.version.max(known.version)
            || state.read < known.read
            || state.peer_read < known.peer_read
            || state.view_version < known.view_version
            || state.settings.revision < known.settings.revision;
        if !overtaken {
            let draft = known.draft.clone();
            // What was hidden by this account elsewhere; the log tells, or was too long.
            if state.view_version > known.view_version {
                self.drop_messages();
            }
            self.state = Arc::new(ConversationState { draft, ..state });
            self.is_state_wanted = false;
        }
        !overtaken
    }

    /// How many members its group has, as the server told it last.
    pub(crate) fn members(&self) -> Option<u32> {
        self.state.group.as_ref().map(|it| it.member_count)
    }

    /// How many there are after these changes, if one of them says it that the state does not reflect yet.
    pub(crate) fn members_after(&self, changes: &[TimelineChange]) -> Option<u32> {
        let newer = changes.iter().map(|it| &it.message);
        let newer = newer.filter(|it| it.version > self.state.version);
        newer.filter_map(members_after).next_back()
    }

    /// Whether messages between those that were taken and the newest of these are not among these: they are no more.
    pub(crate) fn lacks_some(&self, changes: &[TimelineChange]) -> bool {
        let sequences = changes.iter().map(|it| it.message.sequence);
        let new = sequences.filter(|it| *it > self.last_taken);
        let (count, newest) = new.fold((0, self.last_taken), |(count, newest), it| {
            (count + 1, newest.max(it))
        });
        newest.0 - self.last_taken.0 > count
    }

    /// Takes changes that bring the entry to a version; every message of the timeline after the held ones is among them.
    pub(crate) fn take(
        &mut self,
        batch: Vec<TimelineChange>,
        version: Version,
        judge: &Judge<'_>,
        changes: &mut Changes,
    ) {
        // They come in the order of version; messages are told in the order of sequence (C3).
        let mut ordered: Vec<TimelineChange> = Vec::with_capacity(batch.len());
        for change in batch {
            if change.message.version > self.version {
                let at = ordered.partition_point(|it| it.message.sequence <= change.message.sequence);
                ordered.insert(at, change);
            }
        }
        for change in ordered {
            self.take_one(change, judge, changes);
        }
        self.version = self.version.max(version);
        if self.state.version < self.version {
            Arc::make_mut(&mut self.state).version = self.version;
        }
        changes.conversations = true;
    }

    fn take_one(&mut self, change: TimelineChange, judge: &Judge<'_>, changes: &mut Changes) {
        let sequence = change.message.sequence;
        let is_new = sequence > self.last_taken;
        let is_hidden = change.kind == ChangeKind::Hidden || judge.deleted.contains(&change.message.key);
        if is_hidden || sequence < self.state.first_sequence {
            return self.pass_over(&change);
        }
        let held = self.index(sequence).map(|at| self.messages[at].clone());
        let was_revoked = held.as_ref().is_some_and(|it| it.is_revoked());
        if change.message.version > self.state.version {
            self.count(&change, judge.me);
        }
        let mut message = Message::of(change.message, judge.me, self.state.peer_read);
        let told = judge.receipts.iter().find(|it| it.key == message.key());
        message.receipt = held.as_ref().and_then(|it| it.receipt).or(told.copied());
        let message = Arc::new(message);
        changes.extended(&message, change.extensions);
        if is_new {
            self.push(message.clone());
        } else if let Some(at) = self.index(sequence) {
            self.messages[at] = message.clone();
        }
        if is_new {
            if !judge.is_own_doing && (message.is_own || self.state.remind() != RemindType::Discard) {
                tell_new(message, judge, changes);
            }
        } else if message.is_revoked() {
            if !was_revoked && !judge.is_own_doing {
                changes.revoked.push(message);
            }
        } else if change.kind == ChangeKind::Modified {
            changes.modified.push(message);
        }
    }

    /// Takes a change of what this account does not see: only its numbers count.
    fn pass_over(&mut self, change: &TimelineChange) {
        let sequence = change.message.sequence;
        if sequence > self.last_taken {
            if sequence != self.last_taken.next() {
                self.drop_messages();
            }
            self.last_taken = sequence;
        } else if let Some(at) = self.index(sequence) {
            self.messages.remove(at);
        }
        if sequence > self.state.last_sequence {
            let state = Arc::make_mut(&mut self.state);
            state.last_sequence = sequence;
            if let Some(group) = &mut state.group {
                group.last_sequence = sequence;
            }
        }
    }

    /// Takes messages out that an instance of this account deleted. Whether only the server knows what is left.
    pub(crate) fn delete_messages(&mut self, sequences: &[Sequence], view_version: u64) -> bool {
        for sequence in sequences {
            if let Some(at) = self.index(*sequence) {
                self.messages.remove(at);
            }
        }
        if view_version <= self.state.view_version {
            return false;
        }
        let state = Arc::make_mut(&mut self.state);
        state.view_version = view_version;
        state.mentions.retain(|it| !sequences.contains(&it.sequence));
        let last = state.last_message.as_ref().map(|it| it.sequence);
        let counts = |it: &Sequence| *it > state.read || Some(*it) == last;
        sequences.iter().any(counts)
    }

    /// An instance of this account cleared the history before a message. Whether only the server knows what is left.
    pub(crate) fn clear(&mut self, first: Sequence, view_version: u64) -> bool {
        self.messages.retain(|it| it.data.sequence >= first);
        if view_version <= self.state.view_version {
            return false;
        }
        let state = Arc::make_mut(&mut self.state);
        state.view_version = view_version;
        state.first_sequence = first;
        state.mentions.retain(|it| it.sequence >= first);
        if first <= state.last_sequence {
            return true;
        }
        state.unread_count = 0;
        state.last_message = None;
        // Of what was cleared away unheard, the server knows when it was said: that is the conversation's place in the list.
        first > state.last_sequence.next()
    }

    /// Replaces what a held message says, for this instance alone: what belongs to it was loaded.
    pub(crate) fn load(&mut self, sequence: Sequence, body: hongyan_protocol::body::Body) {
        if let Some(at) = self.index(sequence) {
            Arc::make_mut(&mut self.messages[at]).data.body = body;
        }
    }

    /// Lets the counts and the last message follow a change (C5).
    fn count(&mut self, change: &TimelineChange, me: &UserId) {
        let data = &change.message;
        let state = Arc::make_mut(&mut self.state);
        // New to the counts, which may know messages that were not taken yet: one of those that comes as revoked was
        // counted before.
        let is_new = data.sequence > state.last_sequence;
        let is_others = data.from != *me && state.may_be_unread(data.sequence);
        if is_new {
            if is_others && data.counts_as_unread() {
                state.unread_count += 1;
            }
            if is_others && let Some(mention) = mention(data, me) {
                state.mentions.push(mention);
                let beyond = state.mentions.len().saturating_sub(MENTIONS_MAX);
                state.mentions.drain(..beyond);
            }
            if !data.flags.no_last_message {
                state.active = data.time;
                state.last_message = Some(data.clone());
            }
            state.last_sequence = data.sequence;
            if let Some(group) = &mut state.group {
                group.last_sequence = data.sequence;
            }
            return;
        }
        // Whether it was revoked before is not asked of the held message: a page may show it so before this is counted.
        let is_revoke = change.kind == ChangeKind::Revoked;
        if is_revoke && is_others && !data.flags.no_unread {
            state.unread_count = state.unread_count.saturating_sub(1);
        }
        if is_revoke {
            state.mentions.retain(|it| it.sequence != data.sequence);
        }
        if let Some(last) = &mut state.last_message
            && last.sequence == data.sequence
        {
            *last = data.clone();
        }
    }

    /// The account read up to a message. Whether what is held suffices to count the rest.
    pub(crate) fn read(&mut self, sequence: Sequence, me: &UserId) -> bool {
        if sequence <= self.state.read {
            return true;
        }
        Arc::make_mut(&mut self.state).read = sequence;
        self.recount(me)
    }

    /// The account deleted it. Whether what is held suffices to count what is left.
    pub(crate) fn delete(&mut self, deleted: Deleted, me: &UserId) -> bool {
        let state = Arc::make_mut(&mut self.state);
        state.settings.deleted_before = deleted.before;
        if deleted.first > state.first_sequence {
            state.first_sequence = deleted.first;
            let is_gone = |it: &Data| it.sequence < deleted.first;
            if state.last_message.as_ref().is_some_and(is_gone) {
                state.last_message = None;
            }
            if state.last_message.is_none() {
                state.active = deleted.active;
            }
            while self.messages.front().is_some_and(|it| is_gone(&it.data)) {
                self.messages.pop_front();
            }
        }
        self.recount(me)
    }

    /// Counts what is unread after a mark moved (C5). Whether what is held suffices.
    fn recount(&mut self, me: &UserId) -> bool {
        let state = Arc::make_mut(&mut self.state);
        let from = state.read.next();
        let from = from.max(state.first_sequence).max(state.settings.deleted_before);
        state.mentions.retain(|it| it.sequence >= from);
        if from > state.last_sequence {
            state.unread_count = 0;
            return true;
        }
        let covered = self.messages.front().is_some_and(|it| it.data.sequence <= from);
        if !covered || self.version != state.version {
            return false;
        }
        let rest = self.messages.iter().map(|it| &it.data);
        let rest = rest.filter(|it| it.sequence >= from && it.from != *me && it.counts_as_unread());
        state.unread_count = rest.count() as u64;
        true
    }

    /// The peer read up to a message: tells of the own messages that are read now.
    pub(crate) fn peer_read(&mut self, sequence: Sequence, changes: &mut Changes) {
        if sequence <= self.state.peer_read {
            return;
        }
        Arc::make_mut(&mut self.state).peer_read = sequence;
        changes.conversations = true;
        for message in &mut self.messages {
            if message.is_own && !message.is_peer_read && message.data.sequence <= sequence {
                Arc::make_mut(message).is_peer_read = true;
                changes.read_by_peer.push(message.clone());
            }
        }
    }

    /// Notes how far a held message was read; receipts are never taken back, so more readers are newer.
    pub(crate) fn note_receipt(&mut self, receipt: &Receipt) {
        let Some(at) = self.index(receipt.sequence) else {
            return;
        };
        let known = self.messages[at].receipt;
        let is_own = self.messages[at].key() == receipt.key;
        if is_own && known.is_none_or(|it| it.read_count <= receipt.read_count) {
            Arc::make_mut(&mut self.messages[at]).receipt = Some(*receipt);
        }
    }

    fn index(&self, sequence: Sequence) -> Option<usize> {
        let found = self
            .messages
            .binary_search_by_key(&sequence, |it| it.data.sequence);
        found.ok()
    }

    fn push(&mut self, message: Arc<Message>) {
        if message.data.sequence != self.last_taken.next() {
            self.drop_messages();
        }
        if self.messages.len() == MESSAGES_MAX {
            self.messages.pop_front();
            self.is_complete = false;
        }
        self.last_taken = message.data.sequence;
        self.messages.push_back(message);
    }
}

/// Tells of a message that is new here, unless the app knows it: as its sender, or by an earlier snapshot.
pub(crate) fn tell_new(message: Arc<Message>, judge: &Judge<'_>, changes: &mut Changes) {
    let is_echo = judge.sent.contains(&message.key()) && message.is_own;
    if !is_echo && !message.is_revoked() && message.data.time > judge.news_after {
        changes.received.push(message);
    }
}

/// Whom of us a message of a group mentions.
fn mention(data: &Data, me: &UserId) -> Option<Mention> {
    if !matches!(data.to, Target::Group(_)) || data.revoker.is_some() {
        return None;
    }
    let mentioned = data.body.mentioned();
    let (is_me, all) = (
        mentioned.iter().any(|it| it == me.as_str()),
        mentioned.iter().any(|it| it == MENTION_ALL),
    );
    (is_me || all).then_some(Mention {
        sequence: data.sequence,
        me: is_me,
        all,
    })
}

/// How many members a group has after a tip of it.
fn members_after(data: &Data) -> Option<u32> {
    let Target::Group(_) = data.to else { return None };
    match data.body.first() {
        Some(Kind::GroupTip(tip)) if tip.member_count > 0 => Some(tip.member_count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::body::Body;
    use hongyan_protocol::id::AccountId;
    use hongyan_protocol::message::{MessageFlags, Priority};

    use super::*;

    fn change(sequence: u64, version: u64, kind: ChangeKind) -> TimelineChange {
        let bob = UserId::trusted("bob");
        TimelineChange {
            kind,
            extensions: Vec::new(),
            message: Data {
                key: MessageKey {
                    account: AccountId(2),
                    client_time_s: 1,
                    random: sequence as u32,
                },
                from: bob.clone(),
                to: Target::User(UserId::trusted("me")),
                sequence: Sequence(sequence),
                time: Timestamp(sequence),
                body: Body::trusted(Default::default()),
                priority: Priority::Normal,
                flags: MessageFlags::default(),
                cloud_custom_data: String::new(),
                nick: String::new(),
                avatar: String::new(),
                name_card: String::new(),
                revoker: (kind == ChangeKind::Revoked).then_some(bob),
                version: Version(version),
                edits: 0,
                receivers: Vec::new(),
            },
        }
    }

    static NO_KEYS: VecDeque<MessageKey> = VecDeque::new();
    static NO_RECEIPTS: VecDeque<Receipt> = VecDeque::new();

    /// Of who sent, deleted and was told nothing yet.
    fn judge(me: &UserId) -> Judge<'_> {
        Judge {
            me,
            sent: &NO_KEYS,
            deleted: &NO_KEYS,
            receipts: &NO_RECEIPTS,
            news_after: Timestamp(0),
            is_own_doing: false,
        }
    }

    fn with_bob() -> Entry {
        Entry::empty(ConversationId::C2c(UserId::trusted("bob")), None, None)
    }

    /// Contract C5.
    #[test]
    fn a_message_that_only_the_counts_know_is_discounted_when_it_comes_as_revoked() {
        let me = UserId::trusted("me");
        let judge = judge(&me);
        let mut changes = Changes::default();
        let mut entry = with_bob();
        let first = change(1, 1, ChangeKind::Appended);
        entry.take(vec![first], Version(1), &judge, &mut changes);
        assert_eq!(entry.state.unread_count, 1);
        // The server tells of three more before their changes come.
        let told = ConversationState {
            version: Version(4),
            last_sequence: Sequence(4),
            unread_count: 4,
            ..ConversationState::clone(&entry.state)
        };
        assert!(entry.take_state(told));
        // Before they were asked for, one of them was revoked, and another one came.
        let missed = vec![
            change(2, 2, ChangeKind::Appended),
            change(4, 4, ChangeKind::Appended),
            change(3, 5, ChangeKind::Revoked),
            change(5, 6, ChangeKind::Appended),
        ];
        entry.take(missed, Version(6), &judge, &mut changes);
        assert_eq!(entry.state.unread_count, 4);
        assert_eq!(changes.received.len(), 4, "the revoked one was never told");
    }

    /// Contract C4.
    #[test]
    fn what_was_cleared_away_before_it_was_heard_of_is_asked_for() {
        let me = UserId::trusted("me");
        let judge = judge(&me);
        let entry = || {
            let mut entry = with_bob();
            let first = change(1, 1, ChangeKind::Appended);
            entry.take(vec![first], Version(1), &judge, &mut Changes::default());
            entry
        };
        assert!(!entry().clear(Sequence(2), 1), "all of it is known");
        assert!(
            entry().clear(Sequence(3), 1),
            "another one came, and when is not known"
        );
    }

    /// Contract C5.
    #[test]
    fn a_message_that_a_page_shows_revoked_is_discounted_when_its_change_comes() {
        let me = UserId::trusted("me");
        let judge = judge(&me);
        let mut changes = Changes::default();
        let mut entry = with_bob();
        let first = change(1, 1, ChangeKind::Appended);
        entry.take(vec![first], Version(1), &judge, &mut changes);
        entry.drop_messages();
        let revoked = change(1, 2, ChangeKind::Revoked);
        let page = [Arc::new(Message::of(revoked.message.clone(), &me, Sequence(0)))];
        entry.prepend(Sequence(2), &page, true);
        assert_eq!(entry.state.unread_count, 1);
        entry.take(vec![revoked], Version(2), &judge, &mut changes);
        assert_eq!(entry.state.unread_count, 0);
    }
}
