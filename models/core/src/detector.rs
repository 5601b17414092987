//! Detectors: for each behaviour a gate that says whether there is anything to score, and the schedule of score points.
//!
//! A gate is a plain predicate over the state; training uses the same one. When an account is scored is decided by its own
//! facets (count, elapsed event time, kind), never by where an epoch ended.

use crate::behaviour::Behaviour;
use crate::event::values::ReportCategory;
use crate::facet::ActorTouch;
use crate::state::actor::{ActorState, NEVER, REGISTERED, Reading, day, hour, week};
use crate::time::{DAY, HOUR};

/// Revisions of the gates and of the schedule, in words; part of the feature-schema digest.
pub const REVISIONS: &str = "gates:bulk_messaging=1,automated_registration=1,enumeration=1,group_spam=1,\
                             account_takeover=1;schedule=1";

/// A detector's place in a row of gates: its index in [`Behaviour::WITH_DETECTOR`].
pub type DetectorIndex = usize;

/// How many detectors there are.
pub const DETECTORS: usize = Behaviour::WITH_DETECTOR.len();

/// The gates that a state passes, as bits by [`DetectorIndex`].
pub fn gates(state: &ActorState, at: i64) -> u8 {
    let mut passed = 0;
    for (index, behaviour) in Behaviour::WITH_DETECTOR.iter().enumerate() {
        if passes(*behaviour, state, at) {
            passed |= 1 << index;
        }
    }
    passed
}

/// Whether a state passes a behaviour's gate. Behaviours without a detector have none to pass.
pub fn passes(behaviour: Behaviour, state: &ActorState, at: i64) -> bool {
    match behaviour {
        Behaviour::BulkMessaging => {
            let sent = state.day[day::SENT] + state.day[day::CALLS];
            let tells_first_contacts = state.week[week::FIRST_KNOWN] > 0.0;
            sent >= 10.0 && (!tells_first_contacts || state.day[day::FIRST] >= 3.0)
        }
        Behaviour::AutomatedRegistration => {
            let is_new = state.flags & REGISTERED != 0
                && state.registered_at != NEVER
                && at.saturating_sub(state.registered_at) <= 3 * DAY;
            let has_reading = [
                Reading::DeviceRegistrations,
                Reading::NetworkRegistrationsHour,
                Reading::RangeRegistrationsHour,
            ]
            .iter()
            .any(|reading| !state.readings[*reading as usize].is_nan());
            is_new && has_reading
        }
        Behaviour::Enumeration => state.day[day::LOOKED_UP] >= 20.0,
        Behaviour::GroupSpam => state.day[day::ADDED] >= 5.0 || state.day[day::GROUPS] >= 2.0,
        Behaviour::AccountTakeover => {
            let has_history = state.first_at != NEVER
                && (at.saturating_sub(state.first_at) >= 2 * DAY
                    || (state.registered_at != NEVER
                        && at.saturating_sub(state.registered_at) >= 2 * DAY));
            let is_recent = state.since_new_device(at).is_some_and(|gap| gap <= 2 * DAY);
            has_history && is_recent && state.hour[hour::SENT] + state.hour[hour::CALLS] >= 2.0
        }
        _ => false,
    }
}

/// Whether a facet names the account in its own event, so that the account may be scored at it (and its identity be
/// sealed from the same record).
pub const fn is_own(touch: &ActorTouch) -> bool {
    !matches!(
        touch,
        ActorTouch::MemberLeft { .. }
            | ActorTouch::GroupReported { .. }
            | ActorTouch::Enforced { .. }
            | ActorTouch::Labelled { .. }
            | ActorTouch::Closed
            | ActorTouch::ReporterRecord { .. }
    )
}

/// Whether an account is scored after its facets of one event, of which `touch` is the last own one.
///
/// At a registration, at a report or a log-in on a new device; after every so many facets (4 at first, an eighth of all
/// later, at most 32); and at the first facet an hour after the last score point.
pub fn is_score_point(state: &ActorState, touch: &ActorTouch, at: i64) -> bool {
    let by_kind = match touch {
        ActorTouch::Registered { .. } => true,
        ActorTouch::PlaceReading { values, .. } => values.registration,
        ActorTouch::Reported { category, .. } => !matches!(category, ReportCategory::SelfHarm),
        ActorTouch::Login { new_device, .. } => new_device.is_yes(),
        _ => false,
    };
    let step = (state.facets / 8).clamp(4, 32);
    let by_count = u32::from(state.facets_since_score) >= step;
    let by_time = state.since_scored(at).is_some_and(|gap| gap >= HOUR);
    by_kind || by_count || by_time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::EntityState;

    #[test]
    fn no_groups_made_means_no_group_spam_to_score() {
        let mut state = ActorState::empty();
        assert!(!passes(Behaviour::GroupSpam, &state, 0));
        state.day[day::ADDED] = 5.0;
        assert!(passes(Behaviour::GroupSpam, &state, 0));
        assert_eq!(gates(&state, 0), 1 << 3);
    }

    #[test]
    fn behaviours_without_a_detector_are_never_scored() {
        let mut state = ActorState::empty();
        state.day.fill(1e6);
        state.hour.fill(1e6);
        for behaviour in Behaviour::ALL
            .iter()
            .filter(|behaviour| !behaviour.has_detector())
        {
            assert!(!passes(*behaviour, &state, 0));
        }
    }

    #[test]
    fn an_account_is_scored_by_count_and_by_time() {
        let mut state = ActorState::empty();
        state.facets = 3;
        state.facets_since_score = 3;
        assert!(!is_score_point(&state, &ActorTouch::Closed, 0));
        state.facets_since_score = 4;
        assert!(is_score_point(&state, &ActorTouch::Closed, 0));
        state.note_scored(1_000);
        assert!(!is_score_point(&state, &ActorTouch::Closed, HOUR));
        assert!(is_score_point(&state, &ActorTouch::Closed, HOUR + 1_000));
    }
}
