//! Who may come in.

use crate::client::*;
use crate::common::*;
use axum::http::Method;
use sealwatch_api::{ApiState, router};

#[tokio::test]
async fn every_described_path_answers_with_a_token_and_none_but_health_without() {
    let (_folder, router, token) = lenient_demo(5).await;
    let paths = described_paths();
    assert!(paths.len() >= 7);
    // Those with a GET that need nothing of their own.
    let paths: Vec<String> = gettable(paths);
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
    // The same on the page: a wrong one is told to wait, and nobody who has a right one is locked out by strangers.
    for (given, status) in [("wrong", 429), (token.as_str(), 303)] {
        let page = send(&router, Method::GET, "/login", &[], "").await;
        let body = format!("form_secret={}&token={given}", page.form_secret());
        let cookie = page.cookie();
        let headers = [("cookie", cookie.as_str())];
        let answer = send(&router, Method::POST, "/login", &headers, &body).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_token_is_made_once_and_stored_as_a_hash_only() {
    let (folder, store) = store(1, true).await;
    let (_, token) = ApiState::new(parts(store.clone(), true, false))
        .await
        .unwrap();
    let token = token_of(&token, "all");
    assert_eq!(token.len(), 64);
    let (state, again) = ApiState::new(parts(store.clone(), true, false))
        .await
        .unwrap();
    assert!(again.is_empty());
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
