//! What all routes do alike: writes that are repeated, versions, bodies, exports, referrals that only their side sees.

use crate::client::*;
use crate::common::*;
use crate::log::{entries, last_entry};
use axum::Router;
use axum::http::Method;
use sealwatch_api::people::{Actor, PersonName, Roles, create_token, tokens};
use sealwatch_api::{CaseStore, router};
use sealwatch_core::behaviour::{Answer, Behaviour};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::HOUR;

async fn write(
    router: &Router,
    token: &str,
    (method, path): (Method, &str),
    key: Option<&str>,
    body: &str,
) -> crate::client::Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    if let Some(key) = key {
        headers.push(("idempotency-key", key));
    }
    send(router, method, path, &headers, body).await
}

const NEW_TOKEN: &str = r#"{"person": "rita", "roles": ["reviewer"], "days": 7}"#;

#[tokio::test]
async fn a_write_that_is_repeated_with_its_key_happens_once() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = people(store.clone(), true).await;
    let (router, token) = (router(state), token_of(&people, "all"));
    let before = tokens(store.database()).await.unwrap().len();
    let post = (Method::POST, "/api/v1/tokens");
    let first = write(&router, &token, post.clone(), Some("k-1"), NEW_TOKEN).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let made = first.json();
    let secret = made["token"].as_str().unwrap().to_owned();
    assert_eq!(
        get(&router, "/api/v1/me", &secret).await.json()["name"],
        "rita"
    );
    let again = write(&router, &token, post.clone(), Some("k-1"), NEW_TOKEN).await;
    assert_eq!(
        (again.status.as_u16(), &again.headers["idempotent-replayed"]),
        (201, &"true".parse().unwrap())
    );
    assert_eq!(again.json()["id"], made["id"]);
    // The token itself is seen once, and is nowhere in the database.
    assert!(!again.text.contains(&secret));
    assert_eq!(tokens(store.database()).await.unwrap().len(), before + 1);
    // The same key of another person is another key.
    let other = write(
        &router,
        &token_of(&people, "admin"),
        post.clone(),
        Some("k-1"),
        NEW_TOKEN,
    )
    .await;
    assert_eq!(other.status, 201);
    assert!(!other.headers.contains_key("idempotent-replayed"));
    let another = NEW_TOKEN.replace('7', "8");
    let refused = write(&router, &token, post.clone(), Some("k-1"), &another).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (422, "idempotency-key-reused")
    );
    for key in [None, Some(""), Some("a b"), Some(&*"k".repeat(129))] {
        let refused = write(&router, &token, post.clone(), key, NEW_TOKEN).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (400, "idempotency-key")
        );
    }
    assert_eq!(tokens(store.database()).await.unwrap().len(), before + 2);
}

