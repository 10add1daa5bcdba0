//! All that can happen to the core, and all that can follow.
//!
//! **Comes in:** nothing; these are words. **Goes out:** [`Input`] and [`Output`] and what they carry. **Never here:** what
//! an input does.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::{ConversationState, ReadScope};
use hongyan_protocol::file::FileKind;
use hongyan_protocol::group::{Group, GroupMember, GroupType, JoinOption};
use hongyan_protocol::id::{ConversationId, GroupId, Sequence, Timestamp, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::KickReason;
use hongyan_protocol::profile::Profile;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::SettingsChange;
use hongyan_protocol::wire;

use super::file::Part;
use super::hop::{HopFrom, HopNext};
use super::message::Message;
use super::receipt::{MessageRef, ReadReceipt};

/// Names a call of the app until it is answered; the driver chooses it.
pub type CallId = u32;

/// Something that happened outside.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "inputs are made one at a time and moved straight into the core"
)]
pub enum Input {
    /// The app calls. One [`Output::Answer`] or [`Output::Failure`] of the same id follows, at once or later.
    Call {
        /// Unique among the unanswered calls.
        id: CallId,
        /// What it wants.
        call: Call,
    },
    /// The socket that [`Output::Open`] asked for is open.
    SocketOpened,
    /// The socket could not be opened, or was closed by the other side, or broke. Not told of a socket that
    /// [`Output::Close`] ended.
    SocketClosed {
        /// The WebSocket close code; 1006 when there was none.
        code: u16,
        /// The reason in words; may be empty.
        reason: String,
    },
    /// A binary message came. A text message is given as its bytes: it is no packet.
    SocketMessage(Bytes),
    /// The time that [`Output::WakeAt`] named has come.
    Wake,
    /// The environment says whether there is a network. A hint: the core believes a socket more.
    Network {
        /// Whether there is one.
        online: bool,
    },
}

/// Something that the driver has to do, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open a socket to the server. There is no other one at this time.
    Open,
    /// Close the socket, after what was sent has left. Nothing of this socket may be told to the core any more.
    Close {
        /// The WebSocket close code.
        code: u16,
        /// In words.
        reason: &'static str,
    },
    /// Send a binary message on the open socket.
    Send(Bytes),
    /// Give [`Input::Wake`] at this time. Replaces an earlier one.
    WakeAt(Timestamp),
    /// Forget the wake-up.
    Sleep,
    /// A call succeeded.
    Answer {
        /// Which.
        call: CallId,
        /// With what.
        answer: Answer,
    },
    /// A call failed.
    Failure {
        /// Which.
        call: CallId,
        /// Why.
        failure: Failure,
    },
    /// The app's listeners should hear this.
    Event(Event),
    /// A line for the log. Holds neither UserSigs nor message texts.
    Log {
        /// How much it matters.
        level: Level,
        /// The line.
        text: Cow<'static, str>,
    },
}

/// How much a log line matters; the numbers are those of `setLogLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step; for those who integrate.
    Verbose = 0,
    /// Key information; for production.
    Release = 1,
    /// Something is not as it should be and heals by itself.
    Warning = 2,
    /// Something failed.
    Error = 3,
}

/// Why a call failed, or what [`Event::Error`] reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The public code.
    pub code: Code,
    /// What went wrong, in words for people.
    pub text: Cow<'static, str>,
    /// The message that could not be sent, its status now [`super::message::Status::Fail`].
    pub message: Option<Arc<Message>>,
}

impl Failure {
    /// A failure with its code's own words.
    pub const fn of(code: Code) -> Self {
        Self::new(code, code.text())
    }

