//! `ListReaders`: who has read an own message in a group, or has not.

use futures_util::FutureExt as _;
use hongyan_domain::receipt::readers::list;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListReaders;

use super::{Answered, Caller, Context, Prepared, texts};

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::ListReaders) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let (place, rules) = context.receipts_in(caller, &conversation).await?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let sequence = Sequence(request.sequence);
    let (unread, cursor, count) = (request.unread, request.cursor, request.count as usize);
    let work = async move {
        let page = list(
            &*store,
            &account,
            &conversation,
            place,
            rules,
            sequence,
            unread,
            &cursor,
            count,
        )
        .await?;
        Ok(Answered::read(ListReaders(wire::ListReadersResult {
            user_ids: texts(&page.users),
            complete: page.cursor.is_empty(),
            cursor: page.cursor,
        })))
    };
    Ok(work.boxed())
}
