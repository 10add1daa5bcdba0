//! Asking to come into a group: at once, or when somebody lets one in.

use std::sync::Arc;

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{Group, GroupType, JoinOption, Role};
use hongyan_protocol::id::{Account, Pts, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{Application, Entry, Joined, MemberRecord};
use hongyan_storage::{Store, StoreError};

use super::notice::{About, Notice};
use super::{Standing, seen_by, tip, tip_member};
use crate::account::Person;
use crate::chance::Chance;
use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome, pts_of};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The owner and the admins were asked.
    Waits,
    /// It is in.
    In {
        /// As it sees the group.
        group: Box<Group>,
        /// The event of its log.
        pts: Pts,
    },
}

/// Why not.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum JoinError {
    #[error("the group does not exist or was dissolved")]
    Gone,
    #[error("already a member of the group")]
    AlreadyIn,
    #[error("a Work group cannot be joined by request")]
    WorkGroup,
    #[error("nobody may join this group by request")]
    Closed,
    #[error("the words are above 256 bytes")]
    TextTooLong,
    #[error("the account is in as many groups as it may be")]
    Quota,
    #[error("the group is full")]
    Full,
    #[error("the join could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for JoinError {
    fn code(&self) -> Code {
        match self {
            Self::Gone => Code::GROUP_GONE,
            Self::AlreadyIn => Code::GROUP_ALREADY_IN,
            Self::WorkGroup => Code::WORK_GROUP_JOIN,
            Self::Closed => Code::GROUP_FORBIDDEN,
            Self::TextTooLong => Code::GROUP_PARAMETER,
            Self::Quota => Code::GROUP_QUOTA,
            Self::Full => Code::GROUP_FULL,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// Asks to come into a group. `managers` are those who may let somebody in.
pub async fn join(
    store: &dyn Store,
    joiner: Arc<Person>,
    standing: Option<Standing>,
    managers: Vec<Account>,
    text: String,
    chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Answer>, JoinError> {
    let standing = standing.filter(|it| !it.group.dismissed).ok_or(JoinError::Gone)?;
    if standing.member.is_some() {
        return Err(JoinError::AlreadyIn);
    }
    let waits = match (standing.kind(), standing.group.group.join_option) {
        (GroupType::Work | GroupType::Unspecified, _) => return Err(JoinError::WorkGroup),
        (GroupType::AvChatRoom, _) => return Err(JoinError::Closed),
        (GroupType::Meeting | GroupType::Community, _) => false,
        (GroupType::Public, JoinOption::FreeAccess) => false,
        (GroupType::Public, JoinOption::NeedPermission | JoinOption::Unspecified) => true,
        (GroupType::Public, JoinOption::DisableApply) => return Err(JoinError::Closed),
    };
    if text.len() > limits::GROUP_APPLY_BYTES_MAX {
        return Err(JoinError::TextTooLong);
    }
    if store.count_groups(joiner.account.id).await? >= limits::GROUPS_PER_ACCOUNT_MAX as u64 {
        return Err(JoinError::Quota);
    }
    if waits {
        ask(store, &joiner.account, standing, managers, text, chance, now).await
    } else {
        come_in(store, joiner, &standing, chance, now).await
    }
}

async fn ask(
    store: &dyn Store,
    applicant: &Account,
    standing: Standing,
    managers: Vec<Account>,
    text: String,
    mut chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Answer>, JoinError> {
    let number = standing.group.number;
    let tell_managers = Box::new(move |application: &Application| {
        let notice = Notice {
            about: About::Application,
            group: &standing.group,
            operator: &application.applicant.user_id,
            text: &application.text,
            application: application.number,
        };
        managers
            .iter()
            .map(|it| notice.to(it, &mut chance, now))
            .collect()
    });
    let committed = store
        .put_application(number, applicant, text, now, tell_managers)
        .await?;
    Ok(Outcome::of(
        Answer::Waits,
        committed.value.entered,
        committed.turn,
    ))
}

async fn come_in(
    store: &dyn Store,
    joiner: Arc<Person>,
    standing: &Standing,
    mut chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Answer>, JoinError> {
    let account = joiner.account.clone();
    let tell = Box::new(move |joined: &Joined| {
        let mut entries = Vec::new();
        if !joined.added.is_empty() {
            let group = seen_by(&joined.group, Role::Member, now, "");
            entries.push(Entry::Event(joiner.account.id, AccountChange::GroupJoined(group)));
            let who = tip_member(&joiner);
            let operator = &joiner.account.user_id;
            entries.extend(tip::joined(&joined.group, operator, who, &mut chance, now));
        }
        entries
    });
    let committed = store
        .add_members(
            account.id,
            standing.group.number,
            vec![account.clone()],
            now,
            tell,
        )
        .await?
        .ok_or(JoinError::Gone)?;
    let joined = committed.value.done;
    if !joined.refused.is_empty() {
        return Err(JoinError::Full);
    }
    if joined.added.is_empty() {
        return Err(JoinError::AlreadyIn);
    }
    let answer = Answer::In {
        group: Box::new(seen_by(&joined.group, Role::Member, now, "")),
        pts: pts_of(account.id, &committed.value.entered),
    };
    let added = Event::MembersAdded {
        group: joined.group,
        members: vec![newcomer(account, now)],
    };
    Ok(Outcome::of(answer, committed.value.entered, committed.turn).led_by([added]))
}

/// A member who has just come in.
pub(super) const fn newcomer(account: Account, now: Timestamp) -> MemberRecord {
    MemberRecord {
        account,
        role: Role::Member,
        joined: now,
        name_card: String::new(),
        mute_until: Timestamp(0),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::id::GroupId;

    use super::*;
    use crate::testing::{NOW, World, changes, notices, person, tips, wish};

    async fn ask_for(world: &World, who: &Account, id: &GroupId) -> Result<Outcome<Answer>, JoinError> {
        let standing = world.standing(id, who).await;
        let mut managers = Vec::new();
        if let Some(standing) = &standing {
            let members = world.store.list_members(standing.group.number).await.unwrap();
            managers.extend(
                members
                    .into_iter()
                    .filter(|it| super::super::manages(it.role))
                    .map(|it| it.account),
            );
        }
        let text = "let me in".to_owned();
        join(
            &world.store,
            person(who),
            standing,
            managers,
            text,
            world.chance(),
            NOW,
        )
        .await
    }

    #[tokio::test]
    async fn each_kind_lets_in_in_its_own_way() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        use JoinOption::{DisableApply, FreeAccess, NeedPermission, Unspecified};
        for (kind, option, expected) in [
            (GroupType::Work, Unspecified, Err(Code::WORK_GROUP_JOIN)),
            (GroupType::Public, Unspecified, Ok(false)),
            (GroupType::Public, NeedPermission, Ok(false)),
            (GroupType::Public, FreeAccess, Ok(true)),
            (GroupType::Public, DisableApply, Err(Code::GROUP_FORBIDDEN)),
            (GroupType::Meeting, Unspecified, Ok(true)),
            (GroupType::Community, Unspecified, Ok(true)),
        ] {
            let id = world.group(kind, option, &alice, &[]).await;
            let answer = ask_for(&world, &bob, &id).await;
            let is_in = answer
                .map(|it| matches!(it.answer, Answer::In { .. }))
                .map_err(|it| it.code());
            assert_eq!(is_in, expected, "{kind:?} {option:?}");
        }
        let nowhere = ask_for(&world, &bob, &GroupId::trusted("nowhere"))
            .await
            .unwrap_err();
        assert_eq!(nowhere.code(), Code::GROUP_GONE);
    }

    #[tokio::test]
    async fn who_comes_in_is_known_before_the_tip_about_it_and_a_meeting_has_none() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::FreeAccess, &alice, &[])
            .await;
        let joined = ask_for(&world, &bob, &id).await.unwrap();
        assert!(matches!(&joined.events[0], Event::MembersAdded { members, .. } if members.len() == 1));
        let (who, change) = &changes(&joined.events)[0];
        assert!(matches!(change, AccountChange::GroupJoined(group) if group.id == id && *who == bob.id));
        let tip = &tips(&joined.events)[0];
        assert_eq!((tip.operation, tip.join_type, tip.member_count), (1, 1, 2));
        assert_eq!(tip.members[0].nick, "nick of bob");
        let Answer::In { group, pts } = joined.answer else {
            panic!("a free group lets in at once");
        };
        assert_eq!(
            (group.member_count, group.self_info.unwrap().role),
            (2, Role::Member)
        );
        assert_ne!(pts, Pts(0));
        let twice = ask_for(&world, &bob, &id).await.unwrap_err();
        assert_eq!(twice.code(), Code::GROUP_ALREADY_IN);

        let meeting = world
            .group(GroupType::Meeting, JoinOption::Unspecified, &alice, &[])
            .await;
        assert!(tips(&ask_for(&world, &bob, &meeting).await.unwrap().events).is_empty());
    }

    /// Contract C5.
    #[tokio::test]
    async fn tips_and_notices_do_not_count_as_unread() {
        use hongyan_protocol::id::ConversationId;
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let free = world
            .group(GroupType::Public, JoinOption::FreeAccess, &alice, &[])
            .await;
        ask_for(&world, &bob, &free).await.unwrap();
        let asked = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[])
            .await;
        let asked = ask_for(&world, &bob, &asked).await.unwrap();
        assert_eq!(notices(&asked.events).len(), 1);
        assert_eq!(world.unread(&alice, &ConversationId::Group(free)).await, 0);
        assert_eq!(world.unread(&alice, &ConversationId::System).await, 0);
    }

    #[tokio::test]
    async fn a_full_group_and_too_many_words_are_refused() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let small = crate::group::create::Wish {
            member_count_max: 1,
            join_option: JoinOption::FreeAccess,
            ..wish(GroupType::Public)
        };
        let made = crate::group::create::create(&world.store, &alice, small, world.chance(), NOW).await;
        let id = made.unwrap().answer.group.id;
        assert_eq!(
            ask_for(&world, &bob, &id).await.unwrap_err().code(),
            Code::GROUP_FULL
        );
        let standing = world.standing(&id, &bob).await;
        let words = "x".repeat(257);
        let refused = join(
            &world.store,
            person(&bob),
            standing,
            Vec::new(),
            words,
            world.chance(),
            NOW,
        );
        assert_eq!(refused.await.unwrap_err().code(), Code::GROUP_PARAMETER);
    }
}
