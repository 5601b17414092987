//! Cases: queues, one with everything that it rests on, and queues as files.

mod after;
mod documents;
mod query;
mod work;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::{Act, Entry};
use crate::cases::{self, Case, CaseFilter, Place};
use crate::csv::{self, Cell};
use crate::documents::RecommendationDocument;
use crate::etag::IfNoneMatch;
use crate::filter::Audience;
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::routes::{case_id, log, searched};
use crate::schemas::{BehaviourName, ClaimedName, HexadecimalId, ModeName, PlaceText, StateName};
use crate::state::ApiState;
use crate::store::{CaseStore, CaseStoreError};

use documents::{CaseDocument, CasePage, DecisionDocument};
pub(crate) use documents::{CaseSummary, QueueDocument};
use query::CaseQuery;

/// The routes of cases.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(list_csv))
        .routes(routes!(one))
        .routes(routes!(queue))
        .routes(routes!(work::claim_next))
        .routes(routes!(work::claim))
        .routes(routes!(work::release))
        .routes(routes!(work::decide))
        .routes(routes!(work::decide_together))
        .routes(routes!(work::undo))
        .routes(routes!(work::undo_together))
        .routes(routes!(work::release_held))
        .routes(routes!(after::second_looks))
        .routes(routes!(after::second_look, after::look_again))
        .routes(routes!(after::appeal))
}

