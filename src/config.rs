//! The configuration: one file, checked as a whole before anything starts.

use std::path::{Path, PathBuf};

use sealwatch_core::event::Vocabulary;
use sealwatch_ingest::store::Durability;
use serde::Deserialize;

use crate::failure::Failure;
use crate::log_config::{AuditConfig, RetentionConfig};

mod api;
mod enforcement;
mod referrals;
mod review;
mod secrets;
mod source;
mod telemetry;
mod webhooks;

pub use api::ApiConfig;
pub use enforcement::{EnforcementConfig, EnforcementKafka};
pub use referrals::{ProviderConfig, ReferralsConfig};
pub use review::ReviewConfig;
pub use source::SourceKind;
pub use telemetry::TelemetryConfig;
pub use webhooks::{WebhookConfig, secret, webhooks};

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The platforms whose events are accepted.
    pub platforms: Vec<String>,
    /// The issuers of cross-platform signals.
    #[serde(default)]
    pub issuers: Vec<String>,
    /// The hash banks.
    #[serde(default)]
    pub banks: Vec<String>,
    /// Where records come from, and what they may be.
    pub source: SourceKind,
    /// Keys.
    pub keys: KeysConfig,
    /// Models and policy.
    pub model: ModelConfig,
    /// The store.
    pub store: StoreConfig,
    /// How epochs are cut.
    #[serde(default)]
    pub engine: EngineConfig,
    /// HTTP.
    pub api: ApiConfig,
    /// The audit log.
    #[serde(default)]
    pub audit: AuditConfig,
    /// How long data are kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// How people review.
    #[serde(default)]
    pub review: ReviewConfig,
    /// How referrals are worked.
    #[serde(default)]
    pub referrals: ReferralsConfig,
    /// In whose name is referred.
    pub provider: Option<ProviderConfig>,
    /// Where people's decisions enter the recorded order. Without it they reach no detector.
    pub feedback: Option<FeedbackConfig>,
    /// Where confirmed decisions go.
    #[serde(default)]
    pub enforcement: EnforcementConfig,
    /// Where traces go.
    #[serde(default)]
    pub telemetry: TelemetryConfig,
    /// The folder that relative paths start from: the configuration's own.
    #[serde(skip)]
    pub base: PathBuf,
    /// What it says, without secrets, in one form for one meaning: a change of it is an entry of the audit log.
    #[serde(skip)]
    pub without_secrets: String,
}

/// Keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The file of the pseudonym key; created at the first start. The environment's SEALWATCH_PSEUDONYM_KEY goes before it.
    pub pseudonym: PathBuf,
    /// The file of the key that encrypts people's notes in the case store; created at the first start. Unless it is named,
    /// it lies beside the pseudonym key.
    pub note: Option<PathBuf>,
    /// The file of the key that signs the audit log's heads; created at the first start. Unless it is named, it lies beside
    /// the pseudonym key.
    pub log: Option<PathBuf>,
    /// The enforcement service's public key.
    pub enforcement: Option<PathBuf>,
    /// The referral officers' public key.
    pub officer: Option<PathBuf>,
    /// The approvers' public key.
    pub approver: Option<PathBuf>,
}

/// Models and policy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// The artefact. Without it: the one that the program carries, trained on the simulator.
    pub artefact: Option<PathBuf>,
    /// The artefact's digest, if another one is to be refused.
    pub digest: Option<String>,
    /// The policy.
    pub policy: PathBuf,
}

/// The store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Its folder.
    pub directory: PathBuf,
    /// What a commit survives.
    #[serde(default = "default_durability")]
    pub durability: Durability,
    /// A log is closed when it is longer.
    #[serde(default = "default_log_mebibytes")]
    pub log_mebibytes: u64,
}

const fn default_durability() -> Durability {
    Durability::Process
}

const fn default_log_mebibytes() -> u64 {
    256
}

/// How epochs are cut.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// Threads for folding.
    pub threads: usize,
    /// Records in an epoch at most.
    pub epoch_records: usize,
    /// Milliseconds for which an epoch is filled at most.
    pub epoch_milliseconds: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            threads: 2,
            epoch_records: 50_000,
            epoch_milliseconds: 500,
        }
    }
}

