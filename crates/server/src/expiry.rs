//! Messages that have expired go, in small batches and beside everything else.
//!
//! **Comes in:** the apps' settings and the time, once an hour. **Goes out:** marks that moved, to those whose they are;
//! fewer rows. **Never here:** what has expired, which the service says.

use std::sync::Arc;
use std::time::Duration;

use hongyan_domain::message::expire;
use hongyan_storage::StoreError;
use hongyan_storage::model::Expired;
use tokio::time::{interval, sleep};

use crate::clock;
use crate::hub::Publication;
use crate::shared::Shared;

/// What has expired is looked for this often, beginning with the start.
const EVERY: Duration = Duration::from_secs(3600);
/// Timelines looked at, marks moved and messages removed by one question to the store.
const BATCH: usize = 200;
/// Between batches everybody else has his turn.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) async fn run(shared: Arc<Shared>) {
    let mut ticks = interval(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = expire_all(&shared).await {
            tracing::error!(%error, "expired messages could not be removed; the next hour tries again");
        }
    }
}

async fn expire_all(shared: &Shared) -> Result<(), StoreError> {
    let store = &*shared.context.store;
    let since = expire::kept_since(&store.list_apps().await?, clock::now());
    let mut after = 0;
    loop {
        let (found, next) = store.list_expired(&since, after, BATCH).await?;
        for expired in found {
            expire_one(shared, expired).await?;
        }
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
        sleep(PAUSE).await;
    }
}

async fn expire_one(shared: &Shared, expired: Expired) -> Result<(), StoreError> {
    let store = &*shared.context.store;
    let mut after = Some(0);
    while let Some(from) = after {
        let outcome = expire::hide(store, expired, from, BATCH, clock::now()).await?;
        let (hub, publication) = (shared.hub.clone(), Publication::to_all(outcome.events));
        outcome.turn.run(move || hub.publish(publication));
        after = outcome.answer;
        sleep(PAUSE).await;
    }
    while store.remove_expired(expired, BATCH).await? {
        sleep(PAUSE).await;
    }
    Ok(())
}
