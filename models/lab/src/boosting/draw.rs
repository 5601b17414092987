//! Lots: which rows and features a tree sees, from the seed alone.

/// A 64-bit mix of the seed and two numbers (SplitMix64's finaliser, Steele, Lea, Flood 2014).
fn mix(seed: u64, first: u64, second: u64) -> u64 {
    let mut z = seed
        ^ first.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ second.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Whether a share's lot falls on this number.
pub fn is_drawn(seed: u64, first: u64, second: u64, share: f64) -> bool {
    ((mix(seed, first, second) >> 11) as f64 / (1_u64 << 53) as f64) < share
}

/// This share of the features, at least one, in order.
pub fn features(seed: u64, number: u64, width: usize, share: f64) -> Vec<usize> {
    // Exactly so many: with few features, lots drawn one by one leave many trees with none.
    let count = ((share * width as f64).ceil() as usize).clamp(1, width.max(1));
    let mut keyed: Vec<(u64, usize)> = (0..width)
        .map(|feature| (mix(seed, number, feature as u64), feature))
        .collect();
    keyed.sort_unstable();
    keyed.truncate(count);
    let mut features: Vec<usize> = keyed.into_iter().map(|(_, feature)| feature).collect();
    features.sort_unstable();
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_is_drawn_about_as_often_as_its_share_says() {
        let mut drawn = [0; 10];
        for number in 0..1_000 {
            let features = features(1, number, 10, 0.3);
            assert_eq!(features.len(), 3);
            for feature in features {
                drawn[feature] += 1;
            }
        }
        assert!(
            drawn.iter().all(|count| (240..360).contains(count)),
            "{drawn:?}"
        );
        assert_eq!(features(1, 0, 3, 0.01).len(), 1);
        assert_eq!(features(1, 0, 3, 1.0), [0, 1, 2]);
    }

    #[test]
    fn rows_are_drawn_by_their_share() {
        let count = (0..10_000).filter(|row| is_drawn(7, 2, *row, 0.8)).count();
        assert!((7_800..8_200).contains(&count), "{count}");
    }
}
