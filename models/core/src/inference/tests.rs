//! Scoring against a plain walk, and contributions against Shapley values computed over all subsets.

use proptest::prelude::*;

use super::*;

fn split(f: u32, t: f32, l: u32, r: u32, m: bool, c: f32) -> NodeDocument {
    NodeDocument::Split { f, t, l, r, m, c }
}

fn leaf(v: f32, c: f32) -> NodeDocument {
    NodeDocument::Leaf { v, c }
}

/// Features 0 and 1 on one path, feature 0 twice.
fn tree() -> TreeDocument {
    TreeDocument {
        nodes: vec![
            split(0, 1.0, 1, 2, true, 10.0),
            leaf(-1.0, 6.0),
            split(1, 5.0, 3, 4, false, 4.0),
            leaf(0.5, 1.0),
            split(0, 3.0, 5, 6, true, 3.0),
            leaf(1.0, 2.0),
            leaf(4.0, 1.0),
        ],
    }
}

fn walk(tree: &TreeDocument, row: &[f32]) -> f64 {
    let mut index = 0;
    loop {
        match tree.nodes[index] {
            NodeDocument::Leaf { v, .. } => return f64::from(v),
            NodeDocument::Split { f, t, l, r, m, .. } => {
                let value = row[f as usize];
                let left = if value.is_nan() { m } else { value <= t };
                index = if left { l } else { r } as usize;
            }
        }
    }
}

/// The tree's expectation where only the features of `known` are known.
fn value_of(tree: &TreeDocument, index: usize, row: &[f32], known: u32) -> f64 {
    match tree.nodes[index] {
        NodeDocument::Leaf { v, .. } => f64::from(v),
        NodeDocument::Split { f, t, l, r, m, .. } => {
            let (l, r) = (l as usize, r as usize);
            if known >> f & 1 == 1 {
                let value = row[f as usize];
                let left = if value.is_nan() { m } else { value <= t };
                return value_of(tree, if left { l } else { r }, row, known);
            }
            let (left, right) = (
                f64::from(tree.nodes[l].cover()),
                f64::from(tree.nodes[r].cover()),
            );
            // Halves where no training row came.
            let left = if left + right > 0.0 {
                left / (left + right)
            } else {
                0.5
            };
            left * value_of(tree, l, row, known) + (1.0 - left) * value_of(tree, r, row, known)
        }
    }
}

/// Shapley's definition over all subsets of `width` features.
fn brute_force(tree: &TreeDocument, row: &[f32], width: u32) -> Vec<f64> {
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    (0..width)
        .map(|feature| {
            (0..1_u32 << width)
                .filter(|subset| subset >> feature & 1 == 0)
                .map(|subset| {
                    let size = subset.count_ones();
                    let weight = factorial(size) * factorial(width - size - 1) / factorial(width);
                    weight
                        * (value_of(tree, 0, row, subset | 1 << feature)
                            - value_of(tree, 0, row, subset))
                })
                .sum()
        })
        .collect()
}

#[test]
fn a_hand_computed_stump_is_scored_and_explained() {
    // 3 of 4 training rows left (−1), 1 right (3): the expectation is 0; a row on the right gets +3 from the feature.
    let stump = TreeDocument {
        nodes: vec![
            split(0, 0.5, 1, 2, true, 4.0),
            leaf(-1.0, 3.0),
            leaf(3.0, 1.0),
        ],
    };
    let forest = Forest::new(
        &TreesDocument {
            base: 0.25,
            trees: vec![stump],
        },
        1,
    )
    .unwrap();
    assert_eq!(forest.margin(&[1.0]), 3.25);
    assert_eq!(forest.margin(&[f32::NAN]), -0.75);
    let contributions = forest.contributions(&[1.0]);
    assert!((contributions.base - 0.25).abs() < 1e-12);
    assert!((contributions.values[0] - 3.0).abs() < 1e-12);
}

#[test]
fn contributions_are_the_shapley_values_over_all_subsets() {
    for row in [
        [0.0, 0.0, 0.0],
        [2.0, 9.0, 0.0],
        [4.0, 9.0, 1.0],
        [4.0, 1.0, 0.0],
        [f32::NAN, 1.0, 0.0],
        [2.0, f32::NAN, 0.0],
    ] {
        let forest = Forest::new(
            &TreesDocument {
                base: 0.0,
                trees: vec![tree()],
            },
            3,
        )
        .unwrap();
        let contributions = forest.contributions(&row);
        for (ours, exact) in contributions
            .values
            .iter()
            .zip(brute_force(&tree(), &row, 3))
        {
            assert!((ours - exact).abs() < 1e-9, "{ours} {exact}");
        }
        let sum: f64 = contributions.values.iter().sum();
        assert!((contributions.base + sum - forest.margin(&row)).abs() < 1e-9);
    }
}

#[test]
fn damaged_trees_are_refused_by_name() {
    let broken = |nodes: Vec<NodeDocument>| {
        Forest::new(
            &TreesDocument {
                base: 0.0,
                trees: vec![TreeDocument { nodes }],
            },
            2,
        )
        .err()
    };
    assert_eq!(broken(vec![]), Some(ModelError::Empty { tree: 0 }));
    assert_eq!(
        broken(vec![split(0, 1.0, 0, 1, true, 1.0), leaf(0.0, 1.0)]),
        Some(ModelError::Child { tree: 0, node: 0 })
    );
    assert_eq!(
        broken(vec![split(0, 1.0, 1, 1, true, 1.0), leaf(0.0, 1.0)]),
        Some(ModelError::Shape { tree: 0, node: 1 })
    );
    assert_eq!(
        broken(vec![
            split(2, 1.0, 1, 2, true, 1.0),
            leaf(0.0, 1.0),
            leaf(0.0, 1.0)
        ]),
        Some(ModelError::Feature { tree: 0, node: 0 })
    );
    assert_eq!(
        broken(vec![leaf(f32::NAN, 1.0)]),
        Some(ModelError::NotFinite { tree: 0, node: 0 })
    );
}

