//! Law 4: every feature varies, no two are the same, and none changes its values without a new revision.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Edge, UnknownFields, Vocabulary, read};
use sealwatch_core::feature::{COUNT, FEATURES};
use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_core::time::DAY;
use sealwatch_core::wire::Fields;
use sealwatch_tests::system::{root, simulate};

#[derive(Default)]
struct Keeper(Vec<f32>);

impl Judge for Keeper {
    fn judge(&mut self, batch: &Batch, _: &mut Vec<Crossing>) {
        self.0.extend_from_slice(&batch.rows);
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

/// The rows of all score points of a stream, in the order of the shards.
fn rows(events: &Path) -> Vec<f32> {
    let vocabulary = Vocabulary {
        platforms: vec!["demo".to_owned()],
        issuers: vec!["sister".to_owned()],
        banks: vec!["industry".to_owned()],
    };
    let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([9; 32]), &vocabulary.platforms);
    let edge = Edge::new(&vocabulary, &pseudonymiser);
    let bytes = fs::read(events).unwrap();
    let mut engine = Engine::new(4, Keeper::default);
    engine.begin(0);
    for (offset, line) in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .enumerate()
    {
        let event = read(&Fields::parse(line).unwrap(), &edge, UnknownFields::Refuse)
            .unwrap()
            .event;
        engine.take(0, offset as u64, Some(&event));
    }
    engine.fold(&Sequential);
    engine
        .judges_mut()
        .flat_map(|judge| std::mem::take(&mut judge.0))
        .collect()
}

fn column(rows: &[f32], feature: usize) -> Vec<u32> {
    // Bits, so that two unknown values count as the same.
    rows.iter()
        .skip(feature)
        .step_by(COUNT)
        .map(|value| {
            if value.is_nan() {
                u32::MAX
            } else {
                value.to_bits()
            }
        })
        .collect()
}

#[test]
fn every_feature_varies_in_a_simulated_month_and_no_two_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(&simulate(folder.path(), 4_000, 30, 3));
    let mut columns: BTreeMap<Vec<u32>, &str> = BTreeMap::new();
    for (index, feature) in FEATURES.iter().enumerate() {
        let column = column(&rows, index);
        assert!(
            column.iter().any(|value| *value != column[0]),
            "{} never varies",
            feature.name
        );
        if let Some(other) = columns.insert(column, feature.name) {
            panic!("{} and {other} are the same", feature.name);
        }
    }
}

/// A feature's revision and the hash of its values over the golden stream, by name.
type Golden = BTreeMap<String, (u32, String)>;

#[test]
fn no_feature_changes_its_values_without_a_new_revision() {
    let fixtures = root().join("tests/fixtures");
    let rows = rows(&fixtures.join("golden.ndjson"));
    assert!(
        rows.len() > 200 * COUNT,
        "the golden stream has score points"
    );
    let now: Golden = FEATURES
        .iter()
        .enumerate()
        .map(|(index, feature)| {
            let bytes: Vec<u8> = column(&rows, index)
                .iter()
                .flat_map(|bits| bits.to_le_bytes())
                .collect();
            (
                feature.name.to_owned(),
                (feature.revision, format!("{:08x}", crc(&bytes))),
            )
        })
        .collect();
    let path = fixtures.join("golden.features.json");
    if std::env::var_os("SEALWATCH_WRITE_GOLDEN").is_some() {
        fs::write(
            &path,
            format!("{}\n", serde_json::to_string_pretty(&now).unwrap()),
        )
        .unwrap();
    }
    let golden: Golden = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (name, (revision, hash)) in &now {
        if let Some((golden_revision, golden_hash)) = golden.get(name) {
            let is_new = revision > golden_revision;
            assert!(
                is_new || hash == golden_hash,
                "{name} changed its values: raise its revision"
            );
        }
    }
    assert_eq!(
        golden.keys().collect::<Vec<_>>(),
        now.keys().collect::<Vec<_>>(),
        "write the golden values anew with SEALWATCH_WRITE_GOLDEN=1"
    );
}

/// CRC-32 (IEEE), bit by bit: enough to notice a change.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}
