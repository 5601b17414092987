//! Split: an event becomes facets, each keyed by the entity that it touches (the table of DESIGN §3).

mod account;
mod contact;
mod report;

use account::{known, login, registered};
use contact::{call, member_added, message};
use report::{reported, surface_matched};

use crate::event::values::SignalKind;
use crate::event::{Body, Event};
use crate::facet::{ActorTouch, Contact, Facet, LinksTouch, Place, SharedTouch, ThreatTouch};
use crate::identifier::Pseudonym;
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
