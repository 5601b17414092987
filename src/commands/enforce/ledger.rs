//! Which events were acted on: a file of lines that only grows. What it says of an event is on disk before anything is done.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sealwatch_api::delivery::EventKey;

/// What is known of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It was begun; whether it was done is not known.
    Begun,
    /// It was done.
    Done,
    /// It was begun, and not done.
    Failed,
}

impl Known {
    const fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Begun, Self::Done, Self::Failed]
            .into_iter()
            .find(|known| known.word() == word)
    }
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The operating system refused.
    #[error("state file: {0}")]
    Io(#[from] io::Error),
    /// Another process has it.
    #[error("state file: another process is using it; each needs one of its own")]
    InUse,
    /// It holds something else.
    #[error("state file: line {0} is none of its own; it is another file, or was damaged")]
    Line(usize),
}

/// The file, and what it says.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    known: BTreeMap<EventKey, Known>,
    positions: BTreeMap<u32, u64>,
}

impl Ledger {
    /// Opens the file, or makes it, and locks it. A last line without its end, which a process left that died, is cut off.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true).mode(0o600);
        let mut file = options.open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LedgerError::InUse,
            TryLockError::Error(error) => error.into(),
        })?;
        // The file's name is as durable as what is written into it.
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64)?;
            file.sync_all()?;
        }
        let mut ledger = Self {
            file,
            known: BTreeMap::new(),
            positions: BTreeMap::new(),
        };
        for (index, line) in text[..whole].lines().enumerate() {
            ledger.read(line).ok_or(LedgerError::Line(index + 1))?;
        }
        Ok(ledger)
    }

    fn read(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ')?;
        if word == "position" {
            let (partition, offset) = rest.split_once(' ')?;
            self.positions
                .insert(partition.parse().ok()?, offset.parse().ok()?);
        } else {
            self.known
                .insert(EventKey::parse(rest)?, Known::parse(word)?);
        }
        Some(())
    }

    /// What is known of an event.
    pub fn known(&self, key: &EventKey) -> Option<Known> {
        self.known.get(key).copied()
    }

    /// How many events were begun and not ended.
    pub fn interrupted(&self) -> usize {
        self.known
            .values()
            .filter(|known| **known == Known::Begun)
            .count()
    }

    /// Writes down what is known of an event. It is on disk when this returns.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn note(&mut self, key: &EventKey, known: Known) -> io::Result<()> {
        self.file
            .write_all(format!("{} {key}\n", known.word()).as_bytes())?;
        self.file.sync_data()?;
        self.known.insert(key.clone(), known);
        Ok(())
    }

    /// Where to go on in each partition of a topic.
    pub fn positions(&self) -> Vec<(u32, u64)> {
        self.positions
            .iter()
            .map(|(partition, offset)| (*partition, *offset))
            .collect()
    }

    /// Writes down where to go on. Losing it repeats events, which are known.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn note_position(&mut self, partition: u32, offset: u64) -> io::Result<()> {
        self.positions.insert(partition, offset);
        self.file
            .write_all(format!("position {partition} {offset}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use sealwatch_api::delivery::{EventKey, EventKind};

    use super::{Known, Ledger, LedgerError};

    #[test]
    fn what_was_noted_is_known_after_opening_again_and_a_torn_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let key = |source: &str| EventKey::derive(EventKind::Enforcement, source);
        let mut ledger = Ledger::open(&path).unwrap();
        ledger.note(&key("a"), Known::Begun).unwrap();
        ledger.note(&key("b"), Known::Begun).unwrap();
        ledger.note(&key("b"), Known::Done).unwrap();
        ledger.note_position(3, 17).unwrap();
        assert!(matches!(Ledger::open(&path), Err(LedgerError::InUse)));
        drop(ledger);
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        file.write_all(b"done 0123").unwrap();
        drop(file);
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.known(&key("a")), Some(Known::Begun));
        assert_eq!(ledger.known(&key("b")), Some(Known::Done));
        assert_eq!(ledger.known(&key("c")), None);
        assert_eq!(
            (ledger.interrupted(), ledger.positions()),
            (1, vec![(3, 17)])
        );
        ledger.note(&key("a"), Known::Failed).unwrap();
        drop(ledger);
        assert_eq!(Ledger::open(&path).unwrap().interrupted(), 0);
        std::fs::write(&path, "something else\n").unwrap();
        assert!(matches!(Ledger::open(&path), Err(LedgerError::Line(1))));
    }
}
