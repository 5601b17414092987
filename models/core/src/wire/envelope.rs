//! CloudEvents 1.0 in structured mode (JSON event format).

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Fields, FieldsVisitor, Refusal, Scalar, ScalarSeed};

/// Reads the envelope and, inside it, the data.
pub(super) struct EnvelopeVisitor<'fields, 'record> {
    pub(super) fields: &'fields mut Fields<'record>,
    pub(super) refusal: &'fields mut Option<Refusal>,
}

/// What an envelope has to have.
#[derive(Default)]
struct Seen {
    version: bool,
    source: bool,
    content_type: bool,
    data: bool,
}

impl<'record> Visitor<'record> for EnvelopeVisitor<'_, 'record> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_seq<A: SeqAccess<'record>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        *self.refusal = Some(Refusal::NotAnObject);
        Ok(())
    }

    fn visit_map<A: MapAccess<'record>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = Seen::default();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            if let Err(refusal) = self.attribute(&name, &mut map, &mut seen)? {
                *self.refusal = Some(refusal);
                return Err(serde::de::Error::custom("refused"));
            }
        }
        if !(seen.version && seen.source && seen.data) {
            *self.refusal = Some(Refusal::InvalidEnvelope);
        }
        Ok(())
    }
}

impl<'record> EnvelopeVisitor<'_, 'record> {
    /// Reads one attribute. The outer result is the JSON's, the inner one the envelope's.
    fn attribute<A: MapAccess<'record>>(
        &mut self,
        name: &str,
        map: &mut A,
        seen: &mut Seen,
    ) -> Result<Result<(), Refusal>, A::Error> {
        let once = |flag: &mut bool| {
            if std::mem::replace(flag, true) {
                Err(Refusal::DuplicateField)
            } else {
                Ok(())
            }
        };
        if name == "data" {
            let seed = DataSeed {
                fields: self.fields,
                refusal: self.refusal,
            };
            map.next_value_seed(seed)?;
            return Ok(once(&mut seen.data));
        }
        let value = map.next_value_seed(ScalarSeed)?;
        let text = match &value {
            Scalar::Text(text) => Some(text.as_ref()),
            _ => None,
        };
        Ok(match name {
            "id" => self.fields.insert("id", value),
            "type" => self.fields.insert("type", value),
            "time" => self.fields.insert("at", value),
            "specversion" if text == Some("1.0") => once(&mut seen.version),
            "source" if text.is_some_and(|text| !text.is_empty()) => once(&mut seen.source),
            "datacontenttype" if text == Some("application/json") => once(&mut seen.content_type),
            "specversion" | "source" | "datacontenttype" => Err(Refusal::InvalidEnvelope),
            _ => {
                self.fields.note_unknown();
                Ok(())
            }
        })
    }
}

struct DataSeed<'fields, 'record> {
    fields: &'fields mut Fields<'record>,
    refusal: &'fields mut Option<Refusal>,
}

impl<'record> DeserializeSeed<'record> for DataSeed<'_, 'record> {
    type Value = ();

    fn deserialize<D: Deserializer<'record>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(FieldsVisitor {
            fields: self.fields,
            refusal: self.refusal,
        })
    }
}

struct NameSeed;

impl<'record> DeserializeSeed<'record> for NameSeed {
    type Value = Cow<'record, str>;

    fn deserialize<D: Deserializer<'record>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'record> Visitor<'record> for NameSeed {
    type Value = Cow<'record, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an attribute name")
    }

    fn visit_borrowed_str<E>(self, name: &'record str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}
