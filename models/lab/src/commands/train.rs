//! `sealwatch-lab train`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use sealwatch_core::artefact::Artefact;
use sealwatch_core::recommendation::Population;

use super::Sets;
use crate::splits::{Kind, Split};
use crate::train::{Plan, Trained, train};
use crate::{distributions, evaluate, report};

/// Trains models, sets thresholds, and writes the artefact.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// Folders of events and labels to learn from.
    #[arg(long, required = true, num_args = 1..)]
    training: Vec<PathBuf>,
    /// Folders whose benign accounts set the thresholds, and are used for nothing else.
    #[arg(long, required = true, num_args = 1..)]
    calibration: Vec<PathBuf>,
    /// Folders to measure on.
    #[arg(long, required = true, num_args = 1..)]
    evaluation: Vec<PathBuf>,
    /// Where the artefact goes.
    #[arg(long)]
    out: PathBuf,
    /// Where the report goes, as a table.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Where the report goes, as JSON.
    #[arg(long)]
    report_json: Option<PathBuf>,
    /// Where the presumed-benign accounts with the highest margins go, as JSON lines, for review.
    #[arg(long)]
    suspects: Option<PathBuf>,
    /// Where the training rows go, as Parquet.
    #[arg(long)]
    rows: Option<PathBuf>,
    /// Bounds on the false-ban rate.
    #[arg(long, value_delimiter = ',', default_value = "0.001")]
    alpha: Vec<f64>,
    /// Probability that a bound does not hold.
    #[arg(long, default_value_t = 0.05)]
    delta: f64,
    /// Window of the guarantee, in days.
    #[arg(long, default_value_t = 7)]
    window_days: u32,
    /// Days after which the thresholds are to be renewed.
    #[arg(long, default_value_t = 90)]
    valid_days: u32,
    /// How rows are split into training and validation.
    #[arg(long, value_enum, default_value = "both")]
    split: Kind,
    /// Share of the groups, and of the time, that validates.
    #[arg(long, default_value_t = 0.3)]
    validation_share: f64,
    /// Days until a label is known: rows whose label was not known at the split teach nothing.
    #[arg(long, default_value_t = 0)]
    label_delay_days: u32,
    /// Benign training accounts at most; of more, so many are drawn and weighted.
    #[arg(long, default_value_t = 60_000)]
    most_benign: usize,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Whose accounts they are: `simulator:NAME` or `platform:NAME`.
    #[arg(long)]
    population: String,
    #[command(flatten)]
    sets: Sets,
}

/// Whose accounts they are, from the command line.
///
/// # Errors
/// The text has another form.
pub fn population(text: &str) -> Result<Population> {
    match text.split_once(':') {
        Some(("simulator", name)) => Ok(Population::Simulator(name.to_owned())),
        Some(("platform", name)) => Ok(Population::Platform(name.to_owned())),
        _ => bail!("--population is simulator:NAME or platform:NAME"),
    }
}

/// Writes a file, and names it if that fails.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Trains, and writes what came out.
///
/// # Errors
/// Data is missing or too little, or a file cannot be written.
pub fn run(arguments: &TrainArguments) -> Result<()> {
    if !(0.05..=0.95).contains(&arguments.validation_share) {
        bail!("--validation-share lies between 0.05 and 0.95");
    }
    let plan = Plan {
        training: arguments.training.clone(),
        calibration: arguments.calibration.clone(),
        evaluation: arguments.evaluation.clone(),
        alphas: arguments.alpha.clone(),
        delta: arguments.delta,
        window_days: arguments.window_days,
        valid_days: arguments.valid_days,
        split: Split {
            kind: arguments.split,
            validation_share: arguments.validation_share,
            label_delay_days: arguments.label_delay_days,
            seed: arguments.seed,
        },
        most_benign: arguments.most_benign.max(1),
        rows: arguments.rows.clone(),
        seed: arguments.seed,
        population: population(&arguments.population)?,
        command: command(arguments),
    };
    let trained = train(&plan, &arguments.sets.world())?;
    let bytes = Artefact::write(&trained.artefact)?;
    Artefact::parse(&bytes).context("the artefact that was trained cannot be read back")?;
    write(&arguments.out, &bytes)?;
    let text = evaluate::table(&trained.figures);
    print!("{text}{}", notes(&trained));
    if let Some(peak) = peak_of_memory() {
        println!("peak of memory {peak:.2} GiB");
    }
    if let Some(path) = &arguments.report {
        write(path, &text)?;
    }
    if let Some(path) = &arguments.report_json {
        write(
            path,
            serde_json::to_string_pretty(&report::document(&trained))? + "\n",
        )?;
    }
    if let Some(path) = &arguments.suspects {
        let lines = trained.suspects.iter().map(serde_json::to_string);
        write(
            path,
            lines.collect::<Result<Vec<_>, _>>()?.join("\n") + "\n",
        )?;
    }
    Ok(())
}

/// The most memory that this process had, in GiB, where the system tells.
fn peak_of_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / (1 << 20) as f64)
}

/// The settings that made the artefact, without the names of folders: they are in its digest of the data.
fn command(arguments: &TrainArguments) -> String {
    let alphas: Vec<String> = arguments.alpha.iter().map(f64::to_string).collect();
    format!(
        "sealwatch-lab train --alpha {} --delta {} --window-days {} --valid-days {} --split {} --validation-share {} \
         --label-delay-days {} --most-benign {} --seed {} --population {}",
        alphas.join(","),
        arguments.delta,
        arguments.window_days,
        arguments.valid_days,
        match arguments.split {
            Kind::Group => "group",
            Kind::Time => "time",
            Kind::Both => "both",
        },
        arguments.validation_share,
        arguments.label_delay_days,
        arguments.most_benign,
        arguments.seed,
        arguments.population
    )
}

/// What a person should know beside the table.
fn notes(trained: &Trained) -> String {
    let mut text = String::new();
    for (behaviour, why) in &trained.absent {
        let _ = writeln!(text, "no model for {}: {why}", behaviour.name());
    }
    for figures in &trained.figures {
        let overlap = &figures.overlap;
        let _ = writeln!(
            text,
            "{}: {} training and {} validation rows, {} unused; {} groups and {} accounts in both, {} identical rows, {} \
             validation rows not later",
            figures.behaviour.name(),
            overlap.training.0,
            overlap.validation.0,
            overlap.unused,
            overlap.groups_in_both,
            overlap.accounts_in_both,
            overlap.identical_rows,
            overlap.not_later
        );
        for leak in &figures.leaks {
            let _ = writeln!(text, "  warning: {}", leak.words());
        }
    }
    let flagged = trained
        .suspects
        .iter()
        .filter(|suspect| suspect.is_flagged)
        .count();
    let _ = writeln!(
        text,
        "{} presumed-benign calibration accounts are listed for review (--suspects), {flagged} of them above the strictest \
         threshold: abusers among them raise the threshold and cost recall",
        trained.suspects.len()
    );
    text + &distributions::note(&trained.without_distributions)
}
