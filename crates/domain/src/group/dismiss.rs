//! Dissolving a group.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{GroupType, LeaveReason, Role};
use hongyan_protocol::id::{Account, Pts, Timestamp};
use hongyan_storage::model::{Dismissed, Entry};
use hongyan_storage::{Store, StoreError};

use super::Standing;
use super::notice::{About, Notice};
use crate::chance::Chance;
use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome, pts_of};

/// Why the group stays.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum DismissError {
    #[error("the group does not exist or was dissolved")]
    Gone,
    #[error("only the owner dissolves a group, and nobody a Work group")]
    Forbidden,
    #[error("the end of the group could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for DismissError {
    fn code(&self) -> Code {
        match self {
            Self::Gone => Code::GROUP_GONE,
            Self::Forbidden => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// Dissolves a group, and tells all who were in it.
pub async fn dismiss(
    store: &dyn Store,
    owner: &Account,
    standing: Option<Standing>,
    mut chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Pts>, DismissError> {
    let standing = standing
        .filter(|it| !it.group.dismissed)
        .ok_or(DismissError::Gone)?;
    if standing.role() != Some(Role::Owner) || standing.kind() == GroupType::Work {
        return Err(DismissError::Forbidden);
    }
    let operator = owner.user_id.clone();
    let tell = Box::new(move |dismissed: &Dismissed| {
        let notice = Notice {
            about: About::Dissolved,
            group: &dismissed.group,
            operator: &operator,
            text: "",
            application: 0,
        };
        let mut entries = Vec::with_capacity(dismissed.members.len() * 2);
        for member in &dismissed.members {
            let change = AccountChange::GroupLeft {
                group: dismissed.group.group.id.clone(),
                reason: LeaveReason::Dismissed,
            };
            entries.push(Entry::Event(member.id, change));
            entries.push(notice.to(member, &mut chance, now));
        }
        entries
    });
    let number = standing.group.number;
    let committed = store.dismiss_group(owner.id, number, now, tell).await?;
    if committed.value.done.members.is_empty() {
        return Err(DismissError::Gone);
    }
    let answer = pts_of(owner.id, &committed.value.entered);
    let mut outcome = Outcome::of(answer, committed.value.entered, committed.turn);
    // The last: its members hear of it as such.
    outcome.events.push(Event::GroupDismissed { group: number });
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::JoinOption;
    use hongyan_protocol::id::GroupId;

    use super::*;
    use crate::testing::{NOW, World, changes, notices};

    async fn end(world: &World, by: &Account, id: &GroupId) -> Result<Outcome<Pts>, DismissError> {
        let standing = world.standing(id, by).await;
        dismiss(&world.store, by, standing, world.chance(), NOW).await
    }

    #[tokio::test]
    async fn the_owner_ends_a_group_and_all_members_hear_of_it_before_facts_forget_them() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        assert_eq!(
            end(&world, &bob, &id).await.unwrap_err().code(),
            Code::GROUP_FORBIDDEN
        );
        let ended = end(&world, &alice, &id).await.unwrap();
        let told: Vec<_> = notices(&ended.events)
            .iter()
            .map(|it| (it.0, it.1.operation))
            .collect();
        assert_eq!(told, [(alice.id, 5), (bob.id, 5)]);
        assert_eq!(changes(&ended.events).len(), 2);
        assert!(matches!(ended.events.last(), Some(Event::GroupDismissed { .. })));
        assert_ne!(ended.answer, Pts(0));
        assert_eq!(
            end(&world, &alice, &id).await.unwrap_err().code(),
            Code::GROUP_GONE
        );
    }

    #[tokio::test]
    async fn no_client_ends_a_work_group() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[])
            .await;
        assert_eq!(
            end(&world, &alice, &id).await.unwrap_err().code(),
            Code::GROUP_FORBIDDEN
        );
    }
}
