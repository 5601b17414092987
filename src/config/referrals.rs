//! The `[referrals]` and `[provider]` sections of the configuration.

use std::path::Path;

use sealwatch_api::delivery::{Webhook, WebhookName};
use sealwatch_api::referrals::{Provider, ReferralSettings, TimeLimits};
use sealwatch_custody::package::facts::ReportingPerson;
use serde::Deserialize;

use super::webhooks::{WebhookConfig, webhooks};
use crate::config::Config;
use crate::failure::Failure;

/// How referrals are worked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferralsConfig {
    /// How long a claim lasts without anything being done.
    pub claim_minutes: Option<u32>,
    /// Claims of one officer at a time.
    pub claims: Option<u32>,
    /// Imminent danger to life or to a child: 30 and 60 minutes unless given.
    pub p1: LimitsInMinutes,
    /// Serious: 4 and 24 hours unless given.
    pub p2: LimitsInMinutes,
    /// The rest: 72 hours and 7 days unless given.
    pub p3: LimitsInMinutes,
    /// Webhooks that are told before a clock runs out.
    pub webhooks: Vec<WebhookConfig>,
}

/// How long there is from when a person could first know.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsInMinutes {
    /// Minutes until a finding.
    pub decide_minutes: Option<u32>,
    /// Minutes until the export.
    pub export_minutes: Option<u32>,
}

/// The platform, as it refers. Without it nothing can be found credible.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its legal name.
    pub organization: String,
    /// The service, as the public knows it.
    pub service: String,
    /// Whom to ask; a role's address, not a person's.
    pub contact_email: Option<String>,
    /// A telephone that is answered at any hour.
    pub contact_telephone: Option<String>,
    /// How to serve legal process, and where.
    pub legal_process: Option<String>,
    /// Where the terms are published.
    pub terms_url: Option<String>,
    /// In whose name the platform reports to NCMEC.
    pub reporting_person: Option<ReportingPersonConfig>,
}

/// The person in whose name a platform reports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportingPersonConfig {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address of the office.
    pub email: String,
}

/// Characters of a text of the provider's at most.
const LONGEST: usize = 3_000;

impl ReferralsConfig {
    /// The webhooks, ready to be sent to. `base` is the folder that paths start from.
    ///
    /// # Errors
    /// An address, a secret or a file of certificates that is none.
    pub fn webhooks(&self, base: &Path) -> Result<Vec<(WebhookName, Webhook)>, Failure> {
        webhooks("referrals.webhooks", &self.webhooks, base)
    }
}

impl ProviderConfig {
    fn check(&self) -> Result<(), String> {
        let further = [
            &self.contact_email,
            &self.contact_telephone,
            &self.legal_process,
            &self.terms_url,
        ];
        let person = self.reporting_person.as_ref();
        let persons = person.map(|person| [&person.first_name, &person.last_name, &person.email]);
        let texts = [&self.organization, &self.service]
            .into_iter()
            .chain(further.into_iter().flatten())
            .chain(persons.into_iter().flatten());
        for text in texts {
            let fits = !text.trim().is_empty()
                && text.chars().count() <= LONGEST
                && !text.chars().any(|one| one.is_control() && one != '\n');
            if !fits {
                return Err(
                    "provider has a text that is empty, longer than 3000 characters, or holds control characters"
                        .to_owned(),
                );
            }
        }
        self.provider()
            .check()
            .map_err(|error| format!("provider: {error}"))
    }

    fn provider(&self) -> Provider {
        Provider {
            organization: self.organization.clone(),
            service: self.service.clone(),
            contact_email: self.contact_email.clone(),
            contact_telephone: self.contact_telephone.clone(),
            legal_process: self.legal_process.clone(),
            terms_url: self.terms_url.clone(),
            reporting_person: self
                .reporting_person
                .as_ref()
                .map(|person| ReportingPerson {
                    first_name: person.first_name.clone(),
                    last_name: person.last_name.clone(),
                    email: person.email.clone(),
                }),
        }
    }
}

