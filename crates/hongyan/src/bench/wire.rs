//! Requests that several benchmarks make, and how they wait for answers.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::SinkExt as _;
use hongyan_protocol::body::Body;
use hongyan_protocol::frame as frames;
use hongyan_protocol::id::{ConversationId, GroupId, Timestamp, UserId};
use hongyan_protocol::wire::{self, element, frame, request, response};
use hongyan_server::clock;
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

/// How many frames a message carries, without decoding them: a Packet is a row of fields of one kind.
pub(super) fn count_frames(mut bytes: &[u8]) -> u64 {
    let mut frames = 0;
    while let [_, rest @ ..] = bytes {
        let mut length = 0_usize;
        let mut shift = 0;
        let mut rest = rest;
        while let [byte, after @ ..] = rest {
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            rest = after;
            if byte & 0x80 == 0 {
                break;
            }
        }
        bytes = rest.get(length..).unwrap_or_default();
        frames += 1;
    }
    frames
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
    }
}
