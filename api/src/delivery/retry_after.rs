//! The header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.

use std::time::Duration;

use sealwatch_core::time::Timestamp;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How long the receiver asks to be left alone, at this time in milliseconds since 1970. Nothing where the header is of
/// another form, or of one of the two obsolete forms of dates.
pub(crate) fn parse(header: &str, now_ms: i64) -> Option<Duration> {
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let date = date(header)?;
    let wait = u64::try_from(date.0.checked_sub(now_ms)?).unwrap_or(0);
    Some(Duration::from_millis(wait))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Timestamp> {
    let mut parts = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (time, zone, nothing) = (parts.next()?, parts.next()?, parts.next());
    if zone != "GMT" || nothing.is_some() {
        return None;
    }
    let month = 1 + MONTHS.iter().position(|name| *name == month)?;
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    /// The example of RFC 9110: 784111777 seconds since 1970.
    const EXAMPLE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    #[test]
    fn both_forms_are_read() {
        assert_eq!(parse("90", 0), Some(Duration::from_secs(90)));
        let at = 784_111_777_000;
        assert_eq!(
            parse(EXAMPLE, at - 5_500),
            Some(Duration::from_millis(5_500))
        );
        assert_eq!(parse(EXAMPLE, at + 5_500), Some(Duration::ZERO));
    }

    #[test]
    fn other_forms_are_nothing() {
        let old = "Sunday, 06-Nov-94 08:49:37 GMT";
        for text in [
            "",
            "soon",
            "-1",
            "1.5",
            old,
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
        assert!(parse("99999999999999999999999", 0).is_some());
    }
}
