//! Each alert is fired and kept silent by unit tests that say something, and what fires reaches those who are to be told.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use sealwatch_tests::alert_cases::{AlertTests, SilentCase};
use sealwatch_tests::alertmanager::Alertmanager;
use sealwatch_tests::canary::forms;
use sealwatch_tests::collector::Collector;
use sealwatch_tests::dashboards::{folder, items, text};
use sealwatch_tests::prometheus::Prometheus;
use sealwatch_tests::served::Served;
use sealwatch_tests::system::root;
use sealwatch_tests::tools::install;
use serde_json::{Value, json};

#[test]
fn each_alert_is_fired_by_a_test_and_silent_beside_its_bound_in_another() {
    install(&["prometheus"]);
    let tests = AlertTests::of_the_dashboards().unwrap();
    let names = tests.names();
    assert!(names.len() > 20);
    let judged = tests.judge().unwrap();
    let says_something: BTreeSet<&SilentCase> = judged
        .silent
        .iter()
        .filter(|case| judged.says_something(case))
        .collect();
    let mut found = Vec::new();
    for name in &names {
        if !judged.fired.contains(*name) {
            found.push(format!("{name} is fired by no test"));
        }
        if !says_something.iter().any(|case| case.alert == **name) {
            found.push(format!("{name}: no test keeps it silent beside its bound"));
        }
    }
    // Each case beside the bound is one, at one of its moments.
    let of = |case: &SilentCase| (case.test.clone(), case.alert.clone());
    let good: BTreeSet<_> = says_something.iter().map(|case| of(case)).collect();
    let claimed = judged.silent.iter().map(of);
    for (test, alert) in claimed.collect::<BTreeSet<_>>() {
        if !good.contains(&(test.clone(), alert.clone())) {
            found.push(format!("{test}: {alert} is not beside its bound"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_silent_case_without_the_series_or_far_from_the_bound_says_nothing() {
    install(&["prometheus"]);
    let rule = json!({ "alert": "Old", "expr": "max by (a) (oldest) > 100 and rate(seen[5m]) > 0", "for": "5m" });
    let silent = json!([{ "eval_time": "20m", "alertname": "Old", "exp_alerts": [] }]);
    let test = |name: &str, series: &[(&str, &str)]| {
        let series = series.iter();
        let series = series.map(|(series, values)| json!({ "series": series, "values": values }));
        let series: Vec<Value> = series.collect();
        json!({ "name": name, "interval": "1m", "input_series": series, "alert_rule_test": silent })
    };
    let seen = ("seen{a=\"b\"}", "0+1x30");
    let document = json!({ "evaluation_interval": "1m", "tests": [
        test("beside", &[("oldest{a=\"b\"}", "90x30"), seen]),
        test("short", &[("oldest{a=\"b\"}", "0x17 110x12"), seen]),
        test("far", &[("oldest{a=\"b\"}", "9x30"), seen]),
        test("other", &[("oldest_other{a=\"b\"}", "90x30"), seen]),
        test("ended", &[("oldest{a=\"b\"}", "90x10"), seen]),
        test("nothing", &[]),
    ]});
    let tests = AlertTests {
        alerts: json!({ "groups": [{ "name": "group", "rules": [rule] }] }),
        tests: BTreeMap::from([("silent_file".to_owned(), document)]),
    };
    let judged = tests.judge().unwrap();
    assert_eq!((judged.fired.len(), judged.silent.len()), (0, 6));
    let good = judged
        .silent
        .iter()
        .filter(|case| judged.says_something(case));
    let good: Vec<&str> = good.map(|case| case.test.as_str()).collect();
    assert_eq!(good, ["silent_file: beside", "silent_file: short"]);
    let without = judged.without_series.iter();
    let without: Vec<&str> = without.map(|case| case.test.as_str()).collect();
    assert_eq!(
        without,
        [
            "silent_file: ended",
            "silent_file: nothing",
            "silent_file: other"
        ]
    );
}

/// The rules of `dashboards/rules` in a folder, with every `for` shortened to a second.
fn hasty_rules(place: &Path) {
    for name in ["alerts.yaml", "recording.yaml"] {
        let rules = fs::read_to_string(folder().join("rules").join(name)).unwrap();
        let is_for = |line: &str| line.trim().starts_with("for: ");
        assert_eq!(rules.lines().any(is_for), name == "alerts.yaml");
        let hasty = rules.lines().map(|line| {
            if is_for(line) {
                "        for: 1s\n".to_owned()
            } else {
                format!("{line}\n")
            }
        });
        fs::write(place.join(name), hasty.collect::<String>()).unwrap();
    }
}

/// The first notice of an alert that fires, and the path that it was posted to. Waits for it.
fn notice(receiver: &Collector, alert: &str) -> (String, Value) {
    for _ in 0..300 {
        for post in receiver.posts() {
            let body: Value = serde_json::from_str(&post.body).unwrap();
            for notice in items(&body["alerts"]) {
                if notice["labels"]["alertname"] == alert && notice["status"] == "firing" {
                    return (post.path, notice.clone());
                }
            }
        }
        sleep(Duration::from_millis(100));
    }
    panic!("{alert} did not arrive: {:#?}", receiver.posts());
}

#[test]
fn an_alert_that_fires_reaches_whom_it_is_for_with_its_runbook_and_without_an_identifier() {
    let receiver = Collector::start();
    let mut served = Served::start_with("[feedback]\npath = \"feedback.ndjson\"\n");
    let rules = tempfile::tempdir().unwrap();
    hasty_rules(rules.path());
    let alertmanager = Alertmanager::start(receiver.address()).unwrap();
    let address = served.service.address().to_owned();
    let told = alertmanager.as_list();
    let token = served.service.token_of("audrey");
    let _prometheus = Prometheus::start_telling(&address, token, rules.path(), &told).unwrap();

    // Routes that a rule leaves out are there: another name would make it call for nothing.
    let metrics = served.service.get("/metrics", &[]);
    let alerts = fs::read_to_string(rules.path().join("alerts.yaml")).unwrap();
    let left_out = alerts.split("route!~\"").nth(1).unwrap().split('"').next();
    assert_eq!(
        left_out,
        Some("/logout|/api/v1/queue/claim|/(queue|referrals)/next")
    );
    for route in [
        "/logout",
        "/api/v1/queue/claim",
        "/queue/next",
        "/referrals/next",
    ] {
        let series = format!("{{method=\"POST\",route=\"{route}\",status=\"2xx\"}}");
        assert!(metrics.contains(&series), "there is no {series}");
    }

    // Somebody holds a detector in the shadow: a ticket.
    let answer = served.service.request(
        "PUT",
        "/api/v1/detectors/group_spam/mode",
        &[
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "lower"),
        ],
        "{\"mode\":\"shadow\"}",
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (path, ticket) = notice(&receiver, "SealwatchDetectorLowered");
    assert_eq!(path, "/ticket");
    let labels = json!({ "alertname": "SealwatchDetectorLowered", "severity": "ticket",
        "behaviour": "group_spam", "environment": "demo", "platform": "demo" });
    assert_eq!(ticket["labels"], labels);

    // The service is gone: somebody is called.
    let mut secrets = served.identifiers();
    for recommendation in items(&served.service.json("/api/v1/recommendations?limit=200")["items"])
    {
        secrets.push(text(&recommendation["account"]).to_owned());
        secrets.push(text(&recommendation["id"]).to_owned());
    }
    served.service.kill();
    let (path, page) = notice(&receiver, "SealwatchDown");
    assert_eq!(path, "/page");
    let labels = json!({ "alertname": "SealwatchDown", "severity": "page", "job": "sealwatch",
        "instance": address, "environment": "demo", "platform": "demo" });
    assert_eq!(page["labels"], labels);

    for notice in [&ticket, &page] {
        let annotations = &notice["annotations"];
        let alert = text(&notice["labels"]["alertname"]);
        let runbook = format!("dashboards/runbooks/{alert}.md");
        assert_eq!(annotations["runbook"], runbook);
        assert!(root().join(runbook).exists());
        assert!(text(&annotations["dashboard"]).starts_with("/d/sealwatch-"));
        assert!(
            text(&annotations["description"]).contains("demo"),
            "{notice}"
        );
    }
    let posts = receiver.posts();
    for post in &posts {
        let body: Value = serde_json::from_str(&post.body).unwrap();
        for notice in items(&body["alerts"]) {
            let severity = text(&notice["labels"]["severity"]);
            assert_eq!(post.path, format!("/{severity}"), "{notice}");
        }
    }
    let everything: String = posts.into_iter().map(|post| post.body).collect();
    assert!(secrets.len() > 1_200);
    for secret in &secrets {
        assert!(!everything.contains(secret), "an identifier is in an alert");
    }
    for (form, bytes) in forms(&served.abusive_account()) {
        let mut parts = everything.as_bytes().windows(bytes.len());
        assert!(
            !parts.any(|part| part == bytes),
            "an identifier is in an alert, as {form}"
        );
    }
}

#[test]
fn while_an_instance_is_down_tickets_of_its_platform_wait_and_calls_do_not() {
    let receiver = Collector::start();
    let alertmanager = Alertmanager::start(receiver.address()).unwrap();
    let labels = |alert: &str, severity: &str, platform: &str| json!({ "alertname": alert, "severity": severity, "environment": "e", "platform": platform });
    let down = labels("SealwatchDown", "page", "p");
    alertmanager.give(&[down]).unwrap();
    notice(&receiver, "SealwatchDown");
    let further = [
        labels("SealwatchQueueOld", "ticket", "p"),
        labels("SealwatchP1Overdue", "page", "p"),
        labels("SealwatchDetectorLowered", "ticket", "q"),
    ];
    alertmanager.give(&further).unwrap();
    assert_eq!(notice(&receiver, "SealwatchP1Overdue").0, "/page");
    assert_eq!(notice(&receiver, "SealwatchDetectorLowered").0, "/ticket");
    // Longer than any group waits.
    sleep(Duration::from_secs(3));
    let posts = receiver.posts();
    assert!(
        posts
            .iter()
            .all(|post| !post.body.contains("SealwatchQueueOld"))
    );
}
