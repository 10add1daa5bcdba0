//! `ClearHistory`: all that is in a conversation up to now is hidden from the caller's account.

use futures_util::FutureExt as _;
use hongyan_domain::conversation::clear::clear;
use hongyan_protocol::id::ConversationId;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ClearHistory;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::ClearHistory) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = clear(&*store, &account, conversation).await?;
        Ok(Answered::of(outcome, |emptied| {
            ClearHistory(wire::ClearHistoryResult {
                pts: emptied.pts.0,
                first_sequence: emptied.first.0,
                view_version: emptied.view_version,
            })
        }))
    };
    Ok(work.boxed())
}
