//! Reporting all conversations of a scope as read, in one step.

use hongyan_protocol::change::{AccountChange, ReadMark};
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::id::{Account, ConversationId, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{Entry, MarkedOne};
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};
use crate::event::Outcome;

/// Why nothing was marked.
#[derive(Debug, thiserror::Error)]
pub enum ReadAllError {
    /// The store failed.
    #[error("the conversations could not be marked as read")]
    Store(#[from] StoreError),
}

impl Refusal for ReadAllError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => store_code(error, Code::READ_ALL_FAILED),
        }
    }
}

/// Moves the account's marks to the newest messages. Its instances hear of all that moved in few events; each peer of a
/// C2C hears of its own, as when that conversation alone was read.
pub async fn mark_all_read(
    store: &dyn Store,
    account: &Account,
    scope: ReadScope,
    now: Timestamp,
) -> Result<Outcome<()>, ReadAllError> {
    let reader = account.clone();
    let tell = Box::new(move |moved: &Vec<MarkedOne>| {
        let mark = |conversation, it: &MarkedOne| ReadMark {
            conversation,
            sequence: it.read,
            time: now,
        };
        let marks: Vec<ReadMark> = moved.iter().map(|it| mark(it.conversation.clone(), it)).collect();
        let mut entries: Vec<Entry> = marks
            .chunks(limits::READ_MARKS_MAX)
            .map(|marks| Entry::Event(reader.id, AccountChange::AllRead(marks.to_vec())))
            .collect();
        for it in moved {
            if let Some(peer) = it.peer.filter(|peer| *peer != reader.id) {
                let seen_by_peer = ConversationId::C2c(reader.user_id.clone());
                entries.push(Entry::Event(
                    peer,
                    AccountChange::PeerRead(mark(seen_by_peer, it)),
                ));
            }
        }
        entries
    });
    let committed = store.mark_all_read(account, scope, tell).await?;
    Ok(Outcome::of((), committed.value.entered, committed.turn))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};
    use hongyan_protocol::id::Sequence;

    use super::*;
    use crate::message::send::Recipient;
    use crate::testing::{NOW, World, c2c, changes, draft};

    /// Contract C5.
    #[tokio::test]
    async fn a_scope_is_read_at_once_and_the_account_and_each_peer_hear_of_it() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[&bob])
            .await;
        let group = ConversationId::Group(id.clone());
        let standing = world.standing(&id, &alice).await;
        world
            .send(&alice, Recipient::Group(standing), draft(1))
            .await
            .unwrap();
        world.say(&alice, &bob, 2).await.unwrap();
        world.say(&bob, &bob, 3).await.unwrap();
        let read = async |scope| mark_all_read(&world.store, &bob, scope, NOW).await.unwrap();

        let one = read(ReadScope::Groups).await;
        assert_eq!(
            changes(&one.events).len(),
            1,
            "a group's other members hear nothing"
        );
        assert_eq!(world.unread(&bob, &group).await, 0);
        assert_eq!(world.unread(&bob, &c2c(&alice)).await, 1);

        let other = read(ReadScope::C2c).await;
        let mark = |conversation| ReadMark {
            conversation,
            sequence: Sequence(1),
            time: NOW,
        };
        let heard = changes(&other.events);
        let AccountChange::AllRead(marks) = &heard[0].1 else {
            panic!("{heard:?}");
        };
        assert_eq!(heard[0].0, bob.id);
        assert!(marks.contains(&mark(c2c(&alice))) && marks.contains(&mark(c2c(&bob))));
        assert_eq!(
            heard[1..],
            [(alice.id, AccountChange::PeerRead(mark(c2c(&bob))))],
            "who talks to himself is no peer"
        );
        assert_eq!(world.unread(&bob, &c2c(&alice)).await, 0);
        let rest = changes(&read(ReadScope::Unspecified).await.events);
        let [(_, AccountChange::AllRead(marks))] = &rest[..] else {
            panic!("{rest:?}");
        };
        assert_eq!(*marks, [mark(ConversationId::System)], "the notice of the group");
        assert!(read(ReadScope::Unspecified).await.events.is_empty());
    }

    #[tokio::test]
    async fn many_conversations_take_several_events_of_bounded_size() {
        let world = World::new().await;
        let bob = world.account("bob").await;
        let count = limits::READ_MARKS_MAX + 5;
        for number in 0..count {
            let other = world.account(&format!("other-{number}")).await;
            world.say(&other, &bob, 1).await.unwrap();
        }
        let done = mark_all_read(&world.store, &bob, ReadScope::Unspecified, NOW)
            .await
            .unwrap();
        let own = changes(&done.events);
        let sizes: Vec<usize> = own
            .iter()
            .filter(|it| it.0 == bob.id)
            .map(|it| match &it.1 {
                AccountChange::AllRead(marks) => marks.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sizes, [limits::READ_MARKS_MAX, 5]);
    }
}
