//! Stage 1: groups.

use crate::facet::threat::fingerprint;
use crate::state::decay::Factors;
use crate::state::flat::flat_state;
use crate::state::table::EntityState;
use crate::time::DAY;

flat_state! {
    /// A group, who made it, who adds to it, and who leaves it.
    GroupState {
        /// The latest event time.
        last_at: i64,
        /// The creator. Zero is unknown.
        creator: u128,
        /// The last accounts that added members, newest first.
        adders: [u128; 3],
        /// Members as far as known: at creation, plus added, minus left.
        members: f32,
        /// Members added, half-life a day.
        added_day: f32,
        /// Members that left, half-life a day.
        left_day: f32,
        /// Reports, half-life a week.
        reports_week: f32,
        /// Messages, half-life a day.
        messages_day: f32,
        /// Fingerprints of the last accounts seen in it, newest first. Zero is none.
        seen: [u32; SEEN],
    }
}

/// How many accounts a group remembers.
const SEEN: usize = 32;

impl EntityState for GroupState {
    const PERIOD: i64 = 60 * DAY;

    fn empty() -> Self {
        Self {
            last_at: i64::MIN,
            creator: 0,
            adders: [0; 3],
            members: 0.0,
            added_day: 0.0,
            left_day: 0.0,
            reports_week: 0.0,
            messages_day: 0.0,
            seen: [0; SEEN],
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

impl GroupState {
    /// Remembers that an account is in the group.
    pub fn note_seen(&mut self, account: u128) {
        let key = fingerprint(account);
        let place = self.seen.iter().position(|known| *known == key);
        self.seen.copy_within(0..place.unwrap_or(SEEN - 1), 1);
        self.seen[0] = key;
    }

    /// Whether the account was seen in the group lately.
    pub fn has_seen(&self, account: u128) -> bool {
        account != 0 && self.seen.contains(&fingerprint(account))
    }

    /// Decays the counters to `at`.
    pub fn advance(&mut self, at: i64) {
        if self.last_at != i64::MIN {
            let factors = Factors::over(at.saturating_sub(self.last_at));
            self.added_day *= factors.day;
            self.left_day *= factors.day;
            self.messages_day *= factors.day;
            self.reports_week *= factors.week;
        }
        self.last_at = self.last_at.max(at);
    }
}
