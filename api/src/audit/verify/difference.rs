//! What a verification found.

use std::fmt;

/// Where something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The log as a whole.
    Log,
    /// The entry at this position.
    Entry(i64),
    /// What goes with the entry at this position.
    Detail(i64),
    /// The stored node at this level and place.
    Node(i64, i64),
    /// The stored head of this size.
    Head(i64),
    /// The head of this number, from 1, among those kept elsewhere.
    KeptHead(usize),
    /// A line of an export, from 1.
    Line(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => write!(formatter, "the log"),
            Self::Entry(position) => write!(formatter, "entry {position}"),
            Self::Detail(position) => write!(formatter, "detail of entry {position}"),
            Self::Node(level, place) => write!(formatter, "node at level {level}, place {place}"),
            Self::Head(size) => write!(formatter, "stored head of size {size}"),
            Self::KeptHead(number) => write!(formatter, "head {number} of those kept elsewhere"),
            Self::Line(line) => write!(formatter, "line {line}"),
        }
    }
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// What. Never anything of what is stored there.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// Differences that are told one by one; further ones are counted.
const TOLD: usize = 100;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// Stored nodes that were compared.
    pub nodes: u64,
    /// Stored heads that were compared.
    pub heads: u64,
    /// Entries that the newest head covers.
    pub signed: u64,
    /// Details that were compared with their commitments.
    pub details: u64,
    /// Commitments whose details are gone: their period had ended.
    pub details_gone: u64,
    /// Heads kept elsewhere that were compared.
    pub kept_heads: u64,
    /// The tree's root over all entries, in base64.
    pub root: String,
    /// What differs: the first hundred.
    pub differences: Vec<Difference>,
    /// How many things differ.
    pub difference_count: u64,
}

impl Report {
    /// Whether nothing differs.
    pub const fn is_sound(&self) -> bool {
        self.difference_count == 0
    }

    pub(super) fn note(&mut self, place: Place, what: impl Into<String>) {
        self.difference_count += 1;
        if self.differences.len() < TOLD {
            let what = what.into();
            self.differences.push(Difference { place, what });
        }
    }
}
