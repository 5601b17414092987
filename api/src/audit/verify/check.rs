//! The check itself: entries go in one after another, whatever they were read from.

use std::collections::BTreeMap;

use sealwatch_custody::checkpoint::Checkpoint;
use sealwatch_custody::merkle::{Frontier, Hash, Node, leaf_hash};
use serde::{Deserialize, Serialize};

use super::{KeptHeads, Place, Report, Trust};

/// An entry as it is read back: exactly what [`crate::audit::entry::Leaf`] writes.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadLeaf {
    pub(super) act: String,
    pub(super) at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) commitment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) facts: BTreeMap<String, String>,
    pub(super) person: String,
    pub(super) position: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
}

/// A head that is waited for, at a size that the log has not reached yet.
struct Awaited {
    place: Place,
    checkpoint: Checkpoint,
}

/// A verification under way.
pub(super) struct Check<'trust> {
    trust: &'trust Trust,
    frontier: Frontier,
    awaited: BTreeMap<u64, Vec<Awaited>>,
    pub(super) report: Report,
}

impl<'trust> Check<'trust> {
    /// Begins, with the heads that were kept elsewhere.
    pub(super) fn begin(trust: &'trust Trust, kept: &KeptHeads) -> Self {
        let mut check = Self {
            trust,
            frontier: Frontier::empty(),
            awaited: BTreeMap::new(),
            report: Report::default(),
        };
        for (index, note) in kept.notes.iter().enumerate() {
            check.report.kept_heads += 1;
            check.expect(Place::KeptHead(index + 1), note);
        }
        if kept.torn_bytes > 0 {
            let what = "the file ends with something that is no whole head";
            check
                .report
                .note(Place::KeptHead(kept.notes.len() + 1), what);
        }
        check
    }

    /// Entries so far.
    pub(super) const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Expects the log to have this head's root at its size. Gives what it says, where it is signed as it must be.
    pub(super) fn expect(&mut self, place: Place, note: &str) -> Option<Checkpoint> {
        let checkpoint = match self.trust.verify(note) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.report.note(place, error.to_string());
                return None;
            }
        };
        let awaited = Awaited {
            place,
            checkpoint: checkpoint.clone(),
        };
        self.awaited
            .entry(checkpoint.size)
            .or_default()
            .push(awaited);
        self.compare();
        Some(checkpoint)
    }

    /// Takes the next entry's canonical form. `None` where it is not of the form that the log writes; its hash counts all
    /// the same. The nodes are those that it completes.
    pub(super) fn entry(&mut self, place: Place, entry: &str) -> (Option<ReadLeaf>, Vec<Node>) {
        let leaf: Option<ReadLeaf> = serde_json::from_str(entry).ok();
        let is_canonical = leaf.as_ref().is_some_and(|leaf| {
            serde_json::to_string(leaf).is_ok_and(|canonical| canonical == entry)
        });
        if !is_canonical {
            let what = "it is not of the form in which entries are written";
            self.report.note(place, what);
        } else if leaf.as_ref().map(|leaf| leaf.position) != Some(self.size().cast_signed()) {
            self.report
                .note(place, "it says that it stands at another position");
        }
        (leaf, self.leaf(leaf_hash(entry.as_bytes())))
    }

    /// Takes the next entry's hash.
    pub(super) fn leaf(&mut self, leaf: Hash) -> Vec<Node> {
        let nodes = self.frontier.append(leaf);
        self.report.entries = self.frontier.size();
        self.compare();
        nodes
    }

    /// Compares the heads of the size that the log has reached.
    fn compare(&mut self) {
        let size = self.frontier.size();
        let Some(reached) = self.awaited.remove(&size) else {
            return;
        };
        let root = self.frontier.root();
        for head in reached {
            if head.checkpoint.root == root {
                self.report.signed = self.report.signed.max(size);
            } else {
                let what =
                    "the log's first entries have another root than this head: they were altered";
                self.report.note(head.place, what);
            }
        }
    }

    /// Ends: the heads of sizes that the log has not reached differ.
    pub(super) fn end(mut self) -> Report {
        let size = self.frontier.size();
        for head in std::mem::take(&mut self.awaited).into_values().flatten() {
            let covers = head.checkpoint.size;
            let what = if covers > size {
                format!("it covers {covers} entries, and the log has {size}: entries are missing")
            } else {
                format!("it covers {covers} entries, fewer than were read before it")
            };
            self.report.note(head.place, what);
        }
        self.report.root = self.frontier.root().to_base64();
        self.report
    }
}
