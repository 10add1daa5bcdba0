//! History: pages of 20 from a short and from a long timeline, and a login with many conversations.

use anyhow::{Result, bail};
use futures_util::StreamExt as _;
use futures_util::stream;
use hdrhistogram::Histogram;
use hongyan_protocol::wire::{ListMessages, Sync, request, response};
use serde_json::json;

use super::process::Server;
use super::report::{Latency, Report, Run};
use super::sender::Sender;
use super::{client, instant, wire};

/// Senders that fill a timeline together. Few, because each hears what the others send.
const SENDERS: u64 = 4;
/// Unanswered messages of each: more than a session has under way, so that it never waits for the next.
const WINDOW: usize = 128;
const READER: &str = "reader";

/// How much to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Messages in each timeline, measured one after the other in the same store.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 1_000_000])]
    messages: Vec<u64>,
    /// Pages that are read of each, from places all over it.
    #[arg(long, default_value_t = 2000)]
    pages: u64,
    /// Conversations of the account whose login is measured.
    #[arg(long, default_value_t = 1000)]
    conversations: usize,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Fills the timelines over the wire, then reads.
pub(crate) async fn run(options: Options) -> Result<()> {
    let (server, key) = Server::start().await?;
    let mut report = Report::new("history");
    for messages in options.messages {
        let group = format!("long{messages}");
        fill(&server, &key, READER, &group, messages).await?;
        let mut reader = client::login(&server.address, &key, READER).await?;
        let mut run = Run::of([
            ("what", json!("page of 20")),
            ("messages", json!(messages)),
            ("conversations", json!(null)),
        ]);
        let cpu = server.cpu_us()?;
        let began = instant();
        let mut latency = Histogram::new(3)?;
        for number in 0..options.pages {
            // Places all over the timeline: a step that shares no factor with its length.
            let before = 21 + (number * 7_919) % messages;
            let asked = instant();
            let list = ListMessages {
                conversation: Some(wire::group(&group)),
                before,
                count: 20,
                hop: None,
            };
            match wire::ask(&mut reader, request::Command::ListMessages(list)).await? {
                response::Result::ListMessages(page) if page.messages.len() == 20 => {}
                other => bail!("no page of 20 before {before}: {other:?}"),
            }
            latency.record(asked.elapsed().as_micros() as u64)?;
        }
        run.rate = Some(options.pages as f64 / began.elapsed().as_secs_f64());
        run.server_cpu_us = Some((server.cpu_us()? - cpu) as f64 / options.pages as f64);
        run.latency = Some(Latency::of(&latency));
        run.rss_bytes = Some(server.rss_bytes()?);
        report.runs.push(run);
    }
    report
        .runs
        .push(logins(&server, &key, options.conversations).await?);
    server.stop().await?;
    report.print(options.json)
}

/// A login with many conversations, up to the answer of its first sync.
async fn logins(server: &Server, key: &str, conversations: usize) -> Result<Run> {
    const NAME: &str = "popular";
    drop(client::login(&server.address, key, NAME).await?);
    let mut sent = stream::iter(0..conversations)
        .map(|number| async move {
            let mut socket = client::login(&server.address, key, &format!("friend{number}")).await?;
            let text = wire::text(wire::user(NAME), 1, "hello".to_owned());
            wire::ask(&mut socket, text).await
        })
        .buffer_unordered(64);
    while let Some(sent) = sent.next().await {
        sent?;
    }
    drop(sent);
    let mut run = Run::of([
        ("what", json!("login and sync")),
        ("messages", json!(null)),
        ("conversations", json!(conversations)),
    ]);
    let mut latency = Histogram::new(3)?;
    for _ in 0..50 {
        let began = instant();
        let mut socket = client::login(&server.address, key, NAME).await?;
        match wire::ask(&mut socket, request::Command::Sync(Sync::default())).await? {
            response::Result::Sync(it) if it.snapshot.is_some() => {}
            other => bail!("no snapshot: {other:?}"),
        }
        latency.record(began.elapsed().as_micros() as u64)?;
    }
    run.latency = Some(Latency::of(&latency));
    Ok(run)
}

/// Makes a group and fills its timeline by several senders that do not wait for each answer. Its owner is not on line
/// meanwhile: who does not read is closed.
pub(super) async fn fill(server: &Server, key: &str, owner: &str, group: &str, messages: u64) -> Result<()> {
    let mut socket = client::login(&server.address, key, owner).await?;
    wire::create_group(&mut socket, group).await?;
    socket.close(None).await?;
    let senders = (0..SENDERS).map(|number| {
        let share = messages / SENDERS + u64::from(number < messages % SENDERS);
        fill_by(server, key, group, format!("filler{number}"), share)
    });
    futures_util::future::try_join_all(senders).await?;
    Ok(())
}

async fn fill_by(server: &Server, key: &str, group: &str, user_id: String, messages: u64) -> Result<()> {
    let mut socket = client::login(&server.address, key, &user_id).await?;
    wire::join_group(&mut socket, group).await?;
    let mut sender = Sender::new(socket, WINDOW, true);
    for count in 0..messages {
        let text = format!("message {count} of {user_id}");
        let command = wire::text(wire::group(group), count as u32, text);
        sender.send(wire::encode(count as u32 + 2, command)).await?;
    }
    sender.drain().await?;
    Ok(())
}
