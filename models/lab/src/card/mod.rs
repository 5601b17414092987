//! The model card: what an artefact does on labelled accounts, as figures for programs and as a page for people.
//!
//! [`build`] makes the figures from an assessment; [`page::html`] writes them as one page that needs nothing else. Page and
//! JSON come from the same figures.

pub mod counted;
pub mod detection;
pub mod explain;
pub mod fairness;
pub mod figure;
pub mod limits;
pub mod markup;
pub mod page;
pub mod plot;
pub mod ranking;
pub mod reliability;
pub mod section;
pub mod style;
pub mod table;
pub mod verdict;

use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::recommendation::Population;
use sealwatch_core::time::Timestamp;
use serde::Serialize;

use crate::assess::Assessment;
use crate::assess::subject::benign_groups;
use crate::card::detection::{AtThreshold, at_threshold};
use crate::card::explain::{Explanation, explain};
use crate::card::fairness::{Fairness, fairness};
use crate::card::ranking::{Ranking, ranking, sample};
use crate::card::reliability::{Reliability, reliability};
use crate::labels::Kind;

/// A model card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The form of this document.
    pub version: u32,
    /// Where the models came from.
    pub artefact: ArtefactFacts,
    /// What they were measured on.
    pub evaluation: EvaluationFacts,
    /// The behaviours that have a model.
    pub behaviours: Vec<BehaviourCard>,
    /// What the figures do not say, in words.
    pub limits: Vec<String>,
}

/// Where the models came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtefactFacts {
    /// BLAKE3 of the artefact's bytes.
    pub digest: String,
    /// The command that made it.
    pub command: String,
    /// The version of the code that made it.
    pub code_version: String,
    /// The seed of the training.
    pub seed: u64,
    /// Digest of the feature schema.
    pub feature_schema: String,
    /// Digest of the training, calibration and evaluation data of the training.
    pub data: String,
    /// Whose accounts it was trained and calibrated on.
    pub population: Population,
    /// Event time after which the thresholds are to be renewed.
    pub expires: Timestamp,
    /// Whether the evaluation's last event is after that.
    pub is_expired: bool,
}

/// What the models were measured on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluationFacts {
    /// The command that made the card.
    pub command: String,
    /// BLAKE3 over the files of events and labels.
    pub data: String,
    /// The seed of all draws.
    pub seed: u64,
    /// Bootstrap draws.
    pub draws: usize,
    /// Events replayed.
    pub events: u64,
    /// Labelled accounts.
    pub accounts: u64,
    /// Benign ones.
    pub benign_accounts: u64,
    /// Benign linked groups.
    pub benign_groups: u64,
    /// Abusive and compromised ones.
    pub abusive_accounts: u64,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// The shortest recording, in days.
    pub shortest_days: f64,
}

/// One behaviour's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BehaviourCard {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// The verdict in words.
    pub verdict: verdict::Verdict,
    /// How well it ranks.
    pub ranking: Ranking,
    /// What it does at each threshold, smallest bound first.
    pub thresholds: Vec<AtThreshold>,
    /// False bans by cohort, at each threshold.
    pub fairness: Vec<Fairness>,
    /// Whether its probabilities hold.
    pub reliability: Reliability,
    /// What its scores rest on.
    pub explanation: Explanation,
}

/// How a card is made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The command, for the card.
    pub command: String,
    /// Bootstrap draws.
    pub draws: usize,
}

/// Makes the card of an artefact from its assessment.
pub fn build(artefact: &Artefact, assessment: &Assessment, settings: &Settings) -> Card {
    let document = artefact.document();
    let benign = benign_groups(&assessment.subjects);
    let behaviours: Vec<BehaviourCard> = Behaviour::WITH_DETECTOR
        .iter()
        .enumerate()
        .filter_map(|(detector, behaviour)| {
            behaviour_card(
                artefact, assessment, &benign, *behaviour, detector, settings,
            )
        })
        .collect();
    let of = |kind: Kind| {
        let subjects = assessment.subjects.iter();
        subjects
            .filter(|subject| subject.label.kind == kind)
            .count() as u64
    };
    let evaluation = EvaluationFacts {
        command: settings.command.clone(),
        data: assessment.data_digest.clone(),
        seed: assessment.setup.seed,
        draws: settings.draws,
        events: assessment.events,
        accounts: assessment.subjects.len() as u64,
        benign_accounts: of(Kind::Benign),
        benign_groups: benign.len() as u64,
        abusive_accounts: of(Kind::Abusive) + of(Kind::Compromised),
        first: Timestamp(assessment.times.0),
        last: Timestamp(assessment.times.1),
        shortest_days: assessment.shortest_days,
    };
    let artefact = ArtefactFacts {
        digest: artefact.digest().to_owned(),
        command: document.command.clone(),
        code_version: document.code_version.clone(),
        seed: document.seed,
        feature_schema: document.feature_schema.clone(),
        data: document.data.clone(),
        population: document.population.clone(),
        expires: document.expires,
        is_expired: assessment.times.1 > document.expires.0,
    };
    Card {
        version: 1,
        limits: limits::limits(&artefact, &evaluation, &behaviours),
        artefact,
        evaluation,
        behaviours,
    }
}

fn behaviour_card(
    artefact: &Artefact,
    assessment: &Assessment,
    benign: &[Vec<u32>],
    behaviour: Behaviour,
    detector: usize,
    settings: &Settings,
) -> Option<BehaviourCard> {
    let model = artefact.model(behaviour)?;
    let curve = &artefact.document().behaviours.get(&behaviour)?.calibration;
    let mut known = artefact.thresholds(behaviour)?.to_vec();
    known.sort_by(|left, right| left.alpha.total_cmp(&right.alpha));
    let sample = sample(&assessment.subjects, benign, behaviour, detector);
    let seed = assessment.setup.seed;
    let ranking = ranking(&sample, settings.draws, seed ^ detector as u64);
    let thresholds: Vec<AtThreshold> = known
        .iter()
        .map(|threshold| at_threshold(assessment, benign, behaviour, detector, threshold))
        .collect();
    let fairness: Vec<Fairness> = known
        .iter()
        .map(|threshold| {
            fairness(
                assessment,
                benign,
                detector,
                threshold.alpha,
                threshold.margin,
            )
        })
        .collect();
    let is_expired = assessment.times.1 > artefact.document().expires.0;
    Some(BehaviourCard {
        behaviour,
        verdict: verdict::verdict(&ranking, &thresholds, &fairness, is_expired),
        reliability: reliability(&assessment.subjects, behaviour, detector, curve),
        explanation: explain(
            model,
            &assessment.flagged[detector],
            &assessment.benign[detector],
        ),
        ranking,
        thresholds,
        fairness,
    })
}
