//! Signing in development: whoever asks is signed in as whoever they like. Only there with `--dev`.
//!
//! **Comes in:** a userID. **Goes out:** a UserSig of the first app. **Never here:** a server for anybody but its developer.
//!
//! A developer's browser also shows pages of strangers. They get nothing: a request that the browser itself calls foreign
//! is refused, so is one under a name that a stranger could have pointed at this machine, and one that is no JSON.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::UserId;
use hongyan_protocol::usersig;
use serde::{Deserialize, Serialize};

use super::origin::{is_local_name, is_same_origin};
use crate::clock;
use crate::manage::DEFAULT_APP;
use crate::shared::Shared;

const EXPIRE_S: u64 = 7 * 86_400;

/// Without `--dev` nothing is found here; a page of the demo would be taken for an answer.
pub(super) fn router(dev: bool) -> Router<Arc<Shared>> {
    let mut router = Router::new().fallback(async || StatusCode::NOT_FOUND);
    if dev {
        router = router
            .route("/info", get(info))
            .route("/usersig", post(sign))
            .layer(from_fn(from_a_page_of_our_own));
    }
    router
}

async fn from_a_page_of_our_own(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if is_same_origin(headers) && is_local_name(headers) {
        return next.run(request).await;
    }
    let code = Code::ACCOUNT_PARAMETER;
    let message = "with --dev only pages of this server are signed for, under an address or a local name";
    let problem = Problem {
        code: code.0,
        message,
    };
    (StatusCode::FORBIDDEN, Json(problem)).into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    dev: bool,
    #[serde(rename = "sdkAppID")]
    sdk_app_id: u32,
    version: &'static str,
}

#[derive(Deserialize)]
struct Who {
    #[serde(rename = "userID")]
    user_id: String,
}

#[derive(Serialize)]
struct Signed {
    #[serde(rename = "sdkAppID")]
    sdk_app_id: u32,
    #[serde(rename = "userID")]
    user_id: String,
    #[serde(rename = "userSig")]
    user_sig: String,
}

async fn info() -> Json<Info> {
    Json(Info {
        dev: true,
        sdk_app_id: DEFAULT_APP.0,
        version: crate::VERSION,
    })
}

/// The public code of what is wrong, as the SDK tells it too.
#[derive(Serialize)]
struct Problem {
    code: i32,
    message: &'static str,
}

// What is no JSON is refused by its extractor; without its type, a page of anywhere could ask without being let to.
async fn sign(State(shared): State<Arc<Shared>>, Json(who): Json<Who>) -> Response {
    let problem = |status: StatusCode, code: Code, message| {
        (
            status,
            Json(Problem {
                code: code.0,
                message,
            }),
        )
            .into_response()
    };
    let user_id = match UserId::parse(&who.user_id, Code::ACCOUNT_PARAMETER) {
        Ok(user_id) => user_id,
        Err(malformed) => {
            return problem(StatusCode::UNPROCESSABLE_ENTITY, malformed.code, malformed.what);
        }
    };
    let app = match shared.context.facts.app(DEFAULT_APP).await {
        Ok(Some(app)) => app,
        Ok(None) => {
            let code = Code::APP_UNKNOWN;
            return problem(StatusCode::NOT_FOUND, code, code.text());
        }
        Err(_) => {
            let code = Code::ACCOUNT_INTERNAL;
            return problem(StatusCode::SERVICE_UNAVAILABLE, code, code.text());
        }
    };
    let user_sig = usersig::issue(app.id, user_id.as_str(), &app.key.0, clock::now(), EXPIRE_S);
    Json(Signed {
        sdk_app_id: app.id.0,
        user_id: who.user_id,
        user_sig,
    })
    .into_response()
}
