//! `ListReceipts`: how far own messages were read.

use futures_util::FutureExt as _;
use hongyan_domain::receipt::list::list;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListReceipts;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::ListReceipts) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let (place, rules) = context.receipts_in(caller, &conversation).await?;
    let sequences = request.sequences.into_iter().map(Sequence).collect();
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let receipts = list(&*store, &account, &conversation, place, rules, sequences).await?;
        Ok(Answered::read(ListReceipts(wire::ListReceiptsResult {
            receipts: receipts.iter().map(Receipt::to_wire).collect(),
        })))
    };
    Ok(work.boxed())
}
