//! Every role on every route: the router does what the table says, and has nothing that the table has not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::client::*;
use crate::common::*;
use axum::Router;
use axum::http::Method;
use sealwatch_api::people::{
    Actor, PersonName, Role, Roles, create_token, disable_person, revoke_token, set_person,
};
use sealwatch_api::{Access, ApiState, CaseStore, openapi_document, router, rules};
use sealwatch_core::time::HOUR;

/// What the tested clock says.
const NOW: i64 = START + 9 * HOUR;

/// The path of a rule, with something that is there in its places.
fn path(route: &str) -> String {
    let name = if route.starts_with("/static/") {
        "console.css"
    } else {
        "nobody"
    };
    filled(route).replace("{name}", name)
}

async fn ask(router: &Router, method: &str, route: &str, token: Option<&str>) -> (u16, String) {
    let method: Method = method.parse().unwrap();
    let authorization = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> = authorization
        .iter()
        .map(|value| ("authorization", value.as_str()))
        .collect();
    let answer = head(router, method, &path(route), &headers).await;
    let kind = answer.headers.get("content-type");
    let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
    let kind = if is_problem {
        answer.problem()
    } else {
        String::new()
    };
    (answer.status.as_u16(), kind)
}

struct Tokens {
    /// Of a person with this role alone.
    right: BTreeMap<&'static str, String>,
    /// Those that let nobody in, by why.
    wrong: BTreeMap<String, String>,
}

/// For each role a right token, and one that is expired, revoked, of a person who was disabled, and of a person who lost
/// the role.
async fn tokens(store: &CaseStore) -> Tokens {
    let machine = Actor::machine();
    let database = store.database();
    let mut tokens = Tokens {
        right: BTreeMap::new(),
        wrong: BTreeMap::from([
            ("empty".to_owned(), String::new()),
            ("unknown".to_owned(), "0".repeat(64)),
        ]),
    };
    for role in Role::ALL {
        let roles = Roles::of(&[*role]);
        let short = role.name().replace('_', "-");
        for kind in ["right", "expired", "revoked", "disabled"] {
            let name = PersonName::parse(&format!("{short}.{kind}")).unwrap();
            set_person(database, &machine, &name, roles, START)
                .await
                .unwrap();
            let ends = if kind == "expired" {
                START + HOUR
            } else {
                NOW + HOUR
            };
            let (token, secret) = create_token(database, &machine, (&name, roles), ends, START)
                .await
                .unwrap();
            match kind {
                "revoked" => {
                    assert!(
                        revoke_token(database, &machine, &token.id, NOW)
                            .await
                            .unwrap()
                    );
                }
                "disabled" => disable_person(database, &machine, &name, NOW)
                    .await
                    .unwrap(),
                _ => {}
            }
            if kind == "right" {
                tokens.right.insert(role.name(), secret);
            } else {
                tokens.wrong.insert(format!("{short}.{kind}"), secret);
            }
        }
    }
    tokens
}

/// A server whose clock goes on by a minute whenever it is asked, so that nobody is ever barred.
async fn lenient(store: CaseStore) -> Router {
    let mut parts = parts(store, true, false);
    let minutes = AtomicU64::new(0);
    parts.monotonic =
        Arc::new(move || Duration::from_mins(minutes.fetch_add(1, Ordering::Relaxed)));
    router(ApiState::new(parts).await.unwrap().0)
}

#[tokio::test]
async fn every_role_on_every_route_is_answered_as_the_table_says() {
    let (_folder, store) = store(5, true).await;
    let router = lenient(store.clone()).await;
    let tokens = tokens(&store).await;
    let mut answers = 0;
    for (method, route, access) in rules() {
        for (why, token) in &tokens.wrong {
            let (status, kind) = ask(&router, method, route, Some(token)).await;
            check_stranger(*access, status, &kind, &format!("{method} {route} {why}"));
            answers += 1;
        }
        let (status, kind) = ask(&router, method, route, None).await;
        check_stranger(*access, status, &kind, &format!("{method} {route} nobody"));
        for role in Role::ALL {
            let what = format!("{method} {route} {}", role.name());
            let token = &tokens.right[role.name()];
            let (status, kind) = ask(&router, method, route, Some(token)).await;
            if access.admits(Roles::of(&[*role])) {
                assert!(
                    kind != "not-permitted" && kind != "unauthorised",
                    "{what}: {kind}"
                );
                assert!(
                    status != 401 && status != 405 && status < 500,
                    "{what}: {status}"
                );
            } else {
                assert_eq!((status, kind.as_str()), (403, "not-permitted"), "{what}");
            }
            answers += 1;
        }
    }
    assert!(answers > 15 * 26);
}

