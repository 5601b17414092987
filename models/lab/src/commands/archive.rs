//! `sealwatch-lab archive` and `sealwatch-lab cohorts`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::Sets;
use crate::replay::files;
use crate::{archive, cohorts};

/// Writes files of events as one Parquet archive.
#[derive(Debug, Args)]
pub struct ArchiveArguments {
    /// Files or folders of events.
    #[arg(long, required = true, num_args = 1..)]
    events: Vec<PathBuf>,
    /// Where the archive goes; a name that contains `event` and ends in .parquet is found again in a folder.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    sets: Sets,
}

/// Archives.
///
/// # Errors
/// A file cannot be read or written, or a record is no event.
pub fn run(arguments: &ArchiveArguments) -> Result<()> {
    let mut paths = Vec::new();
    for path in &arguments.events {
        paths.extend(files(path)?);
    }
    let count = archive::write(&paths, &arguments.out, &arguments.sets.world())?;
    println!("{count} events in {}", arguments.out.display());
    Ok(())
}

/// Counts the accounts of a folder by cohort and label, as Parquet.
#[derive(Debug, Args)]
pub struct CohortsArguments {
    /// A folder of events and labels.
    #[arg(long)]
    data: PathBuf,
    /// Cohorts of fewer accounts are left out.
    #[arg(long, default_value_t = 10)]
    least: u32,
    /// Where the table goes.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    sets: Sets,
}

/// Counts.
///
/// # Errors
/// A file cannot be read or written, or a record is no event.
pub fn run_cohorts(arguments: &CohortsArguments) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("sealwatch-cohorts-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).context("cannot make a folder for the archive")?;
    let table = cohorts::table(
        &arguments.data,
        &scratch,
        arguments.least,
        &arguments.sets.world(),
    );
    std::fs::remove_dir_all(&scratch).context("cannot remove the archive that was made")?;
    let mut table = table?;
    cohorts::write(&mut table, &arguments.out)?;
    println!("{} cohorts in {}", table.height(), arguments.out.display());
    Ok(())
}
