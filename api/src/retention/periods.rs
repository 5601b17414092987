//! Classes of data, and how long each is kept.

sealwatch_core::closed_set! {
    /// A class of data with a period of its own.
    Class {
        /// Cases with all that belongs to them, after their last decision or else their opening.
        Cases = "cases",
        /// Evidence bundles, features and links of decided cases, after the last decision.
        Evidence = "evidence",
        /// Sealed identities of decided cases, after the last decision; of rejected ones at once.
        SealedIdentities = "sealed_identities",
        /// Recommendations that have no case, after they were received.
        Recommendations = "recommendations",
        /// What audit entries commit to, where it goes with no case.
        Details = "details",
        /// What was delivered, after it was.
        Deliveries = "deliveries",
        /// Answers that are kept for repeated writes.
        IdempotencyKeys = "idempotency_keys",
        /// Sessions that have ended.
        Sessions = "sessions",
        /// Identities sealed to the referral side, after the last referral of their case was over.
        ReferralIdentities = "referral_identities",
        /// Referrals that are over, with findings and packages, after they were.
        Referrals = "referrals",
        /// Threat signals, after the newest revision was received.
        Threats = "threats",
        /// Holds that were lifted or have ended.
        Holds = "holds",
        /// The pipeline's archive of facets, in event time. The pipeline deletes it, and no sweep.
        Archive = "archive",
    }
}

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// How long each class is kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// By class, in the order of [`Class::ALL`].
    milliseconds: [i64; Class::ALL.len()],
}

impl Default for Periods {
    fn default() -> Self {
        let days = |class: &Class| match class {
            Class::Cases | Class::Referrals | Class::Threats => 365,
            // Whoever is acted against can complain for six months (Regulation (EU) 2022/2065, Art. 20(1)): until then what
            // the decision rests on is there, and a reinstatement finds its account.
            Class::Evidence | Class::SealedIdentities => 184,
            Class::Recommendations | Class::Details | Class::Archive => 90,
            Class::Holds => 30,
            Class::Deliveries => 7,
            Class::IdempotencyKeys => 2,
            // Law 7: an identity is there for an open case, and goes when the case does.
            Class::ReferralIdentities | Class::Sessions => 0,
        };
        let mut periods = Self {
            milliseconds: [0; Class::ALL.len()],
        };
        for class in Class::ALL {
            periods = periods.with_days(*class, days(class));
        }
        periods
    }
}

impl Periods {
    /// With another period for a class.
    #[must_use]
    pub fn with_days(mut self, class: Class, days: u32) -> Self {
        self.milliseconds[class.index()] = i64::from(days) * DAY_MS;
        self
    }

    /// The period of a class, in days.
    pub fn days(&self, class: Class) -> u32 {
        u32::try_from(self.milliseconds[class.index()] / DAY_MS).unwrap_or(u32::MAX)
    }

    /// Before which time a class is due.
    pub(crate) fn due_before(&self, class: Class, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.milliseconds[class.index()])
    }
}
