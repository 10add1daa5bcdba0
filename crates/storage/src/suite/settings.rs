//! The suite's cases of what accounts set for their conversations.

use hongyan_protocol::settings::{RemindType, Settings, SettingsChange, SettingsChanged};

use super::*;

/// Changes settings, as the domain does: one event in the account's log.
async fn set(
    store: &TestStore,
    account: &Account,
    conversations: &[ConversationId],
    change: SettingsChange,
) -> Written<SettingsWritten> {
    let at = conversations.iter().map(|it| (it.clone(), Sequence(0))).collect();
    set_at(store, account, at, change).await
}

async fn set_at(
    store: &TestStore,
    account: &Account,
    conversations: Vec<(ConversationId, Sequence)>,
    change: SettingsChange,
) -> Written<SettingsWritten> {
    let (whose, how) = (account.id, change.clone());
    let consequences: Consequences<SettingsWritten> = Box::new(move |done| {
        let changed = SettingsChanged {
            conversations: done.changed.clone(),
            change: how,
        };
        vec![Entry::Event(whose, AccountChange::Settings(changed))]
    });
    let written = store
        .change_settings(account, conversations, change, consequences)
        .await;
    written.unwrap().value
}

async fn settings(store: &TestStore, account: &Account, conversation: &ConversationId) -> Settings {
    let found = store.find_settings(account, conversation).await.unwrap();
    if let Some(state) = store.find_conversation(account, conversation).await.unwrap() {
        assert_eq!(state.settings, found);
    }
    found
}

fn named(name: &str) -> String {
    name.to_owned()
}

fn refusals(written: &Written<SettingsWritten>) -> Vec<SettingsRefusal> {
    written.done.refused.iter().map(|it| it.1).collect()
}

pub(crate) async fn settings_are_kept_for_one_account_and_counted_by_revision(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    send(&store, &bob, &alice, 1).await;
    let of_bob = [c2c(&bob)];
    let mut expected = Settings::default();
    for change in [
        SettingsChange::Pinned(true),
        SettingsChange::Remind(RemindType::AcceptNotNotify),
        SettingsChange::MarkSet(1),
        SettingsChange::MarkSet(1 << 63),
        SettingsChange::MarkCleared(1),
        SettingsChange::CustomData(named("自定义")),
        SettingsChange::GroupCreated(named("work")),
        SettingsChange::GroupCreated(named("friends")),
        SettingsChange::GroupLeft(named("work")),
    ] {
        let written = set(&store, &alice, &of_bob, change.clone()).await;
        expected.apply(&change);
        expected.revision += 1;
        assert_eq!(written.done.changed[0].revision, expected.revision, "{change:?}");
        assert_eq!(settings(&store, &alice, &of_bob[0]).await, expected, "{change:?}");
        let again = set(&store, &alice, &of_bob, change).await;
        assert_eq!((again.done.changed.len(), again.entered.len()), (0, 0));
    }
    assert_eq!(settings(&store, &bob, &c2c(&alice)).await, Settings::default());
    // Before the first word there is only the remind type.
    let of_carol = [c2c(&carol), c2c(&carol)];
    let refused = set(&store, &alice, &of_carol, SettingsChange::Pinned(true)).await;
    assert_eq!(refusals(&refused), [SettingsRefusal::NoConversation; 2]);
    let remind = SettingsChange::Remind(RemindType::Discard);
    assert_eq!(set(&store, &alice, &of_carol, remind).await.done.changed.len(), 1);
    // An instance that logs in knows it before the first word, and beyond the page; and once.
    let expected = [(c2c(&carol), RemindType::Discard)];
    assert_eq!(store.snapshot(&alice, 10).await.unwrap().reminds, expected);
    send(&store, &carol, &alice, 1).await;
    assert_eq!(store.snapshot(&alice, 0).await.unwrap().reminds, expected);
    assert_eq!(store.snapshot(&alice, 10).await.unwrap().reminds, []);
    let state = store
        .find_conversation(&alice, &c2c(&carol))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((state.remind(), state.shown_unread()), (RemindType::Discard, 0));
    let nobody = [ConversationId::C2c(user("nobody")), ConversationId::System];
    let refused = set(&store, &alice, &nobody, SettingsChange::MarkSet(1)).await;
    assert_eq!(
        refusals(&refused),
        [SettingsRefusal::Unknown, SettingsRefusal::NoConversation]
    );
}

