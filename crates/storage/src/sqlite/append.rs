//! Messages on the short way: into the journal and the tail, without the database.
//!
//! **Comes in:** messages for timelines that are there, in the order of their senders. **Goes out:** to each waiter its
//! message with sequence, version and turn, after the journal's sync (contract C1), or why nothing was kept. **Never
//! here:** what else is written; that waits until these are done.

use std::sync::Arc;

use hongyan_protocol::message::Message;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::ends::Ends;
use super::journal::{Gathered, Journal, Segments};
use super::queue::Lane;
use super::tail::Tail;
use super::timeline;
use super::view::View;
use super::writer::{Operation, Writing};
use crate::figures::Meter;
use crate::model::{Appended, TimelineId};
use crate::store::{Result, StoreError};
use crate::turn::{Committed, Turnstile};

/// A submitted message.
pub(super) struct Append {
    timeline: TimelineId,
    /// `None` when it was taken.
    message: Option<Message>,
    outcome: Option<Result<Appended>>,
    waiter: oneshot::Sender<Result<Committed<Appended>>>,
}

impl Append {
    pub(super) const fn new(
        timeline: TimelineId,
        message: Message,
        waiter: oneshot::Sender<Result<Committed<Appended>>>,
    ) -> Self {
        Self {
            timeline,
            message: Some(message),
            outcome: None,
            waiter,
        }
    }

    /// The one that it waited in; `SERVER` when its message was taken.
    pub(super) fn lane(&self) -> Lane {
        self.message
            .as_ref()
            .map_or(Lane::SERVER, |it| Lane::of(it.key.account))
    }
}

/// The long way, in a transaction of the database.
impl Operation for Append {
    fn run(&mut self, writing: &mut Writing) -> bool {
        let timeline = self.timeline;
        let message = self.message.take();
        self.outcome = message.map(|it| timeline::append_message(writing, timeline, it));
        writing.note_outcome(self.outcome.as_ref());
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, done: std::result::Result<&Turnstile, &StoreError>) {
        (*self).tell(done);
    }
}

impl Append {
    /// Tells the waiter.
    fn tell(self, done: std::result::Result<&Turnstile, &StoreError>) {
        let answer = match (self.outcome, done) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.clone()),
            (Some(Ok(value)), Ok(turnstile)) => Ok(Committed {
                value,
                turn: turnstile.next(),
            }),
            (None, Ok(_)) => Err(StoreError::Unwritable("the operation broke off".to_owned())),
        };
        // Who does not wait any more drops its turn by this, and the later ones pass.
        let _ = self.waiter.send(answer);
    }
}

/// What became of a wish to append.
pub(super) enum Way {
    /// It waits for the frame to be synced.
    Taken,
    /// It has to go the long way.
    Long(Box<Append>),
}

/// The writer's end of the journal.
pub(super) struct Appender {
    journal: Journal,
    tail: Arc<Tail>,
    ends: Arc<Mutex<Ends>>,
    gathered: Gathered,
    /// Those in `gathered`, and those between them that were there already.
    taken: Vec<Append>,
    meter: Arc<Meter>,
}

impl Appender {
    pub(super) fn new(journal: Journal, tail: Arc<Tail>, ends: Arc<Mutex<Ends>>) -> Self {
        ends.lock().start_anew(tail.newest_second());
        Self {
            journal,
            tail,
            ends,
            gathered: Gathered::default(),
            taken: Vec::new(),
            meter: Arc::default(),
        }
    }

