//! Messages: made, sent, taken back, read page by page.
//!
//! **Comes in:** what an app wants to say, and the server's answers. **Goes out:** requests, and messages as the app sees
//! them. **Never here:** the order of a timeline and its counts, which `conversation.rs` keeps.

use std::sync::Arc;

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, GroupId, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::{
    self, ChangeKind, MessageFlags, MessageKey, Priority, Target, TimelineChange,
};
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::wire::element::Kind;
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::conversation::Entry;
use super::held::remember;
use super::io::{Answer, CallId, Failure, Level, SendOptions};
use super::request::Then;

/// A page of `getMessageList`.
pub const PAGE: usize = 15;
/// Keys of sent messages that are remembered, so that their way back through a sync is known as an echo.
const SENT_KEYS_MAX: usize = 512;

/// A message as the account sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What the server knows of it. Before it is sent, `sequence` and `version` are 0 and `time` is when it was made.
    pub data: message::Message,
    /// Where it belongs, for this account.
    pub conversation: ConversationId,
    /// Whether this account sent it (`flow` is `out`).
    pub is_own: bool,
    /// How far it got.
    pub status: Status,
    /// Whether the peer of a C2C has read it.
    pub is_peer_read: bool,
    /// Whether its body was changed after it was sent.
    pub is_modified: bool,
    /// How far an own message that wants receipts was read; `None`: that is not known here.
    pub receipt: Option<Receipt>,
    /// Whether this account deleted it.
    pub is_deleted: bool,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Made here and not yet taken by the server.
    Unsent,
    /// In its timeline.
    Success,
    /// Given up; may be sent again, and is then the same message (contract C2).
    Fail,
}

impl Status {
    /// The public value of `Message.status`.
    pub const fn public(self) -> &'static str {
        match self {
            Self::Unsent => "unSend",
            Self::Success => "success",
            Self::Fail => "fail",
        }
    }
}

impl Message {
    /// A message of a timeline, for `me`.
    pub(crate) fn of(data: message::Message, me: &UserId, peer_read: Sequence) -> Self {
        let is_own = data.from == *me;
        Self {
            conversation: data.conversation_for(me),
            is_own,
            status: Status::Success,
            is_peer_read: is_own && matches!(data.to, Target::User(_)) && data.sequence <= peer_read,
            is_modified: data.edits > 0,
            is_deleted: false,
            receipt: None,
            data,
        }
    }

    /// Its public ID.
    pub const fn key(&self) -> MessageKey {
        self.data.key
    }

    /// Its text, when it is a text message.
    pub fn text(&self) -> Option<String> {
        match self.data.body.first() {
            Some(Kind::Text(text)) => Some(text.text),
            _ => None,
        }
    }

    /// Whether it was taken back.
    pub const fn is_revoked(&self) -> bool {
        self.data.revoker.is_some()
    }
}

/// A message to be made.
#[derive(Debug, Clone)]
pub struct Draft {
    /// A C2C or a group.
    pub conversation: ConversationId,
    /// What it says.
    pub element: Kind,
    /// How urgent.
    pub priority: Priority,
    /// Text of the app, carried along.
    pub cloud_custom_data: String,
    /// Whether a receipt is wanted.
    pub need_read_receipt: bool,
    /// Whether members may attach key/value pairs.
    pub support_extension: bool,
    /// In a group: who alone sees it, beside this account; at most 50. Empty: all.
    pub receivers: Vec<UserId>,
}

impl Draft {
    /// A text message.
    pub fn text(conversation: ConversationId, text: impl Into<String>) -> Self {
        Self::of(
            conversation,
            Kind::Text(wire::Text {
                text: text.into(),
                at_user_ids: Vec::new(),
            }),
        )
    }

    /// A text that mentions members of a group: at most 30 userIDs, or the constant of @all among them.
    pub fn text_at(group: GroupId, text: impl Into<String>, at_user_ids: Vec<String>) -> Self {
        let text = text.into();
        Self::of(
            ConversationId::Group(group),
            Kind::Text(wire::Text { text, at_user_ids }),
        )
    }

    /// A message of this element, all else by default.
    pub const fn of(conversation: ConversationId, element: Kind) -> Self {
        Self {
            conversation,
            element,
            priority: Priority::Normal,
            cloud_custom_data: String::new(),
            need_read_receipt: false,
            support_extension: false,
            receivers: Vec::new(),
        }
    }
}

