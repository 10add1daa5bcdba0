//! Changing one's own profile, and telling those who talk with one.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, Pts, Timestamp};
use hongyan_protocol::profile::{Profile, ProfileChange};
use hongyan_storage::model::Entry;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome, pts_of};

/// The profile as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// All of it.
    pub profile: Profile,
    /// The event of the own log.
    pub pts: Pts,
}

/// Why it stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The store failed.
    #[error("the profile could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for UpdateError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => store_code(error, Code::PROFILE_INTERNAL),
        }
    }
}

/// Changes the account's profile. Its instances hear of it, and all with whom it has a C2C conversation.
pub async fn update(
    store: &dyn Store,
    account: &Account,
    change: ProfileChange,
    now: Timestamp,
) -> Result<Outcome<Updated>, UpdateError> {
    let own = account.id;
    let tell = Box::new(move |(profile, peers): &(Profile, Vec<AccountId>)| {
        let others = peers.iter().copied().filter(|it| *it != own);
        std::iter::once(own)
            .chain(others)
            .map(|whose| Entry::Event(whose, AccountChange::Profile(profile.clone())))
            .collect()
    });
    let committed = store.put_profile(account, change, now, tell).await?;
    let profile = committed.value.done;
    let answer = Updated {
        profile: profile.clone(),
        pts: pts_of(own, &committed.value.entered),
    };
    let changed = Event::ProfileChanged {
        account: account.clone(),
        profile,
    };
    Ok(Outcome::of(answer, committed.value.entered, committed.turn).led_by([changed]))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::id::UserId;
    use hongyan_protocol::wire;

    use super::*;
    use crate::profile::find::find;
    use crate::testing::{APP, NOW, World, changes};

    #[tokio::test]
    async fn the_own_instances_and_those_one_talks_with_hear_of_a_new_profile() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        world.account("carol").await;
        world.say(&bob, &alice, 1).await.unwrap();
        world.say(&alice, &alice, 2).await.unwrap();
        let change = ProfileChange::parse(wire::UpdateProfile {
            nick: Some("Al".to_owned()),
            ..wire::UpdateProfile::default()
        });
        let updated = update(&world.store, &alice, change.unwrap(), NOW).await.unwrap();
        assert_eq!(updated.answer.profile.nick, "Al");
        assert!(matches!(&updated.events[0], Event::ProfileChanged { profile, .. } if profile.nick == "Al"));
        let heard: Vec<AccountId> = changes(&updated.events).iter().map(|it| it.0).collect();
        assert_eq!(heard, [alice.id, bob.id]);

        let users = ["nobody", "alice"].map(UserId::trusted);
        let found = find(&world.store, APP, &users).await.unwrap();
        assert_eq!(found, [updated.answer.profile]);
        assert!(find(&world.store, APP, &[]).await.is_err());
    }
}
