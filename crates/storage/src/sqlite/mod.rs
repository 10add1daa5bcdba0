//! The embedded store: SQLite, in a folder or in memory.
//!
//! **Comes in:** what the trait says. **Goes out:** the same, from one writer ([`writer`]) that commits what has
//! gathered with one sync, and from a pool of readers ([`reader`]) that each see one moment. **Never here:** SQL, which
//! is in one file per subject; rules.
//!
//! In memory there is one connection: reads wait in the writer's line, and see what was written before them.

mod account;
mod app;
mod append;
mod apply;
mod blacklist;
mod conversation;
mod counted;
mod ends;
mod event;
mod expiry;
mod extension;
mod file;
mod group;
mod hidden;
mod instance;
mod journal;
#[cfg(test)]
mod journaled;
mod manual;
mod merged;
mod queue;
mod reader;
mod receipt;
#[cfg(test)]
mod samples;
mod schema;
mod settings;
mod sync;
mod tail;
#[cfg(test)]
mod tests;
mod timeline;
mod view;
mod writer;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use hongyan_protocol::body::Body;
use hongyan_protocol::conversation::{ConversationState, ReadScope};
use hongyan_protocol::file::FileId;
use hongyan_protocol::group::{Group, GroupMember, LeaveReason};
use hongyan_protocol::id::{
    Account, AccountId, ConversationId, GroupId, InstanceId, Pts, SdkAppId, Sequence, Timestamp, UserId,
    Version,
};
use hongyan_protocol::linked::Linked;
use hongyan_protocol::message::{Extension, Message, MessageKey};
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::profile::{Profile, ProfileChange};
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::{Settings, SettingsChange};
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode};

use crate::figures::{Figures, Meter};
use crate::model::*;
use crate::store::{Result, Store, StoreError};
use crate::turn::Committed;
use append::Appender;
use apply::{Applier, Applying};
use journal::{Journal, Segments};
pub use journal::{SimulatedDisk, Trouble};
pub use manual::Manual;
use queue::Lane;
use reader::Readers;
use tail::Tail;
use view::View;
use writer::{Durability, Hand, Writer, Writing};

/// How much the store takes for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Operations that may wait for the writer; more are refused with [`StoreError::Overloaded`].
    pub writes_waiting_max: usize,
    /// Operations of one transaction.
    pub batch_max: usize,
    /// Threads that read.
    pub readers: usize,
    /// Questions that may wait for a reader.
    pub reads_waiting_max: usize,
    /// Pages that the writer keeps in memory.
    pub writer_cache_bytes: u64,
    /// Pages that each reader keeps in memory.
    pub reader_cache_bytes: u64,
    /// Messages go to an append-only journal first, and into the database in large batches behind it. Without it each
    /// is in a transaction of the database before it is answered: slower, and nothing beside the database.
    pub journal: bool,
    /// Messages that the database may be behind the journal; more wait.
    pub tail_messages_max: usize,
    /// Bytes of them in memory.
    pub tail_bytes_max: usize,
    /// How large a file of the journal is.
    pub segment_bytes: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            writes_waiting_max: 16 * 1024,
            batch_max: 512,
            readers: 4,
            reads_waiting_max: 16 * 1024,
            writer_cache_bytes: 64 << 20,
            reader_cache_bytes: 16 << 20,
            journal: true,
            tail_messages_max: 256 * 1024,
            tail_bytes_max: 96 << 20,
            segment_bytes: 4 << 20,
        }
    }
}

/// The store of a single server.
pub struct SqliteStore {
    // Dropped in this order: the last connection to close is the writer's, which then leaves no WAL behind.
    /// `None` in memory.
    readers: Option<Readers>,
    writer: Writer,
    /// `None` in memory.
    folder: Option<Folder>,
    watched: Watched,
}

/// What [`Figures`] are read from.
struct Watched {
    database: Arc<Meter>,
    /// `None` without one.
    journal: Option<(Arc<Meter>, Arc<Tail>, Arc<Segments>)>,
}

