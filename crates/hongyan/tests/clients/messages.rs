//! Messages that are changed, hidden, singled out and passed on, between clients.

use std::sync::Arc;

use hongyan_protocol::body::{Body, MENTION_ALL};
use hongyan_protocol::code::Code;
use hongyan_protocol::group::{GroupType, JoinOption};
use hongyan_protocol::id::{ConversationId, GroupId, UserId};
use hongyan_protocol::platform::Platform;
use hongyan_protocol::wire::{self, element::Kind};
use hongyan_sdk::core::{ConversationFilter, Draft, Event, Message, NewGroup, SendOptions};

use crate::support::{Client, World, c2c, received, texts};

fn text(text: &str) -> Body {
    Body::of(Kind::Text(wire::Text {
        text: text.to_owned(),
        at_user_ids: Vec::new(),
    }))
}

async fn modified(client: &mut Client) -> Arc<Message> {
    client
        .hears(|event| match event {
            Event::MessageModified(list) => list.into_iter().next(),
            _ => None,
        })
        .await
}

/// Waits until a conversation is as it should be, and looks at it with a fresh instance too: both see the same.
async fn settles(client: &mut Client, id: &ConversationId, unread: u64, last: Option<&str>) {
    let is_so = |list: &[Arc<hongyan_protocol::conversation::ConversationState>]| {
        list.iter().any(|it| {
            let shown = it.last_message.as_ref().and_then(|it| match it.body.first() {
                Some(Kind::Text(text)) => Some(text.text),
                _ => None,
            });
            it.id == *id && it.unread_count == unread && shown.as_deref() == last
        })
    };
    let (list, _) = client.tim.get_conversation_list().await.unwrap();
    if is_so(&list) {
        return;
    }
    client
        .hears(|event| match event {
            Event::ConversationListUpdated(list) => is_so(&list).then_some(()),
            _ => None,
        })
        .await;
}

async fn group_of(owner: &Client, members: &[&str]) -> GroupId {
    let mut group = NewGroup::named(GroupType::Public, "team");
    group.join_option = Some(JoinOption::FreeAccess);
    group.members = members.iter().map(|it| UserId::trusted(*it)).collect();
    owner.tim.create_group(group).await.unwrap().group.id.clone()
}

/// Contract C4. Proves `modifyMessage`.
#[tokio::test]
async fn modify_message_is_heard_on_all_instances_of_both_sides_and_loses_nobodys_change() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut other = world.client_on("alice", Platform::Ios).await;
    let mut bob = world.client("bob").await;
    let sent = alice.tim.send(Draft::text(c2c("bob"), "first")).await.unwrap();
    let at_bob = received(&mut bob).await;
    received(&mut other).await;
    let mut wish = Message::clone(&at_bob);
    wish.data.body = text("second");
    wish.data.cloud_custom_data = "along".to_owned();
    let done = bob.tim.modify_message(wish).await.unwrap();
    assert!(done.is_modified && done.text().as_deref() == Some("second"));
    for client in [&mut alice, &mut other, &mut bob] {
        let heard = modified(client).await;
        assert_eq!(
            (heard.key(), heard.text().as_deref(), heard.is_modified),
            (sent.key(), Some("second"), true)
        );
        assert_eq!(heard.data.cloud_custom_data, "along");
    }
    // Who still has the first form in mind is told of the latest.
    let mut late = Message::clone(&sent);
    late.data.body = text("third");
    let failure = alice.tim.modify_message(late).await.unwrap_err();
    assert_eq!(failure.code, Code::MODIFY_CONFLICT);
    assert_eq!(failure.message.unwrap().text().as_deref(), Some("second"));
    // It is so for who comes now.
    let fresh = world.client_on("bob", Platform::Android).await;
    let (page, _) = fresh.tim.get_message_list(c2c("alice"), None).await.unwrap();
    assert!(page[0].is_modified && texts(&page) == ["second"]);
    let mut of_another_kind = Message::clone(&page[0]);
    of_another_kind.data.body = Body::of(Kind::Face(wire::Face::default()));
    let failure = fresh.tim.modify_message(of_another_kind).await.unwrap_err();
    assert_eq!(failure.code, Code::MESSAGE_BODY_INVALID);
    alice.tim.revoke_message(&sent).await.unwrap();
    let mut gone = Message::clone(&page[0]);
    gone.data.body = text("too late");
    let failure = fresh.tim.modify_message(gone).await.unwrap_err();
    assert_eq!(failure.code, Code::MODIFY_MISSING);
}

