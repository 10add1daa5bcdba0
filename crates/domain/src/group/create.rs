//! Making a group: which kinds, under which name, with whom.
//!
//! **Comes in:** what its owner wishes, with members that exist. **Goes out:** the group, and what its members hear.

use std::collections::HashSet;

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{Group, GroupType, JoinOption, Role};
use hongyan_protocol::id::{Account, GroupId, Pts, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{Consequences, Created, Entry, GroupRecord, MemberRecord, NewGroup};
use hongyan_storage::{Store, StoreError};

use super::notice::{About, Notice};
use super::seen_by;
use crate::chance::Chance;
use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome, pts_of};

/// What the prefix of an ID says that the server makes.
const MADE_BY_SERVER: &str = "@TGS#";
/// What every Community's ID begins with.
const COMMUNITY: &str = "@TGS#_";
/// How many IDs are drawn when they turn out to be taken.
const DRAWS_MAX: usize = 4;

/// What the owner wishes.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "the fields are those of the command, documented in group.proto"
)]
pub struct Wish {
    pub kind: GroupType,
    /// `None`: the server makes one.
    pub id: Option<GroupId>,
    pub name: String,
    pub avatar: String,
    pub introduction: String,
    pub notification: String,
    pub join_option: JoinOption,
    /// 0: the kind's default.
    pub member_count_max: u32,
    pub members: Vec<Account>,
    /// One of those that were named does not exist.
    pub names_unknown: bool,
}

/// The group, and where it stands in its owner's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// As its owner sees it.
    pub group: Group,
    /// The event of its owner's log.
    pub pts: Pts,
}

