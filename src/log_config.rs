//! The `[audit]` and `[retention]` sections of the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealwatch_api::audit::HeadSettings;
use sealwatch_api::delivery::{Webhook, WebhookName};
use sealwatch_api::retention::{Class, Periods};
use sealwatch_custody::checkpoint::Origin;
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
    /// `threats` without a referral, `holds` (after their end).
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
