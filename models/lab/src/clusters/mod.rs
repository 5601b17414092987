//! The accounts above a threshold, put together by why they are there.
//!
//! Each account stands where the exact contributions (TreeSHAP) of the families of features put its highest margin: accounts
//! that were flagged for the same reasons lie together, whatever the values behind them. So a reviewer can decide over a set of
//! accounts at once, and look at the suspects of a training by kind. Nothing is decided here: a cluster is no evidence.

pub mod agreement;
pub mod embed;
pub mod flagged;
pub mod kmeans;
pub mod silhouette;
pub mod summary;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use serde::Serialize;

use crate::assess::draw::DRAWS;
use crate::clusters::agreement::adjusted_rand;
use crate::clusters::flagged::{Bar, Flagged, gather};
use crate::clusters::kmeans::{Tried, cluster};
use crate::clusters::summary::Cluster;
use crate::data::labels_of;
use crate::labels::Kind;
use crate::lot::lot;
use crate::replay::World;

/// Why there are no clusters.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClustersError {
    /// A behaviour that the artefact does not know.
    #[error("the artefact has no model for {behaviour}; it has them for {known}")]
    Model {
        /// Which behaviour.
        behaviour: &'static str,
        /// Those that it knows.
        known: String,
    },
    /// A bound that no threshold has.
    #[error(
        "the artefact has no threshold for {behaviour} at alpha {alpha}; give --alpha one of {known}"
    )]
    Threshold {
        /// Which behaviour.
        behaviour: &'static str,
        /// The bound asked for.
        alpha: f64,
        /// The bounds of its thresholds.
        known: String,
    },
    /// Nobody above the threshold.
    #[error(
        "no {who} lies above the threshold of {behaviour} at alpha {alpha} (margin {margin:.3}): there is nothing to put \
         together; a larger --alpha has a lower threshold"
    )]
    Nobody {
        /// Which accounts were looked for.
        who: &'static str,
        /// Which behaviour.
        behaviour: &'static str,
        /// The bound.
        alpha: f64,
        /// The threshold's margin.
        margin: f64,
    },
}

/// Which accounts are put together, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folders of events, with or without labels.
    pub folders: Vec<PathBuf>,
    /// The behaviour whose detector flags them.
    pub behaviour: Behaviour,
    /// Which of its thresholds.
    pub alpha: f64,
    /// Whether only accounts are taken that the labels presume benign: the suspects of a training.
    pub presumed_benign: bool,
    /// The smallest number of clusters that is tried.
    pub least: usize,
    /// The largest one.
    pub most: usize,
    /// The seed of the draws.
    pub seed: u64,
}

/// How far the clusters agree with what the labels say, as adjusted Rand indices; `None` where there is nothing to agree on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Of the accounts that the labels tell of, with what they did: a behaviour, or nothing.
    pub behaviours: Option<f64>,
    /// Of the abusive accounts, with their groups of linked accounts.
    pub groups: Option<f64>,
}

/// The clusters of a behaviour's flagged accounts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clusters {
    /// The artefact's digest.
    pub artefact: String,
    /// The behaviour.
    pub behaviour: Behaviour,
    /// The bound of the threshold.
    pub alpha: f64,
    /// Its margin, in log-odds.
    pub margin: f64,
    /// Whether only presumed-benign accounts were taken.
    pub presumed_benign: bool,
    /// The seed.
    pub seed: u64,
    /// How many accounts.
    pub accounts: usize,
    /// The mean silhouette; `None` where there is one cluster only.
    pub silhouette: Option<f64>,
    /// The numbers of clusters that were tried.
    pub tried: Vec<Tried>,
    /// What the labels say of the clusters.
    pub agreement: Agreement,
    /// The clusters, largest first.
    pub clusters: Vec<Cluster>,
}

