//! `Login`: who is it, may they come in, and who has to go for it.
//!
//! **Comes in:** the first request of a socket. **Goes out:** the caller that the session works for from now on, or why
//! not. **Never here:** how often somebody may try; the session counts that.

use hongyan_domain::account::login::{Arrival, login as log_in};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{InstanceId, SdkAppId, Timestamp, UserId};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::{limits, usersig, wire};
use hongyan_storage::model::{Instance, NewInstance};

use super::{Caller, Connected, Context, LoggedIn, LoginRefused, Refused, store_failed};

/// How long a session may stay silent.
const HEARTBEAT_MS: u32 = 30_000;

/// Checks a login and carries it out (contracts C6, C7). `connected` says which instances of the account have a live
/// socket right now; those without one are the first to go.
pub(crate) async fn login(
    context: &Context,
    now: Timestamp,
    connected: Connected,
    login: wire::Login,
) -> Result<LoggedIn, LoginRefused> {
    let user_id = UserId::parse(&login.user_id, Code::ACCOUNT_PARAMETER)?;
    let instance = InstanceId::parse(&login.instance)?;
    let Some(platform) = Platform::from_wire(login.platform) else {
        return Err(refused(Code::ACCOUNT_PARAMETER, "the platform is not known"));
    };
    let internal = |error| LoginRefused::Refused(store_failed(&error, Code::ACCOUNT_INTERNAL));
    let app_id = SdkAppId(login.sdk_app_id);
    let Some(app) = context.facts.app(app_id).await.map_err(internal)? else {
        return Err(refused(Code::APP_UNKNOWN, Code::APP_UNKNOWN.text()));
    };
    if app.key.0.is_empty() {
        return Err(refused(Code::APP_KEY_MISSING, Code::APP_KEY_MISSING.text()));
    }
    let verified = usersig::verify(&login.user_sig, app_id, user_id.as_str(), &app.key.0, now)?;
    // Not from the facts: a UserSig that was withdrawn a moment ago lets nobody in (contract C7).
    let record = context
        .store
        .find_account(app_id, &user_id)
        .await
        .map_err(internal)?;
    if record.is_some_and(|it| verified.issued < it.sigs_after) {
        return Err(refused(Code::USERSIG_EXPIRED, "the UserSig was withdrawn"));
    }

    let new = NewInstance {
        app: app_id,
        user_id,
        instance: Instance {
            id: instance,
            platform,
            since: now,
        },
        resume: login.resume,
    };
    let outcome = log_in(&*context.store, new, app.settings, connected).await?;
    let (account, pts) = match outcome.answer {
        Arrival::In { account, pts } => (account, pts),
        Arrival::WasKicked(reason) => return Err(LoginRefused::Kicked(reason)),
    };
    let result = wire::LoginResult {
        account: account.id.0,
        pts: pts.0,
        server_time_ms: now.0,
        heartbeat_ms: HEARTBEAT_MS,
        frame_bytes_max: limits::FRAME_BYTES_MAX as u32,
        revoke_limit_s: app.settings.revoke_limit_s,
    };
    Ok(LoggedIn {
        caller: Caller {
            account,
            instance,
            platform,
        },
        result,
        events: outcome.events,
        turn: outcome.turn,
        sig_expires: verified.expires,
    })
}

fn refused(code: Code, text: &str) -> LoginRefused {
    LoginRefused::Refused(Refused::new(code, text))
}
