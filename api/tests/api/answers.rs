//! What the HTTP interface answers, and what it never does.

use crate::client::*;
use crate::common::*;
use axum::http::Method;
use sealwatch_api::{ApiState, openapi_document, router};

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
    assert_eq!(status("coordinated_ring"), "absent");
}

#[tokio::test]
async fn problems_keep_their_types() {
    let (_folder, router, token) = demo(1).await;
    let bearer = format!("Bearer {token}");
    let signed_in: [(&str, &str); 1] = [("authorization", &bearer)];
    let long = "0".repeat(70_000);
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
    let paths = paths.iter().map(String::as_str);
    let routes = paths.filter(|path| *path != NEWS).chain(CONSOLE).chain([
        "/login",
        "/logout",
        "/static/{id}",
        "/recommendations/{id}",
    ]);
    let mut answers = 0;
    for route in routes {
        let targets = [
            with_canary(route),
            format!("{}/{CANARY}", with_canary(route)),
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
async fn metrics_have_closed_labels_and_are_open_only_where_configured() {
    let (_folder, store) = store(1, true).await;
    let (state, token) = ApiState::new(parts(store, true, true)).await.unwrap();
    let router = router(state);
    get(&router, "/recommendations", &token_of(&token, "all")).await;
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
async fn every_route_has_its_series_from_the_start_and_requests_add_none() {
    let (_folder, store) = store(1, true).await;
    let (state, _) = ApiState::new(parts(store, true, true)).await.unwrap();
    let router = router(state);
    let text = async || send(&router, Method::GET, "/metrics", &[], "").await.text;
    let series = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect()
    };
    let before = text().await;
    let own = Method::from_bytes(b"CANARY").unwrap();
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PATCH,
        Method::DELETE,
        own,
    ] {
        for path in ["/queue", "/cases/x", "/nowhere", "/health/live"] {
            send(&router, method.clone(), path, &[], "").await;
        }
    }
    let after = text().await;
    assert_eq!(series(&before), series(&after));
    assert!(!after.contains("CANARY"));
    let unused = "sealwatch_api_requests_total{method=\"PUT\",route=\"/api/v1/people/{name}\",status=\"5xx\"} 0";
    assert!(after.contains(unused));
}

#[tokio::test]
async fn a_request_is_known_by_its_own_id_or_a_new_one_in_the_answer_and_in_a_problem() {
    let (_folder, store) = store(1, true).await;
    let (state, token) = server(store, true).await;
    let router = router(state);
    let bearer = format!("Bearer {token}");
    let ask = async |id: &str| {
        let headers = [("authorization", bearer.as_str()), ("x-request-id", id)];
        let answer = send(&router, Method::GET, "/api/v1/cases/x", &headers, "").await;
        let problem: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let told = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(problem["request_id"], told.as_str());
        told
    };
    let id = "0123456789abcdef0123456789abcdef";
    assert_eq!(ask(id).await, id);
    let (first, second) = (ask("a canary").await, ask("a canary").await);
    assert_eq!(first.len(), 32);
    assert_ne!(first, second);
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
