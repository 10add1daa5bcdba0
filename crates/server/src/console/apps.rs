//! Apps: list, create, change, rotate the key. A change holds at once: the running server's facts are told of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_protocol::id::SdkAppId;
use hongyan_storage::model::App;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Failure, InPath, Input};
use super::sign_in::SignedIn;
use crate::clock;
use crate::manage::{self, AppChange, Settings};
use crate::shared::Shared;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(rename = "sdkAppID")]
    sdk_app_id: u32,
    name: String,
    created_ms: u64,
    accounts: u64,
    online: usize,
    settings: Settings,
}

type Answer = Result<Json<serde_json::Value>, Failure>;

pub(super) async fn list(State(shared): State<Arc<Shared>>, _: SignedIn) -> Answer {
    let mut apps = Vec::new();
    for app in shared.context.store.list_apps().await? {
        apps.push(shown(&shared, app).await?);
    }
    Ok(Json(json!({ "apps": apps })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    /// Absent: the next free one.
    #[serde(rename = "sdkAppID")]
    sdk_app_id: Option<u32>,
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    Input(create): Input<Create>,
) -> Answer {
    let _one = shared.console.changing_apps.lock().await;
    let id = create.sdk_app_id.map(SdkAppId);
    let app = manage::create_app(&*shared.context.store, id, &create.name, clock::now()).await?;
    tracing::info!(app.id = app.id.0, "an app was made in the console");
    let key = app.key.0.clone();
    shared.context.facts.app_changed(app.clone());
    Ok(Json(
        json!({ "app": shown(&shared, app).await?, "secretKey": key }),
    ))
}

pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    InPath(id): InPath,
    Input(change): Input<AppChange>,
) -> Answer {
    let _one = shared.console.changing_apps.lock().await;
    let app = manage::change_app(&*shared.context.store, SdkAppId(id), change).await?;
    tracing::info!(app.id = app.id.0, "an app was changed in the console");
    shared.context.facts.app_changed(app.clone());
    Ok(Json(json!({ "app": shown(&shared, app).await? })))
}

pub(super) async fn rotate_key(State(shared): State<Arc<Shared>>, _: SignedIn, InPath(id): InPath) -> Answer {
    let _one = shared.console.changing_apps.lock().await;
    let app = manage::rotate_key(&*shared.context.store, SdkAppId(id)).await?;
    tracing::info!(app.id = app.id.0, "an app's key was rotated in the console");
    let key = app.key.0.clone();
    shared.context.facts.app_changed(app);
    Ok(Json(json!({ "secretKey": key })))
}

async fn shown(shared: &Shared, app: App) -> Result<Shown, Failure> {
    Ok(Shown {
        sdk_app_id: app.id.0,
        accounts: shared.context.store.count_accounts(app.id).await?,
        online: shared.hub.present(Some(app.id)).accounts,
        name: app.name,
        created_ms: app.created.0,
        settings: app.settings.into(),
    })
}
