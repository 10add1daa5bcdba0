//! `ChangeSettings`: what the caller sets for its conversations, or its conversation groups.

use futures_util::FutureExt as _;
use hongyan_domain::Refusal as _;
use hongyan_domain::conversation::settings::{Changed, change};
use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Sequence};
use hongyan_protocol::limits;
use hongyan_protocol::settings::SettingsChange;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::ChangeSettings;

use super::{Answered, Caller, Context, Prepared};
use crate::refused::Refused;

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::ChangeSettings) -> Prepared {
    if request.conversations.len() > limits::SETTINGS_CONVERSATIONS_MAX {
        let code = Code::CONVERSATION_COUNT_INVALID;
        return Err(Refused::new(code, code.text()));
    }
    let wanted = SettingsChange::from_wire(request.change)?;
    let sequences = request.sequences.into_iter().chain(std::iter::repeat(0));
    let conversations = request.conversations.into_iter().zip(sequences);
    let conversations = conversations
        .map(|(it, sequence)| Ok((ConversationId::from_wire(Some(it))?, Sequence(sequence))))
        .collect::<Result<Vec<_>, Refused>>()?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = change(&*store, &account, conversations, wanted).await?;
        Ok(Answered::of(outcome, |changed| ChangeSettings(to_wire(&changed))))
    };
    Ok(work.boxed())
}

fn to_wire(changed: &Changed) -> wire::ChangeSettingsResult {
    let refused = changed
        .refused
        .iter()
        .map(|(conversation, why)| wire::SettingsRefusal {
            conversation: Some(conversation.to_wire()),
            code: why.code().0,
            text: why.to_string(),
        });
    wire::ChangeSettingsResult {
        event: changed.event.as_ref().map(AccountEvent::to_wire),
        refused: refused.collect(),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::wire::request::Command;
    use hongyan_protocol::wire::settings_change::Change;

    use super::*;
    use crate::command::is_told_by_the_answer;
    use crate::command::testing::{World, message, to_system, to_user};

    /// Contract C4: the caller's session learns from the answer what the others hear.
    #[tokio::test]
    async fn the_answer_carries_the_event() {
        let world = World::new().await;
        let (alice, _) = (world.caller("alice").await, world.caller("bob").await);
        let send = Command::SendMessage(message(to_user("bob"), 1));
        world.run(&alice, send).await.unwrap();
        let change = |change| wire::SettingsChange { change: Some(change) };
        let command = wire::ChangeSettings {
            conversations: [to_user("bob"), to_system()].into_iter().flatten().collect(),
            change: Some(change(Change::Pinned(true))),
            sequences: Vec::new(),
        };
        let (result, events) = world.run(&alice, Command::ChangeSettings(command)).await.unwrap();
        let ChangeSettings(result) = result else {
            panic!("the answer is that of the command");
        };
        assert_eq!(result.event.unwrap().pts, 1);
        assert_eq!(result.refused[0].code, Code::CONVERSATION_TYPE_INVALID.0);
        assert!(events.len() == 1 && is_told_by_the_answer(&alice, &events[0]));
        for (conversations, change, expected) in [
            (
                vec![wire::Conversation::default()],
                Some(change(Change::Pinned(true))),
                Code::CONVERSATION_ID_INVALID,
            ),
            (vec![], None, Code::CONVERSATION_PARAMETER),
            (
                vec![],
                Some(change(Change::MarkSet(3))),
                Code::CONVERSATION_PARAMETER,
            ),
            (
                vec![],
                Some(change(Change::GroupRemoved("none".into()))),
                Code::CONVERSATION_GROUP_MISSING,
            ),
            (
                vec![],
                Some(change(Change::GroupRemoved("x".repeat(33)))),
                Code::CONVERSATION_GROUP_NAME_TOO_LONG,
            ),
            (
                vec![wire::Conversation::default(); 101],
                None,
                Code::CONVERSATION_COUNT_INVALID,
            ),
        ] {
            let command = wire::ChangeSettings {
                conversations,
                change,
                sequences: vec![u64::MAX; 3],
            };
            let shown = format!("{command:?}");
            assert_eq!(
                world.code(&alice, Command::ChangeSettings(command)).await,
                expected,
                "{shown:.100}"
            );
        }
    }
}
