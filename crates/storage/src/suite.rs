//! What every store promises, as tests: each function takes a fresh store, and [`store_suite`] runs all of them against
//! one kind of store with one line.

mod files;
mod messages;
mod reading;
mod settings;

use std::sync::Arc;

use bytes::Bytes;
use hongyan_protocol::body::Body;
use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::group::{GroupType, JoinOption, LeaveReason, Role};
use hongyan_protocol::id::*;
use hongyan_protocol::message::{ChangeKind, Message, MessageFlags, MessageKey, Priority, Target};
use hongyan_protocol::platform::{KickReason, Platform};
use hongyan_protocol::profile::ProfileChange;
use hongyan_protocol::{limits, wire};
use parking_lot::Mutex;

use crate::model::*;
use crate::store::Store;
use crate::turn::Turn;
pub(crate) use files::*;
pub(crate) use settings::*;

/// Runs the suite: `store_suite!(name, (store, what must live as long))`, made anew
/// for each test.
macro_rules! store_suite {
    ($name:ident, $fresh:expr) => {
        mod $name {
            use super::*;
            $crate::suite::tests_of_the_suite!(($fresh));
        }
    };
}
pub(crate) use store_suite;

/// One test function for each of the suite's functions.
macro_rules! tests_of_the_suite {
    ($fresh:tt) => {
        $crate::suite::tests_of_the_suite!($fresh
            apps_and_settings_are_kept_and_changed
            an_account_is_made_once_and_found_by_parts_of_its_name
            a_ticket_that_was_withdrawn_registers_nothing_and_kicks_nobody
            a_profile_is_changed_and_heard_of_by_those_who_talk_with_it
            a_resend_gets_the_first_answer_and_creates_nothing
            a_message_reads_back_as_it_was_sent_with_the_names_of_today
            all_readers_see_one_order_without_gaps
            turns_run_in_the_order_of_versions_under_concurrent_appends
            events_are_numbered_one_apart_under_concurrent_writers
            a_revoked_message_stays_as_revoked_and_is_one_change
            history_is_paged_backwards
            changes_are_paged_and_name_each_message_once
            a_reader_too_far_behind_starts_anew
            a_read_mark_moves_forward_only_and_never_beyond_the_newest
            a_conversation_shows_its_newest_message_that_may_be_shown
            conversations_are_paged_by_recency
            unread_counts_equal_a_recount
            what_expired_is_read_hidden_and_removed_and_counts_stay_right
            history_is_read_from_any_place_both_ways
            a_receipt_is_given_once_and_counts_are_what_the_lists_hold
            a_scope_is_read_at_once_and_only_what_moved_is_told
            unread_counts_equal_a_recount_under_readers_side_by_side
            a_login_beyond_the_limit_kicks_the_oldest
            concurrent_logins_never_exceed_the_limit
            a_resumed_instance_keeps_its_place_and_a_kicked_one_hears_of_it
            kicked_instances_are_forgotten_after_a_week
            a_blacklist_keeps_its_order_and_its_limit
            a_group_lives_from_creation_to_dissolution
            a_group_takes_no_more_than_its_limit
            what_one_account_does_is_committed_in_the_order_in_which_it_was_done
            a_group_id_stays_taken
            who_joins_sees_what_comes_and_nothing_old_is_unread
            a_wish_to_join_is_answered_once
            settings_are_kept_for_one_account_and_counted_by_revision
            pinned_conversations_are_in_the_snapshot_however_old_and_at_most_50
            conversation_groups_are_at_most_20_and_renaming_and_removing_reach_all_in_them
            a_deleted_conversation_is_gone_until_something_is_said
            who_leaves_a_group_leaves_its_settings_and_never_sees_a_revision_twice
            a_snapshot_holds_all_that_an_instance_begins_with
            who_catches_up_gets_exactly_what_was_missed
            who_is_further_behind_than_the_log_reloads
            a_modification_names_the_one_before_it_and_is_one_change
            what_an_account_deleted_is_in_nothing_that_it_reads
            a_cleared_history_is_hidden_from_one_account_and_goes_on_with_the_next_message
            a_targeted_message_is_read_by_its_receivers_and_its_sender
            extensions_are_told_to_who_was_away_removed_ones_too
            merged_messages_are_kept_part_by_part
            an_operation_that_panics_leaves_the_others_alone
            an_operation_that_fails_halfway_leaves_no_trace
            files_are_found_counted_and_swept_when_nobody_refers_to_them
            a_profile_and_a_group_keep_the_files_that_they_link_to_now
            a_modified_message_keeps_the_files_that_it_links_to_now
            merged_messages_and_their_files_are_kept_for_as_long_as_a_copy_is_there
            merged_messages_of_another_app_or_too_young_are_left_alone
            a_file_is_kept_for_as_long_as_a_message_of_its_app_refers_to_it
            a_closed_store_says_so
        );
    };
    (($fresh:expr) $($test:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let (store, _kept) = $fresh;
                $crate::suite::$test(store).await;
            }
        )*
    };
}
pub(crate) use tests_of_the_suite;

pub(crate) use messages::*;
pub(crate) use reading::*;

type TestStore = Arc<dyn Store>;

pub(crate) const APP: SdkAppId = SdkAppId(1_400_000_001);
const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) async fn apps_and_settings_are_kept_and_changed(store: TestStore) {
    let mut app = App {
        id: APP,
        name: "first".into(),
        key: AppKey("key".into()),
        created: NOW,
        settings: AppSettings::default(),
    };
    store.put_app(app.clone()).await.unwrap();
    let other = App {
        id: SdkAppId(2),
        created: NOW.plus_ms(1),
        ..app.clone()
    };
    store.put_app(other.clone()).await.unwrap();
    assert!(store.put_app(other.clone()).await.is_err());
    app.name = "renamed".into();
    app.key = AppKey("rotated".into());
    app.settings = AppSettings {
        web_instances: 3,
        platform_policy: PlatformPolicy::Dual,
        revoke_limit_s: 60,
        blocked_sender: BlockedSender::Pretend,
        upload_mb: 7,
        upload_day_mb: 0,
        receipt_groups: ReceiptGroups {
            meeting: false,
            ..ReceiptGroups::ALL
        },
        receipt_members_max: 50,
        history_days: 30,
    };
    store.update_app(app.clone()).await.unwrap();
    assert_eq!(store.find_app(APP).await.unwrap(), Some(app.clone()));
    assert_eq!(store.list_apps().await.unwrap(), [app, other.clone()]);
    assert_eq!(store.find_app(SdkAppId(3)).await.unwrap(), None);
    assert!(
        store
            .update_app(App {
                id: SdkAppId(3),
                ..other
            })
            .await
            .is_err()
    );

    assert_eq!(store.find_setting("password").await.unwrap(), None);
    for value in ["one", "two"] {
        store.put_setting("password", value.into()).await.unwrap();
        assert_eq!(
            store.find_setting("password").await.unwrap().as_deref(),
            Some(value)
        );
    }
    assert_eq!(store.totals().await.unwrap().apps, 2);
}

