//! `sealwatch-lab evaluate`: the model card of an artefact, as a page and as JSON.

use std::path::PathBuf;

use crate::commands::{Sets, artefact};
use anyhow::{Context, Result, bail};
use clap::Args;

use crate::assess::{Request, assess};
use crate::card::{Card, Settings, build, figure, page};

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// The artefact.
    #[arg(long)]
    artefact: PathBuf,
    /// Folders of events and labels that the artefact was not made from.
    #[arg(long, required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Where the page goes.
    #[arg(long)]
    out: PathBuf,
    /// Where the same figures go, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Bootstrap draws.
    #[arg(long, default_value_t = 500)]
    draws: usize,
    /// The seed of all draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sets of the events.
    #[command(flatten)]
    sets: Sets,
}

/// A list of paths by their last parts: the rest of a path says nothing about data, and something about a machine.
pub fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| name(path)).collect();
    names.join(" ")
}

/// The last part of a path.
pub fn name(path: &std::path::Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Makes the card, writes it, and returns a table for the terminal.
///
/// # Errors
/// Something cannot be read or written, or the number of draws is none.
pub fn run(arguments: &EvaluateArguments) -> Result<String> {
    if arguments.draws < 40 {
        bail!("--draws is at least 40: a 95% interval needs a draw beyond each of its ends");
    }
    let artefact = artefact(&arguments.artefact)?;
    let request = Request {
        folders: arguments.data.clone(),
        seed: arguments.seed,
    };
    let assessment = assess(&artefact, &request, &arguments.sets.world())?;
    let settings = Settings {
        command: format!(
            "sealwatch-lab evaluate --artefact {} --data {} --seed {} --draws {}",
            name(&arguments.artefact),
            names(&arguments.data),
            arguments.seed,
            arguments.draws
        ),
        draws: arguments.draws,
    };
    let card = build(&artefact, &assessment, &settings);
    std::fs::write(&arguments.out, page::html(&card))
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    if let Some(path) = &arguments.json {
        super::write_json(path, &card)?;
    }
    Ok(table(&card))
}

/// The card's main figures, for the terminal.
fn table(card: &Card) -> String {
    let mut text = format!(
        "{:<24} {:<12} {:>8} {:>22} {:>22} {:>22}\n",
        "behaviour", "verdict", "alpha", "AUC", "found", "false bans"
    );
    for behaviour in &card.behaviours {
        for at in &behaviour.thresholds {
            let counted = |counted: crate::card::counted::Counted| {
                format!(
                    "{}/{} {}-{}",
                    counted.count,
                    counted.total,
                    figure::percent(counted.share.low),
                    figure::percent(counted.share.high)
                )
            };
            text.push_str(&format!(
                "{:<24} {:<12} {:>8} {:>22} {:>22} {:>22}\n",
                behaviour.behaviour.name(),
                behaviour.verdict.standing.name(),
                at.threshold.alpha,
                format!(
                    "{} {}-{}",
                    figure::three(behaviour.ranking.auc.value),
                    figure::three(behaviour.ranking.auc.low),
                    figure::three(behaviour.ranking.auc.high)
                ),
                counted(at.detection.found),
                counted(at.false_bans),
            ));
        }
    }
    text
}
