//! Sub-commands, each with its arguments and its run.

pub mod benchmark;
pub mod table;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Says on stderr how far a run has come.
fn progress(done: usize, all: usize) {
    eprint!(
        "\r{done} of {all} steps{}",
        if done == all { "\n" } else { "" }
    );
}

/// Writes a document as JSON, if a file is given.
fn write_json(path: Option<&Path>, document: &impl Serialize) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(document)?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}
