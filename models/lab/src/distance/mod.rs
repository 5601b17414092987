//! `sealwatch-lab distance`: how far simulated benign accounts are from real ones.
//!
//! Side by side: gaps between messages, degrees, reciprocity, hours of the day, messages and calls a day, lengths of calls;
//! and one number for all of it, the two-sample AUC: trees learn to tell simulated accounts from real ones by their
//! summaries, and are measured on accounts that they have not seen (Lopez-Paz and Oquab, "Revisiting classifier two-sample
//! tests", ICLR 2017). 0.5 is a simulation that nobody can tell from real traffic; 1 is one that anybody can.

pub mod compare;
pub mod traffic;

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use sealwatch_core::feature::Direction;
use sealwatch_core::inference::Forest;

use crate::boosting::{Parameters, Rows, train};
use crate::metrics::auc;
use compare::Comparison;
use traffic::{Person, Summary, Traffic};

/// Folds of the cross-validation.
const FOLDS: usize = 5;

/// The arguments of `sealwatch-lab distance`.
#[derive(Debug, Args)]
pub struct DistanceArguments {
    /// A simulated folder: events.ndjson and labels.ndjson. Its benign accounts are compared.
    #[arg(long)]
    simulated: PathBuf,
    /// Real traffic as events of schema 1, such as `sealwatch-lab convert copenhagen` writes.
    #[arg(long)]
    real: PathBuf,
}

/// Runs `sealwatch-lab distance`: prints its table.
///
/// # Errors
/// A file cannot be read, or holds too few accounts.
pub fn run(arguments: &DistanceArguments) -> Result<()> {
    let simulated = Traffic::simulated(&arguments.simulated)?;
    let real = Traffic::real(&arguments.real)?;
    print!("{}", table(&simulated, &real)?);
    Ok(())
}

/// All comparisons of two files.
pub fn comparisons(simulated: &Traffic, real: &Traffic) -> Vec<Comparison> {
    let people = |name, figure: fn(&Person, f64) -> f64, logarithmic| {
        Comparison::of(name, simulated.each(figure), real.each(figure), logarithmic)
    };
    vec![
        Comparison::of(
            "gap between messages, s",
            simulated.gaps(),
            real.gaps(),
            true,
        ),
        people("degree (different people)", Person::degree, false),
        people("reciprocity (share)", Person::reciprocity, false),
        Comparison::of("hour of messages", simulated.hours(), real.hours(), false),
        people("messages a day", Person::messages, true),
        people("calls a day", Person::calls, true),
        Comparison::of(
            "length of calls, s",
            simulated.talked(),
            real.talked(),
            true,
        ),
    ]
}

/// The AUC of trees that tell simulated persons from real ones, by cross-validation. Persons weigh such that both sides
/// weigh the same.
///
/// # Errors
/// One side has fewer persons than folds.
pub fn two_sample_auc(simulated: &Traffic, real: &Traffic, of: Summary) -> Result<f64> {
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for (traffic, label) in [(simulated, false), (real, true)] {
        if traffic.people.len() < 2 * FOLDS {
            bail!(
                "too few accounts wrote to a person or called one: a comparison needs at least {}",
                2 * FOLDS
            );
        }
        for person in &traffic.people {
            person.summary(traffic.days(), of, &mut values);
            labels.push(label);
        }
    }
    let width = values.len() / labels.len();
    let count = |side: bool| labels.iter().filter(|label| **label == side).count() as f64;
    let total = labels.len() as f64;
    let weight = [total / count(false) / 2.0, total / count(true) / 2.0];
    let mut margins = vec![0.0; labels.len()];
    for fold in 0..FOLDS {
        let (mut seen, mut seen_labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for row in (0..labels.len()).filter(|row| row % FOLDS != fold) {
            seen.extend_from_slice(&values[row * width..(row + 1) * width]);
            seen_labels.push(labels[row]);
            weights.push(weight[usize::from(labels[row])]);
        }
        let forest = forest(&seen, &seen_labels, &weights, width)?;
        for row in (0..labels.len()).filter(|row| row % FOLDS == fold) {
            margins[row] = forest.margin(&values[row * width..(row + 1) * width]);
        }
    }
    Ok(auc(&margins, &labels))
}

fn forest(values: &[f32], labels: &[bool], weights: &[f64], width: usize) -> Result<Forest> {
    let rows = Rows {
        values,
        width,
        labels,
        weights,
    };
    let none = Rows {
        values: &[],
        width,
        labels: &[],
        weights: &[],
    };
    let parameters = Parameters {
        trees: 100,
        least_hessian: 3.0,
        ..Parameters::default()
    };
    let document = train(&rows, &none, &vec![Direction::Free; width], &parameters)?;
    match Forest::new(&document, width) {
        Ok(forest) => Ok(forest),
        Err(error) => bail!("the trees cannot be read back: {error}"),
    }
}

/// The comparisons and the two-sample AUC as a table.
fn table(simulated: &Traffic, real: &Traffic) -> Result<String> {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} simulated benign accounts over {:.0} days, {} real accounts over {:.0} days",
        simulated.people.len(),
        simulated.days(),
        real.people.len(),
        real.days()
    );
    let _ = writeln!(
        text,
        "{:<28}{:<11}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>11}{:>13}",
        "", "", "10%", "25%", "50%", "75%", "90%", "99%", "KS", "Wasserstein"
    );
    for comparison in comparisons(simulated, real) {
        let row = |quantiles: &[f64; 6]| {
            quantiles.iter().fold(String::new(), |mut row, value| {
                let _ = write!(row, "{:>9}", figure(*value));
                row
            })
        };
        let _ = writeln!(
            text,
            "{:<28}{:<11}{}{:>11.3}{:>13.3}",
            comparison.name,
            "simulated",
            row(&comparison.simulated),
            comparison.kolmogorov_smirnov,
            comparison.wasserstein
        );
        let _ = writeln!(text, "{:<28}{:<11}{}", "", "real", row(&comparison.real));
    }
    let _ = writeln!(
        text,
        "two-sample AUC (0.5: nobody can tell simulated from real accounts): {:.3}; by gaps, reciprocity, hours and lengths of calls alone: {:.3}",
        two_sample_auc(simulated, real, Summary::All)?,
        two_sample_auc(simulated, real, Summary::Manner)?
    );
    Ok(text)
}

fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}
