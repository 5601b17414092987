//! The graph of accounts: undirected, without loops, each edge once.

use super::read::{self, ReadError};
use super::table::Table;
use std::path::Path;

/// Neighbours of each account, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    starts: Vec<usize>,
    neighbours: Vec<u32>,
}

/// A graph, and the edges that were left out.
#[derive(Debug, Clone)]
pub struct ReadGraph {
    /// The graph.
    pub graph: Graph,
    /// Edges with an end that the table does not have.
    pub unknown: usize,
}

impl Graph {
    /// Makes a graph over `count` accounts. Loops are dropped, and an edge that comes twice, or both ways, counts once.
    pub fn new(count: usize, edges: &[(u32, u32)]) -> Self {
        let mut both: Vec<(u32, u32)> = edges
            .iter()
            .filter(|(source, target)| source != target)
            .flat_map(|(source, target)| [(*source, *target), (*target, *source)])
            .collect();
        both.sort_unstable();
        both.dedup();
        let mut starts = vec![0; count + 1];
        for (source, _) in &both {
            starts[*source as usize + 1] += 1;
        }
        for account in 0..count {
            starts[account + 1] += starts[account];
        }
        Self {
            starts,
            neighbours: both.into_iter().map(|(_, target)| target).collect(),
        }
    }

    /// Reads a file of edges: its first two columns are accounts of the table.
    ///
    /// # Errors
    /// The file is absent, no table, or has fewer than two columns.
    pub fn read(path: &Path, table: &Table) -> Result<ReadGraph, ReadError> {
        let frame = read::frame(path)?;
        let names = read::names(&frame);
        let [source, target, ..] = names.as_slice() else {
            return Err(ReadError::Edges {
                path: path.to_owned(),
                found: names.len(),
            });
        };
        let places = table.places();
        let place = |text: &Option<String>| {
            text.as_ref()
                .and_then(|text| places.get(text.as_str()).copied())
        };
        let sources = read::texts(&frame, path, source)?;
        let targets = read::texts(&frame, path, target)?;
        let edges: Vec<(u32, u32)> = sources
            .iter()
            .zip(&targets)
            .filter_map(|(source, target)| Some((place(source)?, place(target)?)))
            .collect();
        Ok(ReadGraph {
            unknown: sources.len() - edges.len(),
            graph: Self::new(table.ids.len(), &edges),
        })
    }

    /// How many accounts there are.
    pub const fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Undirected edges.
    pub const fn edges(&self) -> usize {
        self.neighbours.len() / 2
    }

    /// The neighbours of an account, in order.
    pub fn of(&self, account: usize) -> &[u32] {
        &self.neighbours[self.starts[account]..self.starts[account + 1]]
    }

    /// How many neighbours an account has.
    pub fn degree(&self, account: usize) -> usize {
        self.of(account).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_and_repeated_edges_do_not_count() {
        let graph = Graph::new(4, &[(0, 1), (1, 0), (1, 2), (2, 2), (1, 2)]);
        assert_eq!((graph.len(), graph.edges()), (4, 2));
        assert_eq!(graph.of(1), [0, 2]);
        assert_eq!(graph.degree(3), 0);
    }
}
