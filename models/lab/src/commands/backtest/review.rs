//! What reviewers decided, as the stream tells it, and how that compares with what would have been recommended.

use std::collections::BTreeMap;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::values::{EnforcementAction, Verdict};
use sealwatch_core::event::{Body, Event};
use sealwatch_core::split::key;
use sealwatch_core::time::HOUR;
use serde::Serialize;

/// One decision about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Event time, milliseconds.
    pub at: i64,
    /// For which behaviour; `None` where the platform does not say.
    pub behaviour: Option<Behaviour>,
    /// Whether it was against the account.
    pub is_against: bool,
    /// Whether it is a label (else an enforcement).
    pub is_label: bool,
}

/// The decision that an event tells of, if it is one: labels, and enforcements that take something from an account or give
/// it back. A challenge takes nothing and decides nothing.
pub fn review(event: &Event) -> Option<(u128, Review)> {
    let (account, behaviour, is_against, is_label) = match &event.body {
        Body::LabelGiven(body) => {
            let is_against = body.verdict != Verdict::Benign;
            (body.account.0, Some(body.behaviour), is_against, true)
        }
        Body::EnforcementApplied(body) => match body.action {
            EnforcementAction::Challenged => return None,
            EnforcementAction::Reinstated => (body.account.0, body.behaviour, false, false),
            EnforcementAction::Limited
            | EnforcementAction::Suspended
            | EnforcementAction::Banned => (body.account.0, body.behaviour, true, false),
        },
        _ => return None,
    };
    let review = Review {
        at: event.at.0,
        behaviour,
        is_against,
        is_label,
    };
    Some((key(account), review))
}

/// Reviews by account, in the order of the log.
pub type Reviews = BTreeMap<u128, Vec<Review>>;

sealwatch_core::closed_set! {
    /// How a recommendation compares with the reviews of its account.
    Outcome {
        /// The last review of this behaviour was against the account.
        Agreed = "agreed",
        /// The last review of this behaviour cleared the account.
        Contradicted = "contradicted",
        /// Reviews were against the account, for other behaviours only.
        OtherBehaviour = "other_behaviour",
        /// Nobody reviewed the account.
        NotReviewed = "not_reviewed",
    }
}

/// A comparison with the reviews.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// The outcome.
    pub outcome: Outcome,
    /// Hours from the recommendation to the first review against the account for this behaviour: positive where the
    /// recommendation came first.
    pub lead_hours: Option<f64>,
}

/// Compares a recommendation about a behaviour with the reviews of its account. The last review counts, so that an upheld
/// appeal clears.
pub fn compare(behaviour: Behaviour, at: i64, reviews: &[Review]) -> Compared {
    let is_about = |review: &&Review| {
        review
            .behaviour
            .is_none_or(|reviewed| reviewed == behaviour)
    };
    let own = || reviews.iter().filter(is_about);
    let outcome = match own().next_back() {
        Some(review) if review.is_against => Outcome::Agreed,
        Some(_) => Outcome::Contradicted,
        None if reviews.iter().any(|review| review.is_against) => Outcome::OtherBehaviour,
        None => Outcome::NotReviewed,
    };
    let first = own().find(|review| review.is_against);
    Compared {
        outcome,
        lead_hours: first
            .filter(|_| outcome == Outcome::Agreed)
            .map(|review| (review.at - at) as f64 / HOUR as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(at: i64, behaviour: Option<Behaviour>, is_against: bool) -> Review {
        Review {
            at,
            behaviour,
            is_against,
            is_label: true,
        }
    }

    #[test]
    fn the_last_review_counts_and_the_lead_goes_to_the_first_against() {
        let spam = Behaviour::GroupSpam;
        let both = [
            review(3 * HOUR, Some(spam), true),
            review(9 * HOUR, Some(spam), true),
        ];
        let compared = compare(spam, HOUR, &both);
        assert_eq!(compared.outcome, Outcome::Agreed);
        assert_eq!(compared.lead_hours, Some(2.0));
        let late = compare(spam, 5 * HOUR, &both);
        assert_eq!(late.lead_hours, Some(-2.0));
        let appealed = [both[0], review(9 * HOUR, None, false)];
        let compared = compare(spam, HOUR, &appealed);
        assert_eq!(
            (compared.outcome, compared.lead_hours),
            (Outcome::Contradicted, None)
        );
    }

    #[test]
    fn another_behaviour_is_neither_agreement_nor_contradiction() {
        let other = [review(0, Some(Behaviour::Enumeration), true)];
        let compared = compare(Behaviour::GroupSpam, 0, &other);
        assert_eq!(compared.outcome, Outcome::OtherBehaviour);
        let cleared = [review(0, Some(Behaviour::Enumeration), false)];
        let compared = compare(Behaviour::GroupSpam, 0, &cleared);
        assert_eq!(compared.outcome, Outcome::NotReviewed);
        assert_eq!(
            compare(Behaviour::GroupSpam, 0, &[]).outcome,
            Outcome::NotReviewed
        );
    }
}
