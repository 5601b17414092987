//! What a request is known by, from end to end: in the answer, on every line of log, in its span, in a problem that is answered,
//! and with what leaves because of it.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use sqlx::Row as _;

use crate::statement::Row;

/// The header that gives a request's id, and tells it.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The header that names the span of another program that a request belongs to (W3C Trace Context).
const PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The id of a request: 32 hexadecimal digits, or a UUID. Nothing else fits, so that nobody writes into our log by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The one that the request names, or a new one.
    pub(crate) fn of(headers: &HeaderMap, random: impl FnOnce() -> [u8; 16]) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        given
            .and_then(Self::parse)
            .unwrap_or_else(|| Self(crate::hexadecimal(&random())))
    }

    /// Takes a text of either form.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digits = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let parts: Vec<&str> = text.splitn(6, '-').collect();
        let is_uuid = parts.len() == 5
            && parts
                .iter()
                .zip([8, 4, 4, 4, 12])
                .all(|(part, digits)| is_digits(part, digits));
        (is_uuid || is_digits(text, 32)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The one that a row keeps. What has another form is none: nothing waits for it, and it goes nowhere.
    pub(crate) fn read(row: &Row) -> Result<Option<Self>, sqlx::Error> {
        let text: Option<String> = row.try_get("request_id")?;
        Ok(text.as_deref().and_then(Self::parse))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a header's value.
    pub(crate) fn header(&self) -> HeaderValue {
        // Digits and hyphens always fit.
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

/// The span of another program that the request belongs to, where it names one in the right form: four parts of hexadecimal
/// digits.
pub(crate) fn parent(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(PARENT)?.to_str().ok()?;
    let mut parts = text.split('-');
    let is_right = [2, 32, 16, 2].into_iter().all(|digits| {
        parts.next().is_some_and(|part| {
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            part.len() == digits && part.bytes().all(is_digit)
        })
    });
    (is_right && parts.next().is_none()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn an_id_of_the_right_form_is_taken_and_any_other_replaced() {
        let of = |value: &str| RequestId::of(&headers(HEADER, value), || [0xab; 16]).0;
        let new = "ab".repeat(16);
        let digits = "0123456789abcdef0123456789ABCDEF";
        assert_eq!(of(digits), digits.to_ascii_lowercase());
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(of(uuid), uuid);
        for other in [
            "",
            "canary",
            "+491701234567",
            "0123456789abcdef0123456789abcdeg",
            "0123456789abcdef0123456789abcdef0",
            "01234567-89ab-cdef-0123-456789abcdef-",
            "0123456789ab-cdef-0123-456789abcdef-",
        ] {
            assert_eq!(of(other), new, "{other}");
        }
        assert_eq!(RequestId::of(&HeaderMap::new(), || [0xab; 16]).0, new);
    }

    #[test]
    fn a_parent_is_four_parts_of_hexadecimal_digits() {
        let right = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parent(&headers(PARENT, right)), Some(right));
        for wrong in [
            "",
            "canary",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-canary",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parent(&headers(PARENT, wrong)), None, "{wrong}");
        }
    }
}
