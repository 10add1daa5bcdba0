//! `Login`: who is it, may they come in, and who has to go for it.
//!
//! **Comes in:** the first request of a socket. **Goes out:** the caller that the session works for from now on, or why
//! not. **Never here:** how often somebody may try; the session counts that.

use hongyan_domain::account::login::{Arrival, login as log_in};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{InstanceId, SYSTEM, SdkAppId, Timestamp, UserId};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::{limits, usersig, wire};
use hongyan_storage::model::{Instance, NewInstance};

use super::{Caller, Connected, Context, LoggedIn, LoginRefused};
use crate::refused::{Refused, store_failed};

/// Checks a login and carries it out (contracts C6, C7). `connected` says which instances of the account have a live
/// socket right now; those without one are the first to go.
pub(crate) async fn login(
    context: &Context,
    now: Timestamp,
    connected: Connected,
    login: wire::Login,
) -> Result<LoggedIn, LoginRefused> {
    let user_id = UserId::parse(&login.user_id, Code::ACCOUNT_PARAMETER)?;
    if user_id.as_str() == SYSTEM {
        // What it says would be taken for what the server says.
        return Err(refused(
            Code::ACCOUNT_PARAMETER,
            "this userID is the server's own",
        ));
    }
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
    let new = NewInstance {
        app: app_id,
        user_id,
        instance: Instance {
            id: instance,
            platform,
            since: now,
        },
        resume: login.resume,
        sig_issued: verified.issued,
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
        // The session's to say, which waits for it.
        heartbeat_ms: 0,
        frame_bytes_max: limits::FRAME_BYTES_MAX as u32,
        revoke_limit_s: app.settings.revoke_limit_s,
        files_url: context.uploads.url().to_owned(),
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

#[cfg(test)]
mod tests {
    use hongyan_domain::Event;
    use hongyan_protocol::id::AccountId;
    use hongyan_protocol::platform::KickReason;
    use hongyan_storage::model::AppSettings;

    use super::*;
    use crate::command::testing::{APP, KEY, NOW, World, app, request};

    fn code(refused: LoginRefused) -> Code {
        match refused {
            LoginRefused::Refused(refused) => refused.code,
            LoginRefused::Kicked(reason) => panic!("kicked: {reason:?}"),
        }
    }

    /// Contract C7.
    #[tokio::test]
    async fn a_good_ticket_lets_in_and_says_until_when() {
        let world = World::new().await;
        let first = world.login("alice", 1).await;
        assert_eq!(first.result.account, first.caller.account.id.0);
        assert_eq!(first.sig_expires.seconds(), NOW.seconds() + 3600);
        assert_eq!(first.result.revoke_limit_s, 120);
        let again = world.login("alice", 1).await;
        assert_eq!(again.caller.account, first.caller.account);
        assert_ne!(
            world.login("bob", 1).await.caller.account.id,
            first.caller.account.id
        );
    }

    /// Contract C7.
    #[tokio::test]
    async fn each_fault_of_a_login_gets_its_public_code() {
        let world = World::new().await;
        let good = || request("alice", 1);
        let sig = |app, name: &str, key: &str, now, expire_s| usersig::issue(app, name, key, now, expire_s);
        let day_ago = Timestamp(NOW.0 - 86_400_000);
        for (login, expected) in [
            (
                wire::Login {
                    user_id: String::new(),
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    user_id: "x".repeat(33),
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    user_id: "用户".to_owned(),
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    user_id: "nul\0".to_owned(),
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    instance: vec![1; 15].into(),
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    platform: 0,
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    platform: 99,
                    ..good()
                },
                Code::ACCOUNT_PARAMETER,
            ),
            (
                wire::Login {
                    sdk_app_id: 0,
                    ..good()
                },
                Code::APP_UNKNOWN,
            ),
            (
                wire::Login {
                    sdk_app_id: 7,
                    ..good()
                },
                Code::APP_UNKNOWN,
            ),
            (
                wire::Login {
                    user_sig: String::new(),
                    ..good()
                },
                Code::USERSIG_EMPTY,
            ),
            (
                wire::Login {
                    user_sig: "garbage".to_owned(),
                    ..good()
                },
                Code::USERSIG_MALFORMED,
            ),
            (
                wire::Login {
                    user_sig: "x".repeat(60_000),
                    ..good()
                },
                Code::USERSIG_MALFORMED,
            ),
            (
                wire::Login {
                    user_sig: sig(SdkAppId(7), "alice", KEY, NOW, 60),
                    ..good()
                },
                Code::USERSIG_OTHER_APP,
            ),
            (
                wire::Login {
                    user_sig: sig(APP, "bob", KEY, NOW, 60),
                    ..good()
                },
                Code::USERSIG_OTHER_USER,
            ),
            (
                wire::Login {
                    user_sig: sig(APP, "alice", "no", NOW, 60),
                    ..good()
                },
                Code::USERSIG_INVALID,
            ),
            (
                wire::Login {
                    user_sig: sig(APP, "alice", KEY, day_ago, 60),
                    ..good()
                },
                Code::USERSIG_EXPIRED,
            ),
        ] {
            assert_eq!(code(world.try_login(login).await.unwrap_err()), expected);
        }
        let alice = UserId::trusted("alice");
        let nobody = world.context.store.find_account(APP, &alice).await.unwrap();
        assert_eq!(nobody, None, "a refused login makes no account");
    }

    /// Contract C7.
    #[tokio::test]
    async fn a_ticket_made_before_all_were_withdrawn_is_good_no_more() {
        let world = World::new().await;
        let account = world.caller("alice").await.account.id;
        world
            .context
            .store
            .put_sigs_after(account, NOW.plus_ms(1))
            .await
            .unwrap();
        let refused = world.try_login(request("alice", 1)).await.unwrap_err();
        assert_eq!(code(refused), Code::USERSIG_EXPIRED);
        let later = NOW.plus_ms(1000);
        let user_sig = usersig::issue(APP, "alice", KEY, later, 60);
        let renewed = wire::Login {
            user_sig,
            ..request("alice", 1)
        };
        assert!(world.try_login(renewed).await.is_ok());
    }

    /// Contract C6.
    #[tokio::test]
    async fn a_second_web_instance_sends_the_first_away_and_that_learns_of_it_when_it_resumes() {
        let world = World::new().await;
        assert!(world.login("alice", 1).await.events.is_empty());
        let second = world.login("alice", 2).await;
        let gone = vec![(InstanceId([1; 16]), KickReason::MultipleAccount)];
        let account: AccountId = second.caller.account.id;
        assert_eq!(
            second.events,
            [Event::InstancesKicked {
                account,
                instances: gone
            }]
        );
        let resuming = wire::Login {
            resume: true,
            ..request("alice", 1)
        };
        let refused = world.try_login(resuming).await.unwrap_err();
        assert!(matches!(
            refused,
            LoginRefused::Kicked(KickReason::MultipleAccount)
        ));
        let resuming = wire::Login {
            resume: true,
            ..request("alice", 2)
        };
        assert!(world.try_login(resuming).await.unwrap().events.is_empty());
    }

    /// Contract C6.
    #[tokio::test]
    async fn a_changed_limit_holds_for_the_next_login() {
        let world = World::new().await;
        world.login("alice", 1).await;
        let settings = AppSettings {
            web_instances: 2,
            ..AppSettings::default()
        };
        world.context.facts.app_changed(app(settings));
        assert!(world.login("alice", 2).await.events.is_empty());
        assert_eq!(world.login("alice", 3).await.events.len(), 1);
    }
}
