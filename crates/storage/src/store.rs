//! The `Store` trait: what may be asked of whatever keeps the data.
//!
//! Verbs are few: `find_` (perhaps one), `list_`, `count_`, `append_`, `put_`, `remove_`, and those of the domain where
//! an operation has to be one atomic step. See the crate's head for what all of them promise.

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

use crate::figures::Figures;
use crate::model::*;
use crate::turn::Committed;

/// The store itself failed. Nothing of the operation was kept, unless it says that this is unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, cannot be written, or gave an error.
    #[error("the store cannot write: {0}")]
    Unwritable(String),
    /// What is kept cannot be read.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
    /// More writes wait than are allowed to.
    #[error("the store is overloaded")]
    Overloaded,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Short for what every operation answers.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// Whatever keeps the data.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Apps.

    /// Adds an app.
    async fn put_app(&self, app: App) -> Result<()>;
    /// Changes an app's name, key or settings.
    async fn update_app(&self, app: App) -> Result<()>;
    /// One app.
    async fn find_app(&self, app: SdkAppId) -> Result<Option<App>>;
    /// All apps, oldest first.
    async fn list_apps(&self) -> Result<Vec<App>>;

    /// A value that the server keeps for itself, such as the hash of the console's password.
    async fn find_setting(&self, name: &str) -> Result<Option<String>>;
    /// See [`Store::find_setting`].
    async fn put_setting(&self, name: &str, value: String) -> Result<()>;

    // Accounts and instances.

    /// Logs an instance in: makes the account when needed, resumes or registers the instance, and remembers those that
    /// `choose` says as kicked. One atomic step (contract C6). Logging in with an instance that is registered renews it.
    async fn register_instance(
        &self,
        new: NewInstance,
        choose: ChooseKicked,
    ) -> Result<Committed<Registered>>;
    /// Logs an instance out: nothing of it is remembered.
    async fn remove_instance(&self, account: AccountId, instance: InstanceId) -> Result<()>;
    /// Remembers instances as kicked.
    async fn kick_instances(
        &self,
        account: AccountId,
        instances: Vec<(InstanceId, KickReason)>,
    ) -> Result<()>;
    /// Those that are logged in, oldest login first.
    async fn list_instances(&self, account: AccountId) -> Result<Vec<Instance>>;
    /// Makes an account that never logged in; `false` when it is there.
    async fn put_account(&self, app: SdkAppId, user_id: &UserId, now: Timestamp) -> Result<bool>;
    /// From now on UserSigs issued before `after` are not accepted for the account.
    async fn put_sigs_after(&self, account: AccountId, after: Timestamp) -> Result<()>;
    /// One account.
    async fn find_account(&self, app: SdkAppId, user_id: &UserId) -> Result<Option<AccountRecord>>;
    /// Accounts whose userID or nick holds `query`, by userID, after the userID `after`; at most `limit`.
    async fn list_accounts(
        &self,
        app: SdkAppId,
        query: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<AccountRecord>>;
    /// Accounts of an app.
    async fn count_accounts(&self, app: SdkAppId) -> Result<u64>;

    // Profiles and blacklist.

    /// Profiles of those that exist, in the order asked for.
    async fn list_profiles(&self, app: SdkAppId, user_ids: &[UserId]) -> Result<Vec<Profile>>;
    /// Changes an account's profile, which keeps the files that it links to. `consequences` is told the new profile and the accounts that have a C2C
    /// conversation with this one.
    async fn put_profile(
        &self,
        account: &Account,
        change: ProfileChange,
        now: Timestamp,
        consequences: Consequences<(Profile, Vec<AccountId>)>,
    ) -> Result<Committed<Written<Profile>>>;
    /// Whom the account blocked, in the order of blocking.
    async fn list_blacklist(&self, account: AccountId) -> Result<Vec<UserId>>;
    /// Whether `account` blocked `other`.
    async fn is_blocked(&self, account: AccountId, other: AccountId) -> Result<bool>;
    /// Blocks accounts; those that are blocked already are passed over.
    async fn add_to_blacklist(
        &self,
        account: AccountId,
        others: Vec<Account>,
        now: Timestamp,
        consequences: Consequences<BlacklistChanged>,
    ) -> Result<Committed<Written<BlacklistChanged>>>;
    /// Unblocks accounts; those that are not blocked are passed over.
    async fn remove_from_blacklist(
        &self,
        account: AccountId,
        others: Vec<Account>,
        consequences: Consequences<BlacklistChanged>,
    ) -> Result<Committed<Written<BlacklistChanged>>>;

    // Timelines.

    /// Takes a message into a timeline, under the next sequence and version. A message with the same key is answered
    /// as it is kept (contract C2). Of its flags, those that [`Store::append_addressed`] is for are not kept. A C2C or system conversation comes about with its first message.
    async fn append_message(&self, timeline: TimelineId, message: Message) -> Result<Committed<Appended>>;
    /// Marks a message as taken back by somebody.
    async fn revoke_message(
        &self,
        timeline: TimelineId,
        sequence: Sequence,
        by: &Account,
    ) -> Result<Committed<Revoked>>;
    /// The same for a message that singles somebody out, or takes key/value pairs.
    async fn append_addressed(
        &self,
        timeline: TimelineId,
        message: Message,
        addressed: Addressed,
    ) -> Result<Committed<Appended>>;
    /// Lets a message say something else, when it was modified so often and not more. It refers to what it links to then.
    async fn modify_message(
        &self,
        timeline: TimelineId,
        sequence: Sequence,
        by: AccountId,
        edits: u32,
        body: Body,
        cloud_custom_data: String,
    ) -> Result<Committed<Modified>>;
    /// Sets and removes key/value pairs of a message, or removes all.
    async fn change_extensions(
        &self,
        timeline: TimelineId,
        sequence: Sequence,
        by: AccountId,
        wishes: Vec<ExtensionWish>,
        remove_all: bool,
    ) -> Result<Committed<Extended>>;
    /// The key/value pairs of a message; `None` when the reader does not see it.
    async fn list_extensions(&self, readable: Readable, sequence: Sequence)
    -> Result<Option<Vec<Extension>>>;
    /// Hides messages from an account alone. `None`: it has no such conversation.
    async fn delete_messages(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequences: Vec<Sequence>,
        consequences: Consequences<Deleted>,
    ) -> Result<Option<Committed<Written<Deleted>>>>;
    /// Hides all that is in a conversation from an account alone. `None`: it has no such conversation.
    async fn clear_history(
        &self,
        account: &Account,
        conversation: &ConversationId,
        consequences: Consequences<Cleared>,
    ) -> Result<Option<Committed<Written<Cleared>>>>;
    /// Keeps a part of merged messages, and for as long all that it links to; one that is there stays as it is. `false`: the
    /// key is in use for something else.
    async fn put_merged(&self, account: AccountId, part: MergedPart, now: Timestamp) -> Result<bool>;
    /// Merged messages, all parts laid end to end; `None` while one is missing.
    async fn find_merged(&self, app: SdkAppId, key: [u8; 16]) -> Result<Option<Vec<u8>>>;
    /// A message as a reader sees it; `None` also when it is hidden from it.
    async fn find_visible(&self, readable: Readable, sequence: Sequence) -> Result<Option<Message>>;
    /// A message that was taken in under this key, in whichever timeline.
    async fn find_sent(&self, key: MessageKey) -> Result<Option<Message>>;
    /// One message.
    async fn find_message(&self, timeline: TimelineId, sequence: Sequence) -> Result<Option<Message>>;
    /// The newest `limit` messages before a sequence (0: before none), ascending.
    async fn list_messages(&self, readable: Readable, before: Sequence, limit: usize)
    -> Result<Vec<Message>>;
    /// The oldest `limit` messages from a sequence on, ascending.
    async fn list_messages_from(
        &self,
        readable: Readable,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<Message>>;
    /// The first message that an account may read and that was committed at a moment or later; the one after the newest
    /// when there is none. As quick in a long timeline as in a short one.
    async fn find_sequence_at(&self, readable: Readable, time: Timestamp) -> Result<Sequence>;
    /// What changed after a version, for a reader whose newest message is `sequence`.
    async fn list_changes(
        &self,
        readable: Readable,
        version: Version,
        sequence: Sequence,
        limit: usize,
    ) -> Result<Changes>;

    // Conversations.

    /// The timeline behind a conversation, when the account may read it: it has talked with that user, or is in that
    /// group.
    async fn find_readable(
        &self,
        account: &Account,
        conversation: &ConversationId,
    ) -> Result<Option<Readable>>;
    /// One conversation.
    async fn find_conversation(
        &self,
        account: &Account,
        conversation: &ConversationId,
    ) -> Result<Option<ConversationState>>;
    /// Conversations less recent than `before` (0: from the newest), newest first. More than `limit` when others were
    /// active in the same millisecond as the last of them, so that the next page misses none.
    async fn list_conversations(
        &self,
        account: &Account,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationState>>;
    /// Moves an account's read mark forward, never beyond the newest message, never back. `None`: no such conversation.
    async fn mark_read(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequence: Sequence,
        now: Timestamp,
        consequences: Consequences<MarkedRead>,
    ) -> Result<Option<Committed<Written<MarkedRead>>>>;

    /// Moves an account's read marks of all conversations of a scope to their newest messages, in one step.
    /// `consequences` is told those that moved.
    async fn mark_all_read(
        &self,
        account: &Account,
        scope: ReadScope,
        consequences: Consequences<Vec<MarkedOne>>,
    ) -> Result<Committed<Written<Vec<MarkedOne>>>>;
    /// What an account set for a conversation, also for one that has not begun.
    async fn find_settings(&self, account: &Account, conversation: &ConversationId) -> Result<Settings>;
    /// Changes what an account set for conversations, or its conversation groups. Beside each conversation the newest
    /// message up to which it is deleted, if that is the change; 0: the newest that there is. A conversation that the
    /// account does not have, or of which there would be too many, is refused for itself.
    async fn change_settings(
        &self,
        account: &Account,
        conversations: Vec<(ConversationId, Sequence)>,
        change: SettingsChange,
        consequences: Consequences<SettingsWritten>,
    ) -> Result<Committed<Written<SettingsWritten>>>;

    // Expiry.

    /// Of the timelines after a number, at most `limit` looked at, those in which messages have expired; and the number to
    /// go on from, `None` at the end.
    async fn list_expired(
        &self,
        since: &[KeptSince],
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Expired>, Option<u64>)>;
    /// Moves the marks of those who have not read what has expired, of at most `limit` accounts; with the last of them the
    /// messages are hidden. `consequences` is told whose marks moved.
    async fn hide_expired(
        &self,
        expired: Expired,
        after: u64,
        limit: usize,
        consequences: Consequences<MarksMoved>,
    ) -> Result<Committed<Written<MarksMoved>>>;
    /// Removes at most `limit` hidden messages and all that belongs to them; whether there are more.
    async fn remove_expired(&self, expired: Expired, limit: usize) -> Result<bool>;

    // Receipts.

    /// Notes that an account read messages of others that want a receipt. `consequences` is told those that have not had
    /// one from it. `None`: no such conversation.
    async fn put_receipts(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequences: Vec<Sequence>,
        now: Timestamp,
        consequences: Consequences<ReceiptsPut>,
    ) -> Result<Option<Committed<Written<ReceiptsPut>>>>;
    /// How far an account's own messages were read, of those that want a receipt, in the order asked for. `None`: no
    /// such conversation.
    async fn list_receipts(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequences: &[Sequence],
    ) -> Result<Option<Vec<Receipt>>>;
    /// Who has read an account's own message that wants a receipt, or, when `unread`, who may see it and has not; from
    /// `after` on. `None`: no such message.
    async fn list_readers(
        &self,
        account: &Account,
        conversation: &ConversationId,
        sequence: Sequence,
        unread: bool,
        after: u64,
        limit: usize,
    ) -> Result<Option<ReadersPage>>;

    // Sync.

    /// All that an instance begins with: the newest `conversations` and the rest whole.
    async fn snapshot(&self, account: &Account, conversations: usize) -> Result<Snapshot>;
    /// All that an instance missed that took events up to `pts` and holds these conversations. It knows of all that
    /// were active at `listed` or later, 0: of all; so those of them that it does not hold are news too.
    async fn catch_up(
        &self,
        account: &Account,
        pts: Pts,
        held: Vec<Held>,
        listed: Timestamp,
    ) -> Result<CatchUp>;

    // Groups.

    /// One group, also a dissolved one.
    async fn find_group(&self, app: SdkAppId, id: &GroupId) -> Result<Option<GroupRecord>>;
    /// How an account stands in a group.
    async fn find_member(&self, group: GroupNumber, account: AccountId) -> Result<Option<MemberRecord>>;
    /// All members, in the order of joining.
    async fn list_members(&self, group: GroupNumber) -> Result<Vec<MemberRecord>>;
    /// A page of members as they are shown, in the order of joining.
    async fn list_group_members(
        &self,
        group: GroupNumber,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<GroupMember>>;
    /// The groups that an account is in, with its `self_info`.
    async fn list_groups(&self, account: AccountId) -> Result<Vec<Group>>;
    /// In how many groups an account is.
    async fn count_groups(&self, account: AccountId) -> Result<u64>;
    /// Makes a group with its members; each of them has its conversation from then on. It keeps the files that it links to.
    async fn create_group(
        &self,
        new: NewGroup,
        consequences: Consequences<GroupRecord>,
    ) -> Result<Committed<Written<Created>>>;
    /// Takes accounts into a group, up to its limit. `None`: there is no such group any more. Whatever `by` submitted
    /// before, a message say, is committed before it.
    async fn add_members(
        &self,
        by: AccountId,
        group: GroupNumber,
        accounts: Vec<Account>,
        now: Timestamp,
        consequences: Consequences<Joined>,
    ) -> Result<Option<Committed<Written<Joined>>>>;
    /// Takes an account out of a group, and its conversation with it.
    async fn remove_member(
        &self,
        group: GroupNumber,
        account: AccountId,
        reason: LeaveReason,
        now: Timestamp,
        consequences: Consequences<Left>,
    ) -> Result<Option<Committed<Written<Left>>>>;
    /// Dissolves a group: no members any more, no new messages. What `by` submitted before is committed before it.
    async fn dismiss_group(
        &self,
        by: AccountId,
        group: GroupNumber,
        now: Timestamp,
        consequences: Consequences<Dismissed>,
    ) -> Result<Committed<Written<Dismissed>>>;
    /// Notes a wish to join; an open one of the same applicant is replaced.
    async fn put_application(
        &self,
        group: GroupNumber,
        applicant: &Account,
        text: String,
        now: Timestamp,
        consequences: Consequences<Application>,
    ) -> Result<Committed<Written<Application>>>;
    /// Answers a wish to join; when `agree`, the applicant comes in, if there is room. What `by` submitted before is
    /// committed before it.
    async fn handle_application(
        &self,
        by: AccountId,
        group: GroupNumber,
        application: u64,
        agree: bool,
        now: Timestamp,
        consequences: Consequences<Handled>,
    ) -> Result<Committed<Written<Handled>>>;

    // Files. Their bytes are kept elsewhere.

    /// Notes a file that is kept. Once more is the same.
    async fn put_file(&self, file: FileRecord) -> Result<()>;
    /// One file; `None` also when it is about to be removed.
    async fn find_file(&self, id: FileId) -> Result<Option<FileRecord>>;
    /// Bytes that an account uploaded since then.
    async fn count_file_bytes(&self, account: AccountId, since: Timestamp) -> Result<u64>;
    /// Notes that the message of this key, which is about to be sent, refers to files, or to merged messages that are kept
    /// apart, of its app. Those that are not there are passed over.
    async fn put_references(
        &self,
        app: SdkAppId,
        key: MessageKey,
        linked: Vec<Linked>,
        now: Timestamp,
    ) -> Result<()>;
    /// Forgets references, made before a moment, whose message is not there, and marks files of before that moment to which
    /// nothing refers, neither a message nor a profile, a group or merged messages: from now on they are not found. Looks at
    /// `limit` of each from where the sweep before ended.
    async fn sweep_files(&self, before: Timestamp, from: Sweep, limit: usize) -> Result<Swept>;
    /// Removes merged messages that were kept apart before a moment and to which nothing refers. Looks at `limit` parts from
    /// where the sweep before ended, and says where that was.
    async fn sweep_merged(&self, before: Timestamp, from: MergedSweep, limit: usize) -> Result<MergedSweep>;
    /// Forgets a file whose bytes are gone.
    async fn remove_file(&self, id: FileId) -> Result<()>;

    // Operations.

    /// Numbers for the console.
    async fn totals(&self) -> Result<Totals>;
    /// Numbers for metrics: what the store did since it was opened. They are in memory, and there at once.
    fn figures(&self) -> Figures;
    /// Whether the store works right now: it reads, and when the last write failed, it tries one. So a disk that was full
    /// is well again as soon as it has room, also when nobody writes.
    async fn check(&self) -> Result<()>;
    /// Forgets what is kept for a while only: kicked instances, events beyond the log's length.
    async fn prune(&self, now: Timestamp) -> Result<()>;
    /// Writes what waits, and closes. Later operations fail with [`StoreError::Closed`].
    async fn close(&self) -> Result<()>;
}
