//! Changing messages that were sent: what they say, what is attached to them, whether this account still sees them.
//!
//! **Comes in:** what an app wishes, and the server's answers. **Goes out:** requests, and the same changes that others hear of
//! by a push. **Never here:** the order of a timeline and its counts, which `conversation.rs` keeps.

use std::sync::Arc;

use hongyan_protocol::change::{AccountChange, DeletedMessage};
use hongyan_protocol::code::Code;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{ConversationId, Sequence, Timestamp};
use hongyan_protocol::limits;
use hongyan_protocol::message::{self, ChangeKind, Extension, MessageKey, TimelineChange};
#[cfg(feature = "sabotage")]
use hongyan_protocol::sabotage::{self, Sabotage};
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::io::{Answer, CallId, ExtensionOutcome, Failure};
use super::message::Message;
use super::receipt::MessageRef;
use super::request::Then;

impl Core {
    pub(super) fn modify_message(&mut self, now: Timestamp, call: CallId, message: Message) {
        let data = &message.data;
        if data.sequence == Sequence(0) {
            return self.out.fail(call, Failure::of(Code::MODIFY_MISSING));
        }
        if self.is_of_visitors(&message.conversation) {
            return self.out.fail(call, Failure::of(Code::MODIFY_UNSUPPORTED));
        }
        if data.body.bytes().len() + data.cloud_custom_data.len() > limits::MESSAGE_BYTES_MAX {
            return self.out.fail(call, Failure::of(Code::MESSAGE_TOO_LONG));
        }
        let command = Command::ModifyMessage(wire::ModifyMessage {
            conversation: Some(message.conversation.to_wire()),
            sequence: data.sequence.0,
            edits: data.edits,
            body: data.body.bytes().clone(),
            cloud_custom_data: data.cloud_custom_data.clone(),
        });
        let message = Box::new(message);
        self.request(now, command, Then::Modified { call, message });
    }

    pub(super) fn message_modified(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: &Message,
        result: wire::ModifyMessageResult,
    ) {
        let Some(Ok(latest)) = result.message.map(message::Message::from_wire) else {
            self.out.fail(call, Failure::of(Code::UNCAUGHT));
            return self.malformed(now);
        };
        let Some(held) = &self.held else { return };
        let entry = held.find(&message.conversation);
        let peer_read = entry.map_or(Sequence(0), |it| it.state.peer_read);
        let mut shown = Message::of(latest.clone(), &held.me, peer_read);
        shown.receipt = held.receipt_of(latest.key);
        shown.is_deleted = held.deleted.contains(&latest.key);
        let shown = Arc::new(shown);
        if result.conflict {
            let failure = Failure {
                message: Some(shown),
                ..Failure::of(Code::MODIFY_CONFLICT)
            };
            return self.out.fail(call, failure);
        }
        self.timeline_change(now, TimelineChange::of(ChangeKind::Modified, latest), true);
        self.out.answer(call, Answer::Message(shown));
    }

    pub(super) fn delete_messages(&mut self, now: Timestamp, call: CallId, mut messages: Vec<MessageRef>) {
        messages.truncate(limits::DELETED_MAX);
        let Some(first) = messages.first() else {
            let failure = Failure::new(Code::DELETE_FAILED, "there are no messages to delete");
            return self.out.fail(call, failure);
        };
        let conversation = first.conversation.clone();
        if conversation == ConversationId::System {
            return self.out.fail(call, Failure::of(Code::NOTICE_NOT_DELETED));
        }
        if messages.iter().any(|it| it.conversation != conversation) {
            let failure = Failure::new(Code::DELETE_FAILED, "the messages are of several conversations");
            return self.out.fail(call, failure);
        }
        if self.is_of_visitors(&conversation) {
            return self.out.fail(call, Failure::of(Code::GROUP_DELETE_UNSUPPORTED));
        }
        let messages: Vec<_> = messages.into_iter().map(|it| (it.key, it.sequence)).collect();
        // Those that never came into their timeline are nowhere else.
        let sequences = messages.iter().map(|it| it.1.0).filter(|it| *it > 0);
        let sequences: Vec<u64> = sequences.collect();
        if sequences.is_empty() {
            let deleted = messages.into_iter().map(|it| (it.0, None)).collect();
            return self.out.answer(call, Answer::MessagesDeleted(deleted));
        }
        let command = Command::DeleteMessages(wire::DeleteMessages {
            conversation: Some(conversation.to_wire()),
            sequences,
        });
        let then = Then::Deleted {
            call,
            conversation,
            messages,
        };
        self.request(now, command, then);
    }

