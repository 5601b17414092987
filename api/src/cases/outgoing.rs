//! What follows from a finished decision, as events of the outbox.

use sealwatch_core::recommendation::{Recommendation, SealedIdentity};
use sqlx::Row as _;

use crate::cases::finish::Finished;
use crate::database::Write;
use crate::delivery::{Decided, DocumentError, EnforcementRequested, LabelGiven, enqueue};
use crate::store::{CaseStoreError, unpack};

/// Puts the events of a finished decision into the outbox, in its transaction.
pub(crate) async fn send(
    write: &mut Write,
    finished: &Finished,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let Finished {
        decision,
        consequence,
        ..
    } = finished;
    if consequence.action.is_none() && consequence.label.is_none() {
        return Ok(());
    }
    let (recommendation, identities) = recommendation(write, finished).await?;
    let (id, case) = (decision.id.to_hexadecimal(), decision.case.to_hexadecimal());
    if let Some(action) = consequence.action {
        let decided = Decided {
            decision: &id,
            case_id: &case,
            at_ms: decision.at_ms,
            action,
            statement: &decision.statement,
        };
        let request = EnforcementRequested::new(decided, &recommendation, &identities);
        match request.and_then(|request| request.event()) {
            Ok(event) => {
                let event = event.of_request(decision.request.as_ref());
                enqueue(write, &event, now_ms).await?;
            }
            // The recommendation was made in the shadow: nobody is acted against, whatever the case says by now.
            Err(DocumentError::Shadow) => {}
            Err(DocumentError::Unwritable) => return Err(CaseStoreError::Unwritable),
        }
    }
    if let Some((verdict, origin)) = consequence.label {
        let label = LabelGiven::new(&id, decision.at_ms, &recommendation, verdict, origin);
        let event = label.event(&case).map_err(|_| CaseStoreError::Unwritable)?;
        let event = event.of_request(decision.request.as_ref());
        enqueue(write, &event, now_ms).await?;
    }
    Ok(())
}

async fn recommendation(
    write: &mut Write,
    finished: &Finished,
) -> Result<(Recommendation, Vec<SealedIdentity>), CaseStoreError> {
    let row =
        sqlx::query("SELECT recommendation, sealed_identities FROM recommendations WHERE id = $1")
            .bind(finished.decision.recommendation.to_hexadecimal())
            .fetch_one(&mut *write.connection())
            .await?;
    let read = |column: &str| -> Result<String, sqlx::Error> { row.try_get(column) };
    Ok((
        unpack(&read("recommendation")?)?,
        serde_json::from_str(&read("sealed_identities")?).map_err(|_| CaseStoreError::Damaged)?,
    ))
}
