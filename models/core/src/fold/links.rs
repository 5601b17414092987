//! Stage 0: an account's links.

use super::Emitted;
use crate::behaviour::Behaviour;
use crate::credibility::reporter::Cohort;
use crate::event::values::{EnforcementAction, Verdict};
use crate::facet::threat::{Danger, fingerprint};
use crate::facet::{ActorTouch, Facet, LinksTouch, Place, PlaceKind, SharedTouch, Ternary};
use crate::state::links::{Links, UNKNOWN, remember};
use crate::state::table::{EntityState, Table};
use crate::threat::ThreatKind;
use crate::time::DAY;

/// Ranks of emitted facets, after the direct ones.
const RANK: u64 = 4;

/// Folds one facet of stage 0.
pub fn fold_links(table: &mut Table<Links>, facet: &Facet<LinksTouch>, out: &mut Emitted) {
    let slot = table.touch(facet.key, facet.at);
    let links = table.state_mut(slot);
    links.last_at = links.last_at.max(facet.at);
    match &facet.touch {
        LinksTouch::Registered { .. } => registered(links, facet, out),
        LinksTouch::Login { .. } => login(links, facet, out),
        LinksTouch::Reports {
            target,
            is_group,
            category,
            first_message,
            target_began,
        } => {
            if *is_group {
                let touch = SharedTouch::GroupReported {
                    reporter: facet.key,
                    category: *category,
                };
                emit(out, facet, *target, touch);
            } else {
                let touch = SharedTouch::Reported {
                    reporter: facet.key,
                    reporter_device: links.devices[0],
                    reporter_network: links.networks[0],
                    category: *category,
                    first_message: *first_message,
                    target_began: *target_began,
                };
                emit(out, facet, *target, touch);
            }
            let danger = ThreatKind::of_report(*category).map(|kind| {
                Box::new(Danger {
                    kind,
                    cohort: Cohort::at(links.registered_at, facet.at),
                    devices: links.devices.map(fingerprint),
                    networks: links.networks.map(fingerprint),
                    cluster: cluster(links),
                    first_message: *first_message,
                    target_began: *target_began,
                })
            });
            let touch = SharedTouch::MadeReport {
                target: *target,
                is_group: *is_group,
                danger,
            };
            emit(out, facet, facet.key, touch);
        }
        LinksTouch::ReportedBy { reporter } => {
            remember(&mut links.reporters, *reporter);
        }
        LinksTouch::Enforced { action } => enforced(links, *action, facet, out),
        LinksTouch::Labelled { behaviour, verdict } => {
            // Cases of minor contact rest on no report: what becomes of one says nothing of those who reported other things.
            if *behaviour != Behaviour::MinorContactRisk {
                judge_reporters(links, *verdict != Verdict::Benign, facet, out);
            }
        }
        LinksTouch::OwnReportJudged { right } => {
            let touch = SharedTouch::ReportJudged { right: *right };
            emit(out, facet, facet.key, touch);
        }
        LinksTouch::ReporterJudged { reporter, right } => {
            // Who is no longer there was judged by what became of the account, or pushed out by later reporters.
            if let Some(slot) = links.reporters.iter_mut().find(|slot| *slot == reporter) {
                *slot = 0;
                emit(
                    out,
                    facet,
                    *reporter,
                    SharedTouch::ReportJudged { right: *right },
                );
            }
        }
        LinksTouch::Recycled => {
            let last_at = links.last_at;
            *links = Links {
                last_at,
                ..Links::empty()
            };
        }
    }
}

/// The registration cluster: accounts of one number range that were registered on one day.
fn cluster(links: &Links) -> u32 {
    if links.range == 0 || links.registered_at == i64::MIN {
        return 0;
    }
    let day = links.registered_at.div_euclid(DAY) as u32;
    fingerprint(u128::from(
        fingerprint(links.range) ^ day.wrapping_mul(0x9e37_79b9),
    ))
}

fn emit(out: &mut Emitted, facet: &Facet<LinksTouch>, key: u128, touch: SharedTouch) {
    if key != 0 {
        out.shared.push(Facet {
            key,
            place: Place::new(facet.place.sequence(), RANK),
            at: facet.at,
            touch,
        });
    }
}

