//! What every store promises about messages that are changed, hidden and singled out.

use super::*;

async fn extensible(store: &TestStore, from: &Account, to: &Account, random: u32) -> Message {
    let mut message = message(from, to_user(to), random);
    message.flags.support_extension = true;
    let timeline = TimelineId::c2c(from.id, to.id);
    let appended = store.append_addressed(timeline, message, Addressed::default());
    match appended.await.unwrap().value {
        Appended::New(message) => message,
        Appended::Repeat(_) => panic!("a repeat"),
    }
}

async fn texts_of(store: &TestStore, account: &Account, id: &ConversationId) -> Vec<u64> {
    let readable = store.find_readable(account, id).await.unwrap().unwrap();
    let page = store.list_messages(readable, Sequence(0), 100).await.unwrap();
    page.iter().map(|it| it.sequence.0).collect()
}

async fn state_of(store: &TestStore, account: &Account, id: &ConversationId) -> ConversationState {
    store.find_conversation(account, id).await.unwrap().unwrap()
}

async fn delete(store: &TestStore, account: &Account, id: &ConversationId, these: &[u64]) -> Deleted {
    let sequences = these.iter().map(|it| Sequence(*it)).collect();
    let done = store
        .delete_messages(account, id, sequences, Box::new(|_| Vec::new()))
        .await;
    done.unwrap().unwrap().value.done
}

pub(crate) async fn a_modification_names_the_one_before_it_and_is_one_change(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    send(&store, &alice, &bob, 1).await;
    let modify = async |edits: u32, body: &'static [u8]| {
        let body = Body::trusted(Bytes::from_static(body));
        store
            .modify_message(timeline, Sequence(1), bob.id, edits, body, "custom".to_owned())
            .await
            .unwrap()
            .value
    };
    let Modified::Done(first, Seen::All) = modify(0, b"first").await else {
        panic!("not done");
    };
    assert_eq!((first.edits, first.version), (1, Version(2)));
    assert_eq!(modify(0, b"first").await, Modified::Already(first.clone()));
    assert_eq!(modify(0, b"other").await, Modified::Conflict(first.clone()));
    assert_eq!(modify(2, b"other").await, Modified::Conflict(first.clone()));
    let Modified::Done(second, _) = modify(1, b"second").await else {
        panic!("not done");
    };
    let readable = store.find_readable(&bob, &c2c(&alice)).await.unwrap().unwrap();
    let changes = store
        .list_changes(readable, Version(1), Sequence(1), 10)
        .await
        .unwrap();
    assert_eq!(changes.changes.len(), 1);
    assert_eq!(changes.changes[0].kind, ChangeKind::Modified);
    assert_eq!(changes.changes[0].message, second);
    assert_eq!(
        state_of(&store, &alice, &c2c(&bob)).await.last_message,
        Some(second)
    );
    let _ = store.revoke_message(timeline, Sequence(1), &alice).await.unwrap();
    assert_eq!(modify(2, b"late").await, Modified::Missing);
}

