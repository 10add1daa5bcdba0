//! What is asked over plain HTTP: the web apps, health, numbers, the console's API, and signing in development.
//!
//! **Comes in:** requests. **Goes out:** answers. **Never here:** messages between users; they travel by sessions.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::shared::Shared;
use crate::{console, gateway};

mod dev;
mod download;
mod files;
pub(crate) mod origin;
mod upload;

const BODY_BYTES_MAX: usize = 64 * 1024;

/// All addresses of the server.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .nest("/console/api", console::router())
        .nest("/dev", dev::router(shared.config.dev))
        .nest("/v1/files", download::router())
        .fallback(files::serve);
    router
        .layer(from_fn_with_state(shared.clone(), in_time))
        // A socket stays open, and a file takes its time; the limits above are not for them.
        .route("/v1/ws", get(gateway::upgrade))
        .nest("/v1/uploads", upload::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(with_common_headers))
        .with_state(shared)
}

/// Whether the server can work: its store reads, and takes what is written.
async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    match shared.context.store.check().await {
        Ok(()) => (StatusCode::OK, "ok").into_response(),
        Err(error) => {
            tracing::error!(%error, "not healthy: the store does not work");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not work").into_response()
        }
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match shared.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What a request may take to be read and answered: longer than its head alone.
async fn in_time(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let time_max = shared.config.head_timeout * 3 / 2;
    let answer = tokio::time::timeout(time_max, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

async fn with_common_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // What is no page is none by mistake either.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
