//! The crash test: `kill -9` at random moments of the work, as often as one likes.
//!
//! People talk through the SDK while the server is killed and started again, and nobody tells the SDK. At the end
//! everything that was answered has to be there: once, in order, on both sides, on disk.
//!
//! `cargo xtask crash --rounds N --seed S` runs it longer. A seed repeats the choices; the moments are the machine's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hongyan_protocol::platform::Platform;
use hongyan_server::clock;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::audit;
use crate::load::{Instance, Progress, make_group, talk};
use crate::random::Random;
use crate::serving::{PATIENCE, Site};
use crate::watcher;

const USERS: [&str; 5] = ["anna", "bert", "carla", "dirk", "emma"];
/// Limits that this load would meet are not what is tried here.
const ARGUMENTS: [&str; 4] = ["--requests-per-s", "1000000", "--request-burst", "1000000"];

/// Contracts C1, C2, C3, C4 and C5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_once_and_in_order_however_often_the_server_is_killed() {
    let rounds = setting("HONGYAN_CRASH_ROUNDS").unwrap_or(20);
    let seed = setting("HONGYAN_CRASH_SEED").unwrap_or_else(|| clock::now().0 % 1_000_000);
    println!("crash test: {rounds} rounds, seed {seed}");
    let trouble = run(rounds, seed).await;
    assert!(
        trouble.is_empty(),
        "{} differences, the first of them:\n  {}\nrun again: cargo xtask crash --rounds {rounds} --seed {seed}",
        trouble.len(),
        trouble[..trouble.len().min(20)].join("\n  ")
    );
}

async fn run(rounds: u64, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let users: Vec<String> = USERS.map(str::to_owned).to_vec();
    let site = Arc::new(Site::new().await);
    let mut serving = site.start(&ARGUMENTS);

    let mut instances = Vec::new();
    for user in &users {
        instances.push(Instance::start(&site, user, Platform::Linux, true, &mut random).await);
    }
    for user in &users[..2] {
        instances.push(Instance::start(&site, user, Platform::Ios, false, &mut random).await);
    }
    make_group(&instances[0].tim, &users).await;

    let (tell_stop, stop) = watch::channel(false);
    let watchers: Vec<_> = users[2..4]
        .iter()
        .map(|user| tokio::spawn(watcher::watch(site.clone(), user.clone(), stop.clone())))
        .collect();
    let progress: Progress = Arc::new(users.iter().map(|_| AtomicU64::new(0)).collect());
    let mut lanes = Vec::new();
    for (place, instance) in instances.iter().filter(|it| it.talks).enumerate() {
        lanes.extend(talk(instance, place, &users, &mut random, &progress, &stop));
    }

    for round in 1..=rounds {
        // Often in the middle of the work; sometimes before those who come back have arrived.
        let messages = if random.below(4) == 0 {
            0
        } else {
            20 + random.below(200)
        };
        let answered = || progress.iter().map(|it| it.load(Ordering::Relaxed)).sum();
        grown(&format!("round {round} of seed {seed}"), answered, messages).await;
        sleep(Duration::from_millis(random.below(60))).await;
        serving.kill();
        sleep(Duration::from_millis(random.below(100))).await;
        serving = site.start(&ARGUMENTS);
    }

    // Everybody comes back by itself, and goes on.
    for (user, answered) in users.iter().zip(progress.iter()) {
        let what = format!("{user} after the last round of seed {seed}");
        grown(&what, || answered.load(Ordering::Relaxed), 3).await;
    }
    tell_stop.send_replace(true);
    let mut notes = Vec::new();
    for lane in lanes {
        notes.push(lane.await.unwrap());
    }
    let mut trouble = Vec::new();
    for watcher in watchers {
        let watched = watcher.await.unwrap();
        println!(
            "a watcher heard {} pushes over {} connections",
            watched.pushes, watched.connections
        );
        if watched.pushes == 0 {
            trouble.push("a watcher heard nothing".to_owned());
        }
        trouble.extend(watched.trouble);
    }

    let mut views = Vec::new();
    for user in &users {
        views.push(audit::view(&site, user, &mut trouble).await);
    }
    audit::compare(&views, &notes, &mut trouble);
    for instance in &instances {
        let place = users.iter().position(|it| *it == instance.user).unwrap();
        audit::settle(instance, &views[place], &mut trouble).await;
    }
    let sent: usize = notes.iter().map(|it| it.sent.len()).sum();
    let unanswered = notes
        .iter()
        .flat_map(|it| &it.sent)
        .filter(|it| it.sequence.is_none())
        .count();
    let reloads: u64 = instances.iter().map(|it| it.told().reloads).sum();
    println!("{sent} messages were sent, {unanswered} of them without an answer; {reloads} reloads");
    if sent < rounds as usize {
        trouble.push("hardly anything was sent".to_owned());
    }
    trouble
}

/// Waits until a count has grown by so much.
async fn grown(what: &str, count: impl Fn() -> u64, growth: u64) {
    let start = count();
    let mut last = start;
    let mut since = Instant::now();
    loop {
        let now = count();
        if now >= start + growth {
            return;
        }
        if now != last {
            (last, since) = (now, Instant::now());
        }
        // No progress at all for this long is a failure, however slow the machine.
        assert!(since.elapsed() < PATIENCE, "{what}: nobody is answered any more");
        sleep(Duration::from_millis(5)).await;
    }
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text}")),
    )
}
