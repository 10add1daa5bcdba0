//! `MarkRead`: all up to a message is read.

use futures_util::FutureExt as _;
use hongyan_domain::conversation::read::mark_read;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::MarkRead;

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::MarkRead,
) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let peer = match &conversation {
        ConversationId::C2c(user_id) => {
            context
                .account(caller, user_id, Code::CONVERSATION_INTERNAL)
                .await?
        }
        ConversationId::Group(_) | ConversationId::System => None,
    };
    let peer = peer.map(|it| it.account.id);
    let (store, account) = (context.store.clone(), caller.account.clone());
    let sequence = Sequence(request.sequence);
    let work = async move {
        let outcome = mark_read(&*store, &account, conversation, peer, sequence, now).await?;
        Ok(Answered::of(outcome, |marked| {
            MarkRead(wire::MarkReadResult {
                pts: marked.pts.0,
                unread_count: marked.unread_count,
                sequence: marked.read.0,
            })
        }))
    };
    Ok(work.boxed())
}
