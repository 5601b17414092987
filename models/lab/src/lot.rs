//! Lots: a keyed hash that chooses, the same every time and whatever the order.

/// The lot of an account's score point. `purpose` keeps draws for different ends independent.
pub fn lot(purpose: &'static str, seed: u64, account: u128, sequence: u64) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key(purpose);
    hasher.update(&seed.to_le_bytes());
    hasher.update(&account.to_le_bytes());
    hasher.update(&sequence.to_le_bytes());
    hasher.finalize().as_bytes()[..8]
        .try_into()
        .map_or(0, u64::from_le_bytes)
}
