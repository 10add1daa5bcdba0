//! What an instance begins with, and what it missed: each read at one moment.

use std::collections::{HashMap, HashSet};

use hongyan_protocol::id::{Account, Pts, Sequence, Timestamp, Version};
use hongyan_protocol::limits;

use super::view::View;
use super::{account as accounts, blacklist, conversation, event, group, settings, timeline};
use crate::model::{CatchUp, ConversationUpdate, Held, Snapshot, TimelineId};
use crate::store::Result;

/// Changes answered at once, of all conversations together; the rest is asked for.
const CHANGES_MAX: usize = 500;

/// Conversations that may have changed; who missed more is told everything anew, which is less. Each may hold a message
/// of 12 KB, and an account may have any number of conversations.
const UPDATES_MAX: usize = 1000;

/// A message's time is taken a little before its commit; so much earlier a conversation may seem to have been active.
const COMMIT_MS_MAX: u64 = 60_000;

pub(super) fn snapshot(view: &View<'_>, account: &Account, conversations: usize) -> Result<Snapshot> {
    let recent = conversation::list_shown(view, account.id)?;
    let page = conversation::page(&recent, conversations);
    let pinned = settings::list_pinned(view, account.id)?;
    let conversations: Vec<_> = page
        .iter()
        .map(|it| conversation::state(view, account, it))
        .collect::<Result<_>>()?;
    let pinned: Vec<_> = recent[page.len()..]
        .iter()
        .filter(|it| pinned.contains(&it.own.timeline))
        .map(|it| conversation::state(view, account, it))
        .collect::<Result<_>>()?;
    let mut reminds = settings::list_reminds(view, account.id)?;
    if !reminds.is_empty() {
        let told: HashSet<_> = conversations.iter().chain(&pinned).map(|it| &it.id).collect();
        reminds.retain(|it| !told.contains(&it.0));
    }
    Ok(Snapshot {
        pts: event::newest(view, account.id)?,
        profile: accounts::profile(view, account.id)?,
        conversations,
        pinned,
        reminds,
        conversation_groups: settings::list_groups(view, account.id)?,
        has_more: page.len() < recent.len(),
        groups: group::list_groups(view, account.id)?,
        blacklist: blacklist::list(view, account.id)?,
    })
}

pub(super) fn catch_up(
    view: &View<'_>,
    account: &Account,
    pts: Pts,
    held: &[Held],
    listed: Timestamp,
) -> Result<CatchUp> {
    let Some((pts, events)) = event::list_after(view, account.id, pts)? else {
        return Ok(CatchUp::Reload);
    };
    let mut marks: HashMap<TimelineId, (Version, Sequence)> = HashMap::new();
    for it in held {
        if let Some(own) = conversation::find_own(view, account, &it.conversation)? {
            marks.insert(own.timeline, (it.version, it.sequence));
        }
    }
    let mut updates = Vec::new();
    let mut room = CHANGES_MAX;
    for recent in conversation::list_recent(view, account.id)? {
        let own = &recent.own;
        let head = own.head(view)?;
        let (version, sequence) = match marks.get(&own.timeline) {
            Some((version, _)) if *version == head.version => continue,
            Some(mark) => *mark,
            // One of those that the instance has not asked for yet.
            None if recent.active.plus_ms(COMMIT_MS_MAX) < listed => continue,
            None if own.is_deleted(view)? => continue,
            None => (Version(0), Sequence(0)),
        };
        if updates.len() == UPDATES_MAX {
            return Ok(CatchUp::Reload);
        }
        let limit = room.min(limits::CHANGES_PAGE_MAX);
        let changes = timeline::changes_after(view, own.readable(), head, version, sequence, limit)?;
        room -= changes.changes.len();
        updates.push(ConversationUpdate {
            state: conversation::state(view, account, &recent)?,
            changes,
        });
    }
    Ok(CatchUp::Missed { pts, events, updates })
}
