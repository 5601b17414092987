//! `sealwatch-lab compare`: a champion and a challenger on the same accounts, pair by pair.
//!
//! Both are replayed through the live code over the same folders. The same draws of linked groups serve both, so that the
//! intervals are those of differences. Flags are compared by McNemar's exact test, in which linked accounts change sides
//! together.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use sealwatch_core::behaviour::Behaviour;
use serde::Serialize;

use crate::assess::subject::{Subject, benign_groups, highest};
use crate::assess::{Assessment, Request, assess};
use crate::card::figure::p_value;
use crate::card::ranking::{STATED_RATES, sample};
use crate::commands::{Sets, artefact};
use crate::statistics::Estimate;
use crate::statistics::bootstrap::percentile;
use crate::statistics::curve::{self, Reading};
use crate::statistics::{holm, mcnemar};

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The artefact in use.
    #[arg(long)]
    champion: PathBuf,
    /// The artefact that may follow it.
    #[arg(long)]
    challenger: PathBuf,
    /// Folders of events and labels that neither was made from.
    #[arg(long, required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Where the figures go, as JSON.
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

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// BLAKE3 of the champion.
    pub champion: String,
    /// BLAKE3 of the challenger.
    pub challenger: String,
    /// BLAKE3 over the files of events and labels.
    pub data: String,
    /// The seed of the draws.
    pub seed: u64,
    /// Bootstrap draws.
    pub draws: usize,
    /// Behaviours that both have a model for.
    pub behaviours: Vec<Compared>,
}

/// One behaviour, compared. Differences are the challenger's less the champion's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// Accounts that did it, and benign linked groups.
    pub positives: u64,
    /// Benign linked groups.
    pub benign_groups: u64,
    /// Areas under the ROC curve: the champion's, the challenger's.
    pub auc: (f64, f64),
    /// Their difference, with a paired bootstrap interval by linked group.
    pub auc_difference: Estimate,
    /// Average precision: the champion's, the challenger's.
    pub average_precision: (f64, f64),
    /// Their difference.
    pub average_precision_difference: Estimate,
    /// Differences of the share found at the same false-ban rates, where this data can measure them.
    pub at_rates: Vec<AtSameRate>,
    /// At thresholds of the same bound that both have.
    pub thresholds: Vec<AtOwnThresholds>,
}

/// The share found at the same false-ban rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtSameRate {
    /// The rate.
    pub rate: f64,
    /// The champion's share.
    pub champion: f64,
    /// The challenger's share.
    pub challenger: f64,
    /// Their difference, with a paired bootstrap interval.
    pub difference: Estimate,
}

/// Flags at each one's own threshold of the same bound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtOwnThresholds {
    /// The bound.
    pub alpha: f64,
    /// Abusive accounts.
    pub abusive: Flags,
    /// Benign linked groups.
    pub benign: Flags,
    /// Pseudonyms of the abusive accounts that only the challenger finds.
    pub gained: Vec<String>,
    /// Pseudonyms of the abusive accounts that only the champion finds.
    pub lost: Vec<String>,
}

/// Who flags what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flags {
    /// Both.
    pub both: u64,
    /// Only the champion.
    pub only_champion: u64,
    /// Only the challenger.
    pub only_challenger: u64,
    /// Neither.
    pub neither: u64,
    /// McNemar's exact two-sided p-value; linked accounts change sides together.
    pub p_value: f64,
    /// The same with Holm's correction over all of the comparison's tests.
    pub adjusted: f64,
}

impl Flags {
    /// Counts flags, each with its linked group.
    fn count(flags: impl Iterator<Item = ((u32, u64), (bool, bool))>) -> Self {
        let mut counts = [0; 4];
        let mut differences: BTreeMap<(u32, u64), i64> = BTreeMap::new();
        for (group, (champion, challenger)) in flags {
            counts[usize::from(champion) * 2 + usize::from(challenger)] += 1;
            if champion != challenger {
                *differences.entry(group).or_default() += if challenger { 1 } else { -1 };
            }
        }
        let [neither, only_challenger, only_champion, both] = counts;
        let differences: Vec<i64> = differences.into_values().collect();
        let p_value = mcnemar::grouped(&differences);
        Self {
            both,
            only_champion,
            only_challenger,
            neither,
            p_value,
            adjusted: p_value,
        }
    }
}

