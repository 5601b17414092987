//! What becomes a training row.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealwatch_core::detector::DETECTORS;
use sealwatch_lab::cut::View;
use sealwatch_lab::labels::{self, Kind, Labels};
use sealwatch_lab::replay::{World, replay};
use sealwatch_lab::rows::{Draw, MOST, Recorder, RowSet};
use tempfile::TempDir;

use crate::common::{compress, population, world};

const EVERYBODY: Draw = Draw {
    seed: 7,
    benign_share: 1.0,
};

fn labels_of(folder: &Path, world: &World) -> Arc<Labels> {
    let path = folder.join("labels.ndjson");
    let platforms = &world.vocabulary.platforms;
    Arc::new(labels::read(&path, &world.pseudonymiser, platforms).unwrap())
}

/// The rows of each detector.
fn rows(events: PathBuf, labels: &Arc<Labels>, world: &World) -> Vec<RowSet> {
    drawn(events, labels, world, EVERYBODY)
}

fn drawn(events: PathBuf, labels: &Arc<Labels>, world: &World, draw: Draw) -> Vec<RowSet> {
    let recorder = || Recorder::new(Arc::clone(labels), draw);
    let (mut engine, _) = replay(&[events], world, View::Full, recorder).unwrap();
    let mut sets: Vec<RowSet> = (0..DETECTORS).map(|_| RowSet::default()).collect();
    for judge in engine.judges_mut() {
        for (detector, set) in sets.iter_mut().enumerate() {
            judge.collect(detector, set);
        }
    }
    sets
}

#[test]
fn each_account_counts_once_and_no_row_is_older_than_its_label() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "rows", 700, 6, 11, 0.15);
    let world = world();
    let labels = labels_of(&folder, &world);
    let mut abusive_groups: BTreeMap<u64, i64> = BTreeMap::new();
    for label in labels.values().filter(|label| label.kind != Kind::Benign) {
        let since = abusive_groups.entry(label.group).or_insert(i64::MAX);
        *since = (*since).min(label.since);
    }
    let sets = rows(folder.join("events.ndjson"), &labels, &world);
    let mut most = 0;
    for set in &sets {
        assert!(set.labels.contains(&true) && set.labels.contains(&false));
        // Weights of an account sum to one: so they sum to a whole number of accounts.
        let accounts: f64 = set.weights.iter().sum();
        assert!((accounts - accounts.round()).abs() < 1e-6, "{accounts}");
        for row in 0..set.len() {
            let count = (1.0 / set.weights[row]).round() as usize;
            assert!(count <= MOST, "{count} rows of one account");
            most = most.max(count);
            if set.labels[row] {
                assert!(set.at[row] >= abusive_groups[&set.groups[row]]);
            }
        }
    }
    assert_eq!(most, MOST, "some account reaches the limit");
}

#[test]
fn a_labels_file_that_calls_nobody_benign_leaves_no_negative_row() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "labels", 300, 4, 12, 0.2);
    let world = world();
    let labels = labels_of(&folder, &world);
    let only_abusers: Labels = labels
        .iter()
        .filter(|(_, label)| label.kind != Kind::Benign)
        .map(|(key, label)| (*key, label.clone()))
        .collect();
    let sets = rows(
        folder.join("events.ndjson"),
        &Arc::new(only_abusers),
        &world,
    );
    // Abusers of other behaviours are not negatives either.
    assert!(sets.iter().any(|set| !set.is_empty()));
    assert!(sets.iter().all(|set| !set.labels.contains(&false)));
}

#[test]
fn drawn_benign_accounts_stand_for_all_of_them_and_every_abuser_is_kept() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "drawn", 900, 4, 14, 0.2);
    let world = world();
    let labels = labels_of(&folder, &world);
    let half = Draw {
        seed: 7,
        benign_share: 0.5,
    };
    let events = folder.join("events.ndjson");
    let all = rows(events.clone(), &labels, &world);
    let some = drawn(events, &labels, &world, half);
    let weight = |set: &RowSet, of: bool| -> f64 {
        let rows = (0..set.len()).filter(|row| set.labels[*row] == of);
        rows.map(|row| set.weights[row]).sum()
    };
    let most = (0..DETECTORS)
        .max_by_key(|detector| all[*detector].len())
        .unwrap();
    let bulk = (&all[most], &some[most]);
    assert_eq!(bulk.0.positives(), bulk.1.positives());
    assert!(bulk.1.len() < bulk.0.len() * 7 / 10);
    let (benign, standing_for) = (weight(bulk.0, false), weight(bulk.1, false));
    assert!(
        (standing_for / benign - 1.0).abs() < 0.2,
        "{benign} {standing_for}"
    );
}

#[test]
fn compressed_events_give_the_same_rows() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "packed", 200, 3, 13, 0.2);
    let world = world();
    let labels = labels_of(&folder, &world);
    let plain = folder.join("events.ndjson");
    let (zstd, gzip) = (
        root.path().join("events.ndjson.zst"),
        root.path().join("events.ndjson.gz"),
    );
    compress(&plain, &zstd, &gzip);
    let bits = |path: PathBuf| -> Vec<Vec<u32>> {
        let sets = rows(path, &labels, &world);
        let bits = |set: &RowSet| set.values.iter().map(|value| value.to_bits()).collect();
        sets.iter().map(bits).collect()
    };
    let expected = bits(plain);
    assert!(expected.iter().any(|set| !set.is_empty()));
    assert_eq!(bits(zstd), expected);
    assert_eq!(bits(gzip), expected);
}

#[test]
fn a_line_that_is_no_label_is_named_by_its_place_and_not_repeated() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("labels.ndjson");
    std::fs::write(&path, "{\"account\":\"secret-4711\",\"label\":\"odd\"}\n").unwrap();
    let world = world();
    let error = labels::read(&path, &world.pseudonymiser, &world.vocabulary.platforms).unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("line 1"), "{text}");
    assert!(!text.contains("4711") && !text.contains("odd"), "{text}");
}