/// Contract C5. Proves `deleteMessage`.
#[tokio::test]
async fn delete_message_hides_on_all_instances_of_one_account_and_counts_and_last_message_follow() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut one = world.client("bob").await;
    let mut other = world.client_on("bob", Platform::Ios).await;
    let mut sent = Vec::new();
    for number in 1..=4 {
        let draft = Draft::text(c2c("bob"), number.to_string());
        sent.push(alice.tim.send(draft).await.unwrap());
    }
    for instance in [&mut one, &mut other] {
        settles(instance, &c2c("alice"), 4, Some("4")).await;
    }
    let (page, _) = one.tim.get_message_list(c2c("alice"), None).await.unwrap();
    one.tim
        .delete_messages(&[page[1].clone(), page[3].clone()])
        .await
        .unwrap();
    for instance in [&mut one, &mut other] {
        settles(instance, &c2c("alice"), 2, Some("3")).await;
        let (page, next) = instance.tim.get_message_list(c2c("alice"), None).await.unwrap();
        assert_eq!((texts(&page), next), (vec!["1".to_owned(), "3".to_owned()], None));
    }
    // The sender keeps them, and what becomes of them is nothing to who deleted them.
    let (page, _) = alice.tim.get_message_list(c2c("bob"), None).await.unwrap();
    assert_eq!(page.len(), 4);
    alice.tim.revoke_message(&sent[3]).await.unwrap();
    alice.tim.send(Draft::text(c2c("bob"), "5")).await.unwrap();
    let mut fresh = world.client_on("bob", Platform::Android).await;
    for instance in [&mut one, &mut other, &mut fresh] {
        settles(instance, &c2c("alice"), 3, Some("5")).await;
        let (page, _) = instance.tim.get_message_list(c2c("alice"), None).await.unwrap();
        assert_eq!(texts(&page), ["1", "3", "5"]);
    }
    let mut nothing = Message::clone(&page[0]);
    nothing.data.sequence.0 = 99;
    let failure = one.tim.delete_messages(&[Arc::new(nothing)]).await;
    assert_eq!(failure.unwrap_err().code, Code::GROUP_NOTHING_TO_DELETE);
    let failure = one.tim.delete_messages(&[]).await.unwrap_err();
    assert_eq!(failure.code, Code::DELETE_FAILED);
}

/// Contract C5. Proves `clearHistoryMessage`.
#[tokio::test]
async fn clear_history_message_empties_all_instances_and_the_conversation_stays() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut one = world.client("bob").await;
    let mut other = world.client_on("bob", Platform::Ios).await;
    for number in 1..=3 {
        let draft = Draft::text(c2c("bob"), number.to_string());
        alice.tim.send(draft).await.unwrap();
    }
    for instance in [&mut one, &mut other] {
        settles(instance, &c2c("alice"), 3, Some("3")).await;
    }
    one.tim.clear_history_message(c2c("alice")).await.unwrap();
    let mut fresh = world.client_on("bob", Platform::Android).await;
    for instance in [&mut one, &mut other, &mut fresh] {
        settles(instance, &c2c("alice"), 0, None).await;
        let (page, next) = instance.tim.get_message_list(c2c("alice"), None).await.unwrap();
        assert!(page.is_empty() && next.is_none());
    }
    alice.tim.send(Draft::text(c2c("bob"), "4")).await.unwrap();
    for instance in [&mut one, &mut other, &mut fresh] {
        settles(instance, &c2c("alice"), 1, Some("4")).await;
        let (page, _) = instance.tim.get_message_list(c2c("alice"), None).await.unwrap();
        assert_eq!(texts(&page), ["4"]);
    }
    let (page, _) = alice.tim.get_message_list(c2c("bob"), None).await.unwrap();
    assert_eq!(page.len(), 4);
    let failure = one.tim.clear_history_message(c2c("carol")).await.unwrap_err();
    assert_eq!(failure.code, Code::CONVERSATION_NOT_FOUND);
}