/// Contract C5.
pub(crate) async fn what_an_account_deleted_is_in_nothing_that_it_reads(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    for number in 1..=5 {
        send(&store, &alice, &bob, number).await;
    }
    let of_bob = c2c(&alice);
    let done = delete(&store, &bob, &of_bob, &[2, 5, 9]).await;
    assert_eq!((done.messages.len(), done.found, done.view_version), (2, 2, 1));
    let again = delete(&store, &bob, &of_bob, &[2]).await;
    assert_eq!((again.messages.len(), again.found, again.view_version), (0, 1, 1));
    assert_eq!(texts_of(&store, &bob, &of_bob).await, [1, 3, 4]);
    assert_eq!(texts_of(&store, &alice, &c2c(&bob)).await, [1, 2, 3, 4, 5]);
    let state = state_of(&store, &bob, &of_bob).await;
    assert_eq!((state.unread_count, state.view_version), (3, 1));
    assert_eq!(state.last_message.unwrap().sequence, Sequence(4));
    let readable = store.find_readable(&bob, &of_bob).await.unwrap().unwrap();
    let onwards = store.list_messages_from(readable, Sequence(2), 10).await.unwrap();
    assert_eq!(onwards.iter().map(|it| it.sequence.0).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(store.find_visible(readable, Sequence(2)).await.unwrap(), None);
    assert!(store.find_visible(readable, Sequence(3)).await.unwrap().is_some());
    // What befalls it is told by its numbers alone.
    let Revoked::Done(_, seen) = store
        .revoke_message(timeline, Sequence(2), &alice)
        .await
        .unwrap()
        .value
    else {
        panic!("not done");
    };
    assert_eq!(seen, Seen::AllBut(vec![bob.id]));
    let changes = store
        .list_changes(readable, Version(5), Sequence(5), 10)
        .await
        .unwrap();
    assert_eq!(changes.changes[0].kind, ChangeKind::Hidden);
    assert_eq!(changes.changes[0].message.version, Version(6));
    assert!(changes.changes[0].message.body.bytes().is_empty());
    assert_eq!(state_of(&store, &bob, &of_bob).await.unread_count, 3);
}

pub(crate) async fn a_cleared_history_is_hidden_from_one_account_and_goes_on_with_the_next_message(
    store: TestStore,
) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let of_bob = c2c(&alice);
    for number in 1..=3 {
        send_at(&store, &alice, &bob, number, Timestamp(NOW.0 + u64::from(number))).await;
    }
    delete(&store, &bob, &of_bob, &[1]).await;
    let clear = async || {
        let done = store.clear_history(&bob, &of_bob, Box::new(|_| Vec::new())).await;
        done.unwrap().unwrap().value.done
    };
    let before = state_of(&store, &bob, &of_bob).await;
    let done = clear().await;
    assert_eq!(
        (done.changed, done.first, done.view_version),
        (true, Sequence(4), 2)
    );
    let again = clear().await;
    assert_eq!((again.changed, again.view_version), (false, 2));
    let after = state_of(&store, &bob, &of_bob).await;
    assert_eq!(
        (after.unread_count, after.last_message, after.active),
        (0, None, before.active)
    );
    assert!(texts_of(&store, &bob, &of_bob).await.is_empty());
    assert_eq!(texts_of(&store, &alice, &c2c(&bob)).await, [1, 2, 3]);
    send(&store, &alice, &bob, 4).await;
    assert_eq!(texts_of(&store, &bob, &of_bob).await, [4]);
    assert_eq!(state_of(&store, &bob, &of_bob).await.unread_count, 1);
}

/// Contract C5.
pub(crate) async fn a_targeted_message_is_read_by_its_receivers_and_its_sender(store: TestStore) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    let group = create(&store, "team", &alice, &[bob.clone(), carol.clone()], 100).await;
    let (timeline, id) = (
        TimelineId::Group(group.number),
        ConversationId::Group(group.group.id.clone()),
    );
    let plain = message(&alice, Target::Group(group.group.id.clone()), 1);
    let _ = store.append_message(timeline, plain).await.unwrap();
    let mut targeted = message(&alice, Target::Group(group.group.id.clone()), 2);
    targeted.flags.is_targeted = true;
    targeted.flags.no_unread = true;
    let addressed = Addressed {
        receivers: vec![bob.id],
        mentioned: vec![bob.id, carol.id],
        mentions_all: false,
    };
    let append = async || {
        let appended = store
            .append_addressed(timeline, targeted.clone(), addressed.clone())
            .await;
        appended.unwrap().value
    };
    let Appended::New(sent) = append().await else {
        panic!("a repeat");
    };
    assert_eq!(sent.receivers.as_slice(), std::slice::from_ref(&bob.user_id));
    assert_eq!(append().await, Appended::Repeat(sent.clone()));
    for (account, seen, last) in [
        (&alice, vec![1, 2], 2),
        (&bob, vec![1, 2], 2),
        (&carol, vec![1], 1),
    ] {
        assert_eq!(texts_of(&store, account, &id).await, seen);
        let state = state_of(&store, account, &id).await;
        assert_eq!(state.last_message.unwrap().sequence, Sequence(last));
        assert_eq!(
            state.last_sequence,
            Sequence(2),
            "its place is taken for everybody"
        );
        let mentions: Vec<u64> = state.mentions.iter().map(|it| it.sequence.0).collect();
        let expected: &[u64] = if account.id == bob.id { &[2] } else { &[] };
        assert_eq!(mentions, expected);
    }
    let readable = store.find_readable(&carol, &id).await.unwrap().unwrap();
    let changes = store
        .list_changes(readable, Version(1), Sequence(1), 10)
        .await
        .unwrap();
    assert_eq!(changes.changes.len(), 1);
    assert_eq!(changes.changes[0].kind, ChangeKind::Hidden);
    assert!(changes.changes[0].message.from.as_str().is_empty());
    let Revoked::Done(_, seen) = store
        .revoke_message(timeline, Sequence(2), &alice)
        .await
        .unwrap()
        .value
    else {
        panic!("not done");
    };
    assert_eq!(seen, Seen::Only(vec![bob.id, alice.id]));
    assert!(state_of(&store, &bob, &id).await.mentions.is_empty());
}

