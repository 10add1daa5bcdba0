//! The end of the journal and of SQLite's write-ahead log, torn as a crash of the machine may leave it.
//!
//! What was answered was synced, so it is in whole frames up to a commit; what a crash can tear is what came behind. Some
//! cases go further and spoil what was synced, as only a broken disk does. The last commit is then lost, and no more; when
//! it lies before others, the journal says so, since what is behind it cannot stand alone.

use std::ops::Range;
use std::path::{Path, PathBuf};

use hongyan_protocol::wire::Platform;

use crate::disk::check_files;
use crate::random::Random;
use crate::serving::Site;
use crate::wire::{Wire, text_of, with};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_of_the_journal_loses_nothing_that_was_answered() {
    let site = Site::new().await;
    let serving = site.start(&[]);
    let kept = say_forty(&site).await;
    serving.kill();
    let (path, journal) = journal_of(&site);
    let frames = frames(&journal);
    assert!(frames.len() > 30, "each message waited for the one before it");
    let last = frames.last().unwrap().clone();
    let (before, zeros) = journal.split_at(last.end);
    let frame = &journal[last.clone()];
    let mut random = Random::new(1);
    let mut garbage = || (0..frame.len()).map(|_| random.next() as u8).collect::<Vec<_>>();
    // Behind all that was answered.
    let cases: [(&str, Vec<u8>); 6] = [
        ("zeros", journal.clone()),
        ("cut behind the last frame", before.to_vec()),
        (
            "half a frame behind it",
            [before, &frame[..frame.len() / 2], zeros].concat(),
        ),
        ("garbage behind it", [before, &garbage(), zeros].concat()),
        ("a frame's head before another's bytes", {
            [before, &frame[..24], &garbage()[24..], zeros].concat()
        }),
        (
            "an older frame once more",
            [before, &journal[frames[0].clone()], zeros].concat(),
        ),
    ];
    for (what, torn) in cases {
        let found = after(&site, &path, &torn, &[]).await.unwrap();
        assert_eq!(found, kept, "{what}");
    }

    // Beyond what a crash can do.
    let spoiled = |at: usize| {
        let mut spoiled = journal.clone();
        spoiled[at] ^= 0x10;
        spoiled
    };
    let found = after(&site, &path, &spoiled(last.start + 40), &[]).await.unwrap();
    assert_eq!(
        found,
        kept[..kept.len() - 1],
        "the one message of the last frame is lost"
    );
    let said = after(&site, &path, &spoiled(frames[20].start + 40), &[])
        .await
        .unwrap_err();
    assert!(said.contains("the journal is damaged: 1 acknowledged"), "{said}");
}

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_of_the_log_loses_nothing_that_was_answered() {
    let site = Site::new().await;
    let serving = site.start(&["--no-journal"]);
    let kept = say_forty(&site).await;
    serving.kill();
    let log = std::fs::read(site.folder.join("hongyan.db-wal")).unwrap();
    let commits = commits(&log);
    let last = commits.last().unwrap().clone();
    let whole = &log[..last.end];
    let frame = &log[last.end - frame_bytes(&log)..last.end];
    let mut random = Random::new(1);
    let mut garbage = || (0..frame.len()).map(|_| random.next() as u8).collect::<Vec<_>>();

    let cases: [(&str, Vec<u8>); 6] = [
        ("cut behind the last commit", whole.to_vec()),
        (
            "half a frame behind it",
            [whole, &frame[..frame.len() / 2]].concat(),
        ),
        ("garbage behind it", [whole, &garbage()].concat()),
        ("a commit with another page in it", {
            // The frame's head names a commit of this log; its page is not what was summed up.
            let page = &garbage()[FRAME_HEADER_BYTES..];
            [whole, &frame[..FRAME_HEADER_BYTES], page].concat()
        }),
        ("an older frame once more", {
            let old = &log[HEADER_BYTES..HEADER_BYTES + frame.len()];
            [whole, old].concat()
        }),
        (
            "zeros, as a file that grew before its bytes came",
            [whole, &vec![0; 3 * frame.len()]].concat(),
        ),
    ];
    for (what, torn) in cases {
        let found = after(&site, Path::new("hongyan.db-wal"), &torn, &["--no-journal"])
            .await
            .unwrap();
        assert_eq!(found, kept, "{what}");
    }

    // Beyond what a crash can do: the last commit itself is spoiled.
    let middle = last.start + (last.end - last.start) / 2;
    let mut flipped = whole.to_vec();
    flipped[middle] ^= 0x10;
    for (what, spoiled) in [
        ("a flipped bit", flipped),
        ("a lost half", whole[..middle].to_vec()),
    ] {
        let found = after(&site, Path::new("hongyan.db-wal"), &spoiled, &["--no-journal"])
            .await
            .unwrap();
        assert_eq!(
            found,
            kept[..kept.len() - 1],
            "{what}: the one message of that commit is lost"
        );
    }
}

