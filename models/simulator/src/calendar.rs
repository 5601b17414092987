//! Dates, daily rhythms and holidays. All times are milliseconds since 1970-01-01T00:00:00Z.

use crate::random::Random;

/// Milliseconds in a second.
pub const SECOND: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// Month and day of holidays on which people write more.
const HOLIDAYS: [(i64, i64); 8] = [
    (1, 1),
    (2, 14),
    (5, 1),
    (8, 15),
    (10, 31),
    (12, 24),
    (12, 25),
    (12, 31),
];

/// How much more people write on a holiday.
const HOLIDAY_FACTOR: f64 = 1.7;

/// Midnight UTC of a date written `YYYY-MM-DD`, or `None` if it is no date from 1970 to 9998.
pub fn parse_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (
        digits(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..])?,
    );
    if !(1970..=9998).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A day past the end of its month comes back as another date.
    (civil_from_days(days) == (year, month, day)).then_some(days * DAY)
}

/// A time of RFC 3339 (`2026-02-02T10:00:00.123+01:00`), in milliseconds; `None` if it is not one.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if !text.is_ascii()
        || bytes.len() < 20
        || bytes[10] != b'T'
        || bytes[13] != b':'
        || bytes[16] != b':'
    {
        return None;
    }
    let day = parse_date(&text[..10])?;
    let (hour, minute, second) = (
        digits(&bytes[11..13])?,
        digits(&bytes[14..16])?,
        digits(&bytes[17..19])?,
    );
    let fraction_digits = if bytes[19] == b'.' {
        bytes[20..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    } else {
        0
    };
    let fraction = (0..3).fold(0, |value, place| {
        value * 10
            + if place < fraction_digits {
                i64::from(bytes[20 + place] - b'0')
            } else {
                0
            }
    });
    let zone = &bytes[if fraction_digits > 0 {
        20 + fraction_digits
    } else {
        19
    }..];
    let offset = match zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), hours @ .., b':', tens, ones] if hours.len() == 2 => {
            let minutes = digits(hours)? * HOUR + digits(&[*tens, *ones])? * MINUTE;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60)
        .then_some(day + hour * HOUR + minute * MINUTE + second * SECOND + fraction - offset)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

/// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day (same source, `civil_from_days`).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
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
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// When in the day somebody is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// Most adults: morning, lunch, a peak in the evening.
    Day,
    /// Teenagers: after school until late.
    Late,
    /// Old people: mornings and early evenings.
    Early,
    /// People who work at night.
    Night,
    /// Office hours, Monday to Friday.
    Office,
    /// Office hours, every day of the week.
    Shop,
    /// Around the clock.
    Flat,
}

