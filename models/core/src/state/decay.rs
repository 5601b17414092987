//! Exponentially decayed counters.
//!
//! A counter with half-life `h` that holds `c` at time `t` holds `c · 2^(−Δ/h)` at `t + Δ`. A negative Δ (a late event)
//! counts as zero: log order is the definition. `exp2` comes from `libm`, one code path of plain IEEE operations, so that
//! the bytes do not differ between machines.

use crate::time::{DAY, HOUR, MINUTE};

/// The half-lives in use, shortest first, in milliseconds: a minute, an hour, a day, a week.
pub const HALF_LIVES: [i64; 4] = [MINUTE, HOUR, DAY, 7 * DAY];

/// The factor by which each half-life's counters shrink over `gap` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    /// For the counters with a half-life of a minute.
    pub minute: f32,
    /// For the counters with a half-life of an hour.
    pub hour: f32,
    /// For the counters with a half-life of a day.
    pub day: f32,
    /// For the counters with a half-life of a week.
    pub week: f32,
}

impl Factors {
    /// The factors over a gap in milliseconds (negative counts as zero).
    pub fn over(gap: i64) -> Self {
        if gap <= 0 {
            return Self {
                minute: 1.0,
                hour: 1.0,
                day: 1.0,
                week: 1.0,
            };
        }
        let factor = |half_life: i64| libm::exp2(-(gap as f64) / half_life as f64) as f32;
        Self {
            minute: factor(HALF_LIVES[0]),
            hour: factor(HALF_LIVES[1]),
            day: factor(HALF_LIVES[2]),
            week: factor(HALF_LIVES[3]),
        }
    }
}

/// Multiplies every counter by its factor.
pub fn decay(counters: &mut [f32], factor: f32) {
    for counter in counters {
        *counter *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_halves_over_its_half_life() {
        let factors = Factors::over(DAY);
        assert!((factors.day - 0.5).abs() < f32::EPSILON);
        assert!((factors.week - libm::exp2(-1.0 / 7.0) as f32).abs() < f32::EPSILON);
        assert!(factors.minute < 1e-30);
    }

    #[test]
    fn a_late_event_decays_nothing() {
        assert_eq!(
            Factors::over(-5),
            Factors {
                minute: 1.0,
                hour: 1.0,
                day: 1.0,
                week: 1.0
            }
        );
    }
}
