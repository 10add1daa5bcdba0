//! `ListExtensions`: the key/value pairs of a message.

use futures_util::FutureExt as _;
use hongyan_domain::message::extend::list_extensions;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::message::Extension;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ListExtensions;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::ListExtensions) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let sequence = Sequence(request.sequence);
        let extensions = list_extensions(&*store, &account, &conversation, sequence).await?;
        Ok(Answered::read(ListExtensions(wire::ListExtensionsResult {
            extensions: extensions.iter().map(Extension::to_wire).collect(),
        })))
    };
    Ok(work.boxed())
}
