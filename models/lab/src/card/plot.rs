//! Plots as inline SVG: axes, lines, bands and dots, coloured by the page's style so that they follow light and dark.

use crate::card::markup::escape;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 52.0;

/// An axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From 0 to 1.
    Share,
    /// Powers of ten from this exponent to 10^0.
    Powers(i32),
}

impl Scale {
    /// Where a value lies, 0 to 1.
    fn place(self, value: f64) -> f64 {
        match self {
            Self::Share => value.clamp(0.0, 1.0),
            Self::Powers(lowest) => {
                let exponent = libm::log10(value.max(libm::exp10(f64::from(lowest))));
                (1.0 - exponent / f64::from(lowest)).clamp(0.0, 1.0)
            }
        }
    }

    /// Values with their labels.
    fn ticks(self) -> Vec<(f64, String)> {
        match self {
            Self::Share => [0.0, 0.25, 0.5, 0.75, 1.0]
                .iter()
                .map(|value| (*value, format!("{:.0}%", value * 100.0)))
                .collect(),
            Self::Powers(lowest) => (lowest..=0)
                .map(|exponent| {
                    let value = libm::exp10(f64::from(exponent));
                    (
                        value,
                        if exponent == 0 {
                            "1".to_owned()
                        } else {
                            format!("1e{exponent}")
                        },
                    )
                })
                .collect(),
        }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The main line.
    First,
    /// The other line: another colour, and dashed, so that colour is not needed.
    Second,
    /// A line to compare with.
    Guide,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Guide => "guide",
        }
    }
}

/// One layer of a plot.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// The space between low and high, along x.
    Band(Vec<(f64, f64, f64)>, Look),
    /// A line through points.
    Line(Vec<(f64, f64)>, Look),
    /// Points with intervals.
    Dots(Vec<(f64, f64, f64, f64)>),
    /// An upright line with a label.
    Upright(f64, String),
    /// Shade what is left of x, with a label: where the data says nothing.
    Shade(f64, String),
}

/// A plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot<'text> {
    /// Unique on the page.
    pub id: String,
    /// What it shows, as a heading.
    pub title: &'text str,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// The horizontal axis and its label.
    pub x: (Scale, &'text str),
    /// The vertical axis and its label.
    pub y: (Scale, &'text str),
    /// From back to front.
    pub layers: Vec<Layer>,
}

impl Plot<'_> {
    fn across(&self, value: f64) -> f64 {
        self.x.0.place(value).mul_add(WIDTH - LEFT - RIGHT, LEFT)
    }

    fn up(&self, value: f64) -> f64 {
        (1.0 - self.y.0.place(value)).mul_add(HEIGHT - TOP - BOTTOM, TOP)
    }

    /// The plot as SVG in a figure.
    pub fn svg(&self) -> String {
        let mut svg = format!(
            "<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>",
            title = escape(self.title),
            id = self.id,
            description = escape(&self.description),
        );
        self.axes(&mut svg);
        for layer in &self.layers {
            self.layer(layer, &mut svg);
        }
        svg.push_str("</svg></figure>\n");
        svg
    }

    fn axes(&self, svg: &mut String) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for (value, label) in self.x.0.ticks() {
            let x = self.across(value);
            svg.push_str(&format!(
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                bottom + 19.0
            ));
        }
        for (value, label) in self.y.0.ticks() {
            let y = self.up(value);
            svg.push_str(&format!(
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 6.0,
                y + 5.0
            ));
        }
        let middle = f64::midpoint(LEFT, right);
        let half = f64::midpoint(TOP, bottom);
        svg.push_str(&format!(
            "<text class=\"label\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text class=\"label\" transform=\"translate(16 {half:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 8.0,
            escape(self.x.1),
            escape(self.y.1)
        ));
    }

    fn layer(&self, layer: &Layer, svg: &mut String) {
        match layer {
            Layer::Band(points, look) => {
                let known = || {
                    points
                        .iter()
                        .filter(|point| point.1.is_finite() && point.2.is_finite())
                };
                let upper = known().map(|point| self.point(point.0, point.2));
                let lower = known().rev().map(|point| self.point(point.0, point.1));
                let outline: Vec<String> = upper.chain(lower).collect();
                svg.push_str(&format!(
                    "<polygon class=\"band {}\" points=\"{}\"/>",
                    look.class(),
                    outline.join(" ")
                ));
            }
            Layer::Line(points, look) => {
                let known = points.iter().filter(|point| point.1.is_finite());
                let path: Vec<String> = known.map(|point| self.point(point.0, point.1)).collect();
                svg.push_str(&format!(
                    "<polyline class=\"line {}\" points=\"{}\"/>",
                    look.class(),
                    path.join(" ")
                ));
            }
            Layer::Dots(points) => {
                for (x, y, low, high) in points {
                    let x = self.across(*x);
                    svg.push_str(&format!(
                        "<line class=\"whisker\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>\
                         <circle class=\"dot\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3.5\"/>",
                        self.up(*low),
                        self.up(*high),
                        self.up(*y)
                    ));
                }
            }
            Layer::Upright(x, label) => {
                let x = self.across(*x);
                svg.push_str(&format!(
                    "<line class=\"upright\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>\
                     <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    HEIGHT - BOTTOM,
                    x + 4.0,
                    HEIGHT - BOTTOM - 6.0,
                    escape(label)
                ));
            }
            Layer::Shade(x, label) => {
                let x = self.across(*x);
                svg.push_str(&format!(
                    "<rect class=\"shade\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/>\
                     <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    x - LEFT,
                    HEIGHT - TOP - BOTTOM,
                    LEFT + 5.0,
                    TOP + 14.0,
                    escape(label)
                ));
            }
        }
    }

    fn point(&self, x: f64, y: f64) -> String {
        format!("{:.1},{:.1}", self.across(x), self.up(y))
    }
}

