//! What of a span arrives at a collector, and what becomes of spans where there is none.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use prometheus::Registry;
use serde_json::Value;
use tracing::field::Empty;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

use super::export::{Exporter, Sender, Target, TraceMetrics};
use super::layer::SpanLayer;
use super::otlp::Resource;
use super::span::{Ids, Span};

/// A collector that answers everything with this status, and what is posted to it.
fn collector(status: &'static str) -> (String, Receiver<Value>) {
    slow_collector(status, Duration::ZERO)
}

/// A collector that thinks for so long before each answer.
fn slow_collector(status: &'static str, thinks: Duration) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (posted, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            loop {
                let (mut line, mut length) = (String::new(), 0);
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                assert!(line.starts_with("POST /v1/traces "), "{line}");
                while line.trim() != "" {
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                    let lower = line.to_ascii_lowercase();
                    if let Some(digits) = lower.strip_prefix("content-length:") {
                        length = digits.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let _ = posted.send(serde_json::from_slice(&body).unwrap());
                std::thread::sleep(thinks);
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}");
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    (format!("http://{address}/v1/traces"), received)
}

fn start(url: &str) -> (Exporter, Sender, Registry) {
    let registry = Registry::new();
    let metrics = TraceMetrics::register(&registry).unwrap();
    metrics.prepare();
    let resource = Resource::of(Some("test"), &mut |buffer| buffer.fill(0x11));
    let target = Target::new(url.to_owned(), resource);
    let (exporter, sender) = Exporter::start(target, metrics).unwrap();
    (exporter, sender, registry)
}

/// A layer whose clock and randomness count.
fn layer(sender: Sender) -> SpanLayer {
    let clock = Arc::new(AtomicU64::new(1_700_000_000_000_000_000));
    let now = move || clock.fetch_add(1_000, Ordering::Relaxed);
    let mut next = 0_u8;
    let random = move |buffer: &mut [u8]| {
        next += 1;
        buffer.fill(next);
    };
    SpanLayer::new(Arc::new(now), Box::new(random), sender)
}

fn outcomes(registry: &Registry) -> [u64; 3] {
    let families = registry.gather();
    let metrics = families[0].get_metric();
    let of = |outcome: &str| {
        let found = metrics
            .iter()
            .find(|metric| metric.get_label()[0].value() == outcome);
        found.unwrap().get_counter().get_value() as u64
    };
    [of("exported"), of("dropped"), of("failed")]
}

fn spans(received: &Receiver<Value>) -> Vec<Value> {
    received
        .try_iter()
        .flat_map(|posted: Value| {
            let spans = &posted["resourceSpans"][0]["scopeSpans"][0]["spans"];
            spans.as_array().unwrap().clone()
        })
        .collect()
}

fn attribute<'span>(span: &'span Value, name: &str) -> Option<&'span Value> {
    let attributes = span["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == name);
    found.map(|attribute| &attribute["value"])
}

