//! What reporters' next reports are worth after their first ones were judged, and that each is judged once.

use serde_json::{Value, json};

use crate::{account, person, reports, run, writes};

/// What the reporter's next report is worth, in log-odds of its case, after this became of the first one about `first`.
fn worth_after(outcomes: &[Value]) -> f64 {
    let mut events = vec![
        person("reporter"),
        person("first"),
        person("second"),
        writes("first", "reporter", true),
        reports("reporter", "first", "threat_to_life"),
    ];
    events.extend_from_slice(outcomes);
    events.push(writes("second", "reporter", true));
    events.push(reports("reporter", "second", "threat_to_life"));
    let updates = run(&events);
    let last = updates.last().unwrap();
    assert_eq!(last.key, account("second"));
    last.credibility.log_odds
}

fn found(was_right: bool) -> Value {
    json!({"type": "report.judged", "account": "reporter", "target": "first", "was_right": was_right})
}

fn enforced(action: &str) -> Value {
    json!({"type": "enforcement.applied", "account": "first", "action": action})
}

#[test]
fn reporters_who_were_found_right_count_for_more_and_those_found_wrong_for_less() {
    let (right, unknown, wrong) = (
        worth_after(&[found(true)]),
        worth_after(&[]),
        worth_after(&[found(false)]),
    );
    assert!(right > unknown, "{right} {unknown}");
    assert!(wrong < unknown, "{wrong} {unknown}");
}

#[test]
fn a_report_is_judged_once_whether_the_finding_or_what_becomes_of_the_account_comes_first() {
    let (right, unknown, wrong) = (
        worth_after(&[found(true)]),
        worth_after(&[]),
        worth_after(&[found(false)]),
    );
    let after = [enforced("banned"), enforced("reinstated")];
    for outcome in &after {
        assert_eq!(worth_after(&[found(true), outcome.clone()]), right);
        assert_eq!(worth_after(&[found(false), outcome.clone()]), wrong);
    }
    assert_eq!(worth_after(&[enforced("banned")]), right);
    for was_right in [true, false] {
        let judged = [enforced("banned"), found(was_right)];
        assert_eq!(worth_after(&judged), right, "the ban came first");
        let judged = [enforced("reinstated"), found(was_right)];
        assert_eq!(worth_after(&judged), wrong, "the reinstatement came first");
        let judged = [found(was_right), found(!was_right)];
        assert_eq!(worth_after(&judged), [wrong, right][usize::from(was_right)]);
    }
    // A later report is another one.
    let again = reports("reporter", "first", "scam");
    let twice = worth_after(&[enforced("banned"), again, found(true)]);
    assert!(twice > right, "{twice} {right}");
    // Pushed out by six later reporters, it is judged by nothing.
    let mut crowd: Vec<Value> = Vec::new();
    for number in 0..6 {
        crowd.push(reports(&format!("later{number}"), "first", "spam"));
    }
    crowd.push(found(true));
    assert_eq!(worth_after(&crowd), unknown);
}

#[test]
fn a_label_of_minor_contact_judges_no_reporter_and_one_of_another_behaviour_all_of_them() {
    let label = |behaviour: &str, verdict: &str| {
        json!({"type": "label.given", "account": "first", "behaviour": behaviour, "verdict": verdict,
                                                        "origin": "review"})
    };
    let (right, unknown, wrong) = (
        worth_after(&[found(true)]),
        worth_after(&[]),
        worth_after(&[found(false)]),
    );
    assert_eq!(worth_after(&[label("bulk_messaging", "abusive")]), right);
    assert_eq!(worth_after(&[label("bulk_messaging", "benign")]), wrong);
    for verdict in ["abusive", "benign"] {
        let minor_contact = label("minor_contact_risk", verdict);
        assert_eq!(worth_after(std::slice::from_ref(&minor_contact)), unknown);
        // The report waits for its own verdict still.
        assert_eq!(worth_after(&[minor_contact, found(false)]), wrong);
    }
}
