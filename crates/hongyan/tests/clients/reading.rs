//! Reading, between clients.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::group::GroupType;
use hongyan_protocol::id::{Account, ConversationId, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{self as kept, MessageKey};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::wire::{Text, element::Kind};
use hongyan_sdk::core::{Draft, Event, HopFrom, HopNext, NewGroup, SendOptions};
use hongyan_server::TimelineId;
use hongyan_server::{clock, manage};

use crate::support::{PATIENCE, World, c2c};

/// Contract C5. Proves `setAllMessageRead`.
#[tokio::test]
async fn set_all_message_read_clears_every_instance_and_each_peer_hears_message_read_by_peer() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut carol = world.client("carol").await;
    let mut one = world.client("bob").await;
    let mut other = world.client_on("bob", Platform::Ios).await;
    let from_alice = alice.tim.send(Draft::text(c2c("bob"), "1")).await.unwrap();
    carol.tim.send(Draft::text(c2c("bob"), "2")).await.unwrap();
    for instance in [&mut one, &mut other] {
        instance.counts(2).await;
    }
    one.tim.set_all_message_read(ReadScope::Groups).await.unwrap();
    assert_eq!(one.tim.get_total_unread_message_count().await.unwrap(), 2);
    one.tim.set_all_message_read(ReadScope::C2c).await.unwrap();
    assert_eq!(one.tim.get_total_unread_message_count().await.unwrap(), 0);
    other.counts(0).await;
    for peer in [&mut alice, &mut carol] {
        let read = peer
            .hears(|event| match event {
                Event::MessageReadByPeer(list) => Some(list),
                _ => None,
            })
            .await;
        assert!(read.len() == 1 && read[0].is_peer_read);
    }
    let held = alice.tim.find_message(from_alice.key()).await.unwrap();
    assert!(held.unwrap().is_peer_read);
    // A third instance, that logs in now, counts the same.
    let third = world.client_on("bob", Platform::Android).await;
    assert_eq!(third.tim.get_total_unread_message_count().await.unwrap(), 0);
}

/// Proves `sendMessageReadReceipt`, `getMessageReadReceiptList`, `getGroupMessageReadMemberList`,
/// `MESSAGE_READ_RECEIPT_RECEIVED`.
#[tokio::test]
async fn a_receipt_in_a_group_is_heard_by_every_instance_of_the_sender() {
    let world = World::new().await;
    let mut bob = world.client("bob").await;
    let mut alice = world.client("alice").await;
    let mut phone = world.client_on("alice", Platform::Ios).await;
    let group = NewGroup {
        members: vec![UserId::trusted("bob"), UserId::trusted("nobody-yet")],
        ..NewGroup::named(GroupType::Work, "team")
    };
    let _ = world.client("nobody-yet").await;
    let group = alice.tim.create_group(group).await.unwrap().group;
    let to = ConversationId::Group(group.id.clone());
    let draft = Draft {
        need_read_receipt: true,
        ..Draft::text(to, "read me")
    };
    let sent = alice.tim.send(draft).await.unwrap();
    let heard = bob.hears_text("read me").await;
    bob.tim
        .send_message_read_receipt(std::slice::from_ref(&heard))
        .await
        .unwrap();
    for instance in [&mut alice, &mut phone] {
        let receipts = instance
            .hears(|event| match event {
                Event::MessageReadReceiptReceived(list) => Some(list),
                _ => None,
            })
            .await;
        let receipt = receipts[0].receipt;
        assert_eq!(
            (receipt.key, receipt.read_count, receipt.unread_count),
            (sent.key(), 1, 1)
        );
        let held = instance.tim.find_message(sent.key()).await.unwrap().unwrap();
        assert_eq!(held.receipt, Some(receipt));
    }
    let own = alice.tim.find_message(sent.key()).await.unwrap().unwrap();
    let listed = phone
        .tim
        .get_message_read_receipt_list(std::slice::from_ref(&own))
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    for (unread, who) in [(false, "bob"), (true, "nobody-yet")] {
        let page = phone
            .tim
            .get_group_message_read_member_list(&own, unread, None, 10)
            .await;
        assert_eq!(page.unwrap(), (vec![UserId::trusted(who)], None));
    }
    let none = bob.tim.get_message_read_receipt_list(&[heard]).await.unwrap_err();
    assert_eq!(none.code, Code::RECEIPT_MISSING);
}

