//! Admission: what a decoded event still has to pass before it is folded: the types that its source may carry, time, and
//! whether it was seen before. All of it is a function of the log, partition by partition.

use std::collections::BTreeMap;

use crate::event::{EventType, Read};
use crate::time::{DAY, HOUR, MINUTE};

use crate::dedupe::{Dedupe, Slice};
use crate::outcome::Outcome;

/// What a source is allowed. Times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The types that the source may carry.
    pub types: Vec<EventType>,
    /// How far behind its partition's newest event an event may be.
    pub lateness: i64,
    /// How far ahead of the broker's timestamp an event may be.
    pub ahead: i64,
    /// How far ahead of its partition's newest event an event may be where the source has no timestamps of its own.
    pub jump: i64,
    /// The window of event time within which duplicates are found.
    pub dedupe_window: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            types: EventType::ALL
                .iter()
                .copied()
                .filter(|kind| !is_privileged(*kind))
                .collect(),
            lateness: DAY,
            ahead: HOUR,
            jump: 30 * DAY,
            dedupe_window: DAY,
        }
    }
}

/// Types that only a source which names them may carry: whoever can produce them can ban or launder anyone, or silence a
/// detector.
pub const fn is_privileged(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::LabelGiven
            | EventType::EnforcementApplied
            | EventType::SignalReceived
            | EventType::ControlDetectorMode
            | EventType::ReportJudged
    )
}

/// How many records in a row have to agree on a time far ahead before it is believed to be a gap and not a broken clock.
const AGREEING: u32 = 8;

/// What is known of a partition's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PartitionTime {
    /// The newest accepted event time, if any was accepted.
    pub watermark: Option<i64>,
    /// The last time that was refused as far ahead.
    candidate: i64,
    /// How many in a row agreed with it.
    agreeing: u32,
}

/// One partition's gate.
#[derive(Debug)]
pub struct Admission {
    /// Its time.
    pub time: PartitionTime,
    /// What it has seen.
    pub dedupe: Dedupe,
    /// The store's keys of each slice of it.
    pub stored_slices: BTreeMap<Slice, Vec<[u8; 16]>>,
}

impl Admission {
    /// A partition of which nothing is known.
    pub fn new(limits: &Limits) -> Self {
        Self {
            time: PartitionTime::default(),
            dedupe: Dedupe::new(limits.dedupe_window),
            stored_slices: BTreeMap::new(),
        }
    }

    /// Decides about one event, and remembers it if it is admitted.
    pub fn admit(&mut self, read: &Read, broker_time: Option<i64>, limits: &Limits) -> Outcome {
        let event = &read.event;
        if !limits.types.contains(&event.body.event_type()) {
            return Outcome::TypeNotPermitted;
        }
        let at = event.at.0;
        if self.is_too_far_ahead(at, broker_time, limits) {
            return Outcome::TooFarAhead;
        }
        let behind = self
            .time
            .watermark
            .map_or(0, |watermark| watermark.saturating_sub(at));
        if behind > limits.lateness {
            return Outcome::TooLate;
        }
        if behind > limits.dedupe_window {
            return Outcome::PastDedupeWindow;
        }
        if !self.dedupe.insert(event.id, event.platform, at) {
            return Outcome::Duplicate;
        }
        let watermark = self
            .time
            .watermark
            .map_or(at, |watermark| watermark.max(at));
        self.time.watermark = Some(watermark);
        self.dedupe.advance(watermark);
        if read.stripped {
            Outcome::AcceptedStripped
        } else if behind > MINUTE {
            Outcome::AcceptedLate
        } else {
            Outcome::Accepted
        }
    }

