//! `GET overview`: the server at a glance.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::answer::Failure;
use super::sign_in::SignedIn;
use crate::clock;
use crate::shared::Shared;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    version: &'static str,
    started_ms: u64,
    now_ms: u64,
    connections: i64,
    instances: usize,
    accounts_online: usize,
    apps: u64,
    accounts: u64,
    messages_sent: u64,
    data_bytes: u64,
    dev: bool,
}

pub(super) async fn overview(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
) -> Result<Json<Overview>, Failure> {
    let totals = shared.context.store.totals().await?;
    let present = shared.hub.present(None);
    Ok(Json(Overview {
        version: crate::VERSION,
        started_ms: shared.console.started.0,
        now_ms: clock::now().0,
        connections: shared.metrics.connections(),
        instances: present.instances,
        accounts_online: present.accounts,
        apps: totals.apps,
        accounts: totals.accounts,
        messages_sent: totals.messages,
        data_bytes: totals.data_bytes,
        dev: shared.config.dev,
    }))
}
