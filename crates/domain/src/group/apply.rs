//! Answering somebody's wish to join.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{Group, Role};
use hongyan_protocol::id::{Account, Timestamp};
use hongyan_protocol::limits;
use hongyan_protocol::wire::TipMember;
use hongyan_storage::model::{Entry, Handled};
use hongyan_storage::{Store, StoreError};

use super::join::newcomer;
use super::notice::{About, Notice};
use super::{Standing, seen_by, tip};
use crate::chance::Chance;
use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome};

/// The answer to an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which, from the notice.
    pub application: u64,
    /// Let them in.
    pub agree: bool,
    /// In which words.
    pub text: String,
}

/// Why it was not taken.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum HandleError {
    #[error("the group does not exist or was dissolved")]
    Gone,
    #[error("only the owner and admins answer applications")]
    Forbidden,
    #[error("the words are above 256 bytes")]
    TextTooLong,
    #[error("the application was already handled")]
    Handled,
    #[error("the applicant is a member already")]
    AlreadyIn,
    #[error("the group is full")]
    Full,
    #[error("the answer could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for HandleError {
    fn code(&self) -> Code {
        match self {
            Self::Gone => Code::GROUP_GONE,
            Self::Forbidden => Code::GROUP_FORBIDDEN,
            Self::TextTooLong => Code::GROUP_PARAMETER,
            Self::Handled => Code::GROUP_HANDLED,
            Self::AlreadyIn => Code::GROUP_ALREADY_IN,
            Self::Full => Code::GROUP_FULL,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// Answers an application, once. Answers the group as the one who decided sees it.
pub async fn handle_application(
    store: &dyn Store,
    handler: &Account,
    standing: Option<Standing>,
    decision: Decision,
    mut chance: Chance,
    now: Timestamp,
) -> Result<Outcome<Group>, HandleError> {
    let standing = standing
        .filter(|it| !it.group.dismissed)
        .ok_or(HandleError::Gone)?;
    let Some(handling) = standing.member.filter(|it| super::manages(it.role)) else {
        return Err(HandleError::Forbidden);
    };
    if decision.text.len() > limits::GROUP_APPLY_BYTES_MAX {
        return Err(HandleError::TextTooLong);
    }
    let Decision {
        application,
        agree,
        text,
    } = decision;
    let operator = handler.user_id.clone();
    let tell = Box::new(move |handled: &Handled| {
        let Handled::Done { application, joined } = handled else {
            return Vec::new();
        };
        let applicant = &application.applicant;
        let about = match (agree, joined.added.is_empty()) {
            (true, false) => About::Accepted,
            // There was no room, or they were in already: nothing that the applicant should hear.
            (true, true) => return Vec::new(),
            (false, _) => About::Refused,
        };
        let notice = Notice {
            about,
            group: &joined.group,
            operator: &operator,
            text: &text,
            application: 0,
        };
        let mut entries = Vec::new();
        if about == About::Accepted {
            let group = seen_by(&joined.group, Role::Member, now, "");
            entries.push(Entry::Event(applicant.id, AccountChange::GroupJoined(group)));
        }
        entries.push(notice.to(applicant, &mut chance, now));
        if about == About::Accepted {
            // The names are not known inside the transaction; a client asks for profiles that it does not have.
            let who = TipMember {
                user_id: applicant.user_id.as_str().to_owned(),
                ..TipMember::default()
            };
            entries.extend(tip::joined(&joined.group, &operator, who, &mut chance, now));
        }
        entries
    });
    let number = standing.group.number;
    let committed = store
        .handle_application(handler.id, number, application, agree, now, tell)
        .await?;
    let Handled::Done { joined, .. } = committed.value.done else {
        return Err(HandleError::Handled);
    };
    if agree && joined.added.is_empty() {
        return Err(if joined.refused.is_empty() {
            HandleError::AlreadyIn
        } else {
            HandleError::Full
        });
    }
    let answer = seen_by(&joined.group, handling.role, handling.joined, &handling.name_card);
    let added = (!joined.added.is_empty()).then(|| Event::MembersAdded {
        group: joined.group,
        members: joined.added.into_iter().map(|it| newcomer(it, now)).collect(),
    });
    Ok(Outcome::of(answer, committed.value.entered, committed.turn).led_by(added))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};
    use hongyan_protocol::id::GroupId;

    use super::*;
    use crate::group::join::join;
    use crate::testing::{NOW, World, changes, notices, person, tips};

    /// Somebody asks; answers the application's number, as the notice names it.
    async fn apply(world: &World, owner: &Account, who: &Account, id: &GroupId) -> u64 {
        let standing = world.standing(id, who).await;
        let managers = vec![owner.clone()];
        let text = "please".to_owned();
        let asked = join(
            &world.store,
            person(who),
            standing,
            managers,
            text,
            world.chance(),
            NOW,
        )
        .await;
        let asked = asked.unwrap();
        let (to, notice) = notices(&asked.events).remove(0);
        assert_eq!(
            (to, notice.operation, notice.text.as_str()),
            (owner.id, 1, "please")
        );
        assert_eq!(notice.operator_id, who.user_id.as_str());
        notice.application
    }

    async fn handle(
        world: &World,
        by: &Account,
        id: &GroupId,
        application: u64,
        agree: bool,
    ) -> Result<Outcome<Group>, HandleError> {
        let decision = Decision {
            application,
            agree,
            text: "ok".to_owned(),
        };
        let standing = world.standing(id, by).await;
        handle_application(&world.store, by, standing, decision, world.chance(), NOW).await
    }

    #[tokio::test]
    async fn an_application_is_answered_once_and_by_a_manager() {
        let world = World::new().await;
        let (alice, bob, carol) = (
            world.account("alice").await,
            world.account("bob").await,
            world.account("carol").await,
        );
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[&carol])
            .await;
        let application = apply(&world, &alice, &bob, &id).await;
        let code = async |by: &Account| {
            handle(&world, by, &id, application, true)
                .await
                .unwrap_err()
                .code()
        };
        assert_eq!(code(&carol).await, Code::GROUP_FORBIDDEN);
        assert_eq!(code(&bob).await, Code::GROUP_FORBIDDEN);

        let handled = handle(&world, &alice, &id, application, true).await.unwrap();
        assert_eq!(handled.answer.member_count, 3);
        assert_eq!(handled.answer.self_info.unwrap().role, Role::Owner);
        assert!(matches!(handled.events[0], Event::MembersAdded { .. }));
        assert_eq!(changes(&handled.events)[0].0, bob.id);
        let (to, notice) = &notices(&handled.events)[0];
        assert_eq!((*to, notice.operation, notice.text.as_str()), (bob.id, 2, "ok"));
        assert_eq!(tips(&handled.events)[0].user_ids, ["bob"]);
        assert_eq!(code(&alice).await, Code::GROUP_HANDLED);
    }

    #[tokio::test]
    async fn who_is_refused_hears_of_it_and_may_ask_again() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[])
            .await;
        let application = apply(&world, &alice, &bob, &id).await;
        let handled = handle(&world, &alice, &id, application, false).await.unwrap();
        assert_eq!(notices(&handled.events)[0].1.operation, 3);
        assert!(tips(&handled.events).is_empty() && changes(&handled.events).is_empty());
        assert!(world.standing(&id, &bob).await.unwrap().member.is_none());
        let again = apply(&world, &alice, &bob, &id).await;
        assert!(handle(&world, &alice, &id, again, true).await.is_ok());
    }

    #[tokio::test]
    async fn an_application_to_another_group_is_none_of_this_one() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let here = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[])
            .await;
        let there = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[])
            .await;
        let application = apply(&world, &alice, &bob, &here).await;
        let error = handle(&world, &alice, &there, application, true)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::GROUP_HANDLED);
    }
}
