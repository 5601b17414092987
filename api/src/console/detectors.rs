//! The detectors: which there are, how far each goes, what its threshold promises, how often it recommends, and how often
//! people found it right.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::time::Timestamp;

use super::act::our_fields;
use super::draw;
use super::frame::Frame;
use super::rate_chart::RateChart;
use super::said::{Done, said, to};
use super::words::{self, Moment, Threshold, count};
use crate::cases::{self, CONFIDENCE, CaseState, DetectorMode, ModeChange, ModeReason, QueueCount};
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::state::{ApiState, DetectorDescription};

/// The time that rate and precision are about.
const DAYS: i64 = 28;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

struct Detector {
    name: &'static str,
    behaviour: &'static str,
    looks_like: &'static str,
    status: &'static str,
    mode: &'static str,
    answer: &'static str,
    is_demonstration: bool,
    threshold: Option<Threshold>,
    /// The last change of its mode.
    change: Option<Change>,
}

/// A change of a mode.
struct Change {
    is_shadow: bool,
    reason: &'static str,
    person: String,
    at: Moment,
}

impl Detector {
    fn new(state: &ApiState, behaviour: Behaviour, changes: &[ModeChange]) -> Self {
        let found = state
            .detectors
            .iter()
            .find(|detector| detector.behaviour == behaviour);
        let change = changes.iter().find(|change| change.behaviour == behaviour);
        let change = change.map(|change| Change {
            is_shadow: change.mode == DetectorMode::Shadow,
            reason: match change.reason {
                ModeReason::RateAnomaly => "its rate was far above the usual",
                ModeReason::Person => "a person decided so",
            },
            person: change.person.clone(),
            at: Moment::new(Timestamp(change.at_ms)),
        });
        Self {
            name: behaviour.name(),
            behaviour: behaviour.title(),
            looks_like: words::behaviour(behaviour),
            status: match found {
                Some(_) => "on",
                None if behaviour.has_detector() => "off",
                None => "absent",
            },
            mode: match (&change, found) {
                (Some(change), Some(_)) if change.is_shadow => "shadow",
                (_, Some(detector)) => detector.mode.name(),
                (_, None) => "",
            },
            answer: found.map_or("", |detector| detector.answer.name()),
            is_demonstration: found.is_some_and(DetectorDescription::is_demonstration),
            threshold: found.map(|detector| Threshold::new(&detector.threshold)),
            change,
        }
    }
}

#[derive(Template)]
#[template(path = "detectors.html")]
struct DetectorsPage {
    frame: Frame,
    detectors: Vec<Detector>,
}

/// The page of the detectors.
pub async fn detectors(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let changes = cases::detector_modes(state.store.database()).await?;
    let describe = |behaviour: &Behaviour| Detector::new(&state, *behaviour, &changes);
    draw(&DetectorsPage {
        frame: Frame::new(&state, Some(&actor), &headers, "detectors"),
        detectors: Behaviour::ALL.iter().map(describe).collect(),
    })
}

/// Measured precision, as it is shown.
struct Measured {
    value: String,
    low: String,
    high: String,
    /// Places on the scale, in percent.
    at: String,
    from: String,
    until: String,
    confidence: String,
}

#[derive(Template)]
#[template(path = "detector.html")]
struct DetectorPage {
    frame: Frame,
    detector: Detector,
    days: i64,
    rate: RateChart,
    right: String,
    wrong: String,
    overturned: String,
    measured: Option<Measured>,
    waiting: Vec<(&'static str, String)>,
    may_set: bool,
    has_lists: bool,
    /// Held cases that the person may let in.
    releasable: i64,
}

/// The page of a detector.
pub async fn detector(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let behaviour = named(path)?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let from_ms = now_ms - DAYS * DAY_MS;
    let statistics = cases::detector(database, behaviour, from_ms).await?;
    let changes = cases::detector_modes(database).await?;
    let counts = cases::counts(database).await?;
    let scale = |share: f64| format!("{:.2}%", share * 100.0);
    let measured = statistics.precision.map(|precision| Measured {
        value: percent(precision.value),
        low: percent(precision.low),
        high: percent(precision.high),
        at: scale(precision.value),
        from: scale(precision.low),
        until: scale(precision.high),
        confidence: words::percent(CONFIDENCE),
    });
    let number = |number: i64| count(number.unsigned_abs());
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    let detector = Detector::new(&state, behaviour, &changes);
    draw(&DetectorPage {
        frame: Frame::new(&state, Some(&actor), &headers, "detectors")
            .showing(detector.is_demonstration)
            .saying(done.and_then(said)),
        days: DAYS,
        rate: RateChart::new(&statistics.hours, from_ms, now_ms),
        right: number(statistics.right),
        wrong: number(statistics.wrong),
        overturned: number(statistics.overturned),
        measured,
        waiting: waiting(&counts, behaviour),
        may_set: actor.may(Permission::SetDetectorMode) && detector.status == "on",
        has_lists: actor.may(Permission::ReadLists),
        releasable: if actor.may(Permission::ReleaseHeld) {
            held(&counts, behaviour)
        } else {
            0
        },
        detector,
    })
}

fn waiting(counts: &[QueueCount], behaviour: Behaviour) -> Vec<(&'static str, String)> {
    counts
        .iter()
        .filter(|found| found.behaviour == behaviour)
        .map(|found| (found.state.name(), count(found.cases.unsigned_abs())))
        .collect()
}

fn held(counts: &[QueueCount], behaviour: Behaviour) -> i64 {
    counts
        .iter()
        .find(|found| found.behaviour == behaviour && found.state == CaseState::Held)
        .map_or(0, |found| found.cases)
}

/// A share with one digit.
fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn named(path: Result<Path<String>, PathRejection>) -> Result<Behaviour, Problem> {
    path.ok()
        .and_then(|Path(name)| Behaviour::parse(&name))
        .ok_or(Problem::not_found())
}

/// Puts a detector into the shadow, or takes it back.
pub async fn set_mode(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let behaviour = named(path)?;
    let fields = our_fields(&headers, request).await?;
    let mode = DetectorMode::parse(fields.get("mode")).ok_or(Problem::body())?;
    let is_on = state
        .detectors
        .iter()
        .any(|detector| detector.behaviour == behaviour);
    if !is_on {
        return Err(Problem::not_found());
    }
    let now_ms = (state.now_ms)();
    cases::set_detector_mode(state.store.database(), &actor, behaviour, mode, now_ms).await?;
    let page = format!("/detectors/{}", behaviour.name());
    Ok(to(&page, Done::ModeSet).into_response())
}
