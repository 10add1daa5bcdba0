//! `ListGroupMembers`: a page of who is in a group.

use futures_util::FutureExt as _;
use hongyan_domain::group::members::list_members;
use hongyan_protocol::group::GroupMember;
use hongyan_protocol::id::GroupId;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListGroupMembers;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::ListGroupMembers) -> Prepared {
    let id = GroupId::parse(&request.group_id)?;
    let standing = context.standing(caller, &id).await?;
    let store = context.store.clone();
    let (offset, count) = (request.offset as usize, request.count as usize);
    let work = async move {
        let page = list_members(&*store, standing, offset, count).await?;
        Ok(Answered::read(ListGroupMembers(wire::ListGroupMembersResult {
            members: page.members.iter().map(GroupMember::to_wire).collect(),
            total: page.total,
        })))
    };
    Ok(work.boxed())
}
