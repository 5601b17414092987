//! How the scores and features of the calibration's accounts are distributed: what the service compares its stream with.
//!
//! The service knows no labels, so every account of the calibration's stream counts, benign or not, also those that were acted
//! against; and it sees its stream in full, so the cut view, which calibration scores too, does not count. An account counts once
//! for each day of event time on which it is scored, as in the service ([`sealwatch_core::drift`]).

use std::collections::BTreeMap;

use sealwatch_core::artefact::ArtefactDocument;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;
use sealwatch_core::drift::{Bins, Distributions, Draw, FEWEST, MOST_FEATURES, Moment};
use sealwatch_core::feature::{COUNT, FEATURES};
use sealwatch_core::inference::Model;

/// Accounts that a shard keeps for each detector and day: of 16 shards 2,048, so that a million accounts fit into memory.
const CELLS: usize = 128;

/// Scorings that say which features matter. Exact contributions cost more than scores.
const EXPLAINED: usize = 256;

/// A scoring that was kept.
#[derive(Debug, Clone)]
struct Scoring {
    margin: f32,
    row: Box<[f32]>,
}

/// The scorings of one shard's accounts, drawn by lot as the service draws them.
#[derive(Debug, Default)]
pub struct Scorings {
    days: BTreeMap<(usize, i64), Draw<Scoring>>,
}

impl Scorings {
    /// Sees a scoring.
    pub fn see(&mut self, detector: usize, moment: Moment, margin: f64, row: &[f32]) {
        let draw = self
            .days
            .entry((detector, moment.day()))
            .or_insert_with(|| Draw::new(CELLS));
        draw.offer(moment, || Scoring {
            margin: margin as f32,
            row: row.into(),
        });
    }

    fn of(&self, detector: usize) -> impl Iterator<Item = &Scoring> {
        let days = self.days.range((detector, i64::MIN)..=(detector, i64::MAX));
        days.flat_map(|(_, draw)| draw.values())
    }
}

/// Writes the distributions of all detectors into an artefact. Returns the behaviours that have none: too few of their accounts
/// were scored to compare anything with them.
pub fn write(
    artefact: &mut ArtefactDocument,
    models: &[Option<Model>; DETECTORS],
    seen: &[Scorings],
) -> Vec<Behaviour> {
    let mut without = Vec::new();
    for (detector, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
        let (Some(part), Some(model)) = (artefact.behaviours.get_mut(behaviour), &models[detector])
        else {
            continue;
        };
        let scorings: Vec<&Scoring> = seen.iter().flat_map(|seen| seen.of(detector)).collect();
        part.distributions = distributions(model, &scorings);
        if part.distributions.is_none() {
            without.push(*behaviour);
        }
    }
    without
}

fn distributions(model: &Model, scorings: &[&Scoring]) -> Option<Distributions> {
    if (scorings.len() as u64) < FEWEST {
        return None;
    }
    let features = most_important(model, scorings).into_iter().map(|feature| {
        let bins = Bins::of(scorings.iter().map(|scoring| scoring.row[feature]));
        (FEATURES[feature].name.to_owned(), bins)
    });
    Some(Distributions {
        scores: Bins::of(scorings.iter().map(|scoring| scoring.margin)),
        features: features.collect(),
    })
}

/// The features that move the margins of these accounts most: by the mean size of their exact contributions.
fn most_important(model: &Model, scorings: &[&Scoring]) -> Vec<usize> {
    let mut sizes = [0.0; COUNT];
    for scoring in scorings
        .iter()
        .step_by(scorings.len().div_ceil(EXPLAINED).max(1))
    {
        let contributions = model.contributions(&scoring.row).values;
        for (size, contribution) in sizes.iter_mut().zip(contributions) {
            *size += contribution.abs();
        }
    }
    let mut features: Vec<usize> = (0..COUNT).filter(|feature| sizes[*feature] > 0.0).collect();
    features.sort_by(|left, right| sizes[*right].total_cmp(&sizes[*left]).then(left.cmp(right)));
    features.truncate(MOST_FEATURES);
    features
}

/// A note for a person, where a detector has none.
pub fn note(without: &[Behaviour]) -> String {
    let lines = without.iter().map(|behaviour| {
        format!(
            "no distributions for {}: fewer than {FEWEST} scorings in the window, so nothing will be said of its drift\n",
            behaviour.name()
        )
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use sealwatch_core::inference::{LinearDocument, ModelDocument};
    use sealwatch_core::time::DAY;

    use super::*;

    /// A model of the first three features: the second weighs most, the first least.
    fn model() -> Model {
        let mut weights = vec![0.0; COUNT];
        weights[..3].copy_from_slice(&[0.1, -3.0, 1.0]);
        let document = ModelDocument::Linear(LinearDocument {
            base: 0.0,
            weights,
            centres: vec![0.0; COUNT],
            unknown: vec![0.0; COUNT],
        });
        Model::new(&document, COUNT).unwrap()
    }

    fn moment(account: u128, day: i64) -> Moment {
        Moment {
            account,
            facets: 1,
            at: day * DAY + 5,
        }
    }

    #[test]
    fn an_account_counts_once_for_each_day_and_detector() {
        let mut scorings = Scorings::default();
        let row = [1.0; COUNT];
        for facets in 0..50 {
            for detector in [0, 2] {
                let moment = Moment {
                    facets,
                    ..moment(7, 3)
                };
                scorings.see(detector, moment, 0.5, &row);
            }
        }
        scorings.see(0, moment(7, 4), 0.5, &row);
        scorings.see(0, moment(8, 4), 0.5, &row);
        let counts = [0, 1, 2].map(|detector| scorings.of(detector).count());
        assert_eq!(counts, [3, 0, 1]);
    }

    #[test]
    fn distributions_have_the_features_that_move_the_scores_and_need_enough_accounts() {
        let rows = |accounts: u128| {
            let mut scorings = Scorings::default();
            for account in 0..accounts {
                let mut row = [f32::NAN; COUNT];
                row[..3].fill((account % 40) as f32);
                // Accounts of one cell would displace each other: days of their own.
                scorings.see(1, moment(account, account as i64), account as f64, &row);
            }
            scorings
        };
        let (few, enough) = (rows(199), rows(200));
        let of = |seen: &Scorings| {
            let scorings: Vec<&Scoring> = seen.of(1).collect();
            distributions(&model(), &scorings)
        };
        assert_eq!(of(&few), None);
        let distributions = of(&enough).unwrap();
        let names: Vec<&str> = distributions.features.keys().map(String::as_str).collect();
        let mut expected = [0, 1, 2].map(|feature: usize| FEATURES[feature].name);
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert_eq!(distributions.check(), Ok(()));
        // 200 margins from 0 to 199: a tenth in each bin, and none below or unknown.
        assert_eq!(
            distributions.scores.edges,
            [19.0, 39.0, 59.0, 79.0, 99.0, 119.0, 139.0, 159.0, 179.0]
        );
        assert_eq!(
            distributions.scores.counts,
            [20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 0]
        );
    }

    #[test]
    fn the_most_important_features_come_first() {
        let mut row = [0.0; COUNT];
        row[..3].fill(1.0);
        let scoring = Scoring {
            margin: 0.0,
            row: row.into(),
        };
        assert_eq!(most_important(&model(), &[&scoring]), [1, 2, 0]);
    }
}