    pub(super) fn messages_deleted(
        &mut self,
        now: Timestamp,
        call: CallId,
        conversation: ConversationId,
        messages: Vec<(MessageKey, Sequence)>,
        result: &wire::DeleteMessagesResult,
    ) {
        let entry = self.held.as_ref().and_then(|it| it.find(&conversation));
        let deleted = messages.iter().map(|(key, sequence)| {
            let held = entry.and_then(|it| it.message(*sequence));
            let deleted = held.map(|it| {
                Arc::new(Message {
                    is_deleted: true,
                    ..Message::clone(it)
                })
            });
            (*key, deleted)
        });
        let deleted = deleted.collect();
        let messages = messages.into_iter().map(|(key, sequence)| DeletedMessage {
            sequence,
            key: Some(key),
        });
        let change = AccountChange::MessagesDeleted {
            conversation,
            messages: messages.collect(),
            view_version: result.view_version,
        };
        self.own_event(now, result.pts, change);
        self.out.answer(call, Answer::MessagesDeleted(deleted));
    }

    /// The log tells that an instance of this account deleted messages.
    pub(super) fn take_deleted(
        &mut self,
        now: Timestamp,
        conversation: &ConversationId,
        messages: &[DeletedMessage],
        view_version: u64,
    ) {
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::DeletionUnheard) {
            return;
        }
        let Some(held) = &mut self.held else { return };
        for key in messages.iter().filter_map(|it| it.key) {
            held.remember_deleted(key);
            self.changes.deleted.push(key);
        }
        let entry = held.find_mut(conversation);
        // What is not held is read from the server, without them.
        let Some(entry) = entry else { return };
        let sequences: Vec<Sequence> = messages.iter().map(|it| it.sequence).collect();
        let is_count_unknown = entry.delete_messages(&sequences, view_version);
        let is_unknown = entry.is_unknown();
        self.changes.conversations = true;
        if is_count_unknown && !is_unknown {
            self.ask_state(now, conversation);
        }
    }

    pub(super) fn clear_history(&mut self, now: Timestamp, call: CallId, conversation: ConversationId) {
        let command = Command::ClearHistory(wire::ClearHistory {
            conversation: Some(conversation.to_wire()),
        });
        self.request(now, command, Then::Cleared { call, conversation });
    }

    /// The log tells that an instance of this account cleared a history.
    pub(super) fn take_cleared(
        &mut self,
        now: Timestamp,
        conversation: &ConversationId,
        first: Sequence,
        view_version: u64,
    ) {
        let entry = self.held.as_mut().and_then(|it| it.find_mut(conversation));
        let Some(entry) = entry else { return };
        let is_count_unknown = entry.clear(first, view_version);
        let is_unknown = entry.is_unknown();
        self.changes.conversations = true;
        if is_count_unknown && !is_unknown {
            self.ask_state(now, conversation);
        }
    }

    pub(super) fn set_extensions(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: &MessageRef,
        extensions: Vec<(String, String)>,
    ) {
        let Some(held) = &self.held else { return };
        let wishes = extensions.into_iter().map(|(key, value)| wire::ExtensionWish {
            // Of a pair that the app never heard of it supposes that there is none.
            version: Some(held.extension_version(message.key, &key).map_or(0, |it| it.0)),
            key,
            value,
            remove: false,
        });
        let wishes = wishes.collect();
        self.change_extensions(now, call, message, wishes, false);
    }

    pub(super) fn delete_extensions(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: &MessageRef,
        keys: Option<Vec<String>>,
    ) {
        let Some(held) = &self.held else { return };
        let remove_all = keys.is_none();
        let keys = keys.unwrap_or_default().into_iter();
        let wishes = keys.map(|key| wire::ExtensionWish {
            version: held.extension_version(message.key, &key).map(|it| it.0),
            key,
            value: String::new(),
            remove: true,
        });
        let wishes = wishes.collect();
        self.change_extensions(now, call, message, wishes, remove_all);
    }

    fn change_extensions(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: &MessageRef,
        wishes: Vec<wire::ExtensionWish>,
        remove_all: bool,
    ) {
        if message.sequence == Sequence(0) {
            return self.out.fail(call, Failure::of(Code::EXTENSION_MISSING));
        }
        let command = Command::ChangeExtensions(wire::ChangeExtensions {
            conversation: Some(message.conversation.to_wire()),
            sequence: message.sequence.0,
            wishes,
            remove_all,
        });
        self.request(now, command, Then::Extended { call });
    }

    pub(super) fn extended(&mut self, now: Timestamp, call: CallId, result: wire::ChangeExtensionsResult) {
        let Some(Ok(latest)) = result.message.map(message::Message::from_wire) else {
            self.out.fail(call, Failure::of(Code::UNCAUGHT));
            return self.malformed(now);
        };
        let results: Vec<(Code, Extension)> = result
            .results
            .into_iter()
            .map(|it| {
                (
                    Code(it.code),
                    Extension::from_wire(it.extension.unwrap_or_default()),
                )
            })
            .collect();
        if let Some(held) = &mut self.held {
            // What a conflict tells is known from now on, so that the next attempt is made with open eyes.
            held.know_extensions(latest.key, results.iter().map(|it| &it.1));
        }
        if result.version > 0 {
            let changed = results.iter().filter(|it| it.1.version.0 == result.version);
            let change = TimelineChange {
                extensions: changed.map(|it| it.1.clone()).collect(),
                ..TimelineChange::of(ChangeKind::Extended, latest)
            };
            self.timeline_change(now, change, true);
        }
        let outcomes = results.into_iter().map(|(code, it)| ExtensionOutcome {
            code: Some(code),
            key: it.key,
            value: it.value.unwrap_or_default(),
        });
        self.out.answer(call, Answer::Extensions(outcomes.collect()));
    }

    pub(super) fn get_extensions(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: &MessageRef,
        keys: Vec<String>,
    ) {
        if message.sequence == Sequence(0) {
            return self.out.fail(call, Failure::of(Code::EXTENSION_MISSING));
        }
        let command = Command::ListExtensions(wire::ListExtensions {
            conversation: Some(message.conversation.to_wire()),
            sequence: message.sequence.0,
        });
        let then = Then::Extensions {
            call,
            key: message.key,
            keys,
        };
        self.request(now, command, then);
    }

    pub(super) fn extensions_came(
        &mut self,
        call: CallId,
        key: MessageKey,
        keys: &[String],
        result: wire::ListExtensionsResult,
    ) {
        let extensions: Vec<_> = result.extensions.into_iter().map(Extension::from_wire).collect();
        if let Some(held) = &mut self.held {
            held.know_extensions(key, &extensions);
        }
        let wanted = extensions
            .into_iter()
            .filter(|it| keys.is_empty() || keys.contains(&it.key));
        let outcomes = wanted.map(|it| ExtensionOutcome {
            code: None,
            key: it.key,
            value: it.value.unwrap_or_default(),
        });
        self.out.answer(call, Answer::Extensions(outcomes.collect()));
    }

    /// Whether a conversation is that of a group whose messages are not kept.
    fn is_of_visitors(&self, conversation: &ConversationId) -> bool {
        let ConversationId::Group(group) = conversation else {
            return false;
        };
        let group = self.held.as_ref().and_then(|it| it.find_group(group));
        group.is_some_and(|it| it.kind == GroupType::AvChatRoom)
    }
}
