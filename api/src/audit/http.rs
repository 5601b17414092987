//! The audit log over HTTP. Reading it is not itself an entry: each page of it would then lengthen what is being read, and
//! entries name no account, so that whoever reads them learns of people's acts only. Taking the log away is an entry.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use sealwatch_custody::checkpoint::Checkpoint;
use sealwatch_custody::merkle::{self, MerkleError};

use crate::audit::documents::{
    ConsistencyDocument, EntryPage, HeadDocument, InclusionDocument, KeyDocument, texts,
};
use crate::audit::entry::Act;
use crate::audit::read::{EntryFilter, entries as read_entries, head as read_head};
use crate::audit::tree;
use crate::filter::{PAGE, exact_pairs, parse_time};
use crate::people::PersonName;
use crate::problem::Problem;
use crate::schemas::{ActName, Moment, PersonText, PositionText, SubjectText};
use crate::state::ApiState;
use crate::store::CaseStoreError;

/// Longest id of a subject.
const LONGEST_SUBJECT: usize = 64;

struct EntryQuery {
    filter: EntryFilter,
    below: Option<i64>,
    limit: u32,
}

impl EntryQuery {
    fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let mut parsed = Self {
            filter: EntryFilter::default(),
            below: None,
            limit: PAGE,
        };
        for (name, value) in exact_pairs(query)? {
            parsed.set(&name, &value)?;
        }
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        fn some<T>(name: &'static str, value: Option<T>) -> Result<Option<T>, Problem> {
            value.map(Some).ok_or_else(|| Problem::parameter(name))
        }
        let filter = &mut self.filter;
        match name {
            "person" => {
                // The program itself acts under a name that no person can have.
                let machine = crate::people::Actor::machine().person;
                let person = PersonName::parse(value)
                    .or_else(|| (value == machine.as_str()).then_some(machine));
                filter.person = some("person", person)?;
            }
            "act" => filter.act = some("act", Act::parse(value))?,
            "subject" => {
                let is_id = value.len() <= LONGEST_SUBJECT
                    && value
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                filter.subject = some("subject", is_id.then(|| value.to_owned()))?;
            }
            "from" => filter.from_ms = some("from", parse_time(value))?.map(|time| time.0),
            "until" => filter.until_ms = some("until", parse_time(value))?.map(|time| time.0),
            "cursor" => {
                let below = value.parse().ok().filter(|below: &i64| *below >= 0);
                self.below = some("cursor", below)?;
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                self.limit = limit.ok_or_else(|| Problem::parameter("limit"))?;
            }
            _ => return Err(Problem::unknown_parameter()),
        }
        Ok(())
    }
}