fn registered(links: &mut Links, facet: &Facet<LinksTouch>, out: &mut Emitted) {
    let LinksTouch::Registered {
        device,
        network,
        range,
        country,
        age_band,
        registered_at,
        begins,
    } = &facet.touch
    else {
        return;
    };
    if *begins {
        let last_at = links.last_at;
        *links = Links {
            last_at,
            ..Links::empty()
        };
    }
    if *device != 0 {
        remember(&mut links.devices, *device);
    }
    if *network != 0 {
        remember(&mut links.networks, *network);
    }
    if *range != 0 {
        links.range = *range;
    }
    if *country != UNKNOWN {
        links.country = *country;
    }
    if *age_band != UNKNOWN {
        links.age_band = *age_band;
    }
    links.registered_at = *registered_at;
    for (kind, place) in [
        (PlaceKind::Device, *device),
        (PlaceKind::Network, *network),
        (PlaceKind::Range, *range),
    ] {
        let touch = SharedTouch::Seen {
            kind,
            account: facet.key,
            registration: *begins,
            country: *country,
            own_banned: links.banned != 0,
        };
        emit(out, facet, place, touch);
    }
}

fn login(links: &mut Links, facet: &Facet<LinksTouch>, out: &mut Emitted) {
    let LinksTouch::Login {
        device,
        network,
        country,
        new_device,
        second_factor,
        client,
    } = &facet.touch
    else {
        return;
    };
    // What the platform says of the device stands; where it says nothing, the account's last devices answer.
    let knows_devices = links.devices[0] != 0;
    let seen_device = *device != 0 && !remember(&mut links.devices, *device);
    let new_device = match (new_device, *device != 0 && knows_devices) {
        (Ternary::Unknown, true) => Ternary::from(Some(!seen_device)),
        (told, _) => *told,
    };
    let knows_networks = links.networks[0] != 0;
    let new_network = if *network == 0 {
        Ternary::Unknown
    } else {
        let is_new = remember(&mut links.networks, *network);
        if knows_networks {
            Ternary::from(Some(is_new))
        } else {
            Ternary::Unknown
        }
    };
    let new_country = if *country == UNKNOWN || links.country == UNKNOWN {
        Ternary::Unknown
    } else {
        Ternary::from(Some(*country != links.country))
    };
    if *country != UNKNOWN {
        links.country = *country;
    }
    for (kind, place) in [(PlaceKind::Device, *device), (PlaceKind::Network, *network)] {
        let touch = SharedTouch::Seen {
            kind,
            account: facet.key,
            registration: false,
            country: *country,
            own_banned: links.banned != 0,
        };
        emit(out, facet, place, touch);
    }
    out.actor.push(Facet {
        key: facet.key,
        place: Place::new(facet.place.sequence(), RANK),
        at: facet.at,
        touch: ActorTouch::Login {
            device: *device,
            new_device,
            new_network,
            new_country,
            second_factor: *second_factor,
            client: *client,
        },
    });
}

fn enforced(
    links: &mut Links,
    action: EnforcementAction,
    facet: &Facet<LinksTouch>,
    out: &mut Emitted,
) {
    let stands = matches!(
        action,
        EnforcementAction::Banned | EnforcementAction::Suspended
    );
    let change = match (action, links.banned != 0) {
        (EnforcementAction::Reinstated, true) => -1,
        (_, false) if stands => 1,
        _ => 0,
    };
    if change != 0 {
        links.banned = u8::from(change > 0);
        for device in links.devices {
            emit(
                out,
                facet,
                device,
                SharedTouch::AccountBanned {
                    kind: PlaceKind::Device,
                    change,
                },
            );
        }
        for network in links.networks {
            emit(
                out,
                facet,
                network,
                SharedTouch::AccountBanned {
                    kind: PlaceKind::Network,
                    change,
                },
            );
        }
        emit(
            out,
            facet,
            links.range,
            SharedTouch::AccountBanned {
                kind: PlaceKind::Range,
                change,
            },
        );
    }
    match action {
        EnforcementAction::Banned => judge_reporters(links, true, facet, out),
        EnforcementAction::Reinstated => judge_reporters(links, false, facet, out),
        _ => {}
    }
}

/// Tells the last who reported the account whether they were right. Whoever is judged is forgotten until the next report, so
/// that the first verdict counts, whether it is a person's about the report or one about the account.
fn judge_reporters(links: &mut Links, right: bool, facet: &Facet<LinksTouch>, out: &mut Emitted) {
    for reporter in std::mem::take(&mut links.reporters) {
        emit(out, facet, reporter, SharedTouch::ReportJudged { right });
    }
}
