//! Numbers as people read them.

use crate::card::counted::Counted;
use crate::statistics::Estimate;

/// What stands where a number is not known.
pub const UNKNOWN: &str = "–";

/// A share in percent, with a digit after the point where it tells something.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        UNKNOWN.to_owned()
    } else if share == 0.0 || share == 1.0 || (0.1..0.995).contains(&share) {
        format!("{:.0}%", share * 100.0)
    } else if share > 0.995 {
        // Never rounded up to 100%.
        format!("{:.2}%", libm::floor(share * 10_000.0) / 100.0)
    } else if share >= 0.01 {
        format!("{:.1}%", share * 100.0)
    } else if share >= 0.001 {
        format!("{:.2}%", share * 100.0)
    } else if share >= 0.000_01 {
        format!("{:.3}%", share * 100.0)
    } else {
        "below 0.001%".to_owned()
    }
}

/// A small rate as "1 in so many".
pub fn rate(share: f64) -> String {
    if !share.is_finite() {
        UNKNOWN.to_owned()
    } else if share <= 0.0 {
        "none".to_owned()
    } else if share > 0.5 {
        percent(share)
    } else {
        format!("1 in {}", thousands(libm::round(1.0 / share) as u64))
    }
}

/// A rate as a power of ten where it is one, as `1e-4`; else in percent.
pub fn power(share: f64) -> String {
    format!("{share:e}")
}

/// A whole number with separators.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with three digits after the point.
pub fn three(number: f64) -> String {
    if number.is_finite() {
        format!("{number:.3}")
    } else {
        UNKNOWN.to_owned()
    }
}

/// An estimate of a share with its interval.
pub fn interval(estimate: Estimate) -> String {
    if estimate.value.is_finite() {
        format!(
            "{} ({} to {})",
            percent(estimate.value),
            percent(estimate.low),
            percent(estimate.high)
        )
    } else {
        UNKNOWN.to_owned()
    }
}

/// An estimate with three digits and its interval.
pub fn interval_three(estimate: Estimate) -> String {
    if estimate.value.is_finite() {
        format!(
            "{} ({} to {})",
            three(estimate.value),
            three(estimate.low),
            three(estimate.high)
        )
    } else {
        UNKNOWN.to_owned()
    }
}

/// A count of a total with the share's interval.
pub fn counted(counted: Counted) -> String {
    if counted.total == 0 {
        return UNKNOWN.to_owned();
    }
    format!(
        "{} of {}: {}",
        thousands(counted.count),
        thousands(counted.total),
        interval(counted.share)
    )
}

/// Hours in the unit that people would use.
pub fn hours(hours: f64) -> String {
    if !hours.is_finite() {
        UNKNOWN.to_owned()
    } else if hours < 1.0 / 60.0 {
        format!("{:.0} s", hours * 3_600.0)
    } else if hours < 1.0 {
        format!("{:.0} min", hours * 60.0)
    } else if hours < 48.0 {
        format!("{hours:.1} h")
    } else {
        format!("{:.1} days", hours / 24.0)
    }
}

/// A cohort's name: `13_15` is a band of ages, other names have words.
pub fn cohort(name: &str) -> String {
    if name.starts_with(|character: char| character.is_ascii_digit()) {
        name.replace('_', " to ")
    } else {
        name.replace('_', " ")
    }
}

/// A p-value.
pub fn p_value(value: Option<f64>) -> String {
    match value {
        None => UNKNOWN.to_owned(),
        Some(value) if value < 0.001 => "below 0.001".to_owned(),
        Some(value) => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_certainty() {
        assert_eq!(percent(0.99996), "99.99%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.00004), "0.004%");
        assert_eq!(percent(0.000_004), "below 0.001%");
        assert_eq!(
            (percent(0.0138).as_str(), percent(0.0019).as_str()),
            ("1.4%", "0.19%")
        );
        assert_eq!(percent(f64::NAN), UNKNOWN);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(rate(0.001), "1 in 1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(hours(0.5), "30 min");
        assert_eq!(power(1e-4), "1e-4");
        assert_eq!(
            (cohort("13_15").as_str(), cohort("under_13").as_str()),
            ("13 to 15", "under 13")
        );
        assert_eq!(p_value(Some(0.000_1)), "below 0.001");
    }
}
