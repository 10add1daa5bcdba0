//! A store with a journal shows at each moment what one without would: the same operations on both, with messages going
//! from the journal into the database, power lost and disks in trouble in between.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hongyan_protocol::body::Body;
use hongyan_protocol::group::{GroupType, JoinOption};
use hongyan_protocol::message::{MessageFlags, Target};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::suite::{APP, message};

const NAMES: [&str; 4] = ["anna", "bert", "carla", "dirk"];

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// Messages that are gathered to one write, all for timelines that are there.
    Say(Vec<Words>),
    /// The first of two who may not have talked before.
    Greet(usize, usize, u32),
    Revoke {
        timeline: usize,
        back: u64,
    },
    Read {
        who: usize,
        back: u64,
    },
    /// Comes into the group with a tip, or leaves it.
    Join(usize),
    Leave(usize),
    /// A change in the lane of a message that is submitted behind it.
    ChangeAndSay(usize, Words),
    Apply {
        count: usize,
        reach: bool,
    },
    /// Power is lost, perhaps while messages are written.
    Crash {
        seed: u64,
        during: Vec<Words>,
    },
    /// The journal's disk is in trouble while messages are written, which are then sent again.
    Trouble(bool, Vec<Words>),
    /// A sync fails, and nobody sends again what was refused.
    Refuse(Vec<Words>),
}

#[derive(Debug, Clone)]
struct Words {
    who: usize,
    /// 3: the group.
    to: usize,
    random: u32,
    second: u32,
    no_unread: bool,
    no_last_message: bool,
    length: usize,
}

fn words() -> impl Strategy<Value = Words> {
    (
        0..4_usize,
        0..4_usize,
        0..40_u32,
        0..3_u32,
        any::<[bool; 2]>(),
        prop_oneof![9 => 0..40_usize, 1 => 0..5000_usize],
    )
        .prop_map(
            |(who, to, random, second, [no_unread, no_last_message], length)| Words {
                who,
                to,
                random,
                second,
                no_unread,
                no_last_message,
                length,
            },
        )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => vec(words(), 1..6).prop_map(Step::Say),
        2 => (0..4_usize, 0..4_usize, 0..20_u32).prop_map(|(from, to, random)| Step::Greet(from, to, random)),
        2 => (0..4_usize, 0..4_u64).prop_map(|(timeline, back)| Step::Revoke { timeline, back }),
        2 => (0..4_usize, 0..3_u64).prop_map(|(who, back)| Step::Read { who, back }),
        1 => (0..4_usize).prop_map(Step::Join),
        1 => (0..4_usize).prop_map(Step::Leave),
        1 => (0..4_usize, words()).prop_map(|(who, words)| Step::ChangeAndSay(who, words)),
        5 => (1..20_usize, any::<bool>()).prop_map(|(count, reach)| Step::Apply { count, reach }),
        2 => (any::<u64>(), vec(words(), 0..4)).prop_map(|(seed, during)| Step::Crash { seed, during }),
        1 => (any::<bool>(), vec(words(), 1..4)).prop_map(|(full, during)| Step::Trouble(full, during)),
        1 => vec(words(), 1..4).prop_map(Step::Refuse),
    ];
    vec(step, 1..40)
}

/// A store and its hand.
struct One {
    store: SqliteStore,
    manual: Manual,
}

type Answering<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl One {
    fn new(journal: bool) -> Self {
        let options = SqliteOptions {
            journal,
            segment_bytes: 0,
            ..SqliteOptions::default()
        };
        let (store, manual) = SqliteStore::manual(options).unwrap();
        Self { store, manual }
    }

    fn write<T>(&mut self, submit: impl for<'a> Fn(&'a SqliteStore) -> Answering<'a, T>) -> Result<T> {
        let mut answer = submit(&self.store);
        assert!(poll(&mut answer).is_none());
        self.manual.begin();
        self.manual.commit();
        poll(&mut answer).expect("an answer after the commit")
    }

    fn say(&mut self, messages: &[(TimelineId, Message)]) -> Vec<Result<Appended>> {
        say_to(&self.store, &mut self.manual, messages)
    }
}

