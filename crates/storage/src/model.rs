//! What the store keeps, in the domain's words, where `hongyan_protocol` has no word for it yet.

use bytes::Bytes;
use hongyan_protocol::change::{AccountChange, AccountEvent, DeletedMessage};
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::file::FileId;
use hongyan_protocol::group::{Group, GroupType, JoinOption, Role};
use hongyan_protocol::id::{
    Account, AccountId, ConversationId, GroupId, InstanceId, Pts, SdkAppId, Sequence, Timestamp, UserId,
    Version,
};
use hongyan_protocol::limits;
use hongyan_protocol::message::{Extension, Message, TimelineChange};
use hongyan_protocol::platform::{KickReason, Platform};
use hongyan_protocol::profile::Profile;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::{RemindType, SettingsRevision};

/// A group's number, unique in the whole store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNumber(pub u64);

/// Names a timeline. It is there from its first message on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimelineId {
    /// Shared by two accounts; the smaller number first. Made by [`TimelineId::c2c`].
    C2c(AccountId, AccountId),
    /// Shared by a group's members.
    Group(GroupNumber),
    /// One account's notices.
    System(AccountId),
}

impl TimelineId {
    /// The timeline of two accounts, whichever is named first. An account may talk to itself.
    pub fn c2c(one: AccountId, other: AccountId) -> Self {
        Self::C2c(one.min(other), one.max(other))
    }
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its SDKAppID.
    pub id: SdkAppId,
    /// What its owner calls it.
    pub name: String,
    /// The secret key of its UserSigs. Never logged.
    pub key: AppKey,
    /// When it was made.
    pub created: Timestamp,
    /// What its owner set.
    pub settings: AppSettings,
}

/// A secret key; its text is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AppKey(pub String);

impl std::fmt::Debug for AppKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppKey(…)")
    }
}

/// What an app's owner may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppSettings {
    /// Web instances (mini-programs among them) that an account may have at once: 1 to 10 (contract C6).
    pub web_instances: u32,
    /// Which kinds of platform may be on line at the same time.
    pub platform_policy: PlatformPolicy,
    /// How long a sender may revoke a message, in seconds; 0: never.
    pub revoke_limit_s: u32,
    /// What a sender sees whom the receiver blocked.
    pub blocked_sender: BlockedSender,
    /// How large a file may be, in megabytes; 0: nobody uploads.
    pub upload_mb: u32,
    /// How much an account may upload within a day, in megabytes; 0: any amount.
    pub upload_day_mb: u32,
    /// Kinds of groups whose messages may have receipts.
    pub receipt_groups: ReceiptGroups,
    /// Members that a group with receipts may have.
    pub receipt_members_max: u32,
    /// Days for which messages are kept; 0: for ever.
    pub history_days: u32,
}

impl AppSettings {
    /// The moment before which messages have expired; 0: none ever do.
    pub const fn history_since(&self, now: Timestamp) -> Timestamp {
        match self.history_days {
            0 => Timestamp(0),
            days => Timestamp(now.0.saturating_sub(days as u64 * 86_400_000)),
        }
    }
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            web_instances: 1,
            platform_policy: PlatformPolicy::Multi,
            revoke_limit_s: limits::REVOKE_LIMIT_S,
            blocked_sender: BlockedSender::Refuse,
            upload_mb: 100,
            upload_day_mb: 2048,
            receipt_groups: ReceiptGroups::ALL,
            receipt_members_max: limits::RECEIPT_MEMBERS_MAX,
            history_days: limits::HISTORY_DAYS,
        }
    }
}

/// Kinds of groups whose messages may have receipts; the other kinds never do (service.md 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ReceiptGroups {
    pub work: bool,
    pub public: bool,
    pub meeting: bool,
}

impl ReceiptGroups {
    /// All that can.
    pub const ALL: Self = Self {
        work: true,
        public: true,
        meeting: true,
    };
    /// None.
    pub const NONE: Self = Self {
        work: false,
        public: false,
        meeting: false,
    };

    /// Whether groups of this kind have receipts.
    pub const fn has(self, kind: GroupType) -> bool {
        match kind {
            GroupType::Work => self.work,
            GroupType::Public => self.public,
            GroupType::Meeting => self.meeting,
            GroupType::Unspecified | GroupType::Community | GroupType::AvChatRoom => false,
        }
    }

