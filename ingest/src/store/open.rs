//! Opening a store: the lock, the header, the snapshot, the logs behind it, and the worker.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::mpsc;

use sealwatch_core::time::DAY;

use super::background::Worker;
use super::error::StoreError;
use super::facets::RecentFacets;
use super::log::{self, End, Log};
use super::manifest::{self, Header, Manifest, header_path, manifest_path};
use super::mark::{self, Mark};
use super::record::EpochView;
use super::segment::{self, Segment};
use super::sizes::{self, Sizes};
use super::snapshot::{self, Footer, Overlay};
use super::{Recent, Recovered, Store, StoreOptions, order};

/// The version of the files' format. A store of another one is refused.
const FORMAT: u32 = 2;

/// Called with table, key and value of each state.
pub type Visitor<'a> = &'a mut dyn FnMut(u8, [u8; 16], &[u8]);

impl Store {
    /// Opens a store, or makes one. `visitor` is given every state, once.
    ///
    /// # Errors
    /// It is in use, was made with other settings, or is damaged; see [`StoreError`].
    pub fn open(
        options: StoreOptions,
        visitor: Visitor<'_>,
    ) -> Result<(Self, Recovered), StoreError> {
        let directory = options.directory.clone();
        fs::create_dir_all(&directory).map_err(StoreError::io(&directory))?;
        let lock = lock(&directory)?;
        check_header(&options)?;
        let manifest: Manifest = manifest::read(&manifest_path(&directory))?;
        remove_leftovers(&directory, &manifest);
        order::check(&order::path(&directory), manifest.order)?;
        let mut footer = match manifest.snapshot {
            Some(number) => snapshot::read_footer(&snapshot::path(&directory, number))?,
            None => Footer::default(),
        };
        let mark_path = directory.join("committed");
        let acknowledged = mark::read(&mark_path)?;
        let mut changes = Overlay::default();
        let mut logs = read_logs(
            &manifest,
            acknowledged,
            &mut changes,
            &mut footer,
            &directory,
        )?;
        let last = logs.pop().unwrap_or_else(|| OpenedLog {
            number: manifest.first_log,
            ..OpenedLog::default()
        });
        if let Some(committed) = acknowledged
            && footer.next_epoch() <= committed
        {
            return Err(StoreError::Cut {
                file: log::path(&directory, last.number),
                found: footer.epoch.map_or(-1, |found| found as i64),
                committed,
            });
        }
        let mut segments = Vec::new();
        for entry in &manifest.segments {
            let path = segment::path(&directory, entry.number);
            segments.push((entry.number, Segment::open(&path)?));
        }
        visit(&directory, &manifest, &changes, visitor)?;
        let committed_before_ms = acknowledged.and_then(|_| sizes::modified_ms(&mark_path));
        let mark = Mark::open(&mark_path, footer.next_epoch())?;
        let (closed, closed_logs) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        let worker = Worker {
            directory: directory.clone(),
            manifest: manifest.clone(),
            retention: i64::from(options.archive_retention_days) * DAY,
            hook: options.hook.clone(),
            may_delete: options.may_delete.clone(),
        };
        let worker = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&closed_logs, &finished))
            .map_err(StoreError::io(&directory))?;
        for log in &logs {
            let _ = closed.send(log.number);
        }
        let recovered = Recovered {
            epoch: footer.epoch,
            meta: footer.meta,
            outbox: footer.outbox,
            cut: last.torn,
        };
        let store = Self {
            log: Log::open(&directory, last.number, last.complete)?,
            log_number: last.number,
            options,
            _lock: lock,
            mark,
            recent: last.recent,
            frozen: logs
                .into_iter()
                .map(|log| (log.number, log.recent))
                .collect(),
            segments,
            sizes: Sizes::of(&directory, &manifest),
            manifest,
            committed_before_ms,
            delivered: footer.delivered,
            epoch: footer.epoch,
            record: Vec::new(),
            failed: None,
            closed: Some(closed),
            done,
            worker: Some(worker),
        };
        Ok((store, recovered))
    }
}

/// The lock on a store's folder. Dropping gives it back at once, even while a process that this one started still shares the
/// open file.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

fn lock(directory: &Path) -> Result<Lock, StoreError> {
    let path = directory.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StoreError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked {
            directory: directory.to_path_buf(),
        }),
        Err(fs::TryLockError::Error(source)) => Err(StoreError::Io { file: path, source }),
    }
}