    /// Whether there is room in the frame for one more.
    pub(super) fn has_room(&self) -> bool {
        !self.gathered.is_full()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// How many wait.
    pub(super) fn taken(&self) -> usize {
        self.taken.len()
    }

    /// Takes a message into the frame, when its timeline is there. The connection is read where memory does not know.
    pub(super) fn take(&mut self, mut append: Box<Append>, connection: &Connection) -> Way {
        let Some(mut message) = append.message.take() else {
            return Way::Long(append);
        };
        match self.number(append.timeline, &mut message, connection) {
            Ok(Numbered::New) => append.message = Some(message),
            Ok(Numbered::Repeat(before)) => append.outcome = Some(Ok(Appended::Repeat(*before))),
            Ok(Numbered::Unknown) => {
                append.message = Some(message);
                return Way::Long(append);
            }
            Err(error) => append.outcome = Some(Err(error)),
        }
        self.taken.push(*append);
        Way::Taken
    }

    /// Gives a message its place, and puts it into the frame.
    fn number(
        &mut self,
        timeline: TimelineId,
        message: &mut Message,
        connection: &Connection,
    ) -> Result<Numbered> {
        let mut ends = self.ends.lock();
        let view = || View::new(connection, Some(&self.tail));
        let head = match ends.head(timeline) {
            Some(head) => head,
            None => match timeline::head(&view(), timeline)? {
                Some(head) => head,
                None => return Ok(Numbered::Unknown),
            },
        };
        let key = message.key;
        if ends.is_full() {
            ends.start_anew(self.tail.newest_second().max(self.gathered.newest_second()));
        }
        if !ends.knows(key.account) {
            let newest = timeline::newest_second(connection, key.account)?;
            ends.put_sender(key.account, newest);
        }
        if !ends.is_new(key) && timeline::is_resend_looked_for() {
            if self.gathered.has(key.account.0, key.client_time_s, key.random) {
                // Behind this frame it is found.
                return Ok(Numbered::Unknown);
            }
            if let Some(before) = timeline::find_by_key(&view(), key)? {
                return Ok(Numbered::Repeat(Box::new(before)));
            }
        }
        let head = head.next();
        message.sequence = head.sequence;
        message.version = head.version;
        self.gathered.push(timeline::row_of(head, message, 0));
        ends.put_head(timeline, head);
        ends.note_key(key);
        Ok(Numbered::New)
    }

    /// Writes the frame.
    pub(super) fn write(&mut self) -> Result<()> {
        match self.gathered.is_empty() {
            true => Ok(()),
            false => self.journal.write(&mut self.gathered),
        }
    }

    /// Syncs the frame and puts it where readers see it.
    pub(super) fn sync(&mut self) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let count = self.gathered.len();
        let mut first = 0;
        self.meter.sync(count, || {
            first = self.journal.sync(count)?;
            Result::Ok(())
        })?;
        self.publish(first);
        Ok(())
    }

    fn publish(&mut self, first: u64) {
        let gathered = std::mem::take(&mut self.gathered);
        self.tail.push(&gathered.into_frame(first));
    }

    /// Tells the waiters what became of the frame.
    pub(super) fn answer(&mut self, done: &Result<()>, turnstile: &Turnstile) {
        if done.is_err() {
            self.lose();
        }
        for mut append in self.taken.drain(..) {
            if let Some(message) = append.message.take() {
                append.outcome = Some(match done {
                    Ok(()) => Ok(Appended::New(message)),
                    Err(error) => Err(error.clone()),
                });
            }
            append.tell(Ok(turnstile));
        }
    }

    /// What was gathered is not kept.
    pub(super) fn lose(&mut self) {
        self.gathered = Gathered::default();
        let mut ends = self.ends.lock();
        for append in &self.taken {
            ends.forget_head(append.timeline);
        }
    }

    /// Drops those who wait, with what was gathered.
    pub(super) fn abandon(&mut self) {
        self.lose();
        self.taken.clear();
    }

    /// Tries to write.
    pub(super) fn probe(&mut self) -> Result<()> {
        self.journal.probe()
    }

    /// Whether a message that was refused may be there after a crash; [`Appender::probe`] may end that.
    pub(super) const fn is_in_doubt(&self) -> bool {
        self.journal.is_in_doubt()
    }

    /// Waits until the tail has room.
    pub(super) fn wait_for_room(&self) -> Result<()> {
        self.tail.wait_for_room()
    }

    pub(super) fn tail(&self) -> &Arc<Tail> {
        &self.tail
    }

    /// Deletes what is not needed any more.
    pub(super) fn drop_applied(&self, position: u64) {
        self.journal.segments().drop_applied(position);
    }

    pub(super) fn segments(&self) -> Arc<Segments> {
        self.journal.segments()
    }

    /// Of the frames that were synced.
    pub(super) fn meter(&self) -> Arc<Meter> {
        self.meter.clone()
    }

    /// Shows what was not synced, and answers all the same.
    #[cfg(feature = "sabotage")]
    pub(super) fn answer_early(&mut self, turnstile: &Turnstile) {
        if !self.gathered.is_empty() {
            let first = self.journal.pretend(self.gathered.len());
            self.publish(first);
        }
        self.answer(&Ok(()), turnstile);
    }

    /// All is in the database to stay.
    pub(super) fn clear(&mut self) {
        self.journal.clear();
    }
}

enum Numbered {
    /// It is in the frame.
    New,
    /// It was there already.
    Repeat(Box<Message>),
    /// Its timeline is not there yet, or the same message is in this very frame.
    Unknown,
}
