//! Requests that several benchmarks make, and how they wait for answers.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::SinkExt as _;
use hongyan_protocol::body::Body;
use hongyan_protocol::frame as frames;
use hongyan_protocol::id::{ConversationId, GroupId, Timestamp, UserId};
use hongyan_protocol::wire::{self, element, frame, request, response};
use hongyan_server::clock;
use prost::Message as _;
use tokio_tungstenite::tungstenite::Message;

use super::client::{self, Socket};

/// A conversation with a user.
pub(super) fn user(user_id: &str) -> wire::Conversation {
    ConversationId::C2c(UserId::trusted(user_id)).to_wire()
}

/// A group's conversation.
pub(super) fn group(group_id: &str) -> wire::Conversation {
    ConversationId::Group(GroupId::trusted(group_id)).to_wire()
}

/// A text message; `count` tells a sender's messages apart.
pub(super) fn text(to: wire::Conversation, count: u32, text: String) -> request::Command {
    let body = Body::of(element::Kind::Text(wire::Text {
        text,
        at_user_ids: Vec::new(),
    }));
    let Timestamp(now_ms) = clock::now();
    request::Command::SendMessage(wire::SendMessage {
        conversation: Some(to),
        client_time_s: (now_ms / 1000) as u32,
        random: count,
        body: body.bytes().clone(),
        ..wire::SendMessage::default()
    })
}

/// An encoded request.
pub(super) fn encode(id: u32, command: request::Command) -> Bytes {
    frames::request(wire::Request {
        id,
        command: Some(command),
    })
}

/// Asks, and waits for the answer; pushes that come before it are passed over. A refusal is an error.
pub(super) async fn ask(socket: &mut Socket, command: request::Command) -> Result<response::Result> {
    socket.send(Message::Binary(encode(1, command))).await?;
    loop {
        for kind in client::next_frames(socket).await? {
            if let frame::Kind::Response(answer) = kind {
                if answer.code != 0 {
                    bail!("refused: {} {}", answer.code, answer.text);
                }
                return answer.result.context("an answer without a result");
            }
        }
    }
}

/// Makes a Meeting group, which anybody may join and which makes no tips.
pub(super) async fn create_group(owner: &mut Socket, group_id: &str) -> Result<()> {
    let create = wire::CreateGroup {
        r#type: wire::GroupType::Meeting as i32,
        name: group_id.to_owned(),
        group_id: group_id.to_owned(),
        ..wire::CreateGroup::default()
    };
    ask(owner, request::Command::CreateGroup(create)).await?;
    Ok(())
}

/// Joins a group.
pub(super) async fn join_group(socket: &mut Socket, group_id: &str) -> Result<()> {
    let join = wire::JoinGroup {
        group_id: group_id.to_owned(),
        apply_message: String::new(),
    };
    ask(socket, request::Command::JoinGroup(join)).await?;
    Ok(())
}

/// How many frames a message carries.
pub(super) fn count_frames(bytes: &[u8]) -> u64 {
    split(bytes).count() as u64
}

/// How many answers a message carries; a refusal is an error.
pub(super) fn count_answers(bytes: &[u8]) -> Result<usize> {
    let mut answered = 0;
    for frame in split(bytes) {
        // Pushes are passed over unread.
        if frame.first() == Some(&RESPONSE) {
            let frame = wire::Frame::decode(frame)?;
            if let Some(frame::Kind::Response(response)) = frame.kind {
                if response.code != 0 {
                    bail!("a message was refused: {} {}", response.code, response.text);
                }
                answered += 1;
            }
        }
    }
    Ok(answered)
}

/// The first byte of a frame that is a response.
const RESPONSE: u8 = 2 << 3 | 2;

/// The frames of a message, encoded: a Packet is a row of fields of one kind.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut bytes = bytes;
    std::iter::from_fn(move || {
        let [_, rest @ ..] = bytes else { return None };
        let mut rest = rest;
        let length = prost::encoding::decode_varint(&mut rest).unwrap_or_default() as usize;
        let (frame, after) = rest.split_at(length.min(rest.len()));
        bytes = after;
        Some(frame)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_as_they_are_decoded() {
        let large = encode(7, text(user("bob"), 1, "x".repeat(3000)));
        let joined = [frames::ping(1), large, frames::pong(2)].concat();
        assert_eq!(count_frames(&joined), 3);
        assert_eq!(count_frames(&[]), 0);

        let answer = |code| {
            frames::response(wire::Response {
                id: 7,
                code,
                ..wire::Response::default()
            })
        };
        let joined = [answer(0), frames::ping(1), answer(0)].concat();
        assert_eq!(count_answers(&joined).unwrap(), 2);
        assert!(count_answers(&[answer(0), answer(60_018)].concat()).is_err());
    }
}
