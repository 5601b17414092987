//! The `[audit]` and `[retention]` sections of the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealwatch_api::audit::HeadSettings;
use sealwatch_api::delivery::{Webhook, WebhookName};
use sealwatch_api::retention::{Class, Periods};
use sealwatch_custody::checkpoint::Origin;
use sealwatch_ingest::pipeline::ARCHIVE_DAYS;
use serde::Deserialize;

use crate::config::{Config, WebhookConfig, webhooks};
use crate::failure::Failure;

/// The audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// The log's name, which stands in every signed head: an address of yours without a scheme, such as
    /// `example.org/sealwatch`.
    pub origin: String,
    /// Seconds between two signed heads at least.
    pub interval_seconds: u64,
    /// The file that signed heads are appended to: best on a disk that the service's own administrators cannot write.
    /// Unless it is named, it lies beside the case store.
    pub heads_file: Option<PathBuf>,
    /// Webhooks that signed heads are posted to.
    pub webhooks: Vec<WebhookConfig>,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            origin: "sealwatch".to_owned(),
            interval_seconds: 60,
            heads_file: None,
            webhooks: Vec::new(),
        }
    }
}

impl AuditConfig {
    /// The webhooks, ready to be sent to. `base` is the folder that paths start from.
    ///
    /// # Errors
    /// An address, a secret or a file of certificates that is none.
    pub fn webhooks(&self, base: &Path) -> Result<Vec<(WebhookName, Webhook)>, Failure> {
        webhooks("audit.webhooks", &self.webhooks, base)
    }
}

/// How long data are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Days by class, where they are other than usual: `cases` (after the last decision, or else the opening), `evidence`
    /// and `sealed_identities` (after the last decision), `recommendations` without a case, `details` of audit entries that
    /// go with no case, `deliveries`, `idempotency_keys`, `sessions` (after their end), `referrals` (after they were over),
    /// `referral_identities` (after the last referral of their case was over), `threats` without a referral, `holds` (after their
    /// end), and the pipeline's `archive` (in event time).
    pub days: BTreeMap<Class, u32>,
}

impl Config {
    /// The audit log's name.
    ///
    /// # Errors
    /// It cannot be one.
    pub fn origin(&self) -> Result<Origin, Failure> {
        Origin::new(&self.audit.origin)
            .map_err(|error| Failure::configuration(format!("audit.origin: {error}")))
    }

    /// When heads are signed, and the file that they go to.
    pub fn heads(&self) -> HeadSettings {
        let beside = || {
            self.path(&self.api.database)
                .with_file_name("audit-heads.txt")
        };
        let named = self.audit.heads_file.as_ref().map(|path| self.path(path));
        HeadSettings {
            interval: Duration::from_secs(self.audit.interval_seconds.max(1)),
            file: Some(named.unwrap_or_else(beside)),
        }
    }

    /// Days of event time for which the pipeline's archive keeps facets: the configured ones, the source's lateness, and two
    /// more, so that when a segment goes changes no bundle of evidence.
    pub fn archive_days(&self) -> u32 {
        let lateness = self.limits().lateness_hours.div_ceil(24);
        let days = self.periods().days(Class::Archive);
        days.saturating_add(lateness).saturating_add(2)
    }

    /// Refuses an archive that would be deleted before evidence was made of it.
    pub(crate) fn check_archive(&self) -> Result<(), String> {
        let days = self.periods().days(Class::Archive);
        if days < ARCHIVE_DAYS {
            return Err(format!(
                "retention.days.archive is {days}, and evidence reads the last {ARCHIVE_DAYS} days of the archive: \
                 give {ARCHIVE_DAYS} or more"
            ));
        }
        Ok(())
    }

    /// How long each class of data is kept.
    pub fn periods(&self) -> Periods {
        self.retention
            .days
            .iter()
            .fold(Periods::default(), |periods, (class, days)| {
                periods.with_days(*class, *days)
            })
    }
}
