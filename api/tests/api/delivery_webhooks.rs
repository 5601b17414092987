//! Webhooks over the network: signed, tried again, given up, and never sent elsewhere.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sealwatch_api::delivery::{
    Carrier, EventKey, FailureKind, Schedule, Webhook, WebhookSecret, dead, enqueue_events,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::common::{START, store};
use crate::delivery::{Running, clock, event, monotonic, outgoing, quick, wait, webhook};
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
    wait(async || running.delivered() == 1).await;
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
    wait(async || running.delivered() == 1).await;
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
    wait(async || running.delivered() == 1).await;
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

/// Certificates of an authority of its own, made by openssl.
fn certificates(folder: &Path) {
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
}

/// Answers each request over TLS with 204.
async fn serve(folder: &Path) -> u16 {
    let chain = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = Vec::new();
            while !request.ends_with(b"}") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {
            }
            let answer = b"HTTP/1.1 204 Taken\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_believed_only_with_a_certificate_of_the_named_authority() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let url = format!("https://localhost:{}/", serve(folder.path()).await);
    let authority = folder.path().join("ca.pem");
    let carry = async |url: &str, authorities: Option<&Path>| {
        let webhook = Webhook::new(url, secret(), authorities).unwrap();
        let events = [outgoing("d1")];
        tokio::task::spawn_blocking(move || webhook.carry(&events, START)[0])
            .await
            .unwrap()
    };
    assert_eq!(carry(&url, Some(&authority)).await, Ok(()));
    let unknown = carry(&url, None).await.unwrap_err();
    assert_eq!(unknown.kind, FailureKind::Tls);
    // The certificate is of another name.
    let by_number = url.replace("localhost", "127.0.0.1");
    let wrong = carry(&by_number, Some(&authority)).await.unwrap_err();
    assert_eq!(wrong.kind, FailureKind::Tls);
}
