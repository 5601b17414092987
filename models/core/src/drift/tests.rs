//! Bins, the draw, the index, and what a watch says.

use std::sync::Arc;

use super::watch::{DriftWatch, References, measure};
use super::*;
use crate::feature::{COUNT, index_of};
use crate::time::DAY;

fn bins(edges: &[f32], counts: &[u64]) -> Bins {
    Bins {
        edges: edges.to_vec(),
        counts: counts.to_vec(),
    }
}

#[test]
fn deciles_part_values_into_tenths_and_what_is_unknown_stands_apart() {
    let values = (1..=100).map(|value| value as f32).chain([f32::NAN; 3]);
    let made = Bins::of(values);
    let edges = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];
    let mut counts = [10; 11];
    counts[10] = 3;
    assert_eq!(made, bins(&edges, &counts));
    assert_eq!(made.check(), Ok(()));
    let places = [-1.0, 10.0, 10.5, 90.0, 1e9, f32::NAN].map(|value| made.place(value));
    assert_eq!(places, [0, 0, 1, 8, 9, 10]);
}

#[test]
fn equal_values_have_one_bin_and_what_lies_below_them_another() {
    let made = Bins::of([1.0; 30].into_iter());
    assert_eq!(made, bins(&[1.0_f32.next_down(), 1.0], &[0, 30, 0, 0]));
    let places = [0.0, 1.0, 2.0, f32::NAN].map(|value| made.place(value));
    assert_eq!(places, [0, 1, 2, 3]);
    // 0 is the lowest count: nothing lies below, and the bounds are numbers that can be written and read.
    let zeros = Bins::of([0.0, 0.0, 0.0, 5.0].into_iter());
    let text = serde_json::to_string(&zeros).unwrap();
    assert_eq!(serde_json::from_str::<Bins>(&text).unwrap(), zeros);
    assert_eq!(zeros.counts, [0, 3, 1, 0, 0]);
}

#[test]
fn without_a_known_value_there_is_one_bin_and_that_of_the_unknown() {
    assert_eq!(Bins::of([f32::NAN; 4].into_iter()), bins(&[], &[0, 4]));
    assert_eq!(Bins::of(std::iter::empty()), bins(&[], &[0, 0]));
}

#[test]
fn damaged_bins_are_refused_by_what_is_wrong() {
    let sound = bins(&[0.0, 1.0], &[1, 2, 3, 4]);
    assert_eq!(sound.check(), Ok(()));
    let many: Vec<f32> = (0..11).map(|edge| edge as f32).collect();
    for (damaged, error) in [
        (bins(&[1.0, 1.0], &[1, 2, 3, 4]), BinsError::Edges),
        (bins(&[0.0, f32::NAN], &[1, 2, 3, 4]), BinsError::Edges),
        (bins(&[0.0, f32::INFINITY], &[1, 2, 3, 4]), BinsError::Edges),
        (bins(&[0.0, 1.0], &[1, 2, 3]), BinsError::Counts),
        (bins(&[0.0], &[u64::MAX, 1, 0]), BinsError::Sum),
        (bins(&many, &[1; 13]), BinsError::TooMany),
    ] {
        assert_eq!(damaged.check(), Err(error));
    }
}

#[test]
fn the_index_is_what_is_computed_by_hand() {
    let near = |left: f64, right: f64| (left - right).abs() < 1e-5;
    // (80.5 − 50.5)/101 · ln(80.5/50.5) + (20.5 − 50.5)/101 · ln(20.5/50.5).
    let moved = population_stability_index(&[50, 50], &[80, 20]);
    assert!(near(moved, 0.297_030 * (0.466_284 + 0.901_549)), "{moved}");
    // The last bin is empty on both sides. 2 · (300.5 − 100.5)/401 · ln(300.5/100.5).
    let turned = population_stability_index(&[100, 300, 0], &[300, 100, 0]);
    assert!(near(turned, 2.0 * 0.498_753 * 1.095_289), "{turned}");
    // What was always known has become unknown: large, and not infinite.
    let gone = population_stability_index(&[99, 99, 0], &[99, 0, 99]);
    assert!(gone.is_finite() && gone > 4.0, "{gone}");
    assert_eq!(population_stability_index(&[5, 7, 9], &[5, 7, 9]), 0.0);
    // As shares they are the same; the halves make a little difference.
    let fewer = population_stability_index(&[1000, 2000, 3000], &[100, 200, 300]);
    assert!(fewer < 2e-4, "{fewer}");
}

