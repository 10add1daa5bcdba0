//! What all connections of a server share.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::command::Context;
use crate::config::Config;
use crate::console::Console;
use crate::hub::Hub;
use crate::limiter::Limiter;
use crate::metrics::Metrics;

/// One for the life of a server.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) context: Context,
    pub(crate) hub: Arc<Hub>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) console: Console,
    /// Failed logins of an account from an address.
    pub(crate) account_failures: Limiter,
    /// Failed logins from an address, whoever they are.
    pub(crate) address_failures: Limiter,
    /// One permit for each open socket. When all are back, nothing runs any more.
    pub(crate) sockets: Arc<Semaphore>,
    /// True from the moment on at which the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Shared {
    /// Ready when the server stops.
    pub(crate) async fn stopped(&self) {
        // An error means that the server itself is gone.
        let _ = self.stopping.clone().wait_for(|it| *it).await;
    }
}

/// A socket's permit: kept by whatever works for it, also when the socket itself is gone.
pub(crate) type Permit = Arc<tokio::sync::OwnedSemaphorePermit>;
