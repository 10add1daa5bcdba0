//! The members of a group, for one of them.

use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupMember;
use hongyan_protocol::limits;
use hongyan_storage::{Store, StoreError};

use super::Standing;
use crate::error::{Refusal, store_code};

/// A page of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of joining.
    pub members: Vec<GroupMember>,
    /// How many there are in all.
    pub total: u32,
}

/// Why they are not listed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum MembersError {
    #[error("the group does not exist or was dissolved")]
    Gone,
    #[error("only members see who is in the group")]
    NotAMember,
    #[error("the members could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for MembersError {
    fn code(&self) -> Code {
        match self {
            Self::Gone => Code::GROUP_GONE,
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// A page of members; a larger page than allowed is cut.
pub async fn list_members(
    store: &dyn Store,
    standing: Option<Standing>,
    offset: usize,
    count: usize,
) -> Result<Page, MembersError> {
    let standing = standing
        .filter(|it| !it.group.dismissed)
        .ok_or(MembersError::Gone)?;
    if standing.member.is_none() {
        return Err(MembersError::NotAMember);
    }
    let count = count.clamp(1, limits::MEMBERS_PAGE_MAX);
    let members = store
        .list_group_members(standing.group.number, offset, count)
        .await?;
    Ok(Page {
        members,
        total: standing.group.group.member_count,
    })
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn members_page_through_members_and_nobody_else_does() {
        let world = World::new().await;
        let (alice, bob, carol) = (
            world.account("alice").await,
            world.account("bob").await,
            world.account("carol").await,
        );
        let id = world
            .group(GroupType::Public, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        let page = async |offset, count| {
            let standing = world.standing(&id, &bob).await;
            let page = list_members(&world.store, standing, offset, count).await.unwrap();
            let names: Vec<String> = page.members.iter().map(|it| it.user_id.to_string()).collect();
            (names.join(" "), page.total)
        };
        assert_eq!(page(0, 100).await, ("alice bob".to_owned(), 2));
        assert_eq!(page(1, 1).await, ("bob".to_owned(), 2));
        assert_eq!(page(2, 1).await, (String::new(), 2));
        let standing = world.standing(&id, &carol).await;
        let error = list_members(&world.store, standing, 0, 1).await.unwrap_err();
        assert_eq!(error.code(), Code::GROUP_FORBIDDEN);
    }
}
