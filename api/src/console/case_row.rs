//! A case as a row of a list, and what the person signed in can take back.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::time::Timestamp;

use super::words::{Moment, score};
use crate::cases::{Case, Decision};
use crate::database::Database;
use crate::people::Actor;
use crate::store::CaseStoreError;

/// A case as a row of a list.
pub(super) struct CaseRow {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) account: String,
    pub(super) platform: String,
    pub(super) behaviour: &'static str,
    pub(super) answer: &'static str,
    pub(super) mode: &'static str,
    pub(super) state: &'static str,
    pub(super) verdict: &'static str,
    pub(super) score: String,
    pub(super) excess: String,
    pub(super) recommendations: i64,
    pub(super) at: Moment,
    pub(super) opened: Moment,
    /// Who works on it now; empty for nobody.
    pub(super) claimed_by: String,
    pub(super) is_mine: bool,
    /// Until when, in milliseconds since 1970.
    pub(super) claimed_until_ms: i64,
    /// Whether a person who decides may choose it for a set.
    pub(super) can_choose: bool,
}

impl CaseRow {
    /// Of a case, for this person at this time.
    pub(super) fn new(case: &Case, actor: &Actor, now_ms: i64) -> Self {
        use crate::cases::CaseState;
        let claimed_by = case.claimed_by(now_ms);
        let is_mine = claimed_by == Some(&actor.person);
        let is_waiting = matches!(case.state, CaseState::Open | CaseState::Appealed);
        Self {
            id: case.id.to_hexadecimal(),
            version: case.version,
            account: case.account.to_hexadecimal(),
            platform: case.platform.clone(),
            behaviour: case.behaviour.title(),
            answer: case.answer.name(),
            mode: case.mode.name(),
            state: case.state.name(),
            verdict: case.verdict.map_or("", crate::cases::Verdict::name),
            score: score(case.score),
            excess: format!("{:+.2}", case.score - case.threshold_margin),
            recommendations: case.recommendations,
            at: Moment::new(case.at),
            opened: Moment::new(Timestamp(case.opened_ms)),
            claimed_by: claimed_by.map(ToString::to_string).unwrap_or_default(),
            is_mine,
            claimed_until_ms: case.claim.as_ref().map_or(0, |claim| claim.until_ms),
            can_choose: is_waiting && (claimed_by.is_none() || is_mine),
        }
    }
}

/// What the person decided last, while it can be undone.
pub(super) struct UndoBar {
    /// Where undoing is posted to.
    pub(super) path: String,
    /// The case; empty for a set.
    pub(super) case: String,
    pub(super) verdict: &'static str,
    pub(super) reason: &'static str,
    /// How many cases.
    pub(super) cases: i64,
    /// Until when, in milliseconds since 1970.
    pub(super) until_ms: i64,
    pub(super) seconds: i64,
}

impl UndoBar {
    /// Of the newest decision of this person that can still be undone, with its set.
    pub(super) async fn of(
        database: &Database,
        actor: &Actor,
        now_ms: i64,
    ) -> Result<Option<Self>, CaseStoreError> {
        let Some(decision) = last(database, actor, now_ms).await? else {
            return Ok(None);
        };
        let (path, cases) = match &decision.batch {
            Some(batch) => {
                let cases = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM decisions WHERE batch = $1 AND undone_ms IS NULL",
                )
                .bind(batch.clone())
                .fetch_one(database.pool())
                .await?;
                (format!("/sets/{batch}/undo"), cases)
            }
            None => (
                format!("/decisions/{}/undo", decision.id.to_hexadecimal()),
                1,
            ),
        };
        let is_set = decision.batch.is_some();
        Ok(Some(Self {
            path,
            case: if is_set {
                String::new()
            } else {
                decision.case.to_hexadecimal()
            },
            verdict: decision.verdict.name(),
            reason: decision.reason.words(),
            cases,
            until_ms: decision.effective_ms,
            seconds: (decision.effective_ms - now_ms) / 1000,
        }))
    }
}

async fn last(
    database: &Database,
    actor: &Actor,
    now_ms: i64,
) -> Result<Option<Decision>, CaseStoreError> {
    let id: Option<String> = sqlx::query_scalar(
        // Those of everyone that can still be undone are few; those of one person, over the years, are many.
        "SELECT id FROM decisions WHERE person || '' = $1 AND undone_ms IS NULL AND finished_ms IS NULL \
         AND effective_ms > $2 ORDER BY sequence DESC LIMIT 1",
    )
    .bind(actor.person.as_str())
    .bind(now_ms)
    .fetch_optional(database.pool())
    .await?;
    let Some(id) = id else { return Ok(None) };
    let id = crate::cases::DecisionId::parse(&id).ok_or(CaseStoreError::Damaged)?;
    crate::cases::decision(database, id).await
}

/// A behaviour by its name, where a form may leave it empty.
pub(super) fn behaviour(text: &str) -> Option<Behaviour> {
    Behaviour::parse(text)
}
