//! Fifty reviewers at work over HTTP while recommendations arrive: `cargo run --release -p sealwatch-api --example load --
//! [SECONDS] [RATE] [POSTGRES]`. The service's own router and case store, over SQLite in a temporary folder or a PostgreSQL
//! database; the pipeline is not there: what it would hand over is delivered in this process, as the service does. What the
//! service does beside that is not there either: upkeep, deliveries to others, retention. Prints
//! the times of pages, lists, cases and acts, and the arrivals; fails if a decision was lost or made twice, if a page
//! takes more than 100 ms at the 99th percentile, or if less than nineteen of twenty arrivals were taken meanwhile.
#![expect(clippy::unwrap_used, reason = "it ends where something is missing")]
#![expect(clippy::disallowed_methods, reason = "a measurement")]

#[path = "../tests/api/common.rs"]
mod common;

#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/api/client.rs"]
mod client;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::Browser;
use sealwatch_api::cases::{self, CaseId};
use sealwatch_api::people::{Actor, PersonName, Role, Roles, create_token, set_person};
use sealwatch_api::{ApiState, CaseStore, Location, Prepared};
use sealwatch_core::recommendation::Delivery;
use sqlx::Connection as _;
use tokio::sync::mpsc;

const PEOPLE: usize = 50;
const NOW: i64 = common::START + 9 * 3_600_000;
/// Between two acts of a person: each case takes them some seconds.
const THINK: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Done {
    times: BTreeMap<&'static str, Vec<f64>>,
    standing: Vec<String>,
}

/// A reviewer: with a token for the API, and signed in to the console.
struct Reviewer {
    token: String,
    cookie: String,
}

struct Client {
    stream: BufReader<TcpStream>,
    reviewer: Reviewer,
}

