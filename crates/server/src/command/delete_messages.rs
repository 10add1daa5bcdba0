//! `DeleteMessages`: messages that the caller's account does not want to see any more.

use futures_util::FutureExt as _;
use hongyan_domain::message::delete::delete;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::DeleteMessages;

use super::{Answered, Caller, Context, Prepared};
use crate::refused::Refused;

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::DeleteMessages) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    match &conversation {
        ConversationId::System => {
            return Err(Refused::new(Code::REQUEST_MALFORMED, "notices stay as they are"));
        }
        ConversationId::Group(group) => {
            let standing = context.standing(caller, group).await?;
            if standing.is_some_and(|it| it.kind() == GroupType::AvChatRoom) {
                let code = Code::GROUP_DELETE_UNSUPPORTED;
                return Err(Refused::new(code, code.text()));
            }
        }
        ConversationId::C2c(_) => {}
    }
    let sequences = request.sequences.into_iter().map(Sequence).collect();
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = delete(&*store, &account, conversation, sequences).await?;
        Ok(Answered::of(outcome, |hidden| {
            DeleteMessages(wire::DeleteMessagesResult {
                pts: hidden.pts.0,
                view_version: hidden.view_version,
            })
        }))
    };
    Ok(work.boxed())
}