/// Replays the folders, and puts the accounts above the threshold together.
///
/// # Errors
/// The artefact has no such threshold, a folder cannot be read, or nobody lies above it.
pub fn clusters(artefact: &Artefact, request: &Request, world: &World) -> Result<Clusters> {
    let bar = Arc::new(bar(artefact, request)?);
    let mut flagged = gather(&request.folders, world, &bar)?;
    if request.presumed_benign {
        let is_benign = |account: &Flagged| {
            let label = account.label.as_ref();
            label.is_some_and(|label| label.kind == Kind::Benign)
        };
        flagged.retain(is_benign);
    }
    if flagged.is_empty() {
        return Err(ClustersError::Nobody {
            who: if request.presumed_benign {
                "presumed-benign account"
            } else {
                "account"
            },
            behaviour: request.behaviour.name(),
            alpha: request.alpha,
            margin: bar.margin,
        }
        .into());
    }
    let contributions = embed::contributions(&bar.model, &flagged);
    let points = embed::by_family(contributions.view());
    let lots: Vec<u64> = flagged
        .iter()
        .map(|account| lot(DRAWS, request.seed, account.account, 0))
        .collect();
    let found = cluster(&points, &lots, request.least..=request.most, request.seed)?;
    let names: Vec<String> = request
        .folders
        .iter()
        .map(|folder| labels_of(folder).display().to_string())
        .collect();
    Ok(Clusters {
        artefact: artefact.digest().to_owned(),
        behaviour: request.behaviour,
        alpha: request.alpha,
        margin: bar.margin,
        presumed_benign: request.presumed_benign,
        seed: request.seed,
        accounts: flagged.len(),
        silhouette: found.silhouette,
        tried: found.tried,
        agreement: agreement(&flagged, &found.of),
        clusters: summary::clusters(&flagged, contributions.view(), &found.of, &names),
    })
}

/// The model and threshold that are asked for.
fn bar(artefact: &Artefact, request: &Request) -> Result<Bar, ClustersError> {
    let behaviour = request.behaviour;
    let detector = crate::assess::subject::detector_of(behaviour);
    let (Some(detector), Some(model)) = (detector, artefact.model(behaviour)) else {
        let known = artefact.document().behaviours.keys();
        let known: Vec<&str> = known.map(|behaviour| behaviour.name()).collect();
        return Err(ClustersError::Model {
            behaviour: behaviour.name(),
            known: known.join(", "),
        });
    };
    let thresholds = artefact.thresholds(behaviour).unwrap_or_default();
    let at = thresholds
        .iter()
        .find(|threshold| threshold.alpha == request.alpha);
    let Some(threshold) = at else {
        let known = thresholds.iter().map(|threshold| threshold.alpha);
        let known: Vec<String> = known.map(|alpha| alpha.to_string()).collect();
        return Err(ClustersError::Threshold {
            behaviour: behaviour.name(),
            alpha: request.alpha,
            known: known.join(", "),
        });
    };
    Ok(Bar {
        detector,
        model: model.clone(),
        margin: threshold.margin,
    })
}

fn agreement(flagged: &[Flagged], of: &[usize]) -> Agreement {
    let told = flagged.iter().zip(of).filter_map(|(account, cluster)| {
        let label = account.label.as_ref()?;
        let is_abusive = matches!(label.kind, Kind::Abusive | Kind::Compromised);
        let group = is_abusive.then_some((account.folder, label.group));
        let did = is_abusive.then_some(label.behaviour);
        (label.kind != Kind::Host).then_some((*cluster, did, group))
    });
    let told: Vec<_> = told.collect();
    let clusters: Vec<usize> = told.iter().map(|one| one.0).collect();
    let did: Vec<_> = told.iter().map(|one| one.1).collect();
    let (own, groups): (Vec<usize>, Vec<_>) = told
        .iter()
        .filter_map(|one| one.2.map(|group| (one.0, group)))
        .unzip();
    Agreement {
        behaviours: adjusted_rand(&clusters, &did),
        groups: adjusted_rand(&own, &groups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Label;

    #[test]
    fn agreement_counts_accounts_that_the_labels_tell_of_and_groups_of_abusive_ones() {
        let account = |label: Option<Label>| Flagged {
            account: 0,
            folder: 0,
            label,
            margin: 0.0,
            at: 0,
            row: Box::default(),
        };
        let abusive = |behaviour, group| Label {
            behaviour: Some(behaviour),
            ..Label::of(Kind::Abusive, group)
        };
        let flagged = [
            account(Some(abusive(Behaviour::GroupSpam, 1))),
            account(Some(abusive(Behaviour::GroupSpam, 2))),
            account(Some(Label::of(Kind::Benign, 3))),
            account(Some(Label::of(Kind::Benign, 4))),
            // Neither a host's account nor an unlabelled one changes anything, whatever its cluster.
            account(Some(Label::of(Kind::Host, 5))),
            account(None),
        ];
        let found = agreement(&flagged, &[0, 0, 1, 1, 0, 1]);
        assert_eq!(found.behaviours, Some(1.0));
        // Two groups in one cluster: no better than chance.
        assert_eq!(found.groups, Some(0.0));
    }
}
