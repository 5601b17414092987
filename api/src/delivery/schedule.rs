//! When a delivery that failed is tried again.

use std::time::Duration;

/// When a delivery that failed is tried again: after `first`, then after twice as long each time, at most after `cap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Until the second attempt.
    pub first: Duration,
    /// The longest time between two attempts.
    pub cap: Duration,
    /// How many attempts there are. After the last one the delivery is dead until a person has it tried again.
    pub attempts: u32,
}

/// Two seconds, four, …, then each hour: about a day.
impl Default for Schedule {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            cap: Duration::from_hours(1),
            attempts: 36,
        }
    }
}

impl Schedule {
    /// How long to wait after this many attempts, in milliseconds; nothing where there is no further attempt. What the
    /// receiver asks for counts where it is longer, up to the cap.
    pub fn wait_ms(&self, attempts: i64, retry_after: Option<Duration>) -> Option<i64> {
        if attempts >= i64::from(self.attempts) {
            return None;
        }
        let doublings = u32::try_from(attempts.max(1) - 1).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        let ours = self.first.saturating_mul(factor).min(self.cap);
        let wait = retry_after.map_or(ours, |theirs| theirs.min(self.cap).max(ours));
        Some(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Schedule;

    #[test]
    fn waits_double_up_to_the_cap_and_end_after_about_a_day() {
        let schedule = Schedule::default();
        let waits: Vec<i64> = (1..36)
            .map(|attempts| schedule.wait_ms(attempts, None).unwrap())
            .collect();
        assert_eq!(&waits[..4], &[2_000, 4_000, 8_000, 16_000]);
        assert_eq!(waits[10], 2_048_000);
        assert!(waits[11..].iter().all(|wait| *wait == 3_600_000));
        assert_eq!(schedule.wait_ms(36, None), None);
        // 4094 s of doubling and 24 hours.
        assert_eq!(waits.iter().sum::<i64>(), 4_094_000 + 24 * 3_600_000);
    }

    #[test]
    fn a_receiver_may_ask_for_longer_but_not_for_longer_than_the_cap() {
        let schedule = Schedule::default();
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(schedule.wait_ms(1, asked(30)), Some(30_000));
        assert_eq!(schedule.wait_ms(1, asked(1)), Some(2_000));
        assert_eq!(schedule.wait_ms(1, asked(1_000_000)), Some(3_600_000));
        assert_eq!(schedule.wait_ms(i64::from(u32::MAX) + 5, None), None);
    }
}
