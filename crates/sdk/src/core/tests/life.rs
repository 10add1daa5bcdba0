//! Login, logout, being kicked, losing and regaining the connection.

use hongyan_protocol::code::Code;
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::wire;

use super::model::c2c;
use super::*;
use crate::core::{Draft, Gate, NetState, SendOptions};

fn code(answer: Option<Result<Answer, Failure>>) -> Code {
    answer.expect("answered").expect_err("refused").code
}

fn kick(reason: KickReason) -> wire::Push {
    wire::Push {
        kind: Some(wire::push::Kind::Kicked(wire::Kicked {
            reason: reason.to_wire() as i32,
        })),
    }
}

#[test]
fn a_login_is_answered_then_synced_then_ready() {
    let mut client = Client::new();
    let answer = client.login();
    assert_eq!(answer, Some(Ok(Answer::LoggedIn { repeat: false })));
    assert_eq!(client.core.user_id(), ME);
    assert!(matches!(client.events.last(), Some(Event::Ready)));
    let login = &client.model.logins[0];
    assert!(!login.resume && login.instance.len() == 16);
}

#[test]
fn a_second_login_of_the_same_user_is_a_repeat_and_of_another_is_refused() {
    let mut client = Client::ready();
    assert_eq!(client.login(), Some(Ok(Answer::LoggedIn { repeat: true })));
    let other = client.call(Call::Login {
        user_id: String::from("bob"),
        user_sig: UserSig(String::from("sig")),
    });
    assert_eq!(code(other), Code::LOGIN_RUNNING);
    assert_eq!(client.model.logins.len(), 1);
}

#[test]
fn a_login_while_one_runs_is_refused() {
    let mut client = Client::new();
    client.swallow_requests = true;
    assert_eq!(client.login(), None);
    assert_eq!(code(client.login()), Code::LOGIN_RUNNING);
}

#[test]
fn a_refused_login_passes_its_code_on_and_another_may_follow() {
    let mut client = Client::new();
    client.model.refuse_login = Some(70001);
    assert_eq!(code(client.login()), Code::USERSIG_EXPIRED);
    assert_eq!(
        code(client.call(Call::GetMyProfile)),
        Code::NOT_READY_LOGIN_FAILED
    );
    assert!(client.login().unwrap().is_ok());
    let instances: Vec<_> = client.model.logins.iter().map(|it| it.instance.clone()).collect();
    assert_ne!(instances[0], instances[1], "each login is an instance of its own");
}

#[test]
fn a_login_without_a_server_fails_soon_and_one_without_an_answer_after_fifteen_seconds() {
    let mut client = Client::new();
    client.network = false;
    assert_eq!(client.login(), None);
    client.pass_ms(5_000);
    assert_eq!(code(client.answer_of(1)), Code::NETWORK_ERROR);
    assert_eq!(client.wake_at, None, "nobody retries for nobody");

    let mut client = Client::new();
    client.swallow_requests = true;
    assert_eq!(client.login(), None);
    client.pass_ms(15_000);
    assert_eq!(code(client.answer_of(1)), Code::TIMED_OUT);
}

/// Contract C7, as far as the client keeps it: what would be refused is not even asked.
#[test]
fn before_login_calls_are_refused_with_their_public_codes() {
    let mut client = Client::new();
    assert_eq!(code(client.call(Call::GetMyProfile)), Code::NOT_LOGGED_IN);
    assert_eq!(code(client.call(Call::Logout)), Code::NOT_LOGGED_IN);
    assert_eq!(code(client.call(Call::Destroy)), Code::NOT_LOGGED_IN);
    assert_eq!(
        client.core.refusal(Gate::Join).unwrap().code,
        Code::JOIN_NEEDS_LOGIN
    );
    assert_eq!(client.core.refusal(Gate::Quit).unwrap().code, Code::NOT_A_MEMBER);
    assert_eq!(client.opened, 0);
}

#[test]
fn calls_between_login_and_ready_are_refused() {
    let mut client = Client::new();
    client.core.handle(
        client.now,
        Input::Call {
            id: 1,
            call: Call::Login {
                user_id: ME.to_owned(),
                user_sig: UserSig(String::from("sig")),
            },
        },
    );
    assert_eq!(
        client.core.refusal(Gate::Ready).unwrap().code,
        Code::NOT_READY_LOGGING_IN
    );
    client.drive();
    assert_eq!(client.core.refusal(Gate::Ready), None);
}

