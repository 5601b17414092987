//! How many cases of a behaviour come into the queue in a day. What is above is held, never dropped, and comes as far as there
//! is room, or on somebody's word.

use std::collections::{BTreeMap, BTreeSet};

use sealwatch_core::behaviour::Behaviour;
use sqlx::{AnyConnection, Row as _};

use crate::cases::rates::HOUR_MS;
use crate::cases::read::parsed;
use crate::cases::settings::ReviewSettings;
use crate::cases::tally::Waiting;
use crate::cases::types::CaseState;
use crate::database::Database;
use crate::statement::insert_rows;
use crate::store::CaseStoreError;

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Hours that the count of a day looks at: this one, and the 24 before it, so that no 24 hours have more than the quota.
const HOURS: i64 = 24;

/// Cases that came into the queue within the last day, by the hour.
async fn entered_in_a_day(
    connection: &mut AnyConnection,
    now_ms: i64,
) -> Result<BTreeMap<Behaviour, i64>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT behaviour, CAST(SUM(cases) AS BIGINT) AS entered FROM entered_hours WHERE hour >= $1 GROUP BY behaviour",
    )
    .bind(now_ms.div_euclid(HOUR_MS) - HOURS)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((
                parsed(row, "behaviour", Behaviour::parse)?,
                row.try_get("entered")?,
            ))
        })
        .collect()
}

/// How many more cases of each behaviour may come into the queue today.
#[derive(Debug)]
pub(super) struct Room<'settings> {
    settings: &'settings ReviewSettings,
    entered: BTreeMap<Behaviour, i64>,
}

impl<'settings> Room<'settings> {
    /// At this time.
    pub(super) async fn at(
        connection: &mut AnyConnection,
        settings: &'settings ReviewSettings,
        now_ms: i64,
    ) -> Result<Self, CaseStoreError> {
        let entered = entered_in_a_day(connection, now_ms).await?;
        Ok(Self { settings, entered })
    }

    /// Of one behaviour; none, if negative.
    pub(super) fn of(&self, behaviour: Behaviour) -> i64 {
        self.settings.quota(behaviour) - self.entered.get(&behaviour).copied().unwrap_or_default()
    }
}

/// Behaviours of which cases are held.
pub(super) async fn held(
    connection: &mut AnyConnection,
) -> Result<BTreeSet<Behaviour>, CaseStoreError> {
    let rows = sqlx::query("SELECT behaviour FROM queue_counts WHERE state = 'held' AND cases > 0")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| parsed(row, "behaviour", Behaviour::parse))
        .collect()
}

/// Counts cases that come into the queue now.
pub(super) async fn entered(
    connection: &mut AnyConnection,
    cases: &BTreeMap<Behaviour, i64>,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let hour = now_ms.div_euclid(HOUR_MS);
    let rows = cases
        .iter()
        .filter(|(_, cases)| **cases > 0)
        .map(|(behaviour, cases)| vec![behaviour.name().into(), hour.into(), (*cases).into()]);
    insert_rows(
        connection,
        "INSERT INTO entered_hours (behaviour, hour, cases) VALUES ",
        rows.collect(),
        " ON CONFLICT (hour, behaviour) DO UPDATE SET cases = entered_hours.cases + excluded.cases",
    )
    .await?;
    Ok(())
}

/// Lets held cases of every behaviour into the queue as far as there is room, in the order of their places. Returns how many.
///
/// # Errors
/// The database refused.
pub(crate) async fn release_held(
    database: &Database,
    settings: &ReviewSettings,
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    if held(&mut *database.pool().acquire().await?)
        .await?
        .is_empty()
    {
        return Ok(0);
    }
    let mut write = database.write().await?;
    let connection = write.connection();
    let room = Room::at(connection, settings, now_ms).await?;
    let mut released = 0;
    for behaviour in held(connection).await? {
        if room.of(behaviour) > 0 {
            released += release(connection, behaviour, room.of(behaviour), now_ms).await?;
        }
    }
    write.commit_machine().await?;
    Ok(released)
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
    let in_queue = BTreeMap::from([(behaviour, released.cast_signed())]);
    entered(connection, &in_queue, now_ms).await?;
    let mut waiting = Waiting::default();
    waiting.add(behaviour, CaseState::Held, -released.cast_signed());
    waiting.add(behaviour, CaseState::Open, released.cast_signed());
    waiting.write(connection).await?;
    Ok(released)
}