/// Alice says as much to bob, one after the other.
async fn say_forty(site: &Site) -> Vec<String> {
    let mut alice = Wire::log_in(site, "alice", 1, Platform::Web).await.unwrap();
    Wire::log_in(site, "bob", 1, Platform::Web).await.unwrap();
    let mut kept = Vec::new();
    for number in 0..40 {
        kept.push(format!("message {number}"));
        alice.say("bob", kept.last().unwrap()).await.unwrap().unwrap();
    }
    kept
}

/// What a server on these files has, having checked that it goes on from there without a gap; or why it does not start.
async fn after(site: &Site, name: &Path, bytes: &[u8], arguments: &[&str]) -> Result<Vec<String>, String> {
    let site = site.copied();
    std::fs::write(site.folder.join(name), bytes).unwrap();
    let serving = site.try_start(arguments)?;
    let mut bob = Wire::log_in(&site, "bob", 1, Platform::Web).await.unwrap();
    let history = bob.history(&with("alice")).await.unwrap();
    let sequences: Vec<_> = history.iter().map(|it| it.sequence).collect();
    assert_eq!(sequences, (1..=history.len() as u64).collect::<Vec<_>>());
    let next = bob.say("alice", "and on").await.unwrap();
    assert_eq!(next, Ok(history.len() as u64 + 1));
    serving.kill();
    check_files(Path::new(&site.folder));
    Ok(history.iter().filter_map(text_of).collect())
}

/// The journal's file that is in use, and its name: the other one is made ahead and empty.
fn journal_of(site: &Site) -> (PathBuf, Vec<u8>) {
    let entries = std::fs::read_dir(&site.folder).unwrap();
    let names = entries.map(|it| PathBuf::from(it.unwrap().file_name()));
    let files = names
        .filter(|it| it.to_str().unwrap().contains("journal"))
        .map(|it| (it.clone(), std::fs::read(site.folder.join(it)).unwrap()));
    files
        .into_iter()
        .find(|(_, bytes)| bytes.starts_with(b"HONGYANJ"))
        .unwrap()
}

/// The blocks of each frame, by the format of the journal.
fn frames(journal: &[u8]) -> Vec<Range<usize>> {
    const BLOCK: usize = 4096;
    let mut frames = Vec::new();
    let mut start = BLOCK;
    while journal[start..].starts_with(b"HYJF") {
        let length = u32::from_le_bytes(journal[start + 8..start + 12].try_into().unwrap()) as usize;
        let end = start + (24 + length).next_multiple_of(BLOCK);
        frames.push(start..end);
        start = end;
    }
    frames
}

/// The bytes of each commit, by the format of SQLite's log: frames of this generation, each with its salt, the last of
/// a commit with the size of the database.
fn commits(log: &[u8]) -> Vec<Range<usize>> {
    let salts = &log[16..24];
    let mut commits = Vec::new();
    let mut start = HEADER_BYTES;
    for (number, frame) in log[HEADER_BYTES..].chunks_exact(frame_bytes(log)).enumerate() {
        if &frame[8..16] != salts {
            break;
        }
        let end = HEADER_BYTES + (number + 1) * frame.len();
        if number_at(frame, 4) > 0 {
            commits.push(start..end);
            start = end;
        }
    }
    commits
}

fn frame_bytes(log: &[u8]) -> usize {
    FRAME_HEADER_BYTES + number_at(log, 8)
}

fn number_at(bytes: &[u8], at: usize) -> usize {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}
