//! Split: an event becomes facets, each keyed by the entity that it touches (the table of DESIGN §3).

use crate::event::values::{MatchKind, ReportCategory, SignalKind};
use crate::event::{
    AccountKnown, AccountLogin, AccountRegistered, Body, CallPlaced, Event, GroupMemberAdded,
    MessageSent, SurfaceMatched, UserReported,
};
use crate::facet::threat::ThreatSubject;
use crate::facet::{
    ActorTouch, Contact, Facet, LinksTouch, Place, SharedTouch, Ternary, ThreatTouch,
};
use crate::identifier::Pseudonym;
use crate::state::actor::NEVER;
use crate::state::links::UNKNOWN;

/// Where the facets of one event go, by stage.
pub trait FacetSink {
    /// A facet of stage 0.
    fn links(&mut self, facet: Facet<LinksTouch>);
    /// A facet of stage 1.
    fn shared(&mut self, facet: Facet<SharedTouch>);
    /// A facet of stage 2.
    fn actor(&mut self, facet: Facet<ActorTouch>);
    /// A facet of stage 3.
    fn threat(&mut self, facet: Facet<ThreatTouch>);
}

/// Splits an event at this sequence into its direct facets.
pub fn split(sequence: u64, event: &Event, sink: &mut impl FacetSink) {
    let mut out = Splitter {
        sequence,
        at: event.at.0,
        sink,
    };
    match &event.body {
        Body::AccountRegistered(body) => registered(body, event.platform, &mut out),
        Body::AccountKnown(body) => known(body, event.platform, &mut out),
        Body::AccountLogin(body) => login(body, &mut out),
        Body::AccountProfileChanged(body) => {
            let touch = ActorTouch::ProfileChanged {
                surface: body.surface as u8,
                has_link: body.has_link.into(),
            };
            out.actor(body.account.0, 0, touch);
        }
        Body::AccountClosed(body) => out.actor(body.account.0, 0, ActorTouch::Closed),
        Body::MessageSent(body) => message(body, &mut out),
        Body::MessageDelivered(body) => {
            let delay_ms = body.delay_ms.map_or(-1, |delay| delay as i64);
            let touch = ActorTouch::Delivered {
                counterpart: key(body.account.0),
                delay_ms,
                read: body.read.into(),
            };
            out.actor(body.sender.0, 0, touch);
        }
        Body::CallPlaced(body) => call(body, &mut out),
        Body::ContactLookedUp(body) => {
            let sequential_share = body.sequential_share.map_or(f32::NAN, |share| share.0);
            let touch = ActorTouch::LookedUp {
                numbers: body.numbers,
                hits: body.hits,
                sequential_share,
            };
            out.actor(body.account.0, 0, touch);
        }
        Body::ContactRequested(body) => {
            let contact = Contact::Request {
                accepted: body.accepted.into(),
            };
            out.shared(
                body.target.0,
                0,
                SharedTouch::Reached {
                    sender: key(body.account.0),
                    contact,
                },
            );
        }
        Body::GroupCreated(body) => {
            let (creator, group) = (key(body.account.0), key(body.group.0));
            out.shared(
                body.group.0,
                0,
                SharedTouch::GroupCreated {
                    creator,
                    members: body.members,
                },
            );
            out.actor(
                body.account.0,
                0,
                ActorTouch::GroupCreated {
                    group,
                    members: body.members,
                },
            );
        }
        Body::GroupMemberAdded(body) => member_added(body, &mut out),
        Body::GroupLeft(body) => {
            let seconds = body.seconds_since_join.map_or(-1, i64::from);
            out.shared(
                body.group.0,
                0,
                SharedTouch::MemberLeft {
                    seconds,
                    removed: body.removed.into(),
                },
            );
        }
        Body::UserBlocked(body) => {
            out.shared(
                body.target.0,
                0,
                SharedTouch::Blocked {
                    by: key(body.account.0),
                },
            );
        }
        Body::UserReported(body) => reported(body, &mut out),
        Body::SurfaceMatched(body) => surface_matched(body, &mut out),
        Body::SignalReceived(body) => {
            if body.kind == SignalKind::IdentifierRecycled {
                out.links(body.account.0, 0, LinksTouch::Recycled);
                out.shared(
                    body.account.0,
                    0,
                    SharedTouch::AgeBand {
                        age_band: UNKNOWN,
                        begins: true,
                    },
                );
            }
            let touch = ActorTouch::Signal {
                issuer: body.issuer.0,
                kind: body.kind,
            };
            out.actor(body.account.0, 0, touch);
        }
        Body::EnforcementApplied(body) => {
            out.links(
                body.account.0,
                0,
                LinksTouch::Enforced {
                    action: body.action,
                },
            );
            out.actor(
                body.account.0,
                0,
                ActorTouch::Enforced {
                    action: body.action,
                },
            );
        }
        Body::LabelGiven(body) => {
            out.links(
                body.account.0,
                0,
                LinksTouch::Labelled {
                    behaviour: body.behaviour,
                    verdict: body.verdict,
                },
            );
            let touch = ActorTouch::Labelled {
                behaviour: body.behaviour,
                verdict: body.verdict,
            };
            out.actor(body.account.0, 0, touch);
        }
        Body::ReportJudged(body) => {
            let (reporter, right) = (key(body.account.0), body.was_right);
            match body.target {
                // The account knows whether the report was judged already.
                Some(target) => {
                    out.links(target.0, 0, LinksTouch::ReporterJudged { reporter, right });
                }
                None => out.links(body.account.0, 0, LinksTouch::OwnReportJudged { right }),
            }
        }
        // It concerns no entity: `crate::control` takes it.
        Body::ControlDetectorMode(_) => {}
    }
}

