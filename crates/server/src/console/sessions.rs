//! Who is signed in to the console.
//!
//! **Comes in:** tokens of cookies, and the time. **Goes out:** whether one counts. **Never here:** tokens themselves are
//! not kept, only their hashes; all are forgotten when the server stops.

use std::collections::HashMap;

use hongyan_protocol::id::Timestamp;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

/// A session that is not used ends after this.
const IDLE_MS_MAX: u64 = 12 * 3600 * 1000;
/// Sessions at once; one more ends the one that was not used for longest.
const SESSIONS_MAX: usize = 100;

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Timestamp>>);

impl Sessions {
    /// Begins one under a fresh token.
    pub(crate) fn begin(&self, token: &str, now: Timestamp) {
        let mut sessions = self.0.lock();
        sessions.retain(|_, used| now.ms_since(*used) < IDLE_MS_MAX);
        if sessions.len() >= SESSIONS_MAX {
            let oldest = sessions.iter().min_by_key(|(_, used)| **used);
            if let Some(hash) = oldest.map(|(hash, _)| *hash) {
                sessions.remove(&hash);
            }
        }
        sessions.insert(hash(token), now);
    }

    /// Whether a token counts; it is used by this.
    pub(super) fn is_current(&self, token: &str, now: Timestamp) -> bool {
        let mut sessions = self.0.lock();
        match sessions.get_mut(&hash(token)) {
            Some(used) if now.ms_since(*used) < IDLE_MS_MAX => {
                *used = now;
                true
            }
            _ => false,
        }
    }

    /// Ends one.
    pub(super) fn end(&self, token: &str) {
        self.0.lock().remove(&hash(token));
    }

    /// Ends all but one.
    pub(super) fn end_others(&self, token: &str) {
        let kept = hash(token);
        self.0.lock().retain(|hash, _| *hash == kept);
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_counts_until_it_is_idle_for_twelve_hours_or_ended() {
        let sessions = Sessions::default();
        let now = Timestamp(1_000_000);
        sessions.begin("a", now);
        sessions.begin("b", now);
        assert!(!sessions.is_current("c", now));
        let later = now.plus_ms(IDLE_MS_MAX - 1);
        assert!(sessions.is_current("a", later));
        assert!(sessions.is_current("a", later.plus_ms(IDLE_MS_MAX - 1)));
        assert!(!sessions.is_current("b", later.plus_ms(1)));
        sessions.begin("d", now);
        sessions.end_others("a");
        assert!(!sessions.is_current("d", now));
        sessions.end("a");
        assert!(!sessions.is_current("a", later));
    }

    #[test]
    fn the_hundred_and_first_session_ends_the_oldest() {
        let sessions = Sessions::default();
        for number in 0..=100 {
            sessions.begin(&number.to_string(), Timestamp(number));
        }
        assert!(!sessions.is_current("0", Timestamp(100)));
        assert!(sessions.is_current("1", Timestamp(100)));
        assert!(sessions.is_current("100", Timestamp(100)));
    }
}
