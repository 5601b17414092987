//! Features against hand-computed values.

use super::*;
use crate::state::EntityState;
use crate::state::actor::{ActorState, day, hour, week};
use crate::time::HOUR;

fn value(name: &str, state: &ActorState, at: i64) -> f32 {
    (FEATURES[index_of(name).unwrap()].value)(&View { state, at })
}

#[test]
fn an_account_first_seen_without_its_registration_has_unknown_age() {
    let mut state = ActorState::empty();
    assert!(value("age", &state, 100 * HOUR).is_nan());
    state.registered_at = 90 * HOUR;
    assert_eq!(value("age", &state, 100 * HOUR), 10.0);
}

#[test]
fn shares_are_unknown_where_the_platform_tells_nothing() {
    let mut state = ActorState::empty();
    state.day[day::SENT] = 10.0;
    assert!(value("stranger_share_day", &state, 0).is_nan());
    assert!(value("first_contacts_day", &state, 0).is_nan());
    state.day[day::STRANGERS] = 2.0;
    state.day[day::CONTACT_KNOWN] = 8.0;
    assert_eq!(value("stranger_share_day", &state, 0), 0.25);
}

#[test]
fn a_flat_day_has_entropy_one_and_a_steady_account_has_no_burst() {
    let mut state = ActorState::empty();
    state.week[week::HOURS_0..=week::HOURS_20].fill(3.0);
    assert!((value("hour_entropy", &state, 0) - 1.0).abs() < 1e-6);
    assert!((value("busiest_part_of_day", &state, 0) - 1.0 / 6.0).abs() < 1e-6);
    state.hour[hour::SENT] = 2.0;
    state.week[week::SENT] = 336.0;
    assert!((value("burst_hour", &state, 0) - 1.0).abs() < 1e-6);
}

#[test]
fn the_registry_has_at_least_sixty_features_with_names_of_their_own() {
    let mut names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COUNT);
    assert!(names.len() >= 60);
}

#[test]
fn values_are_put_in_words() {
    assert_eq!(value_in_words(Unit::Share, 0.973), "97%");
    assert_eq!(value_in_words(Unit::Hours, 0.5), "30 minutes");
    assert_eq!(value_in_words(Unit::Hours, 240.0), "10 days");
    assert_eq!(value_in_words(Unit::Count, 3.04), "3.0");
    assert_eq!(value_in_words(Unit::Flag, 1.0), "yes");
    assert_eq!(value_in_words(Unit::Ratio, f32::NAN), "unknown");
}
