//! What fuzzing calls here, and the short run of it that needs no fuzzer. See `hongyan_protocol::fuzzing`.
//!
//! **Comes in:** any bytes, read as what a server says in the course of a core's life. **Goes out:** nothing; whoever
//! calls looks whether it comes back. **Never here:** in what is shipped.
//!
//! A server may be newer than the core, or wrong, or somebody else's: nothing that it says ends the app that the core is
//! part of, or fills its memory.

use bytes::Bytes;
use hongyan_protocol::id::{ConversationId, GroupId, SdkAppId, Sequence, Timestamp, UserId};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::Platform;
use hongyan_protocol::wire::{self, frame::Kind, response::Result as Done};
use hongyan_protocol::{frame, fuzzing};
use prost::Message as _;

use super::{Call, Config, Core, Draft, Gate, Input, Output, UserSig};

/// Steps of one input.
const STEPS_MAX: usize = 64;
/// What may follow from one step.
const OUTPUTS_MAX: usize = 4096;

/// A life: the first byte says how far the core has come when the rest begins, then steps of a kind, two bytes of length
/// and what the server says.
pub fn core(bytes: &[u8]) {
    let Some((far, mut rest)) = bytes.split_first() else {
        return;
    };
    let mut life = Life::new();
    life.begin(far % 4);
    for _ in 0..STEPS_MAX {
        let [kind, low, high, more @ ..] = rest else {
            break;
        };
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(more.len());
        let (said, next) = more.split_at(length);
        rest = next;
        life.step(*kind, said);
    }
    // Whatever it has come to, it still answers.
    let _ = life.core.total_unread_count();
    let _ = life.core.refusal(Gate::Ready);
    life.input(Input::SocketClosed {
        code: 1006,
        reason: String::new(),
    });
}

struct Life {
    core: Core,
    now: Timestamp,
    wake_at: Option<Timestamp>,
    /// Ids of requests that were sent and not answered, oldest first.
    asked: Vec<u32>,
    opens: bool,
    calls: u32,
}

impl Life {
    fn new() -> Self {
        let config = Config {
            sdk_app_id: SdkAppId(1_400_000_001),
            platform: Platform::Web,
            sdk_version: String::new(),
        };
        Self {
            core: Core::new(config, [7; 32]),
            now: fuzzing::NOW,
            wake_at: None,
            asked: Vec::new(),
            opens: false,
            calls: 0,
        }
    }

    /// 0: logged out; 1: the login is sent; 2: it was answered; 3: all is synced.
    fn begin(&mut self, far: u8) {
        if far == 0 {
            return;
        }
        self.log_in();
        if far == 1 {
            return;
        }
        self.answer(Done::Login(wire::LoginResult {
            account: 1,
            pts: 1,
            server_time_ms: self.now.0,
            heartbeat_ms: 30_000,
            frame_bytes_max: 65_536,
            revoke_limit_s: 120,
            files_url: String::new(),
        }));
        if far == 3 {
            self.answer(Done::Sync(synced()));
        }
    }

    fn step(&mut self, kind: u8, said: &[u8]) {
        match kind % 8 {
            0 => self.input(Input::SocketMessage(Bytes::copy_from_slice(said))),
            1 => {
                if let Ok(response) = wire::Response::decode(said) {
                    self.respond(response);
                }
            }
            2 => {
                if let Ok(push) = wire::Push::decode(said) {
                    self.input(Input::SocketMessage(frame::push(push)));
                }
            }
            3 => {
                let code = said.iter().take(2).fold(0, |code, it| code << 8 | u16::from(*it));
                self.input(Input::SocketClosed {
                    code,
                    reason: String::new(),
                });
            }
            4 => {
                self.now = self.wake_at.take().unwrap_or(self.now).max(self.now);
                self.input(Input::Wake);
            }
            5 => self.call(said.first().copied().unwrap_or(0)),
            6 => self.input(Input::Network {
                online: said.first().is_some_and(|it| it % 2 == 0),
            }),
            _ => self.log_in(),
        }
    }

    fn log_in(&mut self) {
        let call = Call::Login {
            user_id: "alice".to_owned(),
            user_sig: UserSig("ticket".to_owned()),
        };
        self.ask(call);
    }

