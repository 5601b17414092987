//! What the running service tells of itself: metrics, traces and lines of log, as whoever runs it sees them.

use std::collections::BTreeSet;

use sealwatch_tests::collector::Collector;
use sealwatch_tests::served::Served;
use serde_json::Value;

fn attribute<'span>(span: &'span Value, name: &str) -> Option<&'span Value> {
    let attributes = span["attributes"].as_array()?;
    let found = attributes
        .iter()
        .find(|attribute| attribute["key"] == name)?;
    Some(&found["value"])
}

/// The series of an answer with metrics, without their values.
fn series(answer: &str) -> BTreeSet<String> {
    let lines = answer.lines().filter(|line| {
        let is_metric = line.starts_with("sealwatch_") || line.starts_with("process_");
        is_metric && !line.contains("_bucket{")
    });
    lines
        .filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()))
        .collect()
}

#[test]
fn a_run_sends_a_span_for_each_epoch_with_its_steps_and_for_each_request_with_its_id() {
    let collector = Collector::start();
    let mut served = Served::start_with(&collector.section());
    let id = "0123456789abcdef0123456789abcdef";
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let headers = [("X-Request-Id", id), ("traceparent", &parent)];
    let answer = served.service.get("/api/v1/cases/nothing", &headers);
    assert!(
        answer
            .to_ascii_lowercase()
            .contains(&format!("x-request-id: {id}"))
    );
    assert!(
        answer.contains(&format!("\"request_id\":\"{id}\"")),
        "{answer}"
    );
    let (_, log) = served.service.stop();
    // What is said before the log begins is for a person.
    let lines: Vec<Value> = log
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answered = lines
        .iter()
        .find(|line| line["span"]["request.id"] == id)
        .unwrap();
    assert_eq!(answered["fields"]["http.route"], "/api/v1/cases/{id}");
    let spans = collector.spans();
    let request = spans
        .iter()
        .find(|span| attribute(span, "request.id").is_some_and(|value| value["stringValue"] == id))
        .unwrap();
    assert_eq!(request["name"], "GET /api/v1/cases/{id}");
    assert_eq!(
        (&request["traceId"], &request["kind"]),
        (&trace.into(), &2.into())
    );
    let status = attribute(request, "http.response.status_code").unwrap();
    assert_eq!(status["intValue"], "404");
    let mut epochs = 0;
    for epoch in spans.iter().filter(|span| span["name"] == "epoch") {
        epochs += 1;
        let steps: Vec<&str> = spans
            .iter()
            .filter(|span| span["parentSpanId"] == epoch["spanId"])
            .map(|span| span["name"].as_str().unwrap())
            .collect();
        assert_eq!(steps, ["decode", "admit", "fold", "recommend", "commit"]);
        assert!(attribute(epoch, "records").is_some());
    }
    assert!(epochs > 0);
}

#[test]
fn what_a_request_caused_is_delivered_under_its_id_in_spans_and_lines_of_log() {
    let collector = Collector::start();
    let feedback = "[feedback]\npath = \"feedback.ndjson\"\n";
    let mut served = Served::start_with(&format!("{feedback}{}", collector.section()));
    let id = "fedcba98-7654-3210-fedc-ba9876543210";
    let headers = [
        ("X-Request-Id", id),
        ("Idempotency-Key", "shadow"),
        ("Content-Type", "application/json"),
    ];
    let path = "/api/v1/detectors/bulk_messaging/mode";
    let set = served
        .service
        .request("PUT", path, &headers, r#"{"mode": "shadow"}"#);
    assert!(set.starts_with("HTTP/1.1 200"), "{set}");
    let delivered =
        "sealwatch_delivery_attempts_total{destination=\"feedback\",outcome=\"delivered\"}";
    served.service.wait_for_metric(delivered, 1.0);
    let (_, log) = served.service.stop();
    let line = log
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["fields"]["message"] == "delivered")
        .unwrap();
    assert_eq!(line["span"]["request.id"], id);
    let spans = collector.spans();
    let delivery = spans
        .iter()
        .find(|span| span["name"] == "delivery")
        .unwrap();
    for (name, value) in [
        ("request.id", id),
        ("delivery.destination", "feedback"),
        ("delivery.kind", "control"),
        ("delivery.outcome", "delivered"),
    ] {
        let found = attribute(delivery, name).unwrap();
        assert_eq!(found["stringValue"], value, "{name}");
    }
}

#[test]
fn without_a_collector_the_run_goes_on_and_its_spans_are_counted_as_failed() {
    // Nobody listens on port 1.
    let section = "[telemetry]\notlp_endpoint = \"http://127.0.0.1:1\"\n";
    let mut served = Served::start_with(section);
    served
        .service
        .wait_for_metric("sealwatch_trace_spans_total{outcome=\"failed\"}", 6.0);
    let metrics = served.service.get("/metrics", &[]);
    assert!(metrics.contains("sealwatch_trace_spans_total{outcome=\"exported\"} 0"));
    let (_, log) = served.service.stop();
    assert_eq!(log.matches("does not take spans").count(), 1, "said once");
}

#[test]
fn a_run_adds_no_series_to_those_that_were_there_before_it_was_used() {
    let served = Served::start();
    let before = series(&served.service.get("/metrics", &[]));
    for path in [
        "/queue",
        "/cases/x",
        "/nowhere",
        "/api/v1/people",
        "/static/x",
    ] {
        served.service.get(path, &[]);
        served.service.request("PATCH", path, &[], "");
    }
    served.service.wait_for_metric(
        "sealwatch_queue_cases{behaviour=\"bulk_messaging\",state=\"open\"}",
        1.0,
    );
    let after = series(&served.service.get("/metrics", &[]));
    let added: Vec<_> = after.difference(&before).collect();
    assert!(added.is_empty(), "{added:?}");
    for name in [
        "sealwatch_build_info{version=",
        "process_cpu_seconds_total",
        "sealwatch_false_ban_bound{behaviour=\"bulk_messaging\"}",
        "sealwatch_measured_false_ban_rate{behaviour=\"bulk_messaging\"}",
        "sealwatch_reviewed_precision{behaviour=\"bulk_messaging\",bound=\"upper\"}",
        "sealwatch_recommendation_account_events_count{behaviour=\"bulk_messaging\"}",
    ] {
        assert!(
            after.iter().any(|series| series.starts_with(name)),
            "{name}"
        );
    }
}
