//! Accounts register, are known from before, and log in.

use super::{FacetSink, Splitter, key};
use crate::event::{AccountKnown, AccountLogin, AccountRegistered};
use crate::facet::{ActorTouch, LinksTouch, SharedTouch};
use crate::state::actor::NEVER;
use crate::state::links::UNKNOWN;

pub(super) fn registered<S: FacetSink>(
    body: &AccountRegistered,
    platform: u8,
    out: &mut Splitter<'_, S>,
) {
    let age_band = body.age_band.map_or(UNKNOWN, |band| band as u8);
    let device = body.device.map_or(0, |device| key(device.0));
    let network = body.network.map_or(0, |network| key(network.0));
    let links = LinksTouch::Registered {
        device,
        network,
        range: body.number_range.map_or(0, |range| key(range.0)),
        country: body.country.map_or(UNKNOWN, |country| country.0),
        age_band,
        registered_at: out.at,
        begins: true,
    };
    out.links(body.account.0, 0, links);
    out.shared(
        body.account.0,
        0,
        SharedTouch::AgeBand {
            age_band,
            begins: true,
        },
    );
    let touch = ActorTouch::Registered {
        device,
        network,
        number_kind: body.number_kind.map_or(UNKNOWN, |kind| kind as u8),
        client: body.client.map_or(UNKNOWN, |client| client as u8),
        age_band,
        attempts: body
            .verification_attempts
            .map_or(f32::NAN, |attempts| attempts as f32),
        seconds: body
            .verification_seconds
            .map_or(f32::NAN, |seconds| seconds as f32),
        platform,
    };
    out.actor(body.account.0, 0, touch);
}

pub(super) fn known<S: FacetSink>(body: &AccountKnown, platform: u8, out: &mut Splitter<'_, S>) {
    let age_band = body.age_band.map_or(UNKNOWN, |band| band as u8);
    let registered_at = body.registered_at.map_or(NEVER, |at| at.0);
    let links = LinksTouch::Registered {
        device: body.device.map_or(0, |device| key(device.0)),
        network: body.network.map_or(0, |network| key(network.0)),
        range: body.number_range.map_or(0, |range| key(range.0)),
        country: body.country.map_or(UNKNOWN, |country| country.0),
        age_band,
        registered_at,
        begins: false,
    };
    out.links(body.account.0, 0, links);
    if age_band != UNKNOWN {
        out.shared(
            body.account.0,
            0,
            SharedTouch::AgeBand {
                age_band,
                begins: false,
            },
        );
    }
    let touch = ActorTouch::Known {
        registered_at,
        number_kind: body.number_kind.map_or(UNKNOWN, |kind| kind as u8),
        age_band,
        contacts: body.contacts.map_or(f32::NAN, |contacts| contacts as f32),
        platform,
    };
    out.actor(body.account.0, 0, touch);
}

pub(super) fn login<S: FacetSink>(body: &AccountLogin, out: &mut Splitter<'_, S>) {
    let links = LinksTouch::Login {
        device: body.device.map_or(0, |device| key(device.0)),
        network: body.network.map_or(0, |network| key(network.0)),
        country: body.country.map_or(UNKNOWN, |country| country.0),
        new_device: body.new_device.into(),
        second_factor: body.second_factor.into(),
        client: body.client.map_or(UNKNOWN, |client| client as u8),
    };
    out.links(body.account.0, 0, links);
}
