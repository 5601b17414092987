//! Stage 1: devices, networks and number ranges: where accounts come from.

use crate::state::decay::Factors;
use crate::state::flat::flat_state;
use crate::state::links::UNKNOWN;
use crate::state::sketch;
use crate::state::table::EntityState;
use crate::time::DAY;

flat_state! {
    /// A shared place and the accounts that were seen on it.
    PlaceState {
        /// The latest event time.
        last_at: i64,
        /// The latest registration, or the smallest number.
        last_registration_at: i64,
        /// Registrations, half-life an hour.
        registrations_hour: f32,
        /// Registrations, half-life a day.
        registrations_day: f32,
        /// Registrations, half-life a week.
        registrations_week: f32,
        /// Accounts seen on it that were banned or suspended, half-life a week.
        banned_week: f32,
        /// Distinct accounts, by linear counting.
        accounts: u128,
        /// The last accounts, newest first.
        last_accounts: [u128; 4],
        /// The country of most registrations (Boyer and Moore's majority vote), or unknown.
        country: u8,
        /// The vote's balance.
        country_balance: u8,
    }
}

impl EntityState for PlaceState {
    const PERIOD: i64 = 60 * DAY;

    fn empty() -> Self {
        Self {
            last_at: i64::MIN,
            last_registration_at: i64::MIN,
            registrations_hour: 0.0,
            registrations_day: 0.0,
            registrations_week: 0.0,
            banned_week: 0.0,
            accounts: 0,
            last_accounts: [0; 4],
            country: UNKNOWN,
            country_balance: 0,
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

impl PlaceState {
    /// Decays the counters to `at`.
    pub fn advance(&mut self, at: i64) {
        if self.last_at != i64::MIN {
            let factors = Factors::over(at.saturating_sub(self.last_at));
            self.registrations_hour *= factors.hour;
            self.registrations_day *= factors.day;
            self.registrations_week *= factors.week;
            self.banned_week *= factors.week;
        }
        self.last_at = self.last_at.max(at);
    }

    /// Estimated distinct accounts.
    pub fn distinct_accounts(&self) -> f32 {
        sketch::estimate(self.accounts)
    }

    /// Counts a registration's country into the majority vote.
    pub const fn vote_country(&mut self, country: u8) {
        if country == UNKNOWN {
            return;
        }
        if self.country_balance == 0 {
            self.country = country;
            self.country_balance = 1;
        } else if self.country == country {
            self.country_balance = self.country_balance.saturating_add(1);
        } else {
            self.country_balance -= 1;
        }
    }
}
