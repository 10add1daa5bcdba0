//! Fan-out: who is connected where, and the way of a committed change to those whom it concerns.
//!
//! **Comes in:** sessions that come and go; events, in the order of commits (their turn). **Goes out:** encoded pushes
//! in the sessions' outboxes. **Never here:** rules, the store, waiting. All of it runs under one short lock, so that
//! everybody sees the same order (contract C3).
//!
//! Invariant: facts are corrected by an event before anybody hears of it.
//!
//! Invariant: a session whose instance was kicked is taken out before anything later is published (contract C6), and
//! one that logs in at the same moment is not let in.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hashbrown::HashMap;
use hongyan_domain::{Audience, Event};
use hongyan_protocol::id::{Account, AccountId, InstanceId, SdkAppId, Timestamp, Version};
use hongyan_protocol::platform::{KickReason, Platform};
#[cfg(feature = "sabotage")]
use hongyan_protocol::sabotage::{self, Sabotage};
use hongyan_protocol::wire::{self, Close, push};
use hongyan_protocol::{frame, message::ChangeKind};
use hongyan_storage::model::Seen;
use parking_lot::Mutex;

use crate::facts::Facts;
use crate::metrics::Metrics;
use crate::session::outbox::{End, Outbox, Pushed};

/// Names a session in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u64);

/// See the head of the file.
pub(crate) struct Hub {
    facts: Arc<Facts>,
    metrics: Arc<Metrics>,
    account_connections_max: usize,
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    accounts: HashMap<AccountId, Vec<Seat>>,
    /// Logins under way, and whether their instance was kicked meanwhile.
    logging_in: HashMap<SessionId, (InstanceId, Option<KickReason>)>,
    stopping: bool,
}

/// A session's place in the hub.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) session: SessionId,
    pub(crate) account: Account,
    pub(crate) instance: InstanceId,
    pub(crate) platform: Platform,
    pub(crate) since: Timestamp,
    pub(crate) address: IpAddr,
    pub(crate) outbox: Arc<Outbox>,
}

/// Events with their pushes, encoded once and before their turn comes.
pub(crate) struct Publication(Vec<Item>);

struct Item {
    event: Event,
    push: Option<Bytes>,
    /// For those of the audience who do not see the message.
    hollow: Option<Bytes>,
    except: Option<SessionId>,
}

/// How many are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) instances: usize,
    pub(crate) accounts: usize,
}

impl Publication {
    /// `except` names the session that needs no push of an event, because its answer says the same.
    pub(crate) fn new(events: Vec<Event>, mut except: impl FnMut(&Event) -> Option<SessionId>) -> Self {
        let items = events.into_iter().map(|event| Item {
            push: encode(&event),
            hollow: encode_hollow(&event),
            except: except(&event),
            event,
        });
        Self(items.collect())
    }

    /// Everybody whom it concerns hears of it.
    pub(crate) fn to_all(events: Vec<Event>) -> Self {
        Self::new(events, |_| None)
    }
}

impl Hub {
    pub(crate) fn new(facts: Arc<Facts>, metrics: Arc<Metrics>, account_connections_max: usize) -> Self {
        Self {
            facts,
            metrics,
            account_connections_max,
            next: AtomicU64::new(1),
            state: Mutex::default(),
        }
    }

    /// A number for a new session.
    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A login begins. Until [`Hub::enter`] or [`Hub::leave`], a kick of its instance is remembered.
    pub(crate) fn begin(&self, session: SessionId, instance: InstanceId) {
        self.state.lock().logging_in.insert(session, (instance, None));
    }

    /// Gives a session that logged in its seat, in the turn of its login. Another session of the same instance has lost
    /// its client, and goes. `answer` is the first frame that it gets; who may not stay finds its outbox ended instead.
    pub(crate) fn enter(&self, seat: Seat, answer: Bytes) {
        let mut state = self.state.lock();
        let Some((_, kicked)) = state.logging_in.remove(&seat.session) else {
            return; // Its socket is gone already.
        };
        if let Some(reason) = kicked {
            kick(&seat.outbox, reason);
            return;
        }
        if state.stopping {
            seat.outbox.end(None, STOPPING);
            return;
        }
        state.take_out(seat.account.id, &self.metrics, |it| {
            let replaced = it.instance == seat.instance;
            if replaced {
                it.outbox.end(None, REPLACED);
            }
            replaced
        });
        let taken = state.accounts.get(&seat.account.id).map_or(0, Vec::len);
        if taken >= self.account_connections_max {
            seat.outbox.end(None, TOO_MANY);
            return;
        }
        // Most accounts have one.
        let seats = state
            .accounts
            .entry(seat.account.id)
            .or_insert_with(|| Vec::with_capacity(1));
        self.metrics.entered(seat.platform);
        seat.outbox.push(answer);
        seats.push(seat);
    }

