//! `SendReceipts`: messages of others were read one by one.

use futures_util::FutureExt as _;
use hongyan_domain::receipt::send::send;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::SendReceipts;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::SendReceipts,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let (place, rules) = context.receipts_in(caller, &conversation).await?;
    let sequences = request.sequences.into_iter().map(Sequence).collect();
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = send(&*store, &account, &conversation, place, rules, sequences, now).await?;
        Ok(Answered::of(outcome, |()| {
            SendReceipts(wire::SendReceiptsResult {})
        }))
    };
    Ok(work.boxed())
}
