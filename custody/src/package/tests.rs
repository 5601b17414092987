use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::bag::{BagError, BagFiles};

mod markup_reader;
mod outputs;
mod refusals;

use markup_reader::elements;

const IDENTITY: &str = "+353861234567";
const CHILD_SAFETY: &str = include_str!("../../fixtures/child-safety.json");
const THREAT_TO_LIFE: &str = include_str!("../../fixtures/threat-to-life.json");
const GROUP: &str = include_str!("../../fixtures/group.json");

fn facts(fixture: &str) -> Facts {
    serde_json::from_str(fixture).unwrap()
}

fn identity(facts: &Facts) -> Option<&'static [u8]> {
    (facts.threat.subject == "account").then_some(IDENTITY.as_bytes())
}

/// The package's files by name below `data/`.
fn files(facts: &Facts) -> BTreeMap<String, String> {
    let bag: BagFiles = prepare(facts, identity(facts))
        .unwrap()
        .seal(BTreeMap::new())
        .unwrap();
    bag.into_iter()
        .filter_map(|(path, bytes)| {
            let name = path.strip_prefix("data/")?.to_owned();
            Some((name, String::from_utf8(bytes).unwrap()))
        })
        .collect()
}

#[test]
fn the_same_facts_and_identity_give_the_same_bytes_also_after_a_way_over_the_wire() {
    for fixture in [CHILD_SAFETY, THREAT_TO_LIFE, GROUP] {
        let first = facts(fixture);
        let carried = Facts::parse(first.to_json().unwrap().as_bytes()).unwrap();
        let prepared = prepare(&first, identity(&first)).unwrap();
        assert_eq!(prepare(&carried, identity(&carried)).unwrap(), prepared);
        let statement = super::statement(&first, &prepared).unwrap();
        assert_eq!(statement, super::statement(&carried, &prepared).unwrap());
        assert_eq!(statement.referral, first.referral);
        assert_eq!(statement.subjects, prepared.subjects());
        assert_eq!(super::check(&first, identity(&first).is_some()), Ok(()));
    }
}

#[test]
fn a_bag_has_the_files_of_its_recipient_and_no_other() {
    let common = [
        "README.txt",
        "case.jsonld",
        "custody.ndjson",
        "events.ndjson",
        "methodology.md",
        "referral.json",
        "referral.schema.json",
        "report.html",
    ];
    for (fixture, own) in [
        (CHILD_SAFETY, "cybertip.xml"),
        (THREAT_TO_LIFE, "dsa-article-18.json"),
        (GROUP, "dsa-article-18.json"),
    ] {
        let mut expected = common.to_vec();
        expected.push(own);
        expected.sort_unstable();
        let found = files(&facts(fixture));
        assert_eq!(found.keys().collect::<Vec<_>>(), expected);
        for name in found.keys() {
            assert!(found["README.txt"].contains(name.as_str()), "{name}");
        }
    }
}

#[test]
fn the_bag_says_who_made_it_and_when_and_nothing_of_the_case() {
    let facts = facts(CHILD_SAFETY);
    let bag = prepare(&facts, identity(&facts))
        .unwrap()
        .seal(BTreeMap::new())
        .unwrap();
    let info = String::from_utf8(bag["bag-info.txt"].clone()).unwrap();
    assert!(info.contains("Bagging-Date: 2026-11-24\n"), "{info}");
    assert!(info.contains(&format!("External-Identifier: {}\n", facts.referral)));
    assert!(info.contains("Source-Organization: Example Messenger Ltd\n"));
    assert!(info.contains("Contact-Email: duty@example.org\n"));
    assert!(!info.contains(IDENTITY) && !info.contains("child"));
}

#[test]
fn every_file_parses_as_what_it_is() {
    for fixture in [CHILD_SAFETY, THREAT_TO_LIFE, GROUP] {
        let facts = facts(fixture);
        for (name, text) in files(&facts) {
            require_well_formed(&name, &text);
        }
    }
}

/// Canonical JSON, lines of it, or well-formed markup.
fn require_well_formed(name: &str, text: &str) {
    match name.rsplit('.').next().unwrap() {
        "json" if name.contains("schema") => {
            let schema: Value = serde_json::from_str(text).unwrap();
            assert!(jsonschema::draft202012::meta::is_valid(&schema));
        }
        "json" | "jsonld" => drop(crate::canonical::parse(text.as_bytes()).unwrap()),
        "ndjson" => {
            for line in text.lines() {
                crate::canonical::parse(line.as_bytes()).unwrap();
            }
            assert!(text.is_empty() || text.ends_with('\n'));
        }
        "html" | "xml" => assert!(!elements(text).unwrap().is_empty()),
        _ => assert!(text.ends_with('\n') && text.len() > 500, "{name}"),
    }
}

#[test]
fn the_record_is_of_its_schema_and_the_schema_is_closed() {
    let schema: Value = serde_json::from_str(RECORD_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for fixture in [CHILD_SAFETY, THREAT_TO_LIFE, GROUP] {
        let facts = facts(fixture);
        let record: Value = serde_json::from_str(&files(&facts)["referral.json"]).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&record)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        let digest = record["facts_sha256"].as_str().unwrap();
        assert_eq!(digest, facts.digest().unwrap().to_hex());
        for pointer in [
            "",
            "/facts",
            "/facts/threat",
            "/facts/threat/terms/0",
            "/facts/duty",
        ] {
            let mut more = record.clone();
            more.pointer_mut(pointer).unwrap()["content"] = "hello".into();
            assert!(!validator.is_valid(&more), "{pointer}");
            let mut fewer = record.clone();
            let members = fewer.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            let first = members.keys().next().unwrap().clone();
            members.remove(&first);
            assert!(!validator.is_valid(&fewer), "{pointer} {first}");
        }
    }
}

