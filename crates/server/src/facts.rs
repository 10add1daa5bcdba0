//! Hot facts: what nearly every command must know, kept in memory.
//!
//! **Comes in:** questions of commands, and the events of fan-out, which correct what is held. **Goes out:** facts.
//! **Never here:** what follows from a fact; and nothing that is not in the store as well.
//!
//! Invariant: a fact that is held is as new as the events that were applied. A load that began before an event about
//! the same thing is repeated, because it may have read what was there before (see [`Cache::load`]).

use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;
use hongyan_domain::Event;
use hongyan_domain::account::Person;
use hongyan_domain::group::{Standing, manages};
use hongyan_protocol::id::{Account, AccountId, GroupId, SdkAppId, UserId};
use hongyan_storage::model::{App, GroupNumber, GroupRecord, MemberRecord};
use hongyan_storage::{Store, StoreError};
use parking_lot::{Mutex, RwLock};

/// Accounts that are held.
const ACCOUNTS_MAX: usize = 100_000;
/// Pairs of accounts of which it is held whether one blocks the other.
const PAIRS_MAX: usize = 200_000;
/// Groups that are held, each counted with its members.
const GROUPS_AND_MEMBERS_MAX: usize = 1_000_000;
/// How often a load is repeated that events overtook; then the store is called overloaded.
const LOADS_MAX: usize = 16;

type Result<T> = std::result::Result<T, StoreError>;

/// The facts of all apps.
pub(crate) struct Facts {
    store: Arc<dyn Store>,
    apps: RwLock<HashMap<SdkAppId, Arc<App>>>,
    accounts: Cache<(SdkAppId, UserId), Arc<Person>>,
    /// `(by, other)`: whether `by` blocks `other`.
    blocked: Cache<(AccountId, AccountId), bool>,
    /// A group's ID stays its own for ever, so this never needs to be corrected.
    group_numbers: Cache<(SdkAppId, GroupId), GroupNumber>,
    groups: Cache<GroupNumber, Arc<GroupFacts>>,
}

/// What is held of a group. Corrected in place, so that it stays right for whoever keeps it.
#[derive(Debug)]
pub(crate) struct GroupFacts {
    state: RwLock<GroupState>,
}

#[derive(Debug)]
struct GroupState {
    record: Arc<GroupRecord>,
    members: HashMap<AccountId, MemberRecord>,
}

