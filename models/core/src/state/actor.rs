//! Stage 2: accounts as actors, which are scored.

use crate::behaviour::Behaviour;
use crate::state::decay::{Factors, decay};
use crate::state::flat::flat_state;
use crate::state::links::UNKNOWN;
use crate::state::table::EntityState;
use crate::time::{DAY, MINUTE, SECOND, Timestamp};

mod counters;

pub use counters::{day, hour, minute, week};

/// What shared places said when the account was last seen on them. Unknown is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Reading {
    /// Distinct accounts on the device.
    DeviceAccounts,
    /// Registrations on the device, half-life a week, before this one.
    DeviceRegistrations,
    /// Banned accounts on the device, half-life a week.
    DeviceBanned,
    /// Registrations on the network, half-life an hour, before this one.
    NetworkRegistrationsHour,
    /// Registrations on the network, half-life a day, before this one.
    NetworkRegistrationsDay,
    /// Banned accounts on the network, half-life a week.
    NetworkBanned,
    /// Seconds since the registration before this one on the network.
    NetworkGap,
    /// Registrations in the number range, half-life an hour, before this one.
    RangeRegistrationsHour,
    /// Registrations in the number range, half-life a week, before this one.
    RangeRegistrationsWeek,
    /// Banned accounts in the number range, half-life a week.
    RangeBanned,
    /// 1 if the network's country is the one of most registrations in the number range, else 0.
    RangeCountry,
    /// Distinct reporters of the account.
    Reporters,
    /// Distinct devices and networks of its reporters.
    ReporterPlaces,
}

/// How many readings there are.
pub const READINGS: usize = Reading::ReporterPlaces as usize + 1;

/// Latches kept: one for each behaviour of the design.
pub const LATCHES: usize = Behaviour::ALL.len();

/// Latches count quarter days, rounded up so that none opens early, since 2000: until 2044 in two bytes.
const QUARTER_DAY: i64 = 6 * 60 * MINUTE;
const LATCH_EPOCH: i64 = 10_957 * DAY;

flat_state! {
    /// An account as actor.
    ActorState {
        /// The latest event time.
        last_at: i64,
        /// The first event time of this incarnation.
        first_at: i64,
        /// When it was registered, or the smallest number.
        registered_at: i64,
        /// The last message or call, or the smallest number.
        last_sent_at: i64,
        /// Sequence of the first event of this incarnation.
        first_sequence: u64,
        /// Offset of that event in its partition.
        first_offset: u64,
        /// Partition of that event.
        first_partition: u32,
        /// The last log-in on a new device, minutes since 1970; 0 is never.
        new_device_minute: u32,
        /// The last score point, seconds since 1970; 0 is never.
        scored_second: u32,
        /// Facets of this incarnation.
        facets: u32,
        /// Facets since the last score point.
        facets_since_score: u16,
        /// Which life of the identifier this is.
        incarnation: u16,
        /// Decayed counters, half-life a minute.
        minute: [f32; minute::COUNT],
        /// Decayed counters, half-life an hour.
        hour: [f32; hour::COUNT],
        /// Decayed counters, half-life a day.
        day: [f32; day::COUNT],
        /// Decayed counters, half-life a week.
        week: [f32; week::COUNT],
        /// Decayed mean of the logarithm of gaps between messages, seconds.
        gap_mean: f32,
        /// Decayed mean of its square.
        gap_square: f32,
        /// Decayed mean of the strangers who reached its targets.
        target_strangers: f32,
        /// Decayed share of targets known to be minors.
        target_minors: f32,
        /// Decayed mean length of answered calls, seconds.
        call_seconds: f32,
        /// What shared places said.
        readings: [f32; READINGS],
        /// Seconds to the verification, or not a number.
        verification_seconds: f32,
        /// Contacts known on day one, or not a number.
        contacts: f32,
        /// Distinct counterparts today, by linear counting.
        counterparts_today: u128,
        /// Distinct counterparts of the day before.
        counterparts_before: u16,
        /// The day of `counterparts_today`, days since 1970.
        counterparts_day: u16,
        /// When a recommendation for each detector was made, quarter days since 2000; 0 is never.
        latches: [u16; LATCHES],
        /// Codes asked for at registration, at most 254, or unknown.
        verification_attempts: u8,
        /// Index of the kind of number, or unknown.
        number_kind: u8,
        /// Index of the client, or unknown.
        client: u8,
        /// Index of the age band, or unknown.
        age_band: u8,
        /// The size class of the last message, or unknown.
        last_size: u8,
        /// The strongest signal of another platform: 0 none, 1 low to 4 disabled; or unknown.
        signal: u8,
        /// Bits: 1 registered or known, 2 closed, 4 enforced against, 8 profile has a link, 16 profile is known.
        flags: u8,
        /// Index of the platform.
        platform: u8,
    }
}

