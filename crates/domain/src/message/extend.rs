//! Key/value pairs that members attach to a message: votes, reactions, chains of names.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, ConversationId, Sequence, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{ChangeKind, Extension, Message, TimelineChange};
use hongyan_storage::model::{Extended, ExtensionResult, ExtensionWish};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome};

/// What is wished of a message's pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wishes {
    /// These changes.
    These(Vec<ExtensionWish>),
    /// None may stay.
    RemoveAll,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The timeline's version after it; 0 when nothing changed.
    pub version: Version,
    /// One for each wish.
    pub results: Vec<ExtensionResult>,
    /// The message as it is now.
    pub message: Message,
}

/// Why nothing changed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ExtendError {
    #[error(
        "1 to 20 extensions are changed at once, each once, with a key of 1 to 100 bytes and a value of at most 1 KB"
    )]
    Parameter,
    #[error("a message has at most 300 extensions")]
    Full,
    #[error("the message does not exist")]
    Missing,
    #[error("the message takes no extensions")]
    Unsupported,
    #[error("only members see a group's messages")]
    NotAMember,
    #[error("the change could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for ExtendError {
    fn code(&self) -> Code {
        match self {
            Self::Parameter | Self::Full => Code::GROUP_PARAMETER,
            Self::Missing => Code::EXTENSION_MISSING,
            Self::Unsupported => Code::EXTENSION_UNSUPPORTED,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Sets and removes pairs. Any member of the conversation may. A pair that somebody else changed meanwhile stays, and
/// its result says so; the others are changed all the same.
pub async fn change_extensions(
    store: &dyn Store,
    caller: &Account,
    conversation: &ConversationId,
    sequence: Sequence,
    wishes: Wishes,
) -> Result<Outcome<Changed>, ExtendError> {
    let (wishes, remove_all) = match wishes {
        Wishes::These(wishes) => (check(wishes)?, false),
        Wishes::RemoveAll => (Vec::new(), true),
    };
    let Some(readable) = store.find_readable(caller, conversation).await? else {
        return Err(unreadable(conversation));
    };
    let message = store.find_visible(readable, sequence).await?;
    if message.is_none_or(|it| it.key.account == AccountId(0)) {
        return Err(ExtendError::Missing);
    }
    let committed = store
        .change_extensions(readable.timeline, sequence, caller.id, wishes, remove_all)
        .await?;
    match committed.value {
        Extended::Done {
            message,
            changed,
            results,
            seen,
        } => {
            let change = TimelineChange {
                extensions: changed,
                ..TimelineChange::of(ChangeKind::Extended, message.clone())
            };
            Ok(Outcome {
                answer: Changed {
                    version: message.version,
                    results,
                    message,
                },
                events: vec![Event::of_change(readable.timeline, change, seen)],
                turn: committed.turn,
            })
        }
        Extended::Nothing { message, results } => Ok(Outcome::quiet(Changed {
            version: Version(0),
            results,
            message,
        })),
        Extended::Unsupported => Err(ExtendError::Unsupported),
        Extended::Full => Err(ExtendError::Full),
        Extended::Missing => Err(ExtendError::Missing),
    }
}

/// The pairs of a message.
pub async fn list_extensions(
    store: &dyn Store,
    caller: &Account,
    conversation: &ConversationId,
    sequence: Sequence,
) -> Result<Vec<Extension>, ExtendError> {
    let Some(readable) = store.find_readable(caller, conversation).await? else {
        return Err(unreadable(conversation));
    };
    let found = store.list_extensions(readable, sequence).await?;
    found.ok_or(ExtendError::Missing)
}

fn check(wishes: Vec<ExtensionWish>) -> Result<Vec<ExtensionWish>, ExtendError> {
    let is_good = |it: &ExtensionWish| {
        (1..=limits::EXTENSION_KEY_BYTES_MAX).contains(&it.key.len())
            && it
                .value
                .as_ref()
                .is_none_or(|it| it.len() <= limits::EXTENSION_VALUE_BYTES_MAX)
    };
    let is_twice = |at: usize| wishes[..at].iter().any(|it| it.key == wishes[at].key);
    if !(1..=limits::EXTENSION_WISHES_MAX).contains(&wishes.len())
        || !wishes.iter().all(is_good)
        || (0..wishes.len()).any(is_twice)
    {
        return Err(ExtendError::Parameter);
    }
    Ok(wishes)
}

const fn unreadable(conversation: &ConversationId) -> ExtendError {
    match conversation {
        ConversationId::Group(_) => ExtendError::NotAMember,
        ConversationId::C2c(_) | ConversationId::System => ExtendError::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::send::Draft;
    use crate::testing::{World, c2c, draft, user};

    fn set(key: &str, value: &str, version: Option<u64>) -> ExtensionWish {
        ExtensionWish {
            key: key.to_owned(),
            value: Some(value.to_owned()),
            version: version.map(Version),
        }
    }

    async fn extensible(world: &World, alice: &Account, bob: &Account) -> Sequence {
        let mut draft = Draft { ..draft(1) };
        draft.flags.support_extension = true;
        let sent = world.send(alice, user(bob), draft).await.unwrap();
        sent.answer.sequence
    }

    #[tokio::test]
    async fn of_two_who_set_a_pair_at_once_the_second_hears_of_the_first() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let sent = extensible(&world, &alice, &bob).await;
        let change = async |by: &Account, peer: &Account, wishes| {
            change_extensions(&world.store, by, &c2c(peer), sent, Wishes::These(wishes))
                .await
                .unwrap()
        };
        let first = change(&alice, &bob, vec![set("a", "1", Some(0)), set("b", "2", Some(0))]).await;
        assert_eq!((first.answer.results.len(), first.events.len()), (2, 1));
        let second = change(&bob, &alice, vec![set("a", "9", Some(0)), set("c", "3", Some(0))]).await;
        let codes: Vec<Code> = second.answer.results.iter().map(|it| it.code).collect();
        assert_eq!(codes, [Code::EXTENSION_CONFLICT, Code(0)]);
        assert_eq!(
            second.answer.results[0].extension,
            first.answer.results[0].extension
        );
        let known = first.answer.results[0].extension.version.0;
        let third = change(&bob, &alice, vec![set("a", "9", Some(known))]).await;
        assert_eq!(third.answer.results[0].code, Code(0));
        let resent = change(&bob, &alice, vec![set("a", "9", Some(known))]).await;
        assert_eq!(resent.answer.results[0].code, Code(0));
        assert!(resent.events.is_empty());
        let listed = list_extensions(&world.store, &alice, &c2c(&bob), sent)
            .await
            .unwrap();
        let pairs: Vec<(&str, Option<&str>)> = listed
            .iter()
            .map(|it| (it.key.as_str(), it.value.as_deref()))
            .collect();
        assert_eq!(pairs, [("a", Some("9")), ("b", Some("2")), ("c", Some("3"))]);
        let removed = change_extensions(&world.store, &alice, &c2c(&bob), sent, Wishes::RemoveAll).await;
        assert_eq!(removed.unwrap().answer.results.len(), 3);
        let none = list_extensions(&world.store, &bob, &c2c(&alice), sent)
            .await
            .unwrap();
        assert!(none.is_empty());
    }

    #[tokio::test]
    async fn each_reason_has_its_code() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let plain = world.say(&alice, &bob, 7).await.unwrap().answer.sequence;
        let sent = extensible(&world, &alice, &bob).await;
        let code = async |sequence, wishes| {
            let changed =
                change_extensions(&world.store, &alice, &c2c(&bob), sequence, Wishes::These(wishes)).await;
            changed.map(|_| ()).map_err(|it| it.code())
        };
        let bad = Err(Code::GROUP_PARAMETER);
        let many = |count: usize| (0..count).map(|it| set(&it.to_string(), "x", None)).collect();
        assert_eq!(code(sent, many(21)).await, bad);
        assert_eq!(code(sent, Vec::new()).await, bad);
        assert_eq!(code(sent, vec![set("", "x", None)]).await, bad);
        assert_eq!(code(sent, vec![set(&"k".repeat(101), "x", None)]).await, bad);
        assert_eq!(code(sent, vec![set("k", &"x".repeat(1025), None)]).await, bad);
        assert_eq!(code(sent, vec![set("k", "x", None); 2]).await, bad);
        assert_eq!(code(plain, many(1)).await, Err(Code::EXTENSION_UNSUPPORTED));
        assert_eq!(code(Sequence(9), many(1)).await, Err(Code::EXTENSION_MISSING));
        for round in 0..15 {
            let wishes = (0..20)
                .map(|it| set(&format!("{round}-{it}"), "x", None))
                .collect();
            assert_eq!(code(sent, wishes).await, Ok(()));
        }
        assert_eq!(code(sent, vec![set("one more", "x", None)]).await, bad);
    }
}
