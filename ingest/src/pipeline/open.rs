//! Opening: the store's states, positions and counts become a pipeline that goes on where they stand.

use std::sync::Arc;

use sealwatch_core::admission::Admission;
use sealwatch_core::engine::Engine;
use sealwatch_core::scorer::WatchedScorer;
use sealwatch_core::threat::Outgoing;

use super::{Pipeline, PipelineError, PipelineOptions};
use crate::checkpoint::{self, CheckpointError, Meta};
use crate::feedback::FeedbackGate;
use crate::store::{OutboxRow, Store, StoreOptions};
use crate::threads::Threads;

impl Pipeline {
    /// Opens the store and goes on where it stands. The second value is what was decided but not yet delivered.
    ///
    /// # Errors
    /// The store cannot be opened, or is of another version, key or layout.
    pub fn open(
        options: PipelineOptions,
        store: StoreOptions,
    ) -> Result<(Self, Vec<(u64, Outgoing)>), PipelineError> {
        let shards = store.virtual_shards;
        let mut engine = Engine::new(shards, || WatchedScorer::new(Arc::clone(&options.scorer)));
        let mut admissions = Vec::new();
        let mut failed = None;
        let mut feedback = FeedbackGate::default();
        let new_admission = || Admission::new(&options.limits);
        let (store, recovered) = Store::open(store, &mut |table, key, value| {
            let restored = checkpoint::restore(
                &mut engine,
                &mut admissions,
                &mut feedback.admission,
                &new_admission,
                table,
                key,
                value,
            );
            if let Err(error) = restored {
                failed.get_or_insert(error);
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        let meta = match recovered.epoch {
            Some(_) => Meta::decode(&recovered.meta)?,
            None => Meta {
                dedupe_window: options.limits.dedupe_window,
                ..Meta::default()
            },
        };
        meta.check_window(options.limits.dedupe_window)?;
        engine.controls_mut().restore(&meta.lowered);
        while admissions.len() < meta.partitions.len() {
            admissions.push(new_admission());
        }
        for (admission, partition) in admissions.iter_mut().zip(&meta.partitions) {
            admission.time = partition.time;
        }
        feedback.admission.time = meta.feedback.time;
        feedback.next_offset = meta.feedback.next_offset;
        let undelivered = recovered
            .outbox
            .iter()
            .map(read_row)
            .collect::<Result<Vec<_>, _>>()?;
        let threads = Threads::new(options.threads);
        let pipeline = Self {
            engine,
            threads,
            admissions,
            next_offsets: meta
                .partitions
                .iter()
                .map(|partition| partition.next_offset)
                .collect(),
            feedback,
            counts: meta.counts()?,
            next_sequence: meta.next_sequence,
            next_epoch: recovered.epoch.map_or(0, |epoch| epoch + 1),
            next_outbox: meta.next_outbox,
            swept_at: i64::MIN,
            partitions: u32::MAX,
            store,
            decoded: Vec::new(),
            options,
        };
        Ok((pipeline, undelivered))
    }
}

fn read_row(row: &OutboxRow) -> Result<(u64, Outgoing), PipelineError> {
    let delivery = serde_json::from_slice(&row.bytes).map_err(|_| CheckpointError::Meta)?;
    Ok((row.sequence, delivery))
}
