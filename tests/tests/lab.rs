//! Law 4: what the lab exports is what the pipeline scored, bit for bit, on a stream with late, repeated and broken records.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeMap;
use std::fs;

use sealwatch_core::recommendation::Recommendation;
use sealwatch_tests::system::{command, replay, simulate, succeed};
use serde_json::Value;

/// Repeats, delays and breaks some lines of a stream, always the same ones.
fn disturbed(lines: &str) -> String {
    let lines: Vec<&str> = lines.lines().collect();
    let mut out: Vec<&str> = Vec::new();
    let mut delayed: Vec<(usize, &str)> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        match number % 101 {
            7 => out.extend([*line, *line]),
            13 => delayed.push((number + number % 3_001, line)),
            29 => out.extend([*line, "{\"broken\""]),
            _ => out.push(line),
        }
        delayed.retain(|(due, late)| {
            let is_due = *due <= number;
            if is_due {
                out.push(late);
            }
            !is_due
        });
    }
    out.extend(delayed.iter().map(|(_, line)| *line));
    out.join("\n") + "\n"
}

fn bits(features: &Value) -> Vec<Option<u32>> {
    let features: Vec<Option<f32>> = serde_json::from_value(features.clone()).unwrap();
    let bits = features.iter().map(|value| value.map(f32::to_bits));
    bits.collect()
}

#[test]
fn the_lab_exports_the_features_that_the_pipeline_scored_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let simulated = simulate(folder.path(), 900, 6, 77);
    let events = folder.path().join("disturbed.ndjson");
    fs::write(&events, disturbed(&fs::read_to_string(simulated).unwrap())).unwrap();
    let recommendations = folder.path().join("recommendations.ndjson");
    succeed(&mut replay(&events, &recommendations, &[]));
    let exported = folder.path().join("features.ndjson");
    succeed(
        command("sealwatch-lab")
            .arg("features")
            .arg("--events")
            .arg(&events)
            .arg("--out")
            .arg(&exported),
    );
    let mut points = BTreeMap::new();
    for line in fs::read_to_string(exported).unwrap().lines() {
        let point: Value = serde_json::from_str(line).unwrap();
        let account = point["account"].as_str().unwrap().to_owned();
        points.insert((account, point["offset"].as_u64().unwrap()), point);
    }
    let mut compared = 0;
    for line in fs::read_to_string(recommendations).unwrap().lines() {
        let read: Recommendation = serde_json::from_str(line).unwrap();
        let recommendation: Value = serde_json::from_str(line).unwrap();
        let account = recommendation["account"].as_str().unwrap().to_owned();
        let place = (account, read.deciding.offset);
        let point = points.get(&place).unwrap();
        assert_eq!(bits(&point["features"]), bits(&recommendation["features"]));
        assert_eq!(point["at"], read.at.0);
        compared += 1;
    }
    assert!(compared >= 30, "{compared} recommendations were compared");
}
