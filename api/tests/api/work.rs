//! The whole of review over HTTP, on both databases.

use crate::common::*;
use crate::databases::{Stores, open};
use crate::review_desk::{CONFIRM, Desk, REJECT, desks, refused};
use axum::http::Method;
use sealwatch_core::time::HOUR;
use serde_json::{Value, json};

#[tokio::test]
async fn a_reviewer_claims_decides_and_undoes() {
    let (_stores, desks) = desks(6).await;
    for desk in desks {
        let next = (Method::POST, "/api/v1/queue/claim");
        let claimed = desk
            .ask(
                "rita",
                next.clone(),
                &[("idempotency-key", "a")],
                &json!({}),
            )
            .await;
        assert_eq!(claimed.status, 200, "{}", claimed.text);
        let id = claimed.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(claimed.json()["claimed_by"], "rita");
        let again = desk
            .ask(
                "rita",
                next.clone(),
                &[("idempotency-key", "a")],
                &json!({}),
            )
            .await;
        assert_eq!(
            (again.json(), &again.headers["etag"]),
            (claimed.json(), &claimed.headers["etag"])
        );
        let other = desk
            .ask("ron", next, &[("idempotency-key", "a")], &json!({}))
            .await;
        assert_ne!(other.json()["id"], id, "no case is claimed twice");
        let (_, tag) = desk.case(&id).await;
        let stolen = desk.decide("ron", &id, &tag, "r", CONFIRM).await;
        assert_eq!(refused(&stolen), (409, "claimed".to_owned()));

        let path = format!("/api/v1/cases/{id}/decisions");
        let body = json!({"verdict": "confirm", "reason": "pattern_clear", "note": "Seen this ring before."});
        let key = ("idempotency-key", "d");
        let without = desk.ask("rita", (Method::POST, &path), &[key], &body).await;
        assert_eq!(refused(&without), (428, "version-needed".to_owned()));
        let stale = desk
            .ask(
                "rita",
                (Method::POST, &path),
                &[key, ("if-match", "\"1\"")],
                &body,
            )
            .await;
        assert_eq!(refused(&stale), (412, "stale".to_owned()));
        let wrong = desk
            .decide("rita", &id, &tag, "w", ("confirm", "known_event"))
            .await;
        assert_eq!(refused(&wrong), (422, "reason".to_owned()));
        let made = desk
            .ask(
                "rita",
                (Method::POST, &path),
                &[key, ("if-match", &tag)],
                &body,
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert!(
            !made.text.contains("ring"),
            "a note is shown with its case only"
        );
        let (document, decided_tag) = desk.case(&id).await;
        assert_ne!(decided_tag, tag);
        assert_eq!(document["case"]["state"], "decided");
        assert_eq!(document["decisions"][0]["note"], "Seen this ring before.");

        let undo = format!("/api/v1/decisions/{}", made.json()["id"].as_str().unwrap());
        let others = desk.undo("ron", &undo, "u").await;
        assert_eq!(others.status, 404);
        let undone = desk.undo("rita", &undo, "u").await;
        assert!(undone.json()["undone_at"].is_string(), "{}", undone.text);
        let twice = desk.undo("rita", &undo, "v").await;
        assert_eq!(refused(&twice), (409, "state".to_owned()));
        let (document, tag) = desk.case(&id).await;
        assert_eq!(
            (&document["case"]["state"], &document["case"]["claimed_by"]),
            (&json!("open"), &json!("rita"))
        );
        let release = format!("/api/v1/cases/{id}/release");
        let free = desk
            .ask(
                "rita",
                (Method::POST, &release),
                &[("if-match", &tag)],
                &Value::Null,
            )
            .await;
        assert!(free.json()["claimed_by"].is_null(), "{}", free.text);
        let tag = free.headers["etag"].to_str().unwrap();
        let claim = format!("/api/v1/cases/{id}/claim");
        let taken = desk
            .ask(
                "ron",
                (Method::POST, &claim),
                &[("if-match", tag)],
                &Value::Null,
            )
            .await;
        assert_eq!(taken.json()["claimed_by"], "ron");
    }
}

#[tokio::test]
async fn a_set_is_decided_but_for_its_exceptions_and_undone_as_one() {
    let (_stores, desks) = desks(8).await;
    for desk in desks {
        let listed = desk.read("rita", "/api/v1/cases?limit=6").await.json();
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 6);
        let mut cases: Vec<Value> = items
            .iter()
            .map(|item| json!({"id": item["id"], "version": item["version"]}))
            .collect();
        cases[1]["version"] = json!(77);
        let body = json!({"cases": cases, "except": [cases[0]["id"]], "verdict": "reject", "reason": "known_event"});
        let post = (Method::POST, "/api/v1/batches");
        let made = desk
            .ask("rita", post.clone(), &[("idempotency-key", "b")], &body)
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let set = made.json();
        assert_eq!(set["decided"].as_array().unwrap().len(), 4);
        assert_eq!(set["refused"][0]["case"], cases[1]["id"]);
        assert_eq!(
            set["refused"][0]["problem"]["type"],
            "urn:sealwatch:problem:stale"
        );
        let (excepted, _) = desk.case(cases[0]["id"].as_str().unwrap()).await;
        assert_eq!(excepted["case"]["state"], "open");
        let twice =
            json!({"cases": [cases[2], cases[2]], "verdict": "reject", "reason": "known_event"});
        let twice = desk
            .ask("rita", post, &[("idempotency-key", "c")], &twice)
            .await;
        assert_eq!(refused(&twice), (422, "fields".to_owned()));
        let none = json!({"cases": [cases[1]], "verdict": "reject", "reason": "known_event"});
        let post = (Method::POST, "/api/v1/batches");
        let none = desk
            .ask("rita", post, &[("idempotency-key", "d")], &none)
            .await;
        assert_eq!(refused(&none), (412, "stale".to_owned()));
        let undo = format!("/api/v1/batches/{}", set["id"].as_str().unwrap());
        let undone = desk.undo("rita", &undo, "u").await;
        assert_eq!(undone.json(), json!({"undone": 4}));
        desk.pass(24 * HOUR).await;
        let late = desk
            .decide(
                "rita",
                cases[2]["id"].as_str().unwrap(),
                &desk.case(cases[2]["id"].as_str().unwrap()).await.1,
                "e",
                REJECT,
            )
            .await;
        assert_eq!(late.status, 201, "{}", late.text);
        desk.pass(24 * HOUR).await;
        let undo = format!("/api/v1/decisions/{}", late.json()["id"].as_str().unwrap());
        let undone = desk.undo("rita", &undo, "v").await;
        assert_eq!(refused(&undone), (409, "too-late".to_owned()));
    }
}

