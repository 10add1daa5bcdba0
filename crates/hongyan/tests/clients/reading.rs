//! Reading, between clients.

use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::platform::Platform;
use hongyan_sdk::core::{Draft, Event};

use crate::support::{World, c2c};

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