/// Messages that are gathered to one write.
fn say_to(
    store: &SqliteStore,
    manual: &mut Manual,
    messages: &[(TimelineId, Message)],
) -> Vec<Result<Appended>> {
    let mut answers: Vec<_> = messages
        .iter()
        .map(|(timeline, message)| store.append_message(*timeline, message.clone()))
        .collect();
    for answer in &mut answers {
        assert!(poll(answer).is_none());
    }
    manual.begin();
    manual.commit();
    answers
        .iter_mut()
        .map(|it| poll(it).expect("an answer after the commit").map(|it| it.value))
        .collect()
}

fn poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    match std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// What a read answers, which is there at once.
fn read<T>(mut answer: Answering<'_, T>) -> T {
    poll(&mut answer)
        .expect("reads are answered on the spot")
        .unwrap()
}

struct World {
    with: One,
    without: One,
    accounts: Vec<Account>,
    group: GroupNumber,
    /// Clocks of senders.
    second: u32,
    sent: Vec<MessageKey>,
}

impl World {
    fn new() -> Self {
        let mut stores = [One::new(true), One::new(false)];
        let mut accounts = Vec::new();
        let mut group = GroupNumber(0);
        for one in &mut stores {
            accounts = NAMES
                .iter()
                .map(|name| {
                    let user_id = UserId::trusted(*name);
                    one.write(|it| {
                        let user_id = user_id.clone();
                        Box::pin(async move { it.put_account(APP, &user_id, Timestamp(1)).await })
                    })
                    .unwrap();
                    read(one.store.find_account(APP, &user_id)).unwrap().account
                })
                .collect();
            let new = NewGroup {
                app: APP,
                id: GroupId::trusted("group"),
                kind: GroupType::Public,
                name: "group".into(),
                avatar: String::new(),
                introduction: String::new(),
                notification: String::new(),
                join_option: JoinOption::FreeAccess,
                member_count_max: 10,
                owner: accounts[0].clone(),
                members: vec![accounts[1].clone()],
                now: Timestamp(1),
            };
            let created = one
                .write(|it| it.create_group(new.clone(), Box::new(|_| Vec::new())))
                .unwrap();
            let Created::Done(created) = created.value.done else {
                panic!("taken");
            };
            group = created.number;
        }
        let [with, without] = stores;
        let mut world = Self {
            with,
            without,
            accounts,
            group,
            second: 0,
            sent: Vec::new(),
        };
        world.step(&Step::Greet(0, 1, 100));
        world
    }

    fn timeline(&self, who: usize, to: usize) -> TimelineId {
        match to {
            3 => TimelineId::Group(self.group),
            to => TimelineId::c2c(self.accounts[who].id, self.accounts[to].id),
        }
    }

    fn message(&self, words: &Words) -> (TimelineId, Message) {
        let target = match words.to {
            3 => Target::Group(GroupId::trusted("group")),
            to => Target::User(self.accounts[to].user_id.clone()),
        };
        let mut message = message(&self.accounts[words.who], target, words.random);
        message.key.client_time_s += (self.second + words.second).saturating_sub(2);
        message.time = Timestamp(u64::from(message.key.client_time_s) * 1000);
        message.flags = MessageFlags {
            no_unread: words.no_unread,
            no_last_message: words.no_last_message,
            need_read_receipt: false,
            ..MessageFlags::default()
        };
        if words.length.is_multiple_of(7) {
            message.cloud_custom_data = "custom".into();
        }
        message.body = Body::trusted(vec![words.random as u8; words.length].into());
        (self.timeline(words.who, words.to), message)
    }

    /// Those for timelines that are there; the others would take another way, and another order.
    fn messages(&mut self, words: &[Words]) -> Vec<(TimelineId, Message)> {
        let messages: Vec<_> = words.iter().map(|it| self.message(it)).collect();
        let there: Vec<_> = messages
            .into_iter()
            .filter(|(timeline, _)| read(self.without.store.find_message(*timeline, Sequence(1))).is_some())
            .collect();
        self.sent.extend(there.iter().map(|(_, it)| it.key));
        there
    }

