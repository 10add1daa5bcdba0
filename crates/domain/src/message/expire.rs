//! Messages that have expired: nobody sees them any more, then they are removed.

use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::id::{Sequence, Timestamp};
use hongyan_storage::model::{App, Entry, Expired, KeptSince, MarksMoved};
use hongyan_storage::{Store, StoreError};

use crate::event::Outcome;

/// A removed message's key is forgotten with it. A client's clock may be a day ahead, so that no message is removed that
/// could come again under a time that is still taken (contract C2): those stay hidden for another day.
const STORED_LONGER_MS: u64 = 86_400_000;

/// Since when the messages of apps are kept; an app that keeps them for ever is left out.
pub fn kept_since(apps: &[App], now: Timestamp) -> Vec<KeptSince> {
    let limited = apps.iter().filter(|it| it.settings.history_days > 0);
    limited
        .map(|app| {
            let shown = app.settings.history_since(now);
            KeptSince {
                app: app.id,
                shown,
                stored: Timestamp(shown.0.saturating_sub(STORED_LONGER_MS)),
            }
        })
        .collect()
}

/// Whether a message is of a time of which messages are forgotten: only one that is there already is answered (C2).
pub const fn is_forgotten(client_time_s: u32, since: Timestamp) -> bool {
    (client_time_s as u64) < since.seconds()
}

/// Hides what has expired, for a batch of those who share the timeline. Who has not read it hears that it is read, so that
/// counts that are kept and counts that are made anew fall together (contract C5). Peers hear nothing: nobody read it.
pub async fn hide(
    store: &dyn Store,
    expired: Expired,
    after: u64,
    limit: usize,
    now: Timestamp,
) -> Result<Outcome<Option<u64>>, StoreError> {
    let sequence = Sequence(expired.shown_from.0.saturating_sub(1));
    let tell = Box::new(move |done: &MarksMoved| {
        let moved = done.moved.iter();
        moved
            .map(|(account, conversation)| {
                let mark = ReadMark {
                    conversation: conversation.clone(),
                    sequence,
                    time: now,
                };
                Entry::Event(*account, AccountChange::Read(mark))
            })
            .collect()
    });
    let committed = store.hide_expired(expired, after, limit, tell).await?;
    Ok(Outcome::of(
        committed.value.done.next,
        committed.value.entered,
        committed.turn,
    ))
}
