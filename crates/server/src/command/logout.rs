//! `Logout`: this instance alone is forgotten.

use futures_util::FutureExt as _;
use hongyan_protocol::code::Code;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::Logout;

use super::{Answered, Caller, Context, Prepared};
use crate::refused::store_failed;

pub(super) fn prepare(context: &Context, caller: &Caller, _: wire::Logout) -> Prepared {
    let store = context.store.clone();
    let (account, instance) = (caller.account.id, caller.instance);
    let work = async move {
        let removed = store.remove_instance(account, instance).await;
        removed.map_err(|it| store_failed(&it, Code::ACCOUNT_INTERNAL))?;
        Ok(Answered::read(Logout(wire::LogoutResult {})))
    };
    Ok(work.boxed())
}
