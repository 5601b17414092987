//! Growing one tree, level by level.

use sealwatch_core::feature::Direction;
use sealwatch_core::inference::{NodeDocument, TreeDocument};

use super::bins::{Bins, UNKNOWN};
use super::{Parameters, Rows, logistic};

/// Sums over the rows of a node or of a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    hessian: f64,
    weight: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
        self.weight += other.weight;
    }

    fn without(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            weight: self.weight - other.weight,
        }
    }
}

/// A node that may still be split: its rows, its sums, the bounds that constraints put on its value, and its place.
struct Open {
    rows: Vec<u32>,
    sums: Sums,
    bounds: (f64, f64),
    place: usize,
    depth: u32,
}

/// The best split of a node.
#[derive(Debug, Clone, Copy)]
struct Split {
    feature: usize,
    /// Rows in bins up to this one go left.
    bin: u8,
    unknown_left: bool,
    gain: f64,
    left: Sums,
}

/// A 64-bit mix of the seed and two numbers (SplitMix64's finaliser, Steele, Lea, Flood 2014).
fn mix(seed: u64, first: u64, second: u64) -> u64 {
    let mut z = seed
        ^ first.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ second.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Whether a share's lot falls on this number.
fn is_drawn(seed: u64, first: u64, second: u64, share: f64) -> bool {
    ((mix(seed, first, second) >> 11) as f64 / (1_u64 << 53) as f64) < share
}

/// Grows the tree with this number.
pub fn tree(
    rows: &Rows<'_>,
    bins: &Bins,
    margins: &[f64],
    directions: &[Direction],
    parameters: &Parameters,
    number: u64,
) -> TreeDocument {
    let sums: Vec<Sums> = margins
        .iter()
        .zip(rows.labels)
        .zip(rows.weights)
        .map(|((margin, label), weight)| {
            let probability = logistic(*margin);
            let target = if *label { 1.0 } else { 0.0 };
            Sums {
                gradient: weight * (probability - target),
                hessian: weight * probability * (1.0 - probability),
                weight: *weight,
            }
        })
        .collect();
    let drawn: Vec<u32> = (0..rows.len() as u32)
        .filter(|row| {
            is_drawn(
                parameters.seed,
                2 * number,
                u64::from(*row),
                parameters.row_share,
            )
        })
        .collect();
    let features: Vec<usize> = (0..rows.width)
        .filter(|feature| {
            is_drawn(
                parameters.seed,
                2 * number + 1,
                *feature as u64,
                parameters.feature_share,
            )
        })
        .collect();
    let mut nodes = vec![NodeDocument::Leaf { v: 0.0, c: 0.0 }];
    let all = total(&drawn, &sums);
    let mut open = vec![Open {
        rows: drawn,
        sums: all,
        bounds: (f64::NEG_INFINITY, f64::INFINITY),
        place: 0,
        depth: 0,
    }];
    while let Some(node) = open.pop() {
        let split = (node.depth < parameters.depth)
            .then(|| best_split(&node, bins, &sums, &features, directions, parameters))
            .flatten();
        let Some(split) = split else {
            let value = parameters.learning_rate * leaf(node.sums, node.bounds, parameters);
            nodes[node.place] = NodeDocument::Leaf {
                v: value as f32,
                c: node.sums.weight as f32,
            };
            continue;
        };
        let (left, right) = part(&node.rows, &bins.bins[split.feature], &split);
        let (left_bounds, right_bounds) =
            child_bounds(&node, &split, directions[split.feature], parameters);
        let place = nodes.len();
        nodes.push(NodeDocument::Leaf { v: 0.0, c: 0.0 });
        nodes.push(NodeDocument::Leaf { v: 0.0, c: 0.0 });
        nodes[node.place] = NodeDocument::Split {
            f: split.feature as u32,
            t: bins.ends[split.feature][usize::from(split.bin)],
            l: place as u32,
            r: place as u32 + 1,
            m: split.unknown_left,
            c: node.sums.weight as f32,
        };
        let right_sums = node.sums.without(split.left);
        let depth = node.depth + 1;
        open.push(Open {
            rows: right,
            sums: right_sums,
            bounds: right_bounds,
            place: place + 1,
            depth,
        });
        open.push(Open {
            rows: left,
            sums: split.left,
            bounds: left_bounds,
            place,
            depth,
        });
    }
    TreeDocument { nodes }
}

fn total(rows: &[u32], sums: &[Sums]) -> Sums {
    let mut all = Sums::default();
    for row in rows {
        all.add(sums[*row as usize]);
    }
    all
}

/// A leaf's value within its bounds.
fn leaf(sums: Sums, bounds: (f64, f64), parameters: &Parameters) -> f64 {
    (-sums.gradient / (sums.hessian + parameters.ridge)).clamp(bounds.0, bounds.1)
}

/// The loss that a node with this value leaves, up to a constant: `G·v + (H + λ)·v²/2`.
fn objective(sums: Sums, value: f64, parameters: &Parameters) -> f64 {
    sums.gradient * value + 0.5 * (sums.hessian + parameters.ridge) * value * value
}

fn part(rows: &[u32], bins: &[u8], split: &Split) -> (Vec<u32>, Vec<u32>) {
    rows.iter()
        .partition(|row| goes_left(bins[**row as usize], split))
}

const fn goes_left(bin: u8, split: &Split) -> bool {
    if bin == UNKNOWN {
        split.unknown_left
    } else {
        bin <= split.bin
    }
}

fn best_split(
    node: &Open,
    bins: &Bins,
    sums: &[Sums],
    features: &[usize],
    directions: &[Direction],
    parameters: &Parameters,
) -> Option<Split> {
    let mut best: Option<Split> = None;
    for feature in features {
        if bins.ends[*feature].is_empty() {
            continue;
        }
        let mut histogram = [Sums::default(); 256];
        let column = &bins.bins[*feature];
        for row in &node.rows {
            histogram[usize::from(column[*row as usize])].add(sums[*row as usize]);
        }
        let unknown = histogram[usize::from(UNKNOWN)];
        for unknown_left in [true, false] {
            if !unknown_left && unknown.weight == 0.0 {
                continue;
            }
            let mut left = if unknown_left {
                unknown
            } else {
                Sums::default()
            };
            for (bin, sums) in histogram.iter().enumerate().take(bins.ends[*feature].len()) {
                left.add(*sums);
                let candidate = Split {
                    feature: *feature,
                    bin: bin as u8,
                    unknown_left,
                    gain: 0.0,
                    left,
                };
                let gain = gain(node, &candidate, directions[*feature], parameters);
                if gain > best.map_or(parameters.least_gain, |best| best.gain) {
                    best = Some(Split { gain, ..candidate });
                }
            }
        }
    }
    best
}

/// What a split gains; nothing if a child is too light, or if its values break the feature's direction.
fn gain(node: &Open, split: &Split, direction: Direction, parameters: &Parameters) -> f64 {
    let right = node.sums.without(split.left);
    if split.left.hessian < parameters.least_hessian || right.hessian < parameters.least_hessian {
        return 0.0;
    }
    let (left_value, right_value) = (
        leaf(split.left, node.bounds, parameters),
        leaf(right, node.bounds, parameters),
    );
    let breaks = match direction {
        Direction::Free => false,
        Direction::Rising => left_value > right_value,
        Direction::Falling => left_value < right_value,
    };
    if breaks {
        return 0.0;
    }
    let before = objective(
        node.sums,
        leaf(node.sums, node.bounds, parameters),
        parameters,
    );
    before
        - objective(split.left, left_value, parameters)
        - objective(right, right_value, parameters)
}

/// Bounds of the children: on a constrained feature no value below the left may cross the middle to the right, whatever
/// its own later splits are on. This is what makes the constraint hold for the whole tree.
fn child_bounds(
    node: &Open,
    split: &Split,
    direction: Direction,
    parameters: &Parameters,
) -> ((f64, f64), (f64, f64)) {
    let right = node.sums.without(split.left);
    let middle =
        0.5 * (leaf(split.left, node.bounds, parameters) + leaf(right, node.bounds, parameters));
    let (low, high) = node.bounds;
    match direction {
        Direction::Free => (node.bounds, node.bounds),
        Direction::Rising => ((low, middle), (middle, high)),
        Direction::Falling => ((middle, high), (low, middle)),
    }
}
