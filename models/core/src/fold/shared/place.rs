//! An account is seen at a place: on a device, in a network, with a number of a range.

use super::{SharedTables, emit};
use crate::facet::{ActorTouch, Facet, PlaceKind, PlaceValues, SharedTouch, Ternary};
use crate::fold::Emitted;
use crate::state::links::{UNKNOWN, remember};
use crate::state::sketch;

pub(super) fn seen(tables: &mut SharedTables, facet: &Facet<SharedTouch>, out: &mut Emitted) {
    let SharedTouch::Seen {
        kind,
        account,
        registration,
        country,
        own_banned,
    } = &facet.touch
    else {
        return;
    };
    let table = tables.places_mut(*kind);
    let slot = table.touch(facet.key, facet.at);
    let place = table.state_mut(slot);
    place.advance(facet.at);
    let same_country = if *country == UNKNOWN || place.country == UNKNOWN {
        Ternary::Unknown
    } else {
        Ternary::from(Some(*country == place.country))
    };
    // Readings come before the account itself is counted: they tell of others, earlier.
    let is_counted = place.accounts & (1 << (*account as u64 & 127)) != 0
        && place.last_accounts.contains(account);
    let own = if is_counted { 1.0 } else { 0.0 };
    let gap = if place.last_registration_at == i64::MIN {
        f32::NAN
    } else {
        facet.at.saturating_sub(place.last_registration_at).max(0) as f32 / 1_000.0
    };
    let values = PlaceValues {
        accounts: (place.distinct_accounts() - own).max(0.0),
        registrations_hour: place.registrations_hour,
        registrations_day: place.registrations_day,
        registrations_week: place.registrations_week,
        banned: (place.banned_week - if *own_banned { 1.0 } else { 0.0 }).max(0.0),
        gap,
        country: same_country,
        registration: *registration,
        last_accounts: place
            .last_accounts
            .map(|other| if other == *account { 0 } else { other }),
    };
    sketch::insert(&mut place.accounts, *account as u64);
    remember(&mut place.last_accounts, *account);
    if *registration {
        place.registrations_hour += 1.0;
        place.registrations_day += 1.0;
        place.registrations_week += 1.0;
        place.last_registration_at = place.last_registration_at.max(facet.at);
        place.vote_country(*country);
    }
    let rank = match kind {
        PlaceKind::Device => 8,
        PlaceKind::Network => 9,
        PlaceKind::Range => 10,
    };
    emit(
        out,
        facet,
        *account,
        rank,
        ActorTouch::PlaceReading {
            kind: *kind,
            place: facet.key,
            values,
        },
    );
}
