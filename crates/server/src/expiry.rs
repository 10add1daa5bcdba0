//! Messages that have expired go, in small batches and beside everything else.
//!
//! **Comes in:** the apps' settings and the time, once an hour. **Goes out:** marks that moved, to those whose they are;
//! fewer rows. **Never here:** what has expired, which the service says.

use std::sync::Arc;
use std::time::Duration;

use hongyan_domain::message::expire;
use hongyan_protocol::id::Timestamp;
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
        if let Err(error) = expire_all(&shared, clock::now(), || sleep(PAUSE)).await {
            tracing::error!(%error, "expired messages could not be removed; the next hour tries again");
        }
    }
}

/// Looks once. `pause` comes between batches.
pub(crate) async fn expire_all<P: Future<Output = ()>>(
    shared: &Shared,
    now: Timestamp,
    pause: impl Fn() -> P,
) -> Result<(), StoreError> {
    let store = &*shared.context.store;
    let since = expire::kept_since(&store.list_apps().await?, now);
    let mut after = 0;
    loop {
        let (found, next) = store.list_expired(&since, after, BATCH).await?;
        for expired in found {
            expire_one(shared, expired, now, &pause).await?;
        }
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
        pause().await;
    }
}

async fn expire_one<P: Future<Output = ()>>(
    shared: &Shared,
    expired: Expired,
    now: Timestamp,
    pause: &impl Fn() -> P,
) -> Result<(), StoreError> {
    let store = &*shared.context.store;
    let mut after = Some(0);
    while let Some(from) = after {
        let outcome = expire::hide(store, expired, from, BATCH, now).await?;
        let (hub, publication) = (shared.hub.clone(), Publication::to_all(outcome.events));
        outcome.turn.run(move || hub.publish(publication));
        after = outcome.answer;
        pause().await;
    }
    while store.remove_expired(expired, BATCH).await? {
        pause().await;
    }
    Ok(())
}