    /// The names of these kinds, as owners know them.
    pub fn names(self) -> Vec<&'static str> {
        [
            (self.work, "Work"),
            (self.public, "Public"),
            (self.meeting, "Meeting"),
        ]
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect()
    }

    /// Reads [`ReceiptGroups::names`] back; `None` when one of them is none of the three.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut groups = Self::NONE;
        for name in names {
            match name {
                "Work" => groups.work = true,
                "Public" => groups.public = true,
                "Meeting" => groups.meeting = true,
                _ => return None,
            }
        }
        Some(groups)
    }
}

/// Which kinds of platform may be on line at the same time (service.md 4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformPolicy {
    /// One of all.
    Single,
    /// One of phone, tablet and desktop, and Web beside it.
    Dual,
    /// One mobile, one desktop, and Web.
    Triple,
    /// One on every platform.
    Multi,
}

impl PlatformPolicy {
    /// The word in the store and in the console's API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Dual => "dual",
            Self::Triple => "triple",
            Self::Multi => "multi",
        }
    }

    /// Reads [`PlatformPolicy::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Single, Self::Dual, Self::Triple, Self::Multi]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// What happens to a message from somebody whom the receiver blocked (service.md 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockedSender {
    /// Refused with 20007.
    Refuse,
    /// Shown to the sender as sent, and delivered to nobody.
    Pretend,
}

impl BlockedSender {
    /// The word in the store and in the console's API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Pretend => "pretend",
        }
    }

    /// Reads [`BlockedSender::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Refuse, Self::Pretend]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// An uploaded file. Its bytes are kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Names it.
    pub id: FileId,
    /// Whose.
    pub app: SdkAppId,
    /// Who uploaded it.
    pub account: AccountId,
    /// Bytes of all its sizes together.
    pub size: u64,
    /// When it was there.
    pub created: Timestamp,
    /// What it is: an encoded `wire::StoredFile`.
    pub stored: Bytes,
}

/// Files to which nobody refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Their bytes are to be removed, then they themselves.
    pub files: Vec<FileRecord>,
    /// Where to go on next time.
    pub next: Sweep,
}

/// How far a sweep of the files is; the default is the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sweep {
    /// The last reference that was looked at.
    pub reference: u64,
    /// Files from this moment on.
    pub created: Timestamp,
}

/// How far a sweep of merged messages is; the default is the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MergedSweep {
    /// Parts from this moment on,
    pub created: Timestamp,
    /// and of that moment those after this row.
    pub row: i64,
}

/// An account as the console lists it and as sessions need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its number and name.
    pub account: Account,
    /// Its profile.
    pub profile: Profile,
    /// When it first logged in, or was imported.
    pub created: Timestamp,
    /// When an instance of it last logged in.
    pub last_login: Timestamp,
    /// UserSigs issued before this moment are not accepted any more; 0: all are.
    pub sigs_after: Timestamp,
}

/// An instance that logged in and neither logged out nor was kicked. Its socket may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// Made by the client.
    pub id: InstanceId,
    /// What it runs on.
    pub platform: Platform,
    /// When it logged in; a reconnect does not change it.
    pub since: Timestamp,
}

/// A login that passed the check of its UserSig.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// The app.
    pub app: SdkAppId,
    /// The account; made when it is not there.
    pub user_id: UserId,
    /// The instance that logs in, `since` now.
    pub instance: Instance,
    /// It says that it was logged in before and lost its socket.
    pub resume: bool,
    /// When its UserSig was made.
    pub sig_issued: Timestamp,
}

/// Says which instances of an account must go when `new` comes (contract C6); told those that are there, oldest login
/// first, without the new one.
pub type ChooseKicked = Box<dyn FnOnce(AccountId, &[Instance]) -> Vec<(InstanceId, KickReason)> + Send>;

