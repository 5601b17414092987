//! The task that empties the outbox: one loop for each place, so that none waits for another.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::database::Engine;
use crate::delivery::carrier::{Carrier, Outgoing};
use crate::delivery::event::{Destination, DestinationKind};
use crate::delivery::failure::{Failed, FailureKind};
use crate::delivery::metrics::{DeliveryMetrics, outcome_name};
use crate::delivery::outbox;
use crate::delivery::schedule::Schedule;
use crate::request_id::RequestId;
use crate::store::{CaseStore, CaseStoreError};

/// How long a loop waits at most before it looks again: another process may have written, and clocks may be set.
const LOOK: Duration = Duration::from_secs(5);
/// How long a loop waits where everything that is due stands behind something that is not.
const BEHIND: Duration = Duration::from_secs(1);
/// The shortest wait, so that a place that is always due does not spin.
const BREATH: Duration = Duration::from_millis(20);

/// What the loops share.
#[derive(Clone)]
struct Shared {
    store: CaseStore,
    schedule: Schedule,
    metrics: DeliveryMetrics,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    shutdown: watch::Receiver<bool>,
}

/// Delivers until `shutdown` says true; each place finishes the batch that it has. What is not delivered stays in the
/// outbox. `now_ms` is in milliseconds since 1970.
pub async fn run(
    store: CaseStore,
    carriers: Vec<(Destination, Arc<dyn Carrier>)>,
    schedule: Schedule,
    metrics: DeliveryMetrics,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    shutdown: watch::Receiver<bool>,
) {
    let shared = Shared {
        store,
        schedule,
        metrics,
        now_ms,
        shutdown,
    };
    if shared.store.database().engine() == Engine::Sqlite
        && let Err(error) = outbox::release(shared.store.database(), (shared.now_ms)()).await
    {
        tracing::error!(
            error.kind = error.kind(),
            "the outbox cannot be written; what the last process had taken waits for a minute"
        );
    }
    let configured: Vec<Destination> = carriers.iter().map(|(place, _)| place.clone()).collect();
    match outbox::give_up_elsewhere(shared.store.database(), &configured, (shared.now_ms)()).await {
        Ok(0) => {}
        Ok(given_up) => tracing::warn!(
            delivery.given_up = given_up,
            "deliveries to places that are no longer configured were given up; they can be tried again from the list"
        ),
        Err(error) => tracing::error!(
            error.kind = error.kind(),
            "the outbox cannot be written; what waits for places that are gone goes on waiting"
        ),
    }
    let mut loops = JoinSet::new();
    for (destination, carrier) in carriers {
        loops.spawn(deliver(shared.clone(), destination, carrier));
    }
    loops.spawn(watch_age(shared));
    while loops.join_next().await.is_some() {}
}

/// Empties the outbox of one place.
async fn deliver(mut shared: Shared, destination: Destination, carrier: Arc<dyn Carrier>) {
    let mut bell = shared.store.database().outlet().bell();
    while !*shared.shutdown.borrow() {
        let step = step(&shared, &destination, &carrier).await;
        let wait = step.unwrap_or_else(|error| {
            tracing::error!(
                error.kind = error.kind(),
                delivery.destination = destination.kind().name(),
                "the outbox cannot be read or written; trying again"
            );
            LOOK
        });
        if wait.is_zero() {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(wait.clamp(BREATH, LOOK)) => {}
            // The sender lives as long as the store does.
            _ = bell.changed() => {}
            _ = shared.shutdown.wait_for(|told| *told) => {}
        }
    }
}

/// Delivers what is due, and says how long there is nothing more to do.
async fn step(
    shared: &Shared,
    destination: &Destination,
    carrier: &Arc<dyn Carrier>,
) -> Result<Duration, CaseStoreError> {
    let database = shared.store.database();
    let now_ms = (shared.now_ms)();
    match outbox::next_due(database, destination).await? {
        None => return Ok(LOOK),
        Some(due) if due > now_ms => {
            return Ok(Duration::from_millis((due - now_ms).unsigned_abs()));
        }
        Some(_) => {}
    }
    let batch = outbox::claim(database, destination, carrier.together(), now_ms).await?;
    if batch.is_empty() {
        // What is due waits behind an earlier event of its case.
        return Ok(BEHIND);
    }
    let spans: Vec<_> = batch
        .iter()
        .map(|event| span(destination.kind(), event))
        .collect();
    let results = carry(carrier, batch, now_ms).await;
    let settled = outbox::settle(database, &results, &shared.schedule, (shared.now_ms)()).await?;
    for (((event, result), outcome), span) in results.iter().zip(settled).zip(spans) {
        shared.metrics.note(destination.kind(), outcome);
        span.record("delivery.outcome", outcome_name(outcome));
        span.in_scope(|| report(destination.kind(), event, *result, outcome));
    }
    Ok(Duration::ZERO)
}

