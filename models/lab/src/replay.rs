//! Replays events through the live feature code (law 4): the same decoder, stages, gates and schedule as the service.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Edge, UnknownFields, Vocabulary, read};
use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
use sealwatch_core::shard::Judge;
use sealwatch_core::wire::Fields;

use crate::cut::View;

/// Training works on pseudonyms of its own: a fixed key, because nothing of it leaves the artefact but numbers.
const TRAINING_KEY: [u8; 32] = *b"sealwatch-lab's own training key";

/// Events in an epoch.
const EPOCH: usize = 20_000;

/// Virtual shards.
const SHARDS: u16 = 16;

/// The sets and the keyed function of one training.
pub struct World {
    /// The configured sets.
    pub vocabulary: Vocabulary,
    /// The keyed function.
    pub pseudonymiser: Pseudonymiser,
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
        }
    }
}

/// Files of events: a file, or a folder's `.ndjson` files (plain, .gz, .zst), sorted.
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
                && [".ndjson", ".ndjson.gz", ".ndjson.zst"]
                    .iter()
                    .any(|end| name.ends_with(end))
        })
        .collect();
    files.sort();
    if files.is_empty() {
        bail!(
            "{} holds no file of events (*event*.ndjson, .gz, .zst)",
            path.display()
        );
    }
    Ok(files)
}

/// Opens a file of events, decompressing by its name.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let reader: Box<dyn Read> = match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => Box::new(zstd::Decoder::new(file)?),
        _ => Box::new(file),
    };
    Ok(Box::new(BufReader::with_capacity(1 << 20, reader)))
}

/// The event time of the last record, milliseconds.
///
/// # Errors
/// The files cannot be read, or hold no event.
pub fn last_time(paths: &[PathBuf], world: &World) -> Result<i64> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let mut last = None;
    for path in paths {
        let mut line = Vec::new();
        let mut newest = Vec::new();
        let mut reader = open(path)?;
        while reader.read_until(b'\n', &mut line)? > 0 {
            std::mem::swap(&mut newest, &mut line);
            line.clear();
        }
        let event =
            Fields::parse(&newest).and_then(|fields| read(&fields, &edge, UnknownFields::Strip));
        last = last.max(event.ok().map(|read| read.event.at.0));
    }
    last.context("there are no events")
}

/// Replays files of events. Returns the judges, in the order of the shards, and the number of events. Records that are no
/// events are an error: training data is checked before, by the service.
///
/// # Errors
/// A file cannot be read, or a record is no event of schema 1.
pub fn replay<J: Judge + Send>(
    paths: &[PathBuf],
    world: &World,
    view: View,
    judge: impl Fn() -> J,
) -> Result<(Engine<J>, u64)> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let mut engine = Engine::new(SHARDS, judge);
    let mut sequence = 0;
    for (partition, path) in paths.iter().enumerate() {
        let mut reader = open(path)?;
        let mut line = Vec::new();
        let mut offset = 0_u64;
        let mut in_epoch = 0;
        engine.begin(sequence);
        while {
            line.clear();
            reader.read_until(b'\n', &mut line)? > 0
        } {
            let event =
                Fields::parse(&line).and_then(|fields| read(&fields, &edge, UnknownFields::Strip));
            let Ok(event) = event else {
                bail!(
                    "{} line {} is no event of schema 1",
                    path.display(),
                    offset + 1
                )
            };
            engine.take(partition as u32, offset, view.show(event.event).as_ref());
            offset += 1;
            sequence += 1;
            in_epoch += 1;
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
