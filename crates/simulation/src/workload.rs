//! What people do, one call at a time.
//!
//! **Comes in:** an instance as its app knows it, and chance. **Goes out:** the next call. **Never here:** whether it
//! succeeds: a call that the rules refuse is part of the work.

use hongyan_protocol::body::Body;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::group::{GroupType, JoinOption};
use hongyan_protocol::id::{ConversationId, GroupId, SYSTEM, Timestamp, UserId};
use hongyan_protocol::settings::{RemindType, SettingsChange};
use hongyan_protocol::usersig;
use hongyan_protocol::wire::{self, element::Kind};
use hongyan_sdk::core::{
    Call, Draft, Message, MessageRef, NewGroup, ProfileFields, SendOptions, State, UserSig,
};

use crate::instance::Instance;
use crate::machine::KEY;
use crate::random::Random;
use crate::{APP, START};

/// What is there to talk to.
#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) users: Vec<UserId>,
    /// All that were wished for; some may not be there.
    pub(crate) groups: Vec<GroupId>,
    /// Numbers texts and names, so that each is its own.
    counter: u64,
}

impl Town {
    pub(crate) fn new(users: usize) -> Self {
        Self {
            users: (0..users).map(|it| UserId::trusted(format!("u{it}"))).collect(),
            groups: Vec::new(),
            counter: 0,
        }
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// What the person before an instance does next; `None`: nothing.
    pub(crate) fn act(
        &mut self,
        now: Timestamp,
        instance: &mut Instance,
        random: &mut Random,
    ) -> Option<Call> {
        match instance.core.state() {
            State::LoggedOut => random.permille(700).then(|| login(&instance.user)),
            State::LoggingIn | State::Syncing => None,
            State::Ready => self.act_ready(now, instance, random),
        }
    }

    /// A message, by an instance that is ready.
    pub(crate) fn say(
        &mut self,
        now: Timestamp,
        instance: &mut Instance,
        conversation: ConversationId,
    ) -> Option<Call> {
        let text = format!("text {}", self.next());
        let clock = instance.clock(now);
        let draft = Draft {
            need_read_receipt: self.counter.is_multiple_of(3),
            ..Draft::text(conversation, text)
        };
        let message = instance.core.create_message(clock, draft);
        let options = SendOptions::default();
        message.ok().map(|message| Call::SendMessage { message, options })
    }

    fn act_ready(&mut self, now: Timestamp, instance: &mut Instance, random: &mut Random) -> Option<Call> {
        let user = self.users[random.below(self.users.len())].clone();
        let group = random.pick(&self.groups).cloned();
        match random.below(130) {
            0..40 => self.say(now, instance, ConversationId::C2c(user)),
            40..60 => self.say(now, instance, ConversationId::Group(group?)),
            60..66 => {
                let own = instance.own.make_contiguous();
                let message = random.pick(own)?;
                Some(Call::RevokeMessage {
                    conversation: message.conversation.clone(),
                    key: message.key(),
                    sequence: message.data.sequence,
                })
            }
            66..73 => Some(Call::SetMessageRead {
                conversation: random.pick(&instance.conversations)?.clone(),
            }),
            73 => Some(Call::SetAllMessageRead {
                scope: [ReadScope::Unspecified, ReadScope::C2c, ReadScope::Groups][random.below(3)],
            }),
            74..78 => Some(self.set(random.pick(&instance.conversations)?.clone(), random)),
            78..80 => Some(Call::GetMessageList {
                conversation: random.pick(&instance.conversations)?.clone(),
                before: None,
            }),
            80..82 => Some(Call::GetConversationList),
            82..84 => Some(self.create_group(user, random)),
            84..88 => Some(Call::JoinGroup {
                group: group?,
                apply_message: String::new(),
            }),
            88..90 => Some(Call::QuitGroup { group: group? }),
            90 => Some(Call::DismissGroup { group: group? }),
            91..94 => Some(Call::UpdateMyProfile(ProfileFields {
                nick: Some(format!("nick {}", self.next())),
                ..ProfileFields::default()
            })),
            94 => Some(Call::AddToBlacklist { users: vec![user] }),
            95 => Some(Call::RemoveFromBlacklist { users: vec![user] }),
            96..98 => {
                let message = instance.failed.pop()?;
                Some(Call::SendMessage {
                    message: (*message).clone(),
                    options: SendOptions::default(),
                })
            }
            98 => Some(Call::GetConversationProfile {
                conversation: ConversationId::C2c(user),
            }),
            99 => Some(Call::Logout),
            100..110 => {
                let mut message = Message::clone(instance.objects.pick(random)?);
                let text = format!("text {}", self.next());
                message.data.body = Body::of(Kind::Text(wire::Text {
                    text,
                    at_user_ids: Vec::new(),
                }));
                Some(Call::ModifyMessage { message })
            }
            110..117 => {
                let first = MessageRef::from(&**instance.objects.pick(random)?);
                let mut messages = vec![first];
                for _ in 0..random.below(3) {
                    let other = instance.objects.pick(random)?;
                    if other.conversation == messages[0].conversation {
                        messages.push(MessageRef::from(&**other));
                    }
                }
                Some(Call::DeleteMessages { messages })
            }
            117..120 => Some(Call::ClearHistory {
                conversation: random.pick(&instance.conversations)?.clone(),
            }),
            120..128 => Some(Call::SendMessageReadReceipt {
                messages: instance.objects.pick_for_receipts(random, false)?,
            }),
            _ => Some(Call::GetMessageReadReceiptList {
                messages: instance.objects.pick_for_receipts(random, true)?,
            }),
        }
    }

    /// Something that an account sets for a conversation. Nothing is discarded: that is not told, and would not be told
    /// from what was lost.
    fn set(&mut self, conversation: ConversationId, random: &mut Random) -> Call {
        let name = |number: usize| format!("label {number}");
        let (one, other) = (name(random.below(3)), name(random.below(3)));
        let change = match random.below(14) {
            0..2 => SettingsChange::Pinned(true),
            2 => SettingsChange::Pinned(false),
            3 => SettingsChange::Remind(RemindType::AcceptNotNotify),
            4 => SettingsChange::Remind(RemindType::AcceptAndNotify),
            5 => SettingsChange::MarkSet(1 << (32 + random.below(3))),
            6 => SettingsChange::MarkCleared(1 << (32 + random.below(3))),
            7 => SettingsChange::CustomData(format!("data {}", self.next())),
            8 => SettingsChange::GroupCreated(one),
            9 => SettingsChange::GroupEntered(one),
            10 => SettingsChange::GroupLeft(one),
            11 => SettingsChange::GroupRenamed { from: one, to: other },
            12 => SettingsChange::GroupRemoved(one),
            _ => SettingsChange::Deleted {
                clear_history: random.permille(500),
            },
        };
        let conversations = match change.is_of_group() {
            true => Vec::new(),
            false => vec![conversation],
        };
        Call::ChangeSettings {
            conversations,
            change,
        }
    }

    fn create_group(&mut self, member: UserId, random: &mut Random) -> Call {
        let number = self.next();
        let id = GroupId::trusted(format!("g{number}"));
        self.groups.push(id.clone());
        let mut group = NewGroup::named(GroupType::Public, format!("group {number}"));
        group.id = Some(id);
        group.join_option = Some(JoinOption::FreeAccess);
        if random.permille(600) {
            group.members.push(member);
        }
        Call::CreateGroup(group)
    }
}

/// A login whose UserSig outlives every run.
pub(crate) fn login(user: &UserId) -> Call {
    debug_assert_ne!(user.as_str(), SYSTEM);
    Call::Login {
        user_id: user.as_str().to_owned(),
        user_sig: UserSig(usersig::issue(APP, user.as_str(), KEY, START, 365 * 86_400)),
    }
}
