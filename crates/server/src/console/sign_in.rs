//! Signing in to the console: `GET session`, `POST login`, `POST logout`, `POST password`.

use std::sync::Arc;

use axum::extract::{Extension, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, http::HeaderMap};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Failure, Input};
use crate::gateway::Client;
use crate::shared::Shared;
use crate::{clock, ids, password};

const COOKIE: &str = "hongyan_console";
const PASSWORD_CHARS_MIN: usize = 10;
/// Long enough for any pass phrase; hashing more is work for nothing.
const PASSWORD_BYTES_MAX: usize = 1024;

/// Somebody who is signed in, by the token of the cookie. Handlers that ask for it answer nobody else.
pub(super) struct SignedIn(String);

impl FromRequestParts<Arc<Shared>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        let token = token(&parts.headers).ok_or(Failure::NotSignedIn)?;
        if shared.console.sessions.is_current(&token, clock::now()) {
            Ok(Self(token))
        } else {
            Err(Failure::NotSignedIn)
        }
    }
}

pub(super) async fn session(_: SignedIn) -> Json<serde_json::Value> {
    Json(json!({ "signedIn": true, "version": crate::VERSION }))
}

#[derive(Deserialize)]
pub(super) struct Login {
    password: String,
}

pub(super) async fn login(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    Input(login): Input<Login>,
) -> Result<Response, Failure> {
    check(&shared, &client, login.password).await?;
    let token = ids::hex(&ids::random_bytes::<32>());
    shared.console.sessions.begin(&token, clock::now());
    tracing::info!(client.address = %client.address, "signed in to the console");
    Ok(with_cookie(&client, &token, ""))
}

pub(super) async fn logout(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    SignedIn(token): SignedIn,
) -> Response {
    shared.console.sessions.end(&token);
    with_cookie(&client, "", "; Max-Age=0")
}

#[derive(Deserialize)]
pub(super) struct Change {
    current: String,
    new: String,
}

pub(super) async fn change_password(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    SignedIn(token): SignedIn,
    Input(change): Input<Change>,
) -> Result<Json<serde_json::Value>, Failure> {
    if change.new.chars().count() < PASSWORD_CHARS_MIN || change.new.len() > PASSWORD_BYTES_MAX {
        return Err(Failure::Invalid(format!(
            "the new password is not {PASSWORD_CHARS_MIN} characters or more, up to {PASSWORD_BYTES_MAX} bytes"
        )));
    }
    check(&shared, &client, change.current).await?;
    password::put(&*shared.context.store, change.new).await?;
    // Whoever knew the old one is out.
    shared.console.sessions.end_others(&token);
    tracing::info!(client.address = %client.address, "the console's password was changed");
    Ok(Json(json!({})))
}

async fn check(shared: &Shared, client: &Client, password: String) -> Result<(), Failure> {
    let (console, now) = (&shared.console, clock::now());
    if console.address_failures.is_blocked(client.address, now) || console.failures.is_blocked((), now) {
        return Err(Failure::TooManyAttempts);
    }
    // Counted before it is known: many at once get no more tries than many in a row.
    console.address_failures.failed(client.address, now);
    console.failures.failed((), now);
    if password.len() > PASSWORD_BYTES_MAX || !password::is(&*shared.context.store, password).await? {
        tracing::warn!(client.address = %client.address, "a wrong password for the console");
        return Err(Failure::WrongPassword);
    }
    console.address_failures.succeeded(client.address);
    console.failures.succeeded(());
    Ok(())
}

fn with_cookie(client: &Client, token: &str, more: &str) -> Response {
    let secure = if client.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/console; HttpOnly; SameSite=Strict{secure}{more}");
    let mut response = Json(json!({})).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn token(headers: &HeaderMap) -> Option<String> {
    let mut cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then(|| value.to_owned())
    })
}
