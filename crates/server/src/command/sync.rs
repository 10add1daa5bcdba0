//! `Sync`: everything anew, or what was missed (contract C4), cut so that it fits in a frame.

use futures_util::FutureExt as _;
use hongyan_domain::sync::{Synced, snapshot, sync};
use hongyan_protocol::change::AccountEvent;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::group::Group;
use hongyan_protocol::id::{ConversationId, Pts, Sequence, Timestamp, Version};
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::Sync;
use hongyan_protocol::{Malformed, limits};
use hongyan_storage::model::{ConversationUpdate, Held, Snapshot};
use prost::Message as _;

use super::{Answered, Caller, Context, Prepared};

/// What an answer may take, with room for the frame around it.
const ANSWER_BYTES_MAX: usize = limits::SERVER_FRAME_BYTES_MAX - 64 * 1024;

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::Sync) -> Prepared {
    let held = request
        .held
        .into_iter()
        .map(held)
        .collect::<Result<Vec<_>, _>>()?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let versions: Vec<(ConversationId, Version)> = held
            .iter()
            .map(|it| (it.conversation.clone(), it.version))
            .collect();
        let (pts, listed) = (Pts(request.pts), Timestamp(request.listed_ms));
        let mut synced = sync(&*store, &account, pts, held, listed, request.again).await?;
        if let Synced::Missed { pts, events, updates } = &synced {
            if let Some(result) = missed(*pts, events, updates, &versions, ANSWER_BYTES_MAX) {
                return Ok(Answered::read(Sync(result)));
            }
            synced = snapshot(&*store, &account).await?;
        }
        let Synced::Snapshot(whole) = synced else {
            unreachable!("a snapshot was asked for");
        };
        Ok(Answered::read(Sync(whole_picture(&whole))))
    };
    Ok(work.boxed())
}

fn held(wire: wire::Held) -> Result<Held, Malformed> {
    Ok(Held {
        conversation: ConversationId::from_wire(wire.conversation)?,
        version: Version(wire.version),
        sequence: Sequence(wire.sequence),
    })
}

fn whole_picture(snapshot: &Snapshot) -> wire::SyncResult {
    wire::SyncResult {
        pts: snapshot.pts.0,
        snapshot: Some(wire::Snapshot {
            profile: Some(snapshot.profile.to_wire()),
            conversations: snapshot
                .conversations
                .iter()
                .map(ConversationState::to_wire)
                .collect(),
            has_more_conversations: snapshot.has_more,
            groups: snapshot.groups.iter().map(Group::to_wire).collect(),
            blacklist: snapshot
                .blacklist
                .iter()
                .map(|it| it.as_str().to_owned())
                .collect(),
            pinned: snapshot.pinned.iter().map(ConversationState::to_wire).collect(),
            conversation_groups: snapshot.conversation_groups.clone(),
            reminds: snapshot
                .reminds
                .iter()
                .map(|(id, remind)| wire::Remind {
                    conversation: Some(id.to_wire()),
                    remind_type: (*remind).into(),
                })
                .collect(),
        }),
        events: Vec::new(),
        updates: Vec::new(),
    }
}

/// What was missed, with as many changes as fit; the client asks for the others with `ListChanges`. `None` when not
/// even the events and the states fit: then everything anew is less.
fn missed(
    pts: Pts,
    events: &[AccountEvent],
    updates: &[ConversationUpdate],
    versions: &[(ConversationId, Version)],
    bytes_max: usize,
) -> Option<wire::SyncResult> {
    let mut result = wire::SyncResult {
        pts: pts.0,
        snapshot: None,
        events: events.iter().map(AccountEvent::to_wire).collect(),
        updates: updates.iter().map(|it| without_changes(it, versions)).collect(),
    };
    let mut bytes = result.encoded_len();
    if bytes > bytes_max {
        return None;
    }
    for (update, out) in updates.iter().zip(&mut result.updates) {
        let mut cut = false;
        for change in &update.changes.changes {
            let wire = change.to_wire();
            // Its tag, its length, and how much the lengths around it may grow by it.
            bytes += wire.encoded_len() + 16;
            if bytes > bytes_max {
                cut = true;
                break;
            }
            out.version = change.message.version.0;
            out.changes.push(wire);
        }
        if !cut {
            out.version = update.changes.version.0;
            out.complete = update.changes.complete;
        }
    }
    Some(result)
}

