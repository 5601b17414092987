//! What a detector finds at one threshold: whom, how soon, and from what.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::recommendation::Threshold;
use sealwatch_core::time::HOUR;
use serde::Serialize;

use crate::assess::Assessment;
use crate::assess::subject::{Subject, highest};
use crate::card::counted::{Counted, Quantiles};
use crate::statistics::Estimate;
use crate::statistics::curve::precision_at;
use crate::statistics::proportion::{clopper_pearson, korn_graubard};

/// The shares of abusive accounts for which precision is stated.
pub const BASE_RATES: [f64; 5] = [0.0005, 0.0013, 0.005, 0.01, 0.02];

/// The levels of hiding, in the order of [`Subject::level`].
pub const LEVELS: [&str; 3] = ["low", "middle", "high"];

sealwatch_core::closed_set! {
    /// What the observed false-ban rate says of the bound.
    Bound {
        /// The upper end of the rate's interval is at most alpha.
        Confirmed = "confirmed",
        /// The interval has alpha in it.
        NotRefuted = "not_refuted",
        /// The lower end of the interval is above alpha.
        Refuted = "refuted",
    }
}

/// Figures at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtThreshold {
    /// The threshold and its guarantee.
    pub threshold: Threshold,
    /// Benign linked groups flagged within the window.
    pub false_bans: Counted,
    /// What that says of the bound.
    pub bound: Bound,
    /// All who did it, then those of each level of hiding.
    pub detection: Detection,
    /// By level of hiding: low, middle, high.
    pub by_hiding: Vec<Detection>,
    /// Precision by base rate.
    pub precision: Vec<Precision>,
    /// Hours from `since` to the event that found the account.
    pub hours: Quantiles,
    /// Things that the account did from `since` on, up to and with the event that found it.
    pub acts: Quantiles,
    /// Accounts that did something else, flagged by this detector.
    pub others: Counted,
}

/// Whom a detector finds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detection {
    /// Accounts ever found, from `since` on.
    pub found: Counted,
    /// Of the found: before anybody reported them.
    pub without_report: Counted,
    /// Of those registered within the data: flagged at the registration itself, by this detector.
    pub at_registration: Counted,
    /// The same within the first hour.
    pub within_hour: Counted,
    /// The same within the first hour, by any detector at the same bound.
    pub within_hour_by_any: Counted,
}

/// Precision at a base rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Precision {
    /// Share of accounts that do it.
    pub base_rate: f64,
    /// Precision by the shares observed here.
    pub observed: Estimate,
    /// Precision if false bans were as frequent as the bound allows.
    pub at_bound: f64,
}

/// Measures a behaviour at one of its thresholds.
pub fn at_threshold(
    assessment: &Assessment,
    benign: &[Vec<u32>],
    behaviour: Behaviour,
    detector: usize,
    threshold: &Threshold,
) -> AtThreshold {
    let subjects = &assessment.subjects;
    let bounds = &assessment.setup.alphas;
    let bound = bounds.iter().position(|alpha| *alpha == threshold.alpha);
    let bound = bound.unwrap_or(usize::MAX);
    let flagged = benign
        .iter()
        .filter(|group| highest(subjects, group, detector) > threshold.margin)
        .count() as u64;
    let false_bans = Counted::independent(flagged, benign.len() as u64);
    let did: Vec<&Subject> = subjects
        .iter()
        .filter(|subject| subject.did(behaviour))
        .collect();
    let crossings = || {
        did.iter()
            .filter_map(|subject| Some((*subject, (*subject.found.get(bound)?)?)))
    };
    let hours = crossings()
        .map(|(subject, crossing)| (crossing.at - subject.label.since) as f64 / HOUR as f64);
    let acts = crossings().filter_map(|(subject, _)| *subject.facts.acts.get(bound)?);
    let others = subjects.iter().filter(|subject| {
        !subject.did(behaviour) && subject.label.kind != crate::labels::Kind::Benign
    });
    AtThreshold {
        threshold: threshold.clone(),
        false_bans,
        bound: verdict(false_bans.share, threshold.alpha),
        detection: detection(did.iter().copied(), detector, bound),
        by_hiding: (0..LEVELS.len())
            .map(|level| {
                let of_level = did
                    .iter()
                    .copied()
                    .filter(|subject| subject.level() == level);
                detection(of_level, detector, bound)
            })
            .collect(),
        precision: precision(&did, bound, false_bans, threshold.alpha),
        hours: Quantiles::of(hours.collect()),
        acts: Quantiles::of(acts.map(|acts| acts as f64).collect()),
        others: Counted::accounts(others, |subject| {
            subject.scores[detector].highest > threshold.margin
        }),
    }
}

