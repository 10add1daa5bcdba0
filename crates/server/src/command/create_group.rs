//! `CreateGroup`: a group is made, with its first members.

use futures_util::FutureExt as _;
use hongyan_domain::group::create::{Wish, create};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{GroupId, Timestamp, UserId};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::CreateGroup;
use hongyan_protocol::{Malformed, limits};

use super::{Answered, Caller, Context, Prepared};
use crate::refused::Refused;

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::CreateGroup,
) -> Prepared {
    if request.member_ids.len() > limits::GROUP_CREATE_MEMBERS_MAX {
        return Err(Refused::new(
            Code::GROUP_TOO_MANY_ACCOUNTS,
            "a group begins with at most 500 members",
        ));
    }
    let (kind, join_option) = (request.r#type(), request.join_option());
    let id = match request.group_id.as_str() {
        "" => None,
        id => Some(GroupId::parse(id)?),
    };
    let parse = |id: &String| UserId::parse(id, Code::GROUP_ACCOUNT_UNKNOWN);
    let user_ids = request
        .member_ids
        .iter()
        .map(parse)
        .collect::<Result<Vec<_>, Malformed>>()?;
    let found = context.accounts(caller, &user_ids, Code::GROUP_INTERNAL).await?;
    let wish = Wish {
        kind,
        id,
        name: request.name,
        avatar: request.avatar,
        introduction: request.introduction,
        notification: request.notification,
        join_option,
        member_count_max: request.member_count_max,
        names_unknown: found.iter().any(Option::is_none),
        members: found.into_iter().flatten().collect(),
    };
    let (store, owner, chance) = (context.store.clone(), caller.account.clone(), context.chance());
    let work = async move {
        let outcome = create(&*store, &owner, wish, chance, now).await?;
        Ok(Answered::of(outcome, |made| {
            CreateGroup(wire::CreateGroupResult {
                group: Some(made.group.to_wire()),
                pts: made.pts.0,
            })
        }))
    };
    Ok(work.boxed())
}
