//! Merged messages that are too large for the message around them: kept part by part, read by who knows the key.

use bytes::Bytes;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, Timestamp};
use hongyan_protocol::{Malformed, limits, merger};
use hongyan_storage::model::MergedPart;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Why not.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum MergedError {
    #[error("the key of the merged message is not valid")]
    KeyInvalid,
    #[error("a merger has 1 to 128 parts of at most 48 KB")]
    PartInvalid,
    #[error("the merged messages could not be kept or read")]
    Store(#[from] StoreError),
}

impl Refusal for MergedError {
    fn code(&self) -> Code {
        match self {
            Self::KeyInvalid => Code::MERGER_KEY_INVALID,
            Self::PartInvalid => Code::REQUEST_MALFORMED,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// A part from outside.
pub fn parse(key: &[u8], part: u32, parts: u32, content: Bytes) -> Result<MergedPart, Malformed> {
    let key = key
        .try_into()
        .map_err(|_| Malformed::new(Code::MERGER_KEY_INVALID, "the key is not 16 bytes"))?;
    let is_good = (1..=limits::MERGED_PARTS_MAX).contains(&parts)
        && part < parts
        && content.len() <= limits::MERGED_PART_BYTES_MAX;
    if !is_good {
        return Err(Malformed::new(
            Code::REQUEST_MALFORMED,
            "a merger has 1 to 128 parts of at most 48 KB",
        ));
    }
    merger::check_part(&content)?;
    Ok(MergedPart {
        key,
        part,
        parts,
        content,
    })
}

/// Keeps a part. A resend changes nothing.
pub async fn put(
    store: &dyn Store,
    account: &Account,
    part: MergedPart,
    now: Timestamp,
) -> Result<(), MergedError> {
    match store.put_merged(account.id, part, now).await? {
        true => Ok(()),
        false => Err(MergedError::KeyInvalid),
    }
}

/// All of them, for whoever knows the key: it is in a message.
pub async fn find(store: &dyn Store, account: &Account, key: &[u8]) -> Result<Bytes, MergedError> {
    let key = key.try_into().map_err(|_| MergedError::KeyInvalid)?;
    let found = store.find_merged(account.app, key).await?;
    found.map(Bytes::from).ok_or(MergedError::KeyInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, World};

    #[tokio::test]
    async fn parts_are_kept_once_by_their_owner_and_read_by_who_knows_the_key() {
        let world = World::new().await;
        let (alice, bob) = (world.account("alice").await, world.account("bob").await);
        let part = |part, content: &'static [u8]| MergedPart {
            key: [7; 16],
            part,
            parts: 2,
            content: Bytes::from_static(content),
        };
        put(&world.store, &alice, part(0, b"one"), NOW).await.unwrap();
        let early = find(&world.store, &bob, &[7; 16]).await.unwrap_err();
        assert_eq!(early.code(), Code::MERGER_KEY_INVALID);
        put(&world.store, &alice, part(1, b"two"), NOW).await.unwrap();
        put(&world.store, &alice, part(0, b"again"), NOW).await.unwrap();
        let stranger = put(&world.store, &bob, part(1, b"forged"), NOW)
            .await
            .unwrap_err();
        assert_eq!(stranger.code(), Code::MERGER_KEY_INVALID);
        assert_eq!(find(&world.store, &bob, &[7; 16]).await.unwrap(), &b"onetwo"[..]);
        for (key, at, parts) in [(15, 0, 1), (16, 1, 1), (16, 0, 0), (16, 0, 129)] {
            assert!(parse(&vec![1; key], at, parts, Bytes::new()).is_err());
        }
        let long = Bytes::from(vec![0; limits::MERGED_PART_BYTES_MAX + 1]);
        assert!(parse(&[1; 16], 0, 1, long).is_err());
    }
}
