//! `HandleGroupApplication`: the answer to somebody's wish to join.

use futures_util::FutureExt as _;
use hongyan_domain::group::apply::{Decision, handle_application};
use hongyan_protocol::id::{GroupId, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::HandleGroupApplication;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::HandleGroupApplication,
) -> Prepared {
    let id = GroupId::parse(&request.group_id)?;
    let standing = context.standing(caller, &id).await?;
    let decision = Decision {
        application: request.application,
        agree: request.agree,
        text: request.text,
    };
    let (store, handler, chance) = (context.store.clone(), caller.account.clone(), context.chance());
    let work = async move {
        let outcome = handle_application(&*store, &handler, standing, decision, chance, now).await?;
        Ok(Answered::of(outcome, |group| {
            HandleGroupApplication(wire::HandleGroupApplicationResult {
                group: Some(group.to_wire()),
            })
        }))
    };
    Ok(work.boxed())
}