impl Facts {
    /// Holds nothing yet.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            apps: RwLock::default(),
            accounts: Cache::new(ACCOUNTS_MAX, |_| 1),
            blocked: Cache::new(PAIRS_MAX, |_| 1),
            group_numbers: Cache::new(ACCOUNTS_MAX, |_| 1),
            groups: Cache::new(GROUPS_AND_MEMBERS_MAX, |it| 1 + it.state.read().members.len()),
        }
    }

    /// An app, its key and its settings.
    pub(crate) async fn app(&self, id: SdkAppId) -> Result<Option<Arc<App>>> {
        if let Some(app) = self.apps.read().get(&id) {
            return Ok(Some(app.clone()));
        }
        let Some(app) = self.store.find_app(id).await? else {
            return Ok(None);
        };
        // Whoever changes an app also calls `app_changed`, so what is there by now is not older than this.
        Ok(Some(
            self.apps
                .write()
                .entry(id)
                .or_insert_with(|| Arc::new(app))
                .clone(),
        ))
    }

    /// The same when it is held.
    pub(crate) fn held_app(&self, id: SdkAppId) -> Option<Arc<App>> {
        self.apps.read().get(&id).cloned()
    }

    /// Takes note of an app's new settings, which hold from now on.
    pub(crate) fn app_changed(&self, app: App) {
        self.apps.write().insert(app.id, Arc::new(app));
    }

    /// An account, and how it is shown.
    pub(crate) async fn account(&self, app: SdkAppId, user_id: &UserId) -> Result<Option<Arc<Person>>> {
        let load = || async {
            let record = self.store.find_account(app, user_id).await?;
            Ok(record.map(|it| Arc::new(Person::of(it.account, &it.profile))))
        };
        self.accounts.load((app, user_id.clone()), load).await
    }

    /// The same when it is held.
    pub(crate) fn held_account(&self, app: SdkAppId, user_id: &UserId) -> Option<Arc<Person>> {
        self.accounts.find(&(app, user_id.clone()))
    }

    /// Whether `by` blocks `other`.
    pub(crate) async fn is_blocked(&self, by: AccountId, other: AccountId) -> Result<bool> {
        let load = || async { self.store.is_blocked(by, other).await.map(Some) };
        Ok(self.blocked.load((by, other), load).await?.unwrap_or(false))
    }

    /// The same when it is held.
    pub(crate) fn held_blocked(&self, by: AccountId, other: AccountId) -> Option<bool> {
        self.blocked.find(&(by, other))
    }

    /// A group, also a dissolved one.
    pub(crate) async fn group(&self, app: SdkAppId, id: &GroupId) -> Result<Option<Arc<GroupFacts>>> {
        let find = || async { Ok(self.store.find_group(app, id).await?.map(|it| it.number)) };
        let Some(number) = self.group_numbers.load((app, id.clone()), find).await? else {
            return Ok(None);
        };
        let load = || async {
            let Some(record) = self.store.find_group(app, id).await?.map(Arc::new) else {
                return Ok(None);
            };
            let members = self.store.list_members(number).await?;
            let members = members.into_iter().map(|it| (it.account.id, it)).collect();
            Ok(Some(Arc::new(GroupFacts {
                state: RwLock::new(GroupState { record, members }),
            })))
        };
        self.groups.load(number, load).await
    }

    /// The same when it is held.
    pub(crate) fn held_group(&self, app: SdkAppId, id: &GroupId) -> Option<Arc<GroupFacts>> {
        self.groups.find(&self.group_numbers.find(&(app, id.clone()))?)
    }

    /// Who is in a group now, when it is held: whoever changes a timeline asked for its group just before.
    pub(crate) fn group_members(&self, number: GroupNumber) -> Vec<AccountId> {
        self.groups
            .find(&number)
            .map(|it| it.state.read().members.keys().copied().collect())
            .unwrap_or_default()
    }

    /// Corrects what is held. Called inside the turn, before anybody hears of the event.
    pub(crate) fn apply(&self, event: &Event) {
        match event {
            // Messages and logs are no facts here.
            Event::TimelineChanged { .. } | Event::AccountChanged { .. } | Event::InstancesKicked { .. } => {}
            Event::ProfileChanged { account, profile } => {
                let key = (account.app, account.user_id.clone());
                self.accounts.correct(&key, |held| {
                    *held = Arc::new(Person::of(account.clone(), profile));
                });
            }
            Event::BlacklistChanged { by, others, blocked } => {
                for other in others {
                    self.blocked.correct(&(*by, *other), |held| *held = *blocked);
                }
            }
            Event::MembersAdded { group, members } => self.groups.correct(&group.number, |held| {
                let mut state = held.state.write();
                state.record = Arc::new(group.clone());
                for member in members {
                    state.members.insert(member.account.id, member.clone());
                }
            }),
            Event::MemberRemoved { group, account } => self.groups.correct(&group.number, |held| {
                let mut state = held.state.write();
                state.record = Arc::new(group.clone());
                state.members.remove(account);
            }),
            Event::GroupDismissed { group } => self.groups.correct(group, |held| {
                let mut state = held.state.write();
                let record = Arc::make_mut(&mut state.record);
                record.dismissed = true;
                record.group.member_count = 0;
                state.members.clear();
            }),
        }
    }
}