pub(crate) async fn extensions_are_told_to_who_was_away_removed_ones_too(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    extensible(&store, &alice, &bob, 1).await;
    send(&store, &alice, &bob, 2).await;
    let wish = |key: &str, value: Option<&str>| ExtensionWish {
        key: key.to_owned(),
        value: value.map(str::to_owned),
        version: None,
    };
    let change = async |sequence: u64, wishes: Vec<ExtensionWish>| {
        store
            .change_extensions(timeline, Sequence(sequence), bob.id, wishes, false)
            .await
            .unwrap()
            .value
    };
    let both = vec![wish("a", Some("1")), wish("b", Some("2"))];
    let Extended::Done { message, changed, .. } = change(1, both).await else {
        panic!("not done");
    };
    assert_eq!((message.version, changed.len()), (Version(3), 2));
    let _ = change(1, vec![wish("a", None)]).await;
    assert!(matches!(
        change(1, vec![wish("a", None)]).await,
        Extended::Nothing { .. }
    ));
    assert_eq!(change(2, vec![wish("a", Some("1"))]).await, Extended::Unsupported);
    assert_eq!(change(9, vec![wish("a", Some("1"))]).await, Extended::Missing);
    let readable = store.find_readable(&alice, &c2c(&bob)).await.unwrap().unwrap();
    for (since, expected) in [(2, vec![("a", None), ("b", Some("2"))]), (3, vec![("a", None)])] {
        let changes = store
            .list_changes(readable, Version(since), Sequence(2), 10)
            .await
            .unwrap();
        assert_eq!(changes.changes.len(), 1);
        assert_eq!(changes.changes[0].kind, ChangeKind::Extended);
        let told: Vec<_> = changes.changes[0]
            .extensions
            .iter()
            .map(|it| (it.key.as_str(), it.value.as_deref()))
            .collect();
        assert_eq!(told, expected);
    }
    let listed = store
        .list_extensions(readable, Sequence(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(store.list_extensions(readable, Sequence(9)).await.unwrap(), None);
}

pub(crate) async fn merged_messages_are_kept_part_by_part(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let part = |part, content: &'static [u8]| MergedPart {
        key: [9; 16],
        part,
        parts: 2,
        content: Bytes::from_static(content),
    };
    assert!(store.put_merged(alice.id, part(1, b"two"), NOW).await.unwrap());
    assert_eq!(store.find_merged(APP, [9; 16]).await.unwrap(), None);
    assert!(!store.put_merged(bob.id, part(0, b"forged"), NOW).await.unwrap());
    assert!(store.put_merged(alice.id, part(0, b"one"), NOW).await.unwrap());
    assert!(store.put_merged(alice.id, part(0, b"again"), NOW).await.unwrap());
    let whole = store.find_merged(APP, [9; 16]).await.unwrap();
    assert_eq!(whole.as_deref(), Some(&b"onetwo"[..]));
    assert_eq!(store.find_merged(SdkAppId(7), [9; 16]).await.unwrap(), None);
}