/// An update from which nothing was taken yet: the client stays at the version that it named.
fn without_changes(
    update: &ConversationUpdate,
    versions: &[(ConversationId, Version)],
) -> wire::ConversationUpdate {
    let named = versions.iter().find(|(it, _)| *it == update.state.id);
    wire::ConversationUpdate {
        state: Some(update.state.to_wire()),
        changes: Vec::new(),
        version: named.map_or(0, |(_, version)| version.0),
        complete: false,
        reload: update.changes.too_far,
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::id::UserId;
    use hongyan_protocol::wire::request::Command;

    use super::*;
    use crate::command::testing::{World, message, text, to_user};

    /// Contract C4: however small the answer must be, taking it and going on from there gives everything, once.
    #[tokio::test]
    async fn an_answer_that_is_cut_is_gone_on_with_from_where_it_says() {
        let world = World::new().await;
        let (alice, bob) = (world.caller("alice").await, world.caller("bob").await);
        for random in 1..=20 {
            let command = wire::SendMessage {
                body: text(&"x".repeat(1000)),
                ..message(to_user("bob"), random)
            };
            world.run(&alice, Command::SendMessage(command)).await.unwrap();
        }
        let user = |name| ConversationId::C2c(UserId::trusted(name));
        let held = vec![Held {
            conversation: user("alice"),
            version: Version(3),
            sequence: Sequence(3),
        }];
        let versions = vec![(user("alice"), Version(3))];
        let store = &*world.context.store;
        // An event in the log, so that there is a cursor that is not the beginning.
        let command = wire::UpdateProfile {
            nick: Some("b".to_owned()),
            ..wire::UpdateProfile::default()
        };
        world.run(&bob, Command::UpdateProfile(command)).await.unwrap();
        let Synced::Missed { pts, events, updates } =
            sync(store, &bob.account, Pts(1), held, Timestamp(0), true)
                .await
                .unwrap()
        else {
            panic!("what was missed is within reach");
        };
        let whole = missed(pts, &events, &updates, &versions, ANSWER_BYTES_MAX).unwrap();
        assert_eq!(whole.updates[0].changes.len(), 17);
        assert!(whole.updates[0].complete);
        assert!(missed(pts, &events, &updates, &versions, 10).is_none());

        for bytes_max in (1500..25_000).step_by(700) {
            let Some(cut) = missed(pts, &events, &updates, &versions, bytes_max) else {
                continue;
            };
            assert!(cut.encoded_len() <= bytes_max);
            let update = &cut.updates[0];
            assert_eq!(update.version, 3 + update.changes.len() as u64);
            assert_eq!(update.complete, update.changes.len() == 17);
        }
    }

    /// Contract C4.
    #[tokio::test]
    async fn the_first_sync_is_the_whole_picture() {
        let world = World::new().await;
        let alice = world.caller("alice").await;
        let command = Command::SendMessage(message(to_user("alice"), 1));
        world.run(&alice, command).await.unwrap();
        let (result, events) = world
            .run(&alice, Command::Sync(wire::Sync::default()))
            .await
            .unwrap();
        assert!(events.is_empty());
        let Sync(result) = result else {
            panic!("the answer is that of the command")
        };
        let snapshot = result.snapshot.unwrap();
        assert_eq!(snapshot.profile.unwrap().user_id, "alice");
        assert_eq!(snapshot.conversations.len(), 1);
        assert!(!snapshot.has_more_conversations);
    }
}
