//! What the HTTP interface answers, as documents of its own: their form is a promise to clients, that of the core's is not.

use sealwatch_core::behaviour::Mode;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{
    Evidence, Population, Position, Reason, SealedIdentity, Threshold,
};
use sealwatch_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::{DetectorDescription, FeatureDescription};
use crate::store::{Delivered, Summary};

/// A page of recommendations, newest first by event time.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationPage {
    /// The recommendations.
    pub items: Vec<RecommendationSummary>,
    /// Give this as `cursor` for the next page. Absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A recommendation in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationSummary {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// Pseudonym of the account.
    pub account: String,
    /// Which life of the number it is, from 0.
    pub incarnation: u32,
    /// The platform.
    pub platform: String,
    /// What the account did.
    pub behaviour: &'static str,
    /// What is recommended: `limit`, `ban`, `protect` or `refer`.
    pub answer: &'static str,
    /// How far it goes: `live`, `shadow` or `demo`.
    pub mode: &'static str,
    /// Whether it is a demonstration, calibrated on simulated accounts: nobody may be banned on it.
    pub is_demonstration: bool,
    /// The score, in log-odds before calibration. Not a probability.
    pub score: f64,
    /// The threshold that it crossed, in the same unit.
    pub threshold: f64,
    /// When the deciding event happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// When it was first received.
    #[schema(format = DateTime)]
    pub received_at: String,
}

impl From<&Summary> for RecommendationSummary {
    fn from(summary: &Summary) -> Self {
        Self {
            id: summary.id.to_hexadecimal(),
            account: summary.account.to_hexadecimal(),
            incarnation: summary.incarnation,
            platform: summary.platform.clone(),
            behaviour: summary.behaviour.name(),
            answer: summary.answer.name(),
            mode: summary.mode.name(),
            is_demonstration: summary.is_demonstration(),
            score: summary.score,
            threshold: summary.threshold_margin,
            at: summary.at.to_rfc3339(),
            received_at: Timestamp(summary.received_ms).to_rfc3339(),
        }
    }
}

/// A threshold and its guarantee.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThresholdDocument {
    /// Accounts are recommended strictly above this score.
    pub margin: f64,
    /// Bound on the share of benign accounts ever recommended within the window.
    pub alpha: f64,
    /// Probability that the bound does not hold.
    pub delta: f64,
    /// Benign accounts that it was calibrated on, one for each linked group.
    pub calibration_accounts: u64,
    /// The window, in days.
    pub window_days: u32,
    /// The population that it was calibrated on.
    pub population: String,
    /// Whether that population is simulated.
    pub is_simulated: bool,
}

impl From<&Threshold> for ThresholdDocument {
    fn from(threshold: &Threshold) -> Self {
        Self {
            margin: threshold.margin,
            alpha: threshold.alpha,
            delta: threshold.delta,
            calibration_accounts: threshold.n,
            window_days: threshold.window_days,
            population: threshold.population.name().to_owned(),
            is_simulated: matches!(threshold.population, Population::Simulator(_)),
        }
    }
}

/// A reason for a score.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonDocument {
    /// The feature.
    pub feature: String,
    /// Its value; null is unknown.
    #[schema(required)]
    pub value: Option<f32>,
    /// Its unit.
    pub unit: String,
    /// What it added to the score, in log-odds.
    pub contribution: f64,
    /// The reason in plain words.
    pub words: String,
}

impl From<&Reason> for ReasonDocument {
    fn from(reason: &Reason) -> Self {
        Self {
            feature: reason.feature.clone(),
            value: reason.value,
            unit: reason.unit.clone(),
            contribution: reason.contribution,
            words: reason.words.clone(),
        }
    }
}

/// A feature at the deciding event.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureDocument {
    /// Its name.
    pub name: String,
    /// Its value; null is unknown.
    #[schema(required)]
    pub value: Option<f32>,
    /// Its unit.
    pub unit: &'static str,
    /// What it is about.
    pub family: &'static str,
    /// What it means, as a phrase that reads on after "the account:".
    pub meaning: String,
}

/// Where a record stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct PositionDocument {
    /// Number in the committed order, from 0.
    pub sequence: u64,
    /// Partition of the source.
    pub partition: u32,
    /// Offset within it.
    pub offset: u64,
}

impl From<Position> for PositionDocument {
    fn from(position: Position) -> Self {
        Self {
            sequence: position.sequence,
            partition: position.partition,
            offset: position.offset,
        }
    }
}

/// Something that the account did or that happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FacetDocument {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Where its record stands.
    pub position: PositionDocument,
    /// What.
    pub what: String,
    /// Pseudonym of the counterpart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<String>,
    /// Its numbers.
    pub values: Vec<NamedValue>,
}

/// A number with its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// The number.
    pub value: f32,
}

/// Something that the account shares with others.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkDocument {
    /// `device`, `network`, `number_range` or `group`.
    pub kind: String,
    /// Its pseudonym.
    pub entity: String,
    /// Other accounts seen on it (an estimate).
    pub accounts: f32,
    /// How many of them were banned (decayed).
    pub banned: f32,
    /// Pseudonyms of the last few.
    pub last_accounts: Vec<String>,
}

