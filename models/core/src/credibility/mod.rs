//! Credibility: the log-odds that a threat signal about a subject is true, explained term by term.
//!
//! The sum is that of naive Bayes: prior log-odds of the kind, plus one weight of evidence for each *independent* witness
//! (I. J. Good, *Probability and the Weighing of Evidence*, 1950), plus what other sources say:
//!
//! `L = prior(kind) + Σ_g max_{r in g} weight(r) + max_{u unconfirmed} weight(u) + surface + other platform`
//!
//! * `weight(r)` is a reporter's reliability in log-odds, scaled by what the log knows of a contact ([`reporter`]).
//! * `g` runs over groups of reporters whom the log ties together ([`independence`]). A group counts as one reporter, its
//!   **strongest**. The mean would let an attacker lower an honest report by joining it from the same network; the
//!   strongest never falls when somebody joins, and a group of any size is worth at most one reporter.
//! * Reporters whom the log does not show to have been contacted by the subject are one group together, whatever they
//!   share: what nothing confirms cannot be multiplied. They tie nobody else together either.
//! * Surface matches and signals of other platforms count once, the strongest of each ([`corroboration`]).
//!
//! It is a score that orders a queue. It never drops a signal, and it is not a probability: the constants are stated
//! assumptions until a platform's own closed cases replace them.

pub mod corroboration;
pub mod independence;
pub mod priority;
pub mod reporter;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::threat::ThreatKind;
use corroboration::Corroboration;
use independence::groups;
use reporter::Report;

crate::closed_set! {
    /// The terms of the sum.
    TermName {
        /// What a signal of this kind is worth before it is known who says it.
        Prior = "prior",
        /// A group of reporters whom the subject contacted, counted as one.
        Reporters = "reporters",
        /// All reporters whom the log does not show to have been contacted, counted as one.
        UnconfirmedReporters = "unconfirmed_reporters",
        /// A public surface that matched a hash bank.
        SurfaceMatch = "surface_match",
        /// What another platform said, decayed.
        OtherPlatform = "other_platform",
        /// A score above its threshold. Never a suspicion by itself.
        Score = "score",
    }
}

crate::closed_set! {
    /// The names of the counts behind a term.
    CountName {
        /// Reporters in the group.
        Reporters = "reporters",
        /// Earlier reports of the strongest reporter that turned out right.
        Right = "right",
        /// Earlier reports of the strongest reporter that turned out wrong.
        Wrong = "wrong",
        /// Percent of reports of the strongest reporter's cohort that are taken to be right.
        CohortPercent = "cohort_percent",
        /// Exact matches.
        ExactMatches = "exact_matches",
        /// Near matches.
        NearMatches = "near_matches",
        /// Platforms whose word stands.
        Platforms = "platforms",
        /// Whole days since the strongest word was said.
        Days = "days",
        /// The score's margin, in log-odds.
        Margin = "margin",
    }
}

/// A count behind a term.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// What is counted.
    pub name: CountName,
    /// How many.
    pub value: f64,
}

/// One term of the sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Which.
    pub name: TermName,
    /// The term in plain words.
    pub words: String,
    /// What it adds, in log-odds.
    pub log_odds: f64,
    /// The counts behind it.
    pub counts: Vec<Count>,
}

/// The sum and its terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credibility {
    /// The sum of the terms. A score, not a probability.
    pub log_odds: f64,
    /// The terms: the prior, groups of reporters by falling weight, unconfirmed reporters, other sources.
    pub terms: Vec<Term>,
}

/// Credibility, and what each report was taken for.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The sum.
    pub credibility: Credibility,
    /// For each report, in the order given: its group (the same number counts as one; 0 is the group of the unconfirmed)
    /// and its own weight.
    pub reports: Vec<(u32, f64)>,
}

