//! The client for programs: the core, driven by tokio and a WebSocket.
//!
//! **Comes in:** calls of a Rust program. **Goes out:** answers as futures, events as a stream. **Never here:** what the
//! core decides; a call goes in, its answer comes out.
//!
//! ```no_run
//! use hongyan_sdk::core::{Draft, Event};
//! use hongyan_sdk::protocol::id::{ConversationId, SdkAppId, UserId};
//! use hongyan_sdk::{Options, Tim};
//!
//! # async fn run() -> Result<(), hongyan_sdk::core::Failure> {
//! let tim = Tim::create(Options::new(SdkAppId(1400000001), "ws://127.0.0.1:8020"))?;
//! let mut events = tim.subscribe();
//! tim.login("echo-bot", "the UserSig of echo-bot").await?;
//! while let Some(event) = events.next().await {
//!     if let Event::MessageReceived(messages) = event {
//!         for message in messages.iter().filter(|it| !it.is_own) {
//!             let answer = Draft::text(message.conversation.clone(), message.text().unwrap_or_default());
//!             tim.send(answer).await?;
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod driver;
mod socket;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::{ConversationState, ReadScope};
use hongyan_protocol::group::GroupMember;
use hongyan_protocol::id::{ConversationId, GroupId, SdkAppId, Timestamp, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::Platform;
use hongyan_protocol::profile::Profile;
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::{RemindType, SettingsChange};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::core::{
    Answer, Call, Config, ConversationFilter, Core, Draft, Event, ExtensionOutcome, Failure, GroupView,
    HopFrom, HopNext, Joined, Message, MessageRef, NewGroup, ProfileFields, SendOptions, State, UserSig,
};
use driver::{Command, Driver};
pub use upload::FileSource;

/// For which conversations something was set, and for which it could not be.
pub type Settled = (Vec<ConversationId>, Vec<(ConversationId, Failure)>);

/// Calls that wait for the driver; a caller beyond that waits its turn.
const COMMANDS_WAITING_MAX: usize = 256;

/// What an instance is made for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The app.
    pub sdk_app_id: SdkAppId,
    /// Where the server is: `ws://`, `wss://`, `http://` or `https://`, host, port. Without a path, `/v1/ws` is meant.
    pub server: String,
    /// What the program runs on; one instance per platform kind may be logged in.
    pub platform: Platform,
    /// Events that a subscriber may be behind before it loses the oldest.
    pub events_waiting_max: usize,
    /// Where the core's chance comes from; `None`: the system. Tests give a seed.
    pub seed: Option<[u8; 32]>,
}

impl Options {
    /// An instance of a program that runs on this machine's system.
    pub fn new(sdk_app_id: SdkAppId, server: impl Into<String>) -> Self {
        let platform = match std::env::consts::OS {
            "windows" => Platform::Windows,
            "macos" => Platform::Mac,
            "android" => Platform::Android,
            "ios" => Platform::Ios,
            _ => Platform::Linux,
        };
        Self {
            sdk_app_id,
            server: server.into(),
            platform,
            events_waiting_max: 1024,
            seed: None,
        }
    }
}

/// A client of one account at a time. Cheap to clone; all clones are the same instance.
///
/// Every call fails with the server's public code, or: 2024 before login, 2999 to 3006 while the instance is not ready,
/// 2800 and 2801 when the network or the server does not answer.
#[derive(Debug, Clone)]
pub struct Tim {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sdk_app_id: SdkAppId,
    commands: mpsc::Sender<Command>,
    events: broadcast::Sender<Event>,
    /// Where the server is reached over HTTP.
    http: String,
}

/// The instances that `create` made and nobody has destroyed.
fn registry() -> &'static Mutex<HashMap<SdkAppId, Tim>> {
    static REGISTRY: OnceLock<Mutex<HashMap<SdkAppId, Tim>>> = OnceLock::new();
    REGISTRY.get_or_init(Mutex::default)
}

