//! `hongyan serve`: the server as a process, from its arguments to its last signal.

use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
#[cfg(feature = "s3")]
use hongyan_server::config::Bucket;
use hongyan_server::config::{Config, FilesAt, Limits, TlsFiles};
use hongyan_server::manage::{self, Started};
use hongyan_server::{Server, clock, data};
use tracing_subscriber::EnvFilter;

/// See `hongyan serve --help`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Sign in anybody who asks, under any name. For development only.
    #[arg(long, env = "HONGYAN_DEV")]
    dev: bool,
    /// Where to listen; port 0 takes a free one.
    #[arg(
        long,
        env = "HONGYAN_LISTEN",
        default_value = "127.0.0.1:8020",
        value_name = "ADDRESS"
    )]
    listen: SocketAddr,
    /// The folder that holds everything.
    #[arg(long, env = "HONGYAN_DATA", default_value = "./data", value_name = "FOLDER")]
    data: PathBuf,
    /// Write messages straight into the database, and to no journal before it. Slower; there to be compared.
    #[arg(long, env = "HONGYAN_NO_JOURNAL")]
    no_journal: bool,
    /// A certificate chain (PEM); with it the server speaks TLS. Read again on SIGHUP.
    #[arg(long, env = "HONGYAN_TLS_CERT", requires = "tls_key", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, env = "HONGYAN_TLS_KEY", requires = "tls_cert", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// The folder that holds what users upload; `files` in the data folder by default.
    #[arg(long, env = "HONGYAN_FILES", value_name = "FOLDER")]
    files: Option<PathBuf>,
    /// The bucket that holds them instead; it speaks S3.
    #[cfg(feature = "s3")]
    #[arg(
        long,
        env = "HONGYAN_S3_BUCKET",
        requires = "s3_key_id",
        requires = "s3_secret",
        value_name = "NAME"
    )]
    s3_bucket: Option<String>,
    /// Where the bucket is, when it is not at Amazon.
    #[cfg(feature = "s3")]
    #[arg(
        long,
        env = "HONGYAN_S3_ENDPOINT",
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    s3_endpoint: String,
    /// The bucket's region.
    #[cfg(feature = "s3")]
    #[arg(
        long,
        env = "HONGYAN_S3_REGION",
        default_value = "us-east-1",
        value_name = "REGION"
    )]
    s3_region: String,
    /// The key's name that signs requests to the bucket.
    #[cfg(feature = "s3")]
    #[arg(long, env = "HONGYAN_S3_KEY_ID", value_name = "ID")]
    s3_key_id: Option<String>,
    /// The key. Better given in the environment: others see arguments.
    #[cfg(feature = "s3")]
    #[arg(long, env = "HONGYAN_S3_SECRET", hide_env_values = true, value_name = "KEY")]
    s3_secret: Option<Secret>,
    /// Where links to files begin, when they are read by another address than this server's, such as a CDN in front of it.
    #[arg(
        long,
        env = "HONGYAN_FILES_URL",
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    files_url: String,
    /// Hours after which a file goes that no message, profile or group refers to.
    #[arg(long, env = "HONGYAN_FILES_UNUSED_H", default_value_t = 24, value_name = "HOURS",
        value_parser = clap::value_parser!(u32).range(1..=8760))]
    files_unused_h: u32,
    /// How logs look; they go to standard error.
    #[arg(long, env = "HONGYAN_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What is logged: a level, or targets with levels.
    #[arg(long, env = "HONGYAN_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// How often a client has to be heard of, in milliseconds.
    #[arg(long, env = "HONGYAN_HEARTBEAT_MS", default_value_t = 30_000, value_name = "MS",
        value_parser = clap::value_parser!(u32).range(100..=3_600_000))]
    heartbeat_ms: u32,
    /// Open connections of all clients.
    #[arg(long, env = "HONGYAN_CONNECTIONS_MAX", value_name = "NUMBER",
        default_value_t = Limits::default().connections_max)]
    connections_max: usize,
    /// Open connections of one account.
    #[arg(long, env = "HONGYAN_ACCOUNT_CONNECTIONS_MAX", value_name = "NUMBER",
        default_value_t = Limits::default().account_connections_max)]
    account_connections_max: usize,
    /// Requests of one connection per second, in the long run.
    #[arg(long, env = "HONGYAN_REQUESTS_PER_S", value_name = "NUMBER",
        default_value_t = Limits::default().requests_per_s)]
    requests_per_s: u32,
    /// Requests of one connection at once, when it was quiet before.
    #[arg(long, env = "HONGYAN_REQUEST_BURST", value_name = "NUMBER",
        default_value_t = Limits::default().request_burst)]
    request_burst: u32,
}

/// What must not be printed.
#[cfg(feature = "s3")]
#[derive(Clone)]
struct Secret(String);

