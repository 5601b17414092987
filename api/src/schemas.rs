//! Schemas of values that many operations take: a description that admits what the service refuses would be a false one.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// One of these names.
fn names(names: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    RefOr::T(text.enum_values(Some(names)).into())
}

/// A text of this form.
fn form(pattern: &str, format: Option<SchemaFormat>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    RefOr::T(text.pattern(Some(pattern)).format(format).into())
}

/// Defines types that stand for a schema and for nothing else.
macro_rules! schemas {
    ($($(#[$about:meta])* $name:ident = $schema:expr;)+) => {
        $(
            $(#[$about])*
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

schemas! {
    /// A behaviour's name.
    BehaviourName = names(Behaviour::ALL.iter().map(|behaviour| behaviour.name()));
    /// A mode's name.
    ModeName = names(Mode::ALL.iter().map(|mode| mode.name()));
    /// An answer's name.
    AnswerName = names(Answer::ALL.iter().map(|answer| answer.name()));
    /// A pseudonym, or an id of our own: 32 hexadecimal digits.
    HexadecimalId = form("^[0-9a-f]{32}$", None);
    /// A time, RFC 3339, from 1970 on.
    Moment = form("^(19[7-9]|[2-9][0-9])", Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    /// A place in a list.
    CursorText = form("^[0-9a-f]{1,15}-[0-9a-f]{1,15}$", None);
}
