//! `ListBlacklist`: whom the caller blocked.

use futures_util::FutureExt as _;
use hongyan_domain::blacklist::list::list;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListBlacklist;

use super::{Answered, Caller, Context, Prepared, texts};

pub(super) fn prepare(context: &Context, caller: &Caller, _: wire::ListBlacklist) -> Prepared {
    let (store, account) = (context.store.clone(), caller.account.id);
    let work = async move {
        let users = list(&*store, account).await?;
        Ok(Answered::read(ListBlacklist(wire::ListBlacklistResult {
            user_ids: texts(&users),
        })))
    };
    Ok(work.boxed())
}
