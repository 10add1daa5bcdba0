//! `JoinGroup`: asking to come into a group.

use futures_util::FutureExt as _;
use hongyan_domain::group::join::{Answer, join};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{GroupId, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::JoinGroup;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::JoinGroup,
) -> Prepared {
    let id = GroupId::parse(&request.group_id)?;
    let group = context.group(caller, &id).await?;
    let joiner = context.own(caller, Code::GROUP_INTERNAL).await?;
    let standing = group.as_ref().map(|it| it.standing(caller.account.id));
    let managers = group.map(|it| it.managers()).unwrap_or_default();
    let (store, chance) = (context.store.clone(), context.chance());
    let work = async move {
        let text = request.apply_message;
        let outcome = join(&*store, joiner, standing, managers, text, chance, now).await?;
        Ok(Answered::of(outcome, |answer| {
            JoinGroup(match answer {
                Answer::Waits => wire::JoinGroupResult {
                    waits_for_approval: true,
                    group: None,
                    pts: 0,
                },
                Answer::In { group, pts } => wire::JoinGroupResult {
                    waits_for_approval: false,
                    group: Some(group.to_wire()),
                    pts: pts.0,
                },
            })
        }))
    };
    Ok(work.boxed())
}
