//! The tables of a shard, listed once: whoever goes over all of them goes over this list.

use sealwatch_core::shard::Shard;
use sealwatch_core::state::actor::ActorState;
use sealwatch_core::state::group::GroupState;
use sealwatch_core::state::links::Links;
use sealwatch_core::state::place::PlaceState;
use sealwatch_core::state::reporter::ReporterState;
use sealwatch_core::state::target::TargetState;
use sealwatch_core::state::threat::ThreatState;
use sealwatch_core::state::{EntityState, Table};

/// The number of the table of ids within the window of duplicates, which is no shard's.
pub(super) const DEDUPE: u8 = 200;

/// One of a shard's tables.
pub(crate) struct ShardTable<S> {
    /// Its number in the store.
    pub(crate) number: u8,
    /// The layout of its states.
    pub(crate) layout: &'static str,
    /// Where it is.
    pub(crate) of: fn(&Shard) -> &Table<S>,
    /// The same, to change it.
    pub(crate) of_mut: fn(&mut Shard) -> &mut Table<S>,
}

/// What is done with each table.
pub(crate) trait Visitor {
    /// Takes the next table.
    fn visit<S: EntityState>(&mut self, table: ShardTable<S>);
}

/// Shows every table, always in this order. The numbers are part of the store's format: never used again for something else.
pub(crate) fn visit(visitor: &mut impl Visitor) {
    visitor.visit(ShardTable {
        number: 0,
        layout: Links::LAYOUT,
        of: |shard| &shard.links,
        of_mut: |shard| &mut shard.links,
    });
    visitor.visit(ShardTable {
        number: 1,
        layout: PlaceState::LAYOUT,
        of: |shard| &shard.shared.devices,
        of_mut: |shard| &mut shard.shared.devices,
    });
    visitor.visit(ShardTable {
        number: 2,
        layout: PlaceState::LAYOUT,
        of: |shard| &shard.shared.networks,
        of_mut: |shard| &mut shard.shared.networks,
    });
    visitor.visit(ShardTable {
        number: 3,
        layout: PlaceState::LAYOUT,
        of: |shard| &shard.shared.ranges,
        of_mut: |shard| &mut shard.shared.ranges,
    });
    visitor.visit(ShardTable {
        number: 4,
        layout: GroupState::LAYOUT,
        of: |shard| &shard.shared.groups,
        of_mut: |shard| &mut shard.shared.groups,
    });
    visitor.visit(ShardTable {
        number: 5,
        layout: TargetState::LAYOUT,
        of: |shard| &shard.shared.targets,
        of_mut: |shard| &mut shard.shared.targets,
    });
    visitor.visit(ShardTable {
        number: 6,
        layout: ReporterState::LAYOUT,
        of: |shard| &shard.shared.reporters,
        of_mut: |shard| &mut shard.shared.reporters,
    });
    visitor.visit(ShardTable {
        number: 7,
        layout: ActorState::LAYOUT,
        of: |shard| &shard.actors,
        of_mut: |shard| &mut shard.actors,
    });
    visitor.visit(ShardTable {
        number: 8,
        layout: ThreatState::LAYOUT,
        of: |shard| &shard.threats,
        of_mut: |shard| &mut shard.threats,
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is told of the tables of a shard.
    #[derive(Default)]
    struct Seen {
        shard: Shard,
        numbers: Vec<u8>,
        places: BTreeSet<usize>,
    }

    impl Visitor for Seen {
        fn visit<S: EntityState>(&mut self, table: ShardTable<S>) {
            self.numbers.push(table.number);
            let place = std::ptr::from_ref((table.of)(&self.shard)).addr();
            assert_eq!(
                place,
                std::ptr::from_mut((table.of_mut)(&mut self.shard)).addr(),
                "both ways lead to one table"
            );
            self.places.insert(place);
        }
    }

    #[test]
    fn each_table_has_a_number_and_a_place_of_its_own() {
        let mut seen = Seen::default();
        visit(&mut seen);
        assert_eq!(seen.numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(!seen.numbers.contains(&DEDUPE));
        assert_eq!(seen.places.len(), 9);
    }
}
