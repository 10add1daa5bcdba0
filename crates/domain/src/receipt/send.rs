//! Saying that messages of others were read, so that their senders hear of it.

use hongyan_protocol::change::AccountChange;
use hongyan_protocol::id::{Account, ConversationId, Sequence, Timestamp};
use hongyan_protocol::receipt::Receipts;
use hongyan_storage::Store;
use hongyan_storage::model::{Entry, ReceiptsPut};

use super::{Place, ReceiptError, Rules, by_sender, check, check_count, seen_by_sender};
use crate::event::Outcome;

/// Gives receipts for those of the messages that want one and have none of this account. Each sender hears of its own.
pub async fn send(
    store: &dyn Store,
    reader: &Account,
    conversation: &ConversationId,
    place: Place,
    rules: Rules,
    sequences: Vec<Sequence>,
    now: Timestamp,
) -> Result<Outcome<()>, ReceiptError> {
    check_count(sequences.len())?;
    check(&place, rules)?;
    let seen = seen_by_sender(conversation, &reader.user_id);
    let tell = Box::new(move |put: &ReceiptsPut| {
        let told = by_sender(put.given.iter().copied()).into_iter();
        told.map(|(sender, receipts)| {
            let conversation = seen.clone();
            Entry::Event(
                sender,
                AccountChange::Receipts(Receipts {
                    conversation,
                    receipts,
                }),
            )
        })
        .collect()
    });
    let put = store
        .put_receipts(reader, conversation, sequences, now, tell)
        .await?;
    let committed = put.ok_or(ReceiptError::Missing)?;
    if committed.value.done.wanted == 0 {
        return Err(ReceiptError::Missing);
    }
    Ok(Outcome::of((), committed.value.entered, committed.turn))
}
