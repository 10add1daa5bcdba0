//! `GetMerged`: merged messages that are kept apart, for who knows their key.

use futures_util::FutureExt as _;
use hongyan_domain::message::merged::find;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::GetMerged;

use super::{Answered, Caller, Context, Prepared};

#[expect(
    clippy::unnecessary_wraps,
    reason = "the shape of every command's preparation"
)]
pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::GetMerged) -> Prepared {
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let messages = find(&*store, &account, &request.key).await?;
        Ok(Answered::read(GetMerged(wire::GetMergedResult { messages })))
    };
    Ok(work.boxed())
}
