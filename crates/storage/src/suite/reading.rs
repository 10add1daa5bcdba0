//! What every store promises about reading: marks, and counts that follow from them.

use hongyan_protocol::conversation::ReadScope;

use super::*;

pub(crate) async fn a_scope_is_read_at_once_and_only_what_moved_is_told(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    send(&store, &bob, &alice, 1).await;
    send(&store, &carol, &alice, 2).await;
    send(&store, &bob, &alice, 3).await;
    let group = create(&store, "team", &bob, std::slice::from_ref(&alice), 100).await;
    let to_group = TimelineId::Group(group.number);
    let said = message(&bob, Target::Group(group.group.id.clone()), 4);
    let _ = store.append_message(to_group, said).await.unwrap();
    let of_group = ConversationId::Group(group.group.id.clone());

    let all = read_all(&store, &alice, ReadScope::Groups).await;
    assert_eq!(
        all.done,
        [MarkedOne {
            conversation: of_group.clone(),
            peer: None,
            read: Sequence(1)
        }]
    );
    assert_eq!(
        unread(&store, &alice).await,
        [(c2c(&bob), 2), (c2c(&carol), 1), (of_group, 0)]
    );

    mark_read(&store, &alice, &c2c(&carol), 1).await;
    let all = read_all(&store, &alice, ReadScope::C2c).await;
    assert_eq!(
        all.done,
        [MarkedOne {
            conversation: c2c(&bob),
            peer: Some(bob.id),
            read: Sequence(2)
        }]
    );
    assert_eq!(all.entered.len(), 1, "what follows is entered in the same step");
    let again = read_all(&store, &alice, ReadScope::Unspecified).await;
    assert!(again.done.is_empty() && again.entered.is_empty());
}

