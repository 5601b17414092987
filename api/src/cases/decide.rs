//! Decisions: of one case or of a set at once.

use sqlx::AnyConnection;

use crate::audit::{self, Act, Entry};
use crate::cases::claim::may_work;
use crate::cases::error::CaseError;
use crate::cases::read::{self, DECISION, case_to_change};
use crate::cases::settings::ReviewSettings;
use crate::cases::statement_of_reasons::statement;
use crate::cases::tally;
use crate::cases::types::{
    Case, CaseId, CaseState, Decision, DecisionId, DecisionKind, ReasonCode, Verdict,
};
use crate::database::{Database, Write};
use crate::people::Actor;
use crate::request_id::RequestId;

/// Cases that are decided together at most.
pub const MOST_TOGETHER: usize = 500;

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// A note, sealed under the case store's key for this case.
    pub note: Option<String>,
}

/// Decides about a case. On the log.
///
/// # Errors
/// There is none, it has changed, another person has it, the person decided before, or the verdict does not fit.
pub async fn decide(
    database: &Database,
    settings: &ReviewSettings,
    actor: &Actor,
    (id, seen): (CaseId, Option<i64>),
    new: &NewDecision,
    now_ms: i64,
) -> Result<Decision, CaseError> {
    let mut write = database.write().await?;
    let case = case_to_change(write.connection(), id, seen).await?;
    may_work(write.connection(), &case, actor, now_ms).await?;
    let decision = Deciding {
        settings,
        actor,
        now_ms,
        batch: None,
    };
    let (decision, entry) = decision.about(&mut write, &case, new).await?;
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(decision)
}

/// What became of each case of a set.
#[derive(Debug)]
pub struct Batch {
    /// The set's id: one undo takes all of it back.
    pub id: String,
    /// The cases that were decided.
    pub decided: Vec<Decision>,
    /// The cases that were not, and why.
    pub refused: Vec<(CaseId, CaseError)>,
}

/// Decides about a set of cases alike, each by itself: one that cannot be decided holds no other. On the log.
///
/// # Errors
/// Too many, or the database refused: nothing is decided then.
pub async fn decide_together(
    database: &Database,
    settings: &ReviewSettings,
    actor: &Actor,
    cases: &[(CaseId, Option<i64>)],
    new: &NewDecision,
    now_ms: i64,
) -> Result<Batch, CaseError> {
    if cases.len() > MOST_TOGETHER {
        return Err(CaseError::TooMany);
    }
    let mut write = database.write().await?;
    let id = DecisionId::new(write.random_bytes()).to_hexadecimal();
    let deciding = Deciding {
        settings,
        actor,
        now_ms,
        batch: Some(&id),
    };
    let (mut decided, mut refused, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for (case, seen) in cases {
        match deciding.one_of_a_set(&mut write, (*case, *seen), new).await {
            Ok((decision, entry)) => {
                decided.push(decision);
                entries.push(entry);
            }
            Err(CaseError::Store(error)) => return Err(error.into()),
            Err(refusal) => refused.push((*case, refusal)),
        }
    }
    audit::commit(write, actor, now_ms, &entries).await?;
    Ok(Batch {
        id,
        decided,
        refused,
    })
}

struct Deciding<'a> {
    settings: &'a ReviewSettings,
    actor: &'a Actor,
    now_ms: i64,
    batch: Option<&'a str>,
}

