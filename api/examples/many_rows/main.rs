//! Fills a case store, asks what pages ask, and says how long it takes and how the database finds it:
//! `cargo run --release -p sealwatch-api --example many_rows -- DATABASE [ROWS]`, where DATABASE is a new SQLite file or the
//! address of an empty PostgreSQL database. It stays as it is; a second run finds it filled. Exit code 1: a page takes
//! more than 100 ms at the 99th percentile.
#![expect(clippy::unwrap_used, reason = "it ends where something is missing")]

mod fill;
mod measure;
mod plans;
mod questions;

use std::path::Path;
use std::process::ExitCode;

use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::{CaseStore, Location};

/// The time at which everything is asked: the newest recommendations are of now, the oldest of 90 days ago.
pub const NOW: i64 = 1_797_000_000_000;

/// Milliseconds that a page may take at the 99th percentile.
const MOST: f64 = 100.0;

/// Opens a case store with randomness that only has to differ.
async fn open(location: &Location) -> CaseStore {
    let mut counter = u64::from(std::process::id()) << 32;
    let random = move |buffer: &mut [u8]| {
        for byte in buffer.chunks_mut(8) {
            counter += 1;
            let mixed = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (counter << 7);
            byte.copy_from_slice(&mixed.to_be_bytes()[..byte.len()]);
        }
    };
    CaseStore::open(location, ReviewSettings::default(), Box::new(random))
        .await
        .unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(database) = arguments.next() else {
        eprintln!(
            "many_rows: name a new SQLite file, or the address of an empty PostgreSQL database"
        );
        return ExitCode::from(2);
    };
    let rows: i64 = arguments
        .next()
        .map_or(10_000_000, |rows| rows.parse().unwrap());
    let plans = plans::Plans::listen();
    let is_postgres = database.starts_with("postgres");
    let location = if is_postgres {
        Location::postgres(&database).unwrap()
    } else {
        Location::file(Path::new(&database)).unwrap()
    };
    let url = if is_postgres {
        database.clone()
    } else {
        format!("sqlite://{database}")
    };
    let store = open(&location).await;
    let found = store.count().await.unwrap();
    store.close().await;
    if found == 0 {
        fill::fill(&url, rows).await;
    } else if found != rows.unsigned_abs() {
        eprintln!(
            "many_rows: the database holds {found} recommendations, not {rows}: name a new one"
        );
        return ExitCode::from(2);
    }
    let store = open(&location).await;
    let name = if is_postgres { "PostgreSQL" } else { "SQLite" };
    println!(
        "{name}, {rows} recommendations; each asked {} times, milliseconds",
        measure::CALLS
    );
    println!("{:>8} {:>8} {:>8} {:>5}", "p50", "p99", "max", "rows");
    let questions = questions::all(rows);
    let mut slow = Vec::new();
    for (name, question) in &questions {
        let times = measure::measure(&store, question, rows).await;
        println!("{times}  {name}");
        if times.at(0.99) > MOST {
            slow.push(*name);
        }
    }
    store.close().await;
    println!();
    plans.print(&url, &questions, rows).await;
    if slow.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("above {MOST} ms: {}", slow.join("; "));
    ExitCode::FAILURE
}