impl Tim {
    /// The instance of an app: the same one for the same SDKAppID until it is destroyed, whatever else the options say.
    ///
    /// Errors: as [`Tim::new`].
    pub fn create(options: Options) -> Result<Self, Failure> {
        let mut instances = registry().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tim) = instances.get(&options.sdk_app_id) {
            return Ok(tim.clone());
        }
        let id = options.sdk_app_id;
        let tim = Self::new(options)?;
        instances.insert(id, tim.clone());
        Ok(tim)
    }

    /// An instance of its own, for programs that log several accounts in. It ends with its last clone.
    ///
    /// Errors: 2905 for SDKAppID 0, for a server address that is none, and outside of a tokio runtime.
    pub fn new(options: Options) -> Result<Self, Failure> {
        let Options {
            sdk_app_id,
            server,
            platform,
            events_waiting_max,
            seed,
        } = options;
        if sdk_app_id == SdkAppId(0) {
            return Err(Failure::new(Code::INVALID_STATE, "the SDKAppID is 0"));
        }
        let Ok(runtime) = Handle::try_current() else {
            let failure = Failure::new(Code::INVALID_STATE, "there is no tokio runtime");
            return Err(failure);
        };
        let url = socket::url(&server).ok_or(Failure::new(
            Code::INVALID_STATE,
            "the server's address is no URL",
        ))?;
        let config = Config {
            sdk_app_id,
            platform,
            sdk_version: String::from(env!("CARGO_PKG_VERSION")),
        };
        let seed = match seed {
            Some(seed) => seed,
            None => system_seed()?,
        };
        let (commands, waiting) = mpsc::channel(COMMANDS_WAITING_MAX);
        let (events, _) = broadcast::channel(events_waiting_max.max(1));
        let http = socket::http_url(&url);
        let mut core = Core::new(config, seed);
        core.set_server(&http);
        let driver = Driver::new(core, url, waiting, events.clone());
        runtime.spawn(driver.run());
        let inner = Inner {
            sdk_app_id,
            commands,
            events,
            http,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// All events from now on.
    pub fn subscribe(&self) -> Events {
        Events {
            receiver: self.inner.events.subscribe(),
        }
    }

    /// Calls a function for every event from now on, in a task of its own: one that panics or blocks disturbs no other.
    pub fn on(&self, mut handler: impl FnMut(Event) + Send + 'static) -> Listener {
        let mut events = self.subscribe();
        let task = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                handler(event);
            }
        });
        Listener { task }
    }

    /// Signs in. All is synced when [`Event::Ready`] comes; until then most calls are refused with 2999.
    ///
    /// Returns whether this user was logged in already. Errors: 2025, and those of the UserSig, 70001 to 70050.
    pub async fn login(
        &self,
        user_id: impl Into<String>,
        user_sig: impl Into<String>,
    ) -> Result<bool, Failure> {
        let call = Call::Login {
            user_id: user_id.into(),
            user_sig: UserSig(user_sig.into()),
        };
        match self.call(call).await? {
            Answer::LoggedIn { repeat } => Ok(repeat),
            _ => Err(unexpected()),
        }
    }

    /// [`Tim::login`], and waits until all calls work.
    ///
    /// Errors: as for login; 2999 when the instance is signed out before it is ready.
    pub async fn login_until_ready(
        &self,
        user_id: impl Into<String>,
        user_sig: impl Into<String>,
    ) -> Result<(), Failure> {
        let mut events = self.subscribe();
        self.login(user_id, user_sig).await?;
        loop {
            if self.state().await? == State::Ready {
                return Ok(());
            }
            match events.next().await {
                Some(Event::NotReady) | None => return Err(Failure::of(Code::NOT_READY)),
                Some(_) => {}
            }
        }
    }

    /// Signs this instance out and drops what it holds; other instances of the account are not disturbed.
    pub async fn logout(&self) -> Result<(), Failure> {
        self.call(Call::Logout).await.map(drop)
    }

    /// Signs out, closes the connection, and lets `create` make a new instance.
    pub async fn destroy(&self) -> Result<(), Failure> {
        self.call(Call::Destroy).await?;
        let mut instances = registry().lock().unwrap_or_else(PoisonError::into_inner);
        let id = self.inner.sdk_app_id;
        if instances
            .get(&id)
            .is_some_and(|it| Arc::ptr_eq(&it.inner, &self.inner))
        {
            instances.remove(&id);
        }
        Ok(())
    }

    /// How far the login is.
    pub async fn state(&self) -> Result<State, Failure> {
        self.ask(|core, _| core.state()).await
    }

    /// Makes a message, without sending it.
    ///
    /// Errors: 2106 for the system conversation.
    pub async fn create_message(&self, draft: Draft) -> Result<Message, Failure> {
        self.ask(|core, now| core.create_message(now, draft)).await?
    }

    /// Sends a message, over as many connections as it takes, for up to a minute. One that failed may be sent again: it is
    /// the same message then, and is there once (contract C2).
    ///
    /// Errors carry the message, its status `Fail`: 2801, 20003, 20007, 10007, 10010, 10017, 80002.
    pub async fn send_message(
        &self,
        message: Message,
        options: SendOptions,
    ) -> Result<Arc<Message>, Failure> {
        match self.call(Call::SendMessage { message, options }).await? {
            Answer::Message(message) => Ok(message),
            _ => Err(unexpected()),
        }
    }

    /// Makes and sends a message.
    pub async fn send(&self, draft: Draft) -> Result<Arc<Message>, Failure> {
        let message = self.create_message(draft).await?;
        self.send_message(message, SendOptions::default()).await
    }

    /// Takes an own message back. Errors: 2110, 20016, 20022, 20023, 10030 to 10033.
    pub async fn revoke_message(&self, message: &Message) -> Result<(), Failure> {
        let call = Call::RevokeMessage {
            conversation: message.conversation.clone(),
            key: message.key(),
            sequence: message.data.sequence,
        };
        self.call(call).await.map(drop)
    }

    /// Lets a message say what this one says: its body, if that is a text, custom, face or location one, and its custom data.
    /// Any member of the conversation may. Returns it as it is now.
    ///
    /// Errors: 2480 when somebody else modified it before (with the latest message), 20026, 80002, 90002.
    pub async fn modify_message(&self, message: Message) -> Result<Arc<Message>, Failure> {
        self.message(Call::ModifyMessage { message }).await
    }

    /// Deletes messages of one conversation for this account, on all its instances; the first 30 are taken. Others keep
    /// them. Errors: 2111, 2116, 10035, 10052.
    pub async fn delete_messages(&self, messages: &[Arc<Message>]) -> Result<(), Failure> {
        let messages = messages.iter().map(|it| MessageRef::from(&**it)).collect();
        self.call(Call::DeleteMessages { messages }).await.map(drop)
    }

    /// Deletes all messages of a conversation for this account, on all its instances; the conversation stays.
    /// Errors: 2500.
    pub async fn clear_history_message(&self, conversation: ConversationId) -> Result<(), Failure> {
        self.call(Call::ClearHistory { conversation }).await.map(drop)
    }

    /// Sets key/value pairs of a message that supports them: at most 20 at once, keys of 1 to 100 bytes, values of at most
    /// 1 KB, 300 in all. Each has its own code: 23001 when somebody else changed it before, with the value that it has.
    ///
    /// Errors: 10004, 10007, 23002, 23004.
    pub async fn set_message_extensions(
        &self,
        message: &Message,
        extensions: Vec<(String, String)>,
    ) -> Result<Vec<ExtensionOutcome>, Failure> {
        let message = MessageRef::from(message);
        self.extensions(Call::SetMessageExtensions { message, extensions })
            .await
    }

    /// Key/value pairs of a message; all when `keys` is empty. Errors: 10007, 23004.
    pub async fn get_message_extensions(
        &self,
        message: &Message,
        keys: Vec<String>,
    ) -> Result<Vec<ExtensionOutcome>, Failure> {
        let message = MessageRef::from(message);
        self.extensions(Call::GetMessageExtensions { message, keys })
            .await
    }

    /// Removes key/value pairs of a message; all when `keys` is `None`. Errors: as for setting.
    pub async fn delete_message_extensions(
        &self,
        message: &Message,
        keys: Option<Vec<String>>,
    ) -> Result<Vec<ExtensionOutcome>, Failure> {
        let message = MessageRef::from(message);
        self.extensions(Call::DeleteMessageExtensions { message, keys })
            .await
    }

    /// A merged message with the messages that it holds. Errors: 2450, 2451, 2452.
    pub async fn download_merger_message(&self, message: Message) -> Result<Arc<Message>, Failure> {
        self.message(Call::DownloadMerger { message }).await
    }

    /// A page of 15 messages before one, old to new, and what names the page before it; from the newest when `before` is
    /// `None`.
    pub async fn get_message_list(
        &self,
        conversation: ConversationId,
        before: Option<MessageKey>,
    ) -> Result<(Vec<Arc<Message>>, Option<MessageKey>), Failure> {
        match self.call(Call::GetMessageList { conversation, before }).await? {
            Answer::Messages { messages, next } => Ok((messages, next)),
            _ => Err(unexpected()),
        }
    }

    /// Up to `count` (1 to 15) messages from any place of a conversation on, which is the first of them, and what names
    /// the next page that way. Old to new, whatever the direction. Errors: 2106 for the system conversation, 10007.
    pub async fn get_message_list_hopping(
        &self,
        conversation: ConversationId,
        from: HopFrom,
        newer: bool,
        count: u32,
    ) -> Result<(Vec<Arc<Message>>, Option<HopNext>), Failure> {
        let call = Call::GetMessageListHopping {
            conversation,
            from,
            newer,
            count,
        };
        match self.call(call).await? {
            Answer::Hopped { messages, next } => Ok((messages, next)),
            _ => Err(unexpected()),
        }
    }

    /// A message that is held in memory.
    pub async fn find_message(&self, key: MessageKey) -> Result<Option<Arc<Message>>, Failure> {
        self.ask(move |core, _| core.find_message(key)).await
    }

    /// Reports all messages of a conversation as read. Error: 2500.
    pub async fn set_message_read(&self, conversation: ConversationId) -> Result<(), Failure> {
        self.call(Call::SetMessageRead { conversation }).await.map(drop)
    }

    /// Reports all messages of all conversations of a scope as read, in one step. Error: 2112.
    pub async fn set_all_message_read(&self, scope: ReadScope) -> Result<(), Failure> {
        self.call(Call::SetAllMessageRead { scope }).await.map(drop)
    }

    /// Tells the senders of messages of one conversation that these were read; those that want no receipt are passed
    /// over. Changes no unread count. Errors: 2114, 10060, 10061, 10062, 20001 for more than 30.
    pub async fn send_message_read_receipt(&self, messages: &[Arc<Message>]) -> Result<(), Failure> {
        let messages = messages.iter().map(|it| MessageRef::from(&**it)).collect();
        self.call(Call::SendMessageReadReceipt { messages })
            .await
            .map(drop)
    }

    /// How far own messages of one conversation were read, of those that want receipts. Errors: 10060 to 10062, 20001.
    pub async fn get_message_read_receipt_list(
        &self,
        messages: &[Arc<Message>],
    ) -> Result<Vec<Receipt>, Failure> {
        let messages = messages.iter().map(|it| MessageRef::from(&**it)).collect();
        match self.call(Call::GetMessageReadReceiptList { messages }).await? {
            Answer::Receipts { receipts, .. } => Ok(receipts),
            _ => Err(unexpected()),
        }
    }

    /// Up to `count` (1 to 100) of those who have read an own message in a group or, when `unread`, who have not; and
    /// what names the next page. Errors: 10060 to 10062.
    pub async fn get_group_message_read_member_list(
        &self,
        message: &Message,
        unread: bool,
        cursor: Option<String>,
        count: u32,
    ) -> Result<(Vec<UserId>, Option<String>), Failure> {
        let call = Call::GetGroupMessageReadMemberList {
            message: MessageRef::from(message),
            unread,
            cursor: cursor.unwrap_or_default(),
            count,
        };
        match self.call(call).await? {
            Answer::Readers { users, cursor, .. } => Ok((users, cursor)),
            _ => Err(unexpected()),
        }
    }

    /// Unread messages in all conversations but the account's notices and those that are muted.
    pub async fn get_total_unread_message_count(&self) -> Result<u64, Failure> {
        self.ask(|core, _| core.total_unread_count()).await
    }

    /// The conversations that are held, pinned ones first, then newest first, and whether these are all. When not, the next page is fetched in the
    /// background, and [`Event::ConversationListUpdated`] brings it.
    pub async fn get_conversation_list(&self) -> Result<(Vec<Arc<ConversationState>>, bool), Failure> {
        match self.call(Call::GetConversationList).await? {
            Answer::Conversations {
                conversations,
                complete,
            } => Ok((conversations, complete)),
            _ => Err(unexpected()),
        }
    }

    /// Those of [`Tim::get_conversation_list`] that a filter lets through, and whether the list holds all.
    pub async fn get_conversation_list_by_filter(
        &self,
        filter: ConversationFilter,
    ) -> Result<(Vec<Arc<ConversationState>>, bool), Failure> {
        match self.call(Call::FilterConversationList(filter)).await? {
            Answer::Conversations {
                conversations,
                complete,
            } => Ok((conversations, complete)),
            _ => Err(unexpected()),
        }
    }

    /// Takes up to 100 conversations out of the list, until something new is said in them; with `clear_history`, what was
    /// said before cannot be read any more by this account. Returns those that are out. Errors: 2500, 51006, 51007.
    pub async fn delete_conversations(
        &self,
        conversations: Vec<ConversationId>,
        clear_history: bool,
    ) -> Result<Vec<ConversationId>, Failure> {
        let change = SettingsChange::Deleted { clear_history };
        Ok(self.set(conversations, change).await?.0)
    }

    /// Puts a conversation before all others, or back into its place. Errors: 2106, 2500, 51007, 51012.
    pub async fn pin_conversation(
        &self,
        conversation: ConversationId,
        is_pinned: bool,
    ) -> Result<(), Failure> {
        let change = SettingsChange::Pinned(is_pinned);
        self.call(Call::ChangeSetting { conversation, change })
            .await
            .map(drop)
    }

    /// Sets how messages of up to 30 users, or of groups, are told; see [`RemindType`]. Also of users with whom there is no
    /// conversation yet. Errors: 50002, 51006; of one of them: 2501, 51007.
    pub async fn set_message_remind_type(
        &self,
        conversations: Vec<ConversationId>,
        remind: RemindType,
    ) -> Result<Settled, Failure> {
        self.set(conversations, SettingsChange::Remind(remind)).await
    }

    /// Sets or clears a mark: 1 star, 2 unread, 4 fold, 8 hide, or a power of two from 2^32 to 2^63 with a meaning of the
    /// app's own. At most 100 conversations at once, 1000 in all. Errors: 50002, 51006; of one of them: 2106, 2500, 51007,
    /// 51008.
    pub async fn mark_conversation(
        &self,
        conversations: Vec<ConversationId>,
        mark: u64,
        enable: bool,
    ) -> Result<Settled, Failure> {
        let change = match enable {
            true => SettingsChange::MarkSet(mark),
            false => SettingsChange::MarkCleared(mark),
        };
        self.set(conversations, change).await
    }

    /// Attaches at most 256 bytes to conversations; an empty text takes them away. Errors: 50002, 51006; of one of them:
    /// 2106, 2500, 51007.
    pub async fn set_conversation_custom_data(
        &self,
        conversations: Vec<ConversationId>,
        data: impl Into<String>,
    ) -> Result<Settled, Failure> {
        let change = SettingsChange::CustomData(data.into());
        self.set(conversations, change).await
    }

    /// The names of the conversation groups, in the order of making.
    pub async fn get_conversation_group_list(&self) -> Result<Vec<String>, Failure> {
        match self.call(Call::GetConversationGroupList).await? {
            Answer::ConversationGroups(names) => Ok(names),
            _ => Err(unexpected()),
        }
    }

    /// Makes a conversation group of a name of 1 to 32 bytes, and puts conversations into it; one that is there already is
    /// added to. At most 20 groups. Errors: 50002, 51006, 51010, 51011; of one of them: 2106, 2500, 51007, 51008.
    pub async fn create_conversation_group(
        &self,
        name: impl Into<String>,
        conversations: Vec<ConversationId>,
    ) -> Result<Settled, Failure> {
        let change = SettingsChange::GroupCreated(name.into());
        self.set(conversations, change).await
    }

    /// Removes a conversation group; its conversations stay. Error: 51009.
    pub async fn delete_conversation_group(&self, name: impl Into<String>) -> Result<(), Failure> {
        let change = SettingsChange::GroupRemoved(name.into());
        self.set(Vec::new(), change).await.map(drop)
    }

    /// Gives a conversation group another name. Errors: 50002 (that name is in use), 51009, 51011.
    pub async fn rename_conversation_group(
        &self,
        from: impl Into<String>,
        to: impl Into<String>,
    ) -> Result<(), Failure> {
        let change = SettingsChange::GroupRenamed {
            from: from.into(),
            to: to.into(),
        };
        self.set(Vec::new(), change).await.map(drop)
    }

    /// Puts conversations into a conversation group. Errors: 51006, 51009; of one of them: 2106, 2500, 51007, 51008.
    pub async fn add_conversations_to_group(
        &self,
        name: impl Into<String>,
        conversations: Vec<ConversationId>,
    ) -> Result<Settled, Failure> {
        let change = SettingsChange::GroupEntered(name.into());
        self.set(conversations, change).await
    }

    /// Takes conversations out of a conversation group. Errors: 51006, 51009; of one of them: 2106, 2500, 51007.
    pub async fn delete_conversations_from_group(
        &self,
        name: impl Into<String>,
        conversations: Vec<ConversationId>,
    ) -> Result<Settled, Failure> {
        let change = SettingsChange::GroupLeft(name.into());
        self.set(conversations, change).await
    }

    /// Keeps a text in a conversation's `draft`, in this instance alone and until it ends; an empty one is forgotten. Errors:
    /// 2500 for a conversation that is not held; 50002 above 12 KB.
    pub async fn set_conversation_draft(
        &self,
        conversation: ConversationId,
        text: impl Into<String>,
    ) -> Result<(), Failure> {
        let text = text.into();
        let call = Call::SetConversationDraft { conversation, text };
        self.call(call).await.map(drop)
    }

    /// One conversation; of a user who exists and was never talked to, an empty one. Errors: 2500, 2501.
    pub async fn get_conversation_profile(
        &self,
        conversation: ConversationId,
    ) -> Result<Arc<ConversationState>, Failure> {
        match self.call(Call::GetConversationProfile { conversation }).await? {
            Answer::Conversation(state) => Ok(state),
            _ => Err(unexpected()),
        }
    }

    /// All joined groups.
    pub async fn get_group_list(&self) -> Result<Vec<GroupView>, Failure> {
        match self.call(Call::GetGroupList).await? {
            Answer::Groups(groups) => Ok(groups),
            _ => Err(unexpected()),
        }
    }

    /// A group as it is now. Errors: 10007, 10010.
    pub async fn get_group_profile(&self, group: GroupId) -> Result<GroupView, Failure> {
        match self.call(Call::GetGroupProfile { group }).await? {
            Answer::Group(group) => Ok(group),
            _ => Err(unexpected()),
        }
    }

    /// Makes a group. Errors: 10004, 10019, 10021, 10025, 10037.
    pub async fn create_group(&self, group: NewGroup) -> Result<GroupView, Failure> {
        match self.call(Call::CreateGroup(group)).await? {
            Answer::GroupCreated(group) => Ok(group),
            _ => Err(unexpected()),
        }
    }

    /// Asks to be taken into a group. Errors: 2601, 10007, 10010, 10014.
    pub async fn join_group(
        &self,
        group: GroupId,
        apply_message: impl Into<String>,
    ) -> Result<Joined, Failure> {
        let apply_message = apply_message.into();
        match self.call(Call::JoinGroup { group, apply_message }).await? {
            Answer::Joined(joined) => Ok(joined),
            _ => Err(unexpected()),
        }
    }

    /// Leaves a group. Errors: 2623, 10009.
    pub async fn quit_group(&self, group: GroupId) -> Result<(), Failure> {
        self.call(Call::QuitGroup { group }).await.map(drop)
    }

    /// Dissolves a group. Errors: 10007, 10010.
    pub async fn dismiss_group(&self, group: GroupId) -> Result<(), Failure> {
        self.call(Call::DismissGroup { group }).await.map(drop)
    }

    /// Up to `count` (1 to 100) members of a group from `offset` on, and the offset of the next page; 0 when there is none.
    pub async fn get_group_member_list(
        &self,
        group: GroupId,
        offset: u32,
        count: u32,
    ) -> Result<(Vec<GroupMember>, u32), Failure> {
        match self
            .call(Call::GetGroupMemberList { group, offset, count })
            .await?
        {
            Answer::Members { members, next_offset } => Ok((members, next_offset)),
            _ => Err(unexpected()),
        }
    }

    /// Answers a wish to join, which a notice told: its group and its number. Errors: 10013, 10024.
    pub async fn handle_group_application(
        &self,
        group: GroupId,
        application: u64,
        agree: bool,
        text: impl Into<String>,
    ) -> Result<GroupView, Failure> {
        let call = Call::HandleGroupApplication {
            group,
            application,
            agree,
            text: text.into(),
        };
        match self.call(call).await? {
            Answer::Group(group) => Ok(group),
            _ => Err(unexpected()),
        }
    }

    /// The own profile.
    pub async fn get_my_profile(&self) -> Result<Profile, Failure> {
        match self.call(Call::GetMyProfile).await? {
            Answer::Profile(profile) => Ok(profile),
            _ => Err(unexpected()),
        }
    }

    /// Profiles of up to 100 users; those who do not exist are left out.
    pub async fn get_user_profile(&self, users: Vec<UserId>) -> Result<Vec<Profile>, Failure> {
        match self.call(Call::GetUserProfile { users }).await? {
            Answer::Profiles(profiles) => Ok(profiles),
            _ => Err(unexpected()),
        }
    }

    /// Changes the fields that are set, and returns the profile after it. Errors: 2722, 40001, 40009, 40601, 40605.
    pub async fn update_my_profile(&self, fields: ProfileFields) -> Result<Profile, Failure> {
        match self.call(Call::UpdateMyProfile(fields)).await? {
            Answer::Profile(profile) => Ok(profile),
            _ => Err(unexpected()),
        }
    }

    /// Texts in another language, one for each, by the provider that the app's owner named; `source` may be "auto". At most
    /// 100 texts, 32 KB together. Errors: 2117.
    pub async fn translate_text(
        &self,
        texts: Vec<String>,
        source: impl Into<String>,
        target: impl Into<String>,
    ) -> Result<Vec<String>, Failure> {
        let call = Call::TranslateText {
            texts,
            source: source.into(),
            target: target.into(),
        };
        match self.call(call).await? {
            Answer::Translated(texts) => Ok(texts),
            _ => Err(unexpected()),
        }
    }

    /// Whom the account does not want to hear from.
    pub async fn get_blacklist(&self) -> Result<Vec<UserId>, Failure> {
        self.users(Call::GetBlacklist).await
    }

    /// Blocks users; returns those who are blocked now by this call. Errors: 2742, 30001, 30003, 30013.
    pub async fn add_to_blacklist(&self, users: Vec<UserId>) -> Result<Vec<UserId>, Failure> {
        self.users(Call::AddToBlacklist { users }).await
    }

    /// Blocks users no longer.
    pub async fn remove_from_blacklist(&self, users: Vec<UserId>) -> Result<Vec<UserId>, Failure> {
        self.users(Call::RemoveFromBlacklist { users }).await
    }

    /// Tells the SDK what the system says about the network. Not needed: it notices by itself, a little later.
    pub async fn network(&self, online: bool) -> Result<(), Failure> {
        self.ask(move |core, now| core.handle(now, crate::core::Input::Network { online }))
            .await
    }

    async fn set(
        &self,
        conversations: Vec<ConversationId>,
        change: SettingsChange,
    ) -> Result<Settled, Failure> {
        match self
            .call(Call::ChangeSettings {
                conversations,
                change,
            })
            .await?
        {
            Answer::SettingsChanged { done, refused, .. } => Ok((done, refused)),
            Answer::Done => Ok((Vec::new(), Vec::new())),
            _ => Err(unexpected()),
        }
    }

    async fn message(&self, call: Call) -> Result<Arc<Message>, Failure> {
        match self.call(call).await? {
            Answer::Message(message) => Ok(message),
            _ => Err(unexpected()),
        }
    }

    async fn extensions(&self, call: Call) -> Result<Vec<ExtensionOutcome>, Failure> {
        match self.call(call).await? {
            Answer::Extensions(outcomes) => Ok(outcomes),
            _ => Err(unexpected()),
        }
    }

    async fn users(&self, call: Call) -> Result<Vec<UserId>, Failure> {
        match self.call(call).await? {
            Answer::Users(users) => Ok(users),
            _ => Err(unexpected()),
        }
    }

    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let call = Box::new(call);
        let command = Command::Call { call, reply };
        self.inner.commands.send(command).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Puts a question to the core, which its task answers from memory.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Core, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Ask(Box::new(move |core, now| {
            let _ = reply.send(question(core, now));
        }));
        self.inner.commands.send(command).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

/// Events, in order. A subscriber that is too slow loses the oldest, which is logged, and goes on: what it shows should come
/// from whole lists, which every list event carries.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Event>,
}

impl Events {
    /// The next event; `None` when the instance is gone.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(lost)) => {
                    tracing::warn!(events.lost = lost, "a subscriber is too slow and lost events");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// A function that hears events, until this is dropped or [`Listener::off`] is called.
#[derive(Debug)]
pub struct Listener {
    task: JoinHandle<()>,
}

impl Listener {
    /// Ends it; the same as dropping it.
    pub fn off(self) {
        drop(self);
    }

    /// Lets it hear events as long as the instance lives.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn system_seed() -> Result<[u8; 32], Failure> {
    let mut seed = [0; 32];
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the native client's chance comes in"
    )]
    let drawn = getrandom::fill(&mut seed);
    drawn.map_err(|_| Failure::new(Code::UNCAUGHT, "the system gives no random bytes"))?;
    Ok(seed)
}

const fn gone() -> Failure {
    Failure::new(Code::UNCAUGHT, "the instance is gone")
}

const fn unexpected() -> Failure {
    Failure::of(Code::UNCAUGHT)
}
