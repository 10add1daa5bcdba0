//! Leaving a group.

use std::sync::Arc;

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{GroupType, LeaveReason, Role};
use hongyan_protocol::id::{Pts, Timestamp};
use hongyan_storage::model::{Entry, Left};
use hongyan_storage::{Store, StoreError};

use super::notice::{About, Notice};
use super::{Standing, tip, tip_member};
use crate::account::Person;
use crate::chance::Chance;
use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome, pts_of};

/// Why one stays.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum QuitError {
    #[error("the group does not exist or was dissolved")]
    Gone,
    #[error("not a member of the group")]
    NotAMember,
    #[error("the owner cannot leave the group")]
    Owner,
    #[error("the leave could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for QuitError {
    fn code(&self) -> Code {
        match self {
            Self::Gone => Code::GROUP_GONE,
            Self::NotAMember => Code::NOT_A_MEMBER,
            Self::Owner => Code::GROUP_OWNER_CANNOT_LEAVE,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// Leaves a group. Only a Work group can do without its owner.
pub async fn quit(
    store: &dyn Store,
    leaver: Arc<Person>,
    standing: Option<Standing>,
    mut chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Pts>, QuitError> {
    let standing = standing.filter(|it| !it.group.dismissed).ok_or(QuitError::Gone)?;
    match standing.role() {
        None => return Err(QuitError::NotAMember),
        Some(Role::Owner) if standing.kind() != GroupType::Work => return Err(QuitError::Owner),
        Some(_) => {}
    }
    let account = leaver.account.clone();
    let tell = Box::new(move |left: &Left| {
        if left.member.is_none() {
            return Vec::new();
        }
        let notice = Notice {
            about: About::Left,
            group: &left.group,
            operator: &leaver.account.user_id,
            text: "",
            application: 0,
        };
        let change = AccountChange::GroupLeft {
            group: left.group.group.id.clone(),
            reason: LeaveReason::Quit,
        };
        let mut entries = vec![
            Entry::Event(leaver.account.id, change),
            notice.to(&leaver.account, &mut chance, now),
        ];
        let who = tip_member(&leaver);
        entries.extend(tip::quit(&left.group, who, &mut chance, now));
        entries
    });
    let number = standing.group.number;
    let committed = store
        .remove_member(number, account.id, LeaveReason::Quit, now, tell)
        .await?
        .ok_or(QuitError::Gone)?;
    let left = committed.value.done;
    if left.member.is_none() {
        return Err(QuitError::NotAMember);
    }
    let answer = pts_of(account.id, &committed.value.entered);
    let removed = Event::MemberRemoved {
        group: left.group,
        account: account.id,
    };
    Ok(Outcome::of(answer, committed.value.entered, committed.turn).led_by([removed]))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::JoinOption;
    use hongyan_protocol::id::{Account, GroupId};

    use super::*;
    use crate::testing::{NOW, World, changes, notices, person, tips};

    async fn leave(world: &World, who: &Account, id: &GroupId) -> Result<Outcome<Pts>, QuitError> {
        let standing = world.standing(id, who).await;
        quit(&world.store, person(who), standing, world.chance(), NOW).await
    }

    #[tokio::test]
    async fn who_leaves_is_gone_before_the_others_are_told() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        let left = leave(&world, &bob, &id).await.unwrap();
        assert!(matches!(left.events[0], Event::MemberRemoved { account, .. } if account == bob.id));
        let change = AccountChange::GroupLeft {
            group: id.clone(),
            reason: LeaveReason::Quit,
        };
        assert_eq!(changes(&left.events), [(bob.id, change)]);
        let (to, notice) = &notices(&left.events)[0];
        assert_eq!((*to, notice.operation), (bob.id, 8));
        let tip = &tips(&left.events)[0];
        assert_eq!(
            (tip.operation, tip.member_count, tip.user_ids[0].as_str()),
            (2, 1, "bob")
        );
        assert_eq!(
            leave(&world, &bob, &id).await.unwrap_err().code(),
            Code::NOT_A_MEMBER
        );
    }

    #[tokio::test]
    async fn an_owner_leaves_a_work_group_alone() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for kind in [GroupType::Public, GroupType::Meeting, GroupType::Community] {
            let id = world.group(kind, JoinOption::Unspecified, &alice, &[&bob]).await;
            let error = leave(&world, &alice, &id).await.unwrap_err();
            assert_eq!(error.code(), Code::GROUP_OWNER_CANNOT_LEAVE);
        }
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        leave(&world, &alice, &id).await.unwrap();
        let standing = world.standing(&id, &bob).await.unwrap();
        assert_eq!(
            (standing.group.group.owner.clone(), standing.role()),
            (None, Some(Role::Member))
        );
    }
}