    fn both<T: std::fmt::Debug + PartialEq>(
        &mut self,
        submit: impl for<'a> Fn(&'a SqliteStore) -> Answering<'a, T>,
    ) {
        let with = self.with.write(&submit).unwrap();
        let without = self.without.write(&submit).unwrap();
        assert_eq!(with, without);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Say(words) => {
                self.second += 1;
                let messages = self.messages(words);
                let (with, without) = (self.with.say(&messages), self.without.say(&messages));
                for (one, other) in with.into_iter().zip(without) {
                    assert_eq!(one.unwrap(), other.unwrap());
                }
            }
            Step::Greet(from, to, random) => {
                let words = Words {
                    who: *from,
                    to: *to,
                    random: *random,
                    second: 0,
                    no_unread: false,
                    no_last_message: false,
                    length: 10,
                };
                let (timeline, message) = self.message(&words);
                self.sent.push(message.key);
                let messages = [(timeline, message)];
                let (with, without) = (self.with.say(&messages), self.without.say(&messages));
                assert_eq!(with[0].as_ref().unwrap(), without[0].as_ref().unwrap());
            }
            Step::Revoke { timeline, back } => {
                let (timeline, by) = (self.timeline(0, *timeline), self.accounts[0].clone());
                let newest = self.newest(timeline);
                let sequence = Sequence(newest.saturating_sub(*back).max(1));
                self.both(|it| {
                    let by = by.clone();
                    Box::pin(async move { Ok(it.revoke_message(timeline, sequence, &by).await?.value) })
                });
            }
            Step::Read { who, back } => {
                let account = self.accounts[*who].clone();
                for conversation in conversations() {
                    let newest = read(self.without.store.find_conversation(&account, &conversation));
                    let newest = newest.map_or(0, |it| it.last_sequence.0);
                    let sequence = Sequence(newest.saturating_sub(*back));
                    self.both(|it| {
                        let (account, conversation) = (account.clone(), conversation.clone());
                        Box::pin(async move {
                            let nothing = Box::new(|_: &_| Vec::new());
                            let marked = it
                                .mark_read(&account, &conversation, sequence, Timestamp(1), nothing)
                                .await?;
                            Ok(marked.map(|it| it.value))
                        })
                    });
                }
            }
            Step::Join(who) => {
                let (group, account) = (self.group, self.accounts[*who].clone());
                self.both(|it| {
                    let account = account.clone();
                    Box::pin(async move {
                        let tip = message(&account, Target::Group(GroupId::trusted("group")), 7);
                        let entries =
                            Box::new(move |_: &Joined| vec![Entry::Message(TimelineId::Group(group), tip)]);
                        let by = account.id;
                        let joined = it.add_members(by, group, vec![account], Timestamp(1), entries);
                        Ok(joined.await?.map(|it| it.value))
                    })
                });
            }
            Step::Leave(who) => {
                let (group, account) = (self.group, self.accounts[*who].clone());
                self.both(|it| {
                    let account = account.id;
                    Box::pin(async move {
                        let reason = LeaveReason::Quit;
                        let nothing = Box::new(|_: &_| Vec::new());
                        let left = it.remove_member(group, account, reason, Timestamp(1), nothing);
                        Ok(left.await?.map(|it| it.value))
                    })
                });
            }
            Step::ChangeAndSay(who, words) => {
                let words = Words {
                    who: *who,
                    ..words.clone()
                };
                let (account, messages) = (self.accounts[*who].id, self.messages(&[words]));
                let mut answers = Vec::new();
                for One { store, manual } in [&mut self.with, &mut self.without] {
                    let mut put = store.kick_instances(account, Vec::new());
                    assert!(poll(&mut put).is_none());
                    let said = say_to(store, manual, &messages);
                    answers.push(said.into_iter().collect::<Result<Vec<_>>>().unwrap());
                    poll(&mut put).expect("an answer").unwrap();
                }
                assert_eq!(answers[0], answers[1]);
            }
            Step::Apply { count, reach } => {
                self.with.manual.apply(*count, *reach).unwrap();
            }
            Step::Crash { seed, during } => {
                let messages = self.messages(during);
                let mut answers: Vec<_> = messages
                    .iter()
                    .map(|(timeline, it)| self.with.store.append_message(*timeline, it.clone()))
                    .collect();
                for answer in &mut answers {
                    assert!(poll(answer).is_none());
                }
                self.with.manual.begin();
                drop(answers);
                self.with.store = self.with.manual.crash(*seed).unwrap();
                // A frame that was written and not synced is there as a whole, or not at all.
                let is_new =
                    |it: &&(TimelineId, Message)| read(self.without.store.find_sent(it.1.key)).is_none();
                let new: Vec<_> = messages.iter().filter(is_new).cloned().collect();
                let there = new
                    .iter()
                    .filter(|it| read(self.with.store.find_sent(it.1.key)).is_some());
                let there = there.count();
                assert!(there == 0 || there == new.len(), "{there} of {}", new.len());
                if there > 0 {
                    self.without.say(&messages);
                }
                self.without.store = self.without.manual.crash(*seed).unwrap();
            }
            Step::Trouble(is_full, during) => {
                let trouble = if *is_full { Trouble::Full } else { Trouble::NoSync };
                let messages = self.say_in_trouble(trouble, during);
                // What is tried again is taken, at the same places.
                let (with, without) = (self.with.say(&messages), self.without.say(&messages));
                for (one, other) in with.into_iter().zip(without) {
                    assert_eq!(one.unwrap(), other.unwrap());
                }
            }
            Step::Refuse(during) => {
                self.say_in_trouble(Trouble::NoSyncOnce, during);
            }
        }
        self.compare();
    }

    /// What is new is refused; answers all that was said.
    fn say_in_trouble(&mut self, trouble: Trouble, words: &[Words]) -> Vec<(TimelineId, Message)> {
        let mut messages = self.messages(words);
        // What stands twice in a frame takes the long way, which has no trouble.
        messages.sort_by_key(|(_, it)| it.key);
        messages.dedup_by_key(|(_, it)| it.key);
        let new: Vec<_> = messages
            .iter()
            .map(|(_, it)| read(self.without.store.find_sent(it.key)).is_none())
            .collect();
        self.with.manual.trouble(Some(trouble));
        for (answer, is_new) in self.with.say(&messages).into_iter().zip(new) {
            match answer {
                Err(StoreError::Unwritable(_)) => assert!(is_new),
                Ok(Appended::Repeat(_)) => assert!(!is_new),
                other => panic!("{other:?}"),
            }
        }
        self.with.manual.trouble(None);
        messages
    }

    fn newest(&self, timeline: TimelineId) -> u64 {
        let readable = Readable {
            timeline,
            first: Sequence(1),
            reader: None,
        };
        let newest = read(self.without.store.list_messages(readable, Sequence(0), 1));
        newest.last().map_or(0, |it| it.sequence.0)
    }

    /// All that can be read.
    fn compare(&self) {
        let [with, without] = [&self.with.store, &self.without.store];
        let totals = |it| read(SqliteStore::totals(it)).messages;
        assert_eq!(totals(with), totals(without));
        for account in &self.accounts {
            let snapshot = |it| read(SqliteStore::snapshot(it, account, 10));
            assert_eq!(snapshot(with), snapshot(without));
            let missed = |it| {
                read(SqliteStore::catch_up(
                    it,
                    account,
                    Pts(0),
                    Vec::new(),
                    Timestamp(0),
                ))
            };
            assert_eq!(missed(with), missed(without));
            let listed = |it| read(SqliteStore::list_conversations(it, account, Timestamp(0), 2));
            assert_eq!(listed(with), listed(without));
        }
        for timeline in [
            self.timeline(0, 0),
            self.timeline(0, 1),
            self.timeline(1, 2),
            self.timeline(0, 3),
        ] {
            for first in [1, 3] {
                let readable = Readable {
                    timeline,
                    first: Sequence(first),
                    reader: None,
                };
                for (before, limit) in [(0, 100), (0, 3), (5, 2), (2, 10), (1, 1)] {
                    let page = |it| read(SqliteStore::list_messages(it, readable, Sequence(before), limit));
                    assert_eq!(page(with), page(without), "{limit} before {before}");
                }
                for (version, sequence) in [(0, 0), (3, 2), (6, 6), (9, 7)] {
                    let (version, sequence) = (Version(version), Sequence(sequence));
                    let changes = |it| read(SqliteStore::list_changes(it, readable, version, sequence, 4));
                    assert_eq!(changes(with), changes(without));
                }
            }
            for sequence in 1..8 {
                let found = |it| read(SqliteStore::find_message(it, timeline, Sequence(sequence)));
                assert_eq!(found(with), found(without));
            }
        }
        for key in self.sent.iter().rev().take(20) {
            let found = |it| read(SqliteStore::find_sent(it, *key));
            assert_eq!(found(with), found(without));
        }
    }
}

