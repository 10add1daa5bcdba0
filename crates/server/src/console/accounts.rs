//! An app's accounts: list them with what they are on line with, sign for one, kick one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_domain::Event;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{SdkAppId, UserId};
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::usersig;
use hongyan_storage::model::AccountRecord;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Failure, InPath, InQuery, Input};
use super::sign_in::SignedIn;
use crate::hub::{Publication, Seat};
use crate::shared::Shared;
use crate::{clock, manage};

const PAGE_MAX: usize = 200;

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    query: String,
    #[serde(default)]
    after: String,
    #[serde(default = "page_size")]
    limit: usize,
}

fn page_size() -> usize {
    50
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(rename = "userID")]
    user_id: String,
    nick: String,
    avatar: String,
    created_ms: u64,
    last_login_ms: u64,
    online: Vec<Online>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Online {
    platform: &'static str,
    instance: String,
    since_ms: u64,
    address: String,
}

type Answer = Result<Json<serde_json::Value>, Failure>;

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    InPath(id): InPath,
    InQuery(page): InQuery<Page>,
) -> Answer {
    let store = &*shared.context.store;
    let app = manage::find_app(store, SdkAppId(id)).await?;
    let limit = page.limit.clamp(1, PAGE_MAX);
    let mut records = store
        .list_accounts(app.id, &page.query, &page.after, limit + 1)
        .await?;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = match records.last() {
        Some(last) if more => last.account.user_id.to_string(),
        _ => String::new(),
    };
    let accounts: Vec<_> = records.into_iter().map(|it| shown(&shared, it)).collect();
    Ok(Json(json!({ "accounts": accounts, "next": next })))
}

#[derive(Deserialize)]
pub(super) struct Sign {
    #[serde(rename = "userID")]
    user_id: String,
    #[serde(rename = "expireS")]
    expire_s: u64,
}

pub(super) async fn sign(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    InPath(id): InPath,
    Input(sign): Input<Sign>,
) -> Answer {
    let app = manage::find_app(&*shared.context.store, SdkAppId(id)).await?;
    let user_id = UserId::parse(&sign.user_id, Code::ACCOUNT_PARAMETER)?;
    if !(1..=usersig::EXPIRE_S_MAX).contains(&sign.expire_s) {
        return Err(Failure::Invalid(format!(
            "the time is not 1 to {} seconds",
            usersig::EXPIRE_S_MAX
        )));
    }
    let now = clock::now();
    let user_sig = usersig::issue(app.id, user_id.as_str(), &app.key.0, now, sign.expire_s);
    tracing::info!(app.id = id, "a UserSig was made in the console");
    let expires = (now.seconds() + sign.expire_s) * 1000;
    Ok(Json(json!({ "userSig": user_sig, "expiresMs": expires })))
}

#[derive(Deserialize)]
pub(super) struct Kick {
    #[serde(rename = "userID")]
    user_id: String,
}

/// Signs all instances of an account out. UserSigs that were issued before let none of them in again.
pub(super) async fn kick(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    InPath(id): InPath,
    Input(kick): Input<Kick>,
) -> Answer {
    let store = &*shared.context.store;
    let app = manage::find_app(store, SdkAppId(id)).await?;
    let user_id = UserId::parse(&kick.user_id, Code::ACCOUNT_PARAMETER)?;
    let record = store.find_account(app.id, &user_id).await?;
    let account = record
        .ok_or(Failure::NotFound("there is no such account"))?
        .account
        .id;
    // First the door, then who is inside: nobody comes in between.
    store.put_sigs_after(account, clock::now()).await?;
    let instances: Vec<_> = store
        .list_instances(account)
        .await?
        .into_iter()
        .map(|it| (it.id, KickReason::RestApi))
        .collect();
    store.kick_instances(account, instances.clone()).await?;
    let kicked = instances.len();
    shared
        .hub
        .publish(Publication::to_all(vec![Event::InstancesKicked {
            account,
            instances,
        }]));
    tracing::info!(
        app.id = id,
        account.id = account.0,
        kicked,
        "an account was kicked in the console"
    );
    Ok(Json(json!({ "kicked": kicked })))
}

fn shown(shared: &Shared, record: AccountRecord) -> Shown {
    Shown {
        online: shared.hub.seats(record.account.id).iter().map(online).collect(),
        user_id: record.account.user_id.to_string(),
        nick: record.profile.nick,
        avatar: record.profile.avatar,
        created_ms: record.created.0,
        last_login_ms: record.last_login.0,
    }
}

fn online(seat: &Seat) -> Online {
    Online {
        platform: seat.platform.name(),
        instance: seat.instance.to_string(),
        since_ms: seat.since.0,
        address: seat.address.to_string(),
    }
}
