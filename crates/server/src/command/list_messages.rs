//! `ListMessages`: a page of history.

use futures_util::FutureExt as _;
use hongyan_domain::message::history::{self, Direction, HopFrom, list_messages};
use hongyan_domain::receipt;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::message::Message;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListMessages;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::ListMessages,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let settings = context.settings(caller, Code::MESSAGE_INTERNAL).await?;
    let since = settings.history_since(now);
    let has_receipts = match context.receipts_in(caller, &conversation).await {
        Ok((place, rules)) => receipt::check(&place, rules).is_ok(),
        Err(_) => false,
    };
    let hop = request.hop.map(|it| (from(&it), direction(&it)));
    let (store, account) = (context.store.clone(), caller.account.clone());
    let (before, count) = (Sequence(request.before), request.count as usize);
    let work = async move {
        let page = match hop {
            None => {
                list_messages(
                    &*store,
                    &account,
                    &conversation,
                    before,
                    count,
                    has_receipts,
                    since,
                )
                .await?
            }
            Some((from, direction)) => {
                history::hop(
                    &*store,
                    &account,
                    &conversation,
                    from,
                    direction,
                    count,
                    has_receipts,
                    since,
                )
                .await?
            }
        };
        Ok(Answered::read(ListMessages(wire::ListMessagesResult {
            messages: page.messages.iter().map(Message::to_wire).collect(),
            complete: page.complete,
            receipts: page.receipts.iter().map(Receipt::to_wire).collect(),
        })))
    };
    Ok(work.boxed())
}

fn from(hop: &wire::Hop) -> HopFrom {
    match (hop.sequence, hop.time_ms, hop.near.checked_sub(1)) {
        (0, 0, _) => HopFrom::End,
        (0, time, None) => HopFrom::Time(Timestamp(time)),
        (0, time, Some(bits)) => HopFrom::Near(Timestamp(time), u64::from(bits)),
        (sequence, ..) => HopFrom::Sequence(Sequence(sequence)),
    }
}

const fn direction(hop: &wire::Hop) -> Direction {
    match hop.newer {
        true => Direction::Newer,
        false => Direction::Older,
    }
}
