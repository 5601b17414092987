//! Archives, cohorts, and the export of features.

use std::path::Path;

use polars::prelude::*;
use sealwatch_lab::archive;
use sealwatch_lab::archive_lines::scan;
use sealwatch_lab::cohorts;
use sealwatch_lab::features::{Exported, Wanted, export, write_lines, write_parquet};
use sealwatch_lab::replay::World;
use tempfile::TempDir;

use crate::common::{population, world};

fn exported(events: &Path, world: &World) -> Vec<Exported> {
    export(&[events.to_path_buf()], world, Wanted::default()).unwrap()
}

fn bits(rows: &[Exported]) -> Vec<(u64, u128, Vec<u32>)> {
    let row = |row: &Exported| {
        let bits = row.row.iter().map(|value| value.to_bits()).collect();
        (row.point.position.offset, row.point.account, bits)
    };
    rows.iter().map(row).collect()
}

#[test]
fn an_archive_gives_the_same_features_bit_for_bit_as_the_lines_that_it_was_made_of() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "archive", 300, 4, 31, 0.2);
    let lines = folder.join("events.ndjson");
    let packed = root.path().join("events.parquet");
    let count = archive::write(std::slice::from_ref(&lines), &packed, &world()).unwrap();
    let text = std::fs::read_to_string(&lines).unwrap();
    assert_eq!(count, text.lines().count() as u64);
    let expected = bits(&exported(&lines, &world()));
    assert!(expected.len() > 500);
    assert_eq!(bits(&exported(&packed, &world())), expected);
    let size = |path: &Path| std::fs::metadata(path).unwrap().len();
    assert!(size(&packed) * 5 < size(&lines));
}

#[test]
fn times_written_as_text_and_as_numbers_are_one_column() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("events.ndjson");
    let text = concat!(
        r#"{"id":"1","at":"2026-02-02T00:00:01Z","platform":"demo","type":"account.closed","account":"a"}"#,
        "\n",
        r#"{"id":"2","at":1769990402000,"platform":"demo","type":"account.closed","account":"b"}"#,
        "\n"
    );
    std::fs::write(&path, text).unwrap();
    let packed = root.path().join("events.parquet");
    archive::write(&[path], &packed, &world()).unwrap();
    let frame = scan(&packed).unwrap().collect().unwrap();
    let times: Vec<Option<i64>> = frame.column("at").unwrap().i64().unwrap().iter().collect();
    assert_eq!(times, [Some(1_769_990_401_000), Some(1_769_990_402_000)]);
    assert_eq!(frame.column("recipient").unwrap().null_count(), 2);
}

#[test]
fn a_parquet_file_that_is_no_archive_is_refused_and_nothing_of_it_repeated() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("events.parquet");
    let mut frame = DataFrame::new(1, vec![Column::new("text".into(), ["x"])]).unwrap();
    cohorts::write(&mut frame, &path).unwrap();
    let error = export(&[path], &world(), Wanted::default()).unwrap_err();
    assert!(
        format!("{error:#}").contains("1 columns that schema 1 does not have"),
        "{error:#}"
    );
}

#[test]
fn one_account_at_one_time_is_exported_alone_and_both_forms_hold_the_same_values() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "features", 200, 4, 32, 0.2);
    let events = folder.join("events.ndjson");
    let all = exported(&events, &world());
    let chosen = &all[all.len() / 2];
    let wanted = Wanted {
        accounts: [chosen.point.account].into(),
        from: Some(chosen.point.at),
        to: Some(chosen.point.at),
    };
    let rows = export(&[events], &world(), wanted).unwrap();
    assert_eq!(bits(&rows), bits(std::slice::from_ref(chosen)));
    let path = root.path().join("features.parquet");
    write_parquet(&rows, std::fs::File::create(&path).unwrap()).unwrap();
    let frame = scan(&path).unwrap().collect().unwrap();
    let mut lines = Vec::new();
    write_lines(&rows, &mut lines).unwrap();
    let line: serde_json::Value = serde_json::from_slice(&lines).unwrap();
    for (index, feature) in sealwatch_core::feature::FEATURES.iter().enumerate() {
        let column = frame.column(feature.name).unwrap().f32().unwrap();
        let packed = column.get(0).filter(|value| !value.is_nan());
        let written = line["features"][index].as_f64().map(|value| value as f32);
        assert_eq!(
            packed.map(f32::to_bits),
            written.map(f32::to_bits),
            "{}",
            feature.name
        );
    }
}

#[test]
fn cohorts_count_every_labelled_account_once_and_name_none() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "cohorts", 300, 4, 33, 0.2);
    let table = cohorts::table(&folder, root.path(), 1, &world()).unwrap();
    let counted: u32 = table
        .column("accounts")
        .unwrap()
        .u32()
        .unwrap()
        .iter()
        .flatten()
        .sum();
    let labels = std::fs::read_to_string(folder.join("labels.ndjson")).unwrap();
    assert_eq!(counted as usize, labels.lines().count());
    assert!(table.column("account").is_err());
    assert!(table.height() > 5);
}
