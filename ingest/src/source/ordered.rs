//! A source that delivers the records of another one in a committed order.
//!
//! Records that come before their turn are held in memory, by partition: the other source need not seek back and forth.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::batch::{Batch, Body, HeaderSpans};
use super::error::SourceError;
use super::{Progress, Source};
use crate::store::OrderRun;

/// A record that waits for its turn.
struct Held {
    offset: u64,
    broker_time: Option<i64>,
    body: HeldBody,
}

enum HeldBody {
    Bytes(Vec<u8>),
    Structured(Vec<u8>),
    Binary {
        data: Vec<u8>,
        headers: [Option<Vec<u8>>; 5],
        unknown: bool,
    },
    Defect(super::Defect, u64),
}

/// Records in a committed order.
pub struct Ordered {
    inner: Box<dyn Source>,
    runs: VecDeque<OrderRun>,
    held: BTreeMap<u32, VecDeque<Held>>,
    arriving: Batch,
}

impl Ordered {
    /// Takes the other source's records in the order of these runs.
    pub fn new(inner: Box<dyn Source>, runs: Vec<OrderRun>) -> Self {
        Self {
            inner,
            runs: runs.into(),
            held: BTreeMap::new(),
            arriving: Batch::new(),
        }
    }

    /// Delivers what is held and due. Returns how many records.
    fn deliver(&mut self, batch: &mut Batch, limit: usize) -> usize {
        let mut delivered = 0;
        while delivered < limit && batch.has_room() {
            let Some(run) = self.runs.front_mut() else {
                break;
            };
            let Some(held) = self
                .held
                .get_mut(&run.partition)
                .and_then(VecDeque::pop_front)
            else {
                break;
            };
            push(batch, run.partition, held);
            delivered += 1;
            run.first_offset += 1;
            run.count -= 1;
            if run.count == 0 {
                self.runs.pop_front();
            }
        }
        delivered
    }

    fn missing(&self) -> SourceError {
        let run = self.runs.front();
        SourceError::OrderGoesOn {
            partition: run.map_or(0, |run| run.partition),
            offset: run.map_or(0, |run| run.first_offset),
        }
    }

    fn hold_arriving(&mut self) {
        for record in self.arriving.iter() {
            let body = match record.body {
                Body::Bytes(bytes) => HeldBody::Bytes(bytes.to_vec()),
                Body::Structured(bytes) => HeldBody::Structured(bytes.to_vec()),
                Body::Binary { data, headers } => HeldBody::Binary {
                    data: data.to_vec(),
                    headers: [
                        headers.specversion,
                        headers.id,
                        headers.source,
                        headers.event_type,
                        headers.time,
                    ]
                    .map(|header| header.map(<[u8]>::to_vec)),
                    unknown: headers.unknown,
                },
                Body::Defect { defect, length } => HeldBody::Defect(defect, length),
            };
            let held = Held {
                offset: record.offset,
                broker_time: record.broker_time,
                body,
            };
            self.held
                .entry(record.partition)
                .or_default()
                .push_back(held);
        }
    }
}

fn push(batch: &mut Batch, partition: u32, held: Held) {
    let (offset, time) = (held.offset, held.broker_time);
    match held.body {
        HeldBody::Bytes(bytes) => batch.push_bytes(partition, offset, time, &bytes),
        HeldBody::Structured(bytes) => batch.push_structured(partition, offset, time, &bytes),
        HeldBody::Binary {
            data,
            headers,
            unknown,
        } => {
            let spans = headers.map(|header| header.map(|bytes| batch.store(&bytes)));
            batch.push_binary(
                partition,
                offset,
                time,
                &data,
                HeaderSpans { spans, unknown },
            );
        }
        HeldBody::Defect(defect, length) => {
            batch.push_defect(partition, offset, time, defect, length);
        }
    }
}

impl Source for Ordered {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<Progress, SourceError> {
        if self.deliver(batch, limit) > 0 {
            return Ok(Progress::Records);
        }
        if self.runs.is_empty() {
            return Ok(Progress::End);
        }
        self.arriving.clear();
        let progress = self
            .inner
            .fill(&mut self.arriving, limit.max(1_000), wait)?;
        self.hold_arriving();
        let delivered = self.deliver(batch, limit);
        Ok(match progress {
            // An order that goes on beyond its input must not look like one that was replayed.
            Progress::End if delivered == 0 => return Err(self.missing()),
            _ if delivered > 0 => Progress::Records,
            _ => Progress::Idle,
        })
    }

    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    /// Goes on at these positions: the runs before them are passed over.
    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        self.inner.seek(positions)?;
        self.held.clear();
        let next = |partition: u32| {
            positions
                .iter()
                .find(|(named, _)| *named == partition)
                .map_or(0, |(_, next)| *next)
        };
        while let Some(run) = self.runs.front_mut() {
            let due = next(run.partition);
            let passed = due.saturating_sub(run.first_offset);
            if passed == 0 {
                break;
            }
            if passed >= run.count {
                self.runs.pop_front();
            } else {
                run.first_offset += passed;
                run.count -= passed;
                break;
            }
        }
        Ok(())
    }
}
