//! Stage 2: accounts as actors.

use crate::event::values::{EnforcementAction, ReportCategory, SignalKind};
use crate::facet::{ActorTouch, Contact, Facet, PlaceKind, PlaceValues, Ternary};
use crate::recommendation::Position;
use crate::state::actor::{
    ActorState, CLOSED, ENFORCED, HAS_LINK, LINK_KNOWN, NEVER, REGISTERED, Reading, day, hour,
    minute, move_mean, week,
};
use crate::state::links::UNKNOWN;
use crate::state::sketch;
use crate::time::{HOUR, Timestamp};

/// Folds one facet of stage 2 into the account's state. `position` is where the facet's record stands.
pub fn fold_actor(state: &mut ActorState, facet: &Facet<ActorTouch>, position: Position) {
    if begins_incarnation(state, facet) {
        state.begin_incarnation();
    }
    state.advance(facet.at);
    if state.facets == 0 {
        state.first_sequence = position.sequence;
        state.first_partition = position.partition;
        state.first_offset = position.offset;
    }
    state.facets = state.facets.saturating_add(1);
    state.facets_since_score = state.facets_since_score.saturating_add(1);
    apply(state, facet);
}

/// A registration begins a new life unless it is the first that is known of the account, or came a little late.
fn begins_incarnation(state: &ActorState, facet: &Facet<ActorTouch>) -> bool {
    match facet.touch {
        ActorTouch::Registered { .. } => {
            let is_known = state.flags & (REGISTERED | CLOSED) != 0;
            let is_older =
                state.first_at != NEVER && facet.at.saturating_sub(state.first_at) > HOUR;
            is_known || is_older
        }
        ActorTouch::Signal {
            kind: SignalKind::IdentifierRecycled,
            ..
        } => state.facets > 0,
        _ => false,
    }
}

fn apply(state: &mut ActorState, facet: &Facet<ActorTouch>) {
    match &facet.touch {
        ActorTouch::Registered {
            number_kind,
            client,
            age_band,
            attempts,
            seconds,
            platform,
            ..
        } => {
            state.flags |= REGISTERED;
            state.registered_at = facet.at;
            state.number_kind = *number_kind;
            state.client = *client;
            state.age_band = *age_band;
            // Not a number is unknown; the cast saturates.
            state.verification_attempts = if attempts.is_nan() {
                UNKNOWN
            } else {
                (*attempts as u8).min(UNKNOWN - 1)
            };
            state.verification_seconds = *seconds;
            state.platform = *platform;
        }
        ActorTouch::Known {
            registered_at,
            number_kind,
            age_band,
            contacts,
            platform,
        } => {
            state.flags |= REGISTERED;
            state.registered_at = *registered_at;
            state.number_kind = *number_kind;
            state.age_band = *age_band;
            state.contacts = *contacts;
            state.platform = *platform;
        }
        ActorTouch::Login { .. } => login(state, facet),
        ActorTouch::ProfileChanged { has_link, .. } => {
            state.day[day::PROFILE_CHANGES] += 1.0;
            if has_link.is_known() {
                state.flags = (state.flags & !HAS_LINK) | LINK_KNOWN;
                state.flags |= if has_link.is_yes() { HAS_LINK } else { 0 };
            }
        }
        ActorTouch::Closed => state.flags |= CLOSED,
        ActorTouch::Contacted { .. } => contacted(state, facet),
        ActorTouch::Answered { .. } => {
            state.day[day::ANSWERED] += 1.0;
            state.week[week::ANSWERED] += 1.0;
        }
        ActorTouch::Delivered { read, .. } => {
            state.day[day::DELIVERED] += 1.0;
            state.week[week::DELIVERED] += 1.0;
            state.day[day::READ] += yes(*read);
            state.week[week::READ] += yes(*read);
        }
        ActorTouch::LookedUp {
            numbers,
            hits,
            sequential_share,
        } => {
            looked_up(state, *numbers as f32, *hits as f32, *sequential_share);
        }
        ActorTouch::GroupCreated { .. } => {
            state.hour[hour::GROUPS] += 1.0;
            state.day[day::GROUPS] += 1.0;
            state.week[week::GROUPS] += 1.0;
        }
        ActorTouch::MemberAdded {
            target_has_adder,
            by_itself,
            ..
        } => {
            if !by_itself {
                state.minute[minute::ADDED] += 1.0;
                state.hour[hour::ADDED] += 1.0;
                state.day[day::ADDED] += 1.0;
                state.week[week::ADDED] += 1.0;
                state.day[day::ADDED_KNOWN] += known(*target_has_adder);
                state.day[day::ADDED_STRANGERS] += no(*target_has_adder);
            }
        }
        ActorTouch::MemberLeft { seconds, .. } => {
            state.day[day::LEFT] += 1.0;
            state.week[week::LEFT] += 1.0;
            state.day[day::LEFT_SOON] += if (0..600).contains(seconds) { 1.0 } else { 0.0 };
        }
        ActorTouch::GroupReported { .. } => {
            state.hour[hour::REPORTS] += 1.0;
            state.day[day::REPORTS] += 1.0;
            state.week[week::REPORTS] += 1.0;
        }
        ActorTouch::Blocked { .. } => {
            state.hour[hour::BLOCKS] += 1.0;
            state.day[day::BLOCKS] += 1.0;
            state.week[week::BLOCKS] += 1.0;
        }
        ActorTouch::Reported { .. } => reported(state, facet),
        // Kept as evidence; a report of danger goes on to its case.
        ActorTouch::ReporterRecord { .. } => {}
        ActorTouch::SurfaceMatched { .. } => state.week[week::MATCHES] += 1.0,
        ActorTouch::Signal { kind, .. } => signal(state, *kind),
        ActorTouch::Enforced { action } => {
            state.release_all();
            if *action == EnforcementAction::Reinstated {
                state.flags &= !ENFORCED;
            } else {
                state.flags |= ENFORCED;
            }
        }
        ActorTouch::Labelled { behaviour, .. } => {
            if let Some(latch) = ActorState::latch_index(*behaviour) {
                state.release(latch);
            }
        }
        ActorTouch::PlaceReading { kind, values, .. } => place_reading(state, *kind, values),
    }
}

