//! Public data as events.

use std::fs;

use sealwatch_core::shard::{Batch, Crossing, Judge};
use sealwatch_lab::convert::copenhagen;
use sealwatch_lab::cut::View;
use sealwatch_lab::replay::{World, replay};
use serde_json::Value;
use tempfile::TempDir;

struct Nothing;

impl Judge for Nothing {
    fn judge(&mut self, _: &Batch, _: &mut Vec<Crossing>) {}

    fn cool_down(&self, _: usize) -> i64 {
        0
    }
}

#[test]
fn sms_and_calls_become_events_in_the_order_of_time() {
    let root = TempDir::new().unwrap();
    fs::write(
        root.path().join("sms.csv"),
        "timestamp,sender,recipient\n18,370,512\n90,512,370\n",
    )
    .unwrap();
    fs::write(
        root.path().join("calls.csv"),
        "timestamp,caller,callee,duration\n50,370,512,121\n60,1,2,-1\n",
    )
    .unwrap();
    let out = root.path().join("events.ndjson");
    assert_eq!(copenhagen(root.path(), &out).unwrap(), 4);
    let events: Vec<Value> = fs::read_to_string(&out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let start = events[0]["at"].as_i64().unwrap() - 18_000;
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap(),
                event["at"].as_i64().unwrap() - start,
                event["first_contact"].as_bool().unwrap(),
            )
        })
        .collect();
    // A pair is a first contact once, whoever of the two began and by SMS or by call.
    assert_eq!(
        seen,
        [
            ("message.sent", 18_000, true),
            ("call.placed", 50_000, false),
            ("call.placed", 60_000, true),
            ("message.sent", 90_000, false),
        ]
    );
    assert_eq!(events[1]["answered"], true);
    assert_eq!(events[1]["seconds"], 121);
    assert_eq!(events[2]["answered"], false);
    // What the data does not have is absent, not false or zero.
    for field in ["typing_ms", "reply", "forwarded", "recipient_has_sender"] {
        assert!(events.iter().all(|event| event.get(field).is_none()));
    }
    let world = World::new(vec!["copenhagen".to_owned()], Vec::new(), Vec::new());
    let (_, count) = replay(&[out], &world, View::Full, || Nothing).unwrap();
    assert_eq!(count, 4, "the service's own decoder takes them all");
}

#[test]
fn a_missing_column_is_an_error_that_names_file_and_columns() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("sms.csv"), "timestamp,from,to\n1,2,3\n").unwrap();
    let error = copenhagen(root.path(), &root.path().join("out")).unwrap_err();
    let text = format!("{error:#}");
    assert!(
        text.contains("sms.csv") && text.contains("sender"),
        "{text}"
    );
}
