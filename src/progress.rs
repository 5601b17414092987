//! What a replay shows: a line of progress on a terminal, and the table of outcomes at the end.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sealwatch_core::outcome::OutcomeCounts;

/// A line of progress; nothing where standard error is no terminal.
pub fn line() -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}, {msg}")
    {
        bar.set_style(style);
    }
    bar
}

/// The table of outcomes. Records in = sum of outcomes.
pub fn table(records: u64, counts: &OutcomeCounts) -> String {
    let mut text = String::from("outcome                          records\n");
    for (outcome, count) in counts.iter().filter(|(_, count)| *count > 0) {
        text.push_str(&format!("{:<28} {count:>11}\n", outcome.name()));
    }
    text.push_str(&format!(
        "{:<28} {:>11}\n",
        "sum of outcomes",
        counts.total()
    ));
    text.push_str(&format!("{:<28} {records:>11}\n", "records in"));
    text
}
