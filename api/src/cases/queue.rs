//! Queues: cases in the order in which they are to be worked, page by page, and how many there are.

use sealwatch_core::behaviour::{Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sqlx::Row as _;

use crate::cases::read::{self, CASE, DECISION};
use crate::cases::types::{Appeal, Case, CaseId, CaseState, Decision};
use crate::database::Database;
use crate::people::PersonName;
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// What a queue is narrowed to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseFilter {
    /// How far the cases have come. Unless said otherwise: the open ones; of an account, all; of a person's claims, all.
    pub state: Option<CaseState>,
    /// One behaviour.
    pub behaviour: Option<Behaviour>,
    /// One mode.
    pub mode: Option<Mode>,
    /// One account.
    pub account: Option<Pseudonym>,
    /// Claimed by this person now.
    pub claimed_by: Option<PersonName>,
    /// Claimed by nobody now.
    pub unclaimed: bool,
}

/// Where a queue goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Behind this place.
    pub place_ms: i64,
    /// Within it, behind this case.
    pub sequence: i64,
}

impl Place {
    /// As text, for a cursor.
    pub fn to_text(self) -> String {
        format!("{}_{}", self.place_ms, self.sequence)
    }

    /// From exactly what [`Place::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (place_ms, sequence) = text.split_once('_')?;
        let place = Self {
            place_ms: place_ms.parse().ok()?,
            sequence: sequence.parse().ok()?,
        };
        (place.to_text() == text).then_some(place)
    }
}

impl Case {
    /// Where a queue goes on behind this case.
    pub const fn place(&self) -> Place {
        Place {
            place_ms: self.place_ms,
            sequence: self.sequence,
        }
    }
}

/// One page of a queue: at most `limit` cases behind `behind`, the first to be worked first.
///
/// # Errors
/// The database refused.
pub async fn list(
    database: &Database,
    filter: &CaseFilter,
    behind: Option<Place>,
    limit: u32,
    now_ms: i64,
) -> Result<Vec<Case>, CaseStoreError> {
    let mut query = Statement::new(&format!("SELECT {CASE} FROM cases WHERE "));
    narrow(&mut query, filter, now_ms);
    if let Some(behind) = behind {
        query.push(" AND place_ms >= ").bind(behind.place_ms);
        query.push(" AND (place_ms > ").bind(behind.place_ms);
        query
            .push(" OR sequence > ")
            .bind(behind.sequence)
            .push(")");
    }
    query
        .push(" ORDER BY place_ms, sequence LIMIT ")
        .bind(i64::from(limit));
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::case).collect()
}

/// How many cases there are, counted up to `most`.
///
/// # Errors
/// The database refused.
pub async fn count_up_to(
    database: &Database,
    filter: &CaseFilter,
    most: u32,
    now_ms: i64,
) -> Result<u32, CaseStoreError> {
    let mut query = Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE ");
    narrow(&mut query, filter, now_ms);
    query
        .push(" LIMIT ")
        .bind(i64::from(most))
        .push(") AS found");
    let count = query.count().fetch_one(database.pool()).await?;
    u32::try_from(count).map_err(|_| CaseStoreError::Damaged)
}

fn narrow(query: &mut Statement, filter: &CaseFilter, now_ms: i64) {
    // Of an account or a claim there are few cases: they are found by it, and the other conditions pass over them. An
    // expression has no index, so that no database takes another one.
    let aside = if filter.account.is_some() || filter.claimed_by.is_some() {
        " || ''"
    } else {
        ""
    };
    match (filter.state, filter.account) {
        (Some(state), _) => query.push(&format!("state{aside} = ")).bind(state.name()),
        (None, Some(_)) => query.push("1 = 1"),
        (None, None) if filter.claimed_by.is_some() => {
            query.push("state || '' IN ('open', 'appealed')")
        }
        (None, None) => query.push("state = 'open'"),
    };
    if let Some(account) = filter.account {
        query.push(" AND account = ").bind(account.to_hexadecimal());
    }
    if let Some(behaviour) = filter.behaviour {
        query
            .push(&format!(" AND behaviour{aside} = "))
            .bind(behaviour.name());
    }
    if let Some(mode) = filter.mode {
        query
            .push(&format!(" AND mode{aside} = "))
            .bind(mode.name());
    }
    if let Some(person) = &filter.claimed_by {
        let claimed = if filter.account.is_some() {
            "claimed_by || ''"
        } else {
            "claimed_by"
        };
        query
            .push(&format!(" AND {claimed} = "))
            .bind(person.as_str());
        query.push(" AND claimed_until_ms > ").bind(now_ms);
    }
    if filter.unclaimed {
        query
            .push(" AND (claimed_until_ms IS NULL OR claimed_until_ms <= ")
            .bind(now_ms)
            .push(")");
    }
}

