//! The way of a record, one epoch at a time: decode, admit, fold, recommend, commit.
//!
//! [`Pipeline::epoch`] is the whole of it. Its steps are synchronous; only the commit does IO. What it gives is a function
//! of the log: nothing depends on threads, on where epochs are cut, or on the clock (law 3).

mod figures;
mod open;
mod parts;
mod recommend;
mod threats;

pub use parts::{Clock, EpochReport, PipelineError, PipelineOptions, Random, StepTimes};

use std::sync::Arc;

use sealwatch_core::admission::Admission;
use sealwatch_core::drift::{self, DriftReadings};
use sealwatch_core::engine::Engine;
use sealwatch_core::event::{Edge, Read, UnknownFields};
use sealwatch_core::outcome::{Outcome, OutcomeCounts};
use sealwatch_core::scorer::{Margins, WatchedScorer};
use sealwatch_core::threat::Outgoing;
use tracing::info_span;

use crate::checkpoint::{self, Meta, PartitionMeta};
use crate::decode::decode;
use crate::feedback::{self, FeedbackGate};
use crate::order::order_runs;
use crate::source::Batch;
use crate::store::{EpochWrite, OutboxRow, Store};
use crate::sweep;
use crate::threads::Threads;

/// How many virtual shards a new store gets. Written in the store; never changed after.
pub const VIRTUAL_SHARDS: u16 = 16;

/// Days for which the archive keeps facets, beyond the source's lateness.
pub const ARCHIVE_DAYS: u32 = 90;

/// The pipeline's state between epochs.
pub struct Pipeline {
    options: PipelineOptions,
    engine: Engine<WatchedScorer>,
    threads: Threads,
    admissions: Vec<Admission>,
    next_offsets: Vec<u64>,
    feedback: FeedbackGate,
    counts: OutcomeCounts,
    next_sequence: u64,
    next_epoch: u64,
    next_outbox: u64,
    swept_at: i64,
    partitions: u32,
    store: Store,
    decoded: Vec<Result<Read, Outcome>>,
}

impl Pipeline {
    /// Takes a batch of records all the way: this is the way of a record.
    ///
    /// # Errors
    /// Nothing of the epoch is in the store then, and the pipeline must be opened again.
    pub fn epoch(&mut self, batch: &Batch) -> Result<EpochReport, PipelineError> {
        let clock = Arc::clone(&self.options.clock);
        let records = batch.len() as u64;
        let _epoch = info_span!("epoch", epoch = self.next_epoch, records).entered();
        let start = clock();
        info_span!("decode").in_scope(|| self.decode(batch));
        let decoded = clock();
        let outcomes = info_span!("admit").in_scope(|| self.admit(batch));
        let admitted = clock();
        let mut result = info_span!("fold").in_scope(|| self.engine.fold(&self.threads));
        let folded = clock();
        let mut margins = Margins::default();
        for judge in self.engine.judges_mut() {
            judge.take_margins(&mut margins);
        }
        let drift = self.drift();
        let step = info_span!("recommend").entered();
        let mut deliveries = self.recommend(batch, &result)?;
        let threats = std::mem::take(&mut result.threats);
        self.signal_threats(batch, threats, &result.decisions, &mut deliveries)?;
        drop(step);
        let recommended = clock();
        let epoch = info_span!("commit").in_scope(|| self.commit(batch, &deliveries))?;
        let times = StepTimes {
            decode: decoded.saturating_sub(start),
            admit: admitted.saturating_sub(decoded),
            fold: folded.saturating_sub(admitted),
            recommend: recommended.saturating_sub(folded),
            commit: clock().saturating_sub(recommended),
        };
        Ok(EpochReport {
            epoch,
            records,
            outcomes,
            counts: result.counts,
            margins,
            drift,
            deliveries,
            times,
        })
    }

    /// How far what was scored is from the calibration, where anything was.
    fn drift(&mut self) -> Option<DriftReadings> {
        let judges = self.engine.judges_mut();
        let mut watches: Vec<_> = judges.map(WatchedScorer::drift_mut).collect();
        drift::measure(&mut watches)
    }

    /// Bytes to events; identifiers to pseudonyms. The firewall: nothing that is not of the schema comes through.
    fn decode(&mut self, batch: &Batch) {
        let edge = Edge::new(&self.options.vocabulary, &self.options.pseudonymiser);
        let of_feedback = edge.of_pseudonyms();
        let unknown = self.options.unknown_fields;
        self.decoded.clear();
        self.decoded
            .extend(batch.iter().map(|record| match record.partition {
                feedback::PARTITION => decode(&record.body, &of_feedback, UnknownFields::Refuse),
                _ => decode(&record.body, &edge, unknown),
            }));
    }