/// Compares the header with the options; a folder without one becomes a new store.
fn check_header(options: &StoreOptions) -> Result<(), StoreError> {
    let directory = &options.directory;
    let given = Header {
        format: FORMAT,
        virtual_shards: options.virtual_shards,
        pseudonym_key_id: options.pseudonym_key_id.clone(),
        layout: options.layout.clone(),
    };
    let path = header_path(directory);
    if !path.exists() {
        // The manifest comes first: a folder with a header is a store. Anything of a store without a header is damage.
        let manifest = manifest_path(directory);
        let is_new =
            !manifest.exists() || manifest::read::<Manifest>(&manifest)? == Manifest::default();
        if !is_new || has_content(directory)? {
            return Err(StoreError::Missing { file: path });
        }
        manifest::write(&manifest_path(directory), &Manifest::default())?;
        return manifest::write(&path, &given);
    }
    let stored: Header = manifest::read(&path)?;
    let differs = |what, stored: String, given: String, cure| {
        Err(StoreError::Differs {
            directory: directory.clone(),
            what,
            stored,
            given,
            cure,
        })
    };
    if stored.format != given.format {
        let cure = "rebuild it with `sealwatch replay`";
        return differs(
            "format",
            stored.format.to_string(),
            given.format.to_string(),
            cure,
        );
    }
    if stored.pseudonym_key_id != given.pseudonym_key_id {
        let cure = "give the key that the store was made with, or name another folder";
        return differs(
            "pseudonym key",
            stored.pseudonym_key_id,
            given.pseudonym_key_id,
            cure,
        );
    }
    if stored.virtual_shards != given.virtual_shards {
        let cure = "set shards to what the store has, or rebuild it with `sealwatch replay`";
        return differs(
            "shards",
            stored.virtual_shards.to_string(),
            given.virtual_shards.to_string(),
            cure,
        );
    }
    if stored.layout != given.layout {
        let cure = "this version keeps other state; rebuild the store with `sealwatch replay`";
        return differs("state layout", stored.layout, given.layout, cure);
    }
    Ok(())
}

/// Whether anything but an empty store is in the folder.
fn has_content(directory: &Path) -> Result<bool, StoreError> {
    let is_content = |name: &str| {
        let prefixes = ["log-", "snapshot-", "segment-", "order", "committed"];
        prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    Ok(names(directory)?.iter().any(|name| is_content(name)))
}

/// Names of the files in a folder.
fn names(directory: &Path) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    for file in fs::read_dir(directory).map_err(StoreError::io(directory))? {
        let name = file.map_err(StoreError::io(directory))?.file_name();
        names.extend(name.into_string().ok());
    }
    Ok(names)
}

/// Removes files that a process left which died between two steps: they are no part of the store.
pub(super) fn remove_leftovers(directory: &Path, manifest: &Manifest) {
    let mut kept = BTreeSet::new();
    if let Some(number) = manifest.snapshot {
        kept.insert(snapshot::path(directory, number));
    }
    for entry in &manifest.segments {
        kept.insert(segment::path(directory, entry.number));
    }
    for name in names(directory).unwrap_or_default() {
        let path = directory.join(&name);
        let is_old_log = log_number(&name).is_some_and(|number| number < manifest.first_log);
        let is_other = (name.starts_with("snapshot-") || name.starts_with("segment-"))
            && !kept.contains(&path);
        if name.ends_with(".temporary") || is_old_log || is_other {
            let _ = fs::remove_file(path);
        }
    }
}

fn log_number(name: &str) -> Option<u64> {
    name.strip_prefix("log-")?.parse().ok()
}

/// What is kept of a log that was read.
#[derive(Default)]
struct OpenedLog {
    number: u64,
    recent: Recent,
    complete: u64,
    torn: u64,
}

/// Reads every log that the snapshot does not cover, one after another. A gap in their numbers is an error.
fn read_logs(
    manifest: &Manifest,
    acknowledged: Option<u64>,
    changes: &mut Overlay,
    footer: &mut Footer,
    directory: &Path,
) -> Result<Vec<OpenedLog>, StoreError> {
    let mut numbers: Vec<u64> = names(directory)?
        .iter()
        .filter_map(|name| log_number(name))
        .collect();
    numbers.sort_unstable();
    if numbers.is_empty() && manifest.snapshot.is_some() {
        // A log is closed only when the next one is there.
        let file = log::path(directory, manifest.first_log);
        return Err(StoreError::Missing { file });
    }
    let mut logs = Vec::new();
    for (expected, number) in (manifest.first_log..).zip(&numbers) {
        if *number != expected {
            let file = log::path(directory, expected);
            return Err(StoreError::Missing { file });
        }
        let path = log::path(directory, *number);
        let end = if numbers.last() == Some(number) {
            End::Open {
                next: footer.next_epoch(),
                acknowledged,
            }
        } else {
            End::Closed
        };
        let file = log::read(&path, end)?;
        let order = changes.apply(&path, &file, footer)?;
        let facets = facets_of(&file);
        logs.push(OpenedLog {
            number: *number,
            recent: Recent {
                facets,
                order,
                log_bytes: file.complete,
            },
            complete: file.complete,
            torn: file.bytes.len() as u64 - file.complete,
        });
    }
    Ok(logs)
}

/// Gives every state to the visitor: the snapshot's where no log changed it, then the logs'.
fn visit(
    directory: &Path,
    manifest: &Manifest,
    changes: &Overlay,
    visitor: Visitor<'_>,
) -> Result<(), StoreError> {
    if let Some(number) = manifest.snapshot {
        snapshot::read(&snapshot::path(directory, number), |key, value| {
            if !changes.contains(&key) {
                visitor(key.0, key.1, value);
            }
            Ok(())
        })?;
    }
    for ((table, key), value) in changes.iter() {
        if let Some(value) = value {
            visitor(table, key, value);
        }
    }
    Ok(())
}

fn facets_of(file: &log::LogFile) -> RecentFacets {
    let mut facets = RecentFacets::default();
    for (_, range) in &file.records {
        let payload = &file.bytes[range.clone()];
        if let Some(view) = EpochView::decode(payload) {
            facets.append(&payload[view.facets]);
        }
    }
    facets
}
