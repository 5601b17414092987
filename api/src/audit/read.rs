//! Reading the log.

use sqlx::Row as _;

use crate::audit::entry::Act;
use crate::database::Database;
use crate::people::PersonName;
use crate::statement::{Row, Statement};
use crate::store::CaseStoreError;

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredEntry {
    pub(crate) position: i64,
    pub(crate) at_ms: i64,
    pub(crate) person: String,
    pub(crate) act: String,
    pub(crate) subject: Option<String>,
    /// Canonical JSON: the leaf's bytes.
    pub(crate) entry: String,
}

/// The columns that [`StoredEntry`] is read from.
pub(crate) const ENTRY: &str = "position, at_ms, person, act, subject, entry";

pub(crate) fn stored_entry(row: &Row) -> Result<StoredEntry, sqlx::Error> {
    Ok(StoredEntry {
        position: row.try_get("position")?,
        at_ms: row.try_get("at_ms")?,
        person: row.try_get("person")?,
        act: row.try_get("act")?,
        subject: row.try_get("subject")?,
        entry: row.try_get("entry")?,
    })
}

/// What a list of entries is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct EntryFilter {
    pub(crate) person: Option<PersonName>,
    pub(crate) act: Option<Act>,
    pub(crate) subject: Option<String>,
    pub(crate) from_ms: Option<i64>,
    pub(crate) until_ms: Option<i64>,
}

/// Entries, newest first: at most `limit` with a position below `below`.
pub(crate) async fn entries(
    database: &Database,
    filter: &EntryFilter,
    below: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredEntry>, CaseStoreError> {
    let mut query = Statement::new(&format!("SELECT {ENTRY} FROM audit_entries WHERE 1 = 1"));
    if let Some(person) = &filter.person {
        query.push(" AND person = ").bind(person.as_str());
    }
    if let Some(act) = filter.act {
        query.push(" AND act = ").bind(act.name());
    }
    if let Some(subject) = &filter.subject {
        query.push(" AND subject = ").bind(subject.as_str());
    }
    if let Some(from_ms) = filter.from_ms {
        query.push(" AND at_ms >= ").bind(from_ms);
    }
    if let Some(until_ms) = filter.until_ms {
        query.push(" AND at_ms < ").bind(until_ms);
    }
    if let Some(below) = below {
        query.push(" AND position < ").bind(below);
    }
    query
        .push(" ORDER BY position DESC LIMIT ")
        .bind(i64::from(limit));
    let rows = query.query().fetch_all(database.pool()).await?;
    Ok(rows.iter().map(stored_entry).collect::<Result<_, _>>()?)
}

/// The newest signed head's note, or that of a size.
pub(crate) async fn head(
    database: &Database,
    size: Option<u64>,
) -> Result<Option<String>, CaseStoreError> {
    let mut query = Statement::new("SELECT note FROM audit_heads");
    if let Some(size) = size {
        query.push(" WHERE size = ").bind(size.cast_signed());
    }
    query.push(" ORDER BY size DESC LIMIT 1");
    let row = query.query().fetch_optional(database.pool()).await?;
    Ok(row.map(|row| row.try_get("note")).transpose()?)
}
