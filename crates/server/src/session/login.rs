//! A socket's first phase: it may say who it is, and nothing else (contract C7).
//!
//! **Comes in:** frames of a stranger. **Goes out:** a caller with its seat in the hub, or how the socket ends. **Never
//! here:** how a UserSig is checked.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use hongyan_domain::Event;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{InstanceId, Timestamp};
use hongyan_protocol::wire::{self, Close, request::Command};
use hongyan_protocol::{frame, limits};
use tokio::time::{Instant, timeout_at};

use super::frames::{Ended, Heard, hear, refusal};
use super::outbox::{End, Outbox};
use super::socket::Socket;
use crate::clock;
use crate::command::{self, Caller, LoggedIn, LoginRefused};
use crate::hub::{self, Publication, STOPPING, Seat, SessionId};
use crate::refused::Refused;
use crate::shared::Shared;

/// What a stranger is answered before its socket is closed: pings, commands out of place, failed logins.
const ANSWERS_MAX: usize = 16;

const LATE: End = End::new(Close::LoginTimeout, "no login in time");
const TOO_MANY: End = End::new(Close::TooMany, "too many frames without a login");

/// A socket that said who it is.
pub(super) struct Entered {
    pub(super) caller: Caller,
    pub(super) sig_expires: Timestamp,
    /// What came behind the login in the same message.
    pub(super) waiting: VecDeque<Heard>,
}

/// Answers a stranger until it logged in.
pub(super) async fn log_in(
    shared: &Arc<Shared>,
    socket: &mut Socket,
    outbox: &Arc<Outbox>,
    session: SessionId,
    address: IpAddr,
) -> Result<Entered, Ended> {
    let deadline = Instant::now() + shared.config.login_timeout;
    let mut answers = 0;
    loop {
        let message = tokio::select! {
            message = timeout_at(deadline, socket.next()) => {
                message.map_err(|_| Ended::By(LATE))?
            }
            () = shared.stopped() => return Err(Ended::By(STOPPING)),
        };
        let mut frames = hear(message)?;
        // A message without a frame counts too: pings of the WebSocket, and nothing at all.
        answers += usize::from(frames.is_empty());
        while let Some(frame) = frames.pop_front() {
            match frame {
                Heard::Ping(token) => {
                    outbox.push(frame::pong(token));
                }
                Heard::Request(wire::Request {
                    id,
                    command: Some(Command::Login(login)),
                }) => match attempt(shared, outbox, session, address, clock::now(), id, login).await {
                    Ok((caller, sig_expires)) => {
                        return Ok(Entered {
                            caller,
                            sig_expires,
                            waiting: frames,
                        });
                    }
                    Err(LoginRefused::Refused(refused)) => {
                        outbox.push(refusal(id, refused.code, &refused.text));
                    }
                    Err(LoginRefused::Kicked(reason)) => hub::kick(outbox, reason),
                },
                Heard::Request(request) => {
                    outbox.push(refusal(
                        request.id,
                        Code::NOT_LOGGED_IN,
                        Code::NOT_LOGGED_IN.text(),
                    ));
                }
                Heard::Nothing => {}
            }
            answers += 1;
            if answers >= ANSWERS_MAX {
                outbox.end(None, TOO_MANY);
            }
            if let Some(end) = outbox.ended() {
                return Err(Ended::By(end));
            }
        }
        if answers >= ANSWERS_MAX {
            return Err(Ended::By(TOO_MANY));
        }
        let written = timeout_at(deadline, super::write_all(socket, outbox)).await;
        written.map_err(|_| Ended::By(LATE))?.map_err(|_| Ended::Gone)?;
    }
}

/// One login, from the frame to the seat or the refusal.
pub(super) async fn attempt(
    shared: &Arc<Shared>,
    outbox: &Arc<Outbox>,
    session: SessionId,
    address: IpAddr,
    now: Timestamp,
    id: u32,
    login: wire::Login,
) -> Result<(Caller, Timestamp), LoginRefused> {
    let app = login.sdk_app_id;
    let name = (app, login.user_id.clone(), address);
    let blocked =
        shared.account_failures.is_blocked(&name, now) || shared.address_failures.is_blocked(address, now);
    let outcome = if blocked {
        let code = Code::TOO_MANY_LOGIN_FAILURES;
        Err(LoginRefused::Refused(Refused {
            code,
            text: code.text().to_owned(),
        }))
    } else {
        if let Ok(instance) = InstanceId::parse(&login.instance) {
            shared.hub.begin(session, instance);
        }
        let hub = shared.hub.clone();
        let connected = Box::new(move |account| hub.connected(account));
        command::login(&shared.context, now, connected, login).await
    };
    match outcome {
        Ok(logged_in) => {
            shared.metrics.login(None);
            Ok(enter(shared, outbox, session, address, id, now, logged_in))
        }
        Err(LoginRefused::Refused(refused)) => {
            shared.metrics.login(Some(refused.code));
            if is_the_clients_fault(refused.code) {
                shared.account_failures.failed(&name, now);
                shared.address_failures.failed(address, now);
            }
            tracing::info!(
                app.id = app,
                session.id = session.0,
                client.address = %address,
                code = refused.code.0,
                "a login was refused: {}",
                refused.code.text(),
            );
            Err(LoginRefused::Refused(refused))
        }
        Err(kicked @ LoginRefused::Kicked(_)) => Err(kicked),
    }
}

/// Gives the session its seat, in the turn of its login: it hears of all that is committed later, and of nothing before.
fn enter(
    shared: &Arc<Shared>,
    outbox: &Arc<Outbox>,
    session: SessionId,
    address: IpAddr,
    id: u32,
    now: Timestamp,
    logged_in: LoggedIn,
) -> (Caller, Timestamp) {
    let LoggedIn {
        caller,
        mut result,
        events,
        turn,
        sig_expires,
    } = logged_in;
    tracing::info!(
        app.id = caller.account.app.0,
        account.id = caller.account.id.0,
        session.id = session.0,
        client.platform = caller.platform.name(),
        client.address = %address,
        kicked = kicked(&events),
        "logged in",
    );
    result.heartbeat_ms = u32::try_from(shared.config.heartbeat.as_millis()).unwrap_or(u32::MAX);
    result.frame_bytes_max = limits::FRAME_BYTES_MAX as u32;
    let answer = frame::response(wire::Response {
        id,
        code: 0,
        text: String::new(),
        result: Some(wire::response::Result::Login(result)),
    });
    let seat = Seat {
        session,
        account: caller.account.clone(),
        instance: caller.instance,
        platform: caller.platform,
        since: now,
        address,
        outbox: outbox.clone(),
    };
    let hub = shared.hub.clone();
    let publication = Publication::to_all(events);
    turn.run(move || {
        hub.publish(publication);
        hub.enter(seat, answer);
    });
    (caller, sig_expires)
}

fn kicked(events: &[Event]) -> usize {
    let instances = events.iter().map(|event| match event {
        Event::InstancesKicked { instances, .. } => instances.len(),
        _ => 0,
    });
    instances.sum()
}

/// A failure of the server itself is not held against anybody.
fn is_the_clients_fault(code: Code) -> bool {
    ![
        Code::ACCOUNT_INTERNAL,
        Code::OVERLOADED,
        Code::TOO_MANY_LOGIN_FAILURES,
    ]
    .contains(&code)
}
