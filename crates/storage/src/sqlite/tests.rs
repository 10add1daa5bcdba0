//! What only this store promises: its files, its format, its disk. What every store promises is in [`crate::suite`],
//! which runs here against both kinds.

use std::sync::Arc;

use hongyan_protocol::body::Body;
use hongyan_protocol::message::Target;

use rusqlite::Connection;

use super::*;
use crate::suite::{accounts, message, send, store_suite};

store_suite!(memory, (Arc::new(SqliteStore::in_memory()) as Arc<dyn Store>, ()));
store_suite!(disk, on_disk(true, Applying::Later));
store_suite!(disk_without_journal, on_disk(false, Applying::Later));
store_suite!(disk_and_all_in_the_journal, on_disk(true, Applying::Never));
store_suite!(
    disk_and_nothing_stays_in_the_journal,
    on_disk(true, Applying::AtOnce)
);

fn on_disk(journal: bool, applying: Applying) -> (Arc<dyn Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        journal,
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open_with(folder.path(), options, applying).unwrap();
    (Arc::new(store), folder)
}

/// As a crash would leave them, with nothing closed: not the index of the WAL, which is in memory. The database first:
/// what leaves the journal meanwhile is then in neither, as it may be after no crash, so nothing may.
pub(super) fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        if name
            .to_str()
            .is_some_and(|it| !it.ends_with("-shm") && !it.ends_with(".lock"))
        {
            std::fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

/// Contract C1.
#[tokio::test]
async fn what_was_answered_is_in_the_files_at_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = open(folder.path());
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    for random in 0..8 {
        let sent = send(&store, &alice, &bob, random).await;
        let crashed = tempfile::tempdir().unwrap();
        copy_files(folder.path(), crashed.path());
        let after: Arc<dyn Store> = open(crashed.path());
        assert_eq!(
            after.find_message(timeline, sent.sequence).await.unwrap(),
            Some(sent.clone())
        );
        // Contract C2 holds across it, and the timeline goes on without a gap (C3).
        let resend = message(&alice, Target::User(bob.user_id.clone()), random);
        assert_eq!(
            after.append_message(timeline, resend).await.unwrap().value,
            Appended::Repeat(sent.clone())
        );
        assert_eq!(
            send(&after, &bob, &alice, 99).await.sequence,
            sent.sequence.next()
        );
    }
}

/// Messages and apps' keys are in them.
#[cfg(unix)]
#[tokio::test]
async fn the_folder_and_its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let store: Arc<dyn Store> = open(&folder);
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    send(&store, &alice, &bob, 1).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 3, "the database, its WAL, the lock");
}

/// An account may have any number of conversations, and each may end in a long message: all at once would be gigabytes.
#[tokio::test]
async fn who_missed_a_thousand_conversations_reloads_instead_of_being_told_of_each() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory());
    let [alice] = accounts(&store, ["alice"]).await;
    let cursor = |store: &Arc<dyn Store>| {
        let (store, alice) = (store.clone(), alice.clone());
        async move {
            store
                .catch_up(&alice, Pts(0), Vec::new(), Timestamp(0))
                .await
                .unwrap()
        }
    };
    for number in 0..=1000_u32 {
        let name = format!("user{number}");
        let [other] = accounts(&store, [name.as_str()]).await;
        send(&store, &other, &alice, number).await;
        if number == 999 {
            let CatchUp::Missed { updates, .. } = cursor(&store).await else {
                panic!("a thousand are told");
            };
            assert_eq!(updates.len(), 1000);
        }
    }
    assert!(matches!(cursor(&store).await, CatchUp::Reload));
}

/// Contract C1.
#[tokio::test]
async fn a_second_start_finds_everything_whether_closed_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=4 {
        let store: Arc<dyn Store> = open(folder.path());
        let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
        let sent = send(&store, &alice, &bob, round).await;
        assert_eq!(sent.sequence.0, u64::from(round));
        let totals = store.totals().await.unwrap();
        assert_eq!((totals.messages, totals.accounts), (u64::from(round), 2));
        assert!(totals.data_bytes > 0);
        if round % 2 == 0 {
            store.close().await.unwrap();
        }
        drop(store);
        assert!(
            !folder.path().join("hongyan.db-wal").exists(),
            "all of it is in the database"
        );
    }
}