    /// A failure with words of its own.
    pub const fn new(code: Code, text: &'static str) -> Self {
        Self {
            code,
            text: Cow::Borrowed(text),
            message: None,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (code {})", self.text, self.code)
    }
}

impl std::error::Error for Failure {}

/// What an app can ask for. Names are those of the public API, in Rust style.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "the fields are the parameters of the public functions in spec/methods.json"
)]
pub enum Call {
    /// Signs in. Works in every state; see [`Answer::LoggedIn`].
    Login {
        user_id: String,
        user_sig: UserSig,
    },
    /// Signs this instance out and drops what it holds.
    Logout,
    /// Signs out, closes the connection, and reports [`Event::Destroyed`].
    Destroy,
    /// Sends a message that was made by `Core::create_message`, or one that failed, once more under the same key.
    SendMessage {
        message: Message,
        options: SendOptions,
    },
    RevokeMessage {
        conversation: ConversationId,
        key: MessageKey,
        sequence: Sequence,
    },
    /// Lets a message say what this one says.
    ModifyMessage {
        message: Message,
    },
    /// For this account alone; the first 30 are taken.
    DeleteMessages {
        messages: Vec<MessageRef>,
    },
    /// For this account alone; the conversation stays.
    ClearHistory {
        conversation: ConversationId,
    },
    SetMessageExtensions {
        message: MessageRef,
        extensions: Vec<(String, String)>,
    },
    GetMessageExtensions {
        message: MessageRef,
        /// Empty: all.
        keys: Vec<String>,
    },
    DeleteMessageExtensions {
        message: MessageRef,
        /// `None`: all.
        keys: Option<Vec<String>>,
    },
    /// Loads what a merger holds.
    DownloadMerger {
        message: Message,
    },
    /// A page of history, newest first: 15 messages before the one named; from the newest when none is named.
    GetMessageList {
        conversation: ConversationId,
        before: Option<MessageKey>,
    },
    SetMessageRead {
        conversation: ConversationId,
    },
    /// Reads all conversations of a scope at once.
    SetAllMessageRead {
        scope: ReadScope,
    },
    /// Up to 15 messages from any place on, which is the first of them.
    GetMessageListHopping {
        conversation: ConversationId,
        from: HopFrom,
        newer: bool,
        /// 1 to 15.
        count: u32,
    },
    /// Tells the senders of messages of one conversation that these were read; at most 30 of them want it.
    SendMessageReadReceipt {
        messages: Vec<MessageRef>,
    },
    /// How far own messages of one conversation were read; at most 30.
    GetMessageReadReceiptList {
        messages: Vec<MessageRef>,
    },
    /// Who has read an own message in a group, or who has not.
    GetGroupMessageReadMemberList {
        message: MessageRef,
        unread: bool,
        /// Empty for the first page.
        cursor: String,
        /// 1 to 100.
        count: u32,
    },
    /// The list that is held. While the server has more, each call also fetches the next page in the background.
    GetConversationList,
    /// These conversations; those not held are fetched.
    GetConversations {
        ids: Vec<ConversationId>,
    },
    /// Those of the list that the filter lets through.
    FilterConversationList(ConversationFilter),
    /// Changes what is set for one conversation; fails when that cannot be.
    ChangeSetting {
        conversation: ConversationId,
        change: SettingsChange,
    },
    /// Changes what is set for up to 100 conversations (remind types: 30), each for itself. Renaming and removing a
    /// conversation group names none.
    ChangeSettings {
        conversations: Vec<ConversationId>,
        change: SettingsChange,
    },
    GetConversationGroupList,
    /// Keeps a text to be sent later, in this instance alone; an empty one is forgotten.
    SetConversationDraft {
        conversation: ConversationId,
        text: String,
    },
    GetConversationProfile {
        conversation: ConversationId,
    },
    GetGroupList,
    GetGroupProfile {
        group: GroupId,
    },
    CreateGroup(NewGroup),
    JoinGroup {
        group: GroupId,
        apply_message: String,
    },
    QuitGroup {
        group: GroupId,
    },
    DismissGroup {
        group: GroupId,
    },
    GetGroupMemberList {
        group: GroupId,
        offset: u32,
        /// 1 to 100.
        count: u32,
    },
    /// Answers the wish of which a notice told.
    HandleGroupApplication {
        group: GroupId,
        /// From the notice.
        application: u64,
        agree: bool,
        text: String,
    },
    GetMyProfile,
    /// At most 100 users; users that do not exist are left out of the answer.
    GetUserProfile {
        users: Vec<UserId>,
    },
    UpdateMyProfile(ProfileFields),
    GetBlacklist,
    AddToBlacklist {
        users: Vec<UserId>,
    },
    RemoveFromBlacklist {
        users: Vec<UserId>,
    },
    /// At most 100 texts, 32 KB together. `source` may be "auto".
    TranslateText {
        texts: Vec<String>,
        source: String,
        target: String,
    },
    /// Asks for an address for a file's bytes.
    BeginUpload {
        kind: FileKind,
        size: u64,
        name: String,
    },
    /// Puts a file, whose bytes are all at this address, into its message.
    FinishUpload {
        path: String,
        message: Message,
        part: Part,
    },
    /// The bytes could not be brought: the message fails with the code of its kind.
    FailUpload {
        message: Message,
        text: String,
    },
}

