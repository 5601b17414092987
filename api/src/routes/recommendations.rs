//! Recommendations: lists, one with everything that it rests on, and lists as files.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::audit::{Act, Entry};
use crate::csv::{self, Cell};
use crate::documents::{RecommendationDocument, RecommendationPage};
use crate::etag::IfNoneMatch;
use crate::filter::{Audience, Cursor, Filter, ListQuery};
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::routes::{case_id, log, searched};
use crate::schemas::{AnswerName, BehaviourName, CursorText, HexadecimalId, ModeName, Moment};
use crate::state::ApiState;
use crate::store::{CaseStore, CaseStoreError, Delivered, Summary};

/// A page of a list for this person, and where it goes on. A list of one account is a search: it is on the log.
pub(crate) async fn page(
    state: &ApiState,
    actor: &Actor,
    query: &ListQuery,
) -> Result<(Vec<Summary>, Option<String>), Problem> {
    let filter = narrowed(state, actor, &query.filter).await?;
    // One row more than asked for tells whether the list goes on.
    let mut rows = state
        .store
        .list(&filter, query.behind, query.limit + 1)
        .await?;
    let goes_on = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    let next = rows
        .last()
        .filter(|_| goes_on)
        .map(|row| row.cursor().to_text());
    Ok((rows, next))
}

/// The filter for this person.
async fn narrowed(state: &ApiState, actor: &Actor, filter: &Filter) -> Result<Filter, Problem> {
    if let Some(account) = filter.account {
        if !actor.may(Permission::Search) {
            return Err(Problem::not_permitted());
        }
        log(state, actor, searched("pseudonym", account)).await?;
    }
    Ok(Filter {
        audience: Audience::of(actor),
        ..filter.clone()
    })
}

