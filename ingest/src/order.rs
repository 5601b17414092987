//! The order in which records were taken, as run lengths.

use crate::source::SourceRecord;
use crate::store::OrderRun;

/// Run lengths of the order in which a batch was taken.
pub fn order_runs<'batch>(records: impl Iterator<Item = SourceRecord<'batch>>) -> Vec<OrderRun> {
    let mut runs: Vec<OrderRun> = Vec::new();
    let mut next = None;
    for record in records {
        match runs.last_mut() {
            Some(run) if next == Some((record.partition, record.offset)) => run.count += 1,
            _ => runs.push(OrderRun {
                partition: record.partition,
                first_offset: record.offset,
                count: 1,
            }),
        }
        next = Some((record.partition, record.offset + 1));
    }
    runs
}
