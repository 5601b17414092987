//! `sealwatch-lab features`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use sealwatch_core::identifier::PseudonymKey;
use sealwatch_core::time::Timestamp;

use super::Sets;
use crate::features::{Wanted, export, write_lines, write_parquet};
use crate::replay::files;

/// Exports the live features of accounts at their score points, bit for bit as the service scored them.
#[derive(Debug, Args)]
pub struct FeaturesArguments {
    /// Files or folders of events, in the order in which the service read them.
    #[arg(long, required = true, num_args = 1..)]
    events: Vec<PathBuf>,
    /// Pseudonyms of accounts (32 hexadecimal digits), as a recommendation names them; all accounts if none is given.
    #[arg(long, num_args = 1..)]
    account: Vec<String>,
    /// The service's pseudonym key, so that its pseudonyms are these; else the environment's `SEALWATCH_PSEUDONYM_KEY`,
    /// else the training's own key.
    #[arg(long)]
    key: Option<PathBuf>,
    /// From this time on (RFC 3339).
    #[arg(long)]
    from: Option<String>,
    /// Up to this time (RFC 3339).
    #[arg(long)]
    to: Option<String>,
    /// Where they go: a file ending in .parquet or .ndjson.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    sets: Sets,
}

/// Exports.
///
/// # Errors
/// Something cannot be read or written.
pub fn run(arguments: &FeaturesArguments) -> Result<()> {
    let time = |text: &Option<String>| -> Result<Option<i64>> {
        let parse = |text: &String| {
            Timestamp::parse(text).with_context(|| format!("`{text}` is no time of RFC 3339"))
        };
        Ok(text.as_ref().map(parse).transpose()?.map(|time| time.0))
    };
    let account = |text: &String| {
        u128::from_str_radix(text, 16)
            .ok()
            .filter(|_| text.len() == 32)
            .context("--account takes pseudonyms of 32 hexadecimal digits, never identifiers")
    };
    let wanted = Wanted {
        accounts: arguments
            .account
            .iter()
            .map(account)
            .collect::<Result<BTreeSet<_>>>()?,
        from: time(&arguments.from)?,
        to: time(&arguments.to)?,
    };
    let world = arguments.sets.world();
    let world = match key(arguments.key.as_deref())? {
        Some(key) => world.as_service(&key),
        None => world.lenient(),
    };
    let mut events = Vec::new();
    for path in &arguments.events {
        events.extend(files(path)?);
    }
    let rows = export(&events, &world, wanted)?;
    let file = File::create(&arguments.out)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    match arguments.out.extension().and_then(|end| end.to_str()) {
        Some("parquet") => write_parquet(&rows, file)?,
        Some("ndjson") => {
            let mut out = BufWriter::new(file);
            write_lines(&rows, &mut out)?;
            out.flush()?;
        }
        _ => bail!("--out ends in .parquet or .ndjson"),
    }
    println!("{} score points in {}", rows.len(), arguments.out.display());
    Ok(())
}

/// The service's pseudonym key, from a file or the environment.
fn key(path: Option<&Path>) -> Result<Option<PseudonymKey>> {
    let text = match path {
        Some(path) => fs::read_to_string(path)
            .with_context(|| format!("cannot read the key {}", path.display()))?,
        None => match std::env::var("SEALWATCH_PSEUDONYM_KEY") {
            Ok(text) => text,
            Err(_) => return Ok(None),
        },
    };
    PseudonymKey::from_hexadecimal(text.trim())
        .map(Some)
        .context("the pseudonym key is not 64 lower-case hexadecimal digits")
}