/// An identity sealed for someone else. No server can open it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealedIdentityDocument {
    /// `enforcement` or `referral`.
    pub sealed_for: &'static str,
    /// Ids of the recipients' keys, outermost first.
    pub key_ids: Vec<String>,
    /// The sealed bytes, base64.
    pub sealed: String,
}

impl From<&SealedIdentity> for SealedIdentityDocument {
    fn from(identity: &SealedIdentity) -> Self {
        Self {
            sealed_for: identity.sealed_for.name(),
            key_ids: identity.key_ids.clone(),
            sealed: identity.sealed.clone(),
        }
    }
}

/// A recommendation with everything that it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationDocument {
    /// What the list shows of it.
    #[serde(flatten)]
    pub summary: RecommendationSummary,
    /// The threshold's guarantee.
    pub guarantee: ThresholdDocument,
    /// Digest of the model.
    pub model_digest: String,
    /// The strongest reasons first.
    pub reasons: Vec<ReasonDocument>,
    /// All features at the deciding event. Empty where another version made it: its list has other names.
    pub features: Vec<FeatureDocument>,
    /// The account's first event.
    pub first: PositionDocument,
    /// The event that decided.
    pub deciding: PositionDocument,
    /// How much was known of the account: facets up to the deciding event.
    pub facets_seen: u32,
    /// The last facets, oldest first.
    pub facets: Vec<FacetDocument>,
    /// What the account shares with others, strongest first.
    pub links: Vec<LinkDocument>,
    /// The account's identity, sealed.
    pub sealed_identities: Vec<SealedIdentityDocument>,
    /// How often the pipeline delivered it.
    pub deliveries: i64,
}

impl RecommendationDocument {
    /// Of a delivered recommendation and the names of the features.
    pub fn new(delivered: &Delivered, features: &[FeatureDescription]) -> Self {
        let recommendation = &delivered.recommendation;
        let Evidence { facets, links } = &recommendation.evidence;
        let name = |(description, value): (&FeatureDescription, Option<f32>)| FeatureDocument {
            name: description.name.clone(),
            value,
            unit: description.unit.name(),
            family: description.family.name(),
            meaning: description.meaning.clone(),
        };
        let facet = |facet: &sealwatch_core::recommendation::EvidenceFacet| FacetDocument {
            at: facet.at.to_rfc3339(),
            position: facet.position.into(),
            what: facet.what.clone(),
            counterpart: facet.counterpart.map(Pseudonym::to_hexadecimal),
            values: facet
                .values
                .iter()
                .map(|(name, value)| NamedValue {
                    name: name.clone(),
                    value: *value,
                })
                .collect(),
        };
        let link = |link: &sealwatch_core::recommendation::EvidenceLink| LinkDocument {
            kind: link.kind.clone(),
            entity: link.entity.to_hexadecimal(),
            accounts: link.accounts,
            banned: link.banned,
            last_accounts: link
                .last_accounts
                .iter()
                .map(|account| account.to_hexadecimal())
                .collect(),
        };
        Self {
            summary: (&delivered.summary()).into(),
            guarantee: (&recommendation.threshold).into(),
            model_digest: recommendation.model_digest.clone(),
            reasons: recommendation.reasons.iter().map(Into::into).collect(),
            features: FeatureDescription::beside(features, &recommendation.features)
                .map(|pairs| pairs.map(name).collect())
                .unwrap_or_default(),
            first: recommendation.first.into(),
            deciding: recommendation.deciding.into(),
            facets_seen: recommendation.facets_seen,
            facets: facets.iter().map(facet).collect(),
            links: links.iter().map(link).collect(),
            sealed_identities: delivered.sealed_identities.iter().map(Into::into).collect(),
            deliveries: delivered.deliveries,
        }
    }
}

/// All behaviours, and how each is detected.
#[derive(Debug, Serialize, ToSchema)]
pub struct DetectorList {
    /// In a fixed order.
    pub detectors: Vec<DetectorDocument>,
}

/// A behaviour and its detector.
#[derive(Debug, Serialize, ToSchema)]
pub struct DetectorDocument {
    /// The behaviour.
    pub behaviour: &'static str,
    /// `on`; `off` where the policy leaves it out; `absent` where this version has no detector for it.
    pub status: &'static str,
    /// How far its recommendations go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// What it recommends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<&'static str>,
    /// Its threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<ThresholdDocument>,
}

impl DetectorDocument {
    /// Of a behaviour, and its detector where one is on.
    pub fn new(
        behaviour: sealwatch_core::behaviour::Behaviour,
        detectors: &[DetectorDescription],
    ) -> Self {
        let detector = detectors
            .iter()
            .find(|detector| detector.behaviour == behaviour);
        let status = match detector {
            Some(_) => "on",
            None if behaviour.has_detector() => "off",
            None => "absent",
        };
        Self {
            behaviour: behaviour.name(),
            status,
            mode: detector.map(|detector| Mode::name(detector.mode)),
            answer: detector.map(|detector| detector.answer.name()),
            threshold: detector.map(|detector| (&detector.threshold).into()),
        }
    }
}
