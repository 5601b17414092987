//! `sealwatch-lab recalibrate`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use sealwatch_core::artefact::Artefact;

use super::train::{population, write};
use super::{Sets, artefact};
use crate::distributions;
use crate::metrics::upper_bound;
use crate::recalibrate::{Plan, Renewed, recalibrate};

/// Renews an artefact's thresholds from a platform's own recent stream, with the labels and enforcements in it.
#[derive(Debug, Args)]
pub struct RecalibrateArguments {
    /// The artefact.
    #[arg(long)]
    artefact: PathBuf,
    /// A folder of events: the platform's own recent stream, in one piece.
    #[arg(long)]
    data: PathBuf,
    /// Where the renewed artefact goes.
    #[arg(long)]
    out: PathBuf,
    /// Bounds on the false-ban rate; those of the artefact if none is given.
    #[arg(long, value_delimiter = ',')]
    alpha: Vec<f64>,
    /// Probability that a bound does not hold.
    #[arg(long, default_value_t = 0.05)]
    delta: f64,
    /// Window of the guarantee, in days.
    #[arg(long, default_value_t = 7)]
    window_days: u32,
    /// Days between the window's end and the stream's: who was left alone until then counts as benign.
    #[arg(long, default_value_t = 30)]
    unactioned_days: u32,
    /// Days after which the thresholds are to be renewed again.
    #[arg(long, default_value_t = 90)]
    valid_days: u32,
    /// Whose accounts they are: `simulator:NAME` or `platform:NAME`.
    #[arg(long)]
    population: String,
    #[command(flatten)]
    sets: Sets,
}

/// Renews, and says what changed.
///
/// # Errors
/// Something cannot be read or written, or there are too few benign accounts.
pub fn run(arguments: &RecalibrateArguments) -> Result<()> {
    let artefact = artefact(&arguments.artefact)?;
    let plan = Plan {
        data: arguments.data.clone(),
        alphas: arguments.alpha.clone(),
        delta: arguments.delta,
        window_days: arguments.window_days,
        unactioned_days: arguments.unactioned_days,
        valid_days: arguments.valid_days,
        population: population(&arguments.population)?,
        command: format!(
            "sealwatch-lab recalibrate --delta {} --window-days {} --unactioned-days {} --valid-days {} --population {}",
            arguments.delta,
            arguments.window_days,
            arguments.unactioned_days,
            arguments.valid_days,
            arguments.population
        ),
    };
    let renewed = recalibrate(&artefact, &plan, &arguments.sets.world())?;
    let bytes = Artefact::write(&renewed.artefact)?;
    Artefact::parse(&bytes).context("the renewed artefact cannot be read back")?;
    write(&arguments.out, &bytes)?;
    print(&renewed);
    Ok(())
}

fn print(renewed: &Renewed) {
    let census = &renewed.census;
    println!("{:<44} {:>10}", "accounts in the stream", census.accounts);
    println!(
        "{:<44} {:>10}",
        "benign by review, appeal or audit", census.cleared
    );
    println!(
        "{:<44} {:>10}",
        "benign, nothing done about them", census.unactioned
    );
    println!(
        "{:<44} {:>10}",
        "left out: first seen after the window", census.too_new
    );
    println!(
        "{:<44} {:>10}",
        "left out: abusive, or acted against", census.actioned
    );
    println!(
        "{:<44} {:>10}",
        "groups of linked accounts that count", census.groups
    );
    let (audits, found) = census.audits;
    if audits > 0 {
        println!(
            "random audits: abuse in {found} of {audits} accounts that nobody had acted against (95% bound {:.4}): so many abusers may be among the presumed benign, \
             and cost recall",
            upper_bound(found, audits)
        );
    } else {
        println!(
            "no random audit in the stream: nothing says how many abusers are among the presumed benign"
        );
    }
    println!(
        "{:<24} {:>8} {:>9} {:>10} {:>10}  expires {}",
        "behaviour",
        "alpha",
        "n",
        "before",
        "now",
        renewed.artefact.expires.to_rfc3339()
    );
    for (behaviour, before, now) in &renewed.thresholds {
        let before = before
            .as_ref()
            .map_or_else(|| "-".to_owned(), |old| format!("{:.4}", old.margin));
        println!(
            "{:<24} {:>8} {:>9} {before:>10} {:>10.4}",
            behaviour.name(),
            now.alpha,
            now.n,
            now.margin
        );
    }
    print!("{}", distributions::note(&renewed.without_distributions));
}
