//! Uploads: files that are on their way, from the request of an address to the file that is kept.
//!
//! **Comes in:** wishes that were granted, bytes in order. **Goes out:** files that are kept and noted. **Never here:** HTTP;
//! who may upload how much, which is the domain's.
//!
//! An address holds 160 random bits and is good for one file of one account. It is kept in memory: a server that starts anew
//! knows none, its clients begin anew, and half files leave nothing behind.
//!
//! Bounds: uploads at the same time, of all and of an account; the time that one may take nothing in; pictures that are
//! looked at at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use hongyan_domain::file::begin::Wish;
use hongyan_files::{Files, Incoming};
use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileId;
use hongyan_protocol::id::{Account, AccountId};
use hongyan_protocol::wire;
use hongyan_storage::Store;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use crate::config::{Config, FilesAt};
use crate::ids;
use crate::metrics::Metrics;
use crate::refused::Refused;

mod receive;
mod settle;
mod sweep;

pub(crate) use receive::Received;
pub(crate) use sweep::sweep;

/// How every address begins.
pub(crate) const PATH: &str = "/v1/uploads/";
/// A part of a file at the most.
pub(crate) const PART_BYTES_MAX: u32 = 8 * 1024 * 1024;
/// What clients are told to send at once: as much as proxies in front of us commonly let through.
pub(crate) const PART_BYTES: u32 = 1024 * 1024;
/// Below it, what a client waits for is answered by a timeout of its own.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(50);
/// However busy it is, an address is not good for longer.
const LIFE_MAX: Duration = Duration::from_secs(2 * 3600);

/// See the head of the file.
pub(crate) struct Uploads {
    /// `None`: nobody uploads.
    files: Option<Files>,
    files_url: String,
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    running: Mutex<HashMap<FileId, Arc<Upload>>>,
    running_max: usize,
    account_max: usize,
    idle: Duration,
    stall: Duration,
    looking: Semaphore,
}

/// One file on its way.
pub(crate) struct Upload {
    account: Account,
    wish: Wish,
    id: FileId,
    /// `None` once all is there.
    incoming: tokio::sync::Mutex<Option<Incoming>>,
    received: AtomicU64,
    /// Which of the connections that bring bytes is the newest; the others stop.
    newest: watch::Sender<u64>,
    begun: Instant,
    touched: Mutex<Instant>,
    outcome: watch::Sender<Option<Result<wire::StoredFile, Refused>>>,
}

impl Uploads {
    pub(crate) fn new(config: &Config, store: Arc<dyn Store>, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let files = match &config.files {
            None => None,
            Some(FilesAt::Folder(folder)) => Some(
                Files::in_folder(folder)
                    .with_context(|| format!("opening the files' folder {}", folder.display()))?,
            ),
            #[cfg(feature = "s3")]
            Some(FilesAt::Bucket { bucket, incoming }) => Some(
                Files::in_bucket(bucket, incoming)
                    .with_context(|| format!("opening the files' bucket {}", bucket.name))?,
            ),
        };
        Ok(Self {
            files,
            files_url: config.files_url.clone(),
            store,
            metrics,
            running: Mutex::default(),
            running_max: config.limits.uploads_max,
            account_max: config.limits.account_uploads_max,
            idle: config.limits.upload_idle,
            stall: config.stall_timeout,
            looking: Semaphore::new(config.limits.pictures_max.max(1)),
        })
    }

    /// Where links to files begin; empty: where the client reaches the server.
    pub(crate) fn url(&self) -> &str {
        &self.files_url
    }

    pub(crate) fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// Bytes that an account is uploading just now.
    pub(crate) fn running_bytes(&self, account: AccountId) -> u64 {
        let running = self.running.lock();
        let own = running
            .values()
            .filter(|it| it.account.id == account && it.is_running());
        own.map(|it| it.wish.size).sum()
    }

