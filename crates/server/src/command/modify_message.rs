//! `ModifyMessage`: a message says something else from now on.

use futures_util::FutureExt as _;
use hongyan_domain::message::modify::{Edit, modify};
use hongyan_protocol::body::Body;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ModifyMessage;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::ModifyMessage,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let edit = Edit {
        sequence: Sequence(request.sequence),
        edits: request.edits,
        body: Body::parse(request.body)?,
        cloud_custom_data: request.cloud_custom_data,
    };
    let place = context.place(caller, conversation).await?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = modify(&*store, &account, place, edit, now).await?;
        Ok(Answered::of(outcome, |edited| {
            ModifyMessage(wire::ModifyMessageResult {
                message: Some(edited.message.to_wire()),
                conflict: edited.conflict,
            })
        }))
    };
    Ok(work.boxed())
}