/// What became of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one answer, handed on and taken apart, never kept in numbers"
)]
pub enum Registered {
    /// It is in.
    In {
        /// Its account.
        account: Account,
        /// The account's profile.
        profile: Profile,
        /// The account was made by this.
        created: bool,
        /// The newest event of its log.
        pts: Pts,
        /// Who had to go. They are remembered as kicked, so that they learn of it when they come back.
        kicked: Vec<(InstanceId, KickReason)>,
    },
    /// It wanted to resume, and was kicked while it was away.
    WasKicked(KickReason),
    /// Its UserSig is older than those that the account takes. Looked at in the same transaction, so that nobody comes
    /// in between the moment at which all are withdrawn and that at which who is there is kicked (contract C7).
    Withdrawn,
}

/// What else is entered in the same transaction.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A message at the end of a timeline. Its sequence and version are given by the store. It is nobody's request, so
    /// it is never sent again and not looked for by its key.
    Message(TimelineId, Message),
    /// An event in an account's log.
    Event(AccountId, AccountChange),
}

/// What was entered, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// Now with sequence and version.
    Message(TimelineId, Message),
    /// Now with its pts.
    Event(AccountId, AccountEvent),
}

/// Says what else is entered, told what the operation did. Runs inside the transaction: it decides and does not wait.
pub type Consequences<T> = Box<dyn FnOnce(&T) -> Vec<Entry> + Send>;

/// What an operation did, and what was entered with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// What it did.
    pub done: T,
    /// Empty when it changed nothing.
    pub entered: Vec<Entered>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is new; complete with sequence and version.
    New(Message),
    /// It was there already (contract C2); as it is kept.
    Repeat(Message),
}

/// What became of a wish to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one answer, handed on and taken apart, never kept in numbers"
)]
pub enum Revoked {
    /// Done; the message as it is now.
    Done(Message, Seen),
    /// Somebody did before.
    Already,
    /// There is no such message.
    Missing,
}

/// Who of a timeline's readers sees one of its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Everybody.
    All,
    /// Only these.
    Only(Vec<AccountId>),
    /// Everybody but these.
    AllBut(Vec<AccountId>),
}

impl Seen {
    /// Whether this account does.
    pub fn by(&self, account: AccountId) -> bool {
        match self {
            Self::All => true,
            Self::Only(these) => these.contains(&account),
            Self::AllBut(these) => !these.contains(&account),
        }
    }
}

/// Whom a message singles out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressed {
    /// Who alone sees it beside its sender; counts when the message is targeted.
    pub receivers: Vec<AccountId>,
    /// Whom it mentions.
    pub mentioned: Vec<AccountId>,
    /// It mentions all.
    pub mentions_all: bool,
}

/// What became of a wish to modify a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modified {
    /// Done; the message as it is now.
    Done(Message, Seen),
    /// It was modified before to say just this: the wish is a resend.
    Already(Message),
    /// Somebody else modified it before; as it is now.
    Conflict(Message),
    /// There is no such message, or it was taken back.
    Missing,
}

/// What became of messages that an account does not want to see any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Those that were hidden by this; the others were before, or are not there.
    pub messages: Vec<DeletedMessage>,
    /// How many of those that were named are there.
    pub found: usize,
    /// The conversation's afterwards.
    pub view_version: u64,
}

/// What became of a history that an account does not want to see any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// `false` when there was nothing.
    pub changed: bool,
    /// The oldest message that it may see now.
    pub first: Sequence,
    /// The conversation's afterwards.
    pub view_version: u64,
}

/// One key/value pair to be set or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionWish {
    /// Its name.
    pub key: String,
    /// `None`: remove it.
    pub value: Option<String>,
    /// Its version as the wisher knows it, 0: it is not there. `None`: whatever it is.
    pub version: Option<Version>,
}

/// What became of one wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionResult {
    /// 0, or that of a conflict.
    pub code: Code,
    /// As it is now.
    pub extension: Extension,
}

/// What became of wishes to change a message's key/value pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extended {
    /// At least one was carried out.
    Done {
        /// As it is now.
        message: Message,
        /// The pairs that changed.
        changed: Vec<Extension>,
        /// One for each wish.
        results: Vec<ExtensionResult>,
        /// Who hears of it.
        seen: Seen,
    },
    /// Nothing changed.
    Nothing {
        /// As it is.
        message: Message,
        /// One for each wish.
        results: Vec<ExtensionResult>,
    },
    /// The message takes none.
    Unsupported,
    /// It would have more than a message may have; nothing changed.
    Full,
    /// There is no such message, or it was taken back.
    Missing,
}

