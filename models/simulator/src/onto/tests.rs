//! A small host: messages and calls, with no optional field but `recipient`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{HostTraffic, PlantError, Planted, Planting, ScanError, plant};
use crate::calendar::{DAY, HOUR, MINUTE, Rhythm};
use crate::goal::Behaviour;
use crate::options::{Hiding, Options};
use crate::random::Random;

const START: i64 = 1_770_000_000_000;

/// Two weeks of 80 people in one zone who write and call each other.
fn host() -> String {
    let mut random = Random::new(8);
    let mut lines: Vec<(i64, String)> = Vec::new();
    for person in 0..80 {
        let rate = random.log_normal(4.0, 0.8);
        let mut at = START;
        loop {
            at = Rhythm::Day.next(at, START + 14 * DAY, rate, 60, &mut random);
            if at >= START + 14 * DAY {
                break;
            }
            let friend = (person + 1 + random.below(7)) % 80;
            let id = lines.len();
            let line = if random.chance(0.15) {
                format!(
                    r#"{{"id":"h{id}","at":{at},"platform":"study","type":"call.placed","account":"{person}","recipient":"{friend}","answered":true,"seconds":12}}"#
                )
            } else {
                format!(
                    r#"{{"id":"h{id}","at":{at},"platform":"study","type":"message.sent","account":"{person}","recipient":"{friend}","recipients":1,"kind":"other","size_bucket":7}}"#
                )
            };
            lines.push((at, line));
        }
    }
    lines.sort();
    lines
        .into_iter()
        .fold(String::new(), |mut text, (_, line)| {
            let _ = writeln!(text, "{line}");
            text
        })
}

struct Result {
    events: Vec<Json>,
    lines: Vec<String>,
    labels: BTreeMap<String, Json>,
    planted: Planted,
}

fn planted(host: &str, hiding: f64, abusers: u32, controls: u32) -> Result {
    let options = Options {
        hiding: Hiding::Fixed(hiding),
        seed: 5,
        ..Options::default()
    };
    let traffic = HostTraffic::scan(host.as_bytes()).unwrap();
    let (mut events, mut labels) = (Vec::new(), Vec::new());
    let planting = Planting { abusers, controls };
    let planted = plant(
        &options,
        planting,
        &traffic,
        host.as_bytes(),
        &mut events,
        &mut labels,
    )
    .unwrap();
    let lines: Vec<String> = String::from_utf8(events)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let labels = String::from_utf8(labels).unwrap();
    let label = |line: &str| -> (String, Json) {
        let label: Json = serde_json::from_str(line).unwrap();
        (label["account"].as_str().unwrap().to_owned(), label)
    };
    Result {
        events: lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        lines,
        labels: labels.lines().map(label).collect(),
        planted,
    }
}

#[test]
fn the_hosts_lines_are_all_there_unchanged_and_everything_is_in_order() {
    let host = host();
    let result = planted(&host, 0.3, 10, 40);
    let of_host: Vec<&str> = host.lines().collect();
    let ids: BTreeSet<&str> = of_host.iter().copied().collect();
    let kept: Vec<&str> = result
        .lines
        .iter()
        .map(String::as_str)
        .filter(|line| ids.contains(line))
        .collect();
    assert_eq!(kept, of_host);
    assert!(result.lines.len() > of_host.len() + 1_000);
    assert!(result.events.is_sorted_by_key(|event| event["at"].as_i64()));
    let unique: BTreeSet<&str> = result
        .events
        .iter()
        .filter_map(|event| event["id"].as_str())
        .collect();
    assert_eq!(unique.len(), result.events.len());
    let added = (result.lines.len() - of_host.len()) as u64;
    assert_eq!(
        (result.planted.host_events, result.planted.summary.total()),
        (of_host.len() as u64, added)
    );
}

#[test]
fn planted_accounts_use_the_hosts_types_fields_values_and_time_only() {
    let host = host();
    let result = planted(&host, 0.3, 10, 40);
    let forms = |planted: bool| {
        let mut forms = BTreeSet::new();
        for event in &result.events {
            let label = &result.labels[event["account"].as_str().unwrap()];
            if (label["label"] != "host") == planted {
                let keys: Vec<&str> = event
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect();
                let content = format!("{} {}", event["kind"], event["size_bucket"]);
                forms.insert((
                    event["type"].to_string(),
                    event["platform"].to_string(),
                    content,
                    keys.join(","),
                ));
            }
        }
        forms
    };
    assert_eq!(forms(true), forms(false));
    let times = |index: usize| result.events[index]["at"].as_i64().unwrap();
    assert!(times(0) >= START && times(result.events.len() - 1) < START + 14 * DAY);
}

#[test]
fn labels_tell_host_controls_and_abusers_apart_and_only_expressible_behaviours_are_planted() {
    let result = planted(&host(), 0.3, 10, 40);
    let count = |label: &str, persona: &str| {
        result
            .labels
            .values()
            .filter(|line| line["label"] == label && line["persona"] == persona)
            .count()
    };
    assert_eq!(
        (
            count("host", "host"),
            count("benign", "planted_control"),
            count("abusive", "planted_abuser")
        ),
        (80, 40, 10)
    );
    assert_eq!(
        result.planted.expressible,
        [Behaviour::BulkMessaging, Behaviour::ScamFanout]
    );
    assert!(
        result
            .labels
            .values()
            .filter(|line| line["label"] == "abusive")
            .all(|line| line["behaviour"] == "bulk_messaging"
                || line["behaviour"] == "scam_fanout")
    );
}

