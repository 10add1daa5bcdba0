//! Asking to come into a group: at once, or when somebody lets one in.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{Group, GroupType, JoinOption, Role};
use hongyan_protocol::id::{Account, Pts, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{Application, Entry, Joined, MemberRecord};
use hongyan_storage::{Store, StoreError};

use super::notice::{About, Notice};
use super::{Person, Standing, seen_by, tip};
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
    joiner: Person,
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
    Ok(Outcome {
        answer: Answer::Waits,
        events: committed.value.entered.into_iter().map(Event::from).collect(),
        turn: committed.turn,
    })
}

async fn come_in(
    store: &dyn Store,
    joiner: Person,
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
            let who = joiner.tip_member();
            let operator = &joiner.account.user_id;
            entries.extend(tip::joined(&joined.group, operator, who, &mut chance, now));
        }
        entries
    });
    let committed = store
        .add_members(standing.group.number, vec![account.clone()], now, tell)
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
    let mut events = vec![Event::MembersAdded {
        group: joined.group,
        members: vec![newcomer(account, now)],
    }];
    events.extend(committed.value.entered.into_iter().map(Event::from));
    Ok(Outcome {
        answer,
        events,
        turn: committed.turn,
    })
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
