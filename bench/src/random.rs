/// Random numbers, cheap rather than good: xorshift64*. Where a copy begins, the same ones follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Random(u64);

impl Random {
    /// Numbers that are others for every seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        // Spread out, since neighbouring seeds begin alike.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next one below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        u32::try_from((random * u64::from(end)) >> 32).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_drawn() {
        let mut random = Random::seeded(0);
        let mut drawn = [0_u32; 16];
        for _ in 0..16_000 {
            drawn[random.below(16) as usize] += 1;
        }
        assert!(
            drawn.iter().all(|times| (800..1200).contains(times)),
            "{drawn:?}"
        );
    }
}