#[test]
fn controls_are_as_active_as_the_host_and_loud_abusers_are_not() {
    let result = planted(&host(), 0.0, 10, 60);
    let mut sent: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    let mut minutes: BTreeMap<(&str, &str, i64), usize> = BTreeMap::new();
    for (account, label) in &result.labels {
        sent.insert((label["label"].as_str().unwrap(), account), 0.0);
    }
    for event in &result.events {
        let account = event["account"].as_str().unwrap();
        let label = result.labels[account]["label"].as_str().unwrap();
        *sent.entry((label, account)).or_default() += 1.0;
        *minutes
            .entry((label, account, event["at"].as_i64().unwrap() / MINUTE))
            .or_default() += 1;
    }
    let median = |label: &str| {
        let mut counts: Vec<f64> = sent
            .iter()
            .filter(|((of, _), _)| *of == label)
            .map(|(_, count)| *count)
            .collect();
        counts.sort_by(f64::total_cmp);
        counts[counts.len() / 2]
    };
    let (host, controls) = (median("host"), median("benign"));
    assert!(
        controls > 0.6 * host && controls < 1.7 * host,
        "{controls} {host}"
    );
    let fastest = |label: &str| {
        minutes
            .iter()
            .filter(|((of, ..), _)| *of == label)
            .map(|(_, count)| *count)
            .max()
    };
    assert!(fastest("abusive") > Some(20) && fastest("benign") < fastest("abusive"));
}

#[test]
fn planted_accounts_write_to_the_host_and_to_each_other() {
    let result = planted(&host(), 0.5, 10, 40);
    let mut to = BTreeMap::new();
    for event in &result.events {
        let label = |field: &str| &result.labels[event[field].as_str().unwrap()]["label"];
        *to.entry((label("account").to_string(), label("recipient").to_string()))
            .or_insert(0) += 1;
    }
    for (from, target) in [
        ("benign", "host"),
        ("benign", "benign"),
        ("abusive", "host"),
        ("abusive", "benign"),
    ] {
        assert!(
            to.get(&(format!("\"{from}\""), format!("\"{target}\"")))
                .is_some_and(|count| *count > 10),
            "{to:?}"
        );
    }
    // The host does nothing that it did not do.
    assert!(
        !to.contains_key(&("\"host\"".to_owned(), "\"benign\"".to_owned())),
        "{to:?}"
    );
}

#[test]
fn the_same_seed_plants_the_same_bytes() {
    let host = host();
    assert_eq!(
        planted(&host, 0.5, 5, 10).lines,
        planted(&host, 0.5, 5, 10).lines
    );
}

#[test]
fn a_simulated_host_takes_every_behaviour_and_no_identifier_meets_another() {
    let mut events = Vec::new();
    let options = Options {
        accounts: 150,
        days: 6,
        seed: 5,
        ..Options::default()
    };
    crate::simulate(&options, &mut events, &mut std::io::sink()).unwrap();
    let host = String::from_utf8(events).unwrap();
    let result = planted(&host, 0.2, 25, 50);
    assert_eq!(result.planted.expressible, Behaviour::ALL);
    let unique: BTreeSet<&str> = result
        .events
        .iter()
        .filter_map(|event| event["id"].as_str())
        .collect();
    assert_eq!(unique.len(), result.events.len());
    assert_eq!(result.labels.len(), 150 + 75);
}

#[test]
fn the_hosts_zone_and_range_are_found() {
    let traffic = HostTraffic::scan(host().as_bytes()).unwrap();
    assert!((0..=120).contains(&traffic.zone), "{}", traffic.zone);
    assert!(traffic.first < START + HOUR * 8 && traffic.last > START + 13 * DAY);
    assert_eq!(
        (
            traffic.platform.as_str(),
            traffic.names.len(),
            traffic.people.len()
        ),
        ("study", 80, 80)
    );
}

#[test]
fn host_traffic_that_is_no_traffic_is_named_by_its_line_and_never_echoed() {
    let error = |text: &str| HostTraffic::scan(text.as_bytes()).unwrap_err();
    assert!(matches!(error(""), ScanError::Empty));
    let good = r#"{"id":"1","at":5,"platform":"p","type":"account.closed","account":"a"}"#;
    let shown = error(&format!("{good}\n{{\"secret\": 1}}\n")).to_string();
    assert!(
        shown.contains("line 2") && !shown.contains("secret"),
        "{shown}"
    );
    assert!(matches!(error(good), ScanError::TooShort));
    let bare = format!(
        "{good}\n{}",
        good.replace(":5,", ":900000,").replace("\"1\"", "\"2\"")
    );
    let traffic = HostTraffic::scan(bare.as_bytes()).unwrap();
    let planting = Planting {
        abusers: 1,
        controls: 1,
    };
    let nothing = plant(
        &Options::default(),
        planting,
        &traffic,
        bare.as_bytes(),
        Vec::new(),
        &mut Vec::new(),
    );
    assert!(matches!(nothing, Err(PlantError::NothingExpressible)));
}
