//! `sealwatch-lab coverage`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::train::write;
use crate::coverage::{cases, study, table};

/// Draws many calibration sets from known distributions, and prints how often the bound holds.
#[derive(Debug, Args)]
pub struct CoverageArguments {
    /// Calibration sets for each row.
    #[arg(long, default_value_t = 1_000)]
    sets: usize,
    /// Probability that a bound does not hold.
    #[arg(long, default_value_t = 0.05)]
    delta: f64,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the table goes, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Draws and prints.
///
/// # Errors
/// The file cannot be written.
pub fn run(arguments: &CoverageArguments) -> Result<()> {
    let rows = cases(arguments.delta)
        .iter()
        .map(|case| study(case, arguments.sets, arguments.seed))
        .collect::<Result<Vec<_>, _>>()?;
    println!(
        "{} calibration sets for each row, delta {}",
        arguments.sets, arguments.delta
    );
    print!("{}", table(&rows));
    if let Some(path) = &arguments.json {
        write(path, serde_json::to_string_pretty(&rows)? + "\n")?;
    }
    Ok(())
}