#[test]
fn the_subject_is_named_by_its_identifier_and_its_pseudonym_stands_in_the_record_alone() {
    for fixture in [CHILD_SAFETY, THREAT_TO_LIFE] {
        let facts = facts(fixture);
        for (name, text) in files(&facts) {
            let pseudonym = text.contains(&facts.threat.pseudonym);
            assert_eq!(pseudonym, name == "referral.json", "{name}");
            let names_it = [
                "report.html",
                "referral.json",
                "case.jsonld",
                "cybertip.xml",
                "dsa-article-18.json",
            ];
            assert_eq!(
                text.contains(IDENTITY),
                names_it.contains(&&*name),
                "{name}"
            );
        }
    }
    let group = facts(GROUP);
    for (name, text) in files(&group) {
        let pseudonym = text.contains(&group.threat.pseudonym);
        assert_eq!(pseudonym, name == "referral.json", "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_of_a_person_or_a_platform_becomes_markup_or_breaks_a_file(
        statement in hostile(), process in hostile(), officer in hostile(), words in hostile(),
    ) {
        for fixture in [CHILD_SAFETY, THREAT_TO_LIFE, GROUP] {
            let plain = facts(fixture);
            let mut facts = plain.clone();
            facts.finding.statement = statement.clone();
            facts.finding.officer = officer.clone();
            facts.provider.legal_process = Some(process.clone());
            facts.threat.terms[1].words = words.clone();
            facts.custody[1].by = officer.clone();
            let written = files(&facts);
            for (name, text) in &written {
                require_well_formed(name, text);
            }
            // The same elements, and the same attributes but for the line ends of nothing: texts add none.
            for (name, before) in files(&plain) {
                if ["report.html", "cybertip.xml"].contains(&&*name) {
                    prop_assert_eq!(elements(&before), elements(&written[&name]), "{}", name);
                }
            }
            prop_assert!(!written["report.html"].contains("<script"));
        }
    }

    #[test]
    fn any_times_in_any_order_are_drawn_and_written(
        times in prop::collection::vec(0..=super::time::LATEST_MS, 1..12), near in 0..200_i64,
    ) {
        let mut facts = facts(THREAT_TO_LIFE);
        let mut given = times.iter().copied().cycle();
        let mut next = || given.next().unwrap();
        facts.frozen_ms = next();
        facts.threat.at_ms = next();
        facts.finding.made_ms = (facts.frozen_ms + near).min(super::time::LATEST_MS);
        facts.clock.first_signal_ms = next();
        facts.clock.knowledge_ms = next();
        facts.threat.events.iter_mut().for_each(|event| event.at_ms = next());
        facts.threat.reporters.iter_mut().for_each(|report| report.at_ms = next());
        for (name, text) in files(&facts) {
            require_well_formed(&name, &text);
        }
    }

    #[test]
    fn a_provider_passes_its_check_where_packages_can_be_made_in_its_name_and_only_there(
        organization in text(1001), email in prop::option::of(text(1001)), service in text(101),
        url in prop::option::of(text(2084)),
    ) {
        let mut facts = facts(CHILD_SAFETY);
        facts.provider.organization = organization;
        facts.provider.contact_email = email;
        facts.provider.service = service;
        facts.provider.terms_url = url;
        let passes = check_provider(&facts.provider).is_ok();
        prop_assert_eq!(passes, super::check(&facts, true).is_ok());
    }

    #[test]
    fn a_record_gives_back_the_facts_and_the_identity(identifier in "[A-Za-z0-9+@._:-]{1,128}") {
        let facts = facts(THREAT_TO_LIFE);
        let bag = prepare(&facts, Some(identifier.as_bytes())).unwrap().seal(BTreeMap::new()).unwrap();
        let record: Value = serde_json::from_slice(&bag["data/referral.json"]).unwrap();
        let back: Facts = serde_json::from_value(record["facts"].clone()).unwrap();
        prop_assert_eq!(back, facts);
        prop_assert_eq!(record["identity"]["identifier"].as_str(), Some(identifier.as_str()));
    }
}

/// Texts about as long as they may be, some with what no line holds.
fn text(too_long: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just("Example Messenger Ltd".to_owned()),
        1 => prop::sample::select(vec!["", " ", "Example ", " Example", "two\nlines", "a\u{7}"]).prop_map(str::to_owned),
        1 => (too_long - 1..=too_long).prop_map(|length| "ü".repeat(length)),
    ]
}

/// Texts that break what is not escaped.
fn hostile() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "<script>alert(1)</script>",
        "</blockquote></body><img src=x onerror=alert(1)>",
        "\"><svg onload='x'>",
        "]]>&lt;!--",
        "-->\u{0}\u{1b}\u{fffe}\u{202e}",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>",
        "| a | b |\r\n| --- |\u{2028}{\"x\":1}\\",
    ]);
    prop_oneof![
        known.prop_map(str::to_owned),
        "[^\u{0}]{0,60}",
        any::<String>()
    ]
}
