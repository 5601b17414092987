//! The audit log, for auditors: entries newest first, the newest signed head, and the way to the proofs.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sealwatch_core::time::Timestamp;
use sqlx::Row as _;

use super::draw;
use super::frame::Frame;
use super::list::Choice;
use super::words::{self, Moment, count};
use crate::audit::Act;
use crate::people::{Actor, PersonName};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::statement::{Row, Statement};
use crate::store::CaseStoreError;

/// Rows of a page.
const ROWS: usize = 100;

struct EntryRow {
    position: i64,
    at: Moment,
    person: String,
    act: String,
    /// The case or recommendation; empty if it is about none.
    subject: String,
    /// The entry as it stands in the log.
    entry: String,
}

struct Head {
    size: String,
    at: Moment,
    note: String,
    has_left: bool,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    size: String,
    raw_size: i64,
    head: Option<Head>,
    acts: Vec<Choice>,
    person: String,
    rows: Vec<EntryRow>,
    next_page: Option<String>,
    is_first_page: bool,
}

/// The page.
pub async fn audit_page(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::parse(query.as_deref())?;
    let pool = state.store.database().pool();
    let mut rows = entries(&state, &asked).await?;
    let goes_on = rows.len() > ROWS;
    rows.truncate(ROWS);
    let size: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(position) + 1, 0) FROM audit_entries")
        .fetch_one(pool)
        .await
        .map_err(CaseStoreError::from)?;
    let next = rows.last().filter(|_| goes_on).map(|row| {
        let act = asked.act.map_or("", Act::name);
        let person = asked.person.as_ref().map_or("", PersonName::as_str);
        format!("/audit?act={act}&person={person}&before={}", row.position)
    });
    draw(&AuditPage {
        frame: Frame::new(&state, Some(&actor), &headers, "audit"),
        size: count(size.unsigned_abs()),
        raw_size: size,
        head: newest_head(&state).await?,
        acts: Choice::list(Act::ALL, asked.act, Act::name, Act::name),
        person: asked
            .person
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        rows,
        next_page: next,
        is_first_page: asked.before.is_none(),
    })
}

async fn entries(state: &ApiState, asked: &Asked) -> Result<Vec<EntryRow>, CaseStoreError> {
    let mut query = Statement::new(
        "SELECT position, at_ms, person, act, subject, entry FROM audit_entries WHERE position < ",
    );
    query.bind(asked.before.unwrap_or(i64::MAX));
    if let Some(act) = asked.act {
        query.push(" AND act = ").bind(act.name());
    }
    if let Some(person) = &asked.person {
        query.push(" AND person = ").bind(person.as_str());
    }
    let most = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    query.push(" ORDER BY position DESC LIMIT ").bind(most);
    let rows = query
        .query()
        .fetch_all(state.store.database().pool())
        .await?;
    rows.iter().map(entry_row).collect()
}

fn entry_row(row: &Row) -> Result<EntryRow, CaseStoreError> {
    let act: String = row.try_get("act")?;
    let subject: Option<String> = row.try_get("subject")?;
    Ok(EntryRow {
        position: row.try_get("position")?,
        at: Moment::new(Timestamp(row.try_get("at_ms")?)),
        person: row.try_get("person")?,
        act: words::name(&act),
        subject: subject.unwrap_or_default(),
        entry: row.try_get("entry")?,
    })
}

async fn newest_head(state: &ApiState) -> Result<Option<Head>, CaseStoreError> {
    let row = sqlx::query(
        "SELECT size, at_ms, note, left_ms FROM audit_heads ORDER BY size DESC LIMIT 1",
    )
    .fetch_optional(state.store.database().pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let size: i64 = row.try_get("size")?;
    let left: Option<i64> = row.try_get("left_ms")?;
    Ok(Some(Head {
        size: count(size.unsigned_abs()),
        at: Moment::new(Timestamp(row.try_get("at_ms")?)),
        note: row.try_get("note")?,
        has_left: left.is_some(),
    }))
}

/// What the address says.
#[derive(Default)]
struct Asked {
    act: Option<Act>,
    person: Option<PersonName>,
    before: Option<i64>,
}

impl Asked {
    fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let mut asked = Self::default();
        let pairs = query
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty());
        for pair in pairs {
            match pair.split_once('=').unwrap_or((pair, "")) {
                (_, "") => {}
                ("act", value) => {
                    asked.act = Some(Act::parse(value).ok_or_else(|| Problem::parameter("act"))?);
                }
                ("person", value) => {
                    let person =
                        PersonName::parse(value).ok_or_else(|| Problem::parameter("person"))?;
                    asked.person = Some(person);
                }
                ("before", value) => {
                    let before = value.parse().ok().filter(|before| *before >= 0);
                    asked.before = Some(before.ok_or_else(|| Problem::parameter("before"))?);
                }
                _ => return Err(Problem::unknown_parameter()),
            }
        }
        Ok(asked)
    }
}
