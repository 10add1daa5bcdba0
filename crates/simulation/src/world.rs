//! Time, and what happens in it: people act, messages arrive, commits end, things break, and at last all heals.
//!
//! **Comes in:** a seed, which decides everything. **Goes out:** the audit of what was left. **Never here:** what a contract
//! asks for, beyond what has to be looked at while it happens (C6).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use hongyan_protocol::frame;
use hongyan_protocol::id::{Timestamp, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::wire::{self, Close, frame::Kind, push, request::Command};
use hongyan_sdk::core::{Call, CallId, Event, Input, Output};
use hongyan_storage::Store as _;

use crate::broken::{Broken, Contract, Trace};
use crate::instance::Instance;
use crate::ledger::{Promise, promise};
use crate::link::{Down, Link, Up};
use crate::logs::Logs;
use crate::machine::{Machine, ready};
use crate::random::Random;
use crate::workload::{Town, login};
use crate::{APP, Report, START, audit};

/// How long people act.
const ACTIVE_MS: u64 = 16_000;
/// After that: longer than the longest wait between two attempts, and the longest life of a request.
const HEALING_MS: u64 = 120_000;
/// What a fresh instance needs to be ready, on a good network.
const FRESH_MS: u64 = 10_000;

/// Something that happens at a time.
#[derive(Debug, Clone, Copy)]
enum Happening {
    /// The person before an instance does something.
    Act(usize),
    Wake(usize),
    /// A connection reaches the server.
    Accept(usize),
    /// The client learns that it is open.
    Opened(usize),
    /// The client learns that it could not be opened, or is gone.
    ClientNotices(usize),
    ServerNotices(usize),
    ToServer(usize),
    ToClient(usize),
    /// The client reads again.
    Drain,
    CommitBegins,
    CommitEnds(u64),
    /// Instead of the end of a commit.
    Crash(u64),
    Fault,
    Restart,
    /// The server looks for what has expired.
    Expire,
}

pub(crate) struct World {
    now: Timestamp,
    random: Random,
    plan: BTreeMap<(Timestamp, u64), Happening>,
    planned: u64,
    machine: Machine,
    /// Life of the server: commits of an earlier one never end.
    life: u64,
    is_committing: bool,
    /// The disk hangs in the next commit, and the machine dies in it.
    is_dying: bool,
    pub(crate) instances: Vec<Instance>,
    links: Vec<Link>,
    /// What was asked on each link and not answered yet.
    asked: Vec<BTreeMap<u32, Command>>,
    town: Town,
    pub(crate) promises: Vec<Promise>,
    /// What somebody wanted messages to say instead.
    wished: BTreeSet<(MessageKey, Bytes)>,
    /// Since when which limit holds.
    limits: Vec<(Timestamp, u32)>,
    faults: Faults,
    trace: Trace,
    report: Report,
}

/// What may go wrong in this run, so often in a thousand.
#[derive(Debug)]
struct Faults {
    is_over: bool,
    /// People, and what breaks, may be slow: then there is time for heartbeats and for what runs out.
    pace: u64,
    /// Every so many milliseconds something breaks.
    every_ms: u64,
    delay_ms_max: u64,
    sync_ms_max: u64,
    open_fails: u64,
    /// Fan-out loses pushes, as a bus between nodes would.
    lost_pushes: u64,
    /// So often all devices sleep for long, and messages expire.
    nights: u64,
}

impl World {
    pub(crate) fn new(seed: u64, lines_max: usize) -> Self {
        let mut random = Random::new(seed);
        let pace = if random.permille(200) { 12 } else { 1 };
        let loses_pushes = random.permille(400);
        let has_nights = random.permille(150);
        let nights = if has_nights { random.between(1, 3) } else { 0 };
        let faults = Faults {
            is_over: false,
            pace,
            every_ms: random.between(400, 4000),
            delay_ms_max: random.between(1, 300),
            sync_ms_max: random.between(1, 60),
            open_fails: random.between(0, 300),
            lost_pushes: if loses_pushes { random.between(5, 150) } else { 0 },
            nights,
        };
        let queue_frames_max = random.between(4, 60) as usize;
        let town = Town::new(random.between(2, 5) as usize);
        let mut instances = Vec::new();
        for user in &town.users {
            for _ in 0..random.between(1, 3) {
                let skew_ms = [0, 0, 3_700, -3_600_000][random.below(4)];
                instances.push(Instance::new(user.clone(), random.bytes_32(), skew_ms));
            }
        }
        Self {
            now: START,
            machine: Machine::new(queue_frames_max, u32::from(nights > 0), seed),
            random,
            plan: BTreeMap::new(),
            planned: 0,
            life: 0,
            is_committing: false,
            is_dying: false,
            instances,
            links: Vec::new(),
            asked: Vec::new(),
            town,
            promises: Vec::new(),
            wished: BTreeSet::new(),
            limits: vec![(START, 1)],
            faults,
            trace: Trace::new(lines_max),
            report: Report::default(),
        }
    }

    pub(crate) fn run(mut self) -> (Result<Report, Broken>, Vec<String>) {
        let done = self.play();
        let lines = self.trace.into_lines();
        let done = done.map(|()| self.report).map_err(|broken| Broken {
            trace: lines.clone(),
            ..broken
        });
        (done, lines)
    }

    fn play(&mut self) -> Result<(), Broken> {
        self.machine.start(self.now);
        for instance in 0..self.instances.len() {
            let after = self.random.between(0, 1500);
            self.plan(after, Happening::Act(instance));
        }
        self.plan(self.faults.every_ms, Happening::Fault);
        let day_ms = ACTIVE_MS * self.faults.pace / (self.faults.nights + 1);
        for _ in 0..self.faults.nights {
            self.run_until(self.now.plus_ms(day_ms))?;
            self.sleep();
        }
        self.run_until(self.now.plus_ms(day_ms))?;
        self.heal()?;
        self.run_until(self.now.plus_ms(HEALING_MS))?;
        // A fresh instance must not send anybody away, nor be sent.
        self.machine.change_limit(10);
        self.pump()?;
        self.run_until(self.now.plus_ms(1000))?;
        let old = self.instances.len();
        for user in self.town.users.clone() {
            let seed = self.random.bytes_32();
            self.instances.push(Instance::new(user.clone(), seed, 0));
            self.call(self.instances.len() - 1, login(&user))?;
        }
        self.run_until(self.now.plus_ms(FRESH_MS))?;
        self.note(|| "audit".to_owned());
        let logs = Logs::read(self);
        audit::promises(self, &logs)?;
        audit::news(self)?;
        (self.report.messages, self.report.removed) = audit::timelines(self)?;
        audit::instances(self, &logs, old)
    }

    /// Everybody's devices are asleep for long, with what they were waiting for. Then the server looks for what has expired.
    fn sleep(&mut self) {
        let hours = self.random.between(4, 60);
        self.now = self.now.plus_ms(hours * 3_600_000);
        self.note(|| format!("{hours} hours later"));
        let after = self.random.between(0, 3_000);
        self.plan(after, Happening::Expire);
    }

    /// All that was broken works again, and nothing breaks any more.
    fn heal(&mut self) -> Result<(), Broken> {
        self.note(|| "all heals".to_owned());
        self.faults.is_over = true;
        self.is_dying = false;
        if !self.machine.is_up() {
            self.restart()?;
        }
        for instance in &mut self.instances {
            instance.unreachable_until = Timestamp(0);
        }
        for link in 0..self.links.len() {
            self.links[link].slow_until = Timestamp(0);
            // What fan-out lost last is noticed by the next push only, or by a sync.
            if self.faults.lost_pushes > 0 {
                self.cut(link);
            }
        }
        self.pump()
    }

    pub(crate) fn run_until(&mut self, end: Timestamp) -> Result<(), Broken> {
        while let Some(entry) = self.plan.first_entry() {
            let at = entry.key().0;
            if at > end {
                break;
            }
            let happening = entry.remove();
            self.now = self.now.max(at);
            self.happen(happening)?;
        }
        self.now = end;
        Ok(())
    }

    /// Calls, as an app does, and keeps the answer in the instance's `wanted`.
    pub(crate) fn call_wanted(&mut self, instance: usize, call: Call) -> Result<CallId, Broken> {
        let id = self.instances[instance].next_call(&call);
        self.instances[instance].wanted.insert(id, None);
        self.tell(instance, Input::Call { id, call })?;
        Ok(id)
    }

    fn call(&mut self, instance: usize, call: Call) -> Result<(), Broken> {
        let it = &mut self.instances[instance];
        let id = it.next_call(&call);
        self.report.calls += 1;
        if let Call::ModifyMessage { message } = &call {
            self.wished
                .insert((message.key(), message.data.body.bytes().clone()));
        }
        self.trace.note(self.now, || {
            let text = match &call {
                Call::Login { .. } => "Login".to_owned(),
                other => format!("{other:?}"),
            };
            format!(
                "{instance} {} calls {}",
                it.user,
                text.chars().take(240).collect::<String>()
            )
        });
        self.tell(instance, Input::Call { id, call })
    }

    /// Since when messages are shown; `None`: all are, in this run.
    pub(crate) fn shown_since(&self) -> Option<Timestamp> {
        let shown_ms = self.machine.shown_ms()?;
        Some(Timestamp(self.now.0.saturating_sub(shown_ms)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn users(&self) -> &[UserId] {
        &self.town.users
    }

    pub(crate) fn groups(&self) -> &[hongyan_protocol::id::GroupId] {
        &self.town.groups
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Whether somebody wanted a message to say this.
    pub(crate) fn is_wished(&self, key: MessageKey, body: &Bytes) -> bool {
        self.wished.contains(&(key, body.clone()))
    }

    fn plan(&mut self, after_ms: u64, happening: Happening) {
        self.plan_at(self.now.plus_ms(after_ms), happening);
    }

    fn plan_at(&mut self, at: Timestamp, happening: Happening) {
        self.planned += 1;
        self.plan.insert((at, self.planned), happening);
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        self.trace.note(self.now, line);
    }

    fn delay(&mut self) -> u64 {
        let max = if self.faults.is_over {
            20
        } else {
            self.faults.delay_ms_max
        };
        self.random.between(1, max.max(1))
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Broken> {
        match happening {
            Happening::Act(instance) => self.act(instance),
            Happening::Wake(instance) => {
                let it = &mut self.instances[instance];
                if it.wake.is_some_and(|wake| wake <= self.now) {
                    it.wake = None;
                    self.tell(instance, Input::Wake)?;
                }
                Ok(())
            }
            Happening::Accept(link) => {
                self.accept(link);
                Ok(())
            }
            Happening::Opened(link) => {
                let instance = self.links[link].instance;
                if !self.links[link].is_cut && self.instances[instance].link == Some(link) {
                    self.tell(instance, Input::SocketOpened)?;
                }
                Ok(())
            }
            Happening::ClientNotices(link) => self.client_notices(link, 1006),
            Happening::ServerNotices(link) => self.server_notices(link),
            Happening::ToServer(link) => self.reaches_server(link),
            Happening::ToClient(link) => self.reaches_client(link),
            Happening::Drain => self.pump(),
            Happening::CommitBegins => {
                if self.machine.begin_commit() == 0 {
                    self.is_committing = false;
                } else {
                    if std::mem::take(&mut self.is_dying) {
                        let after = self.random.between(1, 800);
                        self.plan(after, Happening::Crash(self.life));
                    } else {
                        let after = self.random.between(1, self.faults.sync_ms_max);
                        self.plan(after, Happening::CommitEnds(self.life));
                    }
                    // Who was answered early, by sabotage, goes on.
                    self.pump()?;
                }
                Ok(())
            }
            Happening::CommitEnds(life) => {
                if life == self.life {
                    self.note(|| "commit".to_owned());
                    self.is_committing = false;
                    self.machine.commit();
                    self.apply();
                    self.pump()?;
                }
                Ok(())
            }
            Happening::Crash(life) => {
                if life == self.life {
                    self.crash();
                }
                Ok(())
            }
            Happening::Expire => {
                self.note(|| "what has expired goes".to_owned());
                self.machine.expire(self.now);
                self.pump()
            }
            Happening::Fault => self.fault(),
            Happening::Restart => {
                if !self.machine.is_up() {
                    self.restart()?;
                }
                Ok(())
            }
        }
    }

    fn act(&mut self, instance: usize) -> Result<(), Broken> {
        if self.faults.is_over {
            return Ok(());
        }
        // Idle at times, and at times in a hurry.
        let after = match self.random.below(20) {
            0 => self.random.between(3_000, 9_000),
            1..4 => self.random.between(0, 5),
            _ => self.random.between(50, 1_500),
        };
        self.plan(after * self.faults.pace, Happening::Act(instance));
        let (it, random) = (&mut self.instances[instance], &mut self.random);
        let Some(call) = self.town.act(self.now, it, random) else {
            return Ok(());
        };
        let burst = match &call {
            Call::SendMessage { message, .. } if self.random.permille(60) => {
                Some(message.conversation.clone())
            }
            _ => None,
        };
        self.call(instance, call)?;
        if let Some(conversation) = burst {
            for _ in 0..self.random.between(3, 25) {
                let it = &mut self.instances[instance];
                if let Some(call) = self.town.say(self.now, it, conversation.clone()) {
                    self.call(instance, call)?;
                }
            }
        }
        Ok(())
    }

    fn fault(&mut self) -> Result<(), Broken> {
        if self.faults.is_over {
            return Ok(());
        }
        let after = self.faults.pace * self.random.between(1, 2 * self.faults.every_ms);
        self.plan(after, Happening::Fault);
        let instance = self.random.below(self.instances.len());
        let link = self.instances[instance].link;
        match self.random.below(20) {
            0..8 => {
                if let Some(link) = link {
                    self.cut(link);
                }
            }
            8..11 => {
                let until = self
                    .now
                    .plus_ms(self.faults.pace * self.random.between(2_000, 25_000));
                self.note(|| format!("{instance} is cut off for long"));
                self.instances[instance].unreachable_until = until;
                if let Some(link) = link {
                    self.cut(link);
                }
            }
            11..14 => {
                if let Some(link) = link {
                    let until = self.now.plus_ms(self.random.between(200, 8_000));
                    self.note(|| format!("{instance} reads slowly on link {link}"));
                    self.links[link].slow_until = until;
                    self.plan_at(until, Happening::Drain);
                }
            }
            14..16 => {
                if self.random.permille(500) {
                    self.is_dying = true;
                } else if self.machine.is_up() {
                    self.crash();
                }
            }
            16..19 => {
                let limit = self.random.between(1, 3) as u32;
                self.note(|| format!("the limit becomes {limit}"));
                self.machine.change_limit(limit);
                self.pump()?;
            }
            _ => self.tell(instance, Input::Network { online: true })?,
        }
        Ok(())
    }

    /// Now and then, some of the journal goes into the database. At times the crash comes before the position does.
    fn apply(&mut self) {
        if self.random.permille(300) {
            let count_max = self.random.between(1, 64) as usize;
            let reach = self.random.permille(700);
            let count = self.machine.apply(count_max, reach);
            self.note(|| format!("{count} messages go into the database"));
        }
    }

    fn crash(&mut self) {
        self.note(|| "the server crashes".to_owned());
        self.report.crashes += 1;
        self.life += 1;
        self.is_committing = false;
        self.is_dying = false;
        let seed = self.random.u64();
        self.machine.crash(seed);
        for link in 0..self.links.len() {
            if self.links[link].session.take().is_some() {
                self.cut(link);
            }
        }
        let after = self.random.between(50, 4_000);
        self.plan(after, Happening::Restart);
    }

    fn restart(&mut self) -> Result<(), Broken> {
        self.note(|| "the server is back".to_owned());
        self.machine.start(self.now);
        self.pump()
    }

    /// What is on its way is lost, and what is sent from now on; the ends learn of it at different times.
    fn cut(&mut self, link: usize) {
        if self.links[link].is_cut {
            return;
        }
        self.note(|| format!("link {link} is cut"));
        self.report.cuts += 1;
        self.links[link].cut();
        let (client, server) = match self.random.below(3) {
            0 => (self.random.between(0, 50), self.random.between(0, 50)),
            1 => (self.random.between(0, 8_000), self.random.between(0, 100)),
            _ => (self.random.between(0, 100), self.random.between(0, 30_000)),
        };
        self.plan(client, Happening::ClientNotices(link));
        self.plan(server, Happening::ServerNotices(link));
    }

    fn accept(&mut self, link: usize) {
        let instance = self.links[link].instance;
        if self.links[link].is_cut {
            return;
        }
        match self.machine.accept(link) {
            Some(session) => {
                self.links[link].session = Some(session);
                let after = self.delay();
                self.plan(after, Happening::Opened(link));
                self.trace.note(self.now, || {
                    format!("link {link} of {instance} is accepted as session {session}")
                });
            }
            None => {
                self.links[link].cut();
                let after = self.delay();
                self.plan(after, Happening::ClientNotices(link));
            }
        }
    }

    fn client_notices(&mut self, link: usize, code: u16) -> Result<(), Broken> {
        let instance = self.links[link].instance;
        if self.instances[instance].link != Some(link) {
            return Ok(());
        }
        self.note(|| format!("{instance} notices the end of link {link} ({code})"));
        self.instances[instance].link = None;
        let reason = String::new();
        self.tell(instance, Input::SocketClosed { code, reason })
    }

    fn server_notices(&mut self, link: usize) -> Result<(), Broken> {
        self.links[link].inbox.clear();
        if let Some(session) = self.links[link].session.take()
            && let Some(seated) = &mut self.machine.sessions[session]
        {
            self.trace.note(self.now, || {
                format!("session {session} notices the end of link {link}")
            });
            seated.link = None;
            seated.session.leave();
        }
        self.pump()
    }

    fn reaches_server(&mut self, link: usize) -> Result<(), Broken> {
        match self.links[link].up.pop_front() {
            Some(Up::Message(bytes)) => {
                self.links[link].inbox.push_back(bytes);
                self.pump()
            }
            Some(Up::Closed) => self.server_notices(link),
            None => Ok(()),
        }
    }

    fn reaches_client(&mut self, link: usize) -> Result<(), Broken> {
        let instance = self.links[link].instance;
        let is_heard = self.instances[instance].link == Some(link);
        match self.links[link].down.pop_front() {
            Some(Down::Message(bytes, frames)) if is_heard => {
                for frame in frames {
                    if let Some(Kind::Response(response)) = frame.kind {
                        self.acknowledged(instance, link, response);
                    }
                }
                self.tell(instance, Input::SocketMessage(bytes))
            }
            Some(Down::Closed(code)) => {
                self.links[link].cut();
                self.client_notices(link, code as u16)
            }
            Some(Down::Message(..)) | None => Ok(()),
        }
    }

    fn acknowledged(&mut self, instance: usize, link: usize, response: wire::Response) {
        let Some(asked) = self.asked[link].remove(&response.id) else {
            return;
        };
        self.trace.note(self.now, || {
            let text = format!("{:?}", response.result);
            let text: String = text.chars().take(160).collect();
            format!("{instance} is answered {} {text} on link {link}", response.code)
        });
        let (Some(result), 0) = (response.result, response.code) else {
            return;
        };
        let it = &mut self.instances[instance];
        self.promises.extend(promise(&it.user, asked, result));
    }

    /// Tells a core something, and does what follows.
    fn tell(&mut self, instance: usize, input: Input) -> Result<(), Broken> {
        let it = &mut self.instances[instance];
        let clock = it.clock(self.now);
        it.core.handle(clock, input);
        while let Some(output) = self.instances[instance].core.next_output() {
            self.put_out(instance, output)?;
        }
        Ok(())
    }

    fn put_out(&mut self, instance: usize, output: Output) -> Result<(), Broken> {
        let it = &mut self.instances[instance];
        match output {
            Output::Open => self.open(instance),
            Output::Close { .. } => {
                if let Some(link) = it.link.take() {
                    let after = self.delay();
                    self.send_up(link, after, Up::Closed);
                }
            }
            Output::Send(bytes) => {
                let link = it.link.expect("the core sends on an open socket");
                self.remember(link, &bytes);
                let after = self.delay();
                self.send_up(link, after, Up::Message(bytes));
            }
            Output::WakeAt(at) => {
                let at = it.world_time(at).max(self.now);
                it.wake = Some(at);
                self.plan_at(at, Happening::Wake(instance));
            }
            Output::Sleep => it.wake = None,
            Output::Answer { call, answer } => it.answered(call, Ok(answer)),
            Output::Failure { call, failure } => {
                self.trace
                    .note(self.now, || format!("{instance} fails with {failure}"));
                it.answered(call, Err(failure));
            }
            Output::Event(event) => {
                self.report.kicks += u64::from(matches!(event, Event::KickedOut(_)));
                self.trace
                    .note(self.now, || format!("{instance} hears {}", brief(&event)));
                self.report.told += it.heard(self.now, &event)?;
            }
            Output::Log { .. } => {}
        }
        Ok(())
    }

    fn open(&mut self, instance: usize) {
        let link = self.links.len();
        self.links.push(Link::new(instance));
        self.asked.push(BTreeMap::new());
        self.instances[instance].link = Some(link);
        let is_unreachable = self.instances[instance].unreachable_until > self.now;
        if !self.faults.is_over && (is_unreachable || self.random.permille(self.faults.open_fails)) {
            self.links[link].cut();
            // Refused soon, or not answered at all: then the core gives up by itself.
            if self.random.permille(500) {
                let after = self.random.between(1, 3_000);
                self.plan(after, Happening::ClientNotices(link));
            }
            return;
        }
        let after = self.delay();
        self.plan(after, Happening::Accept(link));
    }

    fn remember(&mut self, link: usize, bytes: &Bytes) {
        for frame in frame::decode(bytes.clone()).expect("the core sends packets") {
            if let Some(Kind::Request(request)) = frame.kind
                && let Some(command) = request.command
            {
                self.asked[link].insert(request.id, command);
            }
        }
    }

    fn send_up(&mut self, link: usize, after_ms: u64, up: Up) {
        let it = &mut self.links[link];
        if it.is_cut {
            return;
        }
        it.up_last = it.up_last.max(self.now.plus_ms(after_ms));
        it.up.push_back(up);
        let at = it.up_last;
        self.plan_at(at, Happening::ToServer(link));
    }

    fn send_down(&mut self, link: usize, down: Down) {
        let after = self.delay();
        let it = &mut self.links[link];
        if it.is_cut {
            return;
        }
        it.down_last = it.down_last.max(self.now.plus_ms(after));
        it.down.push_back(down);
        let at = it.down_last;
        self.plan_at(at, Happening::ToClient(link));
    }

    /// Lets the server go as far as it can at this moment, and carries away what it wrote.
    fn pump(&mut self) -> Result<(), Broken> {
        loop {
            self.machine.work(self.now);
            if !self.read_inboxes() {
                break;
            }
        }
        let limit = self.machine.limit();
        if self.limits.last().is_none_or(|it| it.1 != limit) {
            self.limits.push((self.now, limit));
        }
        self.check_seats()?;
        for session in 0..self.machine.sessions.len() {
            self.drain(session)?;
        }
        if !self.is_committing && self.machine.waits() {
            self.is_committing = true;
            let after = self.random.between(0, 3);
            self.plan(after, Happening::CommitBegins);
        }
        Ok(())
    }

    /// Whether a session got something to do.
    fn read_inboxes(&mut self) -> bool {
        let mut any = false;
        for seated in self.machine.sessions.iter_mut().flatten() {
            let Some(link) = seated.link else { continue };
            let inbox: &mut VecDeque<Bytes> = &mut self.links[link].inbox;
            if seated.session.may_read()
                && let Some(bytes) = inbox.pop_front()
            {
                if !seated.was_in && seated.login_came == Timestamp(0) {
                    seated.login_came = self.now;
                }
                seated.session.receive(bytes);
                any = true;
            }
        }
        any
    }

    /// Contract C6, as soon as somebody came in: no more instances than the limit allows, and no seat for one that was
    /// kicked.
    fn check_seats(&mut self) -> Result<(), Broken> {
        let mut came: BTreeMap<hongyan_protocol::id::AccountId, Timestamp> = BTreeMap::new();
        for seated in self.machine.sessions.iter_mut().flatten() {
            if let Some((account, _)) = seated.session.instance().filter(|_| !seated.was_in) {
                seated.was_in = true;
                let since = came.entry(account).or_insert(seated.login_came);
                *since = (*since).min(seated.login_came);
            }
        }
        if came.is_empty() {
            return Ok(());
        }
        for user in &self.town.users {
            let Some(record) = self.machine.account(user) else {
                continue;
            };
            let Some(since) = came.get(&record.account.id) else {
                continue;
            };
            // One that changed in the millisecond of the login may have come before or after it.
            let after = self.limits.partition_point(|it| it.0 < *since);
            let in_effect = &self.limits[after.saturating_sub(1)..];
            let allowed = in_effect.iter().map(|it| it.1).max().unwrap_or(1);
            let there = ready(self.machine.store.list_instances(record.account.id)).unwrap_or_default();
            if there.len() > allowed as usize {
                let what = format!("{user} has {} instances where {allowed} may be", there.len());
                return Err(Broken::new(Contract::C6, what));
            }
            for seat in self.machine.seated(&record) {
                if !there.iter().any(|it| it.id == seat) {
                    let what = format!("{user} has a seat for an instance that was kicked");
                    return Err(Broken::new(Contract::C6, what));
                }
            }
        }
        Ok(())
    }

    /// Carries away what a session wrote, unless its client does not read.
    fn drain(&mut self, session: usize) -> Result<(), Broken> {
        let Some(seated) = &mut self.machine.sessions[session] else {
            return Ok(());
        };
        let Some(link) = seated.link else { return Ok(()) };
        if self.links[link].slow_until > self.now && seated.session.ended().is_none() {
            return Ok(());
        }
        while let Some(seated) = &mut self.machine.sessions[session]
            && let Some(bytes) = seated.session.take()
        {
            let mut frames = frame::decode(bytes.clone()).expect("the server sends packets");
            for frame in &frames {
                if seated.is_kicked {
                    let what = format!("session {session} is sent something after its kick: {frame:?}");
                    return Err(Broken::new(Contract::C6, what));
                }
                let kind = match &frame.kind {
                    Some(Kind::Push(push)) => push.kind.as_ref(),
                    _ => None,
                };
                seated.is_kicked |= matches!(kind, Some(push::Kind::Kicked(_)));
            }
            let mut bytes = bytes;
            if self.faults.lost_pushes > 0 && !self.faults.is_over {
                let (random, often) = (&mut self.random, self.faults.lost_pushes);
                let before = frames.len();
                frames.retain(|it| !is_losable(it) || !random.permille(often));
                if frames.len() < before {
                    self.trace
                        .note(self.now, || format!("fan-out loses a push for session {session}"));
                    let kept = frames.iter().cloned().filter_map(|it| it.kind);
                    bytes = kept.flat_map(frame::encode).collect();
                }
            }
            if !frames.is_empty() {
                self.send_down(link, Down::Message(bytes, frames));
            }
        }
        let Some(seated) = &mut self.machine.sessions[session] else {
            return Ok(());
        };
        if let Some(code) = seated.session.ended() {
            seated.link = None;
            self.links[link].session = None;
            self.links[link].inbox.clear();
            self.report.overflows += u64::from(code == Close::TooSlow);
            self.trace.note(self.now, || {
                format!("session {session} closes link {link}: {code:?}")
            });
            self.send_down(link, Down::Closed(code));
        }
        Ok(())
    }
}

/// A push that the next one of its kind shows to be missing.
fn is_losable(frame: &wire::Frame) -> bool {
    match &frame.kind {
        Some(Kind::Push(push)) => !matches!(push.kind, Some(push::Kind::Kicked(_))),
        _ => false,
    }
}

fn brief(event: &Event) -> String {
    match event {
        Event::MessageReceived(messages) => {
            let each = messages
                .iter()
                .map(|it| format!("{}#{}", it.conversation, it.data.sequence));
            format!("MessageReceived {}", each.collect::<Vec<_>>().join(" "))
        }
        Event::ConversationListUpdated(list) => {
            let each = list
                .iter()
                .map(|it| format!("{}@{}:{}", it.id, it.version, it.unread_count));
            format!("ConversationListUpdated {}", each.collect::<Vec<_>>().join(" "))
        }
        other => format!("{other:?}").chars().take(160).collect(),
    }
}

/// The app that everybody is in.
pub(crate) const fn app() -> hongyan_protocol::id::SdkAppId {
    APP
}
