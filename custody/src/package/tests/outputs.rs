//! What the files say.

use super::*;
use crate::package::facts::LeftOut;

fn between<'text>(text: &'text str, start: &str, end: &str) -> &'text str {
    let after = text.split_once(start).unwrap().1;
    after.split_once(end).unwrap().0
}

#[test]
fn a_cybertip_has_the_schemas_order_and_the_real_identifier_and_no_content() {
    let facts = facts(CHILD_SAFETY);
    let xml = &files(&facts)["cybertip.xml"];
    let names: Vec<String> = elements(xml)
        .unwrap()
        .into_iter()
        .map(|element| element.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "report",
            "incidentSummary",
            "incidentType",
            "platform",
            "escalateToHighPriority",
            "incidentDateTime",
            "incidentDateTimeDescription",
            "internetDetails",
            "chatImIncident",
            "chatClient",
            "additionalInfo",
            "reporter",
            "reportingPerson",
            "firstName",
            "lastName",
            "email",
            "companyTemplate",
            "legalURL",
            "personOrUserReported",
            "espIdentifier",
            "espService",
            "additionalInfo"
        ]
    );
    assert_eq!(between(xml, "<espIdentifier>", "<"), IDENTITY);
    assert_eq!(
        between(xml, "<incidentDateTime>", "<"),
        "2026-11-24T12:53:07Z"
    );
    assert_eq!(
        between(xml, "<incidentType>", "<"),
        "Online Enticement of Children for Sexual Acts"
    );
}

#[test]
fn an_event_ahead_of_the_clock_stops_no_cybertip_and_its_recorded_time_is_said() {
    let mut facts = facts(CHILD_SAFETY);
    facts.frozen_ms = facts.threat.at_ms;
    let xml = &files(&facts)["cybertip.xml"];
    assert!(!xml.contains("clocks differ"));
    facts.threat.at_ms += 600_000;
    assert_eq!(check(&facts, true), Ok(()));
    let xml = &files(&facts)["cybertip.xml"];
    assert_eq!(
        between(xml, "<incidentDateTime>", "<"),
        "2026-11-24T12:53:07Z"
    );
    let said = between(xml, "<incidentDateTimeDescription>", "<");
    assert!(
        said.contains("13:03:07 UTC for the last event of the case")
            && said.contains("clocks differ"),
        "{said}"
    );
    assert!(files(&facts)["referral.json"].contains(&facts.threat.at_ms.to_string()));
}

#[test]
fn only_a_case_of_the_first_priority_is_escalated_and_a_long_statement_does_not_stop_it() {
    let mut facts = facts(CHILD_SAFETY);
    let text = |facts: &Facts| {
        let xml = files(facts)["cybertip.xml"].clone();
        xml.contains("<escalateToHighPriority>")
            .then(|| between(&xml, "<escalateToHighPriority>", "<").to_owned())
    };
    assert!(
        text(&facts)
            .unwrap()
            .contains("a meeting is set for tonight")
    );
    facts.finding.statement = "long ".repeat(700);
    let pointed = text(&facts).unwrap();
    assert!(
        pointed.contains("additionalInfo") && !pointed.contains("long"),
        "{pointed}"
    );
    for priority in ["p2", "p3"] {
        facts.threat.priority = priority.to_owned();
        assert_eq!(text(&facts), None);
    }
}

#[test]
fn a_group_is_reported_to_ncmec_without_a_person_and_the_report_says_why() {
    let mut facts = facts(CHILD_SAFETY);
    facts.threat.subject = "group".to_owned();
    let xml = &files(&facts)["cybertip.xml"];
    assert!(!xml.contains("espIdentifier") && xml.contains("finds it by the referral&#39;s id"));
}

#[test]
fn a_notification_under_union_law_has_the_fields_of_recital_56() {
    let facts = facts(THREAT_TO_LIFE);
    let file = &files(&facts)["dsa-article-18.json"];
    let notification: Value = serde_json::from_str(file).unwrap();
    assert_eq!(notification["kind"], ARTICLE_18_KIND);
    assert_eq!(notification["content_in_question"]["available"], false);
    assert_eq!(notification["time"]["time_zone"], "UTC");
    assert_eq!(
        notification["time"]["last_event"],
        "2026-11-24T12:53:07.000Z"
    );
    assert_eq!(
        notification["suspicion"]["explanation"],
        facts.finding.statement
    );
    assert_eq!(
        notification["recipient_of_the_service"]["identifier"],
        IDENTITY
    );
    let concerned = &notification["member_states_concerned"];
    assert_eq!(concerned["codes"][0], "DE");
    assert_eq!(concerned["because"], "victim_residence");
    assert_eq!(concerned["stands_in"], Value::Null);

    let group = super::facts(GROUP);
    let notification: Value = serde_json::from_str(&files(&group)["dsa-article-18.json"]).unwrap();
    assert_eq!(notification["member_states_concerned"]["unknown"], true);
    assert_eq!(
        notification["member_states_concerned"]["stands_in"],
        "europol"
    );
    assert_eq!(
        notification["recipient_of_the_service"]["identifier"],
        Value::Null
    );
}

