//! Beginning an upload: how large a file may be, and how much a day takes.
//!
//! **Comes in:** what a client wants to upload, what its app allows, and what it is uploading just now. **Goes out:** yes, or why
//! not. **Never here:** bytes.

use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileKind;
use hongyan_protocol::id::{AccountId, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::AppSettings;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

const MEGABYTE: u64 = 1024 * 1024;
const DAY_MS: u64 = 86_400_000;

/// What a client wants to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it is meant to be.
    pub kind: FileKind,
    /// How large it is.
    pub size: u64,
    /// How it is called.
    pub name: String,
}

/// Why it may not.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The app lets nobody upload.
    #[error("this app takes no files")]
    Off,
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than its kind, or the app, allows.
    #[error("the file is too large")]
    TooLarge(FileKind),
    /// Its name is.
    #[error("the file's name is too long")]
    NameTooLong,
    /// The account uploaded as much within a day as its app allows.
    #[error("the account uploaded as much within a day as it may")]
    DayFull,
    /// The store failed.
    #[error("the account's uploads could not be counted")]
    Store(#[from] StoreError),
}

impl Refusal for BeginError {
    fn code(&self) -> Code {
        match self {
            Self::Off => Code::UPLOAD_ADDRESS_MISSING,
            Self::Empty => Code::FILE_EMPTY,
            Self::TooLarge(kind) => kind.too_large(),
            Self::NameTooLong => Code::MESSAGE_TOO_LONG,
            Self::DayFull => Code::TOO_MANY_REQUESTS,
            Self::Store(error) => store_code(error, Code::MESSAGE_INTERNAL),
        }
    }
}

/// Whether the account may upload this. `running` bytes of others are on their way.
pub async fn begin(
    store: &dyn Store,
    account: AccountId,
    wish: &Wish,
    settings: &AppSettings,
    running: u64,
    now: Timestamp,
) -> Result<(), BeginError> {
    if settings.upload_mb == 0 {
        return Err(BeginError::Off);
    }
    if wish.size == 0 {
        return Err(BeginError::Empty);
    }
    if wish.size
        > wish
            .kind
            .bytes_max()
            .min(u64::from(settings.upload_mb) * MEGABYTE)
    {
        return Err(BeginError::TooLarge(wish.kind));
    }
    if wish.name.len() > limits::FILE_NAME_BYTES_MAX {
        return Err(BeginError::NameTooLong);
    }
    if settings.upload_day_mb > 0 {
        let since = Timestamp(now.0.saturating_sub(DAY_MS));
        let uploaded = store.count_file_bytes(account, since).await?;
        if uploaded + running + wish.size > u64::from(settings.upload_day_mb) * MEGABYTE {
            return Err(BeginError::DayFull);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, World};

    #[tokio::test]
    async fn sizes_names_and_the_days_share_are_limited_each_with_its_code() {
        let world = World::new().await;
        let alice = world.account("alice").await;
        let settings = AppSettings {
            upload_mb: 50,
            upload_day_mb: 60,
            ..AppSettings::default()
        };
        let ask = async |kind, size, name: &str, settings: &AppSettings, running| {
            let name = name.to_owned();
            let wish = Wish { kind, size, name };
            let begun = begin(&world.store, alice.id, &wish, settings, running, NOW).await;
            begun.map_or_else(|it| it.code(), |()| Code(0))
        };
        let off = AppSettings {
            upload_mb: 0,
            ..settings
        };
        for (kind, size, name, settings, running, code) in [
            (FileKind::Image, 20 * MEGABYTE, "a", &settings, 0, Code(0)),
            (
                FileKind::Image,
                20 * MEGABYTE + 1,
                "a",
                &settings,
                0,
                Code::IMAGE_TOO_LARGE,
            ),
            (
                FileKind::Audio,
                20 * MEGABYTE + 1,
                "a",
                &settings,
                0,
                Code::AUDIO_TOO_LARGE,
            ),
            (
                FileKind::Video,
                50 * MEGABYTE + 1,
                "a",
                &settings,
                0,
                Code::VIDEO_TOO_LARGE,
            ),
            (FileKind::File, u64::MAX, "a", &settings, 0, Code::FILE_TOO_LARGE),
            (FileKind::File, 50 * MEGABYTE, "a", &settings, 0, Code(0)),
            (FileKind::File, 0, "a", &settings, 0, Code::FILE_EMPTY),
            (FileKind::File, 1, "a", &off, 0, Code::UPLOAD_ADDRESS_MISSING),
            (
                FileKind::File,
                50 * MEGABYTE,
                "a",
                &settings,
                11 * MEGABYTE,
                Code::TOO_MANY_REQUESTS,
            ),
            (
                FileKind::File,
                1,
                &"x".repeat(513),
                &settings,
                0,
                Code::MESSAGE_TOO_LONG,
            ),
        ] {
            assert_eq!(
                ask(kind, size, name, settings, running).await,
                code,
                "{kind:?} {size}"
            );
        }
    }
}
