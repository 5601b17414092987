//! Growing one tree, the best split first.

use sealwatch_core::feature::Direction;
use sealwatch_core::inference::{NodeDocument, TreeDocument};

use super::bins::Bins;
use super::histogram::{Histogram, Sums};
use super::split::{self, Split};
use super::{Parameters, Rows, draw, logistic};

/// What a tree is grown from, the same for all trees but for the margins.
pub struct Ground<'a> {
    /// Rows.
    pub rows: &'a Rows<'a>,
    /// Their bins.
    pub bins: &'a Bins,
    /// By feature.
    pub directions: &'a [Direction],
    /// How trees are grown.
    pub parameters: &'a Parameters,
}

/// A node that may still be split.
struct Open {
    /// Rows that the tree learns from.
    drawn: Vec<u32>,
    /// Rows that it does not learn from, but gives a value.
    others: Vec<u32>,
    sums: Sums,
    /// The bounds that constraints put on its value.
    bounds: (f64, f64),
    place: usize,
    depth: u32,
    /// Its best split and its histogram; none if it stays a leaf.
    split: Option<(Split, Histogram)>,
}

/// Grows the tree with this number, and adds its values to the margins.
pub fn tree(ground: &Ground<'_>, margins: &mut [f64], number: u64) -> TreeDocument {
    let parameters = ground.parameters;
    let sums = gradients(ground.rows, margins);
    let (drawn, others): (Vec<u32>, Vec<u32>) = (0..ground.rows.len() as u32).partition(|row| {
        draw::is_drawn(
            parameters.seed,
            2 * number,
            u64::from(*row),
            parameters.row_share,
        )
    });
    let features = draw::features(
        parameters.seed,
        2 * number + 1,
        ground.rows.width,
        parameters.feature_share,
    );
    let mut nodes = vec![NodeDocument::Leaf { v: 0.0, c: 0.0 }];
    let all = total(&drawn, &sums);
    let mut open = vec![Open {
        drawn,
        others,
        sums: all,
        bounds: split::FREE,
        place: 0,
        depth: 0,
        split: None,
    }];
    let histogram = |node: &Open| {
        Histogram::new(
            &node.drawn,
            &sums,
            ground.bins,
            &features,
            parameters.threads,
        )
    };
    if may_split(&open[0], parameters) {
        let whole = histogram(&open[0]);
        consider(&mut open[0], whole, ground, &features);
    }
    for leaves in 2..=parameters.leaves {
        let Some(chosen) = best(&open) else { break };
        let mut node = open.swap_remove(chosen);
        let Some((split, whole)) = node.split.take() else {
            break;
        };
        let (mut left, mut right) = part(node, &split, ground, &mut nodes);
        let smaller_is_left = left.drawn.len() <= right.drawn.len();
        let (smaller, larger) = if smaller_is_left {
            (&mut left, &mut right)
        } else {
            (&mut right, &mut left)
        };
        // With no leaf left to add, at the last depth, or with too few rows, a child needs no histogram.
        let is_last = leaves == parameters.leaves;
        if !is_last && (may_split(smaller, parameters) || may_split(larger, parameters)) {
            let of_smaller = histogram(smaller);
            let of_larger = whole.without(&of_smaller);
            consider(smaller, of_smaller, ground, &features);
            consider(larger, of_larger, ground, &features);
        }
        open.push(left);
        open.push(right);
    }
    for node in &open {
        let value =
            (parameters.learning_rate * split::leaf(&node.sums, node.bounds, parameters)) as f32;
        nodes[node.place] = NodeDocument::Leaf {
            v: value,
            c: cover(&node.drawn, ground.rows),
        };
        for row in node.drawn.iter().chain(&node.others) {
            margins[*row as usize] += f64::from(value);
        }
    }
    TreeDocument { nodes }
}

fn gradients(rows: &Rows<'_>, margins: &[f64]) -> Vec<Sums> {
    let each = margins.iter().zip(rows.labels).zip(rows.weights);
    each.map(|((margin, label), weight)| {
        let probability = logistic(*margin);
        let target = if *label { 1.0 } else { 0.0 };
        Sums {
            gradient: weight * (probability - target),
            hessian: weight * probability * (1.0 - probability),
            count: 1,
        }
    })
    .collect()
}

fn total(rows: &[u32], sums: &[Sums]) -> Sums {
    let mut all = Sums::default();
    for row in rows {
        all.add(&sums[*row as usize]);
    }
    all
}

/// The weight of the rows that a node was learned from.
fn cover(drawn: &[u32], rows: &Rows<'_>) -> f32 {
    let weights = drawn.iter().map(|row| rows.weights[*row as usize]);
    weights.sum::<f64>() as f32
}

fn may_split(node: &Open, parameters: &Parameters) -> bool {
    node.depth < parameters.depth && node.drawn.len() >= 2 * parameters.least_rows.max(1) as usize
}

/// Finds the node's best split.
fn consider(node: &mut Open, histogram: Histogram, ground: &Ground<'_>, features: &[usize]) {
    if may_split(node, ground.parameters) {
        node.split = split::best(&node.sums, node.bounds, &histogram, ground, features)
            .map(|split| (split, histogram));
    }
}

/// The node whose split gains most; of equals, the one that stands first in the tree.
fn best(open: &[Open]) -> Option<usize> {
    let mut best: Option<(f64, usize, usize)> = None;
    for (index, node) in open.iter().enumerate() {
        let Some((split, _)) = &node.split else {
            continue;
        };
        let is_better = best.is_none_or(|(gain, place, _)| {
            split.gain > gain || (split.gain == gain && node.place < place)
        });
        if is_better {
            best = Some((split.gain, node.place, index));
        }
    }
    best.map(|(_, _, index)| index)
}

/// Splits a node into its children, and writes it.
fn part(
    node: Open,
    split: &Split,
    ground: &Ground<'_>,
    nodes: &mut Vec<NodeDocument>,
) -> (Open, Open) {
    let cover = cover(&node.drawn, ground.rows);
    let column = &ground.bins.bins[split.feature];
    let unknown = ground.bins.unknown(split.feature);
    let goes_left = |row: &u32| {
        let bin = column[*row as usize];
        if bin == unknown {
            split.unknown_left
        } else {
            bin <= split.bin
        }
    };
    let (left_drawn, right_drawn): (Vec<u32>, Vec<u32>) =
        node.drawn.into_iter().partition(goes_left);
    let (left_others, right_others): (Vec<u32>, Vec<u32>) =
        node.others.into_iter().partition(goes_left);
    let direction = ground.directions[split.feature];
    let right_sums = node.sums.without(&split.left);
    let (left_bounds, right_bounds) = split::child_bounds(
        node.bounds,
        (&split.left, &right_sums),
        direction,
        ground.parameters,
    );
    let place = nodes.len();
    nodes.push(NodeDocument::Leaf { v: 0.0, c: 0.0 });
    nodes.push(NodeDocument::Leaf { v: 0.0, c: 0.0 });
    nodes[node.place] = NodeDocument::Split {
        f: split.feature as u32,
        t: ground.bins.ends[split.feature][usize::from(split.bin)],
        l: place as u32,
        r: place as u32 + 1,
        m: split.unknown_left,
        c: cover,
    };
    let child = |drawn, others, sums, bounds, place| Open {
        drawn,
        others,
        sums,
        bounds,
        place,
        depth: node.depth + 1,
        split: None,
    };
    (
        child(left_drawn, left_others, split.left, left_bounds, place),
        child(
            right_drawn,
            right_others,
            right_sums,
            right_bounds,
            place + 1,
        ),
    )
}
