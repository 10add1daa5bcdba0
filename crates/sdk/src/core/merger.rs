//! Merged and forwarded messages: made of others, sent whole or with their content kept apart, loaded again.
//!
//! **Comes in:** messages that the app has, and the server's answers. **Goes out:** drafts and requests. **Never here:** what a
//! merged message looks like; a body is copied as it is.

use std::sync::Arc;

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{ConversationId, Timestamp};
use hongyan_protocol::limits;
use hongyan_protocol::merger;
use hongyan_protocol::wire::element::Kind;
use hongyan_protocol::wire::{self, request::Command};
use prost::Message as _;

use super::Core;
use super::io::{Answer, CallId, Failure, SendOptions};
use super::message::{Draft, Message, Status};
use super::request::Then;

/// A message whose merged content is on its way to where it is kept.
#[derive(Debug)]
pub(crate) struct Sending {
    message: Message,
    options: SendOptions,
    /// What the message will say; the key comes with the first part's answer.
    merger: wire::Merger,
    parts: Vec<bytes::Bytes>,
    /// The part that is on its way.
    part: usize,
}

impl Draft {
    /// Several messages as one. They must have been sent; tips and notices are not merged.
    ///
    /// Errors: 2100 for one that was not sent, 2453 for a tip or notice, 8005 when they are nested above 100 levels.
    pub fn merger(
        conversation: ConversationId,
        messages: &[Message],
        title: impl Into<String>,
        abstracts: Vec<String>,
        compatible_text: impl Into<String>,
    ) -> Result<Self, Failure> {
        for message in messages {
            check(message)?;
        }
        let messages = messages.iter().map(|it| wire::MergedMessage {
            id: it.key().to_string(),
            from: String::from(it.data.from.as_str()),
            nick: it.data.nick.clone(),
            avatar: it.data.avatar.clone(),
            time_s: it.data.time.seconds(),
            body: it.data.body.bytes().clone(),
            cloud_custom_data: it.data.cloud_custom_data.clone(),
        });
        Ok(Self::of(
            conversation,
            Kind::Merger(merge(
                messages.collect(),
                title.into(),
                abstracts,
                compatible_text.into(),
            )?),
        ))
    }

    /// What a message says, for somebody else. Errors: 2100 for one that was not sent, 2453 for a tip or notice.
    pub fn forward(conversation: ConversationId, message: &Message) -> Result<Self, Failure> {
        check(message)?;
        match message.data.body.first() {
            Some(Kind::Text(text)) => Ok(Self::text(conversation, text.text)),
            Some(element) => Ok(Self::of(conversation, element)),
            None => Err(Failure::of(Code::NOT_FORWARDED)),
        }
    }
}

/// A merger of these messages.
pub fn merge(
    messages: Vec<wire::MergedMessage>,
    title: String,
    abstracts: Vec<String>,
    compatible_text: String,
) -> Result<wire::Merger, Failure> {
    if messages.is_empty() || messages.len() > limits::MERGED_MAX {
        return Err(Failure::new(
            Code::MESSAGE_BODY_INVALID,
            "1 to 300 messages are merged",
        ));
    }
    let depth = merger::depth_of(&messages).map_err(|it| Failure::new(it.code, it.what))?;
    Ok(wire::Merger {
        title,
        abstracts,
        compatible_text,
        // One around them.
        depth,
        messages,
        download_key: bytes::Bytes::new(),
    })
}

/// Whether a message may be merged or forwarded.
pub fn check(message: &Message) -> Result<(), Failure> {
    match message.data.body.first() {
        Some(Kind::GroupTip(_) | Kind::GroupNotice(_)) | None => Err(Failure::of(Code::NOT_FORWARDED)),
        Some(_) if message.status != Status::Success => Err(Failure::new(
            Code::SEND_FAILED,
            "a message that was not sent is not passed on",
        )),
        Some(_) => Ok(()),
    }
}