#[test]
fn an_epoch_arrives_with_its_steps_below_it_and_with_no_field_that_is_not_listed() {
    let (url, received) = collector("200 OK");
    let (exporter, sender, registry) = start(&url);
    let subscriber = tracing_subscriber::registry().with(layer(sender));
    tracing::subscriber::with_default(subscriber, || {
        let epoch = info_span!(
            "epoch",
            epoch = 7_u64,
            account = "canary",
            error = %"canary",
            records = ?vec!["canary"]
        );
        epoch.in_scope(|| {
            info_span!("decode").in_scope(|| {});
            info_span!("commit").in_scope(|| {});
        });
    });
    drop(exporter);
    let posted: Value = received.recv().unwrap();
    assert!(!posted.to_string().contains("canary"));
    let resource = &posted["resourceSpans"][0]["resource"]["attributes"];
    assert_eq!(resource[0]["value"]["stringValue"], "sealwatch");
    assert_eq!(resource[3]["value"]["stringValue"], "test");
    let spans = posted["resourceSpans"][0]["scopeSpans"][0]["spans"]
        .as_array()
        .unwrap();
    let names: Vec<&str> = spans
        .iter()
        .map(|span| span["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["decode", "commit", "epoch"]);
    let epoch = &spans[2];
    assert_eq!(epoch["traceId"], "01".repeat(16));
    assert_eq!(epoch["spanId"], "01".repeat(8));
    assert_eq!(epoch.get("parentSpanId"), None);
    assert_eq!(epoch["kind"], 1);
    assert_eq!(attribute(epoch, "epoch").unwrap()["intValue"], "7");
    assert_eq!(epoch["attributes"].as_array().unwrap().len(), 1);
    for step in &spans[..2] {
        assert_eq!(step["traceId"], epoch["traceId"]);
        assert_eq!(step["parentSpanId"], epoch["spanId"]);
        let time = |name: &str| step[name].as_str().unwrap().parse::<u64>().unwrap();
        assert!(time("startTimeUnixNano") < time("endTimeUnixNano"));
    }
    assert_eq!(outcomes(&registry), [3, 0, 0]);
}

#[test]
fn a_request_is_named_by_its_route_belongs_to_its_caller_and_fails_by_its_status() {
    let (url, received) = collector("200 OK");
    let (exporter, sender, _) = start(&url);
    let subscriber = tracing_subscriber::registry().with(layer(sender));
    let request = |parent: Option<&str>, status: u16| {
        let span = info_span!(
            "request",
            http.request.method = "GET",
            http.route = "/api/v1/cases/{id}",
            http.response.status_code = Empty,
            request.id = "0123",
            trace.parent = parent
        );
        span.record("http.response.status_code", status);
    };
    tracing::subscriber::with_default(subscriber, || {
        request(
            Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            200,
        );
        request(
            Some("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
            503,
        );
        request(None, 404);
    });
    drop(exporter);
    let spans = spans(&received);
    for span in &spans {
        assert_eq!(span["name"], "GET /api/v1/cases/{id}");
        assert_eq!(span["kind"], 2);
        assert_eq!(
            attribute(span, "request.id").unwrap()["stringValue"],
            "0123"
        );
        assert_eq!(attribute(span, "trace.parent"), None);
    }
    assert_eq!(spans[0]["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(spans[0]["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(spans[0].get("status"), None);
    assert_eq!(
        spans[1]["traceId"],
        "02".repeat(16),
        "an id of zeros is none"
    );
    assert_eq!(spans[1]["status"]["code"], 2);
    let status = attribute(&spans[1], "http.response.status_code").unwrap();
    assert_eq!(status["intValue"], "503");
    assert_eq!(spans[2].get("parentSpanId"), None);
    assert_eq!(spans[2].get("status"), None);
}

fn span(number: u64) -> Span {
    let ids = Ids {
        trace: 1,
        span: number + 1,
        parent: None,
    };
    Span::new("epoch", ids, 0)
}

#[test]
fn without_a_collector_spans_are_counted_and_nobody_waits() {
    // A port that nobody listens on any more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    drop(listener);
    let (exporter, sender, registry) = start(&url);
    for number in 0..20_000 {
        sender.send(span(number));
    }
    drop(exporter);
    let [exported, dropped, failed] = outcomes(&registry);
    assert_eq!(exported, 0);
    assert!(dropped > 10_000 && failed > 0, "{dropped} {failed}");
    assert_eq!(dropped + failed, 20_000, "each span is counted");
}

#[test]
fn a_collector_that_never_answers_holds_nobody_up() {
    // It takes connections, and that is all.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (exporter, sender, registry) = start(&url);
    let clock = crate::clock::monotonic();
    for number in 0..20_000 {
        sender.send(span(number));
    }
    assert!(clock().as_secs_f64() < 1.0, "sending waits for nobody");
    drop(exporter);
    assert!(clock().as_secs_f64() < 9.0, "the end waits for one post");
    assert!(outcomes(&registry)[1] > 10_000);
}

#[test]
fn a_collector_that_is_slow_but_takes_everything_holds_the_end_up_for_two_seconds_beside_the_post_at_hand()
 {
    let (url, received) = slow_collector("200 OK", Duration::from_millis(900));
    let (exporter, sender, registry) = start(&url);
    let mut sent = 0;
    // The queue is full while the first post is at hand.
    sender.send(span(0));
    received.recv().unwrap();
    while outcomes(&registry)[1] == 0 {
        sent += 1;
        sender.send(span(sent));
    }
    let clock = crate::clock::monotonic();
    drop(exporter);
    let seconds = clock().as_secs_f64();
    assert!(seconds < 5.0, "{seconds}");
    let [exported, dropped, failed] = outcomes(&registry);
    assert!(exported > 1 && dropped > 1, "{exported} {dropped} {failed}");
    assert_eq!(
        exported + dropped + failed,
        sent + 1,
        "each span is counted"
    );
}

#[test]
fn a_collector_that_refuses_loses_spans_and_is_tried_again() {
    let (url, received) = collector("503 Service Unavailable");
    let (exporter, sender, registry) = start(&url);
    sender.send(span(0));
    let first: Value = received.recv().unwrap();
    assert!(first["resourceSpans"].is_array());
    sender.send(span(1));
    drop(exporter);
    assert_eq!(spans(&received).len(), 1);
    assert_eq!(outcomes(&registry), [0, 0, 2]);
}
