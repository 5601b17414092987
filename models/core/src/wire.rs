//! A record as it stands on the wire: one flat JSON object, read once into a small list of known fields.
//!
//! Nothing of an unknown field is kept but that it was there. Scalars borrow the record.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::event::{FIELD_NAMES, field_index};

mod envelope;

crate::closed_set! {
    /// Why a record is not an event. Low-cardinality: usable as a metric label. Carries nothing of the record.
    Refusal {
        /// A CloudEvents envelope that is not of version 1.0, or lacks an attribute, or carries other data than JSON.
        InvalidEnvelope = "invalid_envelope",
        /// Not valid UTF-8 or not one JSON value.
        NotJson = "not_json",
        /// JSON, but no object.
        NotAnObject = "not_an_object",
        /// The same field twice.
        DuplicateField = "duplicate_field",
        /// A field that the event's type does not have.
        UnknownField = "unknown_field",
        /// No `type`, or one that schema 1 does not know.
        UnknownType = "unknown_type",
        /// A schema version other than 1.
        UnknownSchema = "unknown_schema",
        /// A platform outside the configured set.
        UnknownPlatform = "unknown_platform",
        /// A required field is absent, or neither or both of two alternatives are there.
        MissingField = "missing_field",
        /// A field with a value that its type does not allow.
        InvalidValue = "invalid_value",
        /// An identifier of another form than `[A-Za-z0-9+@._:-]{1,128}`.
        InvalidIdentifier = "invalid_identifier",
        /// `at` is neither RFC 3339 nor epoch milliseconds.
        InvalidTime = "invalid_time",
    }
}

/// A field's value before it is checked.
#[derive(Clone)]
pub enum Scalar<'record> {
    /// A string.
    Text(Cow<'record, str>),
    /// A non-negative integer.
    Unsigned(u64),
    /// Any other number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// `null`, an array or an object: no field of the schema is one.
    Other,
}

impl fmt::Debug for Scalar<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scalar(redacted)")
    }
}

/// The known fields of one record, in the order in which they stood.
#[derive(Default)]
pub struct Fields<'record> {
    values: Vec<(u8, Scalar<'record>)>,
    seen: u128,
    unknown: bool,
}

const _: () = assert!(FIELD_NAMES.len() <= 128, "the seen-set is one word");

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fields(redacted)")
    }
}

impl<'record> Fields<'record> {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// Not one JSON object, or a field twice. Unknown fields are only noted.
    pub fn parse(record: &'record [u8]) -> Result<Self, Refusal> {
        Self::read_with(record, |deserializer, fields, refusal| {
            deserializer.deserialize_any(FieldsVisitor { fields, refusal })
        })
    }

    /// Reads one CloudEvents 1.0 event in structured mode: the attributes `id`, `type` and `time` become the fields `id`,
    /// `type` and `at`; `data` holds the others.
    ///
    /// # Errors
    /// Not such an event, or a field twice. Unknown fields and attributes are only noted.
    pub fn parse_cloud_event(record: &'record [u8]) -> Result<Self, Refusal> {
        Self::read_with(record, |deserializer, fields, refusal| {
            deserializer.deserialize_any(envelope::EnvelopeVisitor { fields, refusal })
        })
    }

    fn read_with(
        record: &'record [u8],
        read: impl FnOnce(
            &mut serde_json::Deserializer<serde_json::de::SliceRead<'record>>,
            &mut Self,
            &mut Option<Refusal>,
        ) -> Result<(), serde_json::Error>,
    ) -> Result<Self, Refusal> {
        let mut fields = Self {
            values: Vec::with_capacity(20),
            seen: 0,
            unknown: false,
        };
        let mut refusal = None;
        let mut deserializer = serde_json::Deserializer::from_slice(record);
        let outcome =
            read(&mut deserializer, &mut fields, &mut refusal).and_then(|()| deserializer.end());
        match (outcome, refusal) {
            (_, Some(refusal)) => Err(refusal),
            (Err(_), None) => Err(Refusal::NotJson),
            (Ok(()), None) => Ok(fields),
        }
    }

    /// Notes that something unknown stood beside the fields.
    pub const fn note_unknown(&mut self) {
        self.unknown = true;
    }