/// Contract C5: several instances of an account read, send and revoke side by side, in C2C and in a group.
pub(crate) async fn unread_counts_equal_a_recount_under_readers_side_by_side(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let group = create(&store, "team", &bob, std::slice::from_ref(&alice), 100).await;
    let of_group = ConversationId::Group(group.group.id.clone());
    let tasks = (0..6_u32).map(|instance| {
        let (store, alice, bob) = (store.clone(), alice.clone(), bob.clone());
        let (group, of_group) = (group.clone(), of_group.clone());
        tokio::spawn(async move {
            // Each its own row of numbers, the same in each run.
            let mut chance = 0x9e37_79b9_u32.wrapping_mul(instance + 1);
            for step in 0..60 {
                chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (me, other) = if instance % 2 == 0 {
                    (&alice, &bob)
                } else {
                    (&bob, &alice)
                };
                let in_group = chance >> 30 & 1 == 0;
                let (timeline, conversation, to) = match in_group {
                    true => (
                        TimelineId::Group(group.number),
                        of_group.clone(),
                        Target::Group(group.group.id.clone()),
                    ),
                    false => (TimelineId::c2c(me.id, other.id), c2c(other), to_user(other)),
                };
                let sequence = Sequence(u64::from(chance >> 16 & 63));
                match chance >> 24 & 7 {
                    0..4 => {
                        let flags = MessageFlags {
                            no_unread: chance >> 27 & 1 == 0,
                            ..Default::default()
                        };
                        let random = instance * 1000 + step;
                        let message = Message {
                            flags,
                            ..message(me, to, random)
                        };
                        let _ = store.append_message(timeline, message).await.unwrap();
                    }
                    4 => {
                        let _ = store.revoke_message(timeline, sequence, me).await.unwrap();
                    }
                    5 => {
                        read_all(&store, me, ReadScope::Unspecified).await;
                    }
                    _ => {
                        let nothing = Box::new(|_: &MarkedRead| Vec::new());
                        let _ = store
                            .mark_read(me, &conversation, sequence, NOW, nothing)
                            .await
                            .unwrap();
                    }
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    for account in [&alice, &bob] {
        assert_eq!(recounted_wrong(&store, account).await, []);
    }
}

pub(crate) async fn history_is_read_from_any_place_both_ways(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    for random in 1..=9 {
        // Two a second.
        let time = NOW.plus_ms(1000 * u64::from(random / 2));
        send_at(&store, &alice, &bob, random, time).await;
    }
    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    let later = Readable {
        first: Sequence(4),
        ..readable
    };
    let from = async |readable, sequence, limit| {
        let page = store
            .list_messages_from(readable, Sequence(sequence), limit)
            .await;
        page.unwrap().iter().map(|it| it.sequence.0).collect::<Vec<_>>()
    };
    assert_eq!(from(readable, 0, 3).await, [1, 2, 3]);
    assert_eq!(from(readable, 8, 3).await, [8, 9]);
    assert_eq!(from(later, 1, 2).await, [4, 5]);
    assert_eq!(from(readable, u64::MAX, 2).await, [0; 0]);
    let at = async |readable, ms| store.find_sequence_at(readable, NOW.plus_ms(ms)).await.unwrap().0;
    assert_eq!(at(readable, 0).await, 1);
    assert_eq!(at(readable, 1).await, 2);
    assert_eq!(at(readable, 2000).await, 4);
    assert_eq!(at(readable, 4001).await, 10);
    assert_eq!(at(later, 0).await, 4);
    let nowhere = Readable {
        timeline: TimelineId::c2c(bob.id, bob.id),
        ..readable
    };
    assert_eq!(at(nowhere, 0).await, 1);
    assert_eq!(from(nowhere, 1, 9).await, [0; 0]);
}

/// Contracts C2 and C5.
pub(crate) async fn what_expired_is_read_hidden_and_removed_and_counts_stay_right(store: TestStore) {
    const DAY: u64 = 86_400_000;
    store
        .put_app(App {
            id: APP,
            name: "app".into(),
            key: AppKey("key".into()),
            created: NOW,
            settings: AppSettings::default(),
        })
        .await
        .unwrap();
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    let group = create(&store, "team", &alice, &[bob.clone(), carol.clone()], 100).await;
    let in_group = TimelineId::Group(group.number);
    let of_group = ConversationId::Group(group.group.id.clone());
    for random in 1..=8_u32 {
        let time = NOW.plus_ms(u64::from(random) * DAY);
        send_at(&store, &alice, &bob, random, time).await;
        let message = Message {
            time,
            ..message(&alice, Target::Group(group.group.id.clone()), 100 + random)
        };
        let _ = store.append_message(in_group, message).await.unwrap();
    }
    // Everything of this one will have expired.
    send_at(&store, &alice, &carol, 50, NOW).await;
    mark_read(&store, &carol, &of_group, 3).await;
    let since = [KeptSince {
        app: APP,
        shown: NOW.plus_ms(5 * DAY),
        stored: NOW.plus_ms(4 * DAY),
    }];
    let expire = async || {
        let (mut heard, mut found, mut after) = (Vec::new(), 0, Some(0));
        while let Some(from) = after {
            let (expired, next) = store.list_expired(&since, from, 2).await.unwrap();
            for expired in expired {
                found += 1;
                let mut after = Some(0);
                while let Some(from) = after {
                    let nothing = Box::new(|_: &MarksMoved| Vec::new());
                    let hidden = store.hide_expired(expired, from, 1, nothing).await.unwrap();
                    heard.extend(hidden.value.done.moved);
                    after = hidden.value.done.next;
                }
                while store.remove_expired(expired, 1).await.unwrap() {}
            }
            after = next;
        }
        (found, heard)
    };
    let (found, mut heard) = expire().await;
    assert_eq!(found, 3);
    heard.sort();
    let mut expected = vec![
        (bob.id, c2c(&alice)),
        (bob.id, of_group.clone()),
        (carol.id, c2c(&alice)),
        (carol.id, of_group.clone()),
    ];
    expected.sort();
    assert_eq!(heard, expected, "who has read or sent it hears nothing");
    assert_eq!(expire().await, (0, Vec::new()), "nothing is left to do");

    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    assert_eq!(readable.first, Sequence(5));
    let shown = store.list_messages(readable, Sequence(0), 100).await.unwrap();
    assert_eq!(
        shown.iter().map(|it| it.sequence.0).collect::<Vec<_>>(),
        [5, 6, 7, 8]
    );
    let timeline = readable.timeline;
    for (sequence, stored) in [(1, false), (3, false), (4, true), (5, true)] {
        let found = store.find_message(timeline, Sequence(sequence)).await.unwrap();
        assert_eq!(found.is_some(), stored, "{sequence}");
    }
    for account in [&alice, &bob, &carol] {
        assert_eq!(recounted_wrong(&store, account).await, []);
    }
    assert_eq!(
        unread(&store, &bob).await,
        [(c2c(&alice), 4), (of_group.clone(), 4)]
    );
    // Hidden and not removed: a resend still finds it. So does one of the newest of a timeline.
    for (to, random) in [(&bob, 4), (&carol, 50)] {
        let again = message(&alice, to_user(to), random);
        let kept = store
            .append_message(TimelineId::c2c(alice.id, to.id), again)
            .await
            .unwrap();
        assert!(matches!(kept.value, Appended::Repeat(_)), "{random}");
    }
    let empty = store
        .find_conversation(&carol, &c2c(&alice))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (empty.last_message, empty.unread_count, empty.last_sequence),
        (None, 0, Sequence(1))
    );
    // The timeline goes on where it was.
    assert_eq!(
        send_at(&store, &alice, &carol, 51, NOW.plus_ms(9 * DAY))
            .await
            .sequence,
        Sequence(2)
    );
    assert_eq!(
        store
            .find_conversation(&carol, &c2c(&alice))
            .await
            .unwrap()
            .unwrap()
            .unread_count,
        1
    );
    let pts = Pts(0);
    let held = vec![Held {
        conversation: c2c(&alice),
        version: Version(2),
        sequence: Sequence(2),
    }];
    let CatchUp::Missed { updates, .. } = store.catch_up(&bob, pts, held, Timestamp(0)).await.unwrap() else {
        panic!("it is within reach");
    };
    let update = updates.iter().find(|it| it.state.id == c2c(&alice)).unwrap();
    let told: Vec<u64> = update
        .changes
        .changes
        .iter()
        .map(|it| it.message.sequence.0)
        .collect();
    assert_eq!(told, [5, 6, 7, 8]);
    assert_eq!(update.state.first_sequence, Sequence(5));
}

pub(crate) async fn a_receipt_is_given_once_and_counts_are_what_the_lists_hold(store: TestStore) {
    let [alice, bob, carol, late] = accounts(&store, ["alice", "bob", "carol", "late"]).await;
    let group = create(&store, "team", &alice, &[bob.clone(), carol.clone()], 100).await;
    let timeline = TimelineId::Group(group.number);
    let of_group = ConversationId::Group(group.group.id.clone());
    let say = async |random, need_read_receipt| {
        let flags = MessageFlags {
            need_read_receipt,
            ..Default::default()
        };
        let message = Message {
            flags,
            ..message(&alice, Target::Group(group.group.id.clone()), random)
        };
        match store.append_message(timeline, message).await.unwrap().value {
            Appended::New(message) => message,
            Appended::Repeat(_) => panic!("a repeat"),
        }
    };
    let (wanting, plain, revoked) = (say(1, true).await, say(2, false).await, say(3, true).await);
    let _ = store
        .revoke_message(timeline, revoked.sequence, &alice)
        .await
        .unwrap();
    add(&store, group.number, &[&late]).await;
    let all = vec![
        wanting.sequence,
        plain.sequence,
        revoked.sequence,
        Sequence(77),
        wanting.sequence,
    ];
    let give = async |reader: &Account| {
        let nothing = Box::new(|_: &ReceiptsPut| Vec::new());
        let put = store
            .put_receipts(reader, &of_group, all.clone(), NOW, nothing)
            .await;
        put.unwrap().map(|it| it.value.done)
    };
    let readers = async |unread| {
        let mut users = Vec::new();
        let mut after = 0;
        loop {
            let page = store
                .list_readers(&alice, &of_group, wanting.sequence, unread, after, 1)
                .await
                .unwrap()
                .unwrap();
            assert!(page.users.len() <= 1);
            users.extend(page.users);
            match page.next {
                Some(next) => after = next,
                None => return users,
            }
        }
    };
    assert_eq!(readers(true).await, [bob.user_id.clone(), carol.user_id.clone()]);
    for (reader, read_count) in [(&bob, 1), (&carol, 2)] {
        let done = give(reader).await.unwrap();
        assert_eq!((done.wanted, done.given.len()), (1, 1));
        let (sender, receipt) = done.given[0];
        assert_eq!(
            (sender, receipt.key, receipt.sequence),
            (alice.id, wanting.key, wanting.sequence)
        );
        assert_eq!(
            (receipt.read_count, receipt.unread_count),
            (read_count, 2 - read_count)
        );
        let again = give(reader).await.unwrap();
        assert_eq!((again.wanted, again.given.len()), (1, 0));
    }
    assert_eq!(readers(false).await, [bob.user_id.clone(), carol.user_id.clone()]);
    assert_eq!(readers(true).await, []);
    let own = give(&alice).await.unwrap();
    assert_eq!((own.wanted, own.given.len()), (0, 0));
    let joined_later = give(&late).await.unwrap();
    assert_eq!(
        (joined_later.wanted, joined_later.given.len()),
        (0, 0),
        "it cannot see it"
    );

    let listed = store
        .list_receipts(&alice, &of_group, &all[..4])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].read_count, listed[0].unread_count), (2, 0));
    assert_eq!(
        store.list_receipts(&bob, &of_group, &all).await.unwrap(),
        Some(Vec::new())
    );
    assert_eq!(store.list_receipts(&bob, &c2c(&alice), &all).await.unwrap(), None);
    let foreign = store
        .list_readers(&bob, &of_group, wanting.sequence, false, 0, 10)
        .await;
    assert_eq!(foreign.unwrap(), None);
}

/// Conversations whose count is not what a recount of the timeline gives.
async fn recounted_wrong(store: &TestStore, account: &Account) -> Vec<(ConversationId, u64, u64)> {
    let mut wrong = Vec::new();
    for state in store
        .list_conversations(account, Timestamp(0), 100)
        .await
        .unwrap()
    {
        let readable = store.find_readable(account, &state.id).await.unwrap().unwrap();
        let all = store.list_messages(readable, Sequence(0), 1000).await.unwrap();
        let unread = all
            .iter()
            .filter(|it| it.sequence > state.read && it.key.account != account.id)
            .filter(|it| it.counts_as_unread())
            .count() as u64;
        if unread != state.unread_count {
            wrong.push((state.id, state.unread_count, unread));
        }
    }
    wrong
}

async fn unread(store: &TestStore, account: &Account) -> Vec<(ConversationId, u64)> {
    let list = store
        .list_conversations(account, Timestamp(0), 100)
        .await
        .unwrap();
    let mut counts: Vec<_> = list.into_iter().map(|it| (it.id, it.unread_count)).collect();
    counts.sort();
    counts
}

async fn read_all(store: &TestStore, account: &Account, scope: ReadScope) -> Written<Vec<MarkedOne>> {
    let me = account.id;
    let consequences: Consequences<Vec<MarkedOne>> = Box::new(move |moved| {
        let marks = moved.iter().map(|it| ReadMark {
            conversation: it.conversation.clone(),
            sequence: it.read,
            time: NOW,
        });
        vec![Entry::Event(me, AccountChange::AllRead(marks.collect()))]
    });
    store
        .mark_all_read(account, scope, consequences)
        .await
        .unwrap()
        .value
}
