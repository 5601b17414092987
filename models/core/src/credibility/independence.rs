//! Which reporters count as one.
//!
//! Two reporters are tied if they share a device, a network, a registration cluster (number range and day), or a history of
//! reporting together: of the accounts and groups that the two reported before, at least half were reported by both (the
//! Jaccard similarity of SynchroTrap, Cao et al., CCS 2014). Ties are transitive: groups are found by union-find (Tarjan,
//! JACM 22(2), 1975), so that a chain of shared devices is one group.
//!
//! A tie between honest people (one household, one carrier's network) costs little: one good report is enough to bring a
//! case to the top. A tie that is missed costs much. So ties are generous. Somebody tied to two independent reporters makes
//! one of them: credibility may fall, which is why a case keeps the highest priority that it ever had.

use super::reporter::Report;

/// The least Jaccard similarity of two histories that ties.
pub const TOGETHER: f64 = 0.5;

/// The group of each report: 0 for all whose contact is not confirmed, else numbers from 1.
pub fn groups(reports: &[Report]) -> Vec<u32> {
    let mut parent: Vec<usize> = (0..reports.len()).collect();
    for (index, report) in reports.iter().enumerate() {
        for (before, other) in reports[..index].iter().enumerate() {
            if is_confirmed(report) && is_confirmed(other) && are_tied(report, other) {
                let (left, right) = (root(&mut parent, index), root(&mut parent, before));
                parent[left.max(right)] = left.min(right);
            }
        }
    }
    (0..reports.len())
        .map(|index| {
            if is_confirmed(&reports[index]) {
                root(&mut parent, index) as u32 + 1
            } else {
                0
            }
        })
        .collect()
}

const fn is_confirmed(report: &Report) -> bool {
    report.contact.is_confirmed()
}

/// The root, halving the path on the way.
fn root(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

/// Whether two reporters are tied.
pub fn are_tied(left: &Report, right: &Report) -> bool {
    left.reporter == right.reporter
        || shares(&left.devices, &right.devices)
        || shares(&left.networks, &right.networks)
        || shares(&[left.cluster], &[right.cluster])
        || similarity(&left.past, &right.past) >= TOGETHER
}

fn shares(left: &[u32], right: &[u32]) -> bool {
    left.iter().any(|key| *key != 0 && right.contains(key))
}

/// `|A ∩ B| / |A ∪ B|` of the keys in two lists; two empty histories have none.
fn similarity(left: &[u32], right: &[u32]) -> f64 {
    let (mut both, mut either) = (0_u32, 0_u32);
    let all = || left.iter().chain(right);
    for (index, key) in all().enumerate() {
        if *key == 0 || all().take(index).any(|before| before == key) {
            continue;
        }
        either += 1;
        both += u32::from(left.contains(key) && right.contains(key));
    }
    if either == 0 {
        0.0
    } else {
        f64::from(both) / f64::from(either)
    }
}
