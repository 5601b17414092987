//! A share with what is known of it: Wilson's score interval (Wilson 1927; Brown, Cai and DasGupta 2001) at 95 %, which stays
//! meaningful for few observations. Only operations that IEEE 754 rounds in one way, so that every machine gives one text.

/// The standard normal distribution's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// Lower and upper end, between 0 and 1. `None` without observations.
fn interval(count: u64, of: u64) -> Option<(f64, f64)> {
    if of == 0 || count > of {
        return None;
    }
    let (share, n) = (count as f64 / of as f64, of as f64);
    let center = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some((
        ((center - spread) / scale).max(0.0),
        ((center + spread) / scale).min(1.0),
    ))
}

/// As `3 of 40 (7.5 %; 95 % interval 2.6 % to 19.9 %)`, or what there is to say without observations.
pub(super) fn in_words(count: u64, of: u64) -> String {
    match interval(count, of) {
        Some((low, high)) => format!(
            "{count} of {of} ({:.1} %; 95 % interval {:.1} % to {:.1} %)",
            100.0 * count as f64 / of as f64,
            100.0 * low,
            100.0 * high
        ),
        None => format!("{count} of {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998 (Two-sided confidence intervals for the single proportion), table I, method 3.
    #[test]
    fn intervals_are_those_of_the_literature() {
        for (count, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (found_low, found_high) = interval(count, of).unwrap();
            assert!(
                (found_low - low).abs() < 5e-5,
                "{count} of {of}: {found_low}"
            );
            assert!(
                (found_high - high).abs() < 5e-5,
                "{count} of {of}: {found_high}"
            );
        }
    }

    #[test]
    fn shares_are_said_with_their_interval_and_nothing_is_made_of_nothing() {
        assert_eq!(
            in_words(1, 29),
            "1 of 29 (3.4 %; 95 % interval 0.6 % to 17.2 %)"
        );
        assert_eq!(in_words(0, 0), "0 of 0");
    }
}
