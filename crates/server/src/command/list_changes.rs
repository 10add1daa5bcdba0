//! `ListChanges`: heals a gap in one timeline (contract C4).

use futures_util::FutureExt as _;
use hongyan_domain::message::history::list_changes;
use hongyan_protocol::id::{ConversationId, Sequence, Version};
use hongyan_protocol::message::TimelineChange;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListChanges;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::ListChanges) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let (version, sequence) = (Version(request.version), Sequence(request.sequence));
    let work = async move {
        let changes = list_changes(&*store, &account, &conversation, version, sequence).await?;
        Ok(Answered::read(ListChanges(wire::ListChangesResult {
            changes: changes.changes.iter().map(TimelineChange::to_wire).collect(),
            version: changes.version.0,
            complete: changes.complete,
            reload: changes.too_far,
        })))
    };
    Ok(work.boxed())
}