/// The prior log-odds of a kind, before it is known who says it: 2 to 9 for a report (18 in 100); even for what does not
/// rest on reports, where the one other term says everything. An assumption: published figures of founded reports by
/// category do not exist for messengers.
pub const fn prior(kind: ThreatKind) -> f64 {
    match kind {
        ThreatKind::ThreatToLife
        | ThreatKind::SelfHarm
        | ThreatKind::ChildSafety
        | ThreatKind::Terrorism
        | ThreatKind::Trafficking => -1.5,
        ThreatKind::SurfaceMatch | ThreatKind::OtherPlatform | ThreatKind::MinorContact => 0.0,
    }
}

/// Weighs a threat signal: all reports about the subject that are remembered, in any order, and what else is known.
///
/// Order of reports changes nothing, not even a bit: terms are sorted before they are summed.
pub fn weigh(kind: ThreatKind, reports: &[Report], other: &Corroboration) -> Weighed {
    let weights: Vec<f64> = reports.iter().map(Report::weight).collect();
    let found = groups(reports);
    let mut terms = vec![Term {
        name: TermName::Prior,
        words: "a signal of this kind, before it is known who says it".to_owned(),
        log_odds: prior(kind),
        counts: Vec::new(),
    }];
    // The strongest of each group: by weight, then by pseudonym, so that a tie is no matter of order.
    let mut strongest: Vec<(u32, usize, usize)> = Vec::new();
    for (index, group) in found.iter().enumerate() {
        match strongest.iter_mut().find(|(known, ..)| known == group) {
            Some((_, best, members)) => {
                *members += 1;
                if precedes(reports, &weights, index, *best) {
                    *best = index;
                }
            }
            None => strongest.push((*group, index, 1)),
        }
    }
    strongest.sort_by(|left, right| {
        let unconfirmed = (left.0 == 0).cmp(&(right.0 == 0));
        unconfirmed.then_with(|| order(reports, &weights, left.1, right.1))
    });
    let mut number = 0;
    let mut numbers = vec![0; reports.len() + 1];
    for (group, best, members) in strongest {
        if group != 0 {
            number += 1;
            numbers[group as usize] = number;
        }
        terms.push(reporters_term(
            &reports[best],
            weights[best],
            members,
            group == 0,
        ));
    }
    terms.extend(other.terms());
    let log_odds = terms.iter().map(|term| term.log_odds).sum();
    let taken = found.iter().map(|group| numbers[*group as usize]);
    Weighed {
        reports: taken.zip(weights.iter().copied()).collect(),
        credibility: Credibility { log_odds, terms },
    }
}

fn order(reports: &[Report], weights: &[f64], left: usize, right: usize) -> std::cmp::Ordering {
    let by_weight = weights[right].total_cmp(&weights[left]);
    by_weight.then_with(|| reports[left].reporter.cmp(&reports[right].reporter))
}

fn precedes(reports: &[Report], weights: &[f64], left: usize, right: usize) -> bool {
    order(reports, weights, left, right).is_lt()
}

fn reporters_term(strongest: &Report, weight: f64, members: usize, unconfirmed: bool) -> Term {
    let who = match members {
        1 => "one reporter".to_owned(),
        _ if unconfirmed => format!("{members} reporters, counted as one"),
        _ => format!("{members} reporters who are tied together, counted as one"),
    };
    let count = |name, value| Count { name, value };
    Term {
        name: if unconfirmed {
            TermName::UnconfirmedReporters
        } else {
            TermName::Reporters
        },
        words: format!(
            "{who}; {}; {}",
            strongest.contact.words(),
            strongest.cohort.words()
        ),
        log_odds: weight,
        counts: vec![
            count(CountName::Reporters, members as f64),
            count(CountName::Right, f64::from(strongest.right)),
            count(CountName::Wrong, f64::from(strongest.wrong)),
            count(
                CountName::CohortPercent,
                libm::round(strongest.cohort.mean() * 100.0),
            ),
        ],
    }
}
