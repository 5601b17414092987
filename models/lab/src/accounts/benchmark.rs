//! The public benchmarks, each by its official protocol.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::aggregate::{Reach, with_neighbours};
use super::align::to_quantiles;
use super::graph::Graph;
use super::propagate::label_features;
use super::published::{self, Published};
use super::read;
use super::report::Report;
use super::splits::{self, Split};
use super::table::{Columns, Layout, Table};
use super::tune::{Plan, grid, measure};
use crate::parallel;

/// A public table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benchmark {
    /// Crowd workers, linked by the tasks that they share.
    Tolokers,
    /// Phone subscribers.
    Sichuan,
    /// Contributors on GitHub and GitLab.
    CodeBots,
}

/// Models of each chosen setting.
const BAGS: u64 = 4;

/// Settings whose mean is measured.
const BEST: usize = 2;

/// Parts of a cross-validation.
const PARTS: usize = 10;

/// Repetitions where there is one split only.
const REPEATS: usize = 3;

impl Benchmark {
    /// Its folder.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Tolokers => "tolokers",
            Self::Sichuan => "sichuan_telecom",
            Self::CodeBots => "code_bots",
        }
    }

    /// Runs it on the tables under `data`.
    ///
    /// # Errors
    /// The tables are absent (the message says where they come from) or damaged, or a learner refuses.
    pub fn run(self, data: &Path, listener: &Listener<'_>) -> Result<Vec<Report>> {
        let folder = data.join(self.folder());
        if !folder.is_dir() {
            bail!("{} is absent.\n{}", folder.display(), published::SOURCES);
        }
        match self {
            Self::Tolokers => tolokers(&folder, listener),
            Self::Sichuan => sichuan(&folder, listener),
            Self::CodeBots => code_bots(&folder, listener),
        }
    }
}

/// Who hears how a run goes on: it may be long.
#[derive(Clone, Copy)]
pub struct Listener<'a> {
    /// Steps done, of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// A report that is finished.
    pub finished: &'a dyn Fn(&Report),
}

/// One table in one variant.
struct Variant<'a, C> {
    title: &'a str,
    columns: C,
    labels: &'a [bool],
    splits: &'a [Split],
    published: &'a [Published],
}

impl<C: Fn(&Split) -> Columns + Sync> Variant<'_, C> {
    fn report(self, listener: &Listener<'_>) -> Result<Report> {
        let plan = plan(self.splits.first().map_or(0, |split| split.training.len()));
        let outcomes = measure(
            &self.columns,
            self.labels,
            self.splits,
            &plan,
            listener.progress,
        )?;
        let report = Report {
            title: self.title.to_owned(),
            features: self
                .splits
                .first()
                .map_or(0, |split| (self.columns)(split).width()),
            outcomes,
            published: self.published.to_vec(),
        };
        (listener.finished)(&report);
        Ok(report)
    }
}

/// The usual plan for so many training rows.
pub fn plan(training_rows: usize) -> Plan {
    Plan {
        grid: grid(training_rows),
        best: BEST,
        bags: BAGS,
        parts: PARTS,
        threads: parallel::all_threads(),
    }
}

fn layout(id: &str, label: &str, positive: &str, drop: &[&str]) -> Layout {
    Layout {
        label: label.to_owned(),
        positive: positive.to_owned(),
        id: Some(id.to_owned()),
        drop: drop.iter().map(|column| (*column).to_owned()).collect(),
    }
}

fn tolokers(folder: &Path, listener: &Listener<'_>) -> Result<Vec<Report>> {
    let table = Table::read(
        &folder.join("nodes.csv.gz"),
        &layout("id", "banned", "1", &[]),
    )?;
    let graph = Graph::read(&folder.join("edges.csv.gz"), &table)?.graph;
    let splits = splits::of_file(&folder.join("splits.csv.gz"), &table)?;
    let threads = parallel::all_threads();
    let base = with_neighbours(&table.features, &graph, Reach::TwoSteps, threads);
    let plain = Variant {
        title: "Tolokers, without label features",
        columns: |_: &Split| base.clone(),
        labels: &table.labels,
        splits: &splits,
        published: &published::TOLOKERS,
    };
    let labelled = Variant {
        title: "Tolokers, with label features (labels of training accounts only, never an account's own)",
        columns: |split: &Split| {
            let mut columns = base.clone();
            columns.extend(label_features(&graph, &table.labels, &split.training, 1));
            columns
        },
        labels: &table.labels,
        splits: &splits,
        published: &published::TOLOKERS,
    };
    Ok(vec![plain.report(listener)?, labelled.report(listener)?])
}

