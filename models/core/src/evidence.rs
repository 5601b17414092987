//! Evidence: an account's facets as the archive keeps them and as people see them.
//!
//! The stored form holds the kind of facet, where its record stands, the counterpart's pseudonym and its known numbers by
//! name. Every name is a member of a closed set, so nothing else can enter.

mod describe;

use describe::describe;

use crate::facet::{ActorTouch, Facet};
use crate::identifier::Pseudonym;
use crate::recommendation::{EvidenceFacet, EvidenceLink, Position};
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
