//! `AddToBlacklist`: the caller blocks users.

use futures_util::FutureExt as _;
use hongyan_domain::blacklist::add::add;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::AddToBlacklist;

use super::{Answered, Caller, Context, Prepared, related, texts};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::AddToBlacklist,
) -> Prepared {
    let others = related(context, caller, &request.user_ids).await?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = add(&*store, &account, others, now).await?;
        Ok(Answered::of(outcome, |changed| {
            AddToBlacklist(wire::AddToBlacklistResult {
                user_ids: texts(&changed.users),
                pts: changed.pts.0,
            })
        }))
    };
    Ok(work.boxed())
}
