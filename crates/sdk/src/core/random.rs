//! Chance, as far as the core needs it: drawn from a seed that the driver gives.
//!
//! **Comes in:** 32 random bytes, once. **Goes out:** numbers that nobody without the seed foretells or repeats, good
//! enough for ids and jitter. **Never here:** secrets; none is made from it.

/// xoshiro256++.
#[derive(Debug)]
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(seed.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        // All zeros would stay all zeros.
        state[0] |= u64::from(state == [0; 4]);
        let mut random = Self { state };
        // A seed with few set bits takes some rounds to spread.
        for _ in 0..16 {
            random.u64();
        }
        random
    }

    pub(crate) fn u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    pub(crate) fn u32(&mut self) -> u32 {
        (self.u64() >> 32) as u32
    }

    /// Anything from 0 to and with `max`.
    pub(crate) fn up_to(&mut self, max: u64) -> u64 {
        self.u64() % (max + 1)
    }

    pub(crate) fn bytes_16(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.u64().to_be_bytes());
        bytes[8..].copy_from_slice(&self.u64().to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_seed_something_else() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            [random.u64(), random.u64()]
        };
        assert_eq!(draw([7; 32]), draw([7; 32]));
        assert_ne!(draw([7; 32]), draw([8; 32]));
        assert_ne!(draw([0; 32]), [0, 0]);
    }

    #[test]
    fn a_draw_stays_within_its_bound_and_reaches_both_ends() {
        let mut random = Random::new([1; 32]);
        let drawn: Vec<u64> = (0..200).map(|_| random.up_to(3)).collect();
        assert!(drawn.iter().all(|it| *it <= 3));
        assert!((0..=3).all(|it| drawn.contains(&it)));
    }
}