    fn call(&mut self, which: u8) {
        let user = || UserId::trusted("bob");
        let group = || GroupId::trusted("team");
        let conversation = || ConversationId::C2c(user());
        let named = |is_own| super::MessageRef {
            conversation: conversation(),
            key: MessageKey {
                account: hongyan_protocol::id::AccountId(1),
                client_time_s: 1,
                random: 1,
            },
            sequence: Sequence(1),
            is_own,
            wants_receipt: true,
        };
        let call = match which % 17 {
            0 => {
                let draft = Draft::text(conversation(), "hello");
                match self.core.create_message(self.now, draft) {
                    Ok(message) => Call::SendMessage {
                        message,
                        options: Default::default(),
                    },
                    Err(_) => return,
                }
            }
            1 => Call::GetMessageList {
                conversation: conversation(),
                before: None,
            },
            2 => Call::GetMessageList {
                conversation: ConversationId::Group(group()),
                before: Some(MessageKey {
                    account: hongyan_protocol::id::AccountId(1),
                    client_time_s: 1,
                    random: 1,
                }),
            },
            3 => Call::SetMessageRead {
                conversation: conversation(),
            },
            4 => Call::GetConversationList,
            5 => Call::GetConversations {
                ids: vec![
                    conversation(),
                    ConversationId::Group(group()),
                    ConversationId::System,
                ],
            },
            6 => Call::GetConversationProfile {
                conversation: ConversationId::Group(group()),
            },
            7 => Call::JoinGroup {
                group: group(),
                apply_message: String::new(),
            },
            8 => Call::GetUserProfile { users: vec![user()] },
            9 => Call::AddToBlacklist { users: vec![user()] },
            10 => Call::RevokeMessage {
                conversation: conversation(),
                key: MessageKey {
                    account: hongyan_protocol::id::AccountId(1),
                    client_time_s: 1,
                    random: 1,
                },
                sequence: Sequence(u64::MAX),
            },
            12 => Call::SendMessageReadReceipt {
                messages: vec![named(false)],
            },
            13 => Call::GetMessageReadReceiptList {
                messages: vec![named(true); 2],
            },
            14 => Call::GetGroupMessageReadMemberList {
                message: super::MessageRef {
                    conversation: ConversationId::Group(group()),
                    ..named(true)
                },
                unread: true,
                cursor: String::new(),
                count: 100,
            },
            15 => Call::GetMessageListHopping {
                conversation: conversation(),
                from: super::HopFrom::Time(f64::from(which) + 0.3),
                newer: which > 100,
                count: u32::MAX,
            },
            11 => Call::SetAllMessageRead {
                scope: Default::default(),
            },
            _ => Call::Logout,
        };
        self.ask(call);
    }

    fn ask(&mut self, call: Call) {
        self.calls += 1;
        let id = self.calls;
        self.input(Input::Call { id, call });
    }

    fn answer(&mut self, result: Done) {
        self.respond(wire::Response {
            result: Some(result),
            ..wire::Response::default()
        });
    }

    /// An answer to what was asked first.
    fn respond(&mut self, response: wire::Response) {
        let id = match self.asked.is_empty() {
            true => response.id,
            false => self.asked.remove(0),
        };
        let answer = frame::response(wire::Response { id, ..response });
        self.input(Input::SocketMessage(answer));
    }

    fn input(&mut self, input: Input) {
        self.core.handle(self.now, input);
        let mut outputs = 0;
        while let Some(output) = self.core.next_output() {
            outputs += 1;
            assert!(outputs <= OUTPUTS_MAX, "what follows from one input is bounded");
            match output {
                Output::Open => self.opens = true,
                Output::Close { .. } => {
                    self.opens = false;
                    self.asked.clear();
                }
                Output::Send(bytes) => self.sent(bytes),
                Output::WakeAt(at) => self.wake_at = Some(at),
                Output::Sleep => self.wake_at = None,
                Output::Answer { .. } | Output::Failure { .. } | Output::Event(_) | Output::Log { .. } => {}
            }
        }
        if std::mem::take(&mut self.opens) {
            self.asked.clear();
            self.input(Input::SocketOpened);
        }
    }

    fn sent(&mut self, bytes: Bytes) {
        assert!(
            bytes.len() <= hongyan_protocol::limits::FRAME_BYTES_MAX,
            "the server would take offence"
        );
        let frames = frame::decode(bytes).expect("the core speaks the protocol");
        self.asked
            .extend(frames.into_iter().filter_map(|it| match it.kind {
                Some(Kind::Request(request)) => Some(request.id),
                _ => None,
            }));
    }
}

fn conversation() -> Option<wire::Conversation> {
    let kind = Some(wire::conversation::Kind::UserId("bob".to_owned()));
    Some(wire::Conversation { kind })
}

fn message(sequence: u64) -> wire::Message {
    wire::Message {
        from: "bob".to_owned(),
        account: 2,
        to: Some(wire::message::To::ToUser("alice".to_owned())),
        sequence,
        client_time_s: 1,
        random: sequence as u32,
        time_ms: fuzzing::NOW.0,
        body: fuzzing::body_samples()[0].clone().into(),
        version: sequence,
        ..wire::Message::default()
    }
}

fn state() -> wire::ConversationState {
    wire::ConversationState {
        conversation: conversation(),
        version: 2,
        last_sequence: 2,
        last_message: Some(message(2)),
        unread_count: 1,
        read_sequence: 1,
        ..wire::ConversationState::default()
    }
}