fn moment(account: u128, facets: u32, at: i64) -> Moment {
    Moment {
        account,
        facets,
        at,
    }
}

#[test]
fn each_account_is_drawn_with_one_scoring_whatever_the_order() {
    let moments: Vec<Moment> = (0..300_u128)
        .flat_map(|account| (0..20).map(move |facets| moment(account * 7919, facets, 0)))
        .collect();
    let draw = |moments: &mut dyn Iterator<Item = &Moment>| {
        let mut draw = Draw::new(64);
        let mut kept = 0_i32;
        for moment in moments {
            if let Some(placed) = draw.offer(*moment, || *moment) {
                assert_eq!(placed.kept, moment);
                kept += i32::from(placed.displaced.is_none());
            }
        }
        let values: Vec<Moment> = draw.values().copied().collect();
        assert_eq!(values.len() as i32, kept);
        values
    };
    let forward = draw(&mut moments.iter());
    assert_eq!(draw(&mut moments.iter().rev()), forward);
    assert_eq!(forward.len(), 64);
    let mut accounts: Vec<u128> = forward.iter().map(|moment| moment.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    assert_eq!(accounts.len(), 64);
    // The lot does not prefer an account's early scorings, nor its late ones.
    let mean = forward
        .iter()
        .map(|moment| f64::from(moment.facets))
        .sum::<f64>()
        / 64.0;
    assert!((7.0..12.0).contains(&mean), "{mean}");
}

const FEATURE: &str = "messages_day";

/// Scores from 0 to 9 and a feature that is 1 or 2, half of the time each.
fn references() -> Arc<References> {
    let scores = Bins::of((0..1_000).map(|number| (number % 10) as f32));
    let feature = Bins::of((0..1_000).map(|number| (1 + number % 2) as f32));
    let mut references = References::default();
    references.set(
        2,
        &Distributions {
            scores,
            features: [(FEATURE.to_owned(), feature)].into(),
        },
    );
    Arc::new(references)
}

/// Shows a watch one scoring of each of some accounts on a day.
fn show(watch: &mut DriftWatch, accounts: std::ops::Range<u128>, day: i64, shift: f64) {
    let mut row = [0.0; COUNT];
    for account in accounts {
        row[index_of(FEATURE).unwrap()] = (1 + account % 2) as f32;
        let margin = (account % 10) as f64 + shift;
        watch.see(2, moment(account, 3, day * DAY + 7), margin, &row);
    }
}

fn read(watch: &mut DriftWatch) -> DriftReading {
    let readings = measure(&mut [watch]).unwrap();
    assert!(
        readings
            .iter()
            .enumerate()
            .all(|(detector, reading)| (detector == 2) == reading.is_some())
    );
    readings[2].clone().unwrap()
}

#[test]
fn nothing_is_said_of_too_few_and_the_same_population_has_not_drifted() {
    let mut watch = DriftWatch::new(references());
    assert_eq!(measure(&mut [&mut watch]), None);
    show(&mut watch, 0..190, 5, 0.0);
    let few = read(&mut watch);
    let feature = index_of(FEATURE).unwrap();
    assert_eq!((few.scorings, few.scores), (190, None));
    assert_eq!(few.features, [(feature, None)]);
    assert_eq!(measure(&mut [&mut watch]), None, "nothing is new");
    show(&mut watch, 0..200, 5, 0.0);
    let same = read(&mut watch);
    assert_eq!(same.scorings, 200, "an account counts once a day");
    assert!(same.scores.unwrap() < 0.001, "{same:?}");
    assert!(same.features[0].1.unwrap() < 0.001, "{same:?}");
    // A detector without distributions counts nothing.
    watch.see(3, moment(1, 1, 5 * DAY), 0.0, &[0.0; COUNT]);
    assert_eq!(measure(&mut [&mut watch]), None);
}

#[test]
fn scores_that_moved_are_told_and_features_that_did_not_are_not() {
    let mut watch = DriftWatch::new(references());
    show(&mut watch, 0..200, 5, 4.0);
    let moved = read(&mut watch);
    assert!(moved.scores.unwrap() > 0.25, "{moved:?}");
    assert!(moved.features[0].1.unwrap() < 0.001, "{moved:?}");
}

#[test]
fn a_feature_that_is_no_longer_told_has_drifted() {
    let mut watch = DriftWatch::new(references());
    for account in 0..200 {
        let margin = (account % 10) as f64;
        let row = [f32::NAN; COUNT];
        watch.see(2, moment(account, 3, 7), margin, &row);
    }
    let gone = read(&mut watch);
    assert!(gone.scores.unwrap() < 0.001, "{gone:?}");
    assert!(gone.features[0].1.unwrap() > 4.0, "{gone:?}");
}

#[test]
fn two_days_of_event_time_count_and_older_ones_are_forgotten() {
    let mut watch = DriftWatch::new(references());
    show(&mut watch, 0..100, 5, 9.0);
    show(&mut watch, 0..100, 6, 0.0);
    assert_eq!(read(&mut watch).scorings, 200);
    // An account of yesterday that comes late is still counted, one of the day before is not.
    show(&mut watch, 100..150, 5, 9.0);
    assert_eq!(read(&mut watch).scorings, 250);
    show(&mut watch, 0..100, 7, 0.0);
    let two = read(&mut watch);
    assert_eq!(two.scorings, 200);
    assert!(two.scores.unwrap() < 0.001, "{two:?}");
    show(&mut watch, 0..100, 5, 9.0);
    assert_eq!(measure(&mut [&mut watch]), None);
    // A gap in time leaves one day.
    show(&mut watch, 0..30, 12, 0.0);
    assert_eq!(read(&mut watch).scorings, 30);
}

#[test]
fn shards_are_read_together_over_the_newest_day_of_all() {
    let references = references();
    let mut ahead = DriftWatch::new(Arc::clone(&references));
    let mut behind = DriftWatch::new(references);
    show(&mut ahead, 0..100, 6, 0.0);
    show(&mut behind, 100..150, 4, 0.0);
    show(&mut behind, 100..150, 5, 0.0);
    let readings = measure(&mut [&mut ahead, &mut behind]).unwrap();
    assert_eq!(readings[2].clone().unwrap().scorings, 150);
}

#[test]
fn distributions_that_cannot_be_compared_with_are_refused_by_what_is_wrong() {
    let scores = bins(&[0.0], &[100, 100, 0]);
    let of = |scores: &Bins, features: &[(&str, &Bins)]| Distributions {
        scores: scores.clone(),
        features: features
            .iter()
            .map(|(name, bins)| ((*name).to_owned(), (*bins).clone()))
            .collect(),
    };
    let sound = of(&scores, &[(FEATURE, &scores)]);
    assert_eq!(sound.check(), Ok(()));
    let many: Vec<_> = crate::feature::FEATURES[..=MOST_FEATURES]
        .iter()
        .map(|feature| (feature.name, &scores))
        .collect();
    let fewer = bins(&[0.0], &[100, 99, 0]);
    let damaged = bins(&[0.0], &[100, 100]);
    for (refused, error) in [
        (of(&fewer, &[]), DistributionsError::TooFew),
        (
            of(&damaged, &[]),
            DistributionsError::Scores(BinsError::Counts),
        ),
        (
            of(&scores, &[(FEATURE, &damaged)]),
            DistributionsError::Feature {
                place: 0,
                error: BinsError::Counts,
            },
        ),
        (
            of(&scores, &[(FEATURE, &fewer)]),
            DistributionsError::Uneven,
        ),
        (
            of(&scores, &[("no such feature", &scores)]),
            DistributionsError::Unknown { place: 0 },
        ),
        (of(&scores, &many), DistributionsError::TooMany),
    ] {
        assert_eq!(refused.check(), Err(error));
    }
}
