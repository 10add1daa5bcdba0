//! `FindConversation`: one conversation, also one that has not begun.

use futures_util::FutureExt as _;
use hongyan_domain::conversation::find::{Other, find};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::ConversationId;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::FindConversation;

use super::{Answered, Caller, Context, Prepared};
use crate::refused::store_failed;

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::FindConversation) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let other = match &conversation {
        ConversationId::C2c(user_id) => {
            let users = std::slice::from_ref(user_id);
            let found = context.store.list_profiles(caller.account.app, users).await;
            let found = found.map_err(|error| store_failed(&error, Code::CONVERSATION_INTERNAL))?;
            Other::User(found.into_iter().next().map(Box::new))
        }
        ConversationId::Group(group) => {
            let standing = context.standing(caller, group).await?;
            Other::Group {
                exists: standing.is_some_and(|it| !it.group.dismissed),
            }
        }
        ConversationId::System => Other::System,
    };
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let state = find(&*store, &account, &conversation, other).await?;
        Ok(Answered::read(FindConversation(wire::FindConversationResult {
            state: Some(state.to_wire()),
        })))
    };
    Ok(work.boxed())
}
