//! Data as older programs left it: one sample for each format that was kept anywhere, and what today's program reads in it.
//!
//! **Comes in:** files under `tests/data`, each written once by [`make_the_sample`] of its time. **Never here:** a sample that
//! is made anew, which would say nothing about old data.

use std::path::PathBuf;

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::group::{GroupType, JoinOption, Role};
use hongyan_protocol::linked::Linked;
use hongyan_protocol::message::Target;
use hongyan_protocol::platform::Platform;
use hongyan_protocol::settings::RemindType;
use hongyan_protocol::wire;
use rusqlite::Connection;

use super::tests::open;
use super::*;
use crate::suite::{accounts, message, send};

/// The newest format of which there is a sample.
const NEWEST: usize = 7;

/// Whoever adds a migration adds a sample of the format that it makes, with rows in what is new.
#[test]
fn there_is_a_sample_of_the_newest_format() {
    assert_eq!(schema::MIGRATIONS.len(), NEWEST);
    assert!(path_of(NEWEST).exists());
}

#[tokio::test]
async fn a_store_of_the_first_format_reads_as_it_was_written() {
    let (_folder, store) = sample(1);
    check_first(&store, &first_app()).await;
    let totals = store.totals().await.unwrap();
    assert_eq!((totals.apps, totals.accounts, totals.messages), (1, 3, 5));
}

#[tokio::test]
async fn a_store_of_the_sixth_format_reads_as_it_was_written() {
    let (_folder, store) = sample(6);
    check_first(&store, &app()).await;
    check_sixth(&store).await;
}

#[tokio::test]
async fn a_store_of_the_seventh_format_reads_as_it_was_written() {
    let (_folder, store) = sample(7);
    check_first(&store, &app()).await;
    check_sixth(&store).await;
    check_seventh(&store).await;
}

/// Pictures that were shown before anybody noted what keeps them.
#[tokio::test]
async fn pictures_of_the_sixth_format_stay() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(path_of(6), folder.path().join(schema::FILE)).unwrap();
    let connection = Connection::open(folder.path().join(schema::FILE)).unwrap();
    for (number, sql) in [
        (10_u8, "UPDATE account SET avatar = ?1 WHERE user_id = 'bob'"),
        (11, "UPDATE chat_group SET avatar = ?1 WHERE id = 'second'"),
        (
            12,
            "UPDATE account SET avatar = '/v1/files/none' WHERE user_id = ?1",
        ),
    ] {
        let file = "INSERT INTO file VALUES (?1, 1400000001, 1, 1, 1, 0, x'')";
        connection.execute(file, [[number; 20]]).unwrap();
        let link = format!("https://im.example/v1/files/{}/original", FileId([number; 20]));
        connection.execute(sql, [link]).unwrap();
    }
    drop(connection);
    let store = open(folder.path());
    let swept = store
        .sweep_files(Timestamp(2), Sweep::default(), 10)
        .await
        .unwrap();
    let swept: Vec<_> = swept.files.iter().map(|it| it.id.0[0]).collect();
    assert_eq!(swept, [12]);
    // Merged messages of then stay too: nobody noted who refers to them.
    let swept = store.sweep_merged(Timestamp(2), MergedSweep::default(), 10);
    assert_eq!(swept.await.unwrap(), MergedSweep::default());
    let merged = store.find_merged(app().id, [6; 16]).await.unwrap();
    assert!(merged.is_some());
}

/// Writes the sample of today's format. To be run once when a format is new, and never for an old one.
#[tokio::test]
#[ignore = "writes into the source tree"]
async fn make_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = open(folder.path());
    fill_first(&store, &app()).await;
    fill_sixth(&store).await;
    fill_seventh(&store).await;
    store.close().await.unwrap();
    drop(store);
    let sample = path_of(schema::MIGRATIONS.len());
    let _ = std::fs::remove_file(&sample);
    // With small pages: many tables that are nearly empty.
    let connection = Connection::open(folder.path().join("hongyan.db")).unwrap();
    connection.execute_batch("PRAGMA page_size = 512").unwrap();
    connection
        .execute("VACUUM INTO ?1", [sample.to_str().unwrap()])
        .unwrap();
}

fn path_of(format: usize) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/v{format}.db"))
}

/// A store that begins with what a program of this format left.
fn sample(format: usize) -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(path_of(format), folder.path().join(schema::FILE)).unwrap();
    let store = open(folder.path());
    (folder, store)
}

