//! How the console's API says no, and how it reads JSON.

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
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
