//! Cases, decisions and appeals, as programs read them.

use sealwatch_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Private;
use crate::cases::{Appeal, Batch, Case, CaseId, Decision, QueueCount, SecondLook};
use crate::documents::RecommendationDocument;
use crate::problem::Problem;
use crate::state::ApiState;

fn time(at_ms: i64) -> String {
    Timestamp(at_ms).to_rfc3339()
}

/// A case as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseSummary {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// The platform.
    pub platform: String,
    /// Pseudonym of the account.
    pub account: String,
    /// Which life of the number it is, from 0.
    pub incarnation: u32,
    /// What the account did.
    pub behaviour: &'static str,
    /// How far the newest recommendation goes: `live`, `shadow` or `demo`.
    pub mode: &'static str,
    /// What is recommended: `limit`, `ban` or `protect`.
    pub answer: &'static str,
    /// Whether it is a demonstration: nobody may be banned on it.
    pub is_demonstration: bool,
    /// The newest recommendation.
    pub recommendation: String,
    /// How many recommendations joined it.
    pub recommendations: i64,
    /// The highest score, in log-odds before calibration. Not a probability.
    pub score: f64,
    /// The threshold that it crossed, in the same unit.
    pub threshold: f64,
    /// How far it has come: `held`, `open`, `decided` or `appealed`.
    pub state: &'static str,
    /// When the newest deciding event happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// When it was opened.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Who works on it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// Until when, unless they do something on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub claimed_until: Option<String>,
    /// The decision in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// What it says: `confirm`, `reject`, `protect` or `needs_more`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// Its version: what a write names in `If-Match`.
    pub version: i64,
}

impl CaseSummary {
    /// Of a case at this time: a claim whose time is over is none.
    pub fn new(case: &Case, now_ms: i64) -> Self {
        let claim = case.claim.as_ref().filter(|claim| claim.until_ms > now_ms);
        Self {
            id: case.id.to_hexadecimal(),
            platform: case.platform.clone(),
            account: case.account.to_hexadecimal(),
            incarnation: case.incarnation,
            behaviour: case.behaviour.name(),
            mode: case.mode.name(),
            answer: case.answer.name(),
            is_demonstration: case.is_demonstration(),
            recommendation: case.recommendation.to_hexadecimal(),
            recommendations: case.recommendations,
            score: case.score,
            threshold: case.threshold_margin,
            state: case.state.name(),
            at: case.at.to_rfc3339(),
            opened_at: time(case.opened_ms),
            claimed_by: claim.map(|claim| claim.person.to_string()),
            claimed_until: claim.map(|claim| time(claim.until_ms)),
            decision: case.decision.map(crate::cases::DecisionId::to_hexadecimal),
            verdict: case.verdict.map(crate::cases::Verdict::name),
            version: case.version,
        }
    }
}

/// A page of a queue, the first to be worked first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CasePage {
    /// The cases.
    pub items: Vec<CaseSummary>,
    /// Give this as `cursor` for the next page. Absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A case with everything that it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDocument {
    /// The case.
    pub case: CaseSummary,
    /// The newest recommendation.
    pub recommendation: RecommendationDocument,
    /// All decisions, the oldest first.
    pub decisions: Vec<DecisionDocument>,
    /// All appeals, the oldest first.
    pub appeals: Vec<AppealDocument>,
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionDocument {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// The case.
    pub case: String,
    /// Who decided.
    pub person: String,
    /// At which occasion: `review` or `appeal`.
    pub kind: &'static str,
    /// What: `confirm`, `reject`, `protect` or `needs_more`.
    pub verdict: &'static str,
    /// Why, as a code.
    pub reason: &'static str,
    /// Why, in words for reviewers.
    pub reason_words: &'static str,
    /// The note, for people who may read the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub note: Option<Private>,
    /// What the account's owner could be told.
    pub statement: String,
    /// The recommendation that it is about.
    pub recommendation: String,
    /// The set that was decided at once, if it was one of a set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Until when it can be undone. Nothing leaves before.
    #[schema(format = DateTime)]
    pub undo_until: String,
    /// When it was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub undone_at: Option<String>,
}

