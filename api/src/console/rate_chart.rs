//! A detector's rate: recommendations a day, of the hours that intake counts.

use sealwatch_core::time::Timestamp;

use super::words::Moment;

/// Hours of a day.
const HOURS: i64 = 24;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Height of the drawing.
const HEIGHT: i64 = 96;

/// A day of the chart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// Left edge, in percent.
    pub(super) x: String,
    pub(super) y: i64,
    pub(super) height: i64,
    /// What it says, in words.
    pub(super) words: String,
}

/// The chart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RateChart {
    pub(super) days: Vec<Day>,
    /// Width of a day, in percent.
    pub(super) width: String,
    pub(super) most: i64,
    pub(super) total: i64,
    pub(super) from: String,
    pub(super) until: String,
}

impl RateChart {
    /// Of counts by hour (hours since 1970), from one time to another. Counts outside are left out.
    pub(super) fn new(hours: &[(i64, i64)], from_ms: i64, until_ms: i64) -> Self {
        let day_of = |ms: i64| ms.div_euclid(HOUR_MS * HOURS);
        let (first, last) = (day_of(from_ms), day_of(until_ms).max(day_of(from_ms)));
        let length = usize::try_from(last - first + 1).unwrap_or(1);
        let mut counts = vec![0_i64; length];
        for (hour, count) in hours {
            let day = usize::try_from(hour.div_euclid(HOURS) - first).ok();
            if let Some(sum) = day.and_then(|day| counts.get_mut(day)) {
                *sum += count;
            }
        }
        let most = counts.iter().copied().max().unwrap_or_default();
        let share = 100.0 / length as f64;
        let date = |day: i64| {
            let moment = Moment::new(Timestamp(day * HOURS * HOUR_MS));
            moment.shown.get(..10).unwrap_or_default().to_owned()
        };
        let bar = |(index, count): (usize, &i64)| {
            let height = if most > 0 {
                (count * HEIGHT / most).max(1)
            } else {
                0
            };
            Day {
                x: format!("{:.2}%", index as f64 * share + share * 0.08),
                y: HEIGHT - height,
                height,
                words: format!(
                    "{count} on {}",
                    date(first + i64::try_from(index).unwrap_or_default())
                ),
            }
        };
        Self {
            days: counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(bar)
                .collect(),
            width: format!("{:.2}%", share * 0.84),
            most,
            total: counts.iter().sum(),
            from: date(first),
            until: date(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_summed_by_day_and_what_is_outside_is_left_out() {
        let day = HOURS * HOUR_MS;
        let hours = [(23, 4), (24, 1), (25, 2), (47, 3), (24 * 9, 50)];
        let chart = RateChart::new(&hours, 0, 2 * day);
        let heights: Vec<i64> = chart.days.iter().map(|day| day.height).collect();
        assert_eq!((chart.total, chart.most), (10, 6));
        assert_eq!(heights, [64, 96]);
        assert_eq!(chart.days[1].words, "6 on 1970-01-02");
        assert_eq!(
            (chart.from.as_str(), chart.until.as_str()),
            ("1970-01-01", "1970-01-03")
        );
    }

    #[test]
    fn without_recommendations_there_is_an_empty_chart() {
        let chart = RateChart::new(&[], 5, 4);
        assert!(chart.days.is_empty());
        assert_eq!(chart.most, 0);
    }
}
