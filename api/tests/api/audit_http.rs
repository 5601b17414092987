//! The audit log over HTTP.

use axum::http::Method;
use sealwatch_custody::checkpoint::Checkpoint;
use sealwatch_custody::merkle::{Hash, verify_consistency, verify_inclusion};

use crate::client::{send, sign_head};
use crate::common::log;

#[tokio::test]
async fn the_log_its_head_and_its_proofs_are_read_over_http_and_the_proofs_hold() {
    let (_folder, store) = crate::common::store(1, true).await;
    let (state, tokens) = crate::common::people(store.clone(), true).await;
    let router = sealwatch_api::router(state);
    let audrey = crate::common::token_of(&tokens, "audrey");
    let get = async |path: &str| crate::client::get(&router, path, &audrey).await;
    assert_eq!(get("/api/v1/audit/head").await.problem(), "not-found");
    sign_head(&store).await;
    let key = get("/api/v1/audit/key").await.json();
    assert_eq!(key["document"], log().key.to_document());
    let head = get("/api/v1/audit/head").await;
    assert_eq!(head.headers["content-type"], "text/plain; charset=utf-8");
    let checkpoint = Checkpoint::verify(&head.text, &log().origin, &log().key).unwrap();
    // Eight people, and a token for each.
    assert_eq!(checkpoint.size, 16);
    let hash = |value: &serde_json::Value| Hash::from_base64(value.as_str().unwrap()).unwrap();
    let path = |proof: &serde_json::Value| -> Vec<Hash> {
        proof["path"].as_array().unwrap().iter().map(hash).collect()
    };
    for position in 0..16 {
        let path_of_proof = format!("/api/v1/audit/proofs/inclusion?position={position}&size=16");
        let proof = get(&path_of_proof).await.json();
        let leaf = hash(&proof["leaf_hash"]);
        verify_inclusion(&leaf, position, 16, &path(&proof), &checkpoint.root).unwrap();
        assert_eq!(proof["head"], head.text);
        let path_of_proof = format!("/api/v1/audit/proofs/consistency?from={position}&to=16");
        let proof = get(&path_of_proof).await.json();
        let from = hash(&proof["from_root"]);
        verify_consistency(position, 16, &from, &checkpoint.root, &path(&proof)).unwrap();
    }
    // What is not in the log, or stands the other way round, is not there; what is no number is a wrong parameter.
    for (wrong, kind) in [
        ("proofs/inclusion?position=16&size=16", "not-found"),
        ("proofs/inclusion?position=0&size=17", "not-found"),
        (
            "proofs/inclusion?position=18446744073709551614&size=18446744073709551615",
            "not-found",
        ),
        ("proofs/inclusion?size=1", "parameter"),
        ("proofs/inclusion?position=-1&size=1", "parameter"),
        ("proofs/consistency?from=3&to=2", "not-found"),
        ("proofs/consistency?from=3&to=99", "not-found"),
        ("entries?act=canary", "parameter"),
        ("entries?limit=0", "parameter"),
    ] {
        let answer = get(&format!("/api/v1/audit/{wrong}")).await;
        assert_eq!(answer.problem(), kind, "{wrong}");
    }
    let mut seen = Vec::new();
    let mut next = "?limit=5&act=token_created&person=sealwatch".to_owned();
    loop {
        let page = get(&format!("/api/v1/audit/entries{next}")).await.json();
        for entry in page["items"].as_array().unwrap() {
            assert_eq!(entry["act"], "token_created");
            let canonical = entry["canonical"].as_str().unwrap();
            let leaf = sealwatch_custody::merkle::leaf_hash(canonical.as_bytes());
            assert_eq!(hash(&entry["leaf_hash"]), leaf);
            seen.push(entry["position"].as_i64().unwrap());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        next = format!("?limit=5&act=token_created&person=sealwatch&cursor={cursor}");
    }
    assert_eq!(seen, [15, 13, 11, 9, 7, 5, 3, 1]);
    let nothing = get("/api/v1/audit/entries?until=2020-01-01T00:00:00Z")
        .await
        .json();
    assert!(nothing["items"].as_array().unwrap().is_empty());
    let accept = format!("Bearer {audrey}");
    let headers = [
        ("authorization", accept.as_str()),
        ("accept", "application/json"),
    ];
    let answer = send(&router, Method::GET, "/api/v1/audit/head", &headers, "").await;
    assert_eq!(answer.json()["size"], 16);
    assert_eq!(answer.json()["note"], head.text);
}
