//! Folders of events and labels.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sealwatch_lab::replay::World;
use sealwatch_simulator::options::{Options, PersonaSet};
use tempfile::TempDir;

/// The world of the simulator's default names.
pub fn world() -> World {
    let options = Options::default();
    World::new(
        vec![options.platform],
        vec![options.vocabulary.issuer],
        vec![options.vocabulary.bank],
    )
}

/// A simulated population in a folder of its own below `root`.
pub fn population(
    root: &TempDir,
    name: &str,
    accounts: u32,
    days: u32,
    seed: u64,
    abusive_share: f64,
) -> PathBuf {
    let folder = root.path().join(name);
    fs::create_dir(&folder).unwrap();
    let options = Options {
        accounts,
        days,
        seed,
        abusive_share,
        personas: PersonaSet::Training,
        ..Options::default()
    };
    let (mut events, mut labels) = (Vec::new(), Vec::new());
    sealwatch_simulator::simulate(&options, &mut events, &mut labels).unwrap();
    fs::write(folder.join("events.ndjson"), events).unwrap();
    fs::write(folder.join("labels.ndjson"), labels).unwrap();
    folder
}

/// Writes a file's bytes again with zstd and with gzip.
pub fn compress(plain: &Path, zstd: &Path, gzip: &Path) {
    let bytes = fs::read(plain).unwrap();
    fs::write(zstd, zstd::encode_all(bytes.as_slice(), 1).unwrap()).unwrap();
    let mut encoder =
        flate2::write::GzEncoder::new(File::create(gzip).unwrap(), flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap();
}