impl Client {
    fn ask(&mut self, (method, path): (&str, &str), more: &str, body: &str) -> (u16, String) {
        let Reviewer { token, cookie } = &self.reviewer;
        let who = if path.starts_with("/api/") {
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json")
        } else {
            format!("Cookie: {cookie}\r\nAccept: text/html")
        };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: load\r\n{who}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            if line.starts_with("HTTP/1.1 ") {
                status = line[9..12].parse().unwrap();
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            } else if line.trim().is_empty() {
                break;
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        (status, String::from_utf8(bytes).unwrap())
    }
}

/// Looks at the queue, claims, reads, decides, and takes back every fifth decision: pages in the console, the rest by the API.
fn work(address: SocketAddr, reviewer: Reviewer, number: usize, end: Instant) -> Done {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let stream = BufReader::new(stream);
    let mut client = Client { stream, reviewer };
    let mut done = Done::default();
    std::thread::sleep(THINK * number as u32 / PEOPLE as u32);
    let mut round = 0;
    while Instant::now() < end {
        round += 1;
        let mut timed = |name, call: (&str, &str), more: &str, body: &str| {
            let started = Instant::now();
            let answer = client.ask(call, more, body);
            let passed = started.elapsed().as_secs_f64() * 1_000.0;
            done.times.entry(name).or_default().push(passed);
            std::thread::sleep(THINK);
            let value = serde_json::from_str::<serde_json::Value>(&answer.1);
            (answer.0, value.unwrap_or_default())
        };
        let (status, _) = timed("list page", ("GET", "/queue"), "", "");
        assert_eq!(status, 200);
        let key = format!("Idempotency-Key: c{number}-{round}\r\n");
        let (status, _) = timed("claim", ("POST", "/api/v1/queue/claim"), &key, "{}");
        assert_eq!(status, 200, "nothing could be claimed");
        let (_, mine) = timed("list", ("GET", "/api/v1/cases?claimed=me"), "", "");
        let id = mine["items"][0]["id"].as_str().unwrap().to_owned();
        let (status, _) = timed("case page", ("GET", &format!("/cases/{id}")), "", "");
        assert_eq!(status, 200);
        let (status, case) = timed("case", ("GET", &format!("/api/v1/cases/{id}")), "", "");
        assert_eq!(status, 200);
        let version = &case["case"]["version"];
        let more = format!("If-Match: \"{version}\"\r\nIdempotency-Key: d{number}-{round}\r\n");
        let body = r#"{"verdict":"reject","reason":"legitimate_use"}"#;
        let path = format!("/api/v1/cases/{id}/decisions");
        let (status, decision) = timed("decision", ("POST", &path), &more, body);
        // A recommendation may have joined the case meanwhile: then it is read again, the next round.
        if status != 201 {
            assert_eq!(status, 412, "{decision}");
        } else if round % 5 == 0 {
            let decision = decision["id"].as_str().unwrap();
            let path = format!("/api/v1/decisions/{decision}");
            let key = format!("Idempotency-Key: u{number}-{round}\r\n");
            let (status, _) = timed("undo", ("DELETE", &path), &key, "");
            assert_eq!(status, 200);
        } else {
            done.standing.push(id);
        }
    }
    done
}

/// Recommendations of one transaction at most, as the service has it.
const TOGETHER: usize = 32;

/// What the pipeline's thread does: it decides, and hands over.
fn decide(rate: u64, end: Instant, rows: &mpsc::Sender<Delivery>) {
    let (begun, mut decided) = (Instant::now(), 0);
    while Instant::now() < end {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
        for number in decided..due {
            let delivery = common::delivery(1_000_000 + number, false);
            // The time is over.
            if rows.blocking_send(delivery).is_err() {
                return;
            }
        }
        decided = decided.max(due);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Takes them in, and prepares the next ones meanwhile, as the service does.
async fn arrive(store: CaseStore, mut rows: mpsc::Receiver<Delivery>, end: Instant) -> (u64, f64) {
    let (begun, mut taken) = (Instant::now(), 0);
    let (sender, mut parts) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut together = Vec::new();
        while rows.recv_many(&mut together, TOGETHER).await > 0 && Instant::now() < end {
            let part = Prepared::of(std::mem::take(&mut together));
            if sender.send(part).await.is_err() {
                return;
            }
        }
    });
    while let Some(part) = parts.recv().await {
        taken += store.take(&part, NOW).await.unwrap();
    }
    (taken, begun.elapsed().as_secs_f64())
}

async fn reviewers(store: &CaseStore, state: &ApiState) -> Vec<Reviewer> {
    let (database, roles) = (store.database(), Roles::of(&[Role::Reviewer]));
    let admin = Actor::at_the_machine(PersonName::parse("admin").unwrap());
    let router = sealwatch_api::router(state.clone());
    let mut reviewers = Vec::new();
    for number in 0..PEOPLE {
        let name = PersonName::parse(&format!("load{number}")).unwrap();
        set_person(database, &admin, &name, roles, NOW)
            .await
            .unwrap();
        let end = NOW + 86_400_000;
        let made = create_token(database, &admin, (&name, roles), end, NOW).await;
        let token = made.unwrap().1;
        let cookie = Browser::sign_in(&router, &token).await.cookie;
        reviewers.push(Reviewer { token, cookie });
    }
    reviewers
}

/// What PostgreSQL does by itself within a minute: it learns what the tables hold.
async fn analyse(url: &str) {
    let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
    sqlx::query("ANALYZE")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default| {
        arguments
            .get(index)
            .map_or(default, |text| text.parse().unwrap())
    };
    let (seconds, rate) = (number(0, 60), number(1, 1_000));
    let folder = tempfile::tempdir().unwrap();
    let location = match arguments.get(2) {
        Some(url) => Location::postgres(url).unwrap(),
        None => common::file(folder.path()),
    };
    let store = CaseStore::open(&location, common::review(), common::random())
        .await
        .unwrap();
    let first: Vec<_> = (0..2_000)
        .map(|seed| common::delivery(seed, false))
        .collect();
    for part in first.chunks(64) {
        store.deliver(part, common::START).await.unwrap();
    }
    if let Some(url) = arguments.get(2) {
        analyse(url).await;
    }
    let mut parts = common::parts(store.clone(), false, false);
    let begun = Instant::now();
    parts.monotonic = Arc::new(move || begun.elapsed());
    let (state, _) = ApiState::new(parts).await.unwrap();
    let reviewers = reviewers(&store, &state).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(sealwatch_api::serve(
        listener,
        state,
        std::future::pending(),
    ));
    let end = Instant::now() + Duration::from_secs(seconds);
    let (sender, receiver) = mpsc::channel(1_024);
    let deciding = std::thread::spawn(move || decide(rate, end, &sender));
    let arriving = tokio::spawn(arrive(store.clone(), receiver, end));
    let people: Vec<_> = reviewers
        .into_iter()
        .enumerate()
        .map(|(number, reviewer)| std::thread::spawn(move || work(address, reviewer, number, end)))
        .collect();
    let (taken, passed) = arriving.await.unwrap();
    deciding.join().unwrap();
    let (mut times, mut standing) = (BTreeMap::<&str, Vec<f64>>::new(), Vec::new());
    for person in people {
        let done = tokio::task::spawn_blocking(|| person.join().unwrap())
            .await
            .unwrap();
        for (name, more) in done.times {
            times.entry(name).or_default().extend(more);
        }
        standing.extend(done.standing);
    }
    println!(
        "{PEOPLE} reviewers, {:.0} recommendations a second taken of {rate}",
        taken as f64 / passed
    );
    println!(
        "{:>8} {:>8} {:>8} {:>6}  milliseconds",
        "p50", "p90", "p99", "calls"
    );
    let mut is_slow = false;
    for (name, times) in &mut times {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
        println!(
            "{:>8.1} {:>8.1} {:>8.1} {:>6}  {name}",
            at(0.5),
            at(0.9),
            at(0.99),
            times.len()
        );
        is_slow |= matches!(*name, "list page" | "list" | "case page" | "case") && at(0.99) > 100.0;
    }
    let unique: BTreeSet<&String> = standing.iter().collect();
    assert_eq!(unique.len(), standing.len(), "a case was decided twice");
    for id in &standing {
        let kept = cases::decisions(store.database(), CaseId::parse(id).unwrap())
            .await
            .unwrap();
        let kept = kept
            .iter()
            .filter(|decision| decision.undone_ms.is_none())
            .count();
        assert_eq!(kept, 1, "a decision was lost or made twice");
    }
    println!("{} decisions stand, each once", standing.len());
    assert!(
        taken as f64 / passed > 0.95 * rate as f64,
        "recommendations were left waiting"
    );
    assert!(
        !is_slow,
        "a page takes more than 100 ms at the 99th percentile"
    );
}
