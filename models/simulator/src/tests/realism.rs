//! The population must not be easy: hard negatives exist, and abuse fades into them as it hides.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Files, at, most_within, options, text};
use crate::calendar::{HOUR, MINUTE};
use crate::options::Hiding;

/// Times of the events of one type, by the text of a field, of accounts whose label passes.
fn times(
    files: &Files,
    kind: &str,
    field: &str,
    passes: impl Fn(&Json) -> bool,
) -> BTreeMap<String, Vec<i64>> {
    let labels = files.labels();
    let mut times: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in files.events().filter(|event| text(event, "type") == kind) {
        let label = labels.get(text(&event, "account"));
        if event.get(field).is_some() && label.is_some_and(&passes) {
            times
                .entry(text(&event, field).to_owned())
                .or_default()
                .push(at(&event));
        }
    }
    times
}

fn behaves(behaviour: &'static str) -> impl Fn(&Json) -> bool {
    move |label| text(label, "behaviour") == behaviour
}

fn benign(label: &Json) -> bool {
    text(label, "label") == "benign"
}

fn most(times: &BTreeMap<String, Vec<i64>>, span: i64) -> usize {
    times
        .values()
        .map(|times| most_within(times, span))
        .max()
        .unwrap_or(0)
}

#[test]
fn farms_register_in_series_when_loud_and_one_by_one_when_hidden_and_benign_waves_exist_too() {
    let registrations = |hiding, passes: &dyn Fn(&Json) -> bool| {
        let files = Files::of(&options(4_500, 3, Hiding::Fixed(hiding)));
        most(
            &times(&files, "account.registered", "network", passes),
            HOUR,
        )
    };
    let farm = behaves("automated_registration");
    let (loud, hidden) = (registrations(0.0, &farm), registrations(1.0, &farm));
    assert!(loud >= 8, "{loud}");
    let waves = registrations(0.0, &benign);
    assert!(waves >= 4, "{waves}");
    assert!(hidden <= waves && 2 * hidden < loud, "{hidden} {waves}");
}

#[test]
fn loud_bulk_messaging_is_fast_and_hidden_bulk_messaging_is_as_slow_as_people() {
    let fastest = |hiding, passes: &dyn Fn(&Json) -> bool| {
        let files = Files::of(&options(1_000, 10, Hiding::Fixed(hiding)));
        most(&times(&files, "message.sent", "account", passes), MINUTE)
    };
    let bulk = behaves("bulk_messaging");
    assert!(fastest(0.0, &bulk) > 100);
    let hidden = fastest(1.0, &bulk);
    let people = fastest(1.0, &benign);
    assert!(hidden < people, "{hidden} {people}");
}

#[test]
fn hard_negatives_do_what_abusers_do() {
    let files = Files::of(&options(3_000, 14, Hiding::Fixed(0.5)));
    let persona =
        |name: &'static str| move |label: &Json| benign(label) && text(label, "persona") == name;
    // Businesses write to many within a minute, without typing.
    assert!(
        most(
            &times(&files, "message.sent", "account", persona("business")),
            MINUTE
        ) >= 20
    );
    // Organisers add dozens within minutes.
    assert!(
        most(
            &times(
                &files,
                "group.member_added",
                "account",
                persona("organiser")
            ),
            10 * MINUTE
        ) >= 20
    );
    // Importers look up more numbers than abusers who hide.
    let labels = files.labels();
    let mut looked_up: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut courier_first, mut courier_sent) = (0, 0);
    let mut untyped = [[0_u64; 2]; 2];
    for event in files.events() {
        let Some(label) = labels.get(text(&event, "account")) else {
            continue;
        };
        if text(&event, "type") == "contact.looked_up" && benign(label) {
            *looked_up.entry(text(label, "persona")).or_default() +=
                event["numbers"].as_u64().unwrap();
        }
        if text(&event, "type") == "message.sent" {
            if text(label, "persona") == "courier" && benign(label) {
                courier_sent += 1;
                courier_first += u32::from(event["first_contact"] == true);
            }
            if let Some(typing) = event["typing_ms"].as_u64() {
                untyped[usize::from(benign(label))][usize::from(typing == 0)] += 1;
            }
        }
    }
    let each = |name: &str| {
        let people = labels
            .values()
            .filter(|label| benign(label) && text(label, "persona") == name);
        looked_up[name] / people.count() as u64
    };
    assert!(each("importer") > 50 * each("adult"), "{looked_up:?}");
    assert!(
        courier_first * 10 > courier_sent * 3,
        "{courier_first} of {courier_sent}"
    );
    // Benign people, too, send much without typing; abusers type.
    assert!(
        untyped[1][1] * 5 > untyped[1][0] && untyped[0][0] > 0,
        "{untyped:?}"
    );
}