    /// Sets a field that came from outside the object (a CloudEvents attribute).
    ///
    /// # Errors
    /// The field is there already.
    pub fn insert(&mut self, name: &str, value: Scalar<'record>) -> Result<(), Refusal> {
        if let Some(index) = field_index(name) {
            return self.push(index, value);
        }
        self.unknown = true;
        Ok(())
    }

    /// The value of the field at this index of [`FIELD_NAMES`].
    pub fn get(&self, index: u8) -> Option<&Scalar<'record>> {
        if self.seen & (1 << index) == 0 {
            return None;
        }
        self.values
            .iter()
            .find(|(candidate, _)| *candidate == index)
            .map(|(_, value)| value)
    }

    /// Whether a field outside the schema's names was there.
    pub const fn has_unknown(&self) -> bool {
        self.unknown
    }

    /// The set of fields that are there, as a bit for each index of [`FIELD_NAMES`].
    pub const fn present(&self) -> u128 {
        self.seen
    }

    /// The fields' values, for finding the raw identifier behind a pseudonym.
    pub(crate) fn values(&self) -> &[(u8, Scalar<'record>)] {
        &self.values
    }

    fn push(&mut self, index: u8, value: Scalar<'record>) -> Result<(), Refusal> {
        if self.seen & (1 << index) != 0 {
            return Err(Refusal::DuplicateField);
        }
        self.seen |= 1 << index;
        self.values.push((index, value));
        Ok(())
    }
}

struct FieldsVisitor<'fields, 'record> {
    fields: &'fields mut Fields<'record>,
    refusal: &'fields mut Option<Refusal>,
}

impl FieldsVisitor<'_, '_> {
    fn refuse<E: serde::de::Error>(self, refusal: Refusal) -> E {
        *self.refusal = Some(refusal);
        E::custom("refused")
    }
}

macro_rules! not_an_object {
    ($($visit:ident($value:ty)),+) => {
        $(fn $visit<E: serde::de::Error>(self, _: $value) -> Result<(), E> {
            // The rest of the input still decides whether it is JSON at all.
            *self.refusal = Some(Refusal::NotAnObject);
            Ok(())
        })+
    };
}

impl<'record> Visitor<'record> for FieldsVisitor<'_, 'record> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    not_an_object!(
        visit_bool(bool),
        visit_i64(i64),
        visit_u64(u64),
        visit_f64(f64),
        visit_str(&str)
    );

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        *self.refusal = Some(Refusal::NotAnObject);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'record>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        *self.refusal = Some(Refusal::NotAnObject);
        Ok(())
    }

    fn visit_map<A: MapAccess<'record>>(self, mut map: A) -> Result<(), A::Error> {
        let mut unknown_keys_seen: Vec<Cow<'record, str>> = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key {
                Key::Known(index) => {
                    let value = map.next_value_seed(ScalarSeed)?;
                    if let Err(refusal) = self.fields.push(index, value) {
                        return Err(self.refuse(refusal));
                    }
                }
                Key::Unknown(name) => {
                    map.next_value::<IgnoredAny>()?;
                    if unknown_keys_seen.contains(&name) {
                        return Err(self.refuse(Refusal::DuplicateField));
                    }
                    // A record with very many unknown fields is refused or stripped either way; the search stays short.
                    if unknown_keys_seen.len() < 32 {
                        unknown_keys_seen.push(name);
                    }
                    self.fields.unknown = true;
                }
            }
        }
        Ok(())
    }
}

enum Key<'record> {
    Known(u8),
    Unknown(Cow<'record, str>),
}

struct KeySeed;

impl<'record> DeserializeSeed<'record> for KeySeed {
    type Value = Key<'record>;

    fn deserialize<D: Deserializer<'record>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'record> Visitor<'record> for KeySeed {
    type Value = Key<'record>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, name: &'record str) -> Result<Self::Value, E> {
        Ok(field_index(name).map_or(Key::Unknown(Cow::Borrowed(name)), Key::Known))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(field_index(name).map_or_else(|| Key::Unknown(Cow::Owned(name.to_owned())), Key::Known))
    }
}

struct ScalarSeed;

impl<'record> DeserializeSeed<'record> for ScalarSeed {
    type Value = Scalar<'record>;

    fn deserialize<D: Deserializer<'record>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'record> Visitor<'record> for ScalarSeed {
    type Value = Scalar<'record>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'record str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Unsigned(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(number).map_or(Scalar::Number(number as f64), Scalar::Unsigned))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Boolean(value))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'record>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'record>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}
