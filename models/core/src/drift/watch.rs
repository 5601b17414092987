//! What the live judge counts of the stream, and how far it is from the calibration.
//!
//! Each shard counts its own accounts of two days of event time: the newest one that it has seen, and the day before. The counts
//! are a function of the log alone; they are in no checkpoint, and begin anew when the service is started.

use std::sync::Arc;

use super::bins::{Bins, MOST_EDGES};
use super::distributions::{Distributions, MOST_FEATURES};
use super::draw::{Draw, Moment};
use super::index::{FEWEST, population_stability_index};
use crate::detector::DETECTORS;
use crate::feature::index_of;

/// Accounts that a shard keeps for each detector and day: of 16 shards 4,096, of which the index is known to 0.005.
const CELLS: usize = 256;

/// Bins of a distribution at most, with those above the last edge and of what is unknown.
const MOST_BINS: usize = MOST_EDGES + 2;

/// The distributions of a detector, first that of the scores.
const SERIES: usize = 1 + MOST_FEATURES;

/// The bins that one scoring fell into, by series.
type Places = [u8; SERIES];

/// A detector's distributions at the calibration, ready to be compared with.
#[derive(Debug, Clone)]
struct Reference {
    scores: Bins,
    /// With the features' indexes.
    features: Vec<(usize, Bins)>,
}

/// The distributions at the calibration, by detector; none where the artefact has none or the detector is off.
#[derive(Debug, Default)]
pub struct References([Option<Reference>; DETECTORS]);

impl References {
    /// Makes a detector's distributions known. They were checked.
    pub fn set(&mut self, detector: usize, distributions: &Distributions) {
        let features = distributions.features.iter().take(MOST_FEATURES);
        let features = features
            .filter_map(|(name, bins)| Some((index_of(name)?, bins.clone())))
            .collect();
        if let Some(reference) = self.0.get_mut(detector) {
            *reference = Some(Reference {
                scores: distributions.scores.clone(),
                features,
            });
        }
    }

    /// The detectors that can be compared, each with the indexes of its features.
    pub fn detectors(&self) -> impl Iterator<Item = (usize, Vec<usize>)> {
        let known = self.0.iter().enumerate();
        known.filter_map(|(detector, reference)| {
            let features = reference.as_ref()?.features.iter();
            Some((detector, features.map(|(index, _)| *index).collect()))
        })
    }
}

impl Reference {
    fn places(&self, margin: f64, row: &[f32]) -> Places {
        let mut places = [0; SERIES];
        places[0] = self.scores.place(margin as f32) as u8;
        for (place, (index, bins)) in places[1..].iter_mut().zip(&self.features) {
            *place = bins.place(row[*index]) as u8;
        }
        places
    }
}

/// Counts of one detector.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    scorings: u64,
    bins: [[u64; MOST_BINS]; SERIES],
}

impl Counts {
    const fn count(&mut self, places: &Places) {
        self.scorings += 1;
        let mut series = 0;
        while series < SERIES {
            self.bins[series][places[series] as usize] += 1;
            series += 1;
        }
    }

    const fn forget(&mut self, places: &Places) {
        self.scorings -= 1;
        let mut series = 0;
        while series < SERIES {
            self.bins[series][places[series] as usize] -= 1;
            series += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.scorings += other.scorings;
        let bins = self.bins.as_flattened_mut().iter_mut();
        for (sum, count) in bins.zip(other.bins.as_flattened()) {
            *sum += count;
        }
    }
}

/// Scorings of one detector and day: those that were drawn, and their counts.
type Drawn = (Draw<Places>, Counts);

/// One day of a shard.
#[derive(Debug, Clone)]
struct Day {
    day: i64,
    /// On the heap: a detector that is off takes no room.
    detectors: [Option<Box<Drawn>>; DETECTORS],
}

impl Day {
    const fn new(day: i64) -> Self {
        Self {
            day,
            detectors: [const { None }; DETECTORS],
        }
    }
}

/// Counts the scores and features of one shard's accounts.
#[derive(Debug, Clone)]
pub struct DriftWatch {
    references: Arc<References>,
    /// The newest first.
    days: [Day; 2],
    has_changed: bool,
}

impl DriftWatch {
    /// A watch that has seen nothing.
    pub fn new(references: Arc<References>) -> Self {
        Self {
            references,
            days: [Day::new(i64::MIN), Day::new(i64::MIN)],
            has_changed: false,
        }
    }

    /// Sees a scoring.
    pub fn see(&mut self, detector: usize, moment: Moment, margin: f64, row: &[f32]) {
        let Some(Some(reference)) = self.references.0.get(detector) else {
            return;
        };
        let Some(day) = day_of(&mut self.days, moment.day()) else {
            return;
        };
        let (draw, counts) = &mut **day.detectors[detector]
            .get_or_insert_with(|| Box::new((Draw::new(CELLS), Counts::default())));
        let placed = draw.offer(moment, || reference.places(margin, row));
        if let Some(placed) = placed {
            if let Some(displaced) = &placed.displaced {
                counts.forget(displaced);
            }
            counts.count(placed.kept);
            self.has_changed = true;
        }
    }
}

/// The day with this number, which may be a new one; `None` where it is older than both.
fn day_of(days: &mut [Day; 2], number: i64) -> Option<&mut Day> {
    if number > days[0].day {
        days.swap(0, 1);
        if days[1].day != number - 1 {
            days[1] = Day::new(number - 1);
        }
        days[0] = Day::new(number);
    }
    days.iter_mut().find(|day| day.day == number)
}

/// How far a detector's accounts are from those of the calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftReading {
    /// Scorings that were counted, one for each account and day.
    pub scorings: u64,
    /// The index of the scores; `None` where there are too few to say anything.
    pub scores: Option<f64>,
    /// The same of each feature, by its place in the registry.
    pub features: Vec<(usize, Option<f64>)>,
}

/// What is known of each detector; `None` of those without distributions at the calibration.
pub type DriftReadings = [Option<DriftReading>; DETECTORS];

/// Reads the watches of all shards, over the newest day that any of them has seen and the day before. `None` where nothing has
/// changed since the last time.
pub fn measure(watches: &mut [&mut DriftWatch]) -> Option<DriftReadings> {
    let mut has_changed = false;
    for watch in watches.iter_mut() {
        has_changed |= std::mem::take(&mut watch.has_changed);
    }
    if !has_changed {
        return None;
    }
    let newest = watches.iter().map(|watch| watch.days[0].day).max()?;
    let mut sums = [Counts::default(); DETECTORS];
    for day in watches.iter().flat_map(|watch| &watch.days) {
        if day.day == newest || day.day == newest - 1 {
            for (sum, counted) in sums.iter_mut().zip(&day.detectors) {
                if let Some(counted) = counted {
                    sum.add(&counted.1);
                }
            }
        }
    }
    let references = &watches.first()?.references.0;
    Some(std::array::from_fn(|detector| {
        let reference = references[detector].as_ref()?;
        Some(reading(reference, &sums[detector]))
    }))
}

fn reading(reference: &Reference, counts: &Counts) -> DriftReading {
    let index = |bins: &Bins, seen: &[u64]| {
        let is_enough = counts.scorings >= FEWEST;
        is_enough.then(|| population_stability_index(&bins.counts, seen))
    };
    let features = reference.features.iter().zip(&counts.bins[1..]);
    DriftReading {
        scorings: counts.scorings,
        scores: index(&reference.scores, &counts.bins[0]),
        features: features
            .map(|((feature, bins), seen)| (*feature, index(bins, seen)))
            .collect(),
    }
}
