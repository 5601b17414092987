//! The embedded store: an epoch log, a rolling snapshot, and the archive of facets.
//!
//! * **A commit is one checksummed record**, appended to the log. It holds states, positions, order, counts, outbox and
//!   facets, so they are there together or not at all.
//! * **A commit never waits for a snapshot.** A log that has grown full is closed; a worker makes a snapshot and an archive
//!   segment of it, from files alone.
//! * **Opening gives exactly one committed epoch**: the last acknowledged one, or the next if it was written in full but not
//!   acknowledged. Every flipped byte is found before it is used; a file that is cut or missing is named.
//!
//! The files: `store` (how it was made), `manifest` (which snapshot, segments, logs and part of the order count), `log-N`,
//! `snapshot-N`, `segment-N`, `order`, `lock`, and `committed`, the number of the epoch after the last committed one, so that
//! a log that was cut at a record's end is noticed.
//!
//! With [`Durability::Process`] the disk is told to keep a log only when it is closed. The end of the process loses nothing.
//! A loss of power may lose the last epochs, down to the last covered log: opening then says that the log was cut and how to
//! go on, or, if the disk kept later parts and lost earlier ones, that it is damaged and how to rebuild. Nothing is half
//! there, and the records are read again from the source.

mod background;
mod blocks;
mod deletion;
mod error;
mod facets;
mod log;
mod manifest;
mod mark;
mod open;
mod order;
mod record;
mod segment;
mod sizes;
mod snapshot;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

pub use deletion::{Deletion, MayDelete};
pub use error::StoreError;
pub use open::Visitor;
pub use record::{EpochWrite, FacetRow, OrderRun, OutboxRow};

use background::Done;
use facets::RecentFacets;
use log::Log;
use manifest::Manifest;
use mark::Mark;
use open::Lock;
use record::push_run;
use segment::{Segment, Window};
use sizes::Sizes;

sealwatch_core::closed_set! {
    /// The steps of a commit and of the work behind it, for tests that end the process there.
    CommitStep {
        /// Before anything of the epoch is written.
        BeforeWrite = "before_write",
        /// Half of the record is written.
        HalfWritten = "half_written",
        /// The record is written.
        Written = "written",
        /// The record is durable.
        Synced = "synced",
        /// The mark of the last committed epoch is written.
        Marked = "marked",
        /// A snapshot is written under a temporary name.
        SnapshotWritten = "snapshot_written",
        /// The snapshot has its name.
        SnapshotRenamed = "snapshot_renamed",
        /// The archive segments are written.
        SegmentWritten = "segment_written",
        /// The manifest names the new files.
        ManifestSwapped = "manifest_swapped",
        /// The old files are removed.
        OldFilesRemoved = "old_files_removed",
    }
}

/// Called at each step.
pub type Hook = Option<Arc<dyn Fn(CommitStep) + Send + Sync>>;

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The end of the process, at any instant.
    Process,
    /// A loss of power, too: each commit waits for the disk.
    Power,
}

/// How a store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Its folder. Made if it is not there.
    pub directory: PathBuf,
    /// What a commit survives.
    pub durability: Durability,
    /// A log is closed when it is longer than this.
    pub log_bytes: u64,
    /// Days of event time for which the archive keeps facets.
    pub archive_retention_days: u32,
    /// Virtual shards. Fixed when the store is made.
    pub virtual_shards: u16,
    /// Id of the key that its pseudonyms were made with.
    pub pseudonym_key_id: String,
    /// Digest of the layouts of its states.
    pub layout: String,
    /// Called at each step.
    pub hook: Hook,
    /// Asked before anything leaves the archive.
    pub may_delete: Option<MayDelete>,
}

/// What an opened store holds.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The last committed epoch, if there is one.
    pub epoch: Option<u64>,
    /// The latest positions and counts.
    pub meta: Vec<u8>,
    /// Outbox rows not known to be delivered, in order.
    pub outbox: Vec<OutboxRow>,
    /// Bytes of a record that was being written when the process died, and were cut off.
    pub cut: u64,
}

