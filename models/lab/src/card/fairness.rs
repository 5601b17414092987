//! Whether false bans fall on some kinds of people more than on others.
//!
//! Within a cohort linked benign accounts count once. Each cohort is tested against all other cohorts of its attribute by
//! Fisher's exact test, two-sided; Holm's correction runs over all tests of a behaviour and threshold. The simulator's
//! personas are no people's attribute and are shown without a test.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::assess::Assessment;
use crate::assess::cohort::Attribute;
use crate::card::counted::Counted;
use crate::statistics::{fisher, holm};

/// The level below which an adjusted p-value is called a disparity.
pub const LEVEL: f64 = 0.05;

/// False bans by cohort at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fairness {
    /// The threshold's bound.
    pub alpha: f64,
    /// How many cohorts were tested.
    pub tests: usize,
    /// Cohorts that are flagged more often than others beyond chance, after correction.
    pub more_often: usize,
    /// Cohorts that are flagged less often than others beyond chance, after correction.
    pub less_often: usize,
    /// By attribute.
    pub attributes: Vec<AttributeRates>,
}

/// The cohorts of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttributeRates {
    /// The attribute.
    pub attribute: Attribute,
    /// Its cohorts.
    pub cohorts: Vec<CohortRate>,
}

/// One cohort's false-ban rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CohortRate {
    /// Its name.
    pub name: String,
    /// Benign groups flagged, of those in the cohort.
    pub false_bans: Counted,
    /// Fisher's two-sided p-value against all other cohorts of the attribute; `None` where there is nothing to test.
    pub p_value: Option<f64>,
    /// The same after Holm's correction.
    pub adjusted: Option<f64>,
    /// Whether its rate is above that of all others together.
    pub is_above_others: bool,
}

impl CohortRate {
    /// Whether it differs beyond chance.
    pub fn is_disparity(&self) -> bool {
        self.adjusted.is_some_and(|value| value < LEVEL)
    }
}

/// Compares cohorts of benign accounts at a threshold.
pub fn fairness(
    assessment: &Assessment,
    benign: &[Vec<u32>],
    detector: usize,
    alpha: f64,
    margin: f64,
) -> Fairness {
    let mut attributes: Vec<AttributeRates> = Attribute::ALL
        .iter()
        .map(|attribute| {
            let mut counts = Counts::default();
            for group in benign {
                counts.add(assessment, group, *attribute, |place| {
                    assessment.subjects[place].scores[detector].highest > margin
                });
            }
            AttributeRates {
                attribute: *attribute,
                cohorts: counts.rates(assessment, *attribute),
            }
        })
        .collect();
    let tested: Vec<f64> = attributes
        .iter()
        .flat_map(|attribute| &attribute.cohorts)
        .filter_map(|cohort| cohort.p_value)
        .collect();
    let mut adjusted = holm::adjust(&tested).into_iter();
    for attribute in &mut attributes {
        for cohort in &mut attribute.cohorts {
            cohort.adjusted = cohort.p_value.and_then(|_| adjusted.next());
        }
    }
    let differing = |is_above: bool| {
        let cohorts = attributes.iter().flat_map(|attribute| &attribute.cohorts);
        cohorts
            .filter(|cohort| cohort.is_disparity() && cohort.is_above_others == is_above)
            .count()
    };
    Fairness {
        alpha,
        tests: tested.len(),
        more_often: differing(true),
        less_often: differing(false),
        attributes,
    }
}

/// Flagged groups and all groups, by a cohort's code.
#[derive(Default)]
struct Counts {
    by_code: Vec<(u64, u64)>,
}

impl Counts {
    fn add(
        &mut self,
        assessment: &Assessment,
        group: &[u32],
        attribute: Attribute,
        is_flagged: impl Fn(usize) -> bool,
    ) {
        let code =
            |place: usize| usize::from(assessment.subjects[place].facts.cohorts[attribute.index()]);
        let members = || group.iter().map(|place| *place as usize);
        let codes: BTreeSet<usize> = members().map(code).collect();
        for cohort in codes {
            if self.by_code.len() <= cohort {
                self.by_code.resize(cohort + 1, (0, 0));
            }
            let flagged = members().any(|place| code(place) == cohort && is_flagged(place));
            self.by_code[cohort].0 += u64::from(flagged);
            self.by_code[cohort].1 += 1;
        }
    }

    fn rates(&self, assessment: &Assessment, attribute: Attribute) -> Vec<CohortRate> {
        let all = self
            .by_code
            .iter()
            .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        let rates = assessment.cohorts.of(attribute).into_iter();
        rates
            .filter_map(|(name, code)| {
                let (flagged, total) = *self.by_code.get(usize::from(code))?;
                let is_tested = attribute != Attribute::Persona && total > 0 && total < all.1;
                let p_value = is_tested
                    .then(|| fisher::two_sided(flagged, total, all.0 - flagged, all.1 - total));
                Some(CohortRate {
                    name: name.to_owned(),
                    false_bans: Counted::independent(flagged, total),
                    p_value,
                    adjusted: None,
                    // Cross-multiplied, so that nobody is divided by.
                    is_above_others: flagged * (all.1 - total) > (all.0 - flagged) * total,
                })
            })
            .filter(|cohort| cohort.false_bans.total > 0)
            .collect()
    }
}