/// The ticket of a login. Never printed.
#[derive(Clone)]
pub struct UserSig(pub String);

impl std::fmt::Debug for UserSig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserSig")
    }
}

/// Fields of the own profile to change; those that are `None` stay.
pub type ProfileFields = wire::UpdateProfile;

/// How a message is sent (objects.json, `SendMessageOptions`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// Only to who is there now; not kept, not counted.
    pub online_user_only: bool,
    /// Does not count as unread.
    pub excluded_from_unread_count: bool,
    /// Does not become the last message.
    pub excluded_from_last_message: bool,
}

/// Which conversations of the list are wanted; what is `None` or `false` asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// `C2C`, `GROUP` or `@TIM#SYSTEM`.
    pub kind: Option<String>,
    /// In this conversation group; empty: in none.
    pub group: Option<String>,
    /// With this mark; 0: without any.
    pub mark: Option<u64>,
    /// With unread messages.
    pub has_unread: bool,
    /// With unread messages that mention the account, or all.
    pub has_group_at: bool,
}

/// A group to be made. Empty texts and `None` take the type's default.
#[derive(Debug, Clone)]
#[expect(
    missing_docs,
    reason = "the fields are those of `createGroup` in spec/methods.json"
)]
pub struct NewGroup {
    pub kind: GroupType,
    pub name: String,
    /// `None`: the server makes one, beginning with `@TGS#`.
    pub id: Option<GroupId>,
    pub introduction: String,
    pub notification: String,
    pub avatar: String,
    pub member_count_max: u32,
    pub join_option: Option<JoinOption>,
    /// Taken in without being asked.
    pub members: Vec<UserId>,
}

impl NewGroup {
    /// A group of this type and name, all else by default.
    pub fn named(kind: GroupType, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            id: None,
            introduction: String::new(),
            notification: String::new(),
            avatar: String::new(),
            member_count_max: 0,
            join_option: None,
            members: Vec::new(),
        }
    }
}

