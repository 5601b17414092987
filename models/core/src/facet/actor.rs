//! Stage 2: what touches an account as actor.

use super::{Contact, PlaceKind, Ternary};
use crate::behaviour::Behaviour;
use crate::credibility::reporter::Report;
use crate::event::values::{EnforcementAction, ReportCategory, SignalKind, Verdict};
use crate::threat::ThreatKind;

/// Stage 2: what touches an account as actor. This is also what the archive keeps as evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum ActorTouch {
    /// It was registered.
    Registered {
        /// Device.
        device: u128,
        /// Network.
        network: u128,
        /// Number kind index or unknown.
        number_kind: u8,
        /// Client index or unknown.
        client: u8,
        /// Age band index or unknown.
        age_band: u8,
        /// Codes asked for, or not a number.
        attempts: f32,
        /// Seconds to the verification, or not a number.
        seconds: f32,
        /// The platform's index.
        platform: u8,
    },
    /// It is known from before.
    Known {
        /// When it was registered, or the smallest number.
        registered_at: i64,
        /// Number kind index or unknown.
        number_kind: u8,
        /// Age band index or unknown.
        age_band: u8,
        /// Contacts, or not a number.
        contacts: f32,
        /// The platform's index.
        platform: u8,
    },
    /// It logged in; what is new was read from its links.
    Login {
        /// Device.
        device: u128,
        /// Whether the device is new.
        new_device: Ternary,
        /// Whether the network is new.
        new_network: Ternary,
        /// Whether the country is another.
        new_country: Ternary,
        /// Whether a second factor was given.
        second_factor: Ternary,
        /// Client index or unknown.
        client: u8,
    },
    /// It changed its profile.
    ProfileChanged {
        /// Surface index.
        surface: u8,
        /// Whether it now holds a link.
        has_link: Ternary,
    },
    /// Its owner closed it.
    Closed,
    /// It wrote to, called or asked somebody.
    Contacted {
        /// Account or group.
        counterpart: u128,
        /// Whether it is a group.
        is_group: bool,
        /// What was sent.
        contact: Contact,
        /// How many strangers reached the counterpart lately, or not a number.
        target_strangers: f32,
        /// Whether the counterpart is a minor.
        target_minor: Ternary,
    },
    /// Somebody answered it.
    Answered {
        /// Who.
        counterpart: u128,
    },
    /// A message of it was delivered.
    Delivered {
        /// To whom.
        counterpart: u128,
        /// Milliseconds; negative is unknown.
        delay_ms: i64,
        /// Whether it was read.
        read: Ternary,
    },
    /// It looked up numbers.
    LookedUp {
        /// How many.
        numbers: u32,
        /// How many are registered.
        hits: u32,
        /// The share in sequence, or not a number.
        sequential_share: f32,
    },
    /// It created a group.
    GroupCreated {
        /// The group.
        group: u128,
        /// Members at creation.
        members: u32,
    },
    /// It added a member to a group, or came in by itself.
    MemberAdded {
        /// The group.
        group: u128,
        /// Who was added.
        target: u128,
        /// Whether that account has the adder.
        target_has_adder: Ternary,
        /// Whether it came in by itself.
        by_itself: bool,
    },
    /// A member left a group that it created or adds to.
    MemberLeft {
        /// The group.
        group: u128,
        /// Seconds since the member came in; negative is unknown.
        seconds: i64,
        /// Whether somebody removed it.
        removed: Ternary,
    },
    /// A group that it created was reported.
    GroupReported {
        /// The group.
        group: u128,
    },
    /// It was blocked.
    Blocked {
        /// By whom.
        by: u128,
    },
    /// It was reported.
    Reported {
        /// By whom.
        by: u128,
        /// What about.
        category: ReportCategory,
        /// Whether on the first message.
        first_message: Ternary,
        /// Whether it began the conversation.
        target_began: Ternary,
        /// Its distinct reporters.
        reporters: f32,
        /// Their distinct devices and networks.
        reporter_places: f32,
    },
    /// The record of a reporter of it.
    ReporterRecord {
        /// The reporter.
        by: u128,
        /// The mean of the posterior that the reporter is right.
        precision: f32,
        /// For a report of danger: the report as the referral side weighs it.
        danger: Option<Box<(ThreatKind, Report)>>,
    },
    /// A surface of it was matched.
    SurfaceMatched {
        /// Surface index.
        surface: u8,
        /// Whether exactly.
        exact: bool,
        /// Index of the bank.
        bank: u8,
    },
    /// Another platform said something.
    Signal {
        /// Index of the issuer.
        issuer: u8,
        /// What.
        kind: SignalKind,
    },
    /// The platform did something to it. Releases latches; never a feature.
    Enforced {
        /// What.
        action: EnforcementAction,
    },
    /// It was judged. Releases a latch; never a feature.
    Labelled {
        /// The behaviour.
        behaviour: Behaviour,
        /// The verdict.
        verdict: Verdict,
    },
    /// What a place said of the accounts on it.
    PlaceReading {
        /// The kind of place.
        kind: PlaceKind,
        /// The place.
        place: u128,
        /// Its values.
        values: PlaceValues,
    },
}

/// What a place says to an account that is seen on it, before counting that account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceValues {
    /// Distinct accounts.
    pub accounts: f32,
    /// Registrations, half-life an hour.
    pub registrations_hour: f32,
    /// Registrations, half-life a day.
    pub registrations_day: f32,
    /// Registrations, half-life a week.
    pub registrations_week: f32,
    /// Banned accounts, half-life a week.
    pub banned: f32,
    /// Seconds since the last registration, or not a number.
    pub gap: f32,
    /// Whether the account's country is the one of most registrations.
    pub country: Ternary,
    /// Whether the account was being registered.
    pub registration: bool,
    /// The last other accounts, newest first. Zero is none.
    pub last_accounts: [u128; 4],
}
