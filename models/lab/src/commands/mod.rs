//! Sub-commands that stand by themselves: each has its arguments and what it runs.

pub mod backtest;
pub mod compare;
pub mod evaluate;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Writes a document as indented JSON.
///
/// # Errors
/// The file cannot be written.
pub fn write_json(path: &Path, document: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}