    fn is_too_far_ahead(&mut self, at: i64, broker_time: Option<i64>, limits: &Limits) -> bool {
        if let Some(broker_time) = broker_time {
            return at.saturating_sub(broker_time) > limits.ahead;
        }
        let Some(watermark) = self.time.watermark else {
            return false;
        };
        if at.saturating_sub(watermark) <= limits.jump {
            self.time.agreeing = 0;
            return false;
        }
        let agrees = self.time.agreeing > 0
            && at.abs_diff(self.time.candidate) <= limits.ahead.unsigned_abs();
        self.time.agreeing = if agrees { self.time.agreeing + 1 } else { 1 };
        self.time.candidate = at;
        self.time.agreeing < AGREEING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::values::Account;
    use crate::event::{AccountClosed, Body, Event};
    use crate::identifier::Pseudonym;
    use crate::time::Timestamp;

    fn read(id: u8, at: i64) -> Read {
        let account = Account(Pseudonym::from_bytes([1; 16]));
        let body = Body::AccountClosed(AccountClosed { account });
        let event = Event {
            id: Pseudonym::from_bytes([id; 16]),
            at: Timestamp(at),
            platform: 0,
            body,
        };
        Read {
            event,
            stripped: false,
        }
    }

    const NOW: i64 = 1_000 * DAY;

    #[test]
    fn a_duplicate_is_found_within_the_window_and_an_older_record_is_told_apart() {
        let limits = Limits {
            lateness: 10 * DAY,
            dedupe_window: 2 * DAY,
            ..Limits::default()
        };
        let mut admission = Admission::new(&limits);
        assert_eq!(
            admission.admit(&read(1, NOW), None, &limits),
            Outcome::Accepted
        );
        assert_eq!(
            admission.admit(&read(1, NOW), None, &limits),
            Outcome::Duplicate
        );
        assert_eq!(
            admission.admit(&read(1, NOW + 5), None, &limits),
            Outcome::Duplicate
        );
        assert_eq!(
            admission.admit(&read(2, NOW - HOUR), None, &limits),
            Outcome::AcceptedLate
        );
        assert_eq!(
            admission.admit(&read(3, NOW - 3 * DAY), None, &limits),
            Outcome::PastDedupeWindow
        );
        assert_eq!(
            admission.admit(&read(4, NOW - 11 * DAY), None, &limits),
            Outcome::TooLate
        );
    }

    #[test]
    fn a_time_ahead_of_the_broker_is_refused_and_moves_no_watermark() {
        let limits = Limits::default();
        let mut admission = Admission::new(&limits);
        assert_eq!(
            admission.admit(&read(1, NOW + 2 * HOUR), Some(NOW), &limits),
            Outcome::TooFarAhead
        );
        assert_eq!(admission.time.watermark, None);
        assert_eq!(
            admission.admit(&read(2, NOW), Some(NOW), &limits),
            Outcome::Accepted
        );
    }

    #[test]
    fn one_broken_clock_is_refused_but_a_real_gap_is_crossed() {
        let limits = Limits::default();
        let mut admission = Admission::new(&limits);
        assert_eq!(
            admission.admit(&read(0, NOW), None, &limits),
            Outcome::Accepted
        );
        assert_eq!(
            admission.admit(&read(1, NOW + 400 * DAY), None, &limits),
            Outcome::TooFarAhead
        );
        assert_eq!(
            admission.admit(&read(2, NOW + 1), None, &limits),
            Outcome::Accepted
        );
        for id in 3..10 {
            assert_eq!(
                admission.admit(&read(id, NOW + 90 * DAY + i64::from(id)), None, &limits),
                Outcome::TooFarAhead
            );
        }
        assert_eq!(
            admission.admit(&read(10, NOW + 90 * DAY + 10), None, &limits),
            Outcome::Accepted
        );
    }

    #[test]
    fn labels_enforcements_signals_controls_and_judgements_need_a_source_that_names_them() {
        for kind in [
            EventType::ControlDetectorMode,
            EventType::LabelGiven,
            EventType::EnforcementApplied,
            EventType::SignalReceived,
            EventType::ReportJudged,
        ] {
            assert!(!Limits::default().types.contains(&kind));
        }
        let limits = Limits {
            types: vec![],
            ..Limits::default()
        };
        let outcome = Admission::new(&limits).admit(&read(1, NOW), None, &limits);
        assert_eq!(outcome, Outcome::TypeNotPermitted);
    }
}