/// Proves `setMessageExtensions`, `getMessageExtensions` and `deleteMessageExtensions`.
#[tokio::test]
async fn set_message_extensions_get_message_extensions_and_delete_message_extensions_in_a_group() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    let mut other = world.client_on("bob", Platform::Ios).await;
    let group = group_of(&alice, &["bob"]).await;
    let draft = Draft {
        support_extension: true,
        ..Draft::text(ConversationId::Group(group.clone()), "vote")
    };
    let sent = alice.tim.send(draft).await.unwrap();
    assert!(sent.data.flags.support_extension);
    let is_vote = |event| match event {
        Event::MessageReceived(list) => list.into_iter().find(|it| it.text().is_some()),
        _ => None,
    };
    let at_bob = bob.hears(is_vote).await;
    let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let set = alice
        .tim
        .set_message_extensions(&sent, pairs(&[("a", "1"), ("b", "2")]))
        .await
        .unwrap();
    assert!(set.iter().all(|it| it.code == Some(Code(0))));
    for client in [&mut alice, &mut bob, &mut other] {
        let heard = client
            .hears(|event| match event {
                Event::MessageExtensionsUpdated { message, extensions } => Some((message.key(), extensions)),
                _ => None,
            })
            .await;
        assert_eq!(heard, (sent.key(), pairs(&[("a", "1"), ("b", "2")])));
    }
    // Somebody who never looked supposes that there is none.
    let fresh = world.client_on("bob", Platform::Android).await;
    let refused = fresh
        .tim
        .set_message_extensions(&at_bob, pairs(&[("a", "9"), ("c", "3")]))
        .await
        .unwrap();
    let codes: Vec<_> = refused
        .iter()
        .map(|it| (it.code.unwrap(), it.value.as_str()))
        .collect();
    assert_eq!(codes, [(Code::EXTENSION_CONFLICT, "1"), (Code(0), "3")]);
    let read = bob.tim.get_message_extensions(&at_bob, Vec::new()).await.unwrap();
    let read: Vec<_> = read
        .iter()
        .map(|it| (it.key.as_str(), it.value.as_str()))
        .collect();
    assert_eq!(read, [("a", "1"), ("b", "2"), ("c", "3")]);
    let gone = bob
        .tim
        .delete_message_extensions(&at_bob, Some(vec!["b".to_owned()]))
        .await
        .unwrap();
    assert_eq!(gone[0].code, Some(Code(0)));
    bob.tim.delete_message_extensions(&at_bob, None).await.unwrap();
    let mut keys = Vec::new();
    while keys.len() < 3 {
        let more = alice.hears(|event| match event {
            Event::MessageExtensionsDeleted { keys, .. } => Some(keys),
            _ => None,
        });
        keys.extend(more.await);
    }
    assert_eq!(keys, ["b", "a", "c"]);
    let none = alice.tim.get_message_extensions(&sent, Vec::new()).await.unwrap();
    assert!(none.is_empty());
    let plain = alice
        .tim
        .send(Draft::text(ConversationId::Group(group), "plain"))
        .await
        .unwrap();
    let failure = alice
        .tim
        .set_message_extensions(&plain, pairs(&[("a", "1")]))
        .await;
    assert_eq!(failure.unwrap_err().code, Code::EXTENSION_UNSUPPORTED);
    let long = pairs(&[("k", &"x".repeat(1025))]);
    let failure = alice.tim.set_message_extensions(&sent, long).await;
    assert_eq!(failure.unwrap_err().code, Code::GROUP_PARAMETER);
}

/// Proves `createTextAtMessage`.
#[tokio::test]
async fn a_text_at_message_is_shown_to_those_it_mentions_until_they_read() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    let mut carol = world.client("carol").await;
    let group = group_of(&alice, &["bob", "carol"]).await;
    let id = ConversationId::Group(group.clone());
    let at = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let to_bob = Draft::text_at(group.clone(), "@bob", at(&["bob"]));
    alice.tim.send(to_bob).await.unwrap();
    let to_all = Draft::text_at(group.clone(), "@all", at(&["bob", MENTION_ALL]));
    let last = alice.tim.send(to_all).await.unwrap();
    let mentions = async |client: &mut Client, unread: u64| {
        settles(client, &id, unread, Some("@all")).await;
        let state = client.tim.get_conversation_profile(id.clone()).await.unwrap();
        let of = |it: &hongyan_protocol::conversation::Mention| (it.sequence, it.me, it.all);
        state.mentions.iter().map(of).collect::<Vec<_>>()
    };
    let (first, last) = (
        hongyan_protocol::id::Sequence(last.data.sequence.0 - 1),
        last.data.sequence,
    );
    let mut fresh = world.client_on("bob", Platform::Ios).await;
    for instance in [&mut bob, &mut fresh] {
        let shown = mentions(instance, 2).await;
        assert_eq!(shown, [(first, true, false), (last, true, true)]);
    }
    assert_eq!(mentions(&mut carol, 2).await, [(last, false, true)]);
    // The list can be asked for those conversations alone.
    bob.tim.send(Draft::text(c2c("carol"), "@bob")).await.unwrap();
    settles(&mut carol, &c2c("bob"), 1, Some("@bob")).await;
    let mentioning = async |client: &Client| {
        let filter = ConversationFilter {
            has_group_at: true,
            ..ConversationFilter::default()
        };
        let (list, _) = client.tim.get_conversation_list_by_filter(filter).await.unwrap();
        list.into_iter().map(|it| it.id.clone()).collect::<Vec<_>>()
    };
    for instance in [&bob, &fresh, &carol] {
        assert_eq!(mentioning(instance).await, std::slice::from_ref(&id));
    }
    bob.tim.set_message_read(id.clone()).await.unwrap();
    assert!(mentions(&mut bob, 0).await.is_empty());
    assert!(mentions(&mut fresh, 0).await.is_empty());
    assert!(mentioning(&fresh).await.is_empty());
    assert_eq!(mentioning(&carol).await, std::slice::from_ref(&id));
    let many = (0..31).map(|it| it.to_string()).collect();
    let failure = alice
        .tim
        .send(Draft::text_at(group, "@", many))
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::GROUP_TOO_MANY_AT);
    let mut outside = Draft::text(c2c("bob"), "@bob");
    if let Kind::Text(text) = &mut outside.element {
        text.at_user_ids = at(&["bob"]);
    }
    let failure = alice.tim.send(outside).await.unwrap_err();
    assert_eq!(failure.code, Code::CONVERSATION_TYPE_INVALID);
}

