//! What an account's place in the graph says, without anybody's features.
//!
//! Degree; triangles and the clustering coefficient (Watts and Strogatz 1998); core number (Batagelj and Zaveršnik 2003);
//! PageRank (Brin and Page 1998) with a damping of 0.85.

use super::graph::Graph;
use super::table::Columns;

/// Share of a walk that follows an edge.
const DAMPING: f64 = 0.85;

/// Rounds of PageRank: 0.85^60 is 6e-5, far below what a tree can tell apart.
const ROUNDS: usize = 60;

/// The structural features of every account.
pub fn structure(graph: &Graph) -> Columns {
    let count = graph.len();
    let degrees: Vec<f32> = (0..count)
        .map(|account| graph.degree(account) as f32)
        .collect();
    let triangles = triangles(graph);
    let ranks = page_rank(graph);
    let clustering = (0..count).map(|account| {
        let degree = graph.degree(account) as f64;
        if degree < 2.0 {
            f32::NAN
        } else {
            (2.0 * triangles[account] as f64 / (degree * (degree - 1.0))) as f32
        }
    });
    let clustering: Vec<f32> = clustering.collect();
    let per_edge = |(rank, degree): (&f64, &f32)| (*rank / f64::from(degree.max(1.0))) as f32;
    let mut columns = Columns::default();
    columns.push(
        "log_degree".into(),
        degrees.iter().map(|degree| libm::log1pf(*degree)).collect(),
    );
    columns.push(
        "triangles".into(),
        triangles.iter().map(|count| *count as f32).collect(),
    );
    columns.push("clustering".into(), clustering);
    columns.push(
        "core".into(),
        cores(graph).into_iter().map(|core| core as f32).collect(),
    );
    columns.push(
        "rank".into(),
        ranks.iter().map(|rank| *rank as f32).collect(),
    );
    columns.push(
        "rank_per_edge".into(),
        ranks.iter().zip(&degrees).map(per_edge).collect(),
    );
    columns.push("degree".into(), degrees);
    columns
}

/// Triangles that each account is part of.
pub fn triangles(graph: &Graph) -> Vec<u64> {
    // Each triangle is found once, at its lowest account, by merging sorted lists.
    let mut triangles = vec![0; graph.len()];
    for low in 0..graph.len() {
        for middle in graph.of(low).iter().map(|account| *account as usize) {
            if middle <= low {
                continue;
            }
            shared(graph.of(low), graph.of(middle), |high| {
                if high as usize > middle {
                    triangles[low] += 1;
                    triangles[middle] += 1;
                    triangles[high as usize] += 1;
                }
            });
        }
    }
    triangles
}

/// Calls `found` for what two sorted lists share.
pub fn shared(left: &[u32], right: &[u32], mut found: impl FnMut(u32)) {
    let (mut at_left, mut at_right) = (0, 0);
    while at_left < left.len() && at_right < right.len() {
        match left[at_left].cmp(&right[at_right]) {
            std::cmp::Ordering::Less => at_left += 1,
            std::cmp::Ordering::Greater => at_right += 1,
            std::cmp::Ordering::Equal => {
                found(left[at_left]);
                at_left += 1;
                at_right += 1;
            }
        }
    }
}

/// Core numbers: the largest k such that the account is left when accounts with fewer than k neighbours are taken away,
/// again and again. By buckets of degree, in linear time.
pub fn cores(graph: &Graph) -> Vec<usize> {
    let count = graph.len();
    let mut degrees: Vec<usize> = (0..count).map(|account| graph.degree(account)).collect();
    let most = degrees.iter().copied().max().unwrap_or(0);
    let mut starts = vec![0; most + 2];
    for degree in &degrees {
        starts[degree + 1] += 1;
    }
    for degree in 0..=most {
        starts[degree + 1] += starts[degree];
    }
    let mut next = starts.clone();
    let (mut order, mut places) = (vec![0; count], vec![0; count]);
    for (account, degree) in degrees.iter().enumerate() {
        places[account] = next[*degree];
        order[next[*degree]] = account;
        next[*degree] += 1;
    }
    for index in 0..count {
        let account = order[index];
        for neighbour in graph.of(account).iter().map(|account| *account as usize) {
            let degree = degrees[neighbour];
            if degree <= degrees[account] {
                continue;
            }
            // The neighbour becomes the first of its bucket, and the bucket then starts behind it.
            let first = starts[degree].max(index + 1);
            let other = order[first];
            order.swap(places[neighbour], first);
            places.swap(neighbour, other);
            starts[degree] = first + 1;
            degrees[neighbour] = degree - 1;
        }
    }
    degrees
}

