//! `RevokeMessage`: a message is taken back.

use futures_util::FutureExt as _;
use hongyan_domain::message::revoke::{Place, revoke};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::RevokeMessage;

use super::{Answered, Caller, Context, Prepared, Refused};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::RevokeMessage,
) -> Prepared {
    let place = match ConversationId::from_wire(request.conversation)? {
        ConversationId::C2c(user_id) => {
            let peer = context.account(caller, &user_id, Code::MESSAGE_INTERNAL).await?;
            Place::C2c(peer.map(|it| it.account.id))
        }
        ConversationId::Group(group) => Place::Group(context.standing(caller, &group).await?),
        ConversationId::System => {
            return Err(Refused::new(Code::REQUEST_MALFORMED, "notices cannot be revoked"));
        }
    };
    let limit_s = context
        .settings(caller, Code::MESSAGE_INTERNAL)
        .await?
        .revoke_limit_s;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let sequence = Sequence(request.sequence);
    let work = async move {
        let outcome = revoke(&*store, &account, place, sequence, limit_s, now).await?;
        Ok(Answered::of(outcome, |version| {
            RevokeMessage(wire::RevokeMessageResult { version: version.0 })
        }))
    };
    Ok(work.boxed())
}