impl Rhythm {
    /// Relative activity in each local hour. The mean is 1 for each rhythm (a test says so).
    const fn hours(self) -> &'static [f64; 24] {
        const DAY_HOURS: [f64; 24] = [
            0.3, 0.1, 0.05, 0.05, 0.05, 0.2, 0.6, 1.1, 1.3, 1.2, 1.1, 1.2, 1.5, 1.3, 1.1, 1.1, 1.3,
            1.5, 1.7, 1.9, 2.0, 1.8, 1.1, 0.45,
        ];
        const LATE_HOURS: [f64; 24] = [
            1.3, 0.8, 0.4, 0.1, 0.05, 0.05, 0.2, 0.7, 0.5, 0.5, 0.6, 0.6, 1.0, 0.9, 1.2, 1.5, 1.6,
            1.6, 1.6, 1.8, 1.9, 2.0, 1.9, 1.2,
        ];
        const EARLY_HOURS: [f64; 24] = [
            0.05, 0.05, 0.05, 0.05, 0.1, 0.5, 1.2, 1.8, 2.2, 2.2, 1.9, 1.6, 1.0, 0.8, 1.0, 1.4,
            1.7, 1.9, 1.7, 1.3, 0.8, 0.4, 0.2, 0.1,
        ];
        const NIGHT_HOURS: [f64; 24] = [
            1.8, 1.7, 1.5, 1.4, 1.3, 1.2, 1.1, 0.8, 0.3, 0.1, 0.05, 0.05, 0.1, 0.3, 0.6, 0.9, 1.1,
            1.2, 1.3, 1.3, 1.3, 1.4, 1.5, 1.7,
        ];
        const SHOP_HOURS: [f64; 24] = [
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.6, 1.8, 2.6, 2.6, 2.4, 1.6, 1.9, 2.3, 2.3, 2.1,
            1.8, 1.0, 0.5, 0.3, 0.1, 0.0, 0.0,
        ];
        const FLAT_HOURS: [f64; 24] = [1.0; 24];
        match self {
            Self::Day => &DAY_HOURS,
            Self::Late => &LATE_HOURS,
            Self::Early => &EARLY_HOURS,
            Self::Night => &NIGHT_HOURS,
            Self::Office | Self::Shop => &SHOP_HOURS,
            Self::Flat => &FLAT_HOURS,
        }
    }

    /// Relative activity at a time, in a zone so many minutes east of UTC.
    pub fn weight(self, at: i64, zone: i32) -> f64 {
        let local = at + i64::from(zone) * MINUTE;
        let day = local.div_euclid(DAY);
        let weight = self.hours()[(local.rem_euclid(DAY) / HOUR) as usize];
        // 1970-01-01 was a Thursday.
        let weekend = matches!((day + 4).rem_euclid(7), 0 | 6);
        match self {
            Self::Office if weekend || is_holiday(day) => weight * 0.04,
            Self::Office | Self::Flat => weight,
            Self::Shop => weight * if is_holiday(day) { 1.4 } else { 1.0 },
            _ => {
                weight
                    * if is_holiday(day) { HOLIDAY_FACTOR } else { 1.0 }
                    * if weekend { 1.1 } else { 1.0 }
            }
        }
    }

    /// The next time after `from` of somebody who does something `per_day` times on an average day, as a
    /// Poisson process with this rhythm (thinning: Lewis and Shedler, 1979). Gives up at `until`.
    pub fn next(self, from: i64, until: i64, per_day: f64, zone: i32, random: &mut Random) -> i64 {
        const HIGHEST: f64 = 4.2;
        if per_day <= 0.0 {
            return until;
        }
        let mean = DAY as f64 / (per_day * HIGHEST);
        let mut at = from as f64;
        while at < until as f64 {
            at += random.exponential(mean).max(1.0);
            if random.unit() * HIGHEST < self.weight(at as i64, zone) {
                return at as i64;
            }
        }
        until
    }
}

fn is_holiday(day: i64) -> bool {
    let (_, month, day) = civil_from_days(day);
    HOLIDAYS.contains(&(month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_impossible_ones_refused() {
        assert_eq!(parse_date("1970-01-02"), Some(DAY));
        assert_eq!(parse_date("2026-02-02"), Some(1_769_990_400_000));
        assert_eq!(parse_date("2024-02-29"), Some(1_709_164_800_000));
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "1969-12-31",
            "2026/01/01",
            "",
        ] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_of_rfc_3339_are_read_with_their_zone() {
        assert_eq!(parse_rfc3339("1970-01-01T01:00:00.250+01:00"), Some(250));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01Z"), Some(SECOND));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01.5Z"), Some(1_500));
        for wrong in [
            "1970-01-01 00:00:01Z",
            "1970-01-01T25:00:00Z",
            "1970-01-01T00:00:00",
            "nonsense",
        ] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_rhythm_has_a_mean_of_one() {
        use Rhythm::{Day, Early, Flat, Late, Night, Office, Shop};
        for rhythm in [Day, Late, Early, Night, Office, Shop, Flat] {
            let mean = rhythm.hours().iter().sum::<f64>() / 24.0;
            assert!((mean - 1.0).abs() < 0.01, "{rhythm:?} {mean}");
        }
    }

    #[test]
    fn people_sleep_at_night_in_their_own_zone_and_write_more_on_holidays() {
        let monday = parse_date("2026-02-02").unwrap();
        assert!(Rhythm::Day.weight(monday + 3 * HOUR, 0) < 0.1);
        assert!(Rhythm::Day.weight(monday + 3 * HOUR, 8 * 60) > 1.0);
        let valentine = parse_date("2026-02-14").unwrap();
        let before = parse_date("2026-02-07").unwrap();
        let ratio = Rhythm::Day.weight(valentine + 12 * HOUR, 0)
            / Rhythm::Day.weight(before + 12 * HOUR, 0);
        assert!((ratio - HOLIDAY_FACTOR).abs() < 1e-9);
    }

    #[test]
    fn a_process_happens_as_often_as_asked() {
        let start = parse_date("2026-03-02").unwrap();
        let (end, mut random, mut count) = (start + 70 * DAY, Random::new(5), 0);
        let mut at = start;
        loop {
            at = Rhythm::Day.next(at, end, 6.0, 60, &mut random);
            if at >= end {
                break;
            }
            count += 1;
        }
        assert!((390..=470).contains(&count), "{count}");
    }
}
