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
    /// Rows.
    pub count: u32,
}

impl Sums {
    /// Adds.
    pub fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
        // Rows are numbered by 32 bits, so this never wraps: a check would only cost time.
        self.count = self.count.wrapping_add(other.count);
    }

    /// What is left without a part; exactly nothing if no row is left, whatever the rounding says.
    pub fn without(&self, part: &Self) -> Self {
        if self.count == part.count {
            return Self::default();
        }
        Self {
            gradient: self.gradient - part.gradient,
            hessian: self.hessian - part.hessian,
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

/// The sums of two features (or of one) at once: while one addition waits for the last one into the same bin, the other
/// feature's goes on. Arrays of all 256 bins need no check of the index.
fn of_pair(rows: &[u32], gathered: &[Sums], bins: &Bins, features: &[usize]) -> Vec<Vec<Sums>> {
    let mut first = [Sums::default(); 256];
    let mut second = [Sums::default(); 256];
    match features {
        [one, other] => {
            let (left, right) = (&bins.bins[*one], &bins.bins[*other]);
            for (row, sums) in rows.iter().zip(gathered) {
                first[usize::from(left[*row as usize])].add(sums);
                second[usize::from(right[*row as usize])].add(sums);
            }
        }
        _ => {
            for column in features.iter().map(|feature| &bins.bins[*feature]) {
                for (row, sums) in rows.iter().zip(gathered) {
                    first[usize::from(column[*row as usize])].add(sums);
                }
            }
        }
    }
    let used = |cells: &[Sums; 256], feature: usize| cells[..bins.count(feature)].to_vec();
    let both = features.iter().zip([&first, &second]);
    both.map(|(feature, cells)| used(cells, *feature)).collect()
}

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
        let worth = rows.len() * features.len() / WORTH_A_THREAD;
        let pairs: Vec<&[usize]> = features.chunks(2).collect();
        let of_pair = |place: usize| of_pair(rows, &gathered, bins, pairs[place]);
        let summed = parallel::map(pairs.len(), threads.min(worth + 1), of_pair);
        Self {
            features: summed.into_iter().flatten().collect(),
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
