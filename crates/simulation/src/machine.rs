//! The server: the real one, run by hand, on a store whose commits the simulation makes.
//!
//! **Comes in:** connections, messages, the moments of commits and crashes. **Goes out:** what sessions write. **Never
//! here:** delays; the world draws them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hongyan_protocol::id::{Timestamp, UserId};
use hongyan_server::config::Config;
use hongyan_server::engine::{Engine, Session};
use hongyan_storage::model::{AccountRecord, App, AppKey, AppSettings};
use hongyan_storage::{Manual, SqliteOptions, SqliteStore, Store, StoreError};

use crate::random::Random;
use crate::{APP, START};

/// The secret key of the app.
pub(crate) const KEY: &str = "the key of the simulation";

const DAY_MS: u64 = 86_400_000;

pub(crate) struct Machine {
    pub(crate) store: Arc<SqliteStore>,
    manual: Manual,
    engine: Option<Engine>,
    /// By the number that links know; `None` when it is over.
    pub(crate) sessions: Vec<Option<Seated>>,
    config: Config,
    drawn: Arc<AtomicU64>,
    /// New settings on their way to the store.
    changing: Option<(App, BoxFuture<'static, Result<(), StoreError>>)>,
    /// What has expired is on its way out.
    expiring: Option<BoxFuture<'static, Result<(), StoreError>>>,
    /// Days for which messages are kept; 0: for ever.
    history_days: u32,
    /// The latest moment before which messages may have been removed.
    removed_before: Timestamp,
}

/// A session, and what is watched of it.
pub(crate) struct Seated {
    pub(crate) session: Session,
    /// `None`: its link is gone, and it goes on with what it began.
    pub(crate) link: Option<usize>,
    /// When its login arrived; told apart from those after which it is in.
    pub(crate) login_came: Timestamp,
    pub(crate) was_in: bool,
    /// The push that says so was written.
    pub(crate) is_kicked: bool,
}

impl Machine {
    pub(crate) fn new(queue_frames_max: usize, history_days: u32, seed: u64) -> Self {
        let (store, manual) = SqliteStore::manual(SqliteOptions {
            writer_cache_bytes: 4 << 20,
            batch_max: 32,
            segment_bytes: 0,
            ..SqliteOptions::default()
        })
        .expect("a store in memory needs memory only");
        let mut config = Config::default();
        config.limits.queue_frames_max = queue_frames_max;
        config.limits.login_failures_max = u32::MAX;
        let mut machine = Self {
            store: Arc::new(store),
            manual,
            engine: None,
            sessions: Vec::new(),
            config,
            drawn: Arc::new(AtomicU64::new(seed << 20)),
            changing: None,
            expiring: None,
            history_days,
            removed_before: Timestamp(0),
        };
        let (store, settings) = (machine.store.clone(), machine.settings(1));
        let mut put = store.put_app(app(settings));
        let _ = (&mut put).now_or_never();
        machine.manual.begin();
        machine.manual.commit();
        machine
    }

    pub(crate) fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    pub(crate) fn start(&mut self, now: Timestamp) {
        let drawn = self.drawn.clone();
        // Spread, as random numbers are.
        let draw = move || Random::new(drawn.fetch_add(1, Ordering::Relaxed)).u64();
        let store: Arc<dyn Store> = self.store.clone();
        self.engine = Some(Engine::new(self.config.clone(), store, now, draw));
    }

    /// Power is lost: what was not committed is gone, and so is everything in memory.
    pub(crate) fn crash(&mut self, seed: u64) {
        for session in &mut self.sessions {
            *session = None;
        }
        self.changing = None;
        self.expiring = None;
        self.engine = None;
        let store = self.manual.crash(seed);
        self.store = Arc::new(store.expect("what a crash leaves can be read"));
    }

    pub(crate) fn accept(&mut self, link: usize) -> Option<usize> {
        let session = self.engine.as_ref()?.connect();
        self.sessions.push(Some(Seated {
            session,
            link: Some(link),
            login_came: Timestamp(0),
            was_in: false,
            is_kicked: false,
        }));
        Some(self.sessions.len() - 1)
    }

