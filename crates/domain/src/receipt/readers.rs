//! Who has read an own message in a group, and who has not.

use hongyan_protocol::id::{Account, ConversationId, Sequence, UserId};
use hongyan_protocol::limits;
use hongyan_storage::Store;

use super::{Place, ReceiptError, Rules, check};

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Who.
    pub users: Vec<UserId>,
    /// Where the next page begins; empty when there is none.
    pub cursor: String,
}

/// Those who have read the message or, when `unread`, those who may see it and have not. A larger page than allowed is
/// cut; a cursor that no page gave begins anew.
#[expect(clippy::too_many_arguments, reason = "the question has so many parts")]
pub async fn list(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    place: Place,
    rules: Rules,
    sequence: Sequence,
    unread: bool,
    cursor: &str,
    count: usize,
) -> Result<Page, ReceiptError> {
    check(&place, rules)?;
    let after = cursor.parse().unwrap_or(0);
    let count = count.clamp(1, limits::READERS_PAGE_MAX);
    let page = store
        .list_readers(account, conversation, sequence, unread, after, count)
        .await?
        .ok_or(ReceiptError::Missing)?;
    Ok(Page {
        users: page.users,
        cursor: page.next.map(|it| it.to_string()).unwrap_or_default(),
    })
}
