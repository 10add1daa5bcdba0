//! How fast a session may ask.
//!
//! **Comes in:** the time of a request. **Goes out:** whether it is taken, refused, or one too many. **Never here:** the
//! clock.

use tokio::time::Instant;

/// A bucket that fills with time; a request takes one out.
#[derive(Debug)]
pub(crate) struct Rate {
    per_s: u32,
    burst: u32,
    /// Thousandths of a request.
    millis: u64,
    filled: Instant,
    /// Refusals in a row.
    refused: u32,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is worked on.
    Taken,
    /// It is answered with 60018.
    Refused,
    /// Its session is closed: it does not listen to refusals.
    Abuse,
}

impl Rate {
    pub(crate) fn new(per_s: u32, burst: u32, now: Instant) -> Self {
        Self {
            per_s,
            burst,
            millis: u64::from(burst) * 1000,
            filled: now,
            refused: 0,
        }
    }

    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        let ms = u64::try_from(now.duration_since(self.filled).as_millis()).unwrap_or(u64::MAX);
        if ms > 0 {
            let gained = ms.saturating_mul(u64::from(self.per_s));
            self.millis = self
                .millis
                .saturating_add(gained)
                .min(u64::from(self.burst) * 1000);
            self.filled = now;
        }
        match self.millis.checked_sub(1000) {
            Some(left) => {
                self.millis = left;
                self.refused = 0;
                Admission::Taken
            }
            None => {
                self.refused += 1;
                if self.refused > self.burst {
                    Admission::Abuse
                } else {
                    Admission::Refused
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_taken_then_the_rate_then_abuse_is_seen() {
        let start = Instant::now();
        let mut rate = Rate::new(10, 3, start);
        for _ in 0..3 {
            assert_eq!(rate.admit(start), Admission::Taken);
        }
        assert_eq!(rate.admit(start), Admission::Refused);
        let later = start + Duration::from_millis(100);
        assert_eq!(rate.admit(later), Admission::Taken);
        for _ in 0..3 {
            assert_eq!(rate.admit(later), Admission::Refused);
        }
        assert_eq!(rate.admit(later), Admission::Abuse);
        let much_later = start + Duration::from_secs(3600);
        for _ in 0..3 {
            assert_eq!(rate.admit(much_later), Admission::Taken);
        }
        assert_eq!(rate.admit(much_later), Admission::Refused);
    }
}