impl From<&Decision> for DecisionDocument {
    fn from(decision: &Decision) -> Self {
        Self {
            id: decision.id.to_hexadecimal(),
            case: decision.case.to_hexadecimal(),
            person: decision.person.to_string(),
            kind: decision.kind.name(),
            verdict: decision.verdict.name(),
            reason: decision.reason.name(),
            reason_words: decision.reason.words(),
            note: None,
            statement: decision.statement.clone(),
            recommendation: decision.recommendation.to_hexadecimal(),
            batch: decision.batch.clone(),
            at: time(decision.at_ms),
            undo_until: time(decision.effective_ms),
            undone_at: decision.undone_ms.map(time),
        }
    }
}

impl DecisionDocument {
    /// With its note: only where the case itself is shown.
    pub fn with_note(state: &ApiState, decision: &Decision) -> Self {
        let sealed = decision.note.as_deref();
        let note = sealed.and_then(|sealed| state.open_note(decision.case, sealed));
        Self {
            note: note.map(Into::into),
            ..decision.into()
        }
    }
}

/// An appeal.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppealDocument {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// The case.
    pub case: String,
    /// The decision that is to be looked at again.
    pub decision: String,
    /// What it rests on.
    pub ground: &'static str,
    /// Who filed it for the account's owner.
    pub filed_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub filed_at: String,
    /// The decision that answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whether the first decision was overturned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_overturned: Option<bool>,
}

impl From<&Appeal> for AppealDocument {
    fn from(appeal: &Appeal) -> Self {
        Self {
            id: appeal.id.to_hexadecimal(),
            case: appeal.case.to_hexadecimal(),
            decision: appeal.decision.to_hexadecimal(),
            ground: appeal.ground.name(),
            filed_by: appeal.filed_by.to_string(),
            filed_at: time(appeal.filed_ms),
            answer: appeal.answer.map(crate::cases::DecisionId::to_hexadecimal),
            is_overturned: appeal.is_overturned,
        }
    }
}

/// What became of a set.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchDocument {
    /// The set's id: one undo takes all of it back.
    pub id: String,
    /// The decisions.
    pub decided: Vec<DecisionDocument>,
    /// The cases that were not decided, and why.
    pub refused: Vec<RefusedDocument>,
}

/// A case of a set that was not decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedDocument {
    /// The case.
    pub case: String,
    /// Why, as a problem.
    pub problem: Problem,
}

impl From<Batch> for BatchDocument {
    fn from(batch: Batch) -> Self {
        let refused = |(case, error): (CaseId, crate::cases::CaseError)| RefusedDocument {
            case: case.to_hexadecimal(),
            problem: error.into(),
        };
        Self {
            id: batch.id,
            decided: batch.decided.iter().map(Into::into).collect(),
            refused: batch.refused.into_iter().map(refused).collect(),
        }
    }
}

/// How many decisions of a set were undone.
#[derive(Debug, Serialize, ToSchema)]
pub struct UndoneDocument {
    /// How many.
    pub undone: usize,
}

/// A decision that waits for a second look.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondLookDocument {
    /// The decision.
    pub decision: String,
    /// Its case.
    pub case: String,
    /// When it was chosen.
    #[schema(format = DateTime)]
    pub chosen_at: String,
}

impl From<&SecondLook> for SecondLookDocument {
    fn from(look: &SecondLook) -> Self {
        Self {
            decision: look.decision.to_hexadecimal(),
            case: look.case.to_hexadecimal(),
            chosen_at: time(look.chosen_ms),
        }
    }
}

/// The decisions that this person may look at a second time.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondLookList {
    /// The oldest first.
    pub items: Vec<SecondLookDocument>,
}

/// How many cases wait.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueDocument {
    /// By behaviour and state.
    pub counts: Vec<QueueCountDocument>,
}

/// How many cases of a behaviour are in a state.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueCountDocument {
    /// The behaviour.
    pub behaviour: &'static str,
    /// `held`, `open` or `appealed`.
    pub state: &'static str,
    /// How many.
    pub cases: i64,
    /// When the one that has waited longest was opened.
    #[schema(format = DateTime)]
    pub oldest_at: String,
}

impl QueueDocument {
    /// Of these counts.
    pub fn new(counts: &[QueueCount]) -> Self {
        let count = |count: &QueueCount| QueueCountDocument {
            behaviour: count.behaviour.name(),
            state: count.state.name(),
            cases: count.cases,
            oldest_at: time(count.oldest_ms),
        };
        Self {
            counts: counts.iter().map(count).collect(),
        }
    }
}

/// How many held cases came into the queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedDocument {
    /// How many.
    pub released: u64,
}