#[tokio::test]
async fn someone_else_looks_again_and_answers_an_appeal() {
    let (_stores, desks) = desks(4).await;
    for desk in desks {
        let listed = desk.read("rita", "/api/v1/cases").await.json();
        let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
        let tag = desk.case(&id).await.1;
        let made = desk.decide("rita", &id, &tag, "1", CONFIRM).await;
        assert_eq!(made.status, 201, "{}", made.text);
        desk.pass(HOUR).await;
        assert_eq!(
            desk.read("rita", "/api/v1/second-looks").await.json()["items"],
            json!([])
        );
        let looks = desk.read("ron", "/api/v1/second-looks").await.json();
        let decision = looks["items"][0]["decision"].as_str().unwrap().to_owned();
        let look = format!("/api/v1/second-looks/{decision}");
        assert_eq!(desk.read("ron", &look).await.json()["verdict"], "confirm");
        let (post, agrees) = ((Method::POST, look.as_str()), json!({"agrees": true}));
        let key = [("idempotency-key", "look")];
        let own = desk.ask("rita", post.clone(), &key, &agrees).await;
        assert_eq!(refused(&own), (409, "same-person".to_owned()));
        let agreed = desk.ask("ron", post, &key, &agrees).await;
        assert_eq!(agreed.status, 204);

        let path = format!("/api/v1/cases/{id}/appeals");
        let tag = desk.case(&id).await.1;
        let headers = [("if-match", tag.as_str()), ("idempotency-key", "2")];
        let ours = json!({"ground": "second_look"});
        let ours = desk
            .ask("rita", (Method::POST, &path), &headers, &ours)
            .await;
        assert_eq!(ours.status, 422, "{}", ours.text);
        let ground = json!({"ground": "not_the_owner"});
        let filed = desk
            .ask("rita", (Method::POST, &path), &headers, &ground)
            .await;
        assert_eq!(filed.status, 201, "{}", filed.text);
        let (document, tag) = desk.case(&id).await;
        assert_eq!(document["case"]["state"], "appealed");
        for (person, key) in [("rita", "3"), ("ron", "4")] {
            let same = desk.decide(person, &id, &tag, key, REJECT).await;
            assert_eq!(refused(&same), (409, "same-person".to_owned()), "{person}");
        }
        let answered = desk.decide("all", &id, &tag, "5", REJECT).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
        let (document, _) = desk.case(&id).await;
        assert_eq!(document["appeals"][0]["is_overturned"], true);
        let behaviour = document["case"]["behaviour"].as_str().unwrap();
        let statistics = desk
            .read(
                "ana",
                &format!("/api/v1/detectors/{behaviour}/statistics?days=7"),
            )
            .await
            .json();
        assert_eq!(
            (
                &statistics["confirmed"],
                &statistics["rejected"],
                &statistics["overturned"]
            ),
            (&json!(0), &json!(1), &json!(1))
        );
        // One wrong of one: the exact interval's upper end is 1 - 0.025^(1/1).
        let high = statistics["precision"]["high"].as_f64().unwrap();
        assert!((high - 0.975).abs() < 1e-9, "{high}");
        let wrong = format!("/api/v1/detectors/{behaviour}/statistics?days=0");
        assert_eq!(desk.read("ana", &wrong).await.status, 400);
    }
}

