//! The clocks of a referral: until when a finding and until when an export is due, and when somebody is to be told before.

use sealwatch_core::credibility::priority::Priority;

use crate::referrals::machine::ReferralState;
use crate::referrals::settings::ReferralSettings;

sealwatch_core::closed_set! {
    /// Which clock.
    ClockName {
        /// Until the finding.
        Decide = "decide",
        /// Until the export.
        Export = "export",
    }
}

impl ClockName {
    /// The condition under which it runs, for the database.
    pub(super) fn condition(self) -> String {
        let states = ReferralState::ALL.iter().filter(|state| state.runs(self));
        let states: Vec<String> = states.map(|state| format!("'{}'", state.name())).collect();
        format!("state IN ({})", states.join(", "))
    }
}

/// A clock that runs. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// When it runs out.
    pub due_ms: i64,
    /// When three quarters of it are over: then somebody is told.
    pub page_ms: i64,
}

impl Clock {
    /// So long from here.
    pub const fn new(from_ms: i64, limit_ms: i64) -> Self {
        let due_ms = from_ms.saturating_add(limit_ms);
        Self {
            due_ms,
            page_ms: due_ms.saturating_sub(limit_ms / 4),
        }
    }

    /// The one that runs out first.
    #[must_use]
    pub const fn sooner(self, other: Self) -> Self {
        if other.due_ms < self.due_ms {
            other
        } else {
            self
        }
    }
}

/// Both clocks of a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// Until the finding.
    pub decide: Clock,
    /// Until the export.
    pub export: Clock,
}

impl Clocks {
    /// Those of a priority, from when a person could first know.
    pub const fn start(settings: &ReferralSettings, priority: Priority, from_ms: i64) -> Self {
        let limits = settings.limits(priority);
        Self {
            decide: Clock::new(from_ms, limits.decide_ms),
            export: Clock::new(from_ms, limits.export_ms),
        }
    }

    /// Those of a revision that is to be found anew. It is not found later than the export is due that still runs; what was
    /// exported is to be exported once more, and has a new clock until then.
    #[must_use]
    pub fn anew(
        settings: &ReferralSettings,
        priority: Priority,
        (now_ms, export_by_ms): (i64, Option<i64>),
    ) -> Self {
        let clocks = Self::start(settings, priority, now_ms);
        let Some(due_ms) = export_by_ms else {
            return clocks;
        };
        let export = Clock {
            due_ms,
            page_ms: clocks.decide.page_ms.min(due_ms),
        };
        Self {
            decide: clocks.decide.sooner(export),
            export,
        }
    }

    /// The sooner one of each.
    #[must_use]
    pub const fn sooner(self, other: Self) -> Self {
        Self {
            decide: self.decide.sooner(other.decide),
            export: self.export.sooner(other.export),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Clocks};
    use crate::referrals::settings::ReferralSettings;
    use sealwatch_core::credibility::priority::Priority;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_clock_tells_after_three_quarters_of_it() {
        let clock = Clock::new(1_000, 40 * MINUTE);
        assert_eq!(clock.due_ms, 1_000 + 40 * MINUTE);
        assert_eq!(clock.page_ms, 1_000 + 30 * MINUTE);
    }

    #[test]
    fn what_is_found_anew_has_its_time_but_no_more_than_is_left_until_the_export() {
        let settings = ReferralSettings::default();
        let anew =
            |export_by_ms| Clocks::anew(&settings, Priority::P1, (60 * MINUTE, export_by_ms));
        let whole = anew(None);
        assert_eq!(whole.decide.due_ms, 90 * MINUTE);
        assert_eq!(whole.export.due_ms, 120 * MINUTE);
        let with_time_left = anew(Some(100 * MINUTE));
        assert_eq!(with_time_left.decide, whole.decide);
        assert_eq!(with_time_left.export.due_ms, 100 * MINUTE);
        let with_little = anew(Some(70 * MINUTE));
        assert_eq!(with_little.decide.due_ms, 70 * MINUTE);
        assert!(with_little.decide.page_ms <= 70 * MINUTE);
    }

    #[test]
    fn a_priority_that_rises_shortens_what_is_left_and_never_lengthens_it() {
        let settings = ReferralSettings::default();
        let slow = Clocks::start(&settings, Priority::P3, 0);
        let raised = slow.sooner(Clocks::start(&settings, Priority::P1, 60 * MINUTE));
        assert_eq!(raised.decide.due_ms, 90 * MINUTE);
        assert_eq!(raised.export.due_ms, 120 * MINUTE);
        let later = raised.sooner(Clocks::start(&settings, Priority::P1, 100 * 60 * MINUTE));
        assert_eq!(later, raised);
    }
}
