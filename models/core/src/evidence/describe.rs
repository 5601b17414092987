//! What each facet is stored and shown as: its kind, its counterpart and its known numbers by name.

use super::{FacetKind, ValueName};
use crate::facet::{ActorTouch, Contact, PlaceKind, Ternary};
use crate::state::actor::NEVER;

/// The most numbers that a facet has.
pub(super) const MOST_VALUES: usize = 8;

/// A facet as it is stored and shown.
pub(super) struct Description {
    pub(super) kind: FacetKind,
    pub(super) counterpart: u128,
    pub(super) values: [(u8, f32); MOST_VALUES],
    pub(super) count: usize,
}

impl Description {
    const fn new(kind: FacetKind, counterpart: u128) -> Self {
        Self {
            kind,
            counterpart,
            values: [(0, 0.0); MOST_VALUES],
            count: 0,
        }
    }

    /// Adds a number; unknown ones (not a number) are left out.
    fn with(mut self, name: ValueName, value: f32) -> Self {
        if !value.is_nan() && self.count < MOST_VALUES {
            self.values[self.count] = (name as u8, value);
            self.count += 1;
        }
        self
    }

    fn told(self, name: ValueName, value: Ternary) -> Self {
        self.with(name, value.value())
    }
}

fn flag(value: bool) -> f32 {
    if value { 1.0 } else { 0.0 }
}

fn known(value: i64) -> f32 {
    if value < 0 { f32::NAN } else { value as f32 }
}

/// What a facet is stored and shown as.
pub(super) fn describe(touch: &ActorTouch) -> Description {
    use ValueName as Name;
    match touch {
        ActorTouch::Registered {
            device,
            attempts,
            seconds,
            ..
        } => Description::new(FacetKind::Registered, *device)
            .with(Name::Attempts, *attempts)
            .with(Name::Seconds, *seconds),
        ActorTouch::Known {
            registered_at,
            contacts,
            ..
        } => Description::new(FacetKind::Known, 0)
            .with(Name::Contacts, *contacts)
            .with(Name::Code, flag(*registered_at != NEVER)),
        ActorTouch::Login {
            device,
            new_device,
            new_network,
            new_country,
            second_factor,
            ..
        } => Description::new(FacetKind::Login, *device)
            .told(Name::NewDevice, *new_device)
            .told(Name::NewNetwork, *new_network)
            .told(Name::NewCountry, *new_country)
            .told(Name::SecondFactor, *second_factor),
        ActorTouch::ProfileChanged { surface, .. } => {
            Description::new(FacetKind::ProfileChanged, 0).with(Name::Code, f32::from(*surface))
        }
        ActorTouch::Closed => Description::new(FacetKind::Closed, 0),
        ActorTouch::Contacted {
            counterpart,
            is_group,
            contact,
            ..
        } => contacted(*counterpart, *is_group, *contact),
        ActorTouch::Answered { counterpart } => Description::new(FacetKind::Answered, *counterpart),
        ActorTouch::Delivered {
            counterpart,
            delay_ms,
            read,
        } => Description::new(FacetKind::Delivered, *counterpart)
            .with(Name::DelayMs, known(*delay_ms))
            .told(Name::Read, *read),
        ActorTouch::LookedUp {
            numbers,
            hits,
            sequential_share,
        } => Description::new(FacetKind::LookedUp, 0)
            .with(Name::Numbers, *numbers as f32)
            .with(Name::Hits, *hits as f32)
            .with(Name::SequentialShare, *sequential_share),
        ActorTouch::GroupCreated { group, members } => {
            Description::new(FacetKind::GroupCreated, *group).with(Name::Members, *members as f32)
        }
        ActorTouch::MemberAdded {
            target,
            target_has_adder,
            by_itself,
            ..
        } => Description::new(FacetKind::MemberAdded, *target)
            .told(Name::TargetHasAdder, *target_has_adder)
            .with(Name::ByItself, flag(*by_itself)),
        ActorTouch::MemberLeft {
            group,
            seconds,
            removed,
        } => Description::new(FacetKind::MemberLeft, *group)
            .with(Name::Seconds, known(*seconds))
            .told(Name::Removed, *removed),
        ActorTouch::GroupReported { group } => Description::new(FacetKind::GroupReported, *group),
        ActorTouch::Blocked { by } => Description::new(FacetKind::Blocked, *by),
        ActorTouch::Reported {
            by,
            category,
            first_message,
            target_began,
            reporters,
            ..
        } => Description::new(FacetKind::Reported, *by)
            .with(Name::Code, *category as u8 as f32)
            .told(Name::FirstMessage, *first_message)
            .told(Name::AccountBegan, *target_began)
            .with(Name::Reporters, *reporters),
        ActorTouch::ReporterRecord { by, precision, .. } => {
            Description::new(FacetKind::ReporterRecord, *by).with(Name::Precision, *precision)
        }
        ActorTouch::SurfaceMatched { surface, exact, .. } => {
            Description::new(FacetKind::SurfaceMatched, 0)
                .with(Name::Code, f32::from(*surface))
                .with(Name::Exact, flag(*exact))
        }
        ActorTouch::Signal { kind, .. } => {
            Description::new(FacetKind::Signal, 0).with(Name::Code, *kind as u8 as f32)
        }
        ActorTouch::Enforced { action } => {
            Description::new(FacetKind::Enforced, 0).with(Name::Code, *action as u8 as f32)
        }
        ActorTouch::Labelled { behaviour, verdict } => Description::new(FacetKind::Labelled, 0)
            .with(Name::Code, *behaviour as u8 as f32)
            .with(Name::Verdict, *verdict as u8 as f32),
        ActorTouch::PlaceReading {
            kind,
            place,
            values,
        } => {
            let kind = match kind {
                PlaceKind::Device => FacetKind::DeviceReading,
                PlaceKind::Network => FacetKind::NetworkReading,
                PlaceKind::Range => FacetKind::RangeReading,
            };
            Description::new(kind, *place)
                .with(Name::Accounts, values.accounts)
                .with(Name::RegistrationsHour, values.registrations_hour)
                .with(Name::RegistrationsWeek, values.registrations_week)
                .with(Name::Banned, values.banned)
        }
    }
}

fn contacted(counterpart: u128, is_group: bool, contact: Contact) -> Description {
    use ValueName as Name;
    match contact {
        Contact::Message {
            recipients,
            size,
            first,
            known: has,
            reply,
            forwarded_many,
            typing_ms,
            ..
        } => Description::new(FacetKind::MessageSent, counterpart)
            .with(Name::Recipients, recipients as f32)
            .with(Name::SizeBucket, f32::from(size))
            .told(Name::FirstContact, first)
            .told(Name::RecipientHasSender, has)
            .told(Name::Reply, reply)
            .told(Name::ForwardedMany, forwarded_many)
            .with(Name::TypingMs, known(typing_ms))
            .with(Name::ToGroup, flag(is_group)),
        Contact::Call {
            answered,
            seconds,
            first,
            known: has,
        } => Description::new(FacetKind::CallPlaced, counterpart)
            .with(Name::Answered, flag(answered))
            .with(Name::Seconds, seconds as f32)
            .told(Name::FirstContact, first)
            .told(Name::RecipientHasSender, has)
            .with(Name::ToGroup, flag(is_group)),
        Contact::Request { accepted } => Description::new(FacetKind::ContactRequested, counterpart)
            .told(Name::Accepted, accepted),
    }
}
