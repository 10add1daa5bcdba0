//! `PutMerged`: a part of merged messages that are too large for the message around them.

use futures_util::FutureExt as _;
use hongyan_domain::message::merged::{parse, put};
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::PutMerged;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::PutMerged,
) -> Prepared {
    // Whoever knows the key may read, so that no client draws it.
    let drawn = [context.ids.random_u64(), context.ids.random_u64()].map(u64::to_be_bytes);
    let key = match request.part {
        0 => drawn.concat(),
        _ => request.key.to_vec(),
    };
    let part = parse(&key, request.part, request.parts, request.messages)?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        put(&*store, &account, part, now).await?;
        Ok(Answered::read(PutMerged(wire::PutMergedResult {
            key: key.into(),
        })))
    };
    Ok(work.boxed())
}
