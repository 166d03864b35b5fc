//! Numbers that look random and are the same for the same seed on every machine and in every version.

/// SplitMix64: small, good enough for pictures, and ours, so that no update of a library changes a scene.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream that depends on this one's seed and `label` only, not on what was drawn before or elsewhere.
    pub fn of(seed: u64, label: &str) -> Self {
        // FNV-1a
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut mixed = Self::new(seed ^ hash.rotate_left(17));
        Self::new(mixed.bits() ^ hash)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        // 53 bits are what an f64 holds exactly
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `low` to below `high`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// From 0 to below `count`; 0 when `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        // f64 is exact for every count that occurs
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// 1 or −1.
    pub fn sign(&mut self) -> f64 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// Normally distributed, mean 0 and deviation 1.
    pub fn gauss(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One of several; none of none.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_its_numbers_for_ever() {
        // SplitMix64's published first values for the seed 0
        let mut zero = Random::new(0);
        assert_eq!(zero.bits(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(zero.bits(), 0x6e78_9e6a_a1b9_65f4);
        assert_ne!(Random::of(1, "a").bits(), Random::of(1, "b").bits());
        assert_ne!(Random::of(1, "a").bits(), Random::of(2, "a").bits());
        assert_eq!(Random::of(7, "rain").bits(), Random::of(7, "rain").bits());
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(3);
        let drawn: Vec<f64> = (0..10_000).map(|_| random.gauss()).collect();
        let mean = drawn.iter().sum::<f64>() / 10_000.0;
        let deviation = (drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0).sqrt();
        assert!(mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05, "{mean} ± {deviation}");
        assert!((0..1000).all(|_| (2.0..3.0).contains(&random.range(2.0, 3.0)) && random.below(4) < 4));
        assert_eq!((random.below(0), random.pick::<u8>(&[])), (0, None));
    }
}
