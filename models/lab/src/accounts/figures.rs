//! Figures of scores against labels, and cuts chosen on validation rows.

use serde::Serialize;

use crate::metrics;

/// Figures on one set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Average precision.
    pub average_precision: f64,
    /// Mean of both classes' F1, at the cut that was best for it on validation.
    pub macro_f1: f64,
    /// Mean of both classes' F1 by their rows, at the cut that was best for it on validation.
    pub weighted_f1: f64,
    /// Share of right answers, at the cut for macro F1.
    pub accuracy: f64,
}

/// What a cut makes of scores.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Confusion {
    true_positives: f64,
    false_positives: f64,
    true_negatives: f64,
    false_negatives: f64,
}

impl Confusion {
    /// Counts: positive is a score above the cut.
    pub fn new(scores: &[f64], labels: &[bool], cut: f64) -> Self {
        let mut counts = Self::default();
        for (score, label) in scores.iter().zip(labels) {
            *match (*score > cut, *label) {
                (true, true) => &mut counts.true_positives,
                (true, false) => &mut counts.false_positives,
                (false, false) => &mut counts.true_negatives,
                (false, true) => &mut counts.false_negatives,
            } += 1.0;
        }
        counts
    }

    /// F1 of the positive and of the negative class: `2·TP / (2·TP + FP + FN)`, zero where nothing is found.
    fn f1(self) -> (f64, f64) {
        let wrong = self.false_positives + self.false_negatives;
        let of = |found: f64| {
            if found > 0.0 {
                2.0 * found / (2.0 * found + wrong)
            } else {
                0.0
            }
        };
        (of(self.true_positives), of(self.true_negatives))
    }

    /// The mean of both classes' F1.
    pub fn macro_f1(self) -> f64 {
        let (positive, negative) = self.f1();
        0.5 * (positive + negative)
    }

    /// The mean of both classes' F1, weighted by their rows.
    pub fn weighted_f1(self) -> f64 {
        let (positive, negative) = self.f1();
        let positives = self.true_positives + self.false_negatives;
        let negatives = self.true_negatives + self.false_positives;
        (positives * positive + negatives * negative) / (positives + negatives)
    }

    /// Share of right answers.
    pub fn accuracy(self) -> f64 {
        let right = self.true_positives + self.true_negatives;
        right / (right + self.false_positives + self.false_negatives)
    }
}

/// Resamples that a cut is the mean of.
const RESAMPLES: u64 = 101;

/// A cut for the highest `figure`: the mean of the best cuts of resamples of the rows (bagging, Breiman 1996). The best cut of
/// the rows themselves jumps with every row near it.
pub fn steady_cut(scores: &[f64], labels: &[bool], figure: fn(Confusion) -> f64) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*left].total_cmp(&scores[*right]));
    let sorted: Vec<(f64, bool)> = order
        .iter()
        .map(|row| (scores[*row], labels[*row]))
        .collect();
    let cuts =
        (0..RESAMPLES).map(|number| best_cut(&sorted, &resample(sorted.len(), number), figure));
    cuts.sum::<f64>() / RESAMPLES as f64
}

/// How often each of so many rows is drawn, with replacement.
fn resample(count: usize, number: u64) -> Vec<f64> {
    let mut drawn = vec![0.0; count];
    // A linear congruential generator modulo 2^64 (Knuth's constants); its upper bits are the good ones.
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    for _ in 0..count {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        drawn[(((state >> 32) * count as u64) >> 32) as usize] += 1.0;
    }
    drawn
}

/// The cut with the highest value of `figure` over sorted scores with labels and weights; of cuts as good, the middle one.
fn best_cut(sorted: &[(f64, bool)], weights: &[f64], figure: fn(Confusion) -> f64) -> f64 {
    let Some((lowest, _)) = sorted.first() else {
        return 0.0;
    };
    // Below all scores everything is positive; each score passed turns its row.
    let mut counts = Confusion::default();
    for ((_, label), weight) in sorted.iter().zip(weights) {
        if *label {
            counts.true_positives += weight;
        } else {
            counts.false_positives += weight;
        }
    }
    let (mut best, mut cuts) = (figure(counts), vec![lowest - 1.0]);
    for (place, ((score, label), weight)) in sorted.iter().zip(weights).enumerate() {
        if *label {
            counts.true_positives -= weight;
            counts.false_negatives += weight;
        } else {
            counts.false_positives -= weight;
            counts.true_negatives += weight;
        }
        let Some((next, _)) = sorted.get(place + 1) else {
            break;
        };
        if next > score {
            let now = figure(counts);
            if now > best {
                best = now;
                cuts.clear();
            }
            if now >= best {
                cuts.push(0.5 * (score + next));
            }
        }
    }
    cuts[cuts.len() / 2]
}

/// Scores of the rows that settings and cuts are chosen on, and of those that are measured.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    /// Scores on validation rows.
    pub validation: Vec<f64>,
    /// Their labels.
    pub validation_labels: Vec<bool>,
    /// Scores on test rows.
    pub test: Vec<f64>,
    /// Their labels.
    pub test_labels: Vec<bool>,
}

