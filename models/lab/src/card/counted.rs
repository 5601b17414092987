//! Counts with the interval of their share, and quantiles: the small parts that figures are made of.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assess::subject::Subject;
use crate::statistics::Estimate;
use crate::statistics::proportion::{clopper_pearson, korn_graubard};
use crate::statistics::quantile::of_sorted;

/// Every interval of a card has this confidence.
pub const CONFIDENCE: f64 = 0.95;

/// A count of a total, with the 95% interval of its share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Counted {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub total: u64,
    /// The share.
    pub share: Estimate,
}

impl Counted {
    /// Of independent things: the interval is that of Clopper and Pearson.
    pub fn independent(count: u64, total: u64) -> Self {
        Self {
            count,
            total,
            share: clopper_pearson(count, total, CONFIDENCE),
        }
    }

    /// Of accounts, which may be linked: the interval is that of Korn and Graubard over linked groups.
    pub fn accounts<'subject>(
        subjects: impl IntoIterator<Item = &'subject Subject>,
        counts: impl Fn(&Subject) -> bool,
    ) -> Self {
        let mut groups: BTreeMap<(u32, u64), (u64, u64)> = BTreeMap::new();
        for subject in subjects {
            let group = groups.entry(subject.group()).or_default();
            group.0 += u64::from(counts(subject));
            group.1 += 1;
        }
        let groups: Vec<(u64, u64)> = groups.into_values().collect();
        Self {
            count: groups.iter().map(|group| group.0).sum(),
            total: groups.iter().map(|group| group.1).sum(),
            share: korn_graubard(&groups, CONFIDENCE),
        }
    }
}

/// Quantiles of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// How many values there are.
    pub count: usize,
    /// A tenth lies below.
    pub tenth: f64,
    /// A quarter lies below.
    pub quarter: f64,
    /// Half lie below.
    pub median: f64,
    /// Three quarters lie below.
    pub three_quarters: f64,
    /// Nine tenths lie below.
    pub nine_tenths: f64,
}

impl Quantiles {
    /// Of these values.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share| of_sorted(&values, share);
        Self {
            count: values.len(),
            tenth: at(0.1),
            quarter: at(0.25),
            median: at(0.5),
            three_quarters: at(0.75),
            nine_tenths: at(0.9),
        }
    }
}
