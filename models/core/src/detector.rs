//! Detectors: for each behaviour a gate that says whether there is anything to score, and the schedule of score points.
//!
//! A gate is a plain predicate over the state; training uses the same one. When an account is scored is decided by its own
//! facets (count, elapsed event time, kind), never by where an epoch ended.

use crate::behaviour::Behaviour;
use crate::event::values::{AgeBand, ReportCategory};
use crate::facet::ActorTouch;
use crate::state::actor::{ActorState, NEVER, REGISTERED, Reading, day, hour, week};
use crate::state::links::UNKNOWN;
use crate::state::sketch;
use crate::time::{DAY, HOUR};

/// Revisions of the gates and of the schedule, in words; part of the feature-schema digest.
pub const REVISIONS: &str = "gates:bulk_messaging=1,automated_registration=1,enumeration=1,group_spam=1,\
                             account_takeover=1,scam_fanout=1,ban_evasion=1,minor_contact_risk=1;schedule=1";

/// A detector's place in a row of gates: its index in [`Behaviour::WITH_DETECTOR`].
pub type DetectorIndex = usize;

/// How many detectors there are.
pub const DETECTORS: usize = Behaviour::WITH_DETECTOR.len();

/// The gates that a state passes, as bits by [`DetectorIndex`].
pub fn gates(state: &ActorState, at: i64) -> u16 {
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
        Behaviour::ScamFanout => {
            // First contacts where they are told, else strangers, else different counterparts.
            let reached = if state.week[week::FIRST_KNOWN] > 0.0 {
                state.week[week::FIRST]
            } else if state.week[week::CONTACT_KNOWN] > 0.0 {
                state.week[week::STRANGERS]
            } else {
                sketch::estimate(state.counterparts_today) + f32::from(state.counterparts_before)
            };
            state.week[week::SENT] >= 10.0 && reached >= 5.0
        }
        Behaviour::BanEvasion => {
            let is_new = state.flags & REGISTERED != 0
                && state.registered_at != NEVER
                && at.saturating_sub(state.registered_at) <= 14 * DAY;
            // A ban of four half-lives ago still counts.
            let on_banned_places = [
                Reading::DeviceBanned,
                Reading::NetworkBanned,
                Reading::RangeBanned,
            ]
            .iter()
            .any(|reading| state.readings[*reading as usize] >= 1.0 / 16.0);
            is_new && on_banned_places
        }
        Behaviour::MinorContactRisk => {
            let is_minor = state.age_band != UNKNOWN && state.age_band != AgeBand::Adult as u8;
            !is_minor && state.week[week::MINORS] >= 3.0
        }
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

    fn passed(state: &ActorState, behaviour: Behaviour) -> bool {
        passes(behaviour, state, 20 * DAY)
    }

    #[test]
    fn scam_fanout_is_scored_by_first_contacts_or_strangers_or_counterparts_as_the_platform_tells()
    {
        let mut state = ActorState::empty();
        state.week[week::SENT] = 12.0;
        assert!(!passed(&state, Behaviour::ScamFanout));
        state.counterparts_before = 6;
        assert!(
            passed(&state, Behaviour::ScamFanout),
            "nothing else is told"
        );
        state.week[week::CONTACT_KNOWN] = 12.0;
        assert!(
            !passed(&state, Behaviour::ScamFanout),
            "all have the account"
        );
        state.week[week::STRANGERS] = 5.0;
        assert!(passed(&state, Behaviour::ScamFanout));
        state.week[week::FIRST_KNOWN] = 12.0;
        assert!(
            !passed(&state, Behaviour::ScamFanout),
            "no conversation begun"
        );
        state.week[week::FIRST] = 5.0;
        assert!(passed(&state, Behaviour::ScamFanout));
    }

    #[test]
    fn ban_evasion_needs_a_new_account_on_a_place_with_a_ban() {
        let mut state = ActorState::empty();
        state.readings[Reading::DeviceBanned as usize] = 1.0;
        assert!(
            !passed(&state, Behaviour::BanEvasion),
            "not known to be new"
        );
        state.flags |= REGISTERED;
        state.registered_at = 19 * DAY;
        assert!(passed(&state, Behaviour::BanEvasion));
        state.registered_at = 5 * DAY;
        assert!(!passed(&state, Behaviour::BanEvasion), "too old");
        state.registered_at = 19 * DAY;
        state.readings[Reading::DeviceBanned as usize] = 0.0;
        assert!(!passed(&state, Behaviour::BanEvasion), "no ban");
    }

    #[test]
    fn minors_among_themselves_are_never_scored_for_contact_with_minors() {
        let mut state = ActorState::empty();
        state.week[week::MINORS] = 9.0;
        assert!(
            passed(&state, Behaviour::MinorContactRisk),
            "of unknown age"
        );
        for band in AgeBand::ALL {
            state.age_band = *band as u8;
            let is_adult = *band == AgeBand::Adult;
            assert_eq!(passed(&state, Behaviour::MinorContactRisk), is_adult);
        }
        state.week[week::MINORS] = 2.0;
        assert!(!passed(&state, Behaviour::MinorContactRisk));
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
