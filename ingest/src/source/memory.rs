//! Records in memory, for tests: delivered in the order given, with offsets counted for each partition.

use std::time::Duration;

use super::batch::{Batch, Defect};
use super::error::SourceError;
use super::{Progress, Source};

/// A record to be delivered.
#[derive(Clone)]
pub struct MemoryRecord {
    /// Its partition.
    pub partition: u32,
    /// Its bytes; `None` is a tombstone.
    pub bytes: Option<Vec<u8>>,
    /// Its message's timestamp, in milliseconds since 1970.
    pub broker_time: Option<i64>,
}

/// A source that delivers records from memory.
pub struct MemorySource {
    records: Vec<(u64, MemoryRecord)>,
    partitions: u32,
    next: usize,
    /// First offset to be delivered, by partition.
    first: Vec<u64>,
}

impl MemorySource {
    /// Takes the records in the order in which they are to be delivered.
    pub fn new(records: Vec<MemoryRecord>) -> Self {
        let partitions = records
            .iter()
            .map(|record| record.partition + 1)
            .max()
            .unwrap_or(1);
        let mut counts = vec![0; partitions as usize];
        let numbered = records.into_iter().map(|record| {
            let count: &mut u64 = &mut counts[record.partition as usize];
            let offset = *count;
            *count += 1;
            (offset, record)
        });
        let records = numbered.collect();
        Self {
            records,
            partitions,
            next: 0,
            first: vec![0; partitions as usize],
        }
    }

    /// Lines of one partition.
    pub fn from_lines<'line>(lines: impl IntoIterator<Item = &'line str>) -> Self {
        let record = |line: &str| MemoryRecord {
            partition: 0,
            bytes: Some(line.into()),
            broker_time: None,
        };
        Self::new(lines.into_iter().map(record).collect())
    }
}

impl Source for MemorySource {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        _wait: Duration,
    ) -> Result<Progress, SourceError> {
        let before = batch.len();
        while batch.len() - before < limit && batch.has_room() {
            let Some((offset, record)) = self.records.get(self.next) else {
                return Ok(if batch.len() > before {
                    Progress::Records
                } else {
                    Progress::End
                });
            };
            self.next += 1;
            if *offset < self.first[record.partition as usize] {
                continue;
            }
            match &record.bytes {
                Some(bytes) => {
                    batch.push_bytes(record.partition, *offset, record.broker_time, bytes);
                }
                None => batch.push_defect(
                    record.partition,
                    *offset,
                    record.broker_time,
                    Defect::Tombstone,
                    0,
                ),
            }
        }
        Ok(if batch.len() > before {
            Progress::Records
        } else {
            Progress::Idle
        })
    }

    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        let partitions = self.partitions;
        self.first.fill(0);
        for &(partition, offset) in positions {
            let first = self.first.get_mut(partition as usize);
            *first.ok_or(SourceError::UnknownPartition {
                partition,
                partitions,
            })? = offset;
        }
        self.next = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(partition: u32, text: &str) -> MemoryRecord {
        MemoryRecord {
            partition,
            bytes: Some(text.into()),
            broker_time: Some(5),
        }
    }

    fn all(source: &mut MemorySource) -> Vec<(u32, u64)> {
        let mut batch = Batch::new();
        while source.fill(&mut batch, 2, Duration::ZERO).unwrap() != Progress::End {}
        batch
            .iter()
            .map(|record| (record.partition, record.offset))
            .collect()
    }

    #[test]
    fn offsets_count_by_partition_and_a_seek_goes_on_exactly_there() {
        let mut source = MemorySource::new(vec![
            record(1, "a"),
            record(0, "b"),
            record(1, "c"),
            record(0, "d"),
        ]);
        assert_eq!(all(&mut source), [(1, 0), (0, 0), (1, 1), (0, 1)]);
        source.seek(&[(1, 2), (0, 1)]).unwrap();
        assert_eq!(all(&mut source), [(0, 1)]);
        assert!(source.seek(&[(2, 0)]).is_err());
    }

    #[test]
    fn a_record_without_bytes_is_a_tombstone() {
        let mut source = MemorySource::new(vec![MemoryRecord {
            bytes: None,
            ..record(0, "")
        }]);
        let mut batch = Batch::new();
        source.fill(&mut batch, 1, Duration::ZERO).unwrap();
        let expected = super::super::Body::Defect {
            defect: Defect::Tombstone,
            length: 0,
        };
        assert!(batch.get(0).unwrap().body == expected);
    }
}
