//! What every store promises about files and merged messages: they are there for as long as something refers to them.

use hongyan_protocol::file::FileId;
use hongyan_protocol::linked::Linked;
use hongyan_protocol::wire::element::Kind;
use prost::Message as _;

use super::*;

pub(crate) async fn files_are_found_counted_and_swept_when_nobody_refers_to_them(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let files = [
        file(&alice, 1, NOW),
        file(&alice, 2, NOW.plus_ms(10)),
        file(&bob, 3, NOW),
    ];
    for it in &files {
        store.put_file(it.clone()).await.unwrap();
    }
    // Once more is the same.
    store.put_file(files[0].clone()).await.unwrap();
    assert_eq!(
        store.find_file(files[0].id).await.unwrap().as_ref(),
        Some(&files[0])
    );
    assert_eq!(store.find_file(FileId([9; 20])).await.unwrap(), None);
    assert_eq!(store.count_file_bytes(alice.id, NOW).await.unwrap(), 200);
    assert_eq!(
        store.count_file_bytes(alice.id, NOW.plus_ms(1)).await.unwrap(),
        100
    );
    // Only what is old enough, a few at a time, each once.
    let before = NOW.plus_ms(5);
    let mut swept = Vec::new();
    let mut sweep = Sweep::default();
    for _ in 0..4 {
        let step = store.sweep_files(before, sweep, 1).await.unwrap();
        assert!(step.files.len() <= 1);
        for it in &step.files {
            assert_eq!(store.find_file(it.id).await.unwrap(), None);
            store.remove_file(it.id).await.unwrap();
        }
        swept.extend(step.files.into_iter().map(|it| it.id));
        sweep = step.next;
    }
    swept.sort();
    assert_eq!(swept, [files[0].id, files[2].id]);
    assert!(store.find_file(files[1].id).await.unwrap().is_some());
}

pub(crate) async fn a_file_is_kept_for_as_long_as_a_message_of_its_app_refers_to_it(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let files: Vec<_> = (1..=3).map(|it| file(&alice, it, NOW)).collect();
    let sent = message(&alice, to_user(&bob), 1);
    let never = message(&alice, to_user(&bob), 2);
    for (it, app, key) in [
        (&files[0], APP, sent.key),
        // Its message never comes.
        (&files[1], APP, never.key),
        // Another app's message is none.
        (&files[2], SdkAppId(7), sent.key),
    ] {
        store.put_file(it.clone()).await.unwrap();
        let ids = vec![Linked::File(it.id), Linked::File(FileId([9; 20]))];
        store.put_references(app, key, ids.clone(), NOW).await.unwrap();
        store.put_references(app, key, ids, NOW).await.unwrap();
    }
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let appended = store.append_message(timeline, sent).await.unwrap();
    appended.turn.run(|| ());
    let step = store
        .sweep_files(NOW.plus_ms(1), Sweep::default(), 100)
        .await
        .unwrap();
    let mut swept: Vec<_> = step.files.iter().map(|it| it.id).collect();
    swept.sort();
    assert_eq!(swept, [files[1].id, files[2].id]);
    assert_eq!(step.next, Sweep::default());
    assert!(store.find_file(files[0].id).await.unwrap().is_some());
    // Nobody can refer to what is about to be removed.
    let ids = vec![Linked::File(files[1].id)];
    store.put_references(APP, never.key, ids, NOW).await.unwrap();
    let again = store
        .sweep_files(NOW.plus_ms(1), Sweep::default(), 100)
        .await
        .unwrap();
    assert_eq!(again.files.len(), 2);
}

fn file(by: &Account, number: u8, created: Timestamp) -> FileRecord {
    FileRecord {
        id: FileId([number; 20]),
        app: APP,
        account: by.id,
        size: 100,
        created,
        stored: Bytes::from_static(b"stored"),
    }
}

fn link(file: &FileRecord) -> String {
    format!("https://im.example/v1/files/{}/original", file.id)
}

/// All that nothing refers to is marked, then removed; which those are.
async fn sweep(store: &TestStore) -> Vec<FileId> {
    let later = NOW.plus_ms(1);
    let swept = store.sweep_files(later, Sweep::default(), 100).await.unwrap();
    for it in &swept.files {
        store.remove_file(it.id).await.unwrap();
    }
    let mut merged = MergedSweep::default();
    loop {
        // One part at a time.
        merged = store.sweep_merged(later, merged, 1).await.unwrap();
        if merged == MergedSweep::default() {
            break;
        }
    }
    let mut ids: Vec<_> = swept.files.iter().map(|it| it.id).collect();
    ids.sort();
    ids
}

