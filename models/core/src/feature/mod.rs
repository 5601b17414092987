//! Features: the numbers that models score. One registry, one code (law 4).
//!
//! Training, backtests, the live pipeline and the benchmarks all compute a row with [`compute`]. The registry's digest
//! stands in every model; a model trained on another registry is refused.

mod registry;

#[cfg(test)]
mod tests;

pub use registry::{COUNT, FEATURES};

use crate::state::actor::ActorState;

crate::closed_set! {
    /// What a feature counts in.
    Unit {
        /// A decayed number of things.
        Count = "count",
        /// A share between 0 and 1.
        Share = "share",
        /// A time in hours.
        Hours = "hours",
        /// A time in seconds.
        Seconds = "seconds",
        /// A quotient.
        Ratio = "ratio",
        /// 0 or 1.
        Flag = "flag",
        /// A natural logarithm of seconds.
        LogSeconds = "log_seconds",
        /// A rank on a scale.
        Rank = "rank",
    }
}

crate::closed_set! {
    /// What a feature is about.
    Family {
        /// How much an account sends.
        Volume = "volume",
        /// To whom: strangers, first contacts.
        Strangers = "strangers",
        /// What comes back: answers, reads, blocks, reports.
        Feedback = "feedback",
        /// How it is done: typing, gaps, hours, repetition.
        Rhythm = "rhythm",
        /// Where the account comes from: device, network, number range, verification.
        Registration = "registration",
        /// Contact look-ups.
        LookUp = "look_up",
        /// Groups and members.
        Group = "group",
        /// Calls and contact requests.
        Call = "call",
        /// Log-ins, devices, the profile.
        Access = "access",
        /// What other platforms and hash banks say.
        Signal = "signal",
    }
}

crate::closed_set! {
    /// Which way a feature may move a score.
    Direction {
        /// More never lowers the risk.
        Rising = "rising",
        /// More never raises the risk.
        Falling = "falling",
        /// Either way.
        Free = "free",
    }
}

/// One feature.
#[derive(Debug)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// What it is about.
    pub family: Family,
    /// Which way it may move a score.
    pub direction: Direction,
    /// What it means, as a phrase that reads on after "the account:".
    pub meaning: &'static str,
    /// Raised by one whenever its value changes for some state.
    pub revision: u32,
    /// Its value. Unknown is not a number.
    pub value: fn(&View<'_>) -> f32,
}

/// What features are computed from: an account's state, right after the facet at `at`.
#[derive(Debug, Clone, Copy)]
pub struct View<'state> {
    /// The account's state.
    pub state: &'state ActorState,
    /// Event time, milliseconds.
    pub at: i64,
}

/// Computes the row of all features, in the registry's order.
pub fn compute(view: &View<'_>, row: &mut [f32; COUNT]) {
    for (value, feature) in row.iter_mut().zip(&FEATURES) {
        *value = (feature.value)(view);
    }
}

/// The index of the feature with this name.
pub fn index_of(name: &str) -> Option<usize> {
    FEATURES.iter().position(|feature| feature.name == name)
}

/// The digest of everything that a model depends on: names, units, order and revisions of the features, the gates and
/// the scoring schedule. 64 hexadecimal digits.
pub fn schema_digest() -> String {
    let mut hasher = blake3::Hasher::new();
    for feature in &FEATURES {
        let line = format!(
            "{}|{}|{}|{}\n",
            feature.name,
            feature.unit.name(),
            feature.direction.name(),
            feature.revision
        );
        hasher.update(line.as_bytes());
    }
    hasher.update(crate::detector::REVISIONS.as_bytes());
    hasher.finalize().to_hex().to_string()
}

/// A value with its unit, in words.
pub fn value_in_words(unit: Unit, value: f32) -> String {
    if value.is_nan() {
        return "unknown".to_owned();
    }
    match unit {
        Unit::Count => short_number(value),
        Unit::Share => format!("{:.0}%", value * 100.0),
        Unit::Hours if value < 1.0 => format!("{:.0} minutes", value * 60.0),
        Unit::Hours if value < 72.0 => format!("{value:.1} hours"),
        Unit::Hours => format!("{:.0} days", value / 24.0),
        Unit::Seconds => format!("{} seconds", short_number(value)),
        Unit::Ratio => format!("{value:.2}"),
        Unit::Flag => if value > 0.5 { "yes" } else { "no" }.to_owned(),
        Unit::LogSeconds => format!(
            "{} seconds",
            short_number(libm::expm1(f64::from(value)) as f32)
        ),
        Unit::Rank => format!("{value:.0}"),
    }
}

fn short_number(value: f32) -> String {
    if value >= 10.0 || value == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}