/// Figures about an open store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes of the log at hand.
    pub log_bytes: u64,
    /// Closed logs that wait for the worker.
    pub waiting_logs: u64,
    /// Archive segments.
    pub segments: u64,
    /// Facets in them.
    pub archived_facets: u64,
    /// Epochs since the last snapshot.
    pub epochs_since_snapshot: u64,
    /// Bytes of the snapshot and of the logs behind it.
    pub checkpoint_bytes: u64,
    /// Bytes of the archive segments.
    pub archive_bytes: u64,
    /// When the last epoch before this opening was committed, in milliseconds since 1970, as the file system has it.
    pub committed_before_ms: Option<i64>,
}

/// What is asked of a log before it is covered, in memory.
#[derive(Default)]
struct Recent {
    facets: RecentFacets,
    order: Vec<OrderRun>,
    /// How long the log is, once it is closed.
    log_bytes: u64,
}

/// An open store.
pub struct Store {
    options: StoreOptions,
    _lock: Lock,
    mark: Mark,
    log: Log,
    log_number: u64,
    recent: Recent,
    /// Closed logs that the manifest does not cover, by number.
    frozen: Vec<(u64, Recent)>,
    segments: Vec<(u64, Segment)>,
    manifest: Manifest,
    sizes: Sizes,
    committed_before_ms: Option<i64>,
    delivered: u64,
    epoch: Option<u64>,
    record: Vec<u8>,
    /// Why the work behind the commits failed, until a commit says so.
    failed: Option<StoreError>,
    closed: Option<Sender<u64>>,
    done: Receiver<Done>,
    worker: Option<JoinHandle<()>>,
}

impl Store {
    /// Writes an epoch: all of it or nothing.
    ///
    /// # Errors
    /// Nothing of the epoch is in the store then; the same write may be tried again.
    pub fn commit(&mut self, write: &EpochWrite) -> Result<(), StoreError> {
        self.take_done();
        if let Some(error) = self.failed.take() {
            self.send_closed();
            return Err(StoreError::Background(Box::new(error)));
        }
        let expected = self.epoch.map_or(0, |epoch| epoch + 1);
        if write.epoch != expected {
            return Err(StoreError::OutOfOrder {
                directory: self.options.directory.clone(),
                expected,
                given: write.epoch,
            });
        }
        if self.is_full() {
            self.rotate()?;
        }
        self.step(CommitStep::BeforeWrite);
        let mut record = std::mem::take(&mut self.record);
        log::begin(&mut record);
        write.encode(self.delivered, &mut record);
        log::seal(write.epoch, &mut record);
        let written = self.write(write.epoch, &record);
        if written.is_ok() {
            self.log.accept(&record);
        } else {
            self.log.undo();
        }
        self.record = record;
        written?;
        self.epoch = Some(write.epoch);
        self.recent.facets.append(&write.facets);
        for run in &write.order {
            push_run(&mut self.recent.order, *run);
        }
        self.step(CommitStep::Marked);
        if self.is_full() {
            // The epoch is committed: a failure here is told by the next commit, which tries again.
            let _ = self.rotate();
        }
        Ok(())
    }

    /// Writes a record and what makes it count.
    fn write(&mut self, epoch: u64, record: &[u8]) -> Result<(), StoreError> {
        let hook = self.options.hook.clone();
        self.log.write(record, || {
            if let Some(hook) = &hook {
                hook(CommitStep::HalfWritten);
            }
        })?;
        self.step(CommitStep::Written);
        if self.options.durability == Durability::Power {
            self.log.sync()?;
        }
        self.step(CommitStep::Synced);
        self.mark.write(epoch + 1)
    }

    /// Notes that every outbox row below this number was delivered. Written with the next commit; delivering again is
    /// harmless.
    pub const fn delivered(&mut self, below: u64) {
        if below > self.delivered {
            self.delivered = below;
        }
    }

