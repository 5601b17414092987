//! Receiver operating characteristic and precision-recall curves of a sample, and their bootstrap intervals by group.
//!
//! Positives are drawn by group and negatives are groups of one, each class apart (stratified), so that every draw has both.
//! A rule flags strictly above its threshold; scores that tie are flagged together or not at all.

use crate::statistics::Estimate;
use crate::statistics::bootstrap::{Draws, Random, percentile};

/// False positive rates at which the curve is read: 1e-5 to 1, eight to a decade.
pub const RATES: usize = 41;

/// Shares found at which precision is read: 0.05 to 1.
pub const RECALLS: usize = 20;

/// The false positive rate at this index.
pub fn rate(index: usize) -> f64 {
    libm::exp10(index as f64 / 8.0 - 5.0)
}

/// The share found at this index.
pub fn recall(index: usize) -> f64 {
    (index + 1) as f64 / RECALLS as f64
}

/// Scores of positives with their groups, and of negatives.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Score and group (from 0, without gaps) of each positive.
    pub positives: Vec<(f64, u32)>,
    /// One score for each negative; the place in this list is its group.
    pub negatives: Vec<f64>,
}

/// What is read off one curve.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Area under the ROC curve; ties count half.
    pub auc: f64,
    /// Average precision at the sample's own base rate.
    pub average_precision: f64,
    /// Share found at each of the [`RATES`].
    pub found: Vec<f64>,
    /// Share of negatives flagged at each of the [`RECALLS`].
    pub wrong: Vec<f64>,
    /// Precision at each of the [`RECALLS`], for each base rate asked for.
    pub precision: Vec<Vec<f64>>,
}

/// A sample in the order of falling scores.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// Score, and the group: positives as they are, negatives with [`NEGATIVE`] added.
    entries: Vec<(f64, u32)>,
    positive_groups: usize,
    negatives: usize,
}

const NEGATIVE: u32 = 1 << 31;

impl Sample {
    /// How many groups the positives have.
    pub fn positive_groups(&self) -> usize {
        self.positives
            .iter()
            .map(|positive| positive.1 as usize + 1)
            .max()
            .unwrap_or(0)
    }

    /// Sorts the sample once, for many draws.
    pub fn ordered(&self) -> Ordered {
        let negatives = self.negatives.iter().zip(NEGATIVE..);
        let mut entries: Vec<(f64, u32)> = self.positives.clone();
        entries.extend(negatives.map(|(score, group)| (*score, group)));
        entries.sort_by(|left, right| right.0.total_cmp(&left.0));
        Ordered {
            entries,
            positive_groups: self.positive_groups(),
            negatives: self.negatives.len(),
        }
    }
}

impl Ordered {
    /// The curve of the sample itself. `base_rates` are those at which precision is read.
    pub fn read(&self, base_rates: &[f64]) -> Reading {
        let ones = (vec![1; self.positive_groups], vec![1; self.negatives]);
        self.weighted(&ones.0, &ones.1, base_rates)
    }

    /// The curve where each group counts as often as it was drawn.
    fn weighted(&self, positive: &[u16], negative: &[u16], base_rates: &[f64]) -> Reading {
        let weight = |group: u32| {
            if group & NEGATIVE == 0 {
                (f64::from(positive[group as usize]), 0.0)
            } else {
                (0.0, f64::from(negative[(group ^ NEGATIVE) as usize]))
            }
        };
        let all = self.entries.iter().fold((0.0, 0.0), |sum, entry| {
            let (one, other) = weight(entry.1);
            (sum.0 + one, sum.1 + other)
        });
        let mut reading = Reading {
            auc: 0.0,
            average_precision: 0.0,
            found: vec![0.0; RATES],
            wrong: vec![f64::NAN; RECALLS],
            precision: vec![vec![f64::NAN; RECALLS]; base_rates.len()],
        };
        if all.0 == 0.0 || all.1 == 0.0 {
            reading.auc = f64::NAN;
            reading.average_precision = f64::NAN;
            reading.found.fill(f64::NAN);
            return reading;
        }
        let (mut flagged, mut wrong) = (0.0, 0.0);
        let (mut next_rate, mut next_recall) = (0, 0);
        let mut start = 0;
        while start < self.entries.len() {
            let (before, wrong_before) = (flagged, wrong);
            let score = self.entries[start].0;
            while let Some(entry) = self.entries.get(start)
                && entry.0.total_cmp(&score).is_eq()
            {
                let (one, other) = weight(entry.1);
                flagged += one;
                wrong += other;
                start += 1;
            }
            let (here, wrong_here) = (flagged - before, wrong - wrong_before);
            reading.auc += wrong_here * (before + here / 2.0);
            if here > 0.0 {
                reading.average_precision += here * flagged / (flagged + wrong);
            }
            // The rates that this step passes are read at the step before.
            while next_rate < RATES && wrong > rate(next_rate) * all.1 * (1.0 + 1e-12) {
                reading.found[next_rate] = before / all.0;
                next_rate += 1;
            }
            while next_recall < RECALLS && flagged >= recall(next_recall) * all.0 * (1.0 - 1e-12) {
                reading.wrong[next_recall] = wrong / all.1;
                for (precision, base) in reading.precision.iter_mut().zip(base_rates) {
                    precision[next_recall] = precision_at(*base, flagged / all.0, wrong / all.1);
                }
                next_recall += 1;
            }
        }
        reading.found[next_rate..].fill(1.0);
        reading.auc /= all.0 * all.1;
        reading.average_precision /= all.0;
        reading
    }

