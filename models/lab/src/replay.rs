//! Replays events through the live feature code (law 4): the same decoder, stages, gates and schedule as the service.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sealwatch_core::admission::{Admission, Limits};
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Edge, Event, EventType, UnknownFields, Vocabulary, read};
use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
use sealwatch_core::shard::Judge;
use sealwatch_core::wire::Fields;

use crate::archive_lines::Lines;
use crate::cut::View;

/// Training works on pseudonyms of its own, under a fixed key: an artefact holds numbers only. Lists that name accounts by these
/// pseudonyms can be undone by whoever tries all numbers; they belong where the events are.
const TRAINING_KEY: [u8; 32] = *b"sealwatch-lab's own training key";

/// Events in an epoch.
const EPOCH: usize = 20_000;

/// Progress is shown after so many events.
const SHOWN_EVERY: u64 = 5_000_000;

/// Virtual shards.
const SHARDS: u16 = 16;

/// The sets and the keyed function of one training.
pub struct World {
    /// The configured sets.
    pub vocabulary: Vocabulary,
    /// The keyed function.
    pub pseudonymiser: Pseudonymiser,
    /// Whether records that are no events are passed over, as the service does it.
    pub is_lenient: bool,
    /// Whether progress is shown on standard error.
    pub progress: bool,
}

impl World {
    /// A world of these platforms.
    pub fn new(platforms: Vec<String>, issuers: Vec<String>, banks: Vec<String>) -> Self {
        let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new(TRAINING_KEY), &platforms);
        Self {
            vocabulary: Vocabulary {
                platforms,
                issuers,
                banks,
            },
            pseudonymiser,
            is_lenient: false,
            progress: false,
        }
    }

    /// The same with the pseudonyms of another key, passing over what is no event, as the service does it.
    #[must_use]
    pub fn as_service(self, key: &PseudonymKey) -> Self {
        Self {
            pseudonymiser: Pseudonymiser::new(key, &self.vocabulary.platforms),
            ..self.lenient()
        }
    }

    /// The same, passing over what is no event.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self {
            is_lenient: true,
            ..self
        }
    }

    /// The same, showing its progress on standard error.
    #[must_use]
    pub fn with_progress(self) -> Self {
        Self {
            progress: true,
            ..self
        }
    }

    /// Shows what is being done.
    pub fn say(&self, what: &str) {
        if self.progress {
            eprintln!("{what}");
        }
    }
}

/// Files of events: a file, or a folder's `.ndjson` files (plain, .gz, .zst) and archives (.parquet), sorted.
///
/// # Errors
/// Nothing is there.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            name.contains("event")
                && [".ndjson", ".ndjson.gz", ".ndjson.zst", ".parquet"]
                    .iter()
                    .any(|end| name.ends_with(end))
        })
        .collect();
    files.sort();
    if files.is_empty() {
        bail!(
            "{} holds no file of events (*event*.ndjson, .gz, .zst, .parquet)",
            path.display()
        );
    }
    Ok(files)
}

/// Opens a file of events as lines of NDJSON, decompressing by its name.
///
/// # Errors
/// It cannot be read.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let reader: Box<dyn Read> = match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => Box::new(zstd::Decoder::new(file)?),
        Some("parquet") => Box::new(Lines::open(path)?),
        _ => Box::new(file),
    };
    Ok(Box::new(BufReader::with_capacity(1 << 20, reader)))
}

/// What a replay admits: as the service by default, and every type, for the stream says who was judged and acted against.
pub fn limits() -> Limits {
    Limits {
        types: EventType::ALL.to_vec(),
        ..Limits::default()
    }
}

/// Replays files of events, each as a partition. Returns the judges, in the order of the shards, and the number of records.
///
/// Late and repeated events are admitted as the service admits them. Records that are no events are an error, unless the
/// world is lenient: training data is checked before, by the service.
///
/// # Errors
/// A file cannot be read, or a record is no event of schema 1.
pub fn replay<J: Judge + Send>(
    paths: &[PathBuf],
    world: &World,
    view: View,
    judge: impl Fn() -> J,
) -> Result<(Engine<J>, u64)> {
    replay_with(paths, world, view, judge, &mut |_| ())
}

/// Replays, and shows each admitted event to `watch` before it is folded.
///
/// # Errors
/// See [`replay`].
pub fn replay_with<J: Judge + Send>(
    paths: &[PathBuf],
    world: &World,
    view: View,
    judge: impl Fn() -> J,
    watch: &mut dyn FnMut(&Event),
) -> Result<(Engine<J>, u64)> {
    let limits = limits();
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let mut engine = Engine::new(SHARDS, judge);
    let mut sequence = 0;
    for (partition, path) in paths.iter().enumerate() {
        let mut reader = open(path)?;
        let mut line = Vec::new();
        let mut offset = 0_u64;
        let mut in_epoch = 0;
        let mut admission = Admission::new(&limits);
        engine.begin(sequence);
        while {
            line.clear();
            reader.read_until(b'\n', &mut line)? > 0
        } {
            let event =
                Fields::parse(&line).and_then(|fields| read(&fields, &edge, UnknownFields::Strip));
            let event = match event {
                Ok(read) if admission.admit(&read, None, &limits).is_accepted() => {
                    watch(&read.event);
                    view.show(read.event)
                }
                Err(_) if !world.is_lenient => bail!(
                    "{} line {} is no event of schema 1",
                    path.display(),
                    offset + 1
                ),
                _ => None,
            };
            engine.take(partition as u32, offset, event.as_ref());
            offset += 1;
            sequence += 1;
            in_epoch += 1;
            if sequence.is_multiple_of(SHOWN_EVERY) {
                let file = path.file_name().unwrap_or_default().display();
                world.say(&format!(
                    "  {file}: {} million events",
                    sequence / 1_000_000
                ));
            }
            if in_epoch == EPOCH {
                engine.fold(&Sequential);
                engine.begin(sequence);
                in_epoch = 0;
            }
        }
        engine.fold(&Sequential);
    }
    Ok((engine, sequence))
}