#[tokio::test]
async fn a_folder_belongs_to_one_store_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let refused = SqliteStore::open(folder.path(), SqliteOptions::default()).unwrap_err();
    assert!(
        refused.to_string().contains("in use by another process"),
        "{refused}"
    );
    drop(first);
    open(folder.path());
}

#[tokio::test]
async fn data_of_a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let file = folder.path().join("hongyan.db");
    Connection::open(&file)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = std::fs::read(&file).unwrap();
    let refused = SqliteStore::open(folder.path(), SqliteOptions::default()).unwrap_err();
    assert!(
        refused.to_string().contains("format 99, newer than this program"),
        "{refused}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_the_store_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open_without_journal(folder.path());
    let store: Arc<dyn Store> = sqlite.clone();
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let append = async |random: u32| {
        let body = Body::trusted(vec![0; 10_000].into());
        let message = Message {
            body,
            ..message(&alice, Target::User(bob.user_id.clone()), random)
        };
        store.append_message(timeline, message).await.map(|it| it.value)
    };
    append(0).await.unwrap();
    limit_pages(&sqlite, 64).await;
    let mut answered = vec![0];
    let mut refused = Vec::new();
    for random in 1..100 {
        match append(random).await {
            Ok(_) => answered.push(random),
            Err(StoreError::Unwritable(_)) => refused.push(random),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(
        answered.len() > 1 && refused.len() > 50,
        "{} were answered",
        answered.len()
    );
    let readable = Readable {
        timeline,
        first: Sequence(1),
        reader: None,
    };
    let kept = async || {
        let kept = store.list_messages(readable, Sequence(0), 1000).await.unwrap();
        kept.iter()
            .map(|it| (it.sequence.0, it.key.random))
            .collect::<Vec<_>>()
    };
    let expected: Vec<_> = (1..).zip(answered.iter().copied()).collect();
    assert_eq!(kept().await, expected, "nothing of what was refused is seen");
    assert_eq!(store.totals().await.unwrap().messages, answered.len() as u64);

    limit_pages(&sqlite, 1 << 30).await;
    for random in &refused {
        assert!(matches!(append(*random).await.unwrap(), Appended::New(_)));
    }
    let expected: Vec<_> = (1..).zip(answered.into_iter().chain(refused)).collect();
    assert_eq!(kept().await, expected, "and no place was lost");
}

#[tokio::test]
async fn a_store_that_cannot_write_says_so_when_it_is_checked_and_is_well_as_soon_as_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open_without_journal(folder.path());
    let store: Arc<dyn Store> = sqlite.clone();
    let [alice, bob] = accounts(&store, ["alice", "bob"]).await;
    let timeline = TimelineId::c2c(alice.id, bob.id);
    let append = async |random: u32| {
        let message = message(&alice, Target::User(bob.user_id.clone()), random);
        store.append_message(timeline, message).await.map(|it| it.value)
    };
    // As if the disk took nothing: every row is refused.
    let refuse = async |on: bool| {
        let sql = match on {
            true => {
                "CREATE TEMP TRIGGER no_message BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END;
                 CREATE TEMP TRIGGER no_count BEFORE UPDATE ON counter BEGIN SELECT RAISE(ABORT, 'no'); END;"
            }
            false => "DROP TRIGGER no_message; DROP TRIGGER no_count;",
        };
        let operation = move |it: &mut writer::Writing| Ok(it.connection.execute_batch(sql)?);
        let done = sqlite.writer.write_unordered(queue::Lane::SERVER, operation);
        done.await.unwrap();
    };
    append(1).await.unwrap();
    store.check().await.unwrap();
    refuse(true).await;
    for random in 2..5 {
        assert!(matches!(append(random).await, Err(StoreError::Unwritable(_))));
    }
    assert!(matches!(store.check().await, Err(StoreError::Unwritable(_))));
    assert!(store.find_message(timeline, Sequence(1)).await.unwrap().is_some());
    assert_eq!(store.find_message(timeline, Sequence(2)).await.unwrap(), None);
    refuse(false).await;
    // Nobody writes; the check itself finds out.
    store.check().await.unwrap();
    let Appended::New(message) = append(2).await.unwrap() else {
        panic!("nothing was kept of it");
    };
    assert_eq!(message.sequence, Sequence(2));
}

/// Greedy accounts fill what they may; an account that comes with little is let in, and is served within one round.
#[tokio::test]
async fn an_account_is_served_whatever_others_have_put_in_the_line() {
    let options = SqliteOptions {
        writes_waiting_max: 300,
        batch_max: 4,
        ..SqliteOptions::default()
    };
    let store = Arc::new(SqliteStore::try_in_memory(options).unwrap());
    let line: Arc<dyn Store> = store.clone();
    let [greedy, calm, peer] = accounts(&line, ["greedy", "calm", "peer"]).await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let blocked = {
        let store = store.clone();
        tokio::spawn(async move {
            let operation = move |_: &mut writer::Writing| {
                began.send(()).unwrap();
                held.recv().unwrap();
                Ok(())
            };
            store.writer.write_unordered(queue::Lane::SERVER, operation).await
        })
    };
    begun.await.unwrap();
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    let begun = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let send = |from: &Account, random: u32| {
        let (line, done, to) = (line.clone(), done.clone(), Target::User(peer.user_id.clone()));
        let timeline = TimelineId::c2c(from.id, peer.id);
        let (message, from) = (message(from, to, random), from.id);
        let begun = begun.clone();
        tokio::spawn(async move {
            begun.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let outcome = line.append_message(timeline, message).await.map(drop);
            done.send((from, outcome)).unwrap();
        })
    };
    for random in 0..300 {
        send(&greedy, random);
    }
    for random in 0..10 {
        send(&calm, random);
    }
    // On this one thread, who began has submitted.
    while begun.load(std::sync::atomic::Ordering::Relaxed) < 310 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    blocked.await.unwrap().unwrap();
    drop(done);
    let (mut refused, mut before_the_calm_ones_were_done, mut calm_done) = (0, 0, 0);
    while let Some((from, outcome)) = order.recv().await {
        match outcome {
            Ok(()) if from == calm.id => calm_done += 1,
            Ok(()) if calm_done < 10 => before_the_calm_ones_were_done += 1,
            Ok(()) => {}
            Err(StoreError::Overloaded) if from == greedy.id => refused += 1,
            Err(error) => panic!("{from}: {error}"),
        }
        if calm_done + refused == 160 {
            break;
        }
    }
    assert_eq!(
        (calm_done, refused),
        (10, 150),
        "half of the line is the most that one account gets"
    );
    assert!(
        before_the_calm_ones_were_done < 20,
        "{before_the_calm_ones_were_done}"
    );
}

#[tokio::test]
async fn more_writes_than_may_wait_are_refused_at_once() {
    let options = SqliteOptions {
        writes_waiting_max: 3,
        ..SqliteOptions::default()
    };
    let store = Arc::new(SqliteStore::try_in_memory(options).unwrap());
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let blocked = {
        let store = store.clone();
        tokio::spawn(async move {
            let operation = move |_: &mut writer::Writing| {
                began.send(()).unwrap();
                held.recv().unwrap();
                Ok(())
            };
            store.writer.write_unordered(queue::Lane::SERVER, operation).await
        })
    };
    begun.await.unwrap();
    let waiting: Vec<_> = (0..3)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.put_setting(&number.to_string(), String::new()).await })
        })
        .collect();
    // On this one thread, each of them was polled when this goes on.
    tokio::task::yield_now().await;
    let refused = store.put_setting("one too many", String::new()).await;
    assert!(matches!(refused, Err(StoreError::Overloaded)));
    release.send(()).unwrap();
    blocked.await.unwrap().unwrap();
    for it in waiting {
        it.await.unwrap().unwrap();
    }
    assert_eq!(store.find_setting("one too many").await.unwrap(), None);
}

pub(super) fn open(folder: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(folder, SqliteOptions::default()).unwrap())
}

fn open_without_journal(folder: &Path) -> Arc<SqliteStore> {
    let options = SqliteOptions {
        journal: false,
        ..SqliteOptions::default()
    };
    Arc::new(SqliteStore::open(folder, options).unwrap())
}

/// Makes the disk as large as so many pages.
async fn limit_pages(store: &SqliteStore, pages: u32) {
    let operation = move |it: &mut writer::Writing| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        Ok(it.connection.query_row(&sql, [], |_| Ok(()))?)
    };
    store
        .writer
        .write_unordered(queue::Lane::SERVER, operation)
        .await
        .unwrap();
}
