//! Exact Shapley values of a tree in polynomial time.
//!
//! Lundberg, Erion, Lee, "Consistent Individualized Feature Attribution for Tree Ensembles" (arXiv 1802.03888), algorithm
//! 2, path-dependent: the value of a set of features is the expectation of the tree where the features outside the set
//! follow the training rows' shares at each split.

use super::document::NodeDocument;

/// One feature of the path from the root: how many of the paths through it stay open when it is unknown (`zero`) and when
/// it is known (`one`), and the weight of the sets of each size.
#[derive(Debug, Clone, Copy, Default)]
struct Element {
    feature: Option<u32>,
    zero: f64,
    one: f64,
    weight: f64,
}

/// Adds the tree's Shapley values to `values`, and returns the tree's expectation.
pub fn add_tree(nodes: &[NodeDocument], row: &[f32], values: &mut [f64]) -> f64 {
    descend(
        nodes,
        0,
        row,
        &[],
        Element {
            feature: None,
            zero: 1.0,
            one: 1.0,
            weight: 0.0,
        },
        values,
    );
    expectation(nodes, 0)
}

fn expectation(nodes: &[NodeDocument], index: usize) -> f64 {
    match nodes[index] {
        NodeDocument::Leaf { v, .. } => f64::from(v),
        NodeDocument::Split { l, r, .. } => {
            let (left, right) = shares(nodes, l as usize, r as usize);
            left * expectation(nodes, l as usize) + right * expectation(nodes, r as usize)
        }
    }
}

/// The shares of the training rows that went to each child; halves where none came.
fn shares(nodes: &[NodeDocument], left: usize, right: usize) -> (f64, f64) {
    let (left, right) = (
        f64::from(nodes[left].cover()),
        f64::from(nodes[right].cover()),
    );
    let sum = left + right;
    if sum > 0.0 {
        (left / sum, right / sum)
    } else {
        (0.5, 0.5)
    }
}

fn descend(
    nodes: &[NodeDocument],
    index: usize,
    row: &[f32],
    path: &[Element],
    element: Element,
    values: &mut [f64],
) {
    // No training row came here and this row does not go here: every set's weight is zero, and unwinding would divide by it.
    if element.zero == 0.0 && element.one == 0.0 {
        return;
    }
    let path = extend(path, element);
    match nodes[index] {
        NodeDocument::Leaf { v, .. } => {
            for place in 1..path.len() {
                let weight = unwound_sum(&path, place);
                let Element {
                    feature, zero, one, ..
                } = path[place];
                if let Some(feature) = feature {
                    values[feature as usize] += weight * (one - zero) * f64::from(v);
                }
            }
        }
        NodeDocument::Split { f, t, l, r, m, .. } => {
            let value = row[f as usize];
            let goes_left = if value.is_nan() { m } else { value <= t };
            let (left_share, right_share) = shares(nodes, l as usize, r as usize);
            let (hot, cold, hot_share, cold_share) = if goes_left {
                (l, r, left_share, right_share)
            } else {
                (r, l, right_share, left_share)
            };
            // A feature met before on the path is unwound, so that it stands there once.
            let before = path.iter().position(|element| element.feature == Some(f));
            let (path, zero, one) = match before {
                Some(place) => (unwind(&path, place), path[place].zero, path[place].one),
                None => (path, 1.0, 1.0),
            };
            let hot_element = Element {
                feature: Some(f),
                zero: zero * hot_share,
                one,
                weight: 0.0,
            };
            let cold_element = Element {
                feature: Some(f),
                zero: zero * cold_share,
                one: 0.0,
                weight: 0.0,
            };
            descend(nodes, hot as usize, row, &path, hot_element, values);
            descend(nodes, cold as usize, row, &path, cold_element, values);
        }
    }
}

/// EXTEND of algorithm 2.
fn extend(path: &[Element], element: Element) -> Vec<Element> {
    let length = path.len();
    let mut path = path.to_vec();
    path.push(Element {
        weight: if length == 0 { 1.0 } else { 0.0 },
        ..element
    });
    for place in (0..length).rev() {
        let weight = path[place].weight;
        path[place + 1].weight += element.one * weight * (place + 1) as f64 / (length + 1) as f64;
        path[place].weight = element.zero * weight * (length - place) as f64 / (length + 1) as f64;
    }
    path
}

/// UNWIND of algorithm 2.
fn unwind(path: &[Element], place: usize) -> Vec<Element> {
    let last = path.len() - 1;
    let Element { zero, one, .. } = path[place];
    let mut path = path.to_vec();
    let mut next = path[last].weight;
    for index in (0..last).rev() {
        let weight = path[index].weight;
        if one == 0.0 {
            path[index].weight = weight * (last + 1) as f64 / (zero * (last - index) as f64);
        } else {
            path[index].weight = next * (last + 1) as f64 / ((index + 1) as f64 * one);
            next = weight - path[index].weight * zero * (last - index) as f64 / (last + 1) as f64;
        }
    }
    for index in place..last {
        path[index].feature = path[index + 1].feature;
        path[index].zero = path[index + 1].zero;
        path[index].one = path[index + 1].one;
    }
    path.truncate(last);
    path
}

/// The sum of the weights after unwinding one feature.
fn unwound_sum(path: &[Element], place: usize) -> f64 {
    unwind(path, place)
        .iter()
        .map(|element| element.weight)
        .sum()
}
