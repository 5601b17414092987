//! What the labels of training accounts say about their neighbours: the variant "with label features".
//!
//! Only labels of the split's training rows are read, never those of validation or test rows. No account's own label ever
//! reaches its own features: an account is no neighbour of itself, and walks that come back to it are left out. So a
//! training row sees what a test row sees, the labels of other training accounts (leave-one-out).

use super::graph::Graph;
use super::shared::Ties;
use super::table::Columns;
use crate::parallel;

/// Prior weight of the base rate against neighbours, each of a weight of one.
const PRIOR: f64 = 5.0;

/// The same for weights that are powers of a Jaccard index, which are small.
const PRIOR_SQUARED: f64 = 0.02;
const PRIOR_FOURTH: f64 = 0.001;

/// Accounts that one piece of work goes through.
const PIECE: usize = 512;

const NAMES: [&str; 7] = [
    "labelled_near",
    "positives_near",
    "positive_share_near",
    "positive_share_near_by_degree",
    "positive_share_walk",
    "positive_share_like",
    "positive_share_most_like",
];

/// Sums of labelled and of positive weight.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    all: f64,
    positive: f64,
}

impl Share {
    fn add(&mut self, label: Option<bool>, weight: f64) {
        if let Some(label) = label {
            self.all += weight;
            self.positive += if label { weight } else { 0.0 };
        }
    }

    fn value(self, base: f64, prior: f64) -> f32 {
        ((self.positive + prior * base) / (self.all + prior)) as f32
    }
}

/// Label features of every account, from the labels of `training` rows alone.
pub fn label_features(
    graph: &Graph,
    labels: &[bool],
    training: &[usize],
    threads: usize,
) -> Columns {
    let mut known = vec![None; graph.len()];
    for row in training {
        known[*row] = Some(labels[*row]);
    }
    let positives = training.iter().filter(|row| labels[**row]).count();
    let base = positives as f64 / training.len().max(1) as f64;
    let pieces = parallel::map(graph.len().div_ceil(PIECE), threads, |piece| {
        let mut ties = Ties::new(graph);
        let mut found = Vec::new();
        let mut values = Vec::new();
        for account in piece * PIECE..((piece + 1) * PIECE).min(graph.len()) {
            let (mut near, mut by_degree, mut walk) =
                (Share::default(), Share::default(), Share::default());
            for other in graph.of(account).iter().map(|other| *other as usize) {
                near.add(known[other], 1.0);
                by_degree.add(known[other], 1.0 / graph.degree(other) as f64);
                walk_on(graph, &known, account, other, &mut walk);
            }
            ties.of(account, &mut found);
            let (mut like, mut most_like) = (Share::default(), Share::default());
            for tie in &found {
                let weight = tie.jaccard * tie.jaccard;
                like.add(known[tie.other as usize], weight);
                most_like.add(known[tie.other as usize], weight * weight);
            }
            values.extend([
                near.all as f32,
                near.positive as f32,
                near.value(base, PRIOR),
                by_degree.value(base, PRIOR_SQUARED),
                walk.value(base, 1.0),
                like.value(base, PRIOR_SQUARED),
                most_like.value(base, PRIOR_FOURTH),
            ]);
        }
        values
    });
    let flat = pieces.concat();
    let mut columns = Columns::default();
    for (place, name) in NAMES.iter().enumerate() {
        let values = flat.iter().skip(place).step_by(NAMES.len());
        columns.push((*name).to_owned(), values.copied().collect());
    }
    columns
}

/// One more step from a neighbour, never back to the account.
fn walk_on(graph: &Graph, known: &[Option<bool>], account: usize, middle: usize, walk: &mut Share) {
    let weight = 1.0 / graph.degree(middle) as f64;
    for other in graph.of(middle).iter().map(|other| *other as usize) {
        if other != account {
            walk.add(known[other], weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let edges: Vec<(u32, u32)> = (0..300_u32)
            .map(|edge| (edge * 13 % 47, (edge * edge + 5 * edge) % 47))
            .collect();
        Graph::new(47, &edges)
    }

    #[test]
    fn an_accounts_own_label_never_reaches_its_own_features() {
        let graph = graph();
        let training: Vec<usize> = (0..30).collect();
        let labels: Vec<bool> = (0..47).map(|row| row % 3 == 0).collect();
        // The base rate follows all training labels, so one is turned and another turned back to hold it still.
        let before = label_features(&graph, &labels, &training, 1);
        for row in 0..29 {
            let far = (0..30).find(|other| {
                labels[*other] != labels[row]
                    && !graph.of(row).contains(&(*other as u32))
                    && !graph
                        .of(row)
                        .iter()
                        .any(|middle| graph.of(*middle as usize).contains(&(*other as u32)))
            });
            let mut turned = labels.clone();
            turned[row] = !turned[row];
            if let Some(far) = far {
                turned[far] = !turned[far];
            }
            let after = label_features(&graph, &turned, &training, 1);
            let priors = if far.is_some() { 7 } else { 2 };
            for column in 0..priors {
                assert_eq!(before.values[column][row], after.values[column][row]);
            }
        }
    }

    #[test]
    fn labels_outside_training_are_never_read() {
        let graph = graph();
        let training: Vec<usize> = (0..30).collect();
        let labels: Vec<bool> = (0..47).map(|row| row % 3 == 0).collect();
        let mut others: Vec<bool> = labels.clone();
        others[30..].iter_mut().for_each(|label| *label = !*label);
        assert_eq!(
            label_features(&graph, &labels, &training, 2),
            label_features(&graph, &others, &training, 1)
        );
    }

    #[test]
    fn shares_are_the_hand_computed_ones() {
        // 0 has the neighbours 1 (positive), 2 (negative) and 3 (not labelled); 4 hangs on 3 and is positive.
        let graph = Graph::new(5, &[(0, 1), (0, 2), (0, 3), (3, 4)]);
        let labels = [false, true, false, true, true];
        let columns = label_features(&graph, &labels, &[1, 2, 4], 1);
        assert_eq!((columns.values[0][0], columns.values[1][0]), (2.0, 1.0));
        let share = (1.0 + 5.0 * 2.0 / 3.0) / 7.0;
        assert!((f64::from(columns.values[2][0]) - share).abs() < 1e-6);
        // The walk from 0 over 3 finds 4 with a weight of a half, and never 0 itself.
        let walk = (0.5 + 2.0 / 3.0) / 1.5;
        assert!((f64::from(columns.values[4][0]) - walk).abs() < 1e-6);
    }
}
