//! Notices about groups for one account, in its `@TIM#SYSTEM` (service.md 5.2). Notices do not count as unread.

use hongyan_protocol::body::Body;
use hongyan_protocol::group::type_public;
use hongyan_protocol::id::{Account, SYSTEM, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{Message, MessageFlags, Priority, Target};
use hongyan_protocol::wire::{GroupNotice, element::Kind};
use hongyan_storage::model::{Entry, GroupRecord, TimelineId};

use crate::chance::Chance;

/// What a notice is about; the public `operationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Application = 1,
    Accepted = 2,
    Refused = 3,
    Dissolved = 5,
    Created = 6,
    TakenIn = 7,
    Left = 8,
}

impl About {
    /// Those that only bring an account's other devices up to date are not shown.
    const fn is_shown(self) -> bool {
        match self {
            Self::Application | Self::Accepted | Self::Refused | Self::Dissolved | Self::TakenIn => true,
            Self::Created | Self::Left => false,
        }
    }
}

/// Tells an account something about a group.
pub(super) struct Notice<'a> {
    pub(super) about: About,
    pub(super) group: &'a GroupRecord,
    pub(super) operator: &'a UserId,
    /// Words of the applicant, or of who handled it.
    pub(super) text: &'a str,
    /// Names the application that may be handled; 0: none.
    pub(super) application: u64,
}

impl Notice<'_> {
    /// The message for an account.
    pub(super) fn to(&self, account: &Account, chance: &mut Chance, now: Timestamp) -> Entry {
        let notice = GroupNotice {
            operation: self.about as u32,
            operator_id: self.operator.as_str().to_owned(),
            group_id: self.group.group.id.as_str().to_owned(),
            group_name: self.group.group.name.clone(),
            group_type: type_public(self.group.group.kind).to_owned(),
            text: self.text.to_owned(),
            application: self.application,
            group_avatar: self.group.group.avatar.clone(),
        };
        let message = Message {
            key: chance.server_key(now),
            from: UserId::trusted(SYSTEM),
            to: Target::System(account.user_id.clone()),
            sequence: Sequence(0),
            time: now,
            body: Body::of(Kind::GroupNotice(notice)),
            priority: Priority::Normal,
            flags: MessageFlags {
                no_unread: true,
                no_last_message: !self.about.is_shown(),
                ..MessageFlags::default()
            },
            cloud_custom_data: String::new(),
            nick: String::new(),
            avatar: String::new(),
            name_card: String::new(),
            revoker: None,
            version: Version(0),
            edits: 0,
            receivers: Vec::new(),
        };
        Entry::Message(TimelineId::System(account.id), message)
    }
}
