//! `ListGroups`: all groups that the caller is in.

use futures_util::FutureExt as _;
use hongyan_domain::group::list::list;
use hongyan_protocol::group::Group;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListGroups;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, _: wire::ListGroups) -> Prepared {
    let (store, account) = (context.store.clone(), caller.account.id);
    let work = async move {
        let groups = list(&*store, account).await?;
        Ok(Answered::read(ListGroups(wire::ListGroupsResult {
            groups: groups.iter().map(Group::to_wire).collect(),
        })))
    };
    Ok(work.boxed())
}
