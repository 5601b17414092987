//! Histograms: the sums of a node's rows by feature and bin.
//!
//! Each feature's sums run in the order of the rows on one thread, so they do not depend on how many threads share the
//! features. A node's histogram less that of its smaller child is that of its larger one (LightGBM, Ke et al. 2017).

use super::bins::Bins;
use crate::parallel;

/// Sums over the rows of a node or of a bin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// Σg.
    pub gradient: f64,
    /// Σh.
    pub hessian: f64,
    /// Σ weight.
    pub weight: f64,
    /// Rows.
    pub count: u32,
}

impl Sums {
    /// Adds.
    pub fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
        self.weight += other.weight;
        self.count += other.count;
    }

    /// What is left without a part; exactly nothing if no row is left, whatever the rounding says.
    pub fn without(&self, part: &Self) -> Self {
        if self.count == part.count {
            return Self::default();
        }
        Self {
            gradient: self.gradient - part.gradient,
            hessian: self.hessian - part.hessian,
            weight: self.weight - part.weight,
            count: self.count - part.count,
        }
    }
}

/// Sums of the features that a tree may use.
#[derive(Debug)]
pub struct Histogram {
    /// By place in the list of features: sums by bin.
    pub features: Vec<Vec<Sums>>,
}

/// Additions below which another thread costs more than it gives.
const WORTH_A_THREAD: usize = 100_000;

impl Histogram {
    /// Sums `rows`.
    pub fn new(
        rows: &[u32],
        sums: &[Sums],
        bins: &Bins,
        features: &[usize],
        threads: usize,
    ) -> Self {
        // Gathered once, and then read in order for every feature.
        let gathered: Vec<Sums> = rows.iter().map(|row| sums[*row as usize]).collect();
        let of_feature = |place: usize| {
            let feature = features[place];
            let column = &bins.bins[feature];
            let mut cells = vec![Sums::default(); bins.count(feature)];
            for (row, sums) in rows.iter().zip(&gathered) {
                cells[usize::from(column[*row as usize])].add(sums);
            }
            cells
        };
        let worth = rows.len() * features.len() / WORTH_A_THREAD;
        Self {
            features: parallel::map(features.len(), threads.min(worth + 1), of_feature),
        }
    }

    /// The histogram of the rows that `part` does not have.
    pub fn without(mut self, part: &Self) -> Self {
        for (cells, parts) in self.features.iter_mut().zip(&part.features) {
            for (cell, part) in cells.iter_mut().zip(parts) {
                *cell = cell.without(part);
            }
        }
        self
    }
}
