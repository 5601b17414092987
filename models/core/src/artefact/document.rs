//! The artefact's written form, version 2, and how version 1 is read as one.
//!
//! A new version adds a struct for the old one and a conversion, and a golden file in `models/core/tests/artefacts`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ArtefactError;
use crate::behaviour::Behaviour;
use crate::drift::Distributions;
use crate::inference::ModelDocument;
use crate::recommendation::{Population, Threshold};
use crate::time::{DAY, Timestamp};

/// The version of the artefact's form that is written.
pub const VERSION: u32 = 2;

/// An artefact as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtefactDocument {
    /// The form's version.
    pub version: u32,
    /// The command that made it.
    pub command: String,
    /// The code's version.
    pub code_version: String,
    /// The seed.
    pub seed: u64,
    /// Digest of the feature schema.
    pub feature_schema: String,
    /// Digest of the events and labels of training, calibration and evaluation, in this order.
    pub data: String,
    /// Whose accounts it was trained and calibrated on.
    pub population: Population,
    /// Event time after which its thresholds hold no longer: nothing is recommended live with them.
    pub expires: Timestamp,
    /// A model for each behaviour.
    pub behaviours: BTreeMap<Behaviour, BehaviourDocument>,
    /// How its thresholds were renewed since, oldest first.
    pub renewals: Vec<Renewal>,
}

impl ArtefactDocument {
    /// Event time of the last event that its thresholds were calibrated on: that of the last renewal; without one, the end of
    /// their validity less the days that they are valid for, which stand in the command. `None` where no such days do.
    pub fn calibrated(&self) -> Option<Timestamp> {
        if let Some(renewal) = self.renewals.last() {
            return Some(renewal.at);
        }
        let mut words = self.command.split_ascii_whitespace();
        words.find(|word| *word == VALID_DAYS)?;
        let days: u32 = words.next()?.parse().ok()?;
        Some(Timestamp(
            self.expires.0.checked_sub(i64::from(days) * DAY)?,
        ))
    }
}

/// The option of `sealwatch-lab train` that says for how many days thresholds are valid.
const VALID_DAYS: &str = "--valid-days";

/// One behaviour's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourDocument {
    /// The model.
    pub model: ModelDocument,
    /// Margins and the share of abusive validation rows at them: a reliability curve. Empty: not calibrated.
    pub calibration: Vec<(f64, f64)>,
    /// Platt's sigmoid, fitted to the same rows, beside it.
    pub platt: Option<Platt>,
    /// Thresholds, by alpha.
    pub thresholds: Vec<Threshold>,
    /// Figures of its evaluation, by name.
    pub metrics: BTreeMap<String, f64>,
    /// How scores and features were distributed at the calibration. Artefacts made before there was such a thing have none, and
    /// nothing is said of their drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distributions: Option<Distributions>,
}

/// Platt's sigmoid (Platt 1999): a margin `m` stands for the probability `1 / (1 + exp(slope · m + offset))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platt {
    /// Negative where higher margins are more often abusive.
    pub slope: f64,
    /// The offset.
    pub offset: f64,
}

impl Platt {
    /// The probability that a margin stands for.
    pub fn probability(&self, margin: f64) -> f64 {
        1.0 / (1.0 + libm::exp(self.slope * margin + self.offset))
    }
}

/// A renewal of thresholds, without a change of the models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// The command that renewed them.
    pub command: String,
    /// Digest of the artefact before.
    pub before: String,
    /// Digest of the events and labels that they were renewed from.
    pub data: String,
    /// The last event of those.
    pub at: Timestamp,
}

/// Reads a document of any version that this program knows.
pub(super) fn read(bytes: &[u8]) -> Result<ArtefactDocument, ArtefactError> {
    let version: VersionOnly = serde_json::from_slice(bytes).map_err(|error| damaged(&error))?;
    match version.version {
        1 => serde_json::from_slice::<Version1>(bytes)
            .map(ArtefactDocument::from)
            .map_err(|error| damaged(&error)),
        VERSION => serde_json::from_slice(bytes).map_err(|error| damaged(&error)),
        found => Err(ArtefactError::Version { found }),
    }
}

fn damaged(error: &serde_json::Error) -> ArtefactError {
    ArtefactError::Damaged {
        line: error.line(),
        column: error.column(),
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// Version 1: no renewals, no sigmoid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version1 {
    #[expect(dead_code, reason = "read before, to choose this form")]
    version: u32,
    command: String,
    code_version: String,
    seed: u64,
    feature_schema: String,
    data: String,
    population: Population,
    expires: Timestamp,
    behaviours: BTreeMap<Behaviour, Behaviour1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behaviour1 {
    model: ModelDocument,
    calibration: Vec<(f64, f64)>,
    thresholds: Vec<Threshold>,
    metrics: BTreeMap<String, f64>,
}

impl From<Version1> for ArtefactDocument {
    fn from(old: Version1) -> Self {
        let behaviours = old.behaviours.into_iter().map(|(behaviour, part)| {
            let part = BehaviourDocument {
                model: part.model,
                calibration: part.calibration,
                platt: None,
                thresholds: part.thresholds,
                metrics: part.metrics,
                distributions: None,
            };
            (behaviour, part)
        });
        Self {
            version: VERSION,
            command: old.command,
            code_version: old.code_version,
            seed: old.seed,
            feature_schema: old.feature_schema,
            data: old.data,
            population: old.population,
            expires: old.expires,
            behaviours: behaviours.collect(),
            renewals: Vec::new(),
        }
    }
}