impl Watched {
    fn of(writing: &Writing, appender: Option<&Appender>) -> Self {
        Self {
            database: writing.meter(),
            journal: appender.map(|it| (it.meter(), it.tail().clone(), it.segments())),
        }
    }

    fn figures(&self) -> Figures {
        let mut figures = Figures {
            journal: Meter::default().groups(),
            database: self.database.groups(),
            tail_messages: 0,
            tail_bytes: 0,
            journal_files: 0,
        };
        if let Some((meter, tail, segments)) = &self.journal {
            let (end, applied) = tail.reach();
            figures.journal = meter.groups();
            figures.tail_messages = end - applied;
            figures.tail_bytes = tail.bytes() as u64;
            figures.journal_files = segments.files() as u64;
        }
        figures
    }
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Held while the store is there.
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in a folder, which is made when it is not there. Refuses data of a newer format, and a folder
    /// that another process uses.
    pub fn open(folder: &Path, options: SqliteOptions) -> Result<Self> {
        Self::open_with(folder, options, Applying::Later)
    }

    fn open_with(folder: &Path, options: SqliteOptions, applying: Applying) -> Result<Self> {
        let lock = schema::lock(folder)?;
        let connection = schema::open_writer(folder, &options)?;
        let disk = Arc::new(journal::Folder::new(folder));
        let ends = Arc::default();
        let (tail, watched, hand) = match options.journal {
            true => {
                let (journal, tail) = open_journal(disk, &options, &connection)?;
                schema::leave_log(&connection);
                let writing = Writing::new(connection, Some(tail.clone()), Arc::clone(&ends));
                let segments = journal.segments();
                let appender = Appender::new(journal, tail.clone(), ends);
                let watched = Watched::of(&writing, Some(&appender));
                let writing = Arc::new(Mutex::new(writing));
                let is_wanted = Arc::<AtomicBool>::default();
                let applier = Applier {
                    writing: writing.clone(),
                    tail: tail.clone(),
                    segments,
                    is_wanted: is_wanted.clone(),
                    carrier: schema::open_carrier(folder)?,
                };
                let hand = Hand {
                    writing,
                    short: Some((appender, schema::open_reader(folder, &options)?)),
                    applier: Some(applier.start(applying)?),
                    is_wanted,
                };
                (Some(tail), watched, hand)
            }
            false => {
                let mut writing = Writing::new(connection, None, ends);
                empty_journal(disk, &options, &mut writing)?;
                (None, Watched::of(&writing, None), Hand::without_journal(writing))
            }
        };
        let readers = (0..options.readers.max(1))
            .map(|_| schema::open_reader(folder, &options))
            .collect::<Result<_>>()?;
        Ok(Self {
            readers: Some(Readers::start(readers, tail, options.reads_waiting_max)?),
            writer: Writer::start(hand, options.writes_waiting_max, options.batch_max)?,
            folder: Some(Folder {
                path: folder.to_owned(),
                _lock: lock,
            }),
            watched,
        })
    }

    /// A store that is gone when it is dropped, for tests and simulations: the same SQL, no disk, no journal.
    ///
    /// # Panics
    /// When the process can have no thread or no memory for it.
    pub fn in_memory() -> Self {
        Self::try_in_memory(SqliteOptions::default())
            .expect("a store in memory needs a thread and memory only")
    }

    fn try_in_memory(options: SqliteOptions) -> Result<Self> {
        let writing = Writing::new(schema::open_memory(&options)?, None, Arc::default());
        let watched = Watched::of(&writing, None);
        let hand = Hand::without_journal(writing);
        Ok(Self {
            readers: None,
            writer: Writer::start(hand, options.writes_waiting_max, options.batch_max)?,
            folder: None,
            watched,
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        question: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.readers {
            Some(readers) => readers.read(lane, question).await,
            None => self.writer.read(lane, question).await,
        }
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Each method hands its arguments to the function that does it.
#[async_trait]
impl Store for SqliteStore {
    async fn put_app(&self, app: App) -> Result<()> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| app::put_app(it, &app))
            .await
    }

    async fn update_app(&self, app: App) -> Result<()> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| app::update_app(it, &app))
            .await
    }

