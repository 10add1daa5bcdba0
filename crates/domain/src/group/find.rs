//! Looking at one group.

use hongyan_protocol::code::Code;
use hongyan_protocol::group::{Group, GroupType};
use hongyan_protocol::id::{GroupId, SdkAppId};
use hongyan_storage::{Store, StoreError};

use super::{Standing, seen_by};
use crate::error::{Refusal, store_code};

/// Why it is not shown.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum FindError {
    #[error("the group does not exist or was dissolved")]
    Gone,
    #[error("only its members see a Work group")]
    Forbidden,
    #[error("the group could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for FindError {
    fn code(&self) -> Code {
        match self {
            Self::Gone => Code::GROUP_GONE,
            Self::Forbidden => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::GROUP_INTERNAL),
        }
    }
}

/// The group as the account sees it.
pub async fn find(
    store: &dyn Store,
    app: SdkAppId,
    id: &GroupId,
    standing: Option<Standing>,
) -> Result<Group, FindError> {
    let standing = standing.filter(|it| !it.group.dismissed).ok_or(FindError::Gone)?;
    if standing.member.is_none() && standing.kind() == GroupType::Work {
        return Err(FindError::Forbidden);
    }
    // Facts know what rules need; how far the group's messages go is in the store alone.
    let record = store.find_group(app, id).await?.ok_or(FindError::Gone)?;
    Ok(match standing.member {
        Some(member) => seen_by(&record, member.role, member.joined, &member.name_card),
        None => record.group,
    })
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::JoinOption;

    use super::*;
    use crate::testing::{APP, World};

    #[tokio::test]
    async fn anybody_finds_a_public_group_but_only_members_a_work_group() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for (kind, seen) in [(GroupType::Public, true), (GroupType::Work, false)] {
            let id = world.group(kind, JoinOption::Unspecified, &alice, &[]).await;
            let standing = world.standing(&id, &alice).await;
            let own = find(&world.store, APP, &id, standing).await.unwrap();
            assert!(own.self_info.is_some());
            let standing = world.standing(&id, &bob).await;
            let foreign = find(&world.store, APP, &id, standing).await;
            let foreign = foreign.map(|it| it.self_info.is_none()).map_err(|it| it.code());
            assert_eq!(
                foreign,
                if seen {
                    Ok(true)
                } else {
                    Err(Code::GROUP_FORBIDDEN)
                }
            );
        }
    }
}
