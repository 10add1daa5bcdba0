//! What the owner of a server may set. The binary reads it from arguments and from the environment.
//!
//! **Never here:** what an app's owner sets in the console; that is kept in the store.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "s3")]
pub use hongyan_files::Bucket;

/// All of it. [`Config::default`] is what a server does without any argument.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Signs UserSigs for anybody who asks (`/dev/usersig`). Never in production.
    pub dev: bool,
    /// Speak TLS with these files.
    pub tls: Option<TlsFiles>,
    /// How often a client has to be heard of.
    pub heartbeat: Duration,
    /// How long a socket may stay without a login.
    pub login_timeout: Duration,
    /// How long a TLS handshake, and the head of a request, may take; also how long an HTTP connection may be idle.
    pub head_timeout: Duration,
    /// How long a client may take nothing of what it is being sent over HTTP.
    pub stall_timeout: Duration,
    /// How long a closing socket may take to send what is left and to hear the answer.
    pub close_grace: Duration,
    /// Where files are kept; `None`: nobody uploads any.
    pub files: Option<FilesAt>,
    /// Where links to files begin, when it is another place than the address at which a client reaches the server.
    pub files_url: String,
    /// How long a file, or merged messages that are kept apart, stay that nothing refers to.
    pub files_unused: Duration,
    /// What keeps one client from taking what belongs to all.
    pub limits: Limits,
}

/// Where files are kept.
#[derive(Debug, Clone)]
pub enum FilesAt {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket.
    #[cfg(feature = "s3")]
    Bucket {
        /// Which.
        bucket: Bucket,
        /// The folder in which files grow until they are whole.
        incoming: PathBuf,
    },
}

/// A certificate chain and its private key, both PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// Everything that waits is bounded, and this is how far.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open sockets; more are closed as they come.
    pub connections_max: usize,
    /// Sockets of one account; one more is closed with 4005.
    pub account_connections_max: usize,
    /// Requests of a session in the long run; more are answered with 60018.
    pub requests_per_s: u32,
    /// Requests of a session at once, when it was quiet before. As many refusals in a row close it with 4005.
    pub request_burst: u32,
    /// Requests of a session that are worked on at the same time; further ones stay unread.
    pub session_running_max: usize,
    /// Frames that wait for a client to read; one more closes it with 4004.
    pub queue_frames_max: usize,
    /// Bytes of them. A single frame may be larger.
    pub queue_bytes_max: usize,
    /// Failed logins of an account from one address within a minute; further ones get 70050.
    pub login_failures_max: u32,
    /// Files that are being uploaded at the same time; more are answered with 60022.
    pub uploads_max: usize,
    /// Those of one account; more are answered with 60018.
    pub account_uploads_max: usize,
    /// How long an upload may take nothing in before it is forgotten; half of it leaves nothing behind.
    pub upload_idle: Duration,
    /// Pictures that are made smaller at the same time; others wait.
    pub pictures_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8020).into(),
            dev: false,
            tls: None,
            heartbeat: Duration::from_secs(30),
            login_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            close_grace: Duration::from_secs(5),
            files: None,
            files_url: String::new(),
            files_unused: Duration::from_secs(24 * 3600),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 100_000,
            account_connections_max: 20,
            requests_per_s: 200,
            request_burst: 400,
            session_running_max: 64,
            queue_frames_max: 1024,
            queue_bytes_max: 4 * 1024 * 1024,
            login_failures_max: 10,
            uploads_max: 1000,
            account_uploads_max: 8,
            upload_idle: Duration::from_secs(300),
            pictures_max: 2,
        }
    }
}

impl Config {
    /// How long a client may be silent: it has two chances to send its heartbeat, and some time on the way.
    pub(crate) fn silence_max(&self) -> Duration {
        self.heartbeat * 5 / 2
    }
}
