//! Reporting messages as read: for the account's other instances, and for the peer.

use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, ConversationId, Pts, Sequence, Timestamp};
use hongyan_storage::model::{Entry, MarkedRead};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::{Outcome, pts_of};

/// Where the reader stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The event of its log; 0 when nothing moved.
    pub pts: Pts,
    /// Unread messages after the mark (contract C5).
    pub unread_count: u64,
    /// Where the mark is.
    pub read: Sequence,
}

/// Why nothing was marked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ReadError {
    #[error("the conversation does not exist")]
    NoConversation,
    #[error("the mark could not be kept")]
    Store(#[from] StoreError),
}

impl Refusal for ReadError {
    fn code(&self) -> Code {
        match self {
            Self::NoConversation => Code::CONVERSATION_NOT_FOUND,
            Self::Store(error) => store_code(error, Code::CONVERSATION_INTERNAL),
        }
    }
}

/// Moves the account's mark forward. The peer of a C2C learns how far its messages were read; in a group nobody does.
pub async fn mark_read(
    store: &dyn Store,
    account: &Account,
    conversation: ConversationId,
    peer: Option<AccountId>,
    sequence: Sequence,
    now: Timestamp,
) -> Result<Outcome<Marked>, ReadError> {
    let reader = account.clone();
    let named = conversation.clone();
    let tell = Box::new(move |marked: &MarkedRead| {
        if !marked.moved {
            return Vec::new();
        }
        let mark = |conversation| ReadMark {
            conversation,
            sequence: marked.read,
            time: now,
        };
        let mut entries = vec![Entry::Event(reader.id, AccountChange::Read(mark(named)))];
        if let Some(peer) = peer.filter(|it| *it != reader.id) {
            let seen_by_peer = ConversationId::C2c(reader.user_id);
            entries.push(Entry::Event(peer, AccountChange::PeerRead(mark(seen_by_peer))));
        }
        entries
    });
    let committed = store
        .mark_read(account, &conversation, sequence, now, tell)
        .await?
        .ok_or(ReadError::NoConversation)?;
    let answer = Marked {
        pts: pts_of(account.id, &committed.value.entered),
        unread_count: committed.value.done.unread_count,
        read: committed.value.done.read,
    };
    Ok(Outcome::of(answer, committed.value.entered, committed.turn))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};

    use super::*;
    use crate::message::send::Recipient;
    use crate::testing::{NOW, World, c2c, changes, draft};

    /// Contract C5.
    #[tokio::test]
    async fn the_reader_and_the_peer_hear_how_far_and_the_count_is_a_recount() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for random in 1..=3 {
            world.say(&alice, &bob, random).await.unwrap();
        }
        let read = async |sequence| {
            let peer = Some(alice.id);
            mark_read(&world.store, &bob, c2c(&alice), peer, Sequence(sequence), NOW)
                .await
                .unwrap()
        };
        let first = read(2).await;
        assert_eq!(first.answer.unread_count, 1);
        assert_ne!(first.answer.pts, Pts(0));
        let mark = |conversation| ReadMark {
            conversation,
            sequence: Sequence(2),
            time: NOW,
        };
        assert_eq!(
            changes(&first.events),
            [
                (bob.id, AccountChange::Read(mark(c2c(&alice)))),
                (alice.id, AccountChange::PeerRead(mark(c2c(&bob)))),
            ]
        );
        let back = read(1).await;
        assert_eq!((back.answer.pts, back.answer.unread_count), (Pts(0), 1));
        assert!(back.events.is_empty());
        let beyond = read(99).await;
        assert_eq!(beyond.answer.unread_count, 0);
        world.say(&alice, &bob, 4).await.unwrap();
        assert_eq!(
            world.unread(&bob, &c2c(&alice)).await,
            1,
            "the mark did not go beyond what was there"
        );
    }

    #[tokio::test]
    async fn in_a_group_only_the_reader_hears_of_it_and_with_oneself_only_once() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        let standing = world.standing(&id, &alice).await;
        world
            .send(&alice, Recipient::Group(standing), draft(1))
            .await
            .unwrap();
        let group = ConversationId::Group(id);
        let marked = mark_read(&world.store, &bob, group, None, Sequence(1), NOW)
            .await
            .unwrap();
        let heard: Vec<AccountId> = changes(&marked.events).iter().map(|it| it.0).collect();
        assert_eq!(heard, [bob.id]);

        world.say(&alice, &alice, 2).await.unwrap();
        let me = c2c(&alice);
        let marked = mark_read(&world.store, &alice, me, Some(alice.id), Sequence(1), NOW)
            .await
            .unwrap();
        assert!(changes(&marked.events).len() <= 1);
    }

    #[tokio::test]
    async fn a_conversation_that_is_not_there_is_answered_with_2500() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let marked = mark_read(&world.store, &alice, c2c(&bob), Some(bob.id), Sequence(1), NOW).await;
        assert_eq!(marked.unwrap_err().code(), Code::CONVERSATION_NOT_FOUND);
    }
}

#[cfg(test)]
mod recount {
    use super::*;
    use crate::message::revoke::{Place, revoke};
    use crate::message::send::Draft;
    use crate::testing::{NOW, World, c2c, draft, user};
    use hongyan_protocol::message::MessageFlags;
    use hongyan_storage::model::Readable;
    use hongyan_storage::model::TimelineId;

    /// Contract C5: after any row of messages, reports and revokes the count is what a recount of the timeline gives.
    #[tokio::test]
    async fn the_unread_count_is_a_recount_after_anything_that_happens() {
        for seed in 0..20 {
            let world = World::new().await;
            let (alice, bob) = (world.account("alice").await, world.account("bob").await);
            let mut chance = crate::chance::Chance::new(seed);
            let (mut read, mut newest) = (Sequence(0), Sequence(0));
            for random in 0..60 {
                let at = Sequence(1 + chance.next_u64() % (newest.0 + 1));
                match chance.next_u64() % 6 {
                    0 => {
                        newest = world.say(&bob, &alice, random).await.unwrap().answer.sequence;
                    }
                    1 if newest > Sequence(0) => {
                        let peer = Some(alice.id);
                        mark_read(&world.store, &bob, c2c(&alice), peer, at, NOW)
                            .await
                            .unwrap();
                        read = read.max(at.min(newest));
                    }
                    2 => {
                        let place = Place::C2c(Some(bob.clone()));
                        // Whether there was anything to revoke does not matter here.
                        let _ = revoke(&world.store, &alice, place, at, 120, NOW).await;
                    }
                    3 => {
                        let quiet = Draft {
                            flags: MessageFlags {
                                no_unread: true,
                                ..MessageFlags::default()
                            },
                            ..draft(random)
                        };
                        newest = world
                            .send(&alice, user(&bob), quiet)
                            .await
                            .unwrap()
                            .answer
                            .sequence;
                    }
                    _ => {
                        newest = world.say(&alice, &bob, random).await.unwrap().answer.sequence;
                    }
                }
                let readable = Readable {
                    timeline: TimelineId::c2c(alice.id, bob.id),
                    first: Sequence(1),
                    reader: None,
                };
                let all = world
                    .store
                    .list_messages(readable, Sequence(0), 100)
                    .await
                    .unwrap();
                let counted = all
                    .iter()
                    .filter(|it| it.sequence > read && it.from != bob.user_id && it.counts_as_unread());
                let expected = counted.count() as u64;
                assert_eq!(world.unread(&bob, &c2c(&alice)).await, expected, "seed {seed}");
            }
        }
    }
}