impl Deciding<'_> {
    async fn one_of_a_set(
        &self,
        write: &mut Write,
        (id, seen): (CaseId, Option<i64>),
        new: &NewDecision,
    ) -> Result<(Decision, Entry), CaseError> {
        let case = case_to_change(write.connection(), id, seen).await?;
        may_work(write.connection(), &case, self.actor, self.now_ms).await?;
        self.about(write, &case, new).await
    }

    async fn about(
        &self,
        write: &mut Write,
        case: &Case,
        new: &NewDecision,
    ) -> Result<(Decision, Entry), CaseError> {
        let is_appeal = case.state == CaseState::Appealed;
        if new.reason.verdict() != new.verdict {
            return Err(CaseError::Reason);
        }
        // An appeal is answered: it cannot be put off for ever.
        if is_appeal && new.verdict == Verdict::NeedsMore {
            return Err(CaseError::Verdict);
        }
        let decision = Decision {
            id: DecisionId::new(write.random_bytes()),
            case: case.id,
            sequence: next_sequence(write.connection()).await?,
            person: self.actor.person.clone(),
            kind: if is_appeal {
                DecisionKind::Appeal
            } else {
                DecisionKind::Review
            },
            verdict: new.verdict,
            reason: new.reason,
            note: new.note.clone(),
            statement: statement(case.behaviour, case.answer, case.mode, new.verdict),
            recommendation: case.recommendation,
            batch: self.batch.map(str::to_owned),
            at_ms: self.now_ms,
            effective_ms: self.now_ms + self.settings.undo_ms,
            undone_ms: None,
            finished_ms: None,
            request: self.actor.request.clone(),
        };
        insert(write.connection(), &decision).await?;
        self.change_case(write.connection(), case, &decision)
            .await?;
        let act = if is_appeal {
            Act::AppealAnswered
        } else {
            Act::Decided
        };
        let entry = Entry::new(act)
            .about(&case.id.to_hexadecimal())
            .fact("decision", &decision.id.to_hexadecimal())
            .fact("verdict", new.verdict.name())
            .fact("reason", new.reason.name())
            .detail(format!(
                "{} {} {}",
                case.account.to_hexadecimal(),
                case.recommendation.to_hexadecimal(),
                decision.statement
            ));
        Ok((decision, entry))
    }

    async fn change_case(
        &self,
        connection: &mut AnyConnection,
        case: &Case,
        decision: &Decision,
    ) -> Result<(), CaseError> {
        if decision.verdict == Verdict::NeedsMore {
            sqlx::query(
                "UPDATE cases SET place_ms = $2, claimed_by = NULL, claimed_until_ms = NULL, version = version + 1 \
                 WHERE id = $1",
            )
            .bind(case.id.to_hexadecimal())
            .bind(self.now_ms + self.settings.needs_more_ms)
            .execute(connection)
            .await?;
            return Ok(());
        }
        sqlx::query(
            "UPDATE cases SET state = 'decided', decision = $2, verdict = $3, decided_ms = $4, claimed_by = NULL, \
             claimed_until_ms = NULL, version = version + 1 WHERE id = $1",
        )
        .bind(case.id.to_hexadecimal())
        .bind(decision.id.to_hexadecimal())
        .bind(decision.verdict.name())
        .bind(self.now_ms)
        .execute(&mut *connection)
        .await?;
        let after = Case {
            state: CaseState::Decided,
            verdict: Some(decision.verdict),
            decided_ms: Some(self.now_ms),
            ..case.clone()
        };
        tally::changed(connection, case, &after).await?;
        if decision.kind == DecisionKind::Appeal {
            super::appeal::answer(connection, case, decision).await?;
        }
        Ok(())
    }
}

/// A decision within a transaction.
pub(crate) async fn get(
    connection: &mut AnyConnection,
    id: DecisionId,
) -> Result<Decision, CaseError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {DECISION} FROM decisions WHERE id = $1"
    )))
    .bind(id.to_hexadecimal())
    .fetch_optional(connection)
    .await?
    .ok_or(CaseError::NotFound)?;
    Ok(read::decision(&row)?)
}

async fn next_sequence(connection: &mut AnyConnection) -> Result<i64, CaseError> {
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) FROM decisions")
        .fetch_one(connection)
        .await?;
    Ok(last + 1)
}

async fn insert(connection: &mut AnyConnection, decision: &Decision) -> Result<(), CaseError> {
    sqlx::query(
        "INSERT INTO decisions (id, case_id, sequence, person, kind, verdict, reason, note, statement, recommendation, \
         batch, at_ms, effective_ms, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(decision.id.to_hexadecimal())
    .bind(decision.case.to_hexadecimal())
    .bind(decision.sequence)
    .bind(decision.person.as_str())
    .bind(decision.kind.name())
    .bind(decision.verdict.name())
    .bind(decision.reason.name())
    .bind(decision.note.clone())
    .bind(&decision.statement)
    .bind(decision.recommendation.to_hexadecimal())
    .bind(decision.batch.clone())
    .bind(decision.at_ms)
    .bind(decision.effective_ms)
    .bind(decision.request.as_ref().map(RequestId::as_str))
    .execute(connection)
    .await?;
    Ok(())
}
