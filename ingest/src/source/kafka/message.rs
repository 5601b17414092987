//! From a Kafka message to a record: which form its value has (Kafka protocol binding for CloudEvents 1.0, section 3).
//!
//! `content-type: application/cloudevents+json` means structured mode, one of the `ce_` headers that the schema uses
//! means binary mode, and anything else is a document to be looked at. Of the headers only the five that the schema uses
//! are kept; others are noticed and dropped, names included (law 1).

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{Headers, Message};

use crate::source::Defect;
use crate::source::batch::{Batch, HeaderSpans};

/// In the order of [`HeaderSpans`].
const KEPT: [&str; 5] = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"];
const CONTENT_TYPE: &str = "content-type";
const CLOUD_EVENTS: &str = "application/cloudevents";
const CLOUD_EVENTS_JSON: &str = "application/cloudevents+json";

enum Form {
    Plain,
    Structured,
    Binary,
}

/// Adds the message to the batch.
pub(super) fn push<M: Message>(batch: &mut Batch, message: &M, maximum_length: usize) {
    let (partition, offset) = (message.partition() as u32, message.offset() as u64);
    let time = message.timestamp().to_millis();
    let Some(value) = message.payload() else {
        return batch.push_defect(partition, offset, time, Defect::Tombstone, 0);
    };
    let headers = message.headers().map(read_headers).transpose();
    let headers = match headers {
        Ok(headers) => headers.unwrap_or_default(),
        Err(defect) => {
            return batch.push_defect(partition, offset, time, defect, value.len() as u64);
        }
    };
    let length = value.len()
        + headers
            .kept
            .iter()
            .flatten()
            .map(|value| value.len())
            .sum::<usize>();
    if length > maximum_length {
        return batch.push_defect(partition, offset, time, Defect::OverLong, length as u64);
    }
    match headers.form() {
        Ok(Form::Plain) => batch.push_bytes(partition, offset, time, value),
        Ok(Form::Structured) => batch.push_structured(partition, offset, time, value),
        Ok(Form::Binary) => {
            let spans = headers
                .kept
                .map(|value| value.map(|value| batch.store(value)));
            let spans = HeaderSpans {
                spans,
                unknown: headers.unknown,
            };
            batch.push_binary(partition, offset, time, value, spans);
        }
        Err(defect) => batch.push_defect(partition, offset, time, defect, length as u64),
    }
}

#[derive(Default)]
struct Read<'message> {
    content_type: Option<&'message [u8]>,
    kept: [Option<&'message [u8]>; 5],
    unknown: bool,
}

impl Read<'_> {
    fn form(&self) -> Result<Form, Defect> {
        let content_type = self
            .content_type
            .and_then(|value| std::str::from_utf8(value).ok())
            .unwrap_or_default();
        let media_type = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if media_type == CLOUD_EVENTS_JSON {
            Ok(Form::Structured)
        } else if media_type.starts_with(CLOUD_EVENTS) {
            Err(Defect::UnsupportedContentType)
        } else if self.kept.iter().any(Option::is_some) {
            Ok(Form::Binary)
        } else {
            Ok(Form::Plain)
        }
    }
}

