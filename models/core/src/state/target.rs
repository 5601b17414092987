//! Stage 1: accounts as targets of others.

use crate::facet::threat::fingerprint;
use crate::state::decay::Factors;
use crate::state::flat::flat_state;
use crate::state::links::UNKNOWN;
use crate::state::table::EntityState;
use crate::time::DAY;

flat_state! {
    /// An account as others reach it: strangers, blocks, reports.
    TargetState {
        /// The latest event time.
        last_at: i64,
        /// Messages and calls from strangers, half-life a day.
        strangers_day: f32,
        /// Messages and calls, half-life a day.
        reached_day: f32,
        /// Reports against it, half-life a week.
        reports_week: f32,
        /// Distinct reporters, by linear counting.
        reporters: u128,
        /// Distinct devices and networks of its reporters, by linear counting.
        reporter_places: u128,
        /// The owner's age band, as an index, or unknown.
        age_band: u8,
        /// Fingerprints of the last accounts that wrote to it, called it or asked it, newest first. The lowest bit tells
        /// whether that account began the conversation as a stranger. Zero is none.
        senders: [u32; SENDERS],
    }
}

/// How many senders an account remembers.
const SENDERS: usize = 24;

impl EntityState for TargetState {
    const PERIOD: i64 = 60 * DAY;

    fn empty() -> Self {
        Self {
            last_at: i64::MIN,
            strangers_day: 0.0,
            reached_day: 0.0,
            reports_week: 0.0,
            reporters: 0,
            reporter_places: 0,
            age_band: UNKNOWN,
            senders: [0; SENDERS],
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

impl TargetState {
    /// Remembers a sender. Who once began as a stranger stays one.
    pub fn note_sender(&mut self, sender: u128, began_as_stranger: bool) {
        let key = fingerprint(sender) | 1;
        let place = self.senders.iter().position(|known| known | 1 == key);
        let stranger = began_as_stranger || place.is_some_and(|place| self.senders[place] & 1 == 1);
        let end = place.unwrap_or(SENDERS - 1);
        self.senders.copy_within(0..end, 1);
        self.senders[0] = if stranger { key } else { key & !1 };
    }

    /// What is known of a contact from this sender: none is remembered, or whether it began as a stranger.
    pub fn sender(&self, sender: u128) -> Option<bool> {
        let key = fingerprint(sender) | 1;
        let found = self.senders.iter().find(|known| **known | 1 == key)?;
        Some(found & 1 == 1)
    }

    /// Decays the counters to `at`.
    pub fn advance(&mut self, at: i64) {
        if self.last_at != i64::MIN {
            let factors = Factors::over(at.saturating_sub(self.last_at));
            self.strangers_day *= factors.day;
            self.reached_day *= factors.day;
            self.reports_week *= factors.week;
        }
        self.last_at = self.last_at.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_senders_are_remembered_and_who_began_as_a_stranger_stays_one() {
        let mut state = TargetState::empty();
        assert_eq!(state.sender(7 << 1), None);
        state.note_sender(7 << 1, true);
        state.note_sender(9 << 1, false);
        state.note_sender(7 << 1, false);
        assert_eq!(
            (state.sender(7 << 1), state.sender(9 << 1)),
            (Some(true), Some(false))
        );
        for other in 100..100 + SENDERS as u128 {
            state.note_sender(other << 1, false);
        }
        assert_eq!(state.sender(7 << 1), None);
    }
}
