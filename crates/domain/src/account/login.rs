//! Logging in: which instances of an account may be there at once (contract C6).
//!
//! **Comes in:** a login whose UserSig was checked, the app's settings, and which instances have a live socket.
//! **Goes out:** the account, and the instances that have to go. **Never here:** UserSigs, sockets.

use std::collections::HashSet;

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, InstanceId, Pts};
use hongyan_protocol::limits;
use hongyan_protocol::platform::{KickReason, Platform};
use hongyan_storage::model::{AppSettings, Instance, NewInstance, PlatformPolicy, Registered};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Event, Outcome};

/// What became of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It is in.
    In {
        /// Its account.
        account: Account,
        /// The newest event of its log.
        pts: Pts,
    },
    /// It wanted to resume, and was kicked while it was away.
    WasKicked(KickReason),
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// All UserSigs as old as its own were withdrawn.
    #[error("the UserSig was withdrawn")]
    Withdrawn,
    /// The store failed.
    #[error("the login could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for LoginError {
    fn code(&self) -> Code {
        match self {
            Self::Withdrawn => Code::USERSIG_EXPIRED,
            Self::Store(error) => store_code(error, Code::ACCOUNT_INTERNAL),
        }
    }
}

/// Lets an instance in, and tells those that have to go for it. `connected` says which instances of the account have a
/// live socket; it is asked inside the transaction, when nobody else can log in to the account (contract C6).
pub async fn login(
    store: &dyn Store,
    new: NewInstance,
    settings: AppSettings,
    connected: impl FnOnce(AccountId) -> HashSet<InstanceId> + Send + 'static,
) -> Result<Outcome<Arrival>, LoginError> {
    let instance = new.instance;
    let choose = Box::new(move |account: AccountId, existing: &[Instance]| {
        choose_kicked(existing, &connected(account), &instance, &settings)
    });
    let committed = store.register_instance(new, choose).await?;
    let (answer, events) = match committed.value {
        Registered::In {
            account, pts, kicked, ..
        } => {
            let mut events = Vec::new();
            if !kicked.is_empty() {
                events.push(Event::InstancesKicked {
                    account: account.id,
                    instances: kicked,
                });
            }
            (Arrival::In { account, pts }, events)
        }
        Registered::WasKicked(reason) => (Arrival::WasKicked(reason), Vec::new()),
        Registered::Withdrawn => return Err(LoginError::Withdrawn),
    };
    Ok(Outcome {
        answer,
        events,
        turn: committed.turn,
    })
}

/// Which of the `existing` instances have to go when `new` comes.
///
/// Within the kind of `new`, as many as are above the kind's limit: those without a live socket first, because nobody
/// sits before them, then those that logged in first. Of other kinds, all that the app's policy does not allow beside
/// it. An app's server (a bot) is no device: it is never kicked and counts nowhere.
pub fn choose_kicked(
    existing: &[Instance],
    connected: &HashSet<InstanceId>,
    new: &Instance,
    settings: &AppSettings,
) -> Vec<(InstanceId, KickReason)> {
    let Some(kind) = Kind::of(new.platform) else {
        return Vec::new();
    };
    let others = existing.iter().filter(|it| it.id != new.id);
    let (mut same, mut kicked) = (Vec::new(), Vec::new());
    for instance in others {
        match Kind::of(instance.platform) {
            Some(other) if other == kind => same.push(instance),
            Some(other) if settings.platform_policy.excludes(kind, other) => {
                kicked.push((instance.id, KickReason::MultipleDevice));
            }
            Some(_) | None => {}
        }
    }
    same.sort_by_key(|it| (connected.contains(&it.id), it.since, it.id));
    let above = (same.len() + 1).saturating_sub(kind.limit(settings));
    let above = same.iter().take(above);
    kicked.extend(above.map(|it| (it.id, KickReason::MultipleAccount)));
    kicked
}

/// What counts as one kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Browsers and mini-programs.
    Web,
    /// A native platform.
    Native(Platform),
}

impl Kind {
    /// `None` for an app's server.
    const fn of(platform: Platform) -> Option<Self> {
        match platform {
            Platform::Web | Platform::MiniProgram => Some(Self::Web),
            Platform::Windows
            | Platform::Mac
            | Platform::Linux
            | Platform::Android
            | Platform::Ios
            | Platform::Ipad => Some(Self::Native(platform)),
            Platform::Server => None,
        }
    }

    fn limit(self, settings: &AppSettings) -> usize {
        match self {
            Self::Web => settings.web_instances.clamp(1, limits::WEB_INSTANCES_MAX) as usize,
            Self::Native(_) => 1,
        }
    }

    const fn is_mobile(self) -> bool {
        matches!(
            self,
            Self::Native(Platform::Android | Platform::Ios | Platform::Ipad)
        )
    }
}

/// What a policy says about two different kinds.
trait Excludes {
    /// They cannot be on line at the same time (service.md 4.5).
    fn excludes(self, one: Kind, other: Kind) -> bool;
}