#[tokio::test]
async fn a_write_that_is_refused_leaves_no_answer_behind() {
    let (_folder, store) = store(1, true).await;
    let (state, token) = server(store.clone(), true).await;
    let router = router(state);
    let post = (Method::POST, "/api/v1/tokens");
    let body = NEW_TOKEN.replace("rita", "nobody");
    for _ in 0..2 {
        let refused = write(&router, &token, post.clone(), Some("k-2"), &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (422, "unknown-person")
        );
        assert!(!refused.text.contains("nobody"));
    }
    let put = (Method::PUT, "/api/v1/people/nobody");
    let entered = write(&router, &token, put, None, r#"{"roles": ["reviewer"]}"#).await;
    assert_eq!(entered.status, 204);
    let done = write(&router, &token, post, Some("k-2"), &body).await;
    assert_eq!(
        done.status, 201,
        "the same key may be tried again after a refusal"
    );
}

#[tokio::test]
async fn of_many_who_send_the_same_write_at_once_one_does_it() {
    let (_folder, store) = store(1, true).await;
    let (state, token) = server(store.clone(), true).await;
    let router = router(state);
    let before = tokens(store.database()).await.unwrap().len();
    let writes = (0..12).map(|_| {
        let (router, token) = (router.clone(), token.clone());
        tokio::spawn(async move {
            let post = (Method::POST, "/api/v1/tokens");
            write(&router, &token, post, Some("same"), NEW_TOKEN).await
        })
    });
    let mut with_token = 0;
    for write in writes.collect::<Vec<_>>() {
        let answer = write.await.unwrap();
        assert_eq!(answer.status, 201);
        with_token += usize::from(answer.json()["token"].is_string());
    }
    assert_eq!(with_token, 1);
    assert_eq!(tokens(store.database()).await.unwrap().len(), before + 1);
}

#[tokio::test]
async fn the_last_admin_stays_and_a_disabled_person_does_not() {
    let (_folder, store) = store(1, true).await;
    let (state, people) = people(store, true).await;
    let (router, token, rita) = (
        router(state),
        token_of(&people, "all"),
        token_of(&people, "rita"),
    );
    assert_eq!(get(&router, "/api/v1/me", &rita).await.status, 200);
    let delete = |name: &str| (Method::DELETE, format!("/api/v1/people/{name}"));
    for (name, status) in [
        ("rita", 204),
        ("rita", 404),
        ("admin", 204),
        ("all", 409),
        ("Not-A-Name", 404),
    ] {
        let (method, path) = delete(name);
        let answer = write(&router, &token, (method, &path), None, "").await;
        assert_eq!(answer.status, status, "{name}");
    }
    assert_eq!(get(&router, "/api/v1/me", &rita).await.status, 401);
    let listed = get(&router, "/api/v1/people", &token).await.json();
    let is_disabled = |name: &str| {
        let people = listed["people"].as_array().unwrap();
        let person = people.iter().find(|person| person["name"] == name).unwrap();
        person["disabled_at"].is_string()
    };
    assert!(is_disabled("rita") && is_disabled("admin") && !is_disabled("all"));
}

#[tokio::test]
async fn a_reader_who_has_a_recommendation_already_is_told_so() {
    let (_folder, router, token) = demo(5).await;
    let path = filled("/api/v1/recommendations/{id}");
    let first = get(&router, &path, &token).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("if-none-match", tag.as_str()),
    ];
    let again = send(&router, Method::GET, &path, &headers, "").await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
}

/// A store in which every third recommendation goes to the referral side.
async fn with_referrals(count: u64) -> (tempfile::TempDir, CaseStore, Vec<Delivery>) {
    let (folder, store) = store(0, true).await;
    let mut deliveries: Vec<Delivery> = (0..count).map(|seed| delivery(seed, true)).collect();
    for delivery in deliveries.iter_mut().step_by(3) {
        delivery.recommendation.answer = Answer::Refer;
        delivery.recommendation.behaviour = Behaviour::MinorContactRisk;
    }
    store.deliver(&deliveries, START + HOUR).await.unwrap();
    (folder, store, deliveries)
}

#[tokio::test]
async fn what_goes_to_the_referral_side_is_not_there_for_others() {
    let (_folder, store, deliveries) = with_referrals(12).await;
    let (state, people) = people(store, true).await;
    let router = router(state);
    let id = |index: usize| deliveries[index].recommendation.id.to_hexadecimal();
    let account = deliveries[0].recommendation.account.to_hexadecimal();
    let (ana, olga) = (token_of(&people, "ana"), token_of(&people, "olga"));
    let paths = [
        "/api/v1/recommendations".to_owned(),
        "/api/v1/recommendations?answer=refer".to_owned(),
        "/api/v1/recommendations?behaviour=minor_contact_risk".to_owned(),
        format!("/api/v1/recommendations?account={account}"),
        "/api/v1/recommendations?minimum_score=0".to_owned(),
        "/api/v1/recommendations.csv".to_owned(),
        format!("/api/v1/recommendations.csv?account={account}"),
        "/recommendations".to_owned(),
        format!("/recommendations/{}", id(1)),
    ];
    for path in paths {
        let answer = get(&router, &path, &ana).await;
        assert_eq!(answer.status, 200, "{path}");
        for index in (0..12).step_by(3) {
            assert!(!answer.text.contains(&id(index)), "{path}");
        }
        // A person of the referral side alone has no lists of the others.
        let refused = get(&router, &path, &olga).await.status.as_u16();
        assert!(refused == 403 || refused == 404, "{path} {refused}");
    }
    let everything = get(&router, "/api/v1/recommendations", &ana).await.json();
    assert_eq!(everything["items"].as_array().unwrap().len(), 8);
    for path in ["/api/v1/recommendations", "/recommendations"] {
        let (theirs, ours) = (format!("{path}/{}", id(0)), format!("{path}/{}", id(1)));
        assert_eq!(get(&router, &theirs, &ana).await.status, 404);
        assert_eq!(get(&router, &ours, &ana).await.status, 200);
        assert_eq!(get(&router, &theirs, &olga).await.status, 200);
        assert_eq!(get(&router, &ours, &olga).await.status, 404);
    }
}

