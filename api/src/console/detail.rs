//! The page of a recommendation: what is recommended, why, on what evidence, and with which guarantee.

use askama::Template;
use sealwatch_core::feature::{Family, value_in_words};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{
    EvidenceFacet, EvidenceLink, Position, Reason, SealedIdentity,
};
use sealwatch_core::time::Timestamp;

use super::chart::Chart;
use super::words::{self, Moment, Threshold, count, number};
use super::{Frame, Row};
use crate::state::FeatureDescription;
use crate::store::{Delivered, Summary};

/// Width of the longest bar of a reason, in the drawing's own units.
const BAR: f64 = 100.0;

struct ReasonRow {
    words: String,
    feature: String,
    value: String,
    contribution: String,
    bar: String,
}

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

struct FacetRow {
    at: Moment,
    what: String,
    counterpart: String,
    values: String,
    is_deciding: bool,
}

struct LinkRow {
    kind: String,
    entity: String,
    accounts: String,
    banned: String,
    last_accounts: Vec<String>,
}

struct SealedRow {
    sealed_for: &'static str,
    key_ids: Vec<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "recommendation.html")]
pub struct DetailPage {
    frame: Frame,
    row: Row,
    looks_like: &'static str,
    incarnation: u32,
    threshold: Threshold,
    excess: String,
    model_digest: String,
    reasons: Vec<ReasonRow>,
    families: Vec<FamilyRows>,
    feature_count: usize,
    unknown: usize,
    are_names_known: bool,
    chart: Option<Chart>,
    facets: Vec<FacetRow>,
    facets_seen: u32,
    links: Vec<LinkRow>,
    sealed: Vec<SealedRow>,
    first: Position,
    deciding: Position,
    received: Moment,
    last_received: Moment,
    deliveries: i64,
    others: Vec<Row>,
}

impl DetailPage {
    /// Of a delivered recommendation, the names of the features, and others about the same account.
    pub fn new(
        frame: Frame,
        delivered: &Delivered,
        features: &[FeatureDescription],
        others: &[Summary],
    ) -> Self {
        let recommendation = &delivered.recommendation;
        let evidence = &recommendation.evidence;
        let named = FeatureDescription::beside(features, &recommendation.features);
        let most = recommendation
            .reasons
            .iter()
            .map(|reason| reason.contribution.abs())
            .fold(0.0, f64::max);
        Self {
            frame,
            row: (&delivered.summary()).into(),
            looks_like: words::behaviour(recommendation.behaviour),
            incarnation: recommendation.incarnation,
            threshold: Threshold::new(&recommendation.threshold),
            excess: words::score(recommendation.score - recommendation.threshold.margin),
            model_digest: recommendation.model_digest.clone(),
            reasons: recommendation
                .reasons
                .iter()
                .map(|reason| reason_row(reason, most))
                .collect(),
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
            chart: Chart::new(&evidence.facets),
            facets: evidence
                .facets
                .iter()
                .rev()
                .map(|facet| facet_row(facet, recommendation.deciding))
                .collect(),
            facets_seen: recommendation.facets_seen,
            links: evidence.links.iter().map(link_row).collect(),
            sealed: delivered.sealed_identities.iter().map(sealed_row).collect(),
            first: recommendation.first,
            deciding: recommendation.deciding,
            received: Moment::new(Timestamp(delivered.received_ms)),
            last_received: Moment::new(Timestamp(delivered.last_received_ms)),
            deliveries: delivered.deliveries,
            others: others.iter().map(Row::from).collect(),
        }
    }
}

fn reason_row(reason: &Reason, most: f64) -> ReasonRow {
    let share = if most > 0.0 {
        reason.contribution.abs() / most
    } else {
        0.0
    };
    ReasonRow {
        words: reason.words.clone(),
        feature: reason.feature.clone(),
        value: reason.value.map_or_else(
            || "unknown".to_owned(),
            |value| format!("{} {}", number(value), reason.unit),
        ),
        contribution: format!("{:+.2}", reason.contribution),
        bar: format!("{:.1}", (share * BAR).max(1.0)),
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

fn facet_row(facet: &EvidenceFacet, deciding: Position) -> FacetRow {
    let value = |(name, value): &(String, f32)| format!("{} {}", words::name(name), number(*value));
    FacetRow {
        at: Moment::new(facet.at),
        what: words::name(&facet.what),
        counterpart: facet
            .counterpart
            .map(Pseudonym::to_hexadecimal)
            .unwrap_or_default(),
        values: facet
            .values
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .join(" · "),
        is_deciding: facet.position == deciding,
    }
}

fn link_row(link: &EvidenceLink) -> LinkRow {
    LinkRow {
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

fn sealed_row(identity: &SealedIdentity) -> SealedRow {
    SealedRow {
        sealed_for: identity.sealed_for.name(),
        key_ids: identity.key_ids.clone(),
    }
}

/// A position in words.
fn place(position: &Position) -> String {
    let (partition, offset) = (position.partition, count(position.offset));
    format!(
        "record {} (partition {partition}, offset {offset})",
        count(position.sequence)
    )
}
