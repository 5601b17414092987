//! The `[review]` section of the configuration.

use std::collections::BTreeMap;

use sealwatch_api::cases::ReviewSettings;
use sealwatch_core::behaviour::Behaviour;
use serde::Deserialize;

use crate::config::Config;
use crate::failure::Failure;

/// How people review.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewConfig {
    /// How long a claim lasts without anything being done.
    pub claim_minutes: Option<u32>,
    /// How long a decision can be undone.
    pub undo_seconds: Option<u32>,
    /// After how long a case that needs more comes back.
    pub needs_more_hours: Option<u32>,
    /// Share of decisions that someone else looks at a second time.
    pub second_look_share: Option<f64>,
    /// Cases of a behaviour that are opened in a day; the others are held.
    pub quota_per_day: Option<u32>,
    /// The same, for single behaviours.
    pub quotas_per_day: BTreeMap<String, u32>,
}

impl Config {
    /// Settings of review.
    ///
    /// # Errors
    /// A value that is none.
    pub fn review(&self) -> Result<ReviewSettings, Failure> {
        let section = &self.review;
        let wrong = |what: &str| Failure::configuration(format!("review.{what}"));
        let mut settings = ReviewSettings {
            referrals: self.referrals()?,
            ..ReviewSettings::default()
        };
        if let Some(minutes) = section.claim_minutes {
            if minutes == 0 {
                return Err(wrong("claim_minutes: at least 1"));
            }
            settings.claim_ms = i64::from(minutes) * 60_000;
        }
        if let Some(seconds) = section.undo_seconds {
            settings.undo_ms = i64::from(seconds) * 1_000;
        }
        if let Some(hours) = section.needs_more_hours {
            settings.needs_more_ms = i64::from(hours) * 3_600_000;
        }
        if let Some(share) = section.second_look_share {
            if !(0.0..=1.0).contains(&share) {
                return Err(wrong("second_look_share: from 0 to 1"));
            }
            settings.second_look_share = share;
        }
        if let Some(quota) = section.quota_per_day {
            settings.quota = i64::from(quota);
        }
        for (name, quota) in &section.quotas_per_day {
            let behaviour = Behaviour::parse(name)
                .ok_or_else(|| wrong("quotas_per_day: a name is not one of a behaviour"))?;
            settings.quotas.insert(behaviour, i64::from(*quota));
        }
        Ok(settings)
    }
}
