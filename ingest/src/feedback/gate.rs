//! Admission of feedback, and the time at which it is folded.
//!
//! A decision is made long after what it is about, or while the stream is still reading the past. Its own time says when
//! it was made and finds duplicates; it is folded at the nearest time that the stream still has, so that it moves no other
//! partition's time, is refused for no stream's progress, and finds no state that expiry may or may not have removed.

use sealwatch_core::admission::{Admission, Limits};
use sealwatch_core::event::{Event, Read};
use sealwatch_core::outcome::Outcome;
use sealwatch_core::time::{DAY, Timestamp};

use super::TYPES;

/// How far behind the newest decision one may be, and the window in which a repeated one is found, in milliseconds. Part of
/// the store's layout.
pub const WINDOW: i64 = 90 * DAY;

/// The feedback log's gate, and where reading goes on.
#[derive(Debug)]
pub struct FeedbackGate {
    /// What it has seen.
    pub admission: Admission,
    /// The line to be read next.
    pub next_offset: u64,
    limits: Limits,
}

impl Default for FeedbackGate {
    fn default() -> Self {
        let limits = Limits {
            types: TYPES.to_vec(),
            lateness: WINDOW,
            ahead: 0,
            // Our own service writes the times; months may pass between two decisions.
            jump: i64::MAX,
            dedupe_window: WINDOW,
        };
        Self {
            admission: Admission::new(&limits),
            next_offset: 0,
            limits,
        }
    }
}

impl FeedbackGate {
    /// Decides about one record, and gives the event to be folded. `oldest` and `newest` are the event times that the
    /// configured source may still have, and has had; `None` before it had any.
    pub fn admit(
        &mut self,
        read: &Read,
        oldest: Option<i64>,
        newest: Option<i64>,
    ) -> (Outcome, Option<Event>) {
        let outcome = self.admission.admit(read, None, &self.limits);
        if !outcome.is_accepted() {
            return (outcome, None);
        }
        let at = read.event.at.0;
        let at = newest.map_or(at, |newest| at.min(newest));
        let at = oldest.map_or(at, |oldest| at.max(oldest));
        let event = Event {
            at: Timestamp(at),
            ..read.event.clone()
        };
        (outcome, Some(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealwatch_core::behaviour::Behaviour;
    use sealwatch_core::event::values::{Account, ControlReason, ControlledMode};
    use sealwatch_core::event::{AccountClosed, Body, ControlDetectorMode};
    use sealwatch_core::identifier::Pseudonym;

    fn read(id: u8, at: i64) -> Read {
        let body = Body::ControlDetectorMode(ControlDetectorMode {
            behaviour: Behaviour::GroupSpam,
            mode: ControlledMode::Shadow,
            reason: ControlReason::Person,
        });
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

    #[test]
    fn a_decision_is_folded_at_the_nearest_time_that_the_stream_still_has() {
        let (oldest, newest) = (Some(500 * DAY), Some(501 * DAY));
        for (at, folded) in [
            (500 * DAY + 7, 500 * DAY + 7),
            (450 * DAY, 500 * DAY),
            (530 * DAY, 501 * DAY),
        ] {
            let (outcome, event) = FeedbackGate::default().admit(&read(1, at), oldest, newest);
            assert!(outcome.is_accepted());
            assert_eq!(event.unwrap().at, Timestamp(folded));
        }
        let (_, event) = FeedbackGate::default().admit(&read(1, 9), None, None);
        assert_eq!(event.unwrap().at, Timestamp(9));
    }

    #[test]
    fn a_pause_of_a_year_refuses_nothing_and_a_repeated_decision_is_a_duplicate() {
        let mut gate = FeedbackGate::default();
        let mut outcome = |id, at| gate.admit(&read(id, at), None, None).0;
        assert_eq!(outcome(1, 1_000 * DAY), Outcome::Accepted);
        assert_eq!(outcome(2, 1_365 * DAY), Outcome::Accepted);
        assert_eq!(outcome(2, 1_365 * DAY), Outcome::Duplicate);
        assert_eq!(outcome(3, 1_300 * DAY), Outcome::AcceptedLate);
        assert_eq!(outcome(1, 1_000 * DAY), Outcome::TooLate);
    }

    #[test]
    fn a_type_that_is_no_decision_is_refused() {
        let mut other = read(1, DAY);
        let account = Account(Pseudonym::from_bytes([1; 16]));
        other.event.body = Body::AccountClosed(AccountClosed { account });
        let (outcome, event) = FeedbackGate::default().admit(&other, None, None);
        assert_eq!((outcome, event), (Outcome::TypeNotPermitted, None));
    }
}
