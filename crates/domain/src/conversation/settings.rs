//! What an account sets for its conversations: pins, remind types, marks, custom data, groups; and deleting them.

use std::collections::HashSet;

use hongyan_protocol::change::{AccountChange, AccountEvent};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, ConversationId, Sequence};
use hongyan_protocol::limits;
use hongyan_protocol::settings::{SettingsChange, SettingsChanged};
use hongyan_storage::model::{Entered, Entry, SettingsRefusal, SettingsWritten};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::Outcome;

/// What was changed, and for which conversations it could not be.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The event of the account's log; `None` when all was so already.
    pub event: Option<AccountEvent>,
    /// Each with its reason.
    pub refused: Vec<(ConversationId, ChangeError)>,
}

/// Why something was not set, for all of the conversations or for one.
#[derive(Debug, Clone, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ChangeError {
    #[error("a request names 1 to 100 conversations")]
    Count,
    #[error("the account's notices can only be deleted")]
    System,
    #[error("the user or group does not exist")]
    Unknown,
    #[error("the conversation does not exist")]
    NoConversation,
    #[error("only members have a conversation with the group")]
    NotAMember,
    #[error("at most 50 conversations are pinned")]
    TooManyPinned,
    #[error("at most 1000 conversations have a mark or are in a conversation group")]
    TooManyLabelled,
    #[error("too many conversations have a remind type of their own")]
    TooManyReminds,
    #[error("the conversation group does not exist")]
    NoGroup,
    #[error("at most 20 conversation groups are kept")]
    TooManyGroups,
    #[error("there is a conversation group of this name")]
    GroupNameTaken,
    #[error("it could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for ChangeError {
    fn code(&self) -> Code {
        match self {
            Self::Count => Code::CONVERSATION_COUNT_INVALID,
            Self::System => Code::CONVERSATION_TYPE_INVALID,
            Self::Unknown => Code::USER_OR_GROUP_NOT_FOUND,
            Self::NoConversation => Code::CONVERSATION_NOT_FOUND,
            Self::NotAMember => Code::CONVERSATION_GROUP_FORBIDDEN,
            Self::TooManyPinned => Code::TOO_MANY_PINNED,
            Self::TooManyLabelled => Code::TOO_MANY_LABELLED,
            Self::NoGroup => Code::CONVERSATION_GROUP_MISSING,
            Self::TooManyGroups => Code::TOO_MANY_CONVERSATION_GROUPS,
            Self::TooManyReminds | Self::GroupNameTaken => Code::CONVERSATION_PARAMETER,
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

impl From<SettingsRefusal> for ChangeError {
    fn from(refusal: SettingsRefusal) -> Self {
        match refusal {
            SettingsRefusal::Unknown => Self::Unknown,
            SettingsRefusal::NoConversation => Self::NoConversation,
            SettingsRefusal::NotAMember => Self::NotAMember,
            SettingsRefusal::TooManyPinned => Self::TooManyPinned,
            SettingsRefusal::TooManyLabelled => Self::TooManyLabelled,
            SettingsRefusal::TooManyReminds => Self::TooManyReminds,
            SettingsRefusal::NoGroup => Self::NoGroup,
            SettingsRefusal::TooManyGroups => Self::TooManyGroups,
            SettingsRefusal::GroupNameTaken => Self::GroupNameTaken,
        }
    }
}

/// Changes settings of some conversations, or the conversation groups; all instances of the account hear it. Beside each
/// conversation the newest message up to which it is deleted, if that is the change; 0: all that there is.
pub async fn change(
    store: &dyn Store,
    account: &Account,
    conversations: Vec<(ConversationId, Sequence)>,
    change: SettingsChange,
) -> Result<Outcome<Changed>, ChangeError> {
    let may_be_empty = change.is_of_group() || matches!(change, SettingsChange::GroupCreated(_));
    if conversations.len() > limits::SETTINGS_CONVERSATIONS_MAX || (conversations.is_empty() && !may_be_empty)
    {
        return Err(ChangeError::Count);
    }
    let is_delete = matches!(change, SettingsChange::Deleted { .. });
    let (mut refused, mut wanted, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (conversation, up_to) in conversations {
        if !seen.insert(conversation.clone()) || change.is_of_group() {
            continue;
        }
        match conversation {
            ConversationId::System if !is_delete => refused.push((conversation, ChangeError::System)),
            _ => wanted.push((conversation, up_to)),
        }
    }
    let (whose, how) = (account.id, change.clone());
    let tell = Box::new(move |written: &SettingsWritten| {
        let changed = SettingsChanged {
            conversations: written.changed.clone(),
            change: how,
        };
        vec![Entry::Event(whose, AccountChange::Settings(changed))]
    });
    let committed = store.change_settings(account, wanted, change, tell).await?;
    let written = committed.value;
    if let Some(refused) = written.done.refused_whole {
        return Err(refused.into());
    }
    refused.extend(written.done.refused.into_iter().map(|(id, why)| (id, why.into())));
    let event = written.entered.iter().find_map(|it| match it {
        Entered::Event(_, event) => Some(event.clone()),
        Entered::Message(..) => None,
    });
    let answer = Changed { event, refused };
    Ok(Outcome::of(answer, written.entered, committed.turn))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};
    use hongyan_protocol::settings::RemindType;

    use super::*;
    use crate::testing::{World, c2c, changes};

    fn at_all(ids: &[ConversationId]) -> Vec<(ConversationId, Sequence)> {
        ids.iter().map(|it| (it.clone(), Sequence(0))).collect()
    }

    #[tokio::test]
    async fn a_setting_is_heard_of_by_the_account_alone_and_once() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        world.say(&bob, &alice, 1).await.unwrap();
        let pin = || {
            change(
                &world.store,
                &alice,
                at_all(&[c2c(&bob)]),
                SettingsChange::Pinned(true),
            )
        };
        let done = pin().await.unwrap();
        let heard = changes(&done.events);
        assert!(matches!(&heard[..], [(whose, AccountChange::Settings(_))] if *whose == alice.id));
        assert_eq!(done.answer.event.unwrap().change.as_ref(), Some(&heard[0].1));
        let again = pin().await.unwrap();
        assert!(again.answer.event.is_none() && again.events.is_empty());
    }

    #[tokio::test]
    async fn what_makes_no_sense_for_any_is_refused_whole_and_the_rest_one_by_one() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let carol = world.account("carol").await;
        world.say(&bob, &alice, 1).await.unwrap();
        let of_bob = world
            .group(GroupType::Public, JoinOption::Unspecified, &bob, &[])
            .await;
        let set = async |ids: &[ConversationId], it| change(&world.store, &alice, at_all(ids), it).await;
        let mark = || SettingsChange::MarkSet(1);
        let group = |name: &str| SettingsChange::GroupEntered(name.to_owned());
        let code = |it: Result<Outcome<Changed>, ChangeError>| it.unwrap_err().code();
        assert_eq!(code(set(&[], mark()).await), Code::CONVERSATION_COUNT_INVALID);
        let many = vec![c2c(&bob); 101];
        assert_eq!(code(set(&many, mark()).await), Code::CONVERSATION_COUNT_INVALID);
        let missing = Code::CONVERSATION_GROUP_MISSING;
        assert_eq!(code(set(&[c2c(&bob)], group("none")).await), missing);

        let nobody = ConversationId::C2c(hongyan_protocol::id::UserId::trusted("nobody"));
        let foreign = ConversationId::Group(of_bob);
        let ids = [ConversationId::System, c2c(&bob), c2c(&carol), nobody, foreign];
        let done = set(&ids, mark()).await.unwrap().answer;
        let codes: Vec<_> = done.refused.iter().map(|it| it.1.code()).collect();
        assert_eq!(
            codes,
            [
                Code::CONVERSATION_TYPE_INVALID,
                Code::CONVERSATION_NOT_FOUND,
                Code::USER_OR_GROUP_NOT_FOUND,
                Code::CONVERSATION_GROUP_FORBIDDEN
            ]
        );
        assert!(done.event.is_some());
        // A remind type may be set before the first word.
        let remind = SettingsChange::Remind(RemindType::Discard);
        let done = set(&ids[1..4], remind).await.unwrap().answer;
        assert_eq!(done.refused.len(), 1);
    }
}
