//! A walk through both kinds of the store.

use hongyan_protocol::body::Body;
use hongyan_protocol::message::{MessageFlags, MessageKey, Priority, Target};

use super::*;

#[tokio::test]
async fn a_message_is_kept_by_both_kinds_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    for store in [
        SqliteStore::in_memory(),
        SqliteStore::open(folder.path(), SqliteOptions::default()).unwrap(),
    ] {
        let app = SdkAppId(1);
        let names = ["alice", "bob"].map(UserId::trusted);
        for name in &names {
            assert!(store.put_account(app, name, Timestamp(1)).await.unwrap());
        }
        let alice = store.find_account(app, &names[0]).await.unwrap().unwrap().account;
        let bob = store.find_account(app, &names[1]).await.unwrap().unwrap().account;
        let message = Message {
            key: MessageKey {
                account: alice.id,
                client_time_s: 1,
                random: 2,
            },
            from: names[0].clone(),
            to: Target::User(names[1].clone()),
            sequence: Sequence(0),
            time: Timestamp(5),
            body: Body::trusted(vec![1, 2].into()),
            priority: Priority::Normal,
            flags: MessageFlags::default(),
            cloud_custom_data: String::new(),
            nick: String::new(),
            avatar: String::new(),
            name_card: String::new(),
            revoker: None,
            version: Version(0),
        };
        let timeline = TimelineId::c2c(alice.id, bob.id);
        let Appended::New(kept) = store
            .append_message(timeline, message.clone())
            .await
            .unwrap()
            .value
        else {
            panic!("not new");
        };
        let again = store.append_message(timeline, message).await.unwrap().value;
        assert_eq!(again, Appended::Repeat(kept.clone()));
        let state = store
            .find_conversation(&bob, &ConversationId::C2c(names[0].clone()))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((state.unread_count, state.last_message), (1, Some(kept)));
        assert_eq!(store.snapshot(&bob, 10).await.unwrap().conversations.len(), 1);
        assert!(matches!(
            store.catch_up(&bob, Pts(0), Vec::new()).await.unwrap(),
            CatchUp::Missed { .. }
        ));
    }
}