/// The feedback log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackConfig {
    /// Its file. It belongs to the store: it is kept as long, and replayed with it.
    pub path: PathBuf,
}

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// One line that says which file, where and what.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::configuration(format!("configuration {}: {error}", path.display()))
        })?;
        let mut config = Self::parse(&text).map_err(|problem| {
            Failure::configuration(format!("configuration {}: {problem}", path.display()))
        })?;
        config.base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(config)
    }

    /// The built-in demo's configuration. It has no folder, so that nothing is sealed: there is nobody's key.
    ///
    /// # Errors
    /// Never, in a program that passed its tests.
    pub fn demo() -> Result<Self, Failure> {
        let mut config = Self::parse(include_str!("../config/demo.toml")).map_err(|problem| {
            Failure::configuration(format!("built-in configuration: {problem}"))
        })?;
        (config.keys.officer, config.keys.approver) = (None, None);
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message())
        })?;
        config.check()?;
        config.without_secrets = secrets::without_secrets(text);
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        for (name, set) in [
            ("platforms", &self.platforms),
            ("issuers", &self.issuers),
            ("banks", &self.banks),
        ] {
            if set.len() > 255 {
                return Err(format!("{name} has more than 255 members"));
            }
            let fits = |member: &String| {
                !member.is_empty()
                    && member.len() <= 64
                    && member.bytes().all(|byte| {
                        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
                    })
            };
            if !set.iter().all(fits) {
                return Err(format!(
                    "{name} has a member that is not of the form [A-Za-z0-9_.-]{{1,64}}"
                ));
            }
        }
        if self.platforms.is_empty() {
            return Err("platforms is empty; name at least one".to_owned());
        }
        if self.keys.officer.is_some() != self.keys.approver.is_some() {
            return Err(
                "keys.officer and keys.approver belong together; name both or neither".to_owned(),
            );
        }
        let limits = self.limits();
        if limits.dedupe_window_hours == 0 {
            return Err(
                "source.limits.dedupe_window_hours is 0; duplicates need a window".to_owned(),
            );
        }
        if self.engine.epoch_records == 0
            || self.engine.epoch_milliseconds == 0
            || self.engine.threads == 0
        {
            return Err(
                "engine.threads, epoch_records and epoch_milliseconds are at least 1".to_owned(),
            );
        }
        if let Some(feedback) = &self.feedback
            && feedback.path.file_name().is_none()
        {
            return Err("feedback.path names no file".to_owned());
        }
        if let Some(kafka) = &self.enforcement.kafka {
            kafka.check(&self.source)?;
        }
        webhooks::check_names([
            ("enforcement.webhooks", &self.enforcement.webhooks),
            ("audit.webhooks", &self.audit.webhooks),
            ("referrals.webhooks", &self.referrals.webhooks),
        ])?;
        self.check_sections()
            .map_err(|failure| failure.to_string())?;
        self.check_archive()?;
        source::privileged(limits).map(|_| ())
    }

    /// What else can be checked without reading another file.
    fn check_sections(&self) -> Result<(), Failure> {
        self.review()?;
        self.origin()?;
        self.api.first_people()?;
        self.telemetry.traces_url().map(drop)
    }

    /// The configured sets.
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary {
            platforms: self.platforms.clone(),
            issuers: self.issuers.clone(),
            banks: self.banks.clone(),
        }
    }

    /// A configured path, from the configuration's folder.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_configuration_is_sound() {
        assert!(Config::demo().is_ok());
    }

    #[test]
    fn a_feedback_log_without_a_file_name_is_refused() {
        let text = include_str!("../config/demo.toml").replace("../demo/feedback.ndjson", "..");
        assert!(Config::parse(&text).unwrap_err().contains("feedback.path"));
    }

    #[test]
    fn an_unknown_key_is_one_clear_line() {
        let text = include_str!("../config/demo.toml").replace("[engine]", "[engine]\nthreds = 2");
        let problem = Config::parse(&text).unwrap_err();
        assert!(
            problem.contains("threds") && problem.starts_with("line "),
            "{problem}"
        );
    }
}
