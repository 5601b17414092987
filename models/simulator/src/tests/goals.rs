//! The goals of scam centres, of returning abusers, and of adults who write to minors, as a reader of the files sees them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Files, at, options, text};
use crate::calendar::DAY;
use crate::options::Hiding;

fn accounts<'files>(
    labels: &'files BTreeMap<String, Json>,
    behaviour: &str,
) -> BTreeMap<&'files str, i64> {
    labels
        .iter()
        .filter(|(_, label)| text(label, "behaviour") == behaviour)
        .map(|(account, label)| (account.as_str(), label["since"].as_i64().unwrap()))
        .collect()
}

#[test]
fn a_scam_account_writes_to_tens_of_strangers_a_day_and_has_a_few_deep_conversations() {
    let files = Files::of(&options(1_600, 14, Hiding::Fixed(0.0)));
    let labels = files.labels();
    let scammers = accounts(&labels, "scam_fanout");
    let mut first_contacts: BTreeMap<(String, i64), u64> = BTreeMap::new();
    let mut threads: BTreeMap<(String, String), u64> = BTreeMap::new();
    for event in files.events() {
        let account = text(&event, "account");
        let Some(since) = scammers.get(account) else {
            continue;
        };
        if text(&event, "type") != "message.sent" || at(&event) < *since {
            continue;
        }
        let pair = (account.to_owned(), text(&event, "recipient").to_owned());
        *threads.entry(pair).or_default() += 1;
        if event["first_contact"] == true {
            *first_contacts
                .entry((account.to_owned(), at(&event) / DAY))
                .or_default() += 1;
        }
    }
    let mut daily: Vec<u64> = first_contacts.values().copied().collect();
    daily.sort_unstable();
    let median = daily[daily.len() / 2];
    assert!((8..150).contains(&median), "{median}");
    let shallow = threads.values().filter(|count| **count <= 2).count();
    let deep = threads.values().filter(|count| **count >= 12).count();
    assert!(
        shallow * 10 > threads.len() * 7,
        "{shallow} of {}",
        threads.len()
    );
    assert!(
        deep > 5 && deep * 8 < threads.len(),
        "{deep} of {}",
        threads.len()
    );
}

#[test]
fn a_banned_abuser_comes_back_after_the_ban_with_traces_that_fade_as_it_hides() {
    let traces = |hiding| {
        let files = Files::of(&options(1_600, 14, Hiding::Fixed(hiding)));
        let labels = files.labels();
        let returned = accounts(&labels, "ban_evasion");
        assert!(returned.len() >= 12);
        let mut banned_devices = BTreeSet::new();
        let mut device_of: BTreeMap<String, String> = BTreeMap::new();
        let (mut registered, mut traced, mut acted) = (0, 0, BTreeSet::new());
        for event in files.events() {
            let account = text(&event, "account").to_owned();
            if let Some(device) = event["device"].as_str() {
                device_of.insert(account.clone(), device.to_owned());
            }
            match text(&event, "type") {
                "account.registered" if returned.contains_key(account.as_str()) => {
                    let device = text(&event, "device");
                    assert!(at(&event) >= returned[account.as_str()]);
                    registered += 1;
                    traced += u32::from(banned_devices.contains(device));
                }
                "enforcement.applied" if event["action"] == "banned" => {
                    banned_devices.extend(device_of.get(&account).cloned());
                }
                "message.sent" | "group.member_added" | "contact.looked_up"
                    if returned.contains_key(account.as_str()) =>
                {
                    acted.insert(account);
                }
                _ => {}
            }
        }
        assert!(
            acted.len() * 10 >= registered * 7,
            "{} of {registered}",
            acted.len()
        );
        (traced, registered)
    };
    let ((loud, all), (hidden, _)) = (traces(0.0), traces(1.0));
    assert!(loud as usize * 10 >= all * 4, "{loud} of {all}");
    assert!(hidden <= 1, "{hidden}");
}

#[test]
fn minors_hear_from_adults_they_do_not_know_and_block_them() {
    let files = Files::of(&options(1_600, 14, Hiding::Fixed(0.0)));
    let labels = files.labels();
    let adults = accounts(&labels, "minor_contact_risk");
    let mut age: BTreeMap<String, String> = BTreeMap::new();
    let (mut to_minors, mut strangers, mut late, mut blocks) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut repeated: BTreeMap<(String, String), u32> = BTreeMap::new();
    for event in files.events() {
        let account = text(&event, "account").to_owned();
        if event.get("age_band").is_some() {
            age.insert(account.clone(), text(&event, "age_band").to_owned());
        }
        let is_minor = |name: &str| age.get(name).is_some_and(|band| band != "adult");
        match text(&event, "type") {
            "message.sent"
                if adults
                    .get(account.as_str())
                    .is_some_and(|since| at(&event) >= *since) =>
            {
                let recipient = text(&event, "recipient");
                if is_minor(recipient) && event["recipient_has_sender"] == false {
                    to_minors += 1;
                    strangers += u32::from(event["first_contact"] == true);
                    *repeated.entry((account, recipient.to_owned())).or_default() += 1;
                    late += u32::from(event["typing_ms"].as_u64() != Some(0));
                }
            }
            "user.blocked" if adults.contains_key(text(&event, "target")) => {
                blocks += u32::from(is_minor(&account));
            }
            _ => {}
        }
    }
    assert!(adults.keys().all(|adult| age[*adult] == "adult"));
    assert!(to_minors > 200 && strangers > 80, "{to_minors} {strangers}");
    assert!(repeated.values().filter(|count| **count >= 3).count() > 20);
    assert!(blocks >= 5 && late > 0, "{blocks} {late}");
}
