//! What an account's neighbours are like: aggregates of features over one and two steps of the graph.
//!
//! Trees over neighbour aggregates beat graph networks on fraud (GADBench, Tang et al., NeurIPS 2023). Labels are never among
//! the features here; see [`super::propagate`] for what training labels may say, and how.

use super::graph::Graph;
use super::shared::Shared;
use super::structure::structure;
use super::table::Columns;
use crate::parallel;

/// How far aggregates reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The account's place in the graph only.
    Place,
    /// Neighbours.
    Neighbours,
    /// Neighbours, and theirs.
    TwoSteps,
}

/// Figures of neighbours' values, in the order of [`figures`].
const FIGURES: [&str; 9] = [
    "mean",
    "deviation",
    "least",
    "most",
    "tenth",
    "quarter",
    "median",
    "three_quarters",
    "nine_tenths",
];

/// How many of the figures are taken of neighbours' means, at two steps.
const FIGURES_OF_MEANS: usize = 4;

/// The features, the place in the graph, and the aggregates.
pub fn with_neighbours(features: &Columns, graph: &Graph, reach: Reach, threads: usize) -> Columns {
    let mut all = features.clone();
    all.extend(structure(graph));
    if reach == Reach::Place {
        return all;
    }
    let base = all.clone();
    let near = of_neighbours(&base, graph, "near", FIGURES.len(), threads);
    let means = every(&near, FIGURES.len());
    all.extend(near);
    all.extend(differences(features, &means));
    let shared = Shared::new(features, graph, reach >= Reach::TwoSteps, threads);
    all.extend(shared.into_columns());
    if reach == Reach::Neighbours {
        return all;
    }
    let far = of_neighbours(&means, graph, "far", FIGURES_OF_MEANS, threads);
    let far_means = every(&far, FIGURES_OF_MEANS);
    all.extend(far);
    // A third step costs one more mean, and tells the surroundings from the account's own part in them.
    all.extend(of_neighbours(&far_means, graph, "third", 1, threads));
    all
}

/// Each `step`-th column: the means.
fn every(columns: &Columns, step: usize) -> Columns {
    let mut means = Columns::default();
    for (name, values) in columns.names.iter().zip(&columns.values).step_by(step) {
        means.push(name.clone(), values.clone());
    }
    means
}

/// The first `count` figures of each column over each account's neighbours; unknown where no neighbour's value is known.
fn of_neighbours(
    columns: &Columns,
    graph: &Graph,
    prefix: &str,
    count: usize,
    threads: usize,
) -> Columns {
    let aggregated = parallel::map(columns.width(), threads, |column| {
        let values = &columns.values[column];
        let mut figures_by_account = vec![Vec::with_capacity(graph.len()); count];
        let mut known = Vec::new();
        for account in 0..graph.len() {
            known.clear();
            let of_neighbours = graph
                .of(account)
                .iter()
                .map(|other| values[*other as usize]);
            known.extend(of_neighbours.filter(|value| !value.is_nan()));
            let figures = figures(&mut known, count > FIGURES_OF_MEANS);
            for (figure, values) in figures.iter().zip(&mut figures_by_account) {
                values.push(*figure);
            }
        }
        figures_by_account
    });
    let mut result = Columns::default();
    for (name, figures) in columns.names.iter().zip(aggregated) {
        for (figure, values) in FIGURES.iter().zip(figures) {
            result.push(format!("{prefix}_{figure}:{name}"), values);
        }
    }
    result
}

/// Mean, deviation, least, most, and (if asked for) quantiles of known values.
fn figures(known: &mut [f32], with_quantiles: bool) -> [f32; FIGURES.len()] {
    let mut figures = [f32::NAN; FIGURES.len()];
    let count = known.len() as f64;
    let (Some(least), Some(most)) = (
        known.iter().copied().reduce(f32::min),
        known.iter().copied().reduce(f32::max),
    ) else {
        return figures;
    };
    let mean = known.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let squares = |value: &f32| (f64::from(*value) - mean) * (f64::from(*value) - mean);
    let variance = known.iter().map(squares).sum::<f64>() / count;
    figures[..4].copy_from_slice(&[mean as f32, libm::sqrt(variance) as f32, least, most]);
    if with_quantiles {
        known.sort_unstable_by(f32::total_cmp);
        for (figure, share) in figures[4..].iter_mut().zip([0.1, 0.25, 0.5, 0.75, 0.9]) {
            *figure = quantile(known, share);
        }
    }
    figures
}

/// A quantile of sorted values, between two of them by proportion.
fn quantile(sorted: &[f32], share: f64) -> f32 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor();
    let low = f64::from(sorted[below as usize]);
    let high = f64::from(sorted[place.ceil() as usize]);
    (low + (place - below) * (high - low)) as f32
}

/// By how much an account differs from the mean of its neighbours.
fn differences(features: &Columns, means: &Columns) -> Columns {
    let mut result = Columns::default();
    for ((name, own), means) in features
        .names
        .iter()
        .zip(&features.values)
        .zip(&means.values)
    {
        let differences = own.iter().zip(means).map(|(own, mean)| own - mean);
        result.push(format!("above_near:{name}"), differences.collect());
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Columns {
        let mut features = Columns::default();
        features.push("x".into(), vec![1.0, 2.0, 4.0, f32::NAN, 9.0]);
        features
    }

    /// A star: 0 in the middle of 1, 2, 3; 4 alone.
    fn star() -> Graph {
        Graph::new(5, &[(0, 1), (0, 2), (0, 3)])
    }

    fn column<'a>(columns: &'a Columns, name: &str) -> &'a [f32] {
        let place = columns
            .names
            .iter()
            .position(|found| found == name)
            .unwrap();
        &columns.values[place]
    }

    #[test]
    fn aggregates_of_a_star_are_the_hand_computed_ones() {
        let all = with_neighbours(&features(), &star(), Reach::TwoSteps, 2);
        // Of the known neighbours 2 and 4.
        assert_eq!(column(&all, "near_mean:x")[0], 3.0);
        assert_eq!(column(&all, "near_deviation:x")[0], 1.0);
        assert_eq!(column(&all, "near_least:x")[0], 2.0);
        assert_eq!(column(&all, "near_most:x")[0], 4.0);
        assert_eq!(column(&all, "near_quarter:x")[0], 2.5);
        assert_eq!(column(&all, "above_near:x")[0], -2.0);
        // A leaf's neighbour is the middle, whose neighbours' mean is 3.
        assert_eq!(column(&all, "near_mean:x")[1], 1.0);
        assert_eq!(column(&all, "far_mean:near_mean:x")[1], 3.0);
        assert!(column(&all, "near_mean:x")[4].is_nan());
        assert!(column(&all, "far_mean:near_mean:x")[4].is_nan());
        assert_eq!(column(&all, "near_mean:degree")[1], 3.0);
    }

    #[test]
    fn a_longer_reach_only_adds_columns_and_threads_change_nothing() {
        let reaches = [Reach::Place, Reach::Neighbours, Reach::TwoSteps];
        let widths = reaches.map(|reach| with_neighbours(&features(), &star(), reach, 1).width());
        assert!(widths[0] < widths[1] && widths[1] < widths[2], "{widths:?}");
        let (one, three) = (
            with_neighbours(&features(), &star(), Reach::TwoSteps, 1),
            with_neighbours(&features(), &star(), Reach::TwoSteps, 3),
        );
        let bits = |columns: &Columns| -> Vec<u32> {
            columns
                .values
                .concat()
                .iter()
                .map(|value| value.to_bits())
                .collect()
        };
        assert_eq!(bits(&one), bits(&three));
    }
}