    /// Takes a session out; it is well if it is gone already.
    pub(crate) fn leave(&self, session: SessionId, account: Option<AccountId>) {
        let mut state = self.state.lock();
        state.logging_in.remove(&session);
        if let Some(account) = account {
            state.take_out(account, &self.metrics, |it| it.session == session);
        }
    }

    /// Which instances of an account have a socket right now.
    pub(crate) fn connected(&self, account: AccountId) -> HashSet<InstanceId> {
        let state = self.state.lock();
        let seats = state.accounts.get(&account).into_iter().flatten();
        seats.map(|it| it.instance).collect()
    }

    /// The seats of an account.
    pub(crate) fn seats(&self, account: AccountId) -> Vec<Seat> {
        let state = self.state.lock();
        state.accounts.get(&account).cloned().unwrap_or_default()
    }

    /// How many are there, of one app or of all.
    pub(crate) fn present(&self, app: Option<SdkAppId>) -> Present {
        let state = self.state.lock();
        let mut present = Present::default();
        for seats in state.accounts.values() {
            let counts = |seat: &&Seat| app.is_none_or(|app| seat.account.app == app);
            let instances = seats.iter().filter(counts).count();
            present.accounts += usize::from(instances > 0);
            present.instances += instances;
        }
        present
    }

    /// Corrects the facts and hands the pushes to those whom they concern. To be called in the turn of the commit.
    pub(crate) fn publish(&self, publication: Publication) {
        if publication.0.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        for item in publication.0 {
            self.facts.apply(&item.event);
            match (&item.event, item.push) {
                (
                    Event::TimelineChanged {
                        audience,
                        change,
                        seen,
                        ..
                    },
                    Some(push),
                ) => {
                    let push_for = |account| match seen.by(account) {
                        true => Some(&push),
                        false => item.hollow.as_ref(),
                    };
                    if change.kind == ChangeKind::Appended {
                        self.metrics.message_appended();
                    }
                    match audience {
                        Audience::Accounts(accounts) => {
                            for (place, account) in accounts.iter().enumerate() {
                                // A message to oneself names its account twice and is heard once.
                                if !accounts[..place].contains(account)
                                    && let Some(push) = push_for(*account)
                                {
                                    state.deliver(*account, push, item.except, &self.metrics);
                                }
                            }
                        }
                        Audience::Group(group) => {
                            for account in self.facts.group_members(*group) {
                                if let Some(push) = push_for(account) {
                                    state.deliver(account, push, item.except, &self.metrics);
                                }
                            }
                        }
                    }
                }
                (Event::AccountChanged { account, .. }, Some(push)) => {
                    state.deliver(*account, &push, item.except, &self.metrics);
                }
                (Event::InstancesKicked { account, instances }, _) => {
                    state.kick(*account, instances, &self.metrics);
                }
                _ => {}
            }
        }
    }

    /// Ends all sessions, and lets no one in any more.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock();
        state.stopping = true;
        for seat in std::mem::take(&mut state.accounts).into_values().flatten() {
            self.metrics.left(seat.platform);
            seat.outbox.end(None, STOPPING);
        }
    }
}

/// The server stops.
pub(crate) const STOPPING: End = End::new(Close::GoingAway, "the server stops; reconnect");
const REPLACED: End = End::new(Close::GoingAway, "this instance has connected again");
const TOO_MANY: End = End::new(
    Close::TooMany,
    "the account has as many connections as it may have",
);
const KICKED: End = End::new(Close::Kicked, "kicked; do not reconnect");

/// Ends a session with the push that says why.
pub(crate) fn kick(outbox: &Outbox, reason: KickReason) {
    outbox.end(Some(kicked_push(reason)), KICKED);
}

fn kicked_push(reason: KickReason) -> Bytes {
    let kicked = wire::Kicked {
        reason: reason.to_wire().into(),
    };
    encode_push(push::Kind::Kicked(kicked))
}

impl State {
    fn deliver(&self, account: AccountId, push: &Bytes, except: Option<SessionId>, metrics: &Metrics) {
        for seat in self.accounts.get(&account).into_iter().flatten() {
            if Some(seat.session) == except {
                continue;
            }
            match seat.outbox.push(push.clone()) {
                Pushed::Taken => metrics.pushed(),
                Pushed::Overflowed => metrics.queue_full(),
                // It is about to leave.
                Pushed::Ended => {}
            }
        }
    }