/// Why it was not made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum CreateError {
    #[error("this type of group cannot be made")]
    KindUnsupported,
    #[error("the group's name is not 1 to 100 bytes")]
    NameInvalid,
    #[error("the introduction or the notification is above 400 bytes, or the avatar above 500")]
    TextTooLong,
    #[error("a groupID of one's own does not begin with @TGS#, but a Community's with @TGS#_")]
    IdInvalid,
    #[error("a member does not exist")]
    MemberUnknown,
    #[error("more members than the group may have")]
    TooManyMembers,
    #[error("the account is in as many groups as it may be")]
    Quota,
    #[error("the groupID is in use")]
    IdTaken,
    #[error("the groupID is in use by a group of the same owner")]
    IdTakenByOwner,
    #[error("the group could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for CreateError {
    fn code(&self) -> Code {
        match self {
            Self::KindUnsupported => Code::GROUP_FORBIDDEN,
            Self::NameInvalid | Self::TextTooLong => Code::GROUP_PARAMETER,
            Self::IdInvalid => Code::GROUP_ID_INVALID,
            Self::MemberUnknown => Code::GROUP_ACCOUNT_UNKNOWN,
            Self::TooManyMembers => Code::GROUP_MEMBER_QUOTA,
            Self::Quota => Code::GROUP_QUOTA,
            Self::IdTaken => Code::GROUP_ID_TAKEN,
            Self::IdTakenByOwner => Code::GROUP_ID_TAKEN_BY_OWNER,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// Makes a group; its owner and its members are in from the start.
pub async fn create(
    store: &dyn Store,
    owner: &Account,
    wish: Wish,
    mut chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Made>, CreateError> {
    let rules = Rules::of(wish.kind).ok_or(CreateError::KindUnsupported)?;
    if wish.name.is_empty() || wish.name.len() > limits::GROUP_NAME_BYTES_MAX {
        return Err(CreateError::NameInvalid);
    }
    if wish.introduction.len() > limits::GROUP_TEXT_BYTES_MAX
        || wish.notification.len() > limits::GROUP_TEXT_BYTES_MAX
        || wish.avatar.len() > limits::GROUP_AVATAR_BYTES_MAX
    {
        return Err(CreateError::TextTooLong);
    }
    if let Some(id) = &wish.id {
        let fits = match rules.kind {
            GroupType::Community => id.as_str().starts_with(COMMUNITY),
            _ => !id.as_str().starts_with(MADE_BY_SERVER),
        };
        if !fits {
            return Err(CreateError::IdInvalid);
        }
    }
    if wish.names_unknown {
        return Err(CreateError::MemberUnknown);
    }
    let mut named = HashSet::from([owner.id]);
    let members: Vec<Account> = wish
        .members
        .into_iter()
        .filter(|it| named.insert(it.id))
        .collect();
    let member_count_max = match wish.member_count_max {
        0 => rules.members_default,
        wished => wished.min(rules.members_max),
    };
    if named.len() > member_count_max as usize {
        return Err(CreateError::TooManyMembers);
    }
    if store.count_groups(owner.id).await? >= limits::GROUPS_PER_ACCOUNT_MAX as u64 {
        return Err(CreateError::Quota);
    }

    let given = wish.id.is_some();
    let mut new = NewGroup {
        app: owner.app,
        id: wish.id.unwrap_or_else(|| draw_id(rules.kind, &mut chance)),
        kind: rules.kind,
        name: wish.name,
        avatar: wish.avatar,
        introduction: wish.introduction,
        notification: wish.notification,
        join_option: rules.join_option(wish.join_option),
        member_count_max,
        owner: owner.clone(),
        members,
        now,
    };
    for _ in 0..DRAWS_MAX {
        let told = tell_members(new.owner.clone(), new.members.clone(), chance.clone(), now);
        let committed = store.create_group(new.clone(), told).await?;
        match committed.value.done {
            Created::Done(record) => {
                let answer = Made {
                    group: seen_by(&record, Role::Owner, now, ""),
                    pts: pts_of(owner.id, &committed.value.entered),
                };
                let added = Event::MembersAdded {
                    members: members_of(&new),
                    group: record,
                };
                let outcome = Outcome::of(answer, committed.value.entered, committed.turn);
                return Ok(outcome.led_by([added]));
            }
            Created::Taken { by_same_owner: true } if given => return Err(CreateError::IdTakenByOwner),
            Created::Taken { by_same_owner: false } if given => return Err(CreateError::IdTaken),
            Created::Taken { .. } => new.id = draw_id(rules.kind, &mut chance),
        }
    }
    Err(CreateError::IdTaken)
}

/// What a kind allows (service.md 4.2, methods.json `createGroup`).
struct Rules {
    kind: GroupType,
    members_default: u32,
    members_max: u32,
    /// `None`: the owner may choose, and `NeedPermission` is the default.
    join_option: Option<JoinOption>,
}

impl Rules {
    /// `None` for a kind that cannot be made.
    const fn of(kind: GroupType) -> Option<Self> {
        let (kind, members_default, members_max, join_option) = match kind {
            GroupType::Work | GroupType::Unspecified => {
                (GroupType::Work, 200, 6000, Some(JoinOption::DisableApply))
            }
            GroupType::Public => (kind, 2000, 6000, None),
            GroupType::Meeting => (kind, 10_000, 10_000, Some(JoinOption::FreeAccess)),
            GroupType::Community => (kind, 100_000, 100_000, Some(JoinOption::FreeAccess)),
            GroupType::AvChatRoom => return None,
        };
        Some(Self {
            kind,
            members_default,
            members_max,
            join_option,
        })
    }

    fn join_option(&self, wished: JoinOption) -> JoinOption {
        match (self.join_option, wished) {
            (Some(fixed), _) => fixed,
            (None, JoinOption::Unspecified) => JoinOption::NeedPermission,
            (None, wished) => wished,
        }
    }
}

/// An ID as the public service makes them: a prefix and capitals and digits.
fn draw_id(kind: GroupType, chance: &mut Chance) -> GroupId {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let prefix = if kind == GroupType::Community {
        COMMUNITY
    } else {
        MADE_BY_SERVER
    };
    let mut number = chance.next_u64();
    let mut id = prefix.to_owned();
    for _ in 0..12 {
        id.push(char::from(DIGITS[(number % 36) as usize]));
        number /= 36;
    }
    GroupId::trusted(id)
}

fn tell_members(
    owner: Account,
    members: Vec<Account>,
    mut chance: Chance,
    now: Timestamp,
) -> Consequences<GroupRecord> {
    Box::new(move |record| {
        let notice = |about| Notice {
            about,
            group: record,
            operator: &owner.user_id,
            text: "",
            application: 0,
        };
        let joined = |role| AccountChange::GroupJoined(seen_by(record, role, now, ""));
        let mut entries = vec![
            Entry::Event(owner.id, joined(Role::Owner)),
            notice(About::Created).to(&owner, &mut chance, now),
        ];
        for member in &members {
            entries.push(Entry::Event(member.id, joined(Role::Member)));
            entries.push(notice(About::TakenIn).to(member, &mut chance, now));
        }
        entries
    })
}

fn members_of(new: &NewGroup) -> Vec<MemberRecord> {
    let member = |account: &Account, role| MemberRecord {
        account: account.clone(),
        role,
        joined: new.now,
        name_card: String::new(),
        mute_until: Timestamp(0),
    };
    let others = new.members.iter().map(|it| member(it, Role::Member));
    std::iter::once(member(&new.owner, Role::Owner))
        .chain(others)
        .collect()
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::LeaveReason;

    use super::*;
    use crate::testing::{NOW, World, changes, notices, wish};

    async fn made(world: &World, owner: &Account, wish: Wish) -> Result<Outcome<Made>, CreateError> {
        create(&world.store, owner, wish, world.chance(), NOW).await
    }

    #[tokio::test]
    async fn each_kind_has_its_own_defaults_and_what_is_fixed_stays_so() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        use JoinOption::{DisableApply, FreeAccess, NeedPermission};
        for (kind, made_kind, members, option, wished) in [
            (
                GroupType::Unspecified,
                GroupType::Work,
                200,
                DisableApply,
                DisableApply,
            ),
            (GroupType::Work, GroupType::Work, 200, DisableApply, DisableApply),
            (
                GroupType::Public,
                GroupType::Public,
                2000,
                NeedPermission,
                FreeAccess,
            ),
            (
                GroupType::Meeting,
                GroupType::Meeting,
                10_000,
                FreeAccess,
                FreeAccess,
            ),
            (
                GroupType::Community,
                GroupType::Community,
                100_000,
                FreeAccess,
                FreeAccess,
            ),
        ] {
            let group = made(&world, &alice, wish(kind)).await.unwrap().answer.group;
            assert_eq!(
                (group.kind, group.member_count_max, group.join_option),
                (made_kind, members, option)
            );
            let prefix = if kind == GroupType::Community {
                COMMUNITY
            } else {
                MADE_BY_SERVER
            };
            assert!(group.id.as_str().starts_with(prefix), "{}", group.id);
            assert_eq!(group.self_info.unwrap().role, Role::Owner);
            let free = Wish {
                join_option: FreeAccess,
                ..wish(kind)
            };
            assert_eq!(
                made(&world, &alice, free).await.unwrap().answer.group.join_option,
                wished
            );
        }
        let error = made(&world, &alice, wish(GroupType::AvChatRoom))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::GROUP_FORBIDDEN);
    }

    #[tokio::test]
    async fn all_who_are_in_from_the_start_hear_of_it_and_facts_come_first() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let wish = Wish {
            members: vec![bob.clone(), alice.clone(), bob.clone()],
            ..wish(GroupType::Work)
        };
        let made = made(&world, &alice, wish).await.unwrap();
        let Event::MembersAdded { members, group } = &made.events[0] else {
            panic!("facts come first");
        };
        assert_eq!((members.len(), group.group.member_count), (2, 2));
        let joined: Vec<_> = changes(&made.events).iter().map(|it| it.0).collect();
        assert_eq!(joined, [alice.id, bob.id]);
        let told: Vec<_> = notices(&made.events)
            .iter()
            .map(|it| (it.0, it.1.operation))
            .collect();
        assert_eq!(told, [(alice.id, 6), (bob.id, 7)]);
        assert_ne!(made.answer.pts, Pts(0));
    }

    #[tokio::test]
    async fn what_is_too_long_or_misnamed_is_refused_with_its_code() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let long = |bytes| "x".repeat(bytes);
        let id = |text: &str| Some(GroupId::trusted(text));
        let base = || wish(GroupType::Public);
        for (wish, code) in [
            (
                Wish {
                    name: String::new(),
                    ..base()
                },
                Code::GROUP_PARAMETER,
            ),
            (
                Wish {
                    name: long(101),
                    ..base()
                },
                Code::GROUP_PARAMETER,
            ),
            (
                Wish {
                    introduction: long(401),
                    ..base()
                },
                Code::GROUP_PARAMETER,
            ),
            (
                Wish {
                    notification: long(401),
                    ..base()
                },
                Code::GROUP_PARAMETER,
            ),
            (
                Wish {
                    avatar: long(501),
                    ..base()
                },
                Code::GROUP_PARAMETER,
            ),
            (
                Wish {
                    id: id("@TGS#mine"),
                    ..base()
                },
                Code::GROUP_ID_INVALID,
            ),
            (
                Wish {
                    id: id("@TGS#_mine"),
                    ..base()
                },
                Code::GROUP_ID_INVALID,
            ),
            (
                Wish {
                    id: id("mine"),
                    ..wish(GroupType::Community)
                },
                Code::GROUP_ID_INVALID,
            ),
            (
                Wish {
                    names_unknown: true,
                    ..base()
                },
                Code::GROUP_ACCOUNT_UNKNOWN,
            ),
            (
                Wish {
                    members: vec![bob.clone()],
                    member_count_max: 1,
                    ..base()
                },
                Code::GROUP_MEMBER_QUOTA,
            ),
        ] {
            assert_eq!(made(&world, &alice, wish).await.unwrap_err().code(), code);
        }
        let longest = Wish {
            name: long(100),
            introduction: long(400),
            notification: long(400),
            avatar: long(500),
            ..base()
        };
        assert!(made(&world, &alice, longest).await.is_ok());
        let too_many = Wish {
            member_count_max: u32::MAX,
            ..base()
        };
        assert_eq!(
            made(&world, &alice, too_many)
                .await
                .unwrap()
                .answer
                .group
                .member_count_max,
            6000
        );
    }

    #[tokio::test]
    async fn a_groups_id_stays_taken_also_after_its_end() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let mine = || Wish {
            id: Some(GroupId::trusted("mine")),
            ..wish(GroupType::Public)
        };
        let first = made(&world, &alice, mine()).await.unwrap();
        let again = made(&world, &alice, mine()).await.unwrap_err();
        assert_eq!(again.code(), Code::GROUP_ID_TAKEN_BY_OWNER);
        assert_eq!(
            made(&world, &bob, mine()).await.unwrap_err().code(),
            Code::GROUP_ID_TAKEN
        );

        let standing = world.standing(&first.answer.group.id, &alice).await;
        let dismissed = crate::group::dismiss::dismiss(&world.store, &alice, standing, world.chance(), NOW);
        let dismissed = dismissed.await.unwrap();
        let left = AccountChange::GroupLeft {
            group: first.answer.group.id,
            reason: LeaveReason::Dismissed,
        };
        assert_eq!(changes(&dismissed.events), [(alice.id, left)]);
        assert!(made(&world, &bob, mine()).await.is_err());
    }

    #[tokio::test]
    async fn a_drawn_id_that_is_taken_is_drawn_again() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let one = made(&world, &alice, wish(GroupType::Public))
            .await
            .unwrap()
            .answer
            .group
            .id;
        let other = made(&world, &alice, wish(GroupType::Public))
            .await
            .unwrap()
            .answer
            .group
            .id;
        assert_ne!(one, other, "the same seed draws the same ID first");
    }
}
