//! `sealwatch-lab table`: trains on any table of accounts, and measures.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::accounts::aggregate::{Reach, with_neighbours};
use crate::accounts::benchmark::plan;
use crate::accounts::export;
use crate::accounts::graph::Graph;
use crate::accounts::propagate::label_features;
use crate::accounts::published::SOURCES;
use crate::accounts::report::Report;
use crate::accounts::splits::{self, Split};
use crate::accounts::table::{Layout, Table};
use crate::accounts::tune::measure;

/// Arguments of `table`.
#[derive(Debug, Args)]
pub struct TableArguments {
    /// The table, one account a row: CSV with a header, CSV in gzip (.gz), or Parquet.
    #[arg(long)]
    accounts: PathBuf,
    /// The column with the label.
    #[arg(long)]
    label: String,
    /// The label that counts as positive.
    #[arg(long, default_value = "1")]
    positive: String,
    /// The column with the account; without it, edges and splits name rows by their number from zero.
    #[arg(long)]
    id: Option<String>,
    /// Columns that are no features.
    #[arg(long, value_delimiter = ',')]
    drop: Vec<String>,
    /// Undirected edges between accounts: the first two columns are their ends.
    #[arg(long)]
    edges: Option<PathBuf>,
    /// How far aggregates over edges reach: 0 (the account's place in the graph), 1 or 2 steps.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=2), requires = "edges")]
    hops: u8,
    /// Features from the labels of training accounts among the neighbours, too; never an account's own label.
    #[arg(long, requires = "edges")]
    label_features: bool,
    /// A file of splits: its first column is the account, each other column one split of train, val and test.
    #[arg(long, conflicts_with_all = ["split_column", "seeds"])]
    splits: Option<PathBuf>,
    /// A column of the table that is the split.
    #[arg(long, conflicts_with = "seeds")]
    split_column: Option<String>,
    /// So many splits by chance, stratified by label.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Share of the training rows of a split by chance.
    #[arg(long, default_value_t = 0.5)]
    training_share: f64,
    /// Share of the validation rows of a split by chance; the rest is the test.
    #[arg(long, default_value_t = 0.25)]
    validation_share: f64,
    /// Threads; results are the same for any number. Without it, all that the machine has.
    #[arg(long)]
    threads: Option<usize>,
    /// Where the report goes, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Writes features and splits into this folder, measures one fixed setting with times beside them, and does not tune:
    /// for a comparison with other trainers.
    #[arg(long)]
    export: Option<PathBuf>,
}

/// Trains, tunes and measures; `clock` says how much time has passed.
///
/// # Errors
/// A file is absent or damaged, a column is not there, or a learner refuses.
pub fn run(arguments: &TableArguments, clock: &dyn Fn() -> Duration) -> Result<()> {
    let layout = Layout {
        label: arguments.label.clone(),
        positive: arguments.positive.clone(),
        id: arguments.id.clone(),
        drop: arguments
            .drop
            .iter()
            .chain(&arguments.split_column)
            .cloned()
            .collect(),
    };
    for path in [
        Some(&arguments.accounts),
        arguments.edges.as_ref(),
        arguments.splits.as_ref(),
    ] {
        if let Some(path) = path.filter(|path| !path.exists()) {
            bail!("{} is absent.\n{SOURCES}", path.display());
        }
    }
    let table = Table::read(&arguments.accounts, &layout)?;
    let splits = read_splits(arguments, &table)?;
    let training_rows = splits.first().map_or(0, |split| split.training.len());
    let mut plan = plan(training_rows);
    plan.threads = arguments.threads.unwrap_or(plan.threads).max(1);
    let graph = read_graph(arguments.edges.as_deref(), &table)?;
    let base = match &graph {
        None => table.features.clone(),
        Some(graph) => {
            let reach = match arguments.hops {
                0 => Reach::Place,
                1 => Reach::Neighbours,
                _ => Reach::TwoSteps,
            };
            with_neighbours(&table.features, graph, reach, plan.threads)
        }
    };
    if let Some(folder) = &arguments.export {
        let text = export::write(folder, &base, &table.labels, &splits, plan.threads, clock)?;
        print!("{text}");
        return Ok(());
    }
    let columns = |split: &Split| {
        let mut columns = base.clone();
        if let Some(graph) = graph.as_ref().filter(|_| arguments.label_features) {
            columns.extend(label_features(graph, &table.labels, &split.training, 1));
        }
        columns
    };
    let outcomes = measure(columns, &table.labels, &splits, &plan, super::progress)?;
    let report = Report {
        title: title(arguments),
        features: splits.first().map_or(0, |split| columns(split).width()),
        outcomes,
        published: Vec::new(),
    };
    print!("{}", report.text());
    match &arguments.json {
        Some(path) => super::write_json(path, &report),
        None => Ok(()),
    }
}

fn title(arguments: &TableArguments) -> String {
    let edges = match (&arguments.edges, arguments.label_features) {
        (None, _) => "without edges",
        (Some(_), false) => "with edges, without label features",
        (Some(_), true) => "with edges and label features (labels of training accounts only)",
    };
    format!("{}, {edges}", arguments.accounts.display())
}

fn read_graph(path: Option<&Path>, table: &Table) -> Result<Option<Graph>> {
    let Some(path) = path else { return Ok(None) };
    let read = Graph::read(path, table)?;
    if read.unknown > 0 {
        eprintln!(
            "warning: {} edges of {} name accounts that the table does not have; they are left out",
            read.unknown,
            path.display()
        );
    }
    Ok(Some(read.graph))
}

fn read_splits(arguments: &TableArguments, table: &Table) -> Result<Vec<Split>> {
    if let Some(path) = &arguments.splits {
        return splits::of_file(path, table).context("the splits cannot be used");
    }
    if let Some(column) = &arguments.split_column {
        return Ok(vec![splits::of_column(&arguments.accounts, table, column)?]);
    }
    let (training, validation) = (arguments.training_share, arguments.validation_share);
    (1..=arguments.seeds)
        .map(|seed| {
            Ok(splits::stratified(
                &table.labels,
                training,
                validation,
                seed,
            )?)
        })
        .collect()
}
