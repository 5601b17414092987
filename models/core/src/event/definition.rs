//! The field names of schema 1, and the macro that turns the table of events into types, reader and schema.

macro_rules! field_names {
    ($($name:literal)+) => {
        /// Every field name of schema 1. A field's index here is its bit in a record's set of fields.
        pub const FIELD_NAMES: &[&str] = &[$($name),+];

        /// A field's index in [`FIELD_NAMES`].
        pub fn field_index(name: &str) -> Option<u8> {
            match name {
                $($name => Some(const { index($name) }),)+
                _ => None,
            }
        }
    };
}

field_names! {
    "id" "at" "platform" "type" "schema" "account" "device" "network" "asn" "country" "number_range" "number_kind"
    "client" "age_band" "verification" "verification_attempts" "verification_seconds" "registered_at" "standing"
    "contacts" "new_device" "second_factor" "surface" "has_link" "has_number" "length_bucket" "photo_hash" "name_hash"
    "recipient" "group" "recipients" "kind" "size_bucket" "first_contact" "recipient_has_sender" "reply" "forwarded"
    "typing_ms" "sender" "delay_ms" "read" "answered" "seconds" "numbers" "hits" "sequential_share" "target"
    "accepted" "members" "target_has_adder" "via" "seconds_since_join" "removed" "category" "first_message"
    "initiated_by" "bank" "match" "distance" "issuer" "action" "behaviour" "origin" "recommendation" "verdict" "since"
    "mode" "reason" "was_right"
}

/// The fields that every event has.
pub(super) const COMMON: u128 = 1 << index("id")
    | 1 << index("at")
    | 1 << index("platform")
    | 1 << index("type")
    | 1 << index("schema");

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut place = 0;
    while place < left.len() {
        if left[place] != right[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// A field's index, for constants. A name that is not in the list does not compile.
pub(super) const fn index(name: &str) -> u8 {
    let mut place = 0;
    while place < FIELD_NAMES.len() {
        if same(FIELD_NAMES[place], name) {
            return place as u8;
        }
        place += 1;
    }
    // Reached only while compiling: indexing out of bounds stops the build and shows where.
    FIELD_NAMES[place].len() as u8
}

/// What the schema says of one field of one event type.
pub struct FieldDefinition {
    /// The field's name on the wire.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Whether every event of the type has it.
    pub required: bool,
    /// The kind of identifier that it holds, if it holds one.
    pub identifier: Option<crate::identifier::IdentifierKind>,
    /// The JSON Schema of its value.
    pub schema: fn(&super::Edge<'_>) -> serde_json::Value,
}

/// The table of events. Each row is a type with its name on the wire, and its fields: `required` or `optional`, the
/// Rust name (the wire name where they differ), the value type and the meaning. A last line `# one of (a, b)` says that
/// exactly one of two optional fields is there.
macro_rules! events {
    (@type required $value:ty) => { $value };
    (@type optional $value:ty) => { Option<$value> };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $wire:literal) => { $wire };
    (@required required) => { true };
    (@required optional) => { false };
    ($(
        $(#[$meta:meta])*
        $event:ident $wire_name:literal {
            $($presence:ident $field:ident $(as $wire:literal)? : $value:ty = $meaning:literal,)*
            $(# one of ($left:ident, $right:ident))?
        }
    )+) => {
        $crate::closed_set! {
            /// The event types of schema 1.
            EventType { $( $(#[$meta])* $event = $wire_name ),+ }
        }

        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq)]
            pub struct $event {
                $(#[doc = $meaning] pub $field: $crate::event::definition::events!(@type $presence $value),)*
            }

            impl $event {
                fn read(fields: &Fields<'_>, edge: &Edge<'_>) -> Result<Self, Refusal> {
                    let _ = (fields, edge);
                    $(
                        let left = fields.get(const { index(stringify!($left)) }).is_some();
                        let right = fields.get(const { index(stringify!($right)) }).is_some();
                        if left == right {
                            return Err(Refusal::MissingField);
                        }
                    )?
                    Ok(Self { $(
                        $field: $presence(fields, const { index($crate::event::definition::events!(@name $field $($wire)?)) }, edge)?,
                    )* })
                }

                const FIELDS: u128 = 0 $(| 1 << index($crate::event::definition::events!(@name $field $($wire)?)))*;
            }
        )+

        /// What happened, by type.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body { $( $(#[$meta])* $event($event) ),+ }

        impl Body {
            /// Reads the fields of an event of this type.
            pub(super) fn read(kind: EventType, fields: &Fields<'_>, edge: &Edge<'_>) -> Result<Self, Refusal> {
                match kind { $( EventType::$event => $event::read(fields, edge).map(Self::$event) ),+ }
            }

            /// The event's type.
            pub const fn event_type(&self) -> EventType {
                match self { $( Self::$event(_) => EventType::$event ),+ }
            }
        }

        impl EventType {
            /// The fields of this type beyond the common ones, as bits of their indices.
            pub const fn fields(self) -> u128 {
                match self { $( Self::$event => $event::FIELDS ),+ }
            }

            /// What the schema says of each of its fields.
            pub fn definitions(self) -> Vec<FieldDefinition> {
                match self { $( Self::$event => vec![$( FieldDefinition {
                    name: $crate::event::definition::events!(@name $field $($wire)?),
                    meaning: $meaning,
                    required: $crate::event::definition::events!(@required $presence),
                    identifier: <$value as FieldValue>::IDENTIFIER,
                    schema: <$value as FieldValue>::schema,
                } ),*] ),+ }
            }

            /// Two optional fields of which exactly one is there.
            pub const fn alternatives(self) -> Option<(&'static str, &'static str)> {
                let pairs: &[(&str, &str)] = match self { $(
                    Self::$event => &[$((stringify!($left), stringify!($right)))?],
                )+ };
                match pairs {
                    [pair, ..] => Some(*pair),
                    [] => None,
                }
            }
        }
    };
}

pub(super) use events;