fn conversations() -> Vec<ConversationId> {
    let users = NAMES
        .iter()
        .map(|name| ConversationId::C2c(UserId::trusted(*name)));
    users
        .chain([ConversationId::Group(GroupId::trusted("group"))])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Contracts C1, C2, C3 and C5.
    #[test]
    fn a_store_with_a_journal_shows_what_one_without_would(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
    }
}

/// Messages of anna to bert, each written for itself.
fn say(one: &mut One, accounts: &[Account], randoms: std::ops::Range<u32>) -> Vec<Result<Appended>> {
    let timeline = TimelineId::c2c(accounts[0].id, accounts[1].id);
    randoms
        .map(|random| {
            let target = Target::User(accounts[1].user_id.clone());
            let message = message(&accounts[0], target, random);
            one.say(&[(timeline, message)]).remove(0)
        })
        .collect()
}

/// Contract C1.
#[test]
fn files_are_given_up_when_they_are_full_and_deleted_when_all_of_them_is_applied() {
    let World {
        mut with, accounts, ..
    } = World::new();
    let timeline = TimelineId::c2c(accounts[0].id, accounts[1].id);
    let body = Body::trusted(vec![1; 12_000].into());
    for round in 0..10 {
        for random in 0..100 {
            let target = Target::User(accounts[1].user_id.clone());
            let mut message = message(&accounts[0], target, 1000 + round * 100 + random);
            message.body = body.clone();
            assert!(matches!(
                with.say(&[(timeline, message)])[0],
                Ok(Appended::New(_))
            ));
        }
        if round == 4 {
            with.store = with.manual.crash(u64::from(round)).unwrap();
        }
    }
    // Three blocks each, in files of a megabyte.
    assert!(with.manual.disk().files() > 10);
    assert_eq!(read(with.store.totals()).messages, 1001);
    while with.manual.apply(300, true).unwrap() > 0 {}
    assert_eq!(with.manual.disk().files(), 1, "the one that is written");
    assert_eq!(read(with.store.totals()).messages, 1001);
    with.store = with.manual.crash(1).unwrap();
    assert_eq!(read(with.store.totals()).messages, 1001);
    assert!(matches!(
        say(&mut with, &accounts, 5000..5001)[0],
        Ok(Appended::New(_))
    ));
}

