//! Canonical JSON: the JSON Canonicalization Scheme, RFC 8785. One text for one value, so that hashes and signatures over
//! JSON can be recomputed by any other implementation.
//!
//! Members are sorted by the UTF-16 code units of their names, strings are escaped as ECMAScript's `JSON.stringify` does,
//! numbers are written as ECMAScript writes them.

use serde_json::{Number, Value};
use thiserror::Error;

/// The largest integer up to which every one has its own IEEE 754 double (RFC 7493, section 2.2).
const MAXIMUM_INTEGER: u64 = (1 << 53) - 1;

/// Why a value has no canonical text, or a text is not canonical. Never shows anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CanonicalError {
    /// An integer that other implementations would round.
    #[error("an integer is beyond 2^53 - 1 and would be rounded by others; write it as a string")]
    Integer,
    /// Not JSON at all.
    #[error("not JSON (line {line}, column {column})")]
    Json {
        /// Line of the defect, from 1.
        line: usize,
        /// Column of the defect, from 1.
        column: usize,
    },
    /// JSON, but not in the canonical form of its value, or with a name twice in an object.
    #[error("the JSON is not in canonical form (RFC 8785); it was rewritten after it was made")]
    NotCanonical,
}

/// The value's canonical text.
///
/// # Errors
/// [`CanonicalError::Integer`].
pub fn to_text(value: &Value) -> Result<String, CanonicalError> {
    let mut text = String::new();
    write_value(value, &mut text)?;
    Ok(text)
}

/// The value of a text that is canonical, byte for byte.
///
/// # Errors
/// [`CanonicalError`] for every other text.
pub fn parse(text: &[u8]) -> Result<Value, CanonicalError> {
    let value: Value = serde_json::from_slice(text).map_err(|error| CanonicalError::Json {
        line: error.line(),
        column: error.column(),
    })?;
    if to_text(&value)?.as_bytes() == text {
        Ok(value)
    } else {
        Err(CanonicalError::NotCanonical)
    }
}

fn write_value(value: &Value, text: &mut String) -> Result<(), CanonicalError> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(number, text)?,
        Value::String(string) => write_string(string, text),
        Value::Array(elements) => {
            text.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_value(element, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            text.push('{');
            for (place, (name, member)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_string(name, text);
                text.push(':');
                write_value(member, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control if control < ' ' => {
                text.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

fn write_number(number: &Number, text: &mut String) -> Result<(), CanonicalError> {
    if let Some(integer) = number.as_i64() {
        if integer.unsigned_abs() > MAXIMUM_INTEGER {
            return Err(CanonicalError::Integer);
        }
        text.push_str(&integer.to_string());
        return Ok(());
    }
    if number.is_u64() {
        return Err(CanonicalError::Integer);
    }
    // A `Number` is an integer or a finite double.
    let digits = double_text(number.as_f64().unwrap_or_default());
    // A double written like an integer reads back as one, and the same limit holds for it.
    let like_an_integer = !digits.contains(['.', 'e']);
    let exact = digits
        .parse::<i64>()
        .is_ok_and(|integer| integer.unsigned_abs() <= MAXIMUM_INTEGER);
    if like_an_integer && !exact {
        return Err(CanonicalError::Integer);
    }
    text.push_str(&digits);
    Ok(())
}

/// ECMAScript's Number::toString (ECMA-262, section 6.1.6.1.20) for a finite number, from the shortest digits that read
/// back as the same double.
fn double_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let scientific = shortest(number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // The standard's k digits and n: the value is 0.digits times ten to the n.
    let count = digits.len() as i32;
    let point = exponent.parse().unwrap_or(0) + 1;
    let sign = if number < 0.0 { "-" } else { "" };
    let unsigned = if count <= point && point <= 21 {
        format!("{digits}{}", "0".repeat((point - count) as usize))
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{whole}.{fraction}")
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else {
        let (first, rest) = digits.split_at(1);
        let separator = if rest.is_empty() { "" } else { "." };
        let sign_of_exponent = if point > 0 { '+' } else { '-' };
        let magnitude = (point - 1).unsigned_abs();
        format!("{first}{separator}{rest}e{sign_of_exponent}{magnitude}")
    };
    format!("{sign}{unsigned}")
}

/// The fewest digits that read back as the same number; of those the closest to it, and the even ones of two as close.
///
/// The standard library gives the fewest digits but not the even ones of a tie; its exact formatting does.
fn shortest(number: f64) -> String {
    let fewest = format!("{number:e}");
    let digits = fewest.split('e').next().unwrap_or_default().len();
    let decimals = digits.saturating_sub(2);
    let rounded = format!("{number:.decimals$e}");
    if rounded.parse() == Ok(number) {
        rounded
    } else {
        fewest
    }
}

#[cfg(test)]
mod tests;
