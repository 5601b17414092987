//! The table of events of schema 1 (DESIGN §4).

use super::definition::{FieldDefinition, events, index};
use super::values::{
    Account, AgeBand, Bank, Client, ControlReason, ControlledMode, Country, Device,
    EnforcementAction, EnforcementOrigin, FieldValue, Forwarded, Group, InitiatedBy, Issuer,
    JoinedVia, LabelOrigin, Log2, MatchKind, MatchedSurface, MessageKind, NameHash, Network,
    NumberKind, NumberRange, PhotoHash, ProfileSurface, ReportCategory, Share, SignalKind,
    Standing, Verdict, Verification,
};
use super::{Edge, optional, required};
use crate::behaviour::Behaviour;
use crate::recommendation::RecommendationId;
use crate::time::Timestamp;
use crate::wire::{Fields, Refusal};

events! {
    /// An account was registered.
    AccountRegistered "account.registered" {
        required account: Account = "The account that was registered.",
        optional device: Device = "The device that it was registered on.",
        optional network: Network = "The network that it was registered from.",
        optional asn: u32 = "The autonomous system number of that network.",
        optional country: Country = "The country of that network.",
        optional number_range: NumberRange = "The range that the account's number belongs to.",
        optional number_kind: NumberKind = "The kind of number.",
        optional client: Client = "The client that was used.",
        optional age_band: AgeBand = "The owner's declared age band.",
        optional verification: Verification = "How the number was verified.",
        optional verification_attempts: u32 = "How many codes were asked for.",
        optional verification_seconds: u32 = "Seconds from the first code to the verification.",
    }
    /// What a platform already knows of an account on day one.
    AccountKnown "account.known" {
        required account: Account = "The account.",
        optional registered_at: Timestamp = "When it was registered.",
        optional device: Device = "Its device.",
        optional network: Network = "Its usual network.",
        optional country: Country = "Its usual country.",
        optional number_range: NumberRange = "The range that its number belongs to.",
        optional number_kind: NumberKind = "The kind of number.",
        optional age_band: AgeBand = "The owner's declared age band.",
        optional standing: Standing = "Its standing with the platform.",
        optional contacts: u32 = "How many contacts it has.",
    }
    /// An account logged in.
    AccountLogin "account.login" {
        required account: Account = "The account.",
        optional device: Device = "The device that it logged in on.",
        optional network: Network = "The network that it logged in from.",
        optional country: Country = "The country of that network.",
        optional client: Client = "The client that was used.",
        optional new_device: bool = "Whether the platform had not seen the device with this account.",
        optional second_factor: bool = "Whether a second factor was given.",
    }
    /// An account changed a part of its profile.
    AccountProfileChanged "account.profile_changed" {
        required account: Account = "The account.",
        required surface: ProfileSurface = "Which part changed.",
        optional has_link: bool = "Whether it now holds a link.",
        optional has_number: bool = "Whether it now holds a phone number.",
        optional length_bucket: Log2 = "The base-2 logarithm of its length.",
        optional photo_hash: PhotoHash = "A hash of the photo, keyed at the edge, for equality only.",
        optional name_hash: NameHash = "A hash of the name, keyed at the edge, for equality only.",
    }
    /// An account was closed by its owner.
    AccountClosed "account.closed" {
        required account: Account = "The account.",
    }
    /// An account sent a message to a person or a group.
    MessageSent "message.sent" {
        required account: Account = "The sender.",
        optional recipient: Account = "The recipient, for a message to a person.",
        optional group: Group = "The group, for a message to a group.",
        required recipients: u32 = "How many accounts it went to.",
        required kind: MessageKind = "The kind that the client declares outside the envelope.",
        required size_bucket: Log2 = "The base-2 logarithm of the ciphertext's bytes.",
        optional first_contact: bool = "Whether the two had no conversation before.",
        optional recipient_has_sender: bool = "Whether the recipient has the sender as a contact.",
        optional reply: bool = "Whether it answers an earlier message of the recipient.",
        optional forwarded: Forwarded = "Whether it was forwarded.",
        optional typing_ms: u64 = "Milliseconds for which the typing indicator was on.",
        # one of (recipient, group)
    }
    /// A message was delivered.
    MessageDelivered "message.delivered" {
        required account: Account = "The recipient.",
        required sender: Account = "The sender.",
        optional delay_ms: u64 = "Milliseconds from sending to delivery.",
        optional read: bool = "Whether it was read.",
    }
    /// An account placed a call.
    CallPlaced "call.placed" {
        required account: Account = "The caller.",
        optional recipient: Account = "The person called.",
        optional group: Group = "The group called.",
        required answered: bool = "Whether it was answered.",
        required seconds: u32 = "How long it lasted.",
        optional first_contact: bool = "Whether the two had no conversation before.",
        optional recipient_has_sender: bool = "Whether the recipient has the caller as a contact.",
        # one of (recipient, group)
    }
    /// An account looked up which numbers are registered.
    ContactLookedUp "contact.looked_up" {
        required account: Account = "The account.",
        required numbers: u32 = "How many numbers it asked for.",
        required hits: u32 = "How many of them are registered.",
        optional sequential_share: Share = "The share of numbers that directly follow another one asked for.",
    }
    /// An account asked another to become a contact.
    ContactRequested "contact.requested" {
        required account: Account = "The account that asks.",
        required target: Account = "The account that is asked.",
        optional accepted: bool = "Whether it was accepted.",
    }
    /// A group was created.
    GroupCreated "group.created" {
        required account: Account = "The creator.",
        required group: Group = "The group.",
        required members: u32 = "How many members it began with.",
    }
    /// Somebody was added to a group.
    GroupMemberAdded "group.member_added" {
        required account: Account = "The account that adds (or who joins, by link).",
        required group: Group = "The group.",
        required target: Account = "The account that is added.",
        optional target_has_adder: bool = "Whether the added account has the adder as a contact.",
        required via: JoinedVia = "How it came in.",
    }
    /// Somebody left a group, or was removed.
    GroupLeft "group.left" {
        required account: Account = "The account that left.",
        required group: Group = "The group.",
        optional seconds_since_join: u32 = "Seconds since it came in.",
        optional removed: bool = "Whether somebody else removed it.",
    }
    /// An account blocked another.
    UserBlocked "user.blocked" {
        required account: Account = "The account that blocks.",
        required target: Account = "The account that is blocked.",
    }
    /// An account reported another, or a group.
    UserReported "user.reported" {
        required account: Account = "The reporter.",
        optional target: Account = "The account that is reported.",
        optional group: Group = "The group that is reported.",
        required category: ReportCategory = "What the report is about.",
        optional first_message: bool = "Whether it concerns the first message from the account.",
        optional initiated_by: InitiatedBy = "Who began the conversation.",
        # one of (target, group)
    }
    /// The platform's edge matched an unencrypted surface against a hash bank.
    SurfaceMatched "surface.matched" {
        optional account: Account = "The account that the surface belongs to.",
        optional group: Group = "The group that the surface belongs to.",
        required surface: MatchedSurface = "Which surface.",
        required bank: Bank = "The bank, of the configured set.",
        required matched as "match": MatchKind = "How close the match is.",
        optional distance: u32 = "The distance between the hashes, in bits.",
        # one of (account, group)
    }
    /// Another platform said something about the account's owner.
    SignalReceived "signal.received" {
        required account: Account = "The account.",
        required issuer: Issuer = "The platform that says it, of the configured set.",
        required kind: SignalKind = "What it says.",
    }
    /// The platform did something to an account.
    EnforcementApplied "enforcement.applied" {
        required account: Account = "The account.",
        required action: EnforcementAction = "What was done.",
        optional behaviour: Behaviour = "For which behaviour.",
        optional origin: EnforcementOrigin = "Where it came from.",
        optional recommendation: RecommendationId = "The recommendation that it follows.",
    }
    /// Somebody decided what an account did.
    LabelGiven "label.given" {
        required account: Account = "The account.",
        required behaviour: Behaviour = "The behaviour that was judged.",
        required verdict: Verdict = "The verdict.",
        required origin: LabelOrigin = "Where the label came from.",
        optional since: Timestamp = "From when on the account behaved so.",
        optional recommendation: RecommendationId = "The recommendation that was judged.",
    }
    /// A detector was put into the shadow, or taken back to what the policy says, on every platform.
    ControlDetectorMode "control.detector_mode" {
        required behaviour: Behaviour = "The detector's behaviour.",
        required mode: ControlledMode = "Shadow, or as configured: never further than the policy goes.",
        required reason: ControlReason = "Why.",
    }
    /// A person found a report of danger to be right or wrong. It says nothing of the account that was reported.
    ReportJudged "report.judged" {
        required account: Account = "The reporter.",
        optional target: Account = "The account that was reported.",
        optional group: Group = "The group that was reported.",
        required was_right: bool = "Whether the person found it to be so.",
        # one of (target, group)
    }
}
