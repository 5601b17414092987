//! Event time: milliseconds since 1970-01-01T00:00:00Z, read from and written as RFC 3339.

use serde::{Deserialize, Serialize};

/// Event time in milliseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Milliseconds in a second, minute, hour and day.
pub const SECOND: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// The last millisecond of the year 9999, the latest time that RFC 3339 can write.
pub const LATEST: i64 = 253_402_300_799_999;

/// The form of RFC 3339 that the schema accepts, as a regular expression (ECMA 262). It accepts exactly the real
/// calendar days from 1970 on, upper-case `T` and `Z`, at most nine digits of fraction, and no leap seconds.
pub const RFC3339_PATTERN: &str = "^(((19[7-9][0-9]|[2-9][0-9]{3})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))|((19(7[26]|8[048]|9[26])|[2-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[3579][26])00)-02-29))T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

impl Timestamp {
    /// Parses RFC 3339 in the form of [`RFC3339_PATTERN`]; digits below a millisecond are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let separators = bytes.len() >= 20
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && bytes[10] == b'T'
            && bytes[13] == b':'
            && bytes[16] == b':';
        if !separators {
            return None;
        }
        let year = number(&bytes[0..4])?;
        let (month, day) = (number(&bytes[5..7])?, number(&bytes[8..10])?);
        let (hour, minute) = (number(&bytes[11..13])?, number(&bytes[14..16])?);
        let second = number(&bytes[17..19])?;
        if year < 1970 || day == 0 || day > days_in_month(year, month)? {
            return None;
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (fraction, zone) = fraction_of(&bytes[19..])?;
        let offset = offset_of(zone)?;
        let days = days_from_civil(year, month, day);
        let time = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
        Some(Self(days * DAY + time - offset))
    }

    /// Writes RFC 3339 in UTC with milliseconds, as `2026-11-24T08:00:00.000Z`.
    pub fn to_rfc3339(self) -> String {
        let (days, time) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute) = (time / HOUR, time / MINUTE % 60);
        let (second, milli) = (time / SECOND % 60, time % SECOND);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    /// Whole days since the epoch.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// Hour of the day in UTC, 0 to 23.
    pub const fn hour_of_day(self) -> u8 {
        (self.0.rem_euclid(DAY) / HOUR) as u8
    }

    /// Milliseconds from `earlier` to this; negative gaps count as zero (log order is the definition).
    pub const fn since(self, earlier: Self) -> i64 {
        let gap = self.0.saturating_sub(earlier.0);
        if gap < 0 { 0 } else { gap }
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
    })
}

/// Splits `.123Z` into 123 milliseconds and `Z`.
fn fraction_of(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(b'.') = rest.first() else {
        return Some((0, rest));
    };
    let digits = rest[1..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 0 || digits > 9 {
        return None;
    }
    let mut milliseconds = 0;
    for place in 0..3 {
        let digit = if place < digits {
            i64::from(rest[1 + place] - b'0')
        } else {
            0
        };
        milliseconds = milliseconds * 10 + digit;
    }
    Some((milliseconds, &rest[1 + digits..]))
}

fn offset_of(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * HOUR + minutes * MINUTE;
            Some(if *sign == b'+' { offset } else { -offset })
        }
        _ => None,
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> Option<i64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        _ => None,
    }
}

/// Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`).
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`] (same source, `civil_from_days`).
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days - era * 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_are_read_and_written() {
        // `date -u -d @1767225600` = 2026-01-01T00:00:00Z
        let parsed = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        assert_eq!(parsed, Timestamp(1_767_225_600_000));
        assert_eq!(parsed.to_rfc3339(), "2026-01-01T00:00:00.000Z");
        let offset = Timestamp::parse("2026-01-01T02:00:00.123456+02:00").unwrap();
        assert_eq!(offset, Timestamp(1_767_225_600_123));
        assert_eq!(
            Timestamp::parse("2000-02-29T00:00:00Z").unwrap().day(),
            11_016
        );
    }

    #[test]
    fn times_that_are_no_times_are_refused() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00Zé",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_from_1970_to_2400_survives_writing_and_reading() {
        for day in 0..157_100 {
            let timestamp = Timestamp(day * DAY + 12_345_678);
            assert_eq!(Timestamp::parse(&timestamp.to_rfc3339()), Some(timestamp));
        }
    }
}
