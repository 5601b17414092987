//! A batch of records in one arena, whose memory is used again.

use std::ops::Range;

use sealwatch_core::outcome::Outcome;

sealwatch_core::closed_set! {
    /// Why a source could not deliver a record. Each is an outcome of its record.
    Defect {
        /// Longer than the configured limit. The record's bytes were not kept.
        OverLong = "over_long",
        /// The last line of an input has neither a newline nor a closing brace: whoever wrote it was cut off.
        TornLine = "torn_line",
        /// A line of nothing but white space.
        BlankLine = "blank_line",
        /// The compressed stream is corrupt or cut off here; the rest of the file cannot be read.
        BrokenCompression = "broken_compression",
        /// A message without a value.
        Tombstone = "tombstone",
        /// A CloudEvents header stands twice, so that its value is not certain.
        RepeatedHeader = "repeated_header",
        /// A header's name is not UTF-8.
        UnreadableHeader = "unreadable_header",
        /// CloudEvents in another format than JSON, or a batch of them in one message.
        UnsupportedContentType = "unsupported_content_type",
    }
}

impl From<Defect> for Outcome {
    fn from(defect: Defect) -> Self {
        match defect {
            Defect::OverLong => Self::OverLong,
            Defect::TornLine => Self::TornLine,
            Defect::BlankLine => Self::BlankLine,
            Defect::BrokenCompression => Self::BrokenCompression,
            Defect::Tombstone => Self::Tombstone,
            Defect::RepeatedHeader => Self::RepeatedHeader,
            Defect::UnreadableHeader => Self::UnreadableHeader,
            Defect::UnsupportedContentType => Self::UnsupportedContentType,
        }
    }
}

/// What a record consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Body<'batch> {
    /// A JSON document: a native event or a structured CloudEvent, to be told apart by its content.
    Bytes(&'batch [u8]),
    /// A JSON document whose message says that it is a structured CloudEvent.
    Structured(&'batch [u8]),
    /// A CloudEvent in Kafka's binary mode: attributes in headers, data in the value.
    Binary {
        /// The message's value.
        data: &'batch [u8],
        /// The attributes.
        headers: CloudEventHeaders<'batch>,
    },
    /// Nothing that can be decoded.
    Defect {
        /// Why.
        defect: Defect,
        /// Length of what was there, in bytes.
        length: u64,
    },
}

/// The `ce_*` headers of one message. Values are as they came, unchecked.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct CloudEventHeaders<'batch> {
    /// `ce_specversion`.
    pub specversion: Option<&'batch [u8]>,
    /// `ce_id`.
    pub id: Option<&'batch [u8]>,
    /// `ce_source`.
    pub source: Option<&'batch [u8]>,
    /// `ce_type`.
    pub event_type: Option<&'batch [u8]>,
    /// `ce_time`.
    pub time: Option<&'batch [u8]>,
    /// Whether there are other `ce_` headers. Their names and values were not kept.
    pub unknown: bool,
}

/// One record as its source delivered it. It has no `Debug`: its bytes may be anything (law 1).
#[derive(Clone, Copy)]
pub struct SourceRecord<'batch> {
    /// Partition.
    pub partition: u32,
    /// Offset within the partition.
    pub offset: u64,
    /// What it consists of.
    pub body: Body<'batch>,
    /// The message's timestamp in milliseconds since 1970, where the source has one: the broker's or, where the topic is
    /// set to `CreateTime`, the producer's, which the broker keeps within `message.timestamp.after.max.ms`.
    pub broker_time: Option<i64>,
}

/// A place in the arena.
type Span = Range<u32>;

/// Spans of the five attributes, in the order of the fields of [`CloudEventHeaders`].
#[derive(Default)]
pub(super) struct HeaderSpans {
    pub(super) spans: [Option<Span>; 5],
    pub(super) unknown: bool,
}

enum Kind {
    Bytes,
    Structured,
    /// Index into `headers`.
    Binary(u32),
    Defect(Defect, u64),
}

struct Entry {
    partition: u32,
    offset: u64,
    broker_time: Option<i64>,
    span: Span,
    kind: Kind,
}

/// Records in the order in which they were taken.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    headers: Vec<HeaderSpans>,
}

impl Batch {
    /// A batch that holds this many bytes has no room: memory stays bounded whatever the records' lengths.
    const MAXIMUM_BYTES: usize = 64 * 1024 * 1024;

    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.headers.clear();
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes held by the records.
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether a source may add another record.
    pub fn has_room(&self) -> bool {
        self.bytes.len() < Self::MAXIMUM_BYTES
    }

    /// The record at this index.
    pub fn get(&self, index: usize) -> Option<SourceRecord<'_>> {
        self.entries.get(index).map(|entry| self.record(entry))
    }

    /// The records in the order in which they were taken.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SourceRecord<'_>> {
        self.entries.iter().map(|entry| self.record(entry))
    }

    fn record<'batch>(&'batch self, entry: &Entry) -> SourceRecord<'batch> {
        let bytes = self.slice(&entry.span);
        let body = match entry.kind {
            Kind::Bytes => Body::Bytes(bytes),
            Kind::Structured => Body::Structured(bytes),
            Kind::Binary(index) => {
                let HeaderSpans { spans, unknown } = &self.headers[index as usize];
                let [specversion, id, source, event_type, time] = spans
                    .each_ref()
                    .map(|span| span.as_ref().map(|span| self.slice(span)));
                let unknown = *unknown;
                let headers = CloudEventHeaders {
                    specversion,
                    id,
                    source,
                    event_type,
                    time,
                    unknown,
                };
                Body::Binary {
                    data: bytes,
                    headers,
                }
            }
            Kind::Defect(defect, length) => Body::Defect { defect, length },
        };
        SourceRecord {
            partition: entry.partition,
            offset: entry.offset,
            body,
            broker_time: entry.broker_time,
        }
    }

    fn slice(&self, span: &Span) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    /// Copies bytes into the arena.
    pub(super) fn store(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len() as u32
    }

    pub(super) fn push_bytes(
        &mut self,
        partition: u32,
        offset: u64,
        broker_time: Option<i64>,
        bytes: &[u8],
    ) {
        let span = self.store(bytes);
        self.entries.push(Entry {
            partition,
            offset,
            broker_time,
            span,
            kind: Kind::Bytes,
        });
    }

    pub(super) fn push_structured(
        &mut self,
        partition: u32,
        offset: u64,
        broker_time: Option<i64>,
        bytes: &[u8],
    ) {
        let span = self.store(bytes);
        self.entries.push(Entry {
            partition,
            offset,
            broker_time,
            span,
            kind: Kind::Structured,
        });
    }

    /// The headers' spans are of this batch: [`Batch::store`] made them.
    pub(super) fn push_binary(
        &mut self,
        partition: u32,
        offset: u64,
        broker_time: Option<i64>,
        data: &[u8],
        headers: HeaderSpans,
    ) {
        let span = self.store(data);
        let kind = Kind::Binary(self.headers.len() as u32);
        self.headers.push(headers);
        self.entries.push(Entry {
            partition,
            offset,
            broker_time,
            span,
            kind,
        });
    }

    pub(super) fn push_defect(
        &mut self,
        partition: u32,
        offset: u64,
        broker_time: Option<i64>,
        defect: Defect,
        length: u64,
    ) {
        let kind = Kind::Defect(defect, length);
        self.entries.push(Entry {
            partition,
            offset,
            broker_time,
            span: 0..0,
            kind,
        });
    }
}
