//! What the figures do not say, in plain words.

use crate::card::figure::{rate, thousands};
use crate::card::{ArtefactFacts, BehaviourCard, EvaluationFacts};

/// The limits that hold for this card.
pub fn limits(
    artefact: &ArtefactFacts,
    evaluation: &EvaluationFacts,
    behaviours: &[BehaviourCard],
) -> Vec<String> {
    let mut limits = Vec::new();
    if artefact.population.is_simulated() {
        limits.push(format!(
            "The models were trained and calibrated on the simulator “{}”. Nothing here says how they do on people. Sealwatch \
             refuses to put such a threshold live.",
            artefact.population.name()
        ));
    }
    limits.push(
        "The promise holds for benign accounts that are like those of the calibration: the same platform, the same time, the \
         same kinds of people. It is a promise about the share of benign accounts in a window, not about the share of wrong \
         ones among the flagged: that depends on how rare abuse is, and is the table of precision."
            .to_owned(),
    );
    limits.push(
        "With the stated delta, a calibration fails its bound by chance. Each behaviour has a promise of its own; an account \
         may be flagged for any of them. All bounds hold at once with probability 1 − (number of behaviours) · delta at least; \
         the platform's rate is then at most their sum. The promise counts groups of linked accounts: if large groups are \
         flagged more often than small ones, the share of accounts is higher."
            .to_owned(),
    );
    let benign = evaluation.benign_groups;
    let smallest = behaviours
        .iter()
        .flat_map(|behaviour| &behaviour.thresholds)
        .map(|at| at.threshold.alpha)
        .fold(f64::INFINITY, f64::min);
    if benign > 0 {
        // The rule of three: none of n leaves rates up to 1 − 0.025^(1/n) in the two-sided interval.
        let unseen = -libm::expm1(libm::log(0.025) / benign as f64);
        limits.push(format!(
            "There are {} benign groups here. If none of them is flagged, a rate of up to {} cannot be excluded. False-ban rates \
             below {} cannot be measured here at all, only promised by the calibration.",
            thousands(benign),
            rate(unseen),
            rate(1.0 / benign as f64)
        ));
        if unseen > smallest {
            limits.push(format!(
                "To confirm the strictest promise ({}) takes at least {} benign groups with none flagged.",
                rate(smallest),
                thousands(libm::ceil(libm::log(0.025) / libm::log1p(-smallest)) as u64)
            ));
        }
    }
    for behaviour in behaviours {
        let window = behaviour
            .thresholds
            .iter()
            .map(|at| at.threshold.window_days);
        if let Some(days) = window.max()
            && f64::from(days) > evaluation.shortest_days
        {
            limits.push(format!(
                "{}: the promise is about {days} days, and a recording here has only {:.1}: its false bans are counted over a \
                 shorter time, and look too few.",
                behaviour.behaviour.title(),
                evaluation.shortest_days
            ));
        }
    }
    limits.push(format!(
        "Intervals hold at 95% each, not all together. Those of shares of abusive accounts and of curves allow for linked \
         accounts (Korn-Graubard; {} bootstrap draws of linked groups); those of false bans are exact (Clopper-Pearson), one \
         count for each linked group.",
        evaluation.draws
    ));
    limits.push(
        "Abusive accounts count from the time that their label names; how much they were found depends on how long the recording \
         goes on after it, and on when the platform's own enforcement stopped them. Labels are taken as true: an abuser among \
         the benign counts as a false ban here."
            .to_owned(),
    );
    limits.push(
        "Each recording begins without any memory of its accounts. A system that has run for weeks knows more, and may flag \
         sooner."
            .to_owned(),
    );
    limits
}