#[tokio::test]
async fn a_detector_goes_into_the_shadow_and_reasons_are_counted() {
    let (_stores, desks) = desks(20).await;
    for desk in desks {
        let path = "/api/v1/detectors/group_spam/mode";
        let (put, key) = ((Method::PUT, path), [("idempotency-key", "mode")]);
        let set = desk
            .ask("ana", put.clone(), &key, &json!({"mode": "shadow"}))
            .await;
        assert_eq!(
            (set.json()["mode"].as_str(), set.json()["person"].as_str()),
            (Some("shadow"), Some("ana")),
            "{}",
            set.text
        );
        let wrong = desk.ask("ana", put, &key, &json!({"mode": "live"})).await;
        assert_eq!(refused(&wrong), (422, "fields".to_owned()));
        let listed = desk
            .read("rita", "/api/v1/cases?behaviour=bulk_messaging")
            .await
            .json();
        let cases = listed["items"].as_array().unwrap();
        let (confirmed, rejected) = (&cases[0], &cases[1]);
        for (case, verdict) in [(confirmed, CONFIRM), (rejected, REJECT)] {
            let id = case["id"].as_str().unwrap();
            let tag = desk.case(id).await.1;
            assert_eq!(desk.decide("rita", id, &tag, id, verdict).await.status, 201);
        }
        let reasons = "/api/v1/detectors/bulk_messaging/reasons";
        let counted = desk
            .read("ana", &format!("{reasons}?by=contribution&limit=100"))
            .await
            .json();
        let rows = counted["reasons"].as_array().unwrap();
        let total = |name: &str| {
            rows.iter()
                .map(|row| row[name].as_i64().unwrap())
                .sum::<i64>()
        };
        // Every case rests on six reasons.
        assert_eq!(total("cases"), 6 * cases.len() as i64);
        assert_eq!((total("confirmed"), total("rejected")), (6, 6));
        let contributions: Vec<f64> = rows
            .iter()
            .map(|row| row["contribution"].as_f64().unwrap())
            .collect();
        assert!(contributions.is_sorted_by(|left, right| left >= right));
        let feature = rows[0]["feature"].as_str().unwrap();
        let top = format!("/api/v1/detectors/bulk_messaging/features/{feature}/cases");
        let found = desk.read("ana", &top).await.json();
        assert_eq!(
            found["cases"].as_array().unwrap().len() as i64,
            rows[0]["cases"].as_i64().unwrap()
        );
        assert_eq!(
            desk.read("ana", &format!("{top}?verdict=confirm&limit=1"))
                .await
                .status,
            200
        );
        for wrong in [format!("{reasons}?by=colour"), format!("{top}?limit=0")] {
            assert_eq!(desk.read("ana", &wrong).await.status, 400, "{wrong}");
        }
        assert_eq!(
            desk.read("ana", "/api/v1/detectors/nothing/reasons")
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn held_cases_come_on_an_admins_word_and_queues_are_counted_and_exported() {
    let stores = Stores::empty();
    for (name, location) in &stores.locations {
        let settings = sealwatch_api::cases::ReviewSettings {
            quota: 1,
            ..review()
        };
        let desk = Desk::new(open(location, settings).await, 30).await;
        let count = |queue: &Value, state: &str| {
            let counts = queue["counts"].as_array().unwrap();
            let of = counts.iter().filter(|count| count["state"] == state);
            of.map(|count| count["cases"].as_i64().unwrap())
                .sum::<i64>()
        };
        let before = desk.read("rita", "/api/v1/queue").await.json();
        let body = json!({"behaviour": "bulk_messaging", "cases": 3});
        let post = (Method::POST, "/api/v1/queue/release");
        for _ in 0..2 {
            let released = desk
                .ask("admin", post.clone(), &[("idempotency-key", "x")], &body)
                .await;
            assert_eq!(released.json(), json!({"released": 3}), "{name}");
        }
        let after = desk.read("rita", "/api/v1/queue").await.json();
        assert_eq!(count(&after, "held"), count(&before, "held") - 3, "{name}");
        assert_eq!(count(&after, "open"), count(&before, "open") + 3, "{name}");
        let csv = desk.read("ana", "/api/v1/cases.csv?state=held").await.text;
        assert_eq!(
            csv.lines().count() as i64,
            count(&after, "held") + 1,
            "{name}"
        );
        let none = json!({"behaviour": "bulk_messaging", "cases": 0});
        let none = desk
            .ask("admin", post, &[("idempotency-key", "y")], &none)
            .await;
        assert_eq!(none.status, 422);
    }
}

#[tokio::test]
async fn an_empty_queue_says_so_and_the_key_may_be_used_again() {
    let (_stores, desks) = desks(0).await;
    for desk in desks {
        let next = (Method::POST, "/api/v1/queue/claim");
        let key = [("idempotency-key", "a")];
        let empty = desk.ask("rita", next.clone(), &key, &json!({})).await;
        assert_eq!(refused(&empty), (404, "queue-empty".to_owned()));
        desk.store
            .deliver(&[delivery(1, false)], START + HOUR)
            .await
            .unwrap();
        let claimed = desk.ask("rita", next, &key, &json!({})).await;
        assert_eq!(claimed.status, 200, "{}", claimed.text);
    }
}
