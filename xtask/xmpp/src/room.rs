//! A room: one sender, many members on line. How many deliveries per second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Notify, watch};

use crate::client::{self, Client, Reader};
use crate::process::Process;
use crate::report::{self, Run};
use crate::{Target, holds_within, instant, stanza};

/// How much to measure.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Members on line, measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [100])]
    members: Vec<usize>,
    /// Messages that may be on their way to the members at once.
    #[arg(long, default_value_t = 8)]
    window: u64,
    /// Bytes of text in each message.
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Measures each size.
pub(crate) async fn run(options: &Options, server: Process) -> Result<()> {
    let most = options.members.iter().copied().max().unwrap_or(0);
    let users: Vec<String> = (0..most).map(|number| format!("member{number}")).collect();
    client::register(options.target.address, &users).await?;
    client::register(options.target.address, &["sender".to_owned()]).await?;
    let mut runs = Vec::new();
    for members in &options.members {
        let seen = measure(options, server, *members).await?;
        let mut run = Run::of(json!({
            "members": members,
            "window": options.window,
            "bytes": options.bytes,
        }));
        run.set("rate", seen.delivered as f64 / seen.seconds);
        run.set_latency(&seen.latency);
        run.set(
            "server_cpu_us",
            seen.server_cpu_us as f64 / seen.delivered.max(1) as f64,
        );
        run.set("rss_bytes", server.rss_bytes()?);
        run.set("lost", seen.lost);
        run.set("repeated", seen.repeated);
        run.set("out_of_order", seen.out_of_order);
        runs.push(run);
    }
    report::print("room", runs)
}

struct Seen {
    delivered: u64,
    seconds: f64,
    lost: u64,
    /// As the members saw it that look into their messages.
    repeated: u64,
    out_of_order: u64,
    server_cpu_us: u64,
    latency: Histogram<u64>,
}

/// Shared by the sender and all members.
struct Shared {
    epoch: Instant,
    sending: AtomicBool,
    delivered: AtomicU64,
    /// Rung when another message has reached everybody.
    moved: Notify,
    members: u64,
}

async fn measure(options: &Options, server: Process, members: usize) -> Result<Seen> {
    let address = options.target.address;
    let room = format!("room{members}");
    let shared = Arc::new(Shared {
        epoch: instant(),
        sending: AtomicBool::new(true),
        delivered: AtomicU64::new(0),
        moved: Notify::new(),
        members: members as u64,
    });
    let mut sender = Client::login(address, "sender").await?;
    // A room ends a join with its subject.
    sender.ask(&stanza::join(&room, "sender"), b"message").await?;
    let (stop, stopped) = watch::channel(false);
    let mut receivers = Vec::with_capacity(members);
    for number in 0..members {
        let mut member = Client::login(address, &format!("member{number}")).await?;
        member
            .ask(&stanza::join(&room, &format!("member{number}")), b"message")
            .await?;
        // Every hundredth looks into its messages; the others count them.
        let looks = number % 100 == 0;
        let halves = member.split();
        receivers.push(tokio::spawn(receive(
            halves,
            looks,
            shared.clone(),
            stopped.clone(),
        )));
    }
    let sending = tokio::spawn(send(sender, room, options.clone(), shared.clone()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, cpu) = (instant(), server.cpu_us()?);
    let before = shared.delivered.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let delivered = shared.delivered.load(Ordering::Relaxed) - before;
    let seconds = began.elapsed().as_secs_f64();
    let server_cpu_us = server.cpu_us()? - cpu;
    shared.sending.store(false, Ordering::Relaxed);
    let sent = sending.await.context("the sender failed")??;
    let expected = sent * shared.members;
    holds_within(Duration::from_secs(2), || {
        shared.delivered.load(Ordering::Relaxed) >= expected
    })
    .await;
    let mut seen = Seen {
        delivered,
        seconds,
        lost: expected.saturating_sub(shared.delivered.load(Ordering::Relaxed)),
        repeated: 0,
        out_of_order: 0,
        server_cpu_us,
        latency: Histogram::new(3)?,
    };
    let _ = stop.send(true);
    for receiver in receivers {
        let heard = receiver.await.context("a member failed")??;
        seen.latency.add(heard.latency)?;
        seen.repeated += heard.repeated;
        seen.out_of_order += heard.out_of_order;
    }
    Ok(seen)
}

/// Sends until it is told to stop; answers how many.
async fn send(client: Client, room: String, options: Options, shared: Arc<Shared>) -> Result<u64> {
    let (mut sink, mut reader) = client.split();
    // A room sends everything to its sender too; that is read and not counted.
    let echoes = tokio::spawn(async move {
        loop {
            while reader.scanner.next().is_some() {}
            reader.more().await?;
        }
        #[expect(unreachable_code, reason = "it names the error's type")]
        anyhow::Ok(())
    });
    let to = format!("{room}@{}", stanza::ROOMS);
    let mut sent = 0_u64;
    let mut out = Vec::new();
    while shared.sending.load(Ordering::Relaxed) {
        wait(&shared, sent.saturating_sub(options.window - 1)).await?;
        let body = stanza::stamped(sent as u32, shared.epoch.elapsed(), options.bytes);
        out.clear();
        stanza::write_message(&mut out, &to, "groupchat", sent as u32, &body);
        sink.write_all(&out).await?;
        sent += 1;
    }
    wait(&shared, sent).await?;
    echoes.abort();
    Ok(sent)
}

/// Waits until so many messages have reached everybody.
async fn wait(shared: &Shared, messages: u64) -> Result<()> {
    let all = async {
        loop {
            let moved = shared.moved.notified();
            if shared.delivered.load(Ordering::Acquire) >= messages * shared.members {
                return;
            }
            moved.await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all)
        .await
        .context("members did not get a message within ten seconds")
}

/// What one member saw of its messages, when it looks into them.
struct Heard {
    latency: Histogram<u64>,
    repeated: u64,
    out_of_order: u64,
}

async fn receive(
    // The writing half is kept: without it the connection would be half closed.
    (_sink, mut reader): (OwnedWriteHalf, Reader),
    looks: bool,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) -> Result<Heard> {
    let mut heard = Heard {
        latency: Histogram::new(3)?,
        repeated: 0,
        out_of_order: 0,
    };
    let mut next = 0;
    loop {
        let mut count = 0;
        while let Some(it) = reader.scanner.next() {
            // The room also tells who came in.
            if it.name != b"message" {
                continue;
            }
            if looks {
                let Some((number, sent_us)) = stanza::stamp(it.bytes) else {
                    continue;
                };
                let now_us = shared.epoch.elapsed().as_micros() as u64;
                heard.latency.record(now_us.saturating_sub(sent_us))?;
                heard.repeated += u64::from(number < next);
                heard.out_of_order += u64::from(number > next);
                next = next.max(number + 1);
            }
            count += 1;
        }
        let before = shared.delivered.fetch_add(count, Ordering::AcqRel);
        if before / shared.members != (before + count) / shared.members {
            shared.moved.notify_one();
        }
        tokio::select! {
            more = reader.more() => more?,
            _ = stop.changed() => return Ok(heard),
        }
    }
}
