//! How the console's API says no, and how it reads what it is asked: whatever is wrong, the answer is JSON.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use hongyan_protocol::Malformed;
use hongyan_storage::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::manage::ManageError;

/// Why a request was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    NotSignedIn,
    WrongPassword,
    CrossSite,
    NotFound(&'static str),
    NotThatWay,
    /// What is to be made is there.
    Conflict(&'static str),
    Invalid(String),
    TooManyAttempts,
    Unavailable,
}

/// A JSON body.
pub(crate) struct Input<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match Json::from_request(request, state).await {
            Ok(Json(input)) => Ok(Self(input)),
            Err(rejection) => Err(Failure::Invalid(rejection.body_text())),
        }
    }
}

/// An app's SDKAppID in the address.
pub(crate) struct InPath(pub(crate) u32);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Failure::NotFound("there is no such app")),
        }
    }
}

/// What stands behind the question mark of an address.
pub(crate) struct InQuery<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for InQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(input)) => Ok(Self(input)),
            Err(rejection) => Err(Failure::Invalid(rejection.body_text())),
        }
    }
}

#[derive(Serialize)]
struct Body {
    code: &'static str,
    message: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NotSignedIn => (
                StatusCode::UNAUTHORIZED,
                "not-signed-in",
                "sign in first".to_owned(),
            ),
            Self::WrongPassword => (
                StatusCode::FORBIDDEN,
                "wrong-password",
                "the password is wrong".to_owned(),
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "cross-site",
                "the request comes from another site".to_owned(),
            ),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, "not-found", message.to_owned()),
            Self::NotThatWay => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this address is not asked by this method".to_owned(),
            ),
            Self::Conflict(message) => (StatusCode::CONFLICT, "conflict", message.to_owned()),
            Self::Invalid(message) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", message),
            Self::TooManyAttempts => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-attempts",
                "too many wrong passwords; try again in a minute".to_owned(),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the store does not answer".to_owned(),
            ),
        };
        (status, Json(Body { code, message })).into_response()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the console's request failed");
        Self::Unavailable
    }
}

impl From<ManageError> for Failure {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::AppUnknown(_) => Self::NotFound("there is no such app"),
            ManageError::AppTaken(_) => Self::Conflict("there is an app with this SDKAppID already"),
            ManageError::Invalid(text) => Self::Invalid(text),
            ManageError::Store(error) => error.into(),
        }
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Invalid(malformed.what.to_owned())
    }
}