    async fn find_app(&self, app: SdkAppId) -> Result<Option<App>> {
        self.read(Lane::SERVER, move |it| app::find_app(it, app)).await
    }

    async fn list_apps(&self) -> Result<Vec<App>> {
        self.read(Lane::SERVER, |it| app::list_apps(it)).await
    }

    async fn find_setting(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        self.read(Lane::SERVER, move |it| app::find_setting(it, &name))
            .await
    }

    async fn put_setting(&self, name: &str, value: String) -> Result<()> {
        let name = name.to_owned();
        self.writer
            .write_unordered(Lane::SERVER, move |it| app::put_setting(it, &name, &value))
            .await
    }

    async fn register_instance(
        &self,
        new: NewInstance,
        choose: ChooseKicked,
    ) -> Result<Committed<Registered>> {
        let lane = Lane::of((new.app, &new.user_id));
        self.writer
            .write(lane, move |it| instance::register(it, &new, choose))
            .await
    }

    async fn remove_instance(&self, account: AccountId, instance: InstanceId) -> Result<()> {
        self.writer
            .write_unordered(Lane::of(account), move |it| {
                instance::remove(it, account, instance)
            })
            .await
    }

    async fn kick_instances(
        &self,
        account: AccountId,
        instances: Vec<(InstanceId, KickReason)>,
    ) -> Result<()> {
        self.writer
            .write_unordered(Lane::of(account), move |it| {
                instance::kick(it, account, &instances, None)
            })
            .await
    }

    async fn list_instances(&self, account: AccountId) -> Result<Vec<Instance>> {
        self.read(Lane::of(account), move |it| instance::list(it, account))
            .await
    }

    async fn put_account(&self, app: SdkAppId, user_id: &UserId, now: Timestamp) -> Result<bool> {
        let user_id = user_id.clone();
        self.writer
            .write_unordered(Lane::SERVER, move |it| {
                account::put_account(it, app, &user_id, now)
            })
            .await
    }