#[test]
fn logging_out_asks_the_server_and_forgets_everything() {
    let mut client = Client::ready();
    client.model.say(&c2c("bob"), "bob", "hi");
    client.receive();
    assert_eq!(client.core.total_unread_count(), 1);
    assert_eq!(client.call(Call::Logout), Some(Ok(Answer::Done)));
    assert!(matches!(client.events.last(), Some(Event::NotReady)));
    assert_eq!((client.core.total_unread_count(), client.core.user_id()), (0, ""));
    assert!(!client.is_open);
    assert_eq!(code(client.call(Call::GetMyProfile)), Code::NOT_READY_LOGGED_OUT);
    assert_eq!(code(client.call(Call::Logout)), Code::NOT_LOGGED_IN);
}

#[test]
fn logging_out_ends_even_when_the_server_does_not_answer() {
    let mut client = Client::ready();
    client.swallow_requests = true;
    assert_eq!(client.call(Call::Logout), None);
    client.pass_ms(3_000);
    assert_eq!(client.answers.last().unwrap().1, Ok(Answer::Done));
    assert_eq!((client.core.state(), client.wake_at), (State::LoggedOut, None));
}

#[test]
fn destroying_logs_out_and_says_so() {
    let mut client = Client::ready();
    assert_eq!(client.call(Call::Destroy), Some(Ok(Answer::Done)));
    assert!(matches!(
        client.events.as_slice(),
        [Event::NotReady, Event::Destroyed]
    ));
    assert_eq!(code(client.call(Call::GetMyProfile)), Code::NOT_LOGGED_IN);
}

/// Contract C6.
#[test]
fn a_kicked_instance_logs_out_says_why_and_never_reconnects() {
    for (reason, refusal) in [
        (KickReason::MultipleAccount, Code::NOT_READY_KICKED_INSTANCE),
        (KickReason::MultipleDevice, Code::NOT_READY_KICKED_DEVICE),
        (KickReason::UserSigExpired, Code::NOT_READY_USERSIG_EXPIRED),
        (KickReason::RestApi, Code::NOT_READY_KICKED_BY_SERVER),
    ] {
        let mut client = Client::ready();
        client.push(kick(reason));
        assert_eq!(client.events, [Event::NotReady, Event::KickedOut(reason)]);
        assert_eq!(code(client.call(Call::GetMyProfile)), refusal);
        client.input(Input::Network { online: true });
        client.pass_ms(3_600_000);
        assert_eq!((client.opened, client.wake_at), (1, None));
        assert!(client.login().unwrap().is_ok(), "a new login works");
    }
}

/// Contract C6.
#[test]
fn an_instance_that_was_kicked_while_away_learns_it_when_it_resumes() {
    let mut client = Client::ready();
    client.cut();
    client.swallow_requests = true;
    client.pass_ms(500);
    assert!(client.is_open);
    client.push(kick(KickReason::MultipleAccount));
    assert!(
        client
            .events
            .contains(&Event::KickedOut(KickReason::MultipleAccount))
    );
    client.pass_ms(3_600_000);
    assert_eq!(client.opened, 2);
}

/// Contract C6.
#[test]
fn a_kick_whose_push_was_lost_is_known_by_the_close_code() {
    let mut client = Client::ready();
    client.is_open = false;
    client.input(closed(4003));
    assert_eq!(
        client.events,
        [Event::NotReady, Event::KickedOut(KickReason::MultipleAccount)]
    );
    assert_eq!(client.wake_at, None);
}

#[test]
fn other_close_codes_reconnect_as_the_same_instance() {
    for code in [1006, 4004, 4006, 4008] {
        let mut client = Client::ready();
        client.is_open = false;
        client.input(closed(code));
        client.pass_ms(500);
        let logins = &client.model.logins;
        assert_eq!(logins.len(), 2);
        assert!(logins[1].resume && logins[0].instance == logins[1].instance);
        assert_eq!(
            client.events,
            [
                Event::NetStateChanged(NetState::Connecting),
                Event::NetStateChanged(NetState::Connected)
            ]
        );
    }
}

#[test]
fn a_resume_that_is_refused_for_good_is_a_lost_login() {
    let mut client = Client::ready();
    client.cut();
    client.events.clear();
    client.model.refuse_login = Some(70009);
    client.pass_ms(500);
    assert!(matches!(
        client.events.as_slice(),
        [Event::NotReady, Event::Error(failure)] if failure.code == Code::USERSIG_INVALID
    ));
    client.pass_ms(3_600_000);
    assert_eq!(client.opened, 2);
}

#[test]
fn a_resume_that_an_overloaded_server_refuses_is_tried_again() {
    let mut client = Client::ready();
    client.cut();
    client.model.refuse_login = Some(60022);
    client.pass_ms(5_000);
    assert_eq!(client.model.logins.len(), 3);
    assert_eq!(client.core.state(), State::Ready);
}