async fn put_files<const N: usize>(store: &TestStore, by: &Account) -> [FileRecord; N] {
    let files = std::array::from_fn(|it| file(by, it as u8 + 1, NOW));
    for it in &files {
        store.put_file(it.clone()).await.unwrap();
    }
    files
}

pub(crate) async fn a_profile_and_a_group_keep_the_files_that_they_link_to_now(store: TestStore) {
    let [alice] = accounts(&store, ["alice"]).await;
    let [old, new, words, of_group] = &put_files::<4>(&store, &alice).await;
    let put = async |change: wire::UpdateProfile| {
        let change = ProfileChange::parse(change).unwrap();
        let nothing = Box::new(|_: &_| Vec::new());
        let _ = store.put_profile(&alice, change, NOW, nothing).await.unwrap();
    };
    let avatar = |file| wire::UpdateProfile {
        avatar: Some(link(file)),
        ..Default::default()
    };
    put(avatar(old)).await;
    put(wire::UpdateProfile {
        self_signature: Some(link(words)),
        ..Default::default()
    })
    .await;
    let group = NewGroup {
        avatar: link(of_group),
        ..new_group("team", &alice, &[], 10)
    };
    let nothing = Box::new(|_: &_| Vec::new());
    let _ = store.create_group(group, nothing).await.unwrap();
    assert_eq!(sweep(&store).await, [new.id]);
    store.put_file(new.clone()).await.unwrap();
    put(avatar(new)).await;
    assert_eq!(sweep(&store).await, [old.id], "what was shown before");
    put(wire::UpdateProfile {
        avatar: Some(String::new()),
        ..Default::default()
    })
    .await;
    assert_eq!(sweep(&store).await, [new.id]);
    for it in [words, of_group] {
        assert!(store.find_file(it.id).await.unwrap().is_some());
    }
}

pub(crate) async fn a_modified_message_keeps_the_files_that_it_links_to_now(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let [before, both, after, beside] = &put_files::<4>(&store, &alice).await;
    let body = |links: &[&FileRecord]| {
        let links: Vec<_> = links.iter().map(|it| link(it)).collect();
        Body::of(Kind::Custom(wire::Custom {
            data: links.join(" "),
            ..Default::default()
        }))
    };
    let sent = Message {
        body: body(&[before, both]),
        ..message(&alice, to_user(&bob), 1)
    };
    let linked = [before, both].map(|it| Linked::File(it.id)).to_vec();
    store.put_references(APP, sent.key, linked, NOW).await.unwrap();
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let _ = store.append_message(timeline, sent).await.unwrap();
    let modify = async |edits, body, custom| {
        let done = store.modify_message(timeline, Sequence(1), bob.id, edits, body, custom);
        done.await.unwrap().value
    };
    let modified = modify(0, body(&[both, after]), link(beside)).await;
    assert!(matches!(modified, Modified::Done(..)));
    assert_eq!(sweep(&store).await, [before.id]);
    // Who is too late changes nothing, and somebody else's edit keeps them too.
    let late = modify(0, body(&[]), String::new()).await;
    assert!(matches!(late, Modified::Conflict(_)));
    assert_eq!(sweep(&store).await, []);
    let modified = modify(1, body(&[after]), String::new()).await;
    assert!(matches!(modified, Modified::Done(..)));
    assert_eq!(sweep(&store).await, [both.id, beside.id]);
    assert!(store.find_file(after.id).await.unwrap().is_some());
}

/// A part that holds a text, and perhaps the key of others.
fn part(key: u8, part: u32, parts: u32, text: String, other: Option<u8>) -> MergedPart {
    let text = Body::of(Kind::Text(wire::Text {
        text,
        ..Default::default()
    }));
    let other = other.map(merger);
    let bodies = std::iter::once(text).chain(other);
    let messages = bodies.map(|it| wire::MergedMessage {
        body: it.bytes().clone(),
        ..Default::default()
    });
    let content = wire::MergedMessages {
        messages: messages.collect(),
    };
    MergedPart {
        key: [key; 16],
        part,
        parts,
        content: content.encode_to_vec().into(),
    }
}

fn merger(key: u8) -> Body {
    Body::of(Kind::Merger(wire::Merger {
        depth: 1,
        download_key: vec![key; 16].into(),
        ..Default::default()
    }))
}