/// A tree whose every second child is split again.
fn chain(splits: u32) -> TreesDocument {
    let mut nodes = Vec::new();
    for number in 0..splits {
        nodes.push(split(
            0,
            number as f32,
            2 * number + 1,
            2 * number + 2,
            true,
            1.0,
        ));
        nodes.push(leaf(0.0, 1.0));
    }
    nodes.push(leaf(1.0, 1.0));
    let trees = vec![TreeDocument { nodes }];
    TreesDocument { base: 0.0, trees }
}

#[test]
fn a_tree_that_would_exhaust_the_stack_is_refused() {
    let deepest = Forest::new(&chain(forest::DEEPEST), 1).unwrap();
    assert_eq!(deepest.margin(&[1e6]), 1.0);
    let contributions = deepest.contributions(&[1e6]);
    assert!((contributions.base + contributions.values[0] - 1.0).abs() < 1e-9);
    for splits in [forest::DEEPEST + 1, 200_000] {
        let node = 2 * forest::DEEPEST as usize;
        assert_eq!(
            Forest::new(&chain(splits), 1).err(),
            Some(ModelError::Depth { tree: 0, node })
        );
    }
}

#[test]
fn a_branch_that_no_training_row_reached_is_explained_by_numbers() {
    // Feature 0 twice on a path, below shares of zero.
    let tree = TreeDocument {
        nodes: vec![
            split(0, 1.0, 1, 2, true, 4.0),
            leaf(-1.0, 0.0),
            split(1, 2.0, 3, 4, true, 4.0),
            split(0, 3.0, 5, 6, true, 4.0),
            leaf(2.0, 0.0),
            leaf(0.5, 4.0),
            leaf(7.0, 0.0),
        ],
    };
    let trees = vec![tree.clone()];
    let forest = Forest::new(&TreesDocument { base: 0.0, trees }, 2).unwrap();
    // Training rows all came to 0.5. Unknown or alone, feature 1 changes nothing: all is feature 0's.
    let contributions = forest.contributions(&[4.0, 0.0]);
    assert_eq!(contributions.base, 0.5);
    assert!((contributions.values[0] - 6.5).abs() < 1e-12);
    assert!(contributions.values[1].abs() < 1e-12);
    for row in [[0.0, 0.0], [2.0, 9.0], [4.0, 9.0], [0.0, 9.0]] {
        let exact = brute_force(&tree, &row, 2);
        for (ours, exact) in forest.contributions(&row).values.iter().zip(exact) {
            assert!((ours - exact).abs() < 1e-9, "{ours} {exact}");
        }
    }
}

#[test]
fn a_linear_model_is_scored_and_explained() {
    let document = LinearDocument {
        base: 1.0,
        weights: vec![2.0, -1.0],
        centres: vec![0.5, 0.0],
        unknown: vec![0.25, 0.0],
    };
    let linear = Linear::new(&document, 2).unwrap();
    assert_eq!(linear.margin(&[1.0, 3.0]), 1.0 + 1.0 - 3.0);
    assert_eq!(linear.margin(&[f32::NAN, 3.0]), 1.0 + 0.25 - 3.0);
    assert_eq!(linear.contributions(&[1.0, 3.0]).values, vec![1.0, -3.0]);
    assert_eq!(Linear::new(&document, 3).err(), Some(ModelError::Linear));
}

/// A random tree with children after their parents.
fn random_tree() -> impl Strategy<Value = TreeDocument> {
    prop::collection::vec(
        (0_u32..4, -3.0_f32..3.0, any::<bool>(), any::<u16>()),
        0..12,
    )
    .prop_map(|splits| {
        let mut nodes = vec![leaf(0.5, 1.0)];
        for (f, t, m, choice) in splits {
            let leaves: Vec<usize> = (0..nodes.len())
                .filter(|index| matches!(nodes[*index], NodeDocument::Leaf { .. }))
                .collect();
            let place = leaves[usize::from(choice) % leaves.len()];
            let next = nodes.len() as u32;
            // Some leaves, and some whole branches, were reached by no training row.
            nodes.push(leaf(t, f32::from(choice % 4)));
            nodes.push(leaf(-t * 0.5, f32::from(choice / 4 % 3)));
            nodes[place] = split(f, t, next, next + 1, m, f32::from(choice / 16 % 5));
        }
        TreeDocument { nodes }
    })
}

fn random_row() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(prop_oneof![3 => -4.0_f32..4.0, 1 => Just(f32::NAN)], 4)
}

proptest! {
    #[test]
    fn scoring_is_the_plain_walk_and_contributions_sum_to_the_margin(
        trees in prop::collection::vec(random_tree(), 0..20),
        row in random_row(),
    ) {
        let forest = Forest::new(&TreesDocument { base: -1.5, trees: trees.clone() }, 4).unwrap();
        let walked = trees.iter().fold(-1.5, |sum, tree| sum + walk(tree, &row));
        prop_assert_eq!(forest.margin(&row).to_bits(), walked.to_bits());
        let contributions = forest.contributions(&row);
        let sum: f64 = contributions.values.iter().sum();
        prop_assert!((contributions.base + sum - walked).abs() < 1e-9);
        if let Some(tree) = trees.first() {
            let single = Forest::new(&TreesDocument { base: 0.0, trees: vec![tree.clone()] }, 4).unwrap();
            for (ours, exact) in single.contributions(&row).values.iter().zip(brute_force(tree, &row, 4)) {
                prop_assert!((ours - exact).abs() < 1e-9);
            }
        }
    }
}