/// The recommendation that a path names, if it is there for this person. That they read it is on the log.
pub(crate) async fn find(
    state: &ApiState,
    actor: &Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Delivered, Problem> {
    let id = case_id(id)?;
    let found = state.store.get(id, Audience::of(actor)).await?;
    let found = found.ok_or(Problem::not_found())?;
    let entry = Entry::new(Act::CaseRead)
        .about(&id.to_hexadecimal())
        .fact("kind", "recommendation");
    log(state, actor, entry).await?;
    Ok(found)
}

/// Recommendations, newest first by event time. Of one account: it is a search, and on the log.
#[utoipa::path(get, path = "/api/v1/recommendations", tag = "recommendations",
    params(
        ("behaviour" = inline(Option<BehaviourName>), Query, description = "Only this behaviour"),
        ("mode" = inline(Option<ModeName>), Query, description = "Only this mode: live, shadow or demo"),
        ("answer" = inline(Option<AnswerName>), Query, description = "Only this answer: limit, ban, protect or refer"),
        ("account" = inline(Option<HexadecimalId>), Query, description = "Only this account: a pseudonym of 32 hexadecimal digits"),
        ("platform" = Option<String>, Query, description = "Only this platform, of the configured ones"),
        ("minimum_score" = Option<f64>, Query, description = "Scores from here on"),
        ("from" = inline(Option<Moment>), Query, description = "Event time from here on (RFC 3339)"),
        ("until" = inline(Option<Moment>), Query, description = "Event time before here (RFC 3339)"),
        ("cursor" = inline(Option<CursorText>), Query, description = "The `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Recommendations on a page, 1 to 200; 50 unless given"),
    ),
    responses(
        (status = 200, description = "A page", body = RecommendationPage),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn recommendations(
    State(state): State<ApiState>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Json<RecommendationPage>, Problem> {
    let query = ListQuery::parse_exact(query.as_deref(), &state.config.platforms)?;
    let (rows, next_cursor) = page(&state, &actor, &query).await?;
    Ok(Json(RecommendationPage {
        items: rows.iter().map(Into::into).collect(),
        next_cursor,
    }))
}

/// A recommendation with everything that it rests on. Each reading is on the log.
#[utoipa::path(get, path = "/api/v1/recommendations/{id}", tag = "recommendations",
    params(("id" = inline(HexadecimalId), Path, description = "The recommendation's id: 32 hexadecimal digits"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the reader has already")),
    responses(
        (status = 200, description = "The recommendation", body = RecommendationDocument,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The reader has it already"),
        (status = 404, description = "There is none with this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn recommendation(
    State(state): State<ApiState>,
    actor: Actor,
    has: IfNoneMatch,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let delivered = find(&state, &actor, id).await?;
    let document = RecommendationDocument::new(&delivered, &state.features);
    // Nothing of a recommendation changes but how often it was delivered.
    Ok(has.answer(delivered.deliveries, Json(document)))
}

/// A list of recommendations as CSV (RFC 4180), newest first by event time, at most 100,000. It is on the log.
#[utoipa::path(get, path = "/api/v1/recommendations.csv", tag = "recommendations",
    params(
        ("behaviour" = inline(Option<BehaviourName>), Query, description = "Only this behaviour"),
        ("mode" = inline(Option<ModeName>), Query, description = "Only this mode: live, shadow or demo"),
        ("answer" = inline(Option<AnswerName>), Query, description = "Only this answer: limit, ban, protect or refer"),
        ("account" = inline(Option<HexadecimalId>), Query, description = "Only this account: a pseudonym of 32 hexadecimal digits"),
        ("platform" = Option<String>, Query, description = "Only this platform, of the configured ones"),
        ("minimum_score" = Option<f64>, Query, description = "Scores from here on"),
        ("from" = inline(Option<Moment>), Query, description = "Event time from here on (RFC 3339)"),
        ("until" = inline(Option<Moment>), Query, description = "Event time before here (RFC 3339)"),
    ),
    responses(
        (status = 200, description = "The list", body = String, content_type = "text/csv"),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The list is too long", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn recommendations_csv(
    State(state): State<ApiState>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = ListQuery::parse_exact(query.as_deref(), &state.config.platforms)?;
    let filter = Filter {
        taken_in_until: Some(state.store.newest().await?),
        ..narrowed(&state, &actor, &query.filter).await?
    };
    let count = state.store.count_up_to(&filter, csv::ROWS + 1).await?;
    if count > csv::ROWS {
        return Err(Problem::too_many_rows());
    }
    let entry = Entry::new(Act::Exported)
        .fact("list", "recommendations")
        .fact("count", &count.to_string())
        .fact("filter", &query.names());
    log(&state, &actor, entry).await?;
    let pages = pages(state.store.clone(), filter);
    Ok(csv::download("recommendations.csv", &COLUMNS, pages).into_response())
}

/// The rows of a list as CSV, page by page: only one page is in memory at a time.
fn pages(
    store: CaseStore,
    filter: Filter,
) -> impl futures_util::Stream<Item = Result<String, CaseStoreError>> + Send + 'static {
    stream::try_unfold(Some(None::<Cursor>), move |place| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let Some(behind) = place else { return Ok(None) };
            let rows = store.list(&filter, behind, csv::PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(None);
            };
            let goes_on = rows.len() == csv::PAGE as usize;
            let next = goes_on.then(|| Some(last.cursor()));
            let text: String = rows.iter().map(|row| csv::row(&cells(row))).collect();
            Ok(Some((text, next)))
        }
    })
}

const COLUMNS: [&str; 12] = [
    "id",
    "account",
    "incarnation",
    "platform",
    "behaviour",
    "mode",
    "answer",
    "score",
    "threshold_margin",
    "is_demonstration",
    "at",
    "intake_sequence",
];

fn cells(row: &Summary) -> [Cell; 12] {
    [
        row.id.to_hexadecimal().into(),
        row.account.to_hexadecimal().into(),
        i64::from(row.incarnation).into(),
        row.platform.as_str().into(),
        row.behaviour.name().into(),
        row.mode.name().into(),
        row.answer.name().into(),
        row.score.into(),
        row.threshold_margin.into(),
        row.is_demonstration().to_string().into(),
        row.at.to_rfc3339().into(),
        row.intake_sequence.into(),
    ]
}
