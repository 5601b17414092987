//! The closed value types of event fields: how each is read from a record, and its JSON Schema.

use serde_json::{Value as Json, json};

use crate::event::Edge;
use crate::event::country::COUNTRIES;
use crate::identifier::{IdentifierKind, Pseudonym};
use crate::recommendation::RecommendationId;
use crate::time::{LATEST, RFC3339_PATTERN, Timestamp};
use crate::wire::{Refusal, Scalar};

/// A type that a field of an event may have.
pub trait FieldValue: Sized {
    /// The identifier kind, for fields that hold one.
    const IDENTIFIER: Option<IdentifierKind> = None;

    /// Reads and checks the value; identifiers become pseudonyms here.
    ///
    /// # Errors
    /// The value is not of this type.
    fn read(value: &Scalar<'_>, edge: &Edge<'_>) -> Result<Self, Refusal>;

    /// The value's JSON Schema.
    fn schema(edge: &Edge<'_>) -> Json;
}

/// Largest integer that every JSON implementation keeps exactly (RFC 8259 §6).
pub const LARGEST_INTEGER: u64 = (1 << 53) - 1;

fn integer(value: &Scalar<'_>, largest: u64) -> Result<u64, Refusal> {
    let number = match value {
        Scalar::Unsigned(number) => *number,
        // JSON Schema's `integer` is any number without a fraction, as 3.0 or 3e0.
        Scalar::Number(number)
            if *number >= 0.0 && *number <= largest as f64 && libm::floor(*number) == *number =>
        {
            *number as u64
        }
        _ => return Err(Refusal::InvalidValue),
    };
    if number <= largest {
        Ok(number)
    } else {
        Err(Refusal::InvalidValue)
    }
}

impl FieldValue for u64 {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        integer(value, LARGEST_INTEGER)
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"type": "integer", "minimum": 0, "maximum": LARGEST_INTEGER})
    }
}

impl FieldValue for u32 {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        integer(value, u64::from(Self::MAX)).map(|number| number as Self)
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"type": "integer", "minimum": 0, "maximum": Self::MAX})
    }
}

/// The base-2 logarithm of a size, rounded down: 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log2(pub u8);

impl FieldValue for Log2 {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        integer(value, 63).map(|number| Self(number as u8))
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"type": "integer", "minimum": 0, "maximum": 63})
    }
}

/// A share between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(pub f32);

impl FieldValue for Share {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        let number = match value {
            Scalar::Unsigned(number) if *number <= 1 => *number as f64,
            Scalar::Number(number) if (0.0..=1.0).contains(number) => *number,
            _ => return Err(Refusal::InvalidValue),
        };
        Ok(Self(number as f32))
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"type": "number", "minimum": 0, "maximum": 1})
    }
}

impl FieldValue for bool {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        match value {
            Scalar::Boolean(value) => Ok(*value),
            _ => Err(Refusal::InvalidValue),
        }
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"type": "boolean"})
    }
}

impl FieldValue for Timestamp {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        match value {
            Scalar::Text(text) => Self::parse(text).ok_or(Refusal::InvalidTime),
            other => integer(other, LATEST as u64)
                .map(|number| Self(number as i64))
                .map_err(|_| Refusal::InvalidTime),
        }
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"oneOf": [
            {"type": "string", "pattern": RFC3339_PATTERN},
            {"type": "integer", "minimum": 0, "maximum": LATEST},
        ]})
    }
}

macro_rules! identifiers {
    ($($(#[$meta:meta])* $name:ident is $kind:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub Pseudonym);

        impl FieldValue for $name {
            const IDENTIFIER: Option<IdentifierKind> = Some(IdentifierKind::$kind);

            fn read(value: &Scalar<'_>, edge: &Edge<'_>) -> Result<Self, Refusal> {
                let Scalar::Text(text) = value else { return Err(Refusal::InvalidIdentifier) };
                edge.pseudonym(IdentifierKind::$kind, text).map(Self)
            }

            fn schema(_: &Edge<'_>) -> Json {
                json!({"type": "string", "pattern": "^[A-Za-z0-9+@._:-]{1,128}$"})
            }
        }
    )+ };
}

identifiers! {
    /// An account's pseudonym.
    Account is Account,
    /// A device's pseudonym.
    Device is Device,
    /// A network's pseudonym.
    Network is Network,
    /// A number range's pseudonym.
    NumberRange is NumberRange,
    /// A group's pseudonym.
    Group is Group,
    /// A photo hash's pseudonym.
    PhotoHash is PhotoHash,
    /// A name hash's pseudonym.
    NameHash is NameHash,
    /// An event id's keyed hash.
    EventId is EventId,
}

impl FieldValue for RecommendationId {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        match value {
            Scalar::Text(text) => Self::parse(text).ok_or(Refusal::InvalidIdentifier),
            _ => Err(Refusal::InvalidIdentifier),
        }
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"type": "string", "pattern": "^[0-9a-f]{32}$"})
    }
}

/// A country of ISO 3166-1, as an index into the sorted list of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(pub u8);

impl FieldValue for Country {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        let Scalar::Text(text) = value else {
            return Err(Refusal::InvalidValue);
        };
        let index = COUNTRIES
            .binary_search(&text.as_ref())
            .map_err(|_| Refusal::InvalidValue)?;
        Ok(Self(index as u8))
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"enum": COUNTRIES.as_slice()})
    }
}

