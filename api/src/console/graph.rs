//! Linked accounts as a drawing: the account in the middle, around it what it shares with others, outside the others that
//! were last seen there. Where each stands follows from the links alone, so that the same links give the same drawing.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::EvidenceLink;

use super::words::{name, number};

/// Size of the drawing.
pub(super) const WIDTH: f64 = 860.0;
/// Size of the drawing.
pub(super) const HEIGHT: f64 = 420.0;

/// Half axes of the inner and the outer ellipse.
const INNER: (f64, f64) = (195.0, 110.0);
const OUTER: (f64, f64) = (370.0, 188.0);

/// Things drawn at most on each ellipse: more would overlap. The table beside the drawing has all.
const MOST_ENTITIES: usize = 8;
const MOST_ACCOUNTS: usize = 24;

/// A line.
pub(super) struct Edge {
    pub(super) x1: String,
    pub(super) y1: String,
    pub(super) x2: String,
    pub(super) y2: String,
}

/// Something that accounts share.
pub(super) struct EntityNode {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) kind: String,
    pub(super) accounts: String,
    pub(super) banned: String,
    pub(super) entity: String,
}

/// Another account.
pub(super) struct AccountNode {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) account: String,
    /// Whether there are recommendations about it.
    pub(super) is_known: bool,
}

/// The drawing.
pub(super) struct Graph {
    pub(super) edges: Vec<Edge>,
    pub(super) entities: Vec<EntityNode>,
    pub(super) accounts: Vec<AccountNode>,
    /// Accounts and entities that found no room.
    pub(super) left_out: usize,
}

/// The accounts that links lead to, each once, in order.
pub(super) fn neighbours(account: Pseudonym, links: &[EvidenceLink]) -> BTreeSet<Pseudonym> {
    links
        .iter()
        .flat_map(|link| link.last_accounts.iter().copied())
        .filter(|other| *other != account)
        .collect()
}

impl Graph {
    /// Of an account's links; `known` are the accounts about which there are recommendations. None without links.
    pub(super) fn new(
        account: Pseudonym,
        links: &[EvidenceLink],
        known: &BTreeSet<Pseudonym>,
    ) -> Option<Self> {
        if links.is_empty() {
            return None;
        }
        let shown = &links[..links.len().min(MOST_ENTITIES)];
        let all: BTreeSet<Pseudonym> = neighbours(account, links);
        let places: Vec<(f64, f64)> = (0..shown.len())
            .map(|index| on(INNER, turn(index, shown.len())))
            .collect();
        let others = order(account, shown);
        let around: BTreeMap<Pseudonym, (f64, f64)> = others
            .iter()
            .enumerate()
            .map(|(index, other)| (*other, on(OUTER, turn(index, others.len()))))
            .collect();
        let mut edges: Vec<Edge> = places.iter().map(|place| edge(centre(), *place)).collect();
        for (link, place) in shown.iter().zip(&places) {
            let ends = link
                .last_accounts
                .iter()
                .filter_map(|other| around.get(other));
            edges.extend(ends.map(|end| edge(*place, *end)));
        }
        let entity = |(link, place): (&EvidenceLink, &(f64, f64))| EntityNode {
            x: short(place.0),
            y: short(place.1),
            kind: name(&link.kind),
            accounts: number(link.accounts.round()),
            banned: format!("{:.1}", link.banned),
            entity: link.entity.to_hexadecimal(),
        };
        let node = |other: &Pseudonym| {
            let place = around.get(other)?;
            Some(AccountNode {
                x: short(place.0),
                y: short(place.1),
                account: other.to_hexadecimal(),
                is_known: known.contains(other),
            })
        };
        Some(Self {
            edges,
            entities: shown.iter().zip(&places).map(entity).collect(),
            accounts: others.iter().filter_map(node).collect(),
            left_out: links.len() - shown.len() + (all.len() - others.len()),
        })
    }
}