#[cfg(feature = "s3")]
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(feature = "s3")]
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Runs until it is asked to stop.
pub(crate) async fn run(serve: Serve) -> Result<()> {
    start_logging(serve.log_format, &serve.log)?;
    raise_open_files();
    let config = serve.config();
    if !config.listen.ip().is_loopback() {
        if config.dev {
            tracing::warn!("--dev signs in anybody who can reach this address");
        }
        if config.tls.is_none() {
            tracing::warn!(
                "listening beyond this machine without TLS: messages and UserSigs can be read on the way; \
                 give --tls-cert and --tls-key, or put a proxy that speaks TLS in front"
            );
        }
    }
    let store = data::open_with(&serve.data, !serve.no_journal)
        .await
        .with_context(|| format!("opening the data folder {}", serve.data.display()))?;
    let started = manage::prepare(&*store, serve.dev, clock::now()).await?;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let mut signals = Signals::new()?;
    survive_file_limits()?;
    let server = Server::start(config, store).await?;
    announce(scheme, server.address(), &started)?;
    loop {
        match signals.next().await {
            Signal::Stop => break,
            Signal::Reload => match server.reload_tls() {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => tracing::error!(error = format!("{error:#}"), "the old certificate stays"),
            },
        }
    }
    tracing::info!("stopping");
    server.stop().await?;
    tracing::info!("stopped");
    Ok(())
}

impl Serve {
    fn files_at(&self) -> FilesAt {
        let folder = self.files.clone().unwrap_or_else(|| self.data.join("files"));
        #[cfg(feature = "s3")]
        if let Some(name) = &self.s3_bucket {
            return FilesAt::Bucket {
                bucket: Bucket {
                    name: name.clone(),
                    endpoint: self.s3_endpoint.clone(),
                    region: self.s3_region.clone(),
                    key_id: self.s3_key_id.clone().unwrap_or_default(),
                    secret: self.s3_secret.clone().map_or_else(String::new, |it| it.0),
                },
                incoming: folder,
            };
        }
        FilesAt::Folder(folder)
    }

    fn config(&self) -> Config {
        let tls = self.tls_cert.clone().zip(self.tls_key.clone());
        Config {
            listen: self.listen,
            dev: self.dev,
            tls: tls.map(|(cert, key)| TlsFiles { cert, key }),
            heartbeat: Duration::from_millis(self.heartbeat_ms.into()),
            files: Some(self.files_at()),
            files_url: self.files_url.trim_end_matches('/').to_owned(),
            files_unused: Duration::from_secs(u64::from(self.files_unused_h) * 3600),
            limits: Limits {
                connections_max: self.connections_max,
                account_connections_max: self.account_connections_max,
                requests_per_s: self.requests_per_s,
                request_burst: self.request_burst,
                ..Limits::default()
            },
            ..Config::default()
        }
    }
}

/// What a person needs to begin. The first line is also how programs learn of the port.
fn announce(scheme: &str, address: SocketAddr, started: &Started) -> Result<()> {
    let reachable = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let reachable = SocketAddr::new(reachable, address.port());
    let password = started
        .first_password
        .as_deref()
        .unwrap_or("set at the first start; hongyan admin reset-password makes a new one");
    // In one piece, so that who has read the first line can read the rest.
    let announcement = format!(
        "listening on {scheme}://{address}\n\
         demo chat  {scheme}://{reachable}/\n\
         console    {scheme}://{reachable}/console/\n\
         SDKAppID   {app}\n\
         console password  {password}\n",
        app = started.app,
    );
    let mut out = std::io::stdout().lock();
    out.write_all(announcement.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The library of WebSockets: its finer levels show the frames themselves.
const SOCKETS: &str = "tungstenite=info";

fn start_logging(format: LogFormat, filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).context("reading --log")?;
    // Below this it would print what people write and the UserSigs that let them in; no level is worth that.
    let filter = filter.add_directive(SOCKETS.parse().context("a directive of our own")?);
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // Lines that cannot be written (a full disk) are lost; telling of it on the same stream would panic.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => logging.with_target(false).init(),
        LogFormat::Json => logging.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Every connection is an open file, and many systems begin with 1024.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if limit.current != raised.current
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "the number of open files stays as low as it is");
    }
}

#[cfg(not(unix))]
fn raise_open_files() {}

/// A file that may not grow any more (`ulimit -f`) is an error of that write, like a full disk, and not the end of the
/// process, which the system would make of it.
#[cfg(unix)]
fn survive_file_limits() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // Once somebody listened, the signal ends nothing any more.
    let exceeded = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    signal(exceeded).map(drop).context("listening to signals")
}

#[cfg(not(unix))]
fn survive_file_limits() -> Result<()> {
    Ok(())
}

enum Signal {
    Stop,
    Reload,
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::Stop
    }
}
