//! What the core holds of the account that is logged in; dropped whole at logout.
//!
//! **Comes in:** what the other rooms learned. **Goes out:** lookups, the conversation list, the unread total. **Never here:**
//! the network, and what a change means.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::group::Group;
use hongyan_protocol::id::{AccountId, ConversationId, GroupId, Pts, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{Extension, MessageKey, TimelineChange};
use hongyan_protocol::profile::Profile;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::{RemindType, SettingsChange};

use super::conversation::Entry;
use super::io::{CallId, Event, GroupView, Outbox};
use super::message::Message;
use super::receipt::ReadReceipt;

/// Page ends of `getMessageList` that are remembered, for messages that are not held any more.
const CURSORS_MAX: usize = 256;
/// Messages whose key/value pairs are known by version.
const EXTENDED_MAX: usize = 256;

/// Receipts that are remembered.
const RECEIPTS_MAX: usize = 256;
/// Deleted messages that are remembered.
const DELETED_MAX: usize = 256;

#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) me: UserId,
    pub(crate) account: AccountId,
    /// The newest event taken.
    pub(crate) pts: Pts,
    /// Whether there was a snapshot.
    pub(crate) is_synced: bool,
    /// When the snapshot was read: in a conversation that is not held, messages after it are news and those before
    /// it are history.
    pub(crate) since: Timestamp,
    pub(crate) profile: Profile,
    pub(crate) conversations: Vec<Entry>,
    /// Whether the server has older conversations than those of the pages that came.
    pub(crate) has_more: bool,
    /// The `active` of the last conversation of the last page.
    pub(crate) page_end: Timestamp,
    pub(crate) is_paging: bool,
    /// The page that is being asked for may have been read before what changed since; it is asked for once more.
    pub(crate) is_page_stale: bool,
    pub(crate) groups: Vec<Arc<Group>>,
    pub(crate) blacklist: Vec<UserId>,
    /// In the order of making.
    pub(crate) conversation_groups: Vec<String>,
    /// Remind types of conversations that are not held, also with users never talked with. As many as a server lets be set.
    pub(crate) reminds: HashMap<ConversationId, RemindType>,
    /// How groups were renamed and removed lately. Bounded where it grows.
    pub(crate) retired_groups: VecDeque<(Pts, SettingsChange)>,
    /// Messages that this instance sent, whatever became of them. Bounded where they are added.
    pub(crate) sent_keys: VecDeque<MessageKey>,
    /// What this account deleted lately: changes and answers from before may still come.
    pub(crate) deleted: VecDeque<MessageKey>,
    /// How far own messages were read, as it was told lately; each message once.
    pub(crate) receipts: VecDeque<Receipt>,
    /// A sync is under way: changes wait here until it ends.
    pub(crate) syncing: Option<Waiting>,
    /// Calls that want several conversations.
    pub(crate) lists: Vec<ListWanted>,
    cursors: VecDeque<(MessageKey, Sequence)>,
    /// The versions of key/value pairs as the app knows them, by message.
    extensions: VecDeque<(MessageKey, Vec<(String, Version)>)>,
    total_shown: u64,
}

/// Pushes that came while a sync was under way. Bounded; what does not fit is asked for by another sync.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) changes: Vec<(TimelineChange, bool)>,
    pub(crate) events: Vec<AccountEvent>,
    pub(crate) overflown: bool,
}

/// A call that is answered when the last of its conversations has come.
#[derive(Debug)]
pub(crate) struct ListWanted {
    pub(crate) call: CallId,
    pub(crate) ids: Vec<ConversationId>,
    pub(crate) missing: usize,
}

/// What one input changed; told to the app when all of it is done.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// So much was missed that it was read anew, of all or of one conversation, and is not told one by one.
    pub(crate) reloaded: bool,
    pub(crate) received: Vec<Arc<Message>>,
    pub(crate) modified: Vec<Arc<Message>>,
    pub(crate) revoked: Vec<Arc<Message>>,
    pub(crate) read_by_peer: Vec<Arc<Message>>,
    pub(crate) receipts: Vec<ReadReceipt>,
    pub(crate) deleted: Vec<MessageKey>,
    /// Messages with the key/value pairs of them that changed.
    pub(crate) extended: Vec<(Arc<Message>, Vec<Extension>)>,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) conversations: bool,
    pub(crate) groups: bool,
    pub(crate) blacklist: bool,
    pub(crate) conversation_groups: bool,
    /// Conversation groups in which there are others now.
    pub(crate) in_groups: Vec<String>,
}

/// Remembers one more of at most so many: the oldest is forgotten for it.
pub(crate) fn remember<T>(known: &mut VecDeque<T>, max: usize, one: T) {
    if known.len() == max {
        known.pop_front();
    }
    known.push_back(one);
}

impl Changes {
    pub(crate) fn extended(&mut self, message: &Arc<Message>, extensions: Vec<Extension>) {
        if !extensions.is_empty() {
            self.extended.push((message.clone(), extensions));
        }
    }
}

