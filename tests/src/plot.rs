//! The attack curve as a picture: two panels, reporters on a logarithmic scale.

use sealwatch_simulator::attack::Scheme;

use crate::attack::Outcome;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 44.0;
const GAP: f64 = 90.0;

/// Colours that people who see few colours can tell apart (Okabe and Ito 2008), each with a dash of its own.
const LINES: [(&str, &str); 5] = [
    ("#0072b2", ""),
    ("#e69f00", "7 4"),
    ("#cc79a7", "2 4"),
    ("#d55e00", "1 3"),
    ("#009e73", "12 4 2 4"),
];

struct Panel {
    title: &'static str,
    left: f64,
    low: f64,
    high: f64,
    ticks: &'static [f64],
    value: fn(&Outcome) -> f64,
    /// Pixels by which lines are set apart, where several may lie on one another.
    apart: f64,
}

impl Panel {
    fn x(&self, reporters: u32) -> f64 {
        self.left + f64::from(reporters.max(1)).log10() / 3.0 * WIDTH
    }

    fn y(&self, value: f64) -> f64 {
        TOP + HEIGHT - (value - self.low) / (self.high - self.low) * HEIGHT
    }

    fn draw(&self, outcomes: &[Outcome], out: &mut String) {
        let (left, bottom) = (self.left, TOP + HEIGHT);
        out.push_str(&format!(
            "<text x=\"{left}\" y=\"{:.0}\" font-weight=\"600\">{}</text>\n",
            TOP - 16.0,
            self.title
        ));
        for tick in self.ticks {
            let y = self.y(*tick);
            out.push_str(&format!(
                "<path d=\"M{left} {y:.1}h{WIDTH}\" stroke=\"#ddd\"/><text x=\"{:.0}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{tick}</text>\n",
                left - 8.0,
                y + 4.0
            ));
        }
        for reporters in [1, 10, 100, 1_000] {
            let x = self.x(reporters);
            out.push_str(&format!(
                "<path d=\"M{x:.1} {TOP}v{HEIGHT}\" stroke=\"#eee\"/><text x=\"{x:.1}\" y=\"{:.0}\" \
                 text-anchor=\"middle\">{reporters}</text>\n",
                bottom + 18.0
            ));
        }
        out.push_str(&format!(
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">reporters of each target</text>\n",
            left + WIDTH / 2.0,
            bottom + 38.0
        ));
        for (index, (scheme, (colour, dash))) in Scheme::ALL.iter().zip(LINES).enumerate() {
            let lift = self.apart * index as f64;
            let points: Vec<String> = outcomes
                .iter()
                .filter(|outcome| outcome.scheme == *scheme)
                .map(|outcome| {
                    let (x, y) = (self.x(outcome.reporters), self.y((self.value)(outcome)));
                    format!("{x:.1},{:.1}", y - lift)
                })
                .collect();
            out.push_str(&format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" \
                 stroke-dasharray=\"{dash}\"/>\n",
                points.join(" ")
            ));
        }
    }
}

/// The picture, as SVG.
pub fn svg(outcomes: &[Outcome]) -> String {
    let second = LEFT + WIDTH + GAP;
    let (width, height) = (second + WIDTH + 20.0, TOP + HEIGHT + 84.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#222\" role=\"img\">\n<title>Attack curve: share of P1 cases and median credibility by \
         number of reporters</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let panels = [
        Panel {
            title: "Share of cases that were P1",
            left: LEFT,
            low: 0.0,
            high: 1.0,
            ticks: &[0.0, 0.25, 0.5, 0.75, 1.0],
            value: |outcome| outcome.p1,
            apart: 1.0,
        },
        Panel {
            title: "Median credibility (log-odds)",
            left: second,
            low: -5.0,
            high: 45.0,
            ticks: &[0.0, 10.0, 20.0, 30.0, 40.0],
            value: |outcome| outcome.credibility,
            apart: 0.0,
        },
    ];
    for panel in &panels {
        panel.draw(outcomes, &mut out);
    }
    let mut x = LEFT;
    for (scheme, (colour, dash)) in Scheme::ALL.iter().zip(LINES) {
        let y = height - 14.0;
        out.push_str(&format!(
            "<path d=\"M{x} {:.0}h34\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\"/><text \
             x=\"{:.0}\" y=\"{y}\">{}</text>\n",
            y - 4.0,
            x + 42.0,
            scheme.name()
        ));
        // A letter is about six wide.
        x += 62.0 + 6.2 * scheme.name().len() as f64;
    }
    out.push_str("</svg>\n");
    out
}
