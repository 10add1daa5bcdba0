//! One connection, from the client's wish to the moment at which both ends know that it is over.
//!
//! **Comes in:** what the ends send. **Goes out:** what arrives, and when: in order in each direction, late, and not at all
//! once the link is cut. **Never here:** what a message means.

use std::collections::VecDeque;

use bytes::Bytes;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire::{Close, Frame};

/// What travels to the server.
#[derive(Debug)]
pub(crate) enum Up {
    Message(Bytes),
    Closed,
}

/// What travels to the client.
#[derive(Debug)]
pub(crate) enum Down {
    Message(Bytes, Vec<Frame>),
    Closed(Close),
}

#[derive(Debug)]
pub(crate) struct Link {
    /// Which instance opened it.
    pub(crate) instance: usize,
    /// The server's session, while the server knows of the link.
    pub(crate) session: Option<usize>,
    /// What is sent is lost from now on. The ends notice later, each at its own time.
    pub(crate) is_cut: bool,
    /// The client's reading stops until then, and the server's outbox fills.
    pub(crate) slow_until: Timestamp,
    /// On their way.
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
    /// When the last of them arrives: nothing overtakes.
    pub(crate) up_last: Timestamp,
    pub(crate) down_last: Timestamp,
    /// Arrived, and not read yet by the server.
    pub(crate) inbox: VecDeque<Bytes>,
}

impl Link {
    pub(crate) const fn new(instance: usize) -> Self {
        Self {
            instance,
            session: None,
            is_cut: false,
            slow_until: Timestamp(0),
            up: VecDeque::new(),
            down: VecDeque::new(),
            up_last: Timestamp(0),
            down_last: Timestamp(0),
            inbox: VecDeque::new(),
        }
    }

    /// Loses what is on its way.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
        self.up.clear();
        self.down.clear();
        self.inbox.clear();
    }
}