pub(crate) async fn pinned_conversations_are_in_the_snapshot_however_old_and_at_most_50(store: TestStore) {
    let me = account(&store, "me").await;
    let mut ids = Vec::new();
    for number in 0..52 {
        let peer = account(&store, &format!("peer{number}")).await;
        send_at(&store, &peer, &me, 1, NOW.plus_ms(number)).await;
        ids.push(c2c(&peer));
    }
    let pinned = set(&store, &me, &ids[..50], SettingsChange::Pinned(true)).await;
    assert_eq!(pinned.done.changed.len(), 50);
    let more = set(&store, &me, &ids[49..], SettingsChange::Pinned(true)).await;
    assert_eq!(refusals(&more), [SettingsRefusal::TooManyPinned; 2]);
    set(&store, &me, &ids[1..50], SettingsChange::Pinned(false)).await;
    set(&store, &me, &ids[51..], SettingsChange::Pinned(true)).await;
    let snapshot = store.snapshot(&me, 10).await.unwrap();
    let recent: Vec<_> = snapshot.conversations.iter().map(|it| it.id.clone()).collect();
    assert_eq!(recent, ids[42..].iter().rev().cloned().collect::<Vec<_>>());
    let pinned: Vec<_> = snapshot.pinned.iter().map(|it| it.id.clone()).collect();
    assert_eq!(pinned, ids[..1], "those of the page are not told twice");
    assert!(snapshot.conversations[0].settings.is_pinned && snapshot.pinned[0].settings.is_pinned);
}

pub(crate) async fn conversation_groups_are_at_most_20_and_renaming_and_removing_reach_all_in_them(
    store: TestStore,
) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    send(&store, &bob, &alice, 1).await;
    send(&store, &carol, &alice, 1).await;
    let both = [c2c(&bob), c2c(&carol)];
    let whole = async |change| set(&store, &alice, &[], change).await.done.refused_whole;
    for number in 0..20 {
        let made = set(
            &store,
            &alice,
            &both,
            SettingsChange::GroupCreated(format!("g{number}")),
        )
        .await;
        assert!(made.done.is_group_changed && made.entered.len() == 1);
    }
    let create = |name| SettingsChange::GroupCreated(named(name));
    assert_eq!(whole(create("g20")).await, Some(SettingsRefusal::TooManyGroups));
    assert_eq!(
        whole(create("g3")).await,
        None,
        "one that is there is not made again"
    );
    let renamed = |from, to| SettingsChange::GroupRenamed {
        from: named(from),
        to: named(to),
    };
    assert_eq!(whole(renamed("none", "x")).await, Some(SettingsRefusal::NoGroup));
    assert_eq!(
        whole(renamed("g1", "g2")).await,
        Some(SettingsRefusal::GroupNameTaken)
    );
    assert_eq!(whole(renamed("g0", "first")).await, None);
    assert_eq!(whole(SettingsChange::GroupRemoved(named("g7"))).await, None);
    assert_eq!(
        whole(SettingsChange::GroupEntered(named("g7"))).await,
        Some(SettingsRefusal::NoGroup)
    );
    for id in &both {
        let settings = settings(&store, &alice, id).await;
        assert_eq!((settings.revision, settings.groups.len()), (22, 19));
        assert!(settings.groups.contains(&named("first")) && !settings.groups.contains(&named("g7")));
    }
    // Its place is free again, and nobody is in the one that takes it.
    set(&store, &alice, &[], create("new")).await;
    let settings = settings(&store, &alice, &both[0]).await;
    assert!(!settings.groups.contains(&named("new")));
    let groups = store.snapshot(&alice, 1).await.unwrap().conversation_groups;
    assert_eq!((groups[0].as_str(), groups[19].as_str()), ("first", "new"));
}

