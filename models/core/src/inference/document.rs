//! Models as they are written in an artefact: plain data, checked before anything is scored with it.

use serde::{Deserialize, Serialize};

/// A model of either kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelDocument {
    /// Boosted trees.
    Trees(TreesDocument),
    /// A linear model.
    Linear(LinearDocument),
}

/// Boosted trees: the margin is `base` plus one leaf of each tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreesDocument {
    /// The margin before any tree.
    pub base: f64,
    /// The trees.
    pub trees: Vec<TreeDocument>,
}

/// One tree; the first node is its root, and children stand after their parents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TreeDocument {
    /// Nodes.
    pub nodes: Vec<NodeDocument>,
}

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum NodeDocument {
    /// A split: a row goes left if its value is at most the threshold.
    Split {
        /// Feature.
        f: u32,
        /// Threshold.
        t: f32,
        /// Index of the left child.
        l: u32,
        /// Index of the right child.
        r: u32,
        /// Whether an unknown value goes left.
        m: bool,
        /// Sum of the weights of the training rows that reached the node.
        c: f32,
    },
    /// A leaf.
    Leaf {
        /// What it adds to the margin.
        v: f32,
        /// Sum of the weights of the training rows that reached it.
        c: f32,
    },
}

impl NodeDocument {
    /// Weight of the training rows that reached the node.
    pub const fn cover(&self) -> f32 {
        match self {
            Self::Split { c, .. } | Self::Leaf { c, .. } => *c,
        }
    }
}

/// A linear model: `base + Σ weight · (value − centre)`, and `weight_unknown` where the value is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearDocument {
    /// The margin of a row that stands at the centres.
    pub base: f64,
    /// By feature.
    pub weights: Vec<f64>,
    /// By feature: the training mean.
    pub centres: Vec<f64>,
    /// By feature: what an unknown value adds.
    pub unknown: Vec<f64>,
}

/// Why a model was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A tree without nodes.
    #[error("tree {tree} has no nodes")]
    Empty {
        /// Which tree.
        tree: usize,
    },
    /// A node that points outside, or back.
    #[error("tree {tree}, node {node}: a child does not stand after its parent within the tree")]
    Child {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
    },
    /// A node that two parents, or none, point to.
    #[error("tree {tree}, node {node}: not reached by exactly one parent")]
    Shape {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
    },
    /// A tree that is too deep.
    #[error(
        "tree {tree}, node {node}: deeper than {} splits",
        super::forest::DEEPEST
    )]
    Depth {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
    },
    /// A feature that rows do not have.
    #[error("tree {tree}, node {node}: the feature is not one of the row's")]
    Feature {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
    },
    /// A number that is none.
    #[error("tree {tree}, node {node}: a threshold, value or cover is not a finite number")]
    NotFinite {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
    },
    /// A linear model of other rows.
    #[error(
        "the linear model has another number of features than the row, or a number that is not finite"
    )]
    Linear,
    /// A base that is no number.
    #[error("the base margin is not a finite number")]
    Base,
}