fn sichuan(folder: &Path, listener: &Listener<'_>) -> Result<Vec<Report>> {
    let path = folder.join("accounts.csv.gz");
    let table = Table::read(&path, &layout("account", "label", "1", &[]))?;
    let graph = Graph::read(&folder.join("edges.csv.gz"), &table)?.graph;
    let splits: Vec<Split> = (1..=5)
        .map(|seed| splits::stratified(&table.labels, 0.2, 0.2, seed))
        .collect::<Result<_, _>>()?;
    let threads = parallel::all_threads();
    let near = with_neighbours(&table.features, &graph, Reach::TwoSteps, threads);
    let report = |title, columns: &Columns| {
        let variant = Variant {
            title,
            columns: |_: &Split| columns.clone(),
            labels: &table.labels,
            splits: &splits,
            published: &published::SICHUAN,
        };
        variant.report(listener)
    };
    Ok(vec![
        report("Sichuan telecom, without edges", &table.features)?,
        report(
            "Sichuan telecom, with edges (whose making is not documented)",
            &near,
        )?,
    ])
}

fn code_bots(folder: &Path, listener: &Listener<'_>) -> Result<Vec<Report>> {
    let read = |name: &str, drop: &[&str]| -> Result<(PathBuf, Table)> {
        let path = folder.join(name);
        let table = Table::read(&path, &layout("account", "label", "Bot", drop))?;
        Ok((path, table))
    };
    let (path, github) = read("github_old-rbmap_features.csv.gz", &["dataset"])?;
    let (gitlab_path, gitlab) = read(
        "gitlab_gitlab_glmap_features.csv.gz",
        &["dataset", "origin"],
    )?;
    let split = splits::of_column(&path, &github, "dataset")?;
    // There is one split only: the deviation is that of other seeds of the trees and of the cross-validation.
    let here = vec![split.clone(); REPEATS];
    let both = below(&github.features, &gitlab.features)?;
    let labels = [github.labels.clone(), gitlab.labels.clone()].concat();
    // A few GitLab accounts are marked as neither train nor test: they are not measured.
    let marks = read::texts(&gitlab.frame, &gitlab_path, "dataset")?;
    let test = (github.labels.len()..labels.len())
        .zip(marks)
        .filter(|(_, mark)| mark.as_deref() == Some("test"))
        .map(|(row, _)| row)
        .collect();
    let there = vec![
        Split {
            name: "GitHub to GitLab".into(),
            test,
            ..split
        };
        REPEATS
    ];
    let on_github = Variant {
        title: "Code bots, GitHub (deviation over seeds)",
        columns: |_: &Split| github.features.clone(),
        labels: &github.labels,
        splits: &here,
        published: &published::GITHUB_BOTS,
    };
    let on_gitlab = |title, columns: &Columns| {
        let variant = Variant {
            title,
            columns: |_: &Split| columns.clone(),
            labels: &labels,
            splits: &there,
            published: &published::GITLAB_BOTS,
        };
        variant.report(listener)
    };
    Ok(vec![
        on_github.report(listener)?,
        on_gitlab(
            "Code bots, GitLab after training on GitHub only (deviation over seeds)",
            &both,
        )?,
        on_gitlab(
            "Code bots, GitLab after training on GitHub only, GitLab's features mapped to GitHub's quantiles without any label",
            &aligned(&both, &there[0]),
        )?,
    ])
}

/// The test rows' features at the quantiles of the training rows'.
fn aligned(columns: &Columns, split: &Split) -> Columns {
    let mut aligned = columns.clone();
    for values in &mut aligned.values {
        let of = |rows: &[usize]| -> Vec<f32> { rows.iter().map(|row| values[*row]).collect() };
        let mapped = to_quantiles(&of(&split.test), &of(&split.training));
        for (row, value) in split.test.iter().zip(mapped) {
            values[*row] = value;
        }
    }
    aligned
}

/// One table below another, by the names of the first one's columns.
fn below(upper: &Columns, lower: &Columns) -> Result<Columns> {
    let mut both = Columns::default();
    for (name, values) in upper.names.iter().zip(&upper.values) {
        let place = lower
            .names
            .iter()
            .position(|other| other == name)
            .with_context(|| format!("the second table lacks the column {name:?}"))?;
        both.push(
            name.clone(),
            [values.as_slice(), &lower.values[place]].concat(),
        );
    }
    Ok(both)
}
