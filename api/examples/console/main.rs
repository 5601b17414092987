//! Serves the console over made-up recommendations and threats, to look at the pages: `cargo run --release -p sealwatch-api
//! --example console -- [PORT] [COUNT]`. The tokens are printed. A new threat to a life comes in every 30 seconds.

#![expect(clippy::unwrap_used, reason = "it ends where something is missing")]
#![expect(
    clippy::disallowed_methods,
    reason = "it is the shell, and its clock goes on"
)]

#[path = "../../tests/api/common.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod common;
mod threats;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::referrals::{Provider, ReferralSettings};
use sealwatch_api::{ApiState, CaseStore};
use sealwatch_core::time::{HOUR, MINUTE};

/// What the clock says at first.
const NOW: i64 = common::START + 9 * HOUR;

/// Between two new threats.
const EVERY: Duration = Duration::from_secs(30);

/// The settings of a platform that refers.
fn settings() -> ReviewSettings {
    ReviewSettings {
        referrals: ReferralSettings {
            provider: Some(Provider {
                organization: "Example Messenger Ltd".to_owned(),
                service: "Example".to_owned(),
                contact_email: Some("referrals@example.org".to_owned()),
                contact_telephone: None,
                legal_process: None,
                terms_url: None,
                reporting_person: None,
            }),
            ..ReferralSettings::default()
        },
        ..common::review()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let number = |index: usize, default: u64| {
        std::env::args()
            .nth(index)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (port, count) = (number(1, 8099), number(2, 137));
    let folder = tempfile::tempdir().unwrap();
    let location = common::file(folder.path());
    let store = CaseStore::open(&location, settings(), common::random())
        .await
        .unwrap();
    let deliveries: Vec<_> = (0..count)
        .map(|seed| common::delivery(seed, true))
        .collect();
    store
        .deliver(&deliveries, common::START + HOUR)
        .await
        .unwrap();
    for (minutes, delivery) in threats::first(NOW) {
        let at_ms = NOW - minutes * MINUTE;
        store.deliver_threats(&[delivery], at_ms).await.unwrap();
    }
    let begun = Instant::now();
    let now_ms = move || NOW + begun.elapsed().as_millis() as i64;
    let mut parts = common::parts(store.clone(), true, false);
    parts.now_ms = Arc::new(now_ms);
    parts.monotonic = Arc::new(move || begun.elapsed());
    let (state, tokens) = ApiState::new(parts).await.unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port as u16))
        .await
        .unwrap();
    println!("http://127.0.0.1:{port}/");
    for token in &tokens {
        println!("{} {}", token.person, token.secret);
    }
    let more = async {
        let mut seed = 0;
        loop {
            tokio::time::sleep(EVERY).await;
            seed += 1;
            let delivery = threats::urgent(1_000 + seed, now_ms());
            store.deliver_threats(&[delivery], now_ms()).await.unwrap();
        }
    };
    tokio::select! {
        served = sealwatch_api::serve(listener, state, std::future::pending()) => served.unwrap(),
        () = more => {}
    }
}
