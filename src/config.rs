//! The configuration: one file, checked as a whole before anything starts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sealwatch_core::admission::{Limits, is_privileged};
use sealwatch_core::event::{EventType, UnknownFields, Vocabulary};
use sealwatch_core::time::{DAY, HOUR, MINUTE};
use sealwatch_ingest::store::Durability;
use serde::Deserialize;

use crate::failure::Failure;
use crate::log_config::{AuditConfig, RetentionConfig};

mod api;
mod enforcement;
mod referrals;
mod review;
mod telemetry;
mod webhooks;

pub use api::ApiConfig;
pub use enforcement::{EnforcementConfig, EnforcementKafka};
pub use referrals::{ProviderConfig, ReferralsConfig};
pub use review::ReviewConfig;
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

/// The kinds of source.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceKind {
    /// Files and folders, read once.
    Files {
        /// Files and folders.
        paths: Vec<PathBuf>,
        /// What records may be.
        #[serde(default)]
        limits: LimitsConfig,
    },
    /// Standard input.
    StandardInput {
        /// What records may be.
        #[serde(default)]
        limits: LimitsConfig,
    },
    /// All partitions of a Kafka topic.
    Kafka {
        /// Addresses.
        brokers: String,
        /// The topic.
        topic: String,
        /// Settings of librdkafka, as for TLS and SASL.
        #[serde(default)]
        settings: BTreeMap<String, String>,
        /// What records may be.
        #[serde(default)]
        limits: LimitsConfig,
    },
}

/// What a source's records may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Types that it may carry beyond the ordinary ones: `label.given`, `enforcement.applied`, `signal.received`,
    /// `control.detector_mode`.
    pub privileged_types: Vec<String>,
    /// What becomes of unknown fields.
    pub unknown_fields: UnknownFields,
    /// Hours that an event may be behind its partition's newest.
    pub lateness_hours: u32,
    /// Minutes that an event may be ahead of the broker's timestamp.
    pub ahead_minutes: u32,
    /// Days that an event may be ahead of its partition's newest, where there is no broker.
    pub jump_days: u32,
    /// Hours within which duplicates are found.
    pub dedupe_window_hours: u32,
    /// Bytes of a record at most.
    pub maximum_record_bytes: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            privileged_types: Vec::new(),
            unknown_fields: UnknownFields::Refuse,
            lateness_hours: 24,
            ahead_minutes: 60,
            jump_days: 30,
            dedupe_window_hours: 24,
            maximum_record_bytes: 64 * 1024,
        }
    }
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

    /// The built-in demo's configuration.
    ///
    /// # Errors
    /// Never, in a program that passed its tests.
    pub fn demo() -> Result<Self, Failure> {
        Self::parse(include_str!("../config/demo.toml"))
            .map_err(|problem| Failure::configuration(format!("built-in configuration: {problem}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message())
        })?;
        config.check()?;
        config.without_secrets = without_secrets(text);
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
        self.enforcement.check_webhooks()?;
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let all = self
            .enforcement
            .webhooks
            .iter()
            .chain(&self.audit.webhooks)
            .chain(&self.referrals.webhooks);
        for webhook in all {
            if !names.insert(&webhook.name) {
                return Err(
                    "two of enforcement.webhooks, audit.webhooks and referrals.webhooks have the same name".to_owned(),
                );
            }
        }
        self.check_sections()
            .map_err(|failure| failure.to_string())?;
        privileged(limits).map(|_| ())
    }

    /// What else can be checked without reading another file.
    fn check_sections(&self) -> Result<(), Failure> {
        self.review()?;
        self.origin()?;
        self.api.first_people()?;
        self.telemetry.traces_url().map(drop)
    }

    /// What the source's records may be.
    pub const fn limits(&self) -> &LimitsConfig {
        match &self.source {
            SourceKind::Files { limits, .. }
            | SourceKind::StandardInput { limits }
            | SourceKind::Kafka { limits, .. } => limits,
        }
    }

    /// The same, as the pipeline takes it.
    ///
    /// # Errors
    /// A type that is no privileged one.
    pub fn admission_limits(&self) -> Result<Limits, Failure> {
        let limits = self.limits();
        let mut types: Vec<EventType> = EventType::ALL
            .iter()
            .copied()
            .filter(|kind| !is_privileged(*kind))
            .collect();
        types.extend(privileged(limits).map_err(Failure::Configuration)?);
        Ok(Limits {
            types,
            lateness: i64::from(limits.lateness_hours) * HOUR,
            ahead: i64::from(limits.ahead_minutes) * MINUTE,
            jump: i64::from(limits.jump_days) * DAY,
            dedupe_window: i64::from(limits.dedupe_window_hours) * HOUR,
        })
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

/// The configuration as JSON with its keys in order. An address of a database may hold a password, and settings of librdkafka
/// may: that they are there is kept, and not what they are.
fn without_secrets(text: &str) -> String {
    let mut table: toml::Table = text.parse().unwrap_or_default();
    hide_secrets(&mut table);
    serde_json::to_string(&table).unwrap_or_default()
}

fn hide_secrets(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(settings) if key == "settings" => {
                for (_, value) in settings.iter_mut() {
                    *value = toml::Value::Boolean(true);
                }
            }
            toml::Value::Table(inner) => hide_secrets(inner),
            value if key == "database_url" => *value = toml::Value::Boolean(true),
            _ => {}
        }
    }
}

fn privileged(limits: &LimitsConfig) -> Result<Vec<EventType>, String> {
    limits
        .privileged_types
        .iter()
        .map(|name| {
            EventType::parse(name).filter(|kind| is_privileged(*kind)).ok_or_else(|| {
                "source.limits.privileged_types knows label.given, enforcement.applied, signal.received and \
                 control.detector_mode"
                    .to_owned()
            })
        })
        .collect()
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

    #[test]
    fn what_the_log_keeps_of_the_configuration_holds_no_secret_and_no_order() {
        let demo = include_str!("../config/demo.toml");
        let with = |text: &str| demo.replace("[api]", &format!("[api]\n{text}"));
        let url = with("database_url = \"postgres://ana:canary@host/cases\"");
        let config = Config::parse(&url).unwrap();
        assert!(!config.without_secrets.contains("canary"));
        let other = url.replace("canary", "another");
        assert_eq!(
            Config::parse(&other).unwrap().without_secrets,
            config.without_secrets
        );
        assert_ne!(
            Config::demo().unwrap().without_secrets,
            config.without_secrets
        );
        let turned = with("metrics_open = true").replace("# The demo", "# Another comment");
        let again = demo.replace("database = ", "metrics_open = true\ndatabase = ");
        assert_eq!(
            Config::parse(&turned).unwrap().without_secrets,
            Config::parse(&again).unwrap().without_secrets
        );
    }
}
