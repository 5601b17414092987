//! Asking the real router, in one process.

use crate::common::{START, delivery, log, log_key, parts, server, store, token_of};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use sealwatch_api::audit::{HeadKeeper, HeadSettings};
use sealwatch_api::{ApiState, CaseStore, openapi_document, router};
use serde_json::Value;
use tower::ServiceExt;

pub const CANARY: &str = "canary5e4a1w4tch";
pub const CONSOLE: [&str; 3] = ["/", "/recommendations", "/detectors"];

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn problem(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        document["type"]
            .as_str()
            .unwrap()
            .strip_prefix("urn:sealwatch:problem:")
            .unwrap()
            .to_owned()
    }

    pub fn cookie(&self) -> String {
        let cookie = self.headers["set-cookie"].to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part));
        }
        cookie.split(';').next().unwrap().to_owned()
    }

    pub fn form_secret(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("name=\"form_secret\" value=\"")
            .unwrap();
        rest[..64].to_owned()
    }
}

pub async fn send(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router
        .clone()
        .oneshot(request.body(Body::from(body.to_owned())).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// An answer without its body, unless it is a problem: some bodies are long, or have no end.
pub async fn head(router: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get("content-type");
    let text = if kind.is_some_and(|kind| kind == "application/problem+json") {
        String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    } else {
        String::new()
    };
    Answer {
        status: parts.status,
        headers: parts.headers,
        text,
    }
}

pub async fn get(router: &Router, path: &str, token: &str) -> Answer {
    send(
        router,
        Method::GET,
        path,
        &[("authorization", &format!("Bearer {token}"))],
        "",
    )
    .await
}

pub async fn demo(count: u64) -> (tempfile::TempDir, Router, String) {
    let (folder, store) = store(count, true).await;
    let (state, token) = server(store, true).await;
    (folder, router(state), token)
}

/// The same, with a clock that goes on by a minute whenever it is asked: nobody is ever barred.
pub async fn lenient_demo(count: u64) -> (tempfile::TempDir, Router, String) {
    let (folder, store) = store(count, true).await;
    let mut parts = parts(store, true, false);
    let minutes = std::sync::atomic::AtomicU64::new(0);
    parts.monotonic = std::sync::Arc::new(move || {
        std::time::Duration::from_secs(
            60 * minutes.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
        )
    });
    let store = parts.store.clone();
    let (state, token) = ApiState::new(parts).await.unwrap();
    sign_head(&store).await;
    (folder, router(state), token_of(&token, "all"))
}

/// Signs a head of the audit log.
pub async fn sign_head(store: &CaseStore) {
    let settings = HeadSettings {
        interval: std::time::Duration::from_mins(1),
        file: None,
    };
    let registry = prometheus::Registry::new();
    let mut keeper = HeadKeeper::new(store, log().origin, log_key(), settings, &registry).unwrap();
    keeper.step(START).await.unwrap();
}

pub fn described_paths() -> Vec<String> {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

/// The paths that can be read where there are only recommendations and their cases, and whose answer has an end.
pub fn gettable(paths: Vec<String>) -> Vec<String> {
    let can_be_read = |path: &String| {
        // The referral side's own is not for the person of these tests.
        let is_there =
            !path.contains("{decision}") && path != NEWS && !path.starts_with("/api/v1/referrals");
        is_there
            && sealwatch_api::rules()
                .any(|(method, route, _)| *method == "GET" && *route == path.as_str())
    };
    paths.into_iter().filter(can_be_read).collect()
}

/// The route whose answer has no end.
pub const NEWS: &str = "/api/v1/news";

/// A path with the canary in all its places.
pub fn with_canary(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { CANARY } else { part });
    parts.collect::<Vec<_>>().join("/")
}

pub fn filled(path: &str) -> String {
    let id = delivery(3, true).recommendation.id.to_hexadecimal();
    let path = path
        .replace("{id}", &id)
        .replace("{decision}", &id)
        .replace("{behaviour}", "bulk_messaging")
        .replace("{feature}", sealwatch_core::feature::FEATURES[0].name)
        .replace("{sequence}", "1");
    match path.as_str() {
        "/api/v1/audit/proofs/inclusion" => path + "?position=0&size=2",
        "/api/v1/audit/proofs/consistency" => path + "?from=1&to=2",
        _ => path,
    }
}

/// A signed-in browser.
pub struct Browser {
    pub router: Router,
    pub cookie: String,
    pub secret: String,
}

impl Browser {
    /// Signs in with a token, as the page does.
    pub async fn sign_in(router: &Router, token: &str) -> Self {
        let page = send(router, Method::GET, "/login", &[], "").await;
        let body = format!("form_secret={}&token={token}", page.form_secret());
        let cookie = page.cookie();
        let begun = send(
            router,
            Method::POST,
            "/login",
            &[("cookie", &cookie)],
            &body,
        )
        .await;
        assert_eq!(begun.status, 303);
        let cookie = begun.cookie();
        let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
        let home = send(router, Method::GET, "/", &headers, "").await;
        let home = home.headers["location"].to_str().unwrap();
        let first = send(router, Method::GET, home, &headers, "").await;
        Self {
            router: router.clone(),
            cookie: cookie.clone(),
            secret: first.form_secret(),
        }
    }

    pub async fn see(&self, path: &str) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("accept", "text/html")];
        send(&self.router, Method::GET, path, &headers, "").await
    }

    /// Posts a form of a page of ours.
    pub async fn post(&self, path: &str, fields: &str) -> Answer {
        let body = format!("form_secret={}&{fields}", self.secret);
        self.post_raw(path, &[], &body).await
    }

    pub async fn post_raw(&self, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = vec![("cookie", self.cookie.as_str()), ("accept", "text/html")];
        headers.extend(more);
        send(&self.router, Method::POST, path, &headers, body).await
    }

    /// Posts a form and follows where it leads.
    pub async fn follow(&self, path: &str, fields: &str) -> (String, Answer) {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
        let to = answer.headers["location"].to_str().unwrap().to_owned();
        let page = self.see(&to).await;
        assert_eq!(page.status, 200, "{to}");
        (to, page)
    }
}
