//! Settings of review.

use std::collections::BTreeMap;

use sealwatch_core::behaviour::Behaviour;

use crate::referrals::ReferralSettings;

/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// Settings of review.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewSettings {
    /// How long a claim lasts without the person doing anything on the case, in milliseconds.
    pub claim_ms: i64,
    /// Claims of one person at a time.
    pub claims: i64,
    /// How long a decision can be undone, in milliseconds. Nothing leaves before.
    pub undo_ms: i64,
    /// After how long a case that needs more comes back, in milliseconds.
    pub needs_more_ms: i64,
    /// Share of decisions that someone else looks at a second time, 0 to 1.
    pub second_look_share: f64,
    /// Cases of a behaviour that are opened in a day; the others are held until there is room.
    pub quota: i64,
    /// The same, for single behaviours.
    pub quotas: BTreeMap<Behaviour, i64>,
    /// How referrals are worked.
    pub referrals: ReferralSettings,
}

impl Default for ReviewSettings {
    fn default() -> Self {
        Self {
            claim_ms: 15 * MINUTE_MS,
            claims: 20,
            undo_ms: 2 * MINUTE_MS,
            needs_more_ms: 24 * 60 * MINUTE_MS,
            second_look_share: 0.05,
            quota: 2_000,
            quotas: BTreeMap::new(),
            referrals: ReferralSettings::default(),
        }
    }
}

impl ReviewSettings {
    /// Cases of this behaviour that are opened in a day.
    pub fn quota(&self, behaviour: Behaviour) -> i64 {
        self.quotas.get(&behaviour).copied().unwrap_or(self.quota)
    }
}
