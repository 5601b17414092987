//! Published results on the public tables, each with its source: the only place in which they are written down.

use serde::Serialize;

/// Where the public tables come from, for a machine that does not have them.
pub const SOURCES: &str = "\
The public tables are not part of the project. They come from:
  tolokers         TolokerGraph, Zenodo doi 10.5281/zenodo.7620795 (CC BY 4.0): nodes.csv.gz, edges.csv.gz, splits.csv.gz
  sichuan_telecom  2020 Digital Sichuan contest as prepared by GAT-COBO (Apache-2.0): accounts.csv.gz, edges.csv.gz
  code_bots        BIMBAS and BIMBIS activity features (Apache-2.0): github_old-rbmap_features.csv.gz,
                   gitlab_gitlab_glmap_features.csv.gz
Put them into folders of these names and give their parent folder with --data.";

/// A published figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Published {
    /// Who, and by what.
    pub method: &'static str,
    /// Which figure.
    pub figure: &'static str,
    /// The figure, with its deviation where published.
    pub value: &'static str,
    /// Where it was published.
    pub source: &'static str,
}

const fn published(
    method: &'static str,
    figure: &'static str,
    value: &'static str,
    source: &'static str,
) -> Published {
    Published {
        method,
        figure,
        value,
        source,
    }
}

const HETEROPHILOUS: &str = "Platonov et al., ICLR 2023";

/// On Tolokers, test AUC over the ten official splits.
pub const TOLOKERS: [Published; 4] = [
    published("no graph (ResNet)", "auc", "72.95", HETEROPHILOUS),
    published("GCN", "auc", "83.64", HETEROPHILOUS),
    published("GAT-sep", "auc", "83.78", HETEROPHILOUS),
    published(
        "Polynormer-r (best published)",
        "auc",
        "85.91 ± 0.74",
        "Deng et al., ICLR 2024",
    ),
];

/// On Sichuan telecom. GDFGAT has its own features and split, so it is near, not equal.
pub const SICHUAN: [Published; 2] = [
    published(
        "GDFGAT",
        "accuracy",
        "93.28",
        "PLOS ONE 2025, own features and split",
    ),
    published(
        "GDFGAT",
        "auc",
        "94.53",
        "PLOS ONE 2025, own features and split",
    ),
];

/// On the GitHub test accounts of code bots.
pub const GITHUB_BOTS: [Published; 1] = [published(
    "BIMBAS",
    "weighted_f1",
    "89.89",
    "the data set's paper, GitHub test",
)];

/// On the GitLab accounts of code bots, after training on GitHub.
pub const GITLAB_BOTS: [Published; 1] = [published(
    "BIMBIS",
    "weighted_f1",
    "94.61",
    "the data set's paper, GitLab after GitHub",
)];
