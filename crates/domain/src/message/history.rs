//! Reading a timeline again: pages of its messages, and what changed after a version.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, ConversationId, Sequence, Timestamp, Version};
use hongyan_protocol::limits;
use hongyan_protocol::message::Message;
use hongyan_protocol::receipt::Receipt;
use hongyan_storage::model::Changes;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// A page of history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Ascending.
    pub messages: Vec<Message>,
    /// There is nothing older that the account may see.
    pub complete: bool,
    /// Of own messages among them that want receipts.
    pub receipts: Vec<Receipt>,
}

impl Page {
    /// That of somebody who has no such conversation.
    fn nothing_yet(conversation: &ConversationId) -> Result<Self, HistoryError> {
        may_begin(conversation)?;
        Ok(Self {
            complete: true,
            ..Self::default()
        })
    }
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum HistoryError {
    #[error("only members read a group's messages")]
    NotAMember,
    #[error("the messages could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for HistoryError {
    fn code(&self) -> Code {
        match self {
            Self::NotAMember => Code::GROUP_FORBIDDEN,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// The newest messages before a sequence (0: the newest of all). A larger page than allowed is cut. Receipts are told
/// where there are some (see [`crate::receipt::check`]). What is older than `since` has expired.
pub async fn list_messages(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    before: Sequence,
    count: usize,
    has_receipts: bool,
    since: Timestamp,
) -> Result<Page, HistoryError> {
    let Some(readable) = store.find_readable(account, conversation).await? else {
        return Page::nothing_yet(conversation);
    };
    let count = count.clamp(1, limits::MESSAGES_PAGE_MAX);
    let messages = store.list_messages(readable, before, count).await?;
    let first = readable.first.max(Sequence(1));
    let complete = messages.len() < count || messages.first().is_none_or(|it| it.sequence <= first);
    let (messages, complete) = kept(messages, complete, since, true);
    page(store, account, conversation, messages, complete, has_receipts).await
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopFrom {
    /// At the end that the direction comes from.
    End,
    /// At a message.
    Sequence(Sequence),
    /// At a moment.
    Time(Timestamp),
    /// At the message next to a moment whose sequence has these lowest [`NEAR_BITS`] bits.
    Near(Timestamp, u64),
}

/// As many bits of a sequence as name a message among those of about one time.
pub const NEAR_BITS: u32 = 20;

/// Which way a page goes from where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To what was said before.
    Older,
    /// To what was said after.
    Newer,
}

/// Messages from any place on, which is the first of them; ascending whatever the direction. Otherwise as
/// [`list_messages`].
#[expect(clippy::too_many_arguments, reason = "the question has so many parts")]
pub async fn hop(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    from: HopFrom,
    direction: Direction,
    count: usize,
    has_receipts: bool,
    since: Timestamp,
) -> Result<Page, HistoryError> {
    let Some(readable) = store.find_readable(account, conversation).await? else {
        return Page::nothing_yet(conversation);
    };
    let at = match from {
        HopFrom::End => None,
        HopFrom::Sequence(sequence) => Some(sequence),
        HopFrom::Time(time) => {
            let first = store.find_sequence_at(readable, time).await?;
            Some(match direction {
                Direction::Newer => first,
                // The moment itself is still meant, and what comes after it is not.
                Direction::Older => {
                    let after = store.find_sequence_at(readable, time.plus_ms(1)).await?;
                    Sequence(after.0.saturating_sub(1))
                }
            })
        }
        HopFrom::Near(time, bits) => {
            let near = store.find_sequence_at(readable, time).await?;
            Some(nearest(near, bits))
        }
    };
    let count = count.clamp(1, limits::MESSAGES_PAGE_MAX);
    // One more, to know whether there is more.
    let mut messages = match (direction, at) {
        (Direction::Newer, at) => {
            let from = at.unwrap_or_default();
            store.list_messages_from(readable, from, count + 1).await?
        }
        // Before the first message there is none; 0 would mean the newest.
        (Direction::Older, Some(Sequence(0))) => Vec::new(),
        (Direction::Older, at) => {
            let before = at.map_or(Sequence(0), |it| Sequence(it.0.saturating_add(1)));
            store.list_messages(readable, before, count + 1).await?
        }
    };
    let complete = messages.len() <= count;
    match direction {
        Direction::Newer => messages.truncate(count),
        Direction::Older => {
            messages.drain(..messages.len().saturating_sub(count));
        }
    }
    let is_older = direction == Direction::Older;
    let (messages, complete) = kept(messages, complete, since, is_older);
    page(store, account, conversation, messages, complete, has_receipts).await
}

/// The sequence next to one whose lowest bits are these.
fn nearest(near: Sequence, bits: u64) -> Sequence {
    let step = 1_u64 << NEAR_BITS;
    let below = (near.0 & !(step - 1)) | (bits & (step - 1));
    [below.checked_sub(step), Some(below), below.checked_add(step)]
        .into_iter()
        .flatten()
        .min_by_key(|it| it.abs_diff(near.0))
        .map_or(near, Sequence)
}

/// Without those that have expired and are not hidden yet; before them there is nothing to be read.
fn kept(
    mut messages: Vec<Message>,
    complete: bool,
    since: Timestamp,
    is_older: bool,
) -> (Vec<Message>, bool) {
    let count = messages.len();
    messages.retain(|it| it.time >= since);
    let is_end = is_older && messages.len() < count;
    (messages, complete || is_end)
}

/// A page with what belongs to its messages.
async fn page(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    messages: Vec<Message>,
    complete: bool,
    has_receipts: bool,
) -> Result<Page, HistoryError> {
    let wanting = messages
        .iter()
        .filter(|it| it.flags.need_read_receipt && it.key.account == account.id && has_receipts);
    let wanting: Vec<Sequence> = wanting.map(|it| it.sequence).collect();
    let receipts = match wanting.is_empty() {
        true => Vec::new(),
        false => store
            .list_receipts(account, conversation, &wanting)
            .await?
            .unwrap_or_default(),
    };
    Ok(Page {
        messages,
        complete,
        receipts,
    })
}

/// What changed after a version, for a reader whose newest message is `sequence` (contract C4).
pub async fn list_changes(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    version: Version,
    sequence: Sequence,
) -> Result<Changes, HistoryError> {
    let Some(readable) = store.find_readable(account, conversation).await? else {
        may_begin(conversation)?;
        return Ok(Changes {
            changes: Vec::new(),
            version: Version(0),
            complete: true,
            too_far: false,
        });
    };
    Ok(store
        .list_changes(readable, version, sequence, limits::CHANGES_PAGE_MAX)
        .await?)
}

/// With a user there may be messages tomorrow, so there are none today; a group that one is not in is closed.
const fn may_begin(conversation: &ConversationId) -> Result<(), HistoryError> {
    match conversation {
        ConversationId::C2c(_) | ConversationId::System => Ok(()),
        ConversationId::Group(_) => Err(HistoryError::NotAMember),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::group::{GroupType, JoinOption};

    use super::*;
    use crate::testing::{NOW, World, c2c};

    /// Contract C3.
    #[tokio::test]
    async fn pages_go_back_in_one_order_until_nothing_older_is_there() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        for random in 1..=5 {
            world.say(&alice, &bob, random).await.unwrap();
        }
        let page = async |before, count| {
            let page = list_messages(
                &world.store,
                &bob,
                &c2c(&alice),
                Sequence(before),
                count,
                true,
                Timestamp(0),
            )
            .await
            .unwrap();
            let sequences: Vec<u64> = page.messages.iter().map(|it| it.sequence.0).collect();
            (sequences, page.complete)
        };
        assert_eq!(page(0, 2).await, (vec![4, 5], false));
        assert_eq!(page(4, 2).await, (vec![2, 3], false));
        assert_eq!(page(2, 2).await, (vec![1], true));
        assert_eq!(page(0, 5).await, (vec![1, 2, 3, 4, 5], true));
        assert_eq!(
            page(0, 0).await,
            (vec![5], false),
            "a page of nothing is one of one"
        );
        assert_eq!(page(0, 1000).await.0.len(), 5);
    }

    #[tokio::test]
    async fn with_a_stranger_there_is_no_history_and_a_foreign_group_shows_none() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let page = list_messages(
            &world.store,
            &alice,
            &c2c(&bob),
            Sequence(0),
            10,
            true,
            Timestamp(0),
        )
        .await
        .unwrap();
        assert!(page.messages.is_empty() && page.complete);
        let id = world
            .group(GroupType::Work, JoinOption::Unspecified, &alice, &[])
            .await;
        let group = ConversationId::Group(id);
        let error = list_messages(&world.store, &bob, &group, Sequence(0), 10, true, Timestamp(0))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::GROUP_FORBIDDEN);
        let error = list_changes(&world.store, &bob, &group, Version(0), Sequence(0))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::GROUP_FORBIDDEN);
    }

    /// Contract C4.
    #[tokio::test]
    async fn what_changed_after_a_version_brings_a_reader_up_to_date() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let first = world.say(&alice, &bob, 1).await.unwrap().answer;
        let second = world.say(&alice, &bob, 2).await.unwrap().answer;
        let changes = list_changes(&world.store, &bob, &c2c(&alice), first.version, first.sequence).await;
        let changes = changes.unwrap();
        assert_eq!(changes.version, second.version);
        assert!(changes.complete && !changes.too_far);
        let sequences: Vec<Sequence> = changes.changes.iter().map(|it| it.message.sequence).collect();
        assert_eq!(sequences, [second.sequence]);
    }

