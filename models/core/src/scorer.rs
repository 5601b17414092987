//! The live judge: models from the artefact, thresholds from the policy.

use std::sync::Arc;

use crate::artefact::Artefact;
use crate::behaviour::Behaviour;
use crate::detector::DETECTORS;
use crate::drift::{DriftWatch, Moment, References};
use crate::feature::COUNT;
use crate::inference::Model;
use crate::policy::{Policy, PolicyDocument, PolicyError};
use crate::shard::{Batch, Crossing, Judge};
use crate::time::DAY;

/// Models and policy, fitted together.
#[derive(Debug)]
pub struct Scorer {
    models: [Option<Model>; DETECTORS],
    policy: Policy,
    digest: String,
    references: Arc<References>,
}

impl Scorer {
    /// Fits a policy to an artefact.
    ///
    /// # Errors
    /// The policy asks for what the artefact does not have, or for what the laws forbid.
    pub fn new(artefact: &Artefact, document: &PolicyDocument) -> Result<Self, PolicyError> {
        let policy = Policy::check(document, artefact.document().expires, |behaviour| {
            artefact.thresholds(behaviour)
        })?;
        let mut models = [const { None }; DETECTORS];
        for (model, behaviour) in models.iter_mut().zip(Behaviour::WITH_DETECTOR) {
            *model = artefact.model(*behaviour).cloned();
        }
        let mut references = References::default();
        for (detector, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
            let distributions = artefact.distributions(*behaviour);
            if let Some(distributions) = distributions.filter(|_| policy.rule(detector).is_some()) {
                references.set(detector, distributions);
            }
        }
        Ok(Self {
            models,
            policy,
            digest: artefact.digest().to_owned(),
            references: Arc::new(references),
        })
    }

    /// What the stream's scores and features are compared with, of the detectors that are on.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The artefact's digest.
    pub fn model_digest(&self) -> &str {
        &self.digest
    }

    /// What each feature adds to a row's margin. Empty where the detector has no model.
    pub fn contributions(&self, detector: usize, row: &[f32]) -> Vec<f64> {
        match self.models.get(detector) {
            Some(Some(model)) => model.contributions(row).values,
            _ => Vec::new(),
        }
    }
}

impl Scorer {
    /// Scores a batch. `seen` is given the points that passed each detector's gate, and their margins, in log-odds.
    fn score(
        &self,
        batch: &Batch,
        crossings: &mut Vec<Crossing>,
        mut seen: impl FnMut(usize, &[usize], &[f64]),
    ) {
        let mut points = Vec::with_capacity(batch.points.len());
        let mut rows = Vec::with_capacity(batch.rows.len());
        let mut margins = Vec::with_capacity(batch.points.len());
        for detector in 0..DETECTORS {
            let (Some(model), Some(rule)) = (&self.models[detector], self.policy.rule(detector))
            else {
                continue;
            };
            points.clear();
            rows.clear();
            margins.clear();
            for (index, point) in batch.points.iter().enumerate() {
                if point.gates >> detector & 1 == 1 {
                    points.push(index);
                    rows.extend_from_slice(batch.row(index));
                }
            }
            if points.is_empty() {
                continue;
            }
            model.margins(&rows, COUNT, &mut margins);
            seen(detector, &points, &margins);
            for (point, margin) in points.iter().zip(&margins) {
                if *margin > rule.threshold.margin {
                    crossings.push(Crossing {
                        point: *point,
                        detector,
                        margin: *margin,
                    });
                }
            }
        }
    }
}

impl Judge for Arc<Scorer> {
    fn judge(&mut self, batch: &Batch, crossings: &mut Vec<Crossing>) {
        self.score(batch, crossings, |_, _, _| {});
    }

    fn cool_down(&self, detector: usize) -> i64 {
        self.policy
            .rule(detector)
            .map_or(DAY, |rule| rule.cool_down)
    }
}

/// Margins by detector, in log-odds.
pub type Margins = [Vec<f64>; DETECTORS];

/// The live judge, which also remembers every margin until it is taken, and counts how scores and features are distributed: for
/// metrics, and for no decision.
#[derive(Debug, Clone)]
pub struct WatchedScorer {
    scorer: Arc<Scorer>,
    margins: Margins,
    drift: DriftWatch,
}

impl WatchedScorer {
    /// Watches a scorer.
    pub fn new(scorer: Arc<Scorer>) -> Self {
        Self {
            drift: DriftWatch::new(Arc::clone(&scorer.references)),
            scorer,
            margins: [const { Vec::new() }; DETECTORS],
        }
    }

    /// What it has counted of the stream.
    pub const fn drift_mut(&mut self) -> &mut DriftWatch {
        &mut self.drift
    }

    /// Moves the margins that were seen since the last time to the end of these.
    pub fn take_margins(&mut self, into: &mut Margins) {
        for (into, seen) in into.iter_mut().zip(&mut self.margins) {
            into.append(seen);
        }
    }
}

impl Judge for WatchedScorer {
    fn judge(&mut self, batch: &Batch, crossings: &mut Vec<Crossing>) {
        let (margins, drift) = (&mut self.margins, &mut self.drift);
        self.scorer
            .score(batch, crossings, |detector, points, seen| {
                margins[detector].extend_from_slice(seen);
                for (point, margin) in points.iter().zip(seen) {
                    let moment = Moment::from(&batch.points[*point]);
                    drift.see(detector, moment, *margin, batch.row(*point));
                }
            });
    }

    fn cool_down(&self, detector: usize) -> i64 {
        self.scorer.cool_down(detector)
    }
}