impl Core {
    /// Begins to send a message that is too large for one: what is merged in it goes first.
    pub(super) fn send_apart(
        &mut self,
        now: Timestamp,
        call: CallId,
        message: Message,
        options: SendOptions,
    ) -> Result<(), (Box<Message>, Failure)> {
        let too_long = |message| Err((Box::new(message), Failure::of(Code::MESSAGE_TOO_LONG)));
        let Some(Kind::Merger(mut merger)) = message.data.body.first() else {
            return too_long(message);
        };
        let merged = std::mem::take(&mut merger.messages);
        let rest = Body::of(Kind::Merger(merger.clone())).bytes().len() + merger::KEY_BYTES + 8;
        let Some(parts) = parts(merged) else {
            return too_long(message);
        };
        if parts.is_empty() || rest + message.data.cloud_custom_data.len() > limits::MESSAGE_BYTES_MAX {
            return too_long(message);
        }
        let sending = Box::new(Sending {
            message,
            options,
            merger,
            parts,
            part: 0,
        });
        self.put_merged(now, call, sending);
        Ok(())
    }

    fn put_merged(&mut self, now: Timestamp, call: CallId, sending: Box<Sending>) {
        let command = Command::PutMerged(wire::PutMerged {
            key: sending.merger.download_key.clone(),
            part: sending.part as u32,
            parts: sending.parts.len() as u32,
            messages: sending.parts[sending.part].clone(),
        });
        self.request(now, command, Then::MergedPut { call, sending });
    }

    pub(super) fn merged_put(
        &mut self,
        now: Timestamp,
        call: CallId,
        mut sending: Box<Sending>,
        result: wire::PutMergedResult,
    ) {
        sending.merger.download_key = result.key;
        sending.part += 1;
        if sending.part < sending.parts.len() {
            return self.put_merged(now, call, sending);
        }
        let body = Body::of(Kind::Merger(sending.merger));
        self.send_body(now, call, sending.message, &body, sending.options);
    }

    pub(super) fn merged_refused(&mut self, call: CallId, sending: Sending, failure: Failure) {
        self.send_failed(call, sending.message, failure);
    }

    pub(super) fn download_merger(&mut self, now: Timestamp, call: CallId, message: Message) {
        let Some(Kind::Merger(merger)) = message.data.body.first() else {
            return self.out.fail(call, Failure::of(Code::NOT_A_MERGER));
        };
        if merger.download_key.is_empty() {
            // It is here already.
            return self.out.answer(call, Answer::Message(Arc::new(message)));
        }
        let command = Command::GetMerged(wire::GetMerged {
            key: merger.download_key,
        });
        let message = Box::new(message);
        self.request(now, command, Then::Merged { call, message });
    }

    pub(super) fn merged_came(&mut self, call: CallId, mut message: Message, result: &wire::GetMergedResult) {
        let merged = wire::MergedMessages::decode(result.messages.clone());
        let (Some(Kind::Merger(mut merger)), Ok(merged)) = (message.data.body.first(), merged) else {
            return self.out.fail(call, Failure::of(Code::MERGER_NOT_LOADED));
        };
        merger.messages = merged.messages;
        merger.download_key.clear();
        message.data.body = Body::of(Kind::Merger(merger));
        let entry = self
            .held
            .as_mut()
            .and_then(|it| it.find_mut(&message.conversation));
        if let Some(entry) = entry {
            entry.load(message.data.sequence, message.data.body.clone());
        }
        self.out.answer(call, Answer::Message(Arc::new(message)));
    }
}

/// Merged messages in parts that a request may carry; `None` when one is too large for any, or they are too many.
fn parts(messages: Vec<wire::MergedMessage>) -> Option<Vec<bytes::Bytes>> {
    let mut parts = Vec::new();
    let mut part = wire::MergedMessages::default();
    let mut bytes = 0;
    for message in messages {
        // With its tag and its length.
        let more = message.encoded_len() + 8;
        if more > limits::MERGED_PART_BYTES_MAX {
            return None;
        }
        if bytes + more > limits::MERGED_PART_BYTES_MAX {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += more;
        part.messages.push(message);
    }
    if !part.messages.is_empty() {
        parts.push(part);
    }
    let is_few = parts.len() <= limits::MERGED_PARTS_MAX as usize;
    is_few.then(|| parts.iter().map(|it| it.encode_to_vec().into()).collect())
}