impl Held {
    pub(crate) fn new(me: UserId, account: AccountId, since: Timestamp) -> Self {
        Self {
            profile: Profile::empty(me.clone()),
            me,
            account,
            pts: Pts(0),
            is_synced: false,
            since,
            conversations: Vec::new(),
            has_more: false,
            page_end: Timestamp(0),
            is_paging: false,
            is_page_stale: false,
            groups: Vec::new(),
            blacklist: Vec::new(),
            conversation_groups: Vec::new(),
            reminds: HashMap::new(),
            retired_groups: VecDeque::new(),
            sent_keys: VecDeque::new(),
            deleted: VecDeque::new(),
            receipts: VecDeque::new(),
            syncing: None,
            lists: Vec::new(),
            cursors: VecDeque::new(),
            extensions: VecDeque::new(),
            total_shown: 0,
        }
    }

    /// Conversations that were active then or later are held, unless nobody told of them.
    pub(crate) fn listed(&self) -> Timestamp {
        if self.has_more {
            self.page_end
        } else {
            Timestamp(0)
        }
    }

    pub(crate) fn find(&self, id: &ConversationId) -> Option<&Entry> {
        self.conversations.iter().find(|it| it.state.id == *id)
    }

    pub(crate) fn find_mut(&mut self, id: &ConversationId) -> Option<&mut Entry> {
        self.conversations.iter_mut().find(|it| it.state.id == *id)
    }

    pub(crate) fn remove(&mut self, id: &ConversationId) -> Option<Entry> {
        let at = self.conversations.iter().position(|it| it.state.id == *id)?;
        Some(self.conversations.swap_remove(at))
    }

    pub(crate) fn find_group(&self, id: &GroupId) -> Option<&Arc<Group>> {
        self.groups.iter().find(|it| it.id == *id)
    }

    /// Whether it is of a group that this account is not in.
    pub(crate) fn is_of_strangers(&self, id: &ConversationId) -> bool {
        matches!(id, ConversationId::Group(it) if self.find_group(it).is_none())
    }

    pub(crate) fn find_message(&self, key: MessageKey) -> Option<&Arc<Message>> {
        let messages = self.conversations.iter().flat_map(|it| &it.messages);
        messages.into_iter().find(|it| it.key() == key)
    }

    /// Where a page ended, by the message that was named for it.
    pub(crate) fn sequence_of(&self, key: MessageKey) -> Option<Sequence> {
        let cursor = self.cursors.iter().rev().find(|it| it.0 == key).map(|it| it.1);
        cursor.or_else(|| self.find_message(key).map(|it| it.data.sequence))
    }

    pub(crate) fn remember_cursor(&mut self, key: MessageKey, sequence: Sequence) {
        remember(&mut self.cursors, CURSORS_MAX, (key, sequence));
    }

    pub(crate) fn remember_deleted(&mut self, key: MessageKey) {
        remember(&mut self.deleted, DELETED_MAX, key);
    }

    /// How far a message was read, as far as that is known here.
    pub(crate) fn receipt_of(&self, key: MessageKey) -> Option<Receipt> {
        let held = self.find_message(key).and_then(|it| it.receipt);
        held.or_else(|| self.receipts.iter().find(|it| it.key == key).copied())
    }

    pub(crate) fn remember_receipt(&mut self, receipt: &Receipt) {
        let at = self.receipts.iter().position(|it| it.key == receipt.key);
        let known = at.and_then(|it| self.receipts.remove(it));
        let newer = known.filter(|it| it.read_count > receipt.read_count);
        remember(&mut self.receipts, RECEIPTS_MAX, newer.unwrap_or(*receipt));
    }