/// What was there from the first format on.
async fn fill_first(store: &Arc<dyn Store>, app: &App) {
    store.put_app(app.clone()).await.unwrap();
    store.put_setting("console", "hash".into()).await.unwrap();
    let [alice, bob, carol] = accounts(store, ["alice", "bob", "carol"]).await;
    let change = ProfileChange::parse(wire::UpdateProfile {
        nick: Some("Alice".into()),
        ..Default::default()
    });
    let peer = bob.id;
    let _ = store
        .put_profile(
            &alice,
            change.unwrap(),
            Timestamp(2),
            Box::new(move |(profile, _)| vec![Entry::Event(peer, AccountChange::Profile(profile.clone()))]),
        )
        .await
        .unwrap();
    for random in 0..3 {
        send(store, &alice, &bob, random).await;
    }
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let _ = store.revoke_message(timeline, Sequence(2), &alice).await.unwrap();
    let conversation = ConversationId::C2c(alice.user_id.clone());
    let nothing = Box::new(|_: &_| Vec::new());
    let _ = store
        .mark_read(&bob, &conversation, Sequence(1), Timestamp(3), nothing)
        .await
        .unwrap();
    let _ = store
        .add_to_blacklist(
            bob.id,
            vec![carol.clone()],
            Timestamp(3),
            Box::new(|_| Vec::new()),
        )
        .await
        .unwrap();
    let new = NewGroup {
        app: app.id,
        id: GroupId::trusted("sample"),
        kind: GroupType::Public,
        name: "a sample".into(),
        avatar: "https://example.com/a.png".into(),
        introduction: "intro".into(),
        notification: "notice".into(),
        join_option: JoinOption::NeedPermission,
        member_count_max: 10,
        owner: alice.clone(),
        members: vec![bob.clone()],
        now: Timestamp(1_700_000_001_000),
    };
    let consequences: Consequences<GroupRecord> = {
        let target = Target::Group(new.id.clone());
        let nobody = Account {
            id: AccountId(0),
            user_id: UserId::trusted("@TIM#SYSTEM"),
            ..alice.clone()
        };
        Box::new(move |group| {
            let mut tip = message(&nobody, target, 0);
            tip.flags.no_unread = true;
            vec![Entry::Message(TimelineId::Group(group.number), tip)]
        })
    };
    let created = store.create_group(new, consequences).await.unwrap().value.done;
    let Created::Done(group) = created else {
        panic!("taken")
    };
    let mut sent = message(&alice, Target::Group(group.group.id.clone()), 9);
    sent.time = Timestamp(1_700_000_002_000);
    let _ = store
        .append_message(TimelineId::Group(group.number), sent)
        .await
        .unwrap();
    let _ = store
        .put_application(
            group.number,
            &carol,
            "please".into(),
            Timestamp(4),
            Box::new(|_| Vec::new()),
        )
        .await
        .unwrap();
    for number in [1, 2] {
        let new = NewInstance {
            app: app.id,
            user_id: alice.user_id.clone(),
            instance: sample_instance(number),
            resume: false,
            sig_issued: sample_instance(number).since,
        };
        let choose: ChooseKicked = Box::new(|_, others| {
            others
                .iter()
                .map(|it| (it.id, KickReason::MultipleAccount))
                .collect()
        });
        let _ = store.register_instance(new, choose).await.unwrap();
    }
}

