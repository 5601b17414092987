//! What a cluster is: how many accounts, why they are there, and, where there are labels, what they are.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, Axis};
use sealwatch_core::feature::{FEATURES, value_in_words};
use serde::Serialize;

use crate::clusters::flagged::Flagged;
use crate::labels::Kind;

/// Reasons shown of a cluster, at most.
const REASONS: usize = 3;

/// A cluster of accounts that were flagged for the same reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    /// Its number, from one; the largest comes first.
    pub number: usize,
    /// How many accounts.
    pub size: usize,
    /// How many of them the labels call abusive or compromised.
    pub abusive: usize,
    /// How many the labels call benign, or presume so.
    pub benign: usize,
    /// The share of abusive ones among those that the labels tell of; `None` where they tell of none.
    pub share_abusive: Option<f64>,
    /// The abusive ones by what the labels say that they did.
    pub behaviours: BTreeMap<&'static str, usize>,
    /// The abusive ones by how hard they hide: below a third, below two thirds, above.
    pub hiding: [usize; 3],
    /// What raised the margins of its accounts most, on average; strongest first.
    pub reasons: Vec<SharedReason>,
    /// Its accounts, highest margins first.
    pub members: Vec<Member>,
}

/// A reason that the accounts of a cluster have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SharedReason {
    /// The feature's name in the registry.
    pub feature: &'static str,
    /// What it added to the margin on average, in log-odds.
    pub contribution: f64,
    /// The middle value of the accounts where it is known; `None` where it is known of none.
    pub value: Option<f32>,
    /// The reason in plain words with that value.
    pub words: String,
}

/// An account of a cluster, without any identifier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// The account's pseudonym under the training's key, 32 hexadecimal digits.
    pub account: String,
    /// Its highest margin.
    pub margin: f64,
    /// When, event time in milliseconds.
    pub at: i64,
    /// The labels file, if the account stands in one.
    pub labels: Option<String>,
    /// The account's line in it, from one.
    pub line: Option<usize>,
}

/// Sums up the clusters, the largest first; of equal ones that with the account of the highest margin. `of` holds the
/// cluster of each account, `names` the labels file of each folder.
pub fn clusters(
    flagged: &[Flagged],
    contributions: ArrayView2<'_, f64>,
    of: &[usize],
    names: &[String],
) -> Vec<Cluster> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, cluster) in of.iter().enumerate() {
        members.entry(*cluster).or_default().push(place);
    }
    let mut members: Vec<Vec<usize>> = members.into_values().collect();
    for places in &mut members {
        places.sort_by(|left, right| by_margin(&flagged[*left], &flagged[*right]));
    }
    members.sort_by(|left, right| {
        let sizes = right.len().cmp(&left.len());
        sizes.then_with(|| by_margin(&flagged[left[0]], &flagged[right[0]]))
    });
    let numbered = members.iter().enumerate();
    numbered
        .map(|(index, places)| {
            let own: Vec<&Flagged> = places.iter().map(|place| &flagged[*place]).collect();
            let sums = contributions.select(Axis(0), places).sum_axis(Axis(0));
            cluster(index + 1, &own, &sums.to_vec(), names)
        })
        .collect()
}

fn by_margin(left: &Flagged, right: &Flagged) -> std::cmp::Ordering {
    let margins = right.margin.total_cmp(&left.margin);
    margins.then_with(|| (left.folder, left.account).cmp(&(right.folder, right.account)))
}

fn cluster(number: usize, own: &[&Flagged], sums: &[f64], names: &[String]) -> Cluster {
    let mut behaviours = BTreeMap::new();
    let (mut abusive, mut benign, mut hiding) = (0, 0, [0; 3]);
    for label in own.iter().filter_map(|account| account.label.as_ref()) {
        match label.kind {
            Kind::Abusive | Kind::Compromised => {
                abusive += 1;
                hiding[((label.hiding * 3.0) as usize).min(2)] += 1;
                let behaviour = label.behaviour.map_or("unknown", |one| one.name());
                *behaviours.entry(behaviour).or_default() += 1;
            }
            Kind::Benign => benign += 1,
            Kind::Host => {}
        }
    }
    let told = abusive + benign;
    Cluster {
        number,
        size: own.len(),
        abusive,
        benign,
        share_abusive: (told > 0).then(|| abusive as f64 / told as f64),
        behaviours,
        hiding,
        reasons: reasons(own, sums),
        members: own.iter().map(|account| member(account, names)).collect(),
    }
}

