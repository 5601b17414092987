//! The search of law 1: looks for canaries in every file below a folder, after decompressing and decoding.
//!
//! A canary is searched for as text, in hexadecimal, in base64 at each of its three alignments, percent-encoded, escaped as
//! JSON, as UTF-16, reversed, and in upper and lower case. Files are searched as they are and, where they hold gzip or zstd
//! streams, also zstd in base64, decompressed at every place where a stream begins. Of a SQLite database its rows are searched
//! too: a long text lies in pieces in the file.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a canary was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// How it was written there.
    pub form: String,
}

/// The forms in which a canary may be written.
pub fn forms(canary: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = canary.as_bytes();
    let hexadecimal = |upper: bool| -> String {
        bytes
            .iter()
            .map(|byte| {
                if upper {
                    format!("{byte:02X}")
                } else {
                    format!("{byte:02x}")
                }
            })
            .collect()
    };
    let utf16 = |big: bool| -> Vec<u8> {
        canary
            .encode_utf16()
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    let mut forms = vec![
        ("text".to_owned(), bytes.to_vec()),
        ("lower case".to_owned(), canary.to_lowercase().into_bytes()),
        ("upper case".to_owned(), canary.to_uppercase().into_bytes()),
        ("reversed".to_owned(), bytes.iter().rev().copied().collect()),
        ("hexadecimal".to_owned(), hexadecimal(false).into_bytes()),
        (
            "hexadecimal, upper case".to_owned(),
            hexadecimal(true).into_bytes(),
        ),
        (
            "percent-encoded".to_owned(),
            written(bytes.iter().map(|byte| format!("%{byte:02X}"))),
        ),
        (
            "JSON escapes".to_owned(),
            written(canary.encode_utf16().map(|unit| format!("\\u{unit:04x}"))),
        ),
        ("UTF-16, little-endian".to_owned(), utf16(false)),
        ("UTF-16, big-endian".to_owned(), utf16(true)),
    ];
    for shift in 0..3 {
        let mut padded = vec![0; shift];
        padded.extend_from_slice(bytes);
        let encoded = base64(&padded);
        // Digits that also depend on neighbours are left out at both ends.
        let (start, end) = (if shift == 0 { 0 } else { shift + 1 }, padded.len() * 8 / 6);
        forms.push((
            format!("base64, shifted by {shift}"),
            encoded[start..end].to_vec(),
        ));
        let url = encoded[start..end].iter().map(|digit| match digit {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        forms.push((format!("base64url, shifted by {shift}"), url.collect()));
    }
    forms
}

fn written(parts: impl Iterator<Item = String>) -> Vec<u8> {
    parts.flat_map(String::into_bytes).collect()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        out.extend((0..4).map(|digit| DIGITS[(word >> (18 - 6 * digit) & 63) as usize]));
    }
    out
}

/// Searches bytes, and what they hold compressed.
pub fn search_bytes(bytes: &[u8], canary: &str) -> Option<String> {
    search_at_depth(bytes, canary, 3)
}

fn search_at_depth(bytes: &[u8], canary: &str, depth: u32) -> Option<String> {
    let found = forms(canary)
        .into_iter()
        .find(|(_, form)| contains(bytes, form))
        .map(|(name, _)| name);
    if found.is_some() || depth == 0 {
        return found;
    }
    for place in 0..bytes.len() {
        let rest = &bytes[place..];
        let unpacked = if rest.starts_with(&[0x1f, 0x8b, 8]) {
            unpack(flate2::read::GzDecoder::new(rest))
        } else if rest.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            zstd::Decoder::new(rest).map(unpack).unwrap_or_default()
        } else if rest.starts_with(ZSTD_IN_BASE64) {
            let packed = from_base64(rest);
            zstd::Decoder::new(packed.as_slice())
                .map(unpack)
                .unwrap_or_default()
        } else {
            continue;
        };
        if let Some(form) = search_at_depth(&unpacked, canary, depth - 1) {
            return Some(format!("compressed, {form}"));
        }
    }
    None
}

/// How base64 of a zstd stream begins.
const ZSTD_IN_BASE64: &[u8] = b"KLUv/";

/// The bytes of the base64 digits with which this begins.
fn from_base64(digits: &[u8]) -> Vec<u8> {
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = Vec::new();
    for digit in digits {
        let Some(value) = DIGITS.iter().position(|other| other == digit) else {
            break;
        };
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

/// As much as can be unpacked, also of a broken stream.
fn unpack(mut reader: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    let mut block = [0; 8_192];
    while let Ok(count @ 1..) = reader.read(&mut block) {
        out.extend_from_slice(&block[..count]);
        if out.len() > 1 << 28 {
            break;
        }
    }
    out
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else {
        return false;
    };
    let mut place = 0;
    while let Some(next) = bytes[place..].iter().position(|byte| byte == first) {
        place += next;
        if bytes[place..].starts_with(part) {
            return true;
        }
        place += 1;
    }
    false
}

/// The rows of a SQLite database as statements; nothing of another file.
///
/// # Panics
/// The database cannot be read: then it was not searched.
fn rows(path: &Path, bytes: &[u8]) -> Vec<u8> {
    if !bytes.starts_with(b"SQLite format 3\0") {
        return Vec::new();
    }
    let dump = Command::new("sqlite3").arg(path).arg(".dump").output();
    match dump {
        Ok(dump) if dump.status.success() => dump.stdout,
        other => panic!("{} cannot be searched: {other:?}", path.display()),
    }
}

/// Searches every file below a folder, and the files' names.
///
/// # Panics
/// A folder or a file cannot be read: nothing could be said of what is in it.
pub fn search(folder: &Path, canary: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in readable(folder, fs::read_dir(folder)) {
        let path = readable(folder, entry).path();
        if path.is_dir() {
            found.extend(search(&path, canary));
            continue;
        }
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if let Some(form) = search_bytes(name.as_bytes(), canary) {
            found.push(Found {
                file: path.clone(),
                form: format!("file name, {form}"),
            });
        }
        let bytes = match fs::read(&path) {
            // A running service has taken the file away since the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            read => readable(&path, read),
        };
        let form =
            search_bytes(&bytes, canary).or_else(|| search_bytes(&rows(&path, &bytes), canary));
        if let Some(form) = form {
            found.push(Found { file: path, form });
        }
    }
    found
}

fn readable<T>(path: &Path, read: std::io::Result<T>) -> T {
    match read {
        Ok(read) => read,
        Err(error) => panic!("{} cannot be searched: {error}", path.display()),
    }
}
