//! `SendMessage`: a message to a user or a group.

use futures_util::FutureExt as _;
use hongyan_domain::message::send::{Draft, Recipient, Sender, send};
use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Timestamp};
use hongyan_protocol::message::{MessageFlags, Priority};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::SendMessage;

use super::{Answered, Caller, Context, Prepared, Refused};

/// Invariant: the future submits its write at its first poll, so that a session's messages keep their order; whatever
/// has to be waited for before is loaded here.
pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::SendMessage,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let draft = Draft {
        client_time_s: request.client_time_s,
        random: request.random,
        body: Body::parse(request.body)?,
        priority: Priority::from_wire(request.priority),
        flags: MessageFlags {
            no_unread: request.no_unread,
            no_last_message: request.no_last_message,
            need_read_receipt: request.need_read_receipt,
        },
        cloud_custom_data: request.cloud_custom_data,
        online_only: request.online_only,
    };
    let own = context.own(caller, Code::MESSAGE_INTERNAL).await?;
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
        ConversationId::Group(group) => Recipient::Group(context.standing(caller, &group).await?),
        ConversationId::System => {
            return Err(Refused::new(
                Code::REQUEST_MALFORMED,
                "a message is for a user or a group",
            ));
        }
    };
    let blocked_sender = context
        .settings(caller, Code::MESSAGE_INTERNAL)
        .await?
        .blocked_sender;
    let sender = Sender {
        account: own.account.clone(),
        profile: own.profile.clone(),
    };
    let store = context.store.clone();
    let work = async move {
        let outcome = send(&*store, &sender, recipient, draft, blocked_sender, now).await?;
        Ok(Answered::of(outcome, |sent| {
            SendMessage(wire::SendMessageResult {
                sequence: sent.sequence.0,
                time_ms: sent.time.0,
                version: sent.version.0,
            })
        }))
    };
    Ok(work.boxed())
}
