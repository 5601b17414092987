//! Stage 0: what an account is linked to.

use crate::state::flat::flat_state;
use crate::state::table::EntityState;
use crate::time::DAY;

/// A value of a one-byte field that is unknown.
pub const UNKNOWN: u8 = u8::MAX;

flat_state! {
    /// An account's links: its last devices and networks, range, country, age band and recent reporters. Zero is none.
    Links {
        /// The latest event time.
        last_at: i64,
        /// The last devices, newest first.
        devices: [u128; 3],
        /// The last networks, newest first.
        networks: [u128; 3],
        /// The number range.
        range: u128,
        /// The last accounts that reported it and were not judged since, newest first.
        reporters: [u128; 6],
        /// The last country, as an index, or unknown.
        country: u8,
        /// The age band, as an index, or unknown.
        age_band: u8,
        /// When the account was registered, or the smallest number.
        registered_at: i64,
        /// 1 while the account stands banned or suspended.
        banned: u8,
    }
}

impl EntityState for Links {
    const PERIOD: i64 = 180 * DAY;

    fn empty() -> Self {
        Self {
            last_at: i64::MIN,
            devices: [0; 3],
            networks: [0; 3],
            range: 0,
            reporters: [0; 6],
            country: UNKNOWN,
            age_band: UNKNOWN,
            registered_at: i64::MIN,
            banned: 0,
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

/// Puts a key at the front of a short list of the most recent ones. Returns whether it was not in the list.
pub fn remember<const N: usize>(list: &mut [u128; N], key: u128) -> bool {
    let place = list.iter().position(|known| *known == key);
    let end = place.unwrap_or(N - 1);
    list.copy_within(0..end, 1);
    list[0] = key;
    place.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_recent_keys_are_remembered_newest_first() {
        let mut list = [0; 3];
        assert!(remember(&mut list, 1));
        assert!(remember(&mut list, 2));
        assert!(remember(&mut list, 3));
        assert!(!remember(&mut list, 1));
        assert_eq!(list, [1, 3, 2]);
        assert!(remember(&mut list, 4));
        assert_eq!(list, [4, 1, 3]);
        assert!(!remember(&mut list, 4));
        assert_eq!(list, [4, 1, 3]);
    }
}
