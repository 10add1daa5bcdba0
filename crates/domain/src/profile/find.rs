//! Looking at profiles.

use hongyan_protocol::code::Code;
use hongyan_protocol::id::{SdkAppId, UserId};
use hongyan_protocol::limits;
use hongyan_protocol::profile::Profile;
use hongyan_storage::{Store, StoreError};

use crate::error::{Refusal, store_code};

/// Why they are not shown.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum FindError {
    #[error("1 to 100 users are asked for at once")]
    Count,
    #[error("the profiles could not be read")]
    Store(#[from] StoreError),
}

impl Refusal for FindError {
    fn code(&self) -> Code {
        match self {
            Self::Count => Code::PROFILE_INVALID,
            Self::Store(error) => store_code(error, Code::PROFILE_INTERNAL),
        }
    }
}

/// The profiles of those that exist, in the order asked for.
pub async fn find(store: &dyn Store, app: SdkAppId, users: &[UserId]) -> Result<Vec<Profile>, FindError> {
    if users.is_empty() || users.len() > limits::PROFILES_MAX {
        return Err(FindError::Count);
    }
    Ok(store.list_profiles(app, users).await?)
}