/// What the journal still has of expired messages is older than their removal.
#[test]
fn messages_that_were_removed_do_not_come_back_when_the_journal_is_applied() {
    let World {
        mut with, accounts, ..
    } = World::new();
    let timeline = TimelineId::c2c(accounts[0].id, accounts[1].id);
    say(&mut with, &accounts, 0..5);
    let newest = |one: &One| read(one.store.list_messages(all_of(timeline), Sequence(0), 100));
    let expired = Expired {
        timeline,
        shown_from: newest(&with)[3].sequence,
        stored_from: newest(&with)[3].sequence,
    };
    let _ = with
        .write(|it| it.hide_expired(expired, 0, 100, Box::new(|_| Vec::new())))
        .unwrap();
    while with.write(|it| it.remove_expired(expired, 100)).unwrap() {}
    let left = newest(&with);
    assert_eq!(left[0].sequence, expired.stored_from);
    while with.manual.apply(100, true).unwrap() > 0 {}
    assert_eq!(newest(&with), left);
    with.store = with.manual.crash(1).unwrap();
    assert_eq!(newest(&with), left);
}

const fn all_of(timeline: TimelineId) -> Readable {
    Readable {
        timeline,
        first: Sequence(1),
        reader: None,
    }
}

/// What was refused stays refused, also when nothing else is written before the crash.
///
/// Contract C1.
#[test]
fn a_message_that_was_refused_does_not_come_back_after_a_crash() {
    for seed in 0..64 {
        for trouble in [Trouble::NoSyncOnce, Trouble::NoSync] {
            let World {
                mut with, accounts, ..
            } = World::new();
            say(&mut with, &accounts, 0..3);
            with.manual.trouble(Some(trouble));
            assert!(say(&mut with, &accounts, 10..11)[0].is_err());
            with.manual.trouble(None);
            if trouble == Trouble::NoSync {
                assert!(with.manual.end_doubt());
            }
            for again in 0..2 {
                with.store = with.manual.crash(seed + again).unwrap();
                assert_eq!(read(with.store.totals()).messages, 4, "seed {seed}, {trouble:?}");
            }
            let Ok(Appended::New(next)) = &say(&mut with, &accounts, 10..11)[0] else {
                panic!("it was refused, so it is new");
            };
            assert_eq!(next.sequence, Sequence(5));
        }
    }
}

