//! The trainer on made tables.

use sealwatch_core::inference::{Forest, NodeDocument};

use super::*;
use crate::metrics::auc;

/// SplitMix64 as numbers in [0, 1).
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

struct Table {
    values: Vec<f32>,
    labels: Vec<bool>,
    weights: Vec<f64>,
}

/// Four features; positive where the first two lie on the same side (an interaction), and where the third is high. The
/// third is unknown in a fifth of the rows.
fn table(count: usize, seed: u64) -> Table {
    let mut state = seed;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let row: Vec<f64> = (0..4).map(|_| random(&mut state)).collect();
        let is_unknown = random(&mut state) < 0.2;
        let odds = if (row[0] > 0.5) == (row[1] > 0.5) {
            1.5
        } else {
            -1.5
        } + 2.0 * (row[2] - 0.5);
        labels.push(random(&mut state) < logistic(odds));
        values.extend(row.iter().enumerate().map(|(index, value)| {
            if index == 2 && is_unknown {
                f32::NAN
            } else {
                *value as f32
            }
        }));
    }
    Table {
        values,
        weights: vec![1.0; labels.len()],
        labels,
    }
}

impl Table {
    fn rows(&self) -> Rows<'_> {
        Rows {
            values: &self.values,
            width: 4,
            labels: &self.labels,
            weights: &self.weights,
        }
    }
}

const FREE: [Direction; 4] = [Direction::Free; 4];

fn margins(document: &TreesDocument, table: &Table) -> Vec<f64> {
    let forest = Forest::new(document, 4).unwrap();
    table
        .values
        .chunks(4)
        .map(|row| forest.margin(row))
        .collect()
}

#[test]
fn trees_learn_an_interaction_that_no_linear_model_can() {
    let (training, validation, test) = (table(8_000, 1), table(2_000, 2), table(4_000, 3));
    let document = train(
        &training.rows(),
        &validation.rows(),
        &FREE,
        &Parameters::default(),
    )
    .unwrap();
    let auc = auc(&margins(&document, &test), &test.labels);
    assert!(auc > 0.80, "{auc}");
}

#[test]
fn a_monotone_constraint_holds_for_the_whole_model() {
    let training = table(6_000, 4);
    let directions = [
        Direction::Free,
        Direction::Rising,
        Direction::Rising,
        Direction::Falling,
    ];
    let document = train(
        &training.rows(),
        &table(1_000, 5).rows(),
        &directions,
        &Parameters::default(),
    )
    .unwrap();
    let forest = Forest::new(&document, 4).unwrap();
    let mut moved = 0;
    for row in training.values.chunks(4).take(300) {
        for (feature, sign) in [(1, 1.0), (2, 1.0), (3, -1.0)] {
            let mut last = f64::NEG_INFINITY;
            for step in 0_u8..=40 {
                let mut row = row.to_vec();
                row[feature] = f32::from(step) / 40.0;
                let margin = sign * forest.margin(&row);
                assert!(margin >= last - 1e-9, "feature {feature}");
                moved += usize::from(margin > last + 1e-9);
                last = margin;
            }
        }
    }
    assert!(moved > 1_000, "the model does depend on them");
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let parameters = Parameters {
        row_share: 1.0,
        trees: 5,
        ..Parameters::default()
    };
    let mut weighted = table(500, 6);
    weighted.weights[..250].fill(2.0);
    let mut doubled = table(500, 6);
    doubled.values.extend_from_within(..1_000);
    doubled.labels.extend_from_within(..250);
    doubled.weights = vec![1.0; 750];
    let empty = Table {
        values: vec![],
        labels: vec![],
        weights: vec![],
    };
    let one = train(&weighted.rows(), &empty.rows(), &FREE, &parameters).unwrap();
    let two = train(&doubled.rows(), &empty.rows(), &FREE, &parameters).unwrap();
    for (left, right) in margins(&one, &weighted)
        .iter()
        .zip(margins(&two, &weighted))
    {
        assert!((left - right).abs() < 1e-4, "{left} {right}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trees_and_another_seed_others() {
    let (training, validation) = (table(2_000, 7), table(500, 8));
    let run = |seed| {
        let parameters = Parameters {
            seed,
            trees: 10,
            ..Parameters::default()
        };
        train(&training.rows(), &validation.rows(), &FREE, &parameters).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn the_trees_are_the_same_for_any_number_of_threads() {
    // Wide enough that threads do share the work.
    let narrow = table(30_000, 10);
    let values: Vec<f32> = narrow
        .values
        .chunks(4)
        .flat_map(|row| row.repeat(4))
        .collect();
    let rows = Rows {
        values: &values,
        width: 16,
        ..narrow.rows()
    };
    let empty = Rows {
        values: &[],
        width: 16,
        labels: &[],
        weights: &[],
    };
    let run = |threads| {
        let parameters = Parameters {
            threads,
            trees: 5,
            depth: 8,
            leaves: 31,
            ..Parameters::default()
        };
        train(&rows, &empty, &[Direction::Free; 16], &parameters).unwrap()
    };
    let one = run(1);
    assert!(one.trees.iter().all(|tree| tree.nodes.len() == 61));
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn a_tree_has_no_more_leaves_and_no_smaller_leaves_than_allowed() {
    let training = table(2_000, 11);
    let empty = Table {
        values: vec![],
        labels: vec![],
        weights: vec![],
    };
    let parameters = Parameters {
        trees: 10,
        depth: 30,
        leaves: 12,
        least_rows: 50,
        least_hessian: 0.0,
        ..Parameters::default()
    };
    let document = train(&training.rows(), &empty.rows(), &FREE, &parameters).unwrap();
    for tree in &document.trees {
        let leaves = tree.nodes.iter().filter_map(|node| match node {
            NodeDocument::Leaf { c, .. } => Some(*c),
            NodeDocument::Split { .. } => None,
        });
        let covers: Vec<f32> = leaves.collect();
        assert!(covers.len() <= 12 && covers.len() > 4, "{}", covers.len());
        // Every weight is one, so a cover counts rows.
        assert!(covers.iter().all(|cover| *cover >= 50.0), "{covers:?}");
    }
}

#[test]
fn unknown_values_go_where_the_loss_is_smaller() {
    let values = [0.0, f32::NAN, 1.0, f32::NAN].repeat(50);
    let labels = [false, true, false, true].repeat(50);
    let weights = vec![1.0; 200];
    let rows = Rows {
        values: &values,
        width: 1,
        labels: &labels,
        weights: &weights,
    };
    let empty = Rows {
        values: &[],
        width: 1,
        labels: &[],
        weights: &[],
    };
    let parameters = Parameters {
        row_share: 1.0,
        feature_share: 1.0,
        trees: 20,
        ..Parameters::default()
    };
    let document = train(&rows, &empty, &[Direction::Free], &parameters).unwrap();
    let forest = Forest::new(&document, 1).unwrap();
    assert!(forest.margin(&[f32::NAN]) > 1.0 && forest.margin(&[0.0]) < -0.5);
    assert!(
        document
            .trees
            .iter()
            .any(|tree| matches!(tree.nodes[0], NodeDocument::Split { .. }))
    );
}

#[test]
fn one_class_alone_is_an_error() {
    let mut one = table(100, 9);
    one.labels.fill(false);
    let empty = Table {
        values: vec![],
        labels: vec![],
        weights: vec![],
    };
    let refused = train(&one.rows(), &empty.rows(), &FREE, &Parameters::default());
    assert_eq!(
        refused,
        Err(TrainError::OneClass {
            positives: 0,
            negatives: 100
        })
    );
}