fn check_stranger(access: Access, status: u16, kind: &str, what: &str) {
    if access == Access::Open {
        assert!(
            kind != "unauthorised" && status != 405,
            "{what}: {status} {kind}"
        );
    } else {
        assert_eq!((status, kind), (401, "unauthorised"), "{what}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_cannot_be_told_from_the_answer() {
    let (_folder, store) = store(1, true).await;
    let router = lenient(store.clone()).await;
    let tokens = tokens(&store).await;
    let bodies: BTreeSet<String> = {
        let mut bodies = BTreeSet::new();
        for token in tokens.wrong.values() {
            let mut problem = get(&router, "/api/v1/me", token).await.json();
            // Each request has an id of its own.
            assert!(problem["request_id"].take().is_string());
            bodies.insert(problem.to_string());
        }
        bodies
    };
    assert_eq!(bodies.len(), 1);
}

/// The methods and routes that the router has, read from what it says of itself.
fn served(router: &Router) -> BTreeSet<(String, String)> {
    let text = format!("{router:?}");
    let (routes, rest) = text.split_once("node: Node { paths: {").unwrap();
    let mut served = BTreeSet::new();
    for segment in rest.split("RouteId(").skip(1) {
        let Some((number, path)) = segment.split_once("): \"") else {
            break;
        };
        let (path, end) = path.split_once('"').unwrap();
        let (_, endpoint) = routes
            .split_once(&format!("RouteId({number}): MethodRouter("))
            .unwrap();
        for method in ["get", "delete", "options", "patch", "post", "put", "trace"] {
            let (_, handler) = endpoint.split_once(&format!(" {method}: ")).unwrap();
            if !handler.starts_with("None") {
                served.insert((method.to_uppercase(), path.to_owned()));
            }
        }
        if end.starts_with('}') {
            break;
        }
    }
    served
}

#[tokio::test]
async fn the_router_has_what_the_table_has_and_nothing_else() {
    let (_folder, router, _) = demo(1).await;
    let table: BTreeSet<(String, String)> = rules()
        .map(|(method, route, _)| ((*method).to_owned(), (*route).to_owned()))
        .collect();
    assert_eq!(table.len(), rules().count(), "a rule is there twice");
    assert!(table.len() > 20);
    assert_eq!(served(&router), table);
    // It is not blind: a route more is seen.
    let more = router.route("/more", axum::routing::patch(async || ""));
    assert!(served(&more).contains(&("PATCH".to_owned(), "/more".to_owned())));
}

#[tokio::test]
async fn a_route_that_is_not_in_the_table_is_served_to_nobody() {
    let (_folder, store) = store(1, true).await;
    let (state, token) = server(store, true).await;
    let router = router(state);
    let answer = get(&router, "/nothing", &token).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (404, "not-found")
    );
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let other = send(&router, Method::DELETE, "/api/v1/detectors", &headers, "").await;
    assert_eq!(
        (other.status.as_u16(), other.problem().as_str()),
        (405, "method")
    );
    assert_eq!(other.headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn every_operation_for_programs_is_described_with_what_stands_before_it() {
    let document: serde_json::Value = serde_json::from_str(&openapi_document()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let rule = rules().find(|rule| rule.0.eq_ignore_ascii_case(method) && rule.1 == *path);
            let (_, _, access) = rule.unwrap_or_else(|| panic!("{method} {path}"));
            let responses = operation["responses"].as_object().unwrap();
            for status in ["401", "403", "429"] {
                let is_described = responses.contains_key(status);
                assert_eq!(
                    is_described,
                    *access != Access::Open,
                    "{method} {path} {status}"
                );
            }
            operations += 1;
        }
    }
    let programs = rules().filter(|rule| {
        ["/api/", "/health/", "/metrics"]
            .iter()
            .any(|start| rule.1.starts_with(start))
    });
    assert_eq!(operations, programs.count());
}