#[test]
fn figures_tell_what_shared_a_sync_and_how_far_the_database_is_behind() {
    let World {
        mut with, accounts, ..
    } = World::new();
    let before = with.store.figures();
    assert_eq!((before.journal.sizes.count, before.tail_messages), (0, 0));
    let timeline = TimelineId::c2c(accounts[0].id, accounts[1].id);
    let messages: Vec<_> = (0..5)
        .map(|random| {
            let target = Target::User(accounts[1].user_id.clone());
            (timeline, message(&accounts[0], target, random))
        })
        .collect();
    with.say(&messages);
    say(&mut with, &accounts, 5..7);
    with.say(&messages);
    with.manual.trouble(Some(Trouble::NoSync));
    assert!(say(&mut with, &accounts, 7..8)[0].is_err());
    with.manual.trouble(None);
    let said = with.store.figures();
    let sizes = &said.journal.sizes;
    assert_eq!(
        (sizes.count, sizes.sum),
        (3, 7.0),
        "neither resends nor what was refused"
    );
    assert_eq!(said.journal.sync_seconds.count, 3);
    assert_eq!(said.database, before.database);
    assert_eq!(said.tail_messages, 7);
    assert!(said.tail_bytes > 0);
    assert_eq!(said.journal_files as usize, with.manual.disk().files());

    while with.manual.apply(100, true).unwrap() > 0 {}
    let applied = with.store.figures();
    assert_eq!((applied.tail_messages, applied.tail_bytes), (0, 0));
    assert_eq!(applied.database, before.database, "moving is no group");
    assert_eq!(applied.journal_files as usize, with.manual.disk().files());
    with.store = with.manual.crash(1).unwrap();
    assert_eq!(
        with.store.figures().journal_files as usize,
        with.manual.disk().files()
    );
}

#[test]
fn damage_before_the_end_is_an_error_until_all_behind_it_was_applied() {
    let World {
        mut with, accounts, ..
    } = World::new();
    say(&mut with, &accounts, 0..10);
    // The fifth frame; the first block is the head.
    assert!(with.manual.disk().spoil(0, 5 * 4096 + 30));
    let refused = with.manual.crash(1).err().unwrap();
    assert!(
        refused
            .to_string()
            .contains("1 acknowledged messages cannot be read"),
        "{refused}"
    );

    let World {
        mut with, accounts, ..
    } = World::new();
    say(&mut with, &accounts, 0..10);
    with.manual.apply(7, true).unwrap();
    assert!(with.manual.disk().spoil(0, 5 * 4096 + 30));
    with.store = with.manual.crash(1).unwrap();
    assert_eq!(read(with.store.totals()).messages, 11);
}

