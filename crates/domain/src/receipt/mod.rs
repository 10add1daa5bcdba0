//! Receipts: messages whose sender wants to know, one by one, who has read them.

pub mod list;
pub mod readers;
pub mod send;

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{AccountId, ConversationId};
use hongyan_protocol::limits;
use hongyan_storage::StoreError;
use hongyan_storage::model::{AppSettings, ReceiptGroups};

use crate::error::{Refusal, store_code};
use crate::group::Standing;

/// Where the messages stand.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a C2C.
    C2c,
    /// In a group; `None` when there is none.
    Group(Option<Standing>),
}

/// What an app's owner set about receipts in groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Kinds of groups that have them.
    pub groups: ReceiptGroups,
    /// Members that such a group may have.
    pub members_max: u32,
}

impl From<&AppSettings> for Rules {
    fn from(settings: &AppSettings) -> Self {
        Self {
            groups: settings.receipt_groups,
            members_max: settings.receipt_members_max,
        }
    }
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum ReceiptError {
    #[error("1 to 30 messages are named at once")]
    Count,
    #[error("the group does not exist or was dissolved")]
    GroupGone,
    #[error("only members have receipts in a group")]
    NotAMember,
    #[error("groups of this kind have no receipts")]
    Kind,
    #[error("the group is too large for read receipts")]
    TooLarge,
    #[error("the message does not exist, or wants no receipt")]
    Missing,
    #[error("the receipts could not be kept or read")]
    Store(#[from] StoreError),
}

impl Refusal for ReceiptError {
    fn code(&self) -> Code {
        match self {
            Self::Count => Code::GROUP_PARAMETER,
            Self::GroupGone => Code::GROUP_GONE,
            Self::NotAMember | Self::Kind => Code::GROUP_FORBIDDEN,
            Self::TooLarge => Code::RECEIPT_GROUP_TOO_LARGE,
            Self::Missing => Code::RECEIPT_MISSING,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Whether there are receipts in a place.
pub fn check(place: &Place, rules: Rules) -> Result<(), ReceiptError> {
    let Place::Group(standing) = place else {
        return Ok(());
    };
    let standing = standing
        .as_ref()
        .filter(|it| !it.group.dismissed)
        .ok_or(ReceiptError::GroupGone)?;
    if standing.member.is_none() {
        return Err(ReceiptError::NotAMember);
    }
    if !rules.groups.has(standing.kind()) {
        return Err(ReceiptError::Kind);
    }
    if standing.group.group.member_count > rules.members_max {
        return Err(ReceiptError::TooLarge);
    }
    Ok(())
}

fn check_count(count: usize) -> Result<(), ReceiptError> {
    match (1..=limits::RECEIPTS_MAX).contains(&count) {
        true => Ok(()),
        false => Err(ReceiptError::Count),
    }
}

/// How the sender of a message names the conversation in which somebody read it.
fn seen_by_sender(conversation: &ConversationId, reader: &hongyan_protocol::id::UserId) -> ConversationId {
    match conversation {
        ConversationId::C2c(_) => ConversationId::C2c(reader.clone()),
        other => other.clone(),
    }
}

/// Groups what follows by whom it is for, in the order in which they first come.
fn by_sender<T>(given: impl IntoIterator<Item = (AccountId, T)>) -> Vec<(AccountId, Vec<T>)> {
    let mut grouped: Vec<(AccountId, Vec<T>)> = Vec::new();
    for (sender, it) in given {
        match grouped.iter_mut().find(|(known, _)| *known == sender) {
            Some((_, list)) => list.push(it),
            None => grouped.push((sender, vec![it])),
        }
    }
    grouped
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::change::AccountChange;
    use hongyan_protocol::group::{GroupType, JoinOption};
    use hongyan_protocol::id::{Account, Sequence};
    use hongyan_protocol::message::MessageFlags;
    use hongyan_protocol::receipt::Receipts;

    use super::*;
    use crate::event::Event;
    use crate::message::send::{Draft, Recipient};
    use crate::testing::{NOW, World, c2c, changes, draft, user};

    const RULES: Rules = Rules {
        groups: ReceiptGroups::ALL,
        members_max: 3,
    };

    fn wanting(random: u32) -> Draft {
        Draft {
            flags: MessageFlags {
                need_read_receipt: true,
                ..MessageFlags::default()
            },
            ..draft(random)
        }
    }

    async fn give(
        world: &World,
        reader: &Account,
        conversation: &ConversationId,
        place: Place,
        sequences: &[u64],
    ) -> Result<Vec<Event>, Code> {
        let sequences = sequences.iter().map(|it| Sequence(*it)).collect();
        let given = send::send(&world.store, reader, conversation, place, RULES, sequences, NOW).await;
        given.map(|it| it.events).map_err(|it| it.code())
    }

    fn receipts(events: &[Event]) -> Vec<(AccountId, Receipts)> {
        let changes = changes(events).into_iter();
        changes
            .map(|(account, change)| match change {
                AccountChange::Receipts(receipts) => (account, receipts),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[tokio::test]
    async fn the_sender_hears_once_of_each_reader_and_counts_add_up_to_the_members() {
        let world = World::new().await;
        let [alice, bob, carol] = [
            world.account("alice").await,
            world.account("bob").await,
            world.account("carol").await,
        ];
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[&bob, &carol])
            .await;
        let group = ConversationId::Group(id.clone());
        let place = async |who| Place::Group(world.standing(&id, who).await);
        let to = Recipient::Group(world.standing(&id, &alice).await);
        let first = world.send(&alice, to.clone(), wanting(1)).await.unwrap().answer;
        let plain = world.send(&alice, to, draft(2)).await.unwrap().answer;
        let named = [first.sequence.0, plain.sequence.0, 99];

        let heard = receipts(
            &give(&world, &bob, &group, place(&bob).await, &named)
                .await
                .unwrap(),
        );
        let [
            (
                account,
                Receipts {
                    conversation,
                    receipts: list,
                },
            ),
        ] = &heard[..]
        else {
            panic!("{heard:?}");
        };
        assert_eq!((*account, conversation), (alice.id, &group));
        assert_eq!(list.len(), 1);
        assert_eq!(
            (list[0].sequence, list[0].read_count, list[0].unread_count),
            (first.sequence, 1, 1)
        );
        assert_eq!(
            give(&world, &bob, &group, place(&bob).await, &named).await,
            Ok(Vec::new())
        );

        let readers = async |unread, cursor: &str| {
            let place = place(&alice).await;
            readers::list(
                &world.store,
                &alice,
                &group,
                place,
                RULES,
                first.sequence,
                unread,
                cursor,
                10,
            )
            .await
            .unwrap()
        };
        assert_eq!(readers(false, "").await.users, std::slice::from_ref(&bob.user_id));
        assert_eq!(
            readers(true, "").await.users,
            std::slice::from_ref(&carol.user_id)
        );
        give(&world, &carol, &group, place(&carol).await, &named)
            .await
            .unwrap();
        let listed = list::list(
            &world.store,
            &alice,
            &group,
            place(&alice).await,
            RULES,
            vec![first.sequence],
        );
        let listed = listed.await.unwrap();
        assert_eq!((listed[0].read_count, listed[0].unread_count), (2, 0));
        assert_eq!(readers(false, "").await.users.len(), 2);
        let missing = list::list(
            &world.store,
            &bob,
            &group,
            place(&bob).await,
            RULES,
            vec![first.sequence],
        );
        assert_eq!(missing.await.unwrap_err().code(), Code::RECEIPT_MISSING);
    }

    #[tokio::test]
    async fn in_a_c2c_the_peer_gives_one_receipt_and_the_sender_none() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let sent = world.send(&alice, user(&bob), wanting(1)).await.unwrap().answer;
        let named = [sent.sequence.0];
        assert_eq!(
            give(&world, &alice, &c2c(&bob), Place::C2c, &named).await,
            Err(Code::RECEIPT_MISSING)
        );
        let heard = receipts(
            &give(&world, &bob, &c2c(&alice), Place::C2c, &named)
                .await
                .unwrap(),
        );
        assert_eq!(heard[0].0, alice.id);
        assert_eq!(heard[0].1.conversation, c2c(&bob));
        let receipt = heard[0].1.receipts[0];
        assert_eq!(
            (receipt.read_count, receipt.unread_count, receipt.time),
            (1, 0, NOW)
        );
    }

    #[tokio::test]
    async fn what_has_no_receipts_says_why() {
        let world = World::new().await;
        let members = [
            world.account("a").await,
            world.account("b").await,
            world.account("c").await,
            world.account("d").await,
        ];
        let [a, b, c, d] = &members;
        let large = world
            .group(GroupType::Work, JoinOption::Unspecified, a, &[b, c, d])
            .await;
        let community = world
            .group(GroupType::Community, JoinOption::Unspecified, a, &[b])
            .await;
        let small = world
            .group(GroupType::Public, JoinOption::Unspecified, a, &[])
            .await;
        for (id, who, expected) in [
            (&large, b, Code::RECEIPT_GROUP_TOO_LARGE),
            (&community, b, Code::GROUP_FORBIDDEN),
            (&small, b, Code::GROUP_FORBIDDEN),
        ] {
            let place = Place::Group(world.standing(id, who).await);
            let conversation = ConversationId::Group((*id).clone());
            let refused = give(&world, who, &conversation, place, &[1]).await;
            assert_eq!(refused, Err(expected), "{id}");
        }
        let nowhere = give(&world, a, &c2c(b), Place::Group(None), &[1]).await;
        assert_eq!(nowhere, Err(Code::GROUP_GONE));
        for count in [0, limits::RECEIPTS_MAX + 1] {
            let named = vec![1; count];
            assert_eq!(
                give(&world, a, &c2c(b), Place::C2c, &named).await,
                Err(Code::GROUP_PARAMETER)
            );
        }
        assert_eq!(
            give(&world, a, &c2c(b), Place::C2c, &[1]).await,
            Err(Code::RECEIPT_MISSING)
        );
    }
}
