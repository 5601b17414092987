//! The built programs, run as a user runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A key that every test uses, so that runs can be compared.
pub const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program that `cargo build --release` made.
pub fn program(name: &str) -> PathBuf {
    target().join("release").join(name)
}

/// A command of a built program with the tests' key.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    command
        .env("SEALWATCH_PSEUDONYM_KEY", KEY)
        .env_remove("SEALWATCH_ABORT_AT")
        .stdin(Stdio::null());
    command
}

/// Simulates a population into `folder`. Returns the file of events.
///
/// # Panics
/// The simulator fails: then no test can go on.
pub fn simulate(folder: &Path, accounts: u32, days: u32, seed: u64) -> PathBuf {
    let (events, labels) = (folder.join("events.ndjson"), folder.join("labels.ndjson"));
    let output = command("sealwatch-simulate")
        .args([
            "--accounts",
            &accounts.to_string(),
            "--days",
            &days.to_string(),
            "--seed",
            &seed.to_string(),
        ])
        .args(["--abusive-share", "0.05", "--hiding", "0"])
        .arg("--out")
        .arg(&events)
        .arg("--labels")
        .arg(&labels)
        .output();
    let is_done = output.as_ref().is_ok_and(|output| output.status.success());
    assert!(is_done, "sealwatch-simulate failed: {output:?}");
    events
}

/// A replay's command.
pub fn replay(events: &Path, out: &Path, further: &[&str]) -> Command {
    let mut command = command("sealwatch");
    command
        .arg("replay")
        .arg(events)
        .arg("--out")
        .arg(out)
        .args(further);
    command
}

/// Runs a command to its end and requires that it succeeds.
///
/// # Panics
/// It does not.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output();
    match output {
        Ok(output) if output.status.success() => output,
        other => panic!("{command:?} failed: {other:?}"),
    }
}

/// What a replay wrote, byte for byte: recommendations; outcomes (one line) followed by the threat signals.
///
/// # Panics
/// A file is missing.
pub fn written(out: &Path) -> (Vec<u8>, Vec<u8>) {
    let beside = |what: &str| {
        let mut path = out.as_os_str().to_os_string();
        path.push(what);
        fs::read(path)
    };
    match (fs::read(out), beside(".outcomes"), beside(".threats")) {
        (Ok(recommendations), Ok(outcomes), Ok(threats)) => {
            (recommendations, [outcomes, threats].concat())
        }
        other => panic!("a replay's output is missing: {other:?}"),
    }
}

/// The lines of a file as JSON.
///
/// # Panics
/// A line is not JSON.
pub fn lines(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| {
            serde_json::from_slice(line).unwrap_or_else(|error| panic!("not JSON: {error}"))
        })
        .collect()
}

/// Takes a stream apart and makes it awkward: late records, duplicates, jumps of a clock, unknown fields, garbage.
///
/// # Errors
/// A file cannot be read or written.
pub fn disturb(events: &Path, out: &Path, seed: u64) -> std::io::Result<()> {
    let text = fs::read_to_string(events)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut random = Random(seed);
    let mut disturbed: Vec<String> = Vec::with_capacity(lines.len() + lines.len() / 10);
    let mut held: Vec<(usize, String)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match random.below(100) {
            0..3 => held.push((index + 1 + random.below(2_000) as usize, (*line).to_owned())),
            3..6 => {
                disturbed.push((*line).to_owned());
                held.push((index + 1 + random.below(500) as usize, (*line).to_owned()));
            }
            6 => disturbed.push(line.replacen('{', "{\"unheard_of\":\"canary\",", 1)),
            7 => disturbed.push(line[..line.len() / 2].to_owned()),
            _ => disturbed.push((*line).to_owned()),
        }
        held.retain(|(due, line)| {
            let is_due = *due <= index;
            if is_due {
                disturbed.push(line.clone());
            }
            !is_due
        });
    }
    disturbed.push(String::new());
    fs::write(out, disturbed.join("\n"))
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Starts a command in the background.
///
/// # Panics
/// It cannot be started.
pub fn start(command: &mut Command) -> Child {
    match command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(error) => panic!("{command:?} cannot be started: {error}"),
    }
}
