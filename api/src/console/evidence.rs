//! What a recommendation rests on, as pages show it: reasons, activity, timeline, links, features, guarantee. A function of
//! the recommendation, so that the page of a case and the page of a recommendation are the same here.

use std::collections::BTreeSet;

use askama::Template;
use sealwatch_core::feature::{Family, value_in_words};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{EvidenceLink, Recommendation};

use super::chart::Chart;
use super::graph::Graph;
use super::reasons::{ReasonRow, reason_rows};
use super::timeline::Timeline;
use super::words::{self, count, number};
use crate::state::FeatureDescription;

struct FeatureRow {
    name: String,
    meaning: String,
    value: String,
    unit: String,
    is_known: bool,
}

struct FamilyRows {
    title: &'static str,
    features: Vec<FeatureRow>,
}

/// Something shared, as a table's row.
pub(super) struct LinkRow {
    pub(super) kind: String,
    pub(super) entity: String,
    pub(super) accounts: String,
    pub(super) banned: String,
    pub(super) last_accounts: Vec<String>,
}

impl From<&EvidenceLink> for LinkRow {
    fn from(link: &EvidenceLink) -> Self {
        Self {
            kind: words::name(&link.kind),
            entity: link.entity.to_hexadecimal(),
            accounts: number(link.accounts.round()),
            banned: format!("{:.1}", link.banned),
            last_accounts: link
                .last_accounts
                .iter()
                .map(|account| account.to_hexadecimal())
                .collect(),
        }
    }
}

/// What a recommendation rests on.
#[derive(Template)]
#[template(path = "evidence.html")]
pub(super) struct EvidencePart {
    id: String,
    reasons: Vec<ReasonRow>,
    chart: Option<Chart>,
    timeline: Timeline,
    facets_seen: String,
    graph: Option<Graph>,
    links: Vec<LinkRow>,
    families: Vec<FamilyRows>,
    are_names_known: bool,
    feature_count: usize,
    unknown: usize,
}

impl EvidencePart {
    /// Of a recommendation, the names of the features, and which linked accounts are known here.
    pub(super) fn new(
        recommendation: &Recommendation,
        features: &[FeatureDescription],
        known: &BTreeSet<Pseudonym>,
    ) -> Self {
        let evidence = &recommendation.evidence;
        let named = FeatureDescription::beside(features, &recommendation.features);
        let chart = Chart::new(&evidence.facets, recommendation.at);
        let step_ms = chart.as_ref().map_or(0, |chart| chart.step_ms);
        Self {
            id: recommendation.id.to_hexadecimal(),
            reasons: reason_rows(&recommendation.reasons),
            chart,
            timeline: Timeline::new(&evidence.facets, recommendation.deciding, step_ms),
            facets_seen: count(u64::from(recommendation.facets_seen)),
            graph: Graph::new(recommendation.account, &evidence.links, known),
            links: evidence.links.iter().map(LinkRow::from).collect(),
            feature_count: recommendation.features.len(),
            unknown: recommendation
                .features
                .iter()
                .filter(|value| value.is_none())
                .count(),
            are_names_known: named.is_some(),
            families: named
                .map(|pairs| by_family(&pairs.collect::<Vec<_>>()))
                .unwrap_or_default(),
        }
    }
}

/// The features under their families, in the order of the set; a family without features is left out.
fn by_family(features: &[(&FeatureDescription, Option<f32>)]) -> Vec<FamilyRows> {
    let rows = |family: &Family| FamilyRows {
        title: words::family(*family),
        features: features
            .iter()
            .filter(|(description, _)| description.family == *family)
            .map(|(description, value)| feature_row(description, *value))
            .collect(),
    };
    let mut families: Vec<FamilyRows> = Family::ALL.iter().map(rows).collect();
    families.retain(|family| !family.features.is_empty());
    families
}

fn feature_row(description: &FeatureDescription, value: Option<f32>) -> FeatureRow {
    FeatureRow {
        name: description.name.clone(),
        meaning: description.meaning.clone(),
        value: value.map_or_else(
            || "unknown".to_owned(),
            |value| value_in_words(description.unit, value),
        ),
        unit: words::name(description.unit.name()),
        is_known: value.is_some(),
    }
}