#[test]
fn the_report_answers_an_officer_on_duty_and_fetches_nothing() {
    let facts = facts(THREAT_TO_LIFE);
    let html = &files(&facts)["report.html"];
    for said in [
        IDENTITY,
        "Threat to life",
        "police or judiciary of the Member State concerned (DE)",
        "P1 · imminent danger",
        "24 Nov 2026, 11:55:07 UTC",
        "Two reporters who are not linked",
        "Not known",
        "the platform, outside of this program",
        "legal@example.org",
        "+353 1 555 0100",
        "18(1)",
        "This revision replaces revision 1",
        "3 of 40 (7.5 %; 95 % interval 2.6 % to 19.9 %)",
        "Message sent",
        "the suspected victim resides there",
        "several people who do not know each other reported it",
    ] {
        assert!(html.contains(said), "{said}");
    }
    for reference in [
        "src=", "href=", "url(", "@import", "<script", "<link", "<iframe",
    ] {
        assert!(!html.contains(reference), "{reference}");
    }
    assert!(html.contains("default-src &#39;none&#39;"));
}

#[test]
fn reporters_of_one_group_are_one_voice_and_those_whom_nothing_confirms_are_none() {
    let mut facts = facts(CHILD_SAFETY);
    let voices = |facts: &Facts| Voices::of(&facts.threat.reporters);
    let counted = |independent, unconfirmed| Voices {
        independent,
        unconfirmed,
    };
    assert_eq!(voices(&facts), counted(2, 1));
    let said = "2 independent voices, and 1 that the record does not confirm";
    assert!(files(&facts)["report.html"].contains(said));
    facts.threat.reporters[1].group = facts.threat.reporters[0].group;
    assert_eq!(voices(&facts), counted(1, 1));
    facts.threat.reporters.clear();
    assert_eq!(voices(&facts), counted(0, 0));
}

#[test]
fn an_identifier_that_had_an_earlier_life_is_said_to_have_had_one() {
    for (fixture, own, recycled) in [
        (CHILD_SAFETY, "cybertip.xml", false),
        (THREAT_TO_LIFE, "dsa-article-18.json", true),
    ] {
        let files = files(&facts(fixture));
        for name in ["report.html", own] {
            let said = files[name].contains("an earlier owner may be another person");
            assert_eq!(said, recycled, "{name}");
        }
    }
}

#[test]
fn the_report_warns_of_sources_on_trial_and_of_people_in_danger_themselves() {
    let mut facts = facts(GROUP);
    assert!(files(&facts)["report.html"].contains("Not released for live use"));
    facts.method.mode = "live".to_owned();
    facts.threat.kind = "self_harm".to_owned();
    let html = &files(&facts)["report.html"];
    assert!(!html.contains("Not released") && html.contains("not an accusation"));
}

