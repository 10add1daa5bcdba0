//! `MarkAllRead`: all conversations of a scope are read.

use futures_util::FutureExt as _;
use hongyan_domain::conversation::read_all::mark_all_read;
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::MarkAllRead;

use super::{Answered, Caller, Context, Prepared};
use crate::refused::Refused;

pub(super) fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::MarkAllRead,
) -> Prepared {
    let scope = ReadScope::try_from(request.scope)
        .map_err(|_| Refused::new(Code::READ_ALL_FAILED, "there is no such scope"))?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = mark_all_read(&*store, &account, scope, now).await?;
        Ok(Answered::of(outcome, |()| {
            MarkAllRead(wire::MarkAllReadResult {})
        }))
    };
    Ok(work.boxed())
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::wire::request::Command;

    use super::*;
    use crate::command::is_told_by_the_answer;
    use crate::command::testing::{World, message, to_user};

    /// Contract C4: the answer carries no marks, so the session that asked hears the event like all others.
    #[tokio::test]
    async fn the_session_that_asked_hears_what_moved_and_an_unknown_scope_is_2112() {
        let world = World::new().await;
        let (alice, bob) = (world.caller("alice").await, world.caller("bob").await);
        let said = Command::SendMessage(message(to_user("bob"), 1));
        world.run(&alice, said).await.unwrap();
        let read = |scope| Command::MarkAllRead(wire::MarkAllRead { scope });
        let (_, events) = world.run(&bob, read(ReadScope::C2c.into())).await.unwrap();
        assert_eq!(events.len(), 2);
        assert!(!events.iter().any(|it| is_told_by_the_answer(&bob, it)));
        assert_eq!(world.code(&bob, read(77)).await, Code::READ_ALL_FAILED);
    }
}