/// Contracts C4 and C5.
#[tokio::test]
async fn a_targeted_message_is_seen_by_its_receivers_and_its_sender_alone_and_nobodys_order_breaks() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut other = world.client_on("alice", Platform::Ios).await;
    let mut bob = world.client("bob").await;
    let mut carol = world.client("carol").await;
    let group = group_of(&alice, &["bob", "carol"]).await;
    let id = ConversationId::Group(group);
    let say = |text: &str, receivers: &[&str]| Draft {
        receivers: receivers.iter().map(|it| UserId::trusted(*it)).collect(),
        ..Draft::text(id.clone(), text)
    };
    alice.tim.send(say("for all", &[])).await.unwrap();
    let secret = alice.tim.send(say("for bob", &["bob", "nobody"])).await.unwrap();
    // Nothing of it counts; to who sees it, it is the newest.
    settles(&mut bob, &id, 1, Some("for bob")).await;
    settles(&mut other, &id, 0, Some("for bob")).await;
    settles(&mut carol, &id, 1, Some("for all")).await;
    alice.tim.send(say("again for all", &[])).await.unwrap();
    let mut late_carol = world.client_on("carol", Platform::Ios).await;
    let mut late_bob = world.client_on("bob", Platform::Ios).await;
    let (seen, unseen) = (
        ["for all", "for bob", "again for all"],
        ["for all", "again for all"],
    );
    for (client, expected) in [
        (&mut bob, &seen[..]),
        (&mut late_bob, &seen[..]),
        (&mut carol, &unseen[..]),
        (&mut late_carol, &unseen[..]),
    ] {
        settles(client, &id, 2, Some("again for all")).await;
        let (page, _) = client.tim.get_message_list(id.clone(), None).await.unwrap();
        assert_eq!(texts(&page), expected);
    }
    let revoked = carol.tim.revoke_message(&secret).await.unwrap_err();
    assert_eq!(revoked.code, Code::GROUP_MESSAGE_MISSING);
    alice.tim.revoke_message(&secret).await.unwrap();
    alice.tim.send(say("last", &[])).await.unwrap();
    settles(&mut carol, &id, 3, Some("last")).await;
    let many: Vec<String> = (0..51).map(|it| format!("u{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let failure = alice.tim.send(say("too many", &many)).await.unwrap_err();
    assert_eq!(failure.code, Code::GROUP_PARAMETER);
}

/// Proves `createMergerMessage`, `downloadMergerMessage` and `createForwardMessage`.
#[tokio::test]
async fn a_merger_message_is_inside_or_kept_apart_and_a_forward_message_says_the_same() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    let mut carol = world.client("carol").await;
    let mut sent = Vec::new();
    for number in 0..20 {
        let draft = Draft::text(c2c("bob"), format!("{number} {}", "x".repeat(10_000)));
        sent.push(Message::clone(&*alice.tim.send(draft).await.unwrap()));
    }
    let merge = |messages: &[Message]| {
        Draft::merger(
            c2c("carol"),
            messages,
            "title",
            vec!["line".to_owned()],
            "an older client",
        )
    };
    let merger = |message: &Message| match message.data.body.first() {
        Some(Kind::Merger(merger)) => merger,
        other => panic!("{other:?}"),
    };
    let small = alice.tim.send(merge(&sent[..1]).unwrap()).await.unwrap();
    let at_carol = received(&mut carol).await;
    assert_eq!(merger(&at_carol).messages.len(), 1);
    assert_eq!(merger(&at_carol), merger(&small));
    alice.tim.send(merge(&sent).unwrap()).await.unwrap();
    let at_carol = received(&mut carol).await;
    assert!(merger(&at_carol).messages.is_empty() && !merger(&at_carol).download_key.is_empty());
    let loaded = carol
        .tim
        .download_merger_message(Message::clone(&at_carol))
        .await
        .unwrap();
    assert_eq!(loaded.key(), at_carol.key());
    let bodies: Vec<_> = merger(&loaded)
        .messages
        .iter()
        .map(|it| it.body.clone())
        .collect();
    let expected: Vec<_> = sent.iter().map(|it| it.data.body.bytes().clone()).collect();
    assert_eq!(bodies, expected);
    // Passed on as it is, also inside of another one.
    let forwarded = Draft::forward(c2c("bob"), &at_carol).unwrap();
    carol.tim.send(forwarded).await.unwrap();
    let at_bob = bob
        .hears(|event| match event {
            Event::MessageReceived(list) => list.into_iter().find(|it| it.data.from.as_str() == "carol"),
            _ => None,
        })
        .await;
    let loaded = bob
        .tim
        .download_merger_message(Message::clone(&at_bob))
        .await
        .unwrap();
    assert_eq!(merger(&loaded).messages.len(), 20);
    let around = Draft::merger(c2c("carol"), &[Message::clone(&at_bob)], "", Vec::new(), "").unwrap();
    let around = bob.tim.send(around).await.unwrap();
    assert_eq!(merger(&around).depth, 2);
    // What is none, and what may not be.
    let failure = bob
        .tim
        .download_merger_message(sent[0].clone())
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::NOT_A_MERGER);
    let mut unknown = merger(&at_bob);
    unknown.download_key = vec![7; 16].into();
    let mut forged = Message::clone(&at_bob);
    forged.data.body = Body::of(Kind::Merger(unknown));
    let failure = bob.tim.download_merger_message(forged).await.unwrap_err();
    assert_eq!(failure.code, Code::MERGER_KEY_INVALID);
    let unsent = alice
        .tim
        .create_message(Draft::text(c2c("bob"), "x"))
        .await
        .unwrap();
    assert_eq!(
        Draft::forward(c2c("bob"), &unsent).unwrap_err().code,
        Code::SEND_FAILED
    );
    let mut tip = sent[0].clone();
    tip.data.body = Body::of(Kind::GroupTip(wire::GroupTip::default()));
    for refused in [
        Draft::forward(c2c("bob"), &tip).map(|_| ()),
        merge(&[tip]).map(|_| ()),
    ] {
        assert_eq!(refused.unwrap_err().code, Code::NOT_FORWARDED);
    }
}

