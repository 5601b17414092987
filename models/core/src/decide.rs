//! Decide: a decision becomes a recommendation with its reasons, its evidence and a deterministic id.

use crate::behaviour::{Behaviour, Mode};
use crate::feature::{FEATURES, value_in_words};
use crate::identifier::Pseudonym;
use crate::policy::Rule;
use crate::recommendation::{Evidence, Reason, Recommendation, RecommendationId};
use crate::shard::Decision;
use crate::time::Timestamp;

/// How many reasons a recommendation shows.
pub const REASONS: usize = 6;

/// The id of a recommendation: a hash of the account, its incarnation, the behaviour and where the deciding event came
/// from, so that replaying the log gives the same id.
pub fn recommendation_id(decision: &Decision, behaviour: Behaviour) -> RecommendationId {
    let point = &decision.point;
    let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 recommendation id");
    hasher.update(&point.account.to_be_bytes());
    hasher.update(&point.incarnation.to_be_bytes());
    hasher.update(behaviour.name().as_bytes());
    hasher.update(&point.position.partition.to_be_bytes());
    hasher.update(&point.position.offset.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    RecommendationId::new(u128::from_be_bytes(bytes))
}

/// The strongest reasons: what raised the margin, strongest first, at most [`REASONS`].
pub fn reasons(row: &[f32], contributions: &[f64]) -> Vec<Reason> {
    let mut order: Vec<usize> = (0..FEATURES.len().min(contributions.len())).collect();
    order.sort_by(|left, right| {
        contributions[*right]
            .total_cmp(&contributions[*left])
            .then(left.cmp(right))
    });
    order
        .into_iter()
        .filter(|index| contributions[*index] > 0.0)
        .take(REASONS)
        .map(|index| {
            let (feature, value) = (&FEATURES[index], row[index]);
            Reason {
                feature: feature.name.to_owned(),
                value: known(value),
                unit: feature.unit.name().to_owned(),
                contribution: contributions[index],
                words: format!(
                    "{}: {}",
                    feature.meaning,
                    value_in_words(feature.unit, value)
                ),
            }
        })
        .collect()
}

/// What a recommendation needs beside the decision.
#[derive(Debug)]
pub struct Context<'a> {
    /// The rule that decided.
    pub rule: &'a Rule,
    /// The platform's name.
    pub platform: &'a str,
    /// The artefact's digest.
    pub model_digest: &'a str,
    /// Contribution of each feature to the margin.
    pub contributions: &'a [f64],
}

/// Builds the recommendation.
pub fn recommend(decision: &Decision, context: &Context<'_>, evidence: Evidence) -> Recommendation {
    let point = &decision.point;
    let rule = context.rule;
    Recommendation {
        id: recommendation_id(decision, rule.behaviour),
        platform: context.platform.to_owned(),
        account: Pseudonym::from_bytes(point.account.to_be_bytes()),
        incarnation: u32::from(point.incarnation),
        behaviour: rule.behaviour,
        answer: rule.answer,
        mode: if decision.is_lowered {
            Mode::Shadow
        } else {
            rule.mode_at(Timestamp(point.at))
        },
        score: decision.margin,
        threshold: rule.threshold.clone(),
        model_digest: context.model_digest.to_owned(),
        reasons: reasons(decision.row.as_slice(), context.contributions),
        features: decision.row.iter().map(|value| known(*value)).collect(),
        at: Timestamp(point.at),
        first: point.first,
        deciding: point.position,
        facets_seen: point.facets,
        evidence,
    }
}

fn known(value: f32) -> Option<f32> {
    if value.is_finite() { Some(value) } else { None }
}