    /// Reads many draws of the groups, the same ones for every sample with the same groups and seed: differences between
    /// two models on the same accounts are therefore paired.
    pub fn draws(&self, base_rates: &[f64], number: usize, seed: u64) -> Vec<Reading> {
        let mut random = Random::new(seed);
        let (mut positive, mut negative) = (Draws::new(), Draws::new());
        (0..number)
            .map(|_| {
                random.draw(self.positive_groups, &mut positive);
                random.draw(self.negatives, &mut negative);
                self.weighted(&positive, &negative, base_rates)
            })
            .collect()
    }
}

/// Precision at a base rate, from the shares of positives and negatives that are flagged (Bayes' rule).
pub fn precision_at(base_rate: f64, found: f64, wrong: f64) -> f64 {
    let right = base_rate * found;
    right / (right + (1.0 - base_rate) * wrong)
}

/// The interval of one number of a reading over its draws.
pub fn interval(whole: &Reading, draws: &[Reading], number: impl Fn(&Reading) -> f64) -> Estimate {
    let values: Vec<f64> = draws.iter().map(&number).collect();
    percentile(number(whole), &values, 0.95)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        Sample {
            positives: vec![(0.35, 0), (0.8, 1)],
            negatives: vec![0.1, 0.4],
        }
    }

    #[test]
    fn area_and_average_precision_are_those_of_scikit_learns_example() {
        let reading = sample().ordered().read(&[0.5]);
        assert!((reading.auc - 0.75).abs() < 1e-12);
        assert!((reading.average_precision - 0.833_333_333).abs() < 1e-8);
        // Half is found without a false positive; the other half costs one of two.
        assert!((reading.found[0] - 0.5).abs() < 1e-12);
        assert!((reading.found[RATES - 1] - 1.0).abs() < 1e-12);
        assert!((reading.precision[0][9] - 1.0).abs() < 1e-12);
        assert!((reading.precision[0][19] - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn scores_that_tie_are_flagged_together() {
        let tied = Sample {
            positives: vec![(f64::NEG_INFINITY, 0), (1.0, 0)],
            negatives: vec![f64::NEG_INFINITY; 3],
        };
        let reading = tied.ordered().read(&[]);
        assert!((reading.auc - 0.75).abs() < 1e-12);
        assert!((reading.found[RATES - 2] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn precision_follows_the_base_rate() {
        // PATTERNS of the field: recall 0.8 and a rate of 1e-3 at 0.13% give 51%, at 1e-4 91%.
        assert!((precision_at(0.0013, 0.8, 1e-3) - 0.5101).abs() < 1e-4);
        assert!((precision_at(0.0013, 0.8, 1e-4) - 0.9124).abs() < 1e-4);
    }

    #[test]
    fn positives_of_one_group_move_together() {
        let scores = |grouped: bool| Sample {
            positives: (0..40)
                .map(|place| {
                    (
                        f64::from(place % 2),
                        if grouped { place % 2 } else { place } as u32,
                    )
                })
                .collect(),
            negatives: (0..200).map(|_| 0.5).collect(),
        };
        let width = |sample: &Sample| {
            let ordered = sample.ordered();
            let draws = ordered.draws(&[], 200, 1);
            let interval = interval(&ordered.read(&[]), &draws, |reading| reading.auc);
            interval.high - interval.low
        };
        assert!(width(&scores(true)) > 2.0 * width(&scores(false)));
    }
}
