//! Webhooks over the network: signed, tried again, given up, and never sent elsewhere.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sealwatch_api::delivery::{
    Carrier, Destination, EventKey, Schedule, Webhook, WebhookSecret, dead, enqueue_events,
};

use crate::common::{START, store};
use crate::delivery::{Running, clock, event, monotonic, quick, wait, webhook};
use crate::receiver::{Answer, Receiver};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn secret() -> WebhookSecret {
    WebhookSecret::parse(SECRET).unwrap()
}

/// Delivers one event to a receiver that answers so; returns when the outbox has settled it.
async fn deliver(answers: &[Answer], schedule: Schedule) -> (Receiver, Running) {
    let receiver = Receiver::start(answers, monotonic());
    let (folder, store) = store(0, false).await;
    let carrier: Arc<dyn Carrier> =
        Arc::new(Webhook::new(&receiver.url(), secret(), None).unwrap());
    let running = Running::start(
        store,
        vec![(webhook("platform"), carrier)],
        schedule,
        clock(),
    );
    running.keep(folder);
    let events = [event("d1", Some("case 1"))];
    enqueue_events(&running.store, &events, START)
        .await
        .unwrap();
    (receiver, running)
}

#[tokio::test]
async fn a_receiver_that_fails_and_then_accepts_is_sent_the_same_event_under_the_same_key() {
    let answers = [
        Answer::Status(500, ""),
        Answer::Nothing,
        Answer::Status(404, ""),
        Answer::Status(204, ""),
    ];
    let (receiver, running) = deliver(&answers, quick()).await;
    wait(async || running.delivered().await == 1).await;
    running.stop().await;
    let received = receiver.received();
    assert_eq!(received.len(), 4);
    for request in &received {
        let header = |name: &str| request.headers[name].as_str();
        assert_eq!(request.body, event("d1", Some("case 1")).body().as_bytes());
        let key = EventKey::parse(header("webhook-id")).unwrap();
        assert_eq!(key, *event("d1", None).key());
        assert_eq!(header("content-type"), "application/json");
        let verified = secret().verify(
            header("webhook-id"),
            header("webhook-timestamp"),
            header("webhook-signature"),
            &request.body,
            START,
        );
        assert_eq!(verified, Ok(()));
    }
    assert_eq!(running.counts("webhook"), (1.0, 3.0, 0.0));
}

#[tokio::test]
async fn a_receiver_that_wants_nothing_more_is_left_alone() {
    let (receiver, running) = deliver(&[Answer::Status(410, "")], quick()).await;
    wait(async || dead(&running.store, None, 10).await.unwrap().len() == 1).await;
    running.stop().await;
    assert_eq!(receiver.received().len(), 1);
    let dead = dead(&running.store, None, 10).await.unwrap();
    assert_eq!(dead[0].last_failure.unwrap().name(), "gone");
    assert_eq!(dead[0].attempts, 1);
    assert_eq!(running.counts("webhook"), (0.0, 0.0, 1.0));
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = Receiver::start(&[], monotonic());
    let header: &'static str = format!("location: {}", elsewhere.url()).leak();
    let (receiver, running) = deliver(&[Answer::Status(307, header)], quick()).await;
    wait(async || running.delivered().await == 1).await;
    running.stop().await;
    assert_eq!(receiver.received().len(), 2);
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_gets_it_up_to_the_cap() {
    let answers = [
        Answer::Status(429, "retry-after: 1"),
        Answer::Status(503, "retry-after: 1000000"),
    ];
    let schedule = Schedule {
        cap: Duration::from_millis(1_500),
        ..quick()
    };
    let (receiver, running) = deliver(&answers, schedule).await;
    wait(async || running.delivered().await == 1).await;
    running.stop().await;
    let at: Vec<Duration> = receiver
        .received()
        .iter()
        .map(|request| request.at)
        .collect();
    assert!(
        at[1].checked_sub(at[0]).unwrap() >= Duration::from_millis(950),
        "{at:?}"
    );
    assert!(
        at[2].checked_sub(at[1]).unwrap() >= Duration::from_millis(1_450),
        "{at:?}"
    );
}

/// A server with a certificate of an authority of its own, made by openssl. Returns its port.
fn tls_server(folder: &std::path::Path) -> (std::process::Child, u16) {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    std::fs::write(folder.join("san"), "subjectAltName=DNS:localhost").unwrap();
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority",
    );
    openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost");
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem",
    );
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    drop(held);
    let server = Command::new("openssl")
        .args([
            "s_server",
            "-quiet",
            "-www",
            "-cert",
            "server.pem",
            "-key",
            "server.key",
        ])
        .args(["-accept", &format!("127.0.0.1:{port}")])
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    (server, port)
}

#[tokio::test]
async fn a_receiver_is_believed_only_with_a_certificate_of_the_named_authority() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, port) = tls_server(folder.path());
    wait(async || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
    let url = format!("https://localhost:{port}/");
    let authority = folder.path().join("ca.pem");
    let carry = |authorities: Option<&std::path::Path>| {
        let webhook = Webhook::new(&url, secret(), authorities).unwrap();
        let outgoing = crate::delivery::outgoing("d1");
        std::thread::spawn(move || webhook.carry(&[outgoing], START))
            .join()
            .unwrap()[0]
    };
    let believed = carry(Some(&authority));
    let refused = carry(None);
    let _ = server.kill();
    let _ = server.wait();
    // openssl's little server answers each request with a page.
    assert_eq!(believed, Ok(()));
    assert_eq!(refused.unwrap_err().kind.name(), "tls");
    assert_eq!(
        Destination::parse("webhook:x").unwrap().kind().name(),
        "webhook"
    );
}