pub(crate) async fn a_deleted_conversation_is_gone_until_something_is_said(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    for number in 1..=3 {
        send(&store, &bob, &alice, number).await;
    }
    send(&store, &carol, &alice, 1).await;
    let ids = [c2c(&bob)];
    let delete = |clear_history| SettingsChange::Deleted { clear_history };
    set(&store, &alice, &ids, SettingsChange::Pinned(true)).await;
    set(
        &store,
        &alice,
        &ids,
        SettingsChange::Remind(RemindType::AcceptNotNotify),
    )
    .await;
    let deleted = set(&store, &alice, &ids, delete(false)).await.done.changed[0]
        .deleted
        .unwrap();
    assert_eq!((deleted.before, deleted.first), (Sequence(4), Sequence(1)));
    let listed = async || -> Vec<ConversationId> {
        let list = store.list_conversations(&alice, Timestamp(0), 10).await.unwrap();
        let snapshot = store.snapshot(&alice, 10).await.unwrap();
        assert!(snapshot.conversations == list && snapshot.pinned.is_empty());
        list.into_iter().map(|it| it.id).collect()
    };
    assert_eq!(listed().await, [c2c(&carol)]);
    let again = set(&store, &alice, &ids, delete(false)).await;
    assert_eq!(refusals(&again), [SettingsRefusal::NoConversation]);
    let CatchUp::Missed { updates, .. } = store
        .catch_up(&alice, Pts(1), Vec::new(), Timestamp(0))
        .await
        .unwrap()
    else {
        panic!("within reach");
    };
    assert_eq!(updates.len(), 1, "who does not hold it is not told of it");

    send_at(&store, &bob, &alice, 4, NOW.plus_ms(1)).await;
    assert_eq!(listed().await, [c2c(&bob), c2c(&carol)]);
    let state = store.find_conversation(&alice, &ids[0]).await.unwrap().unwrap();
    assert_eq!(
        (state.unread_count, state.read, state.is_deleted()),
        (1, Sequence(0), false)
    );
    assert_eq!(
        (state.settings.is_pinned, state.remind()),
        (false, RemindType::AcceptNotNotify)
    );
    let readable = store.find_readable(&alice, &ids[0]).await.unwrap().unwrap();
    assert_eq!(
        store
            .list_messages(readable, Sequence(0), 10)
            .await
            .unwrap()
            .len(),
        4
    );

    // Up to what the caller knew: what came meanwhile stays, and with the history the rest is gone.
    send_at(&store, &bob, &alice, 5, NOW.plus_ms(2)).await;
    let up_to = vec![(c2c(&bob), Sequence(4))];
    let deleted = set_at(&store, &alice, up_to, delete(true)).await.done.changed[0]
        .deleted
        .unwrap();
    assert_eq!(
        (deleted.before, deleted.first, deleted.active),
        (Sequence(5), Sequence(5), NOW.plus_ms(2))
    );
    assert_eq!(listed().await, [c2c(&bob), c2c(&carol)]);
    let readable = store.find_readable(&alice, &ids[0]).await.unwrap().unwrap();
    assert_eq!(
        store
            .list_messages(readable, Sequence(0), 10)
            .await
            .unwrap()
            .len(),
        1
    );
    let others = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    assert_eq!(
        store.list_messages(others, Sequence(0), 10).await.unwrap().len(),
        5
    );
}

pub(crate) async fn who_leaves_a_group_leaves_its_settings_and_never_sees_a_revision_twice(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let group = create(&store, "g", &bob, std::slice::from_ref(&alice), 10).await;
    let ids = [ConversationId::Group(group.group.id.clone())];
    let _ = store
        .append_message(TimelineId::Group(group.number), tip(&group.group.id))
        .await
        .unwrap();
    set(&store, &alice, &ids, SettingsChange::Pinned(true)).await;
    set(&store, &alice, &ids, SettingsChange::Remind(RemindType::Discard)).await;
    let leave = store.remove_member(
        group.number,
        alice.id,
        LeaveReason::Quit,
        NOW,
        Box::new(|_| Vec::new()),
    );
    assert!(leave.await.unwrap().is_some());
    let remind = SettingsChange::Remind(RemindType::Discard);
    assert_eq!(
        refusals(&set(&store, &alice, &ids, remind).await),
        [SettingsRefusal::NotAMember]
    );
    add(&store, group.number, &[&alice]).await;
    let state = store.find_conversation(&alice, &ids[0]).await.unwrap().unwrap();
    assert_eq!((state.settings.revision, state.settings.is_pinned), (3, false));
    assert_eq!(state.remind(), RemindType::AcceptAndNotify);
}