/// A bar for a table's cell: `share` of the cell's width.
pub fn bar(share: f64) -> String {
    let width = (share * 100.0).clamp(0.0, 100.0);
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect width=\"{width:.1}\" height=\"8\"/></svg>"
    )
}

/// An interval for a table's cell, on a scale from 0 to `most`, with an upright line where `bound` is.
pub fn range(low: f64, value: f64, high: f64, bound: f64, most: f64) -> String {
    let place = |number: f64| (number / most * 120.0).clamp(0.0, 120.0);
    let (low, value, high) = (place(low), place(value), place(high));
    format!(
        "<svg class=\"range\" viewBox=\"-4 0 128 12\" aria-hidden=\"true\">\
         <line class=\"upright\" x1=\"{bound:.1}\" x2=\"{bound:.1}\" y1=\"0\" y2=\"12\"/>\
         <line class=\"whisker\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"6\" y2=\"6\"/>\
         <circle class=\"dot\" cx=\"{value:.1}\" cy=\"6\" r=\"3\"/></svg>",
        bound = place(bound)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_where_the_axes_say() {
        let powers = Scale::Powers(-5);
        for (value, place) in [
            (1e-5, 0.0),
            (1e-9, 0.0),
            (1.0, 1.0),
            (0.1, 0.8),
            (1e-3, 0.4),
        ] {
            assert!((powers.place(value) - place).abs() < 1e-9, "{value}");
        }
        assert!((Scale::Share.place(0.25) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn a_plot_says_in_words_what_it_shows_and_leaves_out_what_is_unknown() {
        let plot = Plot {
            id: "a".to_owned(),
            title: "Title <1>",
            description: "What it shows.".to_owned(),
            x: (Scale::Share, "x"),
            y: (Scale::Share, "y"),
            layers: vec![Layer::Line(
                vec![(0.0, 0.0), (0.5, f64::NAN), (1.0, 1.0)],
                Look::First,
            )],
        };
        let svg = plot.svg();
        assert!(svg.contains("<desc id=\"a-d\">What it shows.</desc>"));
        assert!(svg.contains("Title &lt;1&gt;") && !svg.contains("NaN"));
        assert!(svg.contains("points=\"64.0,248.0 378.0,12.0\""), "{svg}");
    }
}
