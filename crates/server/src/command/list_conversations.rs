//! `ListConversations`: more of the list than was sent at login.

use futures_util::FutureExt as _;
use hongyan_domain::conversation::list::list;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListConversations;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::ListConversations) -> Prepared {
    let (store, account) = (context.store.clone(), caller.account.clone());
    let (before, count) = (Timestamp(request.before_ms), request.count as usize);
    let work = async move {
        let page = list(&*store, &account, before, count).await?;
        Ok(Answered::read(ListConversations(wire::ListConversationsResult {
            conversations: page
                .conversations
                .iter()
                .map(ConversationState::to_wire)
                .collect(),
            complete: page.complete,
        })))
    };
    Ok(work.boxed())
}
