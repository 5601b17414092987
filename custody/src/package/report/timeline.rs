//! The picture of a case in time: how many events in each of 60 equal spans, the reports below them, and numbered marks for
//! what started the clocks. Drawn in whole numbers, so that every machine draws the same; readable without colour.

use super::super::markup::Markup;
use super::super::referral::Referral;
use super::super::time::{length, utc};

const WIDTH: i64 = 680;
const LEFT: i64 = 8;
const RIGHT: i64 = WIDTH - 8;
const BINS: i64 = 60;
const BAR_TOP: i64 = 30;
const BAR_BASE: i64 = 90;
const REPORT_LINE: i64 = 102;
const HEIGHT: i64 = 130;

/// The picture and what its marks mean.
pub(super) fn draw(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    let threat = &facts.threat;
    let marks = [
        ("1", "first signal", facts.clock.first_signal_ms),
        ("2", "a person could know", facts.clock.knowledge_ms),
        ("3", "finding", facts.finding.made_ms),
        ("4", "facts frozen", facts.frozen_ms),
    ];
    let times = threat
        .events
        .iter()
        .map(|event| event.at_ms)
        .chain(threat.reporters.iter().map(|report| report.at_ms))
        .chain(marks.iter().map(|(_, _, ms)| *ms));
    let (begin, end) = times.fold((i64::MAX, i64::MIN), |(least, most), ms| {
        (least.min(ms), most.max(ms))
    });
    let scale = Scale { begin, end };
    let viewport = format!("0 0 {WIDTH} {HEIGHT}");
    html.open("figure", &[]);
    html.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", &viewport),
            ("role", "img"),
            (
                "aria-label",
                "Events and reports in time; the tables below say the same",
            ),
        ],
    );
    let most = bars(html, &scale, threat.events.iter().map(|event| event.at_ms));
    line(html, "axis", (LEFT, BAR_BASE), (RIGHT, BAR_BASE));
    for report in &threat.reporters {
        let x = scale.x(report.at_ms);
        let points = format!(
            "{},{} {},{} {},{}",
            x - 4,
            REPORT_LINE + 7,
            x + 4,
            REPORT_LINE + 7,
            x,
            REPORT_LINE
        );
        html.empty("polygon", &[("class", "report"), ("points", &points)]);
    }
    let mut taken: Vec<(i64, i64)> = Vec::new();
    for (number, _, ms) in marks {
        mark(html, number, scale.x(ms), &mut taken);
    }
    label(html, (LEFT, HEIGHT - 4), "start", &utc(begin));
    label(html, (RIGHT, HEIGHT - 4), "end", &utc(end));
    html.close();
    let meaning: Vec<String> = marks
        .iter()
        .map(|(number, what, _)| format!("{number} {what}"))
        .collect();
    let span = length((end - begin).div_euclid(BINS));
    html.element(
        "figcaption",
        &format!(
            "Bars: events, each bar {span}, the highest {most}. Triangles: reports. {}.",
            meaning.join(", ")
        ),
    );
    html.close();
}

/// From times to places on the axis.
struct Scale {
    begin: i64,
    end: i64,
}

impl Scale {
    fn x(&self, ms: i64) -> i64 {
        let span = (self.end - self.begin).max(1);
        LEFT + (ms - self.begin) * (RIGHT - LEFT) / span
    }

    fn bin(&self, ms: i64) -> usize {
        let span = (self.end - self.begin).max(1);
        ((ms - self.begin) * BINS / span).clamp(0, BINS - 1) as usize
    }
}

/// One bar for each span that has events. Gives the most events of a span.
fn bars(html: &mut Markup, scale: &Scale, times: impl Iterator<Item = i64>) -> i64 {
    let mut counts = [0_i64; BINS as usize];
    for ms in times {
        counts[scale.bin(ms)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    for (place, count) in (0_i64..).zip(counts).filter(|(_, count)| *count > 0) {
        let left = LEFT + place * (RIGHT - LEFT) / BINS;
        let right = LEFT + (place + 1) * (RIGHT - LEFT) / BINS;
        // Three points at least, so that a single event is seen beside a thousand.
        let height = (count * (BAR_BASE - BAR_TOP) / most).max(3);
        html.empty(
            "rect",
            &[
                ("class", "bar"),
                ("x", &left.to_string()),
                ("y", &(BAR_BASE - height).to_string()),
                ("width", &(right - left - 1).max(1).to_string()),
                ("height", &height.to_string()),
            ],
        );
    }
    most
}

/// A numbered mark; those that would lie upon each other move to the side.
fn mark(html: &mut Markup, number: &str, x: i64, taken: &mut Vec<(i64, i64)>) {
    line(html, "mark", (x, 20), (x, BAR_BASE + 8));
    let mut place = x.clamp(LEFT + 7, RIGHT - 7);
    while let Some((left, _)) = taken
        .iter()
        .find(|(left, right)| (left..right).contains(&&place))
    {
        place = left - 1;
    }
    taken.push((place - 16, place + 16));
    let (cx, cy) = (place.to_string(), "11");
    html.empty(
        "circle",
        &[("class", "mark"), ("cx", &cx), ("cy", cy), ("r", "8")],
    );
    label(html, (place, 15), "middle", number);
}

fn line(html: &mut Markup, class: &str, from: (i64, i64), to: (i64, i64)) {
    html.empty(
        "line",
        &[
            ("class", class),
            ("x1", &from.0.to_string()),
            ("y1", &from.1.to_string()),
            ("x2", &to.0.to_string()),
            ("y2", &to.1.to_string()),
        ],
    );
}

fn label(html: &mut Markup, at: (i64, i64), anchor: &str, text: &str) {
    html.element_with(
        "text",
        &[
            ("x", &at.0.to_string()),
            ("y", &at.1.to_string()),
            ("text-anchor", anchor),
        ],
        text,
    );
}
