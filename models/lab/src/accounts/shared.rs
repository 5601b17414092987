//! Neighbours weighted by what they share with an account.
//!
//! The weight of another account is the Jaccard index of the two sets of neighbours: shared neighbours by all of them. Over
//! two steps it is squared, so that accounts with the same neighbours count, and those that only meet at a hub do not.

use super::graph::Graph;
use super::table::Columns;
use crate::parallel;

/// Middles of a path over two steps have at most this many neighbours: a hub links everybody, says little, and costs the
/// square of its degree.
const MOST_NEIGHBOURS: usize = 20_000;

/// Another account, and what is shared with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// The other account.
    pub other: u32,
    /// The Jaccard index of the sets of neighbours.
    pub jaccard: f64,
    /// Neighbours in common.
    pub common: u32,
    /// Whether the two are neighbours.
    pub is_near: bool,
}

/// Counts of shared neighbours for one account after another.
#[derive(Debug)]
pub struct Ties<'a> {
    graph: &'a Graph,
    counts: Vec<u32>,
    touched: Vec<u32>,
}

impl<'a> Ties<'a> {
    /// Nothing counted yet.
    pub fn new(graph: &'a Graph) -> Self {
        Self {
            graph,
            counts: vec![0; graph.len()],
            touched: Vec::new(),
        }
    }

    /// All accounts that share a neighbour with this one, in order. The account itself is not among them.
    pub fn of(&mut self, account: usize, ties: &mut Vec<Tie>) {
        ties.clear();
        self.touched.clear();
        for middle in self.graph.of(account) {
            let others = self.graph.of(*middle as usize);
            if others.len() > MOST_NEIGHBOURS {
                continue;
            }
            for other in others {
                let count = &mut self.counts[*other as usize];
                if *count == 0 {
                    self.touched.push(*other);
                }
                *count += 1;
            }
        }
        self.touched.sort_unstable();
        let own = self.graph.of(account);
        let mut next_own = own.iter().peekable();
        for other in &self.touched {
            let common = std::mem::take(&mut self.counts[*other as usize]);
            while next_own.next_if(|near| *near < other).is_some() {}
            if *other as usize == account {
                continue;
            }
            let all = own.len() + self.graph.degree(*other as usize) - common as usize;
            ties.push(Tie {
                other: *other,
                jaccard: f64::from(common) / all.max(1) as f64,
                common,
                is_near: next_own.peek() == Some(&other),
            });
        }
    }
}

/// Means of features weighted by what is shared, and how much is shared.
#[derive(Debug)]
pub struct Shared {
    columns: Columns,
}

/// A mean with weights that skips unknown values.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, value: f32, weight: f64) {
        if !value.is_nan() {
            self.sum += weight * f64::from(value);
            self.weight += weight;
        }
    }

    fn value(self) -> f32 {
        if self.weight > 0.0 {
            (self.sum / self.weight) as f32
        } else {
            f32::NAN
        }
    }
}

/// Accounts that one piece of work goes through: each piece has its own counts.
const PIECE: usize = 512;

impl Shared {
    /// Of the neighbours, and over two steps if asked for.
    pub fn new(features: &Columns, graph: &Graph, two_steps: bool, threads: usize) -> Self {
        let width = features.width();
        let rows = features.rows(&(0..graph.len()).collect::<Vec<_>>());
        let per_account = width * if two_steps { 2 } else { 1 } + 3;
        let pieces = parallel::map(graph.len().div_ceil(PIECE), threads, |piece| {
            let mut ties = Ties::new(graph);
            let mut found = Vec::new();
            let mut values = Vec::new();
            for account in piece * PIECE..((piece + 1) * PIECE).min(graph.len()) {
                ties.of(account, &mut found);
                values.extend(of_account(account, &found, &rows, width, two_steps, graph));
            }
            values
        });
        let flat = pieces.concat();
        let mut names: Vec<String> = Vec::new();
        names.extend(
            features
                .names
                .iter()
                .map(|name| format!("like_near_mean:{name}")),
        );
        if two_steps {
            names.extend(
                features
                    .names
                    .iter()
                    .map(|name| format!("like_far_mean:{name}")),
            );
        }
        names.extend(["shared_mean", "shared_most", "shared_far"].map(str::to_owned));
        let mut columns = Columns::default();
        for (place, name) in names.into_iter().enumerate() {
            let values = flat.iter().skip(place).step_by(per_account);
            columns.push(name, values.copied().collect());
        }
        Self { columns }
    }

