//! The end of the write-ahead log, torn as a crash of the machine may leave it.
//!
//! What was answered was synced, so it is in whole frames up to a commit; what a crash can tear is what came behind. One
//! case goes further and spoils the last commit itself, as only a broken disk does: then that commit is lost, and no more.

use std::ops::Range;
use std::path::Path;

use hongyan_protocol::wire::Platform;

use crate::disk::check_files;
use crate::random::Random;
use crate::serving::Site;
use crate::wire::{Wire, text_of, with};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// Contract C1.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_of_the_log_loses_nothing_that_was_answered() {
    let site = Site::new().await;
    let serving = site.start(&[]);
    let mut alice = Wire::log_in(&site, "alice", 1, Platform::Web).await.unwrap();
    Wire::log_in(&site, "bob", 1, Platform::Web).await.unwrap();
    let mut kept = Vec::new();
    for number in 0..40 {
        kept.push(format!("message {number}"));
        alice.say("bob", kept.last().unwrap()).await.unwrap().unwrap();
    }
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
        let found = after(&site, &torn).await;
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
        let found = after(&site, &spoiled).await;
        assert_eq!(
            found,
            kept[..kept.len() - 1],
            "{what}: the one message of that commit is lost"
        );
    }
}

/// What a server on these files has, having checked that it goes on from there without a gap.
async fn after(site: &Site, log: &[u8]) -> Vec<String> {
    let site = site.copied();
    std::fs::write(site.folder.join("hongyan.db-wal"), log).unwrap();
    let serving = site.start(&[]);
    let mut bob = Wire::log_in(&site, "bob", 1, Platform::Web).await.unwrap();
    let history = bob.history(&with("alice")).await.unwrap();
    let sequences: Vec<_> = history.iter().map(|it| it.sequence).collect();
    assert_eq!(sequences, (1..=history.len() as u64).collect::<Vec<_>>());
    let next = bob.say("alice", "and on").await.unwrap();
    assert_eq!(next, Ok(history.len() as u64 + 1));
    serving.kill();
    check_files(Path::new(&site.folder));
    history.iter().filter_map(text_of).collect()
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