/// Merged messages that are kept apart, in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedPart {
    /// Drawn by the server; whoever knows it may read.
    pub key: [u8; 16],
    /// From 0.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// An encoded `MergedMessages`.
    pub content: Bytes,
}

/// What became of a read mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedRead {
    /// It moved; `false` when it was there already.
    pub moved: bool,
    /// Where it is now.
    pub read: Sequence,
    /// Unread messages after it.
    pub unread_count: u64,
}

/// A conversation that was read with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedOne {
    /// Which.
    pub conversation: ConversationId,
    /// The other account of a C2C.
    pub peer: Option<AccountId>,
    /// Where the mark is now.
    pub read: Sequence,
}

/// Since when an app's messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSince {
    /// Which app.
    pub app: SdkAppId,
    /// Older ones are not shown any more.
    pub shown: Timestamp,
    /// Older ones are removed.
    pub stored: Timestamp,
}

/// A timeline in which messages have expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Which.
    pub timeline: TimelineId,
    /// The first message that is still shown.
    pub shown_from: Sequence,
    /// The first message that is not removed; never after `shown_from`.
    pub stored_from: Sequence,
}

/// What became of marks in front of expired messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarksMoved {
    /// Whose, and how that account names the conversation. All before the first shown message is read now.
    pub moved: Vec<(AccountId, ConversationId)>,
    /// Where the next batch begins; `None`: that was the last one, and the messages are hidden.
    pub next: Option<u64>,
}

/// What became of a report of receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptsPut {
    /// Messages among those named that want a receipt of this account, whether it gave one before or not.
    pub wanted: usize,
    /// Those that got one now, each with its sender, as they stand.
    pub given: Vec<(AccountId, Receipt)>,
}

/// A page of those who read a message, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadersPage {
    /// Who.
    pub users: Vec<UserId>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<u64>,
}

/// A group with all that rules need of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRecord {
    /// Its number.
    pub number: GroupNumber,
    /// Its app.
    pub app: SdkAppId,
    /// As an outsider sees it (`self_info` is `None`).
    pub group: Group,
    /// It was dissolved; its ID stays taken.
    pub dismissed: bool,
}

/// A member with all that rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// Who.
    pub account: Account,
    /// What it may do.
    pub role: Role,
    /// When it came.
    pub joined: Timestamp,
    /// Its name in the group.
    pub name_card: String,
    /// Muted while this is in the future.
    pub mute_until: Timestamp,
}

/// A group that is to be made.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "the fields are those of the public object, documented in group.proto"
)]
pub struct NewGroup {
    pub app: SdkAppId,
    pub id: GroupId,
    pub kind: GroupType,
    pub name: String,
    pub avatar: String,
    pub introduction: String,
    pub notification: String,
    pub join_option: JoinOption,
    pub member_count_max: u32,
    pub owner: Account,
    /// Taken in beside the owner; none of them twice.
    pub members: Vec<Account>,
    pub now: Timestamp,
}

/// What became of a group that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one answer, handed on and taken apart, never kept in numbers"
)]
pub enum Created {
    /// It is there.
    Done(GroupRecord),
    /// The ID is in use by a group of this owner.
    Taken {
        /// The one who asked is that group's owner.
        by_same_owner: bool,
    },
}

/// Who came into a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The group afterwards.
    pub group: GroupRecord,
    /// Those who came; the others were in already.
    pub added: Vec<Account>,
    /// Those for whom there was no room.
    pub refused: Vec<Account>,
}

/// Who left a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The group afterwards.
    pub group: GroupRecord,
    /// `None` when it was no member.
    pub member: Option<MemberRecord>,
}

/// A group that was dissolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissed {
    /// The group as it was.
    pub group: GroupRecord,
    /// Who was in it. Empty when it was dissolved before.
    pub members: Vec<Account>,
}

/// Somebody's wish to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its number, unique in the whole store.
    pub number: u64,
    /// To which group.
    pub group: GroupNumber,
    /// Who.
    pub applicant: Account,
    /// In which words.
    pub text: String,
    /// When.
    pub time: Timestamp,
}

