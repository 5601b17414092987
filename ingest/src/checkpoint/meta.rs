//! What the store keeps beside the states: positions, times, counts.

use sealwatch_core::admission::PartitionTime;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::outcome::{Outcome, OutcomeCounts};
use serde::{Deserialize, Serialize};

use super::CheckpointError;

/// One partition's part of [`Meta`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartitionMeta {
    /// The offset to be read next.
    pub next_offset: u64,
    /// Its time.
    pub time: PartitionTime,
}

/// What the store keeps beside the states: the latest one counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// The sequence of the next record.
    pub next_sequence: u64,
    /// The number of the next outbox row.
    pub next_outbox: u64,
    /// Partitions, by number.
    pub partitions: Vec<PartitionMeta>,
    /// Records by outcome, by name.
    pub outcomes: Vec<(String, u64)>,
    /// The window within which duplicates are found, in milliseconds: ids are stored by slices of it.
    pub dedupe_window: i64,
    /// The feedback log's part.
    pub feedback: PartitionMeta,
    /// The detectors that control events have put into the shadow.
    pub lowered: Vec<Behaviour>,
}

impl Meta {
    /// Its stored form.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From its stored form.
    ///
    /// # Errors
    /// The bytes are not a meta record of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, CheckpointError> {
        serde_json::from_slice(bytes).map_err(|_| CheckpointError::Meta)
    }

    /// Refuses another window for duplicates: under another width a stored slice would be forgotten at once, and duplicates
    /// folded twice, or be kept for years.
    ///
    /// # Errors
    /// The window is another one.
    pub const fn check_window(&self, given: i64) -> Result<(), CheckpointError> {
        if self.dedupe_window == given {
            return Ok(());
        }
        Err(CheckpointError::DedupeWindow {
            stored: self.dedupe_window,
            given,
        })
    }

    /// The outcome counts.
    ///
    /// # Errors
    /// An outcome that this version does not know.
    pub fn counts(&self) -> Result<OutcomeCounts, CheckpointError> {
        let mut counts = OutcomeCounts::default();
        for (name, count) in &self.outcomes {
            counts.set(Outcome::parse(name).ok_or(CheckpointError::Meta)?, *count);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealwatch_core::time::DAY;

    #[test]
    fn a_store_with_another_window_for_duplicates_is_refused_with_both_values() {
        let meta = Meta {
            dedupe_window: DAY,
            ..Meta::default()
        };
        let meta = Meta::decode(&meta.encode()).unwrap();
        assert_eq!(meta.check_window(DAY), Ok(()));
        let error = meta.check_window(DAY / 2).unwrap_err().to_string();
        for value in ["86400000", "43200000", "sealwatch replay"] {
            assert!(error.contains(value), "{error}");
        }
    }
}
