//! What the events say: the documents `enforcement.requested` and `label.given`.
//!
//! `api/schemas/enforcement.requested.schema.json` describes the first one for whoever receives it. The second one is an
//! event of the schema of `docs/EVENTS.md`, which names the account by its pseudonym.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::event::values::{LabelOrigin, Verdict};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{Recommendation, RecommendationId, SealedFor, SealedIdentity};
use sealwatch_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delivery::event::{Event, EventKey, EventKind};

/// Why there is no event of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// A recommendation in the shadow asks for nothing.
    #[error("delivery: a recommendation in the shadow leads to no action; nothing leaves")]
    Shadow,
    /// The document cannot be written.
    #[error("delivery: an event cannot be written as a document; this is a fault of the program")]
    Unwritable,
}

sealwatch_core::closed_set! {
    /// What the platform is asked to do about an account.
    Action {
        /// Slow it down for a while.
        Limit = "limit",
        /// Ban it.
        Ban = "ban",
        /// Protect its owner: sign out the new device, ask for the second factor.
        Protect = "protect",
        /// Undo what was done before: an appeal was right, or the account was found benign.
        Reinstate = "reinstate",
    }
}

impl Action {
    /// What a confirmed recommendation asks for. What is shown to the referral side asks for nothing.
    pub const fn of_answer(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Limit => Some(Self::Limit),
            Answer::Ban => Some(Self::Ban),
            Answer::Protect => Some(Self::Protect),
            Answer::Refer => None,
        }
    }
}

sealwatch_core::closed_set! {
    /// Whether anybody may be acted against.
    EnforcementMode {
        /// The platform may act.
        Live = "live",
        /// A demonstration: nobody may be acted against.
        Demo = "demo",
    }
}

/// What an event of a demonstration says in words.
const DEMONSTRATION: &str = "This is a demonstration: nobody may be acted against.";

/// How identities are sealed, by name.
const SCHEME: &str = "sealwatch-sealed-identity-v1";

/// A decision that is in force.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'decision> {
    /// The decision's id: the event's key comes from it.
    pub decision: &'decision str,
    /// The case's id.
    pub case_id: &'decision str,
    /// When it was decided, in milliseconds since 1970.
    pub at_ms: i64,
    /// What is to be done.
    pub action: Action,
    /// The statement of reasons.
    pub statement: &'decision str,
}

/// The platform is asked to act on an account: `enforcement.requested`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnforcementRequested {
    /// `enforcement.requested`.
    #[serde(rename = "type")]
    pub kind: RequestedType,
    /// The document's version: 1.
    pub version: u32,
    /// The idempotency key: whoever has acted on it does not act again.
    pub id: String,
    /// When it was decided.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    /// The platform.
    pub platform: String,
    /// The account's pseudonym.
    pub account: Pseudonym,
    /// Which life of the identifier the decision is about: a number may have a new owner since.
    pub incarnation: u32,
    /// What the account did.
    pub behaviour: Behaviour,
    /// What is to be done.
    pub action: Action,
    /// Whether anybody may be acted against.
    pub mode: EnforcementMode,
    /// For a demonstration: what that means, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The case's id.
    pub case: String,
    /// The recommendation's id.
    pub recommendation: RecommendationId,
    /// The decision's id.
    pub decision: String,
    /// The statement of reasons, as it may be sent to the account's owner.
    pub statement: String,
    /// The account's identifier, sealed to the enforcement service; absent where no key of it is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SealedAccount>,
}

sealwatch_core::closed_set! {
    /// The type of [`EnforcementRequested`].
    RequestedType {
        /// The only one.
        EnforcementRequested = "enforcement.requested",
    }
}

/// An account's identifier, sealed to the enforcement service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedAccount {
    /// How it is sealed: `sealwatch-sealed-identity-v1`.
    pub scheme: String,
    /// The id of the key that opens it.
    pub key: String,
    /// What it is bound to: it opens only with both.
    pub binding: Binding,
    /// The sealed bytes in base64.
    pub sealed: String,
}

/// What a sealed identity is bound to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The recommendation's id.
    pub recommendation: RecommendationId,
    /// The account's pseudonym.
    pub account: Pseudonym,
}

