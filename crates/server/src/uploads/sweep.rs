//! What nobody needs any more: uploads that stopped, and files and merged messages to which nothing refers.
//!
//! In small steps, each bounded, however much there is.

use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::id::Timestamp;
use hongyan_storage::model::{MergedSweep, Sweep};
use tokio::time::interval;

use crate::clock;
use crate::shared::Shared;
use crate::uploads::Uploads;

/// How often uploads are looked through.
const FORGET_EVERY: Duration = Duration::from_secs(15);
/// How often files are, for as long as there is more to look at.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Files, and references, of one step.
const STEP: usize = 1000;
/// Parts of merged messages of one step. Each may have 48 KB.
const MERGED_STEP: usize = 100;

/// Runs as long as the server.
pub(crate) async fn sweep(shared: Arc<Shared>) {
    let uploads = &shared.context.uploads;
    let unused = shared.config.files_unused;
    let mut ticks = interval(FORGET_EVERY.min(unused).max(Duration::from_millis(20)));
    let every = SWEEP_EVERY.min(unused);
    let mut last = tokio::time::Instant::now();
    let (mut from, mut merged) = (Sweep::default(), MergedSweep::default());
    loop {
        ticks.tick().await;
        uploads.forget_idle();
        if last.elapsed() >= every {
            last = tokio::time::Instant::now();
            let before = Timestamp(clock::now().0.saturating_sub(unused.as_millis() as u64));
            from = step(&shared, before, from).await;
            abort_left(uploads).await;
            // After the references of messages that are gone.
            merged = match shared
                .context
                .store
                .sweep_merged(before, merged, MERGED_STEP)
                .await
            {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "merged messages could not be looked through");
                    merged
                }
            };
        }
    }
}

/// What a bucket keeps of files whose sending broke off.
async fn abort_left(uploads: &Uploads) {
    let Some(files) = uploads.files() else {
        return;
    };
    match files.abort_left().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "the bucket was freed of files that were sent in part"),
        Err(error) => tracing::warn!(%error, "the bucket still has files that were sent in part"),
    }
}

/// Looks at a few, and says where to go on.
async fn step(shared: &Shared, before: Timestamp, from: Sweep) -> Sweep {
    let store = &shared.context.store;
    let swept = match store.sweep_files(before, from, STEP).await {
        Ok(swept) => swept,
        Err(error) => {
            tracing::error!(%error, "files could not be looked through");
            return from;
        }
    };
    let Some(files) = shared.context.uploads.files() else {
        // Nobody uploads any more. The bytes stay until somebody does; the marked rows are tried again then.
        return swept.next;
    };
    for file in swept.files {
        // Its bytes first: a row without bytes is tried again, bytes without a row never are.
        if let Err(error) = files.remove(file.app, file.id).await {
            tracing::error!(%error, "a file could not be removed");
            continue;
        }
        match store.remove_file(file.id).await {
            Ok(()) => shared.metrics.file_removed(),
            Err(error) => tracing::error!(%error, "a removed file could not be forgotten"),
        }
    }
    swept.next
}
