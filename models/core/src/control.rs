//! Detectors that a control event has put into the shadow.
//!
//! A `control.detector_mode` event takes effect at its place in the order: decisions of later records are marked, earlier
//! ones are not, wherever epochs are cut. It can only lower: back as configured means what the policy says, no more (law 5).

use crate::behaviour::Behaviour;
use crate::event::values::ControlledMode;
use crate::event::{Body, Event};
use crate::shard::Decision;

/// A change within the epoch at hand.
#[derive(Debug, Clone, Copy)]
struct Change {
    sequence: u64,
    behaviour: Behaviour,
    mode: ControlledMode,
}

/// Which detectors are in the shadow by a control event, and what the epoch at hand changes of it.
#[derive(Debug, Clone, Default)]
pub struct Controls {
    /// Bits by the behaviours' index.
    lowered: u32,
    changes: Vec<Change>,
}

impl Controls {
    /// The detectors in the shadow after these, in the order of [`Behaviour::ALL`].
    pub fn lowered(&self) -> Vec<Behaviour> {
        let is_lowered = |behaviour: &Behaviour| self.is_lowered(*behaviour);
        Behaviour::ALL.iter().copied().filter(is_lowered).collect()
    }

    /// Puts these detectors into the shadow, as a checkpoint says, and no others.
    pub fn restore(&mut self, lowered: &[Behaviour]) {
        self.lowered = 0;
        self.changes.clear();
        for behaviour in lowered {
            self.apply(*behaviour, ControlledMode::Shadow);
        }
    }

    /// Notes a control event; other events change nothing.
    pub fn take(&mut self, sequence: u64, event: &Event) {
        if let Body::ControlDetectorMode(body) = &event.body {
            self.changes.push(Change {
                sequence,
                behaviour: body.behaviour,
                mode: body.mode,
            });
        }
    }

    /// Marks the epoch's decisions, which are in the order of the log, and ends the epoch.
    pub fn mark(&mut self, decisions: &mut [Decision]) {
        let mut changes = std::mem::take(&mut self.changes);
        let mut next = changes.drain(..).peekable();
        for decision in decisions {
            let sequence = decision.point.position.sequence;
            while let Some(change) = next.next_if(|change| change.sequence < sequence) {
                self.apply(change.behaviour, change.mode);
            }
            decision.is_lowered = Behaviour::WITH_DETECTOR
                .get(decision.detector)
                .is_some_and(|behaviour| self.is_lowered(*behaviour));
        }
        for change in next {
            self.apply(change.behaviour, change.mode);
        }
    }

    const fn is_lowered(&self, behaviour: Behaviour) -> bool {
        self.lowered >> behaviour.index() & 1 == 1
    }

    const fn apply(&mut self, behaviour: Behaviour, mode: ControlledMode) {
        let bit = 1 << behaviour.index();
        match mode {
            ControlledMode::Shadow => self.lowered |= bit,
            ControlledMode::Configured => self.lowered &= !bit,
        }
    }
}

#[cfg(test)]
mod tests;
