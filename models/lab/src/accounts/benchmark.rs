//! The public benchmarks, each by its official protocol.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::aggregate::{Reach, with_neighbours};
use super::graph::Graph;
use super::propagate::label_features;
use super::published;
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

/// Models averaged for the measured result.
const BAGS: u64 = 5;

/// Parts of a cross-validation.
const PARTS: usize = 10;

impl Benchmark {
    /// Its folder.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Tolokers => "tolokers",
            Self::Sichuan => "sichuan_telecom",
            Self::CodeBots => "code_bots",
        }
    }

    /// Runs it on the tables under `data`; `progress` hears of steps done, of how many.
    ///
    /// # Errors
    /// The tables are absent (the message says where they come from) or damaged, or a learner refuses.
    pub fn run(self, data: &Path, progress: impl Fn(usize, usize) + Sync) -> Result<Vec<Report>> {
        let folder = data.join(self.folder());
        if !folder.is_dir() {
            bail!("{} is absent.\n{}", folder.display(), published::SOURCES);
        }
        match self {
            Self::Tolokers => tolokers(&folder, &progress),
            Self::Sichuan => sichuan(&folder, &progress),
            Self::CodeBots => code_bots(&folder, &progress),
        }
    }
}

/// The usual plan for so many training rows.
pub fn plan(training_rows: usize) -> Plan {
    Plan {
        grid: grid(training_rows),
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

fn tolokers(folder: &Path, progress: &(impl Fn(usize, usize) + Sync)) -> Result<Vec<Report>> {
    let table = Table::read(
        &folder.join("nodes.csv.gz"),
        &layout("id", "banned", "1", &[]),
    )?;
    let graph = Graph::read(&folder.join("edges.csv.gz"), &table)?.graph;
    let splits = splits::of_file(&folder.join("splits.csv.gz"), &table)?;
    let plan = plan(splits.first().map_or(0, |split| split.training.len()));
    let base = with_neighbours(&table.features, &graph, Reach::TwoSteps, plan.threads);
    let plain = Report {
        title: "Tolokers, without label features".into(),
        features: base.width(),
        outcomes: measure(|_| base.clone(), &table.labels, &splits, &plan, progress)?,
        published: published::TOLOKERS.to_vec(),
    };
    let with_labels = |split: &Split| {
        let mut columns = base.clone();
        columns.extend(label_features(&graph, &table.labels, &split.training, 1));
        columns
    };
    let labelled = Report {
        title: "Tolokers, with label features (labels of training accounts only, never an account's own)"
            .into(),
        features: splits.first().map_or(0, |split| with_labels(split).width()),
        outcomes: measure(with_labels, &table.labels, &splits, &plan, progress)?,
        published: published::TOLOKERS.to_vec(),
    };
    Ok(vec![plain, labelled])
}

fn sichuan(folder: &Path, progress: &(impl Fn(usize, usize) + Sync)) -> Result<Vec<Report>> {
    let path = folder.join("accounts.csv.gz");
    let table = Table::read(&path, &layout("account", "label", "1", &[]))?;
    let graph = Graph::read(&folder.join("edges.csv.gz"), &table)?.graph;
    let splits: Vec<Split> = (1..=5)
        .map(|seed| splits::stratified(&table.labels, 0.2, 0.2, seed))
        .collect::<Result<_, _>>()?;
    let plan = plan(splits.first().map_or(0, |split| split.training.len()));
    let report = |title: &str, columns: &Columns| -> Result<Report> {
        Ok(Report {
            title: title.to_owned(),
            features: columns.width(),
            outcomes: measure(|_| columns.clone(), &table.labels, &splits, &plan, progress)?,
            published: published::SICHUAN.to_vec(),
        })
    };
    let near = with_neighbours(&table.features, &graph, Reach::TwoSteps, plan.threads);
    Ok(vec![
        report("Sichuan telecom, without edges", &table.features)?,
        report(
            "Sichuan telecom, with edges (whose making is not documented)",
            &near,
        )?,
    ])
}

fn code_bots(folder: &Path, progress: &(impl Fn(usize, usize) + Sync)) -> Result<Vec<Report>> {
    let read = |name: &str, drop: &[&str]| -> Result<(PathBuf, Table)> {
        let path = folder.join(name);
        let table = Table::read(&path, &layout("account", "label", "Bot", drop))?;
        Ok((path, table))
    };
    let (path, github) = read("github_old-rbmap_features.csv.gz", &["dataset"])?;
    let (_, gitlab) = read(
        "gitlab_gitlab_glmap_features.csv.gz",
        &["dataset", "origin"],
    )?;
    let split = splits::of_column(&path, &github, "dataset")?;
    let plan = plan(split.training.len());
    let here = Report {
        title: "Code bots, GitHub".into(),
        features: github.features.width(),
        outcomes: measure(
            |_| github.features.clone(),
            &github.labels,
            std::slice::from_ref(&split),
            &plan,
            progress,
        )?,
        published: published::GITHUB_BOTS.to_vec(),
    };
    let both = below(&github.features, &gitlab.features)?;
    let labels = [github.labels.clone(), gitlab.labels.clone()].concat();
    let transfer = Split {
        name: "GitHub to GitLab".into(),
        test: (github.labels.len()..labels.len()).collect(),
        ..split
    };
    let there = Report {
        title: "Code bots, GitLab after training on GitHub only".into(),
        features: both.width(),
        outcomes: measure(|_| both.clone(), &labels, &[transfer], &plan, progress)?,
        published: published::GITLAB_BOTS.to_vec(),
    };
    Ok(vec![here, there])
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
