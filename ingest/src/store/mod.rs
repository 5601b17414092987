//! The embedded store: an epoch log, a rolling snapshot, and the archive of facets.
//!
//! * **A commit is one checksummed record**, appended to the log. It holds states, positions, order, counts, outbox and
//!   facets, so they are there together or not at all.
//! * **A commit never waits for a snapshot.** A log that has grown full is closed; a worker makes a snapshot and an archive
//!   segment of it, from files alone.
//! * **Opening gives exactly one committed epoch**: the last acknowledged one, or the next if it was written in full but not
//!   acknowledged. Every flipped byte is found before it is used; a file that is cut or missing is named.
//!
//! The file `committed` holds the number of the last committed epoch, so that a log that was cut at a record's end is
//! noticed. With [`Durability::Process`] a loss of power may lose the last epochs; their records are read again from the
//! source, and nothing is half there.

mod background;
mod blocks;
mod error;
mod facets;
mod log;
mod manifest;
mod open;
mod record;
mod segment;
mod snapshot;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

pub use error::StoreError;
pub use record::{EpochWrite, FacetRow, OrderRun, OutboxRow};

use background::Done;
use facets::RecentFacets;
use log::Log;
use manifest::Manifest;
use record::push_run;
use segment::Segment;

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
}

/// A log whose facets are still in memory.
struct Frozen {
    number: u64,
    facets: RecentFacets,
}

/// An open store.
pub struct Store {
    options: StoreOptions,
    _lock: File,
    mark: File,
    mark_path: PathBuf,
    log: Log,
    log_number: u64,
    recent: RecentFacets,
    frozen: Vec<Frozen>,
    segments: Vec<(u64, Segment)>,
    manifest: Manifest,
    order: Vec<OrderRun>,
    delivered: u64,
    epoch: Option<u64>,
    record: Vec<u8>,
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
        self.take_done()?;
        self.step(CommitStep::BeforeWrite);
        let mut record = std::mem::take(&mut self.record);
        log::begin(&mut record);
        write.encode(self.delivered, &mut record);
        log::seal(write.epoch, &mut record);
        let hook = self.options.hook.clone();
        let appended = self.log.append(&record, || {
            if let Some(hook) = &hook {
                hook(CommitStep::HalfWritten);
            }
        });
        let facets = record::EpochView::decode(&record[28..]).map(|view| view.facets);
        if appended.is_ok() {
            if let Some(facets) = facets {
                self.recent.append(&record[28..][facets]);
            }
        }
        self.record = record;
        appended?;
        self.step(CommitStep::Written);
        if self.options.durability == Durability::Power {
            self.log.sync()?;
        }
        self.step(CommitStep::Synced);
        self.epoch = Some(write.epoch);
        for run in &write.order {
            push_run(&mut self.order, *run);
        }
        self.write_mark(write.epoch)?;
        self.step(CommitStep::Marked);
        if self.log.length >= self.options.log_bytes { self.rotate() } else { Ok(()) }
    }

    /// Notes that every outbox row below this number was delivered. Written with the next commit; delivering again is
    /// harmless.
    pub const fn delivered(&mut self, below: u64) {
        if below > self.delivered {
            self.delivered = below;
        }
    }

    /// The committed order, from the first record on.
    pub fn order(&self) -> &[OrderRun] {
        &self.order
    }

    /// The last facets of an account up to a sequence, oldest first, at most `limit`.
    ///
    /// # Errors
    /// A segment is damaged or cannot be read.
    pub fn last_facets(&mut self, account: u128, last_sequence: u64, limit: usize) -> Result<Vec<FacetRow>, StoreError> {
        self.take_done()?;
        let mut found = Vec::new();
        self.recent.last(account, last_sequence, limit, &mut found);
        for frozen in self.frozen.iter().rev() {
            frozen.facets.last(account, last_sequence, limit, &mut found);
        }
        for (_, segment) in self.segments.iter().rev() {
            if found.len() >= limit {
                break;
            }
            segment.last(account, last_sequence, limit, &mut found)?;
        }
        found.reverse();
        Ok(found)
    }

    /// Figures.
    pub fn statistics(&self) -> Statistics {
        let since = match (self.epoch, self.manifest.snapshot_epoch) {
            (Some(epoch), Some(snapshot)) => epoch - snapshot,
            (Some(epoch), None) => epoch + 1,
            _ => 0,
        };
        Statistics {
            log_bytes: self.log.length,
            waiting_logs: self.frozen.len() as u64,
            segments: self.segments.len() as u64,
            archived_facets: self.segments.iter().map(|(_, segment)| segment.facets).sum(),
            epochs_since_snapshot: since,
        }
    }

    /// Closes the log, hands it to the worker, and begins another.
    fn rotate(&mut self) -> Result<(), StoreError> {
        self.log.sync()?;
        let next = Log::open(&self.options.directory, self.log_number + 1, 0)?;
        let number = self.log_number;
        self.log = next;
        self.log_number += 1;
        self.frozen.push(Frozen { number, facets: std::mem::take(&mut self.recent) });
        if let Some(closed) = &self.closed {
            // A worker that has failed says so through `done`.
            let _ = closed.send(number);
        }
        Ok(())
    }

    /// Takes over what the worker has finished.
    fn take_done(&mut self) -> Result<(), StoreError> {
        while let Ok(done) = self.done.try_recv() {
            match done {
                Done::Covered(number, manifest) => {
                    let directory = &self.options.directory;
                    self.segments.retain(|(number, _)| manifest.segments.iter().any(|entry| entry.number == *number));
                    for entry in &manifest.segments {
                        if self.segments.iter().all(|(number, _)| *number != entry.number) {
                            let opened = Segment::open(&segment::path(directory, entry.number))?;
                            self.segments.push((entry.number, opened));
                        }
                    }
                    self.frozen.retain(|frozen| frozen.number > number);
                    self.manifest = manifest;
                }
                Done::Failed(error) => return Err(StoreError::Background(error.to_string())),
            }
        }
        Ok(())
    }

    fn write_mark(&mut self, epoch: u64) -> Result<(), StoreError> {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&epoch.to_le_bytes());
        let check = crc32fast::hash(&bytes[..8]);
        bytes[8..].copy_from_slice(&check.to_le_bytes());
        let written = self.mark.seek(SeekFrom::Start(0)).and_then(|_| self.mark.write_all(&bytes));
        written.map_err(StoreError::io(&self.mark_path))
    }

    fn step(&self, step: CommitStep) {
        if let Some(hook) = &self.options.hook {
            hook(step);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The worker ends after the logs that it was given.
        self.closed = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}
