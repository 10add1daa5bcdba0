//! Who translates for an app: its address, and whether it has a key, which is never shown again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_protocol::id::SdkAppId;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Failure, InPath, Input};
use super::sign_in::SignedIn;
use crate::manage;
use crate::shared::Shared;
use crate::translate::{Provider, find_provider, put_provider};

type Answer = Result<Json<serde_json::Value>, Failure>;

const BYTES_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    /// `http://` or `https://`; empty: nobody translates.
    url: String,
    /// Absent: the key stays.
    key: Option<String>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, _: SignedIn, InPath(id): InPath) -> Answer {
    manage::find_app(&*shared.context.store, SdkAppId(id)).await?;
    let provider = find_provider(&*shared.context.store, SdkAppId(id)).await?;
    Ok(shown(provider.as_ref()))
}

pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    InPath(id): InPath,
    Input(change): Input<Change>,
) -> Answer {
    let _one = shared.console.changing_apps.lock().await;
    let (store, app) = (&*shared.context.store, SdkAppId(id));
    manage::find_app(store, app).await?;
    let url = change.url.trim();
    let is_address = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
    if !is_address || url.len() > BYTES_MAX || url.contains(char::is_whitespace) {
        return Err(Failure::Invalid(
            "the provider's address is neither http:// nor https://".to_owned(),
        ));
    }
    let key = match change.key {
        Some(key) if key.len() > BYTES_MAX => {
            return Err(Failure::Invalid("the provider's key is too long".to_owned()));
        }
        Some(key) => key,
        // A key stays with its provider: it is not sent to another address.
        None => find_provider(store, app)
            .await?
            .filter(|it| it.url == url)
            .map_or_else(String::new, |it| it.key),
    };
    let provider = Provider {
        url: url.to_owned(),
        key,
    };
    put_provider(store, app, &provider).await?;
    tracing::info!(
        app.id = id,
        "an app's provider of translations was changed in the console"
    );
    Ok(shown(Some(&provider)))
}

fn shown(provider: Option<&Provider>) -> Json<serde_json::Value> {
    Json(json!({
        "url": provider.map_or("", |it| it.url.as_str()),
        "hasKey": provider.is_some_and(|it| !it.key.is_empty()),
    }))
}
