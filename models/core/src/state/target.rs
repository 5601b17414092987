//! Stage 1: accounts as targets of others.

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
    }
}

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
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

impl TargetState {
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