    async fn put_sigs_after(&self, account: AccountId, after: Timestamp) -> Result<()> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| {
                account::put_sigs_after(it, account, after)
            })
            .await
    }

    async fn find_account(&self, app: SdkAppId, user_id: &UserId) -> Result<Option<AccountRecord>> {
        let lane = Lane::of((app, &user_id));
        let user_id = user_id.clone();
        self.read(lane, move |it| account::find_account(it, app, &user_id))
            .await
    }

    async fn list_accounts(
        &self,
        app: SdkAppId,
        query: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<AccountRecord>> {
        let (query, after) = (query.to_owned(), after.to_owned());
        self.read(Lane::SERVER, move |it| {
            account::list_accounts(it, app, &query, &after, limit)
        })
        .await
    }

    async fn count_accounts(&self, app: SdkAppId) -> Result<u64> {
        self.read(Lane::SERVER, move |it| account::count_accounts(it, app))
            .await
    }

    async fn list_profiles(&self, app: SdkAppId, user_ids: &[UserId]) -> Result<Vec<Profile>> {
        let user_ids = user_ids.to_vec();
        self.read(Lane::SERVER, move |it| account::list_profiles(it, app, &user_ids))
            .await
    }

    async fn put_profile(
        &self,
        account: &Account,
        change: ProfileChange,
        now: Timestamp,
        consequences: Consequences<(Profile, Vec<AccountId>)>,
    ) -> Result<Committed<Written<Profile>>> {
        let lane = Lane::of(account.id);
        let account = account.clone();
        self.writer
            .write(lane, move |it| {
                account::put_profile(it, &account, change, now, consequences)
            })
            .await
    }

    async fn list_blacklist(&self, account: AccountId) -> Result<Vec<UserId>> {
        self.read(Lane::of(account), move |it| blacklist::list(it, account))
            .await
    }

    async fn is_blocked(&self, account: AccountId, other: AccountId) -> Result<bool> {
        self.read(Lane::of(account), move |it| {
            blacklist::is_blocked(it, account, other)
        })
        .await
    }

    async fn add_to_blacklist(
        &self,
        account: AccountId,
        others: Vec<Account>,
        now: Timestamp,
        consequences: Consequences<BlacklistChanged>,
    ) -> Result<Committed<Written<BlacklistChanged>>> {
        self.writer
            .write(Lane::of(account), move |it| {
                blacklist::add(it, account, &others, now, consequences)
            })
            .await
    }

    async fn remove_from_blacklist(
        &self,
        account: AccountId,
        others: Vec<Account>,
        consequences: Consequences<BlacklistChanged>,
    ) -> Result<Committed<Written<BlacklistChanged>>> {
        self.writer
            .write(Lane::of(account), move |it| {
                blacklist::remove(it, account, &others, consequences)
            })
            .await
    }

    async fn append_message(&self, timeline: TimelineId, message: Message) -> Result<Committed<Appended>> {
        self.writer.append(timeline, message).await
    }

    async fn revoke_message(
        &self,
        timeline: TimelineId,
        sequence: Sequence,
        by: &Account,
    ) -> Result<Committed<Revoked>> {
        let lane = Lane::of(by.id);
        let by = by.user_id.clone();
        self.writer
            .write(lane, move |it| {
                timeline::revoke_message(it, timeline, sequence, &by)
            })
            .await
    }

    async fn append_addressed(
        &self,
        timeline: TimelineId,
        message: Message,
        addressed: Addressed,
    ) -> Result<Committed<Appended>> {
        let lane = Lane::of(message.key.account);
        self.writer
            .write(lane, move |it| {
                timeline::append_addressed(it, timeline, message, &addressed)
            })
            .await
    }

    async fn modify_message(
        &self,
        timeline: TimelineId,
        sequence: Sequence,
        by: AccountId,
        edits: u32,
        body: Body,
        cloud_custom_data: String,
    ) -> Result<Committed<Modified>> {
        self.writer
            .write(Lane::of(by), move |it| {
                timeline::modify_message(it, timeline, sequence, edits, body, cloud_custom_data)
            })
            .await
    }

    async fn change_extensions(
        &self,
        timeline: TimelineId,
        sequence: Sequence,
        by: AccountId,
        wishes: Vec<ExtensionWish>,
        remove_all: bool,
    ) -> Result<Committed<Extended>> {
        self.writer
            .write(Lane::of(by), move |it| {
                extension::change_extensions(it, timeline, sequence, wishes, remove_all)
            })
            .await
    }

    async fn list_extensions(
        &self,
        readable: Readable,
        sequence: Sequence,
    ) -> Result<Option<Vec<Extension>>> {
        let lane = Lane::of(readable.timeline);
        self.read(lane, move |it| extension::list_extensions(it, readable, sequence))
            .await
    }

    async fn delete_messages(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequences: Vec<Sequence>,
        consequences: Consequences<Deleted>,
    ) -> Result<Option<Committed<Written<Deleted>>>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        let deleted = self
            .writer
            .write(lane, move |it| {
                hidden::delete_messages(it, &account, &conversation, &sequences, consequences)
            })
            .await?;
        Ok(perhaps(deleted))
    }

    async fn clear_history(
        &self,
        account: &Account,
        conversation: &ConversationId,
        consequences: Consequences<Cleared>,
    ) -> Result<Option<Committed<Written<Cleared>>>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        let cleared = self
            .writer
            .write(lane, move |it| {
                hidden::clear_history(it, &account, &conversation, consequences)
            })
            .await?;
        Ok(perhaps(cleared))
    }

    async fn put_merged(&self, account: AccountId, part: MergedPart, now: Timestamp) -> Result<bool> {
        self.writer
            .write_unordered(Lane::of(account), move |it| {
                merged::put_merged(it, account, &part, now)
            })
            .await
    }

    async fn find_merged(&self, app: SdkAppId, key: [u8; 16]) -> Result<Option<Vec<u8>>> {
        self.read(Lane::of(key), move |it| merged::find_merged(it, app, key))
            .await
    }

    async fn find_visible(&self, readable: Readable, sequence: Sequence) -> Result<Option<Message>> {
        let lane = Lane::of(readable.timeline);
        self.read(lane, move |it| timeline::find_visible(it, readable, sequence))
            .await
    }

    async fn find_sent(&self, key: MessageKey) -> Result<Option<Message>> {
        self.read(Lane::of(key.account), move |it| timeline::find_by_key(it, key))
            .await
    }

    async fn find_message(&self, timeline: TimelineId, sequence: Sequence) -> Result<Option<Message>> {
        let lane = Lane::of(timeline);
        self.read(lane, move |it| timeline::find_message(it, timeline, sequence))
            .await
    }

    async fn list_messages(
        &self,
        readable: Readable,
        before: Sequence,
        limit: usize,
    ) -> Result<Vec<Message>> {
        let lane = Lane::of(readable.timeline);
        self.read(lane, move |it| {
            timeline::list_messages(it, readable, before, limit)
        })
        .await
    }

    async fn list_messages_from(
        &self,
        readable: Readable,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<Message>> {
        let lane = Lane::of(readable.timeline);
        self.read(lane, move |it| {
            timeline::list_messages_from(it, readable, from, limit)
        })
        .await
    }

    async fn find_sequence_at(&self, readable: Readable, time: Timestamp) -> Result<Sequence> {
        let lane = Lane::of(readable.timeline);
        self.read(lane, move |it| timeline::find_sequence_at(it, readable, time))
            .await
    }

    async fn list_changes(
        &self,
        readable: Readable,
        version: Version,
        sequence: Sequence,
        limit: usize,
    ) -> Result<Changes> {
        let lane = Lane::of(readable.timeline);
        self.read(lane, move |it| {
            timeline::list_changes(it, readable, version, sequence, limit)
        })
        .await
    }

    async fn find_readable(
        &self,
        account: &Account,
        conversation: &ConversationId,
    ) -> Result<Option<Readable>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        self.read(lane, move |it| {
            Ok(conversation::find_own(it, &account, &conversation)?.map(|own| own.readable()))
        })
        .await
    }

    async fn find_conversation(
        &self,
        account: &Account,
        conversation: &ConversationId,
    ) -> Result<Option<ConversationState>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        self.read(lane, move |it| {
            conversation::find_conversation(it, &account, &conversation)
        })
        .await
    }

    async fn list_conversations(
        &self,
        account: &Account,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationState>> {
        let lane = Lane::of(account.id);
        let account = account.clone();
        self.read(lane, move |it| {
            conversation::list_conversations(it, &account, before, limit)
        })
        .await
    }

    async fn mark_read(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequence: Sequence,
        _now: Timestamp,
        consequences: Consequences<MarkedRead>,
    ) -> Result<Option<Committed<Written<MarkedRead>>>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        let marked = self
            .writer
            .write(lane, move |it| {
                conversation::mark_read(it, &account, &conversation, sequence, consequences)
            })
            .await?;
        Ok(perhaps(marked))
    }

    async fn mark_all_read(
        &self,
        account: &Account,
        scope: ReadScope,
        consequences: Consequences<Vec<MarkedOne>>,
    ) -> Result<Committed<Written<Vec<MarkedOne>>>> {
        let lane = Lane::of(account.id);
        let account = account.id;
        self.writer
            .write(lane, move |it| {
                conversation::mark_all_read(it, account, scope, consequences)
            })
            .await
    }

    async fn find_settings(&self, account: &Account, conversation: &ConversationId) -> Result<Settings> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        self.read(lane, move |it| {
            conversation::find_settings(it, &account, &conversation)
        })
        .await
    }

    async fn change_settings(
        &self,
        account: &Account,
        conversations: Vec<(ConversationId, Sequence)>,
        change: SettingsChange,
        consequences: Consequences<SettingsWritten>,
    ) -> Result<Committed<Written<SettingsWritten>>> {
        let lane = Lane::of(account.id);
        let account = account.clone();
        self.writer
            .write(lane, move |it| {
                settings::change(it, &account, &conversations, &change, consequences)
            })
            .await
    }

    async fn list_expired(
        &self,
        since: &[KeptSince],
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Expired>, Option<u64>)> {
        let since = since.to_vec();
        self.read(Lane::SERVER, move |it| expiry::list(it, &since, after, limit))
            .await
    }

    async fn hide_expired(
        &self,
        expired: Expired,
        after: u64,
        limit: usize,
        consequences: Consequences<MarksMoved>,
    ) -> Result<Committed<Written<MarksMoved>>> {
        self.writer
            .write(Lane::SERVER, move |it| {
                expiry::hide(it, expired, after, limit, consequences)
            })
            .await
    }

    async fn remove_expired(&self, expired: Expired, limit: usize) -> Result<bool> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| expiry::remove(it, expired, limit))
            .await
    }

    async fn put_receipts(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequences: Vec<Sequence>,
        now: Timestamp,
        consequences: Consequences<ReceiptsPut>,
    ) -> Result<Option<Committed<Written<ReceiptsPut>>>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        let put = self
            .writer
            .write(lane, move |it| {
                receipt::put(it, &account, &conversation, &sequences, now, consequences)
            })
            .await?;
        Ok(perhaps(put))
    }

    async fn list_receipts(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequences: &[Sequence],
    ) -> Result<Option<Vec<Receipt>>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        let sequences = sequences.to_vec();
        self.read(lane, move |it| {
            receipt::list(it, &account, &conversation, &sequences)
        })
        .await
    }

    async fn list_readers(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequence: Sequence,
        unread: bool,
        after: u64,
        limit: usize,
    ) -> Result<Option<ReadersPage>> {
        let lane = Lane::of(account.id);
        let (account, conversation) = (account.clone(), conversation.clone());
        self.read(lane, move |it| {
            receipt::list_readers(it, &account, &conversation, sequence, unread, after, limit)
        })
        .await
    }

    async fn snapshot(&self, account: &Account, conversations: usize) -> Result<Snapshot> {
        let lane = Lane::of(account.id);
        let account = account.clone();
        self.read(lane, move |it| sync::snapshot(it, &account, conversations))
            .await
    }

    async fn catch_up(
        &self,
        account: &Account,
        pts: Pts,
        held: Vec<Held>,
        listed: Timestamp,
    ) -> Result<CatchUp> {
        let lane = Lane::of(account.id);
        let account = account.clone();
        self.read(lane, move |it| sync::catch_up(it, &account, pts, &held, listed))
            .await
    }

    async fn find_group(&self, app: SdkAppId, id: &GroupId) -> Result<Option<GroupRecord>> {
        let lane = Lane::of((app, &id));
        let id = id.clone();
        self.read(lane, move |it| group::find_group(it, app, &id)).await
    }

    async fn find_member(&self, group: GroupNumber, account: AccountId) -> Result<Option<MemberRecord>> {
        self.read(Lane::of(account), move |it| {
            group::find_member(it, group, account)
        })
        .await
    }

    async fn list_members(&self, group: GroupNumber) -> Result<Vec<MemberRecord>> {
        self.read(Lane::of(group), move |it| group::list_members(it, group))
            .await
    }

    async fn list_group_members(
        &self,
        group: GroupNumber,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<GroupMember>> {
        self.read(Lane::of(group), move |it| {
            group::list_group_members(it, group, offset, limit)
        })
        .await
    }

    async fn list_groups(&self, account: AccountId) -> Result<Vec<Group>> {
        self.read(Lane::of(account), move |it| group::list_groups(it, account))
            .await
    }

    async fn count_groups(&self, account: AccountId) -> Result<u64> {
        self.read(Lane::of(account), move |it| group::count_groups(it, account))
            .await
    }

    async fn create_group(
        &self,
        new: NewGroup,
        consequences: Consequences<GroupRecord>,
    ) -> Result<Committed<Written<Created>>> {
        let lane = Lane::of(new.owner.id);
        self.writer
            .write(lane, move |it| group::create_group(it, &new, consequences))
            .await
    }

    async fn add_members(
        &self,
        by: AccountId,
        group: GroupNumber,
        accounts: Vec<Account>,
        now: Timestamp,
        consequences: Consequences<Joined>,
    ) -> Result<Option<Committed<Written<Joined>>>> {
        let joined = self
            .writer
            .write(Lane::of(by), move |it| {
                group::add_members(it, group, accounts, now, consequences)
            })
            .await?;
        Ok(perhaps(joined))
    }

    async fn remove_member(
        &self,
        group: GroupNumber,
        account: AccountId,
        _reason: LeaveReason,
        _now: Timestamp,
        consequences: Consequences<Left>,
    ) -> Result<Option<Committed<Written<Left>>>> {
        let left = self
            .writer
            .write(Lane::of(account), move |it| {
                group::remove_member(it, group, account, consequences)
            })
            .await?;
        Ok(perhaps(left))
    }

    async fn dismiss_group(
        &self,
        by: AccountId,
        group: GroupNumber,
        _now: Timestamp,
        consequences: Consequences<Dismissed>,
    ) -> Result<Committed<Written<Dismissed>>> {
        self.writer
            .write(Lane::of(by), move |it| {
                group::dismiss_group(it, group, consequences)
            })
            .await
    }

    async fn put_application(
        &self,
        group: GroupNumber,
        applicant: &Account,
        text: String,
        now: Timestamp,
        consequences: Consequences<Application>,
    ) -> Result<Committed<Written<Application>>> {
        let lane = Lane::of(applicant.id);
        let applicant = applicant.clone();
        self.writer
            .write(lane, move |it| {
                group::put_application(it, group, &applicant, text, now, consequences)
            })
            .await
    }

    async fn handle_application(
        &self,
        by: AccountId,
        group: GroupNumber,
        application: u64,
        agree: bool,
        now: Timestamp,
        consequences: Consequences<Handled>,
    ) -> Result<Committed<Written<Handled>>> {
        self.writer
            .write(Lane::of(by), move |it| {
                group::handle_application(it, group, application, agree, now, consequences)
            })
            .await
    }

    async fn put_file(&self, file: FileRecord) -> Result<()> {
        self.writer
            .write_unordered(Lane::of(file.account), move |it| file::put(it, &file))
            .await
    }

    async fn find_file(&self, id: FileId) -> Result<Option<FileRecord>> {
        self.read(Lane::of(id), move |it| file::find(it, id)).await
    }

    async fn count_file_bytes(&self, account: AccountId, since: Timestamp) -> Result<u64> {
        self.read(Lane::of(account), move |it| file::count_bytes(it, account, since))
            .await
    }

    async fn put_references(
        &self,
        app: SdkAppId,
        key: MessageKey,
        linked: Vec<Linked>,
        now: Timestamp,
    ) -> Result<()> {
        self.writer
            .write_unordered(Lane::of(key.account), move |it| {
                file::refer(it, app, key, &linked, now)
            })
            .await
    }

    async fn sweep_files(&self, before: Timestamp, from: Sweep, limit: usize) -> Result<Swept> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| file::sweep(it, before, from, limit))
            .await
    }

    async fn sweep_merged(&self, before: Timestamp, from: MergedSweep, limit: usize) -> Result<MergedSweep> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| merged::sweep(it, before, from, limit))
            .await
    }

    async fn remove_file(&self, id: FileId) -> Result<()> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| file::remove(it, id))
            .await
    }

    async fn totals(&self) -> Result<Totals> {
        let mut totals = self.read(Lane::SERVER, app::totals).await?;
        if let Some(folder) = &self.folder {
            // What was not yet carried over to the database; absent right after a start.
            let wal = folder.path.join(format!("{}-wal", schema::FILE));
            totals.data_bytes += std::fs::metadata(wal).map_or(0, |it| it.len());
            totals.data_bytes += journal::Folder::new(&folder.path).bytes();
        }
        Ok(totals)
    }

    fn figures(&self) -> Figures {
        self.watched.figures()
    }

    async fn check(&self) -> Result<()> {
        self.read(Lane::SERVER, |it| app::check(it)).await?;
        self.writer.check(app::try_to_write).await
    }

    /// Event logs are cut when they grow; what is left are kicked instances.
    async fn prune(&self, now: Timestamp) -> Result<()> {
        self.writer
            .write_unordered(Lane::SERVER, move |it| instance::prune(it, now))
            .await
    }

    async fn close(&self) -> Result<()> {
        if let Some(readers) = &self.readers {
            readers.close();
        }
        self.writer.close().await;
        Ok(())
    }
}