/// The cases that were opened behind a number, up to another one.
///
/// # Errors
/// The database refused.
pub(crate) async fn opened_behind(
    database: &Database,
    (from, to): (i64, i64),
) -> Result<Vec<Case>, CaseStoreError> {
    let mut query = Statement::new(&format!("SELECT {CASE} FROM cases WHERE sequence > "));
    query
        .bind(from)
        .push(" AND sequence <= ")
        .bind(to)
        .push(" ORDER BY sequence");
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::case).collect()
}

/// One case.
///
/// # Errors
/// The database refused.
pub async fn get(database: &Database, id: CaseId) -> Result<Option<Case>, CaseStoreError> {
    let mut query = Statement::new(&format!("SELECT {CASE} FROM cases WHERE id = "));
    query.bind(id.to_hexadecimal());
    let row = query.query().fetch_optional(database.pool()).await?;
    row.as_ref().map(read::case).transpose()
}

/// The case that a recommendation opened or joined.
///
/// # Errors
/// The database refused.
pub async fn of_recommendation(
    database: &Database,
    recommendation: CaseId,
) -> Result<Option<CaseId>, CaseStoreError> {
    let id: Option<String> =
        sqlx::query_scalar("SELECT case_id FROM case_recommendations WHERE recommendation = $1")
            .bind(recommendation.to_hexadecimal())
            .fetch_optional(database.pool())
            .await?;
    id.map(|id| CaseId::parse(&id).ok_or(CaseStoreError::Damaged))
        .transpose()
}

/// All decisions about a case, the oldest first.
///
/// # Errors
/// The database refused.
pub async fn decisions(database: &Database, id: CaseId) -> Result<Vec<Decision>, CaseStoreError> {
    let mut query = Statement::new(&format!(
        "SELECT {DECISION} FROM decisions WHERE case_id = "
    ));
    query.bind(id.to_hexadecimal()).push(" ORDER BY sequence");
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::decision).collect()
}

/// All appeals about a case, the oldest first.
///
/// # Errors
/// The database refused.
pub async fn appeals(database: &Database, id: CaseId) -> Result<Vec<Appeal>, CaseStoreError> {
    let mut query = Statement::new(&format!(
        "SELECT {} FROM appeals WHERE case_id = ",
        read::APPEAL
    ));
    query
        .bind(id.to_hexadecimal())
        .push(" ORDER BY filed_ms, id");
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::appeal).collect()
}

/// How many cases of a behaviour are in a state, and since when the first of them waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCount {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// How far they have come: held, open or appealed.
    pub state: CaseState,
    /// How many.
    pub cases: i64,
    /// When the one that has waited longest was opened, in milliseconds since 1970.
    pub oldest_ms: i64,
}

/// Reads a tally of a few rows, and for each the first entry of an index.
pub(crate) const COUNTS: &str = "SELECT behaviour, state, cases, (SELECT MIN(cases.opened_ms) FROM cases WHERE cases.behaviour = queue_counts.behaviour \
     AND cases.state = queue_counts.state AND cases.state IN ('held', 'open', 'appealed')) AS oldest_ms \
     FROM queue_counts WHERE cases > 0 ORDER BY behaviour, state";

/// How many cases wait, by behaviour and state.
///
/// # Errors
/// The database refused.
pub async fn counts(database: &Database) -> Result<Vec<QueueCount>, CaseStoreError> {
    let rows = sqlx::query(COUNTS).fetch_all(database.pool()).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        // None waits, whatever the count says: nothing is to be shown.
        let Some(oldest_ms) = row.try_get("oldest_ms")? else {
            continue;
        };
        counts.push(QueueCount {
            behaviour: read::parsed(row, "behaviour", Behaviour::parse)?,
            state: read::parsed(row, "state", CaseState::parse)?,
            cases: row.try_get("cases")?,
            oldest_ms,
        });
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_reads_what_it_writes_and_nothing_else() {
        let place = Place {
            place_ms: -5,
            sequence: 17,
        };
        assert_eq!(Place::parse(&place.to_text()), Some(place));
        for text in ["", "5", "05_1", "1_2_3", "+1_2", " 1_2"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
