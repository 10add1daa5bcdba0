//! Uploads over HTTP: `PUT /v1/uploads/TICKET?offset=N` with a part of the file, `GET` asks how much is there.
//!
//! **Comes in:** parts. **Goes out:** `{"received": N}`. **Never here:** who may; whoever has an address was given it by a
//! session. No cookie is looked at, so pages of anywhere may ask.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::put;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::shared::Shared;
use crate::uploads::Received;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/{ticket}", put(take).get(tell))
        .layer(from_fn(for_pages_of_anywhere))
}

/// Lets the apps' pages ask, wherever they are served from.
pub(super) async fn for_pages_of_anywhere(request: Request, next: Next) -> Response {
    const ALLOWED: [(HeaderName, &str); 4] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, range"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "content-length, content-range, content-disposition",
        ),
    ];
    let is_asking = *request.method() == axum::http::Method::OPTIONS;
    let mut response = if is_asking {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    for (name, value) in ALLOWED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Deserialize)]
struct At {
    #[serde(default)]
    offset: u64,
}

#[derive(Serialize)]
struct Progress {
    received: u64,
}

async fn take(
    State(shared): State<Arc<Shared>>,
    Path(ticket): Path<String>,
    Query(At { offset }): Query<At>,
    request: Request,
) -> Response {
    let uploads = &shared.context.uploads;
    let Some(upload) = uploads.find(&ticket) else {
        return unknown();
    };
    let bytes = request.into_body().into_data_stream();
    let status = match uploads.receive(&upload, offset, bytes).await {
        Received::Taken => StatusCode::OK,
        Received::OutOfPlace | Received::Overtaken => StatusCode::CONFLICT,
        Received::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
        Received::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Received::Cut => StatusCode::BAD_REQUEST,
        Received::Unwritable => StatusCode::INSUFFICIENT_STORAGE,
    };
    let mut response = (
        status,
        Json(Progress {
            received: upload.received(),
        }),
    )
        .into_response();
    if status != StatusCode::OK && status != StatusCode::CONFLICT {
        // What is left of the part is not waited for.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn tell(State(shared): State<Arc<Shared>>, Path(ticket): Path<String>) -> Response {
    match shared.context.uploads.find(&ticket) {
        Some(upload) => Json(Progress {
            received: upload.received(),
        })
        .into_response(),
        None => unknown(),
    }
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "there is no such upload; begin anew\n").into_response()
}