/// Compares two artefacts and returns a table for the terminal.
///
/// # Errors
/// Something cannot be read or written.
pub fn run(arguments: &CompareArguments) -> Result<String> {
    let world = arguments.sets.world();
    let request = Request {
        folders: arguments.data.clone(),
        seed: arguments.seed,
    };
    let (one, other) = (
        artefact(&arguments.champion)?,
        artefact(&arguments.challenger)?,
    );
    let champion = assess(&one, &request, &world)?;
    let challenger = assess(&other, &request, &world)?;
    let comparison = Comparison {
        champion: one.digest().to_owned(),
        challenger: other.digest().to_owned(),
        data: champion.data_digest.clone(),
        seed: arguments.seed,
        draws: arguments.draws,
        behaviours: compare(&champion, &challenger, arguments.draws),
    };
    if let Some(path) = &arguments.json {
        super::write_json(path, &comparison)?;
    }
    Ok(table(&comparison))
}

/// Compares two assessments of the same folders.
pub fn compare(champion: &Assessment, challenger: &Assessment, draws: usize) -> Vec<Compared> {
    let benign = benign_groups(&champion.subjects);
    let mut compared: Vec<Compared> = Behaviour::WITH_DETECTOR
        .iter()
        .enumerate()
        .filter(|(detector, _)| {
            champion.setup.models[*detector].is_some()
                && challenger.setup.models[*detector].is_some()
        })
        .map(|(detector, behaviour)| {
            behaviour_compared(champion, challenger, &benign, *behaviour, detector, draws)
        })
        .collect();
    let flags = |compared: &mut Vec<Compared>, set: &mut dyn FnMut(&mut Flags)| {
        for at in compared.iter_mut().flat_map(|one| &mut one.thresholds) {
            set(&mut at.abusive);
            set(&mut at.benign);
        }
    };
    let mut values = Vec::new();
    flags(&mut compared, &mut |one| values.push(one.p_value));
    let mut adjusted = holm::adjust(&values).into_iter();
    flags(&mut compared, &mut |one| {
        one.adjusted = adjusted.next().unwrap_or(1.0);
    });
    compared
}

fn behaviour_compared(
    champion: &Assessment,
    challenger: &Assessment,
    benign: &[Vec<u32>],
    behaviour: Behaviour,
    detector: usize,
    draws: usize,
) -> Compared {
    let curves = |assessment: &Assessment| {
        let sample = sample(&assessment.subjects, benign, behaviour, detector);
        let ordered = sample.ordered();
        // The same seed, and the same groups in the same order: each draw is of the same accounts for both.
        let seed = champion.setup.seed ^ detector as u64;
        (ordered.read(&[]), ordered.draws(&[], draws, seed))
    };
    let (one, one_draws) = curves(champion);
    let (other, other_draws) = curves(challenger);
    let difference = |number: &dyn Fn(&Reading) -> f64| {
        let pairs = one_draws.iter().zip(&other_draws);
        let drawn: Vec<f64> = pairs
            .map(|(one, other)| number(other) - number(one))
            .collect();
        percentile(number(&other) - number(&one), &drawn, 0.95)
    };
    let at_rates = STATED_RATES
        .iter()
        .filter(|rate| benign.len() as f64 * **rate >= 1.0 - 1e-9)
        .filter_map(|rate| {
            let same = |index: &usize| (curve::rate(*index) / rate - 1.0).abs() < 1e-6;
            let index = (0..curve::RATES).find(same)?;
            Some(AtSameRate {
                rate: *rate,
                champion: one.found[index],
                challenger: other.found[index],
                difference: difference(&|reading| reading.found[index]),
            })
        });
    Compared {
        behaviour,
        positives: champion
            .subjects
            .iter()
            .filter(|subject| subject.did(behaviour))
            .count() as u64,
        benign_groups: benign.len() as u64,
        auc: (one.auc, other.auc),
        auc_difference: difference(&|reading| reading.auc),
        average_precision: (one.average_precision, other.average_precision),
        average_precision_difference: difference(&|reading| reading.average_precision),
        at_rates: at_rates.collect(),
        thresholds: thresholds(champion, challenger, benign, behaviour, detector),
    }
}

