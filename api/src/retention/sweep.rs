//! The sweep: class by class, step by step, until nothing is due.

use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;

use crate::audit::{self, Act, Entry};
use crate::database::{Database, Write};
use crate::people::Actor;
use crate::retention::{
    ArchiveRetention, Class, Periods, cases, evidence, orders, referral_identities, rest,
};
use crate::store::{CaseStore, CaseStoreError};

/// Time between two sweeps.
const BETWEEN_SWEEPS: Duration = Duration::from_mins(10);

/// Time between two steps, for everyone else who writes.
const BETWEEN_STEPS: Duration = Duration::from_millis(50);

/// What a step deleted.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// Rows of the class.
    pub(super) rows: u64,
    /// The cases that they belonged to.
    pub(super) cases: Vec<String>,
    /// Recommendations among them.
    pub(super) recommendations: u64,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Steps, each a transaction and an entry of the audit log.
    pub steps: u64,
    /// Rows that were deleted, or emptied of what they held.
    pub rows: u64,
}

sealwatch_core::metrics! {
    /// What retention has deleted.
    struct RetentionMetrics {
        /// Rows deleted because their period had ended, by class.
        deleted: IntCounterVec = "sealwatch_retention_deleted_total" ["class"],
    }
}

/// Deletes what is due.
pub struct Retention {
    database: Database,
    periods: Periods,
    metrics: RetentionMetrics,
    /// How far the sweep at hand has looked at recommendations without a case.
    looked: std::sync::Mutex<rest::Looked>,
}

/// Before every recommendation.
const FROM_THE_BEGINNING: rest::Looked = (i64::MIN, 0);

impl Retention {
    /// Over this store.
    ///
    /// # Errors
    /// The metrics are registered already.
    pub fn new(
        store: &CaseStore,
        periods: Periods,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let metrics = RetentionMetrics::register(registry)?;
        for class in Class::ALL {
            metrics.deleted.with_label_values(&[class.name()]);
        }
        Ok(Self {
            database: store.database().clone(),
            periods,
            metrics,
            looked: std::sync::Mutex::new(FROM_THE_BEGINNING),
        })
    }

    /// What the pipeline asks before it deletes from its archive.
    pub fn archive(&self) -> ArchiveRetention {
        ArchiveRetention {
            database: self.database.clone(),
            deleted: self
                .metrics
                .deleted
                .with_label_values(&[Class::Archive.name()]),
        }
    }

    /// Sweeps now and then, until `shutdown` ends: a step that has begun is finished.
    pub async fn run(
        self,
        now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
        shutdown: impl Future<Output = ()> + Send,
    ) {
        let sweeping = async {
            loop {
                match self.sweep(now_ms()).await {
                    Ok(swept) if swept.steps > 0 => tracing::info!(
                        retention.steps = swept.steps,
                        retention.rows = swept.rows,
                        "deleted what was due"
                    ),
                    Ok(_) => {}
                    Err(error) => tracing::error!(
                        error.kind = error.kind(),
                        "what is due could not be deleted; trying again"
                    ),
                }
                tokio::time::sleep(BETWEEN_SWEEPS).await;
            }
        };
        // Dropped in the middle of a step, its transaction is rolled back.
        tokio::select! {
            () = shutdown => {}
            () = sweeping => {}
        }
    }

    /// Deletes everything that is due at `now_ms`, milliseconds since 1970.
    ///
    /// # Errors
    /// The database refused; the steps before are done.
    pub async fn sweep(&self, now_ms: i64) -> Result<Swept, CaseStoreError> {
        let mut swept = Swept::default();
        let done = self.steps(now_ms, &mut swept).await;
        // Also where a later step was refused.
        if swept.steps > 0 {
            self.database.empty_write_ahead_log().await;
        }
        done.map(|()| swept)
    }

    async fn steps(&self, now_ms: i64, swept: &mut Swept) -> Result<(), CaseStoreError> {
        for class in Class::ALL {
            while let Some(rows) = self.step(*class, now_ms).await? {
                swept.steps += 1;
                swept.rows += rows;
                tokio::time::sleep(BETWEEN_STEPS).await;
            }
        }
        orders::close_orders(&self.database, now_ms).await
    }

