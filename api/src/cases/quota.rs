//! How many cases of a behaviour come into the queue in a day. What is above is held, never dropped, and comes as far as there
//! is room, or on somebody's word.

use sealwatch_core::behaviour::Behaviour;
use sqlx::AnyConnection;

use crate::cases::rates::HOUR_MS;
use crate::cases::settings::ReviewSettings;
use crate::cases::tally::Waiting;
use crate::cases::types::CaseState;
use crate::store::CaseStoreError;

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Whether cases of a behaviour are held.
pub(super) async fn has_held(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
) -> Result<bool, CaseStoreError> {
    let held: Option<i64> = sqlx::query_scalar(
        "SELECT cases FROM queue_counts WHERE behaviour = $1 AND state = 'held'",
    )
    .bind(behaviour.name())
    .fetch_optional(connection)
    .await?;
    Ok(held.is_some_and(|held| held > 0))
}

/// Cases of a behaviour that came into the queue within the last day.
pub(crate) async fn opened_in_a_day(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    now_ms: i64,
) -> Result<i64, CaseStoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM cases WHERE behaviour = $1 AND opened_ms > $2 AND state <> 'held'",
    )
    .bind(behaviour.name())
    .bind(now_ms - DAY_MS)
    .fetch_one(connection)
    .await?)
}

/// Lets held cases into the queue as far as their quotas have room, in the order of their places. Returns how many.
pub(crate) async fn release_held(
    connection: &mut AnyConnection,
    settings: &ReviewSettings,
    behaviour: Behaviour,
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    let room = settings.quota(behaviour) - opened_in_a_day(connection, behaviour, now_ms).await?;
    if room <= 0 {
        return Ok(0);
    }
    release(connection, behaviour, room, now_ms).await
}

/// Lets the first held cases of a behaviour into the queue. Their waiting goes on to count; the quota counts them from now.
pub(crate) async fn release(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    count: i64,
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    let done = sqlx::query(
        "UPDATE cases SET state = 'open', opened_ms = $3, version = version + 1 WHERE id IN \
         (SELECT id FROM cases WHERE state = 'held' AND behaviour = $1 ORDER BY place_ms, sequence LIMIT $2)",
    )
    .bind(behaviour.name())
    .bind(count)
    .bind(now_ms)
    .execute(&mut *connection)
    .await?;
    let released = done.rows_affected();
    let mut waiting = Waiting::default();
    waiting.add(behaviour, CaseState::Held, -released.cast_signed());
    waiting.add(behaviour, CaseState::Open, released.cast_signed());
    waiting.write(connection).await?;
    Ok(released)
}
