//! Idle logged-in connections: what each costs the server in resident memory, and how fast they log in.

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use super::process::Server;
use super::report::{Report, Run};
use super::{client, instant};

/// How much to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Connections, in steps that are measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 10_000])]
    count: Vec<usize>,
    /// Logins that are under way at once.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Opens connections up to each count and measures there. They hold still for two seconds before memory is read.
pub(crate) async fn run(options: Options) -> Result<()> {
    let (server, key) = Server::start().await?;
    let mut report = Report::new("connections");
    // One connection warms the server up, so that what it loads once is not counted as a connection's.
    let mut sockets = vec![client::login(&server.address, &key, "warm-up").await?];
    let empty = server.rss_bytes()?;
    let mut opened = 0;
    for count in options.count {
        let mut run = Run::of([("connections", json!(count))]);
        let (began, cpu) = (instant(), server.cpu_us()?);
        let wanted = count.saturating_sub(opened);
        let mut logins = stream::iter(opened..count)
            .map(|number| {
                let (address, key) = (server.address.clone(), key.clone());
                async move { client::login(&address, &key, &format!("user{number}")).await }
            })
            .buffer_unordered(options.at_once);
        while let Some(login) = logins.next().await {
            match login {
                Ok(socket) => sockets.push(socket),
                Err(error) => {
                    run.stopped_by = Some(format!("{error:#}"));
                    break;
                }
            }
        }
        drop(logins);
        let seconds = began.elapsed().as_secs_f64();
        opened = sockets.len() - 1;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let rss = server.rss_bytes()?;
        run.rate = Some(wanted as f64 / seconds);
        run.server_cpu_us = Some((server.cpu_us()? - cpu) as f64 / wanted.max(1) as f64);
        run.rss_bytes = Some(rss);
        run.bytes_each = Some(rss.saturating_sub(empty) as f64 / opened.max(1) as f64);
        let stopped = run.stopped_by.is_some();
        report.runs.push(run);
        if stopped {
            break;
        }
    }
    drop(sockets);
    server.stop().await?;
    report.print(options.json)
}
