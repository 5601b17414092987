//! The page of a recommendation: what is recommended, why, on what evidence, and with which guarantee.

use std::collections::BTreeSet;

use askama::Template;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{Position, SealedIdentity};
use sealwatch_core::time::Timestamp;

use super::evidence::EvidencePart;
use super::frame::Frame;
use super::list::Row;
use super::words::{self, Moment, Threshold, count};
use crate::state::FeatureDescription;
use crate::store::{Delivered, Summary};

pub(super) struct SealedRow {
    pub(super) sealed_for: &'static str,
    pub(super) key_ids: Vec<String>,
}

/// Where a recommendation comes from, and for whom its identity is sealed.
pub(super) struct Origin {
    pub(super) first: String,
    pub(super) deciding: String,
    pub(super) received: Moment,
    pub(super) last_received: Moment,
    pub(super) deliveries: i64,
    pub(super) id: String,
    pub(super) model_digest: String,
    pub(super) sealed: Vec<SealedRow>,
}

impl Origin {
    /// Of a delivered recommendation.
    pub(super) fn new(delivered: &Delivered) -> Self {
        let recommendation = &delivered.recommendation;
        Self {
            first: place(&recommendation.first),
            deciding: place(&recommendation.deciding),
            received: Moment::new(Timestamp(delivered.received_ms)),
            last_received: Moment::new(Timestamp(delivered.last_received_ms)),
            deliveries: delivered.deliveries,
            id: recommendation.id.to_hexadecimal(),
            model_digest: recommendation.model_digest.clone(),
            sealed: delivered.sealed_identities.iter().map(sealed_row).collect(),
        }
    }
}

/// The page.
#[derive(Template)]
#[template(path = "recommendation.html")]
pub(super) struct DetailPage {
    frame: Frame,
    row: Row,
    looks_like: &'static str,
    incarnation: u32,
    threshold: Threshold,
    excess: String,
    evidence: EvidencePart,
    origin: Origin,
    others: Vec<Row>,
}

impl DetailPage {
    /// Of a delivered recommendation, the names of the features, which linked accounts are known, and other recommendations
    /// about the same account.
    pub(super) fn new(
        frame: Frame,
        delivered: &Delivered,
        features: &[FeatureDescription],
        known: &BTreeSet<Pseudonym>,
        others: &[Summary],
    ) -> Self {
        let recommendation = &delivered.recommendation;
        Self {
            frame,
            row: (&delivered.summary()).into(),
            looks_like: words::behaviour(recommendation.behaviour),
            incarnation: recommendation.incarnation,
            threshold: Threshold::new(&recommendation.threshold),
            excess: words::score(recommendation.score - recommendation.threshold.margin),
            evidence: EvidencePart::new(recommendation, features, known),
            origin: Origin::new(delivered),
            others: others.iter().map(Row::from).collect(),
        }
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