/// Proves `getMessageListHopping`.
#[tokio::test]
async fn hopping_reads_on_from_a_message_or_a_moment() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    for number in 0..40 {
        let draft = Draft::text(c2c("bob"), number.to_string());
        alice.tim.send(draft).await.unwrap();
    }
    let last = bob.hears_text("39").await;
    let mut next = Some(HopFrom::Time(last.data.time.seconds() as f64));
    let mut all = Vec::new();
    while let Some(from) = next {
        let page = bob
            .tim
            .get_message_list_hopping(c2c("alice"), from, false, 15)
            .await;
        let (messages, further) = page.unwrap();
        all.extend(messages.iter().rev().map(|it| it.data.sequence.0));
        next = further.map(|it| match it {
            HopNext::Time(time) => HopFrom::Time(time),
            HopNext::Sequence(sequence) => HopFrom::Sequence(sequence),
        });
    }
    assert_eq!(all, (1..=40).rev().collect::<Vec<u64>>());
}

/// Contracts C2 and C5: what has expired is gone for everybody, on the disk too, counts are those of what is left, and a
/// resend of it creates nothing.
#[tokio::test]
async fn what_is_older_than_the_app_keeps_is_removed() {
    const OLD: u64 = 20;
    let (now, then) = (clock::now(), Timestamp(clock::now().0 - 10 * 86_400_000));
    let mut timeline = None;
    let world = World::after(async |store| {
        let account = async |user: &str| {
            let user = UserId::trusted(user);
            store.put_account(manage::DEFAULT_APP, &user, then).await.unwrap();
            let found = store.find_account(manage::DEFAULT_APP, &user).await;
            found.unwrap().unwrap().account
        };
        let (alice, bob) = (account("alice").await, account("bob").await);
        let between = TimelineId::c2c(alice.id, bob.id);
        for number in 1..=OLD + 1 {
            let time = if number <= OLD { then } else { now };
            let message = message(&alice, &bob, number as u32, time);
            let _ = store.append_message(between, message).await.unwrap();
        }
        timeline = Some((between, alice));
    })
    .await;
    let (timeline, account) = timeline.unwrap();
    let is_stored = async |sequence| {
        let found = world.store.find_message(timeline, Sequence(sequence)).await;
        found.unwrap().is_some()
    };
    let gone = async {
        while is_stored(OLD).await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    assert!(!is_stored(1).await && is_stored(OLD + 1).await);

    let bob = world.client("bob").await;
    assert_eq!(bob.tim.get_total_unread_message_count().await.unwrap(), 1);
    let (page, next) = bob.tim.get_message_list(c2c("alice"), None).await.unwrap();
    assert_eq!((page.len(), page[0].data.sequence.0, next), (1, OLD + 1, None));
    let from = HopFrom::Sequence(Sequence(OLD));
    let (page, next) = bob
        .tim
        .get_message_list_hopping(c2c("alice"), from, false, 15)
        .await
        .unwrap();
    assert!(page.is_empty() && next.is_none());

    let alice = world.client("alice").await;
    let mut again = alice
        .tim
        .create_message(Draft::text(c2c("bob"), "again"))
        .await
        .unwrap();
    again.data.key = MessageKey {
        account: account.id,
        client_time_s: then.seconds() as u32,
        random: 1,
    };
    let refused = alice
        .tim
        .send_message(again, SendOptions::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::MESSAGE_TIME_INVALID);
    assert!(!is_stored(OLD + 2).await);
}

fn message(from: &Account, to: &Account, random: u32, time: Timestamp) -> kept::Message {
    kept::Message {
        key: MessageKey {
            account: from.id,
            client_time_s: time.seconds() as u32,
            random,
        },
        from: from.user_id.clone(),
        to: kept::Target::User(to.user_id.clone()),
        sequence: Sequence(0),
        time,
        body: Body::of(Kind::Text(Text {
            text: random.to_string(),
            at_user_ids: Vec::new(),
        })),
        priority: kept::Priority::Normal,
        flags: kept::MessageFlags::default(),
        cloud_custom_data: String::new(),
        nick: String::new(),
        avatar: String::new(),
        name_card: String::new(),
        revoker: None,
        version: Version(0),
        edits: 0,
        receivers: Vec::new(),
    }
}
