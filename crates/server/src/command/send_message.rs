//! `SendMessage`: a message to a user or a group.

use std::sync::Arc;

use futures_util::FutureExt as _;
use hongyan_domain::account::Person;
use hongyan_domain::file::refer::refer;
use hongyan_domain::message::expire::is_forgotten;
use hongyan_domain::message::send::{Draft, Recipient, send, send_again};
use hongyan_protocol::body::{Body, MENTION_ALL, singles_out};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, GroupId, Timestamp, UserId};
use hongyan_protocol::linked::links_to_files;
use hongyan_protocol::message::{MessageFlags, MessageKey, Priority};
use hongyan_protocol::wire::response::Result::SendMessage;
use hongyan_protocol::{limits, wire};
use hongyan_storage::model::{Addressed, BlockedSender};

use super::{Answered, Caller, Context, Prepared, Work};
use crate::refused::Refused;

/// What has to be known to send.
struct Known {
    sender: Arc<Person>,
    recipient: Recipient,
    blocked_sender: BlockedSender,
    /// Since when messages are kept.
    since: Timestamp,
}

/// Invariant: the future submits its write at its first poll, so that a session's messages keep their order; whatever
/// has to be waited for before is loaded here.
pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    mut request: wire::SendMessage,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation.take())?;
    let receivers = std::mem::take(&mut request.receivers);
    let mut draft = draft(request, receivers.len())?;
    let sender = context.own(caller, Code::MESSAGE_INTERNAL).await?;
    let recipient = match conversation {
        ConversationId::C2c(user_id) => {
            let receiver = context.account(caller, &user_id, Code::MESSAGE_INTERNAL).await?;
            let blocks_sender = match &receiver {
                Some(receiver) => context.is_blocked(receiver.account.id, caller).await?,
                None => false,
            };
            Recipient::User {
                account: receiver.map(|it| it.account.clone()),
                blocks_sender,
            }
        }
        ConversationId::Group(group) => {
            draft.addressed = addressed(context, caller, &group, &receivers, &draft.body).await?;
            Recipient::Group(context.standing(caller, &group).await?)
        }
        ConversationId::System => {
            return Err(Refused::new(
                Code::REQUEST_MALFORMED,
                "a message is for a user or a group",
            ));
        }
    };
    let settings = context.settings(caller, Code::MESSAGE_INTERNAL).await?;
    let known = Known {
        sender,
        recipient,
        blocked_sender: settings.blocked_sender,
        since: settings.history_since(now),
    };
    let key = MessageKey {
        account: caller.account.id,
        client_time_s: draft.client_time_s,
        random: draft.random,
    };
    let app = caller.account.app;
    refer(
        &*context.store,
        app,
        key,
        &draft.body,
        &draft.cloud_custom_data,
        now,
    )
    .await?;
    Ok(work(context, known, draft, now))
}

/// The same when all that has to be known is in memory, as it mostly is; otherwise the request is given back.
#[expect(
    clippy::result_large_err,
    reason = "the request goes back to where it came from, on a path where nothing may be allocated"
)]
pub(super) fn prepare_at_once(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    mut request: wire::SendMessage,
) -> Result<Prepared, wire::SendMessage> {
    let is_special = !request.receivers.is_empty() || singles_out(&request.body);
    if is_special || links_to_files(&request.body) || links_to_files(request.cloud_custom_data.as_bytes()) {
        return Err(request);
    }
    let conversation = match ConversationId::from_wire(request.conversation.take()) {
        Ok(conversation) => conversation,
        Err(malformed) => return Ok(Err(malformed.into())),
    };
    match known(context, caller, &conversation, now) {
        Some(known) => Ok(draft(request, 0).map(|draft| work(context, known, draft, now))),
        None => {
            request.conversation = Some(conversation.to_wire());
            Err(request)
        }
    }
}

fn known(context: &Context, caller: &Caller, conversation: &ConversationId, now: Timestamp) -> Option<Known> {
    let (facts, app, own) = (&context.facts, caller.account.app, &caller.account);
    let recipient = match conversation {
        ConversationId::C2c(user_id) => {
            let receiver = facts.held_account(app, user_id)?;
            Recipient::User {
                blocks_sender: facts.held_blocked(receiver.account.id, own.id)?,
                account: Some(receiver.account.clone()),
            }
        }
        ConversationId::Group(group) => {
            Recipient::Group(Some(facts.held_group(app, group)?.standing(own.id)))
        }
        ConversationId::System => return None,
    };
    let settings = facts.held_app(app)?.settings;
    Some(Known {
        sender: facts.held_account(app, &own.user_id)?,
        recipient,
        blocked_sender: settings.blocked_sender,
        since: settings.history_since(now),
    })
}