/// What [`fill_first`] left.
async fn check_first(store: &Arc<dyn Store>, app: &App) {
    let [alice, bob] = accounts(store, ["alice", "bob"]).await;
    assert_eq!((alice.id, bob.id), (AccountId(1), AccountId(2)));
    assert_eq!(store.list_apps().await.unwrap(), std::slice::from_ref(app));
    assert_eq!(
        store.find_setting("console").await.unwrap().as_deref(),
        Some("hash")
    );
    assert_eq!(
        store.list_blacklist(bob.id).await.unwrap(),
        [UserId::trusted("carol")]
    );
    let there = store.list_instances(alice.id).await.unwrap();
    assert_eq!(there, [sample_instance(2)]);

    let snapshot = store.snapshot(&bob, 10).await.unwrap();
    assert_eq!((snapshot.pts, snapshot.groups.len()), (Pts(1), 1));
    let shown: Vec<_> = snapshot
        .conversations
        .iter()
        .map(|it| {
            (
                it.id.to_string(),
                it.version.0,
                it.last_sequence.0,
                it.unread_count,
                it.read.0,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("GROUPsample".to_owned(), 2, 2, 1, 0),
            ("C2Calice".to_owned(), 4, 3, 1, 1)
        ]
    );
    let chat = &snapshot.conversations[1];
    assert_eq!(chat.peer.as_ref().map(|it| it.nick.as_str()), Some("Alice"));
    let readable = store.find_readable(&bob, &chat.id).await.unwrap().unwrap();
    let messages = store.list_messages(readable, Sequence(0), 10).await.unwrap();
    let revoked: Vec<_> = messages.iter().map(|it| it.revoker.is_some()).collect();
    assert_eq!(revoked, [false, true, false]);
    assert_eq!(messages[2].body.bytes().as_ref(), b"body 2");
    let changes = store
        .list_changes(readable, Version(3), Sequence(3), 10)
        .await
        .unwrap();
    assert_eq!(changes.changes.len(), 1);
    let group = snapshot.groups[0].clone();
    assert_eq!(
        (group.kind, group.member_count, group.owner),
        (GroupType::Public, 2, Some(alice.user_id.clone()))
    );
    assert_eq!(group.self_info.unwrap().role, Role::Member);
    let number = store.find_group(app.id, &group.id).await.unwrap().unwrap().number;
    let handled = store
        .handle_application(
            AccountId(1),
            number,
            1,
            true,
            Timestamp(9),
            Box::new(|_| Vec::new()),
        )
        .await
        .unwrap();
    assert!(matches!(handled.value.done, Handled::Done { joined, .. } if joined.added.len() == 1));
}

/// Of the conversations that [`fill_first`] has, all but Bob's change.
async fn fill_sixth(store: &Arc<dyn Store>) {
    let [alice, carol] = accounts(store, ["alice", "carol"]).await;
    // Files, references, receipts, modified and hidden messages.
    let file = sample_file(&alice);
    store.put_file(file.clone()).await.unwrap();
    let mut sent = Vec::new();
    for random in 10..14 {
        let mut message = message(&alice, Target::User(carol.user_id.clone()), random);
        message.flags.need_read_receipt = true;
        message.flags.support_extension = random == 12;
        sent.push(message);
    }
    let timeline = TimelineId::c2c(alice.id, carol.id);
    store
        .put_references(file.app, sent[0].key, vec![Linked::File(file.id)], Timestamp(1))
        .await
        .unwrap();
    for message in sent {
        let _ = store
            .append_addressed(timeline, message, Addressed::default())
            .await
            .unwrap();
    }
    let (of_alice, of_carol) = (c2c(&alice), c2c(&carol));
    let body = Body::trusted(bytes::Bytes::from_static(b"modified"));
    let _ = store
        .modify_message(timeline, Sequence(2), carol.id, 0, body, "custom".to_owned())
        .await
        .unwrap();
    let wishes = [("kept", Some("1")), ("gone", Some("2")), ("gone", None)];
    for (key, value) in wishes {
        let wish = ExtensionWish {
            key: key.to_owned(),
            value: value.map(str::to_owned),
            version: None,
        };
        let _ = store
            .change_extensions(timeline, Sequence(3), carol.id, vec![wish], false)
            .await
            .unwrap();
    }
    let _ = store
        .put_receipts(
            &carol,
            &of_alice,
            vec![Sequence(1)],
            Timestamp(5),
            Box::new(|_| Vec::new()),
        )
        .await
        .unwrap();
    let _ = store
        .delete_messages(&carol, &of_alice, vec![Sequence(4)], Box::new(|_| Vec::new()))
        .await
        .unwrap();
    // Settings, and a conversation that was deleted.
    for change in [
        SettingsChange::Pinned(true),
        SettingsChange::Remind(RemindType::Discard),
        SettingsChange::MarkSet(1 << 63),
        SettingsChange::CustomData("data".to_owned()),
        SettingsChange::GroupCreated("friends".to_owned()),
    ] {
        set(store, &carol, &of_alice, change).await;
    }
    let deleted = SettingsChange::Deleted { clear_history: false };
    set(store, &alice, &of_carol, deleted).await;
    // A group in which somebody is singled out.
    let new = NewGroup {
        app: alice.app,
        id: GroupId::trusted("second"),
        kind: GroupType::Work,
        name: "second".into(),
        avatar: String::new(),
        introduction: String::new(),
        notification: String::new(),
        join_option: JoinOption::FreeAccess,
        member_count_max: 10,
        owner: alice.clone(),
        members: vec![carol.clone()],
        now: Timestamp(1_700_000_003_000),
    };
    let created = store.create_group(new, Box::new(|_| Vec::new())).await.unwrap();
    let Created::Done(group) = created.value.done else {
        panic!("taken")
    };
    let mut targeted = message(&alice, Target::Group(group.group.id.clone()), 20);
    targeted.flags.is_targeted = true;
    let addressed = Addressed {
        receivers: vec![carol.id],
        mentioned: vec![carol.id],
        mentions_all: false,
    };
    let _ = store
        .append_addressed(TimelineId::Group(group.number), targeted, addressed)
        .await
        .unwrap();
    for (part, content) in [(0, &b"one"[..]), (1, b"two")] {
        let part = MergedPart {
            key: [6; 16],
            part,
            parts: 2,
            content: bytes::Bytes::from_static(content),
        };
        assert!(store.put_merged(alice.id, part, Timestamp(1)).await.unwrap());
    }
    // Of what was said to oneself, one message is removed, one hidden, and one there.
    for random in 30..33 {
        send(store, &carol, &carol, random).await;
    }
    let expired = Expired {
        timeline: TimelineId::c2c(carol.id, carol.id),
        shown_from: Sequence(3),
        stored_from: Sequence(2),
    };
    let _ = store
        .hide_expired(expired, 0, 10, Box::new(|_| Vec::new()))
        .await
        .unwrap();
    assert!(!store.remove_expired(expired, 10).await.unwrap());
}

/// What [`fill_sixth`] left.
async fn check_sixth(store: &Arc<dyn Store>) {
    let [alice, carol] = accounts(store, ["alice", "carol"]).await;
    let (of_alice, of_carol) = (c2c(&alice), c2c(&carol));
    let file = sample_file(&alice);
    assert_eq!(store.find_file(file.id).await.unwrap().as_ref(), Some(&file));
    let swept = store.sweep_files(Timestamp(u64::MAX >> 1), Sweep::default(), 10);
    assert_eq!(swept.await.unwrap().files, [], "a message refers to it");

    let readable = store.find_readable(&carol, &of_alice).await.unwrap().unwrap();
    let messages = store.list_messages(readable, Sequence(0), 10).await.unwrap();
    let shown: Vec<_> = messages.iter().map(|it| (it.sequence.0, it.edits)).collect();
    assert_eq!(shown, [(1, 0), (2, 1), (3, 0)], "the last is deleted for oneself");
    assert_eq!(messages[1].body.bytes().as_ref(), b"modified");
    assert_eq!(messages[1].cloud_custom_data, "custom");
    let pairs = store
        .list_extensions(readable, Sequence(3))
        .await
        .unwrap()
        .unwrap();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|it| (it.key.as_str(), it.value.as_deref()))
        .collect();
    assert_eq!(pairs, [("kept", Some("1"))]);
    let receipts = store.list_receipts(&alice, &of_carol, &[Sequence(1), Sequence(2)]);
    let receipts = receipts.await.unwrap().unwrap();
    assert_eq!(
        receipts.iter().map(|it| it.read_count).collect::<Vec<_>>(),
        [1, 0]
    );

    let state = store.find_conversation(&carol, &of_alice).await.unwrap().unwrap();
    assert_eq!((state.view_version, state.unread_count), (1, 3));
    let settings = state.settings;
    assert_eq!(
        (settings.revision, settings.is_pinned, settings.remind),
        (5, true, RemindType::Discard)
    );
    assert_eq!((settings.marks, settings.custom_data.as_str()), (1 << 63, "data"));
    assert_eq!(settings.groups, ["friends"]);
    let deleted = store.find_settings(&alice, &of_carol).await.unwrap();
    assert_eq!(deleted.deleted_before, Sequence(5));
    let snapshot = store.snapshot(&alice, 10).await.unwrap();
    assert!(snapshot.conversations.iter().all(|it| it.id != of_carol));

    let second = ConversationId::Group(GroupId::trusted("second"));
    let state = store.find_conversation(&carol, &second).await.unwrap().unwrap();
    let targeted = state.last_message.unwrap();
    assert_eq!(targeted.receivers, std::slice::from_ref(&carol.user_id));
    assert_eq!(
        state.mentions.iter().map(|it| it.sequence.0).collect::<Vec<_>>(),
        [1]
    );
    let merged = store.find_merged(alice.app, [6; 16]).await.unwrap();
    assert_eq!(merged.as_deref(), Some(&b"onetwo"[..]));

    let to_oneself = store.find_readable(&carol, &of_carol).await.unwrap().unwrap();
    let messages = store.list_messages(to_oneself, Sequence(0), 10).await.unwrap();
    assert_eq!(messages[0].sequence, Sequence(3), "two have expired");
    let kept = TimelineId::c2c(carol.id, carol.id);
    assert!(store.find_message(kept, Sequence(1)).await.unwrap().is_none());
}

