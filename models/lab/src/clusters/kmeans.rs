//! k-means by linfa, started by k-means++ (D. Arthur and S. Vassilvitskii, SODA 2007), with the number of clusters that has
//! the best mean silhouette.
//!
//! Numbers of clusters are tried on at most [`SAMPLE`] points, drawn by their keyed hashes, as silhouettes need the distances
//! between all of them; the chosen centres then take every point.

use anyhow::{Context, Result};
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use linfa_clustering::KMeans;
use ndarray::{Array1, Array2, Axis};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::clusters::silhouette::Distances;

/// Points on which numbers of clusters are tried, at most.
pub const SAMPLE: usize = 2_000;

/// Starts of each k-means, of which the one with the least inertia is kept.
const STARTS: usize = 10;

/// A number of clusters that was tried.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Tried {
    /// How many.
    pub clusters: usize,
    /// The mean silhouette of the sample.
    pub silhouette: f64,
}

/// Points in clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustering {
    /// The cluster of each point, from zero.
    pub of: Vec<usize>,
    /// The numbers of clusters that were tried; none where all points lie in one place, or there are too few.
    pub tried: Vec<Tried>,
    /// The mean silhouette of the chosen one; `None` where there is one cluster only.
    pub silhouette: Option<f64>,
}

/// Clusters points: the rows of a table. `lots` draws the sample: the points with the smallest ones are tried on.
///
/// # Errors
/// k-means fails, as it does where a coordinate is not a number.
pub fn cluster(points: &Array2<f64>, lots: &[u64], most: usize, seed: u64) -> Result<Clustering> {
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    order.sort_by_key(|point| (lots.get(*point).copied(), *point));
    order.truncate(SAMPLE);
    let sample = points.select(Axis(0), &order);
    let distances = Distances::between(sample.view());
    // No more clusters than there are different points, less one: the last one would be of single points.
    let most = most.min(different(&sample).saturating_sub(1));
    let dataset = DatasetBase::from(sample);
    let mut tried = Vec::new();
    let mut best: Option<(f64, Array1<usize>)> = None;
    for clusters in 2..=most {
        let random = Xoshiro256Plus::seed_from_u64(seed);
        let fitted = KMeans::params_with_rng(clusters, random)
            .n_runs(STARTS)
            .fit(&dataset)
            .with_context(|| format!("k-means with {clusters} clusters"))?;
        let own = fitted.predict(dataset.records());
        let Some(silhouette) = distances.mean_silhouette(&own.to_vec()) else {
            continue;
        };
        tried.push(Tried {
            clusters,
            silhouette,
        });
        // Of equal ones the smallest number.
        if best.as_ref().is_none_or(|best| silhouette > best.0) {
            best = Some((silhouette, fitted.predict(points)));
        }
    }
    Ok(match best {
        Some((silhouette, of)) => Clustering {
            of: of.to_vec(),
            tried,
            silhouette: Some(silhouette),
        },
        None => Clustering {
            of: vec![0; points.nrows()],
            tried,
            silhouette: None,
        },
    })
}

/// How many different rows a table has.
fn different(points: &Array2<f64>) -> usize {
    let rows: std::collections::BTreeSet<Vec<u64>> = points
        .rows()
        .into_iter()
        .map(|row| row.iter().map(|value| value.to_bits()).collect())
        .collect();
    rows.len()
}