fn verdict(share: Estimate, alpha: f64) -> Bound {
    if share.high <= alpha {
        Bound::Confirmed
    } else if share.low > alpha {
        Bound::Refuted
    } else {
        Bound::NotRefuted
    }
}

fn is_found(subject: &Subject, bound: usize) -> bool {
    matches!(subject.found.get(bound), Some(Some(_)))
}

fn detection<'subject>(
    did: impl Iterator<Item = &'subject Subject> + Clone,
    detector: usize,
    bound: usize,
) -> Detection {
    let found = did.clone().filter(|subject| is_found(subject, bound));
    let new = did
        .clone()
        .filter(|subject| subject.facts.registered.is_some());
    let early = |subject: &Subject| subject.early.get(bound).copied().unwrap_or_default();
    Detection {
        found: Counted::accounts(did, |subject| is_found(subject, bound)),
        without_report: Counted::accounts(found, |subject| {
            let crossing = subject.found.get(bound).copied().flatten();
            // A report that is itself the event that found the account came before.
            crossing.is_some_and(|crossing| {
                subject
                    .facts
                    .first_report
                    .is_none_or(|report| report > crossing.sequence)
            })
        }),
        at_registration: Counted::accounts(new.clone(), |subject| {
            early(subject).at_registration >> detector & 1 == 1
        }),
        within_hour: Counted::accounts(new.clone(), |subject| {
            early(subject).within_hour >> detector & 1 == 1
        }),
        within_hour_by_any: Counted::accounts(new, |subject| early(subject).within_hour != 0),
    }
}

/// The interval joins those of both shares, each at 97.5%, so that together they hold at 95% (Bonferroni): conservative.
fn precision(did: &[&Subject], bound: usize, false_bans: Counted, alpha: f64) -> Vec<Precision> {
    let mut groups = std::collections::BTreeMap::<_, (u64, u64)>::new();
    for subject in did {
        let group = groups.entry(subject.group()).or_default();
        group.0 += u64::from(is_found(subject, bound));
        group.1 += 1;
    }
    let groups: Vec<_> = groups.into_values().collect();
    let found = korn_graubard(&groups, 0.975);
    let wrong = clopper_pearson(false_bans.count, false_bans.total, 0.975);
    BASE_RATES
        .iter()
        .map(|base_rate| Precision {
            base_rate: *base_rate,
            observed: Estimate {
                value: precision_at(*base_rate, found.value, wrong.value),
                low: precision_at(*base_rate, found.low, wrong.high),
                high: precision_at(*base_rate, found.high, wrong.low),
            },
            at_bound: precision_at(*base_rate, found.value, alpha),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_confirmed_or_refuted_only_by_the_whole_interval() {
        // 3 of 14,973 at 0.001: the interval of Clopper and Pearson ends at 0.00059.
        let share = |count, total| clopper_pearson(count, total, 0.95);
        assert_eq!(verdict(share(3, 14_973), 1e-3), Bound::Confirmed);
        assert_eq!(verdict(share(0, 500), 1e-3), Bound::NotRefuted);
        assert_eq!(verdict(share(40, 10_000), 1e-3), Bound::Refuted);
    }
}
