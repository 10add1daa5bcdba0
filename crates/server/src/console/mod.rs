//! The console's API: what an owner sees and changes, over HTTP and JSON.
//!
//! **Comes in:** requests of a browser that knows the password. **Goes out:** JSON; errors are
//! `{"code": "<kebab>", "message": "…"}`. **Never here:** what changes mean (`manage`), and users' messages.
//!
//! A browser sends its cookie also when another site makes it ask. So the cookie is `SameSite=Strict`, whatever changes
//! something must be JSON, and a request that the browser itself calls foreign is refused.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use hongyan_protocol::id::Timestamp;

use self::answer::Failure;
use self::sessions::Sessions;
use crate::http::origin::{is_json, is_same_origin};
use crate::limiter::Limiter;
use crate::shared::Shared;

mod accounts;
mod answer;
mod apps;
mod overview;
mod sessions;
mod sign_in;
mod translate;

/// Failed passwords of one address within a minute.
const ADDRESS_FAILURES_MAX: u32 = 5;
/// Failed passwords of everybody within a minute.
const FAILURES_MAX: u32 = 50;

/// What the console keeps in memory.
pub(crate) struct Console {
    started: Timestamp,
    pub(crate) sessions: Sessions,
    address_failures: Limiter,
    failures: Limiter,
    /// Apps are read, changed and written: one at a time.
    changing_apps: tokio::sync::Mutex<()>,
}

impl Console {
    pub(crate) fn new(started: Timestamp) -> Self {
        Self {
            started,
            sessions: Sessions::default(),
            address_failures: Limiter::new(ADDRESS_FAILURES_MAX),
            failures: Limiter::new(FAILURES_MAX),
            changing_apps: tokio::sync::Mutex::default(),
        }
    }
}

/// The addresses under `/console/api`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/session", get(sign_in::session))
        .route("/login", post(sign_in::login))
        .route("/logout", post(sign_in::logout))
        .route("/password", post(sign_in::change_password))
        .route("/overview", get(overview::overview))
        .route("/apps", get(apps::list).post(apps::create))
        .route("/apps/{id}", patch(apps::change))
        .route("/apps/{id}/rotate-key", post(apps::rotate_key))
        .route("/apps/{id}/accounts", get(accounts::list))
        .route("/apps/{id}/usersig", post(accounts::sign))
        .route(
            "/apps/{id}/translate",
            get(translate::show).put(translate::change),
        )
        .route("/apps/{id}/kick", post(accounts::kick))
        .method_not_allowed_fallback(async || Failure::NotThatWay)
        .fallback(async || nothing())
        .layer(from_fn(from_our_own_page))
}

/// What an address of the API is answered that is none.
pub(crate) fn nothing() -> Response {
    Failure::NotFound("there is no such address").into_response()
}

async fn from_our_own_page(request: Request, next: Next) -> Response {
    if *request.method() != Method::GET {
        if !is_same_origin(request.headers()) {
            return Failure::CrossSite.into_response();
        }
        if !is_json(request.headers()) {
            return Failure::Invalid("the request is not application/json".to_owned()).into_response();
        }
    }
    next.run(request).await
}