    /// Begins one, and draws its address.
    pub(crate) async fn begin(&self, account: Account, wish: Wish) -> Result<FileId, Refused> {
        let Some(files) = &self.files else {
            return Err(gone("this server takes no files"));
        };
        let kind = wish.kind;
        let incoming = files.begin().await.map_err(|error| {
            tracing::error!(%error, "an upload could not be begun");
            Refused::new(kind.upload_failed(), kind.upload_failed().text())
        })?;
        let ticket = FileId(ids::random_bytes());
        let now = Instant::now();
        let upload = Arc::new(Upload {
            account,
            wish,
            id: FileId(ids::random_bytes()),
            incoming: tokio::sync::Mutex::new(Some(incoming)),
            received: AtomicU64::new(0),
            newest: watch::Sender::new(0),
            begun: now,
            touched: Mutex::new(now),
            outcome: watch::Sender::new(None),
        });
        let mut running = self.running.lock();
        if running.len() >= self.running_max {
            return Err(Refused::new(Code::OVERLOADED, Code::OVERLOADED.text()));
        }
        let own = running
            .values()
            .filter(|it| it.account.id == upload.account.id && it.is_running());
        if own.count() >= self.account_max {
            let text = "the account is uploading as many files at once as it may";
            return Err(Refused::new(Code::TOO_MANY_REQUESTS, text));
        }
        running.insert(ticket, upload);
        Ok(ticket)
    }

    /// The upload behind an address's last part.
    pub(crate) fn find(&self, ticket: &str) -> Option<Arc<Upload>> {
        let ticket = FileId::parse(ticket.as_bytes())?;
        self.running.lock().get(&ticket).cloned()
    }

    /// The upload of an address that was given to this account.
    pub(crate) fn of_account(&self, path: &str, account: AccountId) -> Result<Arc<Upload>, Refused> {
        path.strip_prefix(PATH)
            .and_then(|ticket| self.find(ticket))
            .filter(|it| it.account.id == account)
            .ok_or_else(|| gone("the upload's address is not good any more"))
    }

    /// Forgets those that took nothing in for too long.
    fn forget_idle(&self) {
        let now = Instant::now();
        let is_idle =
            |it: &Upload| now - *it.touched.lock() > self.idle || now - it.begun > LIFE_MAX.max(self.idle);
        // Dropped outside of the lock: what came of them is removed from the disk.
        let idle: Vec<_> = self.running.lock().extract_if(|_, it| is_idle(it)).collect();
        drop(idle);
    }
}

impl Upload {
    fn is_running(&self) -> bool {
        self.outcome.borrow().is_none()
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    fn touch(&self) {
        *self.touched.lock() = Instant::now();
    }

    /// What became of it, once it was looked at.
    pub(crate) async fn outcome(&self) -> Result<wire::StoredFile, Refused> {
        let kind = self.wish.kind;
        if self.received() < self.wish.size {
            let code = kind.upload_failed();
            return Err(Refused::new(code, "not all of the file is there"));
        }
        let mut outcome = self.outcome.subscribe();
        let waited = timeout(SETTLE_TIME_MAX, outcome.wait_for(Option::is_some)).await;
        match waited {
            Ok(Ok(outcome)) => outcome
                .clone()
                .unwrap_or_else(|| Err(Refused::new(kind.upload_failed(), kind.upload_failed().text()))),
            Ok(Err(_)) | Err(_) => Err(Refused::new(
                kind.upload_failed(),
                "the file is still being looked at",
            )),
        }
    }
}

fn gone(text: &str) -> Refused {
    Refused::new(Code::UPLOAD_ADDRESS_MISSING, text)
}

impl Uploads {
    /// Where nobody uploads.
    pub(crate) fn off(store: Arc<dyn Store>) -> Self {
        Self {
            files: None,
            files_url: String::new(),
            store,
            metrics: Arc::default(),
            running: Mutex::default(),
            running_max: 0,
            account_max: 0,
            idle: Duration::ZERO,
            stall: Duration::ZERO,
            looking: Semaphore::new(1),
        }
    }
}
