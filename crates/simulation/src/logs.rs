//! The event logs of all accounts, and what they say that each does not see.
//!
//! **Comes in:** the world as it was left. **Goes out:** entries by number, and hidden messages. **Never here:** the tables
//! in which the store notes what is hidden: these are what is checked.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::id::{ConversationId, Pts, Sequence, Timestamp, UserId};
use hongyan_storage::Store as _;
use hongyan_storage::model::CatchUp;

use crate::machine::ready;
use crate::world::World;

#[derive(Debug, Default)]
pub(crate) struct Logs(BTreeMap<UserId, Log>);

#[derive(Debug, Default)]
struct Log {
    entries: Vec<(Pts, AccountChange)>,
    deleted: BTreeMap<ConversationId, BTreeSet<Sequence>>,
}

impl Logs {
    pub(crate) fn read(world: &World) -> Self {
        let logs = world.users().iter().map(|it| (it.clone(), Log::read(world, it)));
        Self(logs.collect())
    }

    pub(crate) fn entry(&self, user: &UserId, pts: Pts) -> Option<&AccountChange> {
        let entries = &self.0.get(user)?.entries;
        entries.iter().find(|it| it.0 == pts).map(|it| &it.1)
    }

    /// Whether an account deleted a message. One of a group that was left and entered again is older than all that may be
    /// seen there.
    pub(crate) fn is_deleted(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        sequence: Sequence,
    ) -> bool {
        let deleted = self.0.get(user).and_then(|it| it.deleted.get(conversation));
        deleted.is_some_and(|it| it.contains(&sequence))
    }
}

impl Log {
    fn read(world: &World, user: &UserId) -> Self {
        let Some(account) = world.machine().account(user) else {
            return Self::default();
        };
        let store = &world.machine().store;
        let caught_up = ready(store.catch_up(&account.account, Pts(0), Vec::new(), Timestamp(0)));
        let Ok(CatchUp::Missed { events, .. }) = caught_up else {
            return Self::default();
        };
        let mut log = Self::default();
        for event in events {
            let Some(change) = event.change else { continue };
            if let AccountChange::MessagesDeleted {
                conversation,
                messages,
                ..
            } = &change
            {
                let deleted = log.deleted.entry(conversation.clone()).or_default();
                deleted.extend(messages.iter().map(|it| it.sequence));
            }
            log.entries.push((event.pts, change));
        }
        log
    }
}