    /// The columns.
    pub fn into_columns(self) -> Columns {
        self.columns
    }
}

fn of_account(
    account: usize,
    ties: &[Tie],
    rows: &[f32],
    width: usize,
    two_steps: bool,
    graph: &Graph,
) -> Vec<f32> {
    let mut near = vec![Mean::default(); width];
    let mut far = vec![Mean::default(); width];
    let (mut sum, mut most, mut sum_far) = (0.0, 0.0_f64, 0.0);
    for tie in ties {
        let row = &rows[tie.other as usize * width..][..width];
        let weight = tie.jaccard * tie.jaccard;
        if two_steps {
            for (mean, value) in far.iter_mut().zip(row) {
                mean.add(*value, weight);
            }
        }
        sum_far += weight;
        if tie.is_near {
            for (mean, value) in near.iter_mut().zip(row) {
                mean.add(*value, tie.jaccard);
            }
            sum += tie.jaccard;
            most = most.max(tie.jaccard);
        }
    }
    let mut values: Vec<f32> = near.into_iter().map(Mean::value).collect();
    if two_steps {
        values.extend(far.into_iter().map(Mean::value));
    }
    let mean = sum / graph.degree(account).max(1) as f64;
    values.extend([mean as f32, most as f32, sum_far as f32]);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_shared_neighbours() {
        // 0 and 1 are neighbours and share 2 and 3; 4 hangs on 3.
        let graph = Graph::new(5, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (3, 4)]);
        let mut ties = Vec::new();
        Ties::new(&graph).of(0, &mut ties);
        let common: Vec<(u32, u32, bool)> = ties
            .iter()
            .map(|tie| (tie.other, tie.common, tie.is_near))
            .collect();
        assert_eq!(
            common,
            [(1, 2, true), (2, 1, true), (3, 1, true), (4, 1, false)]
        );
        // Neighbours of 0: {1, 2, 3}; of 1: {0, 2, 3}. Two of four.
        assert!((ties[0].jaccard - 0.5).abs() < 1e-12);
        // Of 4: {3}. One of three.
        assert!((ties[3].jaccard - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn means_are_weighted_by_the_jaccard_index() {
        let graph = Graph::new(4, &[(0, 1), (0, 2), (1, 2), (2, 3)]);
        let mut features = Columns::default();
        features.push("x".into(), vec![0.0, 1.0, f32::NAN, 8.0]);
        let columns = Shared::new(&features, &graph, true, 2).into_columns();
        // Account 0: tie to 1 through 2: 1 of {0, 1, 2} = 1/3; to 2 through 1: 1 of {0, 1, 2, 3} = 1/4; to 3 through 2:
        // 1 of {1, 2} = 1/2. The value of 2 is unknown.
        let far = (1.0 / 9.0 + 8.0 / 4.0) / (1.0 / 9.0 + 1.0 / 4.0);
        assert_eq!(columns.names[..2], ["like_near_mean:x", "like_far_mean:x"]);
        assert_eq!(columns.values[0][0], 1.0);
        assert!((f64::from(columns.values[1][0]) - far).abs() < 1e-6);
        assert!((columns.values[2][0] - f32::midpoint(1.0 / 3.0, 1.0 / 4.0)).abs() < 1e-6);
    }
}