    fn kick(&mut self, account: AccountId, instances: &[(InstanceId, KickReason)], metrics: &Metrics) {
        for (instance, reason) in instances {
            for (logging_in, kicked) in self.logging_in.values_mut() {
                if logging_in == instance {
                    *kicked = Some(*reason);
                }
            }
            self.take_out(account, metrics, |seat| {
                let goes = seat.instance == *instance;
                #[cfg(feature = "sabotage")]
                if goes && sabotage::is(Sabotage::PushToKicked) {
                    seat.outbox.push(kicked_push(*reason));
                    return false;
                }
                if goes {
                    kick(&seat.outbox, *reason);
                }
                goes
            });
        }
    }

    fn take_out(&mut self, account: AccountId, metrics: &Metrics, mut goes: impl FnMut(&Seat) -> bool) {
        if let Some(seats) = self.accounts.get_mut(&account) {
            seats.retain(|seat| {
                let goes = goes(seat);
                if goes {
                    metrics.left(seat.platform);
                }
                !goes
            });
            if seats.is_empty() {
                self.accounts.remove(&account);
            }
        }
    }
}

/// What sessions are told of an event; some only correct facts.
fn encode(event: &Event) -> Option<Bytes> {
    match event {
        Event::TimelineChanged { change, .. } => {
            Some(encode_push(push::Kind::TimelineChange(change.to_wire())))
        }
        Event::AccountChanged { event, .. } => Some(encode_push(push::Kind::AccountEvent(event.to_wire()))),
        Event::InstancesKicked { .. }
        | Event::ProfileChanged { .. }
        | Event::BlacklistChanged { .. }
        | Event::MembersAdded { .. }
        | Event::MemberRemoved { .. }
        | Event::GroupDismissed { .. } => None,
    }
}

/// What those are told who do not see the message: its numbers, so that theirs stay one apart. Of a message that passes
/// by, which has none, they are told nothing.
fn encode_hollow(event: &Event) -> Option<Bytes> {
    match event {
        Event::TimelineChanged { change, seen, .. }
            if *seen != Seen::All && change.message.version > Version(0) =>
        {
            let hollow = change.hollow().to_wire();
            Some(encode_push(push::Kind::TimelineChange(hollow)))
        }
        _ => None,
    }
}