fn reasons(own: &[&Flagged], sums: &[f64]) -> Vec<SharedReason> {
    let mut order: Vec<usize> = (0..sums.len().min(FEATURES.len())).collect();
    order.sort_by(|left, right| sums[*right].total_cmp(&sums[*left]).then(left.cmp(right)));
    let strongest = order.into_iter().filter(|index| sums[*index] > 0.0);
    strongest
        .take(REASONS)
        .map(|index| {
            let feature = &FEATURES[index];
            let value = median(own.iter().map(|account| account.row[index]));
            let said = value_in_words(feature.unit, value.unwrap_or(f32::NAN));
            SharedReason {
                feature: feature.name,
                contribution: sums[index] / own.len() as f64,
                value,
                words: format!("{}: {said}", feature.meaning),
            }
        })
        .collect()
}

/// The lower median of the known values.
fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut known: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    known.sort_by(f32::total_cmp);
    known.get(known.len().saturating_sub(1) / 2).copied()
}

fn member(account: &Flagged, names: &[String]) -> Member {
    let line = account.label.as_ref().map(|label| label.line);
    Member {
        account: format!("{:032x}", account.account),
        margin: account.margin,
        at: account.at,
        labels: line.and_then(|_| names.get(account.folder).cloned()),
        line,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use sealwatch_core::behaviour::Behaviour;
    use sealwatch_core::feature::{COUNT, index_of};

    use super::*;
    use crate::labels::Label;

    fn account(key: u128, margin: f64, label: impl Into<Option<Label>>, blocks: f32) -> Flagged {
        let mut row = vec![0.0; COUNT];
        row[index_of("blocks_day").unwrap()] = blocks;
        Flagged {
            account: key,
            folder: 0,
            label: label.into(),
            margin,
            at: 7,
            row: row.into(),
        }
    }

    fn label(kind: Kind, hiding: f64, line: usize) -> Label {
        Label {
            behaviour: (kind == Kind::Abusive).then_some(Behaviour::GroupSpam),
            hiding,
            line,
            ..Label::of(kind, 0)
        }
    }

    #[test]
    fn clusters_are_summed_up_by_size_with_their_reasons_and_members_without_identifiers() {
        let flagged = [
            account(1, 2.0, None, 1.0),
            account(2, 3.0, label(Kind::Abusive, 0.9, 12), 4.0),
            account(3, 5.0, label(Kind::Abusive, 0.1, 13), 30.0),
            account(4, 4.0, label(Kind::Benign, 0.0, 14), f32::NAN),
            account(5, 9.0, label(Kind::Host, 0.0, 15), 0.0),
        ];
        let mut added = Array2::zeros((5, COUNT));
        let (blocks, links) = (
            index_of("blocks_day").unwrap(),
            index_of("profile_link").unwrap(),
        );
        for (place, both) in [(1.0, 0.0), (3.0, 0.5), (2.0, 0.5), (1.0, -4.0), (0.0, 2.0)]
            .into_iter()
            .enumerate()
        {
            (added[(place, blocks)], added[(place, links)]) = both;
        }
        let found = clusters(
            &flagged,
            added.view(),
            &[4, 0, 0, 0, 4],
            &["data/labels.ndjson".to_owned()],
        );
        let [first, second] = found.as_slice() else {
            unreachable!("two clusters, not {}", found.len())
        };
        assert_eq!(
            (first.number, first.size, first.abusive, first.benign),
            (1, 3, 2, 1)
        );
        assert_eq!(first.share_abusive, Some(2.0 / 3.0));
        assert_eq!(first.hiding, [1, 0, 1]);
        assert_eq!(first.behaviours, BTreeMap::from([("group_spam", 2)]));
        // What lowers the margins of a cluster on average is no reason; the middle of the known values is said.
        assert_eq!(first.reasons.len(), 1);
        assert_eq!(first.reasons[0].feature, "blocks_day");
        assert_eq!(first.reasons[0].contribution, 2.0);
        assert!(
            first.reasons[0]
                .words
                .ends_with("blocks received, half-life a day: 4.0")
        );
        let lines: Vec<_> = first.members.iter().map(|member| member.line).collect();
        assert_eq!(lines, [Some(13), Some(14), Some(12)]);
        assert_eq!(first.members[0].account, format!("{:032x}", 3));
        assert_eq!(
            (second.number, second.size, second.share_abusive),
            (2, 2, None)
        );
        assert_eq!(second.members[1].labels, None);
        assert_eq!(second.reasons[0].feature, "profile_link");
    }

    #[test]
    fn the_middle_value_is_the_lower_one_of_two_and_none_where_none_is_known() {
        assert_eq!(median([3.0, f32::NAN, 1.0].into_iter()), Some(1.0));
        assert_eq!(median([3.0, 2.0, 1.0].into_iter()), Some(2.0));
        assert_eq!(median([f32::NAN].into_iter()), None);
    }
}
