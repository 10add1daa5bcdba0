//! Messages: sent, changed, hidden, taken back, read again.

pub mod delete;
pub mod expire;
pub mod extend;
pub mod history;
pub mod merged;
pub mod modify;
pub mod revoke;
pub mod send;

use hongyan_protocol::id::{Account, ConversationId, Sequence};
use hongyan_protocol::message::Message;
use hongyan_storage::{Store, StoreError};

/// A message, as an account sees it.
async fn find(
    store: &dyn Store,
    account: &Account,
    conversation: &ConversationId,
    sequence: Sequence,
) -> Result<Option<Message>, StoreError> {
    match store.find_readable(account, conversation).await? {
        Some(readable) => store.find_visible(readable, sequence).await,
        None => Ok(None),
    }
}
