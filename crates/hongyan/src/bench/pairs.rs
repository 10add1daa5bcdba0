//! Durable 1:1 messages: how many per second, how late they arrive, and how that compares with a bare relay and with
//! one that joins, as the server does.
//!
//! Each pair is two users on two sockets; one sends, the other receives. A window is how many messages a sender has
//! unanswered. Both ends are in this process, so one clock times a message from socket to socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt as _;
use hdrhistogram::Histogram;
use hongyan_protocol::id::UserId;
use serde_json::json;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::client::{self, Socket};
use super::process::Server;
use super::report::{Latency, Report, Run};
use super::sender::Sender;
use super::stamp::{stamped, stamps};
use super::{floor, instant, wire};

/// How much to measure.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Pairs of users.
    #[arg(long, default_value_t = 200)]
    pairs: usize,
    /// Unanswered messages that each sender may have, measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    window: Vec<usize>,
    /// Bytes of text in each message.
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    /// Seconds for each measurement; one more goes before it to warm up.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Also measure at this fixed rate of messages per second, for latency without a queue.
    #[arg(long)]
    rate: Option<u64>,
    /// Measure two relays beside it: a bare one, and one that joins what waits for a socket.
    #[arg(long)]
    floor: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Measures each window, and the floors beside it.
pub(crate) async fn run(options: Options) -> Result<()> {
    let mut report = Report::new("pairs");
    let plans = options
        .window
        .iter()
        .map(|window| (*window, None))
        .chain(options.rate.map(|rate| (32, Some(rate))));
    for (window, rate) in plans {
        let mut run = Run::of([
            ("pairs", json!(options.pairs)),
            ("window", json!(window)),
            ("bytes", json!(options.bytes)),
            ("fixed_rate", json!(rate)),
        ]);
        let (server, key) = Server::start().await?;
        let seen = measure(&server, Some(&key), &options, window, rate).await?;
        run.rate = Some(seen.received as f64 / seen.seconds);
        run.latency = Some(Latency::of(&seen.latency));
        run.server_cpu_us = Some(seen.server_cpu_us as f64 / seen.received.max(1) as f64);
        run.rss_bytes = Some(server.rss_bytes()?);
        run.lost = Some(seen.answered.saturating_sub(seen.received_in_all));
        run.repeated = Some(seen.repeated);
        run.out_of_order = Some(seen.out_of_order);
        server.stop().await?;
        if options.floor {
            let mut rates = [0.0; 2];
            for (floor_rate, join) in rates.iter_mut().zip([false, true]) {
                let broadcast = false;
                let floor = Server::start_floor(floor::Options { broadcast, join }).await?;
                let seen = measure(&floor, None, &options, window, rate).await?;
                *floor_rate = seen.received as f64 / seen.seconds;
                floor.stop().await?;
            }
            run.compare(rates);
        }
        report.runs.push(run);
    }
    report.print(options.json)
}

/// What one measurement saw.
struct Seen {
    /// In the measured time.
    received: u64,
    seconds: f64,
    latency: Histogram<u64>,
    server_cpu_us: u64,
    /// From the first to the last, warm-up and drain included.
    answered: u64,
    received_in_all: u64,
    repeated: u64,
    out_of_order: u64,
}

/// Shared by all senders and receivers of a measurement.
struct Shared {
    epoch: Instant,
    sending: AtomicBool,
    counting: AtomicBool,
    answered: AtomicU64,
    received: AtomicU64,
}