fn draft(request: wire::SendMessage, receivers_named: usize) -> Result<Draft, Refused> {
    Ok(Draft {
        client_time_s: request.client_time_s,
        random: request.random,
        body: Body::parse(request.body)?,
        priority: Priority::from_wire(request.priority),
        flags: MessageFlags {
            no_unread: request.no_unread,
            no_last_message: request.no_last_message,
            need_read_receipt: request.need_read_receipt,
            support_extension: request.support_extension,
            // The service says.
            is_targeted: false,
        },
        cloud_custom_data: request.cloud_custom_data,
        online_only: request.online_only,
        addressed: Addressed::default(),
        receivers_named,
    })
}

fn work(context: &Context, known: Known, draft: Draft, now: Timestamp) -> Work {
    let store = context.store.clone();
    let Known {
        sender,
        recipient,
        blocked_sender,
        since,
    } = known;
    let work = async move {
        let outcome = match is_forgotten(draft.client_time_s, since) {
            true => send_again(&*store, &sender.account, &draft).await?,
            false => send(&*store, &sender, recipient, draft, blocked_sender, now).await?,
        };
        Ok(Answered::of(outcome, |sent| {
            SendMessage(wire::SendMessageResult {
                sequence: sent.sequence.0,
                time_ms: sent.time.0,
                version: sent.version.0,
            })
        }))
    };
    work.boxed()
}

