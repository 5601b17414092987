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

/// The cut with the highest value of `figure`; of cuts as good, the middle one.
pub fn best_cut(scores: &[f64], labels: &[bool], figure: fn(Confusion) -> f64) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*left].total_cmp(&scores[*right]));
    let Some(lowest) = order.first() else {
        return 0.0;
    };
    // Below all scores everything is positive; each score passed turns its row.
    let mut counts = Confusion::new(scores, labels, scores[*lowest] - 1.0);
    let (mut best, mut cuts) = (figure(counts), vec![scores[*lowest] - 1.0]);
    for (place, row) in order.iter().enumerate() {
        if labels[*row] {
            counts.true_positives -= 1.0;
            counts.false_negatives += 1.0;
        } else {
            counts.false_positives -= 1.0;
            counts.true_negatives += 1.0;
        }
        let Some(next) = order.get(place + 1).map(|next| scores[*next]) else {
            break;
        };
        if next > scores[*row] {
            let now = figure(counts);
            if now > best {
                best = now;
                cuts.clear();
            }
            if now >= best {
                cuts.push(0.5 * (scores[*row] + next));
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
    /// Figures on the test rows, with cuts from the validation rows.
    pub fn figures(&self) -> Figures {
        let at_best = |figure: fn(Confusion) -> f64| {
            let cut = best_cut(&self.validation, &self.validation_labels, figure);
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
        assert!((counts.macro_f1() - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-12);
        assert!((counts.weighted_f1() - (3.0 * 2.0 / 3.0 + 5.0 * 0.8) / 8.0).abs() < 1e-12);
        assert!((counts.accuracy() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn the_best_cut_is_the_best_of_all_cuts() {
        let labels = [false, false, true, false, true, true, true, false];
        let scores = [0.1, 0.2, 0.3, 0.3, 0.6, 0.7, 0.8, 0.9];
        let best = best_cut(&scores, &labels, Confusion::macro_f1);
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
    fn the_deviation_is_that_of_a_sample() {
        let (mean, deviation) = mean_and_deviation(&[1.0, 2.0, 3.0, 4.0]);
        assert!((mean - 2.5).abs() < 1e-12 && (deviation - 1.290_994_448_7).abs() < 1e-9);
        assert_eq!(mean_and_deviation(&[5.0]), (5.0, 0.0));
    }
}
