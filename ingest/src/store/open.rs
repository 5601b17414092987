//! Opening a store: the lock, the header, the snapshot, the logs behind it, and the worker.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::mpsc;

use sealwatch_core::time::DAY;

use super::background::Worker;
use super::error::StoreError;
use super::facets::RecentFacets;
use super::log::{self, Log};
use super::manifest::{self, Header, Manifest, header_path, manifest_path};
use super::record::EpochView;
use super::segment::{self, Segment};
use super::snapshot::{self, Footer, Overlay};
use super::{Frozen, Recovered, Store, StoreOptions};

const FORMAT: u32 = 1;

/// Called with table, key and value of each state.
pub type Visitor<'a> = &'a mut dyn FnMut(u8, [u8; 16], &[u8]);

impl Store {
    /// Opens a store, or makes one. `visitor` is given every state, once.
    ///
    /// # Errors
    /// It is in use, was made with other settings, or is damaged; see [`StoreError`].
    pub fn open(options: StoreOptions, visitor: Visitor<'_>) -> Result<(Self, Recovered), StoreError> {
        let directory = options.directory.clone();
        fs::create_dir_all(&directory).map_err(StoreError::io(&directory))?;
        let lock = lock(&directory)?;
        check_header(&options)?;
        let manifest: Manifest = manifest::read(&manifest_path(&directory))?;
        remove_leftovers(&directory, &manifest);
        let mut logs = read_logs(&directory, &manifest)?;
        let mut changes = Overlay::new();
        let mut footer = match manifest.snapshot {
            Some(number) => snapshot::read_footer(&snapshot::path(&directory, number))?,
            None => Footer::default(),
        };
        for (number, file) in &logs {
            snapshot::overlay(&log::path(&directory, *number), file, &mut footer, &mut changes)?;
        }
        let (last, last_complete, last_length) = logs
            .last()
            .map_or((manifest.first_log, 0, 0), |(number, file)| (*number, file.complete, file.bytes.len() as u64));
        let mark_path = directory.join("committed");
        check_mark(&mark_path, footer.epoch, &log::path(&directory, last))?;
        visit(&directory, &manifest, changes, visitor)?;
        let recent = logs.pop().map(|(_, file)| facets_of(&file)).unwrap_or_default();
        let frozen: Vec<Frozen> =
            logs.iter().map(|(number, file)| Frozen { number: *number, facets: facets_of(file) }).collect();
        let mut segments = Vec::new();
        for entry in &manifest.segments {
            segments.push((entry.number, Segment::open(&segment::path(&directory, entry.number))?));
        }
        let mark = OpenOptions::new().create(true).truncate(false).write(true).open(&mark_path);
        let mark = mark.map_err(StoreError::io(&mark_path))?;
        let (closed, closed_logs) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        let worker = Worker {
            directory: directory.clone(),
            manifest: manifest.clone(),
            retention: i64::from(options.archive_retention_days) * DAY,
            hook: options.hook.clone(),
        };
        let worker = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&closed_logs, &finished))
            .map_err(StoreError::io(&directory))?;
        for frozen in &frozen {
            let _ = closed.send(frozen.number);
        }
        let recovered = Recovered {
            epoch: footer.epoch,
            meta: footer.meta,
            outbox: footer.outbox,
            cut: last_length - last_complete,
        };
        let store = Self {
            log: Log::open(&directory, last, last_complete)?,
            log_number: last,
            options,
            _lock: lock,
            mark,
            mark_path,
            recent,
            frozen,
            segments,
            manifest,
            order: footer.order,
            delivered: footer.delivered,
            epoch: footer.epoch,
            record: Vec::new(),
            closed: Some(closed),
            done,
            worker: Some(worker),
        };
        Ok((store, recovered))
    }
}

fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(StoreError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked { directory: directory.to_path_buf() }),
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
        let is_new = !manifest.exists() || manifest::read::<Manifest>(&manifest)? == Manifest::default();
        if !is_new || log::path(directory, 0).exists() {
            return Err(StoreError::Missing { file: path });
        }
        manifest::write(&manifest_path(directory), &Manifest::default())?;
        return manifest::write(&path, &given);
    }
    let stored: Header = manifest::read(&path)?;
    let differs = |what, stored: String, given: String, cure| {
        Err(StoreError::Differs { directory: directory.clone(), what, stored, given, cure })
    };
    if stored.format != given.format {
        let cure = "rebuild it with `sealwatch replay`";
        return differs("format", stored.format.to_string(), given.format.to_string(), cure);
    }
    if stored.pseudonym_key_id != given.pseudonym_key_id {
        let cure = "give the key that the store was made with, or name another folder";
        return differs("pseudonym key", stored.pseudonym_key_id, given.pseudonym_key_id, cure);
    }
    if stored.virtual_shards != given.virtual_shards {
        let cure = "set shards to what the store has, or rebuild it with `sealwatch replay`";
        return differs("shards", stored.virtual_shards.to_string(), given.virtual_shards.to_string(), cure);
    }
    if stored.layout != given.layout {
        let cure = "this version keeps other state; rebuild the store with `sealwatch replay`";
        return differs("state layout", stored.layout, given.layout, cure);
    }
    Ok(())
}

/// Removes files that a process left which died between two steps: they are no part of the store.
fn remove_leftovers(directory: &Path, manifest: &Manifest) {
    let mut kept = BTreeSet::new();
    if let Some(number) = manifest.snapshot {
        kept.insert(snapshot::path(directory, number));
    }
    for entry in &manifest.segments {
        kept.insert(segment::path(directory, entry.number));
    }
    let Ok(files) = fs::read_dir(directory) else { return };
    for file in files.flatten() {
        let path = file.path();
        let name = file.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_temporary = name.ends_with(".temporary");
        let is_old_log = name
            .strip_prefix("log-")
            .and_then(|number| number.parse::<u64>().ok())
            .is_some_and(|number| number < manifest.first_log);
        let is_other = (name.starts_with("snapshot-") || name.starts_with("segment-")) && !kept.contains(&path);
        if is_temporary || is_old_log || is_other {
            let _ = fs::remove_file(path);
        }
    }
}

/// Reads every log that the snapshot does not cover. A gap in their numbers is an error.
fn read_logs(directory: &Path, manifest: &Manifest) -> Result<Vec<(u64, log::LogFile)>, StoreError> {
    let mut numbers: Vec<u64> = Vec::new();
    let files = fs::read_dir(directory).map_err(StoreError::io(directory))?;
    for file in files.flatten() {
        let name = file.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("log-"));
        let number = number.and_then(|number| number.parse::<u64>().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    let last = numbers.last().copied();
    let mut logs = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let expected = manifest.first_log + index as u64;
        if *number != expected {
            return Err(StoreError::Missing { file: log::path(directory, expected) });
        }
        logs.push((*number, log::read(&log::path(directory, *number), Some(*number) == last)?));
    }
    Ok(logs)
}

/// Refuses a log that ends before the last committed epoch.
fn check_mark(mark: &Path, found: Option<u64>, log: &Path) -> Result<(), StoreError> {
    let bytes = match fs::read(mark) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StoreError::Io { file: mark.to_path_buf(), source }),
    };
    if bytes.is_empty() {
        return Ok(());
    }
    let (number, check) = bytes.split_at_checked(8).ok_or_else(|| StoreError::damaged(mark, 0, "its length"))?;
    if check != crc32fast::hash(number).to_le_bytes() {
        return Err(StoreError::damaged(mark, 0, "its checksum"));
    }
    let committed = number.try_into().map_or(0, u64::from_le_bytes);
    if found.is_none_or(|found| found < committed) {
        let found = found.map_or(-1, |found| found as i64);
        return Err(StoreError::Cut { file: log.to_path_buf(), found, committed });
    }
    Ok(())
}

/// Gives every state to the visitor: the snapshot's where no log changed it, then the logs'.
fn visit(directory: &Path, manifest: &Manifest, changes: Overlay, visitor: Visitor<'_>) -> Result<(), StoreError> {
    if let Some(number) = manifest.snapshot {
        snapshot::read(&snapshot::path(directory, number), &mut |key, value| {
            if !changes.contains_key(&key) {
                visitor(key.0, key.1, value);
            }
            Ok(())
        })?;
    }
    for ((table, key), value) in changes {
        if let Some(value) = value {
            visitor(table, key, &value);
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
