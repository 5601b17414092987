//! The work that no commit waits for: a closed log becomes a snapshot and an archive segment, then its files go.
//!
//! Everything is read from files and written under new names; one swap of the manifest makes it count. A process that dies
//! at any point leaves files that the next start removes.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender};

use super::error::StoreError;
use super::manifest::{self, Manifest, SegmentEntry, manifest_path};
use super::record::{EpochView, facet_at};
use super::segment::{self, SegmentWriter};
use super::{CommitStep, Hook, log, snapshot};

/// This many segments of one level are merged into one of the next.
const MERGE: usize = 8;

/// What the worker has done.
pub(super) enum Done {
    /// The log with this number is covered by the manifest.
    Covered(u64, Manifest),
    /// It failed; the log stays.
    Failed(StoreError),
}

/// The worker's view of the store.
pub(super) struct Worker {
    pub(super) directory: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) retention: i64,
    pub(super) hook: Hook,
}

impl Worker {
    /// Covers closed logs, one after another, until the store is dropped.
    pub(super) fn run(mut self, logs: &Receiver<u64>, done: &Sender<Done>) {
        for number in logs {
            let message = match self.cover(number) {
                Ok(()) => Done::Covered(number, self.manifest.clone()),
                Err(error) => Done::Failed(error),
            };
            let failed = matches!(message, Done::Failed(_));
            if done.send(message).is_err() || failed {
                return;
            }
        }
    }

    fn cover(&mut self, number: u64) -> Result<(), StoreError> {
        let log_path = log::path(&self.directory, number);
        let log = log::read(&log_path, false)?;
        let before = self.manifest.snapshot.map(|number| snapshot::path(&self.directory, number));
        let mut footer = before.as_deref().map_or_else(|| Ok(snapshot::Footer::default()), snapshot::read_footer)?;
        let mut changes = snapshot::Overlay::new();
        snapshot::overlay(&log_path, &log, &mut footer, &mut changes)?;
        let target = snapshot::path(&self.directory, number);
        let temporary = target.with_extension("temporary");
        snapshot::write(&temporary, before.as_deref(), &changes, &footer)?;
        self.step(CommitStep::SnapshotWritten);
        rename(&temporary, &target)?;
        self.step(CommitStep::SnapshotRenamed);
        let mut manifest = self.manifest.clone();
        manifest.snapshot = Some(number);
        manifest.snapshot_epoch = footer.epoch;
        manifest.first_log = number + 1;
        self.write_segment(&log, &mut manifest)?;
        drop(log);
        let mut old = self.merge(&mut manifest)?;
        old.extend(self.expire(&mut manifest));
        self.step(CommitStep::SegmentWritten);
        manifest::write(&manifest_path(&self.directory), &manifest)?;
        self.step(CommitStep::ManifestSwapped);
        self.manifest = manifest;
        old.push(log_path);
        old.extend(before);
        for file in old {
            // What cannot be removed now is removed at the next start.
            let _ = fs::remove_file(file);
        }
        self.step(CommitStep::OldFilesRemoved);
        Ok(())
    }

    fn write_segment(&self, log: &log::LogFile, manifest: &mut Manifest) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        for (_, range) in &log.records {
            let payload = &log.bytes[range.clone()];
            let Some(view) = EpochView::decode(payload) else { continue };
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
        manifest.segments.push(SegmentEntry { number, level: 0, latest_at });
        manifest.next_segment += 1;
        Ok(())
    }

    /// Merges neighbours of one level. Returns the files that are no longer needed.
    fn merge(&self, manifest: &mut Manifest) -> Result<Vec<PathBuf>, StoreError> {
        let mut old = Vec::new();
        loop {
            let level = manifest.segments.last().map_or(0, |segment| segment.level);
            let same = manifest.segments.iter().rev().take_while(|segment| segment.level == level).count();
            if same < MERGE {
                return Ok(old);
            }
            let merged = manifest.segments.split_off(manifest.segments.len() - same);
            let sources: Vec<PathBuf> =
                merged.iter().map(|entry| segment::path(&self.directory, entry.number)).collect();
            let number = manifest.next_segment;
            let latest_at = segment::merge(&sources, &segment::path(&self.directory, number))?;
            manifest.segments.push(SegmentEntry { number, level: level + 1, latest_at });
            manifest.next_segment += 1;
            old.extend(sources);
        }
    }

    /// Drops segments that are older, in event time, than the newest facet by more than the period.
    fn expire(&self, manifest: &mut Manifest) -> Vec<PathBuf> {
        let newest = manifest.segments.iter().map(|segment| segment.latest_at).max().unwrap_or(i64::MIN);
        let oldest = newest.saturating_sub(self.retention);
        let (kept, dropped): (Vec<_>, Vec<_>) =
            manifest.segments.drain(..).partition(|segment| segment.latest_at >= oldest);
        manifest.segments = kept;
        dropped.iter().map(|segment| segment::path(&self.directory, segment.number)).collect()
    }

    fn step(&self, step: CommitStep) {
        if let Some(hook) = &self.hook {
            hook(step);
        }
    }
}

fn rename(from: &std::path::Path, to: &std::path::Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(StoreError::io(to))?;
    manifest::sync_directory(to)
}