/// A message in one line, for a conversation list (`lastMessage.messageForShow`): its text, or what kind it is.
pub fn for_show(data: &message::Message) -> String {
    match data.body.first() {
        Some(Kind::Text(text)) => text.text,
        Some(Kind::Custom(_)) => String::from("[Custom Message]"),
        Some(Kind::Face(_)) => String::from("[Face]"),
        Some(Kind::Location(_)) => String::from("[Location]"),
        Some(Kind::Image(_)) => String::from("[Image]"),
        Some(Kind::Audio(_)) => String::from("[Audio]"),
        Some(Kind::Video(_)) => String::from("[Video]"),
        Some(Kind::File(_)) => String::from("[File]"),
        Some(Kind::Merger(_)) => String::from("[Chat History]"),
        Some(Kind::GroupTip(_)) => String::from("[Group Tip]"),
        Some(Kind::GroupNotice(_)) => String::from("[Group Notice]"),
        None => String::from("[Message]"),
    }
}

impl Core {
    /// Makes a message, without sending it.
    ///
    /// Errors: why a call would be refused now (see [`Core::refusal`]); 2106 for the system conversation, and for a text that
    /// mentions somebody outside of a group; 10053 for more than 30 mentioned.
    pub fn create_message(&mut self, now: Timestamp, draft: Draft) -> Result<Message, Failure> {
        if let Some(refusal) = self.refusal(super::Gate::LoggedIn) {
            return Err(refusal);
        }
        let Some(held) = &self.held else {
            return Err(Failure::of(Code::NOT_LOGGED_IN));
        };
        let to = match &draft.conversation {
            ConversationId::C2c(user) => Target::User(user.clone()),
            ConversationId::Group(group) => Target::Group(group.clone()),
            ConversationId::System => return Err(Failure::of(Code::CONVERSATION_TYPE_INVALID)),
        };
        if let Kind::Text(text) = &draft.element
            && !text.at_user_ids.is_empty()
        {
            if text.at_user_ids.len() > limits::AT_USERS_MAX {
                return Err(Failure::of(Code::GROUP_TOO_MANY_AT));
            }
            if !matches!(to, Target::Group(_)) {
                return Err(Failure::of(Code::CONVERSATION_TYPE_INVALID));
            }
        }
        // The server's clock: it refuses messages from the future, and this device may be wrong by years.
        let time = Timestamp(now.0.saturating_add_signed(self.login.clock_ahead_ms));
        let name_card = match &to {
            Target::Group(group) => held
                .find_group(group)
                .and_then(|it| it.self_info.as_ref())
                .map(|it| it.name_card.clone())
                .unwrap_or_default(),
            Target::User(_) | Target::System(_) => String::new(),
        };
        Ok(Message {
            data: message::Message {
                key: MessageKey {
                    account: held.account,
                    client_time_s: time.seconds() as u32,
                    random: self.random.u32(),
                },
                from: held.me.clone(),
                to,
                sequence: Sequence(0),
                time,
                body: Body::of(draft.element),
                priority: draft.priority,
                flags: MessageFlags {
                    need_read_receipt: draft.need_read_receipt,
                    support_extension: draft.support_extension,
                    is_targeted: !draft.receivers.is_empty(),
                    ..MessageFlags::default()
                },
                cloud_custom_data: draft.cloud_custom_data,
                nick: held.profile.nick.clone(),
                avatar: held.profile.avatar.clone(),
                name_card,
                revoker: None,
                version: Version(0),
                edits: 0,
                receivers: draft.receivers,
            },
            conversation: draft.conversation,
            is_own: true,
            status: Status::Unsent,
            is_peer_read: false,
            is_modified: false,
            receipt: None,
            is_deleted: false,
        })
    }

