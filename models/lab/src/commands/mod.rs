//! The sub-commands: their arguments, and what they print.

pub mod ablation;
pub mod archive;
pub mod backtest;
pub mod benchmark;
pub mod clusters;
pub mod compare;
pub mod coverage;
pub mod evaluate;
pub mod features;
pub mod recalibrate;
pub mod table;
pub mod train;

use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use sealwatch_core::artefact::Artefact;
use serde::Serialize;

use crate::replay::World;

/// The sets that the events name.
#[derive(Debug, Clone, Args)]
pub struct Sets {
    /// The platforms of the events.
    #[arg(long, value_delimiter = ',', default_value = "demo")]
    pub platforms: Vec<String>,
    /// The issuers of signals.
    #[arg(long, value_delimiter = ',', default_value = "sister")]
    pub issuers: Vec<String>,
    /// The hash banks.
    #[arg(long, value_delimiter = ',', default_value = "industry")]
    pub banks: Vec<String>,
}

impl Sets {
    /// A world of these sets that shows its progress.
    pub fn world(&self) -> World {
        World::new(
            self.platforms.clone(),
            self.issuers.clone(),
            self.banks.clone(),
        )
        .with_progress()
    }
}

/// Reads an artefact.
///
/// # Errors
/// It cannot be read, or is refused.
pub fn artefact(path: &Path) -> Result<Artefact> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read the artefact {}", path.display()))?;
    Artefact::parse(&bytes).with_context(|| format!("{} is refused", path.display()))
}

/// Writes a document as indented JSON.
///
/// # Errors
/// The file cannot be written.
pub fn write_json(path: &Path, document: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}

/// Says on standard error how far a run has come.
fn progress(done: usize, all: usize) {
    eprint!(
        "\r{done} of {all} steps{}",
        if done == all { "\n" } else { "" }
    );
}
