//! The model artefact: models, thresholds with their guarantees, and where all of it came from, in one document.
//!
//! It carries the digest of the feature schema that it was trained on and is refused by any other (law 4).

mod document;

#[cfg(test)]
mod tests;

pub use document::{ArtefactDocument, BehaviourDocument, Platt, Renewal, VERSION};

use std::collections::BTreeMap;

use crate::behaviour::Behaviour;
use crate::drift::{Distributions, DistributionsError};
use crate::feature::{COUNT, schema_digest};
use crate::guarantee::fewest_accounts;
use crate::inference::{Model, ModelError};
use crate::recommendation::Threshold;

/// Why an artefact was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArtefactError {
    /// Damaged or not an artefact.
    #[error(
        "not a model artefact, or damaged (line {line}, column {column}); train one with `sealwatch-lab train`"
    )]
    Damaged {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// Another form.
    #[error("the model artefact has version {found}, this program reads versions 1 to {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// Another feature schema.
    #[error(
        "the model artefact was trained on feature schema {found}, this program has {expected}; \
         train again with this version of `sealwatch-lab`"
    )]
    FeatureSchema {
        /// Its schema.
        found: String,
        /// The program's.
        expected: String,
    },
    /// A model that cannot be scored with.
    #[error("the model artefact's model for `{behaviour}` is damaged: {error}")]
    Model {
        /// Which.
        behaviour: &'static str,
        /// Why.
        error: ModelError,
    },
    /// A threshold without a meaning.
    #[error(
        "the model artefact's threshold for `{behaviour}` is damaged: alpha and delta lie between 0 and 1"
    )]
    Threshold {
        /// Which.
        behaviour: &'static str,
    },
    /// A threshold from fewer accounts than its bound needs.
    #[error(
        "the model artefact's threshold for `{behaviour}` claims a false-ban rate of at most {alpha} from {n} benign accounts; \
         that needs {needed}"
    )]
    Unfounded {
        /// Which.
        behaviour: &'static str,
        /// The bound that it claims.
        alpha: f64,
        /// Its accounts.
        n: u64,
        /// How many are needed.
        needed: u64,
    },
    /// Distributions that cannot be compared with.
    #[error(
        "the model artefact's distributions of the calibration of `{behaviour}` are damaged, {error}; \
         train again with `sealwatch-lab train`"
    )]
    Distributions {
        /// Which.
        behaviour: &'static str,
        /// Why.
        error: DistributionsError,
    },
}

/// A checked artefact.
#[derive(Debug, Clone)]
pub struct Artefact {
    document: ArtefactDocument,
    models: BTreeMap<Behaviour, Model>,
    digest: String,
}

impl Artefact {
    /// Reads and checks an artefact.
    ///
    /// # Errors
    /// Damaged, of another version or feature schema, or with a model that is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let document = document::read(bytes)?;
        let expected = schema_digest();
        if document.feature_schema != expected {
            return Err(ArtefactError::FeatureSchema {
                found: document.feature_schema,
                expected,
            });
        }
        let mut models = BTreeMap::new();
        for (behaviour, part) in &document.behaviours {
            let model = Model::new(&part.model, COUNT).map_err(|error| ArtefactError::Model {
                behaviour: behaviour.name(),
                error,
            })?;
            check_thresholds(behaviour.name(), &part.thresholds)?;
            if let Some(distributions) = &part.distributions {
                distributions
                    .check()
                    .map_err(|error| ArtefactError::Distributions {
                        behaviour: behaviour.name(),
                        error,
                    })?;
            }
            models.insert(*behaviour, model);
        }
        Ok(Self {
            document,
            models,
            digest: blake3::hash(bytes).to_hex().to_string(),
        })
    }

    /// The bytes of a document: the same document gives the same bytes.
    ///
    /// # Errors
    /// A number that JSON cannot write.
    pub fn write(document: &ArtefactDocument) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec(document)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The BLAKE3 hash of its bytes, 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Everything that stands in it.
    pub const fn document(&self) -> &ArtefactDocument {
        &self.document
    }

    /// A behaviour's model.
    pub fn model(&self, behaviour: Behaviour) -> Option<&Model> {
        self.models.get(&behaviour)
    }

    /// A behaviour's thresholds; `None` without a model.
    pub fn thresholds(&self, behaviour: Behaviour) -> Option<&[Threshold]> {
        self.document
            .behaviours
            .get(&behaviour)
            .map(|part| part.thresholds.as_slice())
    }

    /// How a behaviour's scores and features were distributed at its calibration; `None` where that is not known.
    pub fn distributions(&self, behaviour: Behaviour) -> Option<&Distributions> {
        self.document
            .behaviours
            .get(&behaviour)?
            .distributions
            .as_ref()
    }
}

/// A threshold is a finite margin with shares for bounds, from as many accounts as these need.
fn check_thresholds(
    behaviour: &'static str,
    thresholds: &[Threshold],
) -> Result<(), ArtefactError> {
    for threshold in thresholds {
        let is_share = |value: f64| value > 0.0 && value < 1.0;
        let (alpha, n) = (threshold.alpha, threshold.n);
        if !is_share(alpha) || !is_share(threshold.delta) || !threshold.margin.is_finite() {
            return Err(ArtefactError::Threshold { behaviour });
        }
        let needed = fewest_accounts(alpha, threshold.delta);
        if n < needed {
            return Err(ArtefactError::Unfounded {
                behaviour,
                alpha,
                n,
                needed,
            });
        }
    }
    Ok(())
}