/// It names an account.
impl std::fmt::Debug for EnforcementRequested {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EnforcementRequested")
            .field("id", &self.id)
            .field("action", &self.action)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl EnforcementRequested {
    /// What this decision about this recommendation asks for.
    ///
    /// # Errors
    /// The recommendation is in the shadow.
    pub fn new(
        decided: Decided<'_>,
        recommendation: &Recommendation,
        identities: &[SealedIdentity],
    ) -> Result<Self, DocumentError> {
        // Law 5 keeps what is calibrated on the simulator from ever being live; here it would reach real accounts.
        let mode = match recommendation.mode {
            Mode::Shadow => return Err(DocumentError::Shadow),
            Mode::Live if !recommendation.threshold.population.is_simulated() => {
                EnforcementMode::Live
            }
            Mode::Live | Mode::Demo => EnforcementMode::Demo,
        };
        let binding = || Binding {
            recommendation: recommendation.id,
            account: recommendation.account,
        };
        let identity = identities
            .iter()
            .find(|identity| identity.sealed_for == SealedFor::Enforcement)
            .map(|identity| SealedAccount {
                scheme: SCHEME.to_owned(),
                key: identity.key_ids.first().cloned().unwrap_or_default(),
                binding: binding(),
                sealed: identity.sealed.clone(),
            });
        Ok(Self {
            kind: RequestedType::EnforcementRequested,
            version: 1,
            id: EventKey::derive(EventKind::Enforcement, decided.decision).to_string(),
            at: Timestamp(decided.at_ms),
            platform: recommendation.platform.clone(),
            account: recommendation.account,
            incarnation: recommendation.incarnation,
            behaviour: recommendation.behaviour,
            action: decided.action,
            mode,
            notice: (mode == EnforcementMode::Demo).then(|| DEMONSTRATION.to_owned()),
            case: decided.case_id.to_owned(),
            recommendation: recommendation.id,
            decision: decided.decision.to_owned(),
            statement: decided.statement.to_owned(),
            identity,
        })
    }

    /// The event that carries it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn event(&self) -> Result<Event, DocumentError> {
        let key = EventKey::derive(EventKind::Enforcement, &self.decision);
        Event::new(key, EventKind::Enforcement, Some(&self.case), self)
    }
}

/// What a person found an account to be: `label.given`, for the recorded order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelGiven {
    /// `label.given`.
    #[serde(rename = "type")]
    pub kind: LabelType,
    /// The idempotency key, and the event's id within its platform.
    pub id: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The platform.
    pub platform: String,
    /// The account's pseudonym.
    pub account: Pseudonym,
    /// The behaviour that was judged.
    pub behaviour: Behaviour,
    /// The verdict.
    pub verdict: Verdict,
    /// Where the label came from.
    pub origin: LabelOrigin,
    /// From when on the account behaved so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The recommendation that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<RecommendationId>,
}

sealwatch_core::closed_set! {
    /// The type of [`LabelGiven`].
    LabelType {
        /// The only one.
        LabelGiven = "label.given",
    }
}

/// It names an account.
impl std::fmt::Debug for LabelGiven {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LabelGiven")
            .field("id", &self.id)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

impl LabelGiven {
    /// The label that a decision about a recommendation gives.
    pub fn new(
        decision: &str,
        at_ms: i64,
        recommendation: &Recommendation,
        verdict: Verdict,
        origin: LabelOrigin,
    ) -> Self {
        Self {
            kind: LabelType::LabelGiven,
            id: EventKey::derive(EventKind::Label, decision).to_string(),
            at: Timestamp(at_ms),
            platform: recommendation.platform.clone(),
            account: recommendation.account,
            behaviour: recommendation.behaviour,
            verdict,
            origin,
            since: None,
            recommendation: Some(recommendation.id),
        }
    }

    /// The event that carries it, in the order of this case.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn event(&self, case_id: &str) -> Result<Event, DocumentError> {
        let key = EventKey::parse(&self.id).ok_or(DocumentError::Unwritable)?;
        Event::new(key, EventKind::Label, Some(case_id), self)
    }
}

/// A person found a report of danger to be right or wrong: `report.judged`, for the recorded order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportJudged {
    /// `report.judged`.
    #[serde(rename = "type")]
    pub kind: JudgedType,
    /// The idempotency key, and the event's id within its platform.
    pub id: String,
    /// When it was found.
    pub at: Timestamp,
    /// The platform.
    pub platform: String,
    /// The reporter's pseudonym.
    pub account: Pseudonym,
    /// The reported account's pseudonym.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Pseudonym>,
    /// The reported group's pseudonym.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Pseudonym>,
    /// Whether it was so.
    pub was_right: bool,
}

sealwatch_core::closed_set! {
    /// The type of [`ReportJudged`].
    JudgedType {
        /// The only one.
        ReportJudged = "report.judged",
    }
}

/// It names accounts.
impl std::fmt::Debug for ReportJudged {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ReportJudged")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl ReportJudged {
    /// The event that carries it, in the order of this referral.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn event(&self, referral: &str) -> Result<Event, DocumentError> {
        let key = EventKey::parse(&self.id).ok_or(DocumentError::Unwritable)?;
        Event::new(key, EventKind::Report, Some(referral), self)
    }
}

/// A time as RFC 3339, for receivers of any kind.
mod rfc3339 {
    use sealwatch_core::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde says how it is called"
    )]
    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&at.to_rfc3339())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("not a time in RFC 3339"))
    }
}