    #[tokio::test]
    async fn one_may_hop_to_any_message_or_moment_and_read_on_both_ways() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        // Three a second, from second 1 on.
        for random in 1..=30_u64 {
            let now = NOW.plus_ms(1000 * random.div_ceil(3));
            world.say_at(&alice, &bob, random as u32, now).await.unwrap();
        }
        let hop = async |from, direction, count| {
            let page = hop(
                &world.store,
                &bob,
                &c2c(&alice),
                from,
                direction,
                count,
                true,
                Timestamp(0),
            )
            .await
            .unwrap();
            let sequences: Vec<u64> = page.messages.iter().map(|it| it.sequence.0).collect();
            (sequences, page.complete)
        };
        let (older, newer) = (Direction::Older, Direction::Newer);
        let sequence = |it| HopFrom::Sequence(Sequence(it));
        let second = |it: u64| HopFrom::Time(NOW.plus_ms(1000 * it));
        assert_eq!(hop(sequence(10), older, 4).await, (vec![7, 8, 9, 10], false));
        assert_eq!(hop(sequence(10), newer, 4).await, (vec![10, 11, 12, 13], false));
        assert_eq!(hop(sequence(3), older, 4).await, (vec![1, 2, 3], true));
        assert_eq!(hop(sequence(27), newer, 4).await, (vec![27, 28, 29, 30], true));
        assert_eq!(hop(sequence(99), newer, 4).await, (vec![], true));
        assert_eq!(hop(sequence(0), older, 4).await, (vec![], true));
        assert_eq!(hop(sequence(u64::MAX), older, 2).await, (vec![29, 30], false));
        assert_eq!(hop(HopFrom::End, older, 2).await, (vec![29, 30], false));
        assert_eq!(hop(HopFrom::End, newer, 2).await, (vec![1, 2], false));
        assert_eq!(hop(second(2), older, 4).await, (vec![3, 4, 5, 6], false));
        assert_eq!(hop(second(2), newer, 4).await, (vec![4, 5, 6, 7], false));
        assert_eq!(hop(second(0), older, 4).await, (vec![], true));
        assert_eq!(hop(second(99), newer, 4).await, (vec![], true));
        assert_eq!(hop(second(99), older, 2).await, (vec![29, 30], false));
        let near = |it: u64, bits| HopFrom::Near(NOW.plus_ms(1000 * it), bits);
        assert_eq!(
            hop(near(2, 5), newer, 2).await,
            (vec![5, 6], false),
            "within the second"
        );
        assert_eq!(hop(near(2, 3), older, 2).await, (vec![2, 3], false));
    }

    #[test]
    fn the_lowest_bits_name_the_nearest_sequence() {
        let step = 1 << NEAR_BITS;
        for sequence in [
            1_u64,
            2,
            700,
            step - 1,
            step,
            step + 1,
            5 * step - 1,
            5 * step + 3,
        ] {
            for near in [sequence, sequence + 400_000, sequence.saturating_sub(400_000)] {
                assert_eq!(nearest(Sequence(near), sequence & (step - 1)), Sequence(sequence));
            }
        }
        assert!(nearest(Sequence(u64::MAX), u64::MAX).0 > 0);
    }
}
