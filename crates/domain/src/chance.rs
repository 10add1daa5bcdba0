//! Chance as an argument: numbers that follow from a seed, so that whoever gives the seed owns them.

use hongyan_protocol::id::AccountId;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::message::MessageKey;

/// A row of numbers from a seed (splitmix64). Good for ids, not for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The row that follows from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// The key of a message that the server makes itself.
    pub const fn server_key(&mut self, now: Timestamp) -> MessageKey {
        MessageKey {
            account: AccountId(0),
            client_time_s: now.seconds() as u32,
            random: self.next_u64() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_row_and_another_seed_another() {
        let row = |seed| {
            let mut chance = Chance::new(seed);
            [chance.next_u64(), chance.next_u64(), chance.next_u64()]
        };
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
        assert_ne!(row(7)[0], row(7)[1]);
    }
}