/// Cases in the order in which they are to be worked. Of one account: it is a search, and on the log.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases",
    params(
        ("state" = inline(Option<StateName>), Query, description = "Only this state: held, open, decided or appealed. Unless given: the open ones; of an account or a person, all"),
        ("behaviour" = inline(Option<BehaviourName>), Query, description = "Only this behaviour"),
        ("mode" = inline(Option<ModeName>), Query, description = "Only this mode: live, shadow or demo"),
        ("account" = inline(Option<HexadecimalId>), Query, description = "Only this account: a pseudonym of 32 hexadecimal digits"),
        ("claimed" = inline(Option<ClaimedName>), Query, description = "me: my claims; nobody: what nobody works on"),
        ("cursor" = inline(Option<PlaceText>), Query, description = "The `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Cases on a page, 1 to 200; 50 unless given"),
    ),
    responses(
        (status = 200, description = "A page", body = CasePage),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list(
    State(state): State<ApiState>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Json<CasePage>, Problem> {
    let query = CaseQuery::parse(query.as_deref(), &actor)?;
    is_search(&state, &actor, &query.filter).await?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    // One case more than asked for tells whether the list goes on.
    let limit = query.limit + 1;
    let mut rows = cases::list(database, &query.filter, query.behind, limit, now_ms).await?;
    let goes_on = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    let last = rows.last().filter(|_| goes_on);
    Ok(Json(CasePage {
        next_cursor: last.map(|case| case.place().to_text()),
        items: rows
            .iter()
            .map(|case| CaseSummary::new(case, now_ms))
            .collect(),
    }))
}

/// A list of one account is a search: not everybody may, and it is on the log.
async fn is_search(state: &ApiState, actor: &Actor, filter: &CaseFilter) -> Result<(), Problem> {
    match filter.account {
        None => Ok(()),
        Some(_) if !actor.may(Permission::Search) => Err(Problem::not_permitted()),
        Some(account) => log(state, actor, searched("pseudonym", account)).await,
    }
}

/// A case with everything that it rests on. Each reading is on the log.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases",
    params(("id" = inline(HexadecimalId), Path, description = "The case's id: 32 hexadecimal digits"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the reader has already")),
    responses(
        (status = 200, description = "The case", body = CaseDocument, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The reader has it already"),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn one(
    State(state): State<ApiState>,
    actor: Actor,
    has: IfNoneMatch,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (id, database) = (case_id(id)?, state.store.database());
    let found = cases::get(database, id).await?;
    let case = found.ok_or(Problem::not_found())?;
    let entry = Entry::new(Act::CaseRead).about(&id.to_hexadecimal());
    log(&state, &actor, entry).await?;
    let newest = state
        .store
        .get(case.recommendation, Audience::Review)
        .await?;
    let delivered = newest.ok_or(Problem::not_found())?;
    let decisions = cases::decisions(database, id).await?;
    let appeals = cases::appeals(database, id).await?;
    let document = CaseDocument {
        case: CaseSummary::new(&case, (state.now_ms)()),
        recommendation: RecommendationDocument::new(&delivered, &state.features),
        decisions: decisions
            .iter()
            .map(|decision| DecisionDocument::with_note(&state, decision))
            .collect(),
        appeals: appeals.iter().map(Into::into).collect(),
    };
    Ok(has.answer(case.version, Json(document)))
}

/// How many cases wait, by behaviour and state.
#[utoipa::path(get, path = "/api/v1/queue", tag = "cases",
    responses((status = 200, description = "The counts", body = QueueDocument)))]
pub async fn queue(State(state): State<ApiState>) -> Result<Json<QueueDocument>, Problem> {
    let counts = cases::counts(state.store.database()).await?;
    Ok(Json(QueueDocument::new(&counts)))
}

/// A list of cases as CSV (RFC 4180), in the order in which they are to be worked, at most 100,000. It is on the log.
#[utoipa::path(get, path = "/api/v1/cases.csv", tag = "cases",
    params(
        ("state" = inline(Option<StateName>), Query, description = "Only this state: held, open, decided or appealed. Unless given: the open ones; of an account or a person, all"),
        ("behaviour" = inline(Option<BehaviourName>), Query, description = "Only this behaviour"),
        ("mode" = inline(Option<ModeName>), Query, description = "Only this mode: live, shadow or demo"),
        ("account" = inline(Option<HexadecimalId>), Query, description = "Only this account: a pseudonym of 32 hexadecimal digits"),
        ("claimed" = inline(Option<ClaimedName>), Query, description = "me: my claims; nobody: what nobody works on"),
    ),
    responses(
        (status = 200, description = "The list", body = String, content_type = "text/csv"),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The list is too long", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list_csv(
    State(state): State<ApiState>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = CaseQuery::parse(query.as_deref(), &actor)?;
    is_search(&state, &actor, &query.filter).await?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let count = cases::count_up_to(database, &query.filter, csv::ROWS + 1, now_ms).await?;
    if count > csv::ROWS {
        return Err(Problem::too_many_rows());
    }
    let entry = Entry::new(Act::Exported)
        .fact("list", "cases")
        .fact("count", &count.to_string())
        .fact("filter", &query.names.join(" "));
    log(&state, &actor, entry).await?;
    let pages = pages(state.store.clone(), query.filter, count, now_ms);
    Ok(csv::download("cases.csv", &COLUMNS, pages).into_response())
}

/// The rows of a list as CSV, page by page. What moves while it is read may be there twice or not at all; there are never
/// more rows than the log says.
fn pages(
    store: CaseStore,
    filter: CaseFilter,
    count: u32,
    now_ms: i64,
) -> impl Stream<Item = Result<String, CaseStoreError>> + Send + 'static {
    stream::try_unfold((None::<Place>, count), move |(behind, left)| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let limit = csv::PAGE.min(left);
            if limit == 0 {
                return Ok(None);
            }
            let rows = cases::list(store.database(), &filter, behind, limit, now_ms).await?;
            let Some(last) = rows.last() else {
                return Ok(None);
            };
            let read = u32::try_from(rows.len()).unwrap_or(limit);
            let left = if read < limit { 0 } else { left - read };
            let text: String = rows.iter().map(|case| csv::row(&cells(case))).collect();
            Ok(Some((text, (Some(last.place()), left))))
        }
    })
}

const COLUMNS: [&str; 15] = [
    "id",
    "account",
    "incarnation",
    "platform",
    "behaviour",
    "mode",
    "answer",
    "state",
    "score",
    "threshold_margin",
    "is_demonstration",
    "recommendations",
    "at",
    "opened_ms",
    "verdict",
];

fn cells(case: &Case) -> [Cell; 15] {
    [
        case.id.to_hexadecimal().into(),
        case.account.to_hexadecimal().into(),
        i64::from(case.incarnation).into(),
        case.platform.as_str().into(),
        case.behaviour.name().into(),
        case.mode.name().into(),
        case.answer.name().into(),
        case.state.name().into(),
        case.score.into(),
        case.threshold_margin.into(),
        case.is_demonstration().to_string().into(),
        case.recommendations.into(),
        case.at.to_rfc3339().into(),
        case.opened_ms.into(),
        case.verdict.map_or("", |verdict| verdict.name()).into(),
    ]
}