    /// The app knows these key/value pairs of a message from now on.
    pub(crate) fn know_extensions<'a>(
        &mut self,
        key: MessageKey,
        extensions: impl IntoIterator<Item = &'a Extension>,
    ) {
        let at = self.extensions.iter().position(|it| it.0 == key);
        let mut known = match at.and_then(|at| self.extensions.remove(at)) {
            Some((_, known)) => known,
            None => Vec::new(),
        };
        for extension in extensions {
            match known.iter_mut().find(|it| it.0 == extension.key) {
                Some(it) => it.1 = it.1.max(extension.version),
                None => known.push((extension.key.clone(), extension.version)),
            }
        }
        remember(&mut self.extensions, EXTENDED_MAX, (key, known));
    }

    /// The version of a pair as the app knows it; `None`: it never heard of one.
    pub(crate) fn extension_version(&self, key: MessageKey, name: &str) -> Option<Version> {
        let (_, known) = self.extensions.iter().find(|it| it.0 == key)?;
        known.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// The conversation list as the app sees it: pinned ones first, then newest first; those of the same time by name,
    /// so that the order is the same on every instance.
    pub(crate) fn list(&self) -> Vec<Arc<ConversationState>> {
        let listed = self.conversations.iter().filter(|it| it.is_listed());
        let mut list: Vec<Arc<ConversationState>> = Vec::with_capacity(self.conversations.len());
        for it in listed {
            // Sorted by insertion: at most a few thousand pointers are moved, and the general sort is several KB of
            // code for each type.
            let at = list.partition_point(|other| {
                let (one, two) = (&**other, &*it.state);
                match (one.settings.is_pinned, two.settings.is_pinned) {
                    (true, false) => true,
                    (false, true) => false,
                    _ => one.active > two.active || (one.active == two.active && one.id < two.id),
                }
            });
            list.insert(at, it.state.clone());
        }
        list
    }

    /// Unread messages in all conversations but the account's notices and those that are muted.
    pub(crate) fn total_unread(&self) -> u64 {
        let listed = self.conversations.iter().filter(|it| it.is_listed());
        listed
            .filter(|it| it.state.id != ConversationId::System)
            .filter(|it| it.state.remind() == RemindType::AcceptAndNotify)
            .map(|it| it.state.unread_count)
            .sum()
    }

    /// A group with its conversation.
    pub(crate) fn view(&self, group: Arc<Group>) -> GroupView {
        let conversation = self.find(&ConversationId::Group(group.id.clone()));
        GroupView {
            conversation: conversation.map(|it| it.state.clone()),
            group,
        }
    }

    pub(crate) fn group_views(&self) -> Vec<GroupView> {
        self.groups.iter().map(|it| self.view(it.clone())).collect()
    }

    /// Tells the app of what changed: that it is to look anew, messages, then what follows from them.
    pub(crate) fn tell(&mut self, changes: Changes, out: &mut Outbox) {
        if changes.reloaded {
            out.event(Event::Reloaded);
        }
        if !changes.received.is_empty() {
            let notices: Vec<_> = changes.received.iter().filter_map(notice).collect();
            out.event(Event::MessageReceived(changes.received));
            notices.into_iter().for_each(|it| out.event(it));
        }
        if !changes.modified.is_empty() {
            out.event(Event::MessageModified(changes.modified));
        }
        for (message, extensions) in changes.extended {
            self.know_extensions(message.key(), &extensions);
            let removed = extensions.iter().filter(|it| it.value.is_none());
            let removed: Vec<String> = removed.map(|it| it.key.clone()).collect();
            let set = extensions.into_iter().filter_map(|it| Some((it.key, it.value?)));
            let set: Vec<(String, String)> = set.collect();
            if !set.is_empty() {
                out.event(Event::MessageExtensionsUpdated {
                    message: message.clone(),
                    extensions: set,
                });
            }
            if !removed.is_empty() {
                out.event(Event::MessageExtensionsDeleted {
                    message,
                    keys: removed,
                });
            }
        }
        if !changes.revoked.is_empty() {
            out.event(Event::MessageRevoked(changes.revoked));
        }
        if !changes.read_by_peer.is_empty() {
            out.event(Event::MessageReadByPeer(changes.read_by_peer));
        }
        // After all that tells of messages as they were before: nothing undoes a deletion.
        if !changes.deleted.is_empty() {
            out.event(Event::MessageDeleted(changes.deleted));
        }
        if !changes.receipts.is_empty() {
            out.event(Event::MessageReadReceiptReceived(changes.receipts));
        }
        if changes.groups {
            out.event(Event::GroupListUpdated(self.group_views()));
        }
        if changes.conversation_groups {
            let groups = self.conversation_groups.clone();
            out.event(Event::ConversationGroupListUpdated(groups));
        }
        if changes.conversations {
            let list = self.list();
            let of = |name: &String| -> Vec<_> {
                let members = list.iter().filter(|it| it.settings.groups.contains(name));
                members.cloned().collect()
            };
            for name in changes.in_groups {
                if self.conversation_groups.contains(&name) {
                    let conversations = of(&name);
                    out.event(Event::ConversationInGroupUpdated { name, conversations });
                }
            }
            out.event(Event::ConversationListUpdated(list));
            let total = self.total_unread();
            if total != self.total_shown {
                self.total_shown = total;
                out.event(Event::TotalUnreadCountUpdated(total));
            }
        }
        if !changes.profiles.is_empty() {
            out.event(Event::ProfileUpdated(changes.profiles));
        }
        if changes.blacklist {
            out.event(Event::BlacklistUpdated(self.blacklist.clone()));
        }
    }
}

fn notice(message: &Arc<Message>) -> Option<Event> {
    if message.conversation != ConversationId::System {
        return None;
    }
    match message.data.body.first() {
        Some(hongyan_protocol::wire::element::Kind::GroupNotice(notice)) => {
            Some(Event::GroupNoticeReceived {
                operation: notice.operation,
                message: message.clone(),
            })
        }
        _ => None,
    }
}
