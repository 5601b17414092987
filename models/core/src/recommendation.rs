//! What the engine hands to people: a recommendation with everything that it rests on.
//!
//! A recommendation is a function of the log (law 3): the same records in the same order give the same bytes. The sealed
//! identities are not part of it, because sealing draws fresh randomness; they travel beside it in [`Delivery`].

use serde::{Deserialize, Serialize};

use crate::behaviour::{Answer, Behaviour, Mode};
use crate::identifier::{Pseudonym, parse_hexadecimal};
use crate::time::Timestamp;

/// A recommendation's id: 32 hexadecimal digits, derived from account, incarnation, behaviour and deciding event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecommendationId(u128);

impl RecommendationId {
    /// From 128 bits.
    pub const fn new(bits: u128) -> Self {
        Self(bits)
    }

    /// From exactly 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hexadecimal(text).map(Self)
    }

    /// Its 32 hexadecimal digits.
    pub fn to_hexadecimal(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Its 16 bytes, big-endian.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl Serialize for RecommendationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hexadecimal())
    }
}

impl<'de> Deserialize<'de> for RecommendationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a recommendation id"))
    }
}

/// Where a record stands: its number in the order in which records were taken, and where it came from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct Position {
    /// Number in the committed order, from 0.
    pub sequence: u64,
    /// Partition of the source (the file's number for files).
    pub partition: u32,
    /// Offset within the partition (the line's number for files).
    pub offset: u64,
}

/// The population on whose accounts a threshold was calibrated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Population {
    /// The simulator: nothing may go live on it (law 5).
    Simulator(String),
    /// The named platform's own accounts.
    Platform(String),
}

impl Population {
    /// Whether this is the simulator.
    pub const fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulator(_))
    }

    /// The population's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Simulator(name) | Self::Platform(name) => name,
        }
    }
}

/// A threshold and the guarantee that it carries (Neyman-Pearson umbrella, Tong, Feng and Li 2018): with probability at
/// least `1 - delta`, the share of benign accounts ever recommended within `window_days` is at most `alpha`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Flag strictly above this margin (log-odds before calibration).
    pub margin: f64,
    /// Bound on the false-ban rate.
    pub alpha: f64,
    /// Probability that the bound does not hold.
    pub delta: f64,
    /// Benign calibration accounts, one for each linked group.
    pub n: u64,
    /// Window of the guarantee, in days.
    pub window_days: u32,
    /// Whose accounts it was calibrated on.
    pub population: Population,
}

/// One reason for a score: a feature, its value, and what it added to the margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The feature's name in the registry.
    pub feature: String,
    /// The feature's value; `None` is unknown.
    pub value: Option<f32>,
    /// The feature's unit.
    pub unit: String,
    /// What it added to the margin, in log-odds. The contributions and the base sum to the margin.
    pub contribution: f64,
    /// The reason in plain words with its value.
    pub words: String,
}

/// One facet of the account's history, pseudonymised, as the evidence shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceFacet {
    /// When it happened (event time).
    pub at: Timestamp,
    /// Where its record stands.
    pub position: Position,
    /// What happened: a name of the closed set of facet kinds, as `message_sent`.
    pub what: String,
    /// The counterpart, if there is one: target, group, device, network.
    pub counterpart: Option<Pseudonym>,
    /// The facet's numbers, by name. Only members of the schema.
    pub values: Vec<(String, f32)>,
}

/// A linked entity: something that the account shares with others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceLink {
    /// `device`, `network`, `number_range` or `group`.
    pub kind: String,
    /// The entity.
    pub entity: Pseudonym,
    /// Other accounts seen on it (an estimate from a sketch), when the account was last seen there.
    pub accounts: f32,
    /// How many of them were banned (decayed).
    pub banned: f32,
    /// The last few other accounts seen on it.
    pub last_accounts: Vec<Pseudonym>,
}

/// The evidence bundle: the account's last 200 facets up to the deciding event, and its strongest links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Evidence {
    /// At most 200, oldest first.
    pub facets: Vec<EvidenceFacet>,
    /// Strongest first.
    pub links: Vec<EvidenceLink>,
}

/// A recommendation about one account, incarnation and behaviour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Deterministic id.
    pub id: RecommendationId,
    /// The platform's name, a member of the configured set.
    pub platform: String,
    /// The account.
    pub account: Pseudonym,
    /// Which life of the number this is: 0 for the first, one more for each new registration or recycling.
    pub incarnation: u32,
    /// What the account did.
    pub behaviour: Behaviour,
    /// What is recommended.
    pub answer: Answer,
    /// How far it goes.
    pub mode: Mode,
    /// The margin (log-odds) that crossed the threshold. A score, not a probability.
    pub score: f64,
    /// The threshold and its guarantee.
    pub threshold: Threshold,
    /// Digest of the model artefact (64 hexadecimal digits).
    pub model_digest: String,
    /// The strongest reasons, strongest first.
    pub reasons: Vec<Reason>,
    /// The features at the deciding event, in the registry's order; `None` is unknown.
    pub features: Vec<Option<f32>>,
    /// When the deciding event happened (event time).
    pub at: Timestamp,
    /// The account's first event in this incarnation.
    pub first: Position,
    /// The event that decided.
    pub deciding: Position,
    /// Facets of the account up to the deciding event.
    pub facets_seen: u32,
    /// The evidence.
    pub evidence: Evidence,
}

crate::closed_set! {
    /// For whom an identity is sealed.
    SealedFor {
        /// The platform's enforcement service: one wrap.
        Enforcement = "enforcement",
        /// The referral side: inside to the officers, outside to the approvers.
        Referral = "referral",
    }
}

/// The account's raw identifier, sealed (RFC 9180). No server of ours can open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedIdentity {
    /// For whom.
    pub sealed_for: SealedFor,
    /// Ids of the recipients' keys, outermost first.
    pub key_ids: Vec<String>,
    /// The sealed bytes, base64 (standard alphabet, padded).
    pub sealed: String,
}

/// What goes from ingest to the case store: the recommendation and its sealed identities. Delivered at least once, with
/// the recommendation's id as the idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The recommendation.
    pub recommendation: Recommendation,
    /// Empty where no recipient keys are configured.
    pub sealed_identities: Vec<SealedIdentity>,
}
