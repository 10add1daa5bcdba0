//! One-to-one messages: how many per second, and how late they arrive.
//!
//! Each pair is two users on two sockets; one sends, the other receives. A window is how many messages a sender has
//! unanswered; what an answer is, the caller says. Both ends are in this process, so one clock times a message from
//! socket to socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Semaphore, watch};

use crate::client::{self, Client, Reader};
use crate::process::Process;
use crate::report::{self, Run};
use crate::{Target, holds_within, instant, stanza};

/// An archiving server has seconds of messages waiting at a large window.
const DRAIN_MAX: Duration = Duration::from_secs(60);

/// What lets a sender send the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Answer {
    /// The server says how many it took (XEP-0198), asked after every half window. What a real sender can know.
    Ack,
    /// The receiver has it; only this program can know, and the server has less to do.
    Delivery,
}

/// How much to measure.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) target: Target,
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
    /// What counts as the answer to a message; each is measured with every window.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Answer::Ack, Answer::Delivery])]
    answer: Vec<Answer>,
}

/// Measures each window.
pub(crate) async fn run(options: &Options, server: Process) -> Result<()> {
    let users: Vec<String> = (0..options.pairs)
        .flat_map(|number| [format!("from{number}"), format!("to{number}")])
        .collect();
    client::register(options.target.address, &users).await?;
    let mut runs = Vec::new();
    let each = |answer| options.window.iter().map(move |window| (answer, *window));
    for (answer, window) in options.answer.iter().flat_map(|it| each(*it)) {
        let seen = measure(options, server, answer, window).await?;
        let mut run = Run::of(json!({
            "pairs": options.pairs,
            "window": window,
            "bytes": options.bytes,
            "answer": match answer {
                Answer::Ack => "ack",
                Answer::Delivery => "delivery",
            },
        }));
        run.set("rate", seen.received as f64 / seen.seconds);
        run.set_latency(&seen.latency);
        run.set(
            "server_cpu_us",
            seen.server_cpu_us as f64 / seen.received.max(1) as f64,
        );
        run.set("rss_bytes", server.rss_bytes()?);
        run.set("lost", seen.sent.saturating_sub(seen.received_in_all));
        run.set("repeated", seen.repeated);
        run.set("out_of_order", seen.out_of_order);
        runs.push(run);
    }
    report::print("pairs", runs)
}

/// What one measurement saw.
struct Seen {
    /// In the measured time.
    received: u64,
    seconds: f64,
    latency: Histogram<u64>,
    server_cpu_us: u64,
    /// From the first to the last, warm-up and drain included.
    sent: u64,
    received_in_all: u64,
    repeated: u64,
    out_of_order: u64,
}

/// Shared by all senders and receivers of a measurement.
struct Shared {
    epoch: Instant,
    sending: AtomicBool,
    counting: AtomicBool,
    sent: AtomicU64,
    received: AtomicU64,
}