struct Splitter<'sink, S> {
    sequence: u64,
    at: i64,
    sink: &'sink mut S,
}

impl<S: FacetSink> Splitter<'_, S> {
    fn facet<T>(&self, entity: Pseudonym, rank: u64, touch: T) -> Facet<T> {
        Facet {
            key: key(entity),
            place: Place::new(self.sequence, rank),
            at: self.at,
            touch,
        }
    }

    fn links(&mut self, account: Pseudonym, rank: u64, touch: LinksTouch) {
        let facet = self.facet(account, rank, touch);
        self.sink.links(facet);
    }

    fn shared(&mut self, entity: Pseudonym, rank: u64, touch: SharedTouch) {
        let facet = self.facet(entity, rank, touch);
        self.sink.shared(facet);
    }

    fn actor(&mut self, account: Pseudonym, rank: u64, touch: ActorTouch) {
        let facet = self.facet(account, rank, touch);
        self.sink.actor(facet);
    }
}

/// An entity's key in the state tables.
pub const fn key(pseudonym: Pseudonym) -> u128 {
    u128::from_be_bytes(pseudonym.to_bytes())
}

fn registered<S: FacetSink>(body: &AccountRegistered, platform: u8, out: &mut Splitter<'_, S>) {
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

fn known<S: FacetSink>(body: &AccountKnown, platform: u8, out: &mut Splitter<'_, S>) {
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

fn login<S: FacetSink>(body: &AccountLogin, out: &mut Splitter<'_, S>) {
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

fn message<S: FacetSink>(body: &MessageSent, out: &mut Splitter<'_, S>) {
    let contact = Contact::Message {
        recipients: body.recipients,
        size: body.size_bucket.0,
        kind: body.kind as u8,
        first: body.first_contact.into(),
        known: body.recipient_has_sender.into(),
        reply: body.reply.into(),
        forwarded_many: body
            .forwarded
            .map(|forwarded| forwarded == crate::event::values::Forwarded::Many)
            .into(),
        typing_ms: body.typing_ms.map_or(-1, |typing| typing as i64),
    };
    let sender = key(body.account.0);
    if let Some(recipient) = body.recipient {
        out.shared(recipient.0, 0, SharedTouch::Reached { sender, contact });
        if body.reply == Some(true) {
            out.actor(
                recipient.0,
                1,
                ActorTouch::Answered {
                    counterpart: sender,
                },
            );
        }
    } else if let Some(group) = body.group {
        out.shared(group.0, 0, SharedTouch::GroupReached { sender, contact });
    }
}

fn call<S: FacetSink>(body: &CallPlaced, out: &mut Splitter<'_, S>) {
    let contact = Contact::Call {
        answered: body.answered,
        seconds: body.seconds,
        first: body.first_contact.into(),
        known: body.recipient_has_sender.into(),
    };
    let sender = key(body.account.0);
    if let Some(recipient) = body.recipient {
        out.shared(recipient.0, 0, SharedTouch::Reached { sender, contact });
    } else if let Some(group) = body.group {
        out.shared(group.0, 0, SharedTouch::GroupReached { sender, contact });
    }
}

fn member_added<S: FacetSink>(body: &GroupMemberAdded, out: &mut Splitter<'_, S>) {
    let by_itself =
        body.via != crate::event::values::JoinedVia::Direct || body.account == body.target;
    let (adder, target, group) = (key(body.account.0), key(body.target.0), key(body.group.0));
    let target_has_adder = Ternary::from(body.target_has_adder);
    out.shared(
        body.group.0,
        0,
        SharedTouch::MemberAdded {
            adder,
            target,
            target_has_adder,
            by_itself,
        },
    );
    out.actor(
        body.account.0,
        0,
        ActorTouch::MemberAdded {
            group,
            target,
            target_has_adder,
            by_itself,
        },
    );
}

fn surface_matched<S: FacetSink>(body: &SurfaceMatched, out: &mut Splitter<'_, S>) {
    let (surface, bank) = (body.surface as u8, body.bank.0);
    let exact = body.matched == MatchKind::Exact;
    if let Some(account) = body.account {
        let touch = ActorTouch::SurfaceMatched {
            surface,
            exact,
            bank,
        };
        out.actor(account.0, 0, touch);
    } else if let Some(group) = body.group {
        let touch = ThreatTouch::Matched {
            subject: ThreatSubject::GROUP,
            bank,
            surface,
            exact,
        };
        let facet = out.facet(group.0, 0, touch);
        out.sink.threat(facet);
    }
}

fn reported<S: FacetSink>(body: &UserReported, out: &mut Splitter<'_, S>) {
    use crate::event::values::InitiatedBy;
    let (target, is_group) = match (body.target, body.group) {
        (Some(target), _) => (target.0, false),
        (None, Some(group)) => (group.0, true),
        (None, None) => return,
    };
    let touch = LinksTouch::Reports {
        target: key(target),
        is_group,
        category: body.category,
        first_message: body.first_message.into(),
        target_began: body.initiated_by.map(|by| by == InitiatedBy::Target).into(),
    };
    out.links(body.account.0, 0, touch);
    // Reporters of self-harm are not judged by what becomes of the account: the report is no accusation.
    if !is_group && body.category != ReportCategory::SelfHarm {
        out.links(
            target,
            1,
            LinksTouch::ReportedBy {
                reporter: key(body.account.0),
            },
        );
    }
}
