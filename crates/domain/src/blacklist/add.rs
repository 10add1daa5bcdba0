//! Blocking users.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{BlacklistChanged, Entry};
use hongyan_storage::{Store, StoreError};

use super::{Changed, outcome};
use crate::error::{Refusal, store_code};
use crate::event::Outcome;

/// Why nobody was blocked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum AddError {
    #[error("1 to 1000 users are blocked at once")]
    Count,
    #[error("one cannot block oneself")]
    Oneself,
    #[error("a user does not exist")]
    Unknown,
    #[error("the blacklist is full")]
    Full,
    #[error("the blacklist could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for AddError {
    fn code(&self) -> Code {
        match self {
            Self::Count => Code::RELATION_PARAMETER,
            Self::Oneself => Code::BLACKLIST_SELF,
            Self::Unknown => Code::RELATION_ACCOUNT_UNKNOWN,
            Self::Full => Code::BLACKLIST_FULL,
            Self::Store(error) => store_code(error, Code::RELATION_INTERNAL),
        }
    }
}

/// Blocks users, all or none; `None` among them is somebody who does not exist. Those that are blocked already are
/// passed over.
pub async fn add(
    store: &dyn Store,
    by: &Account,
    others: Vec<Option<Account>>,
    now: Timestamp,
) -> Result<Outcome<Changed>, AddError> {
    if others.is_empty() || others.len() > limits::BLACKLIST_MAX {
        return Err(AddError::Count);
    }
    if others.iter().flatten().any(|it| it.id == by.id) {
        return Err(AddError::Oneself);
    }
    let Some(mut others) = others.into_iter().collect::<Option<Vec<Account>>>() else {
        return Err(AddError::Unknown);
    };
    let mut named = std::collections::HashSet::new();
    others.retain(|it| named.insert(it.id));
    let own = by.id;
    let tell = Box::new(move |changed: &BlacklistChanged| {
        if changed.changed.is_empty() {
            return Vec::new();
        }
        let added = AccountChange::BlacklistAdded(changed.changed.clone());
        vec![Entry::Event(own, added)]
    });
    let committed = store.add_to_blacklist(own, others.clone(), now, tell).await?;
    if committed.value.done.full {
        return Err(AddError::Full);
    }
    Ok(outcome(own, &others, true, committed))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::id::{Pts, UserId};

    use super::*;
    use crate::blacklist::list::list;
    use crate::blacklist::remove::remove;
    use crate::event::Event;
    use crate::testing::{NOW, World, changes};

    #[tokio::test]
    async fn blocking_is_kept_in_order_told_once_and_undone_again() {
        let world = World::new().await;
        let (alice, bob, carol) = (
            world.account("alice").await,
            world.account("bob").await,
            world.account("carol").await,
        );
        let block = async |others: &[&Account]| {
            let others = others.iter().map(|it| Some((*it).clone())).collect();
            add(&world.store, &alice, others, NOW).await.unwrap()
        };
        let names = |users: &[UserId]| users.iter().map(UserId::to_string).collect::<Vec<_>>().join(" ");
        let first = block(&[&carol, &carol]).await;
        assert_eq!(names(&first.answer.users), "carol");
        assert!(
            matches!(&first.events[0], Event::BlacklistChanged { others, blocked: true, .. } if *others == [carol.id])
        );
        assert_eq!(changes(&first.events).len(), 1);
        let more = block(&[&carol, &bob]).await;
        assert_eq!(names(&more.answer.users), "bob");
        let nothing = block(&[&bob]).await;
        assert_eq!((nothing.answer.pts, nothing.events), (Pts(0), Vec::new()));
        assert_eq!(names(&list(&world.store, alice.id).await.unwrap()), "carol bob");

        let gone = remove(&world.store, &alice, vec![Some(carol), None])
            .await
            .unwrap();
        assert_eq!(names(&gone.answer.users), "carol");
        assert!(matches!(
            &gone.events[0],
            Event::BlacklistChanged { blocked: false, .. }
        ));
        assert_eq!(names(&list(&world.store, alice.id).await.unwrap()), "bob");
    }

    #[tokio::test]
    async fn oneself_nobody_and_too_many_are_refused_and_nothing_is_kept() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let code = async |others| add(&world.store, &alice, others, NOW).await.unwrap_err().code();
        assert_eq!(code(vec![]).await, Code::RELATION_PARAMETER);
        let (me, bob) = (Some(alice.clone()), Some(bob));
        assert_eq!(code(vec![bob.clone(), me]).await, Code::BLACKLIST_SELF);
        assert_eq!(
            code(vec![bob.clone(), None]).await,
            Code::RELATION_ACCOUNT_UNKNOWN
        );
        assert_eq!(code(vec![bob; 1001]).await, Code::RELATION_PARAMETER);
        assert!(list(&world.store, alice.id).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_blacklist_holds_a_thousand() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let mut others = Vec::new();
        for number in 0..1000 {
            others.push(Some(world.account(&format!("u{number}")).await));
        }
        add(&world.store, &alice, others, NOW).await.unwrap();
        let one_more = Some(world.account("one more").await);
        let error = add(&world.store, &alice, vec![one_more], NOW).await.unwrap_err();
        assert_eq!(error.code(), Code::BLACKLIST_FULL);
    }
}
