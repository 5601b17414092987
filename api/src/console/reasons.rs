//! Reasons in words, each with a bar of what it added to the score.

use sealwatch_core::recommendation::Reason;

use super::words::number;

/// A reason as it is shown.
pub(super) struct ReasonRow {
    /// In words.
    pub(super) words: String,
    /// The feature's name.
    pub(super) feature: String,
    /// Its value with the unit.
    pub(super) value: String,
    /// What it added, in log-odds, with its sign.
    pub(super) contribution: String,
    /// Length of its bar, 1 to 100; the strongest has 100.
    pub(super) bar: String,
    /// Whether it spoke against.
    pub(super) is_against: bool,
}

/// The reasons, strongest first.
pub(super) fn reason_rows(reasons: &[Reason]) -> Vec<ReasonRow> {
    let most = reasons
        .iter()
        .map(|reason| reason.contribution.abs())
        .fold(0.0, f64::max);
    reasons.iter().map(|reason| row(reason, most)).collect()
}

fn row(reason: &Reason, most: f64) -> ReasonRow {
    let share = if most > 0.0 {
        reason.contribution.abs() / most
    } else {
        0.0
    };
    ReasonRow {
        words: reason.words.clone(),
        feature: reason.feature.clone(),
        value: reason.value.map_or_else(
            || "unknown".to_owned(),
            |value| format!("{} {}", number(value), super::words::name(&reason.unit)),
        ),
        contribution: format!("{:+.2}", reason.contribution),
        bar: format!("{:.1}", (share * 100.0).max(1.0)),
        is_against: reason.contribution < 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::reason_rows;
    use sealwatch_core::recommendation::Reason;

    #[test]
    fn bars_are_in_proportion_and_what_spoke_against_says_so() {
        let reason = |contribution| Reason {
            feature: "typing".to_owned(),
            value: None,
            unit: "share".to_owned(),
            contribution,
            words: "typing is unknown".to_owned(),
        };
        let rows = reason_rows(&[reason(2.0), reason(-0.5), reason(0.0)]);
        let shown: Vec<(&str, &str, bool)> = rows
            .iter()
            .map(|row| (row.contribution.as_str(), row.bar.as_str(), row.is_against))
            .collect();
        assert_eq!(
            shown,
            [
                ("+2.00", "100.0", false),
                ("-0.50", "25.0", true),
                ("+0.00", "1.0", false)
            ]
        );
        assert_eq!(rows[0].value, "unknown");
    }
}