fn read_headers<H: Headers>(headers: &H) -> Result<Read<'_>, Defect> {
    let mut read = Read::default();
    for index in 0..headers.count() {
        // The binding panics on a name that is not UTF-8, and anyone who may produce can send one.
        let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(index)));
        let Some(header) = header.map_err(|_| Defect::UnreadableHeader)? else {
            continue;
        };
        let place = match KEPT.iter().position(|kept| *kept == header.key) {
            Some(place) => &mut read.kept[place],
            None if header.key.eq_ignore_ascii_case(CONTENT_TYPE) => &mut read.content_type,
            None => {
                read.unknown |= header.key.starts_with("ce_");
                continue;
            }
        };
        if place.is_some() {
            return Err(Defect::RepeatedHeader);
        }
        *place = header.value;
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use rdkafka::Timestamp;
    use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};

    use super::*;
    use crate::source::Body;

    fn message(value: Option<&[u8]>, headers: &[(&str, Option<&str>)]) -> OwnedMessage {
        let insert = |all: OwnedHeaders, (key, value): &(&str, Option<&str>)| {
            all.insert(Header { key, value: *value })
        };
        let headers = headers.iter().fold(OwnedHeaders::new(), insert);
        let time = Timestamp::LogAppendTime(1234);
        OwnedMessage::new(
            value.map(<[u8]>::to_vec),
            None,
            "t".to_owned(),
            time,
            3,
            42,
            Some(headers),
        )
    }

    fn batch(value: Option<&[u8]>, headers: &[(&str, Option<&str>)]) -> Batch {
        let mut batch = Batch::new();
        push(&mut batch, &message(value, headers), 100);
        assert_eq!(batch.len(), 1);
        batch
    }

    fn defect(value: Option<&[u8]>, headers: &[(&str, Option<&str>)]) -> Option<(Defect, u64)> {
        match batch(value, headers).get(0).unwrap().body {
            Body::Defect { defect, length } => Some((defect, length)),
            _ => None,
        }
    }

    #[test]
    fn a_plain_message_keeps_place_and_time() {
        let batch = batch(Some(b"{}"), &[("trace", Some("x"))]);
        let record = batch.get(0).unwrap();
        assert_eq!(
            (record.partition, record.offset, record.broker_time),
            (3, 42, Some(1234))
        );
        assert!(record.body == Body::Bytes(b"{}"));
    }

    #[test]
    fn the_content_type_of_a_structured_event_decides_whatever_its_case_and_parameters() {
        for value in [
            "application/cloudevents+json",
            "Application/CloudEvents+JSON; charset=utf-8",
        ] {
            let batch = batch(
                Some(b"{}"),
                &[("Content-Type", Some(value)), ("ce_id", Some("1"))],
            );
            assert!(batch.get(0).unwrap().body == Body::Structured(b"{}"));
        }
        for value in [
            "application/cloudevents+avro",
            "application/cloudevents-batch+json",
        ] {
            assert_eq!(
                defect(Some(b"{}"), &[("content-type", Some(value))]),
                Some((Defect::UnsupportedContentType, 2))
            );
        }
        let batch = batch(Some(b"{}"), &[("content-type", Some("application/json"))]);
        assert!(batch.get(0).unwrap().body == Body::Bytes(b"{}"));
    }

    #[test]
    fn binary_mode_keeps_the_five_attributes_and_only_notes_that_there_were_others() {
        let batch = batch(
            Some(b"{\"a\":1}"),
            &[
                ("ce_specversion", Some("1.0")),
                ("ce_type", Some("message.sent")),
                ("ce_id", Some("e1")),
                ("ce_source", Some("/chat")),
                ("ce_subject", Some("canary")),
                ("content-type", Some("application/json")),
            ],
        );
        let Body::Binary { data, headers } = batch.get(0).unwrap().body else {
            panic!("binary mode")
        };
        assert_eq!(data, b"{\"a\":1}");
        assert_eq!(headers.specversion, Some(&b"1.0"[..]));
        assert_eq!(headers.event_type, Some(&b"message.sent"[..]));
        assert_eq!(headers.id, Some(&b"e1"[..]));
        assert_eq!(headers.source, Some(&b"/chat"[..]));
        assert_eq!((headers.time, headers.unknown), (None, true));
    }

    #[test]
    fn tombstones_and_repeated_or_over_long_headers_are_defects() {
        assert_eq!(
            defect(None, &[("ce_id", Some("1"))]),
            Some((Defect::Tombstone, 0))
        );
        let repeated = [("ce_id", Some("1")), ("ce_id", Some("2"))];
        assert_eq!(
            defect(Some(b"{}"), &repeated),
            Some((Defect::RepeatedHeader, 2))
        );
        assert_eq!(
            defect(Some(&[b'x'; 101]), &[]),
            Some((Defect::OverLong, 101))
        );
        assert_eq!(defect(Some(&[b'x'; 100]), &[]), None);
        let long = "y".repeat(100);
        assert_eq!(
            defect(Some(b"x"), &[("ce_id", Some(&long))]),
            Some((Defect::OverLong, 101))
        );
        // A header that is not kept does not count.
        assert_eq!(defect(Some(b"x"), &[("ce_subject", Some(&long))]), None);
    }

    /// Headers as a producer without manners sends them. `OwnedHeaders` cannot hold such a name.
    struct Broken;

    impl Headers for Broken {
        fn count(&self) -> usize {
            1
        }

        fn try_get(&self, _index: usize) -> Option<Header<'_, &[u8]>> {
            panic!("this is what the binding does")
        }
    }

    #[test]
    fn a_header_name_that_the_binding_cannot_read_is_a_defect_and_no_crash() {
        assert!(matches!(
            read_headers(&Broken),
            Err(Defect::UnreadableHeader)
        ));
    }
}
