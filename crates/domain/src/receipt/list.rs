//! How far own messages were read.

use hongyan_protocol::id::{Account, ConversationId, Sequence};
use hongyan_protocol::receipt::Receipt;
use hongyan_storage::Store;

use super::{Place, ReceiptError, Rules, check, check_count};

/// Those of the messages that are the account's own and want receipts, in the order asked for.
pub async fn list(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    place: Place,
    rules: Rules,
    sequences: Vec<Sequence>,
) -> Result<Vec<Receipt>, ReceiptError> {
    check_count(sequences.len())?;
    check(&place, rules)?;
    let found = store.list_receipts(account, conversation, &sequences).await?;
    match found {
        Some(receipts) if !receipts.is_empty() => Ok(receipts),
        _ => Err(ReceiptError::Missing),
    }
}