/// What a call brought.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "the fields are the resolved data of the public functions in spec/methods.json"
)]
pub enum Answer {
    /// Nothing to say beyond success.
    Done,
    LoggedIn {
        /// The instance was logged in already and this call changed nothing.
        repeat: bool,
    },
    Message(Arc<Message>),
    Revoked {
        key: MessageKey,
        revoker: UserId,
        /// The message, when it is held.
        message: Option<Arc<Message>>,
    },
    /// Those that were deleted; `None`: it is not held.
    MessagesDeleted(Vec<(MessageKey, Option<Arc<Message>>)>),
    /// One for each key/value pair that was asked for.
    Extensions(Vec<ExtensionOutcome>),
    Messages {
        /// Old to new.
        messages: Vec<Arc<Message>>,
        /// Names the next page; `None` when there is none.
        next: Option<MessageKey>,
    },
    Hopped {
        /// Old to new.
        messages: Vec<Arc<Message>>,
        /// Names the next page; `None` when there is none.
        next: Option<HopNext>,
    },
    Receipts {
        conversation: ConversationId,
        /// All messages that were named.
        asked: Vec<MessageKey>,
        /// Of those that have one.
        receipts: Vec<Receipt>,
    },
    Readers {
        key: MessageKey,
        unread: bool,
        users: Vec<UserId>,
        /// Names the next page; `None` when there is none.
        cursor: Option<String>,
    },
    Conversations {
        /// Newest first.
        conversations: Vec<Arc<ConversationState>>,
        /// Whether the server has no more.
        complete: bool,
    },
    Conversation(Arc<ConversationState>),
    /// See [`Call::ChangeSetting`].
    SettingChanged {
        conversation: ConversationId,
        change: SettingsChange,
        /// The group that it is the conversation of.
        group: Option<GroupView>,
    },
    /// See [`Call::ChangeSettings`].
    SettingsChanged {
        done: Vec<ConversationId>,
        refused: Vec<(ConversationId, Failure)>,
        change: SettingsChange,
    },
    /// In the order of making.
    ConversationGroups(Vec<String>),
    Drafted(ConversationId),
    Groups(Vec<GroupView>),
    Group(GroupView),
    GroupCreated(GroupView),
    Joined(Joined),
    /// Left or dissolved.
    GroupLeft(GroupId),
    Members {
        members: Vec<GroupMember>,
        /// Where the next page begins; 0 when there is none.
        next_offset: u32,
    },
    Profile(Profile),
    Profiles(Vec<Profile>),
    Users(Vec<UserId>),
    /// One for each, in the same order.
    Translated(Vec<String>),
    UploadBegun {
        /// Where the bytes go, at the server.
        path: String,
        /// How many at once.
        part_bytes: u32,
    },
}

/// What became of a key/value pair, or what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionOutcome {
    /// 0, or 23001: somebody else changed it before. `None` when it was only read.
    pub code: Option<Code>,
    /// Its name.
    pub key: String,
    /// As it is now; empty when there is none.
    pub value: String,
}

/// How a wish to join ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Joined {
    /// The account is in.
    Success(GroupView),
    /// It was in before.
    Already(GroupView),
    /// The owner or an admin has to agree first.
    WaitsForApproval,
}

/// A group, and its conversation when that is held.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupView {
    /// The group.
    pub group: Arc<Group>,
    /// Where its conversation stands.
    pub conversation: Option<Arc<ConversationState>>,
}

