//! Between the store's thread, which asks before anything leaves the archive, and the case store, which knows the holds.
//!
//! Whatever is not known is no permission: before the case store is open, where it does not answer in time, where it refuses.
//! What was due then is asked about again when the store covers its next log.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sealwatch_api::retention::{ArchiveDeletion, ArchiveRetention};
use sealwatch_ingest::store::{Deletion, MayDelete};
use tokio::sync::{mpsc, oneshot};

/// How long the case store may take to answer.
const WAIT: Duration = Duration::from_secs(30);

/// A deletion, and where the answer goes.
type Question = (Deletion, oneshot::Sender<bool>);

/// Where the store's thread asks.
#[derive(Default)]
pub struct Gate(Arc<OnceLock<mpsc::Sender<Question>>>);

impl Gate {
    /// What the store is given. It permits nothing until the gate is opened.
    pub fn may_delete(&self) -> MayDelete {
        let questions = Arc::clone(&self.0);
        Arc::new(move |deletion| {
            let Some(questions) = questions.get() else {
                return false;
            };
            let (answer, answered) = oneshot::channel();
            // An end without an answer is none.
            questions.blocking_send((*deletion, answer)).is_ok()
                && answered.blocking_recv().unwrap_or(false)
        })
    }

    /// Opens it: from now on the store's questions come here, until the store is dropped.
    fn open(self) -> mpsc::Receiver<Question> {
        let (sender, questions) = mpsc::channel(1);
        let _ = self.0.set(sender);
        questions
    }
}

/// For commands that look into a store of the service and know no holds.
pub fn nothing() -> MayDelete {
    Arc::new(|_| false)
}

/// Opens the gate, and answers until the store is dropped.
pub async fn keep(
    retention: ArchiveRetention,
    gate: Gate,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
) {
    let mut questions = gate.open();
    while let Some((deletion, answer)) = questions.recv().await {
        let deletion = ArchiveDeletion {
            segments: deletion.segments,
            facets: deletion.facets,
            bytes: deletion.bytes,
            until_ms: deletion.until_ms,
        };
        // Given up in the middle, its transaction is rolled back.
        let asked = tokio::time::timeout(WAIT, retention.permit(&deletion, now_ms())).await;
        let may_delete = match asked {
            Ok(Ok(may_delete)) => may_delete,
            Ok(Err(error)) => {
                tracing::error!(
                    error.kind = error.kind(),
                    "whether a hold covers the archive is not known: what is due stays for now"
                );
                false
            }
            Err(_) => {
                tracing::error!(
                    "the case store does not say whether a hold covers the archive: what is due stays for now"
                );
                false
            }
        };
        if may_delete {
            tracing::info!(retention.rows = deletion.facets, "facets leave the archive");
        }
        // The store may have been dropped meanwhile.
        let _ = answer.send(may_delete);
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, nothing};
    use sealwatch_ingest::store::Deletion;

    const DUE: Deletion = Deletion {
        segments: 1,
        facets: 2,
        bytes: 3,
        until_ms: 4,
    };

    #[test]
    fn nothing_is_permitted_before_the_gate_is_open_nor_when_nobody_answers() {
        let gate = Gate::default();
        let may_delete = gate.may_delete();
        assert!(!may_delete(&DUE), "nobody can be asked yet");
        let mut questions = gate.open();
        let asking = std::thread::spawn({
            let may_delete = may_delete.clone();
            move || may_delete(&DUE)
        });
        let (asked, answer) = questions.blocking_recv().unwrap();
        assert_eq!(asked, DUE);
        drop(answer);
        assert!(!asking.join().unwrap(), "asked, and not answered");
        drop(questions);
        assert!(!may_delete(&DUE), "whoever answered is gone");
        assert!(!nothing()(&DUE));
    }
}