/// Links of a profile, and merged messages to which a message refers.
async fn fill_seventh(store: &Arc<dyn Store>) {
    let [alice, carol] = accounts(store, ["alice", "carol"]).await;
    let file = FileRecord {
        id: FileId([7; 20]),
        ..sample_file(&carol)
    };
    store.put_file(file.clone()).await.unwrap();
    let change = ProfileChange::parse(wire::UpdateProfile {
        avatar: Some(format!("/v1/files/{}/original", file.id)),
        ..Default::default()
    });
    let _ = store
        .put_profile(&carol, change.unwrap(), Timestamp(2), Box::new(|_| Vec::new()))
        .await
        .unwrap();
    let key = message(&carol, Target::User(alice.user_id.clone()), 40).key;
    let linked = vec![Linked::Merged([6; 16])];
    store
        .put_references(carol.app, key, linked, Timestamp(2))
        .await
        .unwrap();
    send(store, &carol, &carol, 40).await;
}

/// What [`fill_seventh`] left.
async fn check_seventh(store: &Arc<dyn Store>) {
    let later = Timestamp(u64::MAX >> 1);
    let swept = store.sweep_files(later, Sweep::default(), 10).await.unwrap();
    assert_eq!(swept.files, [], "a profile links to it");
    assert!(store.find_file(FileId([7; 20])).await.unwrap().is_some());
    let _ = store
        .sweep_merged(later, MergedSweep::default(), 10)
        .await
        .unwrap();
    let app = app().id;
    assert!(store.find_merged(app, [6; 16]).await.unwrap().is_some());
}

