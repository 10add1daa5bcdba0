//! `ListMessages`: a page of history.

use futures_util::FutureExt as _;
use hongyan_domain::message::history::list_messages;
use hongyan_domain::receipt;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::message::Message;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListMessages;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::ListMessages) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let has_receipts = match context.receipts_in(caller, &conversation).await {
        Ok((place, rules)) => receipt::check(&place, rules).is_ok(),
        Err(_) => false,
    };
    let (store, account) = (context.store.clone(), caller.account.clone());
    let (before, count) = (Sequence(request.before), request.count as usize);
    let work = async move {
        let page = list_messages(&*store, &account, &conversation, before, count, has_receipts).await?;
        Ok(Answered::read(ListMessages(wire::ListMessagesResult {
            messages: page.messages.iter().map(Message::to_wire).collect(),
            complete: page.complete,
            receipts: page.receipts.iter().map(Receipt::to_wire).collect(),
        })))
    };
    Ok(work.boxed())
}