    pub(super) fn send_message(
        &mut self,
        now: Timestamp,
        call: CallId,
        mut message: Message,
        options: SendOptions,
    ) {
        let data = &mut message.data;
        // What passes by counts nowhere as it is.
        if !options.online_user_only {
            data.flags.no_unread |= options.excluded_from_unread_count;
            data.flags.no_last_message |= options.excluded_from_last_message;
        }
        if message.conversation == ConversationId::System {
            let failure = Failure::of(Code::CONVERSATION_TYPE_INVALID);
            return self.send_failed(call, message, failure);
        }
        if let Some(held) = &mut self.held
            && !held.sent_keys.contains(&data.key)
        {
            remember(&mut held.sent_keys, SENT_KEYS_MAX, data.key);
        }
        let body = data.body.clone();
        if body.bytes().len() + data.cloud_custom_data.len() <= limits::MESSAGE_BYTES_MAX {
            return self.send_body(now, call, message, &body, options);
        }
        // What is merged may be kept apart.
        if let Err((message, failure)) = self.send_apart(now, call, message, options) {
            self.send_failed(call, *message, failure);
        }
    }

    /// Sends a message whose body has its final form.
    pub(super) fn send_body(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: Message,
        body: &Body,
        options: SendOptions,
    ) {
        let data = &message.data;
        let command = Command::SendMessage(wire::SendMessage {
            conversation: Some(message.conversation.to_wire()),
            client_time_s: data.key.client_time_s,
            random: data.key.random,
            body: body.bytes().clone(),
            priority: data.priority.to_wire() as i32,
            cloud_custom_data: data.cloud_custom_data.clone(),
            no_unread: data.flags.no_unread,
            no_last_message: data.flags.no_last_message,
            need_read_receipt: data.flags.need_read_receipt,
            online_only: options.online_user_only,
            receivers: super::profile::texts(&data.receivers),
            support_extension: data.flags.support_extension,
        });
        let message = Box::new(message);
        self.request(now, command, Then::Sent { call, message });
    }

    pub(super) fn message_sent(
        &mut self,
        now: Timestamp,
        call: CallId,
        mut message: Message,
        result: wire::SendMessageResult,
    ) {
        message.status = Status::Success;
        message.data.sequence = Sequence(result.sequence);
        message.data.time = Timestamp(result.time_ms);
        message.data.version = Version(result.version);
        if result.version > 0 {
            // The server tells everybody else; this instance hears of its own message by the answer alone.
            let mut data = message.data.clone();
            if !matches!(data.to, Target::Group(_)) {
                // Between two there is nobody to hide it from.
                data.receivers.clear();
            }
            // What is for some alone counts for none.
            data.flags.no_unread |= !data.receivers.is_empty();
            let change = TimelineChange::of(ChangeKind::Appended, data);
            self.timeline_change(now, change, true);
        }
        // It may have been read, or another instance may have deleted it, before this one was answered.
        if let Some(held) = &self.held {
            message.receipt = held.receipt_of(message.key());
            message.is_deleted = held.deleted.contains(&message.key());
        }
        self.out.answer(call, Answer::Message(Arc::new(message)));
    }

    pub(super) fn send_failed(&mut self, call: CallId, mut message: Message, mut failure: Failure) {
        message.status = Status::Fail;
        failure.message = Some(Arc::new(message));
        self.out
            .log_code(Level::Warning, "a message was not sent", failure.code.0);
        self.out.fail(call, failure);
    }

    pub(super) fn revoke_message(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversation: ConversationId,
        key: MessageKey,
        sequence: Sequence,
    ) {
        if sequence == Sequence(0) {
            let failure = Failure::new(Code::REVOKE_FAILED, "the message is not in its timeline");
            return self.out.fail(call, failure);
        }
        let command = Command::RevokeMessage(wire::RevokeMessage {
            conversation: Some(conversation.to_wire()),
            sequence: sequence.0,
        });
        let then = Then::Revoked {
            call,
            conversation,
            key,
            sequence,
        };
        self.request(now, command, then);
    }

    pub(super) fn message_revoked(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversation: &ConversationId,
        key: MessageKey,
        sequence: Sequence,
        version: Version,
    ) {
        let Some(held) = &mut self.held else { return };
        let revoker = held.me.clone();
        let message = held
            .find(conversation)
            .and_then(|it| it.message(sequence))
            .map(|it| {
                let mut message = Message::clone(it);
                message.data.revoker = Some(revoker.clone());
                message.data.version = version;
                message
            });
        match &message {
            Some(message) => {
                let change = TimelineChange::of(ChangeKind::Revoked, message.data.clone());
                self.timeline_change(now, change, true);
            }
            // What it was is not known here; the timeline tells.
            None => self.heal(now, conversation),
        }
        let answer = Answer::Revoked {
            key,
            revoker,
            message: message.map(Arc::new),
        };
        self.out.answer(call, answer);
    }

