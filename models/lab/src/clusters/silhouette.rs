//! The mean silhouette (P. J. Rousseeuw, Journal of Computational and Applied Mathematics 20, 1987): how much nearer points
//! lie to their own cluster than to the next one.
//!
//! With `a` the mean distance of a point to the others of its cluster, and `b` the smallest mean distance to the points of
//! another cluster, its silhouette is `(b − a) / max(a, b)`; that of a point alone in its cluster is 0, as Rousseeuw sets
//! it. (linfa's own counts such a point as 1, which rewards cutting single points off.)

use ndarray::{Array2, ArrayView2};

/// Euclidean distances between all points, computed once for every number of clusters that is tried.
#[derive(Debug)]
pub struct Distances(Array2<f64>);

impl Distances {
    /// Between the rows of a table.
    pub fn between(points: ArrayView2<'_, f64>) -> Self {
        let count = points.nrows();
        let mut distances = Array2::zeros((count, count));
        for one in 0..count {
            for other in 0..one {
                let pairs = points.row(one).into_iter().zip(points.row(other));
                let squares: f64 = pairs.map(|(left, right)| (left - right).powi(2)).sum();
                let distance = libm::sqrt(squares);
                distances[(one, other)] = distance;
                distances[(other, one)] = distance;
            }
        }
        Self(distances)
    }

    /// The mean silhouette of a clustering, −1 to 1: `clusters` holds each point's cluster, from zero. `None` where fewer
    /// than two clusters have points.
    pub fn mean_silhouette(&self, clusters: &[usize]) -> Option<f64> {
        let count = clusters.iter().max()? + 1;
        let mut sizes = vec![0_usize; count];
        for cluster in clusters {
            sizes[*cluster] += 1;
        }
        if sizes.iter().filter(|size| **size > 0).count() < 2 {
            return None;
        }
        let mut sum = 0.0;
        let mut distances = vec![0.0; count];
        for (point, own) in clusters.iter().enumerate() {
            distances.fill(0.0);
            for (other, cluster) in clusters.iter().enumerate() {
                distances[*cluster] += self.0[(point, other)];
            }
            if sizes[*own] == 1 {
                continue;
            }
            let within = distances[*own] / (sizes[*own] - 1) as f64;
            let nearest = (0..count)
                .filter(|cluster| cluster != own && sizes[*cluster] > 0)
                .map(|cluster| distances[cluster] / sizes[cluster] as f64)
                .fold(f64::INFINITY, f64::min);
            let larger = within.max(nearest);
            // Points that all lie in one place are in no cluster more than in another.
            if larger > 0.0 {
                sum += (nearest - within) / larger;
            }
        }
        Some(sum / clusters.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_mean_silhouette_is_the_hand_computed_one() {
        let points = array![[0.0], [2.0], [10.0], [14.0]];
        let distances = Distances::between(points.view());
        // a, b: (2, 12), (2, 10), (4, 9), (4, 13).
        let expected = (10.0 / 12.0 + 8.0 / 10.0 + 5.0 / 9.0 + 9.0 / 13.0) / 4.0;
        let found = distances.mean_silhouette(&[0, 0, 1, 1]).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn a_point_alone_in_its_cluster_counts_zero_and_one_cluster_has_no_silhouette() {
        let points = array![[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]];
        let distances = Distances::between(points.view());
        // The second point is alone. a, b of the first: 1, 5; of the third: 1, √18.
        let expected = (4.0 / 5.0 + 1.0 - 1.0 / 18.0_f64.sqrt()) / 3.0;
        let found = distances.mean_silhouette(&[2, 0, 2]).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        assert_eq!(distances.mean_silhouette(&[1, 1, 1]), None);
    }

    #[test]
    fn points_in_one_place_have_no_silhouette_to_speak_of() {
        let points = array![[1.0], [1.0], [1.0], [1.0]];
        let distances = Distances::between(points.view());
        assert_eq!(distances.mean_silhouette(&[0, 0, 1, 1]), Some(0.0));
    }
}