/// The others in the order in which they stand around: each near what it shares, so that few lines cross.
fn order(account: Pseudonym, links: &[EvidenceLink]) -> Vec<Pseudonym> {
    // The direction of an account is the sum of the directions of what it shares.
    let mut directions: BTreeMap<Pseudonym, (f64, f64)> = BTreeMap::new();
    for (index, link) in links.iter().enumerate() {
        let angle = turn(index, links.len());
        for other in link.last_accounts.iter().filter(|other| **other != account) {
            let direction = directions.entry(*other).or_default();
            direction.0 += angle.cos();
            direction.1 += angle.sin();
        }
    }
    let angle = |(x, y): (f64, f64)| {
        // From the top, as the entities.
        (y.atan2(x) + PI / 2.0).rem_euclid(2.0 * PI)
    };
    let mut others: Vec<(Pseudonym, f64)> = directions
        .into_iter()
        .map(|(other, direction)| (other, angle(direction)))
        .collect();
    others.sort_by(|left, right| left.1.total_cmp(&right.1).then(left.0.cmp(&right.0)));
    others.truncate(MOST_ACCOUNTS);
    others.into_iter().map(|(other, _)| other).collect()
}

/// The angle of a place on an ellipse: the first at the top, the others clockwise.
fn turn(index: usize, of: usize) -> f64 {
    2.0 * PI * index as f64 / of as f64 - PI / 2.0
}

const fn centre() -> (f64, f64) {
    (WIDTH / 2.0, HEIGHT / 2.0)
}

fn on((wide, high): (f64, f64), angle: f64) -> (f64, f64) {
    (
        WIDTH / 2.0 + wide * angle.cos(),
        HEIGHT / 2.0 + high * angle.sin(),
    )
}

fn edge(from: (f64, f64), to: (f64, f64)) -> Edge {
    Edge {
        x1: short(from.0),
        y1: short(from.1),
        x2: short(to.0),
        y2: short(to.1),
    }
}

fn short(place: f64) -> String {
    format!("{place:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u8) -> Pseudonym {
        Pseudonym::parse(&format!("{number:032x}")).unwrap()
    }

    fn link(entity: u8, others: &[u8]) -> EvidenceLink {
        EvidenceLink {
            kind: "device".to_owned(),
            entity: account(entity),
            accounts: 5.0,
            banned: 1.0,
            last_accounts: others.iter().map(|other| account(*other)).collect(),
        }
    }

    #[test]
    fn each_account_is_drawn_once_with_a_line_for_each_thing_that_it_shares() {
        let links = [link(200, &[1, 2, 9]), link(201, &[2, 3])];
        let known = BTreeSet::from([account(2)]);
        let graph = Graph::new(account(9), &links, &known).unwrap();
        let drawn: BTreeSet<&str> = graph
            .accounts
            .iter()
            .map(|node| node.account.as_str())
            .collect();
        assert_eq!((graph.accounts.len(), drawn.len()), (3, 3));
        assert!(!drawn.contains(account(9).to_hexadecimal().as_str()));
        assert_eq!(graph.edges.len(), 2 + 4);
        assert_eq!(
            graph.accounts.iter().filter(|node| node.is_known).count(),
            1
        );
        assert_eq!(graph.left_out, 0);
        assert!(Graph::new(account(9), &[], &known).is_none());
    }

    #[test]
    fn what_has_no_room_is_counted_and_nothing_is_drawn_outside() {
        let links: Vec<EvidenceLink> = (0..12)
            .map(|index| link(100 + index, &[4 * index + 1, 4 * index + 2, 4 * index + 3]))
            .collect();
        let graph = Graph::new(account(0), &links, &BTreeSet::new()).unwrap();
        assert_eq!((graph.entities.len(), graph.accounts.len()), (8, 24));
        assert_eq!(graph.left_out, 4 + 12);
        for node in &graph.accounts {
            let (x, y): (f64, f64) = (node.x.parse().unwrap(), node.y.parse().unwrap());
            assert!((40.0..=WIDTH - 40.0).contains(&x) && (12.0..=HEIGHT - 12.0).contains(&y));
        }
    }
}
