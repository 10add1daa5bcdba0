//! A room: one sender, many members on line. How many deliveries per second, and how that compares with broadcasts of
//! the same bytes, a bare one and one that joins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::stream;
use futures_util::{SinkExt as _, StreamExt as _};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio_tungstenite::tungstenite::Message;

use super::client::{self, Socket};
use super::process::Server;
use super::report::{Latency, Report, Run};
use super::stamp::{stamped, stamps};
use super::{floor, instant, wire};

const ROOM: &str = "room";

/// How much to measure.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Members on line, measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1000, 9000])]
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
    /// Measure two broadcasts beside it: a bare one, and one that joins what waits for a socket.
    #[arg(long)]
    floor: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Measures each size, and the floors beside it.
pub(crate) async fn run(options: Options) -> Result<()> {
    let mut report = Report::new("room");
    for members in options.members.clone() {
        let mut run = Run::of([
            ("members", json!(members)),
            ("window", json!(options.window)),
            ("bytes", json!(options.bytes)),
        ]);
        let (server, key) = Server::start().await?;
        let seen = measure(&server, Some(&key), &options, members).await?;
        run.rate = Some(seen.rate());
        run.latency = Some(Latency::of(&seen.latency));
        run.server_cpu_us = Some(seen.server_cpu_us as f64 / seen.delivered.max(1) as f64);
        run.rss_bytes = Some(server.rss_bytes()?);
        run.lost = Some(seen.lost);
        run.repeated = Some(seen.repeated);
        run.out_of_order = Some(seen.out_of_order);
        server.stop().await?;
        if options.floor {
            let mut rates = [0.0; 2];
            for (floor_rate, join) in rates.iter_mut().zip([false, true]) {
                let broadcast = true;
                let floor = Server::start_floor(floor::Options { broadcast, join }).await?;
                *floor_rate = measure(&floor, None, &options, members).await?.rate();
                floor.stop().await?;
            }
            run.compare(rates);
        }
        report.runs.push(run);
    }
    report.print(options.json)
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

impl Seen {
    fn rate(&self) -> f64 {
        self.delivered as f64 / self.seconds
    }
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

async fn measure(server: &Server, key: Option<&str>, options: &Options, members: usize) -> Result<Seen> {
    let shared = Arc::new(Shared {
        epoch: instant(),
        sending: AtomicBool::new(true),
        delivered: AtomicU64::new(0),
        moved: Notify::new(),
        members: members as u64,
    });
    let mut sender = open(server, key, "sender").await?;
    if key.is_some() {
        wire::create_group(&mut sender, ROOM).await?;
    }
    let sockets: Vec<Result<Socket>> = stream::iter(0..members)
        .map(|number| async move {
            let mut socket = open(server, key, &format!("member{number}")).await?;
            if key.is_some() {
                wire::join_group(&mut socket, ROOM).await?;
            }
            Ok(socket)
        })
        .buffer_unordered(64)
        .collect()
        .await;
    let (stop, stopped) = watch::channel(false);
    let mut receivers = Vec::with_capacity(members);
    for (number, socket) in sockets.into_iter().enumerate() {
        // Every hundredth looks into its messages; the others count them.
        let looks = number % 100 == 0;
        receivers.push(tokio::spawn(receive(
            socket?,
            looks,
            shared.clone(),
            stopped.clone(),
        )));
    }
    let sending = tokio::spawn(send(sender, options.clone(), shared.clone()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, cpu) = (instant(), server.cpu_us()?);
    let before = shared.delivered.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let delivered = shared.delivered.load(Ordering::Relaxed) - before;
    let seconds = began.elapsed().as_secs_f64();
    let server_cpu_us = server.cpu_us()? - cpu;
    shared.sending.store(false, Ordering::Relaxed);
    let sent = sending.await.context("the sender failed")??;
    let mut seen = Seen {
        delivered,
        seconds,
        lost: (sent * shared.members).saturating_sub(shared.delivered.load(Ordering::Relaxed)),
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

async fn open(server: &Server, key: Option<&str>, user_id: &str) -> Result<Socket> {
    match key {
        Some(key) => client::login(&server.address, key, user_id).await,
        None => client::connect(&server.address).await,
    }
}

/// Sends while the members keep up, then waits until they have everything; at most ten seconds.
async fn send(socket: Socket, options: Options, shared: Arc<Shared>) -> Result<u64> {
    let (mut sink, mut source) = socket.split();
    let answers = tokio::spawn(async move { while let Some(Ok(_)) = source.next().await {} });
    let mut sent: u64 = 0;
    while shared.sending.load(Ordering::Relaxed) {
        wait(&shared, sent.saturating_sub(options.window - 1)).await?;
        let text = stamped(sent as u32, shared.epoch, options.bytes);
        let command = wire::text(wire::group(ROOM), sent as u32, text);
        let request = wire::encode(sent as u32 + 2, command);
        sink.send(Message::Binary(request)).await?;
        sent += 1;
    }
    wait(&shared, sent).await?;
    answers.abort();
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
    mut socket: Socket,
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
        let message = tokio::select! {
            message = socket.next() => message.context("a member's socket ended")??,
            _ = stop.changed() => return Ok(heard),
        };
        let Message::Binary(bytes) = message else { continue };
        let count = wire::count_frames(&bytes);
        if looks {
            for (number, sent_us) in stamps(&bytes) {
                heard
                    .latency
                    .record(shared.epoch.elapsed().as_micros() as u64 - sent_us)?;
                heard.repeated += u64::from(number < next);
                heard.out_of_order += u64::from(number > next);
                next = next.max(number + 1);
            }
        }
        let before = shared.delivered.fetch_add(count, Ordering::AcqRel);
        if before / shared.members != (before + count) / shared.members {
            shared.moved.notify_one();
        }
    }
}
