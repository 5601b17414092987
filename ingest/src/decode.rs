//! Decode: a source's record becomes an event or the outcome that refuses it. Identifiers become pseudonyms here.

use std::borrow::Cow;

use sealwatch_core::event::{self, Edge, Read, UnknownFields};
use sealwatch_core::wire::{Fields, Refusal, Scalar};

use crate::source::{Body, CloudEventHeaders};
use sealwatch_core::outcome::Outcome;

/// Decodes one record.
///
/// # Errors
/// The outcome that refuses the record. Nothing of the record is in it.
pub fn decode(body: &Body<'_>, edge: &Edge<'_>, unknown: UnknownFields) -> Result<Read, Outcome> {
    if let Body::Defect { defect, .. } = body {
        return Err(Outcome::from(*defect));
    }
    let fields = fields(body)?;
    Ok(event::read(&fields, edge, unknown)?)
}

/// The fields of one record, whatever its framing.
///
/// # Errors
/// The record is not one JSON object in a framing that is known.
pub fn fields<'batch>(body: &Body<'batch>) -> Result<Fields<'batch>, Refusal> {
    match body {
        Body::Bytes(bytes) => {
            let fields = Fields::parse(bytes);
            // `specversion` is no field of an event: whatever has it is a CloudEvent in structured mode.
            let is_envelope = match &fields {
                Ok(fields) => fields.has_unknown() && contains(bytes, b"\"specversion\""),
                Err(_) => false,
            };
            if is_envelope {
                Fields::parse_cloud_event(bytes)
            } else {
                fields
            }
        }
        Body::Structured(bytes) => Fields::parse_cloud_event(bytes),
        Body::Binary { data, headers } => binary(data, headers),
        Body::Defect { .. } => Err(Refusal::NotJson),
    }
}

/// CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_*` headers, data in the value.
fn binary<'batch>(
    data: &'batch [u8],
    headers: &CloudEventHeaders<'batch>,
) -> Result<Fields<'batch>, Refusal> {
    let has_source = headers.source.is_some_and(|source| !source.is_empty());
    if headers.specversion != Some(b"1.0") || !has_source {
        return Err(Refusal::InvalidEnvelope);
    }
    let mut fields = Fields::parse(data)?;
    for (name, value) in [
        ("id", headers.id),
        ("type", headers.event_type),
        ("at", headers.time),
    ] {
        if let Some(bytes) = value {
            let text = std::str::from_utf8(bytes).map_err(|_| Refusal::InvalidEnvelope)?;
            fields.insert(name, Scalar::Text(Cow::Borrowed(text)))?;
        }
    }
    if headers.unknown {
        fields.note_unknown();
    }
    Ok(fields)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealwatch_core::event::Vocabulary;
    use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};

    fn decode_body(body: &Body<'_>) -> Result<Read, Outcome> {
        let vocabulary = Vocabulary {
            platforms: vec!["demo".to_owned()],
            issuers: vec![],
            banks: vec![],
        };
        let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([2; 32]), &vocabulary.platforms);
        decode(
            body,
            &Edge::new(&vocabulary, &pseudonymiser),
            UnknownFields::Refuse,
        )
    }

    const NATIVE: &[u8] = br#"{"id":"1","at":"2026-01-01T00:00:00Z","platform":"demo","type":"account.closed","account":"a"}"#;
    const ENVELOPE: &[u8] = br#"{"specversion":"1.0","id":"1","source":"/p","type":"account.closed","time":"2026-01-01T00:00:00Z","data":{"platform":"demo","account":"a"}}"#;
    const DATA: &[u8] = br#"{"platform":"demo","account":"a"}"#;

    fn headers() -> CloudEventHeaders<'static> {
        CloudEventHeaders {
            specversion: Some(b"1.0"),
            id: Some(b"1"),
            source: Some(b"/p"),
            event_type: Some(b"account.closed"),
            time: Some(b"2026-01-01T00:00:00Z"),
            unknown: false,
        }
    }

    #[test]
    fn all_framings_of_an_event_are_the_same_event() {
        let native = decode_body(&Body::Bytes(NATIVE));
        assert!(native.is_ok());
        let binary = Body::Binary {
            data: DATA,
            headers: headers(),
        };
        for body in [Body::Bytes(ENVELOPE), Body::Structured(ENVELOPE), binary] {
            assert_eq!(decode_body(&body), native);
        }
    }

    #[test]
    fn a_binary_cloud_event_without_its_attributes_is_refused() {
        let binary = |headers| {
            decode_body(&Body::Binary {
                data: DATA,
                headers,
            })
        };
        let no_source = CloudEventHeaders {
            source: None,
            ..headers()
        };
        assert_eq!(binary(no_source), Err(Outcome::InvalidEnvelope));
        let other_version = CloudEventHeaders {
            specversion: Some(b"0.3"),
            ..headers()
        };
        assert_eq!(binary(other_version), Err(Outcome::InvalidEnvelope));
        let no_id = CloudEventHeaders {
            id: None,
            ..headers()
        };
        assert_eq!(binary(no_id), Err(Outcome::MissingField));
        let further = CloudEventHeaders {
            unknown: true,
            ..headers()
        };
        assert_eq!(binary(further), Err(Outcome::UnknownField));
        let twice = Body::Binary {
            data: NATIVE,
            headers: headers(),
        };
        assert_eq!(decode_body(&twice), Err(Outcome::DuplicateField));
    }
}
