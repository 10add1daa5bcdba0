//! `RemoveFromBlacklist`: the caller unblocks users.

use futures_util::FutureExt as _;
use hongyan_domain::blacklist::remove::remove;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::RemoveFromBlacklist;

use super::{Answered, Caller, Context, Prepared, related, texts};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    request: wire::RemoveFromBlacklist,
) -> Prepared {
    let others = related(context, caller, &request.user_ids).await?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = remove(&*store, &account, others).await?;
        Ok(Answered::of(outcome, |changed| {
            RemoveFromBlacklist(wire::RemoveFromBlacklistResult {
                user_ids: texts(&changed.users),
                pts: changed.pts.0,
            })
        }))
    };
    Ok(work.boxed())
}