/// Entries of the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit/entries", tag = "audit",
    params(
        ("person" = inline(Option<PersonText>), Query, description = "Only what this person did; `sealwatch` is the program itself"),
        ("act" = inline(Option<ActName>), Query, description = "Only this act"),
        ("subject" = inline(Option<SubjectText>), Query, description = "Only about this case or recommendation, by its id"),
        ("from" = inline(Option<Moment>), Query, description = "From here on (RFC 3339)"),
        ("until" = inline(Option<Moment>), Query, description = "Before here (RFC 3339)"),
        ("cursor" = inline(Option<PositionText>), Query, description = "The `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Entries on a page, 1 to 200; 50 unless given"),
    ),
    responses(
        (status = 200, description = "A page", body = EntryPage),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn entries(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<EntryPage>, Problem> {
    let query = EntryQuery::parse(query.as_deref())?;
    let database = state.store.database();
    // One entry more than asked for tells whether the list goes on.
    let mut rows = read_entries(database, &query.filter, query.below, query.limit + 1).await?;
    let goes_on = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    let next = rows.last().filter(|_| goes_on);
    let next_cursor = next.map(|row| row.position.to_string());
    Ok(Json(EntryPage {
        items: rows.into_iter().map(Into::into).collect(),
        next_cursor,
    }))
}

/// The newest signed head: as a signed note, or as JSON where `Accept` asks for it.
#[utoipa::path(get, path = "/api/v1/audit/head", tag = "audit",
    responses(
        (status = 200, description = "The head", content((String = "text/plain"), (HeadDocument = "application/json"))),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No head was signed yet", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn head(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, Problem> {
    let note = read_head(state.store.database(), None)
        .await?
        .ok_or(Problem::not_found())?;
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        let checkpoint = Checkpoint::parse_unverified(&note)
            .map_err(|_| Problem::from(CaseStoreError::Damaged))?;
        return Ok(Json(HeadDocument::new(&checkpoint, note)).into_response());
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// Two numbers of a query.
fn two_numbers(
    query: Option<&str>,
    first: &'static str,
    second: &'static str,
) -> Result<(u64, u64), Problem> {
    let mut found = [None, None];
    for (name, value) in exact_pairs(query)? {
        let place = [first, second].iter().position(|known| *known == name);
        let place = place.ok_or(Problem::unknown_parameter())?;
        let name = [first, second][place];
        let number = value.parse().ok();
        found[place] = Some(number.ok_or_else(|| Problem::parameter(name))?);
    }
    Ok((
        found[0].ok_or_else(|| Problem::parameter(first))?,
        found[1].ok_or_else(|| Problem::parameter(second))?,
    ))
}

/// A proof about what is not in the log, or not in this order, is not there.
fn question(error: MerkleError) -> Problem {
    match error {
        MerkleError::Position { .. } | MerkleError::Sizes { .. } => Problem::not_found(),
        _ => CaseStoreError::Damaged.into(),
    }
}

async fn connection(
    state: &ApiState,
) -> Result<sqlx::pool::PoolConnection<sqlx::Any>, CaseStoreError> {
    Ok(state.store.database().pool().acquire().await?)
}

/// The proof that an entry is in the log of a size.
#[utoipa::path(get, path = "/api/v1/audit/proofs/inclusion", tag = "audit",
    params(
        ("position" = u64, Query, description = "The entry's place, from 0"),
        ("size" = u64, Query, description = "Entries of the tree that the proof is for: at most the log's"),
    ),
    responses(
        (status = 200, description = "The proof", body = InclusionDocument),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The log is not so large, or the entry is behind this size", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn inclusion(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<InclusionDocument>, Problem> {
    let (position, size) = two_numbers(query.as_deref(), "position", "size")?;
    let mut connection = connection(&state).await?;
    if position >= size || size > tree::size(&mut connection).await? {
        return Err(Problem::not_found());
    }
    let path = tree::inclusion(&mut connection, position, size)
        .await?
        .map_err(question)?;
    let entry: String = sqlx::query_scalar("SELECT entry FROM audit_entries WHERE position = $1")
        .bind(position.cast_signed())
        .fetch_one(&mut *connection)
        .await
        .map_err(CaseStoreError::from)?;
    Ok(Json(InclusionDocument {
        position,
        size,
        leaf_hash: merkle::leaf_hash(entry.as_bytes()).to_base64(),
        root: tree::frontier(&mut connection, size)
            .await?
            .root()
            .to_base64(),
        path: texts(&path),
        head: read_head(state.store.database(), Some(size)).await?,
    }))
}

/// The proof that the log of a size is the beginning of the log of a later size.
#[utoipa::path(get, path = "/api/v1/audit/proofs/consistency", tag = "audit",
    params(
        ("from" = u64, Query, description = "Entries of the earlier tree"),
        ("to" = u64, Query, description = "Entries of the later tree: at most the log's"),
    ),
    responses(
        (status = 200, description = "The proof", body = ConsistencyDocument),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The log is not so large, or the sizes stand the other way round", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn consistency(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ConsistencyDocument>, Problem> {
    let (from, to) = two_numbers(query.as_deref(), "from", "to")?;
    let mut connection = connection(&state).await?;
    if from > to || to > tree::size(&mut connection).await? {
        return Err(Problem::not_found());
    }
    let path = tree::consistency(&mut connection, from, to)
        .await?
        .map_err(question)?;
    Ok(Json(ConsistencyDocument {
        from,
        to,
        from_root: tree::frontier(&mut connection, from)
            .await?
            .root()
            .to_base64(),
        to_root: tree::frontier(&mut connection, to)
            .await?
            .root()
            .to_base64(),
        path: texts(&path),
    }))
}

/// The key that verifies the log's heads.
#[utoipa::path(get, path = "/api/v1/audit/key", tag = "audit",
    responses(
        (status = 200, description = "The key", body = KeyDocument),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn key(State(state): State<ApiState>) -> Json<KeyDocument> {
    let log = &state.log;
    Json(KeyDocument {
        origin: log.origin.as_str().to_owned(),
        document: log.key.to_document(),
        verifier: log.origin.verifier_text(&log.key),
    })
}
