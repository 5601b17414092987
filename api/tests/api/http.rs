//! The HTTP interface and the console, over the real router.

use crate::common::{delivery, parts, server, store};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use sealwatch_api::{ApiState, openapi_document, router};
use serde_json::Value;
use tower::ServiceExt;

const CANARY: &str = "canary5e4a1w4tch";
const CONSOLE: [&str; 3] = ["/", "/recommendations", "/detectors"];

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn problem(&self) -> String {
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

    fn cookie(&self) -> String {
        let cookie = self.headers["set-cookie"].to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part));
        }
        cookie.split(';').next().unwrap().to_owned()
    }

    fn form_secret(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("name=\"form_secret\" value=\"")
            .unwrap();
        rest[..64].to_owned()
    }
}

async fn send(
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

async fn get(router: &Router, path: &str, token: &str) -> Answer {
    send(
        router,
        Method::GET,
        path,
        &[("authorization", &format!("Bearer {token}"))],
        "",
    )
    .await
}

async fn demo(count: u64) -> (tempfile::TempDir, Router, String) {
    let (folder, store) = store(count, true).await;
    let (state, token) = server(store, true).await;
    (folder, router(state), token)
}

/// The same, with a clock that goes on by a minute whenever it is asked: nobody is ever barred.
async fn lenient_demo(count: u64) -> (tempfile::TempDir, Router, String) {
    let (folder, store) = store(count, true).await;
    let mut parts = parts(store, true, false);
    let minutes = std::sync::atomic::AtomicU64::new(0);
    parts.monotonic = std::sync::Arc::new(move || {
        std::time::Duration::from_secs(
            60 * minutes.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
        )
    });
    let (state, token) = ApiState::new(parts).await.unwrap();
    (folder, router(state), token.unwrap())
}

fn described_paths() -> Vec<String> {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

fn filled(path: &str) -> String {
    path.replace(
        "{id}",
        &delivery(3, true).recommendation.id.to_hexadecimal(),
    )
}

#[tokio::test]
async fn every_described_path_answers_with_a_token_and_none_but_health_without() {
    let (_folder, router, token) = lenient_demo(5).await;
    let paths = described_paths();
    assert!(paths.len() >= 7);
    for path in paths.iter().map(|path| filled(path)) {
        assert_eq!(get(&router, &path, &token).await.status, 200, "{path}");
        let answer = send(&router, Method::GET, &path, &[], "").await;
        if path.starts_with("/health/") {
            assert_eq!(answer.status, 200, "{path}");
        } else {
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.problem(), "unauthorised");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            for wrong in ["", "0", &token[1..], &format!("{token}0")] {
                assert_eq!(get(&router, &path, wrong).await.status, 401, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_console_and_what_is_not_there_need_a_log_in() {
    let (_folder, router, _) = demo(5).await;
    let page = format!(
        "/recommendations/{}",
        delivery(3, true).recommendation.id.to_hexadecimal()
    );
    for path in CONSOLE
        .iter()
        .copied()
        .chain([page.as_str(), "/nothing", "/logout"])
    {
        assert_eq!(
            send(&router, Method::GET, path, &[], "").await.status,
            401,
            "{path}"
        );
        let browser = send(&router, Method::GET, path, &[("accept", "text/html")], "").await;
        assert_eq!(browser.status, 303, "{path}");
        assert_eq!(browser.headers["location"], "/login");
        assert_eq!(
            send(&router, Method::POST, path, &[], "").await.status,
            401,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_person_logs_in_looks_and_logs_out() {
    let (_folder, router, token) = demo(5).await;
    let page = send(&router, Method::GET, "/login", &[], "").await;
    let (cookie, secret) = (page.cookie(), page.form_secret());
    let body = format!("form_secret={secret}&token={token}");
    let foreign = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(
        send(&router, Method::POST, "/login", &foreign, &body)
            .await
            .status,
        403
    );
    assert_eq!(
        send(&router, Method::POST, "/login", &[], &body)
            .await
            .status,
        403
    );
    let ours = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let without = format!("token={token}");
    assert_eq!(
        send(&router, Method::POST, "/login", &ours, &without)
            .await
            .status,
        403
    );
    let begun = send(&router, Method::POST, "/login", &ours, &body).await;
    assert_eq!(begun.status, 303);
    let session = begun.cookie();
    let signed_in = [("cookie", session.as_str()), ("accept", "text/html")];
    let list = send(&router, Method::GET, "/recommendations", &signed_in, "").await;
    assert_eq!(list.status, 200);
    assert!(list.text.contains("Group spam") && !list.text.contains(&token));
    assert_eq!(
        send(
            &router,
            Method::POST,
            "/logout",
            &signed_in,
            "form_secret=0"
        )
        .await
        .status,
        403
    );
    let out = format!("form_secret={}", list.form_secret());
    assert_eq!(
        send(&router, Method::POST, "/logout", &signed_in, &out)
            .await
            .status,
        303
    );
    assert_eq!(
        send(&router, Method::GET, "/recommendations", &signed_in, "")
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn wrong_tokens_are_counted_and_barred() {
    let (_folder, router, token) = demo(1).await;
    for _ in 0..9 {
        assert_eq!(
            get(&router, "/api/v1/detectors", "wrong").await.problem(),
            "unauthorised"
        );
    }
    let barred = get(&router, "/api/v1/detectors", "wrong").await;
    assert_eq!(barred.problem(), "too-many");
    assert_eq!(barred.headers["retry-after"], "60");
    assert_eq!(get(&router, "/api/v1/detectors", &token).await.status, 200);
    let page = send(&router, Method::GET, "/login", &[], "").await;
    let body = format!("form_secret={}&token={token}", page.form_secret());
    let answer = send(
        &router,
        Method::POST,
        "/login",
        &[("cookie", &page.cookie())],
        &body,
    )
    .await;
    assert_eq!(answer.status, 429);
}

#[tokio::test]
async fn a_token_is_made_once_and_stored_as_a_hash_only() {
    let (folder, store) = store(1, true).await;
    let (_, token) = ApiState::new(parts(store.clone(), true, false))
        .await
        .unwrap();
    let token = token.unwrap();
    assert_eq!(token.len(), 64);
    let (state, again) = ApiState::new(parts(store.clone(), true, false))
        .await
        .unwrap();
    assert!(again.is_none());
    assert_eq!(
        get(&router(state), "/api/v1/detectors", &token)
            .await
            .status,
        200
    );
    store.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(token.len())
                .any(|window| window == token.as_bytes())
        );
    }
}

#[tokio::test]
async fn a_list_is_paged_by_its_cursor_to_the_end() {
    let (_folder, router, token) = demo(25).await;
    let mut ids = Vec::new();
    let mut path = "/api/v1/recommendations?limit=10&mode=demo".to_owned();
    loop {
        let page = get(&router, &path, &token).await.json();
        ids.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/recommendations?limit=10&mode=demo&cursor={next}");
    }
    let newest_first: Vec<String> = (0..25)
        .rev()
        .map(|seed| delivery(seed, true).recommendation.id.to_hexadecimal())
        .collect();
    assert_eq!(ids, newest_first);
}

#[tokio::test]
async fn a_recommendation_is_given_with_everything_that_it_rests_on() {
    let (_folder, router, token) = demo(5).await;
    let expected = delivery(3, true);
    let document = get(&router, &filled("/api/v1/recommendations/{id}"), &token)
        .await
        .json();
    assert_eq!(
        document["account"],
        expected.recommendation.account.to_hexadecimal()
    );
    assert_eq!(document["guarantee"]["calibration_accounts"], 12_480);
    assert_eq!(document["is_demonstration"], true);
    assert_eq!(document["facets"].as_array().unwrap().len(), 180);
    assert_eq!(
        document["features"].as_array().unwrap().len(),
        expected.recommendation.features.len()
    );
    assert_eq!(
        document["sealed_identities"][1]["key_ids"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let detectors = get(&router, "/api/v1/detectors", &token).await.json();
    let status = |behaviour: &str| {
        let all = detectors["detectors"].as_array().unwrap();
        all.iter()
            .find(|detector| detector["behaviour"] == behaviour)
            .unwrap()["status"]
            .clone()
    };
    assert_eq!(status("bulk_messaging"), "on");
    assert_eq!(status("account_takeover"), "off");
    assert_eq!(status("ban_evasion"), "absent");
}

#[tokio::test]
async fn problems_keep_their_types() {
    let (_folder, router, token) = demo(1).await;
    let bearer = format!("Bearer {token}");
    let signed_in: [(&str, &str); 1] = [("authorization", &bearer)];
    let long = "0".repeat(20_000);
    for (method, path, headers, body, status, kind) in [
        (
            Method::GET,
            "/api/v1/recommendations?limit=0",
            &signed_in[..],
            "",
            400,
            "parameter",
        ),
        (
            Method::GET,
            "/api/v1/recommendations?colour=red",
            &signed_in[..],
            "",
            400,
            "unknown-parameter",
        ),
        (
            Method::GET,
            "/api/v1/recommendations/12",
            &signed_in[..],
            "",
            404,
            "not-found",
        ),
        (
            Method::GET,
            "/api/v1/recommendations/%ff",
            &signed_in[..],
            "",
            404,
            "not-found",
        ),
        (Method::GET, "/api/v2", &signed_in[..], "", 404, "not-found"),
        (
            Method::GET,
            "/static/nothing",
            &[][..],
            "",
            404,
            "not-found",
        ),
        (
            Method::DELETE,
            "/api/v1/recommendations",
            &signed_in[..],
            "",
            405,
            "method",
        ),
        (Method::POST, "/login", &[][..], &long, 413, "too-large"),
        (Method::POST, "/login", &[][..], "token=%zz", 400, "body"),
        (
            Method::POST,
            "/logout",
            &signed_in[..],
            "a=b",
            403,
            "forbidden",
        ),
    ] {
        let answer = send(&router, method.clone(), path, headers, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{method} {path}"
        );
        if status == 405 {
            assert_eq!(answer.headers["allow"], "GET,HEAD");
        }
    }
}

#[tokio::test]
async fn readiness_follows_the_process_and_the_store() {
    let (_folder, store) = store(1, true).await;
    let mut unready = parts(store.clone(), true, false);
    unready.ready = std::sync::Arc::new(|| false);
    let (state, _) = ApiState::new(unready).await.unwrap();
    let answer = send(&router(state), Method::GET, "/health/ready", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "unavailable")
    );
    let (state, _) = ApiState::new(parts(store.clone(), true, false))
        .await
        .unwrap();
    let router = router(state);
    assert_eq!(
        send(&router, Method::GET, "/health/ready", &[], "")
            .await
            .status,
        200
    );
    store.close().await;
    assert_eq!(
        send(&router, Method::GET, "/health/ready", &[], "")
            .await
            .status,
        503
    );
    assert_eq!(
        send(&router, Method::GET, "/health/live", &[], "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn nothing_that_was_sent_comes_back() {
    let (_folder, router, token) = lenient_demo(3).await;
    let bearer = format!("Bearer {token}");
    let paths = described_paths();
    let routes = paths.iter().map(String::as_str).chain(CONSOLE).chain([
        "/login",
        "/logout",
        "/static/{id}",
        "/recommendations/{id}",
    ]);
    let mut answers = 0;
    for route in routes {
        let targets = [
            route.replace("{id}", CANARY),
            format!("{}/{CANARY}", route.replace("{id}", CANARY)),
            format!("{}?{CANARY}=1", filled(route)),
            format!(
                "{}?behaviour={CANARY}&cursor={CANARY}&limit={CANARY}",
                filled(route)
            ),
            format!("{}?platform={CANARY}&account={CANARY}", filled(route)),
            format!("{}?minimum_score={CANARY}&from=%{CANARY}", filled(route)),
        ];
        for target in targets {
            for accept in ["text/html", CANARY] {
                for authorization in [bearer.as_str(), CANARY] {
                    for method in [
                        Method::GET,
                        Method::POST,
                        Method::from_bytes(CANARY.as_bytes()).unwrap(),
                    ] {
                        let cookie = format!(
                            "{CANARY}={CANARY}; sealwatch_session={CANARY}; sealwatch_form={CANARY}"
                        );
                        let headers = [
                            ("accept", accept),
                            ("authorization", authorization),
                            ("cookie", &cookie),
                            ("host", CANARY),
                            ("origin", CANARY),
                            ("content-type", CANARY),
                            (CANARY, CANARY),
                        ];
                        let body = format!(
                            "{CANARY}={CANARY}&form_secret={CANARY}&token={CANARY}&{{\"{CANARY}\":"
                        );
                        let answer = send(&router, method, &target, &headers, &body).await;
                        assert_ne!(answer.status, 429);
                        assert!(!answer.text.contains(CANARY), "{target}");
                        assert!(
                            !format!("{:?}", answer.headers).contains(CANARY),
                            "{target}"
                        );
                        answers += 1;
                    }
                }
            }
        }
    }
    assert!(answers > 500);
    assert!(!get(&router, "/metrics", &token).await.text.contains(CANARY));
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_every_page_keeps_its_policy() {
    let (_folder, router, token) = demo(3).await;
    let page = filled("/recommendations/{id}");
    for path in [
        "/recommendations",
        page.as_str(),
        "/detectors",
        "/login",
        "/nothing",
        "/api/v1/detectors",
        "/static/console.css",
    ] {
        let bearer = format!("Bearer {token}");
        let answer = send(
            &router,
            Method::GET,
            path,
            &[("authorization", &bearer), ("accept", "text/html")],
            "",
        )
        .await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        for forbidden in [" style=", "<style", "<script", " onclick=", "javascript:"] {
            assert!(!answer.text.contains(forbidden), "{path}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn in_a_demonstration_the_banner_is_on_every_page() {
    let (_folder, router, token) = demo(5).await;
    let bearer = format!("Bearer {token}");
    let page = filled("/recommendations/{id}");
    let paths = [
        "/recommendations",
        "/recommendations?mode=live",
        page.as_str(),
        "/detectors",
        "/login",
        "/nothing",
    ];
    for path in paths {
        let answer = send(
            &router,
            Method::GET,
            path,
            &[("authorization", &bearer), ("accept", "text/html")],
            "",
        )
        .await;
        assert!(
            answer.text.contains("nobody may be banned on them"),
            "{path}"
        );
        assert!(
            answer.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_live_platform_has_no_banner_but_its_old_demonstrations_do() {
    let (_folder, store) = store(4, false).await;
    store.deliver(&[delivery(9, true)], 0).await.unwrap();
    let (state, token) = server(store, false).await;
    let router = router(state);
    let live = get(&router, &filled("/recommendations/{id}"), &token).await;
    assert!(live.status.is_success());
    assert!(!live.text.contains("Demonstration.") && !live.text.contains("simulated"));
    let old = format!(
        "/recommendations/{}",
        delivery(9, true).recommendation.id.to_hexadecimal()
    );
    for path in [old.as_str(), "/recommendations"] {
        assert!(
            get(&router, path, &token)
                .await
                .text
                .contains("nobody may be banned on them"),
            "{path}"
        );
    }
    assert!(
        !get(&router, "/detectors", &token)
            .await
            .text
            .contains("nobody may be banned")
    );
}

#[tokio::test]
async fn an_empty_store_says_so_in_words() {
    let (_folder, router, token) = demo(0).await;
    assert!(
        get(&router, "/recommendations", &token)
            .await
            .text
            .contains("There are no recommendations yet.")
    );
    let filtered = get(&router, "/recommendations?behaviour=group_spam", &token).await;
    assert!(
        filtered
            .text
            .contains("No recommendation matches these filters.")
    );
}

#[tokio::test]
async fn metrics_have_closed_labels_and_are_open_only_where_configured() {
    let (_folder, store) = store(1, true).await;
    let (state, token) = ApiState::new(parts(store, true, true)).await.unwrap();
    let router = router(state);
    get(&router, "/recommendations", &token.unwrap()).await;
    send(&router, Method::GET, "/unknown", &[], "").await;
    let text = send(&router, Method::GET, "/metrics", &[], "").await.text;
    let requests = "sealwatch_api_requests_total";
    assert!(
        text.contains(&format!(
            "{requests}{{method=\"GET\",route=\"/recommendations\",status=\"2xx\"}} 1"
        )),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "{requests}{{method=\"GET\",route=\"other\",status=\"4xx\"}} 1"
        )),
        "{text}"
    );
    assert!(
        text.contains(
            "sealwatch_api_request_seconds_bucket{route=\"/recommendations\",le=\"0.005\"}"
        )
    );
}

#[tokio::test]
async fn the_description_is_what_is_checked_in() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let made = format!("{}\n", openapi_document());
    if std::env::var_os("SEALWATCH_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        made == kept,
        "the interface changed; if that is meant, run this again with SEALWATCH_UPDATE_SNAPSHOTS=1"
    );
    assert!(made.contains("\"openapi\": \"3.1"));
}
