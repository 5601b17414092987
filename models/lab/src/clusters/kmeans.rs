//! k-means by linfa, started by k-means++ (D. Arthur and S. Vassilvitskii, SODA 2007), with the number of clusters that has
//! the best mean silhouette.
//!
//! Numbers of clusters are tried on at most [`SAMPLE`] points, drawn by their keyed hashes, as silhouettes need the distances
//! between all of them; the chosen centres then take every point.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

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

/// Clusters points: the rows of a table. `lots` draws the sample: the points with the smallest ones are tried on. `wanted`
/// are the numbers of clusters that are tried; where there are not enough different points, fewer are found.
///
/// # Errors
/// k-means fails, as it does where a coordinate is not a number.
pub fn cluster(
    points: &Array2<f64>,
    lots: &[u64],
    wanted: RangeInclusive<usize>,
    seed: u64,
) -> Result<Clustering> {
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    order.sort_by_key(|point| (lots.get(*point).copied(), *point));
    order.truncate(SAMPLE);
    let sample = points.select(Axis(0), &order);
    let distances = Distances::between(sample.view());
    // As many clusters as there are different points, less one, at most: more would be of single points.
    let most = different(&sample).saturating_sub(1);
    let (least, most) = (
        (*wanted.start()).min(most).max(2),
        (*wanted.end()).min(most),
    );
    let dataset = DatasetBase::from(sample);
    let mut tried = Vec::new();
    let mut best: Option<(f64, Array1<usize>)> = None;
    for clusters in least..=most {
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
    let rows: BTreeSet<Vec<u64>> = points
        .rows()
        .into_iter()
        .map(|row| row.iter().map(|value| value.to_bits()).collect())
        .collect();
    rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` points around each of some centres, in turn, within 0.5 of them on each axis.
    fn blobs(centres: &[[f64; 2]], count: usize) -> Array2<f64> {
        Array2::from_shape_fn((centres.len() * count, 2), |(point, axis)| {
            let (centre, turn) = (centres[point % centres.len()][axis], point / centres.len());
            // Steps of irrational size spread the points evenly.
            centre + (turn as f64 * [0.618, 0.414][axis]).fract() - 0.5
        })
    }

    fn lots(points: &Array2<f64>) -> Vec<u64> {
        (0..points.nrows() as u64)
            .map(|point| point.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .collect()
    }

    #[test]
    fn planted_blobs_are_found_and_so_is_how_many_there_are() {
        let points = blobs(&[[0.0, 0.0], [6.0, 0.0], [0.0, 6.0], [9.0, 9.0]], 30);
        let found = cluster(&points, &lots(&points), 2..=12, 1).unwrap();
        let planted: Vec<usize> = (0..points.nrows()).map(|point| point % 4).collect();
        let index = crate::clusters::agreement::adjusted_rand(&found.of, &planted).unwrap();
        assert!((index - 1.0).abs() < 1e-12, "{index}");
        assert!(found.silhouette.unwrap() > 0.8);
        assert_eq!(found.tried.len(), 11);
        // The same again, whatever chance there is in it.
        assert_eq!(cluster(&points, &lots(&points), 2..=12, 1).unwrap(), found);
    }

    #[test]
    fn points_beyond_the_sample_go_to_the_cluster_that_they_lie_in() {
        let points = blobs(&[[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]], SAMPLE / 2);
        let found = cluster(&points, &lots(&points), 2..=4, 7).unwrap();
        let planted: Vec<usize> = (0..points.nrows()).map(|point| point % 3).collect();
        let index = crate::clusters::agreement::adjusted_rand(&found.of, &planted).unwrap();
        assert!((index - 1.0).abs() < 1e-12, "{index}");
        assert_eq!(found.of.len(), points.nrows());
    }

    #[test]
    fn more_clusters_are_found_where_more_are_wanted() {
        let points = blobs(&[[0.0, 0.0], [6.0, 0.0]], 20);
        let found = cluster(&points, &lots(&points), 5..=6, 1).unwrap();
        let numbers: Vec<usize> = found.tried.iter().map(|tried| tried.clusters).collect();
        assert_eq!(numbers, [5, 6]);
        let parts: BTreeSet<usize> = found.of.iter().copied().collect();
        assert!(parts.len() >= 5, "{parts:?}");
    }

    #[test]
    fn few_points_or_points_in_one_place_are_one_cluster() {
        for points in [
            Array2::zeros((40, 3)),
            Array2::zeros((1, 3)),
            Array2::from_shape_fn((2, 3), |(point, _)| point as f64),
        ] {
            let found = cluster(&points, &lots(&points), 2..=12, 1).unwrap();
            assert_eq!(found.of, vec![0; points.nrows()]);
            assert_eq!((found.silhouette, found.tried.len()), (None, 0));
        }
        // Three different points: two clusters are tried, even where more are wanted.
        let points = Array2::from_shape_fn((3, 1), |(point, _)| [0.0, 1.0, 9.0][point]);
        let found = cluster(&points, &lots(&points), 8..=12, 1).unwrap();
        assert_eq!(found.of[0], found.of[1]);
        assert_ne!(found.of[0], found.of[2]);
    }
}
