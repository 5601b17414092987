//! The `[source]` section of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealwatch_core::admission::{Limits, is_privileged};
use sealwatch_core::event::{EventType, UnknownFields};
use sealwatch_core::time::{DAY, HOUR, MINUTE};
use serde::Deserialize;

use crate::config::Config;
use crate::failure::Failure;

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

impl Config {
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
}

/// The types that a source may carry beyond the ordinary ones.
///
/// # Errors
/// A name that is none of a privileged type.
pub(super) fn privileged(limits: &LimitsConfig) -> Result<Vec<EventType>, String> {
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