    /// A page backwards: from memory when it is whole there, else the missing part is asked for.
    pub(super) fn message_list(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversation: ConversationId,
        before: Option<MessageKey>,
    ) {
        let Some(held) = &self.held else { return };
        // Of one that is only being found, the server alone knows the history.
        let is_found = |it: &&Entry| it.healing.is_none() || it.last_taken > Sequence(0);
        let entry = held.find(&conversation).filter(is_found);
        let before = match before {
            // Not simply the newest: what is newer than what was taken comes as a change, and must be news then.
            None => entry.map_or(Sequence(0), |it| it.last_taken.next()),
            Some(key) => match held.sequence_of(key) {
                Some(sequence) => sequence,
                None => return self.out.fail(call, unknown_message()),
            },
        };
        let mut asked_before = before;
        if let Some(entry) = entry {
            let page = entry.before(before, PAGE);
            if page.len() >= PAGE || entry.is_complete_before(before) {
                return self.answer_page(call, &conversation, before, Vec::new(), false);
            }
            if let Some(first) = page.first() {
                asked_before = first.data.sequence;
            }
        }
        let command = Command::ListMessages(wire::ListMessages {
            conversation: Some(conversation.to_wire()),
            before: asked_before.0,
            count: PAGE as u32,
            hop: None,
        });
        let then = Then::Page {
            call,
            conversation,
            asked_before,
            before,
        };
        self.request(now, command, then);
    }

    pub(super) fn page_came(
        &mut self,
        call: CallId,
        conversation: &ConversationId,
        asked_before: Sequence,
        before: Sequence,
        result: wire::ListMessagesResult,
    ) {
        let complete = result.complete;
        let page = self.read_page(conversation, result);
        let Some(held) = &mut self.held else { return };
        if let Some(entry) = held.find_mut(conversation) {
            entry.prepend(asked_before, &page, complete);
        }
        self.answer_page(call, conversation, before, page, complete);
    }

    /// A page's messages, as this account sees them.
    pub(super) fn read_page(
        &self,
        conversation: &ConversationId,
        result: wire::ListMessagesResult,
    ) -> Vec<Arc<Message>> {
        let Some(held) = &self.held else { return Vec::new() };
        let entry = held.find(conversation);
        let peer_read = entry.map_or(Sequence(0), |it| it.state.peer_read);
        let receipts = result.receipts.into_iter().map(Receipt::from_wire);
        let receipts: Vec<_> = receipts.collect();
        let messages = result.messages.into_iter();
        let messages = messages.filter_map(|it| message::Message::from_wire(it).ok());
        messages
            .map(|it| {
                let mut message = Message::of(it, &held.me, peer_read);
                message.receipt = receipts.iter().find(|it| it.key == message.key()).copied();
                Arc::new(message)
            })
            .collect()
    }

    /// Answers with the last [`PAGE`] messages before one: those of `older`, then those held.
    fn answer_page(
        &mut self,
        call: CallId,
        conversation: &ConversationId,
        before: Sequence,
        older: Vec<Arc<Message>>,
        mut complete: bool,
    ) {
        let Some(held) = &mut self.held else { return };
        let mut messages = older;
        if let Some(entry) = held.find(conversation) {
            let from = messages.last().map_or(Sequence(0), |it| it.data.sequence);
            // One more than a page, to know whether there is a next one.
            for it in entry.before(before, PAGE + 1) {
                if it.data.sequence > from {
                    messages.push(it.clone());
                }
            }
            complete |= before > Sequence(0) && entry.is_complete_before(before);
        }
        let beyond = messages.len().saturating_sub(PAGE);
        messages.drain(..beyond);
        let next = match messages.first() {
            Some(first) if beyond > 0 || !complete => {
                let key = first.key();
                held.remember_cursor(key, first.data.sequence);
                Some(key)
            }
            _ => None,
        };
        self.out.answer(call, Answer::Messages { messages, next });
    }
}

const fn unknown_message() -> Failure {
    Failure::new(
        Code::INVALID_STATE,
        "nextReqMessageID is not from the page before, or that was read too long ago",
    )
}
