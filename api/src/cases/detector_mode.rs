//! Putting a detector into the shadow, and taking it back: a control record that enters the pipeline at a recorded position.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Entry};
use crate::cases::read::parsed;
use crate::database::{Database, Write};
use crate::delivery::{Event, EventKey, EventKind, enqueue};
use crate::people::Actor;
use crate::store::CaseStoreError;

/// What a detector may do.
pub use sealwatch_core::event::values::ControlledMode as DetectorMode;

/// Why its mode was changed.
pub use sealwatch_core::event::values::ControlReason as ModeReason;

/// A change of a detector's mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange {
    /// The order of changes, rising from 1.
    pub sequence: i64,
    /// The behaviour.
    pub behaviour: Behaviour,
    /// What it may do from then on.
    pub mode: DetectorMode,
    /// Why.
    pub reason: ModeReason,
    /// On whose word; `sealwatch` is the program itself.
    pub person: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// What goes to the recorded order: the pipeline's control record says the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlDocument {
    /// The idempotency key.
    pub id: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The behaviour.
    pub behaviour: Behaviour,
    /// What its detector may do.
    pub mode: DetectorMode,
    /// Why.
    pub reason: ModeReason,
}

/// Sets a detector's mode on a person's word. On the log.
///
/// # Errors
/// The database refused.
pub async fn set(
    database: &Database,
    actor: &Actor,
    behaviour: Behaviour,
    mode: DetectorMode,
    now_ms: i64,
) -> Result<ModeChange, CaseStoreError> {
    let mut write = database.write().await?;
    let change = note(
        &mut write,
        (behaviour, mode, ModeReason::Person),
        actor,
        now_ms,
    )
    .await?;
    audit::commit(write, actor, now_ms, &[entry(&change)]).await?;
    Ok(change)
}

/// The last change of each detector's mode.
///
/// # Errors
/// The database refused.
pub async fn current(database: &Database) -> Result<Vec<ModeChange>, CaseStoreError> {
    let rows = sqlx::query(
        "SELECT sequence, behaviour, mode, reason, person, at_ms FROM detector_modes \
         WHERE sequence IN (SELECT MAX(sequence) FROM detector_modes GROUP BY behaviour) ORDER BY behaviour",
    )
    .fetch_all(database.pool())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ModeChange {
                sequence: row.try_get("sequence")?,
                behaviour: parsed(row, "behaviour", Behaviour::parse)?,
                mode: parsed(row, "mode", DetectorMode::parse)?,
                reason: parsed(row, "reason", ModeReason::parse)?,
                person: row.try_get("person")?,
                at_ms: row.try_get("at_ms")?,
            })
        })
        .collect()
}

/// How long a person's word about a detector holds against its rate, in milliseconds: a day.
const WORD_MS: i64 = 86_400_000;

/// Whether nothing is to be done about a detector's rate: it is in the shadow already, or a person has just looked at it.
pub(crate) async fn is_settled(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    now_ms: i64,
) -> Result<bool, CaseStoreError> {
    let row = sqlx::query(
        "SELECT mode, reason, at_ms FROM detector_modes WHERE behaviour = $1 ORDER BY sequence DESC LIMIT 1",
    )
    .bind(behaviour.name())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let at_ms: i64 = row.try_get("at_ms")?;
    let is_by_a_person = parsed(&row, "reason", ModeReason::parse)? == ModeReason::Person;
    Ok(
        parsed(&row, "mode", DetectorMode::parse)? == DetectorMode::Shadow
            || (is_by_a_person && now_ms < at_ms + WORD_MS),
    )
}

/// Writes a change down, and puts its control record on its way.
pub(crate) async fn note(
    write: &mut Write,
    (behaviour, mode, reason): (Behaviour, DetectorMode, ModeReason),
    actor: &Actor,
    now_ms: i64,
) -> Result<ModeChange, CaseStoreError> {
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) FROM detector_modes")
        .fetch_one(&mut *write.connection())
        .await?;
    let change = ModeChange {
        sequence: last + 1,
        behaviour,
        mode,
        reason,
        person: actor.person.as_str().to_owned(),
        at_ms: now_ms,
    };
    sqlx::query(
        "INSERT INTO detector_modes (sequence, behaviour, mode, reason, person, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(change.sequence)
    .bind(behaviour.name())
    .bind(mode.name())
    .bind(reason.name())
    .bind(&change.person)
    .bind(now_ms)
    .execute(&mut *write.connection())
    .await?;
    let document = ControlDocument {
        id: EventKey::derive(EventKind::Control, &change.sequence.to_string()).to_string(),
        at: Timestamp(now_ms),
        behaviour,
        mode,
        reason,
    };
    let key = EventKey::parse(&document.id).ok_or(CaseStoreError::Unwritable)?;
    let event = Event::new(key, EventKind::Control, None, &document)
        .map_err(|_| CaseStoreError::Unwritable)?;
    let event = event.of_request(actor.request.as_ref());
    enqueue(write, &event, now_ms).await?;
    Ok(change)
}

/// Its entry in the log.
pub(crate) fn entry(change: &ModeChange) -> Entry {
    Entry::new(Act::DetectorModeSet)
        .fact("behaviour", change.behaviour.name())
        .fact("mode", change.mode.name())
        .fact("reason", change.reason.name())
}
