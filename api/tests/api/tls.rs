//! The server on a socket with TLS, with a certificate that `openssl` makes, and behind a proxy.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use sealwatch_api::{ApiState, Tls, TlsError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::common::{parts, server, store};

/// A certificate for localhost with its key, as PEM.
fn certificate(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success());
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    (read("certificate.pem"), read("key.pem"))
}

fn connector(certificate: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(certificate).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn the_server_speaks_tls_and_who_says_nothing_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let tls = Tls::from_pem(&certificate, &key).unwrap();
    let (_folder, store) = store(1, true).await;
    let mut parts = parts(store, true, false);
    parts.config.secure_cookies = true;
    let (state, _) = ApiState::new(parts).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(sealwatch_api::serve_tls(listener, tls, state, async move {
        stopped.await.unwrap();
    }));
    // These connect and say nothing; one says something that is no TLS.
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    silent[0]
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let connector = connector(&certificate);
    let ask = async |path: &str| {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), ask("/login"))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let headers = answer.to_ascii_lowercase();
    assert!(
        headers.contains("strict-transport-security: max-age="),
        "{answer}"
    );
    let cookie = headers
        .lines()
        .find(|line| line.starts_with("set-cookie:"))
        .unwrap();
    assert_eq!(cookie.matches("; secure").count(), 1, "{cookie}");
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), serving).await;
    ended.unwrap().unwrap().unwrap();
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn what_is_no_certificate_or_no_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let other = tempfile::tempdir().unwrap();
    let (_, other_key) = self::certificate(other.path());
    assert!(matches!(
        Tls::from_pem(&key, &key),
        Err(TlsError::Certificate)
    ));
    assert!(matches!(
        Tls::from_pem(&certificate, b""),
        Err(TlsError::Key)
    ));
    assert!(matches!(
        Tls::from_pem(&certificate, &other_key),
        Err(TlsError::Pair(_))
    ));
}

#[tokio::test]
async fn a_trusted_proxy_that_was_asked_by_tls_makes_cookies_secure_and_a_stranger_does_not() {
    for (trusted, is_believed) in [("127.0.0.1", true), ("127.0.0.9", false)] {
        let (_folder, store) = store(1, true).await;
        let mut parts = parts(store, true, false);
        parts.config.trusted_proxies = vec![trusted.parse().unwrap()];
        let (state, _) = ApiState::new(parts).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(sealwatch_api::serve(
            listener,
            state,
            std::future::pending(),
        ));
        let ask = async |path: &str, headers: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer.to_ascii_lowercase()
        };
        let answer = ask("/login", "x-forwarded-proto: https\r\n").await;
        assert_eq!(answer.contains("; secure"), is_believed);
        assert_eq!(answer.contains("strict-transport-security"), is_believed);
        assert!(!ask("/login", "").await.contains("; secure"));
        // Wrong tokens are counted for the client whom the proxy names, and bar nobody else.
        let wrong = "authorization: bearer wrong\r\nx-forwarded-for: 203.0.113.7\r\n";
        for _ in 0..10 {
            ask("/api/v1/detectors", wrong).await;
        }
        let other = "authorization: bearer wrong\r\nx-forwarded-for: 203.0.113.8\r\n";
        let is_barred = |answer: &str| answer.starts_with("http/1.1 429");
        assert!(is_barred(&ask("/api/v1/detectors", wrong).await));
        assert_eq!(
            is_barred(&ask("/api/v1/detectors", other).await),
            !is_believed
        );
        serving.abort();
    }
}

#[tokio::test]
async fn a_server_without_tls_sets_no_secure_cookies() {
    let (_folder, store) = store(1, true).await;
    let (state, _) = server(store, true).await;
    let page = crate::client::send(
        &sealwatch_api::router(state),
        axum::http::Method::GET,
        "/login",
        &[("x-forwarded-proto", "https")],
        "",
    )
    .await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(!cookie.contains("Secure"), "{cookie}");
}
