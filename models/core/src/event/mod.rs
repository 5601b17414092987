//! Events of schema 1 as closed types, and their reader.
//!
//! The types below are the only definition: the reader, the JSON Schema (`sealwatch schema`) and `docs/EVENTS.md` come
//! from them. Reading an event turns its identifiers into pseudonyms, so that no raw identifier outlives the record.

mod country;
mod definition;
pub mod schema;
mod types;
pub mod values;

#[cfg(test)]
mod tests;

pub use definition::{FIELD_NAMES, FieldDefinition, field_index};
pub use types::*;

use crate::identifier::{IdentifierKind, Pseudonym, Pseudonymiser, RawIdentifier};
use crate::time::Timestamp;
use crate::wire::{Fields, Refusal, Scalar};
use values::{EventId, FieldValue, Platform, SchemaVersion};

/// The sets that the configuration names: every other value of these fields is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// Platforms, at most 255.
    pub platforms: Vec<String>,
    /// Issuers of cross-platform signals, at most 255.
    pub issuers: Vec<String>,
    /// Hash banks, at most 255.
    pub banks: Vec<String>,
}

/// How a record names accounts, devices and the other entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By raw identifiers, as a platform does.
    Raw,
    /// By pseudonyms in their written form, as people's decisions do: nobody who decides knows an identifier.
    Pseudonyms,
}

/// What reading an event needs to know: the sets, and the keyed function for identifiers.
#[derive(Debug, Clone, Copy)]
pub struct Edge<'edge> {
    /// The configured sets.
    pub vocabulary: &'edge Vocabulary,
    /// The keyed function.
    pub pseudonymiser: &'edge Pseudonymiser,
    /// The record's platform. Set by [`read`]; any value before.
    pub platform: u8,
    /// How records name entities.
    pub naming: Naming,
}

impl<'edge> Edge<'edge> {
    /// An edge for these sets and this key.
    pub const fn new(vocabulary: &'edge Vocabulary, pseudonymiser: &'edge Pseudonymiser) -> Self {
        Self {
            vocabulary,
            pseudonymiser,
            platform: 0,
            naming: Naming::Raw,
        }
    }

    /// The same edge for records that name entities by pseudonyms.
    #[must_use]
    pub const fn of_pseudonyms(self) -> Self {
        Self {
            naming: Naming::Pseudonyms,
            ..self
        }
    }

    /// The pseudonym of what a record names.
    fn pseudonym(&self, kind: IdentifierKind, text: &str) -> Result<Pseudonym, Refusal> {
        // An event's own id is never a pseudonym.
        if self.naming == Naming::Pseudonyms && kind != IdentifierKind::EventId {
            return Pseudonym::parse(text)
                .filter(|pseudonym| !pseudonym.is_none())
                .ok_or(Refusal::InvalidIdentifier);
        }
        let raw = RawIdentifier::new(text).ok_or(Refusal::InvalidIdentifier)?;
        Ok(self.pseudonymiser.pseudonym(kind, self.platform, raw))
    }
}

/// Whether a field that the event's type does not have refuses the record, or is dropped from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownFields {
    /// Refuse the record.
    Refuse,
    /// Drop the field and keep the record, under an outcome of its own.
    Strip,
}

/// One event, pseudonymised.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The keyed hash of the event's id, unique within its platform.
    pub id: Pseudonym,
    /// When it happened.
    pub at: Timestamp,
    /// Index of its platform in the configured set.
    pub platform: u8,
    /// What happened.
    pub body: Body,
}

/// An event that was read, and whether unknown fields were dropped from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The event.
    pub event: Event,
    /// Whether unknown fields were dropped.
    pub stripped: bool,
}

/// Reads one event from a record's fields.
///
/// # Errors
/// The record is not an event of schema 1 as the refusal says.
pub fn read(fields: &Fields<'_>, edge: &Edge<'_>, unknown: UnknownFields) -> Result<Read, Refusal> {
    let kind = match fields.get(const { definition::index("type") }) {
        Some(Scalar::Text(name)) => EventType::parse(name).ok_or(Refusal::UnknownType)?,
        _ => return Err(Refusal::UnknownType),
    };
    let allowed = kind.fields() | definition::COMMON;
    let stripped = fields.has_unknown() || fields.present() & !allowed != 0;
    if stripped && unknown == UnknownFields::Refuse {
        return Err(Refusal::UnknownField);
    }
    if let Some(version) = fields.get(const { definition::index("schema") }) {
        SchemaVersion::read(version, edge)?;
    }
    let platform: Platform = required(fields, const { definition::index("platform") }, edge)?;
    let edge = Edge {
        platform: platform.0,
        ..*edge
    };
    let at: Timestamp = required(fields, const { definition::index("at") }, &edge)?;
    let id: EventId = required(fields, const { definition::index("id") }, &edge)?;
    let body = Body::read(kind, fields, &edge)?;
    Ok(Read {
        event: Event {
            id: id.0,
            at,
            platform: platform.0,
            body,
        },
        stripped,
    })
}

/// Finds the raw identifier of an account in a record: the only way back, while the record is still in memory.
///
/// This is how the account of a recommendation is sealed at the edge (law 7). `None` if the record does not name it.
pub fn find_account<'fields>(
    fields: &'fields Fields<'_>,
    edge: &Edge<'_>,
    account: Pseudonym,
) -> Option<RawIdentifier<'fields>> {
    let platform = match fields.get(const { definition::index("platform") }) {
        Some(value) => Platform::read(value, edge).ok()?,
        None => return None,
    };
    fields.values().iter().find_map(|(_, value)| {
        let Scalar::Text(text) = value else {
            return None;
        };
        let raw = RawIdentifier::new(text)?;
        let candidate = edge
            .pseudonymiser
            .pseudonym(IdentifierKind::Account, platform.0, raw);
        (candidate == account).then_some(raw)
    })
}

fn required<T: FieldValue>(fields: &Fields<'_>, index: u8, edge: &Edge<'_>) -> Result<T, Refusal> {
    fields
        .get(index)
        .map_or(Err(Refusal::MissingField), |value| T::read(value, edge))
}

fn optional<T: FieldValue>(
    fields: &Fields<'_>,
    index: u8,
    edge: &Edge<'_>,
) -> Result<Option<T>, Refusal> {
    fields
        .get(index)
        .map(|value| T::read(value, edge))
        .transpose()
}