impl GroupFacts {
    /// The group, and how an account stands in it. The record's `last_sequence` is that of the last correction.
    pub(crate) fn standing(&self, account: AccountId) -> Standing {
        let state = self.state.read();
        Standing {
            group: state.record.clone(),
            member: state.members.get(&account).cloned(),
        }
    }

    /// Whether an account is a member.
    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.state.read().members.contains_key(&account)
    }

    /// The owner and the admins.
    pub(crate) fn managers(&self) -> Vec<Account> {
        let state = self.state.read();
        let managers = state.members.values().filter(|it| manages(it.role));
        let mut managers: Vec<Account> = managers.map(|it| it.account.clone()).collect();
        managers.sort_by_key(|it| it.id);
        managers
    }
}

/// Values that are loaded when they are asked for, and corrected when something happens. Absence is not held.
struct Cache<K, V> {
    state: Mutex<CacheState<K, V>>,
    weight_max: usize,
    weigh: fn(&V) -> usize,
}

struct CacheState<K, V> {
    held: HashMap<K, Slot<V>>,
    weight: usize,
    /// Grows with every use, to tell what was used last.
    clock: u64,
    /// What is being loaded just now.
    loading: HashMap<K, Loading>,
}

struct Slot<V> {
    value: V,
    weight: usize,
    used: u64,
}

#[derive(Default)]
struct Loading {
    loads: usize,
    /// How many events about it were applied meanwhile.
    corrections: u64,
}

/// A load that is under way; also one that is given up is counted off.
struct LoadGuard<'a, K: Eq + Hash, V> {
    cache: &'a Cache<K, V>,
    key: &'a K,
}

