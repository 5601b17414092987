//! Times of the package: always in UTC, and said so. Days from the civil calendar by arithmetic, without a clock.
//!
//! The conversion is Howard Hinnant's `civil_from_days` (howardhinnant.github.io/date_algorithms.html): years begin in March,
//! so that the leap day is the last of its year, and 400 years are one period of 146,097 days.

/// The last millisecond that has four digits for its year.
pub(super) const LATEST_MS: i64 = 253_402_300_799_999;

const DAY_MS: i64 = 86_400_000;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Year, month from 1 and day from 1 of a number of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The day, as `2026-11-24`.
pub(super) fn day(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The time of day with seconds.
fn clock(ms: i64) -> String {
    let seconds = ms.rem_euclid(DAY_MS) / 1000;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// RFC 3339 with milliseconds, as `2026-11-24T13:05:07.123Z`.
pub(super) fn instant(ms: i64) -> String {
    format!("{}T{}.{:03}Z", day(ms), clock(ms), ms.rem_euclid(1000))
}

/// RFC 3339 and `xs:dateTime` in whole seconds, as `2026-11-24T13:05:07Z`.
pub(super) fn second(ms: i64) -> String {
    format!("{}T{}Z", day(ms), clock(ms))
}

/// For people, as `24 Nov 2026, 13:05:07 UTC`: no order of day and month to be mistaken.
pub(super) fn utc(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    let name = MONTHS[(month - 1) as usize];
    format!("{day} {name} {year}, {} UTC", clock(ms))
}

/// A length of time for people, in its two greatest units.
pub(super) fn length(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    let unit = |count: i64, name: &str| match count {
        1 => format!("1 {name}"),
        _ => format!("{count} {name}s"),
    };
    let (days, hours) = (minutes / 1440, minutes / 60 % 24);
    match (days, hours, minutes % 60) {
        (0, 0, minutes) => unit(minutes, "minute"),
        (0, hours, 0) => unit(hours, "hour"),
        (0, hours, minutes) => format!("{} {}", unit(hours, "hour"), unit(minutes, "minute")),
        (days, 0, _) => unit(days, "day"),
        (days, hours, _) => format!("{} {}", unit(days, "day"), unit(hours, "hour")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each by hand, and by `date -u -d @SECONDS`.
    #[test]
    fn times_are_those_of_the_civil_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_077_926_400, "2004-02-28T00:00:00Z"),
            (1_078_012_800, "2004-02-29T00:00:00Z"),
            (1_677_628_800, "2023-03-01T00:00:00Z"),
            (1_677_542_400, "2023-02-28T00:00:00Z"),
            (1_795_525_507, "2026-11-24T13:05:07Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (1_798_761_600, "2027-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (4_107_456_000, "2100-02-28T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(second(seconds * 1000), expected);
        }
        assert_eq!(instant(LATEST_MS), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn people_read_the_month_as_a_word_and_the_zone_beside_it() {
        assert_eq!(utc(1_795_525_507_123), "24 Nov 2026, 13:05:07 UTC");
        assert_eq!(instant(1_795_525_507_023), "2026-11-24T13:05:07.023Z");
    }

    #[test]
    fn lengths_of_time_have_their_two_greatest_units() {
        for (minutes, expected) in [
            (0, "0 minutes"),
            (1, "1 minute"),
            (59, "59 minutes"),
            (60, "1 hour"),
            (125, "2 hours 5 minutes"),
            (1440, "1 day"),
            (2 * 1440 + 61, "2 days 1 hour"),
        ] {
            assert_eq!(length(minutes * 60_000), expected);
        }
        assert_eq!(length(-5), "0 minutes");
    }

    proptest! {
        #[test]
        fn days_follow_each_other_without_a_gap(day_number in 0..2_932_896_i64) {
            let (year, month, day) = civil(day_number);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 => 28 + i64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let next = match (month, day == last) {
                (_, false) => (year, month, day + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
            prop_assert!((1..=last).contains(&day));
            prop_assert_eq!(civil(day_number + 1), next);
        }
    }
}
