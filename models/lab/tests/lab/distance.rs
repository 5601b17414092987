//! The distance between populations: nothing between two of the same kind, and much between different ones.

use std::fs;

use sealwatch_lab::distance::traffic::{Summary, Traffic};
use sealwatch_lab::distance::{comparisons, two_sample_auc};
use tempfile::TempDir;

use crate::common::population;

#[test]
fn two_populations_of_the_same_kind_cannot_be_told_apart() {
    let root = TempDir::new().unwrap();
    let [one, other] = [("one", 11), ("other", 12)].map(|(name, seed)| {
        Traffic::simulated(&population(&root, name, 500, 10, seed, 0.05)).unwrap()
    });
    for of in [Summary::All, Summary::Manner] {
        let auc = two_sample_auc(&one, &other, of).unwrap();
        assert!((0.42..0.58).contains(&auc), "{of:?} {auc}");
    }
    for comparison in comparisons(&one, &other) {
        assert!(comparison.kolmogorov_smirnov < 0.15, "{comparison:?}");
    }
}

#[test]
fn traffic_of_another_kind_is_far_away() {
    let root = TempDir::new().unwrap();
    let folder = population(&root, "population", 200, 6, 13, 0.05);
    let simulated = Traffic::simulated(&folder).unwrap();
    // People who each write to one other person, and are answered after exactly an hour.
    let line = |number: i64| {
        let (pair, side) = (number % 40, number / 40 % 2);
        let (from, to) = (2 * pair + side, 2 * pair + 1 - side);
        format!(
            r#"{{"id":"{number}","at":{},"platform":"study","type":"message.sent","account":"p{from}","recipient":"p{to}","recipients":1,"kind":"text","size_bucket":7}}"#,
            1_770_000_000_000 + number / 40 * 3_600_000 + pair
        )
    };
    let path = root.path().join("real.ndjson");
    let lines: Vec<String> = (0..4_000).map(line).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let real = Traffic::real(&path).unwrap();
    assert_eq!(real.people.len(), 80);
    assert!(two_sample_auc(&simulated, &real, Summary::All).unwrap() > 0.95);
    let all = comparisons(&simulated, &real);
    let named = |name: &str| {
        let found = all.iter().find(|comparison| comparison.name.contains(name));
        found.unwrap_or_else(|| unreachable!("{name} is compared"))
    };
    assert!((named("gap").real[2] - 7_200.0).abs() < 1.0);
    assert_eq!(
        (named("degree").real[2], named("reciprocity").real[2]),
        (1.0, 1.0)
    );
    assert!(named("degree").kolmogorov_smirnov > 0.9);
}