const _: () = assert!(
    <ActorState as crate::state::flat::Flat>::SIZE <= 512,
    "an actor's state is at most 512 bytes"
);

/// Bit of `flags`: the account was registered, or known on day one.
pub const REGISTERED: u8 = 1;
/// Bit of `flags`: the owner closed the account.
pub const CLOSED: u8 = 2;
/// Bit of `flags`: something was enforced against the account. Never a feature.
pub const ENFORCED: u8 = 4;
/// Bit of `flags`: the profile holds a link.
pub const HAS_LINK: u8 = 8;
/// Bit of `flags`: it is known whether the profile holds a link.
pub const LINK_KNOWN: u8 = 16;

/// The sentinel for "no such time yet".
pub const NEVER: i64 = i64::MIN;

impl EntityState for ActorState {
    const PERIOD: i64 = 90 * DAY;

    fn empty() -> Self {
        Self {
            last_at: NEVER,
            first_at: NEVER,
            registered_at: NEVER,
            last_sent_at: NEVER,
            first_sequence: 0,
            first_offset: 0,
            first_partition: 0,
            new_device_minute: 0,
            scored_second: 0,
            facets: 0,
            facets_since_score: 0,
            incarnation: 0,
            minute: [0.0; minute::COUNT],
            hour: [0.0; hour::COUNT],
            day: [0.0; day::COUNT],
            week: [0.0; week::COUNT],
            gap_mean: f32::NAN,
            gap_square: f32::NAN,
            target_strangers: f32::NAN,
            target_minors: f32::NAN,
            call_seconds: f32::NAN,
            readings: [f32::NAN; READINGS],
            verification_seconds: f32::NAN,
            contacts: f32::NAN,
            counterparts_today: 0,
            counterparts_before: 0,
            counterparts_day: 0,
            latches: [0; LATCHES],
            verification_attempts: UNKNOWN,
            number_kind: UNKNOWN,
            client: UNKNOWN,
            age_band: UNKNOWN,
            last_size: UNKNOWN,
            signal: UNKNOWN,
            flags: 0,
            platform: 0,
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

impl ActorState {
    /// Decays the counters to `at`.
    pub fn advance(&mut self, at: i64) {
        if self.last_at == NEVER {
            self.first_at = at;
            self.counterparts_day = Timestamp(at).day().clamp(0, i64::from(u16::MAX)) as u16;
        } else if at > self.last_at {
            let factors = Factors::over(at.saturating_sub(self.last_at));
            decay(&mut self.minute, factors.minute);
            decay(&mut self.hour, factors.hour);
            decay(&mut self.day, factors.day);
            decay(&mut self.week, factors.week);
            self.turn_day(at);
        }
        self.last_at = self.last_at.max(at);
    }

    /// Starts the distinct count of a new day.
    fn turn_day(&mut self, at: i64) {
        let today = Timestamp(at).day().clamp(0, i64::from(u16::MAX)) as u16;
        if today > self.counterparts_day {
            let is_next = today - self.counterparts_day == 1;
            let before = crate::state::sketch::estimate(self.counterparts_today);
            self.counterparts_before = if is_next { before as u16 } else { 0 };
            self.counterparts_today = 0;
            self.counterparts_day = today;
        }
    }

    /// Begins a new life of the identifier: everything but the number of the incarnation is empty.
    pub fn begin_incarnation(&mut self) {
        let incarnation = self.incarnation.saturating_add(1);
        *self = Self::empty();
        self.incarnation = incarnation;
    }

    /// The place of a behaviour's latch. `None` for behaviours without a detector.
    pub fn latch_index(behaviour: Behaviour) -> Option<usize> {
        Behaviour::WITH_DETECTOR
            .iter()
            .position(|candidate| *candidate == behaviour)
    }

    /// Whether a recommendation at `at` is held back by an earlier one, still within the cool-down in milliseconds (or at
    /// most a quarter of a day longer).
    pub fn is_latched(&self, latch: usize, at: i64, cool_down: i64) -> bool {
        let quarters = i64::from(self.latches[latch]);
        quarters != 0 && at.saturating_sub(LATCH_EPOCH + quarters * QUARTER_DAY) < cool_down
    }

    /// Milliseconds since the last log-in on a new device, if there was one.
    pub fn since_new_device(&self, at: i64) -> Option<i64> {
        let then = i64::from(self.new_device_minute) * MINUTE;
        (then != 0).then(|| at.saturating_sub(then).max(0))
    }

    /// Milliseconds since the last score point, if there was one.
    pub fn since_scored(&self, at: i64) -> Option<i64> {
        let then = i64::from(self.scored_second) * SECOND;
        (then != 0).then(|| at.saturating_sub(then).max(0))
    }

    /// Notes a log-in on a new device.
    pub fn note_new_device(&mut self, at: i64) {
        self.new_device_minute = self
            .new_device_minute
            .max((at / MINUTE).clamp(0, i64::from(u32::MAX)) as u32);
    }

    /// Notes a score point.
    pub fn note_scored(&mut self, at: i64) {
        self.scored_second = (at / SECOND).clamp(1, i64::from(u32::MAX)) as u32;
        self.facets_since_score = 0;
    }

    /// Latches a behaviour at `at`.
    pub fn latch(&mut self, latch: usize, at: i64) {
        let quarters = at
            .saturating_sub(LATCH_EPOCH)
            .saturating_add(QUARTER_DAY - 1)
            / QUARTER_DAY;
        self.latches[latch] = quarters.clamp(1, i64::from(u16::MAX)) as u16;
    }

    /// Releases one behaviour's latch.
    pub const fn release(&mut self, latch: usize) {
        self.latches[latch] = 0;
    }

    /// Releases all latches.
    pub const fn release_all(&mut self) {
        self.latches = [0; LATCHES];
    }
}

/// Moves a decayed mean towards a new value by a twentieth; the first value becomes the mean.
pub fn move_mean(mean: &mut f32, value: f32) {
    *mean = if mean.is_nan() {
        value
    } else {
        *mean + 0.05 * (value - *mean)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latch_never_opens_early_and_at_most_a_quarter_of_a_day_late() {
        for offset in [0, 1, QUARTER_DAY - 1, QUARTER_DAY, 3 * QUARTER_DAY + 17] {
            let at = 1_769_990_400_000 + offset;
            let mut state = ActorState::empty();
            assert!(!state.is_latched(2, at, DAY));
            state.latch(2, at);
            assert!(state.is_latched(2, at, DAY));
            assert!(state.is_latched(2, at + DAY - 1, DAY));
            assert!(!state.is_latched(2, at + DAY + QUARTER_DAY, DAY));
            assert!(!state.is_latched(1, at, DAY));
            state.release(2);
            assert!(!state.is_latched(2, at, DAY));
        }
    }
}