fn synced() -> wire::SyncResult {
    wire::SyncResult {
        pts: 1,
        snapshot: Some(wire::Snapshot {
            profile: Some(wire::Profile {
                user_id: "alice".to_owned(),
                ..wire::Profile::default()
            }),
            conversations: vec![state()],
            groups: vec![wire::Group {
                group_id: "team".to_owned(),
                ..wire::Group::default()
            }],
            has_more_conversations: true,
            blacklist: vec!["carol".to_owned()],
            pinned: Vec::new(),
            conversation_groups: vec!["work".to_owned()],
            reminds: vec![wire::Remind {
                conversation: Some(ConversationId::C2c(UserId::trusted("dave")).to_wire()),
                remind_type: wire::RemindType::Discard.into(),
            }],
        }),
        ..wire::SyncResult::default()
    }
}

/// Samples of [`core`]: what servers say in each state.
pub fn samples() -> Vec<Vec<u8>> {
    let change = |sequence| wire::TimelineChange {
        kind: wire::ChangeKind::Appended.into(),
        message: Some(message(sequence)),
        extensions: Vec::new(),
    };
    let pushes: Vec<Vec<u8>> = [
        wire::push::Kind::TimelineChange(change(3)),
        wire::push::Kind::TimelineChange(change(9)),
        wire::push::Kind::AccountEvent(wire::AccountEvent {
            pts: 2,
            kind: Some(wire::account_event::Kind::BlacklistAdded(wire::UserIds {
                user_ids: vec!["dave".to_owned()],
            })),
        }),
        wire::push::Kind::AccountEvent(wire::AccountEvent {
            pts: 2,
            kind: Some(wire::account_event::Kind::SettingsChanged(
                wire::SettingsChanged {
                    conversations: vec![wire::SettingsRevision {
                        conversation: conversation(),
                        revision: 1,
                        deleted_before: 3,
                        first_sequence: 3,
                        active_ms: 1,
                    }],
                    change: Some(wire::SettingsChange {
                        change: Some(wire::settings_change::Change::Deleted(true)),
                    }),
                },
            )),
        }),
        wire::push::Kind::Kicked(wire::Kicked { reason: 1 }),
    ]
    .into_iter()
    .map(|kind| wire::Push { kind: Some(kind) }.encode_to_vec())
    .collect();
    let answers: Vec<Vec<u8>> = [
        Done::Login(wire::LoginResult::default()),
        Done::Sync(synced()),
        Done::Sync(wire::SyncResult {
            pts: 2,
            updates: vec![wire::ConversationUpdate {
                state: Some(state()),
                changes: vec![change(3), change(4)],
                version: 4,
                complete: false,
                reload: false,
            }],
            ..wire::SyncResult::default()
        }),
        Done::ListChanges(wire::ListChangesResult {
            changes: vec![change(3), change(4)],
            version: 9,
            complete: true,
            reload: false,
        }),
        Done::ListMessages(wire::ListMessagesResult {
            receipts: Vec::new(),
            messages: vec![message(1), message(2)],
            complete: false,
        }),
        Done::FindConversation(wire::FindConversationResult { state: Some(state()) }),
        Done::SendMessage(wire::SendMessageResult {
            sequence: 3,
            time_ms: 1,
            version: 3,
        }),
    ]
    .into_iter()
    .map(|result| {
        let response = wire::Response {
            result: Some(result),
            ..wire::Response::default()
        };
        response.encode_to_vec()
    })
    .collect();
    let step = |kind: u8, said: &[u8]| {
        let mut step = vec![kind];
        step.extend_from_slice(&(said.len() as u16).to_le_bytes());
        step.extend_from_slice(said);
        step
    };
    let mut samples = Vec::new();
    for far in 0..4 {
        let mut all = vec![far];
        for push in &pushes[..3] {
            all.extend(step(2, push));
            samples.push([vec![far], step(2, push), step(1, &answers[3])].concat());
        }
        for (call, answer) in answers.iter().enumerate() {
            all.extend(step(5, &[call as u8]));
            all.extend(step(1, answer));
            samples.push([vec![far], step(5, &[call as u8]), step(1, answer), step(4, &[])].concat());
        }
        all.extend(step(3, &[3, 0xee]));
        all.extend(step(4, &[]));
        all.extend(step(0, &frame::ping(7)));
        all.extend(step(2, &pushes[3]));
        all.extend(step(7, &[]));
        samples.push(all);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: &str = env!("CARGO_MANIFEST_DIR");

    #[test]
    fn nothing_that_a_server_says_breaks_the_core() {
        fuzzing::short_run(CRATE, "core", &samples(), 20_000, core);
    }
}
