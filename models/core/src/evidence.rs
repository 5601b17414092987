//! Evidence: an account's facets as the archive keeps them and as people see them.
//!
//! The stored form holds the kind of facet, where its record stands, the counterpart's pseudonym and its known numbers by
//! name. Every name is a member of a closed set, so nothing else can enter.

use crate::facet::{ActorTouch, Contact, Facet, PlaceKind, Ternary};
use crate::identifier::Pseudonym;
use crate::recommendation::{EvidenceFacet, EvidenceLink, Position};
use crate::state::actor::NEVER;
use crate::time::Timestamp;

crate::closed_set! {
    /// The kinds of facet in an account's history.
    FacetKind {
        /// The account was registered.
        Registered = "registered",
        /// The account is known from before.
        Known = "known",
        /// A log-in.
        Login = "login",
        /// A change of the profile.
        ProfileChanged = "profile_changed",
        /// The owner closed the account.
        Closed = "closed",
        /// A message.
        MessageSent = "message_sent",
        /// A call.
        CallPlaced = "call_placed",
        /// A contact request.
        ContactRequested = "contact_requested",
        /// An answer that came back.
        Answered = "answered",
        /// A delivery.
        Delivered = "delivered",
        /// A look-up of numbers.
        LookedUp = "looked_up",
        /// A group created.
        GroupCreated = "group_created",
        /// A member added.
        MemberAdded = "member_added",
        /// A member left.
        MemberLeft = "member_left",
        /// A group of the account was reported.
        GroupReported = "group_reported",
        /// A block.
        Blocked = "blocked",
        /// A report.
        Reported = "reported",
        /// The record of a reporter.
        ReporterRecord = "reporter_record",
        /// A match of a surface.
        SurfaceMatched = "surface_matched",
        /// A signal of another platform.
        Signal = "signal",
        /// An enforcement.
        Enforced = "enforced",
        /// A label.
        Labelled = "labelled",
        /// What the device said.
        DeviceReading = "device_reading",
        /// What the network said.
        NetworkReading = "network_reading",
        /// What the number range said.
        RangeReading = "range_reading",
    }
}

crate::closed_set! {
    /// The names of a facet's numbers.
    ValueName {
        /// Recipients of a message.
        Recipients = "recipients",
        /// Size class.
        SizeBucket = "size_bucket",
        /// Whether it begins a conversation.
        FirstContact = "first_contact",
        /// Whether the recipient has the sender.
        RecipientHasSender = "recipient_has_sender",
        /// Whether it answers.
        Reply = "reply",
        /// Whether forwarded many times.
        ForwardedMany = "forwarded_many",
        /// Milliseconds of typing.
        TypingMs = "typing_ms",
        /// Whether the counterpart is a group.
        ToGroup = "to_group",
        /// Whether a call was answered.
        Answered = "answered",
        /// Length in seconds, or seconds since joining.
        Seconds = "seconds",
        /// Whether a request was accepted.
        Accepted = "accepted",
        /// Milliseconds to delivery.
        DelayMs = "delay_ms",
        /// Whether read.
        Read = "read",
        /// Numbers looked up.
        Numbers = "numbers",
        /// Registered numbers found.
        Hits = "hits",
        /// Share of numbers in sequence.
        SequentialShare = "sequential_share",
        /// Members of a group at creation.
        Members = "members",
        /// Whether the added account has the adder.
        TargetHasAdder = "target_has_adder",
        /// Whether the member came in by itself.
        ByItself = "by_itself",
        /// Whether somebody removed the member.
        Removed = "removed",
        /// Index of a closed set: category, surface, action, behaviour, signal.
        Code = "code",
        /// Whether on the first message.
        FirstMessage = "first_message",
        /// Whether the account began the conversation.
        AccountBegan = "account_began",
        /// Distinct reporters.
        Reporters = "reporters",
        /// The reporter's precision.
        Precision = "precision",
        /// Whether exactly.
        Exact = "exact",
        /// Index of a verdict.
        Verdict = "verdict",
        /// Whether on a new device.
        NewDevice = "new_device",
        /// Whether from a new network.
        NewNetwork = "new_network",
        /// Whether from a new country.
        NewCountry = "new_country",
        /// Whether with a second factor.
        SecondFactor = "second_factor",
        /// Verification codes asked for.
        Attempts = "attempts",
        /// Other accounts on the place.
        Accounts = "accounts",
        /// Registrations on the place, half-life an hour.
        RegistrationsHour = "registrations_hour",
        /// Registrations on the place, half-life a week.
        RegistrationsWeek = "registrations_week",
        /// Banned accounts on the place.
        Banned = "banned",
        /// Contacts.
        Contacts = "contacts",
    }
}

/// The most numbers that a facet has.
const MOST_VALUES: usize = 8;

