//! Referrals are read: the queue, one with all that it rests on, its facts. Each reading of one is on the log.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use sealwatch_core::time::Timestamp;
use sqlx::Row as _;

use super::documents::{
    ActDocument, DutyDocument, FactsDocument, FindingDocument, ReferralDocument, ReferralPage,
    ReferralSummary,
};
use super::query::ReferralQuery;
use crate::audit::{Act, Entry};
use crate::body::Private;
use crate::etag::versioned;
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::types::{Package, Referral, ReferralId};
use crate::referrals::{self, ReferralError, duty, facts as package_facts, read};
use crate::routes::log;
use crate::routes::referral_id;
use crate::schemas::{
    HexadecimalId, PriorityName, ReferralCursorText, ReferralStateName, ThreatKindName,
};
use crate::state::ApiState;
use crate::store::CaseStoreError;

/// Acts on a page at most.
const ACTS: i64 = 500;

/// Referrals in the order in which they are to be worked: priority, what is due first, what is more credible.
#[utoipa::path(get, path = "/api/v1/referrals", tag = "referrals",
    params(
        ("state" = inline(Option<ReferralStateName>), Query, description = "Only this state. Unless given: what is not over"),
        ("kind" = inline(Option<ThreatKindName>), Query, description = "Only this kind of threat"),
        ("priority" = inline(Option<PriorityName>), Query, description = "Only this priority"),
        ("cursor" = inline(Option<ReferralCursorText>), Query, description = "The `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Referrals on a page, 1 to 200; 50 unless given"),
    ),
    responses(
        (status = 200, description = "A page", body = ReferralPage),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ReferralPage>, Problem> {
    let query = ReferralQuery::parse(query.as_deref())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let (filter, behind) = (&query.filter, query.behind.as_ref());
    let (found, next) = referrals::page(database, filter, behind, query.limit).await?;
    Ok(Json(ReferralPage {
        next_cursor: next.map(|place| place.cursor()),
        items: found
            .iter()
            .map(|referral| ReferralSummary::new(referral, now_ms))
            .collect(),
    }))
}

/// A referral with everything that it rests on. Each reading is on the log.
#[utoipa::path(get, path = "/api/v1/referrals/{id}", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id: 32 hexadecimal digits")),
    responses(
        (status = 200, description = "The referral", body = ReferralDocument, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn one(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = referral_id(id)?;
    let document = document(&state, &actor, id).await?;
    Ok(versioned(document.referral.version, Json(document)))
}

/// A referral with everything, for whoever may see it. On the log before anything is read.
pub(crate) async fn document(
    state: &ApiState,
    actor: &Actor,
    id: ReferralId,
) -> Result<ReferralDocument, Problem> {
    let database = state.store.database();
    let found = referrals::get(database, id).await?;
    let referral = found.ok_or(Problem::not_found())?;
    let entry = Entry::new(Act::CaseRead).about(&id.to_hexadecimal());
    log(state, actor, entry).await?;
    let threat = state.store.threat(referral.case).await?;
    let threat = threat.ok_or(Problem::not_found())?;
    let mut connection = database.pool().acquire().await.map_err(store_error)?;
    let findings = read::findings(&mut connection, id).await?;
    let packages = read::packages(&mut connection, id).await?;
    let duties = duty::duties()
        .iter()
        .filter(|duty| duty.kinds.contains(&referral.kind));
    Ok(ReferralDocument {
        case_revision: threat.threat.revision,
        signals: threat.revisions,
        has_identity: threat.sealed_identity.is_some(),
        threat: serde_json::to_value(&threat.threat).map_err(|_| CaseStoreError::Unwritable)?,
        duties: duties
            .map(|duty| DutyDocument::new(duty, &referral))
            .collect(),
        findings: findings
            .iter()
            .map(|finding| FindingDocument::new(state, id, finding))
            .collect(),
        packages: packages.iter().map(Into::into).collect(),
        history: history(&mut connection, id).await.map_err(store_error)?,
        referral: ReferralSummary::new(&referral, (state.now_ms)()),
    })
}

fn store_error(error: sqlx::Error) -> Problem {
    CaseStoreError::from(error).into()
}

async fn history(
    connection: &mut sqlx::AnyConnection,
    id: ReferralId,
) -> Result<Vec<ActDocument>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT position, at_ms, person, act FROM audit_entries WHERE subject = $1 ORDER BY position DESC LIMIT $2",
    )
    .bind(id.to_hexadecimal())
    .bind(ACTS)
    .fetch_all(connection)
    .await?;
    let read = |row: &crate::statement::Row| -> Result<ActDocument, sqlx::Error> {
        Ok(ActDocument {
            position: row.try_get("position")?,
            at: Timestamp(row.try_get("at_ms")?).to_rfc3339(),
            person: row.try_get("person")?,
            act: row.try_get("act")?,
        })
    };
    rows.iter().rev().map(read).collect()
}

/// The facts of a referral's revision at hand, as they were frozen. Each reading is on the log.
#[utoipa::path(get, path = "/api/v1/referrals/{id}/facts", tag = "referrals",
    params(("id" = inline(HexadecimalId), Path, description = "The referral's id")),
    responses(
        (status = 200, description = "The facts", body = FactsDocument, headers(("ETag" = String, description = "The referral's version"))),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing was found credible in this revision yet", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn facts(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = referral_id(id)?;
    let (referral, package) = current(&state, id).await?;
    let entry = Entry::new(Act::CaseRead).about(&id.to_hexadecimal());
    log(&state, &actor, entry).await?;
    let facts = whole_facts(&state, &referral, &package).await?;
    let document = FactsDocument {
        revision: package.revision,
        facts,
        sha256: package.sha256,
    };
    Ok(versioned(referral.version, Json(document)))
}

/// A referral and the package of its revision at hand.
pub(super) async fn current(
    state: &ApiState,
    id: ReferralId,
) -> Result<(Referral, Package), Problem> {
    let pool = state.store.database().pool();
    let mut connection = pool.acquire().await.map_err(store_error)?;
    let found = read::get(&mut connection, id).await?;
    let referral = found.ok_or(Problem::not_found())?;
    let package = read::current_package(&mut connection, &referral).await?;
    Ok((referral, package))
}

/// A package's facts with the finding's statement in its place.
pub(super) async fn whole_facts(
    state: &ApiState,
    referral: &Referral,
    package: &Package,
) -> Result<Private, Problem> {
    let mut connection = state
        .store
        .database()
        .pool()
        .acquire()
        .await
        .map_err(store_error)?;
    let findings = read::findings(&mut connection, referral.id).await?;
    let finding = findings
        .iter()
        .find(|finding| finding.revision == package.revision)
        .ok_or(ReferralError::NotFound)?;
    let statement = state
        .open_statement(referral.id, package.revision, &finding.statement)
        .ok_or(CaseStoreError::Damaged)?;
    let text = package_facts::whole(package, &statement)?;
    Ok(Private::from(zeroize::Zeroizing::new(text)))
}
