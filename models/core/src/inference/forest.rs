//! Boosted trees, compiled for scoring.
//!
//! Nodes are 12 bytes and the two children of a node stand beside each other, so that a step is one load, one comparison
//! and one addition, without a branch. Leaves point to themselves, which lets eight trees walk in step for as long as the
//! deepest of them. The sum runs over the trees in their order, in `f64`, so a margin has one value only.

use super::document::{ModelError, NodeDocument, TreeDocument, TreesDocument};
use super::{Contributions, shapley};

/// A split, or a leaf (which compares nothing and points to itself).
#[derive(Debug, Clone, Copy)]
struct Node {
    /// A row goes to the first child if its value is at most this. In a leaf: what it adds.
    value: f32,
    /// Index of the first child; the second stands behind it.
    child: u32,
    /// Feature in the lower 30 bits; bit 31: a leaf; bit 30: unknown values go to the second child.
    feature: u32,
}

const LEAF: u32 = 1 << 31;
const UNKNOWN_RIGHT: u32 = 1 << 30;
const FEATURE: u32 = UNKNOWN_RIGHT - 1;

/// Splits on a path at most: compiling and explaining follow a path by recursion, and a damaged artefact is to be refused, not
/// to exhaust the stack.
pub(super) const DEEPEST: u32 = 256;

/// Trees walked in step.
const LANES: usize = 8;

/// Boosted trees.
#[derive(Debug, Clone)]
pub struct Forest {
    base: f64,
    nodes: Vec<Node>,
    /// Root and depth of each tree.
    roots: Vec<(u32, u32)>,
    document: TreesDocument,
    width: usize,
}

impl Forest {
    /// Checks and compiles trees over rows of `width` features.
    ///
    /// # Errors
    /// The trees are not trees over such rows.
    pub fn new(document: &TreesDocument, width: usize) -> Result<Self, ModelError> {
        if !document.base.is_finite() {
            return Err(ModelError::Base);
        }
        let mut nodes = Vec::new();
        let mut roots = Vec::with_capacity(document.trees.len());
        for (index, tree) in document.trees.iter().enumerate() {
            check(index, tree, width)?;
            let root = nodes.len() as u32;
            nodes.push(Node {
                value: 0.0,
                child: 0,
                feature: 0,
            });
            let depth = compile(tree, 0, root as usize, &mut nodes);
            roots.push((root, depth));
        }
        Ok(Self {
            base: document.base,
            nodes,
            roots,
            document: document.clone(),
            width,
        })
    }

    /// The margin of one row. A row that is too short has no unknown values at its end but an index out of bounds, so rows
    /// are of the width that the forest was compiled for.
    pub fn margin(&self, row: &[f32]) -> f64 {
        let mut margin = self.base;
        for roots in self.roots.chunks(LANES) {
            let mut places = [0_u32; LANES];
            let mut depth = 0;
            for (place, (root, tree_depth)) in places.iter_mut().zip(roots) {
                *place = *root;
                depth = depth.max(*tree_depth);
            }
            for _ in 0..depth {
                for place in &mut places[..roots.len()] {
                    *place = self.step(*place, row);
                }
            }
            for place in &places[..roots.len()] {
                margin += f64::from(self.nodes[*place as usize].value);
            }
        }
        margin
    }

    #[inline]
    fn step(&self, place: u32, row: &[f32]) -> u32 {
        let node = &self.nodes[place as usize];
        let value = row[(node.feature & FEATURE) as usize];
        let unknown_right = node.feature & UNKNOWN_RIGHT != 0;
        // `value > threshold` is false for an unknown value.
        let goes_right = (value > node.value) | (value.is_nan() & unknown_right);
        let is_split = node.feature & LEAF == 0;
        node.child + u32::from(goes_right & is_split)
    }

    /// What each feature adds to the row's margin (TreeSHAP, see [`shapley`]).
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        let mut contributions = Contributions {
            base: self.base,
            values: vec![0.0; self.width],
        };
        for tree in &self.document.trees {
            contributions.base += shapley::add_tree(&tree.nodes, row, &mut contributions.values);
        }
        contributions
    }
}

fn check(tree_index: usize, tree: &TreeDocument, width: usize) -> Result<(), ModelError> {
    let count = tree.nodes.len();
    if count == 0 {
        return Err(ModelError::Empty { tree: tree_index });
    }
    let mut parents = vec![0_u32; count];
    let mut depths = vec![0_u32; count];
    parents[0] = 1;
    for (index, node) in tree.nodes.iter().enumerate() {
        let at = |make: fn(usize, usize) -> ModelError| make(tree_index, index);
        let finite = match node {
            NodeDocument::Split { t, c, .. } => t.is_finite() && c.is_finite() && *c >= 0.0,
            NodeDocument::Leaf { v, c } => v.is_finite() && c.is_finite() && *c >= 0.0,
        };
        if !finite {
            return Err(at(|tree, node| ModelError::NotFinite { tree, node }));
        }
        if let NodeDocument::Split { f, l, r, .. } = node {
            if *f as usize >= width || *f > FEATURE {
                return Err(at(|tree, node| ModelError::Feature { tree, node }));
            }
            if depths[index] == DEEPEST {
                return Err(at(|tree, node| ModelError::Depth { tree, node }));
            }
            for child in [*l as usize, *r as usize] {
                if child <= index || child >= count {
                    return Err(at(|tree, node| ModelError::Child { tree, node }));
                }
                parents[child] += 1;
                // Parents stand before their children, so theirs is known.
                depths[child] = depths[index] + 1;
            }
        }
    }
    match parents.iter().position(|count| *count != 1) {
        Some(node) => Err(ModelError::Shape {
            tree: tree_index,
            node,
        }),
        None => Ok(()),
    }
}

/// Puts the subtree of a document's node into the compiled node at `place`. Returns its depth. Children stand after their
/// parents in a checked tree, so the recursion ends.
fn compile(tree: &TreeDocument, source: usize, place: usize, nodes: &mut Vec<Node>) -> u32 {
    match tree.nodes[source] {
        NodeDocument::Leaf { v, .. } => {
            nodes[place] = Node {
                value: v,
                child: place as u32,
                feature: LEAF,
            };
            0
        }
        NodeDocument::Split { f, t, l, r, m, .. } => {
            let child = nodes.len();
            nodes.push(Node {
                value: 0.0,
                child: 0,
                feature: 0,
            });
            nodes.push(Node {
                value: 0.0,
                child: 0,
                feature: 0,
            });
            nodes[place] = Node {
                value: t,
                child: child as u32,
                feature: f | if m { 0 } else { UNKNOWN_RIGHT },
            };
            let left = compile(tree, l as usize, child, nodes);
            let right = compile(tree, r as usize, child + 1, nodes);
            1 + left.max(right)
        }
    }
}
