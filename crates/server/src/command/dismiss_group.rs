//! `DismissGroup`: a group is dissolved.

use futures_util::FutureExt as _;
use hongyan_domain::group::dismiss::dismiss;
use hongyan_protocol::id::{GroupId, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::DismissGroup;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::DismissGroup,
) -> Prepared {
    let id = GroupId::parse(&request.group_id)?;
    let standing = context.standing(caller, &id).await?;
    let (store, owner, chance) = (context.store.clone(), caller.account.clone(), context.chance());
    let work = async move {
        let outcome = dismiss(&*store, &owner, standing, chance, now).await?;
        Ok(Answered::of(outcome, |pts| {
            DismissGroup(wire::DismissGroupResult { pts: pts.0 })
        }))
    };
    Ok(work.boxed())
}
