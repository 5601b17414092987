//! `sealwatch-lab cohorts`: how many accounts of which kind there are, and how they are labelled. polars reads the archives
//! and joins the labels. Cohorts of few accounts are left out, so that no row is about somebody.

use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::*;

use sealwatch_core::behaviour::Behaviour;

use crate::archive_lines::scan;
use crate::replay::World;
use crate::{archive, data, labels};

/// The labels of a folder as a frame: account, platform, label, behaviour.
///
/// # Errors
/// The file cannot be read, or a line is no label.
pub fn frame(path: &Path) -> Result<DataFrame> {
    let (mut accounts, mut platforms) = (Vec::new(), Vec::new());
    let (mut kinds, mut behaviours) = (Vec::new(), Vec::new());
    for line in labels::lines(path)? {
        let line = line?;
        accounts.push(line.account);
        platforms.push(line.platform);
        kinds.push(line.label.name());
        behaviours.push(line.behaviour.map(Behaviour::name));
    }
    let columns = vec![
        Column::new("account".into(), &accounts),
        Column::new("platform".into(), platforms),
        Column::new("label".into(), kinds),
        Column::new("label_behaviour".into(), behaviours),
    ];
    Ok(DataFrame::new(accounts.len(), columns)?)
}

/// The cohorts of a folder of events and labels: platform, country, kind of number, age band, client and whether the account
/// was registered while it was watched, by label and behaviour, with the number of accounts and their median events.
///
/// The files go through the live reader into one archive first, in `scratch`. Cohorts of fewer than `least` accounts are left out.
///
/// # Errors
/// A file cannot be read, or a record is no event of schema 1.
pub fn table(folder: &Path, scratch: &Path, least: u32, world: &World) -> Result<DataFrame> {
    let archive = scratch.join("events.parquet");
    archive::write(&crate::replay::files(folder)?, &archive, world)?;
    let events = scan(&archive)?;
    let known = col("type")
        .eq(lit("account.registered"))
        .or(col("type").eq(lit("account.known")));
    let accounts = events
        .clone()
        .filter(known)
        .group_by([col("account"), col("platform")])
        .agg([
            col("country").drop_nulls().first(),
            col("number_kind").drop_nulls().first(),
            col("age_band").drop_nulls().first(),
            col("client").drop_nulls().first(),
            col("type")
                .eq(lit("account.registered"))
                .any(true)
                .alias("registered_here"),
        ]);
    let counts = events
        .group_by([col("account"), col("platform")])
        .agg([len().alias("events")]);
    let by = [col("account"), col("platform")];
    let kinds: Vec<Expr> = [
        "platform",
        "label",
        "label_behaviour",
        "country",
        "number_kind",
        "age_band",
        "client",
        "registered_here",
    ]
    .map(col)
    .to_vec();
    let frame = frame(&data::labels_of(folder))?
        .lazy()
        .join(
            accounts,
            by.clone(),
            by.clone(),
            JoinArgs::new(JoinType::Left),
        )
        .join(counts, by.clone(), by, JoinArgs::new(JoinType::Left))
        .group_by(kinds.clone())
        .agg([
            len().alias("accounts"),
            col("events").median().alias("median_events"),
        ])
        .filter(col("accounts").gt_eq(lit(least)))
        .sort_by_exprs(kinds, SortMultipleOptions::default())
        .collect();
    Context::with_context(frame, || {
        format!("cannot join the labels of {}", folder.display())
    })
}

/// Writes a frame as Parquet.
///
/// # Errors
/// The file cannot be written.
pub fn write(frame: &mut DataFrame, path: &Path) -> Result<()> {
    let file = std::fs::File::create(path)
        .map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))?;
    ParquetWriter::new(file).finish(frame)?;
    Ok(())
}
