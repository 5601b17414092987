//! The file of signed heads: notes one after another with an empty line between, oldest first. It is only
//! appended to, but for what a crash left of a note at its end, which is cut off.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use sealwatch_custody::checkpoint::Checkpoint;

/// How the signature lines of a note begin (c2sp.org/signed-note).
const SIGNATURE: &str = "\u{2014} ";

/// An open file of heads.
pub(crate) struct HeadsFile {
    file: File,
    newest: u64,
}

impl HeadsFile {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (notes, rest) = split_notes(&bytes);
        if rest > 0 {
            file.set_len((bytes.len() - rest) as u64)?;
        }
        let newest = notes
            .iter()
            .filter_map(|note| Checkpoint::parse_unverified(note).ok())
            .map(|checkpoint| checkpoint.size)
            .max();
        Ok(Self {
            file,
            newest: newest.unwrap_or(0),
        })
    }

    /// The size of the newest head in it; 0 where there is none.
    pub(crate) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Appends a head. It is on the disk when this returns.
    pub(crate) fn append(&mut self, size: u64, note: &str) -> std::io::Result<()> {
        self.file.write_all(format!("{note}\n").as_bytes())?;
        self.file.sync_data()?;
        self.newest = size;
        Ok(())
    }
}

/// The notes of a file of heads, and how many bytes at its end are no whole note: what a crash left.
pub(crate) fn split_notes(bytes: &[u8]) -> (Vec<String>, usize) {
    let (mut notes, mut note, mut whole, mut read) = (Vec::new(), String::new(), 0, 0);
    let mut is_signed = false;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        read += line.len();
        let text = String::from_utf8_lossy(line);
        let is_empty = text == "\n";
        if is_empty && (note.is_empty() || is_signed) {
            if !note.is_empty() {
                notes.push(std::mem::take(&mut note));
            }
            (whole, is_signed) = (read, false);
            continue;
        }
        if is_signed && !text.starts_with(SIGNATURE) {
            notes.push(std::mem::take(&mut note));
            whole = read - line.len();
        }
        is_signed = text.starts_with(SIGNATURE) && text.ends_with('\n');
        note.push_str(&text);
    }
    // A single note without the empty line after it, as a person saves it.
    if is_signed {
        notes.push(note);
        whole = read;
    }
    (notes, bytes.len() - whole)
}

#[cfg(test)]
mod tests {
    use sealwatch_custody::checkpoint::{Checkpoint, Origin};
    use sealwatch_custody::merkle::empty_root;
    use sealwatch_custody::signing::{SigningKey, SigningRole};

    use super::{HeadsFile, split_notes};

    fn note(size: u64) -> String {
        let key = SigningKey::from_bytes(SigningRole::Log, &[3; 32]);
        let checkpoint = Checkpoint {
            origin: Origin::new("example.org/log").unwrap(),
            size,
            root: empty_root(),
            time: Some(7),
        };
        checkpoint.sign(&key).unwrap()
    }

    #[test]
    fn notes_are_read_as_they_were_appended_and_a_torn_one_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/heads");
        let mut file = HeadsFile::open(&path).unwrap();
        assert_eq!(file.newest(), 0);
        file.append(3, &note(3)).unwrap();
        file.append(7, &note(7)).unwrap();
        drop(file);
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(split_notes(&whole), (vec![note(3), note(7)], 0));
        for torn in 1..note(9).len() {
            let bytes = [&whole[..], &note(9).as_bytes()[..torn]].concat();
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(HeadsFile::open(&path).unwrap().newest(), 7, "{torn}");
            assert_eq!(std::fs::read(&path).unwrap(), whole, "{torn}");
        }
        // The note is whole, and only the empty line after it is missing.
        std::fs::write(&path, [&whole[..], note(9).as_bytes()].concat()).unwrap();
        HeadsFile::open(&path)
            .unwrap()
            .append(12, &note(12))
            .unwrap();
        let notes = split_notes(&std::fs::read(&path).unwrap());
        assert_eq!(notes, (vec![note(3), note(7), note(9), note(12)], 0));
        let saved = note(9);
        assert_eq!(split_notes(saved.as_bytes()), (vec![saved.clone()], 0));
    }
}