    /// Gives each record its outcome, and splits the accepted ones into facets.
    fn admit(&mut self, batch: &Batch) -> OutcomeCounts {
        let mut outcomes = OutcomeCounts::default();
        self.engine.begin(self.next_sequence);
        for (record, decoded) in batch.iter().zip(&self.decoded) {
            if record.partition == feedback::PARTITION {
                let (oldest, newest) = (self.oldest_possible(0), self.watermark());
                let (outcome, event) = match decoded {
                    Ok(read) => self.feedback.admit(read, oldest, newest),
                    Err(outcome) => (*outcome, None),
                };
                outcomes.count(outcome);
                self.counts.count(outcome);
                self.engine
                    .take(record.partition, record.offset, event.as_ref());
                self.feedback.next_offset = record.offset + 1;
                continue;
            }
            let partition = record.partition as usize;
            while self.admissions.len() <= partition {
                self.admissions.push(Admission::new(&self.options.limits));
                self.next_offsets.push(0);
            }
            let outcome = match decoded {
                Ok(read) => {
                    self.admissions[partition].admit(read, record.broker_time, &self.options.limits)
                }
                Err(outcome) => *outcome,
            };
            outcomes.count(outcome);
            self.counts.count(outcome);
            let event = decoded
                .as_ref()
                .ok()
                .filter(|_| outcome.is_accepted())
                .map(|read| &read.event);
            self.engine.take(record.partition, record.offset, event);
            self.next_offsets[partition] = record.offset + 1;
        }
        outcomes
    }

    /// Writes everything that the epoch changed, at once. Returns the epoch's number.
    fn commit(
        &mut self,
        batch: &Batch,
        deliveries: &[(u64, Outgoing)],
    ) -> Result<u64, PipelineError> {
        self.remove_expired();
        let mut write = EpochWrite::new(self.next_epoch);
        self.collect_facets(&mut write);
        checkpoint::collect(
            &mut self.engine,
            &mut self.admissions,
            &mut self.feedback.admission,
            &mut write,
        );
        write.order = order_runs(batch.iter());
        for (row, delivery) in deliveries {
            let bytes = serde_json::to_vec(delivery).map_err(|_| PipelineError::Evidence)?;
            write.outbox.push(OutboxRow {
                sequence: *row,
                bytes,
            });
        }
        self.next_sequence += batch.len() as u64;
        self.next_outbox += deliveries.len() as u64;
        write.meta = self.meta().encode();
        self.store.commit(&write)?;
        self.next_epoch += 1;
        Ok(write.epoch)
    }

    fn collect_facets(&self, write: &mut EpochWrite) {
        let mut bytes = Vec::with_capacity(160);
        for facets in self.engine.actor_facets() {
            for facet in facets {
                let Some(position) = self.engine.position(facet.place.sequence()) else {
                    continue;
                };
                sealwatch_core::evidence::encode(facet, position, &mut bytes);
                write.facet(facet.key, position.sequence, facet.at, &bytes);
                if matches!(
                    facet.touch,
                    sealwatch_core::facet::ActorTouch::PlaceReading { .. }
                ) {
                    let key = sealwatch_core::evidence::links_key(facet.key);
                    write.facet(key, position.sequence, facet.at, &bytes);
                }
            }
        }
    }

    /// Removes states that no event which may still come can find unexpired: so removing them changes no output.
    fn remove_expired(&mut self) {
        let Some(oldest) = self.oldest_possible(self.partitions) else {
            return;
        };
        if oldest.saturating_sub(self.swept_at) >= sealwatch_core::time::DAY {
            self.swept_at = oldest;
            sweep::remove_expired(&mut self.engine, oldest);
        }
    }

    /// The oldest event time that may still come, once this many partitions were heard of. Feedback has none older: it is
    /// folded at a time that the stream still has.
    fn oldest_possible(&self, partitions: u32) -> Option<i64> {
        sweep::oldest_possible(&self.admissions, partitions, self.options.limits.lateness)
    }

    /// Tells how many partitions the source has: states expire only once all of them were heard of.
    pub const fn expect_partitions(&mut self, partitions: u32) {
        self.partitions = partitions;
    }

    fn meta(&self) -> Meta {
        let partitions = self.admissions.iter().zip(&self.next_offsets);
        Meta {
            next_sequence: self.next_sequence,
            next_outbox: self.next_outbox,
            partitions: partitions
                .map(|(admission, next_offset)| PartitionMeta {
                    next_offset: *next_offset,
                    time: admission.time,
                })
                .collect(),
            outcomes: self
                .counts
                .iter()
                .map(|(outcome, count)| (outcome.name().to_owned(), count))
                .collect(),
            feedback: PartitionMeta {
                next_offset: self.feedback.next_offset,
                time: self.feedback.admission.time,
            },
            dedupe_window: self.options.limits.dedupe_window,
            lowered: self.lowered(),
        }
    }

    /// Notes that every outbox row below this number was delivered.
    pub fn delivered(&mut self, below: u64) {
        self.store.delivered(below);
    }

    /// The store, to read its order or statistics.
    pub const fn store(&self) -> &Store {
        &self.store
    }
}