#[test]
fn events_and_acts_stand_on_a_line_each_with_their_time_in_utc() {
    let facts = facts(CHILD_SAFETY);
    let files = files(&facts);
    let lines = |name: &str| -> Vec<Value> {
        files[name]
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let events = lines("events.ndjson");
    assert_eq!(events.len(), facts.threat.events.len());
    assert_eq!(events[0]["at"], "2026-11-05T13:05:07.000Z");
    assert_eq!(events[0]["what"], "registered");
    assert_eq!(events[0]["values"]["attempts"].as_f64(), Some(1.0));
    let acts = lines("custody.ndjson");
    assert_eq!(acts.len(), facts.custody.len() + 1);
    assert_eq!(acts[1]["log_position"], 48102);
    let last = acts.last().unwrap();
    assert_eq!(last["act"], "facts_frozen");
    assert_eq!(last["facts_sha256"], facts.digest().unwrap().to_hex());
}

#[test]
fn the_methodology_says_the_error_rates_or_that_there_are_none() {
    let known = &files(&facts(CHILD_SAFETY))["methodology.md"];
    assert!(
        known.contains("3 of 40 (7.5 %; 95 % interval 2.6 % to 19.9 %)"),
        "{known}"
    );
    assert!(known.contains("rests on no statistical detector"));
    let unknown = &files(&facts(GROUP))["methodology.md"];
    assert!(unknown.contains("the error rate is unknown"));
    assert!(
        unknown.contains("0.0500 %, calibrated on: Live accounts"),
        "{unknown}"
    );
    assert!(unknown.contains("101 of 120"));
    assert!(unknown.contains("not released for live use"));
    for text in [known, unknown] {
        assert!(text.contains("No content of any") && text.contains("It is not a probability"));
    }
}

#[test]
fn the_index_has_every_other_file_by_its_digest_and_ids_of_version_5() {
    use sha2::Digest;
    let files = files(&facts(CHILD_SAFETY));
    let index: Value = serde_json::from_str(&files["case.jsonld"]).unwrap();
    let nodes = index["@graph"].as_array().unwrap();
    let mut digests = BTreeMap::new();
    for node in nodes {
        let id = node["@id"].as_str().unwrap().strip_prefix("kb:").unwrap();
        assert_eq!((id.len(), &id[14..15]), (36, "5"), "{id}");
        if node["@type"] == "uco-observable:File" {
            let facets = &node["uco-core:hasFacet"];
            let name = facets[0]["uco-observable:fileName"].as_str().unwrap();
            let hash = &facets[1]["uco-observable:hash"]["uco-types:hashValue"]["@value"];
            digests.insert(name, hash.as_str().unwrap().to_lowercase());
        }
    }
    let expected: BTreeMap<&str, String> = files
        .iter()
        .filter(|(name, _)| *name != "case.jsonld")
        .map(|(name, text)| {
            (
                name.as_str(),
                crate::hexadecimal::encode(&sha2::Sha256::digest(text)),
            )
        })
        .collect();
    assert_eq!(digests, expected);
    let ids: std::collections::BTreeSet<_> =
        nodes.iter().map(|node| node["@id"].as_str()).collect();
    assert_eq!(ids.len(), nodes.len());
}

/// To renew: `UPDATE_GOLDEN=1 cargo test -p sealwatch-custody golden`, and read the difference.
#[test]
fn a_whole_package_is_byte_for_byte_the_golden_one() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/golden");
    let written = files(&facts(GROUP));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        for (name, text) in &written {
            std::fs::write(format!("{folder}/{name}"), text).unwrap();
        }
    }
    for (name, text) in &written {
        let golden = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        assert!(*text == golden, "{name} is another one");
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), written.len());
}

#[test]
fn a_chain_of_custody_that_is_not_whole_says_in_every_file_how_much_it_has() {
    let mut facts = facts(CHILD_SAFETY);
    let before = facts.to_json().unwrap();
    assert!(
        !before.contains("left_out"),
        "facts of before read as they were"
    );
    assert_eq!(Facts::parse(before.as_bytes()).unwrap(), facts);
    let whole = files(&facts);
    assert!(whole["case.jsonld"].contains("The whole chain of custody is in custody.ndjson."));
    let signals = facts
        .custody
        .iter()
        .filter(|event| event.act == "signal_received");
    let (signals, all) = (signals.count(), facts.custody.len());
    facts.left_out = Some(LeftOut {
        signals: 70,
        acts: 5,
    });
    let said = format!(
        "custody.ndjson has {signals} of {} signals, the first and the newest, and the newest {} of {} acts",
        signals + 70,
        all - signals,
        all - signals + 5
    );
    let partly = files(&facts);
    for name in ["report.html", "case.jsonld"] {
        assert!(partly[name].contains(&said), "{name} lacks: {said}");
        assert!(!partly[name].contains("whole chain") && !partly[name].contains("has all"));
    }
    let last: Value =
        serde_json::from_str(partly["custody.ndjson"].lines().last().unwrap()).unwrap();
    assert_eq!(
        last["left_out"],
        serde_json::json!({"acts": 5, "signals": 70})
    );
    let schema: Value = serde_json::from_str(RECORD_SCHEMA).unwrap();
    let record: Value = serde_json::from_str(&partly["referral.json"]).unwrap();
    assert!(jsonschema::draft202012::is_valid(&schema, &record));
    let carried = facts.to_json().unwrap();
    assert_eq!(Facts::parse(carried.as_bytes()).unwrap(), facts);
    // One text for one meaning: nothing is left out is said by saying nothing.
    let null = before.replacen("\"log\":", "\"left_out\":null,\"log\":", 1);
    assert!(Facts::parse(null.as_bytes()).is_err());
}

#[test]
fn a_term_that_nobody_had_for_the_finding_stands_in_no_file() {
    let mut facts = facts(THREAT_TO_LIFE);
    assert!(files(&facts)["report.html"].contains("Finding due"));
    facts.clock.decide_by_ms = None;
    let files = files(&facts);
    assert!(!files["report.html"].contains("Finding due"));
    let schema: Value = serde_json::from_str(RECORD_SCHEMA).unwrap();
    let record: Value = serde_json::from_str(&files["referral.json"]).unwrap();
    assert!(record["facts"]["clock"]["decide_by_ms"].is_null());
    assert!(jsonschema::draft202012::is_valid(&schema, &record));
    let read = Facts::parse(facts.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(read, facts);
}