/// A facet as it is stored and shown.
struct Description {
    kind: FacetKind,
    counterpart: u128,
    values: [(u8, f32); MOST_VALUES],
    count: usize,
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

fn describe(touch: &ActorTouch) -> Description {
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
        ActorTouch::ReporterRecord { by, precision } => {
            Description::new(FacetKind::ReporterRecord, *by).with(Name::Precision, *precision)
        }
        ActorTouch::SurfaceMatched { surface, exact } => {
            Description::new(FacetKind::SurfaceMatched, 0)
                .with(Name::Code, f32::from(*surface))
                .with(Name::Exact, flag(*exact))
        }
        ActorTouch::Signal { kind } => {
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

/// The key under which the archive keeps an account's readings of places once more, so that its links are found however
/// many facets came since.
pub const fn links_key(account: u128) -> u128 {
    account ^ 0x6c69_6e6b_735f_6f66_5f61_6363_6f75_6e74
}

/// Writes a facet in its stored form into `out` (which is cleared first). At most 134 bytes.
pub fn encode(facet: &Facet<ActorTouch>, position: Position, out: &mut Vec<u8>) {
    let description = describe(&facet.touch);
    out.clear();
    out.push(description.kind as u8);
    out.push(description.count as u8);
    out.extend_from_slice(&position.partition.to_le_bytes());
    out.extend_from_slice(&position.offset.to_le_bytes());
    out.extend_from_slice(&description.counterpart.to_be_bytes());
    for (name, value) in &description.values[..description.count] {
        out.push(*name);
        out.extend_from_slice(&value.to_le_bytes());
    }
    if let ActorTouch::PlaceReading { values, .. } = &facet.touch {
        for other in values.last_accounts.iter().filter(|other| **other != 0) {
            out.extend_from_slice(&other.to_be_bytes());
        }
    }
}

/// A facet read from its stored form.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFacet {
    /// The facet.
    pub facet: EvidenceFacet,
    /// For a reading of a place: the last other accounts seen on it.
    pub last_accounts: Vec<Pseudonym>,
}

/// Reads a facet from its stored form. `None` if the bytes are not one.
pub fn decode(sequence: u64, at: i64, bytes: &[u8]) -> Option<StoredFacet> {
    let (head, rest) = bytes.split_at_checked(30)?;
    let kind = FacetKind::from_index(usize::from(head[0]))?;
    let (values, accounts) = rest.split_at_checked(usize::from(head[1]) * 5)?;
    let partition = u32::from_le_bytes(head[2..6].try_into().ok()?);
    let offset = u64::from_le_bytes(head[6..14].try_into().ok()?);
    let counterpart: [u8; 16] = head[14..30].try_into().ok()?;
    let values = values
        .chunks_exact(5)
        .map(|chunk| {
            let name = ValueName::from_index(usize::from(chunk[0]))?;
            let value = f32::from_le_bytes(chunk[1..5].try_into().ok()?);
            Some((name.name().to_owned(), value))
        })
        .collect::<Option<Vec<_>>>()?;
    let accounts = accounts
        .chunks(16)
        .map(|chunk| chunk.try_into().ok().map(Pseudonym::from_bytes));
    Some(StoredFacet {
        facet: EvidenceFacet {
            at: Timestamp(at),
            position: Position {
                sequence,
                partition,
                offset,
            },
            what: kind.name().to_owned(),
            counterpart: (counterpart != [0; 16]).then(|| Pseudonym::from_bytes(counterpart)),
            values,
        },
        last_accounts: accounts.collect::<Option<Vec<_>>>()?,
    })
}

/// An account's links, from its readings of places (oldest first): the newest reading of each place, the most banned
/// first, then the most crowded.
pub fn links(readings: &[StoredFacet]) -> Vec<EvidenceLink> {
    let mut links: Vec<EvidenceLink> = Vec::new();
    for reading in readings.iter().rev() {
        let kind = match FacetKind::parse(&reading.facet.what) {
            Some(FacetKind::DeviceReading) => "device",
            Some(FacetKind::NetworkReading) => "network",
            Some(FacetKind::RangeReading) => "number_range",
            _ => continue,
        };
        let Some(entity) = reading.facet.counterpart else {
            continue;
        };
        if links.iter().any(|link| link.entity == entity) {
            continue;
        }
        let value = |name: ValueName| {
            let found = reading
                .facet
                .values
                .iter()
                .find(|(candidate, _)| candidate == name.name());
            found.map_or(0.0, |(_, value)| *value)
        };
        links.push(EvidenceLink {
            kind: kind.to_owned(),
            entity,
            accounts: value(ValueName::Accounts),
            banned: value(ValueName::Banned),
            last_accounts: reading.last_accounts.clone(),
        });
    }
    links.sort_by(|left, right| {
        (right.banned.total_cmp(&left.banned))
            .then(right.accounts.total_cmp(&left.accounts))
            .then(left.entity.cmp(&right.entity))
    });
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facet::Place;

    #[test]
    fn a_stored_facet_is_read_back() {
        let facet = Facet {
            key: 1,
            place: Place::new(7, 8),
            at: 5_000,
            touch: ActorTouch::LookedUp {
                numbers: 40,
                hits: 3,
                sequential_share: f32::NAN,
            },
        };
        let position = Position {
            sequence: 7,
            partition: 2,
            offset: 9,
        };
        let mut bytes = Vec::new();
        encode(&facet, position, &mut bytes);
        let read = decode(7, 5_000, &bytes).unwrap().facet;
        assert_eq!(read.what, "looked_up");
        assert_eq!(read.position, position);
        assert_eq!(
            read.values,
            vec![("numbers".to_owned(), 40.0), ("hits".to_owned(), 3.0)]
        );
        assert!(decode(7, 0, &bytes[..bytes.len() - 1]).is_none());
    }
}