fn known(value: Ternary) -> f32 {
    if value.is_known() { 1.0 } else { 0.0 }
}

fn yes(value: Ternary) -> f32 {
    if value.is_yes() { 1.0 } else { 0.0 }
}

fn no(value: Ternary) -> f32 {
    if value.is_no() { 1.0 } else { 0.0 }
}

fn login(state: &mut ActorState, facet: &Facet<ActorTouch>) {
    let ActorTouch::Login {
        new_device,
        new_network,
        new_country,
        second_factor,
        client,
        ..
    } = &facet.touch
    else {
        return;
    };
    state.day[day::LOGINS] += 1.0;
    state.day[day::NEW_DEVICES] += yes(*new_device);
    state.week[week::NEW_DEVICES] += yes(*new_device);
    state.day[day::NEW_NETWORKS] += yes(*new_network);
    state.day[day::NEW_COUNTRIES] += yes(*new_country);
    state.day[day::NO_SECOND_FACTOR] += no(*second_factor);
    if new_device.is_yes() {
        state.note_new_device(facet.at);
    }
    if *client != UNKNOWN {
        state.client = *client;
    }
}

fn contacted(state: &mut ActorState, facet: &Facet<ActorTouch>) {
    let ActorTouch::Contacted {
        counterpart,
        is_group,
        contact,
        target_strangers,
        target_minor,
    } = &facet.touch
    else {
        return;
    };
    sketch::insert(&mut state.counterparts_today, *counterpart as u64);
    state.week[week::HOURS_0 + usize::from(Timestamp(facet.at).hour_of_day() / 4)] += 1.0;
    if !target_strangers.is_nan() {
        move_mean(&mut state.target_strangers, *target_strangers);
    }
    if target_minor.is_known() {
        move_mean(&mut state.target_minors, target_minor.value());
    }
    if target_minor.is_yes() {
        state.week[week::MINORS] += 1.0;
        state.week[week::MINOR_STRANGERS] += if contact.is_to_stranger() { 1.0 } else { 0.0 };
    }
    match contact {
        Contact::Message { .. } => message(state, *contact, *is_group, facet.at),
        Contact::Call {
            answered,
            seconds,
            known: has,
            ..
        } => {
            state.hour[hour::CALLS] += 1.0;
            state.day[day::CALLS] += 1.0;
            state.day[day::CALLED_STRANGERS] += no(*has);
            if *answered {
                move_mean(&mut state.call_seconds, *seconds as f32);
            } else {
                state.day[day::UNANSWERED] += 1.0;
            }
        }
        Contact::Request { accepted } => {
            state.day[day::REQUESTS] += 1.0;
            state.day[day::ACCEPTED] += yes(*accepted);
        }
    }
}

