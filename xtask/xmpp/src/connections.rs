//! Idle logged-in connections: what each costs the server in resident memory, and how fast they log in.

use std::time::Duration;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use crate::Target;
use crate::client::{self, Client};
use crate::instant;
use crate::process::Process;
use crate::report::{self, Run};

/// How much to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Connections, in steps that are measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 10_000])]
    count: Vec<usize>,
    /// Logins that are under way at once.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// Seconds that connections hold still before memory is read.
    #[arg(long, default_value_t = 2)]
    still: u64,
}

/// Opens connections up to each count and measures there.
pub(crate) async fn run(options: &Options, server: Process) -> Result<()> {
    let address = options.target.address;
    let most = options.count.iter().copied().max().unwrap_or(0);
    let users: Vec<String> = (0..most).map(|number| format!("user{number}")).collect();
    client::register(address, &users).await?;
    client::register(address, &["warm-up".to_owned()]).await?;
    let mut runs = Vec::new();
    let mut clients = vec![Client::login(address, "warm-up").await?];
    // What registering took is not a connection's.
    tokio::time::sleep(Duration::from_secs(options.still)).await;
    let empty = server.rss_bytes()?;
    let mut opened = 0;
    for count in &options.count {
        let mut run = Run::of(json!({ "connections": count }));
        let (began, cpu) = (instant(), server.cpu_us()?);
        let wanted = count.saturating_sub(opened);
        let mut logins = stream::iter(&users[opened.min(*count)..*count])
            .map(|user| Client::login(address, user))
            .buffer_unordered(options.at_once);
        let mut stopped = false;
        while let Some(login) = logins.next().await {
            match login {
                Ok(client) => clients.push(client),
                Err(error) => {
                    run.set("stopped_by", format!("{error:#}"));
                    stopped = true;
                    break;
                }
            }
        }
        drop(logins);
        let seconds = began.elapsed().as_secs_f64();
        opened = clients.len() - 1;
        tokio::time::sleep(Duration::from_secs(options.still)).await;
        let rss = server.rss_bytes()?;
        run.set("rate", wanted as f64 / seconds);
        run.set(
            "server_cpu_us",
            (server.cpu_us()? - cpu) as f64 / wanted.max(1) as f64,
        );
        run.set("rss_bytes", rss);
        run.set(
            "bytes_each",
            rss.saturating_sub(empty) as f64 / opened.max(1) as f64,
        );
        runs.push(run);
        if stopped {
            break;
        }
    }
    report::print("connections", runs)
}