    /// One step of a class: the rows that it deleted, or nothing where nothing is due.
    ///
    /// # Errors
    /// The database refused; nothing is deleted then.
    pub async fn step(&self, class: Class, now_ms: i64) -> Result<Option<u64>, CaseStoreError> {
        let before = self.periods.due_before(class, now_ms);
        if matches!(class, Class::Recommendations | Class::Details) {
            return self.step_over_found(class, before, now_ms).await;
        }
        if !self.is_due(class, before, now_ms).await? {
            return Ok(None);
        }
        let mut write = self.database.write().await?;
        let step = match class {
            Class::Cases => cases::step(&mut write, before, now_ms).await?,
            Class::Evidence => evidence::evidence_step(&mut write, before, now_ms).await?,
            Class::SealedIdentities => evidence::sealed_step(&mut write, before, now_ms).await?,
            Class::ReferralIdentities => {
                referral_identities::step(&mut write, before, now_ms).await?
            }
            other => rest::step(&mut write, other, before, now_ms).await?,
        };
        self.finish(write, class, step, now_ms).await
    }

    /// A step over rows that were found without holding the writer, because finding them may take a while.
    async fn step_over_found(
        &self,
        class: Class,
        before: i64,
        now_ms: i64,
    ) -> Result<Option<u64>, CaseStoreError> {
        let mut connection = self.database.pool().acquire().await?;
        if class == Class::Details {
            let found = rest::details_due(&mut connection, before, now_ms).await?;
            drop(connection);
            if found.is_empty() {
                return Ok(None);
            }
            let mut write = self.database.write().await?;
            let step = rest::details_step(&mut write, &found).await?;
            return self.finish(write, class, step, now_ms).await;
        }
        let mut looked = *self.looked();
        let found = rest::recommendations_due(&mut connection, &mut looked, before, now_ms).await?;
        drop(connection);
        // At the end the next sweep begins anew: a hold may have been lifted, an earlier clock may have been ahead.
        *self.looked() = if found.is_empty() {
            FROM_THE_BEGINNING
        } else {
            looked
        };
        if found.is_empty() {
            return Ok(None);
        }
        let mut write = self.database.write().await?;
        let step = rest::recommendations_step(&mut write, &found, now_ms).await?;
        self.finish(write, class, step, now_ms).await
    }

    fn looked(&self) -> std::sync::MutexGuard<'_, rest::Looked> {
        self.looked
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn finish(
        &self,
        write: Write,
        class: Class,
        step: Step,
        now_ms: i64,
    ) -> Result<Option<u64>, CaseStoreError> {
        if step.rows == 0 {
            return Ok(None);
        }
        commit(write, class, &step, now_ms).await?;
        self.metrics
            .deleted
            .with_label_values(&[class.name()])
            .inc_by(step.rows);
        Ok(Some(step.rows))
    }

    /// Whether anything is due: asked without holding the writer.
    async fn is_due(&self, class: Class, before: i64, now_ms: i64) -> Result<bool, CaseStoreError> {
        let mut connection = self.database.pool().acquire().await?;
        match class {
            Class::Cases => Ok(!cases::due(&mut connection, before, now_ms)
                .await?
                .is_empty()),
            Class::Evidence => Ok(!evidence::evidence_due(&mut connection, before, now_ms)
                .await?
                .is_empty()),
            Class::SealedIdentities => Ok(!evidence::sealed_due(&mut connection, before, now_ms)
                .await?
                .is_empty()),
            Class::ReferralIdentities => {
                referral_identities::is_due(&mut connection, before, now_ms).await
            }
            other => rest::is_due(&mut connection, other, before, now_ms).await,
        }
    }
}

/// Commits a step with its entry.
async fn commit(
    write: Write,
    class: Class,
    step: &Step,
    now_ms: i64,
) -> Result<(), CaseStoreError> {
    let mut entry = Entry::new(Act::Deleted)
        .fact("class", class.name())
        .fact("rows", &step.rows.to_string());
    if step.recommendations > 0 {
        entry = entry.fact("recommendations", &step.recommendations.to_string());
    }
    if !step.cases.is_empty() {
        entry = entry.fact("cases", &step.cases.join(" "));
    }
    audit::commit(write, &Actor::machine(), now_ms, &[entry]).await?;
    Ok(())
}
