//! Recovery: from the start of the server to its first login, on a store that was killed under load.

use anyhow::Result;
use serde_json::json;

use super::process::Server;
use super::report::{Report, Run};
use super::{client, history, instant};

/// How much to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Messages in the store, measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 1_000_000])]
    messages: Vec<u64>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Fills a store over the wire, kills its server, and times the next one.
pub(crate) async fn run(options: Options) -> Result<()> {
    let mut report = Report::new("recover");
    for messages in options.messages {
        let (server, key) = Server::start().await?;
        history::fill(&server, &key, "owner", "long", messages).await?;
        let data = server.kill().await?;
        let bytes: u64 = std::fs::read_dir(data.path())?
            .filter_map(|it| it.ok()?.metadata().ok())
            .map(|it| it.len())
            .sum();
        let began = instant();
        let server = Server::start_on(data).await?;
        let listening = began.elapsed();
        client::login(&server.address, &key, "owner").await?;
        let mut run = Run::of([
            ("messages", json!(messages)),
            ("data_bytes", json!(bytes)),
            ("listening_ms", json!(listening.as_secs_f64() * 1000.0)),
            ("first_login_ms", json!(began.elapsed().as_secs_f64() * 1000.0)),
        ]);
        run.rss_bytes = Some(server.rss_bytes()?);
        server.stop().await?;
        report.runs.push(run);
    }
    report.print(options.json)
}