async fn measure(options: &Options, server: Process, answer: Answer, window: usize) -> Result<Seen> {
    let address = options.target.address;
    let shared = Arc::new(Shared {
        epoch: instant(),
        sending: AtomicBool::new(true),
        counting: AtomicBool::new(false),
        sent: AtomicU64::new(0),
        received: AtomicU64::new(0),
    });
    let mut pairs = Vec::new();
    for number in 0..options.pairs {
        let receiver = Client::login(address, &format!("to{number}")).await?;
        let mut sender = Client::login(address, &format!("from{number}")).await?;
        if answer == Answer::Ack {
            sender.ask(stanza::ENABLE_ACKS, b"enabled").await?;
        }
        pairs.push((sender, receiver));
    }
    let (stop, stopped) = watch::channel(false);
    let mut senders = Vec::new();
    let mut receivers = Vec::new();
    for (number, (sender, receiver)) in pairs.into_iter().enumerate() {
        let open = Arc::new(Semaphore::new(window));
        let plan = Plan {
            to: format!("to{number}@{}", stanza::HOST),
            bytes: options.bytes,
            window,
            answer,
        };
        let answered = (answer == Answer::Delivery).then(|| open.clone());
        senders.push(tokio::spawn(send(sender, plan, open, shared.clone())));
        receivers.push(tokio::spawn(receive(
            receiver.split(),
            answered,
            shared.clone(),
            stopped.clone(),
        )));
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
    // All answers are in: what does not arrive within two seconds of them is lost.
    holds_within(Duration::from_secs(2), || {
        shared.received.load(Ordering::Relaxed) >= shared.sent.load(Ordering::Relaxed)
    })
    .await;
    let mut seen = Seen {
        received: 0,
        seconds,
        latency: Histogram::new(3)?,
        server_cpu_us,
        sent: shared.sent.load(Ordering::Relaxed),
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
    to: String,
    bytes: usize,
    window: usize,
    answer: Answer,
}

/// Sends until it is told to stop, then waits for the answers that are missing.
async fn send(client: Client, plan: Plan, open: Arc<Semaphore>, shared: Arc<Shared>) -> Result<()> {
    let (mut sink, reader) = client.split();
    let answers = {
        let open = open.clone();
        tokio::spawn(async move {
            let ended = read_answers(reader, &open, plan.answer).await;
            // Who waits for the window would wait for ever.
            open.close();
            ended
        })
    };
    let mut out = Vec::new();
    // As seldom as a sender can ask without waiting idly; each question costs the server an answer.
    let ask_every = (plan.window as u32 / 2).max(1);
    for count in 0_u32.. {
        if !shared.sending.load(Ordering::Relaxed) || answers.is_finished() {
            break;
        }
        let permit = match open.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                sink.write_all(&out).await?;
                out.clear();
                match tokio::time::timeout(DRAIN_MAX, open.acquire())
                    .await
                    .context("no answer")?
                {
                    Ok(permit) => permit,
                    Err(_) => break,
                }
            }
        };
        permit.forget();
        let body = stanza::stamped(count, shared.epoch.elapsed(), plan.bytes);
        stanza::write_message(&mut out, &plan.to, "chat", count, &body);
        if plan.answer == Answer::Ack && (count + 1) % ask_every == 0 {
            out.extend_from_slice(stanza::REQUEST_ACK.as_bytes());
        }
        shared.sent.fetch_add(1, Ordering::Relaxed);
    }
    if plan.answer == Answer::Ack {
        out.extend_from_slice(stanza::REQUEST_ACK.as_bytes());
    }
    sink.write_all(&out).await?;
    let waited = tokio::time::timeout(DRAIN_MAX, open.acquire_many(plan.window as u32)).await;
    // A window that was closed says that its reader ended.
    if matches!(waited, Ok(Err(_))) || answers.is_finished() {
        answers.await??;
        bail!("the server closed a sender's socket");
    }
    answers.abort();
    waited.context("answers are missing")??.forget();
    Ok(())
}

/// Opens the window by what the server says that it took.
async fn read_answers(mut reader: Reader, open: &Semaphore, answer: Answer) -> Result<()> {
    let mut acked = 0_u32;
    loop {
        while let Some(it) = reader.scanner.next() {
            if stanza::is_error(it.bytes) {
                bail!("a message was refused: {}", String::from_utf8_lossy(it.bytes));
            }
            if answer == Answer::Ack && it.name == b"a" {
                let taken = stanza::acked(it.bytes).context("an ack without its number")?;
                open.add_permits(taken.wrapping_sub(acked) as usize);
                acked = taken;
            }
        }
        reader.more().await?;
    }
}

/// What one receiver saw.
struct Received {
    latency: Histogram<u64>,
    counted: u64,
    repeated: u64,
    out_of_order: u64,
}

async fn receive(
    // The writing half is kept: without it the connection would be half closed.
    (_sink, mut reader): (tokio::net::tcp::OwnedWriteHalf, Reader),
    answered: Option<Arc<Semaphore>>,
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
        while let Some(it) = reader.scanner.next() {
            let Some((count, sent_us)) = stanza::stamp(it.bytes) else {
                continue;
            };
            shared.received.fetch_add(1, Ordering::Relaxed);
            match last {
                Some(last) if count == last => received.repeated += 1,
                Some(last) if count < last => received.out_of_order += 1,
                _ => last = Some(count),
            }
            if let Some(open) = &answered {
                open.add_permits(1);
            }
            if shared.counting.load(Ordering::Relaxed) {
                received.counted += 1;
                let now_us = shared.epoch.elapsed().as_micros() as u64;
                received.latency.record(now_us.saturating_sub(sent_us))?;
            }
        }
        tokio::select! {
            more = reader.more() => more?,
            _ = stop.changed() => return Ok(received),
        }
    }
}
