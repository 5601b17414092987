//! The picture of a case in time: how many events in each of 60 equal spans, the reports below them, and numbered marks for
//! what started the clocks. Drawn in whole numbers, so that every machine draws the same; readable without colour.

use super::super::markup::Markup;
use super::super::referral::Referral;
use super::super::time::{length, utc};

const WIDTH: i64 = 680;
const HEIGHT: i64 = 132;
const LEFT: i64 = 8;
const RIGHT: i64 = WIDTH - 8;
const BINS: i64 = 60;
const MARK_LINE: i64 = 11;
const BAR_TOP: i64 = 32;
const BAR_BASE: i64 = 92;
const REPORT_LINE: i64 = 104;
/// From the middle of a mark to that of the next one, where they stand close.
const MARK_STEP: i64 = 18;
const HOUR_MS: i64 = 3_600_000;
/// What the second picture shows.
const CLOSE_UP_MS: i64 = 48 * HOUR_MS;

/// What is drawn.
struct Case {
    events: Vec<i64>,
    reports: Vec<i64>,
    marks: [(&'static str, i64); 4],
}

/// The whole time, and the last 48 hours where the whole is so long that they would be one bar of it.
pub(super) fn pictures(html: &mut Markup, referral: &Referral) {
    let facts = referral.facts;
    let case = Case {
        events: facts
            .threat
            .events
            .iter()
            .map(|event| event.at_ms)
            .collect(),
        reports: facts
            .threat
            .reporters
            .iter()
            .map(|report| report.at_ms)
            .collect(),
        marks: [
            ("first signal", facts.clock.first_signal_ms),
            ("a person could know", facts.clock.knowledge_ms),
            ("finding", facts.finding.made_ms),
            ("facts frozen", facts.frozen_ms),
        ],
    };
    let marks = case.marks.iter().map(|(_, ms)| *ms);
    let times = case
        .events
        .iter()
        .chain(&case.reports)
        .copied()
        .chain(marks);
    let (begin, end) = times.fold((i64::MAX, i64::MIN), |(least, most), ms| {
        (least.min(ms), most.max(ms))
    });
    draw(html, &case, "All of it.", &Scale { begin, end });
    let close_up = Scale {
        begin: end - CLOSE_UP_MS,
        end,
    };
    let is_long = end - begin > 2 * CLOSE_UP_MS;
    if is_long && case.events.iter().any(|ms| close_up.has(*ms)) {
        draw(html, &case, "The last 48 hours.", &close_up);
    }
}

/// From times to places on the axis.
struct Scale {
    begin: i64,
    end: i64,
}

impl Scale {
    fn span(&self) -> i64 {
        (self.end - self.begin).max(1)
    }

    fn has(&self, ms: i64) -> bool {
        (self.begin..=self.end).contains(&ms)
    }

    fn x(&self, ms: i64) -> i64 {
        LEFT + (ms - self.begin) * (RIGHT - LEFT) / self.span()
    }

    fn bin(&self, ms: i64) -> usize {
        ((ms - self.begin) * BINS / self.span()).clamp(0, BINS - 1) as usize
    }
}

fn draw(html: &mut Markup, case: &Case, title: &str, scale: &Scale) {
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
                "Events and reports in time; the tables say the same",
            ),
        ],
    );
    let most = bars(html, scale, &case.events);
    html.empty(
        "line",
        &[
            ("class", "axis"),
            ("x1", &LEFT.to_string()),
            ("y1", &BAR_BASE.to_string()),
            ("x2", &RIGHT.to_string()),
            ("y2", &BAR_BASE.to_string()),
        ],
    );
    for ms in case.reports.iter().filter(|ms| scale.has(**ms)) {
        let (x, top, base) = (scale.x(*ms), REPORT_LINE, REPORT_LINE + 7);
        let points = format!("{},{base} {},{base} {x},{top}", x - 4, x + 4);
        html.empty("polygon", &[("class", "report"), ("points", &points)]);
    }
    marks(html, case, scale);
    label(html, (LEFT, HEIGHT - 4), "start", &utc(scale.begin));
    label(html, (RIGHT, HEIGHT - 4), "end", &utc(scale.end));
    html.close();
    let meaning: Vec<String> = (1..)
        .zip(&case.marks)
        .map(|(number, (what, _))| format!("{number} {what}"))
        .collect();
    html.element(
        "figcaption",
        &format!(
            "{title} Bars: events, each bar {}, the highest {most}. Triangles: reports. {}.",
            length(scale.span() / BINS),
            meaning.join(", ")
        ),
    );
    html.close();
}

/// One bar for each span that has events. Gives the most events of a span.
fn bars(html: &mut Markup, scale: &Scale, times: &[i64]) -> i64 {
    let mut counts = [0_i64; BINS as usize];
    for ms in times.iter().filter(|ms| scale.has(**ms)) {
        counts[scale.bin(*ms)] += 1;
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

/// Numbered marks in the order of their times, beside each other where they stand close.
fn marks(html: &mut Markup, case: &Case, scale: &Scale) {
    let mut marks: Vec<(i64, i64)> = (1..)
        .zip(&case.marks)
        .filter(|(_, (_, ms))| scale.has(*ms))
        .map(|(number, (_, ms))| (scale.x(*ms), number))
        .collect();
    marks.sort_unstable();
    let count = marks.len() as i64;
    let mut least = LEFT + 8;
    for (place, (x, number)) in (1_i64..).zip(marks) {
        let most = RIGHT - 8 - MARK_STEP * (count - place);
        let middle = x.max(least).min(most);
        least = middle + MARK_STEP;
        let line = format!(
            "{middle},{} {x},{BAR_TOP} {x},{}",
            MARK_LINE + 8,
            BAR_BASE + 8
        );
        html.empty("polyline", &[("class", "mark"), ("points", &line)]);
        html.empty(
            "circle",
            &[
                ("class", "mark"),
                ("cx", &middle.to_string()),
                ("cy", &MARK_LINE.to_string()),
                ("r", "8"),
            ],
        );
        label(html, (middle, MARK_LINE + 3), "middle", &number.to_string());
    }
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
