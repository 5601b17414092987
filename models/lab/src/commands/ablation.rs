//! `sealwatch-lab ablation`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use sealwatch_core::behaviour::Behaviour;

use super::Sets;
use super::train::write;
use crate::ablation::{study, table};
use crate::splits::{Kind, Split};
use crate::train::rows;

/// Learns each behaviour without each family of features, and prints what that costs.
#[derive(Debug, Args)]
pub struct AblationArguments {
    /// Folders of events and labels to learn from.
    #[arg(long, required = true, num_args = 1..)]
    training: Vec<PathBuf>,
    /// Share of the groups, and of the time, that validates.
    #[arg(long, default_value_t = 0.3)]
    validation_share: f64,
    /// Benign training accounts at most.
    #[arg(long, default_value_t = 60_000)]
    most_benign: usize,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the table goes, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(flatten)]
    sets: Sets,
}

/// Learns and prints.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(arguments: &AblationArguments) -> Result<()> {
    let world = arguments.sets.world();
    let sets = rows(
        &arguments.training,
        arguments.most_benign,
        arguments.seed,
        &world,
    )?;
    let split = Split {
        kind: Kind::Both,
        validation_share: arguments.validation_share,
        label_delay_days: 0,
        seed: arguments.seed,
    };
    let mut ablations = Vec::new();
    for (behaviour, set) in Behaviour::WITH_DETECTOR.iter().zip(&sets) {
        if set.positives() > 0 {
            world.say(behaviour.name());
            ablations.push(study(*behaviour, set, &split)?);
        }
    }
    print!("{}", table(&ablations));
    if let Some(path) = &arguments.json {
        write(path, serde_json::to_string_pretty(&ablations)? + "\n")?;
    }
    Ok(())
}
