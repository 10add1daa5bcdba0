//! `RevokeMessage`: a message is taken back.

use futures_util::FutureExt as _;
use hongyan_domain::message::revoke::revoke;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::RevokeMessage;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::RevokeMessage,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let place = context.place(caller, conversation).await?;
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
