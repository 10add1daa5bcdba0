//! `QuitGroup`: leaving a group.

use futures_util::FutureExt as _;
use hongyan_domain::group::quit::quit;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{GroupId, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::QuitGroup;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::QuitGroup,
) -> Prepared {
    let id = GroupId::parse(&request.group_id)?;
    let standing = context.standing(caller, &id).await?;
    let leaver = context.own(caller, Code::GROUP_INTERNAL).await?;
    let (store, chance) = (context.store.clone(), context.chance());
    let work = async move {
        let outcome = quit(&*store, leaver, standing, chance, now).await?;
        Ok(Answered::of(outcome, |pts| {
            QuitGroup(wire::QuitGroupResult { pts: pts.0 })
        }))
    };
    Ok(work.boxed())
}
