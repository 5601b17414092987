//! Finding a node's best split.

use sealwatch_core::feature::Direction;

use super::Parameters;
use super::grow::Ground;
use super::histogram::{Histogram, Sums};

/// A split of a node.
#[derive(Debug, Clone, Copy)]
pub struct Split {
    /// The feature.
    pub feature: usize,
    /// Rows in bins up to this one go left.
    pub bin: u8,
    /// Whether unknown values go left.
    pub unknown_left: bool,
    /// By how much the loss falls.
    pub gain: f64,
    /// The sums of the rows that go left.
    pub left: Sums,
}

/// A node to split: its sums, the bounds on its value, and the loss that it leaves as a leaf.
struct Node<'a> {
    sums: &'a Sums,
    bounds: (f64, f64),
    loss: f64,
}

/// The bounds of a node that no constraint holds.
pub const FREE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// A leaf's value within its bounds.
pub fn leaf(sums: &Sums, bounds: (f64, f64), parameters: &Parameters) -> f64 {
    (-sums.gradient / (sums.hessian + parameters.ridge)).clamp(bounds.0, bounds.1)
}

/// The loss that a node with this value leaves, up to a constant: `G·v + (H + λ)·v²/2`.
fn objective(sums: &Sums, value: f64, parameters: &Parameters) -> f64 {
    sums.gradient * value + 0.5 * (sums.hessian + parameters.ridge) * value * value
}

/// The split that gains most; of equals, the first by feature and bin.
pub fn best(
    sums: &Sums,
    bounds: (f64, f64),
    histogram: &Histogram,
    ground: &Ground<'_>,
    features: &[usize],
) -> Option<Split> {
    let parameters = ground.parameters;
    let node = Node {
        sums,
        bounds,
        loss: objective(sums, leaf(sums, bounds, parameters), parameters),
    };
    let mut best: Option<Split> = None;
    for (feature, cells) in features.iter().zip(&histogram.features) {
        let least = best.map_or(parameters.least_gain, |best| best.gain);
        let direction = ground.directions[*feature];
        let found = best_of_feature(&node, *feature, cells, direction, least, parameters);
        best = found.or(best);
    }
    best
}

/// The best split of one feature that gains more than `least`.
fn best_of_feature(
    node: &Node<'_>,
    feature: usize,
    cells: &[Sums],
    direction: Direction,
    least: f64,
    parameters: &Parameters,
) -> Option<Split> {
    let (unknown, known) = cells.split_last()?;
    let (_, below) = known.split_last()?;
    let least_rows = parameters.least_rows.max(1);
    let mut best: Option<Split> = None;
    for unknown_left in [true, false] {
        if !unknown_left && unknown.count == 0 {
            continue;
        }
        let mut left = if unknown_left {
            *unknown
        } else {
            Sums::default()
        };
        let is_free = direction == Direction::Free && node.bounds == FREE;
        for (bin, cell) in below.iter().enumerate() {
            // An empty bin parts the rows as the bin before it did.
            if cell.count == 0 {
                continue;
            }
            left.add(cell);
            if left.count < least_rows || left.hessian < parameters.least_hessian {
                continue;
            }
            // From here on the right only gets lighter.
            if node.sums.count - left.count < least_rows
                || node.sums.hessian - left.hessian < parameters.least_hessian
            {
                break;
            }
            let gain = if is_free {
                free_gain(node, &left, parameters.ridge)
            } else {
                gain(node, &left, direction, parameters)
            };
            if gain > best.map_or(least, |best| best.gain) {
                best = Some(Split {
                    feature,
                    bin: bin as u8,
                    unknown_left,
                    gain,
                    left,
                });
            }
        }
    }
    best
}

/// What a split gains where nothing constrains it: `½·GL²/(HL + λ) + ½·GR²/(HR + λ)` less the same of the node. It is
/// [`gain`] with the leaves' values put in, and a third of its work.
fn free_gain(node: &Node<'_>, left: &Sums, ridge: f64) -> f64 {
    let gradient = node.sums.gradient - left.gradient;
    let hessian = node.sums.hessian - left.hessian;
    node.loss
        + 0.5
            * (left.gradient * left.gradient / (left.hessian + ridge)
                + gradient * gradient / (hessian + ridge))
}

/// What a split gains; nothing if the children's values break the feature's direction.
fn gain(node: &Node<'_>, left: &Sums, direction: Direction, parameters: &Parameters) -> f64 {
    let right = node.sums.without(left);
    let (left_value, right_value) = (
        leaf(left, node.bounds, parameters),
        leaf(&right, node.bounds, parameters),
    );
    let breaks = match direction {
        Direction::Free => false,
        Direction::Rising => left_value > right_value,
        Direction::Falling => left_value < right_value,
    };
    if breaks {
        return 0.0;
    }
    node.loss - objective(left, left_value, parameters) - objective(&right, right_value, parameters)
}

/// Bounds of the children: on a constrained feature no value below the left may cross the middle to the right, whatever
/// its own later splits are on. This is what makes the constraint hold for the whole tree.
pub fn child_bounds(
    bounds: (f64, f64),
    (left, right): (&Sums, &Sums),
    direction: Direction,
    parameters: &Parameters,
) -> ((f64, f64), (f64, f64)) {
    let middle = 0.5 * (leaf(left, bounds, parameters) + leaf(right, bounds, parameters));
    let (low, high) = bounds;
    match direction {
        Direction::Free => (bounds, bounds),
        Direction::Rising => ((low, middle), (middle, high)),
        Direction::Falling => ((middle, high), (low, middle)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_formula_is_the_long_one() {
        let sums = |gradient, hessian| Sums {
            gradient,
            hessian,
            count: 10,
        };
        let parameters = Parameters::default();
        let whole = sums(-3.0, 7.0);
        let node = Node {
            sums: &whole,
            bounds: FREE,
            loss: objective(&whole, leaf(&whole, FREE, &parameters), &parameters),
        };
        let left = Sums {
            count: 4,
            ..sums(2.0, 3.0)
        };
        // GL²/(HL+1) = 1, GR²/(HR+1) = 25/5 = 5, G²/(H+1) = 9/8: half of 6 − 1.125.
        let short = free_gain(&node, &left, parameters.ridge);
        assert!((short - 2.4375).abs() < 1e-12, "{short}");
        assert!((gain(&node, &left, Direction::Free, &parameters) - short).abs() < 1e-12);
        // The left value is −2/4, the right one 5/5: rising, so a falling feature may not split here.
        assert_eq!(gain(&node, &left, Direction::Falling, &parameters), 0.0);
        assert!(gain(&node, &left, Direction::Rising, &parameters) > 2.0);
    }
}
