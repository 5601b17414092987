//! How many voices the remembered reports are. Reporters of one group count as one; group 0 is no group, but those whom the
//! record does not show to have been contacted: they are said, and corroborate nothing.

use std::collections::BTreeSet;

use super::facts::Reporter;

/// The voices behind a threat's remembered reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voices {
    /// Groups of reporters that do not depend on each other.
    pub independent: usize,
    /// Reporters whom the record does not show to have been contacted.
    pub unconfirmed: usize,
}

impl Voices {
    /// Counts them.
    pub fn of(reporters: &[Reporter]) -> Self {
        let groups: BTreeSet<u32> = reporters
            .iter()
            .map(|report| report.group)
            .filter(|group| *group != 0)
            .collect();
        let unconfirmed = reporters.iter().filter(|report| report.group == 0);
        Self {
            independent: groups.len(),
            unconfirmed: unconfirmed.count(),
        }
    }
}