/// The span of one attempt, from when it was taken until it is settled.
fn span(kind: DestinationKind, event: &Outgoing) -> tracing::Span {
    tracing::info_span!(
        "delivery",
        delivery.destination = kind.name(),
        delivery.kind = event.kind.name(),
        delivery.attempts = event.attempts,
        delivery.outcome = tracing::field::Empty,
        request.id = event.request.as_ref().map(RequestId::as_str),
    )
}

/// Has a batch carried on a thread that may wait. A carrier that answers for fewer than it was given, or that ends by a
/// fault, has not delivered the rest.
async fn carry(
    carrier: &Arc<dyn Carrier>,
    batch: Vec<Outgoing>,
    now_ms: i64,
) -> Vec<(Outgoing, Result<(), Failed>)> {
    let carrier = Arc::clone(carrier);
    let lent = batch.clone();
    let results = tokio::task::spawn_blocking(move || carrier.carry(&lent, now_ms)).await;
    let mut results = results.unwrap_or_default().into_iter();
    batch
        .into_iter()
        .map(|event| {
            let fault = Err(Failed::new(FailureKind::Fault));
            (event, results.next().unwrap_or(fault))
        })
        .collect()
}

fn report(
    kind: DestinationKind,
    event: &Outgoing,
    result: Result<(), Failed>,
    outcome: outbox::Settled,
) {
    let (kind, sequence, attempts) = (kind.name(), event.sequence, event.attempts);
    let Err(failed) = result else {
        // What the program sends by itself, as heads of the log, is only counted.
        if event.request.is_some() {
            tracing::info!(
                delivery.destination = kind,
                delivery.sequence = sequence,
                delivery.attempts = attempts,
                "delivered"
            );
        }
        return;
    };
    let failure = failed.kind.name();
    if outcome == outbox::Settled::Dead {
        tracing::error!(
            delivery.destination = kind,
            delivery.sequence = sequence,
            delivery.attempts = attempts,
            delivery.failure = failure,
            "a delivery was given up; mend the place and have it tried again"
        );
    } else {
        tracing::warn!(
            delivery.destination = kind,
            delivery.sequence = sequence,
            delivery.attempts = attempts,
            delivery.failure = failure,
            "a delivery failed and is tried again"
        );
    }
}

/// Keeps the gauges of the oldest event that each kind of place has not taken.
async fn watch_age(mut shared: Shared) {
    while !*shared.shutdown.borrow() {
        // A failure is logged by the loops, which use the same database.
        if let Ok(ages) = ages(&shared).await {
            for kind in DestinationKind::ALL {
                let of_kind = ages.iter().filter(|(its_kind, _)| its_kind == kind);
                let oldest = of_kind.map(|(_, age)| *age).max().unwrap_or(0);
                shared.metrics.oldest(*kind, oldest.max(0) as f64 / 1_000.0);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = shared.shutdown.wait_for(|told| *told) => {}
        }
    }
}

async fn ages(shared: &Shared) -> Result<Vec<(DestinationKind, i64)>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT destination, MIN(created_ms) FROM outbox WHERE delivered_ms IS NULL AND dead_ms IS NULL \
         GROUP BY destination",
    )
    .fetch_all(shared.store.database().pool())
    .await?;
    let now_ms = (shared.now_ms)();
    let mut ages = Vec::with_capacity(rows.len());
    for row in rows {
        let (destination, created_ms): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        if let Some(destination) = Destination::parse(&destination) {
            ages.push((destination.kind(), now_ms - created_ms));
        }
    }
    Ok(ages)
}
