//! Settings of referrals: how long people have, and in whose name is referred.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_custody::package::{PackageError, check_provider, facts};

/// Units in milliseconds.
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long there is from when a person could first know, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// Until a finding.
    pub decide_ms: i64,
    /// Until the export.
    pub export_ms: i64,
}

/// The platform, as it refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its legal name.
    pub organization: String,
    /// The service, as the public knows it.
    pub service: String,
    /// Whom to ask; a role's address.
    pub contact_email: Option<String>,
    /// A telephone that is answered at any hour.
    pub contact_telephone: Option<String>,
    /// How to serve legal process.
    pub legal_process: Option<String>,
    /// Where the terms are published.
    pub terms_url: Option<String>,
    /// In whose name the platform reports to NCMEC.
    pub reporting_person: Option<facts::ReportingPerson>,
}

impl Provider {
    /// Whether packages can be made in its name.
    ///
    /// # Errors
    /// The text that does not fit.
    pub fn check(&self) -> Result<(), PackageError> {
        check_provider(&self.of(""))
    }

    /// As a package states it, for one of the configured platforms.
    pub(crate) fn of(&self, platform: &str) -> facts::Provider {
        facts::Provider {
            organization: self.organization.clone(),
            service: self.service.clone(),
            platform: platform.to_owned(),
            contact_email: self.contact_email.clone(),
            contact_telephone: self.contact_telephone.clone(),
            legal_process: self.legal_process.clone(),
            terms_url: self.terms_url.clone(),
            reporting_person: self.reporting_person.clone(),
        }
    }
}

/// Settings of referrals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferralSettings {
    /// By priority, in the order of [`Priority::ALL`].
    pub limits: [TimeLimits; Priority::ALL.len()],
    /// How long a claim lasts without the officer doing anything, in milliseconds.
    pub claim_ms: i64,
    /// Claims of one officer at a time.
    pub claims: i64,
    /// Who refers. Without it nothing can be found credible that would have to leave.
    pub provider: Option<Provider>,
}

impl Default for ReferralSettings {
    fn default() -> Self {
        let limits = |decide_ms, export_ms| TimeLimits {
            decide_ms,
            export_ms,
        };
        Self {
            limits: [
                limits(30 * MINUTE_MS, HOUR_MS),
                limits(4 * HOUR_MS, DAY_MS),
                limits(72 * HOUR_MS, 7 * DAY_MS),
            ],
            claim_ms: 30 * MINUTE_MS,
            claims: 10,
            provider: None,
        }
    }
}

impl ReferralSettings {
    /// How long there is at this priority.
    pub const fn limits(&self, priority: Priority) -> TimeLimits {
        self.limits[priority.index()]
    }
}
