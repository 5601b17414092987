//! Random commits and reopenings against a model in memory.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{OrderRun, OutboxRow};
use super::{Epoch, Model, folder, open, options};

#[derive(Debug, Clone)]
enum Action {
    Commit(Epoch),
    Reopen,
}

fn action() -> impl Strategy<Value = Action> {
    let state = (
        0..3_u8,
        0..12_u8,
        proptest::option::weighted(0.8, vec(any::<u8>(), 0..80)),
    );
    let facet = (0..5_u128, -5000..5000_i64, vec(any::<u8>(), 0..255));
    let epoch = (
        vec(state, 0..8),
        vec(any::<u8>(), 0..10),
        vec((0..3_u32, 0..4_u64), 0..4),
        vec(vec(any::<u8>(), 0..40), 0..3),
        vec(facet, 0..6),
        0..4_u64,
    );
    let commit = epoch.prop_map(|(states, meta, order, outbox, facets, delivered)| {
        Action::Commit(Epoch {
            states: states
                .into_iter()
                .map(|(table, key, value)| (table, [key; 16], value))
                .collect(),
            meta,
            order: order
                .into_iter()
                .map(|(partition, count)| OrderRun {
                    partition,
                    first_offset: 0,
                    count,
                })
                .collect(),
            outbox: outbox
                .into_iter()
                .map(|bytes| OutboxRow { sequence: 0, bytes })
                .collect(),
            facets: facets
                .into_iter()
                .map(|(account, at, payload)| (account << 60, 0, at, payload))
                .collect(),
            delivered,
        })
    });
    prop_oneof![9 => commit, 1 => Just(Action::Reopen)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_holds_what_a_map_in_memory_holds(
        actions in vec(action(), 1..120),
        log_bytes in 1..6000_u64,
    ) {
        let folder = folder();
        let options = options(folder.path(), log_bytes);
        let mut opened = open(options.clone()).unwrap();
        let mut model = Model::default();
        let (mut next_row, mut delivered) = (0, 0);
        let mut offsets = [0; 3];
        for action in actions {
            match action {
                Action::Reopen => {
                    drop(opened);
                    opened = open(options.clone()).unwrap();
                    model.check(&opened).unwrap();
                    prop_assert_eq!(opened.recovered.cut, 0);
                }
                Action::Commit(mut epoch) => {
                    let number = model.epochs;
                    for run in &mut epoch.order {
                        run.first_offset = offsets[run.partition as usize];
                        offsets[run.partition as usize] += run.count;
                    }
                    for row in &mut epoch.outbox {
                        row.sequence = next_row;
                        next_row += 1;
                    }
                    for (index, facet) in epoch.facets.iter_mut().enumerate() {
                        facet.1 = number * 10 + index as u64;
                    }
                    delivered = next_row.min(delivered + epoch.delivered);
                    epoch.delivered = delivered;
                    opened.store.delivered(delivered);
                    opened.store.commit(&epoch.write(number)).unwrap();
                    model.apply(&epoch);
                }
            }
        }
        model.check_store(&opened.store).unwrap();
        drop(opened);
        model.check(&open(options).unwrap()).unwrap();
    }
}