/// Those members of a group whom a message singles out. Who is none of it is passed over, and so are receivers beyond the
/// limit, for which the service refuses the message.
async fn addressed(
    context: &Context,
    caller: &Caller,
    group: &GroupId,
    receivers: &[String],
    body: &Body,
) -> Result<Addressed, Refused> {
    let mut mentioned = body.mentioned();
    let mentions_all = mentioned.iter().any(|it| it == MENTION_ALL);
    mentioned.retain(|it| it != MENTION_ALL);
    if receivers.is_empty() && mentioned.is_empty() {
        return Ok(Addressed {
            mentions_all,
            ..Addressed::default()
        });
    }
    let Some(facts) = context.group(caller, group).await? else {
        return Ok(Addressed::default());
    };
    let receivers = receivers.iter().take(limits::RECEIVERS_MAX);
    let (mut found, mut found_mentioned) = (Vec::new(), Vec::new());
    for (names, accounts) in [
        (receivers.cloned().collect::<Vec<_>>(), &mut found),
        (mentioned, &mut found_mentioned),
    ] {
        for name in names {
            let Ok(user_id) = UserId::parse(&name, Code::RECEIVER_UNKNOWN) else {
                continue;
            };
            let account = context.account(caller, &user_id, Code::MESSAGE_INTERNAL).await?;
            if let Some(account) = account.map(|it| it.account.id)
                && facts.has(account)
                && !accounts.contains(&account)
            {
                accounts.push(account);
            }
        }
    }
    Ok(Addressed {
        receivers: found,
        mentioned: found_mentioned,
        mentions_all,
    })
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::wire::element::Kind;
    use hongyan_protocol::wire::request::Command;
    use prost::Message as _;

    use super::*;
    use crate::command::AtOnce;
    use crate::command::testing::{NOW, World, message, text, to_group, to_system, to_user};

    fn body(kinds: Vec<Option<Kind>>) -> bytes::Bytes {
        let elements = kinds.into_iter().map(|kind| wire::Element { kind }).collect();
        wire::Body { elements }.encode_to_vec().into()
    }

    #[tokio::test]
    async fn what_is_no_message_of_a_client_is_refused_with_its_code() {
        let world = World::new().await;
        let alice = world.caller("alice").await;
        world.caller("bob").await;
        let good = || message(to_user("bob"), 1);
        let hi = || Some(Kind::Custom(wire::Custom::default()));
        let many = wire::Text {
            text: "hi".to_owned(),
            at_user_ids: vec!["x".to_owned(); 31],
        };
        for (request, expected) in [
            (
                wire::SendMessage {
                    conversation: None,
                    ..good()
                },
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                wire::SendMessage {
                    conversation: to_user(""),
                    ..good()
                },
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                wire::SendMessage {
                    conversation: to_user(&"x".repeat(33)),
                    ..good()
                },
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                wire::SendMessage {
                    conversation: to_user("用户"),
                    ..good()
                },
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                wire::SendMessage {
                    conversation: to_user("nobody"),
                    ..good()
                },
                Code::RECEIVER_UNKNOWN,
            ),
            (
                wire::SendMessage {
                    conversation: to_group("nowhere"),
                    ..good()
                },
                Code::GROUP_GONE,
            ),
            (
                wire::SendMessage {
                    conversation: to_group(&"x".repeat(49)),
                    ..good()
                },
                Code::GROUP_ID_INVALID,
            ),
            (
                wire::SendMessage {
                    conversation: to_system(),
                    ..good()
                },
                Code::REQUEST_MALFORMED,
            ),
            (
                wire::SendMessage {
                    body: bytes::Bytes::from_static(b"\xff"),
                    ..good()
                },
                Code::MESSAGE_JSON,
            ),
            (
                wire::SendMessage {
                    body: bytes::Bytes::new(),
                    ..good()
                },
                Code::MESSAGE_BODY_INVALID,
            ),
            (
                wire::SendMessage {
                    body: body(vec![None]),
                    ..good()
                },
                Code::MESSAGE_BODY_INVALID,
            ),
            (
                wire::SendMessage {
                    body: body(vec![hi(), hi()]),
                    ..good()
                },
                Code::MESSAGE_BODY_INVALID,
            ),
            (
                wire::SendMessage {
                    body: body(vec![Some(Kind::GroupTip(wire::GroupTip::default()))]),
                    ..good()
                },
                Code::MESSAGE_BODY_INVALID,
            ),
            (
                wire::SendMessage {
                    body: body(vec![Some(Kind::GroupNotice(wire::GroupNotice::default()))]),
                    ..good()
                },
                Code::MESSAGE_BODY_INVALID,
            ),
            (
                wire::SendMessage {
                    body: body(vec![Some(Kind::Text(many))]),
                    ..good()
                },
                Code::GROUP_TOO_MANY_AT,
            ),
            (
                wire::SendMessage {
                    body: text(&"x".repeat(12 * 1024)),
                    ..good()
                },
                Code::MESSAGE_TOO_LONG,
            ),
            (
                wire::SendMessage {
                    cloud_custom_data: "x".repeat(12 * 1024),
                    ..good()
                },
                Code::MESSAGE_TOO_LONG,
            ),
            (
                wire::SendMessage {
                    client_time_s: 0,
                    ..good()
                },
                Code::MESSAGE_TIME_INVALID,
            ),
            (
                wire::SendMessage {
                    client_time_s: NOW.seconds() as u32 + 90_000,
                    ..good()
                },
                Code::MESSAGE_TIME_INVALID,
            ),
            (good(), Code(0)),
        ] {
            assert_eq!(world.code(&alice, Command::SendMessage(request)).await, expected);
        }
    }

    /// Contract C3.
    #[tokio::test]
    async fn messages_of_one_session_are_committed_in_the_order_of_their_preparation() {
        let world = World::new().await;
        let alice = world.caller("alice").await;
        world.caller("bob").await;
        let mut works = futures_util::stream::FuturesUnordered::new();
        for random in 1..=50 {
            let command = Command::SendMessage(message(to_user("bob"), random));
            let work = match crate::command::prepare_at_once(&world.context, &alice, NOW, command) {
                AtOnce::Prepared(work) => work,
                AtOnce::Not(command) => {
                    assert_eq!(random, 1, "the facts of the first are those of the others");
                    crate::command::prepare(&world.context, &alice, NOW, command).await
                }
            };
            works.push(async move { (random, work.await.unwrap().result) });
        }
        use futures_util::StreamExt as _;
        while let Some((random, result)) = works.next().await {
            let SendMessage(sent) = result else {
                panic!("the answer is that of the command")
            };
            assert_eq!(sent.sequence, u64::from(random));
        }
    }

    #[tokio::test]
    async fn who_is_blocked_is_refused_from_the_next_message_on_and_welcome_after_it() {
        let world = World::new().await;
        let (alice, bob) = (world.caller("alice").await, world.caller("bob").await);
        let send = async |random| {
            let command = Command::SendMessage(message(to_user("bob"), random));
            world.code(&alice, command).await
        };
        assert_eq!(send(1).await, Code(0));
        let user_ids = vec!["alice".to_owned()];
        let block = Command::AddToBlacklist(wire::AddToBlacklist {
            user_ids: user_ids.clone(),
        });
        world.run(&bob, block).await.unwrap();
        assert_eq!(send(2).await, Code::BLOCKED_BY_RECEIVER);
        let unblock = Command::RemoveFromBlacklist(wire::RemoveFromBlacklist { user_ids });
        world.run(&bob, unblock).await.unwrap();
        assert_eq!(send(3).await, Code(0));
    }
}