fn message(state: &mut ActorState, contact: Contact, is_group: bool, at: i64) {
    let Contact::Message {
        recipients,
        size,
        first,
        known: has,
        reply,
        forwarded_many,
        typing_ms,
        ..
    } = contact
    else {
        return;
    };
    let gap_seconds = if state.last_sent_at == NEVER {
        f32::NAN
    } else {
        at.saturating_sub(state.last_sent_at).max(0) as f32 / 1_000.0
    };
    if !gap_seconds.is_nan() {
        let logarithm = libm::log1p(f64::from(gap_seconds)) as f32;
        move_mean(&mut state.gap_mean, logarithm);
        move_mean(&mut state.gap_square, logarithm * logarithm);
    }
    state.last_sent_at = state.last_sent_at.max(at);
    let reached = recipients as f32;
    state.minute[minute::SENT] += 1.0;
    state.minute[minute::FIRST] += yes(first);
    state.hour[hour::SENT] += 1.0;
    state.hour[hour::RECIPIENTS] += reached;
    state.hour[hour::FIRST] += yes(first);
    state.hour[hour::STRANGERS] += no(has);
    state.day[day::SENT] += 1.0;
    state.day[day::RECIPIENTS] += reached;
    state.day[day::FIRST] += yes(first);
    state.day[day::FIRST_KNOWN] += known(first);
    state.day[day::STRANGERS] += no(has);
    state.day[day::CONTACT_KNOWN] += known(has);
    state.day[day::REPLIES] += yes(reply);
    state.day[day::REPLY_KNOWN] += known(reply);
    state.day[day::FORWARDED] += yes(forwarded_many);
    if typing_ms >= 0 {
        state.day[day::TYPING_KNOWN] += 1.0;
        state.day[day::UNTYPED] += if typing_ms == 0 { 1.0 } else { 0.0 };
    }
    state.day[day::SAME_SIZE] += if size == state.last_size { 1.0 } else { 0.0 };
    state.last_size = size;
    state.week[week::SENT] += 1.0;
    state.week[week::FIRST] += yes(first);
    state.week[week::FIRST_KNOWN] += known(first);
    state.week[week::STRANGERS] += no(has);
    state.week[week::CONTACT_KNOWN] += known(has);
    if !is_group {
        state.day[day::TO_PERSON] += 1.0;
        state.week[week::TO_PERSON] += 1.0;
    }
}

fn looked_up(state: &mut ActorState, numbers: f32, hits: f32, sequential_share: f32) {
    state.minute[minute::LOOKED_UP] += numbers;
    state.hour[hour::LOOKED_UP] += numbers;
    state.day[day::LOOKED_UP] += numbers;
    state.day[day::LOOK_UPS] += 1.0;
    state.day[day::HITS] += hits;
    if !sequential_share.is_nan() {
        state.day[day::SEQUENTIAL] += numbers * sequential_share;
    }
    state.week[week::LOOKED_UP] += numbers;
}

fn reported(state: &mut ActorState, facet: &Facet<ActorTouch>) {
    let ActorTouch::Reported {
        category,
        first_message,
        reporters,
        reporter_places,
        ..
    } = &facet.touch
    else {
        return;
    };
    // The subject of a report of self-harm is to be protected: no feature, no strike.
    if *category == ReportCategory::SelfHarm {
        return;
    }
    state.hour[hour::REPORTS] += 1.0;
    state.day[day::REPORTS] += 1.0;
    state.week[week::REPORTS] += 1.0;
    state.day[day::FIRST_REPORTS] += yes(*first_message);
    state.readings[Reading::Reporters as usize] = *reporters;
    state.readings[Reading::ReporterPlaces as usize] = *reporter_places;
}

fn signal(state: &mut ActorState, kind: SignalKind) {
    let strength = match kind {
        SignalKind::Enabled | SignalKind::IdentifierRecycled | SignalKind::Hijacked => 0,
        SignalKind::RiskLow => 1,
        SignalKind::RiskMedium => 2,
        SignalKind::RiskHigh | SignalKind::BulkAccount => 3,
        SignalKind::Disabled | SignalKind::Purged => 4,
    };
    let is_withdrawn = strength == 0 || state.signal == UNKNOWN;
    state.signal = if is_withdrawn {
        strength
    } else {
        state.signal.max(strength)
    };
}

fn place_reading(state: &mut ActorState, kind: PlaceKind, values: &PlaceValues) {
    let mut set = |reading: Reading, value: f32| state.readings[reading as usize] = value;
    match kind {
        PlaceKind::Device => {
            set(Reading::DeviceAccounts, values.accounts);
            set(Reading::DeviceBanned, values.banned);
            if values.registration {
                set(Reading::DeviceRegistrations, values.registrations_week);
            }
        }
        PlaceKind::Network => {
            set(Reading::NetworkBanned, values.banned);
            if values.registration {
                set(Reading::NetworkRegistrationsHour, values.registrations_hour);
                set(Reading::NetworkRegistrationsDay, values.registrations_day);
                set(Reading::NetworkGap, values.gap);
            }
        }
        PlaceKind::Range => {
            set(Reading::RangeBanned, values.banned);
            if values.registration {
                set(Reading::RangeRegistrationsHour, values.registrations_hour);
                set(Reading::RangeRegistrationsWeek, values.registrations_week);
                set(Reading::RangeCountry, values.country.value());
            }
        }
    }
}