    /// Gives all sessions their time.
    pub(crate) fn work(&mut self, now: Timestamp) {
        // The second time for those whom others ended.
        for _ in 0..2 {
            for seated in self.sessions.iter_mut().flatten() {
                seated.session.work(now);
            }
        }
        if let Some((app, future)) = &mut self.changing
            && let Some(done) = future.now_or_never()
        {
            if let (Ok(()), Some(engine)) = (done, &self.engine) {
                engine.app_changed(app.clone());
            }
            self.changing = None;
        }
        if let Some(future) = &mut self.expiring
            && future.now_or_never().is_some()
        {
            self.expiring = None;
        }
        for session in &mut self.sessions {
            if session
                .as_ref()
                .is_some_and(|it| it.link.is_none() && it.session.is_idle())
            {
                *session = None;
            }
        }
    }

    /// Whether somebody waits for a commit.
    pub(crate) fn waits(&self) -> bool {
        self.changing.is_some()
            || self.expiring.is_some()
            || self.sessions.iter().flatten().any(|it| !it.session.is_idle())
    }

    pub(crate) fn begin_commit(&mut self) -> usize {
        self.manual.begin()
    }

    pub(crate) fn commit(&mut self) {
        self.manual.commit();
    }

    /// Moves some of the journal into the database; with `reach` the database knows that it has them.
    pub(crate) fn apply(&mut self, count_max: usize, reach: bool) -> usize {
        self.manual
            .apply(count_max, reach)
            .expect("a database in memory takes what it is given")
    }

    /// The owner changes how many Web instances an account may have, as the console does it.
    pub(crate) fn change_limit(&mut self, web_instances: u32) {
        if self.engine.is_none() || self.changing.is_some() {
            return;
        }
        let app = app(self.settings(web_instances));
        let (store, new) = (self.store.clone(), app.clone());
        let mut update = async move { store.update_app(new).await }.boxed();
        // Submitted by this.
        let _ = (&mut update).now_or_never();
        self.changing = Some((app, update));
    }

    fn settings(&self, web_instances: u32) -> AppSettings {
        AppSettings {
            web_instances,
            history_days: self.history_days,
            ..AppSettings::default()
        }
    }

    /// The server looks for what has expired.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        if let Some(engine) = self.engine.as_ref().filter(|_| self.expiring.is_none()) {
            // A day longer than they are shown.
            let stored_ms = (u64::from(self.history_days) + 1) * DAY_MS;
            let removed_before = Timestamp(now.0.saturating_sub(stored_ms));
            self.removed_before = self.removed_before.max(removed_before);
            self.expiring = Some(engine.expire(now));
        }
    }

    /// For how long messages are shown; `None`: for ever.
    pub(crate) fn shown_ms(&self) -> Option<u64> {
        (self.history_days > 0).then(|| u64::from(self.history_days) * DAY_MS)
    }

    /// Whether a message of that time may be gone by now.
    pub(crate) fn may_be_removed(&self, time: Timestamp) -> bool {
        time < self.removed_before
    }

    pub(crate) fn seated(&self, account: &AccountRecord) -> Vec<hongyan_protocol::id::InstanceId> {
        let engine = self.engine.as_ref();
        engine.map_or_else(Vec::new, |it| it.seated(account.account.id))
    }

    /// The limit that holds now.
    pub(crate) fn limit(&self) -> u32 {
        let app = ready(self.store.find_app(APP)).ok().flatten();
        app.map_or(1, |it| it.settings.web_instances)
    }

    pub(crate) fn account(&self, user: &UserId) -> Option<AccountRecord> {
        ready(self.store.find_account(APP, user)).ok().flatten()
    }
}

/// What a read of the store answers, which is there at once.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("reads are answered on the spot")
}

fn app(settings: AppSettings) -> App {
    App {
        id: APP,
        name: "simulation".to_owned(),
        key: AppKey(KEY.to_owned()),
        created: START,
        settings,
    }
}