async fn set(
    store: &Arc<dyn Store>,
    account: &Account,
    conversation: &ConversationId,
    change: SettingsChange,
) {
    let at = vec![(conversation.clone(), Sequence(0))];
    let written = store
        .change_settings(account, at, change, Box::new(|_| Vec::new()))
        .await;
    assert!(written.unwrap().value.done.refused.is_empty());
}

fn c2c(peer: &Account) -> ConversationId {
    ConversationId::C2c(peer.user_id.clone())
}

/// Another value for each setting than a new app has.
fn app() -> App {
    let mut app = first_app();
    app.settings.upload_mb = 7;
    app.settings.upload_day_mb = 70;
    app.settings.receipt_groups = ReceiptGroups {
        public: false,
        ..ReceiptGroups::ALL
    };
    app.settings.receipt_members_max = 50;
    app.settings.history_days = 30;
    app
}

fn sample_file(by: &Account) -> FileRecord {
    FileRecord {
        id: FileId([6; 20]),
        app: by.app,
        account: by.id,
        size: 100,
        created: Timestamp(1),
        stored: bytes::Bytes::from_static(b"stored"),
    }
}

fn first_app() -> App {
    App {
        id: SdkAppId(1_400_000_001),
        name: "sample".into(),
        key: AppKey("secret".into()),
        created: Timestamp(1),
        settings: AppSettings {
            web_instances: 2,
            platform_policy: PlatformPolicy::Triple,
            revoke_limit_s: 60,
            blocked_sender: BlockedSender::Pretend,
            upload_mb: 100,
            upload_day_mb: 2048,
            ..AppSettings::default()
        },
    }
}

fn sample_instance(number: u8) -> Instance {
    Instance {
        id: InstanceId([number; 16]),
        platform: Platform::MiniProgram,
        since: Timestamp(u64::from(number)),
    }
}
