//! What the services' tests share: an app with accounts in a store in memory, and short ways to act.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hongyan_protocol::body::Body;
use hongyan_protocol::change::AccountChange;
use hongyan_protocol::group::{GroupType, JoinOption};
use hongyan_protocol::id::{
    Account, AccountId, ConversationId, GroupId, InstanceId, SdkAppId, Sequence, Timestamp, UserId,
};
use hongyan_protocol::message::{MessageFlags, Priority};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::wire::{GroupNotice, GroupTip, Text, element::Kind};
use hongyan_storage::model::{
    Addressed, App, AppKey, AppSettings, BlockedSender, Instance, NewInstance, Readable, Registered,
    TimelineId,
};
use hongyan_storage::{SqliteStore, Store};

use crate::account::Person;
use crate::chance::Chance;
use crate::event::{Event, Outcome};
use crate::group::Standing;
use crate::group::create::{Wish, create};
use crate::message::send::{Draft, Recipient, SendError, Sent, send};

pub(crate) const APP: SdkAppId = SdkAppId(1_400_000_001);
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// An app in a store.
pub(crate) struct World {
    pub(crate) store: SqliteStore,
    seed: AtomicU64,
}

impl World {
    pub(crate) async fn new() -> Self {
        let store = SqliteStore::in_memory();
        let app = App {
            id: APP,
            name: "test".to_owned(),
            key: AppKey("key".to_owned()),
            created: NOW,
            settings: AppSettings::default(),
        };
        store.put_app(app).await.unwrap();
        Self {
            store,
            seed: AtomicU64::new(1),
        }
    }

    /// Another row of numbers each time, the same ones in each run.
    pub(crate) fn chance(&self) -> Chance {
        Chance::new(self.seed.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) async fn account(&self, name: &str) -> Account {
        let new = NewInstance {
            app: APP,
            user_id: UserId::trusted(name),
            instance: Instance {
                id: InstanceId([1; 16]),
                platform: Platform::Web,
                since: NOW,
            },
            resume: false,
            sig_issued: NOW,
        };
        let registered = self
            .store
            .register_instance(new, Box::new(|_, _| Vec::new()))
            .await;
        match registered.unwrap().value {
            Registered::In { account, .. } => account,
            Registered::WasKicked(_) | Registered::Withdrawn => unreachable!(),
        }
    }

    /// Sends a text from one to another.
    pub(crate) async fn say(
        &self,
        from: &Account,
        to: &Account,
        random: u32,
    ) -> Result<Outcome<Sent>, SendError> {
        self.send(from, user(to), draft(random)).await
    }

    /// The same, at another time.
    pub(crate) async fn say_at(
        &self,
        from: &Account,
        to: &Account,
        random: u32,
        now: Timestamp,
    ) -> Result<Outcome<Sent>, SendError> {
        let refuse = BlockedSender::Refuse;
        send(&self.store, &person(from), user(to), draft(random), refuse, now).await
    }

    pub(crate) async fn send(
        &self,
        from: &Account,
        to: Recipient,
        draft: Draft,
    ) -> Result<Outcome<Sent>, SendError> {
        send(&self.store, &person(from), to, draft, BlockedSender::Refuse, NOW).await
    }

    /// A group under a name, made by its owner.
    pub(crate) async fn group(
        &self,
        kind: GroupType,
        join_option: JoinOption,
        owner: &Account,
        members: &[&Account],
    ) -> GroupId {
        let wish = Wish {
            join_option,
            members: members.iter().map(|it| (*it).clone()).collect(),
            ..wish(kind)
        };
        let made = create(&self.store, owner, wish, self.chance(), NOW)
            .await
            .unwrap();
        made.answer.group.id
    }

    /// How an account stands in a group, as facts would say it.
    pub(crate) async fn standing(&self, id: &GroupId, account: &Account) -> Option<Standing> {
        let group = self.store.find_group(APP, id).await.unwrap()?;
        let member = self.store.find_member(group.number, account.id).await.unwrap();
        Some(Standing {
            group: Arc::new(group),
            member,
        })
    }

    pub(crate) async fn unread(&self, account: &Account, conversation: &ConversationId) -> u64 {
        let state = self.store.find_conversation(account, conversation).await.unwrap();
        state.map_or(0, |it| it.unread_count)
    }

    /// How many messages a timeline holds.
    pub(crate) async fn count(&self, timeline: TimelineId) -> usize {
        let readable = Readable {
            timeline,
            first: Sequence(1),
            reader: None,
        };
        self.store
            .list_messages(readable, Sequence(0), 100)
            .await
            .unwrap()
            .len()
    }
}

pub(crate) fn user(account: &Account) -> Recipient {
    Recipient::User {
        account: Some(account.clone()),
        blocks_sender: false,
    }
}

pub(crate) fn c2c(account: &Account) -> ConversationId {
    ConversationId::C2c(account.user_id.clone())
}

pub(crate) fn person(account: &Account) -> Arc<Person> {
    Arc::new(Person {
        account: account.clone(),
        nick: format!("nick of {}", account.user_id).into(),
        avatar: "".into(),
    })
}

pub(crate) fn draft(random: u32) -> Draft {
    Draft {
        client_time_s: NOW.seconds() as u32,
        random,
        body: Body::of(Kind::Text(Text {
            text: "hello".to_owned(),
            at_user_ids: Vec::new(),
        })),
        priority: Priority::Normal,
        flags: MessageFlags::default(),
        cloud_custom_data: String::new(),
        online_only: false,
        addressed: Addressed::default(),
        receivers_named: 0,
    }
}

pub(crate) fn wish(kind: GroupType) -> Wish {
    Wish {
        kind,
        id: None,
        name: "a group".to_owned(),
        avatar: String::new(),
        introduction: String::new(),
        notification: String::new(),
        join_option: JoinOption::Unspecified,
        member_count_max: 0,
        members: Vec::new(),
        names_unknown: false,
    }
}

/// The notices among events: for whom, and what.
pub(crate) fn notices(events: &[Event]) -> Vec<(AccountId, GroupNotice)> {
    let notice = |event: &Event| match event {
        Event::TimelineChanged {
            timeline: TimelineId::System(account),
            change,
            ..
        } => match change.message.body.first() {
            Some(Kind::GroupNotice(notice)) => Some((*account, notice)),
            _ => None,
        },
        _ => None,
    };
    events.iter().filter_map(notice).collect()
}

/// The tips among events.
pub(crate) fn tips(events: &[Event]) -> Vec<GroupTip> {
    let tip = |event: &Event| match event {
        Event::TimelineChanged { change, .. } => match change.message.body.first() {
            Some(Kind::GroupTip(tip)) => Some(tip),
            _ => None,
        },
        _ => None,
    };
    events.iter().filter_map(tip).collect()
}

/// The entries in logs among events.
pub(crate) fn changes(events: &[Event]) -> Vec<(AccountId, AccountChange)> {
    let change = |event: &Event| match event {
        Event::AccountChanged { account, event } => Some((*account, event.change.clone()?)),
        _ => None,
    };
    events.iter().filter_map(change).collect()
}
