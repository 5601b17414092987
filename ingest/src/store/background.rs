//! The work that no commit waits for: closed logs become a snapshot and archive segments, then their files go.
//!
//! Everything is read from files and written under new names; one swap of the manifest makes it count. A process that dies
//! at any point leaves files that the next start removes. What fails (a full disk) is cleaned up and tried again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};

use super::deletion::{Deletion, MayDelete};
use super::error::StoreError;
use super::log::{self, End};
use super::manifest::{self, Manifest, SegmentEntry, manifest_path};
use super::open::remove_leftovers;
use super::record::{EpochView, facet_at, push_run};
use super::segment::{self, Segment, SegmentWriter};
use super::{CommitStep, Hook, order, snapshot};

/// This many segments of one level are merged into one of the next.
const MERGE: usize = 8;

/// Segments are merged only while they span less than this part of the retention: a segment goes as a whole.
const SPANS_IN_RETENTION: i64 = 8;

/// One snapshot takes in at most this many bytes of logs: their latest values are held in memory.
const MOST_LOG_BYTES: u64 = 1 << 30;

/// What the worker has done.
pub(super) enum Done {
    /// The manifest covers all logs below its first one. New segments come opened: a later step may have removed their names.
    Covered {
        manifest: Manifest,
        opened: Vec<(u64, Segment)>,
    },
    /// It failed; the logs stay, and must be sent again.
    Failed(StoreError),
}

/// The worker's view of the store.
pub(super) struct Worker {
    pub(super) directory: PathBuf,
    pub(super) manifest: Manifest,
    /// Milliseconds of event time that the archive keeps.
    pub(super) retention: i64,
    pub(super) hook: Hook,
    /// Asked before anything leaves the archive.
    pub(super) may_delete: Option<MayDelete>,
}

impl Worker {
    /// Covers closed logs until the store is dropped and none is left.
    pub(super) fn run(mut self, logs: &Receiver<u64>, done: &Sender<Done>) {
        let mut waiting = BTreeSet::new();
        while let Ok(number) = logs.recv() {
            waiting.insert(number);
            waiting.extend(logs.try_iter());
            while waiting.contains(&self.manifest.first_log) {
                let message = self.step_on(&waiting).unwrap_or_else(|error| {
                    // A swap that failed after its renaming left a manifest that names the new files: they stay.
                    if self.swapped().is_ok_and(|swapped| swapped.is_none()) {
                        remove_leftovers(&self.directory, &self.manifest);
                    }
                    waiting.clear();
                    Done::Failed(error)
                });
                if done.send(message).is_err() {
                    return;
                }
                waiting.extend(logs.try_iter());
            }
            let first = self.manifest.first_log;
            waiting.retain(|number| *number > first);
        }
    }

    fn step_on(&mut self, waiting: &BTreeSet<u64>) -> Result<Done, StoreError> {
        match self.swapped()? {
            Some(manifest) => self.adopt(manifest),
            None => self.cover(waiting),
        }
    }

    /// The manifest on the disk, if it is not the one that this worker knows.
    fn swapped(&self) -> Result<Option<Manifest>, StoreError> {
        let stored: Manifest = manifest::read(&manifest_path(&self.directory))?;
        Ok((stored != self.manifest).then_some(stored))
    }

    /// Goes on from a manifest whose swap failed after its renaming, once it is durable. Covering the same logs again would
    /// write over files that it names.
    fn adopt(&mut self, manifest: Manifest) -> Result<Done, StoreError> {
        manifest::sync_directory(&manifest_path(&self.directory))?;
        let opened = self.open_new(&manifest)?;
        remove_leftovers(&self.directory, &manifest);
        self.manifest = manifest.clone();
        Ok(Done::Covered { manifest, opened })
    }

    /// Takes the waiting logs in, as many as are worth another writing of the snapshot, at least one.
    fn cover(&mut self, waiting: &BTreeSet<u64>) -> Result<Done, StoreError> {
        let directory = self.directory.clone();
        let before = self
            .manifest
            .snapshot
            .map(|number| snapshot::path(&directory, number));
        let mut footer = before
            .as_deref()
            .map_or_else(|| Ok(snapshot::Footer::default()), snapshot::read_footer)?;
        let most = before.as_deref().map_or(0, length).min(MOST_LOG_BYTES);
        let mut changes = snapshot::Overlay::default();
        let mut manifest = self.manifest.clone();
        let mut order = Vec::new();
        let mut old = Vec::new();
        let mut old_segments = Vec::new();
        let mut taken = 0;
        while waiting.contains(&manifest.first_log) {
            let path = log::path(&directory, manifest.first_log);
            taken += length(&path);
            if !old.is_empty() && taken > most {
                break;
            }
            sync(&path)?;
            let log = log::read(&path, End::Closed)?;
            for run in changes.apply(&path, &log, &mut footer)? {
                push_run(&mut order, run);
            }
            self.write_segment(&log, &mut manifest)?;
            drop(log);
            old_segments.extend(self.merge(&mut manifest)?);
            manifest.snapshot = Some(manifest.first_log);
            manifest.first_log += 1;
            old.push(path);
        }
        manifest.snapshot_epoch = footer.epoch;
        let target = snapshot::path(&directory, manifest.first_log - 1);
        let temporary = target.with_extension("temporary");
        snapshot::write(&temporary, before.as_deref(), &changes, &footer)?;
        drop(changes);
        self.step(CommitStep::SnapshotWritten);
        fs::rename(&temporary, &target).map_err(StoreError::io(&target))?;
        self.step(CommitStep::SnapshotRenamed);
        manifest.order = order::append(&order::path(&directory), manifest.order, &order)?;
        old.extend(old_segments);
        let opened = self.open_new(&manifest)?;
        self.step(CommitStep::SegmentWritten);
        // Asked last: what may go has gone when the manifest is swapped.
        old.extend(self.expire(&mut manifest)?);
        manifest::write(&manifest_path(&directory), &manifest)?;
        self.step(CommitStep::ManifestSwapped);
        self.manifest = manifest.clone();
        old.extend(before);
        for file in old {
            // What cannot be removed now is removed at the next start.
            let _ = fs::remove_file(file);
        }
        self.step(CommitStep::OldFilesRemoved);
        Ok(Done::Covered { manifest, opened })
    }

