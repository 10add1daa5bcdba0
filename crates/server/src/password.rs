//! The console's password: kept as an argon2id hash among the store's settings.
//!
//! **Comes in:** a password. **Goes out:** whether it is the one. **Never here:** who tries, and how often.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use hongyan_storage::{Store, StoreError};
use tokio::sync::Semaphore;

use crate::ids;

const SETTING: &str = "console.password";

/// A hash takes 19 MB and tens of milliseconds; more at once would be a way to bring the server down.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Whether there is one.
pub(crate) async fn is_set(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(store.find_setting(SETTING).await?.is_some())
}

/// Makes it this one.
pub(crate) async fn put(store: &dyn Store, password: String) -> Result<(), StoreError> {
    let hash = hashing(move || {
        let salt = SaltString::encode_b64(&ids::random_bytes::<16>()).ok()?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.ok().map(|it| it.to_string())
    });
    let hash = hash
        .await
        .ok_or_else(|| StoreError::Unwritable("the password could not be hashed".to_owned()))?;
    store.put_setting(SETTING, hash).await
}

/// Whether it is this one.
pub(crate) async fn is(store: &dyn Store, password: String) -> Result<bool, StoreError> {
    let Some(hash) = store.find_setting(SETTING).await? else {
        return Ok(false);
    };
    let verified = hashing(move || {
        let hash = PasswordHash::new(&hash).ok()?;
        let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
        Some(verified.is_ok())
    });
    Ok(verified.await.unwrap_or(false))
}

async fn hashing<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let _permit = HASHING.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok().flatten()
}
