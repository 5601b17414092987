//! The configured source, and the feedback log as one more partition.
//!
//! Both are read in turn, so that decisions wait for no busy stream and no stream for decisions. A stream that ends does
//! not end the service: what people decide about it still comes.

use std::time::Duration;

use super::batch::Batch;
use super::error::SourceError;
use super::{Progress, Source};
use crate::feedback::{FeedbackTail, PARTITION};

/// How long the configured source may keep feedback waiting, and how often it is looked for where that source has ended.
const LOOK: Duration = Duration::from_millis(200);

/// Of so many records at most one is feedback, while the configured source has others.
const SHARE: usize = 16;

/// When the feedback log is read, and whether both together have an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackTurn {
    /// In turn with the configured source, for ever: the service.
    Live,
    /// In turn with the configured source, to the end of both: a replay in a committed order.
    InTurn,
    /// Where the configured source has nothing more, to the end of both: a replay without an order, in which no decision has
    /// a place before.
    Afterwards,
}

/// The configured source with the feedback log.
pub struct WithFeedback {
    inner: Box<dyn Source>,
    feedback: FeedbackTail,
    turn: FeedbackTurn,
    has_ended: bool,
}

impl WithFeedback {
    /// Joins the two.
    pub fn new(inner: Box<dyn Source>, feedback: FeedbackTail, turn: FeedbackTurn) -> Self {
        Self {
            inner,
            feedback,
            turn,
            has_ended: false,
        }
    }

    /// Fills from the configured source, unless it has ended.
    fn fill_inner(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<(), SourceError> {
        if !self.has_ended {
            self.has_ended = self.inner.fill(batch, limit, wait)? == Progress::End;
        }
        Ok(())
    }
}

impl Source for WithFeedback {
    fn fill(
        &mut self,
        batch: &mut Batch,
        limit: usize,
        wait: Duration,
    ) -> Result<Progress, SourceError> {
        let before = batch.len();
        if self.turn == FeedbackTurn::Afterwards {
            self.fill_inner(batch, limit, wait)?;
            if batch.len() == before {
                self.feedback.read(batch, limit)?;
            }
        } else {
            let share = if self.has_ended {
                limit
            } else {
                (limit / SHARE).max(1)
            };
            self.feedback.read(batch, share)?;
            let taken = batch.len() - before;
            let wait = if taken > 0 {
                Duration::ZERO
            } else {
                wait.min(LOOK)
            };
            if taken < limit {
                self.fill_inner(batch, limit - taken, wait)?;
            }
            if self.has_ended && self.turn == FeedbackTurn::Live {
                std::thread::sleep(wait);
            }
        }
        Ok(if batch.len() > before {
            Progress::Records
        } else if self.has_ended && self.turn != FeedbackTurn::Live {
            Progress::End
        } else {
            Progress::Idle
        })
    }

    fn partitions(&self) -> u32 {
        self.inner.partitions()
    }

    fn seek(&mut self, positions: &[(u32, u64)]) -> Result<(), SourceError> {
        let (feedback, others): (Vec<_>, Vec<_>) = positions
            .iter()
            .partition(|(partition, _)| *partition == PARTITION);
        self.inner.seek(&others)?;
        self.feedback
            .seek(feedback.first().map_or(0, |(_, next)| *next));
        self.has_ended = false;
        Ok(())
    }

    fn durable(&mut self, positions: &[(u32, u64)]) {
        let mut others = positions.to_vec();
        others.retain(|(partition, _)| *partition != PARTITION);
        self.inner.durable(&others);
    }

    fn lag(&self, told: &mut dyn FnMut(u32, u64)) {
        self.inner.lag(told);
    }

    fn passing_errors(&self) -> u64 {
        self.inner.passing_errors()
    }
}

#[cfg(test)]
mod tests;
