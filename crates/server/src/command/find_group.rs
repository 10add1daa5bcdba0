//! `FindGroup`: one group, as the caller sees it.

use futures_util::FutureExt as _;
use hongyan_domain::group::find::find;
use hongyan_protocol::id::GroupId;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::FindGroup;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::FindGroup) -> Prepared {
    let id = GroupId::parse(&request.group_id)?;
    let standing = context.standing(caller, &id).await?;
    let (store, app) = (context.store.clone(), caller.account.app);
    let work = async move {
        let group = find(&*store, app, &id, standing).await?;
        Ok(Answered::read(FindGroup(wire::FindGroupResult {
            group: Some(group.to_wire()),
        })))
    };
    Ok(work.boxed())
}