async fn send_merger(store: &TestStore, from: &Account, to: &Account, key: u8, random: u32) -> Message {
    let message = Message {
        body: merger(key),
        ..message(from, to_user(to), random)
    };
    let linked = vec![Linked::Merged([key; 16])];
    store.put_references(APP, message.key, linked, NOW).await.unwrap();
    let timeline = TimelineId::c2c(from.id, to.id);
    match store.append_message(timeline, message).await.unwrap().value {
        Appended::New(message) => message,
        Appended::Repeat(_) => panic!("a repeat"),
    }
}

/// As if a timeline had expired; its newest message stays.
async fn expire(store: &TestStore, one: &Account, other: &Account, before: u64) {
    let expired = Expired {
        timeline: TimelineId::c2c(one.id, other.id),
        shown_from: Sequence(before),
        stored_from: Sequence(before),
    };
    let nothing = Box::new(|_: &MarksMoved| Vec::new());
    let _ = store.hide_expired(expired, 0, 10, nothing).await.unwrap();
    while store.remove_expired(expired, 1).await.unwrap() {}
}

pub(crate) async fn merged_messages_and_their_files_are_kept_for_as_long_as_a_copy_is_there(
    store: TestStore,
) {
    let [alice, bob, carol] = accounts(&store, ["alice", "bob", "carol"]).await;
    let [inner, outer, unused] = &put_files::<3>(&store, &alice).await;
    let put = async |it: MergedPart| assert!(store.put_merged(alice.id, it, NOW).await.unwrap());
    let is_there = async |key: u8| store.find_merged(APP, [key; 16]).await.unwrap().is_some();
    put(part(1, 0, 2, "nothing".to_owned(), None)).await;
    put(part(1, 1, 2, link(inner), None)).await;
    put(part(2, 0, 1, link(outer), Some(1))).await;
    // Never sent, and another account's of the same app may not take the key.
    put(part(3, 0, 2, link(unused), Some(1))).await;
    send_merger(&store, &alice, &bob, 2, 1).await;
    send(&store, &alice, &bob, 2).await;
    assert_eq!(sweep(&store).await, [], "what nobody sent holds it in this round");
    assert!(!is_there(3).await && is_there(2).await && is_there(1).await);
    assert_eq!(sweep(&store).await, [unused.id]);
    // Bob forwards it, and the first message expires: all of it is there, also what is merged inside.
    send_merger(&store, &bob, &carol, 2, 3).await;
    send(&store, &bob, &carol, 4).await;
    expire(&store, &alice, &bob, 2).await;
    for _ in 0..3 {
        assert_eq!(sweep(&store).await, []);
    }
    assert!(is_there(1).await && is_there(2).await);
    expire(&store, &bob, &carol, 2).await;
    let mut gone = Vec::new();
    for _ in 0..4 {
        gone.extend(sweep(&store).await);
    }
    gone.sort();
    assert_eq!(gone, [inner.id, outer.id]);
    assert!(!is_there(1).await && !is_there(2).await);
}

/// Who sends a message too late for what it refers to refers to nothing.
pub(crate) async fn merged_messages_of_another_app_or_too_young_are_left_alone(store: TestStore) {
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let key = message(&alice, to_user(&bob), 1).key;
    let young = part(1, 0, 1, String::new(), None);
    assert!(store.put_merged(alice.id, young, NOW.plus_ms(1)).await.unwrap());
    let old = part(2, 0, 1, String::new(), None);
    assert!(store.put_merged(alice.id, old, NOW).await.unwrap());
    let linked = vec![Linked::Merged([2; 16])];
    store.put_references(SdkAppId(7), key, linked, NOW).await.unwrap();
    sweep(&store).await;
    assert!(store.find_merged(APP, [1; 16]).await.unwrap().is_some());
    assert_eq!(store.find_merged(APP, [2; 16]).await.unwrap(), None);
    // Merged messages that name each other by keys that they should not know yet go all the same.
    let first = part(4, 0, 2, String::new(), None);
    let second = part(5, 0, 1, String::new(), Some(4));
    let ring = part(4, 1, 2, String::new(), Some(5));
    for it in [first, second, ring] {
        assert!(store.put_merged(alice.id, it, NOW).await.unwrap());
    }
    sweep(&store).await;
    sweep(&store).await;
    for key in [4, 5] {
        assert_eq!(store.find_merged(APP, [key; 16]).await.unwrap(), None);
    }
}