impl Excludes for PlatformPolicy {
    fn excludes(self, one: Kind, other: Kind) -> bool {
        let with_web = one == Kind::Web || other == Kind::Web;
        match self {
            Self::Single => true,
            Self::Dual => !with_web,
            Self::Triple => !with_web && one.is_mobile() == other.is_mobile(),
            Self::Multi => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use hongyan_protocol::id::Timestamp;

    fn instance(id: u8, platform: Platform, since: u64) -> Instance {
        Instance {
            id: InstanceId([id; 16]),
            platform,
            since: Timestamp(since),
        }
    }

    fn settings(web_instances: u32, platform_policy: PlatformPolicy) -> AppSettings {
        AppSettings {
            web_instances,
            platform_policy,
            ..AppSettings::default()
        }
    }

    fn ids(kicked: &[(InstanceId, KickReason)]) -> Vec<u8> {
        kicked.iter().map(|(id, _)| id.0[0]).collect()
    }

    fn all_connected(existing: &[Instance]) -> HashSet<InstanceId> {
        existing.iter().map(|it| it.id).collect()
    }

    /// Contract C6.
    #[test]
    fn the_longest_standing_web_instance_goes_and_a_mini_program_is_one() {
        let existing = [
            instance(1, Platform::Web, 10),
            instance(2, Platform::MiniProgram, 20),
            instance(3, Platform::Android, 5),
        ];
        let new = instance(9, Platform::Web, 30);
        let at = |limit| {
            choose_kicked(
                &existing,
                &all_connected(&existing),
                &new,
                &settings(limit, PlatformPolicy::Multi),
            )
        };
        assert_eq!(at(2), [(InstanceId([1; 16]), KickReason::MultipleAccount)]);
        assert_eq!(ids(&at(1)), [1, 2]);
        assert!(at(3).is_empty());
    }

    /// Contract C6.
    #[test]
    fn an_instance_without_a_socket_goes_before_a_longer_standing_one_with_one() {
        let existing = [instance(1, Platform::Web, 10), instance(2, Platform::Web, 20)];
        let connected = HashSet::from([InstanceId([1; 16])]);
        let new = instance(9, Platform::Web, 30);
        let kicked = choose_kicked(&existing, &connected, &new, &settings(2, PlatformPolicy::Multi));
        assert_eq!(ids(&kicked), [2]);
    }

    /// Contract C6.
    #[test]
    fn a_policy_says_which_kinds_may_be_there_together() {
        let existing: Vec<Instance> = Platform::ALL
            .into_iter()
            .enumerate()
            .map(|(at, platform)| instance(at as u8, platform, at as u64))
            .collect();
        let names = |policy, new| {
            let new = instance(99, new, 99);
            let all = all_connected(&existing);
            let kicked = choose_kicked(&existing, &all, &new, &settings(10, policy));
            let name = |id: &InstanceId| Platform::ALL[id.0[0] as usize].name();
            let mut names: Vec<_> = kicked.iter().map(|(id, _)| name(id)).collect();
            names.sort_unstable();
            names.join(" ")
        };
        use Platform::{Android, Server, Web};
        use PlatformPolicy::{Dual, Multi, Single, Triple};
        assert_eq!(
            names(Single, Web),
            "android ios ipad linux mac windows",
            "web beside web is a matter of the web limit"
        );
        assert_eq!(
            names(Single, Android),
            "android ios ipad linux mac mini-program web windows"
        );
        assert_eq!(names(Dual, Web), "");
        assert_eq!(names(Dual, Android), "android ios ipad linux mac windows");
        assert_eq!(names(Triple, Android), "android ios ipad");
        assert_eq!(names(Triple, Platform::Mac), "linux mac windows");
        assert_eq!(names(Multi, Android), "android");
        assert_eq!(names(Single, Server), "");
    }

    fn any_platform() -> impl Strategy<Value = Platform> {
        proptest::sample::select(Platform::ALL.to_vec())
    }

    fn any_policy() -> impl Strategy<Value = PlatformPolicy> {
        proptest::sample::select(vec![
            PlatformPolicy::Single,
            PlatformPolicy::Dual,
            PlatformPolicy::Triple,
            PlatformPolicy::Multi,
        ])
    }

    proptest! {
        /// Contract C6: whatever was there, after a login the limit holds, the new one stays, and nobody goes without need.
        #[test]
        fn after_any_row_of_logins_the_limits_hold_exactly(
            logins in proptest::collection::vec((any_platform(), any::<bool>()), 1..40),
            web_instances in 1u32..=10,
            policy in any_policy(),
        ) {
            let settings = settings(web_instances, policy);
            let mut there: Vec<Instance> = Vec::new();
            let mut connected = HashSet::new();
            for (at, (platform, keeps_socket)) in logins.into_iter().enumerate() {
                let new = instance(at as u8, platform, at as u64);
                let kicked = choose_kicked(&there, &connected, &new, &settings);
                let before = there.len();
                there.retain(|it| kicked.iter().all(|(id, _)| *id != it.id));
                prop_assert_eq!(before - there.len(), kicked.len(), "each is there and goes once");
                let kind = Kind::of(platform);
                let same = |it: &&Instance| kind.is_some() && Kind::of(it.platform) == kind;
                let limit = kind.map_or(0, |it| it.limit(&settings));
                let same_kicked = kicked.iter().filter(|(_, why)| *why == KickReason::MultipleAccount).count();
                if same_kicked > 0 {
                    prop_assert_eq!(there.iter().filter(same).count() + 1, limit, "not more than needed");
                }
                there.push(new);
                if keeps_socket {
                    connected.insert(new.id);
                }
                for one in &there {
                    let Some(one_kind) = Kind::of(one.platform) else { continue };
                    let of_kind = there.iter().filter(|it| Kind::of(it.platform) == Some(one_kind)).count();
                    prop_assert!(of_kind <= one_kind.limit(&settings));
                    for other in &there {
                        if let Some(other_kind) = Kind::of(other.platform).filter(|it| *it != one_kind) {
                            prop_assert!(!policy.excludes(one_kind, other_kind));
                        }
                    }
                }
            }
        }
    }
}
