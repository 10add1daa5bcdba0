//! A running server: its start and its end.
//!
//! **Comes in:** a configuration and a store. **Goes out:** an address where it listens. **Never here:** arguments,
//! signals, the data folder; they are the binary's.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hongyan_storage::Store;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use crate::command::Context;
use crate::config::Config;
use crate::console::Console;
use crate::facts::Facts;
use crate::hub::Hub;
use crate::ids::SystemIds;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::shared::Shared;
use crate::tls::Tls;
use crate::translate::Translator;
use crate::uploads::{self, Uploads};
use crate::{clock, expiry, gateway, http};

/// What is kept for a while only is looked through this often.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// What a commit may take when the server stops.
const FINISH_TIME_MAX: Duration = Duration::from_secs(10);
/// Failed logins of an address within a minute, for each one of an account: many people may sit behind one address.
const ADDRESS_FACTOR: u32 = 20;

/// A server that listens.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    tls: Option<Arc<Tls>>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    pruning: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    expiring: JoinHandle<()>,
}

impl Server {
    /// Listens, and answers from now on.
    pub async fn start(config: Config, store: Arc<dyn Store>) -> Result<Self> {
        let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("listening on {}", config.listen))?;
        let address = listener.local_addr()?;
        let (shared, stop) = share(config, store)?;
        let router = http::router(shared.clone());
        let accepting = tokio::spawn(gateway::accept(listener, shared.clone(), router, tls.clone()));
        let pruning = tokio::spawn(prune(shared.clone()));
        let expiring = tokio::spawn(expiry::run(shared.clone()));
        let sweeping = tokio::spawn(uploads::sweep(shared.clone()));
        Ok(Self {
            address,
            shared,
            tls,
            stop,
            accepting,
            pruning,
            sweeping,
            expiring,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads the certificate files again. When that fails, the old certificate stays.
    pub fn reload_tls(&self) -> Result<()> {
        self.tls.as_ref().map_or(Ok(()), |it| it.reload())
    }

    /// Takes no one any more, closes all sockets with 4006, finishes what was begun, and closes the store.
    pub async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.shared.hub.stop();
        let _ = self.accepting.await;
        self.pruning.abort();
        self.sweeping.abort();
        self.expiring.abort();
        let all = u32::try_from(self.shared.config.limits.connections_max).unwrap_or(u32::MAX);
        let finished = self.shared.sockets.acquire_many(all);
        let patience = self.shared.config.close_grace + FINISH_TIME_MAX;
        if timeout(patience, finished).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        self.shared
            .context
            .store
            .close()
            .await
            .context("closing the store")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// All that the connections of a server share, and how they are told to stop.
pub(crate) fn share(config: Config, store: Arc<dyn Store>) -> Result<(Arc<Shared>, watch::Sender<bool>)> {
    let (stop, stopping) = watch::channel(false);
    let facts = Arc::new(Facts::new(store.clone()));
    let metrics = Arc::new(Metrics::with(store.clone()));
    let uploads = Arc::new(Uploads::new(&config, store.clone(), metrics.clone())?);
    let translator = Arc::new(Translator::new(store.clone()));
    let limits = &config.limits;
    let shared = Arc::new(Shared {
        hub: Arc::new(Hub::new(
            facts.clone(),
            metrics.clone(),
            limits.account_connections_max,
        )),
        metrics,
        console: Console::new(clock::now()),
        account_failures: Limiter::new(limits.login_failures_max),
        address_failures: Limiter::new(limits.login_failures_max.saturating_mul(ADDRESS_FACTOR)),
        sockets: Arc::new(Semaphore::new(limits.connections_max)),
        context: Context {
            store,
            facts,
            ids: Arc::new(SystemIds),
            translator,
            uploads,
        },
        stopping,
        config,
    });
    Ok((shared, stop))
}

async fn prune(shared: Arc<Shared>) {
    let mut ticks = interval(PRUNE_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = shared.context.store.prune(clock::now()).await {
            tracing::error!(%error, "old rows could not be forgotten");
        }
    }
}
