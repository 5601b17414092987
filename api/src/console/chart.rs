//! The activity chart: how many facets fell into each part of the time that the evidence covers, in three layers: what the
//! account did, what came back, everything else. Places along the time are percentages, so that text keeps its size.

use sealwatch_core::recommendation::EvidenceFacet;
use sealwatch_core::time::{HOUR, MINUTE, Timestamp};

use super::facets::Heading;
use super::words::Moment;

/// Columns at most.
const COLUMNS: i64 = 60;

/// Widths of a column to choose from, in milliseconds.
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

/// Height of the drawing.
const HEIGHT: usize = 96;

/// Layers of a column.
const LAYERS: usize = 3;

/// The layers in words, and their classes in the style sheet.
const NAMES: [(&str, &str); LAYERS] = [
    ("done by the account", "kind-sent"),
    ("came back", "kind-feedback"),
    ("other", "kind-other"),
];

/// A part of a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// Left edge, in percent.
    pub(super) x: String,
    /// Upper edge.
    pub(super) y: usize,
    /// Height.
    pub(super) height: usize,
    /// Its class in the style sheet.
    pub(super) class: &'static str,
    /// What it says, in words.
    pub(super) words: String,
}

/// A layer that is in the chart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) count: usize,
}

/// The chart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chart {
    /// The parts of columns that are not empty.
    pub(super) bars: Vec<Bar>,
    /// Width of a bar, in percent.
    pub(super) bar_width: String,
    /// The layers that are not empty.
    pub(super) layers: Vec<Layer>,
    /// The most in one column.
    pub(super) most: usize,
    /// How long a column is, in words.
    pub(super) step: String,
    /// The same, in milliseconds.
    pub(super) step_ms: i64,
    /// Where it begins.
    pub(super) from: Moment,
    /// Where it ends.
    pub(super) until: Moment,
    /// Where the deciding event is, in percent, if it is in the chart.
    pub(super) marker: Option<String>,
}

impl Chart {
    /// Of some facets, with a mark at the deciding event; none where there are no facets.
    pub(super) fn new(facets: &[EvidenceFacet], deciding: Timestamp) -> Option<Self> {
        let first = facets.iter().map(|facet| facet.at.0).min()?;
        let last = facets.iter().map(|facet| facet.at.0).max()?;
        let fits = |width: &&i64| (last.div_euclid(**width) - first.div_euclid(**width)) < COLUMNS;
        let longest = (last - first) / (COLUMNS - 1) + 1;
        let width = WIDTHS.iter().find(fits).copied().unwrap_or(longest);
        let start = first.div_euclid(width);
        let columns = usize::try_from(last.div_euclid(width) - start + 1).ok()?;
        let mut counts = vec![[0_usize; LAYERS]; columns];
        for facet in facets {
            let column = usize::try_from(facet.at.0.div_euclid(width) - start).ok()?;
            counts.get_mut(column)?[Heading::of(&facet.what).layer()] += 1;
        }
        let most = counts
            .iter()
            .map(|layers| layers.iter().sum::<usize>())
            .max()?;
        // A few columns alone would be as wide as doors.
        let shown = columns.max(24);
        let share = 100.0 / shown as f64;
        let column_start = |column: usize| {
            let column = i64::try_from(column).unwrap_or_default();
            Moment::new(Timestamp((start + column) * width)).shown
        };
        let mut bars = Vec::new();
        for (column, layers) in counts.iter().enumerate() {
            let mut below = 0_usize;
            for (layer, count) in layers.iter().enumerate().filter(|(_, count)| **count > 0) {
                let (name, class) = NAMES[layer];
                let top = (below + count) * HEIGHT / most;
                let bottom = below * HEIGHT / most;
                bars.push(Bar {
                    x: format!("{:.2}%", column as f64 * share + share * 0.08),
                    y: HEIGHT - top,
                    height: (top - bottom).max(1),
                    class,
                    words: format!("{count} {name}, from {}", column_start(column)),
                });
                below += count;
            }
        }
        let from_ms = start * width;
        let is_inside = (first..=last + width).contains(&deciding.0);
        let place = (deciding.0 - from_ms) as f64 / width as f64 * share;
        let layer = |index: usize| Layer {
            name: NAMES[index].0,
            class: NAMES[index].1,
            count: counts.iter().map(|layers| layers[index]).sum(),
        };
        let mut layers: Vec<Layer> = (0..LAYERS).map(layer).collect();
        layers.retain(|layer| layer.count > 0);
        Some(Self {
            bars,
            bar_width: format!("{:.2}%", share * 0.84),
            layers,
            most,
            step: step(width),
            step_ms: width,
            from: Moment::new(Timestamp(first)),
            until: Moment::new(Timestamp(last)),
            marker: is_inside.then(|| format!("{:.2}%", place.min(100.0))),
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

    fn facet(at: i64, what: &str) -> EvidenceFacet {
        EvidenceFacet {
            at: Timestamp(at),
            position: Position::default(),
            what: what.to_owned(),
            counterpart: None,
            values: Vec::new(),
        }
    }

    #[test]
    fn each_facet_is_in_one_bar_and_the_highest_column_fills_the_height() {
        let facets = [
            facet(0, "message_sent"),
            facet(1, "blocked"),
            facet(10 * MINUTE, "message_sent"),
            facet(30 * MINUTE, "login"),
        ];
        let chart = Chart::new(&facets, Timestamp(30 * MINUTE)).unwrap();
        assert_eq!((chart.step.as_str(), chart.most), ("minute", 2));
        let shape: Vec<(usize, usize, &str)> = chart
            .bars
            .iter()
            .map(|bar| (bar.y, bar.height, bar.class))
            .collect();
        assert_eq!(
            shape,
            [
                (48, 48, "kind-sent"),
                (0, 48, "kind-feedback"),
                (48, 48, "kind-sent"),
                (48, 48, "kind-other")
            ]
        );
        assert_eq!(
            chart.layers.iter().map(|layer| layer.count).sum::<usize>(),
            4
        );
        assert_eq!(chart.marker.as_deref(), Some("96.77%"));
    }

    #[test]
    fn any_span_fits_and_the_mark_stays_inside() {
        assert!(Chart::new(&[], Timestamp(0)).is_none());
        for span in [0, 1, HOUR, 400 * 24 * HOUR, 40_000 * 24 * HOUR] {
            let facets = [facet(0, "login"), facet(span, "login")];
            let chart = Chart::new(&facets, Timestamp(span)).unwrap();
            let place = |text: &str| text.trim_end_matches('%').parse::<f64>().unwrap();
            let width = place(&chart.bar_width);
            assert!(
                chart.bars.iter().all(|bar| place(&bar.x) + width <= 100.0),
                "{span}"
            );
            assert!(place(&chart.marker.unwrap()) <= 100.0, "{span}");
        }
        assert!(
            Chart::new(&[facet(5, "login")], Timestamp(-9))
                .unwrap()
                .marker
                .is_none()
        );
    }
}