/// The journal with its tail, which begins with what the database does not have.
fn open_journal(
    disk: Arc<dyn journal::Disk>,
    options: &SqliteOptions,
    connection: &Connection,
) -> Result<(Journal, Arc<Tail>)> {
    let (applied, journaled) = writer::applied(connection)?;
    let (journal, found) = Journal::open(disk, options.segment_bytes, applied)?;
    if found.frames.is_empty() && journaled != found.next {
        writer::put_applied(connection, found.next, found.next)?;
    }
    let tail = Tail::new(
        found.frames,
        found.next,
        applied,
        options.tail_messages_max,
        options.tail_bytes_max,
    );
    Ok((journal, Arc::new(tail)))
}

/// Puts all that a journal holds into the database, for a store without one.
fn empty_journal(disk: Arc<dyn journal::Disk>, options: &SqliteOptions, writing: &mut Writing) -> Result<()> {
    let (applied, journaled) = writer::applied(&writing.connection)?;
    let (mut journal, found) = Journal::open(disk, options.segment_bytes, applied)?;
    let frames: Vec<_> = found.frames.into_iter().map(Arc::new).collect();
    if found.next > 0 {
        writing.apply(
            &apply::sorted(&frames),
            Some(found.next),
            Durability::Synced,
            || false,
        )?;
        if journaled != found.next {
            writer::put_applied(&writing.connection, found.next, found.next)?;
        }
    }
    journal.clear();
    Ok(())
}

/// What an operation did whose object may be absent.
fn perhaps<T>(committed: Committed<Option<T>>) -> Option<Committed<T>> {
    let Committed { value, turn } = committed;
    value.map(|value| Committed { value, turn })
}

/// The packed key of an owner's row (see the first migration). A number beyond the key's room, which only outside
/// input has, is taken as the largest.
const fn place(owner: u64, number: u64) -> i64 {
    let number = if number > NUMBER_MAX { NUMBER_MAX } else { number };
    (owner << 32 | number).cast_signed()
}

/// All rows of an owner.
const fn places(owner: u64) -> Range<i64> {
    (owner << 32).cast_signed()..((owner + 1) << 32).cast_signed()
}

/// The owner in a packed key.
const fn owner_of(place: i64) -> u64 {
    place.cast_unsigned() >> 32
}

/// The number in a packed key.
const fn in_place(place: i64) -> u64 {
    place.cast_unsigned() & NUMBER_MAX
}

const NUMBER_MAX: u64 = u32::MAX as u64;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::ConstraintViolation
                | ErrorCode::PermissionDenied,
            ) => Self::Unwritable(text),
            _ => Self::Unreadable(text),
        }
    }
}

/// A thread could not be started.
impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Unwritable(error.to_string())
    }
}
