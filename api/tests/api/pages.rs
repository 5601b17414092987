//! The console's pages.

use crate::client::*;
use crate::common::*;
use axum::http::Method;
use sealwatch_api::router;
use sealwatch_core::feature::{FEATURES, Family};

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
        for script in answer.text.split("<script ").skip(1) {
            assert!(script.contains("src=\"/static/"), "{path}");
        }
        for forbidden in [" style=", "<style", "<script>", " onclick=", "javascript:"] {
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
async fn every_feature_is_shown_once_under_its_family_and_unknown_ones_as_unknown() {
    let (_folder, router, token) = demo(5).await;
    let page = get(&router, &filled("/recommendations/{id}"), &token)
        .await
        .text;
    let (_, table) = page.split_once("id=\"features\"").unwrap();
    let (table, _) = table.split_once("</details>").unwrap();
    let groups: Vec<&str> = table.split("<tr class=\"group family\">").skip(1).collect();
    let families: Vec<&Family> = Family::ALL
        .iter()
        .filter(|family| FEATURES.iter().any(|feature| feature.family == **family))
        .collect();
    assert!(families.len() > 5);
    assert_eq!(groups.len(), families.len());
    for (family, group) in families.into_iter().zip(groups) {
        for feature in &FEATURES {
            let name = format!("<code>{}</code>", feature.name);
            let expected = usize::from(feature.family == *family);
            assert_eq!(group.matches(&name).count(), expected, "{}", feature.name);
        }
    }
    let unknown = delivery(3, true)
        .recommendation
        .features
        .iter()
        .filter(|value| value.is_none())
        .count();
    assert!(unknown > 0);
    assert_eq!(
        table.matches("<td class=\"number\">unknown</td>").count(),
        unknown
    );
}

#[tokio::test]
async fn features_of_another_version_get_no_names_neither_on_the_page_nor_for_programs() {
    let (_folder, store) = store(0, true).await;
    let mut other = delivery(3, true);
    other.recommendation.features.pop();
    store.deliver(&[other], 0).await.unwrap();
    let (state, token) = server(store, true).await;
    let router = router(state);
    let page = get(&router, &filled("/recommendations/{id}"), &token).await;
    assert!(page.text.contains("made by another version"));
    assert!(!page.text.contains("<tr class=\"group family\">"));
    let document = get(&router, &filled("/api/v1/recommendations/{id}"), &token)
        .await
        .json();
    assert_eq!(document["features"].as_array().unwrap().len(), 0);
}
