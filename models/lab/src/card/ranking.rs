//! How well a detector ranks abusive accounts above benign ones, whatever the threshold.
//!
//! A positive is an account that did the behaviour, with its highest margin from its label's `since` on. A negative is a
//! benign linked group, with its highest margin over the window of the guarantee: the unit that the false-ban rate counts.

use std::collections::BTreeMap;

use sealwatch_core::behaviour::Behaviour;
use serde::Serialize;

use crate::assess::subject::{Subject, highest};
use crate::card::counted::CONFIDENCE;
use crate::statistics::Estimate;
use crate::statistics::curve::{self, RATES, RECALLS, Reading, Sample, precision_at};
use crate::statistics::proportion::{clopper_pearson, korn_graubard};

/// The false-ban rates at which the share found is stated.
pub const STATED_RATES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];

/// The base rate at which the second precision curve stands: the share of accounts that WhatsApp said it removes in a month
/// (white paper, February 2019).
pub const REFERENCE_BASE_RATE: f64 = 0.0013;

/// Curves and figures of ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// Accounts that did it.
    pub positives: u64,
    /// Linked groups that they form.
    pub positive_groups: u64,
    /// Benign linked groups.
    pub benign_groups: u64,
    /// Positives among positives and benign groups: the base rate of this data.
    pub base_rate: f64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// Average precision at the base rate of this data.
    pub average_precision: Estimate,
    /// The ROC curve.
    pub roc: Vec<RocPoint>,
    /// The precision-recall curve.
    pub precision_recall: Vec<PrecisionPoint>,
    /// Share found at the stated false-ban rates.
    pub at_rates: Vec<AtRate>,
}

/// A point of the ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RocPoint {
    /// False-ban rate.
    pub rate: f64,
    /// Share found.
    pub found: Estimate,
    /// Whether there are enough benign groups to see this rate.
    pub is_measurable: bool,
}

/// A point of the precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PrecisionPoint {
    /// Share found.
    pub recall: f64,
    /// Precision at the base rate of this data.
    pub precision: Estimate,
    /// Precision at the reference base rate.
    pub at_reference: Estimate,
}

/// The share found at a false-ban rate that this data measures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtRate {
    /// The rate.
    pub rate: f64,
    /// Benign groups that may be flagged at this rate in this data.
    pub allowed: u64,
    /// The fewest benign groups in which this rate is a whole group.
    pub needed: u64,
    /// The share found; `None` where there are too few benign groups to measure it.
    pub found: Option<Estimate>,
}

/// The scores of one detector.
pub fn sample(
    subjects: &[Subject],
    benign: &[Vec<u32>],
    behaviour: Behaviour,
    detector: usize,
) -> Sample {
    let mut numbers: BTreeMap<(u32, u64), u32> = BTreeMap::new();
    let positives = subjects
        .iter()
        .filter(|subject| subject.did(behaviour))
        .map(|subject| {
            let next = numbers.len() as u32;
            let number = *numbers.entry(subject.group()).or_insert(next);
            (subject.scores[detector].highest, number)
        });
    Sample {
        positives: positives.collect(),
        negatives: benign
            .iter()
            .map(|group| highest(subjects, group, detector))
            .collect(),
    }
}