/// Contract C5.
#[tokio::test]
async fn send_options_say_whether_a_message_is_kept_counts_and_is_shown_as_the_last() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    let send = async |text: &str, options| {
        let message = alice
            .tim
            .create_message(Draft::text(c2c("bob"), text))
            .await
            .unwrap();
        alice.tim.send_message(message, options).await.unwrap()
    };
    send("plain", SendOptions::default()).await;
    let quiet = SendOptions {
        excluded_from_unread_count: true,
        ..SendOptions::default()
    };
    send("quiet", quiet).await;
    settles(&mut bob, &c2c("alice"), 1, Some("quiet")).await;
    let hidden = SendOptions {
        excluded_from_last_message: true,
        ..SendOptions::default()
    };
    send("hidden", hidden).await;
    settles(&mut bob, &c2c("alice"), 2, Some("quiet")).await;
    let passing = SendOptions {
        online_user_only: true,
        // Says nothing more: what passes by counts nowhere.
        excluded_from_unread_count: true,
        excluded_from_last_message: true,
    };
    let passed = send("passing", passing).await;
    assert_eq!(passed.data.sequence.0, 0);
    let heard = bob
        .hears(|event| match event {
            Event::MessageReceived(list) => list.into_iter().find(|it| it.key() == passed.key()),
            _ => None,
        })
        .await;
    assert_eq!(heard.text().as_deref(), Some("passing"));
    let mut fresh = world.client_on("bob", Platform::Ios).await;
    for instance in [&mut bob, &mut fresh] {
        settles(instance, &c2c("alice"), 2, Some("quiet")).await;
        let (page, _) = instance.tim.get_message_list(c2c("alice"), None).await.unwrap();
        assert_eq!(texts(&page), ["plain", "quiet", "hidden"]);
    }
}