#[test]
fn a_long_outage_is_shown_and_ends_by_itself() {
    let mut client = Client::ready();
    client.network = false;
    client.cut();
    client.pass_ms(600_000);
    let attempts = client.opened;
    assert!(
        (20..300).contains(&attempts),
        "{attempts} attempts in ten minutes"
    );
    client.network = true;
    client.pass_ms(30_000);
    let states = [NetState::Connecting, NetState::Disconnected, NetState::Connected];
    assert_eq!(client.events, states.map(Event::NetStateChanged));
}

#[test]
fn garbage_from_the_server_is_reported_and_the_connection_made_anew() {
    let mut client = Client::ready();
    client.input(Input::SocketMessage(Bytes::from_static(b"\xff\xffgarbage")));
    assert!(matches!(client.events[0], Event::Error(_)));
    client.pass_ms(1_000);
    assert!(client.is_open);
    assert_eq!(client.opened, 2);
}

#[test]
fn a_server_that_stops_answering_pings_is_left() {
    let mut client = Client::ready();
    client.pass_ms(3_600_000);
    assert_eq!(client.opened, 1, "a server that answers is not");
    client.swallow_requests = true;
    client.pass_ms(41_000);
    assert!(client.opened > 1);
}

#[test]
fn a_call_that_is_no_message_nor_read_fails_with_the_connection() {
    let mut client = Client::ready();
    client.swallow_requests = true;
    assert_eq!(
        client.call(Call::CreateGroup(crate::core::NewGroup::named(
            wire::GroupType::Work,
            "team"
        ))),
        None
    );
    client.cut();
    assert_eq!(code(client.answer_of(client.calls)), Code::NETWORK_ERROR);
}

#[test]
fn a_read_survives_a_cut_and_fails_after_fifteen_seconds_without_a_server() {
    let users = vec![super::model::user("bob")];
    let mut client = Client::ready();
    client.cut();
    assert_eq!(client.call(Call::GetUserProfile { users: users.clone() }), None);
    client.pass_ms(500);
    assert!(client.answer_of(client.calls).unwrap().is_ok());

    client.network = false;
    client.cut();
    assert_eq!(client.call(Call::GetUserProfile { users }), None);
    client.pass_ms(15_000);
    assert_eq!(code(client.answer_of(client.calls)), Code::TIMED_OUT);
}

#[test]
fn a_message_that_cannot_be_sent_comes_back_as_failed_after_a_minute() {
    let mut client = Client::ready();
    client.network = false;
    client.cut();
    let draft = Draft::text(c2c("bob"), "hi");
    let message = client.core.create_message(client.now, draft).unwrap();
    let options = SendOptions::default();
    assert_eq!(client.call(Call::SendMessage { message, options }), None);
    client.pass_ms(59_000);
    assert_eq!(client.answer_of(client.calls), None);
    client.pass_ms(1_000);
    let failure = client.answer_of(client.calls).unwrap().unwrap_err();
    assert_eq!(failure.code, Code::TIMED_OUT);
    assert_eq!(failure.message.unwrap().status, crate::core::Status::Fail);
}

#[test]
fn being_kicked_fails_what_waits_and_forgets_what_was_held() {
    let mut client = Client::ready();
    client.model.say(&c2c("bob"), "bob", "hi");
    client.receive();
    client.swallow_requests = true;
    let users = vec![super::model::user("bob")];
    assert_eq!(client.call(Call::GetUserProfile { users }), None);
    client.push(kick(KickReason::MultipleAccount));
    assert_eq!(
        code(client.answer_of(client.calls)),
        Code::NOT_READY_KICKED_INSTANCE
    );
    assert_eq!((client.core.total_unread_count(), client.core.user_id()), (0, ""));
}

#[test]
fn too_many_waiting_calls_are_refused() {
    let mut client = Client::ready();
    client.swallow_requests = true;
    let call = || Call::GetUserProfile { users: Vec::new() };
    while client.calls < 1000 {
        assert_eq!(client.call(call()), None);
    }
    client.call(call());
    assert_eq!(code(client.call(call())), Code::TOO_OFTEN);
}

#[test]
fn no_user_sig_and_no_text_is_ever_logged() {
    let mut core = Core::new(
        Config {
            sdk_app_id: SdkAppId(1),
            platform: Platform::Web,
            sdk_version: String::new(),
        },
        [1; 32],
    );
    core.set_log_level(0);
    let call = Call::Login {
        user_id: ME.to_owned(),
        user_sig: UserSig(String::from("top-secret")),
    };
    core.handle(Timestamp(1), Input::Call { id: 1, call });
    core.handle(Timestamp(1), Input::SocketOpened);
    let mut lines = 0;
    while let Some(output) = core.next_output() {
        if let Output::Log { text, .. } = output {
            lines += 1;
            assert!(!text.contains("top-secret"));
        }
    }
    assert!(lines > 0);
    assert!(
        !format!("{core:?}").contains("top-secret"),
        "not even when it is printed whole"
    );
}
