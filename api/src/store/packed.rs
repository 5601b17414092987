//! Large documents as the database keeps them: JSON, compressed with zstd (RFC 8878), in base64, since both databases keep
//! text alike. A recommendation with its evidence takes a fifth of the room so, and as much less is written for each one.
//!
//! A text that begins with `{` is the JSON itself: earlier versions wrote it so.

use sealwatch_custody::base64;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::CaseStoreError;

/// Stronger levels take several times as long for a tenth of the room.
const LEVEL: i32 = 1;

/// Bytes of a document at most: a damaged row is not to take the memory.
const MOST: usize = 64 << 20;

/// Packs one document after the other: what the compression needs of memory is had once.
pub(crate) struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    /// Begins.
    pub(crate) fn new() -> Result<Self, CaseStoreError> {
        let compressor = zstd::bulk::Compressor::new(LEVEL);
        compressor.map(Self).map_err(|_| CaseStoreError::Unwritable)
    }

    /// The document as text for the database.
    pub(crate) fn pack<T: Serialize>(&mut self, document: &T) -> Result<String, CaseStoreError> {
        let json = serde_json::to_vec(document).map_err(|_| CaseStoreError::Unwritable)?;
        let packed = self.0.compress(&json);
        let packed = packed.map_err(|_| CaseStoreError::Unwritable)?;
        Ok(base64::encode(&packed))
    }
}

/// One document as text for the database.
pub(crate) fn pack<T: Serialize>(document: &T) -> Result<String, CaseStoreError> {
    Packer::new()?.pack(document)
}

/// The document of a text from the database.
pub(crate) fn unpack<T: DeserializeOwned>(text: &str) -> Result<T, CaseStoreError> {
    let read = |json: &[u8]| serde_json::from_slice(json).map_err(|_| CaseStoreError::Damaged);
    if text.starts_with('{') {
        return read(text.as_bytes());
    }
    let packed = base64::decode(text).ok_or(CaseStoreError::Damaged)?;
    let length = zstd::zstd_safe::get_frame_content_size(&packed)
        .ok()
        .flatten()
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| *length <= MOST)
        .ok_or(CaseStoreError::Damaged)?;
    let json = zstd::bulk::decompress(&packed, length).map_err(|_| CaseStoreError::Damaged)?;
    read(&json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_from_its_text_and_from_the_plain_text_of_earlier_versions() {
        let document = serde_json::json!({ "words": "the same words ".repeat(500), "number": 0.1 });
        let text = pack(&document).unwrap();
        assert!(text.len() < 400, "{}", text.len());
        assert_eq!(unpack::<serde_json::Value>(&text).unwrap(), document);
        let plain = document.to_string();
        assert_eq!(unpack::<serde_json::Value>(&plain).unwrap(), document);
    }

    #[test]
    fn a_text_that_was_altered_or_that_says_it_is_enormous_is_damaged() {
        let text = pack(&serde_json::json!({ "number": 1 })).unwrap();
        // A frame that says that it holds 2^40 bytes: RFC 8878, section 3.1.1.1.
        let mut enormous = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
        enormous.extend_from_slice(&(1_u64 << 40).to_le_bytes());
        enormous.extend_from_slice(&[1, 0, 0]);
        for damaged in [
            String::new(),
            "{".to_owned(),
            text[..text.len() - 4].to_owned(),
            format!("{text}AAAA"),
            format!("!{text}"),
            base64::encode(&enormous),
        ] {
            let found = unpack::<serde_json::Value>(&damaged);
            assert!(matches!(found, Err(CaseStoreError::Damaged)), "{damaged}");
        }
    }
}