async fn measure(
    server: &Server,
    key: Option<&str>,
    options: &Options,
    window: usize,
    rate: Option<u64>,
) -> Result<Seen> {
    let shared = Arc::new(Shared {
        epoch: instant(),
        sending: AtomicBool::new(true),
        counting: AtomicBool::new(false),
        answered: AtomicU64::new(0),
        received: AtomicU64::new(0),
    });
    let mut pairs = Vec::new();
    for number in 0..options.pairs {
        let (from, to) = (format!("from{number}"), format!("to{number}"));
        // The relay pairs sockets in the order of connecting: sender, then receiver.
        let (sender, receiver) = match key {
            Some(key) => {
                let receiver = client::login(&server.address, key, &to).await?;
                (client::login(&server.address, key, &from).await?, receiver)
            }
            None => (
                client::connect(&server.address).await?,
                client::connect(&server.address).await?,
            ),
        };
        pairs.push((sender, receiver, to));
    }
    let pause = rate.map(|rate| Duration::from_secs_f64(options.pairs as f64 / rate as f64));
    let (stop, stopped) = watch::channel(false);
    let mut senders = Vec::new();
    let mut receivers = Vec::new();
    for (number, (sender, receiver, to)) in pairs.into_iter().enumerate() {
        let peer = UserId::trusted(to);
        let plan = Plan {
            number,
            peer,
            bytes: options.bytes,
            window,
            pause,
        };
        senders.push(tokio::spawn(send(sender, plan, key.is_some(), shared.clone())));
        receivers.push(tokio::spawn(receive(receiver, shared.clone(), stopped.clone())));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let cpu = server.cpu_us()?;
    let began = instant();
    shared.counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    shared.counting.store(false, Ordering::Relaxed);
    let seconds = began.elapsed().as_secs_f64();
    let server_cpu_us = server.cpu_us()? - cpu;
    shared.sending.store(false, Ordering::Relaxed);
    for sender in senders {
        sender.await.context("a sender failed")??;
    }
    // All answers are in: what was answered and does not arrive within two seconds is lost.
    let deadline = instant() + Duration::from_secs(2);
    while shared.received.load(Ordering::Relaxed) < shared.answered.load(Ordering::Relaxed)
        && instant() < deadline
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut seen = Seen {
        received: 0,
        seconds,
        latency: Histogram::new(3)?,
        server_cpu_us,
        answered: shared.answered.load(Ordering::Relaxed),
        received_in_all: shared.received.load(Ordering::Relaxed),
        repeated: 0,
        out_of_order: 0,
    };
    let _ = stop.send(true);
    for receiver in receivers {
        let received = receiver.await.context("a receiver failed")??;
        seen.latency.add(received.latency)?;
        seen.received += received.counted;
        seen.repeated += received.repeated;
        seen.out_of_order += received.out_of_order;
    }
    Ok(seen)
}

/// What one sender does.
struct Plan {
    number: usize,
    peer: UserId,
    bytes: usize,
    window: usize,
    /// Between two messages; `None`: as fast as the window lets it.
    pause: Option<Duration>,
}

/// Sends until it is told to stop, then waits for the answers that are missing.
async fn send(socket: Socket, plan: Plan, framed: bool, shared: Arc<Shared>) -> Result<()> {
    let mut sender = Sender::new(socket, plan.window, framed);
    let count_answered = |answered: usize| {
        shared.answered.fetch_add(answered as u64, Ordering::Relaxed);
    };
    // Senders with a pause are spread over it, so that they do not all send at once.
    let mut due = instant()
        + plan
            .pause
            .unwrap_or_default()
            .mul_f64(plan.number as f64 / 200.0 % 1.0);
    for count in 0_u32.. {
        if !shared.sending.load(Ordering::Relaxed) {
            break;
        }
        if let Some(pause) = plan.pause {
            // Answers are taken as they come.
            while let Ok(answered) = tokio::time::timeout_at(due.into(), sender.answered()).await {
                count_answered(answered?);
            }
            due += pause;
        }
        let text = stamped(count, shared.epoch, plan.bytes);
        let command = wire::text(wire::user(plan.peer.as_str()), count, text);
        let request = wire::encode(count.wrapping_add(2), command);
        count_answered(sender.send(request).await?);
        if plan.pause.is_some() {
            sender.flush().await?;
        }
    }
    count_answered(sender.drain().await?);
    Ok(())
}

/// What one receiver saw.
struct Received {
    latency: Histogram<u64>,
    counted: u64,
    repeated: u64,
    out_of_order: u64,
}

async fn receive(
    mut socket: Socket,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) -> Result<Received> {
    let mut received = Received {
        latency: Histogram::new(3)?,
        counted: 0,
        repeated: 0,
        out_of_order: 0,
    };
    let mut last: Option<u32> = None;
    loop {
        let message = tokio::select! {
            message = socket.next() => message.context("a receiver's socket ended")??,
            _ = stop.changed() => return Ok(received),
        };
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Close(frame) => bail!("the server closed a receiver's socket: {frame:?}"),
            _ => continue,
        };
        let is_counting = shared.counting.load(Ordering::Relaxed);
        let now_us = shared.epoch.elapsed().as_micros() as u64;
        let mut came = 0;
        for (count, sent_us) in stamps(&bytes) {
            came += 1;
            match last {
                Some(last) if count == last => received.repeated += 1,
                Some(last) if count < last => received.out_of_order += 1,
                _ => last = Some(count),
            }
            if is_counting {
                received.latency.record(now_us.saturating_sub(sent_us))?;
            }
        }
        if is_counting {
            received.counted += came;
        }
        shared.received.fetch_add(came, Ordering::Relaxed);
    }
}
