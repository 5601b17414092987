//! Claims: one person works on a case at a time, for a while. A claim that is forgotten ends by itself.

use sealwatch_core::behaviour::Behaviour;
use sqlx::AnyConnection;

use crate::audit::{self, Act, Entry};
use crate::cases::error::CaseError;
use crate::cases::read::{self, CASE, case_to_change, deciders};
use crate::cases::settings::ReviewSettings;
use crate::cases::types::{Case, CaseId, CaseState};
use crate::database::Database;
use crate::people::Actor;
use crate::statement::Statement;

/// Claims a case. Who has claimed it already has it for longer. On the log.
///
/// # Errors
/// There is none, another person has it, the person decided about it before, or they have too many.
pub async fn claim(
    database: &Database,
    settings: &ReviewSettings,
    actor: &Actor,
    (id, seen): (CaseId, Option<i64>),
    now_ms: i64,
) -> Result<Case, CaseError> {
    let mut write = database.write().await?;
    let case = case_to_change(write.connection(), id, seen).await?;
    may_work(write.connection(), &case, actor, now_ms).await?;
    if case.claimed_by(now_ms) != Some(&actor.person) {
        has_room(write.connection(), settings, actor, now_ms).await?;
    }
    let case = take(write.connection(), settings, case, actor, now_ms).await?;
    let entry = Entry::new(Act::Claimed).about(&id.to_hexadecimal());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(case)
}

/// Claims the case that comes first: an appeal before the rest. Nothing where there is none. On the log.
///
/// # Errors
/// The person has too many claims, or the database refused.
pub async fn claim_next(
    database: &Database,
    settings: &ReviewSettings,
    actor: &Actor,
    behaviour: Option<Behaviour>,
    now_ms: i64,
) -> Result<Option<Case>, CaseError> {
    let mut write = database.write().await?;
    has_room(write.connection(), settings, actor, now_ms).await?;
    for state in [CaseState::Appealed, CaseState::Open] {
        let mut query = Statement::new(&format!("SELECT {CASE} FROM cases WHERE state = "));
        query.bind(state.name());
        if let Some(behaviour) = behaviour {
            query.push(" AND behaviour = ").bind(behaviour.name());
        }
        query
            .push(" AND (claimed_until_ms IS NULL OR claimed_until_ms <= ")
            .bind(now_ms)
            .push(")");
        // What comes back later (`needs_more`, the shadow) stands in the future until then.
        query.push(" AND place_ms <= ").bind(now_ms);
        query
            // Of a case there are few decisions, of a person many: an expression has no index.
            .push(" AND (state = 'open' OR NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.case_id = cases.id \
                   AND decisions.undone_ms IS NULL AND decisions.verdict <> 'needs_more' AND decisions.person || '' = ")
            .bind(actor.person.as_str());
        query
            .push(") AND NOT EXISTS (SELECT 1 FROM second_looks WHERE second_looks.case_id = cases.id \
                   AND second_looks.done_ms IS NOT NULL AND second_looks.claimed_by = ")
            .bind(actor.person.as_str())
            .push(")) ORDER BY place_ms, sequence LIMIT 1");
        let row = query
            .query()
            .fetch_optional(&mut *write.connection())
            .await?;
        if let Some(row) = row {
            let case = read::case(&row)?;
            let entry = Entry::new(Act::Claimed).about(&case.id.to_hexadecimal());
            let case = take(write.connection(), settings, case, actor, now_ms).await?;
            audit::commit(write, actor, now_ms, &[entry]).await?;
            return Ok(Some(case));
        }
    }
    Ok(None)
}

/// Gives a claimed case back. On the log.
///
/// # Errors
/// There is none, or the person has not claimed it.
pub async fn release(
    database: &Database,
    actor: &Actor,
    (id, seen): (CaseId, Option<i64>),
    now_ms: i64,
) -> Result<Case, CaseError> {
    let mut write = database.write().await?;
    let mut case = case_to_change(write.connection(), id, seen).await?;
    if case.claimed_by(now_ms) != Some(&actor.person) {
        return Err(CaseError::NotClaimed);
    }
    sqlx::query(
        "UPDATE cases SET claimed_by = NULL, claimed_until_ms = NULL, version = version + 1 WHERE id = $1",
    )
    .bind(id.to_hexadecimal())
    .execute(&mut *write.connection())
    .await?;
    case.claim = None;
    case.version += 1;
    let entry = Entry::new(Act::Released).about(&id.to_hexadecimal());
    audit::commit(write, actor, now_ms, &[entry]).await?;
    Ok(case)
}

/// Whether this person may work on the case now.
pub(crate) async fn may_work(
    connection: &mut AnyConnection,
    case: &Case,
    actor: &Actor,
    now_ms: i64,
) -> Result<(), CaseError> {
    if !matches!(case.state, CaseState::Open | CaseState::Appealed) {
        return Err(CaseError::State);
    }
    if case
        .claimed_by(now_ms)
        .is_some_and(|person| *person != actor.person)
    {
        return Err(CaseError::Claimed);
    }
    if case.state == CaseState::Appealed {
        let before = deciders(connection, case.id).await?;
        if before.iter().any(|person| person == actor.person.as_str()) {
            return Err(CaseError::SamePerson);
        }
    }
    Ok(())
}

async fn has_room(
    connection: &mut AnyConnection,
    settings: &ReviewSettings,
    actor: &Actor,
    now_ms: i64,
) -> Result<(), CaseError> {
    let claims: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM cases WHERE claimed_by = $1 AND claimed_until_ms > $2",
    )
    .bind(actor.person.as_str())
    .bind(now_ms)
    .fetch_one(connection)
    .await?;
    if claims < settings.claims {
        Ok(())
    } else {
        Err(CaseError::TooManyClaims)
    }
}

async fn take(
    connection: &mut AnyConnection,
    settings: &ReviewSettings,
    mut case: Case,
    actor: &Actor,
    now_ms: i64,
) -> Result<Case, CaseError> {
    let until_ms = now_ms + settings.claim_ms;
    sqlx::query(
        "UPDATE cases SET claimed_by = $2, claimed_until_ms = $3, version = version + 1 WHERE id = $1",
    )
    .bind(case.id.to_hexadecimal())
    .bind(actor.person.as_str())
    .bind(until_ms)
    .execute(connection)
    .await?;
    case.claim = Some(crate::cases::types::Claim {
        person: actor.person.clone(),
        until_ms,
    });
    case.version += 1;
    Ok(case)
}
