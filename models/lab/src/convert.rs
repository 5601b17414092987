//! `sealwatch-lab convert copenhagen`: the SMS and calls of the Copenhagen Networks Study (doi 10.1038/s41597-019-0325-x)
//! as events of schema 1.
//!
//! Only what the data has becomes a field. Two fields that schema 1 requires are set to what is true of an SMS: it goes to
//! one recipient, and its size class is that of 128 bytes (7). `first_contact` is derived: this pair had no SMS or call
//! before in the data, so it is too often true in the first days. A call with a duration of −1 was not answered.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::*;
use serde_json::json;

/// Second 0 of the data stands for this time: 2026-02-01T00:00:00Z. The real start is not published.
const START_MS: i64 = 1_769_904_000_000;

struct Record {
    at: i64,
    from: i64,
    to: i64,
    /// Seconds of a call, −1 if not answered; none for an SMS.
    call: Option<i64>,
}

/// Converts the folder's `sms.csv` and `calls.csv`. Returns how many events were written.
///
/// # Errors
/// A file is missing or has other columns.
pub fn copenhagen(folder: &Path, out: &Path) -> Result<u64> {
    let mut records = read(&folder.join("sms.csv"), "sender", "recipient", None)?;
    records.extend(read(
        &folder.join("calls.csv"),
        "caller",
        "callee",
        Some("duration"),
    )?);
    // Stable: records of one second stay in the order of their files, SMS first.
    records.sort_by_key(|record| record.at);
    let mut pairs = BTreeSet::new();
    let mut file = BufWriter::new(Context::with_context(File::create(out), || {
        format!("cannot write {}", out.display())
    })?);
    for (number, record) in records.iter().enumerate() {
        let pair = (record.from.min(record.to), record.from.max(record.to));
        let first_contact = pairs.insert(pair);
        let mut event = json!({
            "id": format!("copenhagen-{number}"),
            "at": START_MS + record.at * 1_000,
            "platform": "copenhagen",
            "account": format!("c{}", record.from),
            "recipient": format!("c{}", record.to),
            "first_contact": first_contact,
        });
        match record.call {
            None => {
                event["type"] = json!("message.sent");
                event["recipients"] = json!(1);
                event["kind"] = json!("text");
                event["size_bucket"] = json!(7);
            }
            Some(seconds) => {
                event["type"] = json!("call.placed");
                event["answered"] = json!(seconds >= 0);
                event["seconds"] = json!(seconds.max(0));
            }
        }
        writeln!(file, "{event}")?;
    }
    file.flush()?;
    Ok(records.len() as u64)
}

fn read(path: &Path, from: &str, to: &str, duration: Option<&str>) -> Result<Vec<Record>> {
    let place = || {
        format!(
            "cannot read {} (columns timestamp, {from}, {to})",
            path.display()
        )
    };
    let file = Context::with_context(File::open(path), place)?;
    let frame = Context::with_context(CsvReader::new(file).finish(), place)?;
    let column = |name: &str| -> Result<Vec<i64>> {
        let column = Context::with_context(frame.column(name), place)?;
        let column = Context::with_context(column.cast(&DataType::Int64), place)?;
        Ok(Context::with_context(column.i64(), place)?
            .into_no_null_iter()
            .collect())
    };
    let (at, from, to) = (column("timestamp")?, column(from)?, column(to)?);
    let durations = duration.map(column).transpose()?;
    let records = at
        .into_iter()
        .zip(from)
        .zip(to)
        .enumerate()
        .map(|(row, ((at, from), to))| Record {
            at,
            from,
            to,
            call: durations.as_ref().map(|durations| durations[row]),
        });
    Ok(records.collect())
}
