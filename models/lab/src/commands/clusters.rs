//! `sealwatch-lab clusters`: the accounts above a threshold, put together by why they are there.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use sealwatch_core::behaviour::Behaviour;

use super::Sets;
use super::artefact;
use crate::clusters::{Clusters, Request, clusters};

/// The largest number of clusters that may be asked for: more than a person would look through.
const MOST: usize = 100;

/// Arguments of `clusters`.
#[derive(Debug, Args)]
pub struct ClustersArguments {
    /// The artefact.
    #[arg(long)]
    artefact: PathBuf,
    /// Folders of events, each with or without labels.ndjson.
    #[arg(long, required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// The behaviour whose detector flags the accounts, as group_spam.
    #[arg(long, value_parser = behaviour)]
    behaviour: Behaviour,
    /// Which of its thresholds.
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Where the clusters go, as JSON.
    #[arg(long)]
    out: PathBuf,
    /// Only accounts that the labels presume benign: the suspects of `train --suspects` above the threshold, by kind.
    #[arg(long)]
    presumed_benign: bool,
    /// The smallest number of clusters that is tried; a larger one gives finer sets.
    #[arg(long, default_value_t = 2)]
    least: usize,
    /// The largest number of clusters that is tried.
    #[arg(long, default_value_t = 12)]
    most: usize,
    /// The seed of the draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sets of the events.
    #[command(flatten)]
    sets: Sets,
}

/// Finds the clusters, writes them, and returns a table for the terminal.
///
/// # Errors
/// Something cannot be read or written, or nobody lies above the threshold.
pub fn run(arguments: &ClustersArguments) -> Result<String> {
    if !(2..=arguments.most).contains(&arguments.least) || arguments.most > MOST {
        bail!("--least is at least 2 and at most --most, and --most is at most {MOST}");
    }
    let artefact = artefact(&arguments.artefact)?;
    let request = Request {
        folders: arguments.data.clone(),
        behaviour: arguments.behaviour,
        alpha: arguments.alpha,
        presumed_benign: arguments.presumed_benign,
        least: arguments.least,
        most: arguments.most,
        seed: arguments.seed,
    };
    let found = clusters(&artefact, &request, &arguments.sets.world())?;
    super::write_json(&arguments.out, &found)?;
    Ok(table(&found))
}

fn behaviour(text: &str) -> Result<Behaviour, String> {
    let mut known = Behaviour::WITH_DETECTOR.iter();
    known
        .find(|behaviour| behaviour.name() == text)
        .copied()
        .ok_or_else(|| {
            let names: Vec<&str> = Behaviour::WITH_DETECTOR
                .iter()
                .map(|behaviour| behaviour.name())
                .collect();
            format!("give one of {}", names.join(", "))
        })
}

/// The clusters for the terminal, each with its reasons below.
pub fn table(found: &Clusters) -> String {
    let mut text = format!(
        "{}: {} accounts above margin {:.3} (alpha {}), {} clusters{}\n",
        found.behaviour.name(),
        found.accounts,
        found.margin,
        found.alpha,
        found.clusters.len(),
        found.silhouette.map_or_else(String::new, |silhouette| {
            format!(
                ", mean silhouette {silhouette:.2}: {}",
                structure(silhouette)
            )
        })
    );
    let index =
        |index: Option<f64>| index.map_or_else(|| "-".to_owned(), |index| format!("{index:.2}"));
    let agreement = &found.agreement;
    if agreement.behaviours.is_some() || agreement.groups.is_some() {
        let _ = writeln!(
            text,
            "adjusted Rand index with the labels: {} (what they did), {} (linked groups of the abusive ones)",
            index(agreement.behaviours),
            index(agreement.groups)
        );
    }
    let _ = writeln!(
        text,
        "{:>7} {:>7} {:>9} {:>20}  what the abusive ones did",
        "cluster", "size", "abusive", "hiding low/mid/high"
    );
    for cluster in &found.clusters {
        let told = cluster.abusive + cluster.benign;
        let abusive = match told {
            0 => "-".to_owned(),
            _ => format!("{}/{told}", cluster.abusive),
        };
        let [low, middle, high] = cluster.hiding;
        let hiding = match cluster.abusive {
            0 => "-".to_owned(),
            _ => format!("{low}/{middle}/{high}"),
        };
        let did: Vec<String> = cluster
            .behaviours
            .iter()
            .map(|(behaviour, count)| format!("{behaviour} {count}"))
            .collect();
        let _ = writeln!(
            text,
            "{:>7} {:>7} {abusive:>9} {hiding:>20}  {}",
            cluster.number,
            cluster.size,
            did.join(", ")
        );
        for reason in &cluster.reasons {
            let _ = writeln!(text, "{:>17.2} {}", reason.contribution, reason.words);
        }
    }
    text
}

/// What a mean silhouette stands for (L. Kaufman and P. J. Rousseeuw, Finding Groups in Data, 1990, table 4).
fn structure(silhouette: f64) -> &'static str {
    match silhouette {
        _ if silhouette > 0.7 => "a strong structure",
        _ if silhouette > 0.5 => "a reasonable structure",
        _ if silhouette > 0.25 => "a weak structure",
        _ => "no structure to speak of",
    }
}