/// What an app's listeners hear; `TIM.EVENT` in Rust's words.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `SDK_READY`: all is synced, every call works.
    Ready,
    /// `SDK_NOT_READY`: logged out, kicked or destroyed.
    NotReady,
    /// `SDK_DESTROY`.
    Destroyed,
    /// `SDK_RELOAD`: so much was missed, of all or of one conversation, that it was read anew: look at lists and histories again.
    Reloaded,
    /// `MESSAGE_RECEIVED`: new messages, each once, in order; those of the account's other instances too.
    MessageReceived(Vec<Arc<Message>>),
    /// `MESSAGE_MODIFIED`.
    MessageModified(Vec<Arc<Message>>),
    /// `MESSAGE_REVOKED`.
    MessageRevoked(Vec<Arc<Message>>),
    /// Messages that an instance of this account deleted, whether they are held or not. No event of the public API: there
    /// `isDeleted` changes in place.
    MessageDeleted(Vec<MessageKey>),
    /// `MESSAGE_EXTENSIONS_UPDATED`, also for what this instance set.
    MessageExtensionsUpdated {
        /// Of which message.
        message: Arc<Message>,
        /// Keys and values that were set.
        extensions: Vec<(String, String)>,
    },
    /// `MESSAGE_EXTENSIONS_DELETED`, also for what this instance removed.
    MessageExtensionsDeleted {
        /// Of which message.
        message: Arc<Message>,
        /// Those that are gone.
        keys: Vec<String>,
    },
    /// `MESSAGE_READ_BY_PEER`: own messages that the peer of a C2C read now.
    MessageReadByPeer(Vec<Arc<Message>>),
    /// `MESSAGE_READ_RECEIPT_RECEIVED`: how far own messages were read now.
    MessageReadReceiptReceived(Vec<ReadReceipt>),
    /// `CONVERSATION_LIST_UPDATED`: the whole list, pinned ones first, newest first.
    ConversationListUpdated(Vec<Arc<ConversationState>>),
    /// `TOTAL_UNREAD_MESSAGE_COUNT_UPDATED`.
    TotalUnreadCountUpdated(u64),
    /// `CONVERSATION_GROUP_LIST_UPDATED`: the names of all conversation groups, in the order of making.
    ConversationGroupListUpdated(Vec<String>),
    /// `CONVERSATION_IN_GROUP_UPDATED`: all that are in this group now.
    ConversationInGroupUpdated {
        /// The group.
        name: String,
        /// In the order of the list.
        conversations: Vec<Arc<ConversationState>>,
    },
    /// `GROUP_LIST_UPDATED`: all joined groups.
    GroupListUpdated(Vec<GroupView>),
    /// `GROUP_SYSTEM_NOTICE_RECEIVED`, deprecated: a notice, which [`Event::MessageReceived`] brings too.
    GroupNoticeReceived {
        /// Which kind of notice (service.md 5.2).
        operation: u32,
        /// The notice.
        message: Arc<Message>,
    },
    /// `PROFILE_UPDATED`: those that changed.
    ProfileUpdated(Vec<Profile>),
    /// `BLACKLIST_UPDATED`: the whole list.
    BlacklistUpdated(Vec<UserId>),
    /// `KICKED_OUT`; [`Event::NotReady`] went before.
    KickedOut(KickReason),
    /// `NET_STATE_CHANGE`.
    NetStateChanged(NetState),
    /// `ERROR`: a failure that no call can be told of.
    Error(Failure),
}

/// How the connection stands, for the app's banner. See `connection.rs` for the diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetState {
    /// Logged in over an open socket.
    Connected,
    /// Connecting, or jitter: the SDK retries.
    Connecting,
    /// No network; the SDK goes on retrying.
    Disconnected,
}

impl NetState {
    /// The public value, `TYPES.NET_STATE_*`.
    pub const fn public(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Connecting => "connecting",
            Self::Disconnected => "disconnected",
        }
    }
}

/// Outputs that wait to be taken. Bounded by what one input causes, since drivers empty it after each.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) queue: VecDeque<Output>,
    /// Lines below this level are dropped; 4 drops all.
    pub(crate) log_level: u8,
}

impl Outbox {
    pub(crate) fn event(&mut self, event: Event) {
        self.queue.push_back(Output::Event(event));
    }

    pub(crate) fn answer(&mut self, call: CallId, answer: Answer) {
        self.queue.push_back(Output::Answer { call, answer });
    }

    pub(crate) fn fail(&mut self, call: CallId, failure: Failure) {
        self.queue.push_back(Output::Failure { call, failure });
    }

    pub(crate) fn send(&mut self, bytes: Bytes) {
        self.queue.push_back(Output::Send(bytes));
    }

    pub(crate) fn log(&mut self, level: Level, text: &'static str) {
        if level as u8 >= self.log_level {
            let text = Cow::Borrowed(text);
            self.queue.push_back(Output::Log { level, text });
        }
    }

    /// A line and the code that belongs to it.
    pub(crate) fn log_code(&mut self, level: Level, text: &'static str, code: i32) {
        if level as u8 >= self.log_level {
            let mut line = String::from(text);
            line.push_str(" (code ");
            line.push_str(&code.to_string());
            line.push(')');
            let text = Cow::Owned(line);
            self.queue.push_back(Output::Log { level, text });
        }
    }
}
