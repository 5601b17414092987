//! Distinct counts in one machine word: linear counting (Whang, Vander-Zanden, Taylor, ACM TODS 15(2), 1990).
//!
//! Each item sets one of `m` bits, chosen by its pseudonym's bits; with `z` bits still clear the estimate is `−m · ln(z/m)`.
//! A full word answers with the estimate of one clear bit: `m · ln(m)`, about 621 for 128 bits.

/// Sets the item's bit. Returns whether it was clear, which means that the item had not been seen.
pub const fn insert(word: &mut u128, bits: u64) -> bool {
    let bit = 1_u128 << (bits & 127);
    let is_new = *word & bit == 0;
    *word |= bit;
    is_new
}

/// The estimated number of distinct items.
pub fn estimate(word: u128) -> f32 {
    let clear = word.count_zeros().max(1);
    (-128.0 * libm::log(f64::from(clear) / 128.0)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_the_published_formula() {
        assert_eq!(estimate(0), 0.0);
        // 64 of 128 bits set: 128 · ln 2 = 88.72
        assert!((estimate(u128::from(u64::MAX)) - 88.722_84).abs() < 1e-3);
        // Full: 128 · ln 128 = 621.06
        assert!((estimate(u128::MAX) - 621.06).abs() < 0.01);
    }

    #[test]
    fn a_hundred_random_items_are_counted_within_a_fifth() {
        let mut word = 0;
        let mut state = 1_u64;
        for _ in 0..100 {
            // SplitMix64 (Steele, Lea, Flood 2014)
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            insert(&mut word, z ^ (z >> 31));
        }
        assert!(
            (80.0..120.0).contains(&estimate(word)),
            "{}",
            estimate(word)
        );
    }
}
