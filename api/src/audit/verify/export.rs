//! The log as a file: lines of JSON that are verified with nothing else. First what the log is, then its heads, then each
//! entry exactly as it was hashed.

use std::io::{BufRead, Write};

use sealwatch_custody::checkpoint::Origin;
use sealwatch_custody::signing::VerifyingKey;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::check::Check;
use super::{KeptHeads, Place, Report, Trust};
use crate::audit::head::LogIdentity;
use crate::audit::{Act, Entry, append, tree};
use crate::people::Actor;
use crate::store::{CaseStore, CaseStoreError};

/// What the first line says that it is.
const KIND: &str = "sealwatch-audit-export";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    kind: String,
    version: u32,
    origin: String,
    /// The log's verifying key, as a document.
    key: String,
    entries: u64,
    heads: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    head: String,
}

/// Why the log is not exported, or why a file is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The case store refused.
    #[error(transparent)]
    Store(#[from] CaseStoreError),
    /// The file cannot be written or read.
    #[error("audit export: the file cannot be written or read ({0})")]
    File(#[from] std::io::Error),
    /// The first line is not that of an export.
    #[error(
        "audit export: the first line is not that of an export of this version; give the file that `sealwatch audit export` wrote"
    )]
    Header,
    /// No head was signed yet.
    #[error("audit export: no head of the log was signed yet; start the service once")]
    NoHead,
}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// Notes on the log that it is exported. Whoever exports then signs a head that covers this entry, too.
///
/// # Errors
/// The database refused.
pub async fn note_export(
    store: &CaseStore,
    actor: &Actor,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let write = store.database().write().await?;
    let entry = Entry::new(Act::Exported).fact("what", "audit_log");
    append::commit(write, actor, now_ms, &[entry]).await?;
    Ok(())
}

/// Writes the log up to its newest head. Returns how many entries that are.
///
/// # Errors
/// The database refused, no head was signed yet, or the file cannot be written.
pub async fn export(
    store: &CaseStore,
    log: &LogIdentity,
    out: &mut (impl Write + Send),
) -> Result<u64, ExportError> {
    let database = store.database();
    let notes: Vec<String> = sqlx::query_scalar("SELECT note FROM audit_heads ORDER BY size")
        .fetch_all(database.pool())
        .await?;
    let covered: Option<i64> = sqlx::query_scalar("SELECT MAX(size) FROM audit_heads")
        .fetch_one(database.pool())
        .await?;
    let entries = covered.ok_or(ExportError::NoHead)?;
    if tree::size(&mut *database.pool().acquire().await?).await? < entries.unsigned_abs() {
        return Err(CaseStoreError::Damaged.into());
    }
    let header = Header {
        kind: KIND.to_owned(),
        version: 1,
        origin: log.origin.as_str().to_owned(),
        key: log.key.to_document(),
        entries: entries.unsigned_abs(),
        heads: notes.len() as u64,
    };
    write_line(out, &header)?;
    for head in notes {
        write_line(out, &Head { head })?;
    }
    let mut next = 0;
    while next < entries {
        let rows = sqlx::query(
            "SELECT position, entry FROM audit_entries WHERE position >= $1 AND position < $2 ORDER BY position LIMIT $3",
        )
        .bind(next)
        .bind(entries)
        .bind(PAGE)
        .fetch_all(database.pool())
        .await?;
        for row in &rows {
            let position: i64 = row.try_get("position")?;
            if position != next {
                return Err(CaseStoreError::Damaged.into());
            }
            let entry: String = row.try_get("entry")?;
            writeln!(out, "{entry}")?;
            next += 1;
        }
        if rows.is_empty() {
            return Err(CaseStoreError::Damaged.into());
        }
    }
    out.flush()?;
    Ok(entries.unsigned_abs())
}

fn write_line(out: &mut impl Write, document: &impl Serialize) -> Result<(), ExportError> {
    let line = serde_json::to_string(document).map_err(|_| CaseStoreError::Unwritable)?;
    Ok(writeln!(out, "{line}")?)
}

/// Verifies an export. Without a trusted key its own is taken: the file is whole then, but who wrote it is not proven.
///
/// # Errors
/// The file cannot be read, or is no export.
pub fn verify_export(
    file: &mut impl BufRead,
    trust: Option<&Trust>,
    kept: &KeptHeads,
) -> Result<Report, ExportError> {
    let mut lines = file.split(b'\n').enumerate();
    let (_, first) = lines.next().ok_or(ExportError::Header)?;
    let header: Header = serde_json::from_slice(&first?).map_err(|_| ExportError::Header)?;
    if header.kind != KIND || header.version != 1 {
        return Err(ExportError::Header);
    }
    let own = Trust {
        keys: vec![VerifyingKey::from_document(&header.key).map_err(|_| ExportError::Header)?],
        origin: Some(Origin::new(&header.origin).map_err(|_| ExportError::Header)?),
    };
    let mut check = Check::begin(trust.unwrap_or(&own), kept);
    let (mut covered, mut heads) = (None, 0);
    for (index, line) in lines {
        let (line, place) = (line?, Place::Line(index + 1));
        if heads < header.heads {
            heads += 1;
            match serde_json::from_slice::<Head>(&line) {
                Ok(Head { head }) => {
                    let checkpoint = check.expect(place, &head);
                    covered = covered.max(checkpoint.map(|checkpoint| checkpoint.size));
                    check.report.heads += 1;
                }
                Err(_) => check.report.note(place, "it is not a head"),
            }
        } else if check.size() >= header.entries {
            check.report.note(
                place,
                "it is behind the last entry that the first line announces",
            );
        } else if let Ok(entry) = std::str::from_utf8(&line) {
            check.entry(place, entry);
        } else {
            check.report.note(place, "it is not text");
        }
    }
    if check.size() != header.entries || heads != header.heads {
        let what = "it has fewer lines than the first one announces: it was cut";
        check.report.note(Place::Log, what);
    }
    if covered != Some(header.entries) {
        check
            .report
            .note(Place::Log, "no head covers all of its entries");
    }
    Ok(check.end())
}