macro_rules! configured_sets {
    ($($(#[$meta:meta])* $name:ident in $set:ident else $refusal:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub u8);

        impl FieldValue for $name {
            fn read(value: &Scalar<'_>, edge: &Edge<'_>) -> Result<Self, Refusal> {
                let Scalar::Text(text) = value else { return Err(Refusal::InvalidValue) };
                let position = edge.vocabulary.$set.iter().position(|member| member == text.as_ref());
                position.map(|index| Self(index as u8)).ok_or(Refusal::$refusal)
            }

            fn schema(edge: &Edge<'_>) -> Json {
                json!({"enum": edge.vocabulary.$set})
            }
        }
    )+ };
}

configured_sets! {
    /// A platform of the configured set.
    Platform in platforms else UnknownPlatform,
    /// An issuer of cross-platform signals, of the configured set.
    Issuer in issuers else InvalidValue,
    /// A hash bank of the configured set.
    Bank in banks else InvalidValue,
}

macro_rules! closed_field_values {
    ($($(#[$meta:meta])* $set:ident { $($member:ident = $name:literal),+ $(,)? })+) => { $(
        $crate::closed_set! { $(#[$meta])* $set { $(
            #[doc = concat!("`", $name, "`.")]
            $member = $name
        ),+ } }

        impl FieldValue for $set {
            fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
                match value {
                    Scalar::Text(text) => Self::parse(text).ok_or(Refusal::InvalidValue),
                    _ => Err(Refusal::InvalidValue),
                }
            }

            fn schema(_: &Edge<'_>) -> Json {
                json!({"enum": Self::ALL})
            }
        }
    )+ };
}

closed_field_values! {
    /// What kind of number an account registered with.
    NumberKind { Mobile = "mobile", Voip = "voip", Fixed = "fixed", Virtual = "virtual" }
    /// The client that an account uses.
    Client { Official = "official", Modified = "modified", Unofficial = "unofficial" }
    /// The account owner's age band.
    AgeBand { Under13 = "under_13", From13To15 = "13_15", From16To17 = "16_17", Adult = "adult" }
    /// How the number was verified.
    Verification { Sms = "sms", Call = "call", Email = "email", None = "none" }
    /// An account's standing on day one.
    Standing { Active = "active", Limited = "limited", Banned = "banned" }
    /// Which part of a profile changed.
    ProfileSurface { Name = "name", Photo = "photo", About = "about", Username = "username" }
    /// The kind of a message, as the client declares it outside the envelope.
    MessageKind {
        Text = "text", Image = "image", Video = "video", Audio = "audio", Document = "document", Sticker = "sticker",
        Location = "location", Contact = "contact", Poll = "poll", Other = "other",
    }
    /// Whether a message was forwarded.
    Forwarded { No = "no", Once = "once", Many = "many" }
    /// How somebody came into a group.
    JoinedVia { Direct = "direct", Link = "link", Request = "request" }
    /// What a report is about.
    ReportCategory {
        Spam = "spam", Scam = "scam", Harassment = "harassment", Impersonation = "impersonation", Hate = "hate",
        ThreatToLife = "threat_to_life", SelfHarm = "self_harm", ChildSafety = "child_safety", Terrorism = "terrorism",
        Trafficking = "trafficking", Other = "other",
    }
    /// Who began the conversation that is reported.
    InitiatedBy { Reporter = "reporter", Target = "target" }
    /// An unencrypted surface that the platform's edge scanned.
    MatchedSurface {
        ProfilePhoto = "profile_photo", GroupPhoto = "group_photo", ProfileName = "profile_name",
        GroupName = "group_name", GroupDescription = "group_description", InviteLink = "invite_link",
    }
    /// How close a match is.
    MatchKind { Exact = "exact", Near = "near" }
    /// A signal from another platform.
    SignalKind {
        Disabled = "disabled", Enabled = "enabled", Purged = "purged", Hijacked = "hijacked",
        BulkAccount = "bulk_account", RiskLow = "risk_low", RiskMedium = "risk_medium", RiskHigh = "risk_high",
        IdentifierRecycled = "identifier_recycled",
    }
    /// What the platform did to an account.
    EnforcementAction {
        Challenged = "challenged", Limited = "limited", Suspended = "suspended", Banned = "banned",
        Reinstated = "reinstated",
    }
    /// Where an enforcement came from.
    EnforcementOrigin { Sealwatch = "sealwatch", Platform = "platform", Legal = "legal" }
    /// What a label says.
    Verdict { Abusive = "abusive", Benign = "benign", Compromised = "compromised" }
    /// Where a label came from.
    LabelOrigin { Review = "review", Appeal = "appeal", RandomAudit = "random_audit", External = "external" }
    /// How far a detector's recommendations may go from now on: recorded only, or as far as the policy says.
    ControlledMode { Shadow = "shadow", Configured = "configured" }
    /// Why a detector's mode was changed.
    ControlReason { RateAnomaly = "rate_anomaly", Person = "person" }
}

impl FieldValue for crate::behaviour::Behaviour {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        match value {
            Scalar::Text(text) => Self::parse(text).ok_or(Refusal::InvalidValue),
            _ => Err(Refusal::InvalidValue),
        }
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"enum": Self::ALL})
    }
}

/// The only schema version that there is: 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion;

impl FieldValue for SchemaVersion {
    fn read(value: &Scalar<'_>, _: &Edge<'_>) -> Result<Self, Refusal> {
        match integer(value, 1) {
            Ok(1) => Ok(Self),
            _ => Err(Refusal::UnknownSchema),
        }
    }

    fn schema(_: &Edge<'_>) -> Json {
        json!({"const": 1})
    }
}