#[test]
fn shared_phones_and_crowded_networks_are_benign_too() {
    let files = Files::of(&options(2_500, 3, Hiding::Mixed));
    let labels = files.labels();
    let mut devices: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut networks: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in files.events() {
        let account = text(&event, "account");
        if labels.get(account).is_some_and(benign) {
            for (field, map) in [("device", &mut devices), ("network", &mut networks)] {
                if event.get(field).is_some() {
                    map.entry(text(&event, field).to_owned())
                        .or_default()
                        .insert(account.to_owned());
                }
            }
        }
    }
    assert!(devices.values().any(|accounts| accounts.len() >= 2));
    assert!(networks.values().any(|accounts| accounts.len() >= 25));
}

#[test]
fn victims_and_platform_react_late_and_sometimes_wrongly() {
    let files = Files::of(&options(2_000, 14, Hiding::Fixed(0.1)));
    let labels = files.labels();
    let (mut late, mut wrong_bans, mut wrong_reports, mut right_reports) = (0, 0, 0, 0);
    for event in files.events() {
        let abuser = |field: &str| {
            labels
                .get(text(&event, field))
                .filter(|label| !benign(label))
        };
        match text(&event, "type") {
            "enforcement.applied" => match abuser("account") {
                Some(label) => {
                    assert!(at(&event) > label["since"].as_i64().unwrap());
                    late += 1;
                }
                None => wrong_bans += 1,
            },
            "user.reported" if event.get("target").is_some() => match abuser("target") {
                Some(_) => right_reports += 1,
                None => wrong_reports += 1,
            },
            _ => {}
        }
    }
    assert!(late > 40 && wrong_bans > 0 && wrong_reports > 5 && right_reports > wrong_reports);
}

#[test]
fn who_is_banned_acts_no_more() {
    let files = Files::of(&options(1_000, 14, Hiding::Fixed(0.0)));
    let mut banned = BTreeSet::new();
    let mut bans = 0;
    for event in files.events() {
        let account = text(&event, "account");
        match (text(&event, "type"), text(&event, "action")) {
            ("enforcement.applied", "banned") => {
                banned.insert(account.to_owned());
                bans += 1;
            }
            ("enforcement.applied", "reinstated") => {
                banned.remove(account);
            }
            ("enforcement.applied" | "label.given" | "signal.received" | "surface.matched", _) => {}
            _ => assert!(!banned.contains(account), "{event}"),
        }
    }
    assert!(bans > 20);
}

#[test]
fn a_compromised_account_has_a_life_before_and_a_new_device_at_its_label() {
    let files = Files::of(&options(1_000, 14, Hiding::Fixed(0.0)));
    let labels = files.labels();
    let taken: BTreeMap<&str, i64> = labels
        .iter()
        .filter(|(_, label)| text(label, "label") == "compromised")
        .map(|(account, label)| (account.as_str(), label["since"].as_i64().unwrap()))
        .collect();
    let (mut before, mut logins) = (BTreeSet::new(), BTreeSet::new());
    for event in files.events() {
        let account = text(&event, "account");
        let Some(since) = taken.get(account) else {
            continue;
        };
        if text(&event, "type") == "message.sent" && at(&event) < *since {
            before.insert(account.to_owned());
        }
        if event["new_device"] == true && at(&event) == *since {
            logins.insert(account.to_owned());
        }
    }
    assert!(before.len() * 10 >= taken.len() * 8 && logins.len() * 10 >= taken.len() * 9);
}

#[test]
fn most_owners_get_a_compromised_account_back_and_the_label_says_when() {
    let labels = Files::of(&options(1_000, 14, Hiding::Fixed(0.0))).labels();
    let (mut taken, mut back) = (0, 0);
    for label in labels.values() {
        if let Some(until) = label["until"].as_i64() {
            assert_eq!(text(label, "label"), "compromised");
            assert!(until > label["since"].as_i64().unwrap());
            back += 1;
        }
        taken += usize::from(text(label, "label") == "compromised");
    }
    assert!(back * 10 >= taken * 7 && back > 0, "{back} of {taken}");
}
