//! `ChangeExtensions`: key/value pairs of a message are set or removed.

use futures_util::FutureExt as _;
use hongyan_domain::message::extend::{Wishes, change_extensions};
use hongyan_protocol::id::{ConversationId, Sequence, Version};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ChangeExtensions;
use hongyan_storage::model::{ExtensionResult, ExtensionWish};

use super::{Answered, Caller, Context, Prepared};

pub(super) async fn prepare(context: &Context, caller: &Caller, request: wire::ChangeExtensions) -> Prepared {
    let conversation = ConversationId::from_wire(request.conversation)?;
    let wishes = match request.remove_all {
        true => Wishes::RemoveAll,
        false => Wishes::These(request.wishes.into_iter().map(wish).collect()),
    };
    // Its members are held from now on: they hear of it.
    context.place(caller, conversation.clone()).await?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let sequence = Sequence(request.sequence);
    let work = async move {
        let outcome = change_extensions(&*store, &account, &conversation, sequence, wishes).await?;
        Ok(Answered::of(outcome, |changed| {
            ChangeExtensions(wire::ChangeExtensionsResult {
                version: changed.version.0,
                results: changed.results.iter().map(result).collect(),
                message: Some(changed.message.to_wire()),
            })
        }))
    };
    Ok(work.boxed())
}

fn wish(wire: wire::ExtensionWish) -> ExtensionWish {
    ExtensionWish {
        key: wire.key,
        value: (!wire.remove).then_some(wire.value),
        version: wire.version.map(Version),
    }
}

fn result(result: &ExtensionResult) -> wire::ExtensionResult {
    wire::ExtensionResult {
        code: result.code.0,
        extension: Some(result.extension.to_wire()),
    }
}
