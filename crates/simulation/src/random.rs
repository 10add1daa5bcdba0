//! Chance: drawn from the seed alone, so that a seed is a run.

/// SplitMix64: small, and good enough to choose what goes wrong next.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) const fn u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// From `from` to `to`, both included.
    pub(crate) const fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.u64() % (to - from + 1)
    }

    /// A place in something of that length, which must not be 0.
    pub(crate) const fn below(&mut self, length: usize) -> usize {
        (self.u64() % length as u64) as usize
    }

    /// True so often in a thousand.
    pub(crate) const fn permille(&mut self, of_thousand: u64) -> bool {
        self.u64() % 1000 < of_thousand
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        match from.len() {
            0 => None,
            length => from.get(self.below(length)),
        }
    }

    pub(crate) fn bytes_32(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&self.u64().to_le_bytes());
        }
        bytes
    }
}