/// What became of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one answer, handed on and taken apart, never kept in numbers"
)]
pub enum Handled {
    /// It was open and is not any more; with those who came in by it (none when refused).
    Done {
        /// The application.
        application: Application,
        /// The group, and whether the applicant came in.
        joined: Joined,
    },
    /// Somebody handled it before, or there is none.
    Before,
}

/// What became of a wish to block or unblock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistChanged {
    /// Those that are new on it, or gone from it.
    pub changed: Vec<UserId>,
    /// The list would be longer than allowed; nothing changed.
    pub full: bool,
}

/// What became of a change of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsWritten {
    /// Those that are different now; the others that were named were so already.
    pub changed: Vec<SettingsRevision>,
    /// Those for which it could not be done.
    pub refused: Vec<(ConversationId, SettingsRefusal)>,
    /// A conversation group was made, renamed or removed.
    pub is_group_changed: bool,
    /// It could be done for none.
    pub refused_whole: Option<SettingsRefusal>,
}

/// Why something could not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsRefusal {
    /// There is no such user or group.
    Unknown,
    /// The account has no such conversation, or deleted it.
    NoConversation,
    /// The account is not in that group, or deleted its conversation.
    NotAMember,
    /// More would be pinned than may be.
    TooManyPinned,
    /// More would have a mark or be in a group than may.
    TooManyLabelled,
    /// More would have a remind type of their own than may.
    TooManyReminds,
    /// There is no such conversation group.
    NoGroup,
    /// There would be more conversation groups than may be.
    TooManyGroups,
    /// Another conversation group has that name.
    GroupNameTaken,
}

/// A timeline as one account may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readable {
    /// Which.
    pub timeline: TimelineId,
    /// The oldest message that the account may see.
    pub first: Sequence,
    /// Who reads; `None`: nothing is hidden.
    pub reader: Option<Reader>,
}

/// Somebody from whom single messages are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub account: AccountId,
    /// It may have deleted messages of the timeline.
    pub has_deleted: bool,
}

/// Changes of a timeline after a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Ascending by version; each message once, as it is now.
    pub changes: Vec<TimelineChange>,
    /// Where the reader is after taking them.
    pub version: Version,
    /// There are no more.
    pub complete: bool,
    /// The reader is further behind than is replayed; `changes` is empty.
    pub too_far: bool,
}

/// All that an instance begins with, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The newest event that this reflects.
    pub pts: Pts,
    /// The own profile.
    pub profile: Profile,
    /// The most recent conversations, newest first.
    pub conversations: Vec<ConversationState>,
    /// Pinned ones that are less recent.
    pub pinned: Vec<ConversationState>,
    /// The names of the conversation groups, in the order of making.
    pub conversation_groups: Vec<String>,
    /// Remind types that are set for others than these, also for users never talked with.
    pub reminds: Vec<(ConversationId, RemindType)>,
    /// There are more.
    pub has_more: bool,
    /// The groups that the account is in.
    pub groups: Vec<Group>,
    /// In the order of blocking.
    pub blacklist: Vec<UserId>,
}

/// What an instance holds of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub conversation: ConversationId,
    /// The timeline's version.
    pub version: Version,
    /// The newest message that it knows of.
    pub sequence: Sequence,
}

/// All that an instance missed, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatchUp {
    /// What it holds is within reach.
    Missed {
        /// The newest event that this reflects.
        pts: Pts,
        /// Events after the instance's pts, one apart.
        events: Vec<AccountEvent>,
        /// Conversations that changed, or that it does not hold and that were active since.
        updates: Vec<ConversationUpdate>,
    },
    /// Its pts is older than the log keeps, or newer than the log; or more conversations changed than are told of one by
    /// one.
    Reload,
}

/// A conversation that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationUpdate {
    /// As it is now.
    pub state: ConversationState,
    /// What was missed of its timeline.
    pub changes: Changes,
}

/// Numbers for the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Apps.
    pub apps: u64,
    /// Accounts of all apps.
    pub accounts: u64,
    /// Messages that were ever taken in.
    pub messages: u64,
    /// Bytes on disk.
    pub data_bytes: u64,
}