impl<K: Eq + Hash, V> Drop for LoadGuard<'_, K, V> {
    fn drop(&mut self) {
        let mut state = self.cache.state.lock();
        if let Some(loading) = state.loading.get_mut(self.key) {
            loading.loads -= 1;
            if loading.loads == 0 {
                state.loading.remove(self.key);
            }
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    fn new(weight_max: usize, weigh: fn(&V) -> usize) -> Self {
        let state = CacheState {
            held: HashMap::new(),
            weight: 0,
            clock: 0,
            loading: HashMap::new(),
        };
        Self {
            state: Mutex::new(state),
            weight_max,
            weigh,
        }
    }

    fn find(&self, key: &K) -> Option<V> {
        let mut state = self.state.lock();
        state.clock += 1;
        let clock = state.clock;
        let slot = state.held.get_mut(key)?;
        slot.used = clock;
        Some(slot.value.clone())
    }

    /// What is held, or else what `load` reads. Invariant: what `load` read before an event about this key was applied
    /// is not kept, because nothing would correct it any more; it is read again.
    async fn load<F>(&self, key: K, load: impl Fn() -> F) -> Result<Option<V>>
    where
        F: Future<Output = Result<Option<V>>>,
    {
        if let Some(value) = self.find(&key) {
            return Ok(Some(value));
        }
        self.state.lock().loading.entry(key.clone()).or_default().loads += 1;
        let guard = LoadGuard {
            cache: self,
            key: &key,
        };
        for _ in 0..LOADS_MAX {
            let before = self.corrections(&key);
            let Some(value) = load().await? else {
                return Ok(None);
            };
            let mut state = self.state.lock();
            if state.loading.get(&key).map_or(0, |it| it.corrections) != before {
                continue;
            }
            // Another load may have been quicker; its value may be in use and must stay the one that is corrected.
            if let Some(slot) = state.held.get(&key) {
                return Ok(Some(slot.value.clone()));
            }
            self.insert(&mut state, key.clone(), value.clone());
            drop(state);
            drop(guard);
            return Ok(Some(value));
        }
        Err(StoreError::Overloaded)
    }

    /// Takes note of an event about a key.
    fn correct(&self, key: &K, change: impl FnOnce(&mut V)) {
        let mut state = self.state.lock();
        if let Some(loading) = state.loading.get_mut(key) {
            loading.corrections += 1;
        }
        let Some(slot) = state.held.get_mut(key) else {
            return;
        };
        change(&mut slot.value);
        let (before, after) = (slot.weight, (self.weigh)(&slot.value));
        slot.weight = after;
        state.weight = state.weight - before + after;
    }

    fn corrections(&self, key: &K) -> u64 {
        self.state.lock().loading.get(key).map_or(0, |it| it.corrections)
    }

    fn insert(&self, state: &mut CacheState<K, V>, key: K, value: V) {
        let weight = (self.weigh)(&value);
        if state.weight + weight > self.weight_max {
            evict(state, self.weight_max / 4 * 3);
        }
        state.clock += 1;
        let used = state.clock;
        state.weight += weight;
        state.held.insert(key, Slot { value, weight, used });
    }
}

/// Lets go of what was not used for longest, until the rest weighs no more than `weight_max`.
fn evict<K: Clone + Eq + Hash, V>(state: &mut CacheState<K, V>, weight_max: usize) {
    let mut by_use: Vec<(u64, K)> = state
        .held
        .iter()
        .map(|(key, slot)| (slot.used, key.clone()))
        .collect();
    by_use.sort_unstable_by_key(|(used, _)| *used);
    for (_, key) in by_use {
        if state.weight <= weight_max {
            break;
        }
        if let Some(slot) = state.held.remove(&key) {
            state.weight -= slot.weight;
        }
    }
}

impl Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_load_that_an_event_overtook_is_repeated() {
        let cache: Cache<u32, u64> = Cache::new(10, |_| 1);
        let (stored, loads) = (AtomicU64::new(1), AtomicU64::new(0));
        let load = || async {
            let read = stored.load(Ordering::Relaxed);
            if loads.fetch_add(1, Ordering::Relaxed) == 0 {
                // After the read something is committed, and its event is applied.
                stored.store(2, Ordering::Relaxed);
                cache.correct(&7, |held| *held = 2);
            }
            Ok(Some(read))
        };
        assert_eq!(cache.load(7, load).await.unwrap(), Some(2));
        assert_eq!(cache.find(&7), Some(2));
        assert_eq!(loads.load(Ordering::Relaxed), 2);
        assert!(
            cache.state.lock().loading.is_empty(),
            "no trace of the load is left"
        );
    }

    #[tokio::test]
    async fn absence_is_not_held_and_a_load_that_is_given_up_leaves_nothing() {
        let cache: Cache<u32, u64> = Cache::new(10, |_| 1);
        assert_eq!(cache.load(1, || async { Ok(None) }).await.unwrap(), None);
        assert_eq!(cache.load(1, || async { Ok(Some(5)) }).await.unwrap(), Some(5));
        {
            let pending = cache.load(2, std::future::pending);
            let mut pending = std::pin::pin!(pending);
            assert!(pending.as_mut().now_or_never().is_none());
            assert_eq!(cache.state.lock().loading.len(), 1);
        }
        assert!(cache.state.lock().loading.is_empty());
        let failed = cache.load(3, || async { Err(StoreError::Closed) }).await;
        assert!(failed.is_err());
        assert!(cache.state.lock().loading.is_empty());
    }

    #[tokio::test]
    async fn what_was_not_used_for_longest_goes_first_and_the_weight_is_bounded() {
        let cache: Cache<u64, u64> = Cache::new(100, |it| *it as usize);
        for key in 0..10 {
            cache.load(key, || async { Ok(Some(10)) }).await.unwrap();
        }
        cache.find(&0);
        cache.load(99, || async { Ok(Some(10)) }).await.unwrap();
        assert!(cache.find(&0).is_some() && cache.find(&99).is_some());
        assert!(cache.find(&1).is_none());
        let state = cache.state.lock();
        assert!(state.weight <= 100);
        assert_eq!(
            state.weight,
            state.held.values().map(|it| it.weight).sum::<usize>()
        );
    }
}
