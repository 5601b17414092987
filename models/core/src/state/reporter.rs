//! Stage 1: accounts as reporters, and whether they were right.

use crate::credibility::reporter::PAST;
use crate::facet::threat::fingerprint;
use crate::state::decay::Factors;
use crate::state::flat::flat_state;
use crate::state::table::EntityState;
use crate::time::DAY;

flat_state! {
    /// A reporter's record.
    ReporterState {
        /// The latest event time.
        last_at: i64,
        /// Reports made, half-life a week.
        made_week: f32,
        /// Reports that turned out right: the account was banned or judged abusive, or a person found it so.
        right: f32,
        /// Reports that turned out wrong: the account was reinstated or judged benign, or a person found it so.
        wrong: f32,
        /// Fingerprints of the last accounts and groups reported, newest first. Zero is none.
        targets: [u32; PAST],
    }
}

impl EntityState for ReporterState {
    const PERIOD: i64 = 180 * DAY;

    fn empty() -> Self {
        Self {
            last_at: i64::MIN,
            made_week: 0.0,
            right: 0.0,
            wrong: 0.0,
            targets: [0; PAST],
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

impl ReporterState {
    /// Decays the counters to `at`.
    pub fn advance(&mut self, at: i64) {
        if self.last_at != i64::MIN {
            self.made_week *= Factors::over(at.saturating_sub(self.last_at)).week;
        }
        self.last_at = self.last_at.max(at);
    }

    /// Remembers what is reported. Returns what was reported before, without it.
    pub fn note_target(&mut self, target: u128) -> [u32; PAST] {
        let key = fingerprint(target);
        let mut before = [0; PAST];
        let others = self.targets.iter().filter(|known| **known != key);
        for (place, other) in before.iter_mut().zip(others) {
            *place = *other;
        }
        let place = self.targets.iter().position(|known| *known == key);
        self.targets.copy_within(0..place.unwrap_or(PAST - 1), 1);
        self.targets[0] = key;
        before
    }

    /// The mean of the posterior that this reporter is right: Beta(1 + right, 1 + wrong).
    pub fn precision(&self) -> f32 {
        (1.0 + self.right) / (2.0 + self.right + self.wrong)
    }
}