    /// The committed order, from the first record on.
    ///
    /// # Errors
    /// The file of the order is damaged or cannot be read.
    pub fn order(&self) -> Result<Vec<OrderRun>, StoreError> {
        let mut runs = order::read(&order::path(&self.options.directory), self.manifest.order)?;
        let frozen = self.frozen.iter().map(|(_, recent)| recent);
        for recent in frozen.chain([&self.recent]) {
            for run in &recent.order {
                push_run(&mut runs, *run);
            }
        }
        Ok(runs)
    }

    /// The last facets of an account up to a sequence and from an event time (milliseconds) on, oldest first, at most
    /// `limit`.
    ///
    /// Segments go by event time when nothing in them is younger than the retention, unless [`MayDelete`] keeps them; whoever
    /// asks for nothing older than that never sees whether they have gone yet.
    ///
    /// # Errors
    /// A segment is damaged or cannot be read.
    pub fn last_facets(
        &self,
        account: u128,
        last_sequence: u64,
        oldest_at: i64,
        limit: usize,
    ) -> Result<Vec<FacetRow>, StoreError> {
        let window = Window {
            last_sequence,
            oldest_at,
        };
        let mut found = Vec::new();
        let frozen = self.frozen.iter().rev().map(|(_, recent)| recent);
        for recent in std::iter::once(&self.recent).chain(frozen) {
            recent.facets.last(account, window, limit, &mut found);
        }
        for (_, segment) in self.segments.iter().rev() {
            if found.len() >= limit {
                break;
            }
            segment.last(account, window, limit, &mut found)?;
        }
        found.reverse();
        Ok(found)
    }

    /// Figures.
    pub fn statistics(&self) -> Statistics {
        let next = self.epoch.map_or(0, |epoch| epoch + 1);
        let covered = self.manifest.snapshot_epoch.map_or(0, |epoch| epoch + 1);
        let segments = self.segments.iter().map(|(_, segment)| segment);
        Statistics {
            log_bytes: self.log.length,
            waiting_logs: self.frozen.len() as u64,
            segments: self.segments.len() as u64,
            archived_facets: segments.map(|segment| segment.facets).sum(),
            epochs_since_snapshot: next - covered,
            checkpoint_bytes: self.sizes.snapshot
                + self.log.length
                + self
                    .frozen
                    .iter()
                    .map(|(_, recent)| recent.log_bytes)
                    .sum::<u64>(),
            archive_bytes: self.sizes.segments,
            committed_before_ms: self.committed_before_ms,
        }
    }

    const fn is_full(&self) -> bool {
        self.log.length >= self.options.log_bytes
    }

    /// Closes the log, hands it to the worker, and begins another.
    fn rotate(&mut self) -> Result<(), StoreError> {
        let next = Log::open(&self.options.directory, self.log_number + 1, 0)?;
        self.recent.log_bytes = self.log.length;
        self.log = next;
        self.frozen
            .push((self.log_number, std::mem::take(&mut self.recent)));
        self.log_number += 1;
        self.send_closed();
        Ok(())
    }

    /// Tells the worker which logs wait. It knows which of them it was told before.
    fn send_closed(&self) {
        if let Some(closed) = &self.closed {
            for (number, _) in &self.frozen {
                // A worker that has ended has said why.
                let _ = closed.send(*number);
            }
        }
    }

    /// Takes over what the worker has finished.
    fn take_done(&mut self) {
        while let Ok(done) = self.done.try_recv() {
            match done {
                Done::Covered { manifest, opened } => {
                    self.segments.extend(opened);
                    self.segments.retain(|(number, _)| {
                        let mut entries = manifest.segments.iter();
                        entries.any(|entry| entry.number == *number)
                    });
                    self.frozen
                        .retain(|(number, _)| *number >= manifest.first_log);
                    self.sizes = Sizes::of(&self.options.directory, &manifest);
                    self.manifest = manifest;
                }
                Done::Failed(error) => self.failed = Some(error),
            }
        }
    }

    fn step(&self, step: CommitStep) {
        if let Some(hook) = &self.options.hook {
            hook(step);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Whoever stops in good order loses nothing to a loss of power after it; a failure changes nothing for a kill.
        let _ = self.log.sync();
        // The worker ends after the logs that it was given.
        self.closed = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}
