//! The log as a database holds it.

use std::collections::{BTreeMap, VecDeque};

use sealwatch_custody::commitment::{self, Commitment, Salt};
use sealwatch_custody::merkle::{Hash, Node};
use sqlx::{AnyConnection, Row as _};

use super::check::{Check, ReadLeaf};
use super::{KeptHeads, Place, Report, Trust};
use crate::audit::read::{ENTRY, StoredEntry, stored_entry};
use crate::database::{Database, Location};
use crate::store::CaseStoreError;

/// Rows read at a time.
const PAGE: i64 = 1_000;

/// Verifies the log in a database, which is opened for reading only and may be in use meanwhile.
///
/// # Errors
/// The database cannot be opened or read.
pub async fn verify_database(
    location: &Location,
    trust: &Trust,
    kept: &KeptHeads,
) -> Result<Report, CaseStoreError> {
    let mut connection = Database::snapshot(location).await?;
    let mut check = Check::begin(trust, kept);
    stored_heads(&mut connection, &mut check).await?;
    let mut nodes = StoredNodes::default();
    let mut details = 0;
    let mut last = i64::MIN;
    loop {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT {ENTRY} FROM audit_entries WHERE position > $1 ORDER BY position LIMIT $2"
        )))
        .bind(last)
        .bind(PAGE)
        .fetch_all(&mut connection)
        .await?;
        let Some(row) = rows.last() else { break };
        let up_to = row.try_get("position")?;
        let mut stored = stored_details(&mut connection, last, up_to, &mut check).await?;
        for row in &rows {
            let position: i64 = row.try_get("position")?;
            fill(&mut connection, &mut check, &mut nodes, position).await?;
            let detail = stored.remove(&position);
            details += u64::from(detail.is_some());
            let Ok(entry) = stored_entry(row) else {
                check
                    .report
                    .note(Place::Entry(position), "a column cannot be read");
                continue;
            };
            if position != check.size().cast_signed() {
                let what = "its position is not one of this log";
                check.report.note(Place::Entry(position), what);
                continue;
            }
            let (leaf, completed) = check.entry(Place::Entry(position), &entry.entry);
            if let Some(leaf) = leaf {
                columns(&mut check, &entry, &leaf);
                compare_commitment(&mut check, position, &leaf, detail);
            }
            nodes
                .compare(&mut connection, &mut check, &completed)
                .await?;
        }
        last = up_to;
    }
    extras(&mut connection, &mut check, details).await?;
    Ok(check.end())
}

/// The stored heads: each is expected at its size.
async fn stored_heads(
    connection: &mut AnyConnection,
    check: &mut Check<'_>,
) -> Result<(), CaseStoreError> {
    let rows = sqlx::query("SELECT size, at_ms, note FROM audit_heads ORDER BY size")
        .fetch_all(connection)
        .await?;
    for row in rows {
        let size: i64 = row.try_get("size")?;
        let place = Place::Head(size);
        check.report.heads += 1;
        let (Ok(at_ms), Ok(note)) = (
            row.try_get::<i64, _>("at_ms"),
            row.try_get::<String, _>("note"),
        ) else {
            check.report.note(place, "a column cannot be read");
            continue;
        };
        let Some(checkpoint) = check.expect(place, &note) else {
            continue;
        };
        if checkpoint.size.cast_signed() != size {
            check.report.note(place, "its note is of another size");
        }
        if checkpoint.time.map(u64::cast_signed) != Some(at_ms) {
            check.report.note(place, "its note is of another time");
        }
    }
    Ok(())
}

/// Where entries are missing, their stored hashes stand in for them, so that the rest of the log is still checked.
async fn fill(
    connection: &mut AnyConnection,
    check: &mut Check<'_>,
    nodes: &mut StoredNodes,
    position: i64,
) -> Result<(), CaseStoreError> {
    while check.size().cast_signed() < position {
        let missing = check.size().cast_signed();
        let hash: Option<String> =
            sqlx::query_scalar("SELECT hash FROM audit_nodes WHERE level = 0 AND place = $1")
                .bind(missing)
                .fetch_optional(&mut *connection)
                .await?;
        let Some(hash) = hash.as_deref().and_then(Hash::from_hex) else {
            return Ok(());
        };
        check.report.note(Place::Entry(missing), "it is missing");
        let completed = check.leaf(hash);
        nodes.compare(connection, check, &completed).await?;
    }
    Ok(())
}

/// Compares the columns by which entries are found with the entry itself.
fn columns(check: &mut Check<'_>, entry: &StoredEntry, leaf: &ReadLeaf) {
    let same = [
        ("person", entry.person == leaf.person),
        ("act", entry.act == leaf.act),
        ("subject", entry.subject == leaf.subject),
        ("at_ms", entry.at_ms == leaf.at_ms),
        ("position", entry.position == leaf.position),
    ];
    for (column, is_same) in same {
        if !is_same {
            let what = format!("its column {column} is not what the entry says");
            check.report.note(Place::Entry(entry.position), what);
        }
    }
}