#[tokio::test]
async fn a_person_of_both_sides_sees_both() {
    let (_folder, store, deliveries) = with_referrals(12).await;
    let (state, people) = people(store.clone(), true).await;
    let router = router(state);
    let machine = Actor::machine();
    let name = PersonName::parse("both").unwrap();
    let roles = Roles::parse("analyst referral_officer").unwrap();
    let database = store.database();
    sealwatch_api::people::set_person(database, &machine, &name, roles, START)
        .await
        .unwrap();
    let made = create_token(database, &machine, (&name, roles), START + 20 * HOUR, START).await;
    let (_, both) = made.unwrap();
    let listed = get(&router, "/api/v1/recommendations", &both).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 12);
    let refer = get(&router, "/api/v1/recommendations?answer=refer", &both)
        .await
        .json();
    assert_eq!(refer["items"].as_array().unwrap().len(), 4);
    let csv = get(&router, "/api/v1/recommendations.csv", &both)
        .await
        .text;
    assert_eq!(csv.lines().count(), 13);
    assert_eq!(deliveries.len(), 12);
    drop(people);
}

#[tokio::test]
async fn an_export_has_every_row_once_and_is_on_the_log() {
    let (folder, store) = store(1_203, true).await;
    let (state, people) = people(store.clone(), true).await;
    let router = router(state);
    let ana = token_of(&people, "ana");
    let export = get(
        &router,
        "/api/v1/recommendations.csv?mode=demo&platform=chat",
        &ana,
    )
    .await;
    assert_eq!(
        export.headers["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    assert!(
        export.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let rows: Vec<&str> = export.text.split_terminator("\r\n").collect();
    assert!(rows[0].starts_with("id,account,incarnation,platform,behaviour,mode,answer,score,"));
    let expected = (0..1_203).filter(|seed| seed % 9 != 8).count();
    assert_eq!(rows.len(), expected + 1);
    let distinct: std::collections::BTreeSet<&str> =
        rows[1..].iter().map(|row| &row[..32]).collect();
    assert_eq!(distinct.len(), expected);
    assert!(rows.iter().all(|row| row.split(',').count() == 12));
    assert_eq!(
        get(
            &router,
            "/api/v1/recommendations.csv",
            &token_of(&people, "rita")
        )
        .await
        .status,
        403
    );
    let entry = last_entry(&folder, "exported").await;
    assert_eq!(entry["person"], "ana");
    assert_eq!(entry["facts"]["count"], expected.to_string());
    assert_eq!(entry["facts"]["filter"], "mode platform");
}

#[tokio::test]
async fn reading_and_looking_for_an_account_are_on_the_log() {
    let (folder, store) = store(5, true).await;
    let (state, people) = people(store.clone(), true).await;
    let router = router(state);
    let rita = token_of(&people, "rita");
    let id = delivery(3, true).recommendation.id.to_hexadecimal();
    for path in ["/api/v1/recommendations", "/recommendations"] {
        let before = entries(&folder, "case_read").await.len();
        assert_eq!(
            get(&router, &format!("{path}/{id}"), &rita).await.status,
            200
        );
        let read = entries(&folder, "case_read").await;
        assert_eq!(read.len(), before + 1);
        assert_eq!(
            (
                read[before]["person"].as_str(),
                read[before]["subject"].as_str()
            ),
            (Some("rita"), Some(id.as_str()))
        );
    }
    let account = delivery(3, true).recommendation.account.to_hexadecimal();
    get(
        &router,
        &format!("/api/v1/recommendations?account={account}"),
        &rita,
    )
    .await;
    let searched = last_entry(&folder, "searched").await;
    assert!(searched["commitment"].is_string());
    assert!(!searched.to_string().contains(&account));
}
