//! Facets of one record: one account, one sequence, one time. Only their order tells them apart.

use super::super::{EpochWrite, FacetRow};
use super::{folder, open, options};

const ACCOUNT: u128 = 5 << 64;
const EPOCHS: u64 = 150;

fn last(store: &super::Store, limit: usize) -> Vec<FacetRow> {
    store
        .last_facets(ACCOUNT, u64::MAX, i64::MIN, limit)
        .unwrap()
}

#[test]
fn facets_of_one_sequence_keep_their_order_in_the_log_in_segments_and_through_merges() {
    let folder = folder();
    // One epoch fills a log.
    let mut opened = open(options(folder.path(), 200)).unwrap();
    let mut expected = Vec::new();
    for number in 0..EPOCHS {
        let mut write = EpochWrite::new(number);
        // Payloads fall, so that sorting by payload would show; two epochs share a sequence, so that a merge has to keep the
        // older segment's facets first.
        for part in (0..4_u8).rev() {
            let payload = vec![255 - number as u8, part];
            write.facet(6 << 64, number / 2, 7, b"another account");
            write.facet(ACCOUNT, number / 2, 7, &payload);
            expected.push(FacetRow {
                sequence: number / 2,
                at_ms: 7,
                payload,
            });
        }
        opened.store.commit(&write).unwrap();
        let limit = 1 + (number as usize * 7) % 50;
        let start = expected.len().saturating_sub(limit);
        assert!(
            last(&opened.store, limit) == expected[start..],
            "epoch {number}, the last {limit}"
        );
    }
    drop(opened);
    let opened = open(options(folder.path(), 200)).unwrap();
    let statistics = opened.store.statistics();
    assert!(
        (1..EPOCHS / 4).contains(&statistics.segments),
        "they were merged: {statistics:?}"
    );
    assert_eq!(statistics.archived_facets, EPOCHS * 8);
    for limit in [1, 3, 5, 200, 10_000] {
        let start = expected.len().saturating_sub(limit);
        assert!(
            last(&opened.store, limit) == expected[start..],
            "the last {limit}"
        );
    }
}