/// PageRank times the number of accounts; the share of accounts without neighbours goes to all.
pub fn page_rank(graph: &Graph) -> Vec<f64> {
    let count = graph.len();
    let mut ranks = vec![1.0; count];
    for _ in 0..ROUNDS {
        let lost: f64 = (0..count)
            .filter(|account| graph.degree(*account) == 0)
            .map(|account| ranks[account])
            .sum();
        let base = 1.0 - DAMPING + DAMPING * lost / count as f64;
        let given: Vec<f64> = (0..count)
            .map(|account| ranks[account] / graph.degree(account).max(1) as f64)
            .collect();
        ranks = (0..count)
            .map(|account| {
                let sum: f64 = graph
                    .of(account)
                    .iter()
                    .map(|other| given[*other as usize])
                    .sum();
                base + DAMPING * sum
            })
            .collect();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A triangle 0-1-2 with a tail 2-3, and account 4 alone.
    fn graph() -> Graph {
        Graph::new(5, &[(0, 1), (1, 2), (0, 2), (2, 3)])
    }

    #[test]
    fn triangles_and_clustering_are_the_hand_counted_ones() {
        assert_eq!(triangles(&graph()), [1, 1, 1, 0, 0]);
        let columns = structure(&graph());
        let clustering = &columns.values[2];
        assert_eq!(columns.names[2], "clustering");
        assert_eq!(clustering[..2], [1.0, 1.0]);
        // One triangle of three pairs of neighbours.
        assert!((clustering[2] - 1.0 / 3.0).abs() < 1e-6);
        assert!(clustering[3].is_nan() && clustering[4].is_nan());
    }

    #[test]
    fn core_numbers_are_those_of_peeling() {
        assert_eq!(cores(&graph()), [2, 2, 2, 1, 0]);
        // Two groups of four, all linked, with one bridge: everyone has core 3.
        let mut edges = Vec::new();
        for base in [0, 4] {
            for left in 0..4 {
                edges.extend((left + 1..4).map(|right| (base + left, base + right)));
            }
        }
        edges.push((3, 4));
        assert_eq!(cores(&Graph::new(9, &edges)), [3, 3, 3, 3, 3, 3, 3, 3, 0]);
        // A peeled reference on a larger, irregular graph.
        let edges: Vec<(u32, u32)> = (0..400_u32)
            .map(|edge| (edge * 7 % 61, (edge * edge + 3 * edge) % 61))
            .collect();
        let graph = Graph::new(61, &edges);
        assert_eq!(cores(&graph), peeled(&graph));
    }

    fn peeled(graph: &Graph) -> Vec<usize> {
        let mut cores = vec![0; graph.len()];
        for k in 1..graph.len() {
            let mut left = vec![true; graph.len()];
            loop {
                let poor: Vec<usize> = (0..graph.len())
                    .filter(|account| left[*account])
                    .filter(|account| {
                        graph
                            .of(*account)
                            .iter()
                            .filter(|other| left[**other as usize])
                            .count()
                            < k
                    })
                    .collect();
                if poor.is_empty() {
                    break;
                }
                for account in poor {
                    left[account] = false;
                }
            }
            for account in (0..graph.len()).filter(|account| left[*account]) {
                cores[account] = k;
            }
        }
        cores
    }

    #[test]
    fn page_rank_is_the_stationary_one() {
        let ranks = page_rank(&graph());
        assert!((ranks.iter().sum::<f64>() - 5.0).abs() < 1e-9);
        // The rank satisfies its own equation: account 3 gets a third of account 2's.
        let base = 0.15 + 0.85 * ranks[4] / 5.0;
        assert!((ranks[3] - (base + 0.85 * ranks[2] / 3.0)).abs() < 1e-4);
        assert!(ranks[2] > ranks[0] && ranks[0] > ranks[3]);
    }
}
