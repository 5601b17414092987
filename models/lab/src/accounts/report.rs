//! What a run prints, and writes as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::{Figures, mean_and_deviation};
use super::published::Published;
use super::tune::Outcome;

/// All results of one table in one variant.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was measured.
    pub title: String,
    /// Features that the trees could use.
    pub features: usize,
    /// Results by split.
    pub outcomes: Vec<Outcome>,
    /// Published figures to compare with.
    pub published: Vec<Published>,
}

type Figure = (&'static str, fn(&Figures) -> f64);

const FIGURES: [Figure; 5] = [
    ("auc", |figures| figures.auc),
    ("average_precision", |figures| figures.average_precision),
    ("macro_f1", |figures| figures.macro_f1),
    ("weighted_f1", |figures| figures.weighted_f1),
    ("accuracy", |figures| figures.accuracy),
];

impl Report {
    /// Mean and deviation over the splits of one of the trees' figures.
    pub fn trees(&self, of: fn(&Figures) -> f64) -> (f64, f64) {
        let values: Vec<f64> = self
            .outcomes
            .iter()
            .map(|outcome| of(&outcome.trees))
            .collect();
        mean_and_deviation(&values)
    }

    /// As text: percentages, mean ± deviation over the splits, published figures beside them.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        let rows = self.outcomes.first().map_or([0; 3], |outcome| outcome.rows);
        text += &format!(
            "  {} features; {} split(s) of {} training, {} validation and {} test rows{}\n",
            self.features,
            self.outcomes.len(),
            rows[0],
            rows[1],
            rows[2],
            if rows[1] == 0 {
                "; tuned by cross-validation within the training rows"
            } else {
                "; tuned on validation only"
            },
        );
        text += &format!(
            "  {:<20} {:>15} {:>17}   {}\n",
            "test, in percent", "our trees", "linfa's logistic", "published"
        );
        for (name, of) in FIGURES {
            let linear: Vec<f64> = self
                .outcomes
                .iter()
                .map(|outcome| of(&outcome.linear))
                .collect();
            let published: Vec<String> = self
                .published
                .iter()
                .filter(|published| published.figure == name)
                .map(|published| format!("{} {}", published.value, published.method))
                .collect();
            text += &format!(
                "  {:<20} {:>15} {:>17}   {}\n",
                name,
                percent(self.trees(of)),
                percent(mean_and_deviation(&linear)),
                published.join("; ")
            );
        }
        let validation: Vec<f64> = self
            .outcomes
            .iter()
            .map(|outcome| outcome.validation_auc)
            .collect();
        text += &format!(
            "  validation AUC of the trees {}; settings chosen, and averaged within a split: {}\n",
            percent(mean_and_deviation(&validation)),
            self.settings()
        );
        text
    }

    fn settings(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for outcome in &self.outcomes {
            for setting in &outcome.settings {
                *counts.entry(setting).or_default() += 1;
            }
        }
        let each = counts
            .iter()
            .map(|(name, count)| format!("{count}× {name}"));
        each.collect::<Vec<_>>().join("; ")
    }
}

/// The sources of the published figures, one a line.
pub fn sources(published: &[Published]) -> String {
    let mut text = String::new();
    for one in published {
        text += &format!(
            "  {} {}: {} ({})\n",
            one.method, one.figure, one.value, one.source
        );
    }
    text
}

fn percent((mean, deviation): (f64, f64)) -> String {
    format!("{:.2} ± {:.2}", 100.0 * mean, 100.0 * deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_prints_mean_and_deviation_beside_what_was_published() {
        let figures = |auc| Figures {
            auc,
            average_precision: 0.5,
            macro_f1: 0.5,
            weighted_f1: 0.5,
            accuracy: 0.5,
        };
        let outcome = |auc| Outcome {
            split: "a".into(),
            rows: [3, 2, 1],
            settings: vec!["7 leaves".into()],
            grid_auc: vec![0.7],
            validation_auc: 0.7,
            trees: figures(auc),
            linear: figures(0.6),
        };
        let report = Report {
            title: "A table".into(),
            features: 4,
            outcomes: vec![outcome(0.8), outcome(0.9)],
            published: super::super::published::TOLOKERS.to_vec(),
        };
        let text = report.text();
        assert!(text.contains("85.00 ± 7.07"), "{text}");
        assert!(text.contains("85.91 ± 0.74 Polynormer-r"), "{text}");
        assert!(text.contains("2× 7 leaves"), "{text}");
    }
}