impl Config {
    /// Settings of referrals.
    ///
    /// # Errors
    /// A value that is none.
    pub fn referrals(&self) -> Result<ReferralSettings, Failure> {
        let section = &self.referrals;
        let wrong = |what: &str| Failure::configuration(format!("referrals.{what}"));
        let mut settings = ReferralSettings::default();
        for (limits, minutes) in settings
            .limits
            .iter_mut()
            .zip([section.p1, section.p2, section.p3])
        {
            set(&mut limits.decide_ms, minutes.decide_minutes)
                .and_then(|()| set(&mut limits.export_ms, minutes.export_minutes))
                .and_then(|()| in_order(limits))
                .ok_or_else(|| {
                    wrong("p1, p2, p3: decide_minutes is at least 1, and export_minutes no less than it")
                })?;
        }
        set(&mut settings.claim_ms, section.claim_minutes)
            .ok_or_else(|| wrong("claim_minutes: at least 1"))?;
        if let Some(claims) = section.claims {
            if claims == 0 {
                return Err(wrong("claims: at least 1"));
            }
            settings.claims = i64::from(claims);
        }
        if let Some(provider) = &self.provider {
            provider.check().map_err(Failure::Configuration)?;
            settings.provider = Some(provider.provider());
        }
        Ok(settings)
    }
}

/// Sets a time in milliseconds from minutes, where they are given. Nothing where they are 0.
fn set(milliseconds: &mut i64, minutes: Option<u32>) -> Option<()> {
    if let Some(minutes) = minutes {
        *milliseconds = Some(minutes)
            .filter(|minutes| *minutes > 0)
            .map(i64::from)?
            * 60_000;
    }
    Some(())
}

fn in_order(limits: &TimeLimits) -> Option<()> {
    (limits.decide_ms <= limits.export_ms).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(further: &str) -> Result<ReferralSettings, String> {
        let text = include_str!("../../config/demo.toml");
        let config = Config::parse(&format!("{text}\n{further}"))?;
        config.referrals().map_err(|failure| failure.to_string())
    }

    #[test]
    fn clocks_have_their_usual_limits_unless_they_are_given() {
        let usual = with("").unwrap();
        assert_eq!(usual.limits, ReferralSettings::default().limits);
        let given = with("[referrals.p1]\ndecide_minutes = 5\nexport_minutes = 10").unwrap();
        assert_eq!(
            (given.limits[0].decide_ms, given.limits[0].export_ms),
            (300_000, 600_000)
        );
        assert_eq!(given.limits[1..], usual.limits[1..]);
        for wrong in [
            "[referrals.p1]\ndecide_minutes = 0",
            "[referrals.p2]\nexport_minutes = 1",
            "[referrals]\nclaim_minutes = 0",
            "[referrals]\nclaims = 0",
        ] {
            assert!(with(wrong).unwrap_err().contains("referrals."), "{wrong}");
        }
    }

    #[test]
    fn who_refers_is_named_in_whole_and_in_text() {
        let demo = include_str!("../../config/demo.toml");
        let settings = |text: &str| {
            let config = Config::parse(text)?;
            config.referrals().map_err(|failure| failure.to_string())
        };
        let organization = "Demo Messenger Ltd (a demonstration)";
        let provider = settings(demo).unwrap().provider.unwrap();
        assert_eq!(provider.organization, organization);
        let refused = |from: &str, to: &str| settings(&demo.replace(from, to)).unwrap_err();
        assert!(refused(organization, " ").contains("provider"));
        assert!(refused("organization =", "canary =").contains("canary"));
    }

    #[test]
    fn texts_of_which_no_package_can_be_made_are_refused_before_anything_starts() {
        let demo = include_str!("../../config/demo.toml");
        let organization = "Demo Messenger Ltd (a demonstration)";
        for (from, to, said) in [
            (
                organization,
                "Example Ltd ",
                "the organization must be one line",
            ),
            (
                organization,
                "Example\\nLtd",
                "the organization must be one line",
            ),
            (
                "referrals@messenger.example\"\ncontact",
                " a@b.example\"\ncontact",
                "the contact's e-mail must be one line",
            ),
            (
                "\"Demo Messenger\"",
                format!("\"{}\"", "m".repeat(101)).as_str(),
                "the service's name has 101 characters",
            ),
            (
                "https://messenger.example/terms",
                "u".repeat(2084).as_str(),
                "the address of the terms has 2084 characters",
            ),
        ] {
            assert!(demo.contains(from), "{from}");
            let refused = Config::parse(&demo.replace(from, to)).unwrap_err();
            assert!(
                refused.contains("provider: ") && refused.contains(said),
                "{refused}"
            );
        }
    }
}