/// The one thing that memory of keys must not get wrong: a resend in the same second, in an earlier one, after a crash.
///
/// Contract C2.
#[test]
fn a_resend_is_found_in_the_frame_in_the_tail_and_in_the_database() {
    let World {
        mut with, accounts, ..
    } = World::new();
    let timeline = TimelineId::c2c(accounts[0].id, accounts[1].id);
    let of = |random: u32, second: u32| {
        let mut message = message(&accounts[0], Target::User(accounts[1].user_id.clone()), random);
        message.key.client_time_s += second;
        (timeline, message)
    };
    let answers = with.say(&[of(1, 0), of(2, 1), of(1, 0), of(2, 1), of(3, 0)]);
    let kinds = |answers: &[Result<Appended>]| {
        let kind = |it: &Result<Appended>| match it.as_ref().unwrap() {
            Appended::New(it) => (true, it.sequence.0),
            Appended::Repeat(it) => (false, it.sequence.0),
        };
        answers.iter().map(kind).collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&answers),
        [(true, 2), (true, 3), (false, 2), (false, 3), (true, 4)]
    );
    let again = [of(3, 0), of(2, 1), of(1, 0)];
    let repeated = [(false, 4), (false, 3), (false, 2)];
    assert_eq!(kinds(&with.say(&again)), repeated);
    with.store = with.manual.crash(1).unwrap();
    assert_eq!(kinds(&with.say(&again)), repeated);
    with.manual.apply(2, false).unwrap();
    assert_eq!(kinds(&with.say(&again)), repeated);
    with.manual.apply(100, true).unwrap();
    assert_eq!(kinds(&with.say(&again)), repeated);
    with.store = with.manual.crash(1).unwrap();
    assert_eq!(kinds(&with.say(&again)), repeated);
}

/// Contract C1.
#[tokio::test]
async fn a_store_without_a_journal_takes_over_what_one_with_left() {
    let folder = tempfile::tempdir().unwrap();
    let of = |journal| SqliteOptions {
        journal,
        ..SqliteOptions::default()
    };
    let crashed = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open_with(folder.path(), of(true), Applying::Never).unwrap());
    let [alice, bob] = crate::suite::accounts(&store, ["alice", "bob"]).await;
    for random in 0..50 {
        crate::suite::send(&store, &alice, &bob, random).await;
    }
    super::tests::copy_files(folder.path(), crashed.path());
    let journals = |folder: &Path| {
        let names = std::fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().file_name());
        names
            .filter(|it| it.to_string_lossy().contains("journal"))
            .count()
    };
    assert!(journals(crashed.path()) > 0);
    for journal in [false, true, false, true] {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(crashed.path(), of(journal)).unwrap());
        let messages = store.totals().await.unwrap().messages;
        crate::suite::send(&store, &bob, &alice, messages as u32).await;
        assert_eq!(store.totals().await.unwrap().messages, messages + 1);
        assert!(messages >= 50);
        store.close().await.unwrap();
        drop(store);
        assert_eq!(journals(crashed.path()), 0, "nothing is left beside the database");
    }
}

/// Bounded: what waits for a database that takes nothing is refused, and is well again as soon as it takes it.
#[tokio::test]
async fn a_tail_that_is_full_refuses_messages_when_the_database_takes_none() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        tail_messages_max: 100,
        ..SqliteOptions::default()
    };
    let sqlite = Arc::new(SqliteStore::open_with(folder.path(), options, Applying::AtOnce).unwrap());
    let store: Arc<dyn Store> = sqlite.clone();
    let [alice, bob] = crate::suite::accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let append = async |random: u32| {
        let message = message(&alice, Target::User(bob.user_id.clone()), random);
        store.append_message(timeline, message).await.map(|it| it.value)
    };
    let refuse = async |on: bool| {
        let sql = match on {
            true => {
                "CREATE TEMP TRIGGER no_message BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END;
                 CREATE TEMP TRIGGER no_count BEFORE UPDATE ON counter BEGIN SELECT RAISE(ABORT, 'no'); END;"
            }
            false => "DROP TRIGGER no_message; DROP TRIGGER no_count;",
        };
        let operation = move |it: &mut Writing| Ok(it.connection.execute_batch(sql)?);
        let done = sqlite.writer.write_unordered(Lane::SERVER, operation);
        done.await.unwrap();
    };
    append(0).await.unwrap();
    refuse(true).await;
    let (mut taken, mut refused) = (1, 0);
    for random in 1..300 {
        match append(random).await {
            Ok(_) => taken += 1,
            Err(StoreError::Unwritable(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(taken > 90 && refused > 90, "{taken} and {refused}");
    assert!(matches!(store.check().await, Err(StoreError::Unwritable(_))));
    assert_eq!(store.totals().await.unwrap().messages, taken);
    refuse(false).await;
    store.check().await.unwrap();
    while append(1000).await.is_err() {
        // The applier tries again in a while.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(store.totals().await.unwrap().messages, taken + 1);
}
