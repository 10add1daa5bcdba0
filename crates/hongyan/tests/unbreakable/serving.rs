//! A data folder, and the server processes that work on it, one after the other.
//!
//! **Comes in:** the folder and arguments. **Goes out:** a process that listens, or why it does not. Every process is ended
//! by its id when it is forgotten.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hongyan_protocol::usersig;
use hongyan_server::{clock, data, manage};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::random::Random;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hongyan");
/// Longer than anything here takes, also on a machine with much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Below the ports that systems give to clients: a client that connects to nobody there would else meet itself.
const PORTS: std::ops::Range<u64> = 20_000..30_000;

/// A data folder with its app, and the port of its servers.
pub(crate) struct Site {
    /// What the servers work on.
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    key: String,
    /// The servers' log.
    log: PathBuf,
    _scratch: tempfile::TempDir,
}

impl Site {
    /// A folder that is gone with this.
    pub(crate) async fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("data");
        Self::on(folder, scratch).await
    }

    /// A folder somewhere else.
    pub(crate) async fn on(folder: PathBuf, scratch: tempfile::TempDir) -> Self {
        let store = data::open(&folder).await.unwrap();
        manage::prepare(&*store, false, clock::now()).await.unwrap();
        let app = manage::find_app(&*store, manage::DEFAULT_APP).await.unwrap();
        store.close().await.unwrap();
        Self {
            folder,
            port: free_port(),
            key: app.key.0,
            log: scratch.path().join("log"),
            _scratch: scratch,
        }
    }

    /// The same app on a copy of its folder.
    pub(crate) fn copied(&self) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("data");
        std::fs::create_dir(&folder).unwrap();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            // What a killed server leaves: not its index in memory, which the next start makes anew, and no files of users.
            if entry.file_type().unwrap().is_file() && !entry.file_name().to_string_lossy().ends_with("-shm")
            {
                std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
            }
        }
        Self {
            folder,
            port: free_port(),
            key: self.key.clone(),
            log: scratch.path().join("log"),
            _scratch: scratch,
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn sign(&self, user: &str) -> String {
        usersig::issue(manage::DEFAULT_APP, user, &self.key, clock::now(), 86_400)
    }

    /// Starts a server; an error is what it said when it ended by itself.
    pub(crate) fn try_start(&self, arguments: &[&str]) -> Result<Serving, String> {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--log", "warn", "--listen", &self.address(), "--data"])
            .arg(&self.folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        // Read to the end of what a start says; the pipe may then be closed.
        let said = tokio::task::block_in_place(|| out.by_ref().take(5).filter_map(Result::ok).count());
        let mut serving = Serving {
            child,
            log: self.log.clone(),
        };
        if said == 5 {
            return Ok(serving);
        }
        let _ = serving.child.wait();
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        Err(said)
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Serving {
        self.try_start(arguments)
            .unwrap_or_else(|said| panic!("the server did not start: {said}"))
    }

    /// The status of a page, and its text.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let address = self.address();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        let fetch = async {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = timeout(PATIENCE, fetch).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }
}

/// A running server; killed when it is forgotten.
pub(crate) struct Serving {
    child: Child,
    log: PathBuf,
}

impl Serving {
    /// `kill -9`, and its end.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> bool {
        kill_process(self.pid(), Signal::TERM).unwrap();
        tokio::task::block_in_place(|| self.child.wait())
            .unwrap()
            .success()
    }

    /// Whether it has not ended by itself.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// A handle that outlives a move of this.
    pub(crate) fn process(&self) -> Process {
        Process(self.pid())
    }

    /// Resident memory, in bytes: now, and at most so far.
    pub(crate) fn memory_bytes(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let field = |name: &str| -> u64 {
            let line = status.lines().find(|it| it.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
        };
        (field("VmRSS:"), field("VmHWM:"))
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running server, for those who set its limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(Pid);

impl Process {
    /// How large a file it may write from now on. `None`: as large as it likes.
    pub(crate) fn limit_file_bytes(self, limit: Option<u64>) {
        let new = Rlimit {
            current: limit,
            maximum: None,
        };
        prlimit(Some(self.0), Resource::Fsize, new).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(15)..];
            eprintln!("the end of the server's log:\n{}", tail.join("\n"));
        }
    }
}

/// A port that nobody uses now and that no client is given by chance.
fn free_port() -> u16 {
    let mut random = Random::new(clock::now().0 ^ (u64::from(std::process::id()) << 32));
    loop {
        let port = (PORTS.start + random.below(PORTS.end - PORTS.start)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The size of a file; 0 when it is not there.
pub(crate) fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len())
}