fn thresholds(
    champion: &Assessment,
    challenger: &Assessment,
    benign: &[Vec<u32>],
    behaviour: Behaviour,
    detector: usize,
) -> Vec<AtOwnThresholds> {
    let margin = |assessment: &Assessment, alpha: f64| {
        let place = assessment
            .setup
            .alphas
            .iter()
            .position(|own| *own == alpha)?;
        assessment.setup.thresholds[detector][place]
    };
    let pairs = || champion.subjects.iter().zip(&challenger.subjects);
    let mut thresholds = Vec::new();
    for alpha in &champion.setup.alphas {
        let (Some(one), Some(other)) = (margin(champion, *alpha), margin(challenger, *alpha))
        else {
            continue;
        };
        let flags = |(left, right): (&Subject, &Subject)| {
            (
                left.scores[detector].highest > one,
                right.scores[detector].highest > other,
            )
        };
        let abusive = || pairs().filter(|pair| pair.0.did(behaviour));
        let changed = |which: (bool, bool)| {
            let subjects = abusive().filter(|pair| flags(*pair) == which);
            subjects
                .map(|pair| format!("{:032x}", pair.0.account))
                .collect()
        };
        let groups = benign.iter().zip(0..).map(|(group, number)| {
            let flags = (
                highest(&champion.subjects, group, detector) > one,
                highest(&challenger.subjects, group, detector) > other,
            );
            ((0, number), flags)
        });
        thresholds.push(AtOwnThresholds {
            alpha: *alpha,
            abusive: Flags::count(abusive().map(|pair| (pair.0.group(), flags(pair)))),
            benign: Flags::count(groups),
            gained: changed((false, true)),
            lost: changed((true, false)),
        });
    }
    thresholds
}

fn table(comparison: &Comparison) -> String {
    let signed = |estimate: Estimate| {
        format!(
            "{:+.4} ({:+.4} to {:+.4})",
            estimate.value, estimate.low, estimate.high
        )
    };
    let mut text = String::new();
    for one in &comparison.behaviours {
        text.push_str(&format!(
            "{} ({} abusive accounts, {} benign groups)\n  AUC {:.4} -> {:.4}: {}\n  average precision {:.4} -> {:.4}: {}\n",
            one.behaviour.name(),
            one.positives,
            one.benign_groups,
            one.auc.0,
            one.auc.1,
            signed(one.auc_difference),
            one.average_precision.0,
            one.average_precision.1,
            signed(one.average_precision_difference),
        ));
        for at in &one.at_rates {
            text.push_str(&format!(
                "  found at a false-ban rate of {:e}: {:.1}% -> {:.1}%: {}\n",
                at.rate,
                at.champion * 100.0,
                at.challenger * 100.0,
                signed(at.difference)
            ));
        }
        for at in &one.thresholds {
            for (name, flags) in [("abusive", &at.abusive), ("benign", &at.benign)] {
                text.push_str(&format!(
                    "  own thresholds, alpha {}: {name}: both {}, only champion {}, only challenger {}, neither {}; McNemar p = {}, \
                     corrected {}\n",
                    at.alpha,
                    flags.both,
                    flags.only_champion,
                    flags.only_challenger,
                    flags.neither,
                    p_value(Some(flags.p_value)),
                    p_value(Some(flags.adjusted))
                ));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_counted_in_pairs() {
        let pairs = [
            (true, true),
            (true, false),
            (false, true),
            (false, true),
            (false, false),
        ];
        let of = |group: &dyn Fn(u64) -> u64| {
            let groups = (0..).map(|place| (0, group(place)));
            Flags::count(groups.zip(pairs))
        };
        let apart = of(&|place| place);
        assert_eq!((apart.both, apart.only_champion), (1, 1));
        assert_eq!((apart.only_challenger, apart.neither), (2, 1));
        // 1 against 2: 2 · (1 + 3) / 8 = 1. In one group the two differ by 1, which either side could have.
        assert!((apart.p_value - 1.0).abs() < 1e-12);
        assert!((of(&|_| 0).p_value - 1.0).abs() < 1e-12);
    }
}
