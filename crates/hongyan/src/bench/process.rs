//! The processes that a benchmark measures: started on loopback, watched through `/proc`, ended by pid.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use hongyan_protocol::id::SdkAppId;
use hongyan_server::{clock, data, manage};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::floor;

/// The app that a benchmark's clients log in to.
pub(crate) const APP: SdkAppId = manage::DEFAULT_APP;

/// A server process with the address that it listens on.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// `127.0.0.1:<port>`.
    pub(crate) address: String,
    /// Kept until the end: the server's data.
    data: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts this very program as a server with an empty data folder, without limits that a benchmark would meet.
    pub(crate) async fn start() -> Result<(Self, String)> {
        let data = tempfile::tempdir().context("making a data folder")?;
        let key = make_app(data.path()).await.context("making the app")?;
        Ok((Self::start_on(data).await?, key))
    }

    /// Starts this very program on a data folder that is there.
    pub(crate) async fn start_on(data: tempfile::TempDir) -> Result<Self> {
        let folder = data.path().to_string_lossy().into_owned();
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            &folder,
            "--log",
            "warn",
            "--connections-max",
            "100000",
            "--requests-per-s",
            "10000000",
            "--request-burst",
            "10000000",
        ];
        Self::spawn(&arguments, Some(data)).await
    }

    /// Starts a relay to compare with.
    pub(crate) async fn start_floor(options: floor::Options) -> Result<Self> {
        let mut arguments = vec!["bench", "floor-server"];
        arguments.extend(options.broadcast.then_some("--broadcast"));
        arguments.extend(options.join.then_some("--join"));
        Self::spawn(&arguments, None).await
    }

    async fn spawn(arguments: &[&str], data: Option<tempfile::TempDir>) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the server")?;
        let mut lines = BufReader::new(child.stdout.take().context("the server's output")?).lines();
        let address = loop {
            match lines.next_line().await? {
                Some(line) => {
                    if let Some((_, address)) = line.split_once("listening on http://") {
                        break address.trim().to_owned();
                    }
                }
                None => bail!("the server ended before it listened"),
            }
        };
        // The pipe stays read, or a chatty server would block on it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address, data })
    }

    /// Resident memory, in bytes.
    pub(crate) fn rss_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status
            .lines()
            .find(|it| it.starts_with("VmRSS:"))
            .context("VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kilobytes * 1024)
    }

    /// Processor time used so far, in microseconds. The system counts in ticks of 10 ms.
    pub(crate) fn cpu_us(&self) -> Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        let after_name = stat.rsplit_once(')').context("stat")?.1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(ticks * 10_000)
    }

    /// Ends the process.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("ending the server")
    }

    /// Ends the process as a power cut would, and gives its data back.
    pub(crate) async fn kill(mut self) -> Result<tempfile::TempDir> {
        self.child.kill().await.context("killing the server")?;
        self.data.take().context("the server has no data")
    }

    fn pid(&self) -> Result<u32> {
        self.child.id().context("the server ended")
    }
}

/// Makes what a server makes at its first start, and answers the app's key.
async fn make_app(folder: &Path) -> Result<String> {
    let store = data::open(folder).await?;
    manage::prepare(&*store, false, clock::now()).await?;
    let app = manage::find_app(&*store, APP).await?;
    store.close().await?;
    Ok(app.key.0)
}
