//! The activity chart: how many facets fell into each part of the time that the evidence covers.

use sealwatch_core::recommendation::EvidenceFacet;
use sealwatch_core::time::{HOUR, MINUTE, Timestamp};

use super::words::Moment;

/// Bars at most.
const BARS: i64 = 60;

/// Widths of a bar to choose from, in milliseconds.
const WIDTHS: &[i64] = &[
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    6 * HOUR,
    24 * HOUR,
    7 * 24 * HOUR,
    28 * 24 * HOUR,
];

/// Height of the drawing, in its own units; a bar is 10 wide.
const HEIGHT: usize = 80;

/// A bar.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Height.
    pub height: usize,
}

/// The chart.
#[derive(Debug, PartialEq, Eq)]
pub struct Chart {
    /// Width of the drawing.
    pub width: usize,
    /// The bars that are not empty.
    pub bars: Vec<Bar>,
    /// The most in one bar.
    pub most: usize,
    /// How long a bar is, in words.
    pub step: String,
    /// Where it begins.
    pub from: Moment,
    /// Where it ends.
    pub until: Moment,
}

impl Chart {
    /// Of some facets; none where there are none.
    pub fn new(facets: &[EvidenceFacet]) -> Option<Self> {
        let first = facets.iter().map(|facet| facet.at.0).min()?;
        let last = facets.iter().map(|facet| facet.at.0).max()?;
        let fits = |width: &&i64| (last.div_euclid(**width) - first.div_euclid(**width)) < BARS;
        let longest = (last - first) / (BARS - 1) + 1;
        let width = WIDTHS.iter().find(fits).copied().unwrap_or(longest);
        let start = first.div_euclid(width);
        let columns = usize::try_from(last.div_euclid(width) - start + 1).ok()?;
        let mut counts = vec![0_usize; columns];
        for facet in facets {
            let column = usize::try_from(facet.at.0.div_euclid(width) - start).ok()?;
            *counts.get_mut(column)? += 1;
        }
        let most = counts.iter().copied().max()?;
        let bar = |(column, count): (usize, &usize)| {
            let height = (count * HEIGHT).div_ceil(most);
            Bar {
                x: column * 10,
                y: HEIGHT - height,
                height,
            }
        };
        Some(Self {
            width: columns.max(24) * 10,
            bars: counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(bar)
                .collect(),
            most,
            step: step(width),
            from: Moment::new(Timestamp(first)),
            until: Moment::new(Timestamp(last)),
        })
    }
}

fn step(width: i64) -> String {
    let (number, unit) = match width {
        width if width < HOUR => (width / MINUTE, "minute"),
        width if width < 24 * HOUR => (width / HOUR, "hour"),
        width => (width / (24 * HOUR), "day"),
    };
    if number == 1 {
        unit.to_owned()
    } else {
        format!("{number} {unit}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealwatch_core::recommendation::Position;

    fn facet(at: i64) -> EvidenceFacet {
        EvidenceFacet {
            at: Timestamp(at),
            position: Position::default(),
            what: "sent".to_owned(),
            counterpart: None,
            values: Vec::new(),
        }
    }

    #[test]
    fn each_facet_is_in_one_bar_and_the_highest_fills_the_height() {
        let chart =
            Chart::new(&[facet(0), facet(1), facet(10 * MINUTE), facet(30 * MINUTE)]).unwrap();
        assert_eq!(chart.step, "minute");
        assert_eq!(chart.most, 2);
        assert_eq!(
            chart.bars[0],
            Bar {
                x: 0,
                y: 0,
                height: 80
            }
        );
        assert_eq!(
            chart.bars[1],
            Bar {
                x: 100,
                y: 40,
                height: 40
            }
        );
        assert_eq!(chart.bars.len(), 3);
    }

    #[test]
    fn any_span_fits() {
        assert!(Chart::new(&[]).is_none());
        for span in [0, 1, HOUR, 400 * 24 * HOUR, 40_000 * 24 * HOUR] {
            let chart = Chart::new(&[facet(0), facet(span)]).unwrap();
            assert!(chart.width <= 10 * BARS as usize, "{span}");
        }
    }
}
