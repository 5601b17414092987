//! The commands of `docs/API.md`, run in their order against a server on a socket.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::{ApiState, CaseStore, finish_and_release, rules, serve};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::threat::ThreatKind;
use sealwatch_core::time::HOUR;

use crate::client::sign_head;
use crate::common::*;
use crate::referral_desk;

/// How long a decision can be undone here, and how long the commands wait where the text says so.
const UNDO_MS: i64 = 8_000;
const WAIT: &str = "sleep 10";

/// Routes that need a private key, and those that come after them: the program's own commands ask them, on the machine of the
/// key's owner. The document names each.
const BY_COMMANDS: [(&str, &str); 8] = [
    ("POST", "/api/v1/signing-keys"),
    ("DELETE", "/api/v1/signing-keys/{key_id}"),
    ("POST", "/api/v1/referrals/{id}/approval"),
    ("POST", "/api/v1/referrals/{id}/identity/inner"),
    ("POST", "/api/v1/referrals/{id}/signatures"),
    ("POST", "/api/v1/referrals/{id}/export"),
    ("POST", "/api/v1/referrals/{id}/acknowledgement"),
    ("POST", "/api/v1/referrals/{id}/close"),
];

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/API.md");
    std::fs::read_to_string(path).unwrap()
}

/// The document's commands as one script.
fn script() -> String {
    let text = document();
    let (mut script, mut is_inside) = (String::new(), false);
    for line in text.lines() {
        match line {
            "```sh" => is_inside = true,
            "```" => is_inside = false,
            "<!-- until then -->" => script.push_str(&format!("{WAIT}\n")),
            line if is_inside => script.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    script
}

/// A delivery that was given up, for the command that has it tried again.
async fn give_one_up(folder: &std::path::Path) {
    sqlx::any::install_default_drivers();
    let file = folder.join("cases.sqlite");
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO outbox (sequence, event, kind, destination, body, created_ms, next_attempt_ms, attempts, dead_ms) \
         VALUES (1, '00112233445566778899aabbccddeeff', 'label', 'feedback', '{}', 1, 1, 9, 1)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_documentation_work_and_cover_every_route() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ReviewSettings {
        undo_ms: UNDO_MS,
        ..referral_desk::settings()
    };
    let store = CaseStore::open(&file(folder.path()), settings, random())
        .await
        .unwrap();
    let deliveries: Vec<Delivery> = (0..40).map(|seed| delivery(seed, false)).collect();
    store.deliver(&deliveries, START + HOUR).await.unwrap();
    let signal = referral_desk::threat(900, 1, ThreatKind::ThreatToLife, Priority::P1);
    store
        .deliver_threats(&[signal], START + HOUR)
        .await
        .unwrap();
    give_one_up(folder.path()).await;
    let begun = tokio::time::Instant::now();
    let now_ms = move || START + 2 * HOUR + begun.elapsed().as_millis() as i64;
    let mut parts = parts(store.clone(), false, true);
    parts.now_ms = Arc::new(now_ms);
    parts.monotonic = Arc::new(move || begun.elapsed());
    let (state, people) = ApiState::new(parts).await.unwrap();
    sign_head(&store).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, state, async move {
        let _ = stopped.await;
    }));
    let upkeep = tokio::spawn(async move {
        loop {
            finish_and_release(&store, now_ms()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", &script()])
        .current_dir(folder.path())
        .env("SEALWATCH", &address);
    for (variable, person) in [
        ("REVIEWER", "rita"),
        ("SECOND", "ron"),
        ("THIRD", "all"),
        ("ANALYST", "ana"),
        ("ADMIN", "admin"),
        ("AUDITOR", "audrey"),
        ("OFFICER", "olga"),
        ("APPROVER", "anton"),
    ] {
        command.env(variable, token_of(&people, person));
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{said}\n{complained}");
    let metrics = format!("curl -sS {address}/metrics");
    let counted = tokio::task::spawn_blocking(move || {
        Command::new("bash")
            .args(["-c", &metrics])
            .output()
            .unwrap()
    });
    let counted = String::from_utf8(counted.await.unwrap().stdout).unwrap();
    let mut covered = 0;
    for (method, route, _) in rules().filter(|rule| rule.1.starts_with("/api/")) {
        if BY_COMMANDS.contains(&(*method, *route)) {
            let (_, named) = route.split_once("/api/v1").unwrap();
            let last = named.rsplit_once("/{id}").map_or(named, |(_, last)| last);
            let last = last.trim_end_matches("/{key_id}");
            assert!(document().contains(&format!("{last}`")), "{route}");
            continue;
        }
        let line = format!("{{method=\"{method}\",route=\"{route}\",status=\"2xx\"}}");
        assert!(
            counted.contains(&line),
            "no command of the document is answered by {method} {route}"
        );
        covered += 1;
    }
    assert!(covered > 50, "{covered}");
    upkeep.abort();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