    fn write_segment(&self, log: &log::LogFile, manifest: &mut Manifest) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        for (_, range) in &log.records {
            let payload = &log.bytes[range.clone()];
            let Some(view) = EpochView::decode(payload) else {
                continue;
            };
            let section = &payload[view.facets];
            let mut place = 0;
            while let Some((entry, next)) = facet_at(section, place) {
                entries.push(entry);
                place = next;
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        // Stable: facets of one account keep the order of the log.
        entries.sort_by_key(|entry| entry.account);
        let number = manifest.next_segment;
        let path = segment::path(&self.directory, number);
        let mut writer = SegmentWriter::create(&path)?;
        for entry in &entries {
            writer.put(entry)?;
        }
        let latest_at = writer.finish()?;
        manifest.segments.push(SegmentEntry {
            number,
            level: 0,
            latest_at,
        });
        manifest.next_segment += 1;
        Ok(())
    }

    /// Merges neighbours of one level. Returns the files that are no longer needed.
    fn merge(&self, manifest: &mut Manifest) -> Result<Vec<PathBuf>, StoreError> {
        let mut old = Vec::new();
        let oldest = self.oldest(manifest);
        loop {
            let Some(start) = manifest.segments.len().checked_sub(MERGE) else {
                return Ok(old);
            };
            let level = manifest.segments[start].level;
            let same = manifest.segments[start..]
                .iter()
                .all(|segment| segment.level == level);
            let span =
                reached(&manifest.segments).saturating_sub(reached(&manifest.segments[..=start]));
            if !same || span > self.retention / SPANS_IN_RETENTION {
                return Ok(old);
            }
            let merged = manifest.segments.split_off(start);
            let sources: Vec<PathBuf> = merged
                .iter()
                .map(|entry| segment::path(&self.directory, entry.number))
                .collect();
            let number = manifest.next_segment;
            let target = segment::path(&self.directory, number);
            let mut merged = segment::merge(&sources, &target, oldest)?;
            if !self.may_delete(&merged.left_out) {
                merged = segment::merge(&sources, &target, i64::MIN)?;
            }
            manifest.segments.push(SegmentEntry {
                number,
                level: level + 1,
                latest_at: merged.latest_at,
            });
            manifest.next_segment += 1;
            old.extend(sources);
        }
    }

    /// Drops the oldest segments while all their facets are past the period. Never one from the middle: whoever asks for an
    /// account's last facets must not be given older ones in the place of removed ones. Returns their files.
    fn expire(&self, manifest: &mut Manifest) -> Result<Vec<PathBuf>, StoreError> {
        let oldest = self.oldest(manifest);
        let kept = manifest
            .segments
            .iter()
            .position(|segment| segment.latest_at >= oldest)
            .unwrap_or(0);
        let mut deletion = Deletion::NOTHING;
        let mut files = Vec::with_capacity(kept);
        for entry in &manifest.segments[..kept] {
            let path = segment::path(&self.directory, entry.number);
            deletion.segments += 1;
            deletion.facets += Segment::open(&path)?.facets;
            deletion.bytes += length(&path);
            deletion.until_ms = deletion.until_ms.max(entry.latest_at);
            files.push(path);
        }
        if !self.may_delete(&deletion) {
            return Ok(Vec::new());
        }
        manifest.segments.drain(..kept);
        Ok(files)
    }

    /// Whether this may leave the archive.
    fn may_delete(&self, deletion: &Deletion) -> bool {
        let ask = self.may_delete.as_ref();
        deletion.is_of_nothing() || ask.is_none_or(|may_delete| may_delete(deletion))
    }

    /// The oldest event time that is kept: the newest one archived, less the period.
    fn oldest(&self, manifest: &Manifest) -> i64 {
        reached(&manifest.segments).saturating_sub(self.retention)
    }

    fn open_new(&self, manifest: &Manifest) -> Result<Vec<(u64, Segment)>, StoreError> {
        let is_new = |entry: &&SegmentEntry| entry.number >= self.manifest.next_segment;
        let mut opened = Vec::new();
        for entry in manifest.segments.iter().filter(is_new) {
            let path = segment::path(&self.directory, entry.number);
            opened.push((entry.number, Segment::open(&path)?));
        }
        Ok(opened)
    }

    fn step(&self, step: CommitStep) {
        if let Some(hook) = &self.hook {
            hook(step);
        }
    }
}

/// The newest event time in segments.
fn reached(segments: &[SegmentEntry]) -> i64 {
    let latest = segments.iter().map(|segment| segment.latest_at);
    latest.max().unwrap_or(i64::MIN)
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Makes a closed log durable before anything is built on it.
fn sync(path: &Path) -> Result<(), StoreError> {
    fs::File::open(path)
        .and_then(|file| file.sync_data())
        .map_err(StoreError::io(path))
}