pub(crate) async fn an_account_is_made_once_and_found_by_parts_of_its_name(store: TestStore) {
    for name in ["alice", "bob", "carol_1", "carol-2"] {
        assert!(store.put_account(APP, &user(name), NOW).await.unwrap());
        assert!(!store.put_account(APP, &user(name), NOW).await.unwrap());
    }
    assert!(store.put_account(SdkAppId(2), &user("alice"), NOW).await.unwrap());
    let alice = account(&store, "alice").await;
    rename(&store, &alice, "Wonder 爱丽丝").await;
    let found = async |query: &str, after: &str, limit| {
        let found = store.list_accounts(APP, query, after, limit).await.unwrap();
        found
            .into_iter()
            .map(|it| it.account.user_id.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("", "", 10).await, ["alice", "bob", "carol-2", "carol_1"]);
    assert_eq!(found("", "alice", 2).await, ["bob", "carol-2"]);
    assert_eq!(found("_1", "", 10).await, ["carol_1"]);
    assert_eq!(found("%", "", 10).await, Vec::<String>::new());
    assert_eq!(found("爱丽", "", 10).await, ["alice"]);
    assert_eq!(store.count_accounts(APP).await.unwrap(), 4);
    assert_eq!(store.totals().await.unwrap().accounts, 5);
    assert_eq!(store.find_account(APP, &user("nobody")).await.unwrap(), None);

    store.put_sigs_after(alice.id, NOW).await.unwrap();
    let record = store.find_account(APP, &user("alice")).await.unwrap().unwrap();
    assert_eq!(
        (record.created, record.sigs_after, record.last_login),
        (NOW, NOW, Timestamp(0))
    );
}

/// Contract C7.
pub(crate) async fn a_ticket_that_was_withdrawn_registers_nothing_and_kicks_nobody(store: TestStore) {
    let alice = account(&store, "alice").await;
    log_in(&store, "alice", 1, 0, 1).await;
    // Tickets of the suite are of this moment; from here on they are too old.
    store.put_sigs_after(alice.id, NOW.plus_ms(1)).await.unwrap();
    for resume in [false, true] {
        for number in [1, 2] {
            let came = register(&store, "alice", number, 5, resume, 1).await;
            assert_eq!(came, Registered::Withdrawn);
        }
    }
    let there = store.list_instances(alice.id).await.unwrap();
    assert_eq!(there.iter().map(|it| it.id).collect::<Vec<_>>(), [instance(1)]);
    store.put_sigs_after(alice.id, NOW).await.unwrap();
    assert!(matches!(
        register(&store, "alice", 2, 6, false, 1).await,
        Registered::In { .. }
    ));
}

pub(crate) async fn a_profile_is_changed_and_heard_of_by_those_who_talk_with_it(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    send(&store, &alice, &bob, 1).await;
    send(&store, &carol, &alice, 1).await;
    send(&store, &alice, &alice, 2).await;
    let change = ProfileChange::parse(wire::UpdateProfile {
        nick: Some("Ali".into()),
        ..Default::default()
    })
    .unwrap();
    let written = store
        .put_profile(
            &alice,
            change,
            NOW,
            Box::new(|(profile, peers)| {
                peers
                    .iter()
                    .map(|peer| Entry::Event(*peer, AccountChange::Profile(profile.clone())))
                    .collect()
            }),
        )
        .await
        .unwrap()
        .value;
    assert_eq!((written.done.nick.as_str(), written.done.updated), ("Ali", NOW));
    let mut heard: Vec<AccountId> = written
        .entered
        .iter()
        .map(|it| match it {
            Entered::Event(account, event) => {
                assert_eq!(event.pts, Pts(1));
                *account
            }
            Entered::Message(..) => panic!("a message"),
        })
        .collect();
    heard.sort();
    assert_eq!(heard, [bob.id, carol.id]);
    let asked = [user("nobody"), user("bob"), user("alice")];
    let profiles = store.list_profiles(APP, &asked).await.unwrap();
    let shown: Vec<_> = profiles
        .iter()
        .map(|it| (it.user_id.as_str(), it.nick.as_str()))
        .collect();
    assert_eq!(shown, [("bob", ""), ("alice", "Ali")]);
}

/// Contract C2.
pub(crate) async fn a_resend_gets_the_first_answer_and_creates_nothing(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(bob.id, alice.id);
    let first = send(&store, &alice, &bob, 7).await;
    send(&store, &alice, &bob, 8).await;
    let resend = Message {
        time: NOW.plus_ms(99_000),
        ..message(&alice, to_user(&bob), 7)
    };
    // Several at once, as when a client is impatient.
    let again = futures_of((0..4).map(|_| store.append_message(timeline, resend.clone()))).await;
    for appended in again {
        assert_eq!(appended.unwrap().value, Appended::Repeat(first.clone()));
    }
    // The same number drawn by somebody else is another message.
    let other = send(&store, &bob, &alice, 7).await;
    assert_eq!(
        (first.sequence, other.sequence, other.version),
        (Sequence(1), Sequence(3), Version(3))
    );
    assert_eq!(store.totals().await.unwrap().messages, 3);
    // Nor does a key that is taken begin a conversation with somebody else.
    let [carol] = accounts(&store, ["carol"]).await;
    let elsewhere = Message {
        to: to_user(&carol),
        ..resend
    };
    let new = TimelineId::c2c(alice.id, carol.id);
    let answer = store.append_message(new, elsewhere).await.unwrap();
    assert_eq!(answer.value, Appended::Repeat(first));
    let conversations = store.list_conversations(&carol, Timestamp(0), 10).await.unwrap();
    assert_eq!(conversations, []);
}

pub(crate) async fn a_message_reads_back_as_it_was_sent_with_the_names_of_today(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let sent = Message {
        body: Body::trusted(Bytes::from_static(b"\x0a\x03abc")),
        priority: Priority::High,
        flags: MessageFlags {
            no_unread: true,
            no_last_message: false,
            need_read_receipt: true,
            support_extension: false,
            is_targeted: false,
        },
        cloud_custom_data: "自定义".into(),
        ..message(&bob, to_user(&alice), 1)
    };
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let _ = store.append_message(timeline, sent.clone()).await.unwrap();
    rename(&store, &bob, "Bobby").await;
    let expected = Message {
        sequence: Sequence(1),
        version: Version(1),
        nick: "Bobby".into(),
        ..sent
    };
    assert_eq!(
        store.find_message(timeline, Sequence(1)).await.unwrap(),
        Some(expected)
    );
    assert_eq!(store.find_message(timeline, Sequence(2)).await.unwrap(), None);
    assert_eq!(
        store
            .find_message(TimelineId::System(bob.id), Sequence(1))
            .await
            .unwrap(),
        None
    );

    let notice = Message {
        key: MessageKey {
            account: AccountId(0),
            client_time_s: 1,
            random: 1,
        },
        from: user(SYSTEM),
        to: Target::System(alice.user_id.clone()),
        ..message(&alice, to_user(&bob), 1)
    };
    let _ = store
        .append_message(TimelineId::System(alice.id), notice.clone())
        .await
        .unwrap();
    let expected = Message {
        sequence: Sequence(1),
        version: Version(1),
        ..notice
    };
    let conversation = store
        .find_conversation(&alice, &ConversationId::System)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(conversation.last_message, Some(expected));
    assert_eq!(
        store
            .find_conversation(&bob, &ConversationId::System)
            .await
            .unwrap(),
        None
    );
}

/// Contract C3.
pub(crate) async fn all_readers_see_one_order_without_gaps(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    futures_of((0..100).map(|number| {
        let (from, to) = if number % 2 == 0 {
            (&alice, &bob)
        } else {
            (&bob, &alice)
        };
        store.append_message(timeline, message(from, to_user(to), number))
    }))
    .await;
    let readable = store.find_readable(&alice, &c2c(&bob)).await.unwrap().unwrap();
    let of_bob = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    assert_eq!(
        (readable.timeline, readable.first),
        (of_bob.timeline, of_bob.first)
    );
    let seen = store.list_messages(readable, Sequence(0), 1000).await.unwrap();
    let sequences: Vec<u64> = seen.iter().map(|it| it.sequence.0).collect();
    assert_eq!(sequences, (1..=100).collect::<Vec<_>>());
    // Submitted in one thread's order, they were committed in it.
    let sent: Vec<u32> = seen.iter().map(|it| it.key.random).collect();
    assert_eq!(sent, (0..100).collect::<Vec<_>>());
}

/// Contract C4.
pub(crate) async fn turns_run_in_the_order_of_versions_under_concurrent_appends(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let (store, seen) = (store.clone(), seen.clone());
            let message = message(&alice, to_user(&bob), number);
            tokio::spawn(async move {
                let committed = store.append_message(timeline, message).await.unwrap();
                let Appended::New(message) = committed.value else {
                    panic!("a repeat")
                };
                // Some take their turn late, and one in seven never.
                if number % 3 == 0 {
                    tokio::task::yield_now().await;
                }
                match number % 7 {
                    0 => drop(committed.turn),
                    _ => committed.turn.run(move || seen.lock().push(message.version)),
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let seen = seen.lock().clone();
    assert_eq!(seen.len(), (0..100).filter(|it| it % 7 != 0).count());
    assert!(seen.is_sorted(), "out of order: {seen:?}");
}

/// Contract C4.
pub(crate) async fn events_are_numbered_one_apart_under_concurrent_writers(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    for number in 0..50 {
        send(&store, &bob, &alice, number).await;
    }
    let tasks: Vec<_> = (1..=50)
        .map(|sequence| {
            let (store, alice, conversation) = (store.clone(), alice.clone(), c2c(&bob));
            tokio::spawn(async move { mark_read(&store, &alice, &conversation, sequence).await })
        })
        .collect();
    let mut given = Vec::new();
    for task in tasks {
        given.extend(task.await.unwrap().entered.into_iter().map(|it| match it {
            Entered::Event(_, event) => event.pts.0,
            Entered::Message(..) => panic!("a message"),
        }));
    }
    given.sort_unstable();
    assert!(!given.is_empty());
    assert_eq!(given, (1..=given.len() as u64).collect::<Vec<_>>());
    let CatchUp::Missed { pts, events, .. } = store
        .catch_up(&alice, Pts(0), Vec::new(), Timestamp(0))
        .await
        .unwrap()
    else {
        panic!("a reload");
    };
    assert_eq!(pts.0, given.len() as u64);
    assert_eq!(events.iter().map(|it| it.pts.0).collect::<Vec<_>>(), given);
}

pub(crate) async fn a_revoked_message_stays_as_revoked_and_is_one_change(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    send(&store, &alice, &bob, 1).await;
    send(&store, &alice, &bob, 2).await;
    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    let Revoked::Done(revoked, Seen::All) = store
        .revoke_message(timeline, Sequence(1), &alice)
        .await
        .unwrap()
        .value
    else {
        panic!("not done");
    };
    assert_eq!(
        (revoked.version, revoked.revoker.as_ref()),
        (Version(3), Some(&alice.user_id))
    );
    for (sequence, expected) in [(1, Revoked::Already), (3, Revoked::Missing)] {
        let done = store
            .revoke_message(timeline, Sequence(sequence), &alice)
            .await
            .unwrap();
        assert_eq!(done.value, expected);
    }
    let nowhere = store
        .revoke_message(TimelineId::System(bob.id), Sequence(1), &alice)
        .await;
    assert_eq!(nowhere.unwrap().value, Revoked::Missing);
    let changes = store
        .list_changes(readable, Version(2), Sequence(2), 10)
        .await
        .unwrap();
    assert_eq!(
        (changes.version, changes.complete, changes.too_far),
        (Version(3), true, false)
    );
    assert_eq!(changes.changes.len(), 1);
    assert_eq!(changes.changes[0].kind, ChangeKind::Revoked);
    assert_eq!(changes.changes[0].message, revoked);
    let page = store.list_messages(readable, Sequence(0), 10).await.unwrap();
    assert_eq!(page[0], revoked);
    // The next append goes on from there.
    let next = send(&store, &bob, &alice, 3).await;
    assert_eq!((next.sequence, next.version), (Sequence(3), Version(4)));
}

pub(crate) async fn history_is_paged_backwards(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    for number in 0..25 {
        send(&store, &alice, &bob, number).await;
    }
    // A neighbour in the table.
    send(&store, &bob, &bob, 1).await;
    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    let page = async |readable: Readable, before: u64| -> Vec<u64> {
        let page = store.list_messages(readable, Sequence(before), 10).await.unwrap();
        page.iter().map(|it| it.sequence.0).collect()
    };
    assert_eq!(page(readable, 0).await, (16..=25).collect::<Vec<_>>());
    assert_eq!(page(readable, 16).await, (6..=15).collect::<Vec<_>>());
    assert_eq!(page(readable, 6).await, (1..=5).collect::<Vec<_>>());
    assert_eq!(page(readable, 1).await, Vec::<u64>::new());
    let late = Readable {
        first: Sequence(24),
        ..readable
    };
    assert_eq!(page(late, 0).await, [24, 25]);
    assert_eq!(page(readable, u64::MAX).await, (16..=25).collect::<Vec<_>>());
}

pub(crate) async fn changes_are_paged_and_name_each_message_once(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    for number in 0..6 {
        send(&store, &alice, &bob, number).await;
    }
    for sequence in [2, 5] {
        let _ = store
            .revoke_message(timeline, Sequence(sequence), &alice)
            .await
            .unwrap();
    }
    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    // Whoever held 1 to 3 and pages by two.
    let (mut version, mut sequence, mut seen) = (Version(3), Sequence(3), Vec::new());
    loop {
        let page = store.list_changes(readable, version, sequence, 2).await.unwrap();
        for change in &page.changes {
            sequence = sequence.max(change.message.sequence);
            seen.push((change.message.version.0, change.message.sequence.0, change.kind));
        }
        version = page.version;
        if page.complete {
            break;
        }
    }
    use ChangeKind::{Appended, Revoked};
    assert_eq!(
        seen,
        [
            (4, 4, Appended),
            (6, 6, Appended),
            (7, 2, Revoked),
            (8, 5, Revoked)
        ]
    );
    assert_eq!(version, Version(8));
    let none = store.list_changes(readable, version, sequence, 2).await.unwrap();
    assert_eq!(
        (none.changes.len(), none.version, none.complete),
        (0, Version(8), true)
    );
    // What an account may not see is passed over, and counts as seen.
    let late = Readable {
        first: Sequence(5),
        ..readable
    };
    let changes = store
        .list_changes(late, Version(0), Sequence(0), 10)
        .await
        .unwrap();
    assert_eq!(
        changes
            .changes
            .iter()
            .map(|it| it.message.sequence.0)
            .collect::<Vec<_>>(),
        [6, 5]
    );
    assert_eq!(changes.version, Version(8));
}

pub(crate) async fn a_reader_too_far_behind_starts_anew(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let count = limits::CHANGES_REPLAYED_MAX as u32 + 1;
    futures_of(
        (0..count).map(|number| store.append_message(timeline, message(&alice, to_user(&bob), number))),
    )
    .await;
    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    let after = async |version, sequence| {
        store
            .list_changes(readable, Version(version), Sequence(sequence), 200)
            .await
            .unwrap()
    };
    let behind = after(0, 0).await;
    assert_eq!((behind.too_far, behind.changes.len()), (true, 0));
    let just = after(1, 1).await;
    assert_eq!(
        (just.too_far, just.complete, just.changes.len()),
        (false, false, 200)
    );
    // It comes from a store that was lost.
    assert!(after(u64::from(count) + 1, 1).await.too_far);
    assert!(after(1, u64::MAX).await.too_far);
}

pub(crate) async fn a_read_mark_moves_forward_only_and_never_beyond_the_newest(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    for number in 0..5 {
        send(&store, &alice, &bob, number).await;
    }
    for (sequence, moved, read, unread_count) in [
        (3, true, 3, 2),
        (3, false, 3, 2),
        (1, false, 3, 2),
        (99, true, 5, 0),
        (0, false, 5, 0),
    ] {
        let written = mark_read(&store, &bob, &c2c(&alice), sequence).await;
        assert_eq!(
            written.done,
            MarkedRead {
                moved,
                read: Sequence(read),
                unread_count
            }
        );
        assert_eq!(written.entered.len(), usize::from(moved));
    }
    let state = store
        .find_conversation(&alice, &c2c(&bob))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((state.read, state.peer_read), (Sequence(0), Sequence(5)));
    let none = store
        .mark_read(&bob, &c2c(&carol), Sequence(1), NOW, Box::new(|_| Vec::new()))
        .await
        .unwrap();
    assert!(none.is_none());
}

pub(crate) async fn a_conversation_shows_its_newest_message_that_may_be_shown(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let state = async || store.find_conversation(&bob, &c2c(&alice)).await.unwrap();
    assert_eq!(state().await, None);
    let hidden = |random| Message {
        flags: MessageFlags {
            no_last_message: true,
            ..Default::default()
        },
        time: NOW.plus_ms(5000),
        ..message(&alice, to_user(&bob), random)
    };
    let _ = store.append_message(timeline, hidden(1)).await.unwrap();
    let empty = state().await.unwrap();
    assert_eq!((empty.last_message, empty.active), (None, NOW.plus_ms(5000)));
    let shown = send(&store, &alice, &bob, 2).await;
    let _ = store.append_message(timeline, hidden(3)).await.unwrap();
    let now = state().await.unwrap();
    assert_eq!(
        (now.last_message.as_ref(), now.active),
        (Some(&shown), shown.time)
    );
    assert_eq!(
        (now.last_sequence, now.version, now.unread_count),
        (Sequence(3), Version(3), 3)
    );
    assert_eq!(now.peer.map(|it| it.user_id), Some(alice.user_id.clone()));
    let _ = store
        .revoke_message(timeline, shown.sequence, &alice)
        .await
        .unwrap();
    let now = state().await.unwrap();
    assert_eq!(
        now.last_message.and_then(|it| it.revoker),
        Some(alice.user_id.clone())
    );
    assert_eq!((now.version, now.unread_count), (Version(4), 2));
}

pub(crate) async fn conversations_are_paged_by_recency(store: TestStore) {
    let me = account(&store, "me").await;
    let mut peers = Vec::new();
    for number in 0..7 {
        let peer = account(&store, &format!("peer{number}")).await;
        // Three in the same millisecond.
        let time = NOW.plus_ms(if (2..5).contains(&number) { 2 } else { number });
        let message = Message {
            time,
            ..message(&peer, to_user(&me), 1)
        };
        let _ = store
            .append_message(TimelineId::c2c(me.id, peer.id), message)
            .await
            .unwrap();
        peers.push(peer);
    }
    let (mut before, mut seen) = (Timestamp(0), Vec::new());
    loop {
        let page = store.list_conversations(&me, before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = last.active;
        seen.extend(page.iter().map(|it| it.id.clone()));
    }
    let expected: Vec<_> = peers.iter().rev().map(c2c).collect();
    assert_eq!(seen, expected);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Append { by: usize, counted: bool },
    Read { by: usize, up_to: u64 },
    Revoke { sequence: u64 },
    Delete { by: usize, sequence: u64 },
    Clear { by: usize },
}

/// Contract C5.
pub(crate) async fn unread_counts_equal_a_recount(store: TestStore) {
    use proptest::prelude::*;
    let step = prop_oneof![
        4 => (0..2_usize, any::<bool>()).prop_map(|(by, counted)| Step::Append { by, counted }),
        1 => (0..2_usize, 0..25_u64).prop_map(|(by, up_to)| Step::Read { by, up_to }),
        1 => (1..25_u64).prop_map(|sequence| Step::Revoke { sequence }),
        1 => (0..2_usize, 1..25_u64).prop_map(|(by, sequence)| Step::Delete { by, sequence }),
        1 => (0..2_usize).prop_map(|by| Step::Clear { by }),
    ];
    let config = proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(24)
    };
    let cases = std::sync::atomic::AtomicU32::new(0);
    let runtime = tokio::runtime::Handle::current();
    let result = tokio::task::block_in_place(|| {
        proptest::test_runner::TestRunner::new(config).run(&proptest::collection::vec(step, 0..30), |steps| {
            let case = cases.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            runtime.block_on(recount(&store, case, &steps));
            Ok(())
        })
    });
    result.unwrap();
}

async fn recount(store: &TestStore, case: u32, steps: &[Step]) {
    let names = [
        format!("one{case}"),
        format!("other{case}"),
        format!("late{case}"),
    ];
    let [one, other, late] = accounts(store, [names[0].as_str(), &names[1], &names[2]]).await;
    let group = create(
        store,
        &format!("group{case}"),
        &one,
        std::slice::from_ref(&other),
        10,
    )
    .await;
    let timelines = [TimelineId::c2c(one.id, other.id), TimelineId::Group(group.number)];
    let of_group = ConversationId::Group(group.group.id.clone());
    let members = [&one, &other];
    for (number, step) in steps.iter().enumerate() {
        if number == steps.len() / 2 {
            add(store, group.number, &[&late]).await;
        }
        for timeline in timelines {
            let of_other = |by: usize| match timeline {
                TimelineId::Group(_) => of_group.clone(),
                _ => c2c(members[1 - by]),
            };
            match *step {
                Step::Append { by, counted } => {
                    let target = match timeline {
                        TimelineId::Group(_) => Target::Group(group.group.id.clone()),
                        _ => to_user(members[1 - by]),
                    };
                    let random = 2 * number as u32 + u32::from(timeline == timelines[0]);
                    let message = Message {
                        flags: MessageFlags {
                            no_unread: !counted,
                            ..Default::default()
                        },
                        ..message(members[by], target, random)
                    };
                    let _ = store.append_message(timeline, message).await.unwrap();
                }
                Step::Read { by, up_to } => {
                    let _ = store
                        .mark_read(
                            members[by],
                            &of_other(by),
                            Sequence(up_to),
                            NOW,
                            Box::new(|_| Vec::new()),
                        )
                        .await
                        .unwrap();
                }
                Step::Revoke { sequence } => {
                    let _ = store
                        .revoke_message(timeline, Sequence(sequence), &one)
                        .await
                        .unwrap();
                }
                Step::Delete { by, sequence } => {
                    let sequences = vec![Sequence(sequence)];
                    let _ = store
                        .delete_messages(members[by], &of_other(by), sequences, Box::new(|_| Vec::new()))
                        .await
                        .unwrap();
                }
                Step::Clear { by } => {
                    let _ = store
                        .clear_history(members[by], &of_other(by), Box::new(|_| Vec::new()))
                        .await
                        .unwrap();
                }
            }
        }
        // Each time: what was counted before a step is not to be told after it.
        compare_with_a_recount(store, [&one, &other, &late]).await;
    }
}

async fn compare_with_a_recount(store: &TestStore, accounts: [&Account; 3]) {
    for account in accounts {
        for state in store.list_conversations(account, Timestamp(0), 10).await.unwrap() {
            let readable = store.find_readable(account, &state.id).await.unwrap().unwrap();
            let all = store.list_messages(readable, Sequence(0), 1000).await.unwrap();
            let unread = all
                .iter()
                .filter(|it| it.sequence > state.read && it.key.account != account.id)
                .filter(|it| it.counts_as_unread())
                .count();
            assert_eq!(
                state.unread_count, unread as u64,
                "{} in {}",
                account.user_id, state.id
            );
        }
    }
}

/// Contract C6.
pub(crate) async fn a_login_beyond_the_limit_kicks_the_oldest(store: TestStore) {
    let (first, created) = log_in(&store, "alice", 1, 0, 2).await;
    assert!(created && first.is_empty());
    assert_eq!(log_in(&store, "alice", 2, 1, 2).await, (vec![], false));
    let (kicked, _) = log_in(&store, "alice", 3, 2, 2).await;
    assert_eq!(kicked, [(instance(1), KickReason::MultipleAccount)]);
    // Another account is not concerned.
    assert_eq!(log_in(&store, "bob", 9, 2, 2).await, (vec![], true));
    let alice = account(&store, "alice").await;
    let there = store.list_instances(alice.id).await.unwrap();
    assert_eq!(
        there.iter().map(|it| it.id).collect::<Vec<_>>(),
        [instance(2), instance(3)]
    );
    assert_eq!(
        (there[0].since, there[0].platform),
        (NOW.plus_ms(1), Platform::Web)
    );
    store.remove_instance(alice.id, instance(2)).await.unwrap();
    store
        .kick_instances(alice.id, vec![(instance(3), KickReason::RestApi)])
        .await
        .unwrap();
    assert_eq!(store.list_instances(alice.id).await.unwrap(), []);
    let record = store.find_account(APP, &alice.user_id).await.unwrap().unwrap();
    assert_eq!(record.last_login, NOW.plus_ms(2));
}

/// Contract C6.
pub(crate) async fn concurrent_logins_never_exceed_the_limit(store: TestStore) {
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { log_in(&store, "alice", number, 0, 3).await })
        })
        .collect();
    let (mut kicked, mut created_count) = (Vec::new(), 0);
    for task in tasks {
        let (gone, created) = task.await.unwrap();
        kicked.extend(gone.into_iter().map(|(id, _)| id));
        created_count += usize::from(created);
    }
    let alice = account(&store, "alice").await;
    let there = store.list_instances(alice.id).await.unwrap();
    assert_eq!((there.len(), kicked.len(), created_count), (3, 37, 1));
    kicked.extend(there.iter().map(|it| it.id));
    kicked.sort();
    kicked.dedup();
    assert_eq!(kicked.len(), 40, "each is either in or was kicked, once");
}

/// Contract C6.
pub(crate) async fn a_resumed_instance_keeps_its_place_and_a_kicked_one_hears_of_it(store: TestStore) {
    log_in(&store, "alice", 1, 0, 2).await;
    log_in(&store, "alice", 2, 10, 2).await;
    let alice = account(&store, "alice").await;
    let resume = async |number, after_ms| register(&store, "alice", number, after_ms, true, 2).await;
    assert!(matches!(
        resume(1, 20).await,
        Registered::In { created: false, .. }
    ));
    let there = store.list_instances(alice.id).await.unwrap();
    assert_eq!(
        (there[0].id, there[0].since),
        (instance(1), NOW),
        "it did not become younger"
    );
    log_in(&store, "alice", 3, 30, 2).await;
    for _ in 0..2 {
        assert_eq!(
            resume(1, 40).await,
            Registered::WasKicked(KickReason::MultipleAccount)
        );
    }
    assert_eq!(
        store.list_instances(alice.id).await.unwrap().len(),
        2,
        "who was kicked kicks nobody"
    );
    // By its own wish it may come in again, and is the youngest then.
    log_in(&store, "alice", 1, 50, 2).await;
    let there = store.list_instances(alice.id).await.unwrap();
    assert_eq!(
        there.iter().map(|it| it.id).collect::<Vec<_>>(),
        [instance(3), instance(1)]
    );
    // One that nobody remembers logs in.
    assert!(matches!(resume(7, 60).await, Registered::In { .. }));
}

pub(crate) async fn kicked_instances_are_forgotten_after_a_week(store: TestStore) {
    const WEEK_MS: u64 = 7 * 24 * 3600 * 1000;
    log_in(&store, "alice", 1, 0, 1).await;
    log_in(&store, "alice", 2, 0, 1).await;
    let alice = account(&store, "alice").await;
    store
        .kick_instances(alice.id, vec![(instance(2), KickReason::RestApi)])
        .await
        .unwrap();
    store.prune(NOW.plus_ms(WEEK_MS)).await.unwrap();
    let resume = async |number| register(&store, "alice", number, 2 * WEEK_MS, true, 5).await;
    assert_eq!(
        resume(1).await,
        Registered::WasKicked(KickReason::MultipleAccount)
    );
    store.prune(NOW.plus_ms(WEEK_MS + 1)).await.unwrap();
    assert!(matches!(resume(1).await, Registered::In { .. }));
    // That one was kicked at a time that nobody named: its week began with the first pruning.
    assert_eq!(resume(2).await, Registered::WasKicked(KickReason::RestApi));
    store.prune(NOW.plus_ms(2 * WEEK_MS + 1)).await.unwrap();
    assert!(matches!(resume(2).await, Registered::In { .. }));
}

pub(crate) async fn a_blacklist_keeps_its_order_and_its_limit(store: TestStore) {
    let [alice, bob, carol, dave] = accounts(&store, ["alice", "bob", "carol", "dave"]).await;
    let block = async |others: Vec<Account>| {
        let consequences: Consequences<BlacklistChanged> = {
            let alice = alice.id;
            Box::new(move |it| {
                vec![Entry::Event(
                    alice,
                    AccountChange::BlacklistAdded(it.changed.clone()),
                )]
            })
        };
        store
            .add_to_blacklist(alice.id, others, NOW, consequences)
            .await
            .unwrap()
            .value
    };
    let first = block(vec![carol.clone(), carol.clone(), bob.clone()]).await;
    assert_eq!(first.done.changed, [user("carol"), user("bob")]);
    let again = block(vec![bob.clone()]).await;
    assert_eq!((again.done.changed.len(), again.entered.len()), (0, 0));
    block(vec![dave.clone(), bob.clone()]).await;
    assert_eq!(
        store.list_blacklist(alice.id).await.unwrap(),
        ["carol", "bob", "dave"].map(user)
    );
    assert!(store.is_blocked(alice.id, bob.id).await.unwrap());
    assert!(!store.is_blocked(bob.id, alice.id).await.unwrap());
    let unblocked = store
        .remove_from_blacklist(
            alice.id,
            vec![alice.clone(), carol.clone()],
            Box::new(|_| Vec::new()),
        )
        .await
        .unwrap();
    assert_eq!(unblocked.value.done.changed, [user("carol")]);

    let mut many = Vec::new();
    for number in 0..limits::BLACKLIST_MAX - 2 {
        let id = user(&format!("many{number}"));
        // Numbers follow each other; only the last account is looked up.
        store.put_account(APP, &id, NOW).await.unwrap();
        many.push(id);
    }
    let base = account(&store, "many0").await;
    let mut many: Vec<Account> = many
        .into_iter()
        .enumerate()
        .map(|(number, user_id)| Account {
            id: AccountId(base.id.0 + number as u64),
            user_id,
            ..base.clone()
        })
        .collect();
    many.push(carol.clone());
    let full = block(many.clone()).await;
    assert_eq!(
        (full.done.full, full.done.changed.len(), full.entered.len()),
        (true, 0, 0)
    );
    assert_eq!(store.list_blacklist(alice.id).await.unwrap().len(), 2);
    many.pop();
    assert!(!block(many).await.done.full);
    assert_eq!(
        store.list_blacklist(alice.id).await.unwrap().len(),
        limits::BLACKLIST_MAX
    );
}

pub(crate) async fn a_group_lives_from_creation_to_dissolution(store: TestStore) {
    let [owner, member, guest] = accounts(&store, ["owner", "member", "guest"]).await;
    let made = create(&store, "g", &owner, std::slice::from_ref(&member), 10).await;
    assert_eq!(
        (made.group.member_count, made.group.owner.as_ref()),
        (2, Some(&owner.user_id))
    );
    assert_eq!(
        store.find_group(APP, &made.group.id).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(store.find_group(SdkAppId(2), &made.group.id).await.unwrap(), None);
    let joined = add(&store, made.number, &[&member, &guest]).await;
    assert_eq!(
        (joined.added, joined.group.group.member_count),
        (vec![guest.clone()], 3)
    );
    let members = store.list_members(made.number).await.unwrap();
    let shown: Vec<_> = members
        .iter()
        .map(|it| (it.account.user_id.as_str(), it.role))
        .collect();
    assert_eq!(
        shown,
        [
            ("owner", Role::Owner),
            ("member", Role::Member),
            ("guest", Role::Member)
        ]
    );
    rename(&store, &member, "M").await;
    let page = store.list_group_members(made.number, 1, 1).await.unwrap();
    assert_eq!((page.len(), page[0].nick.as_str(), page[0].joined), (1, "M", NOW));
    let seen = store.list_groups(guest.id).await.unwrap();
    assert_eq!(
        (seen.len(), seen[0].self_info.as_ref().unwrap().role),
        (1, Role::Member)
    );
    assert_eq!(store.count_groups(guest.id).await.unwrap(), 1);

    let leave = async |account: &Account| {
        let consequences: Consequences<Left> = {
            let (account, group) = (account.id, made.group.id.clone());
            Box::new(move |left| {
                let tip = tip(&group);
                let reason = LeaveReason::Quit;
                assert!(left.member.is_some());
                vec![
                    Entry::Message(TimelineId::Group(left.group.number), tip),
                    Entry::Event(account, AccountChange::GroupLeft { group, reason }),
                ]
            })
        };
        let left = store
            .remove_member(made.number, account.id, LeaveReason::Quit, NOW, consequences)
            .await;
        left.unwrap().unwrap().value
    };
    let left = leave(&guest).await;
    assert_eq!((left.done.group.group.member_count, left.entered.len()), (2, 2));
    assert_eq!(leave(&guest).await.done.member, None);
    let conversation = ConversationId::Group(made.group.id.clone());
    assert_eq!(store.find_readable(&guest, &conversation).await.unwrap(), None);
    assert_eq!(store.find_member(made.number, guest.id).await.unwrap(), None);
    assert_eq!(leave(&owner).await.done.group.group.owner, None);

    let dismiss = async || {
        let done = store.dismiss_group(
            owner.id,
            made.number,
            NOW,
            Box::new(|it| {
                it.members
                    .iter()
                    .map(|member| {
                        Entry::Event(
                            member.id,
                            AccountChange::GroupLeft {
                                group: it.group.group.id.clone(),
                                reason: LeaveReason::Dismissed,
                            },
                        )
                    })
                    .collect()
            }),
        );
        done.await.unwrap().value
    };
    let dismissed = dismiss().await;
    assert_eq!(
        (dismissed.done.members, dismissed.entered.len()),
        (vec![member.clone()], 1)
    );
    let again = dismiss().await;
    assert_eq!(
        (
            again.done.group.dismissed,
            again.done.members.len(),
            again.entered.len()
        ),
        (true, 0, 0)
    );
    assert!(
        store
            .find_group(APP, &made.group.id)
            .await
            .unwrap()
            .unwrap()
            .dismissed
    );
    assert_eq!(store.list_groups(member.id).await.unwrap(), []);
    assert_eq!(
        store.find_conversation(&member, &conversation).await.unwrap(),
        None
    );
    let none = store
        .add_members(guest.id, made.number, vec![guest], NOW, Box::new(|_| Vec::new()))
        .await
        .unwrap();
    assert!(none.is_none());
}

pub(crate) async fn a_group_takes_no_more_than_its_limit(store: TestStore) {
    let [owner, one, two, three] = accounts(&store, ["owner", "one", "two", "three"]).await;
    let group = create(&store, "g", &owner, &[], 3).await;
    let joined = add(&store, group.number, &[&one, &owner, &two, &three]).await;
    assert_eq!((joined.added, joined.refused), (vec![one, two], vec![three]));
    assert_eq!(store.list_members(group.number).await.unwrap().len(), 3);
}

/// Contract C3: also among different kinds of writes, however much others write.
pub(crate) async fn what_one_account_does_is_committed_in_the_order_in_which_it_was_done(store: TestStore) {
    let [owner, guest, other] = accounts(&store, ["owner", "guest", "other"]).await;
    for round in 0..20 {
        let group = create(&store, &format!("g{round}"), &owner, &[], 10).await.number;
        let timeline = TimelineId::Group(group);
        let target = || Target::Group(GroupId::trusted(format!("g{round}")));
        let busy = (0..50).map(|it| {
            let timeline = TimelineId::c2c(other.id, owner.id);
            store.append_message(timeline, message(&other, to_user(&owner), round * 50 + it))
        });
        let busy = futures_of(busy);
        // All of these are submitted before any is answered.
        let early: Vec<_> = (0..8)
            .map(|it| store.append_message(timeline, message(&guest, target(), it)))
            .collect();
        let joined = store.add_members(
            guest.id,
            group,
            vec![guest.clone()],
            NOW,
            Box::new(|_| Vec::new()),
        );
        let said: Vec<_> = (0..8)
            .map(|it| store.append_message(timeline, message(&owner, target(), it)))
            .collect();
        let revoked = store.revoke_message(timeline, Sequence(1), &owner);
        let ended = store.dismiss_group(owner.id, group, NOW, Box::new(|_| Vec::new()));
        let (_, early, joined, said, revoked, ended) =
            tokio::join!(busy, futures_of(early), joined, futures_of(said), revoked, ended);
        let order: Arc<Mutex<Vec<&str>>> = Arc::default();
        let note = |what: &'static str, turn: Turn| {
            let order = order.clone();
            turn.run(move || order.lock().push(what));
        };
        // Turns run in the order of commits, whichever is asked first.
        note("ended", ended.unwrap().turn);
        note("revoked", revoked.unwrap().turn);
        note("joined", joined.unwrap().unwrap().turn);
        early.into_iter().for_each(|it| note("early", it.unwrap().turn));
        said.into_iter().for_each(|it| note("said", it.unwrap().turn));
        let order = order.lock();
        let of = |names: [&str; 2]| {
            order
                .iter()
                .filter(|it| names.contains(it))
                .copied()
                .collect::<Vec<_>>()
        };
        assert_eq!(of(["early", "joined"])[8..], ["joined"]);
        assert_eq!(of(["said", "revoked"])[8..], ["revoked"]);
        assert_eq!(of(["revoked", "ended"]), ["revoked", "ended"]);
    }
}

pub(crate) async fn a_group_id_stays_taken(store: TestStore) {
    let [owner, other] = accounts(&store, ["owner", "other"]).await;
    let group = create(&store, "g", &owner, &[], 10).await;
    let try_again = async |account: &Account| {
        store
            .create_group(new_group("g", account, &[], 10), Box::new(|_| Vec::new()))
            .await
            .unwrap()
            .value
            .done
    };
    assert_eq!(try_again(&owner).await, Created::Taken { by_same_owner: true });
    assert_eq!(try_again(&other).await, Created::Taken { by_same_owner: false });
    let _ = store
        .dismiss_group(owner.id, group.number, NOW, Box::new(|_| Vec::new()))
        .await
        .unwrap();
    assert_eq!(try_again(&owner).await, Created::Taken { by_same_owner: false });
    let elsewhere = NewGroup {
        app: SdkAppId(2),
        ..new_group("g", &other, &[], 10)
    };
    let made = store
        .create_group(elsewhere, Box::new(|_| Vec::new()))
        .await
        .unwrap();
    assert!(matches!(made.value.done, Created::Done(_)));
}

pub(crate) async fn who_joins_sees_what_comes_and_nothing_old_is_unread(store: TestStore) {
    let [owner, late] = accounts(&store, ["owner", "late"]).await;
    for (id, kind) in [("public", GroupType::Public), ("community", GroupType::Community)] {
        let new = NewGroup {
            kind,
            ..new_group(id, &owner, &[], 10)
        };
        let made = store.create_group(new, Box::new(|_| Vec::new())).await.unwrap();
        let Created::Done(group) = made.value.done else {
            panic!("taken")
        };
        let timeline = TimelineId::Group(group.number);
        let target = Target::Group(group.group.id.clone());
        let random = kind as u32 * 100;
        for number in 0..3 {
            let _ = store
                .append_message(timeline, message(&owner, target.clone(), random + number))
                .await
                .unwrap();
        }
        let consequences: Consequences<Joined> =
            {
                let id = group.group.id.clone();
                Box::new(move |joined| {
                    let mut entries = vec![Entry::Message(TimelineId::Group(joined.group.number), tip(&id))];
                    entries.extend(joined.added.iter().map(|it| {
                        Entry::Event(it.id, AccountChange::GroupJoined(joined.group.group.clone()))
                    }));
                    entries
                })
            };
        let joined = store
            .add_members(late.id, group.number, vec![late.clone()], NOW, consequences)
            .await;
        let entered = joined.unwrap().unwrap().value.entered;
        let Entered::Message(_, tip) = &entered[0] else {
            panic!("no tip")
        };
        assert_eq!((tip.sequence, tip.version), (Sequence(4), Version(4)));
        let sent = message(&owner, target, random + 3);
        let _ = store.append_message(timeline, sent).await.unwrap();
        let conversation = ConversationId::Group(group.group.id.clone());
        let state = store
            .find_conversation(&late, &conversation)
            .await
            .unwrap()
            .unwrap();
        let readable = store.find_readable(&late, &conversation).await.unwrap().unwrap();
        let seen = store.list_messages(readable, Sequence(0), 10).await.unwrap();
        let expected = if kind == GroupType::Community { 1 } else { 4 };
        assert_eq!(
            (state.read, state.first_sequence.0, state.unread_count),
            (Sequence(3), expected, 1)
        );
        assert_eq!(
            (seen[0].sequence.0, seen.last().unwrap().sequence.0),
            (expected, 5)
        );
        assert_eq!(state.group.unwrap().self_info.unwrap().role, Role::Member);
        assert_eq!(seen.iter().find(|it| it.sequence.0 == 4), Some(tip));
    }
}

pub(crate) async fn a_wish_to_join_is_answered_once(store: TestStore) {
    let [owner, one, two] = accounts(&store, ["owner", "one", "two"]).await;
    let group = create(&store, "g", &owner, &[], 10).await.number;
    let apply = async |account: &Account, text: &str| {
        let applied = store
            .put_application(group, account, text.into(), NOW, Box::new(|_| Vec::new()))
            .await;
        applied.unwrap().value.done
    };
    let handle = async |number, agree| {
        let handled = store
            .handle_application(owner.id, group, number, agree, NOW, Box::new(|_| Vec::new()))
            .await;
        handled.unwrap().value.done
    };
    let old = apply(&one, "please").await;
    let new = apply(&one, "please!").await;
    assert_ne!(old.number, new.number);
    assert_eq!(handle(old.number, true).await, Handled::Before);
    assert_eq!(
        handle(u64::MAX, true).await,
        Handled::Before,
        "any number may be named"
    );
    let Handled::Done { application, joined } = handle(new.number, true).await else {
        panic!("before")
    };
    assert_eq!((application, joined.added), (new.clone(), vec![one.clone()]));
    assert_eq!(handle(new.number, true).await, Handled::Before);
    let second = apply(&two, "").await;
    let Handled::Done { joined, .. } = handle(second.number, false).await else {
        panic!("before")
    };
    assert_eq!((joined.added.len(), joined.group.group.member_count), (0, 2));
    assert_eq!(store.find_member(group, two.id).await.unwrap(), None);
    // Whoever comes in by another way waits no more.
    let third = apply(&two, "").await;
    add(&store, group, &[&two]).await;
    assert_eq!(handle(third.number, true).await, Handled::Before);
}

pub(crate) async fn a_snapshot_holds_all_that_an_instance_begins_with(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    create(&store, "g", &bob, std::slice::from_ref(&alice), 10).await;
    send_at(&store, &bob, &alice, 1, NOW.plus_ms(1)).await;
    send_at(&store, &alice, &carol, 1, NOW.plus_ms(2)).await;
    let _ = store
        .add_to_blacklist(alice.id, vec![carol.clone()], NOW, Box::new(|_| Vec::new()))
        .await
        .unwrap();
    mark_read(&store, &alice, &c2c(&bob), 1).await;
    let snapshot = store.snapshot(&alice, 2).await.unwrap();
    let ids: Vec<_> = snapshot.conversations.iter().map(|it| it.id.clone()).collect();
    assert_eq!((ids, snapshot.has_more), (vec![c2c(&carol), c2c(&bob)], true));
    assert_eq!(
        (snapshot.pts, snapshot.profile.user_id),
        (Pts(1), alice.user_id.clone())
    );
    assert_eq!(
        (snapshot.groups.len(), snapshot.blacklist),
        (1, vec![carol.user_id])
    );
    let all = store.snapshot(&alice, 3).await.unwrap();
    assert_eq!((all.conversations.len(), all.has_more), (3, false));
}

/// Contract C4.
pub(crate) async fn who_catches_up_gets_exactly_what_was_missed(store: TestStore) {
    let [alice, bob, carol, dave, old] = accounts(&store, ["alice", "bob", "carol", "dave", "old"]).await;
    let minute = 60_000;
    send_at(&store, &old, &alice, 1, NOW).await;
    for (peer, number) in [(&bob, 1), (&carol, 2)] {
        for random in 0..3 {
            send_at(
                &store,
                peer,
                &alice,
                random,
                NOW.plus_ms((10 * number + u64::from(random)) * minute),
            )
            .await;
        }
    }
    let hold = |states: Vec<ConversationState>| -> Vec<Held> {
        states
            .into_iter()
            .map(|it| Held {
                conversation: it.id,
                version: it.version,
                sequence: it.last_sequence,
            })
            .collect()
    };
    // It holds the two most recent ones.
    let page = store.list_conversations(&alice, Timestamp(0), 2).await.unwrap();
    let listed = page[1].active;
    let held = hold(page);
    let missed =
        async |held: Vec<Held>, listed| match store.catch_up(&alice, Pts(0), held, listed).await.unwrap() {
            CatchUp::Missed { pts, events, updates } => (pts, events, updates),
            CatchUp::Reload => panic!("a reload"),
        };
    let (pts, events, updates) = missed(held.clone(), listed).await;
    assert_eq!(
        (pts, events.len(), updates.len()),
        (Pts(0), 0, 0),
        "nothing happened"
    );

    send_at(&store, &alice, &bob, 50, NOW.plus_ms(40 * minute)).await;
    let _ = store
        .revoke_message(TimelineId::c2c(alice.id, bob.id), Sequence(1), &bob)
        .await
        .unwrap();
    send_at(&store, &dave, &alice, 1, NOW.plus_ms(41 * minute)).await;
    mark_read(&store, &alice, &c2c(&bob), 2).await;
    // One that holds the newest, and never heard of the other two: however long ago, they are news to who knew all.
    let one = held[..1].to_vec();
    let told = async |listed| {
        let (_, _, updates) = missed(one.clone(), listed).await;
        updates.into_iter().map(|it| it.state.id).collect::<Vec<_>>()
    };
    assert_eq!(told(Timestamp(0)).await, [c2c(&dave), c2c(&bob), c2c(&old)]);
    assert_eq!(told(NOW.plus_ms(20 * minute)).await, [c2c(&dave), c2c(&bob)]);
    let (pts, events, updates) = missed(held, listed).await;
    assert_eq!((pts, events.len()), (Pts(1), 1));
    let told: Vec<_> = updates
        .iter()
        .map(|it| {
            let changes: Vec<_> = it
                .changes
                .changes
                .iter()
                .map(|it| it.message.sequence.0)
                .collect();
            (
                it.state.id.clone(),
                changes,
                it.changes.version,
                it.changes.complete,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (c2c(&dave), vec![1], Version(1), true),
            (c2c(&bob), vec![4, 1], Version(5), true)
        ],
        "carol's did not change, and the old one was left out on purpose"
    );
    assert_eq!(updates[1].state.unread_count, 1);
    let now = updates.into_iter().map(|it| it.state).collect();
    let mut held = hold(now);
    held.push(Held {
        conversation: c2c(&carol),
        version: Version(3),
        sequence: Sequence(3),
    });
    assert_eq!(missed(held, listed).await.2, []);

    // Many changes of several conversations come in part, and say so.
    for peer in [&bob, &carol, &dave, &old] {
        let timeline = TimelineId::c2c(alice.id, peer.id);
        futures_of((100..400).map(|it| store.append_message(timeline, message(peer, to_user(&alice), it))))
            .await;
    }
    let (_, _, updates) = missed(Vec::new(), Timestamp(0)).await;
    let counts: Vec<_> = updates
        .iter()
        .map(|it| (it.changes.changes.len(), it.changes.complete, it.changes.too_far))
        .collect();
    assert_eq!(counts.iter().map(|it| it.0).sum::<usize>(), 500);
    assert!(
        counts
            .iter()
            .all(|(count, complete, too_far)| *count <= 200 && !complete && !too_far)
    );
    assert_eq!(
        updates.last().unwrap().changes.version,
        Version(0),
        "no progress is made for the last one"
    );
}

/// Contract C4.
pub(crate) async fn who_is_further_behind_than_the_log_reloads(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let count = limits::EVENTS_KEPT_MAX + 200;
    for _ in 0..count / 100 {
        let entries = (0..100)
            .map(|_| Entry::Event(alice.id, AccountChange::BlacklistAdded(vec![bob.user_id.clone()])))
            .collect();
        let change = ProfileChange::parse(wire::UpdateProfile {
            level: Some(1),
            ..Default::default()
        })
        .unwrap();
        let _ = store
            .put_profile(&alice, change, NOW, Box::new(|_| entries))
            .await
            .unwrap();
    }
    let catch_up = async |pts| {
        store
            .catch_up(&alice, Pts(pts), Vec::new(), Timestamp(0))
            .await
            .unwrap()
    };
    for (pts, events_len) in [
        (count, 0),
        (count - 1, 1),
        (count - limits::EVENTS_KEPT_MAX, 1000),
    ] {
        let CatchUp::Missed {
            pts: newest, events, ..
        } = catch_up(pts).await
        else {
            panic!("a reload")
        };
        assert_eq!((newest, events.len()), (Pts(count), events_len));
    }
    for pts in [0, 1, count + 1, u64::MAX] {
        assert_eq!(catch_up(pts).await, CatchUp::Reload);
    }
    assert!(matches!(
        store.catch_up(&bob, Pts(0), vec![], Timestamp(0)).await.unwrap(),
        CatchUp::Missed { .. }
    ));
    assert_eq!(
        store.catch_up(&bob, Pts(1), vec![], Timestamp(0)).await.unwrap(),
        CatchUp::Reload
    );
}

pub(crate) async fn an_operation_that_panics_leaves_the_others_alone(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    send(&store, &bob, &alice, 1).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let conversation = c2c(&bob);
    let before = store.append_message(timeline, message(&alice, to_user(&bob), 1));
    let broken = store.mark_read(
        &alice,
        &conversation,
        Sequence(1),
        NOW,
        Box::new(|_| panic!("on purpose")),
    );
    let after = store.append_message(timeline, message(&alice, to_user(&bob), 2));
    let (before, broken, after) = tokio::join!(before, broken, after);
    assert!(broken.is_err());
    for (appended, sequence) in [(before, 2), (after, 3)] {
        let Appended::New(message) = appended.unwrap().value else {
            panic!("a repeat")
        };
        assert_eq!(message.sequence, Sequence(sequence));
    }
    let state = store
        .find_conversation(&alice, &conversation)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state.read, Sequence(0), "nothing of it was kept");
}

/// Contract C3: what the writer remembers of a timeline's end is undone with the rest.
pub(crate) async fn an_operation_that_fails_halfway_leaves_no_trace(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    send(&store, &bob, &alice, 1).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let conversation = c2c(&bob);
    let entries = vec![
        Entry::Message(timeline, message(&bob, to_user(&alice), 2)),
        Entry::Event(alice.id, AccountChange::BlacklistAdded(vec![bob.user_id.clone()])),
        // An account that is not there has no notices.
        Entry::Message(
            TimelineId::System(AccountId(999)),
            message(&bob, to_user(&alice), 3),
        ),
    ];
    let broken = store.mark_read(&alice, &conversation, Sequence(1), NOW, Box::new(|_| entries));
    let after = store.append_message(timeline, message(&bob, to_user(&alice), 4));
    let (broken, after) = tokio::join!(broken, after);
    assert!(broken.is_err());
    let Appended::New(after) = after.unwrap().value else {
        panic!("a repeat")
    };
    assert_eq!((after.sequence, after.version), (Sequence(2), Version(2)));
    assert_eq!(store.snapshot(&alice, 10).await.unwrap().pts, Pts(0));
    assert_eq!(store.totals().await.unwrap().messages, 2);
    // Not even the failed timeline is remembered.
    let carol = account(&store, "carol").await;
    let notice = store.append_message(TimelineId::System(carol.id), message(&bob, to_user(&alice), 5));
    assert!(matches!(notice.await.unwrap().value, Appended::New(it) if it.sequence == Sequence(1)));
}

pub(crate) async fn a_closed_store_says_so(store: TestStore) {
    use crate::store::StoreError::Closed;
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    let late = store
        .append_message(
            TimelineId::c2c(alice.id, bob.id),
            message(&alice, to_user(&bob), 1),
        )
        .await;
    assert!(matches!(late, Err(Closed)));
    assert!(matches!(store.list_apps().await, Err(Closed)));
}

fn user(name: &str) -> UserId {
    UserId::trusted(name)
}

fn c2c(peer: &Account) -> ConversationId {
    ConversationId::C2c(peer.user_id.clone())
}

fn to_user(account: &Account) -> Target {
    Target::User(account.user_id.clone())
}

fn instance(number: u8) -> InstanceId {
    InstanceId([number; 16])
}

/// The account of a name, made when it is not there.
pub(crate) async fn account(store: &TestStore, name: &str) -> Account {
    store.put_account(APP, &user(name), NOW).await.unwrap();
    store
        .find_account(APP, &user(name))
        .await
        .unwrap()
        .unwrap()
        .account
}

pub(crate) async fn accounts<const N: usize>(store: &TestStore, names: [&str; N]) -> [Account; N] {
    let mut made = Vec::new();
    for name in names {
        made.push(account(store, name).await);
    }
    made.try_into().unwrap()
}

async fn rename(store: &TestStore, account: &Account, nick: &str) {
    let change = ProfileChange::parse(wire::UpdateProfile {
        nick: Some(nick.into()),
        ..Default::default()
    })
    .unwrap();
    let _ = store
        .put_profile(account, change, NOW, Box::new(|_| Vec::new()))
        .await
        .unwrap();
}

pub(crate) fn message(from: &Account, to: Target, random: u32) -> Message {
    Message {
        key: MessageKey {
            account: from.id,
            client_time_s: 1_700_000_000,
            random,
        },
        from: from.user_id.clone(),
        to,
        sequence: Sequence(0),
        time: NOW,
        body: Body::trusted(Bytes::from(format!("body {random}"))),
        priority: Priority::Normal,
        flags: MessageFlags::default(),
        cloud_custom_data: String::new(),
        nick: String::new(),
        avatar: String::new(),
        name_card: String::new(),
        revoker: None,
        version: Version(0),
        edits: 0,
        receivers: Vec::new(),
    }
}

fn tip(group: &GroupId) -> Message {
    let nobody = Account {
        app: APP,
        id: AccountId(0),
        user_id: user(SYSTEM),
    };
    Message {
        flags: MessageFlags {
            no_unread: true,
            ..Default::default()
        },
        ..message(&nobody, Target::Group(group.clone()), 0)
    }
}

pub(crate) async fn send(store: &TestStore, from: &Account, to: &Account, random: u32) -> Message {
    send_at(store, from, to, random, NOW).await
}

async fn send_at(store: &TestStore, from: &Account, to: &Account, random: u32, time: Timestamp) -> Message {
    let message = Message {
        time,
        ..message(from, to_user(to), random)
    };
    match store
        .append_message(TimelineId::c2c(from.id, to.id), message)
        .await
        .unwrap()
        .value
    {
        Appended::New(message) => message,
        Appended::Repeat(_) => panic!("a repeat"),
    }
}

async fn mark_read(
    store: &TestStore,
    account: &Account,
    conversation: &ConversationId,
    sequence: u64,
) -> Written<MarkedRead> {
    let consequences: Consequences<MarkedRead> = {
        let (account, conversation) = (account.id, conversation.clone());
        Box::new(move |done| {
            let mark = ReadMark {
                conversation,
                sequence: done.read,
                time: NOW,
            };
            vec![Entry::Event(account, AccountChange::Read(mark))]
        })
    };
    let marked = store
        .mark_read(account, conversation, Sequence(sequence), NOW, consequences)
        .await;
    marked.unwrap().unwrap().value
}

/// Logs a Web instance in, `after_ms` after [`NOW`]; so many may be there.
async fn register(
    store: &TestStore,
    name: &str,
    number: u8,
    after_ms: u64,
    resume: bool,
    limit: usize,
) -> Registered {
    let new = NewInstance {
        app: APP,
        user_id: user(name),
        instance: Instance {
            id: instance(number),
            platform: Platform::Web,
            since: NOW.plus_ms(after_ms),
        },
        resume,
        sig_issued: NOW,
    };
    let choose: ChooseKicked = Box::new(move |_, others| {
        let surplus = (others.len() + 1).saturating_sub(limit);
        others[..surplus]
            .iter()
            .map(|it| (it.id, KickReason::MultipleAccount))
            .collect()
    });
    store.register_instance(new, choose).await.unwrap().value
}

/// Who had to go, and whether the account was made.
async fn log_in(
    store: &TestStore,
    name: &str,
    number: u8,
    after_ms: u64,
    limit: usize,
) -> (Vec<(InstanceId, KickReason)>, bool) {
    match register(store, name, number, after_ms, false, limit).await {
        Registered::In { kicked, created, .. } => (kicked, created),
        Registered::WasKicked(_) | Registered::Withdrawn => panic!("a new login was refused"),
    }
}

fn new_group(id: &str, owner: &Account, members: &[Account], member_count_max: u32) -> NewGroup {
    NewGroup {
        app: APP,
        id: GroupId::trusted(id),
        kind: GroupType::Public,
        name: "a group".into(),
        avatar: String::new(),
        introduction: "intro".into(),
        notification: "notice".into(),
        join_option: JoinOption::FreeAccess,
        member_count_max,
        owner: owner.clone(),
        members: members.to_vec(),
        now: NOW,
    }
}

async fn create(
    store: &TestStore,
    id: &str,
    owner: &Account,
    members: &[Account],
    member_count_max: u32,
) -> GroupRecord {
    let new = new_group(id, owner, members, member_count_max);
    match store
        .create_group(new, Box::new(|_| Vec::new()))
        .await
        .unwrap()
        .value
        .done
    {
        Created::Done(group) => group,
        Created::Taken { .. } => panic!("taken"),
    }
}

async fn add(store: &TestStore, group: GroupNumber, accounts: &[&Account]) -> Joined {
    let by = accounts[0].id;
    let accounts = accounts.iter().map(|it| (*it).clone()).collect();
    let joined = store
        .add_members(by, group, accounts, NOW, Box::new(|_| Vec::new()))
        .await;
    joined.unwrap().unwrap().value.done
}

/// Polls all of them in order at once, and waits for all.
async fn futures_of<F: Future + Unpin>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<(F, Option<F::Output>)> = futures.into_iter().map(|it| (it, None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, output) in &mut waiting {
            if output.is_none() {
                match std::pin::Pin::new(future).poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        match ready {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}
