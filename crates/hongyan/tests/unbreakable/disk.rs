//! Disk trouble: what a client is told when nothing can be written, and that all is well when it can be again.
//!
//! A disk is made full in two ways. A small file system in memory is the real thing and needs the right to mount; a limit
//! of the process on the size of its files works everywhere and gives another error on the same way.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use hongyan_protocol::code::Code;
use hongyan_protocol::wire::{Platform, push};
use tokio::time::timeout;

use crate::serving::{PATIENCE, Serving, Site, file_bytes};
use crate::wire::{Ended, Wire, login, text_of, with};

/// Most of a message, so that a disk is soon full.
const TEXT_BYTES: usize = 4000;
/// There is room for many in the files of the journal that are there; limits of a client are not what is tried here.
const ARGUMENTS: [&str; 4] = ["--requests-per-s", "1000000", "--request-burst", "1000000"];

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_to_the_client_and_nothing_more() {
    let Some(disk) = SmallDisk::mount("24m") else {
        return;
    };
    let site = Site::on(disk.path().join("data"), tempfile::tempdir().unwrap()).await;
    let serving = site.start(&ARGUMENTS);
    let filler = disk.path().join("filler");
    let fill = || {
        let mut file = File::create(&filler).unwrap();
        // Until there is no room, and then the last bytes one by one.
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    };
    let empty = || std::fs::remove_file(&filler).unwrap();
    trouble_comes_and_goes(&site, serving, fill, empty).await;
}

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow_is_an_error_to_the_client_and_nothing_more() {
    let site = Site::new().await;
    let serving = site.start(&ARGUMENTS);
    let limit = file_bytes(&site.folder.join("hongyan.db-wal")) + 200_000;
    let process = serving.process();
    trouble_comes_and_goes(
        &site,
        serving,
        || process.limit_file_bytes(Some(limit)),
        || process.limit_file_bytes(None),
    )
    .await;
}

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_written_any_more_are_an_error_to_the_client_and_nothing_more() {
    let site = Site::new().await;
    let serving = site.start(&ARGUMENTS);
    let process = serving.process();
    // Not one byte may be written from now on, also where there were bytes before.
    trouble_comes_and_goes(
        &site,
        serving,
        || process.limit_file_bytes(Some(0)),
        || process.limit_file_bytes(None),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_refused_in_words_and_left_as_it_is() {
    let Some(disk) = SmallDisk::mount("24m") else {
        return;
    };
    let site = Site::on(disk.path().join("data"), tempfile::tempdir().unwrap()).await;
    let serving = site.start(&[]);
    let mut alice = Wire::log_in(&site, "alice", 1, Platform::Web).await.unwrap();
    assert_eq!(alice.say("alice", "a note").await.unwrap(), Ok(1));
    assert!(serving.stop());
    disk.remount("ro");
    let Err(said) = site.try_start(&[]) else {
        panic!("it started on a folder that cannot be written");
    };
    assert!(said.contains("opening the data folder"), "{said}");
    disk.remount("rw");
    let _serving = site.start(&[]);
    let mut alice = Wire::log_in(&site, "alice", 1, Platform::Web).await.unwrap();
    assert_eq!(alice.history(&with("alice")).await.unwrap().len(), 1);
}

/// What holds for every disk that takes nothing for a while: no acknowledgement and a clear code, reading goes on,
/// `/healthz` knows, and when there is room again all goes on without a restart.
async fn trouble_comes_and_goes(site: &Site, mut serving: Serving, begin: impl Fn(), end: impl Fn()) {
    let mut alice = Wire::log_in(site, "alice", 1, Platform::Web).await.unwrap();
    let bob = Wire::log_in(site, "bob", 1, Platform::Web).await.unwrap();
    let bob = tokio::spawn(listen(bob));
    let text = |number: usize| format!("{number} {}", "x".repeat(TEXT_BYTES));
    let mut kept = Vec::new();
    let mut number = 0;
    let mut say = async |alice: &mut Wire, kept: &mut Vec<String>| {
        number += 1;
        let text = text(number);
        let answer = alice.say("bob", &text).await.unwrap();
        if let Ok(sequence) = answer {
            kept.push(text);
            assert_eq!(sequence, kept.len() as u64, "an answered message is the next one");
        }
        answer
    };
    for _ in 0..20 {
        say(&mut alice, &mut kept).await.unwrap();
    }
    assert_eq!(site.get("/healthz").await.0, 200);

    begin();
    // There may be a little room left.
    let mut refused = 0;
    for _ in 0..2000 {
        match say(&mut alice, &mut kept).await {
            Ok(_) => {}
            Err(code) => {
                assert_eq!(Code(code), Code::MESSAGE_INTERNAL);
                refused += 1;
                if refused == 5 {
                    break;
                }
            }
        }
    }
    assert_eq!(refused, 5, "the disk takes nothing any more");
    assert_eq!(site.get("/healthz").await.0, 503);
    let mut carol = Wire::connect(site).await.unwrap();
    let answer = carol.ask(login(site, "carol", 1, Platform::Web)).await.unwrap();
    // The database may have room where the journal has none.
    assert!(
        [Code::ACCOUNT_INTERNAL, Code(0)].contains(&Code(answer.code)),
        "{answer:?}"
    );
    let history = alice.history(&with("bob")).await.unwrap();
    assert_eq!(
        texts(&history),
        kept,
        "reading goes on, and shows what was answered"
    );
    assert!(serving.is_running());

    end();
    assert_eq!(site.get("/healthz").await.0, 200, "without a restart");
    for _ in 0..20 {
        say(&mut alice, &mut kept).await.unwrap();
    }
    Wire::log_in(site, "carol", 1, Platform::Web).await.unwrap();
    alice.say("bob", "the end").await.unwrap().unwrap();
    kept.push("the end".to_owned());
    let heard = timeout(PATIENCE, bob)
        .await
        .expect("bob hears the end")
        .unwrap()
        .unwrap();
    assert_eq!(heard, kept, "nobody hears of what was refused");

    serving.kill();
    check_files(&site.folder);
    let _serving = site.start(&[]);
    let mut bob = Wire::log_in(site, "bob", 1, Platform::Web).await.unwrap();
    let history = bob.history(&with("alice")).await.unwrap();
    assert_eq!(texts(&history), kept);
}

/// The texts that are pushed, until the last one.
async fn listen(mut wire: Wire) -> Result<Vec<String>, Ended> {
    let mut heard = Vec::new();
    loop {
        if let push::Kind::TimelineChange(change) = wire.push().await? {
            let text = change.message.as_ref().and_then(text_of).unwrap();
            heard.push(text);
            if heard.last().is_some_and(|it| it == "the end") {
                return Ok(heard);
            }
        }
    }
}

fn texts(history: &[hongyan_protocol::wire::Message]) -> Vec<String> {
    history.iter().filter_map(text_of).collect()
}

/// The files of a server that is not running are sound.
pub(crate) fn check_files(folder: &Path) {
    let connection = rusqlite::Connection::open(folder.join("hongyan.db")).unwrap();
    let said: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(said, "ok");
}

/// A file system in memory of a certain size; unmounted when it is forgotten.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`, and a word about it, where mounting is not allowed.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size={size}"))
            .arg("hongyan-test")
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            _ => {
                println!(
                    "skipped: this needs the right to mount; the limits of a process are tried in its place"
                );
                None
            }
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn remount(&self, how: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.folder.path())
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may still be closing its files.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