impl Scores {
    /// The mean of several models' scores of the same rows.
    pub fn mean(several: Vec<Self>) -> Self {
        let share = 1.0 / several.len() as f64;
        let mut several = several.into_iter();
        let mut mean = several.next().unwrap_or_default();
        let add = |sums: &mut [f64], more: &[f64]| {
            for (sum, more) in sums.iter_mut().zip(more) {
                *sum += more;
            }
        };
        for other in several {
            add(&mut mean.validation, &other.validation);
            add(&mut mean.test, &other.test);
        }
        for score in mean.validation.iter_mut().chain(&mut mean.test) {
            *score *= share;
        }
        mean
    }

    /// Figures on the test rows, with cuts from the validation rows.
    pub fn figures(&self) -> Figures {
        let at_best = |figure: fn(Confusion) -> f64| {
            let cut = steady_cut(&self.validation, &self.validation_labels, figure);
            Confusion::new(&self.test, &self.test_labels, cut)
        };
        let (by_macro, by_weighted) = (
            at_best(Confusion::macro_f1),
            at_best(Confusion::weighted_f1),
        );
        Figures {
            auc: metrics::auc(&self.test, &self.test_labels),
            average_precision: metrics::average_precision(&self.test, &self.test_labels),
            macro_f1: by_macro.macro_f1(),
            weighted_f1: by_weighted.weighted_f1(),
            accuracy: by_macro.accuracy(),
        }
    }

    /// AUC on the validation rows: what settings are chosen by.
    pub fn validation_auc(&self) -> f64 {
        metrics::auc(&self.validation, &self.validation_labels)
    }
}

/// Mean, and deviation of the sample (over n − 1; zero for one value).
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if values.len() < 2 {
        return (mean, 0.0);
    }
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    (mean, libm::sqrt(squares / (count - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_is_that_of_scikit_learn() {
        // y = 1 1 1 0 0 0 0 0, said = 1 1 0 1 0 0 0 0: positives 2/(2+1) twice, F1 2/3; negatives 4 of 5 both ways, 0.8.
        let labels = [true, true, true, false, false, false, false, false];
        let scores = [0.9, 0.8, 0.1, 0.7, 0.2, 0.2, 0.1, 0.0];
        let counts = Confusion::new(&scores, &labels, 0.5);
        assert!((counts.macro_f1() - f64::midpoint(2.0 / 3.0, 0.8)).abs() < 1e-12);
        assert!((counts.weighted_f1() - (3.0 * 2.0 / 3.0 + 5.0 * 0.8) / 8.0).abs() < 1e-12);
        assert!((counts.accuracy() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn the_best_cut_is_the_best_of_all_cuts() {
        let labels = [false, false, true, false, true, true, true, false];
        let scores = [0.1, 0.2, 0.3, 0.3, 0.6, 0.7, 0.8, 0.9];
        let mut sorted: Vec<(f64, bool)> = scores.into_iter().zip(labels).collect();
        sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
        let best = best_cut(&sorted, &[1.0; 8], Confusion::macro_f1);
        let reached = Confusion::new(&scores, &labels, best).macro_f1();
        for cut in 0..100 {
            let other = Confusion::new(&scores, &labels, f64::from(cut) / 100.0).macro_f1();
            assert!(
                other <= reached + 1e-12,
                "{cut}: {other} over {reached} at {best}"
            );
        }
        assert!((best - 0.45).abs() < 1e-12, "{best}");
    }

    #[test]
    fn a_steady_cut_lies_where_two_overlapping_classes_part() {
        // Positives from 0.4 up, negatives to 0.6: by symmetry the best cut of macro F1 is at one half.
        let labels: Vec<bool> = (0..2_000).map(|row| row % 2 == 0).collect();
        let scores: Vec<f64> = (0..2_000_u32)
            .map(|row| {
                let place = f64::from(row / 2) / 1_000.0;
                if row % 2 == 0 {
                    0.4 + 0.6 * place * place.sqrt()
                } else {
                    0.6 - 0.6 * place * place.sqrt()
                }
            })
            .collect();
        let cut = steady_cut(&scores, &labels, Confusion::macro_f1);
        assert!((cut - 0.5).abs() < 0.08, "{cut}");
        assert_eq!(cut, steady_cut(&scores, &labels, Confusion::macro_f1));
        let drawn = resample(1_000, 3);
        assert_eq!(drawn.iter().sum::<f64>(), 1_000.0);
        // The share that is never drawn is about 1/e.
        let missed = drawn.iter().filter(|count| **count == 0.0).count();
        assert!((330..410).contains(&missed), "{missed}");
        assert_ne!(drawn, resample(1_000, 4));
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let (mean, deviation) = mean_and_deviation(&[1.0, 2.0, 3.0, 4.0]);
        assert!((mean - 2.5).abs() < 1e-12 && (deviation - 1.290_994_448_7).abs() < 1e-9);
        assert_eq!(mean_and_deviation(&[5.0]), (5.0, 0.0));
    }
}
