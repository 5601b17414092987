//! One labelled account of an assessment, and the groups of linked accounts that figures count in.

use std::collections::BTreeMap;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::detector::DETECTORS;

use crate::assess::facts::Facts;
use crate::assess::watch::{Crossing, Early, Scores};
use crate::labels::{Kind, Label};

/// A labelled account with its scores and facts.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its key, a pseudonym.
    pub account: u128,
    /// Which folder it is from.
    pub folder: u32,
    /// What is known of it.
    pub label: Label,
    /// Its scores, by detector.
    pub scores: [Scores; DETECTORS],
    /// What the events tell of it.
    pub facts: Facts,
    /// Of an abusive account, its own detector's first crossings, by bound.
    pub found: Vec<Option<Crossing>>,
    /// What flagged it early, by bound.
    pub early: Vec<Early>,
}

impl Subject {
    /// Whether it did this behaviour (or was taken over, for account takeover).
    pub fn did(&self, behaviour: Behaviour) -> bool {
        self.label.behaviour == Some(behaviour)
            && matches!(self.label.kind, Kind::Abusive | Kind::Compromised)
    }

    /// How hard it hides: 0 below a third, 1 below two thirds, 2 above.
    pub fn level(&self) -> usize {
        ((self.label.hiding * 3.0) as usize).min(2)
    }

    /// Its linked group, unique over folders.
    pub const fn group(&self) -> (u32, u64) {
        (self.folder, self.label.group)
    }
}

/// The detector of a behaviour, if it has one.
pub fn detector_of(behaviour: Behaviour) -> Option<usize> {
    Behaviour::WITH_DETECTOR
        .iter()
        .position(|candidate| *candidate == behaviour)
}

/// The benign accounts of each linked group, as lists of places in `subjects`, in the order of the groups. Abusive accounts in a
/// group do not count, as in calibration.
pub fn benign_groups(subjects: &[Subject]) -> Vec<Vec<u32>> {
    let mut groups: BTreeMap<(u32, u64), Vec<u32>> = BTreeMap::new();
    for (place, subject) in subjects.iter().enumerate() {
        if subject.label.kind == Kind::Benign {
            groups
                .entry(subject.group())
                .or_default()
                .push(place as u32);
        }
    }
    groups.into_values().collect()
}

/// The highest margin of a group by a detector.
pub fn highest(subjects: &[Subject], group: &[u32], detector: usize) -> f64 {
    group
        .iter()
        .map(|place| subjects[*place as usize].scores[detector].highest)
        .fold(f64::NEG_INFINITY, f64::max)
}