/// What goes with an entry.
struct StoredDetail {
    subject: Option<String>,
    salt: String,
    detail: String,
}

async fn stored_details(
    connection: &mut AnyConnection,
    above: i64,
    up_to: i64,
    check: &mut Check<'_>,
) -> Result<BTreeMap<i64, StoredDetail>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT position, subject, salt, detail FROM audit_details WHERE position > $1 AND position <= $2",
    )
    .bind(above)
    .bind(up_to)
    .fetch_all(connection)
    .await?;
    let mut details = BTreeMap::new();
    for row in rows {
        let position = row.try_get("position")?;
        let read = || -> Result<StoredDetail, sqlx::Error> {
            Ok(StoredDetail {
                subject: row.try_get("subject")?,
                salt: row.try_get("salt")?,
                detail: row.try_get("detail")?,
            })
        };
        if let Ok(detail) = read() {
            details.insert(position, detail);
        } else {
            check
                .report
                .note(Place::Detail(position), "a column cannot be read");
        }
    }
    Ok(details)
}

/// Compares what goes with an entry with the commitment to it. That it is gone is no difference: it goes with its case.
fn compare_commitment(
    check: &mut Check<'_>,
    position: i64,
    leaf: &ReadLeaf,
    detail: Option<StoredDetail>,
) {
    let report = &mut check.report;
    let place = Place::Detail(position);
    match (leaf.commitment.as_deref(), detail) {
        (None, None) => {}
        (Some(_), None) => report.details_gone += 1,
        (None, Some(_)) => report.note(place, "the entry commits to nothing"),
        (Some(commitment), Some(stored)) => {
            report.details += 1;
            let opens = Commitment::from_hex(commitment)
                .zip(Salt::from_hex(&stored.salt))
                .is_some_and(|(commitment, salt)| {
                    commitment::verify(&commitment, &salt, stored.detail.as_bytes())
                });
            if !opens {
                report.note(place, "it is not what the entry commits to");
            }
            if stored.subject != leaf.subject {
                report.note(place, "its column subject is not what the entry says");
            }
        }
    }
}

/// The stored nodes of each level, read in order.
#[derive(Default)]
struct StoredNodes {
    levels: BTreeMap<u8, VecDeque<(i64, Option<Hash>)>>,
}

impl StoredNodes {
    async fn compare(
        &mut self,
        connection: &mut AnyConnection,
        check: &mut Check<'_>,
        completed: &[Node],
    ) -> Result<(), CaseStoreError> {
        for node in completed {
            let (level, expected) = (i64::from(node.level), node.index.cast_signed());
            let place = Place::Node(level, expected);
            let read = self.levels.entry(node.level).or_default();
            if read.is_empty() {
                *read = read_nodes(connection, level, expected).await?;
            }
            // The next node of the level that is stored is the one that is expected, or it is missing.
            match read.front().copied() {
                Some((found, hash)) if found == expected => {
                    read.pop_front();
                    check.report.nodes += 1;
                    if hash != Some(node.hash) {
                        let what = "its hash is not that of the entries below it";
                        check.report.note(place, what);
                    }
                }
                _ => check.report.note(place, "it is missing"),
            }
        }
        Ok(())
    }
}

async fn read_nodes(
    connection: &mut AnyConnection,
    level: i64,
    from: i64,
) -> Result<VecDeque<(i64, Option<Hash>)>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT place, hash FROM audit_nodes WHERE level = $1 AND place >= $2 ORDER BY place LIMIT $3",
    )
    .bind(level)
    .bind(from)
    .bind(PAGE)
    .fetch_all(connection)
    .await?;
    let mut nodes = VecDeque::with_capacity(rows.len());
    for row in rows {
        let hash = row.try_get::<String, _>("hash").ok();
        nodes.push_back((
            row.try_get("place")?,
            hash.as_deref().and_then(Hash::from_hex),
        ));
    }
    Ok(nodes)
}

/// Whatever is stored beyond what belongs to the entries.
async fn extras(
    connection: &mut AnyConnection,
    check: &mut Check<'_>,
    details: u64,
) -> Result<(), CaseStoreError> {
    let nodes: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit_nodes")
        .fetch_one(&mut *connection)
        .await?;
    if nodes.unsigned_abs() != check.report.nodes {
        let what = format!(
            "{nodes} nodes are stored, and {} of them belong to its entries",
            check.report.nodes
        );
        check.report.note(Place::Log, what);
    }
    let stored: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit_details")
        .fetch_one(&mut *connection)
        .await?;
    if stored.unsigned_abs() != details {
        let what =
            format!("{stored} details are stored, and {details} of them belong to its entries");
        check.report.note(Place::Log, what);
    }
    Ok(())
}
