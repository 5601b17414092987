//! The model artefact: models, thresholds with their guarantees, and where all of it came from, in one document.
//!
//! It carries the digest of the feature schema that it was trained on and is refused by any other (law 4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::behaviour::Behaviour;
use crate::feature::{COUNT, schema_digest};
use crate::inference::{Model, ModelDocument, ModelError};
use crate::recommendation::{Population, Threshold};
use crate::time::Timestamp;

/// The version of the artefact's form.
pub const VERSION: u32 = 1;

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
    /// Digest of the training data.
    pub data: String,
    /// Whose accounts it was trained and calibrated on.
    pub population: Population,
    /// Event time after which its thresholds are to be renewed.
    pub expires: Timestamp,
    /// A model for each behaviour.
    pub behaviours: BTreeMap<Behaviour, BehaviourDocument>,
}

/// One behaviour's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourDocument {
    /// The model.
    pub model: ModelDocument,
    /// Margins and the share of abusive training rows at them: a reliability curve. Empty: not calibrated.
    pub calibration: Vec<(f64, f64)>,
    /// Thresholds, by alpha.
    pub thresholds: Vec<Threshold>,
    /// Figures of its evaluation, by name.
    pub metrics: BTreeMap<String, f64>,
}

/// Why an artefact was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    #[error("the model artefact has version {found}, this program reads version {VERSION}")]
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
        let damaged = |error: serde_json::Error| ArtefactError::Damaged {
            line: error.line(),
            column: error.column(),
        };
        let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
        if version.version != VERSION {
            return Err(ArtefactError::Version {
                found: version.version,
            });
        }
        let document: ArtefactDocument = serde_json::from_slice(bytes).map_err(damaged)?;
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
            let sound = part.thresholds.iter().all(|threshold| {
                let is_share = |value: f64| value > 0.0 && value < 1.0;
                is_share(threshold.alpha)
                    && is_share(threshold.delta)
                    && threshold.margin.is_finite()
            });
            if !sound {
                return Err(ArtefactError::Threshold {
                    behaviour: behaviour.name(),
                });
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
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::{NodeDocument, TreeDocument, TreesDocument};

    fn document() -> ArtefactDocument {
        let trees = vec![TreeDocument {
            nodes: vec![NodeDocument::Leaf { v: 0.1, c: 1.0 }],
        }];
        let part = BehaviourDocument {
            model: ModelDocument::Trees(TreesDocument { base: -2.0, trees }),
            calibration: vec![(0.0, 0.5)],
            thresholds: vec![Threshold {
                margin: 1.5,
                alpha: 1e-3,
                delta: 0.05,
                n: 3_000,
                window_days: 7,
                population: Population::Simulator("test".to_owned()),
            }],
            metrics: BTreeMap::from([("auc".to_owned(), 0.9)]),
        };
        ArtefactDocument {
            version: VERSION,
            command: "test".to_owned(),
            code_version: "0".to_owned(),
            seed: 1,
            feature_schema: schema_digest(),
            data: String::new(),
            population: Population::Simulator("test".to_owned()),
            expires: Timestamp(0),
            behaviours: BTreeMap::from([(Behaviour::BulkMessaging, part)]),
        }
    }

    #[test]
    fn an_artefact_survives_writing_and_reading_bit_for_bit() {
        let bytes = Artefact::write(&document()).unwrap();
        let artefact = Artefact::parse(&bytes).unwrap();
        assert_eq!(artefact.document(), &document());
        assert_eq!(Artefact::write(artefact.document()).unwrap(), bytes);
        assert_eq!(
            artefact
                .model(Behaviour::BulkMessaging)
                .unwrap()
                .margin(&[0.0; COUNT]),
            -2.0 + f64::from(0.1_f32)
        );
    }

    #[test]
    fn another_schema_version_or_damage_is_refused_by_name() {
        let other = ArtefactDocument {
            feature_schema: "other".to_owned(),
            ..document()
        };
        let refused = Artefact::parse(&Artefact::write(&other).unwrap()).err();
        assert!(matches!(refused, Some(ArtefactError::FeatureSchema { .. })));
        let newer = ArtefactDocument {
            version: 2,
            ..document()
        };
        let refused = Artefact::parse(&Artefact::write(&newer).unwrap()).err();
        assert_eq!(refused, Some(ArtefactError::Version { found: 2 }));
        let bytes = Artefact::write(&document()).unwrap();
        assert!(matches!(
            Artefact::parse(&bytes[..bytes.len() / 2]),
            Err(ArtefactError::Damaged { .. })
        ));
    }
}