/// Measures a sample. `draws` bootstrap draws by linked group, from `seed`.
pub fn ranking(sample: &Sample, draws: usize, seed: u64) -> Ranking {
    let (positives, negatives) = (sample.positives.len(), sample.negatives.len());
    let base_rate = positives as f64 / (positives + negatives) as f64;
    let base_rates = [base_rate, REFERENCE_BASE_RATE];
    let ordered = sample.ordered();
    let whole = ordered.read(&base_rates);
    let drawn = ordered.draws(&base_rates, draws, seed);
    let of = |number: &dyn Fn(&Reading) -> f64| curve::interval(&whole, &drawn, number);
    let mut sorted = sample.negatives.clone();
    sorted.sort_by(|left, right| right.total_cmp(left));
    let roc = (0..RATES).map(|index| {
        let rate = curve::rate(index);
        RocPoint {
            rate,
            found: of(&|reading| reading.found[index]).hull(fixed(sample, &sorted, rate)),
            is_measurable: negatives as f64 * rate >= 1.0 - 1e-9,
        }
    });
    let precision_recall = (0..RECALLS).map(|index| {
        // The bootstrap knows no doubt where no negative is flagged; Clopper and Pearson do.
        let wrong = whole.wrong[index] * negatives as f64;
        let wrong = clopper_pearson(libm::round(wrong) as u64, negatives as u64, CONFIDENCE);
        let precision = |place: usize| {
            let at = |wrong| precision_at(base_rates[place], curve::recall(index), wrong);
            of(&|reading| reading.precision[place][index]).hull(Estimate {
                value: f64::NAN,
                low: at(wrong.high),
                high: at(wrong.low),
            })
        };
        PrecisionPoint {
            recall: curve::recall(index),
            precision: precision(0),
            at_reference: precision(1),
        }
    });
    let roc: Vec<RocPoint> = roc.collect();
    Ranking {
        positives: positives as u64,
        positive_groups: sample.positive_groups() as u64,
        benign_groups: negatives as u64,
        base_rate,
        auc: of(&|reading| reading.auc),
        average_precision: of(&|reading| reading.average_precision),
        at_rates: STATED_RATES
            .iter()
            .map(|rate| at_rate(negatives, *rate, &roc))
            .collect(),
        precision_recall: precision_recall.collect(),
        roc,
    }
}

/// How many negatives may be flagged at a rate.
fn allowed(negatives: usize, rate: f64) -> usize {
    libm::floor(negatives as f64 * rate + 1e-9) as usize
}

/// The share found at the threshold that this rate sets here, with the interval of Korn and Graubard. The bootstrap draws
/// the threshold anew but knows no doubt where all or none are found; this one does. A point's interval is the hull of both.
fn fixed(sample: &Sample, sorted: &[f64], rate: f64) -> Estimate {
    let threshold = sorted.get(allowed(sorted.len(), rate)).copied();
    let mut groups = vec![(0, 0); sample.positive_groups()];
    for (score, group) in &sample.positives {
        let group: &mut (u64, u64) = &mut groups[*group as usize];
        group.0 += u64::from(threshold.is_none_or(|threshold| *score > threshold));
        group.1 += 1;
    }
    korn_graubard(&groups, CONFIDENCE)
}

fn at_rate(negatives: usize, rate: f64, roc: &[RocPoint]) -> AtRate {
    let point = roc
        .iter()
        .find(|point| (point.rate / rate - 1.0).abs() < 1e-6);
    AtRate {
        rate,
        allowed: allowed(negatives, rate) as u64,
        needed: libm::ceil(1.0 / rate - 1e-9) as u64,
        found: point
            .filter(|point| point.is_measurable)
            .map(|point| point.found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_the_data_cannot_show_is_not_measured() {
        let sample = Sample {
            positives: (0..20).map(|place| (f64::from(place), place)).collect(),
            negatives: (0..1_000).map(|place| f64::from(place) / 100.0).collect(),
        };
        let ranking = ranking(&sample, 50, 1);
        let [first, second, third, _] = ranking.at_rates.as_slice() else {
            panic!("four rates are stated")
        };
        // 1% of 1,000 may be flagged: the threshold is the eleventh highest, 9.89; found are 10 to 19.
        assert_eq!(first.allowed, 10);
        let found = first.found.unwrap();
        assert!((found.value - 0.5).abs() < 1e-12);
        assert!(found.low < 0.3 && found.high > 0.7, "{found:?}");
        assert_eq!(second.allowed, 1);
        assert!(second.found.is_some());
        assert_eq!((third.found, third.needed), (None, 10_000));
    }
}