fn encode_push(kind: push::Kind) -> Bytes {
    frame::push(wire::Push { kind: Some(kind) })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hongyan_protocol::change::AccountEvent;
    use hongyan_protocol::id::{Pts, UserId};
    use hongyan_protocol::wire::frame::Kind;
    use hongyan_storage::SqliteStore;

    use super::*;

    const ALICE: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    fn hub() -> Hub {
        let facts = Arc::new(Facts::new(Arc::new(SqliteStore::in_memory())));
        Hub::new(facts, Arc::new(Metrics::default()), 3)
    }

    fn seat(hub: &Hub, account: AccountId, instance: u8) -> Seat {
        let seat = Seat {
            session: hub.next_session(),
            account: Account {
                app: SdkAppId(1),
                id: account,
                user_id: UserId::trusted("somebody"),
            },
            instance: InstanceId([instance; 16]),
            platform: Platform::Web,
            since: Timestamp(0),
            address: Ipv4Addr::LOCALHOST.into(),
            outbox: Arc::new(Outbox::new(100, 1 << 20)),
        };
        hub.begin(seat.session, seat.instance);
        seat
    }

    /// A session that has its seat, and has read its answer.
    fn enter(hub: &Hub, account: AccountId, instance: u8) -> Seat {
        let seat = seat(hub, account, instance);
        hub.enter(seat.clone(), frame::ping(0));
        assert_eq!(heard(&seat), ["answer"]);
        seat
    }

    fn grew(account: AccountId, pts: u64) -> Event {
        Event::AccountChanged {
            account,
            event: AccountEvent {
                pts: Pts(pts),
                change: None,
            },
        }
    }

    fn kicked(account: AccountId, instance: u8) -> Event {
        Event::InstancesKicked {
            account,
            instances: vec![(InstanceId([instance; 16]), KickReason::MultipleAccount)],
        }
    }

    fn heard(seat: &Seat) -> Vec<String> {
        let messages = std::iter::from_fn(|| seat.outbox.take());
        let frames = messages.flat_map(|it| frame::decode(it).unwrap());
        frames
            .map(|it| match it.kind.unwrap() {
                Kind::Ping(_) => "answer".to_owned(),
                Kind::Push(push) => match push.kind.unwrap() {
                    push::Kind::AccountEvent(event) => event.pts.to_string(),
                    push::Kind::Kicked(_) => "kicked".to_owned(),
                    push::Kind::TimelineChange(_) => "message".to_owned(),
                },
                other => panic!("{other:?}"),
            })
            .collect()
    }

    /// Contract C6.
    #[test]
    fn a_kicked_session_hears_nothing_after_it() {
        let hub = hub();
        let (first, second) = (enter(&hub, ALICE, 1), enter(&hub, ALICE, 2));
        hub.publish(Publication::to_all(vec![
            grew(ALICE, 1),
            kicked(ALICE, 1),
            grew(ALICE, 2),
        ]));
        hub.publish(Publication::to_all(vec![grew(ALICE, 3)]));
        assert_eq!(heard(&first), ["1", "kicked"]);
        assert_eq!(first.outbox.ended().unwrap().code, Close::Kicked);
        assert_eq!(heard(&second), ["1", "2", "3"]);
        assert_eq!(hub.connected(ALICE), HashSet::from([second.instance]));
    }

    /// Contract C6.
    #[test]
    fn an_instance_that_is_kicked_while_it_logs_in_is_not_let_in() {
        let hub = hub();
        let coming = seat(&hub, ALICE, 1);
        hub.publish(Publication::to_all(vec![kicked(ALICE, 1)]));
        hub.enter(coming.clone(), frame::ping(0));
        assert_eq!(heard(&coming), ["kicked"]);
        assert!(hub.connected(ALICE).is_empty());
    }

    /// Contract C4.
    #[test]
    fn pushes_come_in_the_order_of_publication_and_only_to_their_account() {
        let hub = hub();
        let (alice, bob) = (enter(&hub, ALICE, 1), enter(&hub, BOB, 1));
        for pts in 1..=3 {
            hub.publish(Publication::to_all(vec![grew(ALICE, pts), grew(BOB, 10 * pts)]));
        }
        assert_eq!(heard(&alice), ["1", "2", "3"]);
        assert_eq!(heard(&bob), ["10", "20", "30"]);
    }

    #[test]
    fn the_session_whose_answer_says_it_gets_no_push() {
        let hub = hub();
        let (caller, other) = (enter(&hub, ALICE, 1), enter(&hub, ALICE, 2));
        hub.publish(Publication::new(vec![grew(ALICE, 1)], |_| Some(caller.session)));
        assert!(heard(&caller).is_empty());
        assert_eq!(heard(&other), ["1"]);
    }

    #[test]
    fn a_session_that_is_gone_before_its_turn_gets_no_seat() {
        let hub = hub();
        let gone = seat(&hub, ALICE, 1);
        hub.leave(gone.session, Some(ALICE));
        hub.enter(gone.clone(), frame::ping(0));
        assert!(heard(&gone).is_empty());
        assert_eq!(hub.present(None), Present::default());
    }

    #[test]
    fn one_seat_beyond_the_limit_is_refused_and_an_instance_that_returns_takes_its_own() {
        let hub = hub();
        let first = enter(&hub, ALICE, 1);
        enter(&hub, ALICE, 2);
        enter(&hub, ALICE, 3);
        let fourth = seat(&hub, ALICE, 4);
        hub.enter(fourth.clone(), frame::ping(0));
        assert_eq!(fourth.outbox.ended().unwrap().code, Close::TooMany);
        enter(&hub, ALICE, 1);
        assert_eq!(first.outbox.ended().unwrap().code, Close::GoingAway);
        assert_eq!(
            hub.present(Some(SdkAppId(1))),
            Present {
                instances: 3,
                accounts: 1
            }
        );
        // The old socket's farewell does not take the new one's seat.
        hub.leave(first.session, Some(ALICE));
        assert_eq!(hub.present(None).instances, 3);
    }

    #[test]
    fn a_hub_that_stops_ends_all_and_lets_no_one_in() {
        let hub = hub();
        let (inside, coming) = (enter(&hub, ALICE, 1), seat(&hub, BOB, 1));
        hub.stop();
        hub.enter(coming.clone(), frame::ping(0));
        for seat in [inside, coming] {
            assert_eq!(seat.outbox.ended(), Some(STOPPING));
        }
        assert_eq!(hub.present(None), Present::default());
    }
}
